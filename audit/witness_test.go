package audit_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pgtest"
)

// witnessed is a log whose witness listens.
type witnessed struct {
	*testing.T
	pool    *pgxpool.Pool
	dir     string
	keys    *audit.Keys
	witness *audit.Witness
	address string
}

func newWitnessed(t *testing.T) *witnessed {
	t.Helper()
	w := &witnessed{T: t, pool: pgtest.New(t), dir: t.TempDir()}
	var err error
	if w.witness, err = audit.MakeWitness(filepath.Join(t.TempDir(), "w"), "thanhtra.example.vn/chung-kien"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.dir, "witness.pub"), []byte(w.witness.Key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if w.keys, err = audit.OpenKeys(w.dir); err != nil {
		t.Fatal(err)
	}
	w.trust()
	server := httptest.NewServer(w.witness.ServeHTTP(func() time.Time { return now }))
	t.Cleanup(server.Close)
	w.address = server.URL
	return w
}

// trust tells the witness all keys that the log has published.
func (w *witnessed) trust() {
	w.Helper()
	lines, err := audit.ReadVerifiers(filepath.Join(w.dir, "log.pub"))
	if err != nil {
		w.Fatal(err)
	}
	for _, line := range lines {
		if origin, err := w.witness.Trust(line); err != nil || origin != w.keys.Origin {
			w.Fatal(origin, err)
		}
	}
}

func (w *witnessed) ask(signed []byte) ([]byte, error) {
	return audit.AskWitness(w.Context(), w.pool, http.DefaultClient, w.address, signed, w.keys, now)
}

func TestWitnessCosignsWhatContinues(t *testing.T) {
	t.Parallel()
	w := newWitnessed(t)
	if last, err := w.witness.Last(w.keys.Origin); last != nil || err != nil {
		t.Errorf("before the first: %s %v", last, err)
	}
	for i := range 4 {
		record(t, w.pool, some(1+5*i)...)
		cosigned, err := w.ask(checkpoint(t, w.pool, w.keys))
		if err != nil {
			t.Fatal(err)
		}
		_, head, by, err := audit.OpenCheckpoint(cosigned, w.keys.Verifiers())
		if want := []string{w.keys.Origin, w.witness.Name}; err != nil || !cmp.Equal(by, want) {
			t.Errorf("signed by %v, want %v (%v)", by, want, err)
		}
		if head.Root != rootOf(t, w.pool) {
			t.Error("another root")
		}
		// asked again for the same head it signs the same head
		if _, err := w.ask(checkpoint(t, w.pool, w.keys)); err != nil {
			t.Error(err)
		}
		if n := one[int](t, w.pool, "select count(*) from audit_checkpoint where note like '%chung-kien%'"); n != i+1 {
			t.Errorf("%d co-signed checkpoints are kept", n)
		}
	}
	// a restarted witness goes on from what it keeps, and knows its own key
	again, err := audit.OpenWitness(filepath.Dir(filepath.Dir(mustGlob(t, w.witness, "last.txt"))))
	if err != nil || again.Key != w.witness.Key {
		t.Fatal(err)
	}
	if last, err := again.Last(w.keys.Origin); err != nil || !strings.HasPrefix(string(last), w.keys.Origin+"\n34\n") {
		t.Errorf("%s %v", last, err)
	}
}

// mustGlob finds the one file of that name in the directories of the witness's logs.
func mustGlob(t *testing.T, w *audit.Witness, name string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(audit.WitnessDir(w), "log-*", name))
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: %v %v", name, found, err)
	}
	return found[0]
}

func TestWitnessRefusesARewrittenPast(t *testing.T) {
	t.Parallel()
	w := newWitnessed(t)
	record(t, w.pool, some(20)...)
	if _, err := w.ask(checkpoint(t, w.pool, w.keys)); err != nil {
		t.Fatal(err)
	}
	rewrite(t, w.pool)
	record(t, w.pool, some(5)...)
	// an honest program sees that it cannot prove it; a dishonest one is told
	if _, err := w.ask(checkpoint(t, w.pool, w.keys)); !errors.Is(err, audit.ErrRewritten) {
		t.Errorf("a changed past: %v", err)
	}
	if b, err := os.ReadFile(mustGlob(t, w.witness, "refused-*.txt")); err != nil || !strings.HasPrefix(string(b), w.keys.Origin+"\n25\n") {
		t.Errorf("the evidence: %s %v", b, err)
	}
	if last, err := w.witness.Last(w.keys.Origin); err != nil || !strings.HasPrefix(string(last), w.keys.Origin+"\n20\n") {
		t.Errorf("what it co-signed before is gone: %s %v", last, err)
	}
	// nor one that is shorter than what was seen, nor another of the same size
	for _, n := range []int{3, 20} {
		w.pool = pgtest.New(t)
		record(t, w.pool, some(n)...)
		if _, err := w.ask(checkpoint(t, w.pool, w.keys)); !errors.Is(err, audit.ErrRewritten) {
			t.Errorf("another log of %d events: %v", n, err)
		}
	}
}

// rewrite changes an event as the owner with the triggers off, and has all of it sealed
// anew.
func rewrite(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	owner := pgtest.Owner(t, pool)
	for _, sql := range []string{
		"alter table audit_event disable trigger user", "alter table audit_event_1 disable trigger user",
		"alter table audit_leaf disable trigger user", "alter table audit_hash disable trigger user",
		"alter table audit_seal disable trigger user", "alter table audit_checkpoint disable trigger user",
		"update audit_event set actor = 'nobody' where subject = 'thing:7'",
		"delete from audit_leaf", "delete from audit_hash", "delete from audit_checkpoint", "delete from audit_seal",
	} {
		if _, err := owner.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWitnessTakesNobodysWord(t *testing.T) {
	t.Parallel()
	w := newWitnessed(t)
	record(t, w.pool, some(3)...)
	signed := checkpoint(t, w.pool, w.keys)
	stranger := openKeys(t)
	theirs := checkpoint(t, w.pool, stranger)
	if _, err := w.witness.Cosign(0, nil, theirs, now); !errors.Is(err, audit.ErrUnknownLog) {
		t.Errorf("a log that it does not know: %v", err)
	}
	forged := strings.Replace(string(theirs), stranger.Origin, w.keys.Origin, 1)
	if _, err := w.witness.Cosign(0, nil, []byte(forged), now); !errors.Is(err, audit.ErrUnsigned) {
		t.Errorf("a note in the log's name by another key: %v", err)
	}
	var stale audit.StaleError
	if _, err := w.witness.Cosign(2, nil, signed, now); !errors.As(err, &stale) || stale.Size != 0 {
		t.Errorf("a proof from a size that it does not have: %v", err)
	}
	for _, body := range []string{"", "old 0", "old -1\n\n", "old x\n\n", "old 0\nAAAA\n\n", "old 0\n" + strings.Repeat("A", 100_000), "old 0\n\n", "old 0\n\nx\n1\ny\n"} {
		r := httptest.NewRecorder()
		w.witness.ServeHTTP(time.Now).ServeHTTP(r, httptest.NewRequest("POST", "/add-checkpoint", strings.NewReader(body)))
		if r.Code != http.StatusBadRequest && r.Code != http.StatusNotFound {
			t.Errorf("%.20q: %d %s", body, r.Code, r.Body)
		}
	}
	// a log that does not have the witness's key does not take its word either
	bare := openKeys(t)
	if _, err := w.witness.Trust(bare.Verifiers()[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := audit.AskWitness(t.Context(), w.pool, http.DefaultClient, w.address, checkpoint(t, w.pool, bare), bare, now); err == nil || !strings.Contains(err.Error(), "witness.pub") {
		t.Errorf("an unknown witness: %v", err)
	}
	if _, err := w.witness.Trust(w.witness.Key); err == nil {
		t.Error("a witness's key is taken for a log's")
	}
	if _, err := audit.MakeWitness(audit.WitnessDir(w.witness), "x"); err == nil {
		t.Error("a witness is made over another")
	}
	if _, err := audit.OpenWitness(t.TempDir()); !errors.Is(err, audit.ErrNoWitness) {
		t.Errorf("an empty directory: %v", err)
	}
}

func TestRotatedKeysKeepTheirPast(t *testing.T) {
	t.Parallel()
	w := newWitnessed(t)
	record(t, w.pool, some(5)...)
	first := checkpoint(t, w.pool, w.keys)
	old, err := os.ReadFile(filepath.Join(w.dir, "log.key"))
	if err != nil {
		t.Fatal(err)
	}
	before := w.keys.Verifiers()[0]
	handover, err := audit.RotateKeys(t.Context(), w.pool, w.dir, "staff:1", now)
	if err != nil {
		t.Fatal(err)
	}
	if _, head, _, err := audit.OpenCheckpoint(handover, []string{before}); err != nil || head.Size != 6 {
		t.Errorf("who trusts the old key alone does not see the hand-over: %v %v", head, err)
	}
	// the one that was open signs with the new key from now on, under the same name
	record(t, w.pool, some(2)...)
	later := checkpoint(t, w.pool, w.keys)
	all := w.keys.Verifiers()
	for name, signed := range map[string][]byte{"old": first, "hand-over": handover, "new": later} {
		if origin, _, _, err := audit.OpenCheckpoint(signed, all); err != nil || origin != w.keys.Origin {
			t.Errorf("%s: %s %v", name, origin, err)
		}
	}
	if _, _, _, err := audit.OpenCheckpoint(later, []string{before}); !errors.Is(err, audit.ErrUnsigned) {
		t.Errorf("the old key signed what came after it: %v", err)
	}
	if c, err := audit.ProveConsistency(t.Context(), w.pool, first, later, w.keys); err != nil || c.Verify(all) != nil {
		t.Errorf("over a change of keys: %v", err)
	}
	// somebody who stole the old key speaks for nothing that came after it
	thief := t.TempDir()
	for name, b := range map[string]string{"log.key": string(old), "log.pub": before + "\n"} {
		if err := os.WriteFile(filepath.Join(thief, name), []byte(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stolen, err := audit.OpenKeys(thief)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := audit.OpenCheckpoint(checkpoint(t, w.pool, stolen), all); !errors.Is(err, audit.ErrUnsigned) {
		t.Errorf("a retired key is taken: %v", err)
	}
	if _, err := w.ask(later); err == nil {
		t.Error("the witness takes a key that nobody told it of")
	}
	w.trust()
	if _, err := w.ask(later); err != nil {
		t.Error(err)
	}
	if b, err := os.ReadFile(filepath.Join(w.dir, "log.key")); err != nil || string(b) == string(old) {
		t.Errorf("the key is the old one (%v)", err)
	}
	if n := one[int](t, w.pool, "select count(*) from audit_event where kind = 'log.key' and actor = 'staff:1'"); n != 1 {
		t.Errorf("%d changes stand in the log", n)
	}
}

func TestAnInterruptedRotationEndsWithOneKey(t *testing.T) {
	t.Parallel()
	w := newWitnessed(t)
	record(t, w.pool, some(1)...)
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := audit.RotateKeys(stopped, w.pool, w.dir, "staff:1", now); err == nil {
		t.Fatal("it was not stopped")
	}
	keys, err := audit.OpenKeys(w.dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := keys.Verifiers(); got[0] != w.keys.Verifiers()[0] || len(got) != 2 {
		t.Errorf("keys %v", got)
	}
	if _, err := audit.RotateKeys(t.Context(), w.pool, w.dir, "staff:1", now); err != nil {
		t.Fatal(err)
	}
	// stopped between publishing the key and using it: the next to open goes on
	if err := os.Rename(filepath.Join(w.dir, "log.key"), filepath.Join(w.dir, "log.key.next")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.dir, "log.key"), []byte("the old one\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if keys, err = audit.OpenKeys(w.dir); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := audit.OpenCheckpoint(checkpoint(t, w.pool, keys), keys.Verifiers()); err != nil {
		t.Error(err)
	}
}

func FuzzAddCheckpoint(f *testing.F) {
	f.Add("old 0\n\nx\n1\nAAAA\n\n— x AAAA\n")
	f.Add("old 5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\nx\n")
	w, err := audit.MakeWitness(f.TempDir(), "w")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRecorder()
		w.ServeHTTP(time.Now).ServeHTTP(r, httptest.NewRequest("POST", "/add-checkpoint", strings.NewReader(body)))
		if r.Code == http.StatusOK || r.Code >= 500 {
			t.Errorf("%q: %d %s", body, r.Code, r.Body)
		}
	})
}
