package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"ansinh.vn/money"
)

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
