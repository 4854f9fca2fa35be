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
)

type outreachesPage struct {
	Needs   []beneficiaries.NeedCount
	Plans   []outreachRow
	MayPlan bool
	Form    url.Values // what was typed, when it could not be
	Problem *problem
}

type outreachRow struct {
	beneficiaries.Outreach
	Days int // until the end; negative when it is over
}

// outreaches shows who lacks something, by commune, and the plans to reach them.
func (s *Server) outreaches(v *visit) error { return s.outreachesWith(v, nil) }

func (s *Server) outreachesWith(v *visit, p *problem) (err error) {
	d := outreachesPage{MayPlan: v.person.Has(clerk) && v.office() != "", Problem: p, Form: url.Values{}}
	if p != nil {
		d.Form = v.r.PostForm
	}
	if d.Needs, err = beneficiaries.Needs(v.ctx, s.cfg.Pool, v.office()); err != nil {
		return err
	}
	plans, err := beneficiaries.Outreaches(v.ctx, s.cfg.Pool, v.office())
	if err != nil {
		return err
	}
	for _, o := range plans {
		d.Plans = append(d.Plans, outreachRow{o, daysUntil(v.now(), o.EndsOn)})
	}
	status := 200
	if p != nil {
		status = p.Status
	}
	return v.pageWrite("outreaches", status, view{Title: "Đến tận nơi", Data: d})
}

func daysUntil(now, end time.Time) int {
	today := money.Day(now.Year(), now.Month(), now.Day())
	return int(end.Sub(today).Hours() / 24)
}

// makeOutreach plans for everybody of the office who lacks what was ticked.
func (s *Server) makeOutreach(v *visit) error {
	if v.office() == "" {
		return s.outreachesWith(v, refuse("Kế hoạch do xã, phường lập", "A commune makes its plan", "Đăng nhập bằng tài khoản của xã, phường."))
	}
	in := beneficiaries.NewOutreach{Office: v.office(), Title: v.r.FormValue("title"), Unknown: v.r.FormValue("unknown") != "", By: v.person.Actor(), Now: v.now()}
	in.StartsOn, _ = money.ParseDay(v.r.FormValue("starts")) // the zero day is outside of every plan
	in.EndsOn, _ = money.ParseDay(v.r.FormValue("ends"))
	in.Percent, _ = strconv.Atoi(v.r.FormValue("percent"))
	for _, n := range v.r.Form["need"] {
		if need := beneficiaries.Need(n); slices.Contains(beneficiaries.AllNeeds, need) {
			in.Needs = append(in.Needs, need)
		}
	}
	if in.StartsOn.IsZero() || in.EndsOn.IsZero() {
		return s.outreachesWith(v, describe(beneficiaries.ErrPlan))
	}
	made, err := beneficiaries.MakeOutreach(v.ctx, s.cfg.Pool, in)
	if err != nil {
		if p := describe(err); p.Status == 422 {
			return s.outreachesWith(v, p)
		}
		return err
	}
	v.tell("Đã lập danh sách. Bây giờ xếp ngày và nơi đến.", "Made. Now plan the days.")
	return v.see(fmt.Sprintf("/outreach/%d", made))
}

type outreachPage struct {
	Plan      beneficiaries.Outreach
	Days      int
	Met       share // of the people
	Stops     []beneficiaries.Stop
	Hamlets   []beneficiaries.HamletCount
	People    []beneficiaries.ToReach
	Show      string // "", "open", "unplaced"
	Hamlet    string
	MayPlan   bool
	StopKinds []string
	Form      url.Values
	Problem   *problem
}

// outreach shows one plan: how far it is from its target, its days, its people.
func (s *Server) outreach(v *visit) error { return s.outreachWith(v, nil) }

func (s *Server) outreachWith(v *visit, p *problem) (err error) {
	plan, err := s.planOf(v)
	if err != nil {
		return err
	}
	d := outreachPage{Plan: plan, Days: daysUntil(v.now(), plan.EndsOn), Met: shareOf(plan.Met, plan.People), Show: v.r.FormValue("show"), Hamlet: v.r.URL.Query().Get("hamlet"),
		MayPlan: v.person.Has(clerk), StopKinds: beneficiaries.StopKinds, Problem: p, Form: url.Values{}}
	if p != nil {
		d.Form = v.r.PostForm
	}
	if d.Stops, err = beneficiaries.Stops(v.ctx, s.cfg.Pool, plan.ID); err != nil {
		return err
	}
	if d.Hamlets, err = beneficiaries.OutreachHamlets(v.ctx, s.cfg.Pool, plan.ID); err != nil {
		return err
	}
	d.People, err = beneficiaries.PeopleToReach(v.ctx, s.cfg.Pool, s.cfg.Secrets, plan.ID, beneficiaries.ReachFilter{
		Hamlet: d.Hamlet, Open: d.Show != "all", Unplaced: d.Show == "unplaced", Limit: 500})
	if err != nil {
		return err
	}
	status := 200
	if p != nil {
		status = p.Status
	}
	return v.pageWrite("outreach", status, view{Title: plan.Title, Data: d})
}

func (s *Server) planOf(v *visit) (o beneficiaries.Outreach, err error) {
	id, err := v.id("id")
	if err != nil {
		return o, err
	}
	if o, err = beneficiaries.OutreachByID(v.ctx, s.cfg.Pool, beneficiaries.OutreachID(id)); err != nil {
		return o, err
	}
	return o, v.mayOffice(o.Office)
}

// addStop plans a day at a place and fills its slots.
func (s *Server) addStop(v *visit) error {
	plan, err := s.planOf(v)
	if err != nil {
		return err
	}
	in := beneficiaries.NewStop{Outreach: plan.ID, Kind: v.r.FormValue("kind"), Place: v.r.FormValue("place"), From: v.r.FormValue("from"), To: v.r.FormValue("to"),
		Hamlets: v.r.Form["hamlet"], By: v.person.Actor(), Now: v.now()}
	in.On, _ = money.ParseDay(v.r.FormValue("on"))
	in.Minutes, _ = strconv.Atoi(v.r.FormValue("minutes"))
	in.Desks, _ = strconv.Atoi(v.r.FormValue("desks"))
	if in.On.IsZero() || in.From == "" || in.To == "" {
		return s.outreachWith(v, describe(beneficiaries.ErrPlan))
	}
	_, placed, err := beneficiaries.AddStop(v.ctx, s.cfg.Pool, in)
	if err != nil {
		if p := describe(err); p.Status == 422 {
			return s.outreachWith(v, p)
		}
		return err
	}
	v.tell("Đã xếp giờ cho "+text.Int(int64(placed))+" người.", "Slots are given.")
	return v.see(fmt.Sprintf("/outreach/%d", plan.ID))
}

type visitPage struct {
	Plan    beneficiaries.Outreach
	Person  beneficiaries.ToReach
	Results []string
	Form    url.Values
	Problem *problem
}

var visitResults = []string{"met", "away", "refused", "cannot"}

// visitForm is where a clerk notes what came of reaching somebody.
func (s *Server) visitForm(v *visit) error { return s.visitWith(v, nil) }

func (s *Server) visitWith(v *visit, p *problem) error {
	plan, err := s.planOf(v)
	if err != nil {
		return err
	}
	n, err := v.id("person")
	if err != nil {
		return err
	}
	people, err := beneficiaries.PeopleToReach(v.ctx, s.cfg.Pool, s.cfg.Secrets, plan.ID, beneficiaries.ReachFilter{})
	if err != nil {
		return err
	}
	at := slices.IndexFunc(people, func(r beneficiaries.ToReach) bool { return r.Person == beneficiaries.PersonID(n) })
	if at < 0 {
		return errNoPage
	}
	d := visitPage{Plan: plan, Person: people[at], Results: visitResults, Problem: p, Form: url.Values{}}
	status := 200
	if p != nil {
		d.Form, status = v.r.PostForm, p.Status
	}
	return v.pageWrite("visit", status, view{Title: d.Person.Name, Data: d})
}

// noteVisit keeps it.
func (s *Server) noteVisit(v *visit) error {
	plan, err := s.planOf(v)
	if err != nil {
		return err
	}
	n, err := v.id("person")
	if err != nil {
		return err
	}
	err = beneficiaries.NoteVisit(v.ctx, s.cfg.Pool, s.cfg.Secrets, beneficiaries.Visit{Outreach: plan.ID, Person: beneficiaries.PersonID(n),
		Result: v.r.FormValue("result"), Note: v.r.FormValue("note"), Number: v.r.FormValue("number"), Phone: strings.TrimSpace(v.r.FormValue("phone")),
		EIdentity: v.r.FormValue("identity") != "", By: v.person.Actor(), Now: v.now()})
	if p := problem422(err); p != nil {
		return s.visitWith(v, p)
	}
	if err != nil {
		return err
	}
	v.tell("Đã ghi kết quả.", "Noted.")
	return v.see(fmt.Sprintf("/outreach/%d", plan.ID))
}

// problem422 is what a person can put right on the form before them; nil otherwise.
func problem422(err error) *problem {
	if err == nil {
		return nil
	}
	if p := describe(err); p.Status == 422 || errors.Is(err, beneficiaries.ErrTaken) {
		return p
	}
	return nil
}

type outreachPrint struct {
	Plan   beneficiaries.Outreach
	Sheets []stopSheet
}

type stopSheet struct {
	Stop   beneficiaries.Stop
	People []beneficiaries.ToReach
}

// printOutreach is a sheet of paper a day, to be taken along: of one day, or all of
// the plan; who has no day yet comes last.
func (s *Server) printOutreach(v *visit) error {
	plan, err := s.planOf(v)
	if err != nil {
		return err
	}
	only, err := cursor(v.r.FormValue("stop"))
	if err != nil {
		return err
	}
	d := outreachPrint{Plan: plan}
	stops, err := beneficiaries.Stops(v.ctx, s.cfg.Pool, plan.ID)
	if err != nil {
		return err
	}
	people, err := beneficiaries.PeopleToReach(v.ctx, s.cfg.Pool, s.cfg.Secrets, plan.ID, beneficiaries.ReachFilter{Open: true})
	if err != nil {
		return err
	}
	by := map[int64][]beneficiaries.ToReach{}
	for _, p := range people {
		by[p.Stop] = append(by[p.Stop], p)
	}
	for _, stop := range stops {
		if len(by[stop.ID]) > 0 && (only == 0 || only == stop.ID) {
			d.Sheets = append(d.Sheets, stopSheet{stop, by[stop.ID]})
		}
	}
	if only == 0 && len(by[0]) > 0 {
		d.Sheets = append(d.Sheets, stopSheet{People: by[0]})
	}
	if len(d.Sheets) == 0 {
		return errNoPage
	}
	return v.page("outreach-print", view{Title: plan.Title, Bare: true, Scripts: []string{"print.js"}, Data: d})
}
