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
)

// Errors of taking a death back.
var (
	// ErrOwnCorrection: who proposed to take a death back cannot accept it.
	ErrOwnCorrection = errors.New("a correction is accepted by a second person")
	// ErrNoCorrection: nothing waits here, or somebody was faster.
	ErrNoCorrection = errors.New("no such correction waits")
)

// Correction is a proposal to take back a death that was told wrongly.
type Correction struct {
	ID         int64
	Event      int64
	Person     PersonID
	Name       string
	Office     string
	Died       *time.Time
	Source     string // who told of the death
	Reason     string
	ProposedBy string
	ProposedAt time.Time
}

// ProposeCorrection proposes that a death was told wrongly, with the reason: somebody
// has seen the person, or the register has corrected itself. Nothing changes until a
// second person accepts it.
func ProposeCorrection(ctx context.Context, pool *pgxpool.Pool, event int64, reason, by string, now time.Time) (id int64, err error) {
	defer pg.Wrap(&err, "beneficiaries: propose to take back event %d", event)
	if strings.TrimSpace(reason) == "" {
		return 0, ErrReason
	}
	err = pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		var person PersonID
		err := tx.QueryRow(ctx, `select person_id from life_event where id = $1 and kind = 'death' and reversed_at is null for update`, event).Scan(&person)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNoCorrection
		}
		if err != nil {
			return err
		}
		err = tx.QueryRow(ctx, `
			insert into event_correction (event_id, person_id, reason, proposed_by, proposed_at) values ($1, $2, $3, $4, $5) returning id`,
			event, person, reason, by, now).Scan(&id)
		if pg.Constraint(err) == "event_correction_waiting" {
			return fmt.Errorf("%w: a correction of this event waits already", ErrSettled)
		}
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "person.correction_proposed", Subject: fmt.Sprintf("person:%d", person),
			Payload: map[string]any{"event": event, "correction": id, "reason": reason}})
	})
	return id, err
}

// DecideCorrection accepts or refuses a correction; who proposed it may only take it
// back. Accepted, the person counts as living again as far as we know: every death that
// was told of them is taken back, the funeral support is not offered any more, and the
// payouts are told by an event of their own (kind "alive"). Nobody is paid before the
// register has been asked again and says that they live.
func DecideCorrection(ctx context.Context, pool *pgxpool.Pool, id int64, accept bool, by string, now time.Time) (err error) {
	defer pg.Wrap(&err, "beneficiaries: decide correction %d", id)
	return pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		var person PersonID
		var event int64
		var reason string
		err := tx.QueryRow(ctx, `
			update event_correction set decided_by = $2, decided_at = $3, accepted = $4
			 where id = $1 and decided_at is null returning person_id, event_id, reason`, id, by, now, accept).Scan(&person, &event, &reason)
		switch {
		case pg.Constraint(err) == "event_correction_four_eyes":
			return ErrOwnCorrection
		case errors.Is(err, pgx.ErrNoRows):
			return ErrNoCorrection
		case err != nil:
			return err
		}
		kind := "person.correction_refused"
		if accept {
			kind = "person.death_taken_back"
			if err := revive(ctx, tx, person, reason, by, now); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: kind, Subject: fmt.Sprintf("person:%d", person),
			Payload: map[string]any{"event": event, "correction": id, "reason": reason}})
	})
}

// revive takes every death of a person back.
func revive(ctx context.Context, tx pgx.Tx, person PersonID, reason, by string, now time.Time) error {
	for _, sql := range []string{
		`update life_event set reversed_at = $2, handled_at = coalesce(handled_at, $2) where person_id = $1 and kind = 'death' and reversed_at is null`,
		`update funeral_offer set state = 'withdrawn', reason = 'báo tử đã được đính chính', closed_by = $3, closed_at = $2 where person_id = $1 and state = 'open' and $3::text <> ''`,
		// who the register already says to be living again stays as it says; the others wait for it
		`update person
		    set died_on = null,
		        register_outcome = case when register_outcome = 'deceased' then 'unchecked' else register_outcome end,
		        register_evidence = case when register_outcome = 'deceased'
		            then jsonb_build_object('why', jsonb_build_array('báo tử đã được đính chính; cần hỏi lại sổ dân cư trước khi chi')) else register_evidence end,
		        checked_at = case when register_outcome = 'deceased' then null else checked_at end
		  where id = $1 and $2::timestamptz is not null`,
	} {
		args := []any{person, now, by}
		if !strings.Contains(sql, "$3") {
			args = args[:2]
		}
		if _, err := tx.Exec(ctx, sql, args...); err != nil {
			return err
		}
	}
	_, err := recordEvents(ctx, tx, []LifeEvent{{Person: person, Kind: "alive", On: now, KnownOn: now, Source: "correction", By: by, At: now,
		Detail: map[string]string{"reason": reason}}})
	return err
}

// Corrections wait for their second person, oldest first.
func Corrections(ctx context.Context, q pg.Queryer, office string) (_ []Correction, err error) {
	defer pg.Wrap(&err, "beneficiaries: corrections")
	rows, err := q.Query(ctx, `
		select c.id, c.event_id, c.person_id, p.name, p.office, e.on_day, e.source, c.reason, c.proposed_by, c.proposed_at
		  from event_correction c join person p on p.id = c.person_id join life_event e on e.id = c.event_id
		 where c.decided_at is null and ($1 = '' or p.office = $1) order by c.id limit 200`, office)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Correction])
}

// CorrectionByID is one, decided or not, with the office whose it is.
func CorrectionByID(ctx context.Context, q pg.Queryer, id int64) (c Correction, err error) {
	rows, err := q.Query(ctx, `
		select c.id, c.event_id, c.person_id, p.name, p.office, e.on_day, e.source, c.reason, c.proposed_by, c.proposed_at
		  from event_correction c join person p on p.id = c.person_id join life_event e on e.id = c.event_id where c.id = $1`, id)
	if err != nil {
		return c, fmt.Errorf("beneficiaries: correction %d: %w", id, err)
	}
	c, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Correction])
	if errors.Is(err, pgx.ErrNoRows) {
		return c, ErrNoCorrection
	}
	return c, err
}
