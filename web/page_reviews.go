package web

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"ansinh.vn/beneficiaries"
)

type reviewsPage struct {
	Cases   []beneficiaries.ReviewCase
	Outcome string
	Counts  []outcomeCount
	Next    string
}

type outcomeCount struct {
	Outcome string
	N       int
}

// reviewOutcomes are those that wait for a clerk.
var reviewOutcomes = []beneficiaries.Outcome{beneficiaries.Review, beneficiaries.Mismatch, beneficiaries.NotFound, beneficiaries.Duplicate}

// reviews is the queue of persons that the register's answer left undecided.
func (s *Server) reviews(v *visit) error {
	after, err := cursor(v.r.FormValue("after"))
	if err != nil {
		return err
	}
	outcome := beneficiaries.Outcome(v.r.FormValue("outcome"))
	if outcome != "" && !slices.Contains(reviewOutcomes, outcome) {
		return errNoPage
	}
	got, err := beneficiaries.Reviews(v.ctx, s.cfg.Pool, s.cfg.Secrets, beneficiaries.ReviewFilter{
		Office: v.office(), Outcome: outcome, After: beneficiaries.PersonID(after), Limit: pageSize + 1})
	if err != nil {
		return err
	}
	d := reviewsPage{Cases: got, Outcome: string(outcome)}
	if len(got) > pageSize {
		d.Cases = got[:pageSize]
		d.Next = "/reviews?" + url.Values{"outcome": {string(outcome)},
			"after": {strconv.FormatInt(int64(d.Cases[pageSize-1].ID), 10)}}.Encode()
	}
	if d.Counts, err = s.reviewCounts(v); err != nil {
		return err
	}
	return v.page("reviews", view{Title: "Cần xem lại", Data: d})
}

func (s *Server) reviewCounts(v *visit) ([]outcomeCount, error) {
	found := map[string]int{}
	rows, err := s.cfg.Pool.Query(v.ctx, `
		select register_outcome, count(*) from person
		where merged_into is null and settled is null and register_outcome = any($2) and ($1 = '' or office = $1)
		group by register_outcome`, v.office(), reviewOutcomes)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var outcome string
		var n int
		if err := rows.Scan(&outcome, &n); err != nil {
			return nil, err
		}
		found[outcome] = n
	}
	counts := make([]outcomeCount, 0, len(reviewOutcomes))
	for _, o := range reviewOutcomes {
		counts = append(counts, outcomeCount{string(o), found[string(o)]})
	}
	return counts, rows.Err()
}

type reviewPage struct {
	Person   beneficiaries.PersonDetail
	Options  []candidate
	Fields   []beneficiaries.Field // of the best record, when there is no candidate to choose
	Merge    *beneficiaries.Decision
	MaySet   bool // may settle
	OwnMerge bool // proposed the waiting merge
	Problem  *problem
	Reason   string
}

// candidate is a record of the register beside the list's.
type candidate struct {
	N int // from 1
	beneficiaries.Candidate
	Percent int
}

// review shows one person: the list's record and the register's side by side.
func (s *Server) review(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	d, err := s.reviewOf(v, id)
	if err != nil {
		return err
	}
	return v.page("review", view{Title: d.Person.Name, Data: d})
}

func (s *Server) reviewOf(v *visit, id int64) (d reviewPage, err error) {
	if d.Person, err = beneficiaries.PersonByID(v.ctx, s.cfg.Pool, s.cfg.Secrets, beneficiaries.PersonID(id)); err != nil {
		return d, err
	}
	if err := v.mayOffice(d.Person.Office); err != nil {
		return d, err
	}
	for i, c := range d.Person.Evidence.Candidates {
		d.Options = append(d.Options, candidate{i + 1, c, int(c.Score*100 + .5)})
	}
	if len(d.Options) == 0 {
		d.Fields = d.Person.Evidence.Fields
	}
	for i, m := range d.Person.Decisions {
		if m.Kind == beneficiaries.DecideMerge && m.ConfirmedAt == nil && m.RefusedAt == nil {
			d.Merge, d.OwnMerge = &d.Person.Decisions[i], m.By == v.person.Actor()
		}
	}
	d.MaySet = v.person.Has(clerk)
	return d, nil
}

// settleReview records a clerk's decision, with its reason.
func (s *Server) settleReview(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	d, err := s.reviewOf(v, id)
	if err != nil {
		return err
	}
	decision := beneficiaries.Decision{Person: beneficiaries.PersonID(id), By: v.person.Actor(), Reason: strings.TrimSpace(v.r.FormValue("reason"))}
	kind, rest, _ := strings.Cut(v.r.FormValue("decision"), ":")
	decision.Kind = beneficiaries.DecisionKind(kind)
	switch decision.Kind {
	case beneficiaries.DecideSame:
		decision.Candidate, err = strconv.Atoi(rest)
	case beneficiaries.DecideMerge:
		var other int64
		if other, err = strconv.ParseInt(v.r.FormValue("other"), 10, 64); err == nil {
			decision.Other = beneficiaries.PersonID(other)
			err = s.sameOffice(v, other)
		}
	}
	if err != nil || decision.Reason == "" {
		d.Problem = refuse("Chưa đủ để quyết định", "The decision is not complete", "Chọn một cách xử lý và ghi lý do.")
		d.Reason = decision.Reason
		return v.pageWrite("review", d.Problem.Status, view{Title: d.Person.Name, Data: d})
	}
	if _, err := beneficiaries.Settle(v.ctx, s.cfg.Pool, s.cfg.Secrets, decision, v.now()); err != nil {
		return err
	}
	if decision.Kind == beneficiaries.DecideMerge {
		v.tell("Đã đề nghị gộp; cần người thứ hai xác nhận.", "Merge proposed; a second person has to confirm.")
		return v.see(fmt.Sprintf("/reviews/%d", id))
	}
	v.tell("Đã ghi quyết định về "+d.Person.Name+".", "Decision recorded.")
	return v.see("/reviews")
}

// sameOffice keeps a clerk from naming a person of another office.
func (s *Server) sameOffice(v *visit, person int64) error {
	var office string
	if err := s.cfg.Pool.QueryRow(v.ctx, `select office from person where id = $1`, person).Scan(&office); err != nil {
		return err
	}
	return v.mayOffice(office)
}

// confirmMerge lets the second person accept or refuse a merge.
func (s *Server) confirmMerge(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	var office string
	if err := s.cfg.Pool.QueryRow(v.ctx, `
		select p.office from review_decision d join person p on p.id = d.person_id
		where d.id = $1 and d.decision = 'merge'`, id).Scan(&office); err != nil {
		return err
	}
	if err := v.mayOffice(office); err != nil {
		return err
	}
	accepted := v.r.FormValue("accept") == "yes"
	if err := beneficiaries.ConfirmMerge(v.ctx, s.cfg.Pool, id, v.person.Actor(), accepted, v.now()); err != nil {
		return err
	}
	v.tell("Đã ghi ý kiến về việc gộp.", "Recorded.")
	return v.see("/reviews")
}
