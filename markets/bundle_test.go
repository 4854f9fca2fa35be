package markets

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/bank"
	"ansinh.vn/bank/notice"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/pgtest"
	"ansinh.vn/internal/secret"
	"ansinh.vn/internal/text"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

const office = "31825"

// morning is when the market of these tests opens.
var morning = time.Date(2026, 11, 3, 6, 0, 0, 0, text.Vietnam)

// bundle is a market with two vendors, Sáu and Tư, each with a stall.
type bundle struct {
	*testing.T
	ctx      context.Context
	pool     *pgxpool.Pool
	box      *secret.Box
	market   MarketID
	sau, tu  VendorID
	stall    StallID // of Sáu
	notices  int
	rail     bank.RailAccount
	accounts map[VendorID]string
}

func open(t *testing.T) *bundle {
	t.Helper()
	t.Parallel()
	b := &bundle{T: t, ctx: t.Context(), pool: pgtest.New(t), box: secret.ForTest(t), accounts: map[VendorID]string{}}
	b.tx(func(tx pgx.Tx) error {
		_, err := tx.Exec(b.ctx, `insert into office (code, name, kind) values ($1, 'Bạc Liêu', 'Phường')`, office)
		b.ok(err)
		b.market, err = AddMarket(b.ctx, tx, NewMarket{Name: "Chợ Phường 3", Office: office}, "test", morning)
		b.ok(err)
		b.sau = b.addVendor(tx, "Trần Thị Sáu", "0912345671", "1900201234567")
		b.tu = b.addVendor(tx, "Lý Văn Tư", "0912345672", "1900207654321")
		b.stall, err = AddStall(b.ctx, tx, NewStall{b.market, b.sau, "QAY-017"}, "test", morning)
		b.ok(err)
		_, err = AddStall(b.ctx, tx, NewStall{b.market, b.tu, "QAY-018"}, "test", morning)
		b.ok(err)
		rails, err := bank.EnsureAccounts(b.ctx, tx, []bank.RailAccount{{Office: office, Kind: "bank", BIN: "970405", Account: "1900999888777", Name: "UBND phường Bạc Liêu"}})
		b.ok(err)
		b.rail = rails[0]
		return nil
	})
	return b
}

func (b *bundle) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bundle) tx(do func(tx pgx.Tx) error) {
	b.Helper()
	b.ok(pg.Tx(b.ctx, b.pool, do))
}

// refused checks that err is the refusal for why.
func (b *bundle) refused(err error, why string) {
	b.Helper()
	if r := RefusalOf(err); r == nil || r.Why != why {
		b.Errorf("got %v, want the refusal %q", err, why)
	}
}

func (b *bundle) addVendor(tx pgx.Tx, name, phone, account string) VendorID {
	b.Helper()
	v, err := AddVendor(b.ctx, tx, b.box, NewVendor{Name: name, Phone: phone, BankBIN: "970405", Account: account}, "test", morning)
	b.ok(err)
	b.accounts[v] = account
	return v
}

// charge asks for an amount at Sáu's stall.
func (b *bundle) charge(amount money.VND, now time.Time) Charge {
	b.Helper()
	c, err := CreateCharge(b.ctx, b.pool, b.box, ChargeInput{Vendor: b.sau, Stall: b.stall, Amount: amount,
		Key: fmt.Sprintf("%d@%s", amount, now), Now: now})
	b.ok(err)
	return c
}

// money is a notice of money to Sáu; change makes it something else.
func (b *bundle) money(amount money.VND, memo string, at time.Time, change ...func(*notice.Notice)) int64 {
	b.Helper()
	b.notices++
	n := notice.Notice{Provider: "sepay", EventID: fmt.Sprint(b.notices), In: true, Amount: amount, BIN: "970405", Account: b.accounts[b.sau],
		Memo: memo, Reference: fmt.Sprintf("FT%05d", b.notices), OccurredAt: at}
	for _, c := range change {
		c(&n)
	}
	var key int64
	b.tx(func(tx pgx.Tx) (err error) {
		key, _, err = bank.StoreNotice(b.ctx, tx, bank.Received{Notice: n, Raw: []byte("{}")}, at)
		return err
	})
	return key
}

func (b *bundle) apply(key int64, now time.Time) (a Applied) {
	b.Helper()
	b.tx(func(tx pgx.Tx) (err error) {
		a, err = ApplyNotice(b.ctx, tx, b.box, key, now)
		return err
	})
	return a
}

// state reads Sáu's charge as it is now.
func (b *bundle) state(c Charge) ChargeState {
	b.Helper()
	got, err := GetCharge(b.ctx, b.pool, b.box, b.sau, c.ID)
	b.ok(err)
	return got.ChargeState
}

// owe puts an amount on a new person's payable account and returns the person.
func (b *bundle) owe(amount money.VND) (person int64) {
	b.Helper()
	b.tx(func(tx pgx.Tx) error {
		var list int64
		b.ok(tx.QueryRow(b.ctx, `
			insert into list (kind, office, scheme, version, file_name, sha256, size, imported_by, imported_at, done)
			select 'list', $1, 'btxh', count(*) + 1, 'danh sach.xlsx', sha256(count(*)::text::bytea), 1, 'test', $2, true from list returning id`, office, morning).Scan(&list))
		b.ok(tx.QueryRow(b.ctx, `
			insert into person (name, name_key, office, first_list) values ('Thạch Thị Lành', 'thach thi lanh', $1, $2) returning id`, office, list).Scan(&person))
		ids, err := ledger.Ensure(b.ctx, tx, []ledger.Account{
			{Code: payableCode(person), Name: "Phải trả người hưởng", Type: "liability", Owner: fmt.Sprintf("p%d", person)},
			{Code: "611." + office + ".btxh", Name: "Chi", Type: "expense", Office: office}})
		b.ok(err)
		_, err = ledger.Post(b.ctx, tx, ledger.Entry{Key: fmt.Sprintf("test:owe:%d", person), On: dayOf(morning), Kind: "test", Transfers: []ledger.Transfer{
			{Debit: ids["611."+office+".btxh"], Credit: ids[payableCode(person)], Amount: amount}}})
		return err
	})
	return person
}

// voucher issues all that is owed to a new person.
func (b *bundle) voucher(amount money.VND, change ...func(*IssueInput)) (v Issued) {
	b.Helper()
	in := IssueInput{PersonID: b.owe(amount), Office: office, Amount: amount, From: dayOf(morning), Until: dayOf(morning).AddDate(0, 0, 30), By: "test", Now: morning}
	in.PaymentRef = fmt.Sprintf("payment:%d", in.PersonID)
	for _, c := range change {
		c(&in)
	}
	b.tx(func(tx pgx.Tx) (err error) {
		v, err = IssueVoucher(b.ctx, tx, b.box, in)
		return err
	})
	return v
}

func (b *bundle) redeem(v Issued, amount money.VND, key string, now time.Time) (Redemption, error) {
	return Redeem(b.ctx, b.pool, b.box, RedeemInput{Token: v.Token, PIN: v.PIN, Vendor: b.sau, Stall: b.stall, Amount: amount, Key: key, Now: now})
}

func (b *bundle) balance(code string) money.VND {
	b.Helper()
	v, err := ledger.Balance(b.ctx, b.pool, code)
	b.ok(err)
	return v
}
