package payout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/beneficiaries"
	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// ProposeSuspensions drafts a suspension for everybody of an office, "" all, who has not
// collected for three months in a row (TT 02/2021 Đ2.3): from the month after the last one.
// Their payments are held by that rule already; the chairman's decision follows. Who is
// suspended, or has such a draft, is left alone.
func ProposeSuspensions(ctx context.Context, pool *pgxpool.Pool, office string, now time.Time) (drafts []beneficiaries.RulingID, err error) {
	defer pg.Wrap(&err, "payout: propose suspensions of office %q", office)
	rows, err := pool.Query(ctx, `
		select p.id from person p
		where ($1 = '' or p.office = $1) and exists (select from payment y where y.person_id = p.id and y.state = 'uncollected')
		order by p.id`, office)
	if err != nil {
		return nil, err
	}
	people, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil || len(people) == 0 {
		return nil, err
	}
	rows, err = pool.Query(ctx, `
		select u.person_id, u.n, (select max(r.month) from payment y join run r on r.id = y.run_id join instruction i on i.payment_id = y.id
		                          where y.person_id = u.person_id and i.state = 'uncollected')
		from (`+uncollectedMonths+`) u(person_id, n)
		where u.n >= 3 and not exists (select from entitlement e where e.person_id = u.person_id and e.suspended)
		  and not exists (select from decision d where d.person_id = u.person_id and d.kind = 'suspend' and d.confirmed_at is null and d.refused_at is null)
		order by 1`, people)
	if err != nil {
		return nil, err
	}
	type due struct {
		Person beneficiaries.PersonID
		N      int
		Last   money.Month
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[due])
	if err != nil {
		return nil, err
	}
	for _, d := range list {
		id, err := beneficiaries.DraftRuling(ctx, pool, beneficiaries.Ruling{Kind: beneficiaries.RuleSuspend, Person: d.Person, From: d.Last + 1,
			Ground: beneficiaries.GroundUncollected, Reason: fmt.Sprintf("%d tháng liên tục không nhận trợ cấp", d.N)}, "rule", now)
		var no *beneficiaries.RuledError
		if errors.As(err, &no) { // nothing left that could be suspended
			continue
		}
		if err != nil {
			return drafts, err
		}
		drafts = append(drafts, id)
	}
	return drafts, nil
}
