package markets

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/secret"
	"ansinh.vn/money"
)

// seen tells whether this very notice or line was applied before.
func seen(ctx context.Context, tx pgx.Tx, e Evidence) (Applied, error) {
	var receipt ReceiptID
	err := tx.QueryRow(ctx, `
		select receipt_id from receipt_evidence where notice_id = nullif($1, 0) or line_id = nullif($2, 0)`, e.Notice, e.Line).Scan(&receipt)
	if errors.Is(err, pgx.ErrNoRows) {
		return Applied{}, nil
	}
	if err != nil {
		return Applied{}, err
	}
	return behind(ctx, tx, receipt)
}

// behind says what stands behind a receipt that was there before.
func behind(ctx context.Context, tx pgx.Tx, receipt ReceiptID) (Applied, error) {
	a := Applied{Outcome: SeenBefore}
	var charge ChargeID
	err := tx.QueryRow(ctx, `
		select coalesce(vendor_id, 0), coalesce(stall_id, 0), coalesce(charge_id, 0), warning from receipt where id = $1`, receipt).
		Scan(&a.Vendor, &a.Stall, &charge, &a.Warning)
	if err != nil || charge == 0 {
		return a, err
	}
	rows, err := tx.Query(ctx, `select `+stateColumns+` from charge c where c.id = $1`, charge)
	if err != nil {
		return a, err
	}
	a.Charge, err = pgx.CollectExactlyOneRow(rows, scanState)
	return a, err
}

// keepReceipt stores the money that evidence tells of, or finds that another source
// told of the same money before: then the evidence is added to what there is.
func keepReceipt(ctx context.Context, tx pgx.Tx, box *secret.Box, e Evidence, m match, now time.Time) (receipt ReceiptID, fresh bool, err error) {
	account := e.Account
	if account == "" {
		account = e.VirtualAccount
	}
	var fingerprint []byte
	var occurrence *int
	if e.Reference != "" {
		fingerprint = box.Index("market.money", strings.Join([]string{account, e.Reference, e.Amount.String(), m.code}, "\x00"))
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(26011, hashtext(encode($1, 'hex')))`, fingerprint); err != nil {
			return 0, false, err
		}
		var before int
		if err := tx.QueryRow(ctx, `
			select count(*) from receipt_evidence e join receipt r on r.id = e.receipt_id
			where r.fingerprint = $1 and e.source = $2`, fingerprint, e.Source).Scan(&before); err != nil {
			return 0, false, err
		}
		before++
		occurrence = &before
	}
	err = tx.QueryRow(ctx, `
		insert into receipt (vendor_id, stall_id, charge_id, outcome, code, amount, account_idx, bank_bin, fingerprint, occurrence,
			warning, occurred_at, received_at)
		values (nullif(@vendor, 0), nullif(@stall, 0), nullif(@charge, 0), @outcome, @code, @amount, @account, @bin, @fingerprint, @occurrence,
			@warning, @occurred, @received)
		on conflict on constraint receipt_once do nothing returning id`,
		pgx.StrictNamedArgs{"vendor": int64(m.vendor), "stall": int64(m.stall), "charge": int64(m.charge.ID), "outcome": m.outcome,
			"code": m.code, "amount": int64(e.Amount), "account": box.Index(vendorAccount, e.Account), "bin": e.BIN,
			"fingerprint": fingerprint, "occurrence": occurrence, "warning": e.warning(),
			"occurred": noTime(e.OccurredAt), "received": e.ReceivedAt}).Scan(&receipt)
	fresh = err == nil
	if errors.Is(err, pgx.ErrNoRows) {
		err = tx.QueryRow(ctx, `select id from receipt where fingerprint = $1 and occurrence = $2`, fingerprint, occurrence).Scan(&receipt)
	}
	if err != nil {
		return 0, false, err
	}
	_, err = tx.Exec(ctx, `
		insert into receipt_evidence (receipt_id, source, notice_id, line_id, seen_at)
		values ($1, $2, nullif($3, 0), nullif($4, 0), $5)`, receipt, e.Source, e.Notice, e.Line, now)
	return receipt, fresh, err
}

func noTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// takeEarlyMoney counts what came for a charge's reference before the charge was stored,
// if it came to the vendor's account.
func takeEarlyMoney(ctx context.Context, tx pgx.Tx, c ChargeState, now time.Time) (ChargeState, error) {
	rows, err := tx.Query(ctx, `
		select r.id, r.amount from receipt r join vendor v on v.id = $2
		where r.code = $1 and r.charge_id is null and r.account_idx = v.account_idx and (r.bank_bin = '' or r.bank_bin = v.bank_bin)
		order by r.id for update of r`, c.Reference, c.Vendor)
	if err != nil {
		return c, err
	}
	type early struct {
		ID     ReceiptID
		Amount money.VND
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[early])
	if err != nil {
		return c, err
	}
	for _, r := range found { // nearly always none, hardly ever more than one
		if _, err := tx.Exec(ctx, `
			update receipt set charge_id = $2, vendor_id = $3, stall_id = nullif($4, 0), outcome = 'charge' where id = $1`,
			r.ID, c.ID, c.Vendor, int64(c.Stall)); err != nil {
			return c, err
		}
		if c, err = credit(ctx, tx, c, r.ID, r.Amount, true, now); err != nil {
			return c, err
		}
	}
	return c, nil
}
