package sheet

import (
	"errors"
	"iter"
	"os"
	"strings"

	"github.com/shopspring/decimal"

	"ansinh.vn/internal/sheet"
)

// Read reads a file and gives each account's statement to each. The file's kind is
// decided by its content; name is what errors call it. A file without a statement, or
// whose balances contradict its rows, is an *Error; what is no spreadsheet at all is a
// *sheet.Refused.
func Read(path, name string, each func(*Statement) error) error {
	if page, err := isWebPage(path); err != nil {
		return err
	} else if page {
		rows, err := readWebPage(path, name)
		if err != nil {
			return err
		}
		return finishFile(name, readRows(name, "", rows, each))
	}
	raw, err := sheet.OpenRaw(path, sheet.Options{Name: name})
	if err != nil {
		return err
	}
	defer raw.Close()
	found := 0
	count := func(st *Statement) error { found++; return each(st) }
	for i, title := range raw.Sheets() {
		if err := readRows(name, title, raw.Rows(i), count); err != nil && !errors.Is(err, errNoStatement) {
			return err
		}
	}
	if found == 0 {
		return finishFile(name, errNoStatement)
	}
	return nil
}

var errNoStatement = errors.New("no statement")

func finishFile(name string, err error) error {
	if errors.Is(err, errNoStatement) {
		return &Error{File: name, Msg: "không tìm thấy dòng tiêu đề của sao kê (ngày, ghi nợ, ghi có, diễn giải). Kiểm tra đúng tệp sao kê do ngân hàng xuất, hoặc khai báo cột cho ngân hàng này"}
	}
	return err
}

// reader goes through the rows of one sheet: titles, a heading, rows, and again.
type reader struct {
	name, title string
	each        func(*Statement) error

	cols    columns
	heading bool     // a heading has been found for this account
	titles  []string // folded texts since the last heading or the start
	st      *Statement
	signed  bool // debits are written as negative numbers
	found   int
	seen    int // rows since the start or the last account
}

func readRows(name, title string, rows iter.Seq2[sheet.RawRow, error], each func(*Statement) error) error {
	r := &reader{name: name, title: title, each: each}
	r.begin()
	for row, err := range rows {
		if err != nil {
			return err
		}
		if err := r.row(row); err != nil {
			return err
		}
	}
	if err := r.flush(); err != nil {
		return err
	}
	if r.found == 0 {
		return errNoStatement
	}
	return nil
}

func (r *reader) begin() {
	r.st = &Statement{Sheet: r.title, Currency: "VND"}
	r.heading, r.signed, r.titles, r.seen = false, false, r.titles[:0], 0
}

func (r *reader) row(row sheet.RawRow) error {
	cells := row.Cells
	joined := strings.TrimSpace(strings.Join(cells, " "))
	if joined == "" {
		return nil
	}
	r.seen++
	if cols, ok := readHeading(cells); ok {
		r.cols, r.heading = cols, true
		if r.st.Profile == "" {
			r.st.Profile = recognise(r.title, r.titles, cells)
		}
		return nil
	}
	if !r.heading {
		if r.seen <= headingRows {
			r.header(cells, joined)
		}
		return nil
	}
	if line, ok, err := r.line(row); err != nil {
		return err
	} else if ok {
		if len(r.st.Lines) >= maxLines {
			return &Error{r.name, row.Number, "quá nhiều dòng trong một tài khoản; chia thành nhiều tệp"}
		}
		r.st.Lines = append(r.st.Lines, line)
		return nil
	}
	return r.between(cells, joined)
}

// line reads a row of the table; ok is false for rows that are none.
func (r *reader) line(row sheet.RawRow) (l Line, ok bool, err error) {
	cell := func(f field) string {
		if i := r.cols[f]; i >= 0 && i < len(row.Cells) {
			return strings.TrimSpace(row.Cells[i])
		}
		return ""
	}
	l.Row = row.Number
	dateCell := cell(bookDate)
	if r.cols[dateRef] >= 0 {
		dateCell = cell(dateRef)
	}
	on, rest, dated := date(dateCell)
	if !dated && (dateCell != "" || len(r.st.Lines) == 0) {
		return l, false, nil
	}
	values := map[field]decimal.Decimal{}
	for _, f := range []field{debit, credit, amount, fee, tax, balance} {
		text := cell(f)
		if text == "" || text == "-" {
			continue
		}
		v, good := number(text)
		if !good {
			if !dated {
				return l, false, nil
			}
			return l, false, &Error{r.name, row.Number, "“" + clip(text) + "” không phải số tiền"}
		}
		values[f] = v
	}
	moved := !values[debit].IsZero() || !values[credit].IsZero() || !values[amount].IsZero() || !values[fee].IsZero() || !values[tax].IsZero()
	if !moved {
		return l, false, nil
	}
	if !dated { // some banks write a day once for all its rows; a total has no text beside it
		if cell(memo) == "" && cell(reference) == "" || isLabel(fold(strings.Join(row.Cells, " "))) {
			return l, false, nil
		}
		on = r.st.Lines[len(r.st.Lines)-1].On
	}
	l.On = on
	if v, _, ok := date(cell(valueDate)); ok {
		l.ValueOn = v
	}
	if l.Ref = cell(reference); l.Ref == "" {
		l.Ref = rest
	}
	l.Memo = strings.Join(strings.Fields(cell(memo)), " ")
	l.PartyName, l.PartyAccount, l.PartyBank = cell(partyName), cell(partyAccount), cell(partyBank)
	if _, has := values[balance]; has {
		l.Balance = decimal.NewNullDecimal(values[balance])
	}
	if values[debit].IsNegative() || values[fee].IsNegative() || values[tax].IsNegative() {
		r.signed = true
	}
	l.Debit, l.Credit = values[debit].Abs(), values[credit]
	if v := values[amount]; v.IsNegative() {
		l.Debit = l.Debit.Add(v.Neg())
	} else {
		l.Credit = l.Credit.Add(v)
	}
	if l.Credit.IsNegative() { // a correction written as a negative credit takes money
		l.Debit, l.Credit = l.Debit.Add(l.Credit.Neg()), decimal.Zero
	}
	l.Fee, l.Tax = values[fee], values[tax]
	return l, true, nil
}

// flush proves the statement that is over and hands it on.
func (r *reader) flush() error {
	if !r.heading {
		return nil
	}
	st := r.st
	if err := r.prove(st); err != nil {
		return err
	}
	for i := range st.Lines {
		on := st.Lines[i].On
		if st.From.IsZero() || on.Before(st.From) {
			st.From = on
		}
		if on.After(st.To) {
			st.To = on
		}
	}
	r.found++
	return r.each(st)
}

func clip(s string) string {
	r := []rune(s)
	if len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// isWebPage looks whether a file, whatever its name, is HTML.
func isWebPage(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	head := make([]byte, 2048)
	n, _ := f.Read(head)
	text := strings.ToLower(strings.TrimSpace(strings.TrimPrefix(string(head[:n]), "\xef\xbb\xbf")))
	if !strings.HasPrefix(text, "<") {
		return false, nil
	}
	for _, mark := range []string{"<html", "<table", "<!doctype html", "<meta", "<style", "<head"} {
		if strings.Contains(text, mark) {
			return true, nil
		}
	}
	return false, nil
}
