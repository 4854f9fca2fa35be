package beneficiaries

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ansinh.vn/identity"
	"ansinh.vn/identity/registry"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
)

// syncTask is a sync that a process of its own does; it is read from the environment.
type syncTask struct {
	DSN, Keys string
	Access    registry.Access
}

const syncVariable = "ANSINH_SYNC_TASK"

// TestSyncProcess is the other process: without a task it has nothing to do.
func TestSyncProcess(t *testing.T) {
	raw := os.Getenv(syncVariable)
	if raw == "" {
		return
	}
	var do syncTask
	plain, err := base64.StdEncoding.DecodeString(raw)
	if err := errors.Join(err, json.Unmarshal(plain, &do)); err != nil {
		t.Fatal(err)
	}
	pool, err := pg.Open(t.Context(), do.DSN, 8)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	box, err := secret.Open(do.Keys)
	if err != nil {
		t.Fatal(err)
	}
	client, err := do.Access.Client()
	if err != nil {
		t.Fatal(err)
	}
	client.Now, client.Batch, client.InFlight = func() time.Time { return syncedOn }, 50, 3
	s := Sync{Register: client, Name: "sandbox", By: "staff:lan", Now: syncedOn, Options: identity.Options{Today: 2026}}
	if _, err := s.Run(t.Context(), pool, box); err != nil {
		t.Fatal(err)
	}
}

// watched is a register that counts who is asked about, and can be told to act at a
// message.
type watched struct {
	http.Handler
	mu       sync.Mutex
	messages int
	asked    map[string]int
	at       int
	act      func()
}

func (w *watched) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	var m struct {
		Message struct {
			Requests []struct {
				Reference string `json:"reference_id"`
			} `json:"search_request"`
		} `json:"message"`
	}
	if json.Unmarshal(body, &m) == nil && len(m.Message.Requests) > 0 {
		w.mu.Lock()
		for _, q := range m.Message.Requests {
			w.asked[trimStage(q.Reference)]++
		}
		if w.messages++; w.messages == w.at {
			w.act()
		}
		w.mu.Unlock()
	}
	w.Handler.ServeHTTP(rw, r)
}

func TestASyncThatIsKilledGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	whole, cut := live(t, 1100), live(t, 1100)
	whole.importAll()
	keys := t.TempDir()
	box, err := secret.Open(keys)
	cut.ok(err)
	cut.box = box
	cut.importAll()
	whole.synced(whole.register("none"))

	server, access, err := registry.Sandbox(7, cut.population(), "ed25519")
	cut.ok(err)
	w := &watched{Handler: server.Handler(), asked: map[string]int{}}
	line := httptest.NewServer(w)
	t.Cleanup(line.Close)
	access.URL = line.URL
	plain, err := json.Marshal(syncTask{DSN: cut.pool.Config().ConnString(), Keys: keys, Access: access})
	cut.ok(err)
	start := func() *exec.Cmd {
		c := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestSyncProcess$")
		c.Env = append(os.Environ(), syncVariable+"="+base64.StdEncoding.EncodeToString(plain))
		out := new(bytes.Buffer)
		c.Stdout, c.Stderr = out, out
		return c
	}
	kills := 0
	for _, messages := range []int{3, 15} {
		c := start()
		w.mu.Lock()
		w.at, w.act = w.messages+messages, func() { _ = c.Process.Signal(syscall.SIGKILL) }
		w.mu.Unlock()
		cut.ok(c.Start())
		if err := c.Wait(); err == nil {
			t.Fatalf("went to its end before message %d", messages)
		}
		kills++
		for cut.one(`select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and (state <> 'idle' or exists (select from pg_locks l where l.pid = pg_stat_activity.pid and l.locktype = 'advisory'))`) != "0" {
			time.Sleep(5 * time.Millisecond)
		}
	}
	done := map[string]bool{} // who is written is never asked about again
	rows, err := cut.pool.Query(cut.ctx, `select id::text from person where checked_at is not null`)
	cut.ok(err)
	for rows.Next() {
		var id string
		cut.ok(rows.Scan(&id))
		done[id] = true
	}
	cut.ok(rows.Err())
	w.mu.Lock()
	w.asked, w.at = map[string]int{}, -1
	w.mu.Unlock()
	c := start()
	if out, err := c.Process, c.Run(); err != nil {
		t.Fatalf("%v %v\n%s", out, err, c.Stdout)
	}
	if len(done) < writeSize || len(done) >= len(w.asked)+len(done) {
		t.Errorf("%d people were written before the last kill, %d asked about after it", len(done), len(w.asked))
	}
	for id := range w.asked {
		if done[id] {
			t.Errorf("person %s was written and asked about again", id)
		}
	}
	if diff := cmp.Diff(whole.standing(), cut.standing()); diff != "" {
		t.Errorf("after %d kills not the same as without:\n%s", kills, diff)
	}
	if n := cut.one(`select count(*) || ' ' || count(*) filter (where finished_at is null) || ' ' || sum(asked) from sync`); n != "1 0 "+whole.one(`select asked from sync`) {
		t.Errorf("syncs %s: somebody was counted twice or lost", n)
	}
}
