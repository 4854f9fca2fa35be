package payout

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
)

// The gates against fraud: what stops a payment until another person has looked, and
// what is only shown. Matches are leads, not proof.
const (
	HoldStaff    = "account_of_staff"  // somebody who works here is paid on this account
	HoldVendor   = "account_of_vendor" // so is a vendor of a market
	HoldAge      = "age_impossible"    // the birth does not fit anybody who could be entitled
	SeeReused    = "account_reused"    // this account was somebody else's before
	SeeOften     = "account_often"     // the third account within half a year
	SeeRecipient = "recipient_many"    // one recipient collects for three people or more
	SeeStaff     = "recipient_staff"   // the recipient has the name of somebody who works here
	SeeNoLife    = "no_life_sign"      // no register check and no visit for long
	SeeAge       = "age_unusual"       // younger than the social pension usually begins, or over 105
)

// suspicion is what the gates found out about a candidate besides the account itself.
type suspicion struct {
	newPayee bool // another payee or account was there before this one
	reused   bool
	accounts int // different ones within half a year
	collects int // people whom this recipient collects for
	noLife   bool
}

// readSuspicion looks up, by sets, what the gates ask about a chunk. Only who has a payee
// of the last half year can have changed it, and only a recipient collects for others, so
// in most months few are looked up.
func (p *preparation) readSuspicion(ctx context.Context, tx pgx.Tx, g *batch) error {
	known := p.in.KnownOn
	half := known.AddDate(0, -6, 0)
	var fresh, others []int64
	for _, id := range g.ids {
		c := g.by[id]
		if c.way == "bank" && c.since != nil && c.since.After(half) {
			fresh = append(fresh, id)
		}
		if c.payeeKind != "self" {
			others = append(others, id)
		}
	}
	for _, part := range []struct {
		who  []int64
		sql  string
		args []any
		mark func(*candidate, int)
	}{
		// who has another account now than some time before
		{fresh, `select c.of, count(distinct coalesce(o.account_idx, ''))::int
			from unnest($1::bigint[]) c(of) join payee y on y.person_id = c.of and y.ended_at is null
			join payee o on o.person_id = c.of and o.ended_at is not null
			where o.account_idx is distinct from y.account_idx and o.ended_at > $2 group by 1`,
			[]any{half}, func(c *candidate, n int) { c.newPayee, c.accounts = true, n+1 }},
		// whose account was another person's, who has a different one now or none
		{fresh, `select distinct c.of, 1 from unnest($1::bigint[]) c(of) join payee y on y.person_id = c.of and y.ended_at is null
			join payee o on o.account_idx = y.account_idx and o.ended_at is not null and o.person_id <> c.of`,
			nil, func(c *candidate, _ int) { c.reused = true }},
		{others, `select c.of, (select count(distinct o.person_id) from payee o where o.number_idx = y.number_idx and o.ended_at is null)::int
			from unnest($1::bigint[]) c(of) join payee y on y.person_id = c.of and y.ended_at is null
			where y.number_idx is not null`,
			nil, func(c *candidate, n int) { c.collects = n }},
		{g.ids, `select q.id, 1 from unnest($1::bigint[]) c(of) join person q on q.id = c.of
			where $3::int > 0 and greatest(q.checked_at, q.settled_at, '-infinity') < $2::date - make_interval(months => $3::int)
			  and not exists (select from payment k where k.person_id = q.id and k.state = 'collected' and k.payee_kind = 'self'
			                     and k.changed_at > $2::date - make_interval(months => $3::int))`,
			[]any{known, p.settings.LifeMonths}, func(c *candidate, _ int) { c.noLife = true }},
	} {
		if len(part.who) == 0 {
			continue
		}
		rows, err := tx.Query(ctx, part.sql, append([]any{part.who}, part.args...)...)
		if err != nil {
			return err
		}
		var id int64
		var n int
		if _, err = pgx.ForEachRow(rows, []any{&id, &n}, func() error {
			part.mark(g.by[id], n)
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// readStaffNames reads who works in the office, to compare with recipients.
func (p *preparation) readStaffNames(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `select lower(name) from staff where disabled_at is null and (office is null or office = $1)`, p.in.Office)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	p.staffNames = map[string]bool{}
	for _, n := range names {
		p.staffNames[n] = true
	}
	return err
}

// gates asks the questions against fraud about one payment.
func (p *preparation) gates(pay *payment, hold, see func(bool, string)) {
	c := pay.candidate
	guard := p.guarded[string(c.accountIdx)]
	byBank := c.way == "bank"
	hold(byBank && guard == HoldStaff, HoldStaff)
	hold(byBank && guard == HoldVendor, HoldVendor)
	recent := c.since != nil && c.since.After(p.in.KnownOn.AddDate(0, 0, -p.settings.CoolingDays))
	hold(byBank && c.newPayee && recent, HoldCooling)
	if c.who.born > 0 {
		years := (p.in.Month - c.who.born) / 12
		pension := false
		for _, x := range pay.items {
			pension = pension || x.scheme == HTXH
		}
		hold(c.who.born > p.in.Month || years >= 120 || (pension && years < 60), HoldAge)
		see(years >= 105 && years < 120 || (pension && years >= 60 && years < 70), SeeAge)
	}
	see(byBank && c.reused, SeeReused)
	see(byBank && c.accounts >= 3, SeeOften)
	see(c.collects >= 3, SeeRecipient)
	see(c.payeeKind != "self" && p.staffNames[strings.ToLower(c.payeeName)], SeeStaff)
	see(c.noLife, SeeNoLife)
}
