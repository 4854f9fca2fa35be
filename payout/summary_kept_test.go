package payout

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
)

// page reads the page of a run, and holds it against the same made anew.
func (b *bundle) page(run RunID) RunPage {
	b.Helper()
	p, err := ReadRunPage(b.ctx, b.pool, run, b.now)
	b.check(err)
	again, err := ReadRunPage(b.ctx, b.pool, run, b.now)
	b.check(err)
	var anew RunPage
	b.check(pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) (err error) {
		anew, err = makeRunPage(b.ctx, tx, run, nil)
		return err
	}))
	for _, q := range []RunPage{p, again} {
		if diff := cmp.Diff(anew, q); diff != "" {
			b.Errorf("the kept page of run %d is not the page:\n%s", run, diff)
		}
	}
	return p
}

func TestAKeptPageIsTrueWhateverHappens(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	for i := range 4 {
		b.person(receives(func(s *someone) { s.cash = i == 0 }))
	}
	b.person(receives(func(s *someone) { s.outcome = "review" }))
	b.funds(BTXH, 100_000_000)
	first := b.prepare()
	p := b.page(first.ID)
	if len(p.Summary.Exceptions) != 1 || p.Difference.Now != p.ToPay {
		t.Errorf("%+v", p)
	}
	list, err := Payments(b.ctx, b.pool, PaymentFilter{Run: first.ID, State: Ready})
	b.check(err)
	b.check(Hold(b.ctx, b.pool, list[0].ID, b.clerk, "chờ giấy tờ", b.now))
	if p := b.page(first.ID); p.Summary.Run.HeldN != 2 {
		t.Errorf("%d held", p.Summary.Run.HeldN)
	}
	for filter, want := range map[PaymentFilter]int{
		{State: Held}: 2, {State: Held, Reason: HoldByHand}: 1, {State: Held, Reason: "review"}: 1, {Reason: "x"}: 0, {State: Ready, Reason: HoldByHand}: 0, {State: Ready}: 3,
	} {
		filter.Run = first.ID
		got, err := Payments(b.ctx, b.pool, filter)
		b.check(err)
		if len(got) != want {
			t.Errorf("%+v: %d payments, want %d", filter, len(got), want)
		}
	}
	for change, want := range map[Change]int{Up: 3, Out: 2, Added: 0, Same: 0} {
		got, err := ChangedPeople(b.ctx, b.pool, first.ID, change, 0, 0)
		b.check(err)
		if len(got) != want {
			t.Errorf("%s: %d people, want %d", change, len(got), want)
		}
	}
	b.check(Release(b.ctx, b.pool, list[0].ID, b.chairman, "đã có", b.now))
	b.page(first.ID)
	r, err := Submit(b.ctx, b.pool, first.ID, b.clerk, b.now)
	b.check(err)
	b.page(first.ID)
	if r, err = b.approve(r, b.chairman); err != nil {
		t.Fatal(err)
	}
	if p := b.page(r.ID); len(p.Summary.Approvals) != 1 || p.Summary.Funds[0].Short != 0 {
		t.Errorf("%+v", p.Summary)
	}
	next := b.prepare(func(in *PrepareInput) { in.Month = month("2026-12") })
	before := b.page(next.ID)
	_, err = Instruct(b.ctx, b.pool, b.box, InstructInput{Run: r.ID, Account: b.bank, RequestedOn: day("2026-11-05"), By: b.clerk, Now: b.now})
	b.check(err)
	if p := b.page(r.ID); len(p.Summary.Messages) != 1 || p.Summary.Messages[0].MadeAt.IsZero() {
		t.Errorf("%+v", p.Summary.Messages)
	}
	if diff := cmp.Diff(before, b.page(next.ID)); diff != "" {
		t.Error(diff)
	}
	b.check(Void(b.ctx, b.pool, next.ID, b.clerk, "tính lại", b.now))
	b.page(next.ID)
}

// Walking finds the same people as looking at everybody at once.
func TestWalkingFindsThePeopleBehindAChange(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	for i := range 9 {
		b.person(receives(func(s *someone) {
			if i%3 == 0 {
				s.paid = 1_620_000
			}
		}))
	}
	r := b.prepare()
	for _, change := range []Change{Up, Down, Added} {
		want, err := ChangedPeople(b.ctx, b.pool, r.ID, change, 0, 4)
		b.check(err)
		args, _, _, err := compareWith(b.ctx, b.pool, r)
		b.check(err)
		args["change"] = string(change)
		got, err := walkPeople(b.ctx, b.pool, args, 0, 4, func(after PersonID, limit int) ([]ChangedPerson, error) {
			return changedPeople(b.ctx, b.pool, comparedSome, args, after, limit)
		})
		b.check(err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", change, diff)
		}
	}
}
