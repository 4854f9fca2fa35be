package payout

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
)

// Submit freezes a computed run for approval: its digest covers every payment that is
// not held, with its lines. People whose death became known since it was computed are
// held first. Submitting a submitted run again changes nothing.
func Submit(ctx context.Context, pool *pgxpool.Pool, run RunID, by StaffID, now time.Time) (_ Run, err error) {
	defer pg.Wrap(&err, "payout: submit run %d", run)
	var r Run
	err = bulkTx(ctx, pool, func(tx pgx.Tx) error {
		who, err := actor(ctx, tx, by)
		if err != nil {
			return err
		}
		if r, err = lockRun(ctx, tx, run); err != nil || r.State == RunSubmitted {
			return err
		}
		if r.State != RunComputed {
			return ErrState
		}
		if err := holdTheDead(ctx, tx, run, now); err != nil {
			return err
		}
		if err := recount(ctx, tx, &r); err != nil {
			return err
		}
		if r.N == 0 {
			return ErrNothing
		}
		if r.Digest, err = digest(ctx, tx, r); err != nil {
			return err
		}
		needed, err := approvalsNeeded(ctx, tx, r)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			update run set state = 'submitted', n = @n, total = @total, held_n = @held_n, held_total = @held, digest = @digest,
				approvals_needed = @needed, submitted_by = @by, submitted_at = @now
			where id = @run`,
			pgx.StrictNamedArgs{"n": r.N, "total": r.Total, "held_n": r.HeldN, "held": r.HeldTotal, "digest": r.Digest, "needed": needed, "by": by, "now": now, "run": run})
		if err != nil {
			return err
		}
		err = audit.Record(ctx, tx, audit.Event{At: now, Actor: who, Kind: "run.submitted", Subject: run.subject(),
			Payload: map[string]any{"digest": hexed(r.Digest), "n": r.N, "total": r.Total, "held_n": r.HeldN, "held_total": r.HeldTotal}})
		if err != nil {
			return err
		}
		r, err = Get(ctx, tx, run)
		return err
	})
	return r, err
}

// holdTheDead keeps out whose death became known after the run was computed, unless a
// person released the payment knowing it.
func holdTheDead(ctx context.Context, tx pgx.Tx, run RunID, now time.Time) error {
	_, err := tx.Exec(ctx, `
		update payment p set state = 'held', hold_reasons = array[$2], changed_at = $3
		from person q
		where p.run_id = $1 and q.id = p.person_id and p.state = 'ready' and p.amount > 0 and p.released_by is null
		  and (q.died_on is not null or q.register_outcome = 'deceased')`, run, HoldPayee, now)
	return err
}

// recount brings a computed run's counts up to its holds and releases.
func recount(ctx context.Context, tx pgx.Tx, r *Run) error {
	return tx.QueryRow(ctx, `
		select count(*) filter (where state = 'ready'), coalesce(sum(amount) filter (where state = 'ready'), 0)::bigint,
		       count(*) filter (where state = 'held'), coalesce(sum(amount) filter (where state = 'held'), 0)::bigint
		from payment where run_id = $1`, r.ID).Scan(&r.N, &r.Total, &r.HeldN, &r.HeldTotal)
}

// digest hashes the run's head and the leaves of what it pays.
func digest(ctx context.Context, q pg.Queryer, r Run) ([]byte, error) {
	var rates []byte
	if err := q.QueryRow(ctx, `select rates from run where id = $1`, r.ID).Scan(&rates); err != nil {
		return nil, err
	}
	h := sha256.New()
	h.Write(runHead(r, rates, r.N, r.Total))
	rows, err := q.Query(ctx, `select leaf from payment where run_id = $1 and state = 'ready' order by id`, r.ID)
	if err != nil {
		return nil, err
	}
	var leaf []byte
	if _, err := pgx.ForEachRow(rows, []any{&leaf}, func() error {
		h.Write(leaf)
		return nil
	}); err != nil {
		return nil, err
	}
	return h.Sum(nil), nil
}
