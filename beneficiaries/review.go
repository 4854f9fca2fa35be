package beneficiaries

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
)

// Errors of settling a person.
var (
	// ErrSettled: the outcome asks for no decision, or somebody was faster.
	ErrSettled = errors.New("this person waits for no decision")
	// ErrDecision: the decision cannot be made about this outcome.
	ErrDecision = errors.New("this decision cannot be made here")
	// ErrTaken: the register's number already belongs to another person: merge.
	ErrTaken = errors.New("another person already has this number; propose a merge")
	// ErrOwnMerge: who proposed a merge cannot confirm it.
	ErrOwnMerge = errors.New("a merge is confirmed by a second person")
)

// DecisionKind is what a clerk can decide about a person.
type DecisionKind string

// The decisions.
const (
	DecideSame  DecisionKind = "same"  // the candidate is this person: take over the register's data
	DecidePay   DecisionKind = "pay"   // pay as listed, in spite of the outcome
	DecideStop  DecisionKind = "stop"  // do not pay
	DecideMerge DecisionKind = "merge" // is the same as another person here; needs a second pair of eyes
)

// Decision is one decision about one person.
type Decision struct {
	ID          int64        `json:"id"`
	Person      PersonID     `json:"person"`
	Kind        DecisionKind `json:"decision"`
	Other       PersonID     `json:"other"`     // merge: who remains
	Candidate   int          `json:"candidate"` // same: which candidate of the evidence, from 1
	Reason      string       `json:"reason"`
	By          string       `json:"by"`
	At          time.Time    `json:"at"`
	ConfirmedBy string       `json:"confirmed_by"`
	ConfirmedAt *time.Time   `json:"confirmed_at"`
	RefusedAt   *time.Time   `json:"refused_at"`
}

// ReviewCase is a person whose outcome waits for a clerk, with the evidence.
type ReviewCase struct {
	Person
	Evidence Evidence  `json:"evidence"`
	Merge    *Decision `json:"merge"` // a merge that waits for its second person
}

// ReviewFilter narrows Reviews; zero fields do not.
type ReviewFilter struct {
	Office  string
	Outcome Outcome
	After   PersonID // cursor
	Limit   int      // 0: 50
}

// Reviews returns who waits for a decision: mismatch, review, not found and
// duplicate that nobody has settled, by person.
func Reviews(ctx context.Context, q pg.Queryer, box *secret.Box, f ReviewFilter) (_ []ReviewCase, err error) {
	defer pg.Wrap(&err, "beneficiaries: reviews")
	rows, err := q.Query(ctx, personColumns+`
		 where p.merged_into is null and p.settled is null and p.id > @after
		   and p.register_outcome in ('mismatch', 'review', 'not_found', 'duplicate')
		   and (@office = '' or p.office = @office) and (@outcome = '' or p.register_outcome = @outcome)
		 order by p.id limit @limit`,
		pgx.StrictNamedArgs{"office": f.Office, "outcome": f.Outcome, "after": f.After, "limit": limitOr(f.Limit, 50)})
	if err != nil {
		return nil, err
	}
	people, err := pgx.CollectRows(rows, scanPerson(box))
	if err != nil || len(people) == 0 {
		return nil, err
	}
	cases := make([]ReviewCase, len(people))
	at := make(map[PersonID]int, len(people))
	ids := make([]int64, len(people))
	for i, p := range people {
		cases[i].Person, at[p.ID], ids[i] = p, i, int64(p.ID)
	}
	if rows, err = q.Query(ctx, `select id, register_evidence from person where id = any($1)`, ids); err != nil {
		return nil, err
	}
	var id PersonID
	var evidence Evidence
	if _, err = pgx.ForEachRow(rows, []any{&id, &evidence}, func() error {
		cases[at[id]].Evidence, evidence = evidence, Evidence{}
		return nil
	}); err != nil {
		return nil, err
	}
	if rows, err = q.Query(ctx, decisionColumns+`
		 where person_id = any($1) and decision = 'merge' and confirmed_at is null and refused_at is null`, ids); err != nil {
		return nil, err
	}
	merges, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Decision])
	for i := range merges {
		cases[at[merges[i].Person]].Merge = &merges[i]
	}
	return cases, err
}

const decisionColumns = `
	select id, person_id, decision, coalesce(other_person, 0), coalesce(candidate, 0), reason, decided_by, decided_at,
	       coalesce(confirmed_by, ''), confirmed_at, refused_at
	  from review_decision`

func decisionsOf(ctx context.Context, q pg.Queryer, id PersonID) ([]Decision, error) {
	rows, err := q.Query(ctx, decisionColumns+` where person_id = $1 order by id desc`, id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Decision])
}

// Settle makes a clerk's decision about a person. A merge is only proposed: it
// takes effect when another person confirms it with ConfirmMerge. The id of the
// decision comes back.
func Settle(ctx context.Context, pool *pgxpool.Pool, box *secret.Box, d Decision, now time.Time) (id int64, err error) {
	defer pg.Wrap(&err, "beneficiaries: settle person %d", d.Person)
	if strings.TrimSpace(d.Reason) == "" {
		return 0, fmt.Errorf("%w: a reason is needed", ErrDecision)
	}
	err = pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		var outcome Outcome
		var settled *string
		var evidence Evidence
		err := tx.QueryRow(ctx, `
			select register_outcome, settled, register_evidence from person
			 where id = $1 and merged_into is null for update`, d.Person).Scan(&outcome, &settled, &evidence)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNoPerson
		}
		if err != nil {
			return err
		}
		switch d.Kind {
		case DecideStop: // always possible: stopping pays nobody
		case DecideSame, DecidePay, DecideMerge:
			stopped := settled != nil && *settled == string(DecideStop) // may be taken back
			if !stopped && (settled != nil || outcome.Payable() && d.Kind != DecideMerge) {
				return ErrSettled
			}
			if outcome == Deceased || outcome == Absent || outcome == Unchecked && d.Kind != DecideMerge {
				return fmt.Errorf("%w: outcome %s", ErrDecision, outcome)
			}
		default:
			return fmt.Errorf("%w: %q", ErrDecision, d.Kind)
		}
		if err := insertDecision(ctx, tx, d, now, &id); err != nil {
			return err
		}
		switch d.Kind {
		case DecideSame:
			err = adopt(ctx, tx, box, d, evidence, now)
		case DecidePay, DecideStop:
			_, err = tx.Exec(ctx, `update person set settled = $2, settled_by = $3, settled_at = $4 where id = $1`,
				d.Person, string(d.Kind), d.By, now)
		}
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: d.By, Kind: "person.settled",
			Subject: fmt.Sprintf("person:%d", d.Person),
			Payload: map[string]any{"decision": d.Kind, "outcome": outcome, "candidate": d.Candidate, "other": d.Other, "reason": d.Reason}})
	})
	return id, err
}

func insertDecision(ctx context.Context, tx pgx.Tx, d Decision, now time.Time, id *int64) error {
	var other *PersonID
	var candidate *int
	if d.Kind == DecideMerge {
		other = &d.Other
	}
	if d.Kind == DecideSame {
		candidate = &d.Candidate
	}
	err := tx.QueryRow(ctx, `
		insert into review_decision (person_id, decision, other_person, candidate, reason, decided_by, decided_at)
		values ($1, $2, $3, $4, $5, $6, $7) returning id`,
		d.Person, d.Kind, other, candidate, d.Reason, d.By, now).Scan(id)
	switch pg.Constraint(err) {
	case "review_merge_other":
		return fmt.Errorf("%w: a merge names another person", ErrDecision)
	case "review_merge_waiting":
		return fmt.Errorf("%w: a merge already waits for confirmation", ErrSettled)
	case "review_decision_other_person_fkey":
		return ErrNoPerson
	}
	return err
}

// adopt makes a candidate's record the person's own.
func adopt(ctx context.Context, tx pgx.Tx, box *secret.Box, d Decision, e Evidence, now time.Time) error {
	if d.Candidate < 1 || d.Candidate > len(e.Candidates) {
		return fmt.Errorf("%w: there is no candidate %d", ErrDecision, d.Candidate)
	}
	c := e.Candidates[d.Candidate-1]
	number, err := box.Open(secret.PersonNumber, c.Sealed)
	if err != nil {
		return err
	}
	idx := box.Index(secret.PersonNumber, number)
	outcome, died := Match, c.Died
	switch {
	case died != "":
		outcome = Deceased
	case c.Standing == "moved":
		outcome = Moved
	case c.Standing != "" && c.Standing != "resident":
		outcome = Absent
	}
	e.Settled = d.By
	_, err = tx.Exec(ctx, `
		update person set number_enc = @enc, number_idx = @idx, name = @name, name_key = @key,
		       other_enc = case when other_kind = 'claimed' then null else other_enc end,
		       other_idx = case when other_kind = 'claimed' then null else other_idx end,
		       other_kind = case when other_kind = 'claimed' then null else other_kind end,
		       birth = coalesce(nullif(@birth, ''), birth), sex = coalesce(nullif(@sex, ''), sex),
		       ethnicity = case when @ethnicity = '' then ethnicity else @ethnicity end,
		       register_outcome = @outcome, register_evidence = @evidence, died_on = nullif(@died, '')::date,
		       settled = null, settled_by = null, settled_at = null, checked_at = coalesce(checked_at, @now)
		 where id = @id`,
		pgx.StrictNamedArgs{"id": d.Person, "enc": c.Sealed, "idx": idx, "name": c.Name, "key": nameKey(c.Name), "birth": c.Birth,
			"sex": c.Sex, "ethnicity": c.Ethnicity, "outcome": outcome, "evidence": e, "died": died, "now": now})
	if pg.Constraint(err) == "person_number" {
		return ErrTaken
	}
	if err != nil || outcome == Match {
		return err
	}
	_, err = recordEvents(ctx, tx, []LifeEvent{eventOf(d.Person, outcome, c, e.Register, d.By, now)})
	return err
}

// ConfirmMerge carries out a merge that somebody else proposed: entitlements
// and months paid go to the person who remains; accepted false refuses it.
func ConfirmMerge(ctx context.Context, pool *pgxpool.Pool, decision int64, by string, accepted bool, now time.Time) (err error) {
	defer pg.Wrap(&err, "beneficiaries: confirm merge %d", decision)
	return pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		var from, into PersonID
		err := tx.QueryRow(ctx, `
			select person_id, other_person from review_decision
			 where id = $1 and decision = 'merge' and confirmed_at is null and refused_at is null for update`, decision).Scan(&from, &into)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrSettled
		}
		if err != nil {
			return err
		}
		kind := "person.merge_refused"
		if accepted {
			kind = "person.merged"
			_, err = tx.Exec(ctx, `update review_decision set confirmed_by = $2, confirmed_at = $3 where id = $1`, decision, by, now)
			if pg.Constraint(err) == "review_four_eyes" {
				return ErrOwnMerge
			}
			if err == nil {
				err = merge(ctx, tx, from, into, now)
			}
		} else {
			_, err = tx.Exec(ctx, `update review_decision set refused_at = $2 where id = $1`, decision, now)
		}
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: kind, Subject: fmt.Sprintf("person:%d", from),
			Payload: map[string]any{"into": into, "decision": decision}})
	})
}

// merge moves what from is entitled to over to into. Where both have the same
// entitlement the one that stays is into's: nobody gains a second one.
func merge(ctx context.Context, tx pgx.Tx, from, into PersonID, now time.Time) error {
	var roots int
	err := tx.QueryRow(ctx, `
		select count(*) from (select id from person where id in ($1, $2) and merged_into is null order by id for update) p`, from, into).Scan(&roots)
	if err != nil {
		return err
	}
	if roots != 2 {
		return fmt.Errorf("%w: one of them is merged already", ErrSettled)
	}
	for _, sql := range []string{
		`update entitlement e set person_id = $2 where person_id = $1 and not exists (
		     select from entitlement o where o.person_id = $2 and o.scheme = e.scheme and o.category = e.category)`,
		`update paid_before b set person_id = $2 where person_id = $1 and not exists (
		     select from paid_before o where o.person_id = $2 and o.scheme = b.scheme and o.category = b.category)`,
		`update payee set ended_at = $3 where person_id = $1 and ended_at is null and $2 > 0`,
		`update person set merged_into = $2 where merged_into = $1`,
		`update person set merged_into = $2, settled = null, settled_by = null, settled_at = null where id = $1 and $3::timestamptz is not null`,
	} {
		args := []any{from, into, now}
		if !strings.Contains(sql, "$3") {
			args = args[:2]
		}
		if _, err := tx.Exec(ctx, sql, args...); err != nil {
			return err
		}
	}
	return nil
}
