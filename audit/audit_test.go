package audit_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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

// A backlog larger than a batch is sealed in several transactions, while others go on
// writing.
func TestSealTakesABacklogInBatches(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	record(t, pool, some(1)...)
	seal(t, pool)
	const backlog = 100_001
	if _, err := pool.Exec(t.Context(), `insert into audit_event (actor, kind, subject) select 'a', 'k', 's' || n from generate_series(1, $1::int) n`, backlog); err != nil {
		t.Fatal(err)
	}
	record(t, pool, some(2)...)
	if head := seal(t, pool); head.Size != backlog+3 || head.Root != rootOf(t, pool) {
		t.Errorf("%d leaves", head.Size)
	}
	if n := one[int](t, pool, "select count(*) from audit_seal where reading is not null"); n != 2 {
		t.Errorf("%d sealings were parts of a backlog", n)
	}
	record(t, pool, some(1)...)
	if head := seal(t, pool); head.Size != backlog+4 {
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

func openKeys(t *testing.T) *audit.Keys {
	t.Helper()
	keys, err := audit.OpenKeys(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func checkpoint(t *testing.T, pool *pgxpool.Pool, keys *audit.Keys) []byte {
	t.Helper()
	seal(t, pool)
	signed, err := audit.Checkpoint(t.Context(), pool, keys, now)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestKeysAreMadeOnceAndKept(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	var wg sync.WaitGroup
	origins := make([]string, 8)
	for i := range origins {
		wg.Go(func() {
			keys, err := audit.OpenKeys(dir)
			if err != nil {
				t.Error(err)
				return
			}
			origins[i] = keys.Origin
		})
	}
	wg.Wait()
	for _, o := range origins {
		if o != origins[0] || !strings.HasPrefix(o, "ansinh.vn/log/") {
			t.Errorf("origins %v", origins)
		}
	}
	info, err := os.Stat(filepath.Join(dir, "log.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("log.key: %v %v", info.Mode(), err)
	}
}

func TestCheckpointIsANoteOfThreeLines(t *testing.T) {
	t.Parallel()
	pool, keys := pgtest.New(t), openKeys(t)
	if _, err := audit.Checkpoint(t.Context(), pool, keys, now); !errors.Is(err, audit.ErrEmpty) {
		t.Errorf("of an empty log: %v", err)
	}
	record(t, pool, some(5)...)
	signed := checkpoint(t, pool, keys)
	origin, head, by, err := audit.OpenCheckpoint(signed, keys.Verifiers())
	if err != nil {
		t.Fatal(err)
	}
	if origin != keys.Origin || head.Size != 5 || head.Root != rootOf(t, pool) || !cmp.Equal(by, []string{keys.Origin}) {
		t.Errorf("%s %v %v", origin, head, by)
	}
	if text, _, _ := strings.Cut(string(signed), "\n\n"); len(strings.Split(text, "\n")) != 3 {
		t.Errorf("text:\n%s", text)
	}
	if _, _, _, err := audit.OpenCheckpoint(signed, openKeys(t).Verifiers()); !errors.Is(err, audit.ErrUnsigned) {
		t.Errorf("under a stranger's key: %v", err)
	}
	forged := strings.Replace(string(signed), "\n5\n", "\n6\n", 1)
	if _, _, _, err := audit.OpenCheckpoint([]byte(forged), keys.Verifiers()); err == nil {
		t.Error("a changed size is taken")
	}
}

func TestReceiptProvesAnEvent(t *testing.T) {
	t.Parallel()
	pool, keys := pgtest.New(t), openKeys(t)
	record(t, pool, some(33)...)
	signed := checkpoint(t, pool, keys)
	id := one[int64](t, pool, "select id from audit_event where subject = 'thing:20'")
	r, err := audit.Prove(t.Context(), pool, id, signed, keys)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var read audit.Receipt
	if err := json.Unmarshal(b, &read); err != nil {
		t.Fatal(err)
	}
	if err := read.Verify(keys.Verifiers()); err != nil {
		t.Error(err)
	}
	if err := read.Verify(openKeys(t).Verifiers()); !errors.Is(err, audit.ErrUnsigned) {
		t.Errorf("under a stranger's key: %v", err)
	}
	for name, change := range map[string]func(r *audit.Receipt){
		"event":      func(r *audit.Receipt) { r.Event = strings.Replace(r.Event, "thing:20", "thing:21", 1) },
		"place":      func(r *audit.Receipt) { r.Leaf++ },
		"no place":   func(r *audit.Receipt) { r.Leaf = 1 << 40 },
		"hash":       func(r *audit.Receipt) { r.Proof[0] = r.Proof[1] },
		"not a hash": func(r *audit.Receipt) { r.Proof[0] = "?" },
		"proof":      func(r *audit.Receipt) { r.Proof = r.Proof[1:] },
		"format":     func(r *audit.Receipt) { r.Format = "" },
		"part":       func(r *audit.Receipt) { r.Part = &audit.Part{Record: "{}", Size: 1} },
	} {
		var bad audit.Receipt
		if err := json.Unmarshal(b, &bad); err != nil {
			t.Fatal(err)
		}
		change(&bad)
		if err := bad.Verify(keys.Verifiers()); err == nil {
			t.Errorf("another %s is taken", name)
		}
	}
	record(t, pool, some(1)...)
	seal(t, pool)
	late := one[int64](t, pool, "select max(id) from audit_event")
	if _, err := audit.Prove(t.Context(), pool, late, signed, keys); !errors.Is(err, audit.ErrNotSealed) {
		t.Errorf("an event after the checkpoint: %v", err)
	}
}

func TestConsistencyOfAllCheckpoints(t *testing.T) {
	t.Parallel()
	pool, keys := pgtest.New(t), openKeys(t)
	var notes [][]byte
	for i := range 9 {
		record(t, pool, some(1+i)...)
		notes = append(notes, checkpoint(t, pool, keys))
	}
	for i, old := range notes {
		for _, later := range notes[i:] {
			c, err := audit.ProveConsistency(t.Context(), pool, old, later, keys)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Verify(keys.Verifiers()); err != nil {
				t.Error(err)
			}
			if len(c.Proof) > 0 {
				c.Proof[0] = strings.Repeat("A", 43) + "="
				if err := c.Verify(keys.Verifiers()); err == nil {
					t.Error("another hash is taken")
				}
			}
		}
	}
	if _, err := audit.ProveConsistency(t.Context(), pool, notes[3], notes[1], keys); !errors.Is(err, audit.ErrRewritten) {
		t.Errorf("a log that shrank: %v", err)
	}
}

func TestConsistencyCatchesARewrittenPast(t *testing.T) {
	t.Parallel()
	pool, keys := pgtest.New(t), openKeys(t)
	record(t, pool, some(20)...)
	old := checkpoint(t, pool, keys)
	rewrite(t, pool)
	record(t, pool, some(1)...)
	if _, err := audit.ProveConsistency(t.Context(), pool, old, checkpoint(t, pool, keys), keys); !errors.Is(err, audit.ErrRewritten) {
		t.Errorf("got %v", err)
	}
}

func FuzzOpenCheckpoint(f *testing.F) {
	keys, err := audit.OpenKeys(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Add("ansinh.vn/log/00000000\n5\nAAAA\n\n— x AAAA\n")
	f.Add(keys.Origin + "\n1\n" + strings.Repeat("A", 43) + "=\n\n— " + keys.Origin + " AAAAAAAA\n")
	f.Fuzz(func(t *testing.T, text string) {
		if _, _, _, err := audit.OpenCheckpoint([]byte(text), keys.Verifiers()); err == nil {
			t.Errorf("taken: %q", text)
		}
	})
}

func FuzzProofs(f *testing.F) {
	keys, err := audit.OpenKeys(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(`{"format":"ansinh-receipt/1","part":{"record":"{}","n":-1,"size":9223372036854775807},"event":"{}","leaf":-1,"checkpoint":"x\n1\n\n"}`))
	f.Add([]byte(`{"format":"ansinh-consistency/1","old":"","new":"","proof":["AAAA"]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var r audit.Receipt
		if json.Unmarshal(text, &r) == nil && r.Verify(keys.Verifiers()) == nil {
			t.Errorf("a receipt is taken: %q", text)
		}
		var c audit.Consistency
		if json.Unmarshal(text, &c) == nil && c.Verify(keys.Verifiers()) == nil {
			t.Errorf("a consistency proof is taken: %q", text)
		}
	})
}
