package payout

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// dies tells of a death as the worker does.
func (b *bundle) dies(p PersonID, on string) {
	b.Helper()
	b.exec(`update person set died_on = $2, register_outcome = 'deceased' where id = $1`, p, day(on))
	for range 2 { // told twice
		b.check(pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) error {
			return ApplyLifeEvent(b.ctx, tx, LifeEvent{Person: p, Kind: "death", On: day(on), KnownOn: day("2026-10-21"), By: "test", Now: b.now})
		}))
	}
}

func TestADeathBeforeTheFileIsSentStopsThePayment(t *testing.T) {
	t.Parallel()
	for name, when := range map[string]func(*bundle) Run{
		"computed":  func(b *bundle) Run { return b.prepare() },
		"submitted": func(b *bundle) Run { return b.submit(b.prepare()) },
		"approved":  func(b *bundle) Run { return b.approved() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBundle(t)
			p, alive := b.person(receives()), b.person(receives())
			r := when(b)
			b.dies(p, "2026-10-18")
			if r.State == RunComputed {
				r = b.submit(r)
			}
			if r.State == RunSubmitted {
				b.funds(BTXH, 10*monthDue)
				var err error
				r, err = b.approve(r, b.chairman)
				b.check(err)
			}
			if s := b.instruct(r, b.bank); s.N != 1 {
				t.Errorf("sent %+v", s)
			}
			if d := b.paymentOf(p); d.State != Cancelled && d.State != Held {
				t.Errorf("payment is %s", d.State)
			}
			if got := b.balance("611.31825.btxh"); got != monthDue || b.paymentOf(alive).State != Instructed {
				t.Errorf("spent %d", got)
			}
			b.nothingIsLost()
			// the months until the death are owed still: the next run holds them
			b.prepare(func(in *PrepareInput) { in.Month, in.KnownOn = month("2026-12"), day("2026-11-20") })
			if d := b.paymentOf(p); d.State != Held || d.Amount != 4*60_000 {
				t.Errorf("next payment %+v", d.PaymentView)
			}
			b.nothingIsLost()
		})
	}
}

func TestADeathNobodyHandedOnIsSeenWhenTheFileIsMade(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	p := b.person(receives())
	b.person(receives())
	r := b.approved()
	b.exec(`update person set died_on = '2026-10-18', register_outcome = 'deceased' where id = $1`, p)
	if s := b.instruct(r, b.bank); s.N != 1 || s.Stopped != 1 {
		t.Errorf("%+v", s)
	}
	if b.paymentOf(p).State != Cancelled {
		t.Errorf("payment %s", b.paymentOf(p).State)
	}
	b.nothingIsLost()
}

func TestADeathAfterTheFileIsSentBecomesACase(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	p := b.person(receives())
	r := b.approved()
	b.instruct(r, b.bank)
	b.check(b.outcome(p, OutcomeDebited, ""))
	b.dies(p, "2026-10-18")
	if n := b.count(`select amount from payment_case where kind = 'clawback' and person_id = $1`, p); n != 810_000 {
		t.Errorf("case of %d, want November's 810000", n)
	}
	next := b.prepare(func(in *PrepareInput) { in.Month, in.KnownOn = month("2026-12"), day("2026-11-20") })
	d := b.paymentOf(p)
	if d.State != Ready || d.Amount != 0 || d.Clawback != 810_000 || d.Lines[0].Kind != Clawback ||
		d.Lines[0].Explanation != "Truy thu tháng 11/2026: được hưởng 0 đ, đã chi 810.000 đ, chi thừa 810.000 đ; người hưởng đã mất, chỉ hưởng đến hết tháng 10/2026." {
		t.Errorf("next payment %+v", d)
	}
	if _, err := b.approve(b.submit(next), b.chairman); err != nil {
		t.Fatal(err)
	}
	if got := b.balance(receivable(int64(p)).Code); got != 810_000 {
		t.Errorf("receivable %d", got)
	}
	b.nothingIsLost()
}

func TestOverpaymentIsSetOffOldestFirstUpToItsShare(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.exec(`insert into setting values ('payout.set_off_share', '"0.5"')`)
	// 1,080,000 a month was paid for what is 810,000: 4 × 270,000 too much
	p := b.person(receives(func(s *someone) { s.paid = 1_080_000 }))
	first := b.approved()
	d := b.paymentOf(p)
	if d.Owed != 810_000 || d.Clawback != 1_080_000 || d.SetOff != 405_000 || d.Amount != 405_000 || first.Total != 405_000 {
		t.Errorf("payment %+v", d.PaymentView)
	}
	if got := b.balance(receivable(int64(p)).Code); got != 675_000 {
		t.Errorf("receivable %d", got)
	}
	if b.owes(p) != 405_000 || b.balance("366.31825.btxh") != 1_000_000_000-405_000 {
		t.Errorf("owed %d, fund %d", b.owes(p), b.balance("366.31825.btxh"))
	}
	for i, want := range []money.VND{405_000, 405_000, 0} {
		next := b.submit(b.prepare(func(in *PrepareInput) {
			in.Month, in.KnownOn = month("2026-12").Add(i), day("2026-11-20").AddDate(0, i, 0)
		}))
		if _, err := b.approve(next, b.chairman); err != nil {
			t.Fatal(err)
		}
		d := b.paymentOf(p)
		if i == 1 {
			want = 270_000 // what is left
		}
		if d.SetOff != want || d.Clawback != 0 || d.Amount != 810_000-want {
			t.Errorf("month %d: %+v", i, d.PaymentView)
		}
	}
	if got := b.balance(receivable(int64(p)).Code); got != 0 {
		t.Errorf("receivable %d in the end", got)
	}
	b.nothingIsLost()
}

func TestDifferenceAddsUp(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	up := b.person(receives())
	same := b.person(receives(func(s *someone) { s.paid = 0; s.rights[0].FirstMonth = month("2026-11") }))
	gone := b.person(receives(func(s *someone) { s.rights[0].LastMonth = month("2026-10"); s.paid = 810_000 }))
	held := b.person(receives(func(s *someone) { s.outcome = "review" }))
	first := b.prepare()
	d, err := Compare(b.ctx, b.pool, first.ID)
	b.check(err)
	if !d.Outside || d.Month != month("2026-10") {
		t.Errorf("compared with %s, outside %t", d.Month, d.Outside)
	}
	want := []DifferenceRow{
		{Change: Added, N: 1, Now: 810_000, Regular: 810_000},
		{Change: Gone, N: 1, Before: 810_000},
		{Change: Out, N: 1, Before: 750_000},
		{Change: Up, N: 1, Before: 750_000, Now: monthDue, Regular: 810_000, Arrears: 240_000},
	}
	if diff := cmp.Diff(want, d.Rows); diff != "" {
		t.Errorf("go-live (-want +got):\n%s", diff)
	}
	if d.Now != first.Total || d.Before != 750_000*2+810_000 {
		t.Errorf("now %d, before %d", d.Now, d.Before)
	}
	for change, person := range map[Change]PersonID{Added: same, Gone: gone, Out: held, Up: up} {
		people, err := ChangedPeople(b.ctx, b.pool, first.ID, change, 0, 0)
		if err != nil || len(people) != 1 || people[0].Person != person {
			t.Errorf("%s: %+v, %v", change, people, err)
		}
	}
	b.submit(first)
	b.funds(BTXH, 10*monthDue)
	if _, err := b.approve(b.submit(first), b.chairman); err != nil {
		t.Fatal(err)
	}
	b.check(pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) error { return b.payee(tx, same, false, "123456789", day("2026-11-01")) }))
	second := b.prepare(func(in *PrepareInput) { in.Month, in.KnownOn = month("2026-12"), day("2026-11-20") })
	if d, err = Compare(b.ctx, b.pool, second.ID); err != nil {
		t.Fatal(err)
	}
	want = []DifferenceRow{
		{Change: Down, N: 1, Before: monthDue, Now: 810_000, Regular: 810_000},
		{Change: Same, N: 1, Before: 810_000, Now: 810_000, Regular: 810_000},
	}
	if diff := cmp.Diff(want, d.Rows); diff != "" || d.Outside || d.AccountChanged.N != 1 {
		t.Errorf("next month, %+v (-want +got):\n%s", d.AccountChanged, diff)
	}
	s, err := Summarize(b.ctx, b.pool, second.ID)
	b.check(err)
	var states, schemes money.VND
	for _, x := range s.ByState {
		states += x.Total
	}
	for _, x := range s.ByScheme {
		schemes += x.Total
	}
	if states != second.Total+second.HeldTotal || schemes-s.SetOff+s.Carried != second.Total {
		t.Errorf("states %d, schemes %d of %+v", states, schemes, second)
	}
	b.nothingIsLost()
}
