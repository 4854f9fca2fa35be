package web

import (
	"bytes"
	"fmt"
	"net/url"
	"slices"
	"time"

	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

type booksChoice struct {
	From, To time.Time
	Account  string
	Accounts []string
}

// books offers the accountants' forms.
func (s *Server) books(v *visit) error {
	this := money.MonthOf(v.now())
	d := booksChoice{From: this.First(), To: this.Add(1).First().AddDate(0, 0, -1)}
	rows, err := s.cfg.Pool.Query(v.ctx, `
		select code from (select distinct split_part(code, '.', 1) collate "C" code from account where $1 = '' or office in ('', $1)) a order by code`, v.office())
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var code string
		if err := rows.Scan(&code); err != nil {
			return err
		}
		d.Accounts = append(d.Accounts, code)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return v.page("books", view{Title: "Sổ kế toán", TitleEN: "Books", Data: d})
}

// book shows one form to print, or with ?format=xlsx as a spreadsheet. Whoever works for
// one office sees that office's.
func (s *Server) book(v *visit) error {
	b := Book{Form: v.r.FormValue("form"), Account: v.r.FormValue("account"), Period: ledger.Period{Office: v.office()}}
	if !slices.Contains(BookForms, b.Form) {
		return errNoPage
	}
	var err error
	if b.Period.From, err = money.ParseDay(v.r.FormValue("from")); err == nil {
		b.Period.To, err = money.ParseDay(v.r.FormValue("to"))
	}
	if err != nil || b.Period.To.Before(b.Period.From) {
		return &problem{Status: 422, VI: "Khoảng ngày không đúng.", EN: "Not a period of days.", Next: "Chọn ngày đầu và ngày cuối, ngày cuối không trước ngày đầu."}
	}
	if b.Office, err = s.officeWords(v); err != nil {
		return err
	}
	if v.r.FormValue("format") == "xlsx" {
		var out bytes.Buffer
		if err := b.Spreadsheet(v.ctx, s.cfg.Pool, &out); err != nil {
			return err
		}
		v.w.Header().Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
		v.w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="ansinh-%s-%s.xlsx"`, b.Form, b.Period.From.Format("2006-01-02")))
		_, err := v.w.Write(out.Bytes())
		return err
	}
	d, err := b.page(v.ctx, s.cfg.Pool)
	if err != nil {
		return err
	}
	q := url.Values{"form": {b.Form}, "from": {v.r.FormValue("from")}, "to": {v.r.FormValue("to")}, "account": {b.Account}, "format": {"xlsx"}}
	d.Sheet, d.Printable = "/books/form?"+q.Encode(), true
	return v.page("book", view{Title: d.Title, Bare: true, Scripts: []string{"print.js"}, Data: d})
}

// officeWords is the office's name, or the whole province.
func (s *Server) officeWords(v *visit) (name string, err error) {
	if v.office() == "" {
		return "Toàn tỉnh", nil
	}
	err = s.cfg.Pool.QueryRow(v.ctx, `select name from office where code = $1`, v.office()).Scan(&name)
	return name, err
}
