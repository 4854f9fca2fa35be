package verify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/money"
)

// runRow is a run as it says of itself.
type runRow struct {
	id       int64
	office   string
	month    money.Month
	months   int
	schemes  []string
	state    string
	preparer int64
	known    time.Time
	rates    []byte
	n        int
	total    money.VND
	digest   []byte
	needed   int
	entry    int64 // that it names
	posted   int64 // that has its key
	reversed bool
}

// paymentRow is a payment; of is its run.
type paymentRow struct {
	of, id, person                                   int64
	payee                                            *int64
	rail                                             string
	bin                                              *string
	account                                          []byte
	regular, owed, clawback, setOff, carried, amount money.VND
	state                                            string
	heldOnce, releasedOnce                           bool
	leaf                                             []byte
}

type itemRow struct {
	of, payment    int64
	scheme         string
	category       string
	month          money.Month
	amount, setOff money.VND
	kind           string
}

type carryRow struct {
	of, to, from int64
	amount       money.VND
}

// runs re-derives every payment's sums and leaf from its lines, every run's totals and
// digest from its payments, its approvals' signatures, and what it posted.
func (c *checker) runs(ctx context.Context) error {
	var list []runRow
	err := each(ctx, c.look(), func(rows pgx.Rows, r *runRow) error {
		return rows.Scan(&r.id, &r.office, &r.month, &r.months, &r.schemes, &r.state, &r.preparer, &r.known, &r.rates, &r.n, &r.total, &r.digest,
			&r.needed, &r.entry, &r.posted, &r.reversed)
	}, func(r *runRow) error { list = append(list, *r); return nil }, `
		select r.id, r.office, r.month, r.months, r.schemes, r.state, r.prepared_by, r.known_on, r.rates, r.n, r.total, r.digest, r.approvals_needed,
			coalesce(r.entry_id, 0), coalesce(k.entry_id, 0), exists (select from entry_key v where v.reverses = k.entry_id)
		from run r left join entry_key k on k.key = 'run:' || r.id || ':approved'
		order by r.id`)
	if err != nil {
		return err
	}
	payments, err := open(ctx, c.txs[0], func(rows pgx.Rows, p *paymentRow) error {
		return rows.Scan(&p.of, &p.id, &p.person, &p.payee, &p.rail, &p.bin, &p.account, &p.regular, &p.owed, &p.clawback, &p.setOff, &p.carried,
			&p.amount, &p.state, &p.heldOnce, &p.releasedOnce, &p.leaf)
	}, `
		select run_id, id, person_id, payee_id, rail, bank_bin, account_idx, regular, owed, clawback, set_off, carried, amount, state,
			cardinality(hold_reasons) > 0, released_by is not null, leaf
		from payment order by run_id, id`)
	if err != nil {
		return err
	}
	defer payments.close()
	items, err := open(ctx, c.txs[1], func(rows pgx.Rows, i *itemRow) error {
		return rows.Scan(&i.of, &i.payment, &i.scheme, &i.category, &i.month, &i.amount, &i.setOff, &i.kind)
	}, `
		select coalesce(p.run_id, 0), i.payment_id, i.scheme, i.category, i.month, i.amount, i.set_off, i.kind
		from payment_item i left join payment p on p.id = i.payment_id
		order by 1, 2, i.month, i.scheme collate "C", i.category collate "C"`)
	if err != nil {
		return err
	}
	defer items.close()
	carries, err := open(ctx, c.txs[2], func(rows pgx.Rows, x *carryRow) error { return rows.Scan(&x.of, &x.to, &x.from, &x.amount) }, `
		select p.run_id, c.to_payment, c.from_payment, c.amount
		from payment_carry c join payment p on p.id = c.to_payment order by 1, 2, 3`)
	if err != nil {
		return err
	}
	defer carries.close()

	var n int64
	var paid money.VND
	for i := range list {
		r := &list[i]
		d := newDerived(r)
		if err := c.strays(payments, r.id); err != nil {
			return err
		}
		for ; err == nil && payments.ok && payments.row.of == r.id; err = payments.next() {
			if err = c.payment(d, &payments.row, items, carries); err != nil {
				return err
			}
			n++
			paid += payments.row.amount
		}
		if err != nil {
			return err
		}
		c.run(r, d)
		if err := c.posted(ctx, r, d); err != nil {
			return err
		}
		if err := c.approvals(ctx, r); err != nil {
			return err
		}
	}
	if err := c.strays(payments, 1<<62); err != nil {
		return err
	}
	for ; err == nil && items.ok; err = items.next() {
		c.differs("payment_item", items.row.payment, "its payment in its run", "a row", "none")
	}
	if err != nil {
		return err
	}
	c.counted("runs", int64(len(list)), 0)
	c.counted("payments", n, paid)
	return nil
}

// derived is what a run's payments come to.
type derived struct {
	run       *runRow
	n         int
	total     money.VND
	leaves    []byte               // of the payments that are not held, in order
	unsure    bool                 // who was held when the run was submitted cannot be told any more
	books     map[moved]money.VND  // what the run posts
	left      map[string]money.VND // of each scheme, what leaves the fund
	cancelled []int64
}

// covers writes a run's month, of two together the first and +1.
func (r *runRow) covers() string {
	if r.months > 1 {
		return fmt.Sprintf("%s+%d", r.month, r.months-1)
	}
	return r.month.String()
}

// moved is one kind of transfer of a run.
type moved struct{ debit, credit, ref string }

func newDerived(r *runRow) *derived {
	return &derived{run: r, books: map[moved]money.VND{}, left: map[string]money.VND{}}
}

// run compares a run with its payments.
func (c *checker) run(r *runRow, d *derived) {
	if r.digest == nil || d.unsure {
		return
	}
	same(c, "run", r.id, "number of payments", d.n, r.n)
	same(c, "run", r.id, "total of its payments", d.total, r.total)
	sum := sha256.New()
	fmt.Fprintf(sum, "ansinh/run/v1\n%d\n%s\n%s\n%s\n%s\n%x\n%d\n%d\n", r.id, r.office, r.covers(), strings.Join(r.schemes, ","),
		r.known.Format(time.DateOnly), r.rates, d.n, d.total)
	sum.Write(d.leaves)
	if own := sum.Sum(nil); !bytes.Equal(own, r.digest) {
		c.differs("run", r.id, "digest", own, r.digest)
	}
}
