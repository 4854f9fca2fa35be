package payout

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/bank"
	"ansinh.vn/bank/sandbox"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/pgtest"
	"ansinh.vn/internal/secret"
	"ansinh.vn/money"
)

// task is what a process of its own is told to do; it is read from the environment.
type task struct {
	Do        string // approve, send
	DSN, Dir  string
	Run       RunID
	Staff     StaffID
	Key       KeyID
	Signature []byte
	Account   bank.RailAccountID
	Bank      string
	Now       time.Time
}

const taskVariable = "ANSINH_PAYOUT_TASK"

// TestProcess is the other process: without a task it has nothing to do.
func TestProcess(t *testing.T) {
	raw := os.Getenv(taskVariable)
	if raw == "" {
		return
	}
	var do task
	plain, err := base64.StdEncoding.DecodeString(raw)
	if err == nil {
		err = json.Unmarshal(plain, &do)
	}
	if err == nil {
		err = do.run(t)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (do task) run(t *testing.T) error {
	pool, err := pg.Open(t.Context(), do.DSN, 4)
	if err != nil {
		return err
	}
	defer pool.Close()
	if do.Do == "approve" {
		r, err := Get(t.Context(), pool, do.Run)
		if err != nil || r.State == RunApproved {
			return err
		}
		_, err = Approve(t.Context(), pool, Approval{Run: do.Run, Staff: do.Staff, Key: do.Key, Signature: do.Signature}, do.Now)
		return err
	}
	box, err := secret.Open(do.Dir)
	if err != nil {
		return err
	}
	s, err := Instruct(t.Context(), pool, box, InstructInput{Run: do.Run, Account: do.Account, RequestedOn: day("2026-11-02"), By: do.Staff, Now: do.Now})
	if err != nil {
		return err
	}
	rail := &bank.HTTPRail{Base: do.Bank, Token: "t"}
	for _, id := range s.Messages {
		m, err := bank.Load(t.Context(), pool, id)
		if err != nil {
			return err
		}
		if m.State == bank.Sent || m.State == bank.Unknown {
			if _, err := bank.Ask(t.Context(), pool, rail, id, do.Now); err != nil && m.State != bank.Made {
				if m, err = bank.Load(t.Context(), pool, id); err != nil || m.State != bank.Made {
					return err
				}
			}
		}
		if m.State == bank.Made {
			if _, err := bank.Send(t.Context(), pool, rail, id, do.Now); err != nil {
				return err
			}
		}
	}
	return nil
}

// start begins a task in a process of its own.
func (b *bundle) start(do task) *exec.Cmd {
	b.Helper()
	do.DSN = pgtest.AppDSN(b.T, b.pool)
	raw, err := json.Marshal(do)
	b.check(err)
	c := exec.Command(os.Args[0], "-test.run=^TestProcess$", "-test.count=1")
	c.Env = append(os.Environ(), taskVariable+"="+base64.StdEncoding.EncodeToString(raw))
	var out strings.Builder
	c.Stdout, c.Stderr = &out, &out
	b.check(c.Start())
	return c
}

func (b *bundle) finish(do task) {
	b.Helper()
	c := b.start(do)
	if err := c.Wait(); err != nil {
		b.Fatalf("%s: %v\n%s", do.Do, err, c.Stdout)
	}
}

// killedAt kills the process while a statement of it waits in the database: nothing of
// its transaction may stay, and what it did before must be taken up.
func (b *bundle) killedAt(do task, owner *pgxpool.Pool, on string) {
	b.Helper()
	if _, err := owner.Exec(b.ctx, `create or replace function wait_here() returns trigger language plpgsql as $$ begin perform pg_advisory_lock_shared(41); perform pg_advisory_unlock_shared(41); return new; end $$;
		create trigger wait_here `+on+` execute function wait_here()`); err != nil {
		b.Fatal(err)
	}
	hold, err := owner.Acquire(b.ctx)
	b.check(err)
	defer hold.Release()
	_, err = hold.Exec(b.ctx, `select pg_advisory_lock(41)`)
	b.check(err)
	c := b.start(do)
	gone := make(chan struct{})
	go func() { _ = c.Wait(); close(gone) }()
	for b.count(`select count(*) from pg_locks where locktype = 'advisory' and objid = 41 and not granted and database = (select oid from pg_database where datname = current_database())`) == 0 {
		select {
		case <-gone:
			b.Fatalf("%s went past %s:\n%s", do.Do, on, c.Stdout)
		case <-time.After(5 * time.Millisecond):
		}
	}
	b.check(c.Process.Signal(syscall.SIGKILL))
	<-gone
	_, err = hold.Exec(b.ctx, `select pg_advisory_unlock(41)`)
	b.check(err)
	for b.count(`select count(*) from pg_stat_activity where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()`) > 0 {
		time.Sleep(5 * time.Millisecond)
	}
	table := strings.Fields(on[strings.Index(on, " on ")+4:])[0]
	if _, err := owner.Exec(b.ctx, `drop trigger wait_here on `+table); err != nil {
		b.Fatal(err)
	}
}

// killable is a run of five whose keys stand in a directory that another process opens.
func killable(t *testing.T) (b *bundle, dir string) {
	b, dir = newBundle(t), t.TempDir()
	box, err := secret.Open(dir)
	b.check(err)
	b.box = box
	for range 5 {
		b.person(receives())
	}
	return b, dir
}

func TestApprovingIsKilledAnywhereAndDoneOnce(t *testing.T) {
	t.Parallel()
	b, _ := killable(t)
	r := b.submit(b.prepare())
	b.funds(BTXH, 10*monthDue)
	a, err := Sign(b.ctx, b.pool, r, b.chairman, b.keys[b.chairman])
	b.check(err)
	do := task{Do: "approve", Run: r.ID, Staff: a.Staff, Key: a.Key, Signature: a.Signature, Now: b.now}
	owner := pgOwner(b)
	for _, on := range []string{"before insert on approval for each row", "before insert on entry_key for each row", "before insert on transfer for each statement",
		"after insert on transfer for each statement", "before update on run for each row", "after update on run for each row"} {
		b.killedAt(do, owner, on)
		if n := b.count(`select (select count(*) from approval) + (select count(*) from entry where kind = 'run.approved')`); n != 0 {
			t.Errorf("killed at %s: %d rows stay", on, n)
		}
		b.nothingIsLost()
	}
	b.finish(do)
	b.finish(do) // started again after it was done
	if r, err = Get(b.ctx, b.pool, r.ID); err != nil || r.State != RunApproved || b.balance("611.31825.btxh") != 5*monthDue {
		t.Errorf("run %+v, spent %d, %v", r, b.balance("611.31825.btxh"), err)
	}
	b.nothingIsLost()
}

func TestSendingIsKilledAnywhereAndPaysEachOnce(t *testing.T) {
	t.Parallel()
	b, dir := killable(t)
	r := b.approved()
	peer, err := sandbox.New(sandbox.Config{Token: "t", Day: "2026-11-01", Fee: -1, Faults: &sandbox.Faults{}})
	b.check(err)
	defer peer.Close()
	var child *exec.Cmd
	kill := "" // when the door kills who comes: on arrival, or after the bank has taken the message
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if kill == "arrival" {
			_ = child.Process.Signal(syscall.SIGKILL)
			panic(http.ErrAbortHandler)
		}
		if kill == "taken" {
			peer.Handler().ServeHTTP(httptest.NewRecorder(), q)
			_ = child.Process.Signal(syscall.SIGKILL)
			panic(http.ErrAbortHandler)
		}
		peer.Handler().ServeHTTP(w, q)
	}))
	defer door.Close()
	ask := func(method, path, body string) (answer struct {
		Balance money.VND `json:"balance"`
		Entries int       `json:"entries"`
	}) {
		q := httptest.NewRequest(method, path, strings.NewReader(body))
		q.Header.Set("Authorization", "Bearer t")
		w := httptest.NewRecorder()
		peer.Handler().ServeHTTP(w, q)
		if w.Code != http.StatusOK {
			t.Fatalf("%s %s: %s", method, path, w.Body)
		}
		_ = json.Unmarshal(w.Body.Bytes(), &answer)
		return answer
	}
	ask("POST", "/accounts", `{"bank":"970436","account":"1234567890","name":"UBND xa Vinh Loc","kind":"agency"}`)
	ask("POST", "/credit", `{"bank":"970436","account":"1234567890","amount":100000000,"memo":"kinh phi","name":"KBNN","reference":"F1"}`)

	do := task{Do: "send", Dir: dir, Run: r.ID, Staff: b.clerk, Account: b.bank, Bank: door.URL, Now: b.now}
	owner := pgOwner(b)
	for _, on := range []string{"before insert on bank_message for each row", "after insert on instruction for each statement", "before insert on transfer for each statement",
		"after update on payment for each statement"} {
		b.killedAt(do, owner, on)
		b.nothingIsLost()
	}
	b.killedAt(do, owner, "before update on bank_message for each row") // made and committed, not yet marked as sent
	for _, kill = range []string{"arrival", "taken", "taken"} {
		child = b.start(do)
		_ = child.Wait()
		b.nothingIsLost()
	}
	kill = ""
	b.killedAt(do, owner, "before update on bank_message for each row") // answered, and the answer not yet kept
	b.finish(do)
	b.finish(do)
	ask("POST", "/clock", `{"day":"2026-11-04"}`)
	got := ask("GET", "/accounts/970436-1234567890", "")
	if got.Balance != 100_000_000-5*monthDue || got.Entries != 2 {
		t.Errorf("the bank paid %d in %d lines, want %d in one batch, and one credit", 100_000_000-got.Balance, got.Entries, 5*monthDue)
	}
	if n := b.count(`select count(*) from instruction`); n != 5 {
		t.Errorf("%d orders", n)
	}
	if n := b.count(`select count(*) from bank_message where state = 'accepted'`); n != 1 {
		t.Errorf("%d messages accepted", n)
	}
	b.nothingIsLost()
}
