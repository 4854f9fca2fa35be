package markets

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

func TestVoucherMovesWhatIsOwedToACard(t *testing.T) {
	b := open(t)
	v := b.voucher(500_000)
	got, err := GetVoucher(b.ctx, b.pool, v.ID)
	b.ok(err)
	if got.State != Active || got.Left != 500_000 || b.balance(payableCode(got.Person)) != 0 || b.balance(fmt.Sprintf("3387.v%d", v.ID)) != 500_000 {
		t.Errorf("%+v", got)
	}
	if !strings.HasPrefix(v.Token, tokenPrefix) || !isCode(v.Serial, "V") || checkPIN(v.PIN) != nil {
		t.Errorf("%+v", v)
	}
	var rows string
	b.ok(b.pool.QueryRow(b.ctx, `select v::text from voucher v`).Scan(&rows))
	if strings.Contains(rows, v.PIN) || strings.Contains(rows, v.Token) {
		t.Error("PIN or token lie readable in the table")
	}
	if found, err := FindVoucher(b.ctx, b.pool, b.box, strings.ToLower(v.Serial[:5]+" "+v.Serial[5:])); err != nil || found.ID != v.ID {
		t.Errorf("typed serial: %+v, %v", found, err)
	}
}

func TestVoucherIsReproducibleFromItsRandomness(t *testing.T) {
	b := open(t)
	seeded := func(in *IssueInput) { in.Rand = bytes.NewReader(bytes.Repeat([]byte{7, 1, 9, 4}, 100)) }
	if a, c := b.voucher(1_000, seeded), b.voucher(1_000, func(in *IssueInput) { in.Rand = bytes.NewReader(bytes.Repeat([]byte{3, 1, 9, 5}, 100)) }); a.PIN == c.PIN || a.Token == c.Token {
		t.Errorf("%+v %+v", a, c)
	}
}

func TestIssueRefuses(t *testing.T) {
	b := open(t)
	person := b.owe(100_000)
	good := IssueInput{PersonID: person, Office: office, PaymentRef: "payment:1", Amount: 60_000, From: dayOf(morning), Until: dayOf(morning), By: "test", Now: morning}
	issue := func(change func(*IssueInput)) error {
		in := good
		change(&in)
		return pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) error {
			_, err := IssueVoucher(b.ctx, tx, b.box, in)
			return err
		})
	}
	b.refused(issue(func(in *IssueInput) { in.Amount = 0 }), "amount")
	b.refused(issue(func(in *IssueInput) { in.Until = in.From.AddDate(0, 0, -1) }), "dates")
	b.refused(issue(func(in *IssueInput) { in.Market = 99 }), "not-found")
	b.refused(issue(func(in *IssueInput) { in.Amount = 100_001 }), "not-owed")
	b.ok(issue(func(*IssueInput) {}))
	b.refused(issue(func(*IssueInput) {}), "key-reused")
	b.refused(issue(func(in *IssueInput) { in.PaymentRef = "payment:2" }), "not-owed") // 40,000 are left
	if got := b.balance(payableCode(person)); got != 40_000 {
		t.Errorf("%d are owed after the refusals", got)
	}
}

func TestRedeem(t *testing.T) {
	b := open(t)
	v := b.voucher(100_000)
	r, err := b.redeem(v, 30_000, "r1", morning)
	b.ok(err)
	if r.Left != 70_000 || b.balance(owedToVendor(b.sau).Code) != 30_000 {
		t.Errorf("%+v", r)
	}
	again, err := b.redeem(v, 30_000, "r1", morning.Add(time.Hour)) // the answer was lost
	b.ok(err)
	if d := cmp.Diff(r, again); d != "" {
		t.Error(d)
	}
	_, err = b.redeem(v, 31_000, "r1", morning)
	b.refused(err, "key-reused")
	other := b.voucher(50_000)
	_, err = b.redeem(other, 30_000, "r1", morning)
	b.refused(err, "key-reused")
	_, err = b.redeem(v, 70_001, "r2", morning)
	b.refused(err, "voucher-short")
	r, err = b.redeem(v, 70_000, "r3", morning)
	b.ok(err)
	if got, _ := GetVoucher(b.ctx, b.pool, v.ID); r.Left != 0 || got.State != Redeemed {
		t.Errorf("%+v %+v", r, got)
	}
	_, err = b.redeem(v, 1, "r4", morning)
	b.refused(err, "voucher-redeemed")
	if again, err := b.redeem(v, 70_000, "r3", morning); err != nil || again.ID != r.ID { // retried after the card is empty
		t.Errorf("%+v, %v", again, err)
	}
}

func TestRedeemRefuses(t *testing.T) {
	b := open(t)
	var elsewhere MarketID
	b.tx(func(tx pgx.Tx) (err error) {
		elsewhere, err = AddMarket(b.ctx, tx, NewMarket{Name: "Chợ Vĩnh Lợi", Office: office}, "test", morning)
		return err
	})
	v := b.voucher(100_000, func(in *IssueInput) { in.From, in.Until = in.From.AddDate(0, 0, 1), in.From.AddDate(0, 0, 3) })
	day := func(n int) time.Time { return morning.AddDate(0, 0, n) }
	for why, try := range map[string]func() error{
		"voucher-early": func() error { _, err := b.redeem(v, 1_000, "a", day(0)); return err },
		"voucher-expired": func() error {
			_, err := b.redeem(v, 1_000, "b", day(4))
			return err
		},
		"amount": func() error { _, err := b.redeem(v, 0, "c", day(1)); return err },
		"key":    func() error { _, err := b.redeem(v, 1_000, "", day(1)); return err },
		"voucher-unknown": func() error {
			_, err := b.redeem(Issued{Token: tokenPrefix + "x"}, 1_000, "d", day(1))
			return err
		},
		"voucher-market": func() error {
			_, err := b.redeem(b.voucher(1_000, func(in *IssueInput) { in.Market = elsewhere }), 1_000, "e", day(1))
			return err
		},
		"voucher-limit": func() error {
			_, err := b.redeem(b.voucher(9_000, func(in *IssueInput) { in.PerPurchase = 5_000 }), 5_001, "f", day(1))
			return err
		},
		"voucher-inactive": func() error {
			_, err := b.redeem(b.voucher(9_000, func(in *IssueInput) { in.Inactive = true }), 5_001, "g", day(1))
			return err
		},
		"not-your-stall": func() error {
			_, err := Redeem(b.ctx, b.pool, b.box, RedeemInput{Token: v.Token, PIN: v.PIN, Vendor: b.tu, Stall: b.stall, Amount: 1, Key: "h", Now: day(1)})
			return err
		},
	} {
		b.refused(try(), why)
	}
	if _, err := b.redeem(v, 1_000, "last day", day(3)); err != nil { // the last day itself counts
		t.Error(err)
	}
	if _, err := b.redeem(b.voucher(1_000, func(in *IssueInput) { in.Market = b.market }), 1_000, "here", day(1)); err != nil {
		t.Error(err)
	}
	b.tx(func(tx pgx.Tx) error { return SetVendorState(b.ctx, tx, b.sau, "suspended", "test", morning) })
	_, err := b.redeem(v, 1_000, "i", day(1))
	b.refused(err, "vendor-suspended")
}

func TestVoucherDayLimit(t *testing.T) {
	b := open(t)
	v := b.voucher(100_000, func(in *IssueInput) { in.PerDay = 20_000 })
	_, err := b.redeem(v, 15_000, "a", morning)
	b.ok(err)
	_, err = b.redeem(v, 5_001, "b", morning.Add(17*time.Hour)) // 23:00 the same day
	b.refused(err, "voucher-limit")
	_, err = b.redeem(v, 20_000, "c", morning.Add(19*time.Hour)) // 01:00 the next
	b.ok(err)
}

func TestWrongPINsSuspendTheVoucher(t *testing.T) {
	b := open(t)
	v := b.voucher(100_000)
	wrong := v
	wrong.PIN = "000000"
	for i := range 3 {
		_, err := b.redeem(wrong, 1_000, fmt.Sprint("w", i), morning)
		b.refused(err, "voucher-pin")
	}
	_, err := b.redeem(v, 1_000, "right", morning) // the right one starts the count again
	b.ok(err)
	for i := range maxWrongVoucherPINs {
		_, err := b.redeem(wrong, 1_000, fmt.Sprint("x", i), morning)
		b.refused(err, "voucher-pin")
	}
	_, err = b.redeem(v, 1_000, "y", morning)
	b.refused(err, "voucher-suspended")
	b.tx(func(tx pgx.Tx) error { return ActivateVoucher(b.ctx, tx, v.ID, "test", morning) })
	_, err = b.redeem(v, 1_000, "z", morning)
	b.ok(err)
}

// TestSixtyFourAtOnce: scans, retries and races on few vouchers at two vendors; every
// đồng is where it was or where it went.
func TestSixtyFourAtOnce(t *testing.T) {
	b := open(t)
	const each, price = 50_000, 7_000
	vouchers := []Issued{b.voucher(each), b.voucher(each), b.voucher(each), b.voucher(each)}
	var wg sync.WaitGroup
	var mu sync.Mutex
	spent := map[string]int64{} // key → redemption
	for i := range 64 {
		wg.Go(func() {
			v := vouchers[i%len(vouchers)]
			vendor := []VendorID{b.sau, b.tu}[i/len(vouchers)%2]
			key := fmt.Sprintf("%d/%d", i%len(vouchers), i/len(vouchers)/2) // each key is asked for once at either vendor
			for range 2 {                                                   // and every request is retried
				r, err := Redeem(b.ctx, b.pool, b.box, RedeemInput{Token: v.Token, PIN: v.PIN, Vendor: vendor, Amount: price, Key: key, Now: morning})
				if refusal := RefusalOf(err); refusal != nil && (refusal.Why == "voucher-short" || refusal.Why == "key-reused") {
					continue
				}
				if err != nil {
					t.Error(err)
					continue
				}
				mu.Lock()
				if first, was := spent[key]; was && first != r.ID {
					t.Errorf("key %s is redeemed twice: %d and %d", key, first, r.ID)
				}
				spent[key] = r.ID
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	var left money.VND
	for _, v := range vouchers {
		got, err := GetVoucher(b.ctx, b.pool, v.ID)
		b.ok(err)
		left += got.Left
	}
	owed := b.balance(owedToVendor(b.sau).Code) + b.balance(owedToVendor(b.tu).Code)
	var sum money.VND
	var n int
	b.ok(b.pool.QueryRow(b.ctx, `select sum(amount), count(*) from redemption`).Scan(&sum, &n))
	if left+owed != each*4 || sum != owed || n != len(spent) || n != 4*(each/price) {
		t.Errorf("left %d, owed to vendors %d, redeemed %d in %d (%d keys)", left, owed, sum, n, len(spent))
	}
}

func TestLostCardIsBlockedAndReissued(t *testing.T) {
	b := open(t)
	old := b.voucher(100_000, func(in *IssueInput) { in.PerDay = 60_000 })
	_, err := b.redeem(old, 30_000, "a", morning)
	b.ok(err)
	var card Issued
	b.tx(func(tx pgx.Tx) error { return BlockVoucher(b.ctx, tx, old.ID, "mất thẻ", "test", morning) })
	_, err = b.redeem(old, 1_000, "b", morning)
	b.refused(err, "voucher-suspended")
	b.tx(func(tx pgx.Tx) (err error) {
		card, err = ReissueVoucher(b.ctx, tx, b.box, old.ID, "test", morning, nil)
		return err
	})
	if card.Amount != 70_000 || card.Serial == old.Serial || card.Token == old.Token {
		t.Errorf("%+v", card)
	}
	_, err = b.redeem(old, 1_000, "c", morning)
	b.refused(err, "voucher-cancelled")
	_, err = b.redeem(card, 60_000, "d", morning)
	b.ok(err)
	err = pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) error {
		_, err := ReissueVoucher(b.ctx, tx, b.box, old.ID, "test", morning, nil)
		return err
	})
	b.refused(err, "voucher-cancelled")
	got, err := GetVoucher(b.ctx, b.pool, card.ID)
	b.ok(err)
	if got.Replaces != old.ID || got.Left != 10_000 || got.PerDay != 60_000 {
		t.Errorf("%+v", got)
	}
}

func TestUnspentMoneyGoesBackWhenAVoucherExpires(t *testing.T) {
	b := open(t)
	part, whole, spent := b.voucher(100_000), b.voucher(50_000), b.voucher(10_000)
	long := b.voucher(1_000, func(in *IssueInput) { in.Until = in.Until.AddDate(0, 1, 0) })
	_, err := b.redeem(part, 30_000, "a", morning)
	b.ok(err)
	_, err = b.redeem(spent, 10_000, "b", morning)
	b.ok(err)
	for _, tt := range []struct{ day, want int }{{30, 0}, {31, 2}, {31, 0}} {
		n, err := ExpireVouchers(b.ctx, b.pool, "test", morning.AddDate(0, 0, tt.day))
		b.ok(err)
		if n != tt.want {
			t.Errorf("day %d ends %d vouchers, want %d", tt.day, n, tt.want)
		}
	}
	for _, tt := range []struct {
		v     Issued
		state VoucherState
		owed  money.VND
	}{{part, ExpiredVoucher, 70_000}, {whole, ExpiredVoucher, 50_000}, {spent, Redeemed, 0}, {long, Active, 0}} {
		got, err := GetVoucher(b.ctx, b.pool, tt.v.ID)
		b.ok(err)
		if got.State != tt.state || b.balance(payableCode(got.Person)) != tt.owed || tt.state != Active && got.Left != 0 {
			t.Errorf("%+v, owed %d", got, b.balance(payableCode(got.Person)))
		}
	}
}

func TestVoucherCannotGoBelowZero(t *testing.T) {
	b := open(t)
	v := b.voucher(10_000)
	err := pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) error {
		accounts, err := ensure(b.ctx, tx, voucherAccount(v.ID), owedToVendor(b.sau))
		b.ok(err)
		_, err = ledger.Post(b.ctx, tx, ledger.Entry{Key: "bug", On: dayOf(morning), Kind: "test",
			Transfers: []ledger.Transfer{{Debit: accounts[0], Credit: accounts[1], Amount: 10_001}}})
		return err
	})
	if pg.Constraint(err) != "no_overdraft" && !strings.Contains(fmt.Sprint(err), "too little") {
		t.Errorf("%v", err)
	}
}
