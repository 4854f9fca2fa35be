package payout

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// ByVoucher is a payment that leaves as a voucher.
type ByVoucher struct {
	Person PersonID
	Office string
	Amount money.VND
}

// PayByVoucher takes an approved payment that is not yet sent out of the bank's way, at
// the person's choice: whoever issues the voucher does so in the same transaction and
// posts it from what is payable to the person (3388) to the voucher (3387).
func PayByVoucher(ctx context.Context, tx pgx.Tx, payment PaymentID, by string, now time.Time) (v ByVoucher, err error) {
	defer pg.Wrap(&err, "payout: pay %d by voucher", payment)
	err = tx.QueryRow(ctx, `
		update payment p set rail = 'voucher', state = 'settled', changed_at = $2 from run r
		where p.id = $1 and r.id = p.run_id and p.state = 'ready' and p.stopped = '' and p.amount > 0 and r.state in ('approved', 'instructed')
		returning p.person_id, r.office, p.amount`, payment, now).Scan(&v.Person, &v.Office, &v.Amount)
	if errors.Is(err, pgx.ErrNoRows) {
		return v, refuse("the payment is not approved, or has left already")
	}
	if err != nil {
		return v, err
	}
	return v, audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "payment.by_voucher", Subject: payment.subject(),
		Payload: map[string]any{"amount": v.Amount}})
}
