package audit_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pgtest"
)

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
