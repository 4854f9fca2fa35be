package web

import (
	"errors"
	"net/http"
	"strings"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/beneficiaries"
	"ansinh.vn/internal/pg"
)

type personPage struct {
	Person   beneficiaries.PersonDetail
	Views    []beneficiaries.View
	MaySee   bool   // whole numbers, with a reason
	MayDraft bool   // decisions and changes of the payee
	Number   string // the whole number, once
	Account  string // the whole account, once
	Payee    beneficiaries.PayeeID
	Problem  *problem
}

// person shows everything known about one person, numbers masked.
func (s *Server) person(v *visit) error {
	d, err := s.personOf(v)
	if err != nil {
		return err
	}
	return v.page("person", view{Title: d.Person.Name, Data: d})
}

func (s *Server) personOf(v *visit) (d personPage, err error) {
	id, err := v.id("id")
	if err != nil {
		return d, err
	}
	if d.Person, err = beneficiaries.PersonByID(v.ctx, s.cfg.Pool, s.cfg.Secrets, beneficiaries.PersonID(id)); err != nil {
		return d, err
	}
	if err := v.mayOffice(d.Person.Office); err != nil {
		return d, err
	}
	d.MaySee, d.MayDraft = v.person.Has(clerk, accountant, auditor), v.person.Has(clerk)
	d.Views, err = beneficiaries.Views(v.ctx, s.cfg.Pool, d.Person.ID)
	return d, err
}

// showNumber shows a whole personal number, or a payee's whole account, once, and
// leaves who saw it and why in the log.
func (s *Server) showNumber(v *visit) error {
	d, err := s.personOf(v)
	if err != nil {
		return err
	}
	reason, by := strings.TrimSpace(v.r.FormValue("reason")), v.person.Actor()
	for _, y := range d.Person.Payees {
		if id(int64(y.ID)) == v.r.FormValue("payee") {
			d.Payee = y.ID
		}
	}
	if d.Payee == 0 && v.r.FormValue("payee") != "" {
		return errNoPage
	}
	if reason == "" {
		d.Problem = describe(beneficiaries.ErrReason)
		return v.pageWrite("person", d.Problem.Status, view{Title: d.Person.Name, Data: d})
	}
	err = pg.Tx(v.ctx, s.cfg.Pool, func(tx pgx.Tx) (err error) {
		if d.Payee != 0 {
			d.Account, err = beneficiaries.FullAccount(v.ctx, tx, s.cfg.Secrets, d.Payee, by, reason, v.now())
		} else {
			d.Number, err = beneficiaries.FullNumber(v.ctx, tx, s.cfg.Secrets, d.Person.ID, by, reason, v.now())
		}
		return err
	})
	if err != nil {
		return err
	}
	d.Views, err = beneficiaries.Views(v.ctx, s.cfg.Pool, d.Person.ID)
	return errors.Join(err, v.pageWrite("person", http.StatusOK, view{Title: d.Person.Name, Data: d}))
}
