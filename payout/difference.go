package payout

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// Change says how a person's payment differs from the month before.
type Change string

// The changes; every person of either month is in exactly one.
const (
	Added Change = "added" // paid now, not before
	Gone  Change = "gone"  // paid before, not in this run
	Out   Change = "held"  // paid before, held now
	Up    Change = "up"
	Down  Change = "down"
	Same  Change = "same"
)

// Changes lists them in the order of pages.
var Changes = []Change{Added, Gone, Out, Up, Down, Same}

// DifferenceRow is one kind of change: Now − Before summed over all rows is the
// difference of the two months.
type DifferenceRow struct {
	Change Change    `json:"change"`
	N      int       `json:"n"`
	Before money.VND `json:"before"`
	Now    money.VND `json:"now"`
	// Now is their sum: the run's own month, earlier months, what earlier payments brought
	// along, and what was overpaid and is left for later less what is taken for earlier
	Regular money.VND `json:"regular"`
	Arrears money.VND `json:"arrears"`
	Carried money.VND `json:"carried"`
	Later   money.VND `json:"later"`
}

// Difference compares a run with the month before: with the office's latest earlier
// runs, or at go-live with what was paid outside the system.
type Difference struct {
	Month          money.Month     `json:"month"` // compared with; zero when there is nothing to compare with
	Outside        bool            `json:"outside"`
	Rows           []DifferenceRow `json:"rows"`
	Before         money.VND       `json:"before"`
	Now            money.VND       `json:"now"`
	AccountChanged Sum             `json:"account_changed"` // of those paid both times to a bank: another account
}

// compared is the two months side by side: one row a person.
var compared, comparedSome = comparing(""), comparing("and p.person_id > @from and p.person_id <= @to")

// comparing is compared for the people p that a condition lets in.
func comparing(some string) string {
	return `
	with before as (
	    select p.person_id, sum(p.amount)::bigint amount, (array_agg(p.account_idx order by p.nth desc) filter (where p.rail = 'bank'))[1] account
	    from payment p join run r on r.id = p.run_id
	    where not @outside and r.office = @office and r.month = @month and r.schemes && @schemes and r.id < @run
	      and r.state in ('submitted', 'approved', 'instructed', 'closed') and p.state not in ('held', 'cancelled') ` + some + `
	    group by p.person_id
	    union all
	    select p.person_id, sum(p.amount)::bigint, null
	    from paid_before p join person q on q.id = p.person_id
	    where @outside and q.office = @office and p.scheme = any(@schemes) and @month between p.first_month and p.last_month ` + some + `
	    group by p.person_id),
	now as (
	    select person_id, id, state, regular, owed - clawback - regular arrears, carried, clawback - set_off later, account_idx account, rail,
	           case when state in ('held', 'cancelled') then 0 else amount end amount
	    from payment p where run_id = @run ` + some + `),
	side as (
	    select coalesce(n.person_id, b.person_id) person_id, n.id payment, coalesce(b.amount, 0) before, coalesce(n.amount, 0) now,
	           case when n.state in ('held', 'cancelled') then 0 else coalesce(n.regular, 0) end regular,
	           case when n.state in ('held', 'cancelled') then 0 else coalesce(n.arrears, 0) end arrears,
	           case when n.state in ('held', 'cancelled') then 0 else coalesce(n.carried, 0) end carried,
	           case when n.state in ('held', 'cancelled') then 0 else coalesce(n.later, 0) end later,
	           coalesce(n.rail = 'bank' and b.account is not null and n.account is distinct from b.account, false) other_account,
	           case when coalesce(n.amount, 0) > 0 and coalesce(b.amount, 0) = 0 then 'added'
	                when coalesce(b.amount, 0) > 0 and n.state = 'held' then 'held'
	                when coalesce(b.amount, 0) > 0 and coalesce(n.amount, 0) = 0 then 'gone'
	                when n.amount > b.amount then 'up'
	                when n.amount < b.amount then 'down'
	                else 'same' end change
	    from now n full join before b on b.person_id = n.person_id
	    where coalesce(n.amount, 0) > 0 or coalesce(b.amount, 0) > 0)`
}

// compareWith finds the month that a run is compared with.
func compareWith(ctx context.Context, q pg.Queryer, r Run) (args pgx.StrictNamedArgs, month money.Month, outside bool, err error) {
	err = q.QueryRow(ctx, `
		select month from run where office = $1 and month < $2 and id < $3 and schemes && $4 and state in ('submitted', 'approved', 'instructed', 'closed')
		order by month desc limit 1`, r.Office, r.Month, r.ID, r.Schemes).Scan(&month)
	if err == pgx.ErrNoRows {
		err = q.QueryRow(ctx, `
			select exists (select from paid_before b join person q on q.id = b.person_id
			               where q.office = $1 and b.scheme = any($2) and $3 between b.first_month and b.last_month)`,
			r.Office, r.Schemes, r.Month-1).Scan(&outside)
		month = r.Month - 1
	}
	return pgx.StrictNamedArgs{"run": r.ID, "office": r.Office, "month": month, "schemes": r.Schemes, "outside": outside}, month, outside, err
}

// Compare reads the difference of a run to the month before.
func Compare(ctx context.Context, q pg.Queryer, run RunID) (d Difference, err error) {
	defer pg.Wrap(&err, "payout: difference of run %d", run)
	r, err := Get(ctx, q, run)
	if err != nil {
		return d, err
	}
	args, month, outside, err := compareWith(ctx, q, r)
	if err != nil {
		return d, err
	}
	d.Month, d.Outside, d.Rows = month, outside, []DifferenceRow{}
	rows, err := q.Query(ctx, compared+`
		select change, count(*), sum(before)::bigint, sum(now)::bigint, sum(regular)::bigint, sum(arrears)::bigint, sum(carried)::bigint, sum(later)::bigint,
		       count(*) filter (where other_account), coalesce(sum(now) filter (where other_account), 0)::bigint
		from side group by change order by array_position(array['added', 'gone', 'held', 'up', 'down', 'same'], change)`, args)
	if err != nil {
		return d, err
	}
	d.AccountChanged.Key = SeeAccount
	var x DifferenceRow
	var accounts int
	var moved money.VND
	_, err = pgx.ForEachRow(rows, []any{&x.Change, &x.N, &x.Before, &x.Now, &x.Regular, &x.Arrears, &x.Carried, &x.Later, &accounts, &moved}, func() error {
		d.Rows = append(d.Rows, x)
		d.Before += x.Before
		d.Now += x.Now
		d.AccountChanged.N += accounts
		d.AccountChanged.Total += moved
		return nil
	})
	return d, err
}

// ChangedPerson is one person behind a row of the difference.
type ChangedPerson struct {
	Person  PersonID   `json:"person"`
	Name    string     `json:"name"`
	Payment *PaymentID `json:"payment"` // nil when the run has none
	Before  money.VND  `json:"before"`
	Now     money.VND  `json:"now"`
}

// ChangedPeople lists the people behind a row of the difference, or behind
// AccountChanged for the change "account_changed", by person; after is the last person
// of the page before, limit 0 means 100.
func ChangedPeople(ctx context.Context, q pg.Queryer, run RunID, change Change, after PersonID, limit int) (_ []ChangedPerson, err error) {
	defer pg.Wrap(&err, "payout: people %s in run %d", change, run)
	r, err := Get(ctx, q, run)
	if err != nil {
		return nil, err
	}
	if limit <= 0 {
		limit = 100
	}
	if n, kept, err := keptChange(ctx, q, run, change); err != nil {
		return nil, err
	} else if kept && n <= fewChanged && change != Same {
		return fewPeople(ctx, q, run, change, after, limit)
	}
	args, _, _, err := compareWith(ctx, q, r)
	if err != nil {
		return nil, err
	}
	args["change"] = string(change)
	if r.N+r.HeldN <= manyPeople {
		return changedPeople(ctx, q, compared, args, after, limit)
	}
	return walkPeople(ctx, q, args, after, limit, func(after PersonID, limit int) ([]ChangedPerson, error) {
		return changedPeople(ctx, q, comparedSome, args, after, limit)
	})
}

// changedPeople are the people of a comparison whose change is asked for.
func changedPeople(ctx context.Context, q pg.Queryer, sql string, args pgx.StrictNamedArgs, after PersonID, limit int) ([]ChangedPerson, error) {
	args["after"], args["limit"] = int64(after), limit
	rows, err := q.Query(ctx, sql+`
		select s.person_id, q.name, s.payment, s.before, s.now from side s join person q on q.id = s.person_id
		where (s.change = @change or (@change = 'account_changed' and s.other_account)) and s.person_id > @after
		order by s.person_id limit @limit`, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[ChangedPerson])
}

// manyPeople is from how many people on a run is compared piece by piece.
const manyPeople = 50_000

// walkPeople compares people in the order of their numbers, a stretch at a time, until
// enough are found: a change that many people have is met soon.
func walkPeople(ctx context.Context, q pg.Queryer, args pgx.StrictNamedArgs, after PersonID, limit int, read func(PersonID, int) ([]ChangedPerson, error)) (list []ChangedPerson, err error) {
	var last PersonID
	if err := q.QueryRow(ctx, `select coalesce(max(id), 0) from person`).Scan(&last); err != nil {
		return nil, err
	}
	list = []ChangedPerson{}
	for width := PersonID(2_000); after < last && len(list) < limit; width = min(2*width, 64_000) {
		args["from"], args["to"] = int64(after), int64(after+width)
		some, err := read(after, limit-len(list))
		if err != nil {
			return nil, err
		}
		list, after = append(list, some...), after+width
	}
	return list, nil
}

// keptChange tells how many people a change has by the kept page of the run; false when
// none is kept, or it is no longer true.
func keptChange(ctx context.Context, q pg.Queryer, run RunID, change Change) (n int, kept bool, err error) {
	err = q.QueryRow(ctx, `
		select case when $2 = 'account_changed' then (body #>> '{difference,account_changed,n}')::integer
		            else coalesce((select (x ->> 'n')::integer from jsonb_array_elements(body #> '{difference,rows}') x where x ->> 'change' = $2), 0) end
		from run_summary where run_id = $1 and not exists (select from run_stale where run_id = $1)`, run, string(change)).Scan(&n)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, false, nil
	}
	return n, err == nil, err
}

func fewPeople(ctx context.Context, q pg.Queryer, run RunID, change Change, after PersonID, limit int) ([]ChangedPerson, error) {
	rows, err := q.Query(ctx, `
		select c.person_id, q.name, c.payment_id, c.before, c.now from run_change c join person q on q.id = c.person_id
		where c.run_id = $1 and c.change = $2 and c.person_id > $3 order by c.person_id limit $4`, run, string(change), after, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[ChangedPerson])
}
