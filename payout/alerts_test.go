package payout

import (
	"slices"
	"testing"
	"time"
)

func (b *bundle) alerts(run RunID) (codes []string) {
	b.Helper()
	s, err := Summarize(b.ctx, b.pool, run)
	b.check(err)
	list, err := Alerts(b.ctx, b.pool, s)
	b.check(err)
	for _, a := range list {
		if a.VI == "" || a.EN == "" || a.Stops != (a.Code == AlertFund || a.Code == AlertProvisional) {
			b.Errorf("alert %+v", a)
		}
		codes = append(codes, a.Code)
	}
	return codes
}

// Three quiet months, then a planted one: ghosts are added, the office works at night,
// the sum stays just below the next threshold in two parts.
func TestARunThatDepartsFromTheOthersIsShownAndNeedsMoreEyes(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.exec(`insert into setting values ('payout.more_eyes', 'true')`)
	for range 16 {
		b.person(receives())
	}
	b.now = time.Date(2026, 10, 20, 3, 0, 0, 0, time.UTC) // Tuesday, ten in the morning
	for _, m := range []string{"2026-11", "2026-12", "2027-01"} {
		r := b.submit(b.prepare(func(in *PrepareInput) {
			in.Month = month(m)
			in.KnownOn = in.Month.Add(-1).First().AddDate(0, 0, 19)
		}))
		if got := b.alerts(r.ID); m == "2027-01" && !slices.Equal(got, []string{AlertFund}) {
			t.Errorf("a quiet month: %v", got)
		}
		b.funds(BTXH, r.Total)
		b.now = b.now.Add(time.Minute)
		if r.ApprovalsNeeded != 1 {
			t.Errorf("a quiet month needs %d", r.ApprovalsNeeded)
		}
		_, err := b.approve(r, b.chairman)
		b.check(err)
		if got := b.alerts(r.ID); len(got) != 0 {
			t.Errorf("approved in %s: %v", m, got)
		}
	}
	for range 8 { // half as many again, nobody knew them a month ago
		b.person(someone{rights: []Entitlement{right(BTXH, "KT_N")}, cash: true})
	}
	b.now = time.Date(2027, 1, 24, 16, 0, 0, 0, time.UTC) // Sunday, eleven at night
	february := func(in *PrepareInput) {
		in.Month, in.KnownOn, in.Now = month("2027-02"), day("2027-01-20"), b.now
	}
	r := b.prepare(february)
	if _, err := pgOwner(b).Exec(b.ctx, `insert into approval_threshold values ($1, 2)`, r.Total+1); err != nil {
		t.Fatal(err)
	}
	r = b.submit(r)
	b.funds(BTXH, 1_000_000_000)
	if r.ApprovalsNeeded != 2 { // one by its total, one because it departs
		t.Errorf("needs %d approvals", r.ApprovalsNeeded)
	}
	r, err := b.approve(r, b.chairman) // at once
	b.check(err)
	if r.State != RunSubmitted {
		t.Errorf("one signature was enough: %s", r.State)
	}
	got := b.alerts(r.ID)
	for _, want := range []string{AlertDeviates, AlertManyNew, AlertThreshold, AlertHours, AlertAtOnce} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not shown: %v", want, got)
		}
	}
	b.person(receives()) // a second part of the month
	if got := b.alerts(b.prepare(february).ID); !slices.Contains(got, AlertSplit) {
		t.Errorf("the split is not shown: %v", got)
	}
}

func TestTheDatabaseTakesNoFewerApprovalsThanTheTotalAsksFor(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.person(receives())
	r := b.prepare()
	for _, needed := range []int{0, 3} {
		if _, err := b.pool.Exec(b.ctx, `update run set state = 'submitted', digest = sha256('x'), submitted_by = $2, submitted_at = now(), approvals_needed = $3 where id = $1`,
			r.ID, b.clerk, needed); err == nil {
			t.Errorf("submitted with %d approvals", needed)
		}
	}
}
