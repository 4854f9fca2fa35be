package payout

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
)

// told hands an event on as the worker does, twice.
func (b *bundle) told(p PersonID, kind, on string) {
	b.Helper()
	for range 2 {
		b.check(pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) error {
			return ApplyLifeEvent(b.ctx, tx, LifeEvent{Person: p, Kind: kind, On: day(on), KnownOn: day("2026-10-21"), By: "test", Now: b.now})
		}))
	}
}

func TestADeathThatWasToldWronglyIsUndone(t *testing.T) {
	t.Parallel()
	lives := func(b *bundle, p PersonID) {
		b.exec(`insert into life_event (person_id, kind, on_day, known_on, source, recorded_by, recorded_at, handled_at) values ($1, 'death', '2026-10-18', '2026-10-21', 'test', 'test', $2, $2)`, p, b.now)
		b.exec(`insert into event_correction (event_id, person_id, reason, proposed_by, proposed_at, decided_by, decided_at, accepted) select id, person_id, 'seen', 'a', $2, 'b', $2, true from life_event where person_id = $1`, p, b.now)
		b.exec(`update life_event set reversed_at = $2 where person_id = $1 and kind = 'death'`, p, b.now)
		b.exec(`update person set died_on = null, register_outcome = 'match' where id = $1`, p)
		b.told(p, "alive", "2026-10-22")
	}
	t.Run("submitted", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t)
		p := b.person(receives())
		b.person(receives())
		r := b.submit(b.prepare())
		b.dies(p, "2026-10-18")
		lives(b, p)
		b.funds(BTXH, 10*monthDue)
		r, err := b.approve(r, b.chairman)
		b.check(err)
		if s := b.instruct(r, b.bank); s.N != 2 || b.paymentOf(p).State != Instructed {
			t.Errorf("sent %+v, payment %s", s, b.paymentOf(p).State)
		}
		b.nothingIsLost()
	})
	t.Run("cancelled", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t)
		p := b.person(receives())
		b.person(receives())
		r := b.approved()
		b.dies(p, "2026-10-18")
		lives(b, p)
		b.instruct(r, b.bank)
		if d := b.paymentOf(p); d.State != Cancelled {
			t.Errorf("payment %s", d.State)
		}
		// what was cancelled comes with the next run
		b.prepare(func(in *PrepareInput) { in.Month, in.KnownOn = month("2026-12"), day("2026-11-20") })
		if d := b.paymentOf(p); d.State != Ready || d.Amount != monthDue+810_000 {
			t.Errorf("next payment %+v", d.PaymentView)
		}
		b.nothingIsLost()
	})
	t.Run("paid", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t)
		p := b.person(receives())
		b.instruct(b.approved(), b.bank)
		b.check(b.outcome(p, OutcomeDebited, ""))
		b.dies(p, "2026-09-18")
		if n := b.count(`select count(*) from payment_case where person_id = $1 and closed_at is null`, p); n != 1 {
			t.Errorf("%d cases", n)
		}
		lives(b, p)
		if n := b.count(`select count(*) from payment_case where person_id = $1 and closed_at is null`, p); n != 0 {
			t.Errorf("%d cases are open of one who lives", n)
		}
		b.nothingIsLost()
	})
}

func TestAnAbsenceStopsWhatIsNotSent(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	p, moved, stays := b.person(receives()), b.person(receives()), b.person(receives())
	r := b.approved()
	b.told(p, "absence", "2026-10-18")
	b.told(moved, "move", "2026-10-18")
	if s := b.instruct(r, b.bank); s.N != 2 {
		t.Errorf("sent %+v", s)
	}
	if b.paymentOf(p).State != Cancelled || b.paymentOf(moved).State != Instructed || b.paymentOf(stays).State != Instructed {
		t.Errorf("%s, %s, %s", b.paymentOf(p).State, b.paymentOf(moved).State, b.paymentOf(stays).State)
	}
	if n := b.count(`select count(*) from payment_case`); n != 0 {
		t.Errorf("%d cases of an absence", n)
	}
	b.nothingIsLost()
}
