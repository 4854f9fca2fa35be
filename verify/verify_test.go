package verify_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/pgtest"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
	"ansinh.vn/verify"
)

var now = time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)

// house is a database with some books and a sealed log.
type house struct {
	*testing.T
	pool  *pgxpool.Pool
	owner *pgxpool.Pool
	keys  *audit.Keys
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{T: t, pool: pgtest.New(t)}
	h.owner = pgtest.Owner(t, h.pool)
	var err error
	if h.keys, err = audit.OpenKeys(filepath.Join(t.TempDir(), "keys")); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) tx(fn func(ctx context.Context, tx pgx.Tx) error) {
	h.Helper()
	if err := pg.Tx(h.Context(), h.pool, func(tx pgx.Tx) error { return fn(h.Context(), tx) }); err != nil {
		h.Fatal(err)
	}
}

// keep posts a few entries of every kind and seals them.
func (h *house) keep() {
	h.Helper()
	h.tx(func(ctx context.Context, tx pgx.Tx) error {
		accounts := []ledger.Account{
			{Code: "112.31825", Type: "asset"}, {Code: "366.31825.btxh", Type: "liability", NoOverdraft: true},
			{Code: "511.31825.btxh", Type: "revenue"}, {Code: "3388.p1", Type: "liability"}, {Code: "3388.p2", Type: "liability"},
		}
		ids, err := ledger.Ensure(ctx, tx, accounts)
		if err != nil {
			return err
		}
		at := func(i int) ledger.AccountID { return ids[accounts[i].Code] }
		for i := range 5 {
			var transfers []ledger.Transfer
			for j := range i + 1 {
				transfers = append(transfers, ledger.Transfer{Debit: at(0), Credit: at(1 + (i+j)%4), Amount: money.VND(1000 + 10*i + j), Ref: fmt.Sprintf("r%d \"é\n<&>", j)})
			}
			id, err := ledger.Post(ctx, tx, ledger.Entry{Key: fmt.Sprintf("k%d", i), On: money.Day(2026, 10, 28).AddDate(0, 0, i), Kind: "test",
				Memo: "Ghi chú <&>", Ref: "run:1", By: "staff:1", Transfers: transfers})
			if err != nil {
				return err
			}
			if i == 3 {
				if _, err := ledger.Reverse(ctx, tx, id, "undo", "", "staff:2", money.Day(2026, 11, 3)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	h.checkpoint()
}

func (h *house) checkpoint() []byte {
	h.Helper()
	if _, err := audit.Seal(h.Context(), h.pool, now); err != nil {
		h.Fatal(err)
	}
	signed, err := audit.Checkpoint(h.Context(), h.pool, h.keys, now)
	if err != nil {
		h.Fatal(err)
	}
	return signed
}

func (h *house) verify(checkpoints ...[]byte) *verify.Report {
	h.Helper()
	r, err := verify.Run(h.Context(), h.pool, verify.Options{Verifiers: h.keys.Verifiers(), Checkpoints: checkpoints})
	if err != nil {
		h.Fatal(err)
	}
	return r
}

// tamper runs statements as the owner with the triggers off.
func (h *house) tamper(statements ...string) {
	h.Helper()
	err := pg.Tx(h.Context(), h.owner, func(tx pgx.Tx) error {
		rows, err := tx.Query(h.Context(), `select distinct c.oid::regclass::text from pg_trigger t join pg_class c on c.oid = t.tgrelid
			where not tgisinternal and c.relnamespace = 'public'::regnamespace order by 1`)
		if err != nil {
			return err
		}
		tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		for _, toggle := range []string{"disable", "enable"} {
			for _, t := range tables {
				if _, err := tx.Exec(h.Context(), "alter table "+t+" "+toggle+" trigger user"); err != nil {
					return err
				}
			}
			if toggle == "enable" {
				break
			}
			for _, sql := range statements {
				tag, err := tx.Exec(h.Context(), sql)
				if err != nil {
					return fmt.Errorf("%s: %w", sql, err)
				}
				if tag.RowsAffected() == 0 && !tag.Insert() {
					return fmt.Errorf("%s: changed nothing", sql)
				}
			}
			// foreign keys and deferred triggers speak before tables may be altered again
			if _, err := tx.Exec(h.Context(), "set constraints all immediate"); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		h.Fatal(err)
	}
}

// found tells whether the report names a table and a row with something about what.
func found(r *verify.Report, table, id, what string) bool {
	for _, d := range r.Differences {
		if d.Table == table && (id == "" || d.ID == id) && strings.Contains(d.What, what) {
			return true
		}
	}
	return false
}

func TestVerifyAgreesWithHonestBooks(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if r := h.verify(); !r.Agrees {
		t.Errorf("empty books: %v", r.Differences)
	}
	h.keep()
	early := h.checkpoint()
	h.tx(func(ctx context.Context, tx pgx.Tx) error {
		return audit.Record(ctx, tx, audit.Event{Kind: "later", Payload: map[string]any{"b": 1.50, "a": "x"}})
	})
	r := h.verify(early, h.checkpoint())
	if !r.Agrees {
		t.Errorf("differences: %v", r.Differences)
	}
	want := map[string]int64{"entries": 6, "transfers": 19, "balances": 5, "events in the log": 7}
	for _, c := range r.Checked {
		if n, ok := want[c.What]; ok && n != c.N {
			t.Errorf("%d %s, want %d", c.N, c.What, n)
		}
	}
}

// Every kind of row is changed behind the triggers' back, and each is found by name.
func TestVerifyFindsTamperedBooks(t *testing.T) {
	t.Parallel()
	type tampering struct{ sql, table, id, what string }
	for name, cases := range map[string][]tampering{
		"transfers": {
			{"update transfer set credit = 2 where entry_id = 1", "balance", "3388.p1", "credits"},
			{"update transfer set amount = amount + 1 where entry_id = 2 and n = 0", "entry", "2", "hash of its content"},
			{"insert into transfer select entry_id, 2, on_day, debit, credit, amount, ref from transfer where entry_id = 2 and n = 1", "entry", "2", "number of transfers"},
			{"update transfer set ref = 'other' where entry_id = 3 and n = 0", "entry", "3", "root of its transfers"},
			{"delete from transfer where entry_id = 4 and n = 3", "entry", "4", "total"},
			{"update transfer set amount = amount + 1 where entry_id = 5 and n = 0", "entry", "5", "mirror"},
			{"update transfer set debit = 77 where entry_id = 6 and n = 0", "transfer", "account 77", "account"},
			{"insert into transfer values (99, 0, '2026-11-01', 1, 2, 5, '')", "transfer", "99/0", "entry"},
		},
		"entries": {
			{"update entry set memo = 'x' where id = 1", "entry", "1", "memo in the log"},
			{"update entry set by_who = 'x' where id = 1", "entry", "1", "author in the log"},
			{"update entry_key set key = 'x' where entry_id = 1", "entry", "1", "key"},
			{"update entry set hash = sha256('x') where id = 3", "entry", "3", "hash under its key"},
			{"update entry set salt = sha256('x') where id = 4", "entry", "4", "root of its transfers"},
			{"update entry set kind = 'x' where id = 6", "entry", "6", "kind in the log"},
			{"update entry set at = at + interval '1 second' where id = 5", "entry", "5", "time in the log"},
			{"update entry set debit = 2, credit = 3 where id = 1", "transfer", "1/0", "accounts that its entry carries"},
			{"delete from entry where id = 2", "entry_key", "2", "its row in entry"},
			{"update ledger_month set state = 'closed', changed_at = now() - interval '1 day' where month = '2026-10-01'", "entry", "1", "2026-10 was closed"},
		},
		"balances": {
			{"update balance set debits = debits + 5 where account_id = 1", "balance", "112.31825", "debits"},
			{"delete from balance where account_id = 3", "account", "3388.p2", "its balance"},
			{"update balance set floored = false where account_id = 4", "balance", "366.31825.btxh", "no overdraft"},
			{"update account set type = 'asset' where id = 2", "balance", "3388.p1", "sign"},
			{"update account set name = name where id = 2", "account", "3388.p1", "class"},
			{"update account set office = '31843' where id = 1", "account", "112.31825", "office in its code"},
			{"update balance set held = 7 where account_id = 1", "balance", "112.31825", "open holds"},
			{"insert into hold_open values (9, now())", "hold_open", "9", "its hold"},
			{"insert into hold (key, debit, credit, amount, until, made_at) values ('h', 1, 2, 5, now() + interval '1 day', now())", "hold", "1", "open hold"},
			{"insert into month_total values ('2026-11-01', 1, 5, 5)", "month_total", "2026-11 account 1", "closed month"},
			{"update ledger_month set state = 'closing' where month = '2026-11-01'", "ledger_month", "2026-11", "state in the log"},
		},
		"log": {
			{"update audit_event set payload = payload || '{\"total\": 1}' where subject = 'entry:2'", "audit_event", "2", "hash of the event"},
			{"update audit_event set at = at + interval '1 microsecond' where id = 4", "audit_event", "4", "hash of the event"},
			{"delete from audit_event where id = 3", "audit_event", "3", "event of a leaf"},
			{"update audit_event set salt = '\\x00112233445566778899aabbccddeeff' where id = 1", "audit_event", "1", "hash of the event"},
			{"update audit_hash set hash = sha256('x') where pos = 5", "audit_hash", "5", "inner hash"},
			{"insert into audit_hash values (9999, sha256('x'))", "audit_hash", "9999", "beyond the last leaf"},
			{"insert into audit_event (actor, kind, subject, tx) values ('x', 'x', 'x', '5')", "audit_event", "", "place in the log"},
			{"update audit_seal set root = sha256('x')", "audit_seal", "6", "root"},
			{"update audit_checkpoint set note = replace(note, E'\\n6\\n', E'\\n5\\n')", "audit_checkpoint", "6", "signature"},
		},
		"leaves": {
			{"update account set no_overdraft = false where id = 4", "account", "366.31825.btxh", "no overdraft of a fund"},
			{"update audit_hash set hash = sha256('x') where pos = 0", "audit_event", "1", "hash of the event"},
			{"update audit_leaf set event_id = 1001 where event_id = 2", "audit_event", "1001", "event of a leaf"},
			{"delete from audit_leaf where leaf = 5", "audit_event", "6", "place in the log"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.keep()
			var statements []string
			for _, c := range cases {
				statements = append(statements, c.sql)
			}
			h.tamper(statements...)
			r := h.verify()
			for _, c := range cases {
				if !found(r, c.table, c.id, c.what) {
					t.Errorf("not found: %s", c.sql)
				}
			}
			if t.Failed() {
				for _, d := range r.Differences {
					t.Log(d)
				}
			}
		})
	}
}

func TestVerifyFindsAnEntryWithoutTrace(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.keep()
	// the entry goes with all that hangs on it, and the balances follow
	h.tamper("delete from entry where id = 1", "delete from entry_key where entry_id = 1", "delete from transfer where entry_id = 1",
		"update balance set debits = debits - 1000 where account_id = 1", "update balance set credits = credits - 1000 where account_id = 2")
	if r := h.verify(); !found(r, "entry", "1", "the entry of event") {
		t.Errorf("differences: %v", r.Differences)
	}
}

func TestVerifyFindsARewrittenLogByACheckpoint(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.keep()
	kept := h.checkpoint()
	// the whole log is made anew over changed events: only a checkpoint kept outside knows
	h.tamper("update entry set memo = 'x' where id = 1",
		"update audit_event set payload = payload || '{\"memo\": \"x\"}' where subject = 'entry:1'",
		"delete from audit_checkpoint", "delete from audit_seal", "delete from audit_hash", "delete from audit_leaf")
	h.checkpoint()
	if r := h.verify(); !r.Agrees {
		t.Fatalf("the rewriting is not whole: %v", r.Differences)
	}
	if r := h.verify(kept); !found(r, "checkpoint", "given 1", "root") {
		t.Errorf("differences: %v", r.Differences)
	}
	h.tamper("delete from audit_checkpoint", "delete from audit_seal", "delete from audit_hash", "delete from audit_leaf", "delete from audit_event")
	if r := h.verify(kept); !found(r, "checkpoint", "given 1", "size of the log") {
		t.Errorf("a log that was emptied: %v", r.Differences)
	}
}
