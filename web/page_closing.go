package web

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"ansinh.vn/bank"
	"ansinh.vn/money"
	"ansinh.vn/reconcile"
)

type closingsPage struct {
	Positions []reconcile.Position
}

// closings lists the bank accounts with the last day that the bank has told about.
func (s *Server) closings(v *visit) error {
	all, err := reconcile.Positions(v.ctx, s.cfg.Pool)
	if err != nil {
		return err
	}
	var d closingsPage
	for _, p := range all {
		if v.office() == "" || v.office() == p.Office {
			d.Positions = append(d.Positions, p)
		}
	}
	return v.page("closings", view{Title: "Đối chiếu ngân hàng", Data: d})
}

type closingPage struct {
	reconcile.Sheet
	Before, After string // the days beside it
	Parts         []closingPart
	MayClose      bool
	Problem       *problem
}

// closingPart is one of the sheet's lists.
type closingPart struct {
	Title string
	Items []reconcile.SheetItem
}

func (d *closingPage) divide() {
	d.Parts = []closingPart{{"Các khoản đã giải thích", d.Items}, {"Các khoản chờ xử lý, đã ghi sổ", d.Suspense}}
}

// closingOf reads which account's which day is meant; another office's is no page.
func (s *Server) closingOf(v *visit) (account bank.RailAccountID, on time.Time, err error) {
	id, err := v.id("account")
	if err != nil {
		return 0, on, err
	}
	if on, err = money.ParseDay(chi.URLParam(v.r, "day")); err != nil {
		return 0, on, errNoPage
	}
	var n int
	err = s.cfg.Pool.QueryRow(v.ctx, `select count(*) from rail_account where id = $1 and kind = 'bank' and ($2 = '' or office = $2)`, id, v.office()).Scan(&n)
	if err == nil && n == 0 {
		err = errNoPage
	}
	return bank.RailAccountID(id), on, err
}

func (s *Server) closing(v *visit) error {
	account, on, err := s.closingOf(v)
	if err != nil {
		return err
	}
	return s.closingWith(v, account, on, nil)
}

func (s *Server) closingWith(v *visit, account bank.RailAccountID, on time.Time, p *problem) error {
	sheet, err := reconcile.DaySheet(v.ctx, s.cfg.Pool, account, on)
	if err != nil {
		return err
	}
	d := closingPage{Sheet: sheet, Problem: p, MayClose: sheet.Ready && sheet.ClosedBy == "" && v.person.Has(accountant),
		Before: on.AddDate(0, 0, -1).Format(time.DateOnly), After: on.AddDate(0, 0, 1).Format(time.DateOnly)}
	d.divide()
	status := http.StatusOK
	if p != nil {
		status = p.Status
	}
	return v.pageWrite("closing", status, view{Title: "Bảng đối chiếu " + sheet.Number + " " + on.Format("02/01/2006"), Bare: true, Scripts: []string{"print.js"}, Data: d})
}

func (s *Server) closingFile(v *visit) error {
	account, on, err := s.closingOf(v)
	if err != nil {
		return err
	}
	sheet, err := reconcile.DaySheet(v.ctx, s.cfg.Pool, account, on)
	if err != nil {
		return err
	}
	v.attach(fmt.Sprintf("doi-chieu-%s-%s.xlsx", sheet.Office, on.Format(time.DateOnly)))
	return sheet.Write(v.w)
}

func (s *Server) closeDay(v *visit) error {
	account, on, err := s.closingOf(v)
	if err != nil {
		return err
	}
	_, err = (&reconcile.Store{Pool: s.cfg.Pool}).CloseDay(v.ctx, account, on, int64(v.person.ID), v.now())
	var refused *reconcile.Refusal
	if errors.As(err, &refused) {
		return s.closingWith(v, account, on, &problem{Status: http.StatusConflict, VI: "Chưa khóa được ngày này", EN: "This day cannot be closed yet", Next: refused.Reason})
	}
	if err != nil {
		return err
	}
	v.tell("Đã khóa ngày và ghi vào nhật ký.", "The day is closed and in the log.")
	return v.see(fmt.Sprintf("/closings/%d/%s", account, on.Format(time.DateOnly)))
}
