package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh.vn/bank"
	"ansinh.vn/bank/notice"
	"ansinh.vn/bank/sandbox"
	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
	"ansinh.vn/payout"
	"ansinh.vn/reconcile"
)

func TestAQuietMonthIsExplainedToTheLastLine(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 1, sandbox.Faults{})
	b.people(30)
	b.send()
	b.to("2026-11-03")
	sum := b.day("2026-11-02")
	if sum.Matched["batch-debit"] != 1 || sum.Matched["post-debit"] != 1 || sum.Matched["fee"] == 0 || sum.Matched["suspense"] != 0 {
		t.Errorf("matched: %+v", sum)
	}
	b.agrees()
	var settled, instructed int
	b.scan(&settled, `select count(*) from payment where state = 'settled'`)
	b.scan(&instructed, `select count(*) from payment where state = 'instructed'`)
	if settled != 20 || instructed != 10 {
		t.Errorf("%d settled by the bank, %d waiting at the post office; want 20 and 10", settled, instructed)
	}
	if left := b.balance(fmt.Sprintf("3389.r%d", b.bankAccount)); left != 0 {
		t.Errorf("in transit on the bank account: %s", left)
	}
	if again := b.reconcile(); again.Lines != 0 {
		t.Errorf("a second look found %d lines to explain", again.Lines)
	}
	if len(b.breaks()) != 0 {
		t.Errorf("false breaks: %+v", b.breaks())
	}
}

func TestAReturnIsOwedAgainWithItsReason(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 1, sandbox.Faults{})
	b.people(9)
	b.ask("POST", "/faults", map[string]any{"returns": map[string]string{"970400000001": "AC04", "970400000004": "MD07"}})
	b.send()
	b.to("2026-11-03")
	b.day("2026-11-02")
	b.to("2026-11-04")
	b.day("2026-11-03")
	var returned, cases int
	b.scan(&returned, `select count(*) from payment p where state = 'returned' and reason_code in ('AC04', 'MD07')`)
	b.scan(&cases, `select count(*) from payment_case where kind = 'death'`)
	if returned != 2 || cases != 1 {
		t.Errorf("%d returned, %d death cases; want 2 and 1", returned, cases)
	}
	var owed int64
	b.scan(&owed, `select sum(b.credits - b.debits) from account a join balance b on b.account_id = a.id
		join payment p on a.code = '3388.p' || p.person_id where p.state = 'returned'`)
	var paid int64
	b.scan(&paid, `select sum(amount) from payment where state = 'returned'`)
	if owed != paid {
		t.Errorf("owed again %d, returned %d", owed, paid)
	}
	b.agrees()
}

func TestTheSameFileIsTheSameImport(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 1, sandbox.Faults{})
	b.fund(5_000_000)
	b.to("2026-10-21")
	content := b.statement("2026-10-20")
	first, again := b.take("a.xml", content), b.take("another name.xml", content)
	if first.Again || !again.Again || len(again.Statements) != 1 || again.Statements[0].State != "accepted" {
		t.Errorf("first %+v, again %+v", first, again)
	}
	var lines int
	b.scan(&lines, `select count(*) from statement_line`)
	if lines != 1 {
		t.Errorf("%d lines", lines)
	}
}

func TestAGapParksWhatFollowsUntilItIsFilled(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 1, sandbox.Faults{})
	var days [][]byte
	for _, on := range []string{"2026-10-21", "2026-10-22", "2026-10-23"} {
		b.fund(1_000_000)
		b.to(on)
	}
	for _, on := range []string{"2026-10-20", "2026-10-21", "2026-10-22"} {
		days = append(days, b.statement(on))
	}
	b.take("1.xml", days[0])
	if third := b.take("3.xml", days[2]); third.Statements[0].State != "parked" || third.Statements[0].Reason == "" {
		t.Fatalf("a statement after a gap: %+v", third)
	}
	if sum := b.reconcile(); sum.Lines != 1 || sum.Parked != 1 {
		t.Errorf("before the gap is filled: %+v", sum)
	}
	b.take("2.xml", days[1])
	if sum := b.reconcile(); sum.Lines != 2 || sum.Parked != 0 {
		t.Errorf("after the gap is filled: %+v", sum)
	}
	b.agrees()
}

func TestAFileThatDoesNotAddUpIsQuarantined(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 1, sandbox.Faults{})
	b.fund(5_000_000)
	b.to("2026-10-21")
	lie := strings.Replace(string(b.statement("2026-10-20")), "5000000", "6000000", 1)
	done := b.take("lie.xml", []byte(lie))
	if done.Statements[0].State != "quarantined" || !strings.Contains(done.Statements[0].Reason, "000000") {
		t.Errorf("a lying statement: %+v", done)
	}
	if sum := b.reconcile(); sum.Lines != 0 {
		t.Errorf("lines of a quarantined statement were used: %+v", sum)
	}
}

func TestRefusesForeignAndDamagedFilesWhole(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 1, sandbox.Faults{})
	b.fund(5_000_000)
	b.to("2026-10-21")
	good := b.statement("2026-10-20")
	for name, content := range map[string][]byte{
		"another's account": []byte(strings.ReplaceAll(string(good), account, "9999999999")),
		"another currency":  []byte(strings.ReplaceAll(string(good), "VND", "USD")),
		"truncated":         good[:len(good)/2],
		"empty":             nil,
		"a bomb":            []byte(`<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><Document>&b;</Document>`),
	} {
		_, err := b.store.ImportStatements(b.ctx, name, content, "test", b.now)
		var refused interface{ Refused() bool }
		if !errors.As(err, &refused) || !refused.Refused() {
			t.Errorf("%s: %v, want a refusal", name, err)
		}
	}
	var files int
	b.scan(&files, `select count(*) from statement_file`)
	if files != 0 {
		t.Errorf("%d refused files left traces", files)
	}
}

func TestUnknownMoneyStandsInSuspenseUntilTwoPeopleSettleIt(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 1, sandbox.Faults{})
	b.ask("POST", "/credit", map[string]any{"bank": "970436", "account": account, "amount": 700_000, "memo": "ung ho", "name": "NGUYEN VAN A"})
	b.to("2026-10-21")
	b.day("2026-10-20")
	b.agrees()
	list := b.breaks()
	if len(list) != 1 || list[0].Kind != "unknown-credit" || b.balance("3381."+office) != 700_000 {
		t.Fatalf("breaks %+v, suspense %s", list, b.balance("3381."+office))
	}
	id := list[0].ID
	if err := b.store.Confirm(b.ctx, id, b.chairman, b.now); !errors.Is(err, reconcile.ErrNotOpen) {
		t.Errorf("confirmed without a proposal: %v", err)
	}
	if err := b.store.Propose(b.ctx, id, "burn it", "x", b.clerk, b.now); err == nil {
		t.Error("an unknown action was taken")
	}
	b.check(b.store.Propose(b.ctx, id, "fund:btxh", "tặng cho quỹ", b.clerk, b.now))
	if err := b.store.Confirm(b.ctx, id, b.clerk, b.now); !errors.Is(err, reconcile.ErrOwnProposal) {
		t.Errorf("one person settled a break alone: %v", err)
	}
	if _, err := b.pool.Exec(b.ctx, `update recon_break set state = 'settled', settled_by = proposed_by, settled_at = now()`); err == nil {
		t.Error("the database let one person settle a break alone")
	}
	b.check(b.store.Confirm(b.ctx, id, b.chairman, b.now))
	if b.balance("3381."+office) != 0 || b.balance("366."+office+".btxh") != 700_000 {
		t.Errorf("suspense %s, fund %s", b.balance("3381."+office), b.balance("366."+office+".btxh"))
	}
	if err := b.store.Confirm(b.ctx, id, b.chairman, b.now); !errors.Is(err, reconcile.ErrNotOpen) {
		t.Errorf("settled twice: %v", err)
	}
}

func TestAReturnWithoutItsReferenceIsSettledByHand(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 1, sandbox.Faults{})
	b.people(3)
	b.send()
	b.to("2026-11-03")
	b.day("2026-11-02")
	var endToEnd string
	var payment, amount int64
	b.scan(&endToEnd, `select min(end_to_end_id) from instruction where rail_account_id = $1`, b.bankAccount)
	b.scan(&amount, `select amount from instruction where end_to_end_id = $1`, endToEnd)
	b.scan(&payment, `select payment_id from instruction where end_to_end_id = $1`, endToEnd)
	b.ask("POST", "/credit", map[string]any{"bank": "970436", "account": account, "amount": amount, "memo": "hoan tra", "name": "NGAN HANG"})
	b.to("2026-11-04")
	b.day("2026-11-03")
	list := b.breaks()
	if len(list) != 1 {
		t.Fatalf("breaks: %+v", list)
	}
	b.check(b.store.Propose(b.ctx, list[0].ID, "return:"+endToEnd, "ngân hàng xác nhận qua điện thoại", b.clerk, b.now))
	b.check(b.store.Confirm(b.ctx, list[0].ID, b.chairman, b.now))
	d, err := payout.GetPayment(b.ctx, b.pool, payout.PaymentID(payment))
	b.check(err)
	if d.State != payout.Returned || b.balance("3381."+office) != 0 {
		t.Errorf("payment %s, suspense %s", d.State, b.balance("3381."+office))
	}
	b.agrees()
}

func TestAMemoWithOurReferenceIsAReturn(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 1, sandbox.Faults{})
	b.people(3)
	b.send()
	b.to("2026-11-03")
	b.day("2026-11-02")
	var endToEnd string
	var amount int64
	b.scan(&endToEnd, `select min(end_to_end_id) from instruction where rail_account_id = $1`, b.bankAccount)
	b.scan(&amount, `select amount from instruction where end_to_end_id = $1`, endToEnd)
	memo := "MBVCB.123.456.HOAN TRA " + strings.ReplaceAll(endToEnd, "-", " ") + " 2026.CT tu 0001"
	b.ask("POST", "/credit", map[string]any{"bank": "970436", "account": account, "amount": amount, "memo": memo, "name": "NGAN HANG"})
	b.ask("POST", "/credit", map[string]any{"bank": "970436", "account": account, "amount": amount + 1, "memo": memo, "name": "NGAN HANG"})
	b.to("2026-11-04")
	sum := b.day("2026-11-03")
	if sum.Matched["memo-return"] != 1 || sum.Matched["suspense"] != 1 {
		t.Errorf("%+v: the first is the return, the second came after it and differs", sum)
	}
	b.agrees()
}

func TestARefusedFileIsOwedAgainWhole(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 1, sandbox.Faults{Reject: 1})
	b.people(6)
	b.send()
	if sum := b.reconcile(); sum.Rejected == 0 {
		t.Errorf("%+v", sum)
	}
	var ready int
	b.scan(&ready, `select count(*) from payment where rail = 'bank' and state <> 'returned'`)
	if ready != 0 {
		t.Errorf("%d payments were not given back", ready)
	}
	if left := b.balance(fmt.Sprintf("3389.r%d", b.bankAccount)); left != 0 {
		t.Errorf("in transit after a refusal: %s", left)
	}
	before := b.balance("112." + office)
	b.reconcile()
	if b.balance("112."+office) != before {
		t.Error("taking the answer again moved money")
	}
}

// everything goes wrong at this bank.
var everything = sandbox.Faults{Reject: 0.1, Return: 0.3, LateReturn: 0.5, Stranger: 0.7, DoubleDebit: 0.5, Swap: 0.1, LostAnswer: 0.3, WrapMemo: 0.5}

// badMonth lives a month at such a bank and returns its statements of the days after
// the payments.
func badMonth(b *bundle) (later [][]byte) {
	b.people(24)
	b.send()
	for n := 2; n <= 8; n++ {
		b.to(fmt.Sprintf("2026-11-%02d", n+1))
		if s := b.statement(fmt.Sprintf("2026-11-%02d", n)); s != nil {
			later = append(later, s)
		}
	}
	return later
}

// told is what a reconciliation came to, without the numbers of rows.
func told(b *bundle) (all string) {
	b.scan(&all, `
		select string_agg(x, e'\n' order by x) from (
			select concat_ws(' ', l.booked_on, l.bank_ref, l.amount, m.rule, m.version, case when m.target like 'line:%' then 'line' else m.target end) x
			from match m join statement_line l on l.id = m.line_id where m.undoes is null
			union all select concat_ws(' ', k.kind, k.amount, k.state, k.action, l.bank_ref) from recon_break k join statement_line l on l.id = k.line_id
			union all select concat_ws(' ', i.end_to_end_id, i.state, i.reason_code, p.state) from instruction i join payment p on p.id = i.payment_id
			union all select concat_ws(' ', a.code, b.debits, b.credits) from account a join balance b on b.account_id = a.id) all_of_it`)
	return all
}

// The same statements in another order, a page of lines at a time or all at once, killed
// between any two pages: the same result to the letter.
func TestAnyOrderEndsTheSame(t *testing.T) {
	t.Parallel()
	for _, details := range []string{"batch", "lines"} {
		t.Run(details, func(t *testing.T) {
			t.Parallel()
			var first string
			for name, order := range map[string]func(b *bundle, days [][]byte){
				"as they come, each at once": func(b *bundle, days [][]byte) {
					for i, day := range days {
						b.take(fmt.Sprintf("%d.xml", i), day)
						b.reconcile()
					}
				},
				"the last first, three lines at a time, stopped in between": func(b *bundle, days [][]byte) {
					reconcile.SetPage(b.store, 3)
					for i := len(days) - 1; i >= 0; i-- {
						b.take(fmt.Sprintf("%d.xml", i), days[i])
						if i%2 == 0 {
							ctx, stop := context.WithCancel(b.ctx)
							_, _ = b.store.Reconcile(ctx, "worker", b.now, func(done int) {
								if done >= 6 {
									stop()
								}
							})
							stop()
						}
					}
					b.reconcile()
				},
				"all together": func(b *bundle, days [][]byte) {
					for i := range days {
						b.take(fmt.Sprintf("%d.xml", i), days[(i+2)%len(days)])
					}
					b.reconcile()
				},
			} {
				b := newBankOf(t, sandbox.Config{Seed: 3, Details: details, Faults: &everything})
				order(b, badMonth(b))
				b.agrees()
				if got := told(b); first == "" {
					first = got
				} else if diff := cmp.Diff(first, got); diff != "" {
					t.Errorf("%s: %s", name, diff)
				}
			}
		})
	}
}

// Months at a bank where everything goes wrong: whatever happens, the books say what the
// bank says, and what is not explained is a break of exactly that money.
func TestEveryDongIsExplainedOrABreak(t *testing.T) {
	t.Parallel()
	for seed := range uint64(10) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			b := newBankOf(t, sandbox.Config{Seed: seed, Details: []string{"batch", "lines"}[seed%2], Faults: &everything})
			later := badMonth(b)
			// any order of arrival
			for i := len(later) - 1; i >= 0; i-- {
				b.take(fmt.Sprintf("%d.xml", i), later[i])
				b.reconcile()
			}
			b.agrees()
			var suspense, inBreaks int64
			b.scan(&suspense, `select coalesce(sum(b.credits - b.debits), 0)::bigint from account a join balance b on b.account_id = a.id where a.code like '3381.%'`)
			b.scan(&inBreaks, `select coalesce(sum(amount), 0)::bigint from recon_break where line_id is not null and state <> 'settled'`)
			if suspense != inBreaks {
				t.Errorf("suspense holds %d, breaks explain %d", suspense, inBreaks)
			}
			var owed, back int64
			b.scan(&owed, `select coalesce(sum(b.credits - b.debits), 0)::bigint from account a join balance b on b.account_id = a.id where a.code like '3388.%'`)
			b.scan(&back, `select coalesce(sum(amount), 0)::bigint from payment where state = 'returned'`)
			if owed != back {
				t.Errorf("owed to people %d, returned payments %d", owed, back)
			}
		})
	}
}

func TestANoticeIsHeldAgainstTheStatement(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 1, sandbox.Faults{})
	tell := func(event, reference, memo string, amount money.VND) {
		b.check(pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) error {
			_, _, err := bank.StoreNotice(b.ctx, tx, bank.Received{Raw: []byte("{}"), Notice: notice.Notice{Provider: "hmac", EventID: event, In: true, Amount: amount,
				BIN: "970436", Account: account, Memo: memo, Reference: reference, OccurredAt: b.now}}, b.now)
			return err
		}))
	}
	for range 2 {
		b.ask("POST", "/credit", map[string]any{"bank": "970436", "account": account, "amount": 300_000, "memo": "ung ho bao lut", "name": "HOI CHU THAP DO"})
	}
	tell("early", "OTHER-1", "Ủng hộ bão lụt", 300_000) // folded otherwise than the line: another reference, no memo to go by
	tell("first", "OTHER-2", "UNG HO BAO LUT", 300_000)
	tell("second", "OTHER-3", "UNG HO BAO LUT", 300_000)
	tell("third", "OTHER-4", "UNG HO BAO LUT", 300_000)
	b.reconcile()
	if list := b.breaks(); len(list) != 0 {
		t.Fatalf("breaks before any statement came: %+v", list)
	}
	b.to("2026-10-21")
	b.fund(1_000_000)
	b.to("2026-10-22")
	b.day("2026-10-20")
	b.day("2026-10-21")
	var lines, breaks int
	b.scan(&lines, `select count(distinct verdict) from bank_notice where verdict like 'line:%'`)
	b.scan(&breaks, `select count(*) from recon_break where kind = 'notice-without-line' and state = 'open'`)
	if lines != 2 || breaks != 2 {
		t.Errorf("%d lines bear out notices, %d notices have none; want 2 and 2", lines, breaks)
	}
}
