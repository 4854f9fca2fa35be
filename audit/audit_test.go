package audit_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/mod/sumdb/tlog"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/pgtest"
)

var now = time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)

func record(t *testing.T, pool *pgxpool.Pool, events ...audit.Event) {
	t.Helper()
	err := pg.Tx(t.Context(), pool, func(tx pgx.Tx) error { return audit.RecordAll(t.Context(), tx, events) })
	if err != nil {
		t.Fatal(err)
	}
}

func some(n int) []audit.Event {
	events := make([]audit.Event, n)
	for i := range events {
		events[i] = audit.Event{At: now, Actor: "staff:1", Kind: "test", Subject: fmt.Sprintf("thing:%d", i),
			Payload: map[string]any{"n": i, "text": "Nguyễn <&> \"Út\""}}
	}
	return events
}

// seal seals all that was recorded.
func seal(t *testing.T, pool *pgxpool.Pool) audit.Head {
	t.Helper()
	head, err := audit.Seal(t.Context(), pool, now)
	if err != nil {
		t.Fatal(err)
	}
	return head
}

func one[T any](t *testing.T, q pg.Queryer, sql string, args ...any) (v T) {
	t.Helper()
	if err := q.QueryRow(t.Context(), sql, args...).Scan(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestRecordStandsWithItsTransaction(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	undone := errors.New("undone")
	err := pg.Tx(t.Context(), pool, func(tx pgx.Tx) error {
		if err := audit.Record(t.Context(), tx, some(1)[0]); err != nil {
			return err
		}
		return undone
	})
	if !errors.Is(err, undone) {
		t.Fatal(err)
	}
	record(t, pool, audit.Event{Kind: "kept"})
	if got := one[string](t, pool, "select string_agg(kind || ' ' || payload, ',') from audit_event"); got != "kept {}" {
		t.Errorf("events: %s", got)
	}
}

func TestSealNumbersEveryEventOnce(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 10 {
				err := pg.Tx(t.Context(), pool, func(tx pgx.Tx) error { return audit.RecordAll(t.Context(), tx, some(1+(w+i)%3)) })
				if err != nil {
					t.Error(err)
				}
				if _, err := audit.Seal(t.Context(), pool, now); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	head := seal(t, pool)
	events := one[int64](t, pool, "select count(*) from audit_event")
	if head.Size != events {
		t.Errorf("%d leaves for %d events", head.Size, events)
	}
	if got := one[int64](t, pool, "select count(distinct event_id) from audit_leaf where leaf between 0 and $1", head.Size-1); got != events {
		t.Errorf("%d events have a leaf", got)
	}
	if got := rootOf(t, pool); got != head.Root {
		t.Errorf("root is %v, its leaves give %v", head.Root, got)
	}
}

// rootOf computes the root from the rows, without the stored hashes.
func rootOf(t *testing.T, pool *pgxpool.Pool) tlog.Hash {
	t.Helper()
	rows, err := pool.Query(t.Context(), `
		select e.id, e.at, e.actor, e.kind, e.subject, e.payload::text, e.salt
		from audit_event e join audit_leaf l on l.event_id = e.id order by l.leaf`)
	if err != nil {
		t.Fatal(err)
	}
	var tree audit.Tree
	var r audit.Row
	_, err = pgx.ForEachRow(rows, []any{&r.ID, &r.At, &r.Actor, &r.Kind, &r.Subject, &r.Payload, &r.Salt}, func() error {
		tree.Add(r.Leaf())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tree.Root()
}

func TestSealPassesWhatStillRunsAndTakesItLater(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	slow, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Rollback(context.Background())
	if err := audit.Record(t.Context(), slow, audit.Event{Kind: "slow"}); err != nil {
		t.Fatal(err)
	}
	for i := range 3 { // each sealed at once although an older transaction still runs
		record(t, pool, audit.Event{Kind: fmt.Sprintf("quick%d", i)})
		if head := seal(t, pool); head.Size != int64(i+1) {
			t.Errorf("%d leaves beside a transaction that still runs, want %d", head.Size, i+1)
		}
	}
	if err := slow.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if head := seal(t, pool); head.Size != 4 || head.Root != rootOf(t, pool) {
		t.Errorf("%d leaves", head.Size)
	}
	got := one[string](t, pool, "select string_agg(kind, ' ' order by leaf) from audit_event e join audit_leaf l on l.event_id = e.id")
	if got != "quick0 quick1 quick2 slow" {
		t.Errorf("order in the log: %s", got)
	}
}

// Writers, some slow and some that give up, and sealers at once: every event that was
// committed has one place, within a second of its commit, and a place is never another's.
func TestSealUnderLoadLeavesNothingOut(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	var writers, sealers sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		sealers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					if _, err := audit.Seal(t.Context(), pool, now); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	gaveUp := errors.New("gave up")
	for w := range 8 {
		writers.Go(func() {
			for i := range 12 {
				err := pg.Tx(t.Context(), pool, func(tx pgx.Tx) error {
					if err := audit.RecordAll(t.Context(), tx, some(1+(w+i)%3)); err != nil {
						return err
					}
					if w < 2 {
						time.Sleep(time.Duration(i) * time.Millisecond)
					}
					if (w+i)%5 == 0 {
						return gaveUp
					}
					return nil
				})
				if err != nil && !errors.Is(err, gaveUp) {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	close(done)
	sealers.Wait()
	head := seal(t, pool)
	if events := one[int64](t, pool, "select count(*) from audit_event"); head.Size != events {
		t.Errorf("%d leaves for %d events", head.Size, events)
	}
	if head.Root != rootOf(t, pool) {
		t.Error("the root is not that of the leaves")
	}
}

// A backlog larger than a batch is sealed in several transactions: of a log that was
// never sealed, and of one that was.
func TestSealTakesABacklogInBatches(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	const backlog = 50_001
	for round := range 2 {
		if _, err := pool.Exec(t.Context(), `insert into audit_event (actor, kind, subject) select 'a', 'k', 's' || n from generate_series(1, $1::int) n`, backlog); err != nil {
			t.Fatal(err)
		}
		record(t, pool, some(2)...)
		if head := seal(t, pool); head.Size != int64(round+1)*(backlog+2) || head.Root != rootOf(t, pool) {
			t.Errorf("%d leaves", head.Size)
		}
		if n := one[int](t, pool, "select count(*) from audit_seal where reading is not null"); n != round+1 {
			t.Errorf("%d sealings were parts of a backlog", n)
		}
	}
	record(t, pool, some(1)...)
	if head := seal(t, pool); head.Size != 2*(backlog+2)+1 {
		t.Errorf("%d leaves", head.Size)
	}
}

func TestEventsHaveRoomAhead(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	owner := pgtest.Owner(t, pool)
	reader, err := pool.Begin(t.Context()) // keeps the next partition from being attached
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Rollback(context.Background())
	if _, err := reader.Exec(t.Context(), "select count(*) from audit_event"); err != nil {
		t.Fatal(err)
	}
	where := func() string {
		record(t, pool, some(1)...)
		return one[string](t, pool, "select tableoid::regclass::text from audit_event order by id desc limit 1")
	}
	if got := where(); got != "audit_event_1" {
		t.Errorf("the first event stands in %s", got)
	}
	if _, err := owner.Exec(t.Context(), "select setval(pg_get_serial_sequence('audit_event', 'id'), 4000000)"); err != nil {
		t.Fatal(err)
	}
	seal(t, pool)
	if got := where(); got != "audit_event_rest" { // nobody is refused for want of room
		t.Errorf("an event without a partition stands in %s", got)
	}
	if err := reader.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := owner.Exec(t.Context(), "select setval(pg_get_serial_sequence('audit_event', 'id'), 8000000)"); err != nil {
		t.Fatal(err)
	}
	seal(t, pool)
	if got := where(); got != "audit_event_3" {
		t.Errorf("a later event stands in %s", got)
	}
	if head := seal(t, pool); head.Size != 3 {
		t.Errorf("%d leaves", head.Size)
	}
	for _, sql := range []string{"update audit_event_1 set actor = 'x'", "delete from audit_event_rest", "truncate audit_event_3",
		"insert into audit_event_1 (id, actor, kind, subject) values (77, 'a', 'k', 's')"} {
		if _, err := owner.Exec(t.Context(), sql); pg.Constraint(err) != "append_only" {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func TestSealGoesOnInAnotherCluster(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	record(t, pool, some(3)...)
	seal(t, pool)
	record(t, pool, some(2)...)
	// as a dump restored into a young cluster looks: transactions of another count
	owner := pgtest.Owner(t, pool)
	for _, sql := range []string{
		"alter table audit_event disable trigger user", "alter table audit_seal disable trigger user",
		"update audit_event set tx = (tx::text::bigint + 1000000000)::text::xid8",
		"update audit_seal set cluster = 1, seen = '1000000000:1000000000:'",
		"alter table audit_event enable trigger user", "alter table audit_seal enable trigger user",
	} {
		if _, err := owner.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	record(t, pool, some(4)...)
	if head := seal(t, pool); head.Size != 9 {
		t.Errorf("%d leaves", head.Size)
	}
	record(t, pool, some(1)...)
	if head := seal(t, pool); head.Size != 10 || head.Root != rootOf(t, pool) {
		t.Errorf("head %v", head)
	}
}
