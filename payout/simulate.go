package payout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/shopspring/decimal"

	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// Proposal is a change of the rates that somebody thinks about.
type Proposal struct {
	From          money.Month                // the first month it counts for
	Levels        map[Scheme]money.VND       // of ncc: every amount by the same proportion
	Amounts       map[string]money.VND       // of codes of ncc that have a single amount
	Coefficients  map[string]decimal.Decimal // by family, or by family and row: "KT_N", "KT_N.KT_N_TE"
	MeritCompetes *bool                      // see Rules; nil leaves it
}

// SimulateInput says what to compute.
type SimulateInput struct {
	Proposal
	Year            int // all of its months are compared
	KnownOn         time.Time
	WithProvisional bool
}

// Cost is what one office owes by one scheme in the year, today and as proposed.
type Cost struct {
	Office   string    `json:"office,omitempty"`
	Name     string    `json:"name,omitempty"`
	Scheme   Scheme    `json:"scheme,omitempty"`
	People   int       `json:"people"` // owed anything in the year, today or as proposed
	Today    money.VND `json:"today"`
	Proposed money.VND `json:"proposed"`
	Change   money.VND `json:"change"`
}

// Simulation is a proposal's cost.
type Simulation struct {
	Year    int    `json:"year"`
	From    string `json:"from"`
	KnownOn string `json:"known_on"`
	Rows    []Cost `json:"rows"`    // by office and scheme
	Schemes []Cost `json:"schemes"` // of all offices
	Total   Cost   `json:"total"`
}

// Simulate computes what every person known on a day is owed in a year, by the rates
// known then and with the proposal over them. It counts who is owed, not who is payable:
// holds, earlier payments and the opening month do not matter, entitlements without an end
// go on to December, and those that the newest list no longer carries are left out. It writes nothing: its transaction is read-only.
func Simulate(ctx context.Context, pool *pgxpool.Pool, in SimulateInput) (s Simulation, err error) {
	defer pg.Wrap(&err, "payout: simulate %d", in.Year)
	first, last := money.NewMonth(in.Year, time.January), money.NewMonth(in.Year, time.December)
	if in.From < first || in.From > last {
		return s, refuse("the change must begin in a month of %d", in.Year)
	}
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = pgx.BeginTxFunc(ctx, pool, options, func(tx pgx.Tx) error {
		settings, err := LoadSettings(ctx, tx)
		if err != nil {
			return err
		}
		confirmed, err := confirmations(ctx, tx)
		if err != nil {
			return err
		}
		rates := EmbeddedRates().Confirmed(confirmed)
		proposed, err := rates.proposed(in.Proposal)
		if err != nil {
			return err
		}
		rules := settings.rules()
		today := NewCalc(rates, rules, in.KnownOn, in.WithProvisional, last)
		if err := proposed.changeMerit(today, in.Proposal); err != nil {
			return err
		}
		if in.MeritCompetes != nil {
			rules.MeritCompetes = *in.MeritCompetes
		}
		x := simulation{today: today, with: NewCalc(proposed, rules, in.KnownOn, in.WithProvisional, last),
			from: in.From, first: first, last: last, costs: map[costKey]*Cost{}}
		if err := x.read(ctx, tx); err != nil {
			return err
		}
		s, err = x.result(ctx, tx)
		return err
	})
	s.Year, s.From, s.KnownOn = in.Year, in.From.String(), in.KnownOn.Format(time.DateOnly)
	return s, err
}

// proposed returns the rates with the proposal in force from its month on, whatever
// stood there for later months.
func (r *Rates) proposed(p Proposal) (*Rates, error) {
	c := *r
	c.Sets = append(slices.Clone(r.Sets), RateSet{ID: "proposal", Instrument: "proposal"})
	change := dated{from: p.From, validFrom: p.From.First(), set: len(c.Sets) - 1, instrument: "proposal"}
	for scheme, amount := range p.Levels {
		var rows *[]levelRow
		switch scheme {
		case BTXH:
			rows = &c.levels
		case HTXH:
			rows = &c.pension
		case NCC: // see changeMerit
			continue
		default:
			return nil, refuse("%q is not a scheme with a level; use btxh, htxh or ncc", scheme)
		}
		if amount <= 0 {
			return nil, refuse("the level of %s must be a positive amount", scheme)
		}
		kept := slices.DeleteFunc(slices.Clone(*rows), func(l levelRow) bool { return l.from >= p.From })
		*rows = append(kept, levelRow{change, amount})
	}
	for name, coefficient := range p.Coefficients {
		if err := c.setCoefficient(name, coefficient, change); err != nil {
			return nil, err
		}
	}
	return &c, nil
}

// setCoefficient ends the rows of a family before the month of the change and goes on
// with copies that have the new coefficient.
func (r *Rates) setCoefficient(name string, coefficient decimal.Decimal, change dated) error {
	scaled := coefficient.Mul(decimal.NewFromInt(coefficientScale))
	if !coefficient.IsPositive() || !scaled.IsInteger() || coefficient.GreaterThan(decimal.NewFromInt(100)) {
		return refuse("the coefficient of %s must be above 0, at most 100, with at most four decimals", name)
	}
	var rows, after []btxhRow
	for _, row := range r.btxh {
		family := r.names[row.family]
		if (name != family && name != family+"."+row.code) || (row.to != 0 && row.to < change.from) {
			rows = append(rows, row)
			continue
		}
		next := row
		next.coefficient, next.scaled = coefficient, scaled.IntPart()
		if row.from < change.from {
			row.to = change.from.Add(-1)
			rows = append(rows, row)
			next.from, next.validFrom = change.from, change.validFrom
		}
		after = append(after, next)
	}
	if len(after) == 0 {
		return refuse("no family of social assistance is called %s; see docs/commands.md for their names", name)
	}
	r.btxh = append(rows, after...)
	slices.SortStableFunc(r.btxh, func(a, b btxhRow) int { return a.validFrom.Compare(b.validFrom) })
	return nil
}

type costKey struct {
	office string
	scheme Scheme
}

// simulation computes people one after another.
type simulation struct {
	today, with       *Calc
	from, first, last money.Month
	costs             map[costKey]*Cost
	all               [len(schemeList)]Cost // by scheme
	people            int

	dues []due
	sums [2][len(schemeList)]money.VND
}

// schemeList sizes what is kept by scheme; Schemes stands in the same order.
var schemeList = [...]Scheme{BTXH, HTXH, NCC}

// simulated is a person with their entitlements as both sets of rates read them.
type simulated struct {
	id     int64
	office string
	who    Person
	ents   []entitled
}

func (x *simulation) read(ctx context.Context, tx pgx.Tx) error {
	cuts, err := allSteps(ctx, tx, x.today.known)
	if err != nil {
		return err
	}
	// who was merged into another counts there
	rows, err := tx.Query(ctx, `
		select p.id, p.office, coalesce(p.birth, ''), p.died_on, e.id, e.decided, e.scheme, e.category, e.first_month, e.last_month,
		       e.children, e.injury_percent, e.seniority_units, e.decision_on
		from person p
		join person q on coalesce(q.merged_into, q.id) = p.id
		join entitlement e on e.person_id = q.id
		where p.merged_into is null and e.dropped_by is null and e.first_month <= $1 and (e.last_month is null or e.last_month >= $2)
		order by p.id`, x.last, x.first)
	if err != nil {
		return err
	}
	var p simulated
	var id int64
	var office, birth string
	var died, decided *time.Time
	var e Entitlement
	var children, percent, units *int
	var entitlement int64
	var byDecision bool
	_, err = pgx.ForEachRow(rows, []any{&id, &office, &birth, &died, &entitlement, &byDecision, &e.Scheme, &e.Category, &e.FirstMonth, &e.LastMonth,
		&children, &percent, &units, &decided}, func() error {
		if id != p.id {
			if err := x.add(&p); err != nil {
				return err
			}
			b, ok := ParseBirth(birth)
			if !ok {
				return fmt.Errorf("person %d: birth %q", id, birth)
			}
			p = simulated{id: id, office: office, who: Person{Birth: b}, ents: p.ents[:0]}
			if died != nil {
				p.who.Died = *died
			}
		}
		e.Children, e.InjuryPercent, e.SeniorityUnits, e.DecisionOn = value(children), value(percent), value(units), time.Time{}
		if decided != nil {
			e.DecisionOn = *decided
		}
		one, known, err := x.today.compile(e) // families and codes have the same numbers in both
		if err != nil || !known {
			return err
		}
		if one.n < 0 { // missing: as a run computes it, before it holds it
			one.n = 1
		}
		var steps []step
		if byDecision {
			steps = cuts[entitlement]
		}
		p.ents = cut(p.ents, one, steps, x.today.isOneOff(one.category))
		return nil
	})
	if err != nil {
		return err
	}
	return x.add(&p)
}

// add computes a person's year twice.
func (x *simulation) add(p *simulated) (err error) {
	if len(p.ents) == 0 {
		return nil
	}
	x.sums = [2][len(schemeList)]money.VND{}
	for m := x.first; m <= x.last; m++ {
		for i, c := range []*Calc{x.today, x.with} {
			if i == 1 && m < x.from {
				c = x.today
			}
			if x.dues, err = c.owed(x.dues[:0], p.who.Birth.counts(c.rules), c.lastMonth(p.who), p.ents, m); err != nil {
				return fmt.Errorf("person %d: %w", p.id, err)
			}
			for _, d := range x.dues {
				if x.sums[i][d.scheme], err = x.sums[i][d.scheme].Add(d.amount); err != nil {
					return err
				}
			}
		}
	}
	anything := false
	for s, scheme := range schemeList {
		today, proposed := x.sums[0][s], x.sums[1][s]
		if today == 0 && proposed == 0 {
			continue
		}
		anything = true
		cost := x.costs[costKey{p.office, scheme}]
		if cost == nil {
			cost = &Cost{Office: p.office, Scheme: scheme}
			x.costs[costKey{p.office, scheme}] = cost
		}
		err = errors.Join(cost.count(1, today, proposed), x.all[s].count(1, today, proposed))
		if err != nil {
			return err
		}
	}
	if anything {
		x.people++
	}
	return nil
}

func (c *Cost) count(people int, today, proposed money.VND) (err error) {
	c.People += people
	if c.Today, err = c.Today.Add(today); err != nil {
		return err
	}
	if c.Proposed, err = c.Proposed.Add(proposed); err != nil {
		return err
	}
	c.Change, err = c.Proposed.Sub(c.Today)
	return err
}

// result puts the costs in order, with the offices' names.
func (x *simulation) result(ctx context.Context, tx pgx.Tx) (s Simulation, err error) {
	rows, err := tx.Query(ctx, `select code, name from office order by code`)
	if err != nil {
		return s, err
	}
	s.Rows, s.Schemes = []Cost{}, []Cost{}
	var code, name string
	if _, err = pgx.ForEachRow(rows, []any{&code, &name}, func() error {
		for _, scheme := range schemeList {
			if cost := x.costs[costKey{code, scheme}]; cost != nil {
				cost.Name = name
				s.Rows = append(s.Rows, *cost)
			}
		}
		return nil
	}); err != nil {
		return s, err
	}
	for i, scheme := range schemeList {
		x.all[i].Scheme = scheme
		s.Schemes = append(s.Schemes, x.all[i])
		if err := s.Total.count(0, x.all[i].Today, x.all[i].Proposed); err != nil {
			return s, err
		}
	}
	s.Total.People = x.people
	return s, nil
}
