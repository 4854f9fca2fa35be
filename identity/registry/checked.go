package registry

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"ansinh.vn/identity"
)

// Checked is one row as it came back.
type Checked struct {
	Check
	Row    int    // as the spreadsheet counts
	Result string // one of the Check results; "" when the row was not looked at
	Right  Record // what the police wrote to be right; empty fields say nothing
	Note   string
}

// ExtractError is a checked list that was refused whole.
type ExtractError struct {
	Cell string // Example: G17; "" for the whole file
	What string // in Vietnamese, with what to do
}

func (e *ExtractError) Error() string {
	if e.Cell == "" {
		return "danh sách đối chiếu: " + e.What
	}
	return "danh sách đối chiếu, ô " + e.Cell + ": " + e.What
}

// Refused marks the error as one of input.
func (e *ExtractError) Refused() bool { return true }

// ReadChecked reads a list that came back, .xlsx or CSV, with its columns in any
// order. A row without our key, or with a result that is not one of the list, is
// refused with its cell, and the whole file with it.
func ReadChecked(body []byte) ([]Checked, error) {
	rows, err := extractRows(body)
	if err != nil {
		return nil, err
	}
	at, first := extractHeading(rows)
	if at == nil {
		return nil, &ExtractError{What: "không thấy dòng tiêu đề có cột “Mã đối chiếu” và “Kết quả”; dùng lại tệp đã gửi đi"}
	}
	var out []Checked
	seen := map[string]int{}
	for i, row := range rows[first:] {
		line := first + i + 1
		cell := func(name string) string {
			if k, ok := at[name]; ok && k < len(row) {
				return strings.TrimSpace(row[k])
			}
			return ""
		}
		if strings.TrimSpace(strings.Join(row, "")) == "" {
			continue
		}
		name := func(column string) string {
			s, _ := excelize.CoordinatesToCellName(at[column]+1, line)
			return s
		}
		c := Checked{Row: line, Note: cell("Ghi chú")}
		c.Check = Check{
			ID: cell("Mã đối chiếu"), Number: cell("Số định danh"), Name: cell("Họ và tên"), Birth: cell("Ngày sinh"),
			Sex: map[string]string{"Nam": "M", "Nữ": "F"}[cell("Giới tính")], Address: cell("Nơi ở"),
		}
		if c.ID == "" {
			return nil, &ExtractError{name("Mã đối chiếu"), "dòng không có mã đối chiếu; không xóa cột này"}
		}
		if before, twice := seen[c.ID]; twice {
			return nil, &ExtractError{name("Mã đối chiếu"), fmt.Sprintf("mã %s đã có ở dòng %d", c.ID, before)}
		}
		seen[c.ID] = line
		result, ok := checkResult(cell("Kết quả"))
		if !ok {
			return nil, &ExtractError{name("Kết quả"), fmt.Sprintf("“%s” không phải một kết quả; chọn trong: %s", cell("Kết quả"), strings.Join(checkResults, ", "))}
		}
		c.Result = result
		c.Right = Record{Number: cell("Số định danh đúng"), Name: cell("Họ và tên đúng"), Commune: cell("Mã xã hiện nay"), Hamlet: cell("Nơi ở hiện nay")}
		for _, date := range []struct {
			column string
			into   *string
		}{{"Ngày sinh đúng", &c.Right.Birth}, {"Ngày mất", &c.Right.Died}} {
			text := cell(date.column)
			if text == "" {
				continue
			}
			day, err := identity.ParseBirth(text)
			if err != nil {
				return nil, &ExtractError{name(date.column), fmt.Sprintf("không đọc được ngày “%s”; viết như 31/12/2025", text)}
			}
			*date.into = day.String()
		}
		if c.Result == CheckDead && len(c.Right.Died) != 10 {
			return nil, &ExtractError{name("Ngày mất"), "kết quả “Đã chết” cần ngày mất đủ ngày, tháng, năm"}
		}
		out = append(out, c)
	}
	return out, nil
}

// checkResult reads a result however it is capitalised or marked.
func checkResult(text string) (string, bool) {
	key := identity.SearchKey(text)
	if key == "" {
		return "", true
	}
	for _, r := range checkResults {
		if identity.SearchKey(r) == key {
			return r, true
		}
	}
	switch key {
	case "da mat", "chet", "mat", "da khai tu", "da dang ki khai tu":
		return CheckDead, true
	case "khop", "dung":
		return CheckMatch, true
	case "da chuyen di", "chuyen noi khac":
		return CheckMoved, true
	}
	return "", false
}

func extractHeading(rows [][]string) (at map[string]int, first int) {
	keys := make([]string, len(extractColumns))
	for i, c := range extractColumns {
		keys[i] = identity.SearchKey(c)
	}
	for i, row := range rows[:min(len(rows), 30)] {
		found := map[string]int{}
		for k, cell := range row {
			if n := slices.Index(keys, identity.SearchKey(cell)); n >= 0 {
				if _, twice := found[extractColumns[n]]; !twice {
					found[extractColumns[n]] = k
				}
			}
		}
		_, key := found["Mã đối chiếu"]
		_, result := found["Kết quả"]
		if key && result {
			return found, i + 1
		}
	}
	return nil, 0
}

func extractRows(body []byte) ([][]string, error) {
	if !bytes.HasPrefix(body, []byte("PK\x03\x04")) {
		in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(body, []byte("\ufeff"))))
		in.FieldsPerRecord = -1
		var out [][]string
		for {
			row, err := in.Read()
			if errors.Is(err, io.EOF) {
				return out, nil
			}
			if err != nil {
				return nil, &ExtractError{What: "không đọc được tệp CSV: " + err.Error()}
			}
			line, _ := in.FieldPos(0)
			for len(out) < line-1 { // blank lines count too
				out = append(out, nil)
			}
			out = append(out, row)
		}
	}
	f, err := excelize.OpenReader(bytes.NewReader(body), excelize.Options{RawCellValue: true, UnzipSizeLimit: 256 << 20})
	if err != nil {
		return nil, &ExtractError{What: "không mở được tệp .xlsx (hỏng hoặc có mật khẩu): " + err.Error()}
	}
	defer f.Close()
	rows, err := f.GetRows(f.GetSheetName(0))
	if err != nil {
		return nil, &ExtractError{What: "không đọc được trang tính: " + err.Error()}
	}
	return rows, nil
}

// Answer is the row as an answer of the register on the day the list was
// checked, so that both doors lead to the same judgement. It is false for a row
// that nobody looked at.
func (c Checked) Answer(on time.Time) (Answer, bool) {
	a := Answer{ID: c.ID, AsOf: on, Said: c.Note}
	r := Record{
		Number: or(c.Right.Number, c.Number), Name: or(c.Right.Name, c.Name), Birth: or(c.Right.Birth, c.Birth), Sex: c.Sex,
		Died: c.Right.Died, Commune: c.Right.Commune, Hamlet: c.Right.Hamlet, Standing: Resident,
	}
	switch c.Result {
	case "":
		return Answer{}, false
	case CheckNotFound:
		return a, true
	case CheckDuplicate:
		a.Records = []Record{r, r}
		return a, true
	case CheckMoved:
		r.Standing, r.MovedTo = Moved, c.Right.Hamlet
	case CheckMissing:
		r.Standing = Missing
	case CheckAbroad:
		r.Standing = Abroad
	case CheckDetained:
		r.Standing = Detained
	}
	a.Records = []Record{r}
	return a, true
}
