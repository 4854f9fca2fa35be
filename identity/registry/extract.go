package registry

import (
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/xuri/excelize/v2"
)

// Where there is no line to the register, a list goes to the commune police as a
// spreadsheet and comes back with what they found (CV 5234/LĐTBXH-TTTT). No
// layout is laid down; this one says the same as a query and its answer.

// Check is one person on the list that goes out.
type Check struct {
	ID      string // our key, which comes back
	Number  string
	Name    string
	Birth   string // YYYY[-MM[-DD]]
	Sex     string // "M", "F" or ""
	Address string
}

// Extract says what the list is.
type Extract struct {
	Office string // who asks. Example: UBND Phường Bạc Liêu
	Title  string // Example: Danh sách đối chiếu tháng 11/2026
	SentOn time.Time
}

// extractColumns are the headings: what we send, then what the police fill in.
var extractColumns = []string{
	"Mã đối chiếu", "Số định danh", "Họ và tên", "Ngày sinh", "Giới tính", "Nơi ở",
	"Kết quả", "Số định danh đúng", "Họ và tên đúng", "Ngày sinh đúng", "Ngày mất", "Nơi ở hiện nay", "Mã xã hiện nay", "Ghi chú",
}

// The results that may stand in the column Kết quả, in the order of the list to
// choose from.
const (
	CheckMatch     = "Trùng khớp"
	CheckMismatch  = "Sai lệch thông tin"
	CheckNotFound  = "Không tìm thấy"
	CheckDuplicate = "Trùng số định danh"
	CheckDead      = "Đã chết"
	CheckMoved     = "Chuyển đi"
	CheckMissing   = "Mất tích"
	CheckAbroad    = "Xuất cảnh"
	CheckDetained  = "Đang chấp hành án"
)

var checkResults = []string{
	CheckMatch, CheckMismatch, CheckNotFound, CheckDuplicate, CheckDead, CheckMoved, CheckMissing, CheckAbroad, CheckDetained,
}

func (c Check) row() []string {
	sex := map[string]string{"M": "Nam", "F": "Nữ"}[c.Sex]
	row := make([]string, len(extractColumns))
	copy(row, []string{c.ID, c.Number, c.Name, c.Birth, sex, c.Address})
	return row
}

// WriteExtractCSV writes the list as UTF-8 CSV with a byte order mark, which is
// how spreadsheet programs know it for what it is.
func WriteExtractCSV(w io.Writer, checks iter.Seq[Check]) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return fmt.Errorf("registry: extract: %w", err)
	}
	out := csv.NewWriter(w)
	_ = out.Write(extractColumns)
	for c := range checks {
		_ = out.Write(c.row())
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("registry: extract: %w", err)
	}
	return nil
}

// WriteExtract writes the list as .xlsx, numbers as text so that no zero is
// lost, and the results to choose from in the column Kết quả.
func WriteExtract(w io.Writer, head Extract, checks iter.Seq[Check]) (err error) {
	f := excelize.NewFile()
	defer func() { err = firstError("registry: extract", err, f.Close()) }()
	const sheet = "Đối chiếu"
	if err := f.SetSheetName("Sheet1", sheet); err != nil {
		return err
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{WrapText: true}})
	if err != nil {
		return err
	}
	text, err := f.NewStyle(&excelize.Style{NumFmt: 49})
	if err != nil {
		return err
	}
	sw, err := f.NewStreamWriter(sheet)
	if err != nil {
		return err
	}
	for i, width := range []float64{12, 15, 26, 12, 9, 36, 20, 15, 26, 12, 12, 36, 10, 30} {
		if err := sw.SetColWidth(i+1, i+1, width); err != nil {
			return err
		}
	}
	put := func(row int, cells []string, style int) error {
		out := make([]any, len(cells))
		for i, c := range cells {
			out[i] = excelize.Cell{StyleID: style, Value: c}
		}
		return sw.SetRow(fmt.Sprintf("A%d", row), out)
	}
	for i, line := range []string{head.Office, head.Title, "Ngày gửi: " + head.SentOn.Format("02/01/2006")} {
		if err := put(i+1, []string{line}, bold); err != nil {
			return err
		}
	}
	if err := put(5, extractColumns, bold); err != nil {
		return err
	}
	row := 6
	for c := range checks {
		if err := put(row, c.row(), text); err != nil {
			return err
		}
		row++
	}
	if err := sw.Flush(); err != nil {
		return err
	}
	choose := excelize.NewDataValidation(true)
	choose.Sqref = fmt.Sprintf("G6:G%d", max(row-1, 6))
	if err := choose.SetDropList(checkResults); err != nil {
		return err
	}
	if err := f.AddDataValidation(sheet, choose); err != nil {
		return err
	}
	return f.Write(w)
}

func firstError(what string, errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	return nil
}
