package beneficiaries

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
)

// LifeEvent is a death, a move or an absence as it became known. It acts when
// a worker hands it on: what is not sent stops, what was sent becomes a case.
type LifeEvent struct {
	ID      int64
	Person  PersonID
	Kind    string    // "death", "move", "absence"
	On      time.Time // the day it happened; zero when not known
	KnownOn time.Time // the day we learned of it
	Source  string    // Example: "register:sandbox", "hamlet head"
	Detail  map[string]string
	By      string
	At      time.Time
}

// RecordLifeEvent writes the event once and marks the person; the same event
// again changes nothing and returns false. A death with no known day holds the
// person by outcome and leaves died_on empty.
func RecordLifeEvent(ctx context.Context, tx pgx.Tx, e LifeEvent) (fresh bool, err error) {
	defer pg.Wrap(&err, "beneficiaries: record %s of person %d", e.Kind, e.Person)
	known, err := recordEvents(ctx, tx, []LifeEvent{e})
	if err != nil || len(known) == 0 {
		return false, err
	}
	if e.Kind == "death" {
		_, err = tx.Exec(ctx, `
			update person
			   set died_on = coalesce($2, died_on), register_outcome = 'deceased', settled = null, settled_by = null, settled_at = null,
			       checked_at = coalesce(checked_at, $3)
			 where id = $1`, e.Person, nullDay(e.On), e.At)
		if err != nil {
			return false, err
		}
	}
	return true, audit.Record(ctx, tx, audit.Event{At: e.At, Actor: e.By, Kind: "person." + e.Kind,
		Subject: fmt.Sprintf("person:%d", e.Person),
		Payload: map[string]any{"on": dayText(e.On), "known_on": dayText(e.KnownOn), "source": e.Source}})
}

// recordEvents inserts a set of events and counts those that were new, by kind.
func recordEvents(ctx context.Context, tx pgx.Tx, events []LifeEvent) (map[string]int, error) {
	var (
		people  = make([]int64, len(events))
		kinds   = make([]string, len(events))
		days    = make([]*time.Time, len(events))
		known   = make([]time.Time, len(events))
		sources = make([]string, len(events))
		details = make([]string, len(events))
		by      = make([]string, len(events))
		at      = make([]time.Time, len(events))
	)
	for i, e := range events {
		detail, err := json.Marshal(e.Detail)
		if err != nil {
			return nil, err
		}
		if e.Detail == nil {
			detail = []byte("{}")
		}
		people[i], kinds[i], days[i], known[i] = int64(e.Person), e.Kind, nullDay(e.On), day(e.KnownOn)
		sources[i], details[i], by[i], at[i] = e.Source, string(detail), e.By, e.At
	}
	rows, err := tx.Query(ctx, `
		insert into life_event (person_id, kind, on_day, known_on, source, detail, recorded_by, recorded_at)
		select * from unnest($1::bigint[], $2::text[], $3::date[], $4::date[], $5::text[], $6::jsonb[], $7::text[], $8::timestamptz[])
		on conflict (person_id, kind, on_day) where reversed_at is null and kind <> 'alive' do nothing
		returning kind`,
		people, kinds, days, known, sources, details, by, at)
	if err != nil {
		return nil, err
	}
	fresh := map[string]int{}
	var kind string
	_, err = pgx.ForEachRow(rows, []any{&kind}, func() error { fresh[kind]++; return nil })
	return fresh, err
}

// WaitingEvents returns up to limit events that nobody has acted on, oldest first.
func WaitingEvents(ctx context.Context, q pg.Queryer, limit int) (_ []LifeEvent, err error) {
	defer pg.Wrap(&err, "beneficiaries: waiting life events")
	rows, err := q.Query(ctx, eventColumns+` where handled_at is null order by id limit $1`, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanEvent)
}

const eventColumns = `
	select id, person_id, kind, on_day, known_on, source, detail, recorded_by, recorded_at from life_event`

func scanEvent(row pgx.CollectableRow) (e LifeEvent, err error) {
	var on *time.Time
	err = row.Scan(&e.ID, &e.Person, &e.Kind, &on, &e.KnownOn, &e.Source, &e.Detail, &e.By, &e.At)
	if on != nil {
		e.On = *on
	}
	return e, err
}

// HandleLifeEvent marks an event as acted on, in the transaction that acted.
func HandleLifeEvent(ctx context.Context, tx pgx.Tx, id int64, now time.Time) error {
	_, err := tx.Exec(ctx, `update life_event set handled_at = $2 where id = $1 and handled_at is null`, id, now)
	if err != nil {
		return fmt.Errorf("beneficiaries: handle life event %d: %w", id, err)
	}
	return nil
}

func nullDay(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	d := day(t)
	return &d
}

func dayText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

func eventsOf(ctx context.Context, q pg.Queryer, id PersonID) ([]LifeEvent, error) {
	rows, err := q.Query(ctx, eventColumns+` where person_id = $1 order by id desc`, id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanEvent)
}
