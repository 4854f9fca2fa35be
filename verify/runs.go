package verify

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
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
		return rows.Scan(&r.id, &r.office, &r.month, &r.schemes, &r.state, &r.preparer, &r.known, &r.rates, &r.n, &r.total, &r.digest,
			&r.needed, &r.entry, &r.posted, &r.reversed)
	}, func(r *runRow) error { list = append(list, *r); return nil }, `
		select r.id, r.office, r.month, r.schemes, r.state, r.prepared_by, r.known_on, r.rates, r.n, r.total, r.digest, r.approvals_needed,
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

// moved is one kind of transfer of a run.
type moved struct{ debit, credit, ref string }

func newDerived(r *runRow) *derived {
	return &derived{run: r, books: map[moved]money.VND{}, left: map[string]money.VND{}}
}

// payment re-derives one payment from its lines, and adds it to its run.
func (c *checker) payment(d *derived, p *paymentRow, items *stream[itemRow], carries *stream[carryRow]) (err error) {
	var lines, carried []byte
	var sum struct{ owed, clawback, setOff, regular, carried money.VND }
	type part struct{ owed, clawback, setOff money.VND }
	parts := map[string]part{}
	for ; err == nil && items.ok && !after(items.row.of, items.row.payment, p); err = items.next() {
		i := &items.row
		if i.payment != p.id {
			c.differs("payment_item", i.payment, "its payment in its run", "a row", "none")
			continue
		}
		lines = fmt.Appendf(lines, "line %s %s %s %d %d %s\n", i.scheme, i.category, i.month, i.amount, i.setOff, i.kind)
		x := parts[i.scheme]
		if i.amount > 0 {
			sum.owed += i.amount
			x.owed += i.amount
		} else {
			sum.clawback -= i.amount
			x.clawback -= i.amount
		}
		if i.month == d.run.month {
			sum.regular += i.amount
		}
		sum.setOff += i.setOff
		x.setOff += i.setOff
		parts[i.scheme] = x
	}
	for ; err == nil && carries.ok && !after(carries.row.of, carries.row.to, p); err = carries.next() {
		if carries.row.to != p.id {
			continue // of a payment without its run, which is reported
		}
		carried = fmt.Appendf(carried, "carry %d %d\n", carries.row.from, carries.row.amount)
		sum.carried += carries.row.amount
	}
	if err != nil {
		return err
	}
	same(c, "payment", p.id, "owed, as the sum of its lines", sum.owed, p.owed)
	same(c, "payment", p.id, "clawback, as the sum of its lines", sum.clawback, p.clawback)
	same(c, "payment", p.id, "set off, as the sum of its lines", sum.setOff, p.setOff)
	same(c, "payment", p.id, "the month's own, as the sum of its lines", sum.regular, p.regular)
	same(c, "payment", p.id, "carried, as the sum of what it takes over", sum.carried, p.carried)
	same(c, "payment", p.id, "amount", sum.owed-sum.setOff+sum.carried, p.amount)
	c.leaf(p, append(lines, carried...))

	ended := d.run.state == "rejected" || d.run.state == "void"
	if p.state == "held" || (ended && p.state == "cancelled" && p.heldOnce && !p.releasedOnce) {
		return nil
	}
	d.unsure = d.unsure || (ended && p.heldOnce)
	if p.state == "cancelled" && !ended && len(parts) > 0 {
		d.cancelled = append(d.cancelled, p.id)
	}
	d.n++
	d.total += p.amount
	d.leaves = append(d.leaves, p.leaf...)
	ref, person := fmt.Sprintf("payment:%d", p.id), fmt.Sprintf("p%d", p.person)
	for scheme, x := range parts {
		expense, payable, receivable := "611."+d.run.office+"."+scheme, "3388."+person, "1388."+person
		d.add(expense, payable, ref, x.owed)
		d.add(receivable, expense, ref, x.clawback)
		d.add(payable, receivable, ref, x.setOff)
		d.left[scheme] += x.owed - x.setOff
	}
	return nil
}

// after tells whether a row stands behind payment p in the order of runs and payments.
func after(run, payment int64, p *paymentRow) bool {
	return run > p.of || (run == p.of && payment > p.id)
}

// strays reports payments of runs that do not exist, up to a run.
func (c *checker) strays(payments *stream[paymentRow], run int64) (err error) {
	for ; err == nil && payments.ok && payments.row.of < run; err = payments.next() {
		c.differs("payment", payments.row.id, "its run", "a row", "none")
	}
	return err
}

func (d *derived) add(debit, credit, ref string, amount money.VND) {
	if amount != 0 {
		d.books[moved{debit, credit, ref}] += amount
	}
}

// leaf re-derives a payment's canonical form. A payment that a voucher settled does not
// say any more which way it was to go, so both are tried.
func (c *checker) leaf(p *paymentRow, lines []byte) {
	payee, bin, account := int64(0), "-", "-"
	if p.payee != nil {
		payee = *p.payee
	}
	if p.bin != nil {
		bin = *p.bin
	}
	if len(p.account) > 0 {
		account = hex.EncodeToString(p.account)
	}
	ways := []string{p.rail}
	if p.rail == "voucher" {
		ways = []string{"bank", "cash", "voucher"}
	}
	var own [sha256.Size]byte
	for _, way := range ways {
		own = sha256.Sum256(append(fmt.Appendf(nil, "ansinh/payment/v1\n%d %d %d %s %s %s\n%d %d %d %d %d\n", p.id, p.person, payee, way, bin, account,
			p.owed, p.clawback, p.setOff, p.carried, p.amount), lines...))
		if bytes.Equal(own[:], p.leaf) {
			return
		}
	}
	c.differs("payment", p.id, "hash of the payment with its lines", own[:], p.leaf)
}

// run compares a run with its payments.
func (c *checker) run(r *runRow, d *derived) {
	if r.digest == nil || d.unsure {
		return
	}
	same(c, "run", r.id, "number of payments", d.n, r.n)
	same(c, "run", r.id, "total of its payments", d.total, r.total)
	sum := sha256.New()
	fmt.Fprintf(sum, "ansinh/run/v1\n%d\n%s\n%s\n%s\n%s\n%x\n%d\n%d\n", r.id, r.office, r.month, strings.Join(r.schemes, ","),
		r.known.Format(time.DateOnly), r.rates, d.n, d.total)
	sum.Write(d.leaves)
	if own := sum.Sum(nil); !bytes.Equal(own, r.digest) {
		c.differs("run", r.id, "digest", own, r.digest)
	}
}

// approvals checks each signature by the stored key and that there are enough of them.
func (c *checker) approvals(ctx context.Context, r *runRow) error {
	type row struct {
		staff, owner                 int64
		statement, signature, digest []byte
		public                       []byte
	}
	valid := 0
	err := each(ctx, c.look(), func(rows pgx.Rows, a *row) error {
		return rows.Scan(&a.staff, &a.owner, &a.statement, &a.signature, &a.digest, &a.public)
	}, func(a *row) error {
		id := fmt.Sprintf("%d by staff %d", r.id, a.staff)
		want := fmt.Sprintf("ansinh/approve-run/v1\n%d\n%s\n%s\n%x\n%d\n%d\n%d\n", r.id, r.office, r.month, r.digest, r.n, r.total, a.staff)
		ok := same(c, "approval", id, "statement that was signed", want, string(a.statement))
		ok = same(c, "approval", id, "owner of the key", a.staff, a.owner) && ok
		if !bytes.Equal(a.digest, r.digest) {
			c.differs("approval", id, "digest", r.digest, a.digest)
			ok = false
		}
		if a.staff == r.preparer {
			c.differs("approval", id, "approver", "somebody who did not prepare the run", "its preparer")
			ok = false
		}
		if !signed(a.public, a.statement, a.signature) {
			c.differs("approval", id, "signature", "one by the key", "another")
			ok = false
		}
		if ok {
			valid++
		}
		return nil
	}, `
		select a.staff_id, coalesce(k.staff_id, 0), a.statement, a.signature, a.digest, coalesce(k.public_key, '')
		from approval a left join staff_key k on k.id = a.key_id where a.run_id = $1 order by a.staff_id`, r.id)
	if err != nil {
		return err
	}
	if want := max(r.needed, 1); slices.Contains([]string{"approved", "instructed", "closed"}, r.state) && valid < want {
		c.differs("run", r.id, "valid approvals", fmt.Sprintf("%d or more", want), valid)
	}
	return nil
}

func signed(public, statement, signature []byte) bool {
	parsed, err := x509.ParsePKIXPublicKey(public)
	if err != nil {
		return false
	}
	key, ok := parsed.(*ecdsa.PublicKey)
	sum := sha256.Sum256(statement)
	return ok && ecdsa.VerifyASN1(key, sum[:], signature)
}

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
