package payout

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
	"ansinh.vn/ledger"
)

// Reject refuses a submitted run with a reason. Its payments are cancelled and their
// months are free for the next run; nothing of it is lost.
func Reject(ctx context.Context, pool *pgxpool.Pool, run RunID, by StaffID, reason string, now time.Time) (err error) {
	defer pg.Wrap(&err, "payout: reject run %d", run)
	return endRun(ctx, pool, run, by, reason, now, RunRejected, "run.rejected")
}

// Void withdraws a run that is not yet sent. What was posted for it is reversed.
func Void(ctx context.Context, pool *pgxpool.Pool, run RunID, by StaffID, reason string, now time.Time) (err error) {
	defer pg.Wrap(&err, "payout: void run %d", run)
	return endRun(ctx, pool, run, by, reason, now, RunVoid, "run.voided")
}

func endRun(ctx context.Context, pool *pgxpool.Pool, run RunID, by StaffID, reason string, now time.Time, to RunState, kind string) error {
	if strings.TrimSpace(reason) == "" {
		return refuse("a reason is needed")
	}
	err := bulkTx(ctx, pool, func(tx pgx.Tx) error {
		who, err := actor(ctx, tx, by)
		if err != nil {
			return err
		}
		r, err := lockRun(ctx, tx, run)
		if err != nil {
			return err
		}
		if r.State == RunApproved {
			if err := reverseRun(ctx, tx, run, who, reason, now); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `update run set state = $2, reason = $3, ended_by = $4, ended_at = $5 where id = $1`, run, to, reason, by, now); err != nil {
			return err
		}
		if err := releaseCarried(ctx, tx, `p.run_id = $1`, run, now); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			update payment set state = 'cancelled', live = false, changed_at = $2
			where run_id = $1 and state in ('ready', 'held')`, run, now); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: who, Kind: kind, Subject: run.subject(),
			Payload: map[string]any{"reason": reason, "was": r.State}})
	})
	if pg.Constraint(err) == "run_step" {
		return ErrState
	}
	return err
}

// reverseRun undoes the entries of an approved run, and those that had undone single
// payments of it.
func reverseRun(ctx context.Context, tx pgx.Tx, run RunID, by, reason string, now time.Time) error {
	var gone int
	err := tx.QueryRow(ctx, `
		select count(*) from payment where run_id = $1 and state not in ('ready', 'held', 'cancelled')`, run).Scan(&gone)
	if err != nil {
		return err
	}
	if gone > 0 {
		return refuse("%d payments of the run have left already", gone)
	}
	rows, err := tx.Query(ctx, `
		select entry_id, key from entry_key
		where key = 'run:' || $1::bigint || ':approved'
		   or key in (select 'payment:' || id || ':cancelled' from payment where run_id = $1 and state = 'cancelled')
		order by entry_id desc`, run)
	if err != nil {
		return err
	}
	type posted struct {
		ID  ledger.EntryID
		Key string
	}
	entries, err := pgx.CollectRows(rows, pgx.RowToStructByPos[posted])
	if err != nil {
		return err
	}
	for _, e := range entries {
		if _, err := ledger.Reverse(ctx, tx, e.ID, e.Key+":void", reason, by, bookDay(now)); err != nil {
			return fundsError(err)
		}
	}
	return nil
}

// releaseCarried gives earlier payments back that the chosen ones had taken over.
func releaseCarried(ctx context.Context, tx pgx.Tx, where string, arg any, now time.Time) error {
	_, err := tx.Exec(ctx, `
		update payment f
		set state = case when exists (select from instruction i where i.payment_id = f.id and i.state = 'uncollected') then 'uncollected' else 'returned' end,
		    changed_at = $2
		from payment_carry c join payment p on p.id = c.to_payment
		where `+where+` and c.live and f.id = c.from_payment and f.state = 'carried'`, arg, now)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `update payment_carry c set live = false from payment p where `+where+` and p.id = c.to_payment and c.live`, arg)
	return err
}

// Close ends a run whose payments all have their end, and charges what paying out cost; ErrState says which have not.
func Close(ctx context.Context, pool *pgxpool.Pool, run RunID, by StaffID, now time.Time) (err error) {
	defer pg.Wrap(&err, "payout: close run %d", run)
	return bulkTx(ctx, pool, func(tx pgx.Tx) error {
		who, err := actor(ctx, tx, by)
		if err != nil {
			return err
		}
		r, err := lockRun(ctx, tx, run)
		if err != nil || r.State == RunClosed {
			return err
		}
		if r.State != RunInstructed {
			return ErrState
		}
		var open int
		err = tx.QueryRow(ctx, `select count(*) from payment where run_id = $1 and state in ('ready', 'instructed')`, run).Scan(&open)
		if err != nil {
			return err
		}
		if open > 0 {
			return fmt.Errorf("%w: %d payments have no outcome yet; import the statements and the post office's list", ErrState, open)
		}
		if err := chargeFees(ctx, tx, r, who, now); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update run set state = 'closed', ended_by = $2, ended_at = $3 where id = $1`, run, by, now); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: who, Kind: "run.closed", Subject: run.subject()})
	})
}
