package payout

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/text"
	"ansinh.vn/money"
)

// residence is where a person's months are paid, by their transfers.
type residence struct {
	began string
	turns []turn
}

// readMoves reads the transfers of everybody who was ever transferred to or from the
// office: it pays the months that were its own, however long ago.
func (p *preparation) readMoves(ctx context.Context, tx pgx.Tx) (err error) {
	p.moves, err = readMoves(ctx, tx, p.in.KnownOn, `person_id in (
		select m.person_id from decision m where m.kind = 'transfer' and m.confirmed_at is not null and (m.office = $2 or m.to_office = $2))`, p.in.Office)
	for id, r := range p.moves {
		if r.began == p.in.Office || slices.ContainsFunc(r.turns, func(t turn) bool { return t.office == p.in.Office }) {
			p.left = append(p.left, id)
		}
	}
	slices.Sort(p.left)
	return err
}

// readMoves reads transfers known on a day, by person; which chooses them, its arguments
// begin at $2.
func readMoves(ctx context.Context, tx pgx.Tx, knownOn time.Time, which string, args ...any) (map[int64]*residence, error) {
	rows, err := tx.Query(ctx, `
		select person_id, office, to_office, from_month, signed_on <= $1 from decision
		where kind = 'transfer' and confirmed_at is not null and `+which+` order by id`, append([]any{knownOn}, args...)...)
	if err != nil {
		return nil, err
	}
	moves := map[int64]*residence{}
	var id int64
	var from string
	var t turn
	var known bool
	_, err = pgx.ForEachRow(rows, []any{&id, &from, &t.office, &t.from, &known}, func() error {
		if moves[id] == nil {
			moves[id] = &residence{began: from}
		}
		if known {
			moves[id].turns = append(moves[id].turns, t)
		}
		return nil
	})
	return moves, err
}

// pays tells whether a person's month is this office's to pay.
func (p *preparation) pays(person int64, m money.Month) bool {
	r := p.moves[person]
	return r == nil || home(r.began, r.turns, m) == p.in.Office
}

// whom is the condition for who belongs to the run, with its arguments.
func (p *preparation) whom(args pgx.StrictNamedArgs) string {
	args["office"] = p.in.Office
	switch {
	case p.grant != nil:
		args["programme"] = string(p.grant.code)
		return `y.person_id in (select person_id from programme_item where programme = @programme and office = @office)`
	case len(p.left) > 0:
		args["left"] = p.left
		return `(y.office = @office or y.person_id = any(@left))`
	}
	return `y.office = @office`
}

// toCut is an entitlement that decisions have changed.
type toCut struct {
	id int64
	*candidate
	ent entitled
}

// decidedStep is a step with the category that it is about.
type decidedStep struct {
	category
	step
}

// cutDecided gives people their entitlements as decisions left them.
func (p *preparation) cutDecided(ctx context.Context, tx pgx.Tx, cutting []toCut) error {
	ids := make([]int64, len(cutting))
	for i, c := range cutting {
		ids[i] = c.id
	}
	steps, err := stepsOf(ctx, tx, ids, p.in.KnownOn)
	if err != nil {
		return err
	}
	for _, c := range cutting {
		own := steps[c.id]
		c.who.ents = cut(c.who.ents, c.ent, own, p.calc.isOneOff(c.ent.category))
		for _, s := range own {
			c.steps = append(c.steps, decidedStep{c.ent.category, s})
			if s.signed.After(c.decided) {
				c.decided = s.signed
			}
		}
		if n := len(own); n > 0 && own[n-1].suspends && own[n-1].from <= p.in.Month {
			c.suspended = true
		}
	}
	return nil
}

// appendDecision names the newest decision that a line comes from.
func (c *candidate) appendDecision(b []byte, l *line) []byte {
	for i := len(c.steps) - 1; i >= 0; i-- {
		if s := &c.steps[i]; s.category == l.category && s.from <= l.month && s.inForce == (l.times > 0) {
			return fmt.Appendf(b, " Quyết định số %s ngày %s.", s.number, text.Day(s.signed))
		}
	}
	return b
}

// readUncollected counts for how many months in a row nobody came, since somebody last
// came or the person's support was last resumed.
func (p *preparation) readUncollected(ctx context.Context, tx pgx.Tx, g *batch) error {
	var waiting []int64
	for _, id := range g.ids {
		if len(g.by[id].carried) > 0 {
			waiting = append(waiting, id)
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	rows, err := tx.Query(ctx, uncollectedMonths, waiting)
	if err != nil {
		return err
	}
	var id int64
	var n int
	_, err = pgx.ForEachRow(rows, []any{&id, &n}, func() error {
		c := g.by[id]
		c.uncollected = max(c.uncollected, n)
		return nil
	})
	return err
}

// uncollectedMonths counts the months that people in $1 did not collect in a row.
const uncollectedMonths = `
	with tried as (
	    select p.person_id, r.month, i.state, i.changed_on
	    from unnest($1::bigint[]) c(of)
	    cross join lateral (select id, run_id, person_id from payment where person_id = c.of offset 0) p
	    join run r on r.id = p.run_id join instruction i on i.payment_id = p.id)
	select t.person_id, count(distinct t.month)::int
	from tried t
	where t.state = 'uncollected'
	  and not exists (select from tried s where s.person_id = t.person_id and s.state in ('collected', 'debited') and s.month >= t.month)
	  and not exists (select from decision d where d.person_id = t.person_id and d.kind = 'resume' and d.confirmed_at is not null and d.signed_on >= t.changed_on)
	group by t.person_id`
