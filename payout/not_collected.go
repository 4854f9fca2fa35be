package payout

import (
	"context"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// uncollectedInARow is after how many months without anybody coming for the cash the
// rules suspend an entitlement (TT 02/2021 Điều 2.3).
const uncollectedInARow = 3

// NotCollected is somebody who did not come for their cash several months in a row.
type NotCollected struct {
	Person PersonID  `json:"person" db:"person_id"`
	Name   string    `json:"name" db:"name"`
	Hamlet string    `json:"hamlet" db:"hamlet"`
	Office string    `json:"office" db:"office"`
	Months int       `json:"months" db:"months"`
	Amount money.VND `json:"amount" db:"amount"` // what waits for them
}

// UncollectedFilter chooses whom nobody came for.
type UncollectedFilter struct {
	Office string // "" is any
	Months int    // at least so many in a row; 0 means 3, when the rules suspend
}

// UncollectedInARow lists who did not come for their cash so many months in a row, the
// longest first. At three the rules suspend the entitlement: a decision is proposed from
// here, and until there is one the next run holds the payment.
func UncollectedInARow(ctx context.Context, q pg.Queryer, f UncollectedFilter) (_ []NotCollected, err error) {
	defer pg.Wrap(&err, "payout: who did not come for their cash")
	if f.Months <= 0 {
		f.Months = uncollectedInARow
	}
	rows, err := q.Query(ctx, `
		select distinct p.person_id from run r join payment p on p.run_id = r.id
		where p.state = 'uncollected' and ($1 = '' or r.office = $1)`, f.Office)
	if err != nil {
		return nil, err
	}
	people, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil || len(people) == 0 {
		return nil, err
	}
	rows, err = q.Query(ctx, `
		select y.id person_id, y.name, y.hamlet, y.office, x.months,
		       (select coalesce(sum(amount), 0) from payment where person_id = y.id and state = 'uncollected')::bigint amount
		from (`+uncollectedMonths+`) x(person_id, months) join person y on y.id = x.person_id
		where x.months >= $2 order by x.months desc, y.id`, people, f.Months)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[NotCollected])
}
