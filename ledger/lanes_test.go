package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

func TestLanesPayOnceAndConserveMoney(t *testing.T) {
	t.Parallel()
	b := openBooks(t)
	if _, err := b.post(b.funds("f", 5_000)); err != nil {
		t.Fatal(err)
	}
	lanes := ledger.NewLanes(b.pool, 2)
	defer lanes.Stop()
	var paid, refused atomic.Int64
	var first sync.Map
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			for i := range 40 {
				// every key is asked for by all, so that most requests are repeated
				r := ledger.Request{Key: fmt.Sprintf("v%d", i), On: day, Debit: b.fund, Credit: b.people, Amount: money.VND(200 + i), Ref: "voucher"}
				id, err := lanes.Pay(t.Context(), r)
				var short ledger.ErrShort
				switch {
				case errors.As(err, &short):
					refused.Add(1)
				case err != nil:
					t.Error(err)
				default:
					paid.Add(1)
					if was, ok := first.LoadOrStore(r.Key, id); ok && was != id {
						t.Errorf("%s is entry %d and %d", r.Key, was, id)
					}
				}
			}
		})
	}
	wg.Wait()
	var sum money.VND
	var n int
	err := b.pool.QueryRow(t.Context(), "select coalesce(sum(total), 0)::bigint, count(*) from entry where key like 'v%'").Scan(&sum, &n)
	if err != nil {
		t.Fatal(err)
	}
	posted := 0
	first.Range(func(any, any) bool { posted++; return true })
	if n != posted || refused.Load() == 0 || paid.Load() == 0 {
		t.Errorf("%d entries for %d keys that were answered; %d refusals", n, posted, refused.Load())
	}
	if got := b.balance("366.31825.btxh"); got != 5_000-sum || got < 0 {
		t.Errorf("fund holds %d after paying %d", got, sum)
	}
	if got := b.balance("3388.p1"); got != sum {
		t.Errorf("paid %d, received %d", sum, got)
	}
}

func TestLanesRefuseOneWithoutTheOthers(t *testing.T) {
	t.Parallel()
	b := openBooks(t)
	if _, err := b.post(b.funds("f", 1000)); err != nil {
		t.Fatal(err)
	}
	b.tx(func(ctx context.Context, tx pgx.Tx) error {
		july := money.NewMonth(2026, 7)
		if err := ledger.SetMonth(ctx, tx, july, ledger.Closing, "staff:1"); err != nil {
			return err
		}
		return ledger.SetMonth(ctx, tx, july, ledger.Closed, "staff:1")
	})
	lanes := ledger.NewLanes(b.pool, 1)
	defer lanes.Stop()
	ok := ledger.Request{Key: "ok", On: day, Debit: b.fund, Credit: b.people, Amount: 600}
	with := func(change func(*ledger.Request)) ledger.Request {
		r := ok
		r.Key = "other"
		change(&r)
		return r
	}
	for name, c := range map[string]struct {
		ledger.Request
		want error
	}{
		"unknown account": {with(func(r *ledger.Request) { r.Credit = 99 }), ledger.ErrNoAccount},
		"closed month":    {with(func(r *ledger.Request) { r.On = money.Day(2026, 7, 3) }), ledger.ErrMonthClosed},
		"used key":        {with(func(r *ledger.Request) { r.Key = "f" }), ledger.ErrKeyReused},
		"no amount":       {with(func(r *ledger.Request) { r.Amount = 0 }), ledger.ErrInvalid},
		"broken text":     {with(func(r *ledger.Request) { r.Memo = "a\x00b" }), nil},
	} {
		var wg sync.WaitGroup
		var bad, good error
		wg.Go(func() { _, bad = lanes.Pay(t.Context(), c.Request) })
		wg.Go(func() { _, good = lanes.Pay(t.Context(), ok) })
		wg.Wait()
		if bad == nil || (c.want != nil && !errors.Is(bad, c.want)) {
			t.Errorf("%s: %v", name, bad)
		}
		if good != nil {
			t.Errorf("beside it: %v", good)
		}
	}
	_, err := lanes.Pay(t.Context(), with(func(*ledger.Request) {}))
	if want := (ledger.ErrShort{Account: "366.31825.btxh", Short: 200, Balance: 400}); !errors.Is(err, want) {
		t.Errorf("short: %v", err)
	}
}

func TestLanesHealAfterALostConnection(t *testing.T) {
	t.Parallel()
	b := openBooks(t)
	if _, err := b.post(b.funds("f", 1_000_000)); err != nil {
		t.Fatal(err)
	}
	lanes := ledger.NewLanes(b.pool, 2)
	defer lanes.Stop()
	stop := make(chan struct{})
	var killer, payers sync.WaitGroup
	killer.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(25 * time.Millisecond):
				_, _ = b.pool.Exec(t.Context(), `select pg_terminate_backend(pid) from pg_stat_activity
					where datname = current_database() and pid <> pg_backend_pid() and random() < 0.3`)
			}
		}
	})
	for p := range 8 {
		payers.Go(func() {
			for i := range 25 {
				r := ledger.Request{Key: fmt.Sprintf("p%d.%d", p, i), On: day, Debit: b.fund, Credit: b.people, Amount: 7}
				_, err := lanes.Pay(t.Context(), r)
				for errors.Is(err, ledger.ErrUnknown) {
					_, err = lanes.Pay(t.Context(), r)
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	payers.Wait()
	close(stop)
	killer.Wait()
	var got money.VND
	for { // the pool may still hand out a connection that was killed
		var err error
		if got, err = ledger.Balance(t.Context(), b.pool, "3388.p1"); err == nil {
			break
		}
	}
	if got != 8*25*7 {
		t.Errorf("received %d", got)
	}
}
