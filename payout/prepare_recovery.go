package payout

import (
	"context"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/money"
)

// noInstalment is the instalment of a person whom no decision protects.
const noInstalment money.VND = -1

// readRecovered takes what was given back or written off from what is left to take, and
// reads the instalment that a decision allows, less what this month's runs take already.
func (p *preparation) readRecovered(ctx context.Context, tx pgx.Tx, g *batch) error {
	for _, c := range g.by {
		c.instalment = noInstalment
	}
	rows, err := tx.Query(ctx, `
		select person_id, sum(back)::bigint, max(instalment) from (
		    select person_id, amount back, null::bigint instalment from unnest($1::bigint[]) c(person_id) join recovery_receipt using (person_id)
		    union all
		    select person_id, case kind when 'write_off' then amount else 0 end, case kind when 'instalments' then amount end
		    from unnest($1::bigint[]) c(person_id) join recovery using (person_id) where confirmed_at is not null and ended_at is null) x
		group by person_id`, g.ids)
	if err != nil {
		return err
	}
	var id int64
	var back money.VND
	var instalment *money.VND
	var limited []int64
	_, err = pgx.ForEachRow(rows, []any{&id, &back, &instalment}, func() error {
		c := g.by[id]
		c.receivable -= back
		if instalment != nil {
			c.instalment = *instalment
			limited = append(limited, id)
		}
		return nil
	})
	if err != nil || len(limited) == 0 {
		return err
	}
	rows, err = tx.Query(ctx, `
		select p.person_id, sum(p.set_off)::bigint from payment p join run r on r.id = p.run_id
		where p.person_id = any($1) and p.live and r.month = $2 group by p.person_id`, limited, p.in.Month)
	if err != nil {
		return err
	}
	var taken money.VND
	_, err = pgx.ForEachRow(rows, []any{&id, &taken}, func() error {
		g.by[id].instalment = max(g.by[id].instalment-taken, 0)
		return nil
	})
	return err
}

// take is what a payment sets off: all that is left, at most the share of what is owed
// and at most the instalment.
func (c *candidate) take(clawback, most money.VND) money.VND {
	take := min(max(c.receivable+clawback, 0), most)
	if c.instalment != noInstalment {
		take = min(take, c.instalment)
	}
	return take
}
