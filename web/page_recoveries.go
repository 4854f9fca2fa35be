package web

import (
	"net/http"
	"strconv"
	"strings"

	"ansinh.vn/internal/text"
	"ansinh.vn/money"
	"ansinh.vn/payout"
)

// recoveryRoutes are what is done about overpayments, and about what the bank told.
func (s *Server) recoveryRoutes() []route {
	readers := only(clerk, accountant, chairman, auditor)
	return []route{
		{"GET", "/recoveries", readers, s.recoveries},
		{"GET", "/recoveries/{id}", readers, s.recovery},
		{"POST", "/recoveries/{id}/decisions", only(clerk, accountant), s.proposeRecovery},
		{"POST", "/recoveries/{id}/receipts", only(accountant), s.receiveCash},
		{"POST", "/recoveries/{id}/answers", only(chairman), s.answerRecovery},
		{"GET", "/cases", readers, s.cases},
		{"POST", "/cases/{id}", only(clerk, accountant), s.closeCase},
		{"POST", "/runs/{id}/resend", only(accountant), s.resendRun},
	}
}

type recoveriesPage struct {
	Debts   []payout.Debt
	Settled bool
	Next    string
}

// recoveries lists who was overpaid and still owes.
func (s *Server) recoveries(v *visit) error {
	after, err := cursor(v.r.FormValue("after"))
	if err != nil {
		return err
	}
	d := recoveriesPage{Settled: v.r.FormValue("settled") == "1"}
	d.Debts, err = payout.Debts(v.ctx, s.cfg.Pool, payout.DebtFilter{Office: v.office(), Settled: d.Settled, After: payout.PersonID(after), Limit: pageSize + 1})
	if err != nil {
		return err
	}
	if len(d.Debts) > pageSize {
		d.Debts = d.Debts[:pageSize]
		d.Next = "/recoveries?after=" + id(int64(d.Debts[pageSize-1].Person))
		if d.Settled {
			d.Next += "&settled=1"
		}
	}
	return v.page("recoveries", view{Title: "Thu hồi", Data: d})
}

type recoveryPage struct {
	payout.DebtDetail
	Number     string
	Today      string
	MayPropose bool
	MayReceive bool
	MayAnswer  bool
	Problem    *problem
}

// recovery is one person's overpayment: what led to it, what was decided, what came back.
func (s *Server) recovery(v *visit) error { return s.recoveryWith(v, nil) }

func (s *Server) recoveryWith(v *visit, p *problem) error {
	d, err := s.debtOf(v)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if d.Problem = p; p != nil {
		status = p.Status
	}
	return v.pageWrite("recovery", status, view{Title: "Thu hồi: " + d.Name, Data: d})
}

func (s *Server) debtOf(v *visit) (d recoveryPage, err error) {
	person, err := v.id("id")
	if err != nil {
		return d, err
	}
	if d.DebtDetail, err = payout.GetDebt(v.ctx, s.cfg.Pool, payout.PersonID(person)); err != nil {
		return d, err
	}
	if err := v.mayOffice(d.Office); err != nil {
		return d, err
	}
	numbers, err := s.maskedNumbers(v.ctx, []payout.PersonID{d.Person})
	d.Number = numbers[d.Person]
	d.Today = v.now().In(text.Vietnam).Format("2006-01-02")
	d.MayPropose = d.Rest > 0 && v.person.Has(clerk, accountant)
	d.MayReceive = d.Rest > 0 && v.person.Has(accountant)
	d.MayAnswer = v.person.Has(chairman)
	return d, err
}

// recoveryDone shows a refusal on the page, or goes back to it.
func (s *Server) recoveryDone(v *visit, d recoveryPage, err error, vi, en string) error {
	if err != nil {
		if p := describe(err); !p.internal && p.Status != http.StatusNotFound {
			return s.recoveryWith(v, p)
		}
		return err
	}
	v.tell(vi, en)
	return v.see("/recoveries/" + id(int64(d.Person)))
}

func (s *Server) proposeRecovery(v *visit) error {
	d, err := s.debtOf(v)
	if err != nil {
		return err
	}
	amount, err := money.Parse(v.r.FormValue("amount"))
	on, badDay := money.ParseDay(v.r.FormValue("on"))
	if err != nil || badDay != nil {
		return s.recoveryWith(v, refuse("Số tiền hoặc ngày chưa đúng", "The amount or the day is not right", "Nhập số tiền lớn hơn 0 và ngày ký quyết định."))
	}
	_, err = payout.ProposeRecovery(v.ctx, s.cfg.Pool, payout.RecoveryInput{Person: d.Person, Kind: payout.RecoveryKind(v.r.FormValue("kind")),
		DecisionNo: strings.TrimSpace(v.r.FormValue("decision")), DecidedOn: on, Signer: strings.TrimSpace(v.r.FormValue("signer")),
		Scheme: payout.Scheme(v.r.FormValue("scheme")), Amount: amount, Reason: strings.TrimSpace(v.r.FormValue("reason")), By: payout.StaffID(v.person.ID), Now: v.now()})
	return s.recoveryDone(v, d, err, "Đã đề nghị; chờ chủ tịch xác nhận.", "Proposed; the chairman has to confirm.")
}

func (s *Server) receiveCash(v *visit) error {
	d, err := s.debtOf(v)
	if err != nil {
		return err
	}
	amount, err := money.Parse(v.r.FormValue("amount"))
	on, badDay := money.ParseDay(v.r.FormValue("on"))
	if err != nil || badDay != nil {
		return s.recoveryWith(v, refuse("Số tiền hoặc ngày chưa đúng", "The amount or the day is not right", "Nhập số tiền lớn hơn 0 và ngày nộp."))
	}
	err = payout.ReceiveCash(v.ctx, s.cfg.Pool, payout.Receipt{Person: d.Person, ReceiptNo: strings.TrimSpace(v.r.FormValue("receipt")),
		Scheme: payout.Scheme(v.r.FormValue("scheme")), Amount: amount, On: on, Note: strings.TrimSpace(v.r.FormValue("note")), Now: v.now()}, payout.StaffID(v.person.ID))
	return s.recoveryDone(v, d, err, "Đã ghi tiền nộp lại.", "Booked.")
}

// answerRecovery confirms a proposed decision, or turns it down.
func (s *Server) answerRecovery(v *visit) error {
	d, err := s.debtOf(v)
	if err != nil {
		return err
	}
	decision, err := strconv.ParseInt(v.r.FormValue("decision"), 10, 64)
	if err != nil {
		return errNoPage
	}
	for _, x := range d.Decisions {
		if x.ID != payout.RecoveryID(decision) {
			continue
		}
		if v.r.FormValue("refuse") != "" {
			err = payout.RefuseRecovery(v.ctx, s.cfg.Pool, x.ID, payout.StaffID(v.person.ID), v.now())
			return s.recoveryDone(v, d, err, "Đã từ chối đề nghị.", "Refused.")
		}
		err = payout.ConfirmRecovery(v.ctx, s.cfg.Pool, x.ID, payout.StaffID(v.person.ID), v.now())
		return s.recoveryDone(v, d, err, "Đã xác nhận quyết định.", "Confirmed.")
	}
	return errNoPage
}
