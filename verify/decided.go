package verify

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/money"
)

// ruling is what a decision says about an entitlement from a month on.
type ruling struct {
	of     int64 // entitlement
	from   money.Month
	stands bool
	signed time.Time
	after  int64 // runs up to this one did not know it
}

// move is a transfer of a person to another office.
type move struct {
	person     int64
	office, to string
	from       money.Month
	signed     time.Time
	after      int64
}

// readDecided loads what decisions changed: few beside the entitlements.
func (d *derivation) readDecided(ctx context.Context) error {
	err := each(ctx, d.look(), func(rows pgx.Rows, r *ruling) error {
		return rows.Scan(&r.of, &r.from, &r.stands, &r.signed, &r.after)
	}, func(r *ruling) error {
		d.rulings[r.of] = append(d.rulings[r.of], *r)
		return nil
	}, `
		select s.entitlement_id, s.from_month, s.in_force, d.signed_on, d.after_run
		from entitlement_step s join decision d on d.id = s.decision_id where d.confirmed_at is not null order by s.id`)
	if err != nil {
		return err
	}
	return each(ctx, d.look(), func(rows pgx.Rows, m *move) error {
		return rows.Scan(&m.person, &m.office, &m.to, &m.from, &m.signed, &m.after)
	}, func(m *move) error {
		d.moves[m.person] = append(d.moves[m.person], *m)
		return nil
	}, `
		select person_id, office, to_office, from_month, signed_on, after_run
		from decision where kind = 'transfer' and confirmed_at is not null order by id`)
}

// rights are a person's entitlements as a run knew them.
func (d *derivation) rights(p *subject, run *preparedRun) (known []right) {
	for _, r := range p.rights {
		if r.decided.After(run.known) || r.grantedAfter >= run.id {
			continue
		}
		r.rulings = slices.DeleteFunc(slices.Clone(d.rulings[r.id]), func(x ruling) bool { return x.after >= run.id || x.signed.After(run.known) })
		known = append(known, r)
	}
	return known
}

// ceased tells whether, by the newest ruling that reaches the month, it is not in force.
func (r *right) ceased(m money.Month) bool {
	newest := ruling{stands: true}
	for _, x := range r.rulings {
		if x.from <= m {
			newest = x
		}
	}
	return !newest.stands
}

// made are the transfers that were made before a run; known of them were signed by its day.
func (d *derivation) made(p *subject, run *preparedRun) (made, known []move) {
	for _, m := range d.moves[p.id] {
		if m.after < run.id {
			made = append(made, m)
			if !m.signed.After(run.known) {
				known = append(known, m)
			}
		}
	}
	return made, known
}

// belongs tells whether a run looked at a person: its office's own, and who was ever its own.
func (d *derivation) belongs(p *subject, run *preparedRun) bool {
	made, known := d.made(p, run)
	if len(made) == 0 {
		if all := d.moves[p.id]; len(all) > 0 {
			return all[0].office == run.office
		}
		return p.office == run.office
	}
	return made[0].office == run.office || made[len(made)-1].to == run.office ||
		slices.ContainsFunc(known, func(m move) bool { return m.to == run.office })
}

// paysMonth tells whether a month was the run's office's to pay.
func (d *derivation) paysMonth(p *subject, run *preparedRun, month money.Month) bool {
	made, known := d.made(p, run)
	if len(made) == 0 {
		return true
	}
	office := made[0].office
	for _, m := range known {
		if m.from <= month {
			office = m.to
		}
	}
	return office == run.office
}
