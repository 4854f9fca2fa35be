package markets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

// ActivateVoucher lets a card that was handed over be spent, or unblocks one.
func ActivateVoucher(ctx context.Context, tx pgx.Tx, voucher VoucherID, by string, now time.Time) (err error) {
	defer wrap(&err, "activate voucher %d", voucher)
	return step(ctx, tx, voucher, Active, "", by, now, Inactive, Suspended)
}

// BlockVoucher makes a lost or disputed card worthless until it is activated again or
// reissued. Its money stays where it is.
func BlockVoucher(ctx context.Context, tx pgx.Tx, voucher VoucherID, reason, by string, now time.Time) (err error) {
	defer wrap(&err, "block voucher %d", voucher)
	return step(ctx, tx, voucher, Suspended, reason, by, now, Inactive, Active)
}

// step moves a voucher from one of some states to another; being there already is fine.
func step(ctx context.Context, tx pgx.Tx, voucher VoucherID, to VoucherState, reason, by string, now time.Time, from ...VoucherState) error {
	var state VoucherState
	err := tx.QueryRow(ctx, `select state from voucher where id = $1 for update`, voucher).Scan(&state)
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrNotFound
	}
	if err != nil || state == to {
		return err
	}
	for _, f := range from {
		if state != f {
			continue
		}
		if _, err := tx.Exec(ctx, `update voucher set state = $2, pin_failures = 0, changed_at = $3 where id = $1`, voucher, to, now); err != nil {
			return err
		}
		return noteVoucher(ctx, tx, voucher, state, to, reason, by, now)
	}
	return refuse("voucher-"+string(state), "the voucher is %s and cannot become %s", state, to)
}

// ReissueVoucher replaces a lost card: what the old one holds moves to a new one with
// its own serial, token and PIN, and the old one is cancelled. random is crypto/rand
// when nil.
func ReissueVoucher(ctx context.Context, tx pgx.Tx, box *secret.Box, old VoucherID, by string, now time.Time, random io.Reader) (v Issued, err error) {
	defer wrap(&err, "reissue voucher %d", old)
	if _, err := tx.Exec(ctx, `select from voucher where id = $1 for update`, old); err != nil {
		return v, err
	}
	was, err := GetVoucher(ctx, tx, old)
	if err != nil {
		return v, err
	}
	if was.State != Active && was.State != Suspended && was.State != Inactive {
		return v, refuse("voucher-"+string(was.State), "the voucher is %s; there is nothing to reissue", was.State)
	}
	if was.Left <= 0 {
		return v, refuse("voucher-short", "the voucher holds nothing any more")
	}
	if err := step(ctx, tx, old, CancelledVoucher, "reissued", by, now, was.State); err != nil {
		return v, err
	}
	v, err = insertVoucher(ctx, tx, box, IssueInput{
		PersonID: was.Person, Office: was.Office, PaymentRef: was.PaymentRef, Amount: was.Left, Market: was.Market,
		From: was.From, Until: was.Until, PerPurchase: was.PerPurchase, PerDay: was.PerDay, By: by, Now: now, Rand: random,
	}, Active, old)
	if err != nil {
		return v, err
	}
	accounts, err := ensure(ctx, tx, voucherAccount(old), voucherAccount(v.ID))
	if err != nil {
		return v, err
	}
	_, err = ledger.Post(ctx, tx, ledger.Entry{
		Key: fmt.Sprintf("voucher:%d:reissued", old), On: dayOf(now), Kind: "voucher.reissued", Ref: voucherRef(v.ID), By: by, At: now,
		Transfers: []ledger.Transfer{{Debit: accounts[0], Credit: accounts[1], Amount: was.Left, Ref: voucherRef(old)}},
	})
	return v, err
}

// expireBatch bounds what one transaction ends.
const expireBatch = 5_000

// ExpireVouchers ends the vouchers whose last day is over; what is unspent is owed to
// the person again. It returns how many there were.
func ExpireVouchers(ctx context.Context, pool *pgxpool.Pool, by string, now time.Time) (n int, err error) {
	defer wrap(&err, "expire vouchers")
	for {
		var ended int
		err := pg.Tx(ctx, pool, func(tx pgx.Tx) (err error) {
			ended, err = expireSome(ctx, tx, by, now)
			return err
		})
		n += ended
		if err != nil || ended < expireBatch {
			return n, err
		}
	}
}

func expireSome(ctx context.Context, tx pgx.Tx, by string, now time.Time) (int, error) {
	rows, err := tx.Query(ctx, `
		with over as (
			select id, state from voucher
			where valid_until < $1 and state in ('inactive', 'active', 'suspended') order by id limit $2 for update
		), ended as (
			update voucher v set state = 'expired', changed_at = $3 from over where v.id = over.id
			returning v.id, over.state as before
		), noted as (
			insert into voucher_event (voucher_id, at, from_state, to_state, by_who)
			select id, $3, before, 'expired', $4 from ended order by id
		)
		select id from ended order by id`, dayOf(now), expireBatch, now, by)
	if err != nil {
		return 0, err
	}
	ended, err := pgx.CollectRows(rows, pgx.RowTo[VoucherID])
	if err != nil || len(ended) == 0 {
		return 0, err
	}
	// a statement of its own, after the locks: a redemption may have come in between
	rows, err = tx.Query(ctx, `
		select v.id, b.credits - b.debits, a.id, p.id
		from voucher v
		join account a on a.code = '3387.v' || v.id join balance b on b.account_id = a.id
		join account p on p.code = '3388.p' || v.person_id
		where v.id = any($1) and b.credits > b.debits order by v.id`, ended)
	if err != nil {
		return 0, err
	}
	var voucher VoucherID
	var left money.VND
	var worth, owed ledger.AccountID
	var transfers []ledger.Transfer
	if _, err := pgx.ForEachRow(rows, []any{&voucher, &left, &worth, &owed}, func() error {
		transfers = append(transfers, ledger.Transfer{Debit: worth, Credit: owed, Amount: left, Ref: voucherRef(voucher)})
		return nil
	}); err != nil {
		return 0, err
	}
	if err := audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "voucher.expired", Subject: voucherRef(ended[0]),
		Payload: map[string]any{"vouchers": ended}}); err != nil || len(transfers) == 0 {
		return len(ended), err
	}
	_, err = ledger.Post(ctx, tx, ledger.Entry{
		// a voucher expires once, so the first of the batch names it for ever
		Key: fmt.Sprintf("voucher:%d:expired", ended[0]), On: dayOf(now), Kind: "voucher.expired", Ref: voucherRef(ended[0]), By: by, At: now,
		Memo: fmt.Sprintf("%d phiếu hết hạn", len(ended)), Transfers: transfers,
	})
	return len(ended), err
}
