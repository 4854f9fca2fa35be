package beneficiaries

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/text"
	"ansinh.vn/money"
)

// Reassessment is a day by which somebody's condition is looked at again.
type Reassessment struct {
	ID          int64      `json:"id"`
	Person      PersonID   `json:"person"`
	Name        string     `json:"name"`
	Office      string     `json:"office"`
	Entitlement int64      `json:"entitlement"`
	Kind        string     `json:"kind"` // disability, study, poverty, other
	DueOn       time.Time  `json:"due_on"`
	Note        string     `json:"note"`
	Result      string     `json:"result"` // kept, changed, ended, refused; "" while open
	DoneOn      *time.Time `json:"done_on"`
}

// SetReassessment puts a day into the calendar; the same again changes nothing.
func SetReassessment(ctx context.Context, pool *pgxpool.Pool, r Reassessment, by string, now time.Time) (id int64, err error) {
	defer pg.Wrap(&err, "beneficiaries: set a re-assessment of person %d", r.Person)
	err = pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `
			insert into reassessment (person_id, entitlement_id, kind, due_on, note, set_by, set_at)
			values (@person, nullif(@entitlement::bigint, 0), @kind, @due, @note, @by, @now)
			on conflict on constraint reassessment_once do nothing returning id`,
			pgx.StrictNamedArgs{"person": r.Person, "entitlement": r.Entitlement, "kind": r.Kind, "due": day(r.DueOn), "note": r.Note, "by": by, "now": now}).Scan(&id)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return tx.QueryRow(ctx, `select id from reassessment where person_id = $1 and coalesce(entitlement_id, 0) = $2 and kind = $3 and due_on = $4`,
				r.Person, r.Entitlement, r.Kind, day(r.DueOn)).Scan(&id)
		case pg.Constraint(err) == "reassessment_kind":
			return ruled("%q is no kind of re-assessment: disability, study, poverty or other", r.Kind)
		case pg.Constraint(err) == "reassessment_person_id_fkey":
			return ErrNoPerson
		case err != nil:
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "reassessment.set", Subject: fmt.Sprintf("person:%d", r.Person),
			Payload: map[string]any{"reassessment": id, "kind": r.Kind, "due_on": dayText(r.DueOn)}})
	})
	return id, err
}

// EndReassessment records what came of one. When the person refused, a suspension is
// drafted from the month after (TT 02/2021 Đ2.3), which the chairman confirms or not; its
// number comes back, 0 when there is none.
func EndReassessment(ctx context.Context, pool *pgxpool.Pool, id int64, result, note, by string, now time.Time) (draft RulingID, err error) {
	defer pg.Wrap(&err, "beneficiaries: end re-assessment %d", id)
	if !slices.Contains([]string{"kept", "changed", "ended", "refused"}, result) {
		return 0, ruled("%q is no result: kept, changed, ended or refused", result)
	}
	today := day(now.In(text.Vietnam))
	err = pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		var person PersonID
		var entitlement *int64
		err := tx.QueryRow(ctx, `
			update reassessment set result = $2, done_on = $3, done_by = $4, done_note = $5 where id = $1 and result is null returning person_id, entitlement_id`,
			id, result, today, by, note).Scan(&person, &entitlement)
		if errors.Is(err, pgx.ErrNoRows) {
			return ruled("there is no such re-assessment, or it is done")
		}
		if err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "reassessment.done", Subject: fmt.Sprintf("person:%d", person),
			Payload: map[string]any{"reassessment": id, "result": result}}); err != nil || result != "refused" {
			return err
		}
		r := Ruling{Kind: RuleSuspend, Person: person, From: money.MonthOf(today) + 1, Ground: GroundRefused, Reason: "Từ chối đánh giá lại: " + note}
		if entitlement != nil {
			r.Entitlements = []int64{*entitlement}
		}
		draft, err = draftRuling(ctx, tx, r, by, now)
		return err
	})
	return draft, err
}

// Reassessments lists open ones due by a day, of an office or all, the oldest first.
func Reassessments(ctx context.Context, q pg.Queryer, office string, by time.Time) (_ []Reassessment, err error) {
	defer pg.Wrap(&err, "beneficiaries: re-assessments")
	rows, err := q.Query(ctx, `
		select r.id, r.person_id, p.name, p.office, coalesce(r.entitlement_id, 0), r.kind, r.due_on, r.note, coalesce(r.result, ''), r.done_on
		  from reassessment r join person p on p.id = r.person_id
		 where r.result is null and r.due_on <= $2 and ($1 = '' or p.office = $1) order by r.due_on, r.id limit 1000`, office, day(by))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Reassessment])
}
