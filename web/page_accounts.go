package web

import (
	"strconv"
	"strings"

	"ansinh.vn/beneficiaries"
	"ansinh.vn/internal/text"
)

type accountsPage struct {
	Shared  []beneficiaries.SharedAccount
	Open    int // shared accounts without a reason
	Changed []beneficiaries.ChangedAccount
	Days    int // how far back Changed looks
	MayAct  bool
	Problem *problem
	Payee   beneficiaries.PayeeID // whose form the problem belongs to
}

// changedDays is how far back a changed account is looked at: since before the last run.
const changedDays = 45

// accounts shows the accounts that several people use and those that changed.
func (s *Server) accounts(v *visit) error { return s.accountsWith(v, 0, nil) }

func (s *Server) accountsWith(v *visit, payee beneficiaries.PayeeID, p *problem) (err error) {
	d := accountsPage{Days: changedDays, MayAct: v.person.Has(clerk, accountant), Problem: p, Payee: payee}
	if d.Shared, err = beneficiaries.SharedAccounts(v.ctx, s.cfg.Pool, s.cfg.Secrets, v.office(), 0); err != nil {
		return err
	}
	for _, a := range d.Shared {
		if a.Open {
			d.Open++
		}
	}
	d.Changed, err = beneficiaries.ChangedAccounts(v.ctx, s.cfg.Pool, s.cfg.Secrets, v.office(), v.now().AddDate(0, 0, -changedDays), 0)
	if err != nil {
		return err
	}
	status := 200
	if p != nil {
		status = p.Status
	}
	return v.pageWrite("accounts", status, view{Title: "Tài khoản người hưởng", Data: d})
}

// acceptShared records why several people use one account.
func (s *Server) acceptShared(v *visit) error {
	n, err := strconv.ParseInt(v.r.FormValue("payee"), 10, 64)
	if err != nil {
		return errNoPage
	}
	payee := beneficiaries.PayeeID(n)
	var mine bool // one of the account's users is of the office
	err = s.cfg.Pool.QueryRow(v.ctx, `
		select exists (select from payee a join payee y on y.account_idx = a.account_idx and y.ended_at is null
		                 join person p on p.id = y.person_id
		                where a.id = $1 and a.ended_at is null and ($2 = '' or p.office = $2))`, payee, v.office()).Scan(&mine)
	if err != nil {
		return err
	}
	if !mine {
		return errNoPage
	}
	people, err := beneficiaries.AcceptSharedAccounts(v.ctx, s.cfg.Pool, payee, v.r.FormValue("reason"), v.person.Actor(), v.now())
	if err != nil {
		if p := describe(err); p.Status == 422 {
			return s.accountsWith(v, payee, p)
		}
		return err
	}
	v.tell("Đã ghi lý do cho "+text.Int(int64(len(people)))+" người dùng chung.", "Recorded.")
	return v.see("/accounts")
}

type peoplePage struct {
	Text   string
	Asked  bool
	People []beneficiaries.Person
	More   bool
}

// findPeople looks for somebody by a whole number, a whole account or the beginning
// of the name. What is looked for is posted, so that no number stands in an address.
func (s *Server) findPeople(v *visit) error {
	d := peoplePage{Text: strings.TrimSpace(v.r.PostFormValue("text"))}
	if d.Asked = d.Text != ""; d.Asked {
		got, err := beneficiaries.People(v.ctx, s.cfg.Pool, s.cfg.Secrets, beneficiaries.PersonFilter{Text: d.Text, Office: v.office(), Limit: pageSize + 1})
		if err != nil {
			return err
		}
		byAccount, err := s.peopleOfAccount(v, d.Text)
		if err != nil {
			return err
		}
		if d.People = append(byAccount, got...); len(d.People) > pageSize {
			d.People, d.More = d.People[:pageSize], true
		}
		if allDigits(d.Text) {
			d.Text = "" // a number is not shown again
		}
	}
	return v.page("people", view{Title: "Tra cứu", Data: d})
}

func (s *Server) peopleOfAccount(v *visit, account string) (out []beneficiaries.Person, err error) {
	ids, err := beneficiaries.ByAccount(v.ctx, s.cfg.Pool, s.cfg.Secrets, account)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		d, err := beneficiaries.PersonByID(v.ctx, s.cfg.Pool, s.cfg.Secrets, id)
		if err != nil {
			return nil, err
		}
		if v.mayOffice(d.Office) == nil {
			out = append(out, d.Person)
		}
	}
	return out, nil
}

func allDigits(text string) bool { return strings.Trim(text, "0123456789 .-") == "" }
