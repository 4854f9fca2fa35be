package beneficiaries

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
)

// KnownEvent is a life event as a page shows it.
type KnownEvent struct {
	ID         int64             `json:"id"`
	Person     PersonID          `json:"person"`
	Name       string            `json:"name"`
	Office     string            `json:"office"`
	OfficeName string            `json:"office_name"`
	Kind       string            `json:"kind"` // death, move, absence, alive
	On         *time.Time        `json:"on"`   // null: the day is not known
	KnownOn    time.Time         `json:"known_on"`
	Source     string            `json:"source"`
	Detail     map[string]string `json:"detail"`
	HandledAt  *time.Time        `json:"handled_at"`
	ReversedAt *time.Time        `json:"reversed_at"`
	Correction int64             `json:"correction"` // that waits, 0 when none does
	Open       bool              `json:"open"`       // of a move: the office here still pays
}

// Day is the day of the event in Vietnamese form, "" when it is not known.
func (e KnownEvent) Day() string {
	if e.On == nil {
		return ""
	}
	return e.On.Format("02/01/2006")
}

// EventFilter narrows Events; zero fields do not.
type EventFilter struct {
	Office string
	Kind   string
	Before int64 // cursor
	Limit  int   // 0: 50
}

// Events are the life events that became known, newest first.
func Events(ctx context.Context, q pg.Queryer, f EventFilter) (_ []KnownEvent, err error) {
	defer pg.Wrap(&err, "beneficiaries: life events")
	rows, err := q.Query(ctx, `
		select e.id, e.person_id, p.name, p.office, o.name, e.kind, e.on_day, e.known_on, e.source, e.detail, e.handled_at, e.reversed_at,
		       coalesce((select c.id from event_correction c where c.event_id = e.id and c.decided_at is null), 0),
		       e.kind = 'move' and exists (select from entitlement t where t.person_id = p.id and t.office = p.office
		           and entitlement_in_force(t, (date_trunc('month', e.known_on) + interval '1 month')::date))
		  from life_event e join person p on p.id = e.person_id join office o on o.code = p.office
		 where (@office = '' or p.office = @office) and (@kind = '' or e.kind = @kind) and (@before = 0 or e.id < @before)
		 order by e.id desc limit @limit`,
		pgx.StrictNamedArgs{"office": f.Office, "kind": f.Kind, "before": f.Before, "limit": limitOr(f.Limit, 50)})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[KnownEvent])
}
