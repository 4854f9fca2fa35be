package beneficiaries

import (
	"context"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
)

// Count is where an office's lists stand. Of the newest version of each list,
// with its corrections:
//
//	Received = Imported + Quarantined
//	Imported = People + Repeated
//	People   = Payable + Held
type Count struct {
	Office      string             `json:"office"`
	Name        string             `json:"name"`
	Received    int                `json:"received"`    // rows
	Imported    int                `json:"imported"`    // rows, those corrected since included
	Quarantined int                `json:"quarantined"` // rows that wait to be corrected
	Repeated    int                `json:"repeated"`    // rows of somebody who already has one
	People      int                `json:"people"`
	Payable     int                `json:"payable"`
	Held        int                `json:"held"`
	Dropped     int                `json:"dropped"` // persons no longer on a newest list, held beside the sums
	ByOutcome   map[Outcome]int    `json:"by_outcome"`
	ByReason    map[HoldReason]int `json:"by_reason"` // a person held for two reasons counts under both
}

// Counts returns one Count an office, in order of its code; offices without a
// list are left out.
func Counts(ctx context.Context, q pg.Queryer) (_ []Count, err error) {
	defer pg.Wrap(&err, "beneficiaries: counts")
	rows, err := q.Query(ctx, `
		with newest as materialized (
		    select distinct on (office, scheme) id, office from list
		     where kind = 'list' order by office, scheme, version desc
		), line as materialized (
		    -- a row that was corrected counts as received with its list, as taken with its correction
		    select n.office, r.person_id, true as received, r.state = 'quarantined' and r.corrected_by is null as waiting
		      from newest n join list_row r on r.list_id = n.id
		    union all
		    select n.office, r.person_id, false, r.state = 'quarantined' and r.corrected_by is null
		      from newest n join list c on c.previous = n.id and c.kind = 'correction' join list_row r on r.list_id = c.id
		), listed as materialized (
		    select distinct coalesce(p.merged_into, p.id) as person_id from line l join person p on p.id = l.person_id
		), standing as materialized (
		    select v.office, v.register_outcome, v.hold_reasons, l.person_id is not null as listed
		      from payable v left join listed l on l.person_id = v.person_id
		), people as (
		    select office, count(*) filter (where listed) as people, count(*) filter (where listed and hold_reasons = '{}') as payable,
		           count(*) filter (where not listed) as dropped
		      from standing group by office
		), outcomes as (
		    select office, jsonb_object_agg(register_outcome, n) as by_outcome
		      from (select office, register_outcome, count(*) as n from standing where listed group by 1, 2) x group by office
		), reasons as (
		    select office, jsonb_object_agg(reason, n) as by_reason
		      from (select office, reason, count(*) as n from standing, unnest(hold_reasons) reason where listed group by 1, 2) x group by office
		), lines as (
		    select office, count(*) filter (where received) as received, count(*) filter (where waiting) as waiting from line group by office
		)
		select o.code, o.name, i.received, i.received - i.waiting, i.waiting,
		       i.received - i.waiting - coalesce(p.people, 0), coalesce(p.people, 0), coalesce(p.payable, 0),
		       coalesce(p.people - p.payable, 0), coalesce(p.dropped, 0), coalesce(u.by_outcome, '{}'), coalesce(r.by_reason, '{}')
		  from lines i
		  join office o on o.code = i.office
		  left join people p using (office)
		  left join outcomes u using (office) left join reasons r using (office)
		 order by o.code`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Count])
}

// Total adds counts up.
func Total(counts []Count) Count {
	t := Count{ByOutcome: map[Outcome]int{}, ByReason: map[HoldReason]int{}}
	for _, c := range counts {
		t.Received += c.Received
		t.Imported += c.Imported
		t.Quarantined += c.Quarantined
		t.Repeated += c.Repeated
		t.People += c.People
		t.Payable += c.Payable
		t.Held += c.Held
		t.Dropped += c.Dropped
		for k, n := range c.ByOutcome {
			t.ByOutcome[k] += n
		}
		for k, n := range c.ByReason {
			t.ByReason[k] += n
		}
	}
	return t
}
