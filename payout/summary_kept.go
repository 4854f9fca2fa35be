package payout

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
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
		p, err = keepRunPage(ctx, pool, run, nil, now)
	} else if err == nil {
		err = json.Unmarshal(body, &p)
	}
	if err != nil {
		return p, err
	}
	return p, p.Summary.fresh(ctx, pool, run)
}

// keepRunPage makes the page of a run from one state of the database and keeps it. Of
// two who do so at once one keeps it, and both have it. lines are what whoever has just
// written them knows; nil reads them.
func keepRunPage(ctx context.Context, pool *pgxpool.Pool, run RunID, lines *lineSums, now time.Time) (p RunPage, err error) {
	err = pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, bulkSettings); err != nil {
			return err
		}
		var changed bool // since the lines were written
		if err := tx.QueryRow(ctx, `select exists (select from run_stale where run_id = $1)`, run).Scan(&changed); err != nil {
			return err
		}
		if changed {
			lines = nil
		}
		if p, err = makeRunPage(ctx, tx, run, lines); err != nil {
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

func makeRunPage(ctx context.Context, tx pgx.Tx, run RunID, lines *lineSums) (p RunPage, err error) {
	s := &p.Summary
	if s.Run, err = Get(ctx, tx, run); err != nil {
		return p, err
	}
	if err := s.payments(ctx, tx, run); err != nil {
		return p, err
	}
	if lines == nil {
		if err := p.readLines(ctx, tx, run); err != nil {
			return p, err
		}
	} else {
		lines.fill(&p)
	}
	if p.Difference, err = Compare(ctx, tx, run); err != nil {
		return p, err
	}
	err = tx.QueryRow(ctx, `
		select coalesce(sum(clawback - set_off), 0)::bigint, coalesce(sum(carried), 0)::bigint, coalesce(sum(amount), 0)::bigint
		from payment where run_id = $1 and state not in ('held', 'cancelled')`, run).Scan(&p.Receivable, &p.Carried, &p.ToPay)
	if err != nil {
		return p, err
	}
	return p, s.fresh(ctx, tx, run)
}

// readLines sums up the lines of a run as they stand.
func (p *RunPage) readLines(ctx context.Context, tx pgx.Tx, run RunID) error {
	if err := p.Summary.lines(ctx, tx, run); err != nil {
		return err
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
		return err
	}
	p.Schemes, err = pgx.CollectRows(rows, pgx.RowToStructByPos[KindSums])
	return err
}

// lineSums are the sums over the lines of payments that are not held, gathered while
// they are written: reading millions of them again takes as long as writing some.
type lineSums struct {
	schemes map[Scheme]*schemeLines
	kinds   map[Kind]*Sum
}

type schemeLines struct {
	KindSums
	n      int // payments
	needed money.VND
}

func (t *lineSums) add(pay *payment) {
	if t.schemes == nil {
		t.schemes, t.kinds = map[Scheme]*schemeLines{}, map[Kind]*Sum{}
	}
	for i := range pay.items {
		x := &pay.items[i]
		s, k := t.schemes[x.scheme], t.kinds[x.kind]
		if s == nil {
			s = &schemeLines{KindSums: KindSums{Scheme: string(x.scheme)}}
			t.schemes[x.scheme] = s
		}
		if k == nil {
			k = &Sum{Key: string(x.kind)}
			t.kinds[x.kind] = k
		}
		before := pay.items[:i]
		if !slices.ContainsFunc(before, func(y item) bool { return y.scheme == x.scheme }) {
			s.n++
		}
		if !slices.ContainsFunc(before, func(y item) bool { return y.kind == x.kind }) {
			k.N++
		}
		k.Total += x.amount
		s.Total += x.amount
		if x.amount > 0 {
			s.needed += x.amount - x.setOff
		}
		switch x.kind {
		case Regular:
			s.Regular += x.amount
		case Arrears:
			s.Arrears += x.amount
		case Clawback:
			s.Clawback += x.amount
		case Funeral:
			s.Funeral += x.amount
		}
	}
}

// fill writes the sums where reading them would have.
func (t *lineSums) fill(p *RunPage) {
	s := &p.Summary
	s.ByScheme, s.ByKind, s.Funds, p.Schemes = []Sum{}, []Sum{}, []FundNeed{}, []KindSums{}
	for _, name := range slices.Sorted(maps.Keys(t.schemes)) {
		x := t.schemes[name]
		s.ByScheme = append(s.ByScheme, Sum{Key: string(name), N: x.n, Total: x.Total})
		p.Schemes = append(p.Schemes, x.KindSums)
		if x.needed > 0 {
			s.Funds = append(s.Funds, FundNeed{Scheme: name, Account: "366." + s.Run.Office + "." + string(name), Needed: x.needed})
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(t.kinds)) {
		s.ByKind = append(s.ByKind, *t.kinds[kind])
	}
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
