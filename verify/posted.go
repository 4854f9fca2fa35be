package verify

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/money"
)

// posted compares a run's entry, transfer by transfer, with what its payments say.
func (c *checker) posted(ctx context.Context, r *runRow, d *derived) error {
	switch r.state {
	case "approved", "instructed", "closed":
		if r.posted == 0 && len(d.books) == 0 {
			return nil
		}
		same(c, "run", r.id, "its entry", r.posted, r.entry)
		if r.reversed {
			c.differs("run", r.id, "its entry", "not reversed", "reversed")
		}
	case "void":
		if r.posted != 0 && !r.reversed {
			c.differs("run", r.id, "the entry of a void run", "reversed", "not reversed")
		}
		return nil
	default:
		if r.posted != 0 {
			c.differs("run", r.id, "entry of a run that is "+r.state, "none", r.posted)
		}
		return nil
	}
	for scheme, amount := range d.left {
		d.add("366."+r.office+"."+scheme, "511."+r.office+"."+scheme, "", amount)
	}
	type row struct {
		moved
		amount money.VND
	}
	err := each(ctx, c.look(), func(rows pgx.Rows, x *row) error { return rows.Scan(&x.debit, &x.credit, &x.ref, &x.amount) }, func(x *row) error {
		d.books[x.moved] -= x.amount
		return nil
	}, `
		select a.code, b.code, t.ref, t.amount from entry_key k
		join transfer t on t.entry_id = k.entry_id and t.on_day = k.on_day
		join account a on a.id = t.debit join account b on b.id = t.credit where k.entry_id = $1`, r.posted)
	if err != nil {
		return err
	}
	keys := slices.SortedFunc(maps.Keys(d.books), func(a, b moved) int {
		return cmp.Or(cmp.Compare(a.ref, b.ref), cmp.Compare(a.debit, b.debit), cmp.Compare(a.credit, b.credit))
	})
	for _, k := range keys {
		if left := d.books[k]; left != 0 {
			c.differs("run", r.id, fmt.Sprintf("posting of %s, debit %s credit %s", cmp.Or(k.ref, "the fund"), k.debit, k.credit),
				"the sum of its lines", fmt.Sprintf("%d less", left))
		}
	}
	return c.cancellations(ctx, d)
}

// cancellations checks that what was cancelled after the posting was undone.
func (c *checker) cancellations(ctx context.Context, d *derived) error {
	if len(d.cancelled) == 0 {
		return nil
	}
	return each(ctx, c.look(), func(rows pgx.Rows, id *int64) error { return rows.Scan(id) }, func(id *int64) error {
		c.differs("payment", *id, "entry that undoes a cancelled payment", "a row", "none")
		return nil
	}, `
		select id from unnest($1::bigint[]) id
		where not exists (select from entry_key k where k.key = 'payment:' || id || ':cancelled') order by id`, d.cancelled)
}
