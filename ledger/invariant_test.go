package ledger_test

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pgtest"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

// psql runs attempts in one session of the real client, each in a transaction, and
// returns what it says to each.
func psql(t *testing.T, dsn string, attempts map[string]string) map[string]string {
	t.Helper()
	cmd := exec.Command(program(t, "psql", "postgresql-client"), "-X", "-q", "-v", "VERBOSITY=verbose", dsn)
	var script strings.Builder
	for name, sql := range attempts {
		fmt.Fprintf(&script, "\\warn @%s@\nbegin;%s;\ncommit;\n", name, sql)
	}
	cmd.Stdin = strings.NewReader(script.String())
	var errs strings.Builder
	cmd.Stderr = &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, errs.String())
	}
	said := map[string]string{}
	parts := strings.Split(errs.String(), "@")
	for i := 1; i+1 < len(parts); i += 2 {
		said[parts[i]] = parts[i+1]
	}
	return said
}

// An entry by hand: what psql must write for one transfer to stand.
const byHand = `
	insert into entry_key (key, hash, on_day) values ('hand', sha256('h'), '2026-11-05');
	insert into entry (id, key, hash, on_day, n, total, salt, root)
		select entry_id, 'hand', sha256('h'), '2026-11-05', 1, 100, sha256('s'), sha256('r') from entry_key where key = 'hand';
	insert into transfer (entry_id, n, on_day, debit, credit, amount) select entry_id, 0, '2026-11-05', 1, 2, 100 from entry_key where key = 'hand';`

// breaks are attempts of psql to break one invariant each; where says which says no.
var breaks = map[string]struct{ sql, where string }{
	"change an entry":            {"update entry set memo = 'x'", "append_only"},
	"change a transfer":          {"update transfer set amount = 1", "append_only"},
	"change a key":               {"update entry_key set key = 'x'", "append_only"},
	"change an account":          {"update account set no_overdraft = false", "append_only"},
	"change a balance":           {"update balance set debits = 0", "append_only"},
	"add a balance":              {"insert into balance values (99, 0, 0, 1, false)", "append_only"},
	"take a balance away":        {"delete from balance", "append_only"},
	"empty the balances":         {"truncate balance", "append_only"},
	"delete an entry":            {"delete from entry", "append_only"},
	"delete a transfer":          {"delete from transfer", "append_only"},
	"delete a key":               {"delete from entry_key", "append_only"},
	"delete an account":          {"delete from account", "append_only"},
	"empty the entries":          {"truncate entry", "append_only"},
	"empty the transfers":        {"truncate transfer", "append_only"},
	"empty the keys":             {"truncate entry_key", "append_only"},
	"delete in a partition":      {"delete from transfer_2026_11", "append_only"},
	"empty a partition":          {"truncate transfer_2026_11", "append_only"},
	"write into a partition":     {"insert into transfer_2026_11 values (1, 7, '2026-11-05', 1, 2, 5, '')", "append_only"},
	"write entries in a part":    {"insert into entry_2026_11 (id, key, hash, on_day, n, total, salt, root) values (1, '', '', '2026-11-05', 1, 1, '', '')", "append_only"},
	"add to an old entry":        {"insert into transfer (entry_id, n, on_day, debit, credit, amount) values (1, 1, '2026-11-05', 1, 2, 5)", "entry_complete"},
	"a transfer without entry":   {"insert into transfer (entry_id, n, on_day, debit, credit, amount) values (99, 0, '2026-11-05', 1, 2, 5)", "entry_complete"},
	"a key without an entry":     {"insert into entry_key (key, hash, on_day) values ('k', sha256('h'), '2026-11-05')", "entry_complete"},
	"an entry without a key":     {"insert into entry (id, key, hash, on_day, n, total, salt, root) values (50, 'k', sha256('h'), '2026-11-05', 1, 1, sha256('s'), sha256('r'))", "entry_on_key"},
	"an entry of another hash":   {strings.Replace(byHand, "'hand', sha256('h'), '2026-11-05', 1, 100", "'hand', sha256('x'), '2026-11-05', 1, 100", 1), "entry_on_key"},
	"an entry of another day":    {strings.Replace(byHand, "'2026-11-05', 1, 100", "'2026-11-06', 1, 100", 1), "entry_on_key"},
	"an entry without transfers": {byHand[:strings.LastIndex(byHand, "insert")], "entry_complete"},
	"fewer than announced":       {strings.Replace(byHand, "1, 100,", "2, 200,", 1), "entry_complete"},
	"another total":              {strings.Replace(byHand, "1, 100,", "1, 99,", 1), "entry_complete"},
	"the same key":               {strings.ReplaceAll(byHand, "'hand'", "'f1'"), "entry_key_pkey"},
	"nothing moved":              {strings.Replace(byHand, "1, 2, 100", "1, 2, 0", 1), "transfer_amount_check"},
	"a negative amount":          {strings.Replace(byHand, "1, 2, 100", "1, 2, -100", 1), "transfer_amount_check"},
	"one account twice":          {strings.Replace(byHand, "1, 2, 100", "2, 2, 100", 1), "two_accounts"},
	"an unknown account":         {strings.Replace(byHand, "1, 2, 100", "1, 99, 100", 1), "accounts_exist"},
	"more than there is":         {strings.ReplaceAll(strings.Replace(byHand, "1, 2, 100", "3, 1, 100000", 1), "1, 100,", "1, 100000,"), "no_overdraft"},
	"into a closed month":        {strings.ReplaceAll(byHand, "2026-11-05", "2026-07-05"), "month_open"},
	"before the books":           {"select ledger_open_month('1800-01-01')", "ledger_month_range"},
	"a reversal of nothing":      {strings.NewReplacer("on_day) values", "on_day, reverses) values", "'2026-11-05');", "'2026-11-05', 99);").Replace(byHand), "entry_key_reverses_fkey"},
	"a reversal that is none": {strings.NewReplacer("on_day) values", "on_day, reverses) values", "'2026-11-05');", "'2026-11-05', 1);",
		"on_day, n, total", "on_day, reverses, n, total", "'2026-11-05', 1, 100", "'2026-11-05', 1, 1, 100").Replace(byHand), "reversal_mirrors"},
	"an event of another time": {"insert into audit_event (at, actor, kind, subject, tx) values (now(), '', 'k', '', '5')", "audit_event_own_transaction"},
	"change an event":          {"update audit_event set actor = ''", "append_only"},
	"delete an event":          {"delete from audit_event", "append_only"},
	"empty the log":            {"truncate audit_event", "append_only"},
	"open a closed month":      {"select ledger_set_month('2026-07-01', 'open', 'x')", "month_states"},
	"delete a month":           {"delete from ledger_month", "append_only"},
}

func TestPsqlCannotBreakAnInvariant(t *testing.T) {
	t.Parallel()
	b := openBooks(t)
	if _, err := b.post(b.funds("f1", 1000)); err != nil {
		t.Fatal(err)
	}
	b.tx(func(ctx context.Context, tx pgx.Tx) error {
		for _, state := range []string{ledger.Closing, ledger.Closed} {
			if err := ledger.SetMonth(ctx, tx, money.NewMonth(2026, 7), state, "staff:1"); err != nil {
				return err
			}
		}
		return nil
	})
	// accounts are numbered by code: 112 is 1, 3388.p1 is 2, 366 is 3
	attempts := map[string]string{"honest": byHand + "set constraints all immediate; rollback; begin"}
	for name, c := range breaks {
		attempts[name] = c.sql
	}
	for role, dsn := range map[string]string{"application": pgtest.AppDSN(t, b.pool), "owner": pgtest.OwnerDSN(t, b.pool)} {
		said := psql(t, dsn, attempts)
		if out := strings.TrimSpace(said["honest"]); out != "" {
			t.Errorf("an honest entry is refused to the %s: %s", role, out)
		}
		for name, c := range breaks {
			out := said[name]
			if !strings.Contains(out, c.where) && !(role == "application" && strings.Contains(out, "permission denied")) {
				t.Errorf("%s as %s: not refused by %s: %s", name, role, c.where, out)
			}
		}
	}
	if got := b.balance("112.31825"); got != 1000 {
		t.Errorf("bank holds %d", got)
	}
}
