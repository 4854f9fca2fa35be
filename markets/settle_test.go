package markets

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh.vn/bank"
	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

func (b *bundle) settle(now time.Time, change ...func(*SettleInput)) Settlement {
	b.Helper()
	in := SettleInput{Office: office, By: "test", Now: now}
	for _, c := range change {
		c(&in)
	}
	s, err := Settle(b.ctx, b.pool, b.box, in)
	b.ok(err)
	return s
}

// transfer is a settlement's line to a vendor.
func (b *bundle) transfer(s Settlement, vendor VendorID) (id string, amount money.VND, state string) {
	b.Helper()
	b.ok(b.pool.QueryRow(b.ctx, `select end_to_end_id, amount, state from settlement_line where settlement_id = $1 and vendor_id = $2`, s.ID, vendor).
		Scan(&id, &amount, &state))
	return id, amount, state
}

func (b *bundle) outcome(id, kind, ref string) error {
	return pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) error {
		return RecordOutcome(b.ctx, tx, Outcome{EndToEndID: id, Kind: kind, Reason: "AC04", Ref: ref, On: dayOf(morning), By: "test", Now: morning})
	})
}

func (b *bundle) transit() money.VND { return b.balance(inTransit(b.rail).Code) }

func (b *bundle) spend(amount money.VND, vendor VendorID, key string) {
	b.Helper()
	v := b.voucher(amount)
	_, err := Redeem(b.ctx, b.pool, b.box, RedeemInput{Token: v.Token, PIN: v.PIN, Vendor: vendor, Amount: amount, Key: key, Now: morning})
	b.ok(err)
}

func TestVendorsAreSettledByOneNettedFile(t *testing.T) {
	b := open(t)
	if s := b.settle(morning); s.N != 0 || s.MessageID != "" {
		t.Errorf("nothing is owed: %+v", s)
	}
	b.spend(30_000, b.sau, "a")
	b.spend(20_000, b.sau, "b")
	b.spend(5_000, b.tu, "c")
	s := b.settle(morning.Add(12 * time.Hour))
	if s.N != 2 || s.Total != 55_000 {
		t.Fatalf("%+v", s)
	}
	m, err := bank.Load(b.ctx, b.pool, s.MessageID)
	b.ok(err)
	file := string(m.Content)
	for _, want := range []string{"<NbOfTxs>2</NbOfTxs>", "<CtrlSum>55000</CtrlSum>", `<InstdAmt Ccy="VND">50000</InstdAmt>`, b.accounts[b.sau], b.accounts[b.tu], "TRAN THI SAU", b.rail.Account} {
		if !strings.Contains(file, want) {
			t.Errorf("the file has no %s", want)
		}
	}
	if b.balance(owedToVendor(b.sau).Code) != 0 || b.transit() != 55_000 {
		t.Errorf("owed %d, in transit %d", b.balance(owedToVendor(b.sau).Code), b.transit())
	}
	if again := b.settle(morning.Add(13 * time.Hour)); again.N != 0 {
		t.Errorf("settled twice: %+v", again)
	}
	b.spend(1_000, b.tu, "d")
	if next := b.settle(morning.Add(14 * time.Hour)); next.N != 1 || next.Total != 1_000 || next.MessageID == s.MessageID {
		t.Errorf("%+v", next)
	}
}

func TestSettlementOutcomes(t *testing.T) {
	b := open(t)
	b.spend(50_000, b.sau, "a")
	b.spend(5_000, b.tu, "b")
	s := b.settle(morning)
	sau, _, _ := b.transfer(s, b.sau)
	tu, _, _ := b.transfer(s, b.tu)
	b.refused(b.outcome("AS202611-1804-A1", "debited", "line:1"), "not-found")
	b.refused(b.outcome(sau, "returned", "line:1"), "settlement-instructed")
	b.ok(b.outcome(sau, "debited", "line:1"))
	b.ok(b.outcome(sau, "debited", "line:1")) // the same line again
	b.refused(b.outcome(sau, "debited", "line:2"), "settlement-settled")
	b.ok(b.outcome(tu, "rejected", "answer:1"))
	if b.balance("112."+office) != -50_000 || b.transit() != 0 || b.balance(owedToVendor(b.tu).Code) != 5_000 {
		t.Errorf("112 %d, transit %d, owed %d", b.balance("112."+office), b.transit(), b.balance(owedToVendor(b.tu).Code))
	}
	b.ok(b.outcome(sau, "returned", "line:9"))
	if b.balance("112."+office) != 0 || b.balance(owedToVendor(b.sau).Code) != 50_000 {
		t.Errorf("112 %d, owed %d", b.balance("112."+office), b.balance(owedToVendor(b.sau).Code))
	}

	// to the same account it would only come back again
	if again := b.settle(morning); again.N != 0 {
		t.Errorf("%+v", again)
	}
	b.tx(func(tx pgx.Tx) error {
		return SetAccount(b.ctx, tx, b.box, b.sau, "970436", "0071000999888", "TRAN THI SAU", "test", morning.Add(time.Hour))
	})
	b.spend(3_000, b.sau, "c")
	second := b.settle(morning.Add(2 * time.Hour))
	if _, amount, _ := b.transfer(second, b.sau); second.N != 1 || amount != 53_000 {
		t.Errorf("%+v with %d", second, amount)
	}
	third := b.settle(morning.Add(3*time.Hour), func(in *SettleInput) { in.RetryReturned = true })
	if _, amount, _ := b.transfer(third, b.tu); third.N != 1 || amount != 5_000 {
		t.Errorf("%+v with %d", third, amount)
	}

	now, _, _ := b.transfer(second, b.sau)
	lines, err := VendorStatement(b.ctx, b.pool, b.sau, dayOf(morning), dayOf(morning))
	b.ok(err)
	var got []VendorLine
	for _, l := range lines {
		got = append(got, VendorLine{Amount: l.Amount, Settlement: l.Settlement, State: l.State})
	}
	if d := cmp.Diff([]VendorLine{{Amount: 50_000, Settlement: now, State: "instructed"}, {Amount: 3_000, Settlement: now, State: "instructed"}}, got); d != "" {
		t.Error(d)
	}
}

func TestSettleNeedsTheOfficesOwnBankAccount(t *testing.T) {
	b := open(t)
	_, err := Settle(b.ctx, b.pool, b.box, SettleInput{Office: "99999", By: "test", Now: morning})
	b.refused(err, "no-account")
	_, err = Settle(b.ctx, b.pool, b.box, SettleInput{Office: "99999", RailAccountID: b.rail.ID, By: "test", Now: morning})
	b.refused(err, "no-account")
}

func TestSuspendedVendorsWait(t *testing.T) {
	b := open(t)
	b.spend(50_000, b.sau, "a")
	b.tx(func(tx pgx.Tx) error { return SetVendorState(b.ctx, tx, b.sau, "suspended", "test", morning) })
	if s := b.settle(morning); s.N != 0 {
		t.Errorf("%+v", s)
	}
}
