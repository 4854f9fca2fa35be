package beneficiaries

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
)

// Plan is what a decision does to what a person is entitled to, once it is confirmed.
type Plan struct {
	Ruling
	InForce  bool          // what the entitlements become from the month on
	Suspends bool          // … for a while
	Grants   []Entitlement // new ones, in the office of the decision
}

// PlanOf reads a decision and what it would do, or did.
func PlanOf(ctx context.Context, q pg.Queryer, id RulingID) (p Plan, err error) {
	defer pg.Wrap(&err, "beneficiaries: plan of decision %d", id)
	r, err := RulingByID(ctx, q, id)
	if err != nil {
		return p, err
	}
	return r.plan(ctx, q)
}

func (r Ruling) plan(ctx context.Context, q pg.Queryer) (p Plan, err error) {
	p = Plan{Ruling: r, InForce: r.Kind == RuleResume, Suspends: r.Kind == RuleSuspend}
	grant := Entitlement{Office: r.Office, Scheme: r.Scheme, Category: r.Category, FirstMonth: r.From, LastMonth: r.Last,
		Children: r.Children, InjuryPercent: r.InjuryPercent, SeniorityUnits: r.SeniorityUnits, DecisionNo: r.Number, DecisionOn: r.SignedOn}
	switch r.Kind {
	case RuleGrant, RuleChange:
		p.Grants = []Entitlement{grant}
	case RuleReceive:
		// what the other office stopped goes on here as it was
		rows, err := q.Query(ctx, `
			select e.scheme, e.category, e.last_month, e.children, e.injury_percent, e.seniority_units
			  from decision t join entitlement e on e.id = any (t.entitlements) where t.id = $1 order by e.id`, r.Follows)
		if err != nil {
			return p, err
		}
		_, err = pgx.ForEachRow(rows, []any{&grant.Scheme, &grant.Category, &grant.LastMonth, &grant.Children, &grant.InjuryPercent, &grant.SeniorityUnits}, func() error {
			p.Grants = append(p.Grants, grant)
			return nil
		})
		if err != nil {
			return p, err
		}
	}
	return p, nil
}

// Confirmation makes a draft a decision: its number, its day, who signed it, and the
// effect that was shown to who confirms it.
type Confirmation struct {
	Ruling   RulingID
	Number   string // Example: 412/QĐ-UBND
	SignedOn time.Time
	Signer   int64
	Effect   json.RawMessage
	By       string
	Now      time.Time
}

// ConfirmRuling makes a decision in the caller's transaction: entitlements begin, end,
// rest or go on from its month, and who is transferred belongs to the other office, where
// the draft that receives them waits.
func ConfirmRuling(ctx context.Context, tx pgx.Tx, c Confirmation) (err error) {
	defer pg.Wrap(&err, "beneficiaries: confirm decision %d", c.Ruling)
	c.Number = strings.TrimSpace(c.Number)
	if c.Number == "" || c.SignedOn.IsZero() || c.Signer == 0 {
		return ruled("a decision needs its number, its day and who signed it")
	}
	r, err := readRuling(ctx, tx, c.Ruling, "for update of d")
	if err != nil {
		return err
	}
	if r.State() != "draft" {
		return ErrRuled
	}
	// what it is about may have changed since it was drafted
	rights, err := RightsOf(ctx, tx, r.Person)
	if err != nil {
		return err
	}
	was := slices.Clone(r.Entitlements)
	if err := r.check(rights); err != nil {
		return err
	}
	if !slices.Equal(was, r.Entitlements) {
		return ruled("what the person is entitled to changed since the decision was drafted: refuse it and draft another")
	}
	_, err = tx.Exec(ctx, `
		update decision set number = @no, signed_on = @on, signer_id = @signer, confirmed_by = @by, confirmed_at = @now, effect = @effect, after_run = 0
		 where id = @id`,
		pgx.StrictNamedArgs{"no": c.Number, "on": day(c.SignedOn), "signer": c.Signer, "by": c.By, "now": c.Now, "effect": string(c.Effect), "id": c.Ruling})
	if err := rulingError(err, c); err != nil {
		return err
	}
	if r, err = RulingByID(ctx, tx, c.Ruling); err != nil {
		return err
	}
	p, err := r.plan(ctx, tx)
	if err != nil {
		return err
	}
	if err := p.write(ctx, tx, c); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{At: c.Now, Actor: c.By, Kind: "decision.confirmed", Subject: fmt.Sprintf("decision:%d", c.Ruling),
		Payload: map[string]any{"kind": r.Kind, "person": r.Person, "office": r.Office, "number": c.Number, "signed_on": dayText(c.SignedOn),
			"signer": c.Signer, "from_month": r.From, "to_office": r.ToOffice}})
}

func (p Plan) write(ctx context.Context, tx pgx.Tx, c Confirmation) error {
	_, err := tx.Exec(ctx, `
		insert into entitlement_step (decision_id, entitlement_id, from_month, in_force)
		select $1, e, $3, $4 from unnest($2::bigint[]) e order by e`, p.ID, p.entitlements(), p.From, p.InForce)
	if err != nil {
		return err
	}
	for _, g := range p.Grants {
		if !g.LastMonth.IsZero() && g.LastMonth < g.FirstMonth {
			continue // ran out with the old office
		}
		_, err := tx.Exec(ctx, `
			insert into entitlement (person_id, office, scheme, category, first_month, last_month, children, injury_percent, seniority_units,
			                         decision_no, decision_on, decision_id, decided)
			values (@person, @office, @scheme, @category, @first, @last, @children, @injury, @seniority, @no, @on, @decision, true)`,
			pgx.StrictNamedArgs{"person": p.Person, "office": g.Office, "scheme": g.Scheme, "category": g.Category, "first": g.FirstMonth,
				"last": g.LastMonth, "children": g.Children, "injury": g.InjuryPercent, "seniority": g.SeniorityUnits, "no": p.Number,
				"on": p.SignedOn, "decision": p.ID})
		if err != nil {
			return err
		}
	}
	if p.Kind != RuleTransfer {
		return nil
	}
	if _, err := tx.Exec(ctx, `update person set office = $2 where id = $1`, p.Person, p.ToOffice); err != nil {
		return err
	}
	_, err = draftRuling(ctx, tx, Ruling{Office: p.ToOffice, Kind: RuleReceive, Person: p.Person, From: p.From, Follows: p.ID,
		Reason: fmt.Sprintf("Tiếp nhận theo Quyết định số %s của %s", p.Number, p.OfficeName)}, "rule", c.Now)
	return err
}

// rulingError names what the database holds against a confirmation.
func rulingError(err error, c Confirmation) error {
	switch pg.Constraint(err) {
	case "":
		return err
	case "decision_four_eyes":
		return ErrOwnRuling
	case "decision_role":
		return ruled("only an active chairman of the office, or of the province, confirms its decisions")
	case "decision_signer", "decision_signer_id_fkey":
		return ruled("signer %d may not sign for this office on %s: add who may with 'ansinh decision signer'", c.Signer, dayText(c.SignedOn))
	case "decision_signed_on":
		return ruled("the decision would be signed in the future")
	case "decision_posted":
		return ruled("the list was not posted for two working days before %s, or an objection is not settled", dayText(c.SignedOn))
	case "decision_numbered":
		return ruled("number %s of %d is used for another decision of this kind about this person", c.Number, c.SignedOn.Year())
	}
	return err
}

// RulingConflict names what the database finds when a decision commits.
func RulingConflict(err error) error {
	if pg.Constraint(err) == "decision_one_office" {
		return ruled("the person would be entitled in two communes for the same month: one has to stop first")
	}
	return err
}
