package web

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"ansinh.vn/beneficiaries"
	"ansinh.vn/internal/text"
	"ansinh.vn/money"
	"ansinh.vn/payout"
)

type decisionsPage struct {
	Decisions []beneficiaries.Ruling
	State     string
	States    []string
	MayDraft  bool
	Next      string
}

// decisions lists what was decided and what waits, newest first.
func (s *Server) decisions(v *visit) error {
	before, err := cursor(v.r.FormValue("before"))
	if err != nil {
		return err
	}
	d := decisionsPage{State: v.r.FormValue("state"), States: []string{"draft", "confirmed", "refused"}, MayDraft: v.person.Has(clerk)}
	if d.State != "" && !slices.Contains(d.States, d.State) {
		return errNoPage
	}
	d.Decisions, err = beneficiaries.Rulings(v.ctx, s.cfg.Pool, beneficiaries.RulingFilter{Office: v.office(), State: d.State, Before: beneficiaries.RulingID(before), Limit: pageSize + 1})
	if err != nil {
		return err
	}
	if len(d.Decisions) > pageSize {
		d.Decisions = d.Decisions[:pageSize]
		d.Next = "/decisions?" + url.Values{"state": {d.State}, "before": {fmt.Sprint(d.Decisions[pageSize-1].ID)}}.Encode()
	}
	return v.page("decisions", view{Title: "Quyết định", Data: d})
}

type decisionFormPage struct {
	Person  beneficiaries.PersonDetail
	Rights  []beneficiaries.HeldRight
	Kinds   []beneficiaries.RulingKind
	Offices []officeName
	Schemes []schemeCategories
	In      map[string]string // as typed
	Problem *problem
}

type officeName struct{ Code, Name string }

type schemeCategories struct {
	Scheme     string
	Categories []beneficiaries.Category
}

// draftKinds are what a clerk may draft; receiving comes by itself.
var draftKinds = []beneficiaries.RulingKind{beneficiaries.RuleGrant, beneficiaries.RuleChange, beneficiaries.RuleSuspend, beneficiaries.RuleResume,
	beneficiaries.RuleStop, beneficiaries.RuleTransfer}

// decisionForm asks what is to be decided about a person.
func (s *Server) decisionForm(v *visit) error {
	d, err := s.decisionFormOf(v)
	if err != nil {
		return err
	}
	return v.page("decision-new", view{Title: "Soạn quyết định", Data: d})
}

func (s *Server) decisionFormOf(v *visit) (d decisionFormPage, err error) {
	id, err := strconv.ParseInt(v.r.FormValue("person"), 10, 64)
	if err != nil {
		return d, errNoPage
	}
	if d.Person, err = beneficiaries.PersonByID(v.ctx, s.cfg.Pool, s.cfg.Secrets, beneficiaries.PersonID(id)); err != nil {
		return d, err
	}
	if err := v.mayOffice(d.Person.Office); err != nil {
		return d, err
	}
	if d.Rights, err = beneficiaries.RightsOf(v.ctx, s.cfg.Pool, d.Person.ID); err != nil {
		return d, err
	}
	rows, err := s.cfg.Pool.Query(v.ctx, `select code, name from office where code <> $1 order by name collate "vi-x-icu"`, d.Person.Office)
	if err != nil {
		return d, err
	}
	defer rows.Close()
	for rows.Next() {
		var o officeName
		if err := rows.Scan(&o.Code, &o.Name); err != nil {
			return d, err
		}
		d.Offices = append(d.Offices, o)
	}
	for _, scheme := range []string{beneficiaries.SocialAssistance, beneficiaries.SocialPension, beneficiaries.Merit} {
		d.Schemes = append(d.Schemes, schemeCategories{scheme, beneficiaries.Categories(scheme)})
	}
	d.Kinds = draftKinds
	d.In = map[string]string{"month": money.MonthOf(v.now().In(text.Vietnam)).Add(1).String()}
	for _, name := range []string{"kind", "month", "reason", "category", "children", "injury", "seniority", "ground", "to", "until"} {
		if x := strings.TrimSpace(v.r.FormValue(name)); x != "" {
			d.In[name] = x
		}
	}
	return d, rows.Err()
}

// draftDecision writes the draft, and shows what it would do.
func (s *Server) draftDecision(v *visit) error {
	d, err := s.decisionFormOf(v)
	if err != nil {
		return err
	}
	r := beneficiaries.Ruling{Kind: beneficiaries.RulingKind(d.In["kind"]), Person: d.Person.ID, Reason: d.In["reason"], Ground: d.In["ground"], ToOffice: d.In["to"]}
	r.Scheme, r.Category, _ = strings.Cut(d.In["category"], ".")
	var bad error
	if r.From, bad = money.ParseMonth(d.In["month"]); bad == nil && d.In["until"] != "" {
		r.Last, bad = money.ParseMonth(d.In["until"])
	}
	for name, to := range map[string]**int{"children": &r.Children, "injury": &r.InjuryPercent, "seniority": &r.SeniorityUnits} {
		if d.In[name] != "" {
			n, err := strconv.Atoi(d.In[name])
			bad = errors.Join(bad, err)
			*to = &n
		}
	}
	for _, x := range v.r.Form["entitlement"] {
		n, err := strconv.ParseInt(x, 10, 64)
		bad = errors.Join(bad, err)
		r.Entitlements = append(r.Entitlements, n)
	}
	if !slices.Contains(draftKinds, r.Kind) {
		bad = errNoPage
	}
	if r.Kind != beneficiaries.RuleGrant && r.Kind != beneficiaries.RuleChange {
		r.Scheme, r.Category, r.Last = "", "", 0
	}
	var id beneficiaries.RulingID
	if bad == nil {
		id, err = beneficiaries.DraftRuling(v.ctx, s.cfg.Pool, r, v.person.Actor(), v.now())
	} else {
		err = refuse("Chưa đủ để soạn quyết định", "The draft is not complete", "Chọn việc cần làm, tháng bắt đầu và ghi lý do.")
	}
	if err != nil {
		if d.Problem = describe(err); d.Problem.internal {
			return err
		}
		return v.pageWrite("decision-new", d.Problem.Status, view{Title: "Soạn quyết định", Data: d})
	}
	v.tell("Đã soạn dự thảo; xem tác động rồi trình ký.", "Drafted.")
	return v.see(fmt.Sprintf("/decisions/%d", id))
}

type decisionPage struct {
	Decision   beneficiaries.Ruling
	Effect     payout.Effect
	Rights     []beneficiaries.HeldRight // that it acts on
	ToOffice   string
	Signers    []beneficiaries.Signer
	Signer     *beneficiaries.Signer // who signed it
	Shown      string
	MayConfirm bool
	MayRefuse  bool
	Own        bool
	Number, On string // as typed
	Problem    *problem
}

func (s *Server) decision(v *visit) error {
	d, err := s.decisionOf(v)
	if err != nil {
		return err
	}
	return v.page("decision", view{Title: d.title(), Data: d})
}

func (d decisionPage) title() string {
	return text.Lookup("ruling", string(d.Decision.Kind)).VI + ": " + d.Decision.Name
}

func (s *Server) decisionOf(v *visit) (d decisionPage, err error) {
	id, err := v.id("id")
	if err != nil {
		return d, err
	}
	if d.Decision, err = beneficiaries.RulingByID(v.ctx, s.cfg.Pool, beneficiaries.RulingID(id)); err != nil {
		return d, err
	}
	if err := v.mayOffice(d.Decision.Office); err != nil {
		return d, err
	}
	if d.Effect, err = payout.EffectShown(v.ctx, s.cfg.Pool, d.Decision, v.now()); err != nil {
		return d, err
	}
	d.Shown = d.Effect.Token()
	rights, err := beneficiaries.RightsOf(v.ctx, s.cfg.Pool, d.Decision.Person)
	if err != nil {
		return d, err
	}
	for _, h := range rights {
		if slices.Contains(d.Decision.Entitlements, h.ID) {
			d.Rights = append(d.Rights, h)
		}
	}
	if d.Decision.ToOffice != "" {
		if err := s.cfg.Pool.QueryRow(v.ctx, `select name from office where code = $1`, d.Decision.ToOffice).Scan(&d.ToOffice); err != nil {
			return d, err
		}
	}
	all, err := beneficiaries.Signers(v.ctx, s.cfg.Pool, d.Decision.Office, time.Time{})
	if err != nil {
		return d, err
	}
	for i, x := range all {
		if x.ID == d.Decision.SignerID {
			d.Signer = &all[i]
		}
	}
	draft := d.Decision.State() == "draft"
	d.Own = draft && d.Decision.DraftedBy == v.person.Actor()
	d.MayConfirm, d.MayRefuse = draft && !d.Own && v.person.Has(chairman), draft && v.person.Has(clerk, chairman)
	if d.MayConfirm {
		today := v.now().In(text.Vietnam)
		d.On = today.Format(time.DateOnly)
		d.Signers, err = beneficiaries.Signers(v.ctx, s.cfg.Pool, d.Decision.Office, today)
	}
	return d, err
}

// printDecision is the paper: the draft to be signed, or the decision as it was made.
func (s *Server) printDecision(v *visit) error {
	d, err := s.decisionOf(v)
	if err != nil {
		return err
	}
	return v.page("decision-print", view{Title: d.title(), Bare: true, Scripts: []string{"print.js"}, Data: d})
}

// confirmDecision makes a draft a decision, if it still does what was shown.
func (s *Server) confirmDecision(v *visit) error {
	d, err := s.decisionOf(v)
	if err != nil {
		return err
	}
	on, dayErr := time.Parse(time.DateOnly, v.r.FormValue("on"))
	signer, signerErr := strconv.ParseInt(v.r.FormValue("signer"), 10, 64)
	d.Number, d.On = strings.TrimSpace(v.r.FormValue("number")), v.r.FormValue("on")
	if dayErr != nil || signerErr != nil || d.Number == "" {
		err = refuse("Thiếu số, ngày hoặc người ký", "Number, day or signer missing", "Ghi số và ngày trên quyết định, chọn người ký.")
	} else {
		err = payout.ConfirmRuling(v.ctx, s.cfg.Pool, beneficiaries.Confirmation{Ruling: d.Decision.ID, Number: d.Number, SignedOn: on, Signer: signer,
			By: v.person.Actor(), Now: v.now()}, v.r.FormValue("shown"))
	}
	if err != nil {
		if d.Problem = describe(err); d.Problem.internal {
			return err
		}
		return v.pageWrite("decision", d.Problem.Status, view{Title: d.title(), Data: d})
	}
	v.tell("Đã ban hành quyết định số "+d.Number+".", "The decision is made.")
	return v.see(fmt.Sprintf("/decisions/%d", d.Decision.ID))
}

func (s *Server) refuseDecision(v *visit) error {
	d, err := s.decisionOf(v)
	if err != nil {
		return err
	}
	if err := beneficiaries.RefuseRuling(v.ctx, s.cfg.Pool, d.Decision.ID, v.r.FormValue("reason"), v.person.Actor(), v.now()); err != nil {
		return err
	}
	v.tell("Đã ghi: không ban hành.", "Refused.")
	return v.see("/decisions?state=draft")
}
