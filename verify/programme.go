package verify

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/money"
)

// granted is one person in one run of a programme.
type granted struct {
	run, person           int64
	programme             string
	right, paid, computed money.VND
}

// programmes re-derives every line of every run of a one-off programme: what its list
// gives, as checked when the run was prepared, less what had been paid.
// Whoever is on the list and in the run, or in the run alone, is looked at.
func (c *checker) programmes(ctx context.Context) error {
	var n int64
	var sum money.VND
	err := each(ctx, c.look(), func(rows pgx.Rows, g *granted) error {
		return rows.Scan(&g.run, &g.person, &g.programme, &g.right, &g.paid, &g.computed)
	}, func(g *granted) error {
		same(c, "payment_item", fmt.Sprintf("of person %d in run %d", g.person, g.run), "amount of programme "+g.programme, g.right-g.paid, g.computed)
		n++
		sum += g.computed
		return nil
	}, `
		with lines as (
		    select r.id run, r.prepared_at, r.schemes[1] programme, p.person_id, sum(i.amount)::bigint amount
		    from run r join payment p on p.run_id = r.id join payment_item i on i.payment_id = p.id
		    where not r.schemes <@ array['btxh', 'htxh', 'ncc'] and r.state <> 'draft'
		    group by 1, 2, 3, 4)
		select l.run, l.person_id, l.programme, coalesce(k.right_amount, i.amount, 0),
		       coalesce((select sum(x.amount) from payment y join payment_item x on x.payment_id = y.id and x.scheme = l.programme
		                 where y.person_id = l.person_id and y.run_id < l.run and (y.live or y.changed_at > l.prepared_at)), 0)::bigint,
		       l.amount
		from lines l
		left join programme_item i on i.programme = l.programme and i.person_id = l.person_id
		left join programme_check k on k.programme = l.programme and k.person_id = l.person_id and k.after_run < l.run
		order by 1, 2`)
	if err != nil {
		return err
	}
	if n > 0 {
		c.counted("payments of programmes derived from their lists", n, sum)
	}
	return nil
}
