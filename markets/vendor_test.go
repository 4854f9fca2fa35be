package markets

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh.vn/bank/notice"
	"ansinh.vn/money"
	"ansinh.vn/qr"
)

func TestVendorAccountsAreSealedAndMasked(t *testing.T) {
	b := open(t)
	list, err := Vendors(b.ctx, b.pool, b.box)
	b.ok(err)
	if len(list) != 2 || list[0].Name != "Lý Văn Tư" || list[1].Account != "1900*******67" || list[1].HolderDiffers {
		t.Errorf("%+v", list)
	}
	var rows string
	b.ok(b.pool.QueryRow(b.ctx, `select string_agg(v::text, ' ') from vendor v`).Scan(&rows))
	for _, account := range b.accounts {
		if strings.Contains(rows, account) || strings.Contains(rows, fmt.Sprintf("%x", account)) {
			t.Error("an account number lies readable in the table")
		}
	}
}

func TestAddVendorRefuses(t *testing.T) {
	b := open(t)
	for why, v := range map[string]NewVendor{
		"phone-taken": {Name: "A", Phone: "0912345671", BankBIN: "970405", Account: "1900"},
		"phone":       {Name: "A", Phone: "912345671", BankBIN: "970405", Account: "1900"},
		"account":     {Name: "A", Phone: "0912345679", BankBIN: "970405", Account: "19"},
	} {
		tx, err := b.pool.Begin(b.ctx)
		b.ok(err)
		_, err = AddVendor(b.ctx, tx, b.box, v, "test", morning)
		b.refused(err, why)
		b.ok(tx.Rollback(b.ctx))
	}
	tx, err := b.pool.Begin(b.ctx)
	b.ok(err)
	defer tx.Rollback(b.ctx)
	_, err = AddVendor(b.ctx, tx, b.box, NewVendor{Name: "A", Phone: "0912345679", BankBIN: "97040", Account: "1900"}, "test", morning)
	if !errors.As(err, new(*qr.RefusedError)) {
		t.Errorf("a BIN of five digits: %v", err)
	}
}

func TestSignInByPIN(t *testing.T) {
	b := open(t)
	b.tx(func(tx pgx.Tx) error {
		b.refused(SetPIN(b.ctx, tx, b.sau, "111111", "test", morning), "pin")
		b.refused(SetPIN(b.ctx, tx, b.sau, "123456", "test", morning), "pin")
		b.refused(SetPIN(b.ctx, tx, b.sau, "1234", "test", morning), "pin")
		return SetPIN(b.ctx, tx, b.sau, "481593", "test", morning)
	})
	signIn := func(phone, pin string, now time.Time) (VendorID, error) {
		return SignIn(b.ctx, b.pool, phone, pin, now)
	}
	got, err := signIn("0912345671", "481593", morning)
	if err != nil || got != b.sau {
		t.Errorf("%d, %v", got, err)
	}
	_, err = signIn("0900000000", "481593", morning)
	b.refused(err, "sign-in")
	_, err = signIn("0912345672", "481593", morning) // has no PIN yet
	b.refused(err, "sign-in")
	for range maxWrongPINs {
		_, err := signIn("0912345671", "000001", morning)
		b.refused(err, "sign-in")
	}
	_, err = signIn("0912345671", "481593", morning)
	b.refused(err, "locked")
	_, err = signIn("0912345671", "481593", morning.Add(lockFor-time.Second))
	b.refused(err, "locked")
	if got, err := signIn("0912345671", "481593", morning.Add(lockFor)); err != nil || got != b.sau {
		t.Errorf("after the lock: %d, %v", got, err)
	}
}

// TestGuessesInParallelAreCounted: a hundred at once are no more than five.
func TestGuessesInParallelAreCounted(t *testing.T) {
	b := open(t)
	b.tx(func(tx pgx.Tx) error { return SetPIN(b.ctx, tx, b.sau, "481593", "test", morning) })
	var wg sync.WaitGroup
	var mu sync.Mutex
	answers := map[string]int{}
	for i := range 20 {
		wg.Go(func() {
			_, err := SignIn(b.ctx, b.pool, "0912345671", fmt.Sprintf("%06d", 100+i), morning)
			mu.Lock()
			defer mu.Unlock()
			answers[RefusalOf(err).Why]++
		})
	}
	wg.Wait()
	if d := cmp.Diff(map[string]int{"sign-in": maxWrongPINs, "locked": 20 - maxWrongPINs}, answers); d != "" {
		t.Error(d)
	}
}

func TestDevices(t *testing.T) {
	b := open(t)
	var token string
	b.tx(func(tx pgx.Tx) (err error) {
		token, err = EnrolDevice(b.ctx, tx, b.sau, "Điện thoại chị Sáu", "test", morning, nil)
		return err
	})
	if v, err := DeviceVendor(b.ctx, b.pool, token); err != nil || v != b.sau {
		t.Errorf("%d, %v", v, err)
	}
	b.tx(func(tx pgx.Tx) error {
		n, err := RevokeDevices(b.ctx, tx, b.sau, "test", morning)
		if n != 1 {
			t.Errorf("%d devices revoked", n)
		}
		return err
	})
	_, err := DeviceVendor(b.ctx, b.pool, token)
	b.refused(err, "not-found")
}

func (b *bundle) card(stall StallID) (c StallCard) {
	b.Helper()
	b.tx(func(tx pgx.Tx) (err error) {
		c, err = MakeCard(b.ctx, tx, b.box, stall, "test", morning)
		return err
	})
	return c
}

func TestStallCard(t *testing.T) {
	b := open(t)
	_, err := Card(b.ctx, b.pool, b.box, b.stall)
	b.refused(err, "not-found")
	first := b.card(b.stall)
	code := qr.Decode(first.Payload)
	if !code.Valid() || code.Dynamic || code.Amount != "" || code.Purpose != first.Code || code.Store != "Cho Phuong 3" || code.Terminal != "QAY-017" || first.Tail != "4567" {
		t.Errorf("%+v %+v", first, code)
	}
	second := b.card(b.stall)
	got, err := Card(b.ctx, b.pool, b.box, b.stall)
	b.ok(err)
	if got.Version != 2 || got.Payload != second.Payload || got.Code != second.Code || got.HolderName != "TRAN THI SAU" {
		t.Errorf("%+v", got)
	}
	stranger, err := (qr.Transfer{Bank: "970436", Account: "0011001234567"}).Encode()
	b.ok(err)
	for scanned, want := range map[string]string{second.Payload: "own", first.Payload: "old", stranger: "other", "https://ansinh.vn": "unreadable"} {
		if verdict, err := CheckCard(b.ctx, b.pool, b.box, b.sau, scanned); err != nil || verdict != want {
			t.Errorf("%s: %s, %v, want %s", scanned, verdict, err, want)
		}
	}
	if verdict, _ := CheckCard(b.ctx, b.pool, b.box, b.tu, second.Payload); verdict != "other" {
		t.Errorf("a neighbour's card is %s", verdict)
	}
	// a new account makes the old cards worthless
	b.tx(func(tx pgx.Tx) error {
		return SetAccount(b.ctx, tx, b.box, b.sau, "970436", "0071000999888", "TRAN THI SAU", "test", morning)
	})
	_, err = Card(b.ctx, b.pool, b.box, b.stall)
	b.refused(err, "not-found")
}

func TestMoneyOnAStallCardIsMatchedToTheStall(t *testing.T) {
	b := open(t)
	old := b.card(b.stall)
	b.card(b.stall)
	var second StallID
	b.tx(func(tx pgx.Tx) (err error) {
		second, err = AddStall(b.ctx, tx, NewStall{b.market, b.sau, "QAY-020"}, "test", morning)
		return err
	})
	card := b.card(second)
	for name, tt := range map[string]struct {
		memo    string
		amount  money.VND
		change  func(*notice.Notice)
		outcome string
		stall   StallID
		warning string
	}{
		"card":                     {"CT " + card.Code + " tien ca", 20_000, nil, ForStall, second, ""},
		"old card":                 {old.Code, 20_000, nil, ForStall, b.stall, ""},
		"tiny":                     {card.Code, 200, nil, ForStall, second, WarnTiny},
		"no code, several stalls":  {"tien ca", 20_000, nil, ForVendor, 0, ""},
		"no code, one stall":       {"tien rau", 20_000, func(n *notice.Notice) { n.Account = b.accounts[b.tu] }, ForStall, b.stall + 1, ""},
		"card, another's account":  {card.Code, 20_000, func(n *notice.Notice) { n.Account = b.accounts[b.tu] }, WrongAccount, 0, ""},
		"two codes in one memo":    {card.Code + " " + old.Code, 20_000, nil, ForVendor, 0, ""},
		"a code that is not there": {makeCode(codeStall, 999_999), 20_000, nil, UnknownCode, 0, ""},
	} {
		change := tt.change
		if change == nil {
			change = func(*notice.Notice) {}
		}
		a := b.apply(b.money(tt.amount, tt.memo, morning, change), morning)
		if a.Outcome != tt.outcome || a.Stall != tt.stall || a.Warning != tt.warning {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// TestFamilySharesAnAccount: the code says whose money it is; without one nobody guesses.
func TestFamilySharesAnAccount(t *testing.T) {
	b := open(t)
	b.tx(func(tx pgx.Tx) error {
		b.addVendor(tx, "Trần Văn Út", "0912345673", b.accounts[b.sau])
		return nil
	})
	c := b.charge(45_000, morning)
	if a := b.apply(b.money(45_000, "tien ca", morning), morning); a.Outcome != SharedAccount || a.Vendor != 0 {
		t.Errorf("%+v", a)
	}
	if a := b.apply(b.money(45_000, c.Reference, morning), morning); a.Outcome != ForCharge || a.Vendor != b.sau {
		t.Errorf("%+v", a)
	}
}

func TestDay(t *testing.T) {
	b := open(t)
	card := b.card(b.stall)
	paid, short, waits := b.charge(45_000, morning), b.charge(200_000, morning.Add(time.Hour)), b.charge(7_000, morning.Add(2*time.Hour))
	b.charge(9_000, morning.AddDate(0, 0, -1)) // yesterday's
	b.apply(b.money(45_000, paid.Reference, morning), morning)
	b.apply(b.money(200, short.Reference, morning.Add(time.Hour)), morning.Add(time.Hour))
	b.apply(b.money(20_000, card.Code, morning.Add(3*time.Hour)), morning.Add(3*time.Hour))
	if _, err := b.redeem(b.voucher(50_000), 30_000, "r1", morning.Add(3*time.Hour)); err != nil {
		t.Fatal(err)
	}
	d, err := VendorDay(b.ctx, b.pool, b.sau, morning)
	b.ok(err)
	if d.Count != 4 || d.Total != 95_200 || d.Vouchers != 30_000 || d.Unconfirmed != 7_000+199_800 || len(d.Lines) != 5 ||
		d.ByHour[6] != 45_000 || d.ByHour[7] != 200 || d.ByHour[9] != 50_000 {
		t.Errorf("%+v", d)
	}
	if l := d.Lines[1]; l.Code != short.Reference || l.State != Short || l.Warning != WarnThousandfold || l.Stall != "QAY-017" {
		t.Errorf("%+v", l)
	}
	var csv bytes.Buffer
	b.ok(d.WriteCSV(&csv))
	want := "2026-11-03T08:00:00+07:00,charge," + fmt.Sprint(waits.ID) + ",QAY-017," + waits.Reference + ",,7000,0,waiting,\n"
	if !strings.Contains(csv.String(), want) || strings.Count(csv.String(), "\n") != 6 {
		t.Errorf("%s\nhas no %s", csv.String(), want)
	}
	totals, err := MarketDay(b.ctx, b.pool, morning)
	b.ok(err)
	if diff := cmp.Diff([]VendorTotal{{b.sau, "Trần Thị Sáu", 4, 95_200}}, totals); diff != "" {
		t.Error(diff)
	}
}
