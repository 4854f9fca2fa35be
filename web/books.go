package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/sheet"
	"ansinh.vn/internal/text"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

// Book is one of the accountants' forms, on paper and as a spreadsheet: the same rows in
// each. It is kept by accounts of the first level and names nobody.
type Book struct {
	Form    string // "journal", "ledger" or "trial"
	Period  ledger.Period
	Account string // of the general ledger; "" is every one
	Office  string // in words
}

// BookForms are the names of the forms.
var BookForms = []string{"journal", "ledger", "trial"}

// bookShape is how a form looks.
type bookShape struct {
	title, en, model string
	columns          []bookColumn
	rows             func(context.Context, pg.Queryer, Book, func(bookRow) error) error
}

type bookColumn struct {
	Name   string
	Number bool
	Width  float64
}

// bookRow is one row; a strong one sums up or begins an account.
type bookRow struct {
	Values []any // string, money.VND or nil for an empty cell
	Strong bool
}

var bookShapes = map[string]bookShape{
	"journal": {"Sổ nhật ký chung", "Journal", "S04-H", []bookColumn{{"Ngày ghi sổ", false, 12}, {"Bút toán", true, 10}, {"Diễn giải", false, 48}, {"Số khoản", true, 10},
		{"TK Nợ", false, 8}, {"TK Có", false, 8}, {"Số tiền", true, 18}}, journalRows},
	"ledger": {"Sổ cái", "General ledger", "S03-H", []bookColumn{{"Ngày ghi sổ", false, 12}, {"Bút toán", true, 10}, {"Diễn giải", false, 48}, {"TK đối ứng", false, 10},
		{"Phát sinh Nợ", true, 18}, {"Phát sinh Có", true, 18}, {"Dư Nợ", true, 18}, {"Dư Có", true, 18}}, ledgerRows},
	"trial": {"Bảng cân đối số phát sinh", "Trial balance", "S05-H", []bookColumn{{"Số hiệu TK", false, 10}, {"Tên tài khoản", false, 40}, {"Đầu kỳ Nợ", true, 18}, {"Đầu kỳ Có", true, 18},
		{"Phát sinh Nợ", true, 18}, {"Phát sinh Có", true, 18}, {"Cuối kỳ Nợ", true, 18}, {"Cuối kỳ Có", true, 18}}, trialRows},
}

func journalRows(ctx context.Context, q pg.Queryer, b Book, row func(bookRow) error) error {
	var sum money.VND
	for l, err := range ledger.Journal(ctx, q, b.Period) {
		if err != nil {
			return err
		}
		if sum, err = sum.Add(l.Amount); err != nil {
			return err
		}
		if err := row(bookRow{Values: []any{text.Day(l.On), l.Entry, said(l.Memo, l.Kind), strconv.Itoa(l.N), l.Debit, l.Credit, l.Amount}}); err != nil {
			return err
		}
	}
	return row(bookRow{[]any{nil, nil, "Cộng", nil, nil, nil, sum}, true})
}

func ledgerRows(ctx context.Context, q pg.Queryer, b Book, row func(bookRow) error) error {
	var last ledger.GeneralLine
	var debits, credits money.VND
	end := func() error {
		if last.Account == "" {
			return nil
		}
		debit, credit := sides(last.Balance)
		if err := row(bookRow{[]any{nil, nil, "Cộng phát sinh", nil, debits, credits, nil, nil}, true}); err != nil {
			return err
		}
		return row(bookRow{[]any{nil, nil, "Số dư cuối kỳ", nil, nil, nil, debit, credit}, true})
	}
	for l, err := range ledger.GeneralLedger(ctx, q, b.Period, b.Account) {
		if err != nil {
			return err
		}
		debit, credit := sides(l.Balance)
		if l.Entry == 0 {
			if err := end(); err != nil {
				return err
			}
			debits, credits = 0, 0
			name := "Tài khoản " + l.Account + " – " + accountName(l.Account)
			if err := row(bookRow{[]any{nil, nil, name, nil, nil, nil, nil, nil}, true}); err != nil {
				return err
			}
			err = row(bookRow{Values: []any{nil, nil, "Số dư đầu kỳ", nil, nil, nil, debit, credit}})
		} else {
			debits += l.Debit
			credits += l.Credit
			err = row(bookRow{Values: []any{text.Day(l.On), l.Entry, said(l.Memo, l.Kind), l.Against, some(l.Debit), some(l.Credit), debit, credit}})
		}
		if err != nil {
			return err
		}
		last = l
	}
	return end()
}

func trialRows(ctx context.Context, q pg.Queryer, b Book, row func(bookRow) error) error {
	var sum ledger.FirstLevelLine
	for l, err := range ledger.FirstLevel(ctx, q, b.Period) {
		if err != nil {
			return err
		}
		sum.OpenDebit += l.OpenDebit
		sum.OpenCredit += l.OpenCredit
		sum.Debit += l.Debit
		sum.Credit += l.Credit
		sum.CloseDebit += l.CloseDebit
		sum.CloseCredit += l.CloseCredit
		if err := row(bookRow{Values: []any{l.Account, accountName(l.Account), some(l.OpenDebit), some(l.OpenCredit), some(l.Debit), some(l.Credit), some(l.CloseDebit), some(l.CloseCredit)}}); err != nil {
			return err
		}
	}
	return row(bookRow{[]any{nil, "Cộng", sum.OpenDebit, sum.OpenCredit, sum.Debit, sum.Credit, sum.CloseDebit, sum.CloseCredit}, true})
}

// said is an entry's words: its memo, or else what kind it is.
func said(memo, kind string) string { return cmp.Or(memo, text.Lookup("entry", kind).VI) }

func accountName(code string) string {
	if a, ok := ledger.InStateChart(code); ok {
		return a.Name
	}
	return ""
}

// some leaves an empty cell where nothing moved.
func some(v money.VND) any {
	if v == 0 {
		return nil
	}
	return v
}

// sides puts a balance on its side.
func sides(v money.VND) (debit, credit any) {
	if v < 0 {
		return nil, -v
	}
	return some(v), nil
}

// Spreadsheet writes the form as .xlsx, row by row.
func (b Book) Spreadsheet(ctx context.Context, q pg.Queryer, out io.Writer) error {
	shape, ok := bookShapes[b.Form]
	if !ok {
		return fmt.Errorf("web: no form %q", b.Form)
	}
	w, err := sheet.NewWriter(out)
	if err != nil {
		return err
	}
	headings, widths := make([]string, len(shape.columns)), make([]float64, len(shape.columns))
	for i, c := range shape.columns {
		headings[i], widths[i] = c.Name, c.Width
	}
	if err := w.Sheet(shape.title, headings, widths...); err != nil {
		return err
	}
	if err := shape.rows(ctx, q, b, func(r bookRow) error {
		for i, v := range r.Values {
			if id, ok := v.(ledger.EntryID); ok {
				r.Values[i] = int64(id)
			}
		}
		return w.Row(r.Values...)
	}); err != nil {
		return err
	}
	return w.Close()
}

// bookPage is a form to print.
type bookPage struct {
	Title, EN, Model string
	Office           string
	From, To         time.Time
	Columns          []bookColumn
	Rows             []bookRow
	Cut              bool   // there are more than a page should hold
	Sheet            string // where the spreadsheet is; "" in a file
	Printable        bool
}

// mostBookRows is what one prints; more belongs into a spreadsheet.
const mostBookRows = 5000

var errEnough = errors.New("enough rows")

func (b Book) page(ctx context.Context, q pg.Queryer) (d bookPage, err error) {
	shape, ok := bookShapes[b.Form]
	if !ok {
		return d, errNoPage
	}
	d = bookPage{Title: shape.title, EN: shape.en, Model: shape.model, Office: b.Office, From: b.Period.From, To: b.Period.To, Columns: shape.columns}
	err = shape.rows(ctx, q, b, func(r bookRow) error {
		if len(d.Rows) == mostBookRows {
			d.Cut = true
			return errEnough
		}
		d.Rows = append(d.Rows, r)
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return d, err
}

// Page is the form as one HTML file that needs nothing beside it.
func (b Book) Page(ctx context.Context, q pg.Queryer) ([]byte, error) {
	d, err := b.page(ctx, q)
	if err != nil {
		return nil, err
	}
	return loadPages().renderAs("book", "alone", view{Title: d.Title, Bare: true, Data: d})
}

// booked shows a cell of a form.
func booked(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case money.VND:
		return text.Int(int64(v))
	}
	return fmt.Sprint(v)
}
