package web

import (
	"fmt"
	"net/http"
	"strings"

	"ansinh.vn/payout"
)

// caseRow is a case with what to do about it.
type caseRow struct {
	payout.Case
	Todo, TodoEN string
}

type casesPage struct {
	Cases    []caseRow
	Closed   bool
	MayClose bool
	Next     string
	Problem  *problem
}

// cases lists what somebody has to look into: deaths the bank told of, accounts that take
// no money, returns that only the person can explain.
func (s *Server) cases(v *visit) error { return s.casesWith(v, nil) }

func (s *Server) casesWith(v *visit, p *problem) error {
	after, err := cursor(v.r.FormValue("after"))
	if err != nil {
		return err
	}
	d := casesPage{Closed: v.r.FormValue("closed") == "1", MayClose: v.person.Has(clerk, accountant), Problem: p}
	got, err := payout.Cases(v.ctx, s.cfg.Pool, payout.CaseFilter{Office: v.office(), Closed: d.Closed, After: payout.CaseID(after), Limit: pageSize + 1})
	if err != nil {
		return err
	}
	if len(got) > pageSize {
		got = got[:pageSize]
		d.Next = "/cases?after=" + id(int64(got[pageSize-1].ID))
		if d.Closed {
			d.Next += "&closed=1"
		}
	}
	for _, c := range got {
		vi, en := c.What()
		d.Cases = append(d.Cases, caseRow{c, vi, en})
	}
	status := http.StatusOK
	if p != nil {
		status = p.Status
	}
	return v.pageWrite("cases", status, view{Title: "Việc cần xác minh", Data: d})
}

// closeCase ends a case of the person's own office.
func (s *Server) closeCase(v *visit) error {
	number, err := v.id("id")
	if err != nil {
		return err
	}
	found, err := payout.Cases(v.ctx, s.cfg.Pool, payout.CaseFilter{ID: payout.CaseID(number), Office: v.office()})
	if err != nil {
		return err
	}
	if len(found) != 1 {
		return errNoPage
	}
	err = payout.CloseCase(v.ctx, s.cfg.Pool, found[0].ID, payout.StaffID(v.person.ID), strings.TrimSpace(v.r.FormValue("found")), v.now())
	if err != nil {
		if p := describe(err); !p.internal {
			return s.casesWith(v, p)
		}
		return err
	}
	v.tell("Đã khép; lần lập đợt sau xét lại người này.", "Closed; the next run looks at the person anew.")
	return v.see("/cases")
}

// resendRun readies a message of an instructed run that the bank refused.
func (s *Server) resendRun(v *visit) error {
	run, err := s.runOf(v)
	if err != nil {
		return err
	}
	out, err := payout.Resend(v.ctx, s.cfg.Pool, payout.ResendInput{Run: run.ID, Message: v.r.FormValue("message"),
		Note: strings.TrimSpace(v.r.FormValue("note")), By: payout.StaffID(v.person.ID), Now: v.now()})
	if err != nil {
		return s.runProblem(v, err)
	}
	v.tell(fmt.Sprintf("%d khoản chờ gửi lại, %d khoản giữ cho đợt sau.", out.N, len(out.Left)), "Ready to be sent again.")
	return v.see(fmt.Sprintf("/runs/%d", run.ID))
}
