package payout

import (
	"cmp"
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/money"
)

// readVoucherRests finds what came back from vouchers that expired or were cancelled: it
// stands in 3388 again beyond what the person's payments explain, and is taken over from
// the payment that had left as a voucher. Few people have one.
func (p *preparation) readVoucherRests(ctx context.Context, tx pgx.Tx, g *batch) error {
	var people, payments []int64
	for _, id := range g.ids {
		if c := g.by[id]; c.id == id && c.voucher != 0 {
			people, payments = append(people, id), append(payments, int64(c.voucher))
		}
	}
	if len(people) == 0 {
		return nil
	}
	rows, err := tx.Query(ctx, `
		select c.person, (b.credits - b.debits - coalesce((
		    select sum(y.amount) from payment y join run r on r.id = y.run_id
		    where y.person_id = c.person and (y.state in ('returned', 'uncollected') or (y.state = 'ready' and r.state in ('approved', 'instructed')))), 0))::bigint
		from unnest($1::bigint[], $2::bigint[]) c(person, payment)
		join account a on a.code = '3388.p' || c.person join balance b on b.account_id = a.id
		where not exists (select from payment_carry k where k.from_payment = c.payment and k.live)`, people, payments)
	if err != nil {
		return err
	}
	var id int64
	var rest money.VND
	_, err = pgx.ForEachRow(rows, []any{&id, &rest}, func() error {
		if c := g.by[id]; rest > 0 {
			c.carried = append(c.carried, carry{c.voucher, rest})
			slices.SortFunc(c.carried, func(a, b carry) int { return cmp.Compare(a.from, b.from) })
		}
		return nil
	})
	return err
}
