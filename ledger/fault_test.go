package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pgtest"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

// owner is a session of psql's kind: the owner's, with a transaction of its own.
func (b *books) owner() (*pgx.Conn, pgx.Tx) {
	b.Helper()
	conn, err := pgx.Connect(b.Context(), pgtest.OwnerDSN(b.T, b.pool))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close(context.Background()) })
	tx, err := conn.Begin(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return conn, tx
}

func lock(ctx context.Context, tx pgx.Tx, id ledger.AccountID) error {
	_, err := tx.Exec(ctx, "select from balance where account_id = $1 for update", id)
	return err
}

// until waits for what sql says to become true.
func (b *books) until(sql string) {
	b.Helper()
	for {
		var yes bool
		if err := b.pool.QueryRow(b.Context(), sql).Scan(&yes); err != nil {
			b.Fatal(err)
		}
		if yes {
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
}

const laneWaits = `select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')`

func TestCancelledRequestsAreNotPostedOrUnknown(t *testing.T) {
	t.Parallel()
	b := openBooks(t)
	if _, err := b.post(b.funds("f", 1000)); err != nil {
		t.Fatal(err)
	}
	lanes := ledger.NewLanes(b.pool, 1)
	defer lanes.Stop()
	pay := func(ctx context.Context, key string) error {
		_, err := lanes.Pay(ctx, ledger.Request{Key: key, On: day, Debit: b.fund, Credit: b.people, Amount: 10})
		return err
	}
	_, tx := b.owner()
	if err := lock(t.Context(), tx, b.fund); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	taken, stopTaken := context.WithCancel(t.Context())
	waiting, stopWaiting := context.WithCancel(t.Context())
	wg.Go(func() {
		if err := pay(taken, "taken"); !errors.Is(err, ledger.ErrUnknown) {
			t.Errorf("cancelled in a lane: %v", err)
		}
	})
	b.until(laneWaits)
	wg.Go(func() {
		if err := pay(waiting, "waiting"); !errors.Is(err, context.Canceled) || errors.Is(err, ledger.ErrUnknown) {
			t.Errorf("cancelled while waiting: %v", err)
		}
	})
	time.Sleep(10 * time.Millisecond) // whether it waits by then or not, the answer is the same
	stopWaiting()
	stopTaken()
	wg.Wait()
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := pay(t.Context(), "taken"); err != nil {
			t.Error(err)
		}
	}
	if got := b.balance("3388.p1"); got != 10 {
		t.Errorf("received %d: one was withdrawn and one was posted once", got)
	}
}

func TestLaneHealsAfterADeadlock(t *testing.T) {
	t.Parallel()
	b := openBooks(t)
	if _, err := b.post(b.funds("f", 1000)); err != nil {
		t.Fatal(err)
	}
	lanes := ledger.NewLanes(b.pool, 2)
	defer lanes.Stop()
	first, last := min(b.fund, b.people), max(b.fund, b.people)
	_, tx := b.owner()
	if err := lock(t.Context(), tx, last); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			r := ledger.Request{Key: fmt.Sprintf("d%d", i), On: day, Debit: b.fund, Credit: b.people, Amount: 10}
			_, err := lanes.Pay(t.Context(), r)
			for errors.Is(err, ledger.ErrUnknown) {
				_, err = lanes.Pay(t.Context(), r)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	b.until(laneWaits)
	_ = lock(t.Context(), tx, first) // against the order: one of the two must give way
	_ = tx.Rollback(t.Context())
	wg.Wait()
	if got := b.balance("3388.p1"); got != 80 {
		t.Errorf("received %d", got)
	}
}

// Files that cannot grow are what a full disk is to a server.
func TestLaneHealsAfterAFullDisk(t *testing.T) {
	t.Parallel()
	b := openBooks(t)
	if _, err := b.post(b.funds("f", 1_000_000)); err != nil {
		t.Fatal(err)
	}
	lanes := ledger.NewLanes(b.pool, 1)
	defer lanes.Stop()
	pay := func(i int) error {
		_, err := lanes.Pay(t.Context(), ledger.Request{Key: fmt.Sprintf("d%d", i), On: day, Debit: b.fund, Credit: b.people, Amount: 10})
		return err
	}
	if err := pay(0); err != nil {
		t.Fatal(err)
	}
	// 16 MB, the size of the log's own files, is where files end for the lane
	_, err := pgtest.Owner(t, b.pool).Exec(t.Context(), `
		insert into audit_event (actor, kind, subject, payload)
		select '', 'full', '', to_jsonb(string_agg(md5(n::text || i), '')) from generate_series(1, 9500) n, generate_series(1, 59) i group by n`)
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	err = b.pool.QueryRow(t.Context(), `
		select pid from pg_stat_activity where datname = current_database() and query like '%insert into entry%' and pid <> pg_backend_pid()`).Scan(&pid)
	if err != nil {
		t.Fatal(err)
	}
	full := func(size string) {
		// as the server's own user: not even root may do this to another's process everywhere
		info, err := os.Stat(fmt.Sprintf("/proc/%d", pid))
		if err != nil {
			t.Fatal(err)
		}
		owner := info.Sys().(*syscall.Stat_t)
		limit := exec.Command("prlimit", fmt.Sprintf("--pid=%d", pid), "--fsize="+size+":")
		if os.Geteuid() == 0 {
			limit.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}}
		}
		if out, err := limit.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	full("16777216")
	var refused []int
	for i := 1; len(refused) < 3 && i < 500; i++ {
		if err := pay(i); err != nil {
			refused = append(refused, i)
		}
	}
	if len(refused) < 3 {
		t.Fatal("the disk is never full")
	}
	before := b.balance("3388.p1")
	full("unlimited")
	for range 2 {
		for _, i := range refused {
			if err := pay(i); err != nil {
				t.Error(err)
			}
		}
	}
	if got := b.balance("3388.p1"); got != before+30 || got != 10*money.VND(refused[2]+1) {
		t.Errorf("received %d after %d", got, before)
	}
}
