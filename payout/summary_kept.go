package payout

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// KindSums are the lines of a scheme by kind, without what is held or cancelled.
type KindSums struct {
	Scheme   string    `json:"scheme"`
	Regular  money.VND `json:"regular"`
	Arrears  money.VND `json:"arrears"`
	Clawback money.VND `json:"clawback"`
	Funeral  money.VND `json:"funeral"`
	Total    money.VND `json:"total"`
}

// RunPage is all that the page of a run shows of its money.
type RunPage struct {
	Summary    Summary    `json:"summary"`
	Difference Difference `json:"difference"`
	Schemes    []KindSums `json:"schemes"`
	// from what is owed to what is paid
	Receivable money.VND `json:"receivable"` // overpaid before, and not recovered by this run
	Carried    money.VND `json:"carried"`
	ToPay      money.VND `json:"to_pay"`
}

// fewChanged is up to how many people behind a change are kept by name.
const fewChanged = 20_000

// ReadRunPage reads the page of a run: sums and difference as they were kept, or made
// anew and kept where a payment has changed since.
func ReadRunPage(ctx context.Context, pool *pgxpool.Pool, run RunID, now time.Time) (p RunPage, err error) {
	defer pg.Wrap(&err, "payout: page of run %d", run)
	var body []byte
	err = pool.QueryRow(ctx, `select body from run_summary s where run_id = $1 and not exists (select from run_stale where run_id = $1)`, run).Scan(&body)
	if errors.Is(err, pgx.ErrNoRows) {
		p, err = keepRunPage(ctx, pool, run, now)
	} else if err == nil {
		err = json.Unmarshal(body, &p)
	}
	if err != nil {
		return p, err
	}
	return p, p.Summary.fresh(ctx, pool, run)
}

// keepRunPage makes the page of a run from one state of the database and keeps it. Of
// two who do so at once one keeps it, and both have it.
func keepRunPage(ctx context.Context, pool *pgxpool.Pool, run RunID, now time.Time) (p RunPage, err error) {
	err = pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, bulkSettings); err != nil {
			return err
		}
		if p, err = makeRunPage(ctx, tx, run); err != nil {
			return err
		}
		body, err := json.Marshal(p)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from run_stale where run_id = $1`, run); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			insert into run_summary (run_id, body, made_at) values ($1, $2, $3)
			on conflict (run_id) do update set body = excluded.body, made_at = excluded.made_at`, run, string(body), now)
		if err != nil {
			return err
		}
		return keepFewChanged(ctx, tx, p)
	})
	if pg.Code(err) == "40001" { // somebody else kept it
		err = nil
	}
	return p, err
}

func makeRunPage(ctx context.Context, tx pgx.Tx, run RunID) (p RunPage, err error) {
	if p.Summary, err = Summarize(ctx, tx, run); err != nil {
		return p, err
	}
	if p.Difference, err = Compare(ctx, tx, run); err != nil {
		return p, err
	}
	rows, err := tx.Query(ctx, `
		select i.scheme, coalesce(sum(i.amount) filter (where i.kind = 'regular'), 0)::bigint, coalesce(sum(i.amount) filter (where i.kind = 'arrears'), 0)::bigint,
		       coalesce(sum(i.amount) filter (where i.kind = 'clawback'), 0)::bigint, coalesce(sum(i.amount) filter (where i.kind = 'funeral'), 0)::bigint,
		       sum(i.amount)::bigint
		from payment p join payment_item i on i.payment_id = p.id
		where p.run_id = $1 and p.state not in ('held', 'cancelled')
		  and i.payment_id between (select min(id) from payment where run_id = $1) and (select max(id) from payment where run_id = $1)
		group by i.scheme order by i.scheme`, run)
	if err != nil {
		return p, err
	}
	if p.Schemes, err = pgx.CollectRows(rows, pgx.RowToStructByPos[KindSums]); err != nil {
		return p, err
	}
	err = tx.QueryRow(ctx, `
		select coalesce(sum(clawback - set_off), 0)::bigint, coalesce(sum(carried), 0)::bigint, coalesce(sum(amount), 0)::bigint
		from payment where run_id = $1 and state not in ('held', 'cancelled')`, run).Scan(&p.Receivable, &p.Carried, &p.ToPay)
	return p, err
}

// keepFewChanged writes down who stands behind the changes that few people have.
func keepFewChanged(ctx context.Context, tx pgx.Tx, p RunPage) error {
	run := p.Summary.Run
	if _, err := tx.Exec(ctx, `delete from run_change where run_id = $1`, run.ID); err != nil {
		return err
	}
	few := []string{}
	for _, x := range p.Difference.Rows {
		if x.N <= fewChanged && x.Change != Same {
			few = append(few, string(x.Change))
		}
	}
	accounts := p.Difference.AccountChanged.N > 0 && p.Difference.AccountChanged.N <= fewChanged
	if len(few) == 0 && !accounts {
		return nil
	}
	args, _, _, err := compareWith(ctx, tx, run)
	if err != nil {
		return err
	}
	args["few"], args["accounts"] = few, accounts
	_, err = tx.Exec(ctx, compared+`
		insert into run_change (run_id, change, person_id, payment_id, before, now)
		select @run, change, person_id, payment, before, now from side where change = any(@few)
		union all
		select @run, 'account_changed', person_id, payment, before, now from side where @accounts and other_account`, args)
	return err
}
