package payout

import (
	"bytes"
	"slices"

	"github.com/shopspring/decimal"

	"ansinh.vn/money"
)

// payment is one row of the table with its lines, before it is written.
type payment struct {
	*candidate
	id       PaymentID
	regular  money.VND
	owed     money.VND
	clawback money.VND
	setOff   money.VND
	carried  money.VND
	amount   money.VND
	items    []item
}

// item is one line of a payment.
type item struct {
	scheme   Scheme
	category string
	month    money.Month
	amount   money.VND
	setOff   money.VND
	kind     Kind
	reason   string // article, NUL, sentence
}

// The reasons that a run itself holds a payment for, besides those of beneficiaries.
const (
	HoldJump    = "amount_jump"     // far from last month, and no decision says why
	HoldMost    = "above_limit"     // more than one person should get at once
	HoldBounced = "account_bounced" // this account sent money back
	HoldDeath   = "death_reported"  // the bank told of a death
	HoldCooling = "account_new"     // the account changed a few days ago
	HoldDetail  = "detail_missing"  // number of children, percentage or units
	HoldByHand  = "held_by_hand"    // a person held it
	HoldPayee   = "deceased_since"  // a death became known after the run was computed

	HoldSuspended   = "suspended"   // what was not received waits until the person's support is resumed
	HoldUncollected = "uncollected" // nobody came for three months: suspended by rule (TT 02/2021 Đ2.3)

	SeeAccount   = "account_changed"  // for attention: another account than last time
	SeeNew       = "first_payment"    // for attention: nothing was paid before
	SeeClawback  = "clawback"         // for attention: something was overpaid
	SeeCarried   = "carried"          // for attention: an earlier payment comes along
	SeeTentative = "provisional_rate" // for attention: a rate that nobody has confirmed
)

// payment computes one person; false when there is nothing to write.
func (p *preparation) payment(s *subtraction, c *candidate) (pay payment, ok bool, err error) {
	if p.grant != nil {
		return p.grantTo(c)
	}
	lines, err := s.through(c.who, p.settings.Opening, p.in.Month, p.in.lastMonth())
	if err != nil {
		return pay, false, err
	}
	pay.candidate = c
	var sets []int
	for i := range lines {
		l := &lines[i]
		if !slices.Contains(p.in.Schemes, Schemes[l.scheme]) || !p.pays(c.id, l.month) {
			continue
		}
		if l.amount > 0 {
			pay.owed += l.amount
		} else {
			pay.clawback -= l.amount
		}
		if l.month == p.in.Month {
			pay.regular += l.amount
		}
		sets = p.calc.provisional(sets, l)
		reason := s.sentence(l).reason
		if len(c.steps) > 0 {
			reason = string(c.appendDecision([]byte(reason), l))
		}
		pay.items = append(pay.items, item{scheme: Schemes[l.scheme], category: l.name, month: l.month, amount: l.amount,
			kind: l.kind, reason: reason})
	}
	for _, x := range c.carried {
		pay.carried += x.amount
	}
	if len(pay.items) == 0 && pay.carried == 0 {
		return pay, false, nil
	}
	if err := p.setOff(&pay); err != nil {
		return pay, false, err
	}
	pay.amount = pay.owed - pay.setOff + pay.carried
	for _, set := range sets {
		p.sets[set] = true
	}
	p.look(&pay, len(sets) > 0)
	return pay, true, nil
}

// setOff takes what was overpaid, now and before, from what is owed, oldest line first,
// at most the share that the settings allow and at most a decided instalment.
func (p *preparation) setOff(pay *payment) error {
	most, err := money.Whole(pay.owed.Decimal().Mul(p.settings.SetOffShare).Truncate(0))
	if err != nil {
		return err
	}
	pay.setOff = pay.take(pay.clawback, most)
	left := pay.setOff
	for i := range pay.items { // they stand by month
		x := &pay.items[i]
		x.setOff = min(max(x.amount, 0), left)
		left -= x.setOff
	}
	return nil
}

// look decides what stands against paying, and what somebody should see.
func (p *preparation) look(pay *payment, provisional bool) {
	c := pay.candidate
	hold := func(when bool, reason string) {
		if when && !slices.Contains(c.holds, reason) {
			c.holds = append(c.holds, reason)
		}
	}
	see := func(when bool, reason string) {
		if when {
			c.attention = append(c.attention, reason)
		}
	}
	changed := c.way == "bank" && len(c.lastAccount) > 0 && !bytes.Equal(c.lastAccount, c.accountIdx)
	hold(c.missing, HoldDetail)
	hold(c.suspended && pay.carried > 0, HoldSuspended)
	hold(c.uncollected >= 3 && !c.suspended, HoldUncollected)
	hold(c.deathTold, HoldDeath)
	hold(c.badAccount, HoldBounced)
	hold(pay.amount > p.settings.MaxPayment, HoldMost)
	hold(p.jumps(pay), HoldJump)
	hold(changed && c.since != nil && c.since.After(p.in.KnownOn.AddDate(0, 0, -p.settings.CoolingDays)), HoldCooling)
	see(changed, SeeAccount)
	see(c.nth == 0 && len(c.who.paid) == 0, SeeNew)
	see(pay.clawback > 0, SeeClawback)
	see(pay.carried > 0, SeeCarried)
	see(provisional, SeeTentative)
	p.gates(pay, hold, see)
	if pay.amount == 0 { // nothing leaves: nothing to hold
		c.holds = nil
	}
}

// jumps tells whether the month's own amount is many times what was paid for the month
// before, or the other way round, and no decision of the last two months explains it.
func (p *preparation) jumps(pay *payment) bool {
	now, before := pay.regular, pay.lastMonthSum
	if now <= 0 || before <= 0 || !pay.decided.Before(p.in.Month.Add(-2).First()) {
		return false
	}
	if slices.ContainsFunc(pay.items, func(x item) bool { return x.kind == Funeral }) {
		return false
	}
	for _, e := range pay.who.ents { // something that begins or ends by its own months
		if e.first >= p.in.Month-1 || e.last == p.in.Month-1 || e.last == p.in.Month-2 {
			return false
		}
	}
	factor := func(v money.VND) decimal.Decimal { return v.Decimal().Mul(p.settings.JumpFactor) }
	return now.Decimal().GreaterThan(factor(before)) || before.Decimal().GreaterThan(factor(now))
}
