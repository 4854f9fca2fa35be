package markets

import (
	"context"
	"testing"
	"time"
)

// next waits for one state; a lost one would hang the test until its deadline.
func next(t *testing.T, c <-chan ChargeState) ChargeState {
	t.Helper()
	select {
	case s, open := <-c:
		if !open {
			t.Fatal("the channel is closed")
		}
		return s
	case <-time.After(30 * time.Second):
		t.Fatal("nothing is told")
	}
	return ChargeState{}
}

func TestWatchHearsEveryStep(t *testing.T) {
	b := open(t)
	before := b.charge(1_000, morning)
	ctx, stop := context.WithCancel(b.ctx)
	defer stop()
	sau, err := Watch(ctx, b.pool, b.sau)
	b.ok(err)
	tu, err := Watch(ctx, b.pool, b.tu)
	b.ok(err)
	if s := next(t, sau); s.ID != before.ID || s.State != Waiting { // what waits already
		t.Errorf("%+v", s)
	}
	c := b.charge(45_000, morning)
	if s := next(t, sau); s.ID != c.ID || s.State != Waiting {
		t.Errorf("%+v", s)
	}
	b.apply(b.money(45_000, c.Reference, morning), morning)
	if s := next(t, sau); s.ID != c.ID || s.State != Paid || s.Received != 45_000 {
		t.Errorf("%+v", s)
	}
	card := b.card(b.stall)
	b.apply(b.money(20_000, card.Code, morning), morning)
	if s := next(t, sau); s.ID != 0 || s.State != Received || s.Stall != b.stall || s.Received != 20_000 {
		t.Errorf("%+v", s)
	}
	if n := len(tu); n != 0 {
		t.Errorf("Tư is told %d things of Sáu", n)
	}
	stop()
	for range sau { // closed when the watcher leaves
	}
}

// TestWatchCatchesUp: the database drops the listening connection; what happened
// meanwhile is told when it is back.
func TestWatchCatchesUp(t *testing.T) {
	b := open(t)
	ctx, stop := context.WithCancel(b.ctx)
	defer stop()
	told, err := Watch(ctx, b.pool, b.sau)
	b.ok(err)
	_, err = b.pool.Exec(b.ctx, `
		select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query = 'listen charge_changed'`)
	b.ok(err)
	c := b.charge(45_000, morning)
	b.apply(b.money(45_000, c.Reference, morning), morning)
	for s := next(t, told); s.State != Paid; s = next(t, told) {
	}
}

func TestWatchersShareOneConnection(t *testing.T) {
	b := open(t)
	ctx, stop := context.WithCancel(b.ctx)
	defer stop()
	for range 200 {
		if _, err := Watch(ctx, b.pool, b.sau); err != nil {
			t.Fatal(err)
		}
	}
	var n int
	b.ok(b.pool.QueryRow(b.ctx, `select count(*) from pg_stat_activity where datname = current_database() and query = 'listen charge_changed'`).Scan(&n))
	if n != 1 {
		t.Errorf("%d connections listen", n)
	}
}
