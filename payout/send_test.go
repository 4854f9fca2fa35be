package payout

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/xuri/excelize/v2"

	"ansinh.vn/bank"
	"ansinh.vn/internal/pg"
)

func (b *bundle) message(id string) bank.Stored {
	b.Helper()
	m, err := bank.Load(b.ctx, b.pool, id)
	b.check(err)
	return m
}

func TestInstructMakesEachOrderOnce(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	first, second := b.person(receives()), b.person(receives())
	b.person(receives(inCash))
	r := b.approved()
	s := b.instruct(r, b.bank)
	if diff := cmp.Diff(Sending{Messages: []string{"AS-202611-31825-1-b1"}, N: 2, Total: 2 * monthDue}, s); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if again := b.instruct(r, b.bank); !again.Again || again.N != 2 || again.Messages[0] != s.Messages[0] {
		t.Errorf("again: %+v", again)
	}
	if n := b.count(`select count(*) from instruction`); n != 2 {
		t.Errorf("%d orders", n)
	}
	if b.owes(first) != 0 || b.owes(second) != 0 || b.balance(inTransit(b.bank, office).Code) != 2*monthDue {
		t.Errorf("owed %d and %d, in transit %d", b.owes(first), b.owes(second), b.balance(inTransit(b.bank, office).Code))
	}
	content := string(b.message(s.Messages[0]).Content)
	for _, want := range []string{"<EndToEndId>AS202611-1-A1</EndToEndId>", ">1050000<", "<Id>970400000001</Id>", "AS202611-1-A1 tro cap thang 11 2026", "<CtrlSum>2100000</CtrlSum>", "<NbOfTxs>2</NbOfTxs>"} {
		if !strings.Contains(content, want) {
			t.Errorf("the message lacks %s", want)
		}
	}
	b.nothingIsLost()
	if r, err := Get(b.ctx, b.pool, r.ID); err != nil || r.State != RunInstructed {
		t.Errorf("run %+v, %v", r, err)
	}
}

func TestInstructKilledAnywhereIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	for range 5 {
		b.person(receives())
	}
	r := b.approved()
	b.exec(`insert into setting values ('payout.message_size', '2')`)
	for _, table := range []string{"bank_message", "instruction", "transfer", "payment"} {
		// the transaction dies after something of it was written
		owner := pgOwner(b)
		when := map[string]string{"payment": "before update on payment", "transfer": "before insert on transfer"}[table]
		if when == "" {
			when = "before insert on " + table
		}
		if _, err := owner.Exec(b.ctx, `create function killed() returns trigger language plpgsql as $$ begin raise exception 'killed'; end $$;
			create trigger killed `+when+` for each statement execute function killed()`); err != nil {
			t.Fatal(err)
		}
		_, err := Instruct(b.ctx, b.pool, b.box, InstructInput{Run: r.ID, Account: b.bank, RequestedOn: day("2026-11-02"), By: b.clerk, Now: b.now})
		if err == nil || !strings.Contains(err.Error(), "killed") {
			t.Fatalf("at %s: %v", table, err)
		}
		if _, err := owner.Exec(b.ctx, `drop trigger killed on `+table+`; drop function killed()`); err != nil {
			t.Fatal(err)
		}
		if n := b.count(`select (select count(*) from instruction) + (select count(*) from bank_message)`); n != 0 {
			t.Errorf("%d rows stay after dying at %s", n, table)
		}
		b.nothingIsLost()
	}
	s := b.instruct(r, b.bank)
	if len(s.Messages) != 3 || s.N != 5 || b.count(`select count(distinct payment_id) from instruction`) != 5 {
		t.Errorf("%+v", s)
	}
	b.nothingIsLost()
}

func TestOrdersAreRefusedOutsideTheirRun(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	p := b.person(receives())
	r := b.submit(b.prepare())
	if _, err := Instruct(b.ctx, b.pool, b.box, InstructInput{Run: r.ID, Account: b.bank, By: b.clerk, Now: b.now}); !errors.Is(err, ErrState) {
		t.Errorf("before approval: %v, want ErrState", err)
	}
	b.funds(BTXH, monthDue)
	_, err := b.approve(r, b.chairman)
	b.check(err)
	b.instruct(r, b.bank)
	d := b.paymentOf(p)
	_, err = b.pool.Exec(b.ctx, `insert into instruction (end_to_end_id, payment_id, run_id, attempt, bank_message_id, rail_account_id, amount)
		select 'AS202611-1-A2', payment_id, run_id, 2, bank_message_id, rail_account_id, amount from instruction`)
	if pg.Constraint(err) != "instruction_alive" {
		t.Errorf("a second order for payment %d: %v, want instruction_alive", d.ID, err)
	}
}

func TestDebitReturnAndTheNextRunPaysAgain(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	p, other := b.person(receives()), b.person(receives())
	r := b.approved()
	s := b.instruct(r, b.bank)
	if err := b.outcome(p, OutcomeReturned, "AC04"); err == nil {
		t.Error("returned before it was debited")
	}
	b.check(pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) error {
		n, err := RecordDebits(b.ctx, tx, s.Messages[0], day("2026-11-02"), "line:1", "test", b.now)
		if n != 2 {
			t.Errorf("%d debited", n)
		}
		return err
	}))
	if b.balance(bankAccount(office).Code) != 3_000_000_000-2*monthDue || b.paymentOf(other).State != Settled {
		t.Errorf("bank account %d, payment %s", b.balance(bankAccount(office).Code), b.paymentOf(other).State)
	}
	b.check(b.outcome(p, OutcomeReturned, "AC04"))
	b.check(b.outcome(p, OutcomeReturned, "AC04")) // told twice
	d := b.paymentOf(p)
	if d.State != Returned || d.ReasonCode != "AC04" || b.owes(p) != monthDue {
		t.Errorf("payment %s %s, owed %d", d.State, d.ReasonCode, b.owes(p))
	}
	b.nothingIsLost()
	b.check(Close(b.ctx, b.pool, r.ID, b.clerk, b.now))

	december := func(in *PrepareInput) { in.Month, in.KnownOn = month("2026-12"), day("2026-11-20") }
	next := b.prepare(december)
	d = b.paymentOf(p)
	if d.State != Held || d.HoldReasons[0] != HoldBounced || d.Carried != monthDue || d.Amount != 810_000+monthDue {
		t.Errorf("next payment %+v", d.PaymentView)
	}
	b.check(Void(b.ctx, b.pool, next.ID, b.clerk, "đổi tài khoản", b.now))
	b.nothingIsLost()
	b.check(pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) error { return b.payee(tx, p, false, "123456789", day("2026-11-05")) }))
	b.now = b.now.AddDate(0, 1, 0)
	next = b.approved(december)
	d = b.paymentOf(p)
	if d.State != Ready || d.Amount != 810_000+monthDue || !cmp.Equal(d.Attention, []string{SeeAccount, SeeCarried}) {
		t.Errorf("next payment %+v", d.PaymentView)
	}
	if got := b.balance("611.31825.btxh"); got != 2*monthDue+2*810_000 {
		t.Errorf("spent %d: what was carried is not spent twice", got)
	}
	b.instruct(next, b.bank)
	b.nothingIsLost()
	if b.owes(p) != 0 || b.count(`select count(*) from payment where person_id = $1 and state = 'carried'`, p) != 1 {
		t.Errorf("owed %d", b.owes(p))
	}
}

func TestARefusalBeforeTheDebitAndADeathTheBankTellsOf(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	p := b.person(receives())
	r := b.approved()
	b.instruct(r, b.bank)
	b.check(b.outcome(p, OutcomeRejected, "MD07"))
	if d := b.paymentOf(p); d.State != Returned || b.owes(p) != monthDue || b.balance(inTransit(b.bank, office).Code) != 0 {
		t.Errorf("payment %s, owed %d", d.State, b.owes(p))
	}
	if err := b.outcome(p, OutcomeDebited, ""); err == nil {
		t.Error("debited after it was refused")
	}
	if n := b.count(`select count(*) from payment_case where kind = 'death' and person_id = $1`, p); n != 1 {
		t.Errorf("%d cases", n)
	}
	b.prepare(func(in *PrepareInput) { in.Month, in.KnownOn = month("2026-12"), day("2026-11-20") })
	if d := b.paymentOf(p); d.State != Held || d.HoldReasons[0] != HoldDeath {
		t.Errorf("next payment %+v", d.PaymentView)
	}
	b.nothingIsLost()
}

func TestCashGoesOnAListAndComesBack(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	came, stayed := b.person(receives(inCash)), b.person(receives(inCash))
	r := b.approved()
	s := b.instruct(r, b.post)
	if s.N != 2 || s.Messages[0] != "AS-202611-31825-1-p1" {
		t.Errorf("%+v", s)
	}
	f, err := excelize.OpenReader(bytes.NewReader(b.message(s.Messages[0]).Content))
	b.check(err)
	rows, err := f.GetRows(f.GetSheetName(0))
	b.check(err)
	if len(rows) != 5 || rows[1][1] != "AS202611-1-A1" || rows[1][5] != "0951******01" || rows[1][8] != "một triệu không trăm năm mươi nghìn đồng" ||
		rows[3][8] != "hai triệu một trăm nghìn đồng" {
		t.Errorf("list %q", rows)
	}
	results := []CashResult{{EndToEndID: "AS202611-1-A1", Collected: true, On: day("2026-11-10")}, {EndToEndID: "AS202611-2-A1", On: day("2026-11-18"), Note: "đi vắng"}}
	for range 2 { // the list comes twice
		b.check(RecordCash(b.ctx, b.pool, r.ID, results, b.clerk, b.now))
	}
	if b.paymentOf(came).State != Collected || b.paymentOf(stayed).State != Uncollected || b.owes(stayed) != monthDue || b.owes(came) != 0 {
		t.Errorf("came %s, stayed %s owed %d", b.paymentOf(came).State, b.paymentOf(stayed).State, b.owes(stayed))
	}
	results[0].Collected = false
	var refused *Refusal
	if err := RecordCash(b.ctx, b.pool, r.ID, results, b.clerk, b.now); !errors.As(err, &refused) {
		t.Errorf("the list says otherwise: %v", err)
	}
	if err := RecordCash(b.ctx, b.pool, r.ID, []CashResult{{EndToEndID: "AS202611-9-A1", Collected: true}}, b.clerk, b.now); !errors.As(err, &refused) {
		t.Errorf("a stranger on the list: %v", err)
	}
	b.nothingIsLost()
	b.check(Close(b.ctx, b.pool, r.ID, b.clerk, b.now))
	next := b.approved(func(in *PrepareInput) { in.Month, in.KnownOn = month("2026-12"), day("2026-11-20") })
	if d := b.paymentOf(stayed); d.Amount != 810_000+monthDue || next.Total != 2*810_000+monthDue {
		t.Errorf("next payment %+v of %+v", d.PaymentView, next)
	}
	b.nothingIsLost()
}

func TestVoucherTakesAPaymentOutOfTheBanksWay(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	p := b.person(receives())
	b.person(receives())
	r := b.approved()
	id := b.paymentOf(p).ID
	take := func() (v ByVoucher, err error) {
		err = pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) error {
			v, err = PayByVoucher(b.ctx, tx, id, "test", b.now)
			return err
		})
		return v, err
	}
	v, err := take()
	if err != nil || v != (ByVoucher{p, office, monthDue}) {
		t.Errorf("%+v, %v", v, err)
	}
	if _, err := take(); err == nil {
		t.Error("taken twice")
	}
	if s := b.instruct(r, b.bank); s.N != 1 {
		t.Errorf("%+v", s)
	}
}
