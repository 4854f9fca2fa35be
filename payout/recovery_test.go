package payout

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// overpaid makes somebody who gets 810,000 a month and was overpaid 4 × 690,000 before.
func overpaid(s *someone) { s.paid = 1_500_000 }

const foundOverpaid money.VND = 4 * 690_000

// whole settles a run of a month and its order.
func (b *bundle) whole(m string) {
	b.Helper()
	r := b.approved(func(in *PrepareInput) {
		in.Month = month(m)
		in.KnownOn = in.Month.Add(-1).First().AddDate(0, 0, 19)
	})
	if _, err := Instruct(b.ctx, b.pool, b.box, InstructInput{Run: r.ID, Account: b.bank, RequestedOn: r.KnownOn, By: b.clerk, Now: b.now}); err != nil && !errors.Is(err, ErrNothing) {
		b.Fatal(err)
	}
	b.nothingIsLost()
}

func (b *bundle) decide(p PersonID, kind RecoveryKind, amount money.VND) RecoveryID {
	b.Helper()
	id, err := ProposeRecovery(b.ctx, b.pool, RecoveryInput{Person: p, Kind: kind, DecisionNo: "12/QĐ-UBND", DecidedOn: day("2026-10-15"), Signer: "Nguyễn Văn Chủ",
		Amount: amount, Reason: "chi thừa do cập nhật muộn", By: b.clerk, Now: b.now})
	b.check(err)
	return id
}

func (b *bundle) rest(p PersonID) money.VND {
	b.Helper()
	d, err := DebtOf(b.ctx, b.pool, p)
	b.check(err)
	if got := b.balance(receivable(int64(p)).Code); got != d.Rest {
		b.Errorf("person %d owes %d, the books say %d", p, d.Rest, got)
	}
	return d.Rest
}

func TestInstalmentsTakeNoMoreAMonthThanWasDecided(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.exec(`insert into setting values ('payout.set_off_share', '"0.5"')`)
	p := b.person(receives(overpaid))
	b.whole("2026-11") // by the share of a half
	if got := b.rest(p); got != foundOverpaid-405_000 {
		t.Fatalf("after the first month %d are left", got)
	}
	id := b.decide(p, Instalments, 100_000)
	if err := ConfirmRecovery(b.ctx, b.pool, id, b.clerk, b.now); !errors.Is(err, ErrOwnRecovery) {
		t.Errorf("confirmed by the proposer: %v, want ErrOwnRecovery", err)
	}
	if err := ConfirmRecovery(b.ctx, b.pool, id, b.elsewhere, b.now); err == nil || !strings.Contains(err.Error(), "chairman of the office") {
		t.Errorf("confirmed by another office: %v", err)
	}
	b.check(ConfirmRecovery(b.ctx, b.pool, id, b.chairman, b.now))
	b.whole("2026-12")
	if d := b.paymentOf(p); d.SetOff != 100_000 || d.Amount != 710_000 {
		t.Errorf("with an instalment: %+v", d.PaymentView)
	}
	// a later decision takes its place; it never reaches beyond the share
	b.check(ConfirmRecovery(b.ctx, b.pool, b.decide(p, Instalments, 900_000), b.chairman, b.now))
	b.whole("2027-01")
	if d := b.paymentOf(p); d.SetOff != 405_000 {
		t.Errorf("with a larger instalment: %+v", d.PaymentView)
	}
	got, err := GetDebt(b.ctx, b.pool, p)
	b.check(err)
	if len(got.Decisions) != 2 || got.Decisions[0].State != "ended" || got.Decisions[1].State != "confirmed" || len(got.Payments) != 3 ||
		got.Rest != foundOverpaid-405_000-100_000-405_000 || *got.Instalment != 900_000 {
		t.Errorf("debt %+v", got)
	}
}

func TestTwoRunsOfAMonthShareTheInstalment(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.exec(`insert into setting values ('payout.set_off_share', '"0"')`)
	p := b.person(receives(overpaid, func(s *someone) { s.rights = append(s.rights, right(NCC, "TUDAY")) }))
	b.whole("2026-11")
	b.exec(`update setting set value = '"1"' where key = 'payout.set_off_share'`)
	b.check(ConfirmRecovery(b.ctx, b.pool, b.decide(p, Instalments, 1_000_000), b.chairman, b.now))
	var took money.VND
	for _, s := range []Scheme{BTXH, NCC} {
		r := b.prepare(func(in *PrepareInput) {
			in.Month, in.KnownOn, in.Schemes = month("2026-12"), day("2026-11-20"), []Scheme{s}
		})
		took += b.paymentOf(p).SetOff
		if r.ID == 0 {
			t.Fatal("no run")
		}
	}
	if took != 1_000_000 {
		t.Errorf("two runs of a month took %d", took)
	}
	b.nothingIsLost()
}

func TestMoneyHandedBackIsNotTakenAgain(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.exec(`insert into setting values ('payout.set_off_share', '"0"')`)
	p := b.person(receives(overpaid))
	fund := func() money.VND { return b.balance("366.31825.btxh") }
	b.whole("2026-11")
	before := fund()
	give := func(no string, amount money.VND) error {
		return ReceiveCash(b.ctx, b.pool, Receipt{Person: p, ReceiptNo: no, Amount: amount, On: day("2026-10-20"), Now: b.now}, b.clerk)
	}
	b.check(give("PT01", 1_000_000))
	if err := give("PT01", 1); err == nil || !strings.Contains(err.Error(), "booked already") {
		t.Errorf("the same slip twice: %v", err)
	}
	if err := give("PT02", foundOverpaid); err == nil || !strings.Contains(err.Error(), "owes") {
		t.Errorf("more than is owed: %v", err)
	}
	if b.rest(p) != foundOverpaid-1_000_000 || fund() != before+1_000_000 || b.balance("1111.31825") != 1_000_000 {
		t.Errorf("owes %d, fund %d, cash %d", b.rest(p), fund(), b.balance("1111.31825"))
	}
	b.nothingIsLost()

	// a run that was computed before the rest is handed back would take it twice
	b.exec(`update setting set value = '"1"' where key = 'payout.set_off_share'`)
	r := b.prepare(func(in *PrepareInput) { in.Month, in.KnownOn = month("2026-12"), day("2026-11-20") })
	if d := b.paymentOf(p); d.SetOff != 810_000 {
		t.Fatalf("payment %+v", d.PaymentView)
	}
	if err := give("PT03", foundOverpaid-1_000_000); err == nil {
		t.Error("handed back what a run is taking")
	}
	b.check(give("PT04", foundOverpaid-1_000_000-810_000))
	r = b.submit(r)
	_, err := b.approve(r, b.chairman)
	b.check(err)
	b.nothingIsLost()
	if b.rest(p) != 0 {
		t.Errorf("owes %d", b.rest(p))
	}
	var list []Debt
	list, err = Debts(b.ctx, b.pool, DebtFilter{Office: office})
	if err != nil || len(list) != 0 {
		t.Errorf("who owes: %+v, %v", list, err)
	}
}

// Between the reading of prepare and its end money comes back: approving refuses.
func TestARunThatWouldTakeTwiceIsRefused(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.exec(`insert into setting values ('payout.set_off_share', '"0"')`)
	p := b.person(receives(overpaid))
	b.whole("2026-11")
	b.exec(`update setting set value = '"1"' where key = 'payout.set_off_share'`)
	r := b.submit(b.prepare(func(in *PrepareInput) { in.Month, in.KnownOn = month("2026-12"), day("2026-11-20") }))
	owner := pgOwner(b) // as if it had been written while the run was being computed
	for _, sql := range []string{`alter table recovery_receipt disable trigger user`,
		`insert into recovery_receipt (person_id, office, way, receipt_no, scheme, amount, on_day, recorded_by, recorded_at)
		 select id, office, 'cash', 'PT9', 'btxh', 2500000, '2026-10-20', 'test', now() from person`,
		`alter table recovery_receipt enable trigger user`} {
		if _, err := owner.Exec(b.ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.approve(r, b.chairman); err == nil || !strings.Contains(err.Error(), "gave money back") {
		t.Errorf("approved: %v (person %d)", err, p)
	}
}

func TestWriteOffNeedsTwoPeopleAndIsWithinWhatIsOwed(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	p := b.person(receives(overpaid))
	b.exec(`insert into setting values ('payout.set_off_share', '"0"')`)
	b.whole("2026-11")
	if _, err := ProposeRecovery(b.ctx, b.pool, RecoveryInput{Person: p, Kind: WriteOff, DecisionNo: "1", DecidedOn: day("2026-10-15"), Signer: "x",
		Amount: foundOverpaid + 1, Reason: "x", By: b.clerk, Now: b.now}); err == nil {
		t.Error("more than is owed was proposed")
	}
	first, second := b.decide(p, WriteOff, foundOverpaid), b.decide(p, WriteOff, foundOverpaid)
	b.check(ConfirmRecovery(b.ctx, b.pool, first, b.second, b.now))
	var refused *Refusal
	if err := ConfirmRecovery(b.ctx, b.pool, second, b.second, b.now); !errors.As(err, &refused) {
		t.Errorf("written off twice: %v", err)
	}
	b.check(RefuseRecovery(b.ctx, b.pool, second, b.second, b.now))
	if b.rest(p) != 0 || b.balance("611.31825.btxh") != 810_000 {
		t.Errorf("owes %d, spent %d", b.rest(p), b.balance("611.31825.btxh"))
	}
	b.nothingIsLost()
	for what, sql := range map[string]string{
		"confirmed by who proposed":  `insert into recovery (person_id, office, kind, decision_no, decided_on, signer, amount, reason, proposed_by, proposed_at, confirmed_by, confirmed_at) select id, office, 'instalments', '1', '2026-10-01', 'x', 1, 'x', 1, now(), 1, now() from person limit 1`,
		"confirmed as it is written": `insert into recovery (person_id, office, kind, decision_no, decided_on, signer, amount, reason, proposed_by, proposed_at, confirmed_by, confirmed_at) select id, office, 'instalments', '1', '2026-10-01', 'x', 1, 'x', 1, now(), 2, now() from person limit 1`,
		"another amount":             `update recovery set amount = 1`,
		"taken back":                 `update recovery set confirmed_at = null, confirmed_by = null`,
		"forgotten":                  `delete from recovery`,
	} {
		if _, err := b.pool.Exec(b.ctx, sql); err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
}

// A decision allows so much a month, the settings a share: whatever comes, no more is
// taken than either, what is left never falls below nothing, and what was found is what
// was taken, given back, written off and is left.
func TestRecoveryTakesItsShareAndNoMore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := &preparation{settings: DefaultSettings()}
		p.settings.SetOffShare = money.VND(rapid.IntRange(0, 100).Draw(t, "percent")).Decimal().Shift(-2)
		var found, taken, back money.VND
		for range rapid.IntRange(1, 24).Draw(t, "months") {
			c := &candidate{receivable: found - taken - back, instalment: noInstalment}
			if rapid.Bool().Draw(t, "decided") {
				c.instalment = money.VND(rapid.IntRange(0, 500_000).Draw(t, "instalment"))
			}
			pay := payment{candidate: c}
			for i := range rapid.IntRange(0, 4).Draw(t, "lines") {
				amount := money.VND(rapid.IntRange(-2_000_000, 2_000_000).Draw(t, "amount"))
				if amount == 0 {
					continue
				}
				pay.items = append(pay.items, item{month: month("2026-07").Add(i), amount: amount})
				pay.owed += max(amount, 0)
				pay.clawback += max(-amount, 0)
			}
			if err := p.setOff(&pay); err != nil {
				t.Fatal(err)
			}
			var lines money.VND
			for _, x := range pay.items {
				if x.setOff < 0 || x.setOff > max(x.amount, 0) {
					t.Fatalf("a line of %d sets off %d", x.amount, x.setOff)
				}
				lines += x.setOff
			}
			found, taken = found+pay.clawback, taken+pay.setOff
			switch {
			case lines != pay.setOff:
				t.Fatalf("lines set off %d, the payment %d", lines, pay.setOff)
			case pay.setOff.Decimal().GreaterThan(pay.owed.Decimal().Mul(p.settings.SetOffShare)):
				t.Fatalf("%d of %d is more than the share %s", pay.setOff, pay.owed, p.settings.SetOffShare)
			case c.instalment != noInstalment && pay.setOff > c.instalment:
				t.Fatalf("%d is more than the instalment %d", pay.setOff, c.instalment)
			case found-taken-back < 0:
				t.Fatalf("%d found, %d taken, %d given back", found, taken, back)
			}
			back += money.VND(rapid.Int64Range(0, int64(found-taken-back)).Draw(t, "given back"))
		}
	})
}

// recover does something about what somebody was overpaid, in the months of chance.
func (c *chance) recover() {
	list, err := Debts(c.ctx, c.pool, DebtFilter{})
	c.check(err)
	for _, d := range list {
		now := bookDay(c.now)
		switch c.r.IntN(5) {
		case 0:
			err = ReceiveCash(c.ctx, c.pool, Receipt{Person: d.Person, ReceiptNo: time.Now().String(), Scheme: c.overpaidBy(d.Person), Amount: 1 + money.VND(c.r.Int64N(int64(max(d.Rest, 1)))), On: now, Now: c.now}, c.clerk)
		case 1, 2:
			kind, amount := Instalments, money.VND(1+c.r.IntN(400_000))
			if c.one(3) {
				kind, amount = WriteOff, 1+money.VND(c.r.Int64N(int64(max(d.Rest, 1))))
			}
			var id RecoveryID
			id, err = ProposeRecovery(c.ctx, c.pool, RecoveryInput{Person: d.Person, Kind: kind, Scheme: c.overpaidBy(d.Person), DecisionNo: "1", DecidedOn: now, Signer: "x", Amount: amount, Reason: "x", By: c.clerk, Now: c.now})
			if err == nil {
				err = ConfirmRecovery(c.ctx, c.pool, id, c.chairman, c.now)
			}
		}
		var refused *Refusal
		if err != nil && !errors.As(err, &refused) {
			c.Fatal(err)
		}
		err = nil
	}
	c.nothingIsLost()
}

func (c *chance) overpaidBy(p PersonID) (s Scheme) {
	c.scan(&s, `select i.scheme from payment p join payment_item i on i.payment_id = p.id where p.person_id = $1 and p.live and p.state <> 'held' and i.amount < 0 order by 1 limit 1`, p)
	return s
}

func TestATransferBackLeavesSuspense(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.exec(`insert into setting values ('payout.set_off_share', '"0"')`)
	p := b.person(receives(overpaid))
	b.whole("2026-11")
	b.check(pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) error {
		return ReceiveTransfer(b.ctx, tx, Receipt{Person: p, ReceiptNo: "break:7", Amount: 500_000, On: day("2026-11-05"), Now: b.now}, "staff:clerk.vinhloc")
	}))
	if b.rest(p) != foundOverpaid-500_000 || b.balance("3381.31825") != -500_000 {
		t.Errorf("owes %d, suspense %d", b.rest(p), b.balance("3381.31825"))
	}
	got, err := GetDebt(b.ctx, b.pool, p)
	b.check(err)
	if diff := cmp.Diff([]ReceiptView{{ID: 1, Way: "bank", ReceiptNo: "break:7", Scheme: BTXH, Amount: 500_000, On: day("2026-11-05"), RecordedBy: "staff:clerk.vinhloc"}}, got.Receipts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	b.nothingIsLost()
}
