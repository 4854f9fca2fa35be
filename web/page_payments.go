package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/secret"
	"ansinh.vn/payout"
)

// paymentRow is one payment as pages show it: numbers masked.
type paymentRow struct {
	payout.PaymentView
	Number  string
	Account string
}

// changedRow is one person behind a change against last month.
type changedRow struct {
	payout.ChangedPerson
	Number string
}

type paymentsPage struct {
	Run     payout.Run
	Office  string
	Rows    []paymentRow
	Changed []changedRow
	State   string
	Change  string
	Reason  string
	Next    string
}

var paymentStates = []payout.PaymentState{payout.Held, payout.Ready, payout.Instructed, payout.Settled, payout.Returned,
	payout.Carried, payout.Cancelled, payout.Collected, payout.Uncollected}

// payments lists a run's payments, all or those of a state or a reason.
func (s *Server) payments(v *visit) error {
	run, err := s.runOf(v)
	if err != nil {
		return err
	}
	after, err := cursor(v.r.FormValue("after"))
	if err != nil {
		return err
	}
	d := paymentsPage{Run: run, State: v.r.FormValue("state"), Change: v.r.FormValue("change"), Reason: v.r.FormValue("reason")}
	if err := s.cfg.Pool.QueryRow(v.ctx, `select name from office where code = $1`, run.Office).Scan(&d.Office); err != nil {
		return err
	}
	if d.Change != "" {
		err = s.changedPeople(v, &d, after)
	} else {
		err = s.paymentRows(v, &d, after)
	}
	if err != nil {
		return err
	}
	return v.page("payments", view{Title: "Khoản chi", Data: d})
}

func (s *Server) paymentRows(v *visit, d *paymentsPage, after int64) error {
	if d.State != "" && !slices.Contains(paymentStates, payout.PaymentState(d.State)) {
		return errNoPage
	}
	attention := v.r.FormValue("attention")
	got, err := payout.Payments(v.ctx, s.cfg.Pool, payout.PaymentFilter{Run: d.Run.ID, State: payout.PaymentState(d.State),
		Reason: d.Reason, Attention: attention, After: payout.PaymentID(after), Limit: pageSize + 1})
	if err != nil {
		return err
	}
	if len(got) > pageSize {
		got = got[:pageSize]
		d.Next = v.r.URL.Path + "?" + url.Values{"state": {d.State}, "reason": {d.Reason}, "attention": {attention},
			"after": {id(int64(got[pageSize-1].ID))}}.Encode()
	}
	d.Rows, err = s.maskAll(v.ctx, got)
	return err
}

// changedPeople lists who stands behind one change against last month.
func (s *Server) changedPeople(v *visit, d *paymentsPage, after int64) error {
	change := payout.Change(d.Change)
	if change != payout.SeeAccount && !slices.Contains(payout.Changes, change) {
		return errNoPage
	}
	got, err := payout.ChangedPeople(v.ctx, s.cfg.Pool, d.Run.ID, change, payout.PersonID(after), pageSize+1)
	if err != nil {
		return err
	}
	if len(got) > pageSize {
		got = got[:pageSize]
		d.Next = v.r.URL.Path + "?" + url.Values{"change": {d.Change}, "after": {id(int64(got[pageSize-1].Person))}}.Encode()
	}
	people := make([]payout.PersonID, len(got))
	for i, c := range got {
		people[i] = c.Person
	}
	numbers, err := s.maskedNumbers(v.ctx, people)
	for _, c := range got {
		d.Changed = append(d.Changed, changedRow{c, numbers[c.Person]})
	}
	return err
}

func (s *Server) maskAll(ctx context.Context, payments []payout.PaymentView) (rows []paymentRow, err error) {
	people := make([]payout.PersonID, len(payments))
	for i, p := range payments {
		people[i] = p.Person
	}
	numbers, err := s.maskedNumbers(ctx, people)
	if err != nil {
		return nil, err
	}
	for _, p := range payments {
		r := paymentRow{PaymentView: p, Number: numbers[p.Person]}
		if r.Account, err = s.masked(secret.AccountNumber, p.AccountEnc); err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// maskedNumbers are the personal numbers of some people, their middles hidden.
func (s *Server) maskedNumbers(ctx context.Context, people []payout.PersonID) (map[payout.PersonID]string, error) {
	rows, err := s.cfg.Pool.Query(ctx, `select id, coalesce(number_enc, other_enc) from person where id = any ($1)`, people)
	if err != nil {
		return nil, err
	}
	numbers := make(map[payout.PersonID]string, len(people))
	var person payout.PersonID
	var sealed []byte
	_, err = pgx.ForEachRow(rows, []any{&person, &sealed}, func() (err error) {
		numbers[person], err = s.masked(secret.PersonNumber, sealed)
		return err
	})
	return numbers, err
}

// masked opens a sealed number and hides its middle; nothing is nothing.
func (s *Server) masked(label string, sealed []byte) (string, error) {
	if sealed == nil {
		return "", nil
	}
	plain, err := s.cfg.Secrets.Open(label, sealed)
	return secret.Mask(plain), err
}

type paymentPage struct {
	Row          paymentRow
	Run          payout.Run
	Lines        []payout.LineView
	Instructions []payout.InstructionView
	MayHold      bool
	MayRelease   bool
	Told         string // what the bank's reason means and asks for
	ToldEN       string
	Booked       bool // its run stands in the books, so that there is a receipt
	Problem      *problem
}

// payment says what one person gets in one run, line by line, and why.
func (s *Server) payment(v *visit) error { return s.paymentWith(v, nil) }

func (s *Server) paymentWith(v *visit, p *problem) error {
	d, err := s.paymentOf(v)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if d.Problem = p; p != nil {
		status = p.Status
	}
	return v.pageWrite("payment", status, view{Title: "Khoản chi của " + d.Row.Name, Data: d})
}

func (s *Server) paymentOf(v *visit) (d paymentPage, err error) {
	id, err := v.id("id")
	if err != nil {
		return d, err
	}
	got, err := payout.GetPayment(v.ctx, s.cfg.Pool, payout.PaymentID(id))
	if err != nil {
		return d, err
	}
	if d.Run, err = payout.Get(v.ctx, s.cfg.Pool, got.Run); err != nil {
		return d, err
	}
	if err := v.mayOffice(d.Run.Office); err != nil {
		return d, err
	}
	rows, err := s.maskAll(v.ctx, []payout.PaymentView{got.PaymentView})
	if err != nil {
		return d, err
	}
	d.Row, d.Lines, d.Instructions = rows[0], got.Lines, got.Instructions
	if got.ReasonCode != "" {
		kind := payout.OutcomeRejected
		if n := len(got.Instructions); n > 0 && got.Instructions[n-1].State == "returned" {
			kind = payout.OutcomeReturned
		}
		d.Told, d.ToldEN = payout.ReasonWords(kind, got.ReasonCode)
	}
	open := d.Run.State == payout.RunComputed && v.person.Has(clerk, accountant)
	d.Booked = d.Run.ApprovedAt != nil && got.Amount > 0
	d.MayHold = open && got.State == payout.Ready && got.Amount > 0
	d.MayRelease = open && got.State == payout.Held && d.Run.PreparedBy != payout.StaffID(v.person.ID)
	return d, nil
}

// holdPayment keeps a payment out of a run that is not yet submitted, or lets it in
// again; the second is refused to who prepared the run.
func (s *Server) holdPayment(v *visit) error {
	d, err := s.paymentOf(v)
	if err != nil {
		return err
	}
	change, vi, en := payout.Hold, "Đã giữ lại khoản chi.", "Held."
	if v.r.FormValue("release") != "" {
		change, vi, en = payout.Release, "Đã cho chi khoản này.", "Released."
	}
	err = change(v.ctx, s.cfg.Pool, d.Row.ID, payout.StaffID(v.person.ID), strings.TrimSpace(v.r.FormValue("why")), v.now())
	if err != nil {
		if p := describe(err); !p.internal {
			return s.paymentWith(v, p)
		}
		return err
	}
	v.tell(vi, en)
	return v.see(v.r.URL.Path)
}
