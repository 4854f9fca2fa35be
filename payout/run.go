package payout

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

const runColumns = `
	select r.id, r.office, r.month, r.schemes, r.state, r.known_on, r.with_provisional, r.provisional_sets, r.digest, r.n, r.total,
	       r.held_n, r.held_total, (select count(*) from approval a where a.run_id = r.id and a.digest = r.digest), r.approvals_needed,
	       r.prepared_by, r.prepared_at, r.submitted_by, r.submitted_at, r.approved_at, r.reason, r.months, r.months_by
	from run r `

func scanRun(row pgx.CollectableRow) (r Run, err error) {
	err = row.Scan(&r.ID, &r.Office, &r.Month, &r.Schemes, &r.State, &r.KnownOn, &r.WithProvisional, &r.ProvisionalSets, &r.Digest, &r.N, &r.Total,
		&r.HeldN, &r.HeldTotal, &r.Approvals, &r.ApprovalsNeeded, &r.PreparedBy, &r.PreparedAt, &r.SubmittedBy, &r.SubmittedAt, &r.ApprovedAt, &r.Reason, &r.Months, &r.MonthsBy)
	return r, err
}

// Get reads one run, or ErrNotFound.
func Get(ctx context.Context, q pg.Queryer, run RunID) (Run, error) { return getRun(ctx, q, run, "") }

// lockRun reads a run and keeps others from changing it until the transaction ends.
func lockRun(ctx context.Context, tx pgx.Tx, run RunID) (Run, error) {
	return getRun(ctx, tx, run, "for update of r")
}

func getRun(ctx context.Context, q pg.Queryer, run RunID, lock string) (_ Run, err error) {
	defer pg.Wrap(&err, "payout: run %d", run)
	rows, err := q.Query(ctx, runColumns+`where r.id = $1 `+lock, run)
	if err != nil {
		return Run{}, err
	}
	r, err := pgx.CollectExactlyOneRow(rows, scanRun)
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrNotFound
	}
	return r, err
}

// RunFilter chooses runs; its zero value is all.
type RunFilter struct {
	Office string
	Month  money.Month
	State  RunState
	Before RunID // only runs with a smaller number: the next page
	Limit  int   // 0 means 200
}

// Runs lists runs, newest first.
func Runs(ctx context.Context, q pg.Queryer, f RunFilter) (_ []Run, err error) {
	defer pg.Wrap(&err, "payout: list runs")
	if f.Limit <= 0 {
		f.Limit = 200
	}
	rows, err := q.Query(ctx, runColumns+`
		where (@office = '' or r.office = @office) and (@month::date is null or r.month = @month)
		  and (@state = '' or r.state = @state) and (@before = 0 or r.id < @before)
		order by r.id desc limit @limit`,
		pgx.StrictNamedArgs{"office": f.Office, "month": f.Month, "state": string(f.State), "before": int64(f.Before), "limit": f.Limit})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanRun)
}

// OfficeOf is the office that a payment belongs to, for checks of who may see it.
func OfficeOf(ctx context.Context, q pg.Queryer, payment PaymentID) (office string, err error) {
	err = q.QueryRow(ctx, `select r.office from payment p join run r on r.id = p.run_id where p.id = $1`, payment).Scan(&office)
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrNotFound
	}
	return office, err
}
