package bank

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/bank/notice"
	"ansinh.vn/internal/pg"
)

// Received is a notice with the request that brought it.
type Received struct {
	notice.Notice
	Raw     []byte            // body as it came
	Headers map[string]string // see notice.Headers
}

// StoreNotice keeps a verified notice and returns its key. The same event told again
// returns the first key and first = false, whatever it says this time: a provider's
// event means one thing, and the statement has the last word. The caller answers the
// provider only after the transaction is committed.
func StoreNotice(ctx context.Context, tx pgx.Tx, r Received, receivedAt time.Time) (key int64, first bool, err error) {
	defer pg.Wrap(&err, "bank: store notice %s/%s", r.Provider, r.EventID)
	direction := "out"
	if r.In {
		direction = "in"
	}
	headers := r.Headers
	if headers == nil {
		headers = map[string]string{}
	}
	var occurred *time.Time
	if !r.OccurredAt.IsZero() {
		occurred = &r.OccurredAt
	}
	err = tx.QueryRow(ctx, `
		insert into bank_notice (provider, event_id, received_at, raw, headers, amount, direction, bank_bin, account,
			virtual_account, memo, reference, payer_name, payer_account, balance, occurred_at)
		values (@provider, @event, @received, @raw, @headers, @amount, @direction, @bin, @account,
			@virtual, @memo, @reference, @payer_name, @payer_account, @balance, @occurred)
		on conflict on constraint bank_notice_once do nothing
		returning id`,
		pgx.StrictNamedArgs{"provider": r.Provider, "event": r.EventID, "received": receivedAt, "raw": r.Raw, "headers": headers,
			"amount": r.Amount, "direction": direction, "bin": r.BIN, "account": r.Account, "virtual": r.VirtualAccount,
			"memo": r.Memo, "reference": r.Reference, "payer_name": r.PayerName, "payer_account": r.PayerAccount,
			"balance": r.Balance, "occurred": occurred}).Scan(&key)
	if !errors.Is(err, pgx.ErrNoRows) {
		return key, err == nil, err
	}
	err = tx.QueryRow(ctx, `select id from bank_notice where provider = $1 and event_id = $2`, r.Provider, r.EventID).Scan(&key)
	return key, false, err
}

// SetVerdict notes what a notice turned out to be, such as "charge:17 paid".
func SetVerdict(ctx context.Context, tx pgx.Tx, key int64, verdict string) (err error) {
	defer pg.Wrap(&err, "bank: verdict on notice %d", key)
	_, err = tx.Exec(ctx, `update bank_notice set verdict = $2 where id = $1`, key, verdict)
	return err
}
