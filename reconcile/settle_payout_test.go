package reconcile_test

import (
	"testing"

	"ansinh.vn/bank/sandbox"
	"ansinh.vn/money"
	"ansinh.vn/payout"
	"ansinh.vn/verify"
)

// settle has one person propose and another confirm what to do with the newest break.
func (b *bundle) settle(action string) error {
	b.Helper()
	list := b.breaks()
	id := list[len(list)-1].ID
	b.check(b.store.Propose(b.ctx, id, action, "theo chứng từ", b.clerk, b.now))
	return b.store.Confirm(b.ctx, id, b.chairman, b.now)
}

// proved checks the whole database by the independent way.
func (b *bundle) proved() {
	b.Helper()
	report, err := verify.Run(b.ctx, b.pool, verify.Options{})
	b.check(err)
	for _, d := range report.Differences {
		b.Errorf("verify: %s", d)
	}
}

func TestMoneyGivenBackIsBookedAgainstThePerson(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 1, sandbox.Faults{})
	b.people(3)
	b.exec(`insert into setting values ('payout.set_off_share', '"0"')`)
	b.exec(`insert into paid_before select id, 'btxh', 'KT_N', '2026-07-01', '2026-10-01', 1500000, first_list from person where id = 1`)
	b.send()
	b.to("2026-11-03")
	b.day("2026-11-02")
	d, err := payout.DebtOf(b.ctx, b.pool, 1)
	b.check(err)
	if d.Rest != 4*690_000 {
		t.Fatalf("debt %+v", d)
	}
	fund := b.balance("366." + office + ".btxh")

	b.ask("POST", "/credit", map[string]any{"bank": "970436", "account": account, "amount": 500_000, "memo": "nop lai tro cap", "name": "NGUYEN THI SO 0"})
	b.to("2026-11-04")
	b.day("2026-11-03")
	for _, bad := range []string{"recover:2", "recover:abc", "surrender:btxh", "feepaid:1"} { // owes nothing; no number; another way
		if err := b.settle(bad); err == nil {
			t.Errorf("%s settled money that came in", bad)
		}
	}
	b.check(b.settle("recover:1"))

	on, err := money.ParseDay("2026-11-04")
	b.check(err)
	b.check(payout.ReceiveCash(b.ctx, b.pool, payout.Receipt{Person: 1, ReceiptNo: "PT 12", Amount: 300_000, On: on, Now: b.now}, payout.StaffID(b.clerk)))
	b.ask("POST", "/credit", map[string]any{"bank": "970436", "account": account, "amount": 300_000, "memo": "nop tien mat", "name": "UBND XA"})
	b.to("2026-11-05")
	b.day("2026-11-04")
	b.check(b.settle("deposit"))

	if d, err = payout.DebtOf(b.ctx, b.pool, 1); err != nil || d.Rest != 4*690_000-800_000 {
		t.Errorf("debt %+v, %v", d, err)
	}
	if got := b.balance("366." + office + ".btxh"); got != fund+800_000 || b.balance("1111."+office) != 0 || b.balance("3381."+office) != 0 {
		t.Errorf("fund %s, cash %s, suspense %s", got, b.balance("1111."+office), b.balance("3381."+office))
	}
	b.agrees()
	b.proved()
}

func TestWhatAYearLeftLeavesByItsStatementLine(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 1, sandbox.Faults{})
	b.fund(20_000_000)
	b.to("2026-10-21")
	b.day("2026-10-20")
	const left = 15_000_000
	debit := func(amount money.VND) { // a debit that stands in suspense
		b.exec(`insert into recon_break (kind, subject, line_id, office, amount, opened_on)
			select 'unmatched', 'line:' || (select count(*) from recon_break), id, $1, $2, '2026-10-20' from statement_line limit 1`, office, -amount)
	}
	debit(10_000_000)
	if err := b.settle("surrender:btxh"); err == nil {
		t.Error("surrendered before any year was closed")
	}
	b.exec(`insert into year_end (office, year, scheme, unpaid_n, unpaid, unspent, done_by, done_at) values ($1, 2025, 'btxh', 0, 0, $2, $3, $4)`, office, left, b.clerk, b.now)
	for _, bad := range []string{"surrender:xyz", "surrender:ncc", "deposit", "recover:1", "feepaid:1"} {
		if err := b.settle(bad); err == nil {
			t.Errorf("%s settled money that left", bad)
		}
	}
	b.check(b.settle("surrender:btxh"))
	if got := b.balance("366." + office + ".btxh"); got != 10_000_000 || b.balance("3381."+office) != 10_000_000 {
		t.Errorf("fund %s, suspense %s", got, b.balance("3381."+office))
	}
	debit(5_000_001)
	if err := b.settle("surrender:btxh"); err == nil {
		t.Error("more went back than the year left")
	}
}
