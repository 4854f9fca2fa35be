package payout

import (
	"slices"
	"testing"

	"ansinh.vn/beneficiaries"
)

// lives pays a month in cash and takes the post office's answer: nobody came, unless said.
func (b *bundle) lives(m string, came bool) Run {
	b.Helper()
	r, err := b.tryPrepare(func(in *PrepareInput) { in.Month, in.KnownOn = month(m), bookDay(b.now) })
	b.check(err)
	if r.N == 0 {
		return r
	}
	r = b.submit(r)
	b.funds(BTXH, 100_000_000)
	r, err = b.approve(r, b.chairman)
	b.check(err)
	b.instruct(r, b.post)
	rows, err := b.pool.Query(b.ctx, `select end_to_end_id from instruction where run_id = $1 order by 1`, r.ID)
	b.check(err)
	var answers []CashResult
	for rows.Next() {
		var id string
		b.check(rows.Scan(&id))
		answers = append(answers, CashResult{EndToEndID: id, Collected: came, On: bookDay(b.now)})
	}
	b.check(rows.Err())
	b.check(RecordCash(b.ctx, b.pool, r.ID, answers, b.clerk, b.now))
	b.now = b.now.AddDate(0, 1, 0)
	return r
}

func TestThreeMonthsUncollectedSuspendByRule(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	here, _ := b.signers()
	p := b.person(receives(inCash))
	for _, m := range []string{"2026-11", "2026-12"} {
		b.lives(m, false)
	}
	drafts, err := ProposeSuspensions(b.ctx, b.pool, office, b.now)
	b.check(err)
	if len(drafts) != 0 {
		t.Errorf("suspended after two months: %v", drafts)
	}
	b.lives("2027-01", false)
	drafts, err = ProposeSuspensions(b.ctx, b.pool, office, b.now)
	b.check(err)
	if len(drafts) != 1 {
		t.Fatalf("drafts %v", drafts)
	}
	if again, err := ProposeSuspensions(b.ctx, b.pool, "", b.now); err != nil || len(again) != 0 {
		t.Errorf("again: %v, %v", again, err)
	}
	// the rule holds the payment before anybody has signed
	r := b.lives("2027-02", false)
	if d := b.paymentOf(p); r.N != 0 || !slices.Contains(d.HoldReasons, HoldUncollected) {
		t.Errorf("not held by the rule: %+v", d.HoldReasons)
	}
	b.check(Void(b.ctx, b.pool, r.ID, b.clerk, "chờ quyết định", b.now))
	_, err = b.confirm(drafts[0], here, "staff:chairman.vinhloc")
	b.check(err)
	// three months owed, uncollected, wait while suspended
	r, err = b.tryPrepare(func(in *PrepareInput) { in.Month, in.KnownOn = month("2027-02"), bookDay(b.now) })
	b.check(err)
	d := b.paymentOf(p)
	if !slices.Equal(d.HoldReasons, []string{HoldSuspended}) || d.Amount != monthDue+2*810_000 || d.Carried != d.Amount {
		t.Errorf("while suspended: %v, %d", d.HoldReasons, d.Amount)
	}
	b.check(Void(b.ctx, b.pool, r.ID, b.clerk, "chờ", b.now))
	// resumed from the month of the suspension: everything comes, and the count begins anew
	b.ruling(beneficiaries.Ruling{Kind: beneficiaries.RuleResume, Person: beneficiaries.PersonID(p), From: month("2027-02")}, here)
	r = b.lives("2027-03", true)
	if want := monthDue + 4*810_000; r.N != 1 || r.Total != want {
		t.Errorf("resumed with %d of %d", r.Total, want)
	}
	var n int64
	b.scan(&n, `select count(*) from (`+uncollectedMonths+`) u`, []int64{int64(p)})
	if n != 0 {
		t.Error("still counted as uncollected")
	}
	b.nothingIsLost()
}
