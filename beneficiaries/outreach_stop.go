package beneficiaries

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
)

// StopKinds are the ways to reach people: from house to house, or at a place
// where they come together.
var StopKinds = []string{"home", "pagoda", "quay", "hamlet_house", "office"}

// Stop is one day of a plan at one place, divided into slots; each slot is for one
// person at each desk.
type Stop struct {
	ID       int64      `json:"id"`
	Outreach OutreachID `json:"outreach"`
	Kind     string     `json:"kind"`
	Place    string     `json:"place"`
	On       time.Time  `json:"on"`
	From, To string     // HH:MM
	Minutes  int        `json:"slot_minutes"`
	Desks    int        `json:"desks"`
	Room     int        `json:"room"`   // slots in all
	Placed   int        `json:"placed"` // of them taken
	Done     int        `json:"done"`   // of those somebody has noted what came of it
}

// NewStop is a day to be planned. Hamlets say whose people are given slots, in
// that order; none is all that have none yet.
type NewStop struct {
	Outreach OutreachID
	Kind     string
	Place    string
	On       time.Time
	From, To string // HH:MM
	Minutes  int
	Desks    int
	Hamlets  []string
	By       string
	Now      time.Time
}

// AddStop adds a day to a plan and gives its slots to people who have none yet,
// or were away when somebody came: at home the oldest and those in the gravest
// disability groups first, elsewhere the younger first, hamlet by hamlet. It
// returns how many have a slot now; who is left waits for another day.
func AddStop(ctx context.Context, pool *pgxpool.Pool, in NewStop) (id int64, placed int, err error) {
	defer pg.Wrap(&err, "beneficiaries: add a day to outreach %d", in.Outreach)
	err = pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtext('outreach'), $1::int)`, int32(in.Outreach)); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, `
			insert into outreach_stop (outreach_id, kind, place, on_day, from_time, to_time, slot_minutes, desks, made_by, made_at)
			values (@outreach, @kind, @place, @on, @from::text::time, @to::text::time, @minutes, @desks, @by, @now) returning id`,
			pgx.StrictNamedArgs{"outreach": in.Outreach, "kind": in.Kind, "place": strings.TrimSpace(in.Place), "on": day(in.On),
				"from": in.From, "to": in.To, "minutes": in.Minutes, "desks": in.Desks, "by": in.By, "now": in.Now}).Scan(&id)
		switch name := pg.Constraint(err); {
		case strings.HasPrefix(name, "outreach_stop") || slices.Contains([]string{"22007", "22008"}, pg.Code(err)):
			return fmt.Errorf("%w (%s)", ErrPlan, name)
		case err != nil:
			return err
		}
		tag, err := tx.Exec(ctx, `
			with slot as (
			    select row_number() over (order by s.from_time + make_interval(mins => n * s.slot_minutes), d) as n,
			           (s.from_time + make_interval(mins => n * s.slot_minutes))::time as at, d as desk
			      from outreach_stop s,
			           generate_series(0, (extract(epoch from s.to_time - s.from_time)::int / 60) / s.slot_minutes - 1) n,
			           generate_series(1, s.desks) d
			     where s.id = @stop
			), frail as (
			    select t.person_id, p.hamlet,
			           coalesce(left(p.birth, 4)::int, 9999) <= extract(year from @on::date)::int - 80
			             or exists (select from entitlement e where e.person_id = p.id and starts_with(e.category, 'KT_DBN')) as frail,
			           p.name
			      from outreach_person t join person p on p.id = t.person_id
			     where t.outreach_id = @outreach and (t.stop_id is null and t.result is null or t.result = 'away')
			       and (cardinality(@hamlets::text[]) = 0 or p.hamlet = any(@hamlets))
			), turn as (
			    select person_id, row_number() over (order by
			               case when @kind = 'home' then not frail else frail end,
			               array_position(@hamlets::text[], hamlet), hamlet, name collate "vi-x-icu", person_id) as n
			      from frail
			)
			update outreach_person t set stop_id = @stop, slot_at = s.at, desk = s.desk, result = null, noted_by = null, noted_at = null
			  from turn u join slot s on s.n = u.n
			 where t.outreach_id = @outreach and t.person_id = u.person_id`,
			pgx.StrictNamedArgs{"stop": id, "outreach": in.Outreach, "on": day(in.On), "kind": in.Kind, "hamlets": append([]string{}, in.Hamlets...)})
		if err != nil {
			return err
		}
		if placed = int(tag.RowsAffected()); placed == 0 {
			return ErrNobody
		}
		return audit.Record(ctx, tx, audit.Event{At: in.Now, Actor: in.By, Kind: "outreach.day", Subject: fmt.Sprintf("outreach:%d", in.Outreach),
			Payload: map[string]any{"stop": id, "kind": in.Kind, "place": in.Place, "on": dayText(in.On), "people": placed}})
	})
	return id, placed, err
}

const stopColumns = `
	select s.id, s.outreach_id, s.kind, s.place, s.on_day, to_char(s.from_time, 'HH24:MI'), to_char(s.to_time, 'HH24:MI'), s.slot_minutes, s.desks,
	       (extract(epoch from s.to_time - s.from_time)::int / 60) / s.slot_minutes * s.desks,
	       (select count(*)::int from outreach_person t where t.stop_id = s.id),
	       (select count(*)::int from outreach_person t where t.stop_id = s.id and t.result is not null)
	  from outreach_stop s`

// Stops returns the days of a plan in order.
func Stops(ctx context.Context, q pg.Queryer, id OutreachID) (_ []Stop, err error) {
	defer pg.Wrap(&err, "beneficiaries: days of outreach %d", id)
	rows, err := q.Query(ctx, stopColumns+` where s.outreach_id = $1 order by s.on_day, s.from_time, s.id`, id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Stop])
}

// StopByID returns one day, or ErrNoOutreach.
func StopByID(ctx context.Context, q pg.Queryer, id int64) (_ Stop, err error) {
	defer pg.Wrap(&err, "beneficiaries: day %d", id)
	rows, err := q.Query(ctx, stopColumns+` where s.id = $1`, id)
	if err != nil {
		return Stop{}, err
	}
	s, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Stop])
	if errors.Is(err, pgx.ErrNoRows) {
		return s, ErrNoOutreach
	}
	return s, err
}
