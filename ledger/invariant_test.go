package ledger_test

import (
	"context"
	"fmt"
	"maps"
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

// An entry by hand: what psql must write for one transfer to stand, as a run's entry does
// and as a payment does.
const byHand = `
	insert into entry (key, hash, on_day, n, total, salt, root) values ('hand', sha256('h'), '2026-11-05', 1, 100, sha256('s'), sha256('r'));
	insert into transfer (entry_id, n, on_day, debit, credit, amount) select entry_id, 0, '2026-11-05', 1, 2, 100 from entry_key where key = 'hand';`
const inOne = `
	insert into entry (key, hash, on_day, n, total, debit, credit, salt, root) values ('one', sha256('h'), '2026-11-05', 1, 100, 1, 2, sha256('s'), sha256('r'))`

// A trigger of one's own, from which guards that look at the depth of triggers would let pass.
const fromWithin = `
	create temp table door (x int);
	create function pg_temp.push() returns trigger language plpgsql as $f$ begin %s; return null; end $f$;
	create trigger push after insert on door for each statement execute function pg_temp.push();
	insert into door values (1)`

// breaks are attempts of psql to break one invariant each; where says which says no.
var breaks = map[string]struct{ sql, where string }{
	"change an entry":            {"update entry set memo = 'x'", "append_only"},
	"change a transfer":          {"update transfer set amount = 1", "append_only"},
	"change a key":               {"update entry_key set key = 'x'", "append_only"},
	"change an account":          {"update account set no_overdraft = false", "append_only"},
	"change a balance":           {"update balance set debits = 0", "append_only"},
	"add a balance":              {"insert into balance values (99, 0, 0, 0, 1, false)", "append_only"},
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
	"a key without an entry":     {"insert into entry_key (key, hash, entry_id, on_day) values ('k', sha256('h'), 99, '2026-11-05')", "append_only"},
	"an entry without transfers": {byHand[:strings.LastIndex(byHand, "insert")], "entry_complete"},
	"fewer than announced":       {strings.Replace(byHand, "1, 100,", "2, 200,", 1), "entry_complete"},
	"another total":              {strings.Replace(byHand, "1, 100,", "1, 99,", 1), "entry_complete"},
	"a second transfer later":    {inOne + "; insert into transfer (entry_id, n, on_day, debit, credit, amount) select entry_id, 1, '2026-11-05', 1, 2, 100 from entry_key where key = 'one'", "entry_complete"},
	"the same key":               {strings.ReplaceAll(inOne, "'one'", "'f1'"), "entry_key_pkey"},
	"the number of an entry":     {strings.NewReplacer("(key,", "(id, key,", "('one'", "(1, 'one'").Replace(inOne), "entry_"},
	"an entry of another time":   {strings.NewReplacer("(key,", "(tx, key,", "('one'", "('5', 'one'").Replace(inOne), "entry_own_transaction"},
	"a hash that is none":        {strings.Replace(inOne, "sha256('h')", "'\\x00'", 1), "entry_form"},
	"two accounts of three":      {strings.Replace(inOne, "1, 2, sha", "1, null, sha", 1), "entry_of_one"},
	"nothing moved":              {strings.Replace(byHand, "1, 2, 100", "1, 2, 0", 1), "transfer_amount_check"},
	"nothing moved in one":       {strings.Replace(inOne, "1, 100, 1", "1, 0, 1", 1), "entry_form"},
	"a negative amount":          {strings.Replace(byHand, "1, 2, 100", "1, 2, -100", 1), "transfer_amount_check"},
	"one account twice":          {strings.Replace(byHand, "1, 2, 100", "2, 2, 100", 1), "two_accounts"},
	"one account twice in one":   {strings.Replace(inOne, "1, 2, sha", "2, 2, sha", 1), "two_accounts"},
	"an unknown account":         {strings.Replace(byHand, "1, 2, 100", "1, 99, 100", 1), "accounts_exist"},
	"an unknown account in one":  {strings.Replace(inOne, "1, 2, sha", "1, 99, sha", 1), "accounts_exist"},
	"more than there is":         {strings.ReplaceAll(strings.Replace(byHand, "1, 2, 100", "3, 1, 100000", 1), "1, 100,", "1, 100000,"), "no_overdraft"},
	"more than there is in one":  {strings.Replace(inOne, "100, 1, 2", "100000, 3, 1", 1), "no_overdraft"},
	"into a closed month":        {strings.ReplaceAll(byHand, "2026-11-05", "2026-07-05"), "month_open"},
	"into a closed month in one": {strings.ReplaceAll(inOne, "2026-11-05", "2026-07-05"), "month_open"},
	"before the books":           {"select ledger_open_month('1800-01-01')", "ledger_month_range"},
	"a reversal of nothing":      {strings.NewReplacer("on_day, n,", "on_day, reverses, n,", "'2026-11-05', 1, 100,", "'2026-11-05', 99, 1, 100,").Replace(byHand), "reverses_an_entry"},
	"a reversal that is none":    {strings.NewReplacer("on_day, n,", "on_day, reverses, n,", "'2026-11-05', 1, 100,", "'2026-11-05', 1, 1, 100,").Replace(byHand), "reversal_mirrors"},
	"a reversal in one":          {strings.NewReplacer("on_day, n,", "on_day, reverses, n,", "'2026-11-05', 1, 100,", "'2026-11-05', 1, 1, 100,").Replace(inOne), "entry_of_one"},
	"from a trigger at hand": {fmt.Sprintf(fromWithin, "insert into transfer (entry_id, n, on_day, debit, credit, amount) values (1, 1, '2026-11-05', 1, 2, 5)"),
		"entry_"},

	"more held than there is": {"insert into hold (key, debit, credit, amount, until, made_at) values ('x', 3, 1, 901, '2030-01-01', '2026-11-05')", "no_overdraft"},
	"held, and paid":          {strings.Replace(inOne, "100, 1, 2", "901, 3, 1", 1), "no_overdraft"},
	"held of nobody":          {"insert into hold (key, debit, credit, amount, until, made_at) values ('x', 3, 99, 1, '2030-01-01', '2026-11-05')", "accounts_exist"},
	"held of oneself":         {"insert into hold (key, debit, credit, amount, until, made_at) values ('x', 3, 3, 1, '2030-01-01', '2026-11-05')", "hold_two_accounts"},
	"nothing held":            {"insert into hold (key, debit, credit, amount, until, made_at) values ('x', 3, 1, 0, '2030-01-01', '2026-11-05')", "hold_amount"},
	"held twice":              {"insert into hold (key, debit, credit, amount, until, made_at) values ('h1', 3, 1, 1, '2030-01-01', '2026-11-05')", "hold_key"},
	"change a hold":           {"update hold set amount = 1", "append_only"},
	"delete a hold":           {"delete from hold", "append_only"},
	"empty the holds":         {"truncate hold cascade", "append_only"},
	"change an end":           {"update hold_end set how = 'expired'", "append_only"},
	"delete an end":           {"delete from hold_end", "append_only"},
	"expired before its time": {"insert into hold_end (hold_id, how, at) values (1, 'expired', '2029-01-01')", "hold_in_time"},
	"posted after its time":   {"insert into hold_end (hold_id, how, key, at) values (1, 'posted', 'f1', '2031-01-01')", "hold_in_time"},
	"posted without entry":    {"insert into hold_end (hold_id, how, key, at) values (1, 'posted', 'hand', '2027-01-01')", "hold_by_entry"},
	"posted by an old entry":  {"insert into hold_end (hold_id, how, key, at) values (1, 'posted', 'f1', '2027-01-01')", "hold_by_entry"},
	"posted by another":       {"insert into hold_end (hold_id, how, key, at) values (1, 'posted', 'one', '2027-01-01');" + inOne, "hold_by_entry"},
	"posted for more": {"insert into hold_end (hold_id, how, key, at) values (1, 'posted', 'one', '2027-01-01');" +
		strings.Replace(inOne, "100, 1, 2", "101, 3, 1", 1), "hold_by_entry"},
	"ended twice": {"insert into hold_end (hold_id, how, at) values (2, 'released', '2027-01-01')", "hold_end_pkey"},

	"forget an open hold":  {"delete from hold_open", "append_only"},
	"empty the open holds": {"truncate hold_open", "append_only"},

	"write the total of a month":  {"insert into month_total values ('2026-07-01', 1, 1, 0)", "append_only"},
	"change the total of a month": {"update month_total set debits = 1", "append_only"},
	"empty the totals":            {"truncate month_total", "append_only"},
	"a month that begins closed":  {"insert into ledger_month (month, state) values ('2031-01-01', 'closed')", "month_states"},
	"open a closed month by hand": {"update ledger_month set state = 'open' where month = '2026-07-01'", "month_states"},

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
	b.tx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			insert into hold (key, debit, credit, amount, until, made_at)
			values ('h1', 3, 1, 100, '2030-01-01', '2026-11-05'), ('h2', 3, 1, 100, '2030-01-01', '2026-11-05');
			insert into hold_end (hold_id, how, at) values (2, 'released', '2026-11-06')`)
		return err
	})
	// accounts are numbered by code: 112 is 1, 3388.p1 is 2, 366 is 3
	attempts := map[string]string{"honest": byHand + inOne + "; set constraints all immediate; rollback; begin"}
	for name, c := range breaks {
		attempts[name] = c.sql
	}
	for role, dsn := range map[string]string{"application": pgtest.AppDSN(t, b.pool), "owner": pgtest.OwnerDSN(t, b.pool)} {
		attempts := maps.Clone(attempts)
		if role == "owner" { // who makes triggers can as well switch them off: verify's business
			delete(attempts, "from a trigger at hand")
		}
		said := psql(t, dsn, attempts)
		if out := strings.TrimSpace(said["honest"]); out != "" {
			t.Errorf("an honest entry is refused to the %s: %s", role, out)
		}
		delete(attempts, "honest")
		for name := range attempts {
			c, out := breaks[name], said[name]
			if !strings.Contains(out, c.where) && !(role == "application" && strings.Contains(out, "permission denied")) {
				t.Errorf("%s as %s: not refused by %s: %s", name, role, c.where, out)
			}
		}
	}
	if got := b.balance("112.31825"); got != 1000 {
		t.Errorf("bank holds %d", got)
	}
}
