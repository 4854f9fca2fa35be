package web

import (
	"strconv"
	"strings"
	"time"

	"ansinh.vn/beneficiaries"
)

type payeesPage struct {
	Changes []beneficiaries.PayeeChange
	Me      string
	MayAct  bool
	Waiting bool
}

// payees lists changes of who collects: what waits for a second person, or all.
func (s *Server) payees(v *visit) error {
	d := payeesPage{Me: v.person.Actor(), MayAct: v.person.Has(clerk, accountant, chairman), Waiting: v.r.FormValue("all") == ""}
	var err error
	if d.Changes, err = beneficiaries.PayeeChanges(v.ctx, s.cfg.Pool, s.cfg.Secrets, v.office(), 0, d.Waiting); err != nil {
		return err
	}
	return v.page("payees", view{Title: "Người nhận", Data: d})
}

type payeeFormPage struct {
	Person  beneficiaries.PersonDetail
	In      map[string]string
	Problem *problem
}

// payeeForm asks who is to collect for a person.
func (s *Server) payeeForm(v *visit) error {
	d, err := s.payeeFormOf(v)
	if err != nil {
		return err
	}
	return v.page("payee-new", view{Title: "Đổi người nhận", Data: d})
}

func (s *Server) payeeFormOf(v *visit) (d payeeFormPage, err error) {
	id, err := strconv.ParseInt(v.r.FormValue("person"), 10, 64)
	if err != nil {
		return d, errNoPage
	}
	if d.Person, err = beneficiaries.PersonByID(v.ctx, s.cfg.Pool, s.cfg.Secrets, beneficiaries.PersonID(id)); err != nil {
		return d, err
	}
	d.In = map[string]string{"kind": "self", "way": "cash"}
	for _, name := range []string{"kind", "ground", "name", "number", "relation", "paper", "until", "way", "bank", "account", "holder", "reason"} {
		if x := strings.TrimSpace(v.r.FormValue(name)); x != "" {
			d.In[name] = x
		}
	}
	return d, v.mayOffice(d.Person.Office)
}

func (s *Server) proposePayee(v *visit) error {
	d, err := s.payeeFormOf(v)
	if err != nil {
		return err
	}
	c := beneficiaries.PayeeChange{Person: d.Person.ID, Kind: d.In["kind"], Ground: d.In["ground"], Name: d.In["name"], Number: d.In["number"], Relation: d.In["relation"],
		AuthorisationNo: d.In["paper"], Way: d.In["way"], Bank: d.In["bank"], Account: d.In["account"], Holder: d.In["holder"], Reason: d.In["reason"]}
	if c.Kind != beneficiaries.PayeeGuardian {
		c.Ground = ""
	}
	if until, err := time.Parse(time.DateOnly, d.In["until"]); err == nil && c.Kind == beneficiaries.PayeeRecipient {
		c.AuthorisedUntil = &until
	}
	if _, err = beneficiaries.ProposePayee(v.ctx, s.cfg.Pool, s.cfg.Secrets, c, v.person.Actor(), v.now()); err != nil {
		if d.Problem = describe(err); d.Problem.internal {
			return err
		}
		return v.pageWrite("payee-new", d.Problem.Status, view{Title: "Đổi người nhận", Data: d})
	}
	v.tell("Đã ghi đề nghị đổi người nhận; cần người thứ hai xác nhận.", "Proposed; a second person has to confirm.")
	return v.see("/payees")
}

// decidePayee lets the second person accept or refuse a change.
func (s *Server) decidePayee(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	c, err := beneficiaries.PayeeChangeByID(v.ctx, s.cfg.Pool, s.cfg.Secrets, id)
	if err != nil {
		return err
	}
	if err := v.mayOffice(c.Office); err != nil {
		return err
	}
	if v.r.FormValue("accept") == "yes" {
		err = beneficiaries.ConfirmPayee(v.ctx, s.cfg.Pool, id, v.person.Actor(), v.now())
	} else {
		err = beneficiaries.RefusePayee(v.ctx, s.cfg.Pool, id, v.r.FormValue("reason"), v.person.Actor(), v.now())
	}
	if err != nil {
		return err
	}
	v.tell("Đã ghi ý kiến về việc đổi người nhận của "+c.PersonName+".", "Recorded.")
	return v.see("/payees")
}
