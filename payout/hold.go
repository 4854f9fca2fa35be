package payout

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
)

// Hold keeps a payment of a computed run out of it, with a reason in words.
func Hold(ctx context.Context, pool *pgxpool.Pool, payment PaymentID, by StaffID, reason string, now time.Time) (err error) {
	defer pg.Wrap(&err, "payout: hold payment %d", payment)
	if strings.TrimSpace(reason) == "" {
		return refuse("a reason is needed")
	}
	return changeHold(ctx, pool, payment, by, reason, now, "payment.held", `
		update payment set state = 'held', hold_reasons = array['held_by_hand'], held_by = $2, note = $3, changed_at = $4
		where id = $1 and state = 'ready' and amount > 0`)
}

// Release lets a held payment of a computed run in. Who prepared the run cannot:
// ErrOwnRun. The reasons it was held for stay on record.
func Release(ctx context.Context, pool *pgxpool.Pool, payment PaymentID, by StaffID, note string, now time.Time) (err error) {
	defer pg.Wrap(&err, "payout: release payment %d", payment)
	if strings.TrimSpace(note) == "" {
		return refuse("say why the payment may go out")
	}
	return changeHold(ctx, pool, payment, by, note, now, "payment.released", `
		update payment set state = 'ready', released_by = $2, note = $3, changed_at = $4
		where id = $1 and state = 'held'`)
}

func changeHold(ctx context.Context, pool *pgxpool.Pool, payment PaymentID, by StaffID, words string, now time.Time, kind, sql string) error {
	err := pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		who, err := actor(ctx, tx, by)
		if err != nil {
			return err
		}
		var run RunID
		err = tx.QueryRow(ctx, `select run_id from payment where id = $1`, payment).Scan(&run)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		r, err := lockRun(ctx, tx, run)
		if err != nil {
			return err
		}
		if r.State != RunComputed {
			return ErrState
		}
		tag, err := tx.Exec(ctx, sql, payment, by, words, now)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return refuse("the payment is already so, or has nothing to pay")
		}
		if err := recount(ctx, tx, &r); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update run set n = $2, total = $3, held_n = $4, held_total = $5 where id = $1`,
			run, r.N, r.Total, r.HeldN, r.HeldTotal); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: who, Kind: kind, Subject: payment.subject(),
			Payload: map[string]any{"run": run, "words": words}})
	})
	switch pg.Constraint(err) {
	case "four_eyes":
		return ErrOwnRun
	case "payment_account":
		return refuse("the payment has no bank account to go to: correct the payee, then prepare again")
	}
	return err
}
