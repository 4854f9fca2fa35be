package payout

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/beneficiaries"
	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// MonthEffect is one month as a decision would leave it.
type MonthEffect struct {
	Month  money.Month `json:"month"`
	Before money.VND   `json:"before"` // owed as decided so far
	After  money.VND   `json:"after"`  // owed with the decision
	Paid   money.VND   `json:"paid"`   // or standing in a run
}

// Change is what the decision adds to what the month is owed.
func (m MonthEffect) Change() money.VND { return m.After - m.Before }

// Effect is what a decision does to the months, as of a day: only months that it changes,
// from its first to the last that is paid or comes next.
type Effect struct {
	KnownOn  string        `json:"known_on"`
	Months   []MonthEffect `json:"months"`
	Monthly  money.VND     `json:"monthly"`  // what it adds to every month after those
	Arrears  money.VND     `json:"arrears"`  // of months that runs have reached, to be paid later
	Clawback money.VND     `json:"clawback"` // of such months, paid too much
}

// Token names the effect, so that nobody confirms another than was shown.
func (e Effect) Token() string {
	b, err := json.Marshal(e)
	if err != nil {
		panic(err) // numbers and months
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// ErrEffect is an effect that is not what was shown.
var ErrEffect = &Refusal{"what the decision does to the months is not what was shown: look at it again"}

// EffectOf computes what a draft would do to the months, by confirmed rates.
func EffectOf(ctx context.Context, q pg.Queryer, id beneficiaries.RulingID, now time.Time) (e Effect, err error) {
	defer pg.Wrap(&err, "payout: effect of decision %d", id)
	plan, err := beneficiaries.PlanOf(ctx, q, id)
	if err != nil {
		return e, err
	}
	settings, err := LoadSettings(ctx, q)
	if err != nil {
		return e, err
	}
	confirmed, err := confirmations(ctx, q)
	if err != nil {
		return e, err
	}
	today := bookDay(now)
	var next money.Month
	err = q.QueryRow(ctx, `
		select max((month + make_interval(months => months - 1))::date) from run where office = $1 and state not in ('rejected', 'void')`, plan.Office).Scan(&next)
	if err != nil {
		return e, err
	}
	next = max(next, money.MonthOf(today)) // the last month that is paid, or is being
	end := max(next+1, plan.From)
	c := NewCalc(EmbeddedRates().Confirmed(confirmed), settings.rules(), today, false, end)
	who, ents, err := readStanding(ctx, q, c, int64(plan.Person))
	if err != nil {
		return e, err
	}
	paid, err := paidByMonth(ctx, q, int64(plan.Person))
	if err != nil {
		return e, err
	}
	before, after, err := withPlan(ctx, q, c, who, ents, plan)
	if err != nil {
		return e, err
	}
	e.KnownOn, e.Months = today.Format(time.DateOnly), []MonthEffect{}
	for m := max(plan.From, settings.Opening); m <= end; m++ {
		x := MonthEffect{Month: m, Paid: paid[m]}
		if x.Before, err = owes(c, before, m); err != nil {
			return e, err
		}
		if x.After, err = owes(c, after, m); err != nil {
			return e, err
		}
		e.Monthly = x.Change()
		if x.Change() == 0 {
			continue
		}
		e.Months = append(e.Months, x)
		if m <= next {
			e.Arrears += max(min(x.Change(), x.After-x.Paid), 0)
			e.Clawback += max(min(-x.Change(), x.Paid-x.After), 0)
		}
	}
	return e, nil
}

// standing is one entitlement with what decisions say of it.
type standing struct {
	id  int64
	ent entitled
}

// readStanding reads a person's entitlements as decided today.
func readStanding(ctx context.Context, q pg.Queryer, c *Calc, id int64) (who person, ents []standing, err error) {
	var birth *string
	var died *time.Time
	if err := q.QueryRow(ctx, `select birth, died_on from person where id = $1`, id).Scan(&birth, &died); err != nil {
		return who, nil, err
	}
	var p Person
	if birth != nil {
		p.Birth, _ = ParseBirth(*birth)
	}
	if died != nil {
		p.Died = *died
	}
	who.born, who.last = p.Birth.counts(c.rules), c.lastMonth(p)
	rows, err := q.Query(ctx, `
		select e.id, e.scheme, e.category, e.first_month, e.last_month, e.children, e.injury_percent, e.seniority_units, e.decision_on
		from entitlement e join person p on p.id = e.person_id where coalesce(p.merged_into, p.id) = $1 order by e.id`, id)
	if err != nil {
		return who, nil, err
	}
	var x standing
	var e Entitlement
	var children, percent, units *int
	var decided *time.Time
	_, err = pgx.ForEachRow(rows, []any{&x.id, &e.Scheme, &e.Category, &e.FirstMonth, &e.LastMonth, &children, &percent, &units, &decided}, func() error {
		e.Children, e.InjuryPercent, e.SeniorityUnits, e.DecisionOn = value(children), value(percent), value(units), time.Time{}
		if decided != nil {
			e.DecisionOn = *decided
		}
		ent, known, err := c.compile(e)
		if err == nil && known {
			ents = append(ents, standing{x.id, atLeastOne(ent)})
		}
		return err
	})
	return who, ents, err
}

// atLeastOne computes a count that nobody wrote down as one, as a run does before it holds.
func atLeastOne(e entitled) entitled {
	if e.n < 0 {
		e.n = 1
	}
	return e
}

// withPlan gives the person as decided so far, and as the plan would leave them.
func withPlan(ctx context.Context, q pg.Queryer, c *Calc, who person, ents []standing, plan beneficiaries.Plan) (before, after person, err error) {
	ids := make([]int64, len(ents))
	for i, x := range ents {
		ids[i] = x.id
	}
	steps, err := stepsOf(ctx, q, ids, c.known)
	if err != nil {
		return who, who, err
	}
	before, after = who, who
	for _, x := range ents {
		own := steps[x.id]
		before.ents = cut(before.ents, x.ent, own, c.isOneOff(x.ent.category))
		if slices.Contains(plan.Entitlements, x.id) {
			own = append(slices.Clone(own), step{from: plan.From, inForce: plan.InForce})
		}
		after.ents = cut(after.ents, x.ent, own, c.isOneOff(x.ent.category))
	}
	for _, g := range plan.Grants {
		ent, _, err := c.compile(Entitlement{Scheme: Scheme(g.Scheme), Category: g.Category, FirstMonth: g.FirstMonth, LastMonth: g.LastMonth,
			Children: value(g.Children), InjuryPercent: value(g.InjuryPercent), SeniorityUnits: value(g.SeniorityUnits)})
		if err != nil {
			return before, after, err
		}
		after.ents = append(after.ents, atLeastOne(ent))
	}
	return before, after, nil
}

// owes sums what a person is owed for a month.
func owes(c *Calc, p person, m money.Month) (sum money.VND, err error) {
	dues, err := c.owed(nil, p.born, p.last, p.ents, m)
	if err != nil {
		return 0, err
	}
	for _, d := range dues {
		if sum, err = sum.Add(d.amount); err != nil {
			return 0, err
		}
	}
	return sum, nil
}

// paidByMonth sums what a person was paid, or what stands in a run, by month.
func paidByMonth(ctx context.Context, q pg.Queryer, id int64) (map[money.Month]money.VND, error) {
	rows, err := q.Query(ctx, `
		with own as (select id from person where id = $1 or merged_into = $1)
		select m::date, b.amount from own join paid_before b on b.person_id = own.id, generate_series(b.first_month, b.last_month, interval '1 month') m
		union all
		select i.month, i.amount from own join payment p on p.person_id = own.id and p.live join payment_item i on i.payment_id = p.id
		where i.scheme in ('btxh', 'htxh', 'ncc')`, id)
	if err != nil {
		return nil, err
	}
	paid := map[money.Month]money.VND{}
	var m money.Month
	var amount money.VND
	_, err = pgx.ForEachRow(rows, []any{&m, &amount}, func() error {
		paid[m] += amount
		return nil
	})
	return paid, err
}

// ConfirmRuling makes a decision, if its effect still is what was shown to who confirms it;
// shown is the token of that effect.
func ConfirmRuling(ctx context.Context, pool *pgxpool.Pool, c beneficiaries.Confirmation, shown string) (err error) {
	err = pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		e, err := EffectOf(ctx, tx, c.Ruling, c.Now)
		if err != nil {
			return err
		}
		if e.Token() != shown {
			return ErrEffect
		}
		if c.Effect, err = json.Marshal(e); err != nil {
			return err
		}
		return beneficiaries.ConfirmRuling(ctx, tx, c)
	})
	return beneficiaries.RulingConflict(err)
}

// EffectShown is the effect of a decision as it was confirmed, or as it would be now.
func EffectShown(ctx context.Context, q pg.Queryer, r beneficiaries.Ruling, now time.Time) (e Effect, err error) {
	if r.State() == "confirmed" {
		err = json.Unmarshal(r.Effect, &e)
		return e, err
	}
	if r.State() == "refused" {
		return Effect{Months: []MonthEffect{}}, nil
	}
	return EffectOf(ctx, q, r.ID, now)
}
