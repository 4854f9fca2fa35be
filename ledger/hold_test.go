package ledger_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

var noon = day.Add(12 * time.Hour)

func (b *books) hold(key string, amount money.VND, until time.Time) (id ledger.HoldID, err error) {
	err = b.try(func(ctx context.Context, tx pgx.Tx) error {
		id, err = ledger.Reserve(ctx, tx, ledger.Hold{Key: key, Debit: b.fund, Credit: b.revenue, Amount: amount, Until: until, At: noon})
		return err
	})
	return id, err
}

func (b *books) postHold(id ledger.HoldID, key string, amount money.VND, now time.Time) (entry ledger.EntryID, err error) {
	err = b.try(func(ctx context.Context, tx pgx.Tx) error {
		entry, err = ledger.PostHold(ctx, tx, id, ledger.Entry{Key: key, On: day,
			Transfers: []ledger.Transfer{{Debit: b.fund, Credit: b.revenue, Amount: amount}}}, now)
		return err
	})
	return entry, err
}

func (b *books) spend(key string, amount money.VND) error {
	_, err := b.post(ledger.Entry{Key: key, On: day, Transfers: []ledger.Transfer{{Debit: b.fund, Credit: b.revenue, Amount: amount}}})
	return err
}

func TestHoldCountsAgainstOverdraft(t *testing.T) {
	t.Parallel()
	b := openBooks(t)
	if _, err := b.post(b.funds("f", 1000)); err != nil {
		t.Fatal(err)
	}
	id, err := b.hold("h1", 700, noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := b.hold("h1", 700, noon.Add(time.Hour)); err != nil || again != id {
		t.Errorf("held again: %d, %v; want %d", again, err, id)
	}
	if _, err := b.hold("h1", 701, noon.Add(time.Hour)); !errors.Is(err, ledger.ErrKeyReused) {
		t.Errorf("another amount under the key: %v", err)
	}
	var short ledger.ErrShort
	if _, err := b.hold("h2", 301, noon.Add(time.Hour)); !errors.As(err, &short) || short.Short != 1 || short.Balance != 300 {
		t.Errorf("held more than there is: %v", err)
	}
	if err := b.spend("s1", 301); !errors.As(err, &short) || short.Short != 1 || short.Balance != 300 {
		t.Errorf("spent what is held: %v", err)
	}
	if err := b.spend("s2", 300); err != nil {
		t.Errorf("spent what is free: %v", err)
	}
	lanes := ledger.NewLanes(b.pool, 1)
	defer lanes.Stop()
	pay := ledger.Request{Key: "p1", On: day, Debit: b.fund, Credit: b.revenue, Amount: 1}
	if _, err := lanes.Pay(t.Context(), pay); !errors.As(err, &short) || short.Short != 1 || short.Balance != 0 {
		t.Errorf("paid what is held: %v", err)
	}

	if _, err := b.postHold(id, "e1", 701, noon); !errors.Is(err, ledger.ErrInvalid) {
		t.Errorf("posted for more: %v", err)
	}
	entry, err := b.postHold(id, "e1", 600, noon)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := b.postHold(id, "e1", 600, noon); err != nil || again != entry {
		t.Errorf("posted again: entry %d, %v; want %d", again, err, entry)
	}
	if _, err := b.postHold(id, "e2", 100, noon); !errors.Is(err, ledger.ErrHoldEnded) {
		t.Errorf("posted twice: %v", err)
	}
	if got := b.balance("366.31825.btxh"); got != 100 {
		t.Errorf("fund holds %d", got)
	}
	if _, err := lanes.Pay(t.Context(), ledger.Request{Key: "p2", On: day, Debit: b.fund, Credit: b.revenue, Amount: 100}); err != nil {
		t.Errorf("what was left of the hold is not free: %v", err)
	}
}

func TestHoldIsReleasedOrExpires(t *testing.T) {
	t.Parallel()
	b := openBooks(t)
	if _, err := b.post(b.funds("f", 1000)); err != nil {
		t.Fatal(err)
	}
	released, err := b.hold("h1", 500, noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	late, err := b.hold("h2", 500, noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	release := func(id ledger.HoldID) error {
		return b.try(func(ctx context.Context, tx pgx.Tx) error { return ledger.Release(ctx, tx, id, "staff:1", noon) })
	}
	for range 2 { // the second time is no error
		if err := release(released); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.postHold(released, "e1", 500, noon); !errors.Is(err, ledger.ErrHoldEnded) {
		t.Errorf("posted after it was released: %v", err)
	}
	if err := b.spend("s1", 500); err != nil {
		t.Errorf("what was released is not free: %v", err)
	}
	if _, err := b.postHold(late, "e2", 500, noon.Add(time.Hour)); !errors.Is(err, ledger.ErrHoldExpired) {
		t.Errorf("posted when its time is over: %v", err)
	}
	expire := func(now time.Time) (n int) {
		b.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
			n, err = ledger.ExpireHolds(ctx, tx, now)
			return err
		})
		return n
	}
	if n := expire(noon.Add(time.Hour - time.Second)); n != 0 {
		t.Errorf("%d expired before their time", n)
	}
	if n := expire(noon.Add(time.Hour)); n != 1 {
		t.Errorf("%d expired", n)
	}
	if n := expire(noon.Add(2 * time.Hour)); n != 0 {
		t.Errorf("%d expired again", n)
	}
	if err := release(late); !errors.Is(err, ledger.ErrHoldEnded) {
		t.Errorf("released when expired: %v", err)
	}
	if err := b.spend("s2", 500); err != nil {
		t.Errorf("what expired is not free: %v", err)
	}
	if _, err := b.hold("h3", 1, noon.Add(time.Hour)); err == nil {
		t.Error("held what is not there")
	}
	if err := release(99); !errors.Is(err, ledger.ErrNoHold) {
		t.Errorf("released what is none: %v", err)
	}
}
