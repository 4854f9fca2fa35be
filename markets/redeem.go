package markets

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

// RedeemInput spends a voucher at a stall.
type RedeemInput struct {
	Token  string // from the card's QR code, or its printed serial
	PIN    string
	Vendor VendorID
	Stall  StallID // 0: no particular stall of the vendor
	Amount money.VND
	Key    string // idempotency key, for ever
	Now    time.Time
}

// Redemption is money that moved from a voucher to what the province owes a vendor.
type Redemption struct {
	ID      int64     `json:"id"`
	Voucher VoucherID `json:"voucher"`
	Vendor  VendorID  `json:"vendor"`
	Stall   StallID   `json:"stall,omitempty"`
	Amount  money.VND `json:"amount"`
	Left    money.VND `json:"left"` // on the voucher afterwards
	At      time.Time `json:"at"`
}

// Redeem checks state, days, market, PIN, limits and balance and debits the voucher in
// one step. The same key with the same content gives the first redemption, so that a
// double scan or a retry after a lost answer spends once. What is refused, and why, is a
// *Refusal: voucher-unknown, voucher-inactive, -suspended, -redeemed, -expired,
// -cancelled, -early, -market, -pin, -limit, -short; vendor-suspended; not-your-stall.
// Five wrong PINs in a row suspend the voucher.
func Redeem(ctx context.Context, pool *pgxpool.Pool, box *secret.Box, in RedeemInput) (r Redemption, err error) {
	defer wrap(&err, "redeem at vendor %d", in.Vendor)
	if in.Key == "" {
		return r, refuse("key", "a redemption needs an idempotency key")
	}
	if in.Amount <= 0 {
		return r, refuse("amount", "%s is not an amount to spend", in.Amount.Format())
	}
	in.Now = in.Now.Truncate(time.Microsecond)
	var refused error // kept apart: counting a wrong PIN must be committed
	err = pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		r, err = redeem(ctx, tx, box, in)
		if refusal := RefusalOf(err); refusal != nil && refusal.Why == "voucher-pin" {
			refused = err
			return nil
		}
		return err
	})
	return r, errors.Join(refused, err)
}

func redeem(ctx context.Context, tx pgx.Tx, box *secret.Box, in RedeemInput) (r Redemption, err error) {
	v, err := lockVoucher(ctx, tx, box, in.Token)
	if err != nil {
		return r, err
	}
	// under the voucher's lock, so that of two requests with one key the second sees the first
	if r, err = redemptionByKey(ctx, tx, in, v.ID); !errors.Is(err, ErrNotFound) {
		return r, err
	}
	if err := v.allows(ctx, tx, in); err != nil {
		return r, err
	}
	if !hmac.Equal(v.pinMAC, pinMAC(box, v.Serial, in.PIN)) {
		return r, v.wrongPIN(ctx, tx, in)
	}
	return v.spend(ctx, tx, in)
}

// locked is a voucher whose row is locked.
type locked struct {
	Voucher
	pinMAC   []byte
	failures int
}

func lockVoucher(ctx context.Context, tx pgx.Tx, box *secret.Box, token string) (v locked, err error) {
	err = tx.QueryRow(ctx, `
		select id, serial, office, coalesce(market_id, 0), amount, state, valid_from, valid_until,
		       coalesce(per_purchase, 0), coalesce(per_day, 0), pin_mac, pin_failures
		from voucher where token_idx = $1 or serial = $2 for update`, tokenIndex(box, token), squeeze(token)).
		Scan(&v.ID, &v.Serial, &v.Office, &v.Market, &v.Amount, &v.State, &v.From, &v.Until,
			&v.PerPurchase, &v.PerDay, &v.pinMAC, &v.failures)
	if errors.Is(err, pgx.ErrNoRows) {
		err = refuse("voucher-unknown", "this is no voucher of ours")
	}
	return v, err
}

func redemptionByKey(ctx context.Context, tx pgx.Tx, in RedeemInput, voucher VoucherID) (r Redemption, err error) {
	err = tx.QueryRow(ctx, `
		select id, voucher_id, vendor_id, coalesce(stall_id, 0), amount, left_after, at from redemption where key = $1`, in.Key).
		Scan(&r.ID, &r.Voucher, &r.Vendor, &r.Stall, &r.Amount, &r.Left, &r.At)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return r, ErrNotFound
	case err != nil:
		return r, err
	case r.Voucher != voucher || r.Vendor != in.Vendor || r.Stall != in.Stall || r.Amount != in.Amount:
		return Redemption{}, ErrKeyReused
	}
	// "already done" must be as durable as the deed
	_, err = tx.Exec(ctx, `select pg_logical_emit_message(true, 'idem', '')`)
	return r, err
}

// allows checks everything but PIN and balance.
func (v *locked) allows(ctx context.Context, tx pgx.Tx, in RedeemInput) error {
	today := dayOf(in.Now)
	switch {
	case v.State != Active:
		return refuse("voucher-"+string(v.State), "the voucher is %s", v.State)
	case today.Before(v.From):
		return refuse("voucher-early", "the voucher can be spent from %s on", v.From.Format("02/01/2006"))
	case today.After(v.Until): // the last day itself still counts
		return refuse("voucher-expired", "the voucher could be spent until %s", v.Until.Format("02/01/2006"))
	case v.PerPurchase > 0 && in.Amount > v.PerPurchase:
		return refuse("voucher-limit", "one purchase may take at most %s", v.PerPurchase.Format())
	}
	var vendorState string
	var here bool
	var today0 money.VND
	err := tx.QueryRow(ctx, `
		select v.state,
		       @market = 0 or exists (select from stall s where s.vendor_id = v.id and s.market_id = @market
		           and s.closed_at is null and (@stall = 0 or s.id = @stall)),
		       (select coalesce(sum(amount), 0)::bigint from redemption where voucher_id = @voucher and on_day = @today)
		from vendor v where v.id = @vendor`,
		pgx.StrictNamedArgs{"vendor": in.Vendor, "market": int64(v.Market), "stall": int64(in.Stall), "voucher": v.ID, "today": today}).
		Scan(&vendorState, &here, &today0)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return ErrNotFound
	case err != nil:
		return err
	case vendorState != "active":
		return refuse("vendor-suspended", "the vendor is suspended")
	case !here:
		return refuse("voucher-market", "the voucher can be spent at another market only")
	case v.PerDay > 0 && today0+in.Amount > v.PerDay:
		return refuse("voucher-limit", "a day may take at most %s; %s is spent today", v.PerDay.Format(), today0.Format())
	}
	return nil
}

func (v *locked) wrongPIN(ctx context.Context, tx pgx.Tx, in RedeemInput) error {
	v.failures++
	state := v.State
	if v.failures >= maxWrongVoucherPINs {
		state = Suspended
	}
	if _, err := tx.Exec(ctx, `update voucher set pin_failures = $2, state = $3, changed_at = $4 where id = $1`,
		v.ID, v.failures, state, in.Now); err != nil {
		return err
	}
	if state == Suspended {
		if err := noteVoucher(ctx, tx, v.ID, v.State, state, "too many wrong PINs", vendorSubject(in.Vendor), in.Now); err != nil {
			return err
		}
		return refuse("voucher-pin", "the PIN is wrong; the voucher is blocked now, its holder must come to the office")
	}
	return refuse("voucher-pin", "the PIN is wrong; %d more tries", maxWrongVoucherPINs-v.failures)
}

// spend debits the voucher; the ledger itself refuses more than it holds.
func (v *locked) spend(ctx context.Context, tx pgx.Tx, in RedeemInput) (r Redemption, err error) {
	accounts, err := ensure(ctx, tx, voucherAccount(v.ID), owedToVendor(in.Vendor))
	if err != nil {
		return r, err
	}
	_, err = ledger.Post(ctx, tx, ledger.Entry{
		Key: "redemption:" + in.Key, On: dayOf(in.Now), Kind: "voucher.redeemed", Ref: voucherRef(v.ID), By: vendorSubject(in.Vendor), At: in.Now,
		Transfers: []ledger.Transfer{{Debit: accounts[0], Credit: accounts[1], Amount: in.Amount, Ref: voucherRef(v.ID)}},
	})
	var short ledger.ErrShort
	if errors.As(err, &short) {
		return r, refuse("voucher-short", "the voucher holds %s", short.Balance.Format())
	}
	if errors.Is(err, ledger.ErrKeyReused) {
		return r, ErrKeyReused
	}
	if err != nil {
		return r, err
	}
	r = Redemption{Voucher: v.ID, Vendor: in.Vendor, Stall: in.Stall, Amount: in.Amount, At: in.Now}
	if r.Left, err = ledger.Balance(ctx, tx, voucherAccount(v.ID).Code); err != nil {
		return r, err
	}
	if err := tx.QueryRow(ctx, `
		insert into redemption (key, voucher_id, vendor_id, stall_id, office, amount, left_after, at, on_day)
		values (@key, @voucher, @vendor, nullif(@stall, 0), @office, @amount, @left, @at, @day) returning id`,
		pgx.StrictNamedArgs{"key": in.Key, "voucher": v.ID, "vendor": in.Vendor, "stall": int64(in.Stall), "office": v.Office,
			"amount": in.Amount, "left": r.Left, "at": in.Now, "day": dayOf(in.Now)}).Scan(&r.ID); err != nil {
		return r, err
	}
	state := v.State
	if r.Left == 0 {
		state = Redeemed
	}
	if state == v.State && v.failures == 0 {
		return r, nil
	}
	if _, err := tx.Exec(ctx, `update voucher set pin_failures = 0, state = $2, changed_at = $3 where id = $1`, v.ID, state, in.Now); err != nil {
		return r, err
	}
	if state == Redeemed {
		err = noteVoucher(ctx, tx, v.ID, v.State, Redeemed, fmt.Sprintf("redemption:%d", r.ID), vendorSubject(in.Vendor), in.Now)
	}
	return r, err
}
