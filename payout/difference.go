package payout

import (
	"context"

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
const compared = `
	with before as (
	    select p.person_id, sum(p.amount)::bigint amount, (array_agg(p.account_idx order by p.nth desc) filter (where p.rail = 'bank'))[1] account
	    from payment p join run r on r.id = p.run_id
	    where not @outside and r.office = @office and r.month = @month and r.schemes && @schemes and r.id < @run
	      and r.state in ('submitted', 'approved', 'instructed', 'closed') and p.state not in ('held', 'cancelled')
	    group by p.person_id
	    union all
	    select b.person_id, sum(b.amount)::bigint, null
	    from paid_before b join person q on q.id = b.person_id
	    where @outside and q.office = @office and b.scheme = any(@schemes) and @month between b.first_month and b.last_month
	    group by b.person_id),
	now as (
	    select person_id, id, state, regular, owed - clawback - regular arrears, carried, clawback - set_off later, account_idx account, rail,
	           case when state in ('held', 'cancelled') then 0 else amount end amount
	    from payment where run_id = @run),
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
	d.Month, d.Outside = month, outside
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
	args, _, _, err := compareWith(ctx, q, r)
	if err != nil {
		return nil, err
	}
	if limit <= 0 {
		limit = 100
	}
	args["change"], args["after"], args["limit"] = string(change), int64(after), limit
	rows, err := q.Query(ctx, compared+`
		select s.person_id, q.name, s.payment, s.before, s.now from side s join person q on q.id = s.person_id
		where (s.change = @change or (@change = 'account_changed' and s.other_account)) and s.person_id > @after
		order by s.person_id limit @limit`, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[ChangedPerson])
}
