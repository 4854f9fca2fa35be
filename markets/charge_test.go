package markets

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/bank/notice"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/pgtest"
	"ansinh.vn/money"
	"ansinh.vn/qr"
)

func TestChargeIsADynamicVietQR(t *testing.T) {
	b := open(t)
	c := b.charge(45_000, morning)
	code := qr.Decode(c.Payload)
	if !code.Valid() || code.Kind != qr.VietQRAccount || !code.Dynamic || code.Bank != "970405" || code.Account != b.accounts[b.sau] ||
		code.Amount != "45000" || code.Purpose != c.Reference || code.Name != "TRAN THI SAU" {
		t.Errorf("%+v", code)
	}
	if c.State != Waiting || c.Warning != "" || !c.ExpiresAt.Equal(morning.Add(15*time.Minute)) {
		t.Errorf("%+v", c)
	}
}

func TestVirtualAccountStandsInTheQR(t *testing.T) {
	b := open(t)
	c, err := CreateCharge(b.ctx, b.pool, b.box, ChargeInput{Vendor: b.sau, Amount: 45_000, VirtualAccount: "96247SAU0001", Key: "va", Now: morning})
	b.ok(err)
	if code := qr.Decode(c.Payload); code.Account != "96247SAU0001" {
		t.Errorf("%+v", code)
	}
	// the alias says whose it is, whatever the memo became
	a := b.apply(b.money(45_000, "Tra tien", morning, func(n *notice.Notice) { n.VirtualAccount = "96247SAU0001" }), morning)
	if a.Outcome != ForCharge || a.Charge.State != Paid || a.Charge.ID != c.ID {
		t.Errorf("%+v", a)
	}
	_, err = CreateCharge(b.ctx, b.pool, b.box, ChargeInput{Vendor: b.sau, Amount: 1_000, VirtualAccount: "96247SAU0001", Key: "va2", Now: morning})
	b.refused(err, "virtual-account-used")
}

func TestChargeKeyIsIdempotent(t *testing.T) {
	b := open(t)
	in := ChargeInput{Vendor: b.sau, Stall: b.stall, Amount: 45_000, Bill: "cá lóc 2kg", Key: "k1", Now: morning}
	var wg sync.WaitGroup
	got := make([]Charge, 16)
	for i := range got {
		wg.Go(func() {
			var err error
			if got[i], err = CreateCharge(b.ctx, b.pool, b.box, in); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, c := range got {
		if c.ID != got[0].ID || c.Payload != got[0].Payload {
			t.Errorf("two charges for one key: %+v and %+v", got[0], c)
		}
	}
	in.Amount = 46_000
	_, err := CreateCharge(b.ctx, b.pool, b.box, in)
	b.refused(err, "key-reused")
	in.Vendor, in.Stall = b.tu, 0
	if other, err := CreateCharge(b.ctx, b.pool, b.box, in); err != nil || other.ID == got[0].ID {
		t.Errorf("another vendor's key: %+v, %v", other, err)
	}
}

func TestChargeRefuses(t *testing.T) {
	b := open(t)
	for why, in := range map[string]ChargeInput{
		"amount":         {Vendor: b.sau, Amount: 0, Key: "a"},
		"bill":           {Vendor: b.sau, Amount: 1000, Key: "b", Bill: fmt.Sprintf("%0101d", 1)},
		"reference":      {Vendor: b.sau, Amount: 1000, Key: "c", Reference: "ASC00000000"},
		"not-your-stall": {Vendor: b.tu, Stall: b.stall, Amount: 1000, Key: "d"},
		"not-found":      {Vendor: 99, Amount: 1000, Key: "e"},
	} {
		in.Now = morning
		_, err := CreateCharge(b.ctx, b.pool, b.box, in)
		b.refused(err, why)
	}
	b.tx(func(tx pgx.Tx) error { return SetVendorState(b.ctx, tx, b.sau, "suspended", "test", morning) })
	_, err := CreateCharge(b.ctx, b.pool, b.box, ChargeInput{Vendor: b.sau, Amount: 1000, Key: "f", Now: morning})
	b.refused(err, "vendor-suspended")
}

func TestAmountsThatDeserveAWarning(t *testing.T) {
	b := open(t)
	for amount, want := range map[money.VND]string{
		500: WarnSmallAsk, 1_000: "", 5_000: "", 10_000_000: "", 10_000_001: WarnBiometrics, 500_000_000: WarnBankLimit,
	} {
		if c := b.charge(amount, morning); c.Warning != want {
			t.Errorf("%d: %q, want %q", amount, c.Warning, want)
		}
	}
}

// TestWhatMoneyMakesOfACharge: each case is the money that comes for a charge of
// 200,000, and what the charge is after each of it.
func TestWhatMoneyMakesOfACharge(t *testing.T) {
	b := open(t)
	type come struct {
		amount  money.VND
		after   time.Duration
		state   State
		warning string
	}
	for i, tt := range []struct {
		name string
		come []come
	}{
		{"exact", []come{{200_000, time.Minute, Paid, ""}}},
		{"200 đồng for 200,000", []come{{200, time.Minute, Short, WarnThousandfold}}},
		{"a few đồng", []come{{900, time.Minute, Short, WarnTiny}}},
		{"short, then the rest", []come{{150_000, time.Minute, Short, ""}, {50_000, 2 * time.Minute, Paid, ""}}},
		{"short, then too much", []come{{150_000, time.Minute, Short, ""}, {150_000, 2 * time.Minute, Over, ""}}},
		{"too much", []come{{250_000, time.Minute, Over, ""}}},
		{"two shoppers pay one code", []come{{200_000, time.Minute, Paid, ""}, {200_000, time.Minute, Over, WarnTwice}}},
		{"paid again after hours", []come{{200_000, time.Minute, Paid, ""}, {200_000, 9 * time.Hour, Over, WarnTwice}}},
		{"after it expired", []come{{200_000, 16 * time.Minute, Late, ""}}},
		{"late and short", []come{{200, 16 * time.Minute, Late, WarnThousandfold}, {199_800, 17 * time.Minute, Late, ""}}},
		{"the rest comes late", []come{{150_000, time.Minute, Short, ""}, {50_000, 16 * time.Minute, Late, ""}}},
	} {
		c := b.charge(200_000, morning.Add(time.Duration(i)*time.Hour*24))
		var sum money.VND
		for j, m := range tt.come {
			at := c.CreatedAt.Add(m.after)
			sum += m.amount
			a := b.apply(b.money(m.amount, "MBVCB.1.2."+c.Reference+".CT tu", at), at)
			got := b.state(c)
			if a.Outcome != ForCharge || got.State != m.state || got.Warning != m.warning || got.Received != sum || got.Payments != j+1 {
				t.Errorf("%s, money %d: %+v", tt.name, j+1, got)
			}
		}
	}
}

func TestSameNoticeTenTimesIsHarmless(t *testing.T) {
	b := open(t)
	c := b.charge(45_000, morning)
	key := b.money(45_000, c.Reference, morning)
	first := b.apply(key, morning)
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if err := pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) error {
				a, err := ApplyNotice(b.ctx, tx, b.box, key, morning)
				if err == nil && (a.Outcome != SeenBefore || a.Charge.ID != c.ID) {
					t.Errorf("%+v", a)
				}
				return err
			}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := b.state(c); first.Charge.State != Paid || got.State != Paid || got.Payments != 1 {
		t.Errorf("%+v", got)
	}
}

// TestOneTransferToldByTwoSources: two providers, and then the statement.
func TestOneTransferToldByTwoSources(t *testing.T) {
	b := open(t)
	c := b.charge(45_000, morning)
	same := func(n *notice.Notice) { n.Reference = "FT777" }
	other := func(n *notice.Notice) { n.Reference, n.Provider = "FT777", "payos" }
	b.apply(b.money(45_000, "MBVCB."+c.Reference+".CT", morning, same), morning)
	if a := b.apply(b.money(45_000, c.Reference, morning, other), morning); a.Outcome != SeenBefore || a.Charge.ID != c.ID {
		t.Errorf("second provider: %+v", a)
	}
	b.tx(func(tx pgx.Tx) error {
		e := Evidence{Source: "statement", Line: 5, Account: b.accounts[b.sau], Amount: 45_000, Memo: c.Reference, Reference: "FT777", ReceivedAt: morning}
		a, err := Apply(b.ctx, tx, b.box, e, morning)
		if a.Outcome != SeenBefore {
			t.Errorf("statement: %+v", a)
		}
		return err
	})
	if got := b.state(c); got.State != Paid || got.Payments != 1 {
		t.Errorf("%+v", got)
	}
	// one provider, two events, one bank reference: banks do repeat references, so two payments
	if a := b.apply(b.money(45_000, c.Reference, morning, same), morning); a.Outcome != ForCharge || a.Charge.State != Over {
		t.Errorf("repeated reference: %+v", a)
	}
}

func TestStatementLineDecidesToo(t *testing.T) {
	b := open(t)
	c := b.charge(45_000, morning)
	b.tx(func(tx pgx.Tx) error {
		a, err := Apply(b.ctx, tx, b.box, Evidence{Source: "statement", Line: 9, BIN: "970405", Account: b.accounts[b.sau], Amount: 45_000,
			Memo: c.Reference, OccurredAt: morning.Add(time.Minute), ReceivedAt: morning.Add(20 * time.Hour)}, morning.Add(20*time.Hour))
		if a.Charge.State != Paid {
			t.Errorf("%+v", a)
		}
		return err
	})
}

func TestNoticeBeforeTheChargeIsStored(t *testing.T) {
	b := open(t)
	references, err := ReserveReferences(b.ctx, b.pool, 2)
	b.ok(err)
	key := b.money(45_000, references[0], morning)
	if a := b.apply(key, morning); a.Outcome != UnknownCode {
		t.Fatalf("%+v", a)
	}
	elsewhere := b.money(45_000, references[1], morning, func(n *notice.Notice) { n.Account = "5555555555" })
	b.apply(elsewhere, morning)
	for i, want := range []State{Paid, Waiting} { // what went to another account is not Sáu's
		c, err := CreateCharge(b.ctx, b.pool, b.box, ChargeInput{Vendor: b.sau, Amount: 45_000, Reference: references[i], Key: references[i], Now: morning.Add(time.Minute)})
		b.ok(err)
		if c.State != want {
			t.Errorf("%+v", c)
		}
	}
	if a := b.apply(key, morning); a.Outcome != SeenBefore || a.Charge.State != Paid {
		t.Errorf("%+v", a)
	}
	_, err = CreateCharge(b.ctx, b.pool, b.box, ChargeInput{Vendor: b.sau, Amount: 1_000, Reference: references[0], Key: "other", Now: morning})
	b.refused(err, "reference-used")
}

// TestNoticeRacesTheCharge: whichever comes first, the charge is paid in the end.
func TestNoticeRacesTheCharge(t *testing.T) {
	b := open(t)
	references, err := ReserveReferences(b.ctx, b.pool, 24)
	b.ok(err)
	var wg sync.WaitGroup
	for _, r := range references {
		key := b.money(45_000, r, morning)
		wg.Go(func() {
			if _, err := CreateCharge(b.ctx, b.pool, b.box, ChargeInput{Vendor: b.sau, Amount: 45_000, Reference: r, Key: r, Now: morning}); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if err := pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) error {
				_, err := ApplyNotice(b.ctx, tx, b.box, key, morning)
				return err
			}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	var paid int
	b.ok(b.pool.QueryRow(b.ctx, `select count(*) from charge where state = 'paid' and payments = 1`).Scan(&paid))
	if paid != len(references) {
		t.Errorf("%d of %d are paid", paid, len(references))
	}
}

// TestMemoWithOurCodeButAnotherAccount: anybody can type a code; the money must have come
// to the vendor.
func TestMemoWithOurCodeButAnotherAccount(t *testing.T) {
	b := open(t)
	c := b.charge(45_000, morning)
	for name, change := range map[string]func(*notice.Notice){
		"another vendor's": func(n *notice.Notice) { n.Account = b.accounts[b.tu] },
		"a stranger's":     func(n *notice.Notice) { n.Account = "5555555555" },
		"another bank's":   func(n *notice.Notice) { n.BIN = "970436" },
		"unnamed":          func(n *notice.Notice) { n.Account = "" },
	} {
		if a := b.apply(b.money(45_000, c.Reference, morning, change), morning); a.Outcome != WrongAccount {
			t.Errorf("%s: %+v", name, a)
		}
	}
	if got := b.state(c); got.State != Waiting {
		t.Errorf("%+v", got)
	}
}

func TestMoneyOutIsNotOurs(t *testing.T) {
	b := open(t)
	c := b.charge(45_000, morning)
	if a := b.apply(b.money(45_000, c.Reference, morning, func(n *notice.Notice) { n.In = false }), morning); a.Outcome != NotOurs {
		t.Errorf("%+v", a)
	}
	if a := b.apply(b.money(45_000, "tien nha", morning, func(n *notice.Notice) { n.Account = "5555555555" }), morning); a.Outcome != NotOurs {
		t.Errorf("%+v", a)
	}
}

// TestClocksThatDisagree: our clock has the first word, the bank's the second.
func TestClocksThatDisagree(t *testing.T) {
	b := open(t)
	for i, tt := range []struct {
		name               string
		received, occurred time.Duration
		want               State
	}{
		{"bank an hour ahead", 5 * time.Minute, 65 * time.Minute, Paid},
		{"bank dates it tomorrow", 5 * time.Minute, 24 * time.Hour, Paid},
		{"bank a minute behind", 5 * time.Minute, -time.Minute, Paid},
		{"notice slow, money in time", 40 * time.Minute, 14 * time.Minute, Paid},
		{"both after", 40 * time.Minute, 39 * time.Minute, Late},
	} {
		at := morning.AddDate(0, 0, i)
		c := b.charge(45_000, at)
		if _, err := ExpireCharges(b.ctx, b.pool, at.Add(tt.received)); err != nil {
			t.Fatal(err)
		}
		key := b.money(45_000, c.Reference, at.Add(tt.received), func(n *notice.Notice) { n.OccurredAt = at.Add(tt.occurred) })
		b.apply(key, at.Add(tt.received))
		if got := b.state(c); got.State != tt.want {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
}

func TestExpireAndCancel(t *testing.T) {
	b := open(t)
	waits, paid, taken := b.charge(1_000, morning), b.charge(2_000, morning), b.charge(3_000, morning)
	b.apply(b.money(2_000, paid.Reference, morning), morning)
	b.ok(CancelCharge(b.ctx, b.pool, b.sau, taken.ID, morning))
	b.ok(CancelCharge(b.ctx, b.pool, b.sau, taken.ID, morning)) // again is fine
	b.refused(CancelCharge(b.ctx, b.pool, b.sau, paid.ID, morning), "charge-paid")
	b.refused(CancelCharge(b.ctx, b.pool, b.tu, waits.ID, morning), "not-found")
	for i, want := range []int{0, 1, 0} {
		n, err := ExpireCharges(b.ctx, b.pool, morning.Add(time.Duration(i*15)*time.Minute))
		b.ok(err)
		if n != want {
			t.Errorf("sweep %d ends %d charges, want %d", i, n, want)
		}
	}
	if a, c := b.state(waits).State, b.state(taken).State; a != Expired || c != Cancelled {
		t.Errorf("%s, %s", a, c)
	}
	// money for what was taken back is shown, not lost
	b.apply(b.money(3_000, taken.Reference, morning), morning)
	if got := b.state(taken); got.State != Late || got.Received != 3_000 {
		t.Errorf("%+v", got)
	}
}

func TestEachVendorSeesOnlyTheirOwn(t *testing.T) {
	b := open(t)
	c := b.charge(45_000, morning)
	_, err := GetCharge(b.ctx, b.pool, b.box, b.tu, c.ID)
	b.refused(err, "not-found")
	list, err := OpenCharges(b.ctx, b.pool, b.tu, morning)
	b.ok(err)
	day, err := VendorDay(b.ctx, b.pool, b.tu, morning)
	b.ok(err)
	if len(list) != 0 || len(day.Lines) != 0 {
		t.Errorf("%v %v", list, day)
	}
}

// TestDatabaseKeepsTheRules: whoever writes rows, a charge is not paid without evidence.
func TestDatabaseKeepsTheRules(t *testing.T) {
	b := open(t)
	c := b.charge(45_000, morning)
	owner := pgtest.Owner(t, b.pool)
	for want, sql := range map[string]string{
		"charge_step":           `update charge set state = 'paid' where id = $1`,
		"charge_sums":           `update charge set state = 'paid', received = 1, payments = 1 where id = $1`,
		"charge_immutable":      `update charge set amount = 1 where id = $1`,
		"charge_event_evidence": `insert into charge_event (charge_id, at, to_state, received, by_who) values ($1, now(), 'paid', 45000, 'me')`,
	} {
		if _, err := owner.Exec(b.ctx, sql, c.ID); pg.Constraint(err) != want {
			t.Errorf("%s: %v", want, err)
		}
	}
	b.ok(CancelCharge(b.ctx, b.pool, b.sau, c.ID, morning))
	if _, err := owner.Exec(b.ctx, `update charge set state = 'waiting' where id = $1`, c.ID); pg.Constraint(err) != "charge_step" {
		t.Errorf("%v", err)
	}
	if _, err := owner.Exec(b.ctx, `delete from charge_event`); err == nil {
		t.Error("a step can be deleted")
	}
}
