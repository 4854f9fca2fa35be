package beneficiaries

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// DraftRuling writes a decision down as it is proposed; nothing changes until another
// person confirms it with its number. Where Entitlements is empty it is about all that the
// person has: in force, or suspended when they are resumed.
func DraftRuling(ctx context.Context, pool *pgxpool.Pool, r Ruling, by string, now time.Time) (id RulingID, err error) {
	defer pg.Wrap(&err, "beneficiaries: draft a decision about person %d", r.Person)
	err = pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		id, err = draftRuling(ctx, tx, r, by, now)
		return err
	})
	return id, err
}

func draftRuling(ctx context.Context, tx pgx.Tx, r Ruling, by string, now time.Time) (id RulingID, err error) {
	if strings.TrimSpace(r.Reason) == "" {
		return 0, ruled("a decision needs its reason in words")
	}
	if !slices.Contains(RulingKinds, r.Kind) {
		return 0, ruled("%q is no kind of decision", r.Kind)
	}
	var merged *PersonID
	var office string
	err = tx.QueryRow(ctx, `select office, merged_into from person where id = $1 for update`, r.Person).Scan(&office, &merged)
	if err == pgx.ErrNoRows {
		return 0, ErrNoPerson
	}
	if err != nil {
		return 0, err
	}
	if merged != nil {
		return 0, ruled("this record was merged into person %d: decide about that one", *merged)
	}
	if r.Office == "" {
		r.Office = office
	}
	if r.Office != office {
		return 0, ruled("the person is with office %s, which decides about them", office)
	}
	rights, err := RightsOf(ctx, tx, r.Person)
	if err != nil {
		return 0, err
	}
	if err := r.check(rights); err != nil {
		return 0, err
	}
	if r.Kind == RuleGrant {
		if err := tx.QueryRow(ctx, `select coalesce((select value::boolean from setting where key = 'decision.posting'), true)`).Scan(&r.NeedsPosting); err != nil {
			return 0, err
		}
		r.NeedsPosting = r.NeedsPosting && mustBePosted(r.Scheme, r.Category)
	}
	err = tx.QueryRow(ctx, `
		insert into decision (office, kind, person_id, entitlements, from_month, scheme, category, last_month, children, injury_percent, seniority_units,
		                      ground, reason, to_office, follows, needs_posting, drafted_by, drafted_at)
		values (@office, @kind, @person, @entitlements, @from, nullif(@scheme, ''), nullif(@category, ''), @last, @children, @injury, @seniority,
		        @ground, @reason, nullif(@to, ''), nullif(@follows::bigint, 0), @posting, @by, @now) returning id`,
		pgx.StrictNamedArgs{"office": r.Office, "kind": string(r.Kind), "person": r.Person, "entitlements": r.entitlements(), "from": r.From,
			"scheme": r.Scheme, "category": r.Category, "last": r.Last, "children": r.Children, "injury": r.InjuryPercent, "seniority": r.SeniorityUnits,
			"ground": r.Ground, "reason": r.Reason, "to": r.ToOffice, "follows": int64(r.Follows), "posting": r.NeedsPosting, "by": by, "now": now}).Scan(&id)
	switch pg.Constraint(err) {
	case "decision_waiting":
		return 0, ruled("a draft of this kind about this person waits already: confirm or refuse it first")
	case "decision_to_office_fkey":
		return 0, ruled("there is no office %q", r.ToOffice)
	case "decision_order":
		return 0, ruled("the last month is before the first")
	case "decision_children", "decision_injury", "decision_seniority":
		return 0, ruled("number of children to 30, percentage and units of seniority to 100")
	}
	if err != nil {
		return 0, err
	}
	return id, audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "decision.drafted", Subject: fmt.Sprintf("decision:%d", id),
		Payload: map[string]any{"kind": r.Kind, "person": r.Person, "office": r.Office, "from_month": r.From, "entitlements": r.entitlements(),
			"category": r.Category, "ground": r.Ground, "to_office": r.ToOffice}})
}

func (r *Ruling) entitlements() []int64 {
	if r.Entitlements == nil {
		return []int64{}
	}
	return r.Entitlements
}

// check holds a draft against what the person has, and fills in what it is about.
func (r *Ruling) check(rights []HeldRight) error {
	if r.From.IsZero() {
		return ruled("a decision needs the month from which it counts")
	}
	switch r.Kind {
	case RuleGrant, RuleChange:
		if !knownCategory(r.Scheme, r.Category) {
			return ruled("%q is no category of scheme %q", r.Category, r.Scheme)
		}
	case RuleSuspend:
		if !slices.Contains([]string{GroundUncollected, GroundDetained, GroundRefused, GroundOther}, r.Ground) {
			return ruled("a suspension needs its ground: uncollected, detained, refused_assessment or other")
		}
	case RuleTransfer:
		if r.ToOffice == "" || r.ToOffice == r.Office {
			return ruled("a transfer needs the other office")
		}
	case RuleReceive:
		if r.Follows == 0 {
			return ruled("an office receives whom another has transferred: the draft comes by itself")
		}
	}
	if r.Kind == RuleGrant {
		for _, h := range rights {
			if h.Scheme == r.Scheme && h.Category == r.Category && h.Office == r.Office && (h.standsIn(r.From) || h.Suspended) {
				return ruled("the person has %s from %s already: change it instead", r.Category, h.FirstMonth)
			}
		}
		r.Entitlements = nil
		return nil
	}
	if r.Kind == RuleReceive {
		r.Entitlements = nil
		return nil
	}
	wanted := r.Entitlements
	r.Entitlements = nil
	for _, h := range rights {
		if len(wanted) > 0 && !slices.Contains(wanted, h.ID) {
			continue
		}
		why := r.mayActOn(h)
		if why == nil {
			r.Entitlements = append(r.Entitlements, h.ID)
		} else if len(wanted) > 0 {
			no := ruled("entitlement %d (%s from %s): %s", h.ID, h.Category, h.FirstMonth, why.Reason)
			no.vi = fmt.Sprintf(ruledWords["entitlement %d (%s from %s): %s"], h.ID, h.Category, h.FirstMonth, why.Words())
			return no
		}
	}
	switch {
	case len(wanted) > len(r.Entitlements):
		return ruled("an entitlement named is not this person's")
	case len(r.Entitlements) == 0:
		return ruled("the person has nothing that this decision could be about")
	case r.Kind == RuleChange && len(r.Entitlements) > 1:
		return ruled("a change is about one entitlement: name it")
	}
	return nil
}

// mayActOn says what stands against a decision about one entitlement, nil when nothing does.
func (r *Ruling) mayActOn(h HeldRight) *RuledError {
	switch {
	case h.Office != r.Office:
		return ruled("it is of office %s", h.Office)
	case !h.LastMonth.IsZero() && h.LastMonth < r.From:
		return ruled("it ends with %s", h.LastMonth)
	case r.From < h.FirstMonth:
		return ruled("it begins with %s", h.FirstMonth)
	case r.Kind == RuleResume && !h.Suspended:
		return ruled("it is not suspended")
	case r.Kind == RuleResume && r.From < h.CeasedFrom:
		return ruled("it is suspended from %s only", h.CeasedFrom)
	case r.Kind == RuleResume:
		return nil
	case r.Kind == RuleStop && h.Suspended && r.From <= h.CeasedFrom:
		return nil // suspended, then stopped without a month between
	case r.Kind == RuleTransfer && h.Suspended:
		return ruled("it is suspended: resume or stop it first")
	case !h.CeasedFrom.IsZero() && (r.Kind != RuleStop || !h.Suspended) && h.CeasedFrom <= r.From:
		return ruled("it has ended with %s", h.CeasedFrom-1)
	case h.Suspended && r.Kind == RuleSuspend:
		return ruled("it is suspended already")
	}
	return nil
}

// standsIn tells whether the right is in force in a month, as far as it is known now.
func (h HeldRight) standsIn(m money.Month) bool {
	return m >= h.FirstMonth && (h.LastMonth.IsZero() || m <= h.LastMonth) && (h.CeasedFrom.IsZero() || m < h.CeasedFrom)
}

// knownCategory tells whether the scheme has the category.
func knownCategory(scheme, code string) bool {
	return slices.ContainsFunc(categories, func(c Category) bool { return c.Scheme == scheme && c.Code == code })
}

// mustBePosted tells whether a grant hangs out before it is decided: not what would tell
// of HIV, and not merit, whose papers are the State's.
func mustBePosted(scheme, category string) bool {
	return scheme != Merit && category != "HIV" && category != "TE_HIV" && category != "MAITANG" && !strings.HasPrefix(category, "KC_")
}

// RefuseRuling takes a draft back, or turns it down.
func RefuseRuling(ctx context.Context, pool *pgxpool.Pool, id RulingID, why, by string, now time.Time) (err error) {
	defer pg.Wrap(&err, "beneficiaries: refuse decision %d", id)
	if strings.TrimSpace(why) == "" {
		return ruled("a refusal needs its reason")
	}
	return pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update decision set refused_by = $2, refused_at = $3, refused_why = $4 where id = $1`, id, by, now, why)
		if pg.Constraint(err) == "decision_ends_once" {
			return ErrRuled
		}
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrNoRuling
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "decision.refused", Subject: fmt.Sprintf("decision:%d", id),
			Payload: map[string]any{"why": why}})
	})
}
