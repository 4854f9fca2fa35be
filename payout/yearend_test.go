package payout

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// monthly is a run of a month with what becomes of each person's payment, closed.
func (b *bundle) monthly(m string, fate map[PersonID]OutcomeKind, missed ...PersonID) Run {
	b.Helper()
	r := b.approved(func(in *PrepareInput) {
		in.Month = month(m)
		in.KnownOn = in.Month.Add(-1).First().AddDate(0, 0, 19)
	})
	for _, account := range []struct{ bank bool }{{true}, {false}} {
		id := b.post
		if account.bank {
			id = b.bank
		}
		if _, err := Instruct(b.ctx, b.pool, b.box, InstructInput{Run: r.ID, Account: id, RequestedOn: r.KnownOn, By: b.clerk, Now: b.now}); err != nil && !errors.Is(err, ErrNothing) {
			b.Fatal(err)
		}
	}
	list, err := Payments(b.ctx, b.pool, PaymentFilter{Run: r.ID, State: Instructed})
	b.check(err)
	var cash []CashResult
	for _, p := range list {
		order := EndToEndID(r.Month, p.ID, 1)
		if p.Rail == "cash" {
			came := true
			for _, id := range missed {
				came = came && id != p.Person
			}
			cash = append(cash, CashResult{EndToEndID: order, Collected: came, On: r.KnownOn})
			continue
		}
		kinds := []OutcomeKind{OutcomeDebited}
		if fate[p.Person] == OutcomeReturned {
			kinds = append(kinds, OutcomeReturned)
		} else if fate[p.Person] != "" {
			kinds = []OutcomeKind{fate[p.Person]}
		}
		for _, k := range kinds {
			b.check(pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) error {
				return RecordOutcome(b.ctx, tx, Outcome{EndToEndID: order, Kind: k, Amount: p.Amount, Reason: "MS03", On: r.KnownOn, By: "test", Now: b.now})
			}))
		}
	}
	b.check(RecordCash(b.ctx, b.pool, r.ID, cash, b.clerk, b.now))
	b.check(Close(b.ctx, b.pool, r.ID, b.clerk, b.now))
	b.nothingIsLost()
	return r
}

func TestTheFeeIsThePercentageOfTheProvince(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.person(receives())
	came, stayed := b.person(receives(inCash)), b.person(receives(inCash))
	set := func(by StaffID, from, percent string) error {
		return SetFeeRate(b.ctx, b.pool, FeeRate{Kind: "post", From: month(from), Percent: decimal.RequireFromString(percent), DecisionNo: "77/QĐ-UBND"}, by, b.now)
	}
	if err := set(b.chairman, "2026-01", "0.65"); err == nil || !strings.Contains(err.Error(), "only the province") {
		t.Errorf("set by a commune: %v", err)
	}
	for _, bad := range []string{"-1", "10.5", "0.00001"} {
		if err := set(b.second, "2026-01", bad); err == nil {
			t.Errorf("%s %% was accepted", bad)
		}
	}
	b.check(set(b.second, "2026-01", "0.65"))
	b.check(set(b.second, "2026-12", "0.8"))
	b.check(set(b.second, "2026-01", "0.6333")) // corrected before it was used
	r := b.monthly("2026-11", nil, stayed)
	got, err := Fees(b.ctx, b.pool, office, r.Month)
	b.check(err)
	// 1,050,000 × 0.6333 % = 6,649.65, only of what was collected
	if diff := cmp.Diff([]Fee{{r.ID, b.post, monthDue, "0.6333", 6_650}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if b.balance("6119.31825") != 6_650 || b.balance(FeePayable(b.post, office).Code) != 6_650 {
		t.Errorf("cost %d, owed %d", b.balance("6119.31825"), b.balance(FeePayable(b.post, office).Code))
	}
	rates, err := FeeRates(b.ctx, b.pool)
	if err != nil || len(rates) != 3 || rates[0].From != month("2026-12") {
		t.Errorf("%+v, %v", rates, err)
	}
	_ = came
}

func TestYearEndGivesBackWhatNobodyReceivedAndTheNextYearPaysIt(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	paid, absent, returned := b.person(receives()), b.person(receives(inCash)), b.person(receives())
	b.monthly("2026-11", nil, absent)
	b.monthly("2026-12", map[PersonID]OutcomeKind{returned: OutcomeReturned}, absent) // takes November's over
	fund := b.balance("366.31825.btxh")
	spent := b.balance("611.31825.btxh")
	end := func(now time.Time) ([]YearEndRow, error) {
		return YearEnd(b.ctx, b.pool, office, 2026, b.clerk, now)
	}
	at := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 3, 0, 0, 0, time.UTC) }
	if _, err := end(at(2026, 12, 30)); err == nil || !strings.Contains(err.Error(), "not over") {
		t.Errorf("before its end: %v", err)
	}
	if _, err := end(at(2027, 2, 1)); err == nil || !strings.Contains(err.Error(), "31/01/2027") {
		t.Errorf("after the adjustment: %v", err)
	}
	list, err := end(at(2027, 1, 15))
	b.check(err)
	unpaid := monthDue + 810_000 + 810_000 // November's and December's of one, December's of the other
	var got YearEndRow
	for _, x := range list {
		if x.Scheme == BTXH {
			got = x
		}
	}
	if diff := cmp.Diff(YearEndRow{BTXH, 3, unpaid, fund + unpaid}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if b.balance("366.31825.btxh") != fund+unpaid || b.balance("611.31825.btxh") != spent-unpaid || b.owes(absent) != 0 || b.owes(returned) != 0 {
		t.Errorf("fund %d, spent %d, owed %d and %d", b.balance("366.31825.btxh"), b.balance("611.31825.btxh"), b.owes(absent), b.owes(returned))
	}
	if n := b.count(`select count(*) from entry where kind = 'payment.surrendered' and on_day <> '2026-12-31'`); n != 0 {
		t.Errorf("%d entries are not of 31/12", n)
	}
	b.nothingIsLost()
	if _, err := end(at(2027, 1, 16)); err == nil || !strings.Contains(err.Error(), "closed before") {
		t.Errorf("closed twice: %v", err)
	}
	// nobody is forgotten: the months are owed again
	b.now = at(2027, 1, 18)
	b.approved(func(in *PrepareInput) { in.Month, in.KnownOn = month("2027-01"), day("2027-01-18") })
	for p, want := range map[PersonID]money.VND{paid: 810_000, absent: monthDue + 2*810_000, returned: 2 * 810_000} {
		if d := b.paymentOf(p); d.Amount != want || d.Carried != 0 {
			t.Errorf("person %d gets %+v, want %d", p, d.PaymentView, want)
		}
	}
	b.nothingIsLost()
	b.check(MaySurrender(b.ctx, b.pool, office, BTXH, 1_000_000, 0))
	if err := MaySurrender(b.ctx, b.pool, office, BTXH, fund, unpaid+1); err == nil {
		t.Error("more is surrendered than was left")
	}
}

func TestYearEndWaitsForOpenRuns(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.person(receives())
	r := b.approved(func(in *PrepareInput) { in.Month, in.KnownOn = month("2026-12"), day("2026-11-20") })
	for _, what := range []string{"approved", "instructed"} {
		if _, err := YearEnd(b.ctx, b.pool, office, 2026, b.clerk, time.Date(2027, 1, 5, 0, 0, 0, 0, time.UTC)); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("with a run that is %s: %v", what, err)
		}
		b.instruct(r, b.bank)
	}
}

func TestWhoDidNotComeIsCountedMonthByMonth(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	never, once := b.person(receives(inCash)), b.person(receives(inCash))
	b.monthly("2026-11", nil, never, once)
	b.monthly("2026-12", nil, never)
	two, err := UncollectedInARow(b.ctx, b.pool, UncollectedFilter{Office: office, Months: 1})
	b.check(err)
	if len(two) != 1 || two[0].Person != never || two[0].Months != 2 || two[0].Amount != monthDue+810_000 {
		t.Errorf("after two months: %+v", two)
	}
	b.monthly("2027-01", nil, never)
	three, err := UncollectedInARow(b.ctx, b.pool, UncollectedFilter{})
	b.check(err)
	if len(three) != 1 || three[0].Months != 3 || three[0].Amount != monthDue+2*810_000 {
		t.Errorf("after three: %+v", three)
	}
	b.prepare(func(in *PrepareInput) { in.Month, in.KnownOn = month("2027-02"), day("2027-01-20") })
	if d := b.paymentOf(never); d.State != Held || d.HoldReasons[0] != HoldUncollected {
		t.Errorf("the fourth month: %+v", d.PaymentView)
	}
	if d := b.paymentOf(once); d.State != Ready {
		t.Errorf("who came again: %+v", d.PaymentView)
	}
}

// MD07 opens the death case, an account that sent money back is held until it changes,
// and a closed case lets the person go again.
func TestCasesHoldUntilTheyAreClosed(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	dead, moved, ask := b.person(receives()), b.person(receives()), b.person(receives())
	r := b.approved()
	b.instruct(r, b.bank)
	b.check(b.outcome(dead, OutcomeRejected, "MD07"))
	b.check(b.outcome(moved, OutcomeRejected, "AC04"))
	b.check(b.outcome(ask, OutcomeRejected, "NOAS"))
	list, err := Cases(b.ctx, b.pool, CaseFilter{Office: office})
	b.check(err)
	var kinds []CaseKind
	for _, c := range list {
		kinds = append(kinds, c.Kind)
		if vi, _ := c.What(); !strings.Contains(vi, ";") {
			t.Errorf("case %+v says %q", c, vi)
		}
	}
	if diff := cmp.Diff([]CaseKind{CaseDeath, CaseAccount, CaseAsk}, kinds); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	december := func(in *PrepareInput) { in.Month, in.KnownOn = month("2026-12"), day("2026-11-20") }
	held := func() (n int) {
		run := b.prepare(december)
		n = run.HeldN
		b.check(Void(b.ctx, b.pool, run.ID, b.clerk, "thử", b.now))
		return n
	}
	if n := held(); n != 2 {
		t.Errorf("%d are held, want the dead and the account", n)
	}
	if err := CloseCase(b.ctx, b.pool, list[0].ID, b.clerk, " ", b.now); err == nil {
		t.Error("closed without saying what was found")
	}
	b.check(CloseCase(b.ctx, b.pool, list[0].ID, b.clerk, "còn sống, ngân hàng nhầm", b.now))
	if err := CloseCase(b.ctx, b.pool, list[0].ID, b.clerk, "lần nữa", b.now); err == nil {
		t.Error("closed twice")
	}
	if n := held(); n != 1 {
		t.Errorf("%d are held after the case was closed", n)
	}
	if closed, err := Cases(b.ctx, b.pool, CaseFilter{Closed: true}); err != nil || len(closed) != 1 || closed[0].ClosedBy == "" {
		t.Errorf("closed: %+v, %v", closed, err)
	}
}
