package web

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/beneficiaries"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/sheet"
	"ansinh.vn/internal/text"
	"ansinh.vn/money"
)

// uploadList takes a list, a corrected quarantine sheet or a file of accounts. What
// it brings waits until another person accepts it.
func (s *Server) uploadList(v *visit) error {
	file, head, err := v.r.FormFile("file")
	if v.r.MultipartForm != nil {
		defer func() { _ = v.r.MultipartForm.RemoveAll() }()
	}
	var tooBig *http.MaxBytesError
	if errors.As(err, &tooBig) {
		return errTooBig
	}
	if err != nil {
		return s.listsWith(v, refuse("Chưa chọn tệp", "No file was chosen", "Chọn tệp .xlsx, .xls hoặc .csv rồi gửi lại."))
	}
	defer file.Close()
	kept, err := keep(file)
	if err != nil {
		return err
	}
	defer os.Remove(kept)
	lists, err := s.importUpload(v, kept, path.Base(strings.ReplaceAll(head.Filename, `\`, "/")))
	if p := refusedFile(err); p != nil {
		return s.listsWith(v, p)
	}
	if err != nil {
		return err
	}
	v.tell(toldOf(lists))
	if len(lists) != 1 {
		return v.see("/lists")
	}
	return v.see(fmt.Sprintf("/lists/%d", lists[0].List))
}

// keep writes an upload to a file of its own, readable by nobody else.
func keep(file multipart.File) (name string, err error) {
	f, err := os.CreateTemp("", "ansinh-upload-*")
	if err != nil {
		return "", err
	}
	_, err = io.Copy(f, file)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

func (s *Server) importUpload(v *visit, file, name string) ([]beneficiaries.Imported, error) {
	sender, by := strings.TrimSpace(v.r.FormValue("sender")), v.person.Actor()
	if v.r.FormValue("kind") == "accounts" {
		one, err := beneficiaries.ImportAccounts(v.ctx, s.cfg.Pool, s.cfg.Secrets, beneficiaries.AccountFile{
			Path: file, Name: name, Only: v.office(), Sender: sender, Waits: true, By: by, Now: v.now()})
		return []beneficiaries.Imported{one}, err
	}
	office := v.office()
	if office == "" {
		office = strings.TrimSpace(v.r.FormValue("office"))
	}
	return beneficiaries.ImportList(v.ctx, s.cfg.Pool, s.cfg.Secrets, beneficiaries.ListFile{Path: file, Name: name, Office: office, Only: v.office(),
		Scheme: v.r.FormValue("scheme"), Sender: sender, Waits: true, By: by, Now: v.now()})
}

// refusedFile is a file that was not taken, as people are told it; nil for any
// other error.
func refusedFile(err error) *problem {
	var list *beneficiaries.RefusedError
	var read *sheet.Refused
	what, do := "", ""
	switch {
	case errors.As(err, &list):
		if what, do = list.What, list.Do; list.Where != "" {
			what = list.Where + ": " + what
		}
	case errors.As(err, &read):
		what, do = read.What, read.Do
	default:
		return nil
	}
	if do != "" {
		do = sentence(strings.TrimRight(do, ".")) + "."
	}
	return refuse("Không nhận tệp này: "+what, "The file was refused; nothing of it was taken", do)
}

// toldOf says what became of a file, in Vietnamese and English.
func toldOf(lists []beneficiaries.Imported) (vi, en string) {
	var sum beneficiaries.Imported
	already := len(lists) > 0
	for _, l := range lists {
		sum.Received += l.Received
		sum.Imported += l.Imported
		sum.Quarantined += l.Quarantined
		already = already && l.Already
	}
	if already {
		return "Tệp này đã nhập trước đây; không có gì thay đổi.", "This file was imported before; nothing changed."
	}
	n := func(n int) string { return text.Int(int64(n)) }
	return fmt.Sprintf("Nhận %s dòng = nhập %s + tạm gác %s. Danh sách chờ người thứ hai chấp nhận.", n(sum.Received), n(sum.Imported), n(sum.Quarantined)),
		fmt.Sprintf("%d received = %d imported + %d quarantined; waits for a second person.", sum.Received, sum.Imported, sum.Quarantined)
}

// decideList lets a second person accept or refuse what a list brings.
func (s *Server) decideList(v *visit) error {
	l, err := s.listOf(v)
	if err != nil {
		return err
	}
	verdict := beneficiaries.Verdict{Accepted: v.r.FormValue("accept") == "yes", By: v.person.Actor(), At: v.now(), Note: v.r.FormValue("note")}
	err = beneficiaries.DecideList(v.ctx, s.cfg.Pool, l.ID, verdict)
	if errors.Is(err, beneficiaries.ErrReason) {
		return s.listWith(v, refuse("Từ chối thì phải ghi lý do", "A refusal needs a reason", "Ghi lý do để người nhập biết phải sửa gì."))
	}
	if err != nil {
		return err
	}
	if verdict.Accepted {
		v.tell("Đã chấp nhận danh sách.", "The list is accepted.")
	} else {
		v.tell("Đã từ chối; những gì danh sách đưa vào vẫn bị giữ.", "Refused; what it brought stays held.")
	}
	return v.see(fmt.Sprintf("/lists/%d", l.ID))
}

// quarantineFile gives the rows that wait as a spreadsheet, and leaves a trace:
// the numbers stand in it in full.
func (s *Server) quarantineFile(v *visit) error {
	l, err := s.listOf(v)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	n, err := beneficiaries.WriteQuarantine(v.ctx, s.cfg.Pool, s.cfg.Secrets, &out, l.ID)
	if err != nil {
		return err
	}
	if n == 0 {
		return errNoPage
	}
	err = pg.Tx(v.ctx, s.cfg.Pool, func(tx pgx.Tx) error {
		return beneficiaries.RecordQuarantineExport(v.ctx, tx, l.ID, n, v.person.Actor(), v.now())
	})
	if err != nil {
		return err
	}
	return v.workbook("can-sua-"+l.FileName, out.Bytes())
}

// changesFile gives all of a list's differences as a spreadsheet; numbers masked.
func (s *Server) changesFile(v *visit) error {
	l, err := s.listOf(v)
	if err != nil {
		return err
	}
	changes, err := beneficiaries.Changes(v.ctx, s.cfg.Pool, l.ID)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	w, err := sheet.NewWriter(&out)
	if err != nil {
		return err
	}
	if err := w.Sheet("Thay đổi", []string{"Thay đổi", "Họ tên", "Nhóm đối tượng", "Mục", "Bản trước", "Bản này"}, 12, 28, 34, 24, 24, 24); err != nil {
		return err
	}
	scheme := ""
	if l.Scheme != nil {
		scheme = *l.Scheme
	}
	for _, c := range changes {
		head := []any{text.Lookup("change", c.Change).VI, c.Name, beneficiaries.CategoryLabel(scheme, c.Category)}
		fields := fieldsOf(c)
		if len(fields) == 0 {
			fields = []changedField{{}}
		}
		for _, f := range fields {
			if err := w.Row(append(head, f.Title, f.Before, f.Now)...); err != nil {
				return err
			}
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return v.workbook("thay-doi-"+l.FileName, out.Bytes())
}

// workbook sends a spreadsheet to keep.
func (v *visit) workbook(name string, content []byte) error {
	name = strings.Map(func(r rune) rune {
		if r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_' || r == '.') {
			return r
		}
		return '_'
	}, strings.TrimSuffix(name, path.Ext(name))) + ".xlsx"
	v.w.Header().Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	v.w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	_, err := v.w.Write(content)
	return err
}

// changedField is one field of a change as people read it.
type changedField struct{ Title, Before, Now string }

func fieldsOf(c beneficiaries.Change) (out []changedField) {
	for _, key := range sortedKeys(c.Fields) {
		pair := c.Fields[key]
		out = append(out, changedField{beneficiaries.ColumnTitle(key), fieldValue(key, pair[0]), fieldValue(key, pair[1])})
	}
	return out
}

func fieldValue(key, value string) string {
	switch key {
	case "hinh_thuc":
		return text.Lookup("rail", value).VI
	case "so_tai_khoan": // a bank's digits, and perhaps a masked account
		bin, rest, _ := strings.Cut(value, " ")
		if b, ok := beneficiaries.BankByBIN(bin); ok {
			return strings.TrimSpace(b.Short + " " + rest)
		}
	case "huong_tu", "huong_den":
		if m, err := money.ParseMonth(value); err == nil {
			return text.Month(m)
		}
	}
	if value == "" {
		return "(trống)"
	}
	return value
}
