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

// Need is something that a person still lacks before the ordinary way to be known
// and paid is open to them.
type Need string

// The needs, in the order in which pages show them.
const (
	NeedNumber    Need = "number"     // chưa có số định danh
	NeedEIdentity Need = "e_identity" // chưa có định danh điện tử mức 2
	NeedAccount   Need = "account"    // chưa có tài khoản
	NeedPhone     Need = "phone"      // chưa có số điện thoại
)

// AllNeeds lists them.
var AllNeeds = []Need{NeedNumber, NeedEIdentity, NeedAccount, NeedPhone}

// Words is the need as a page shows it, in Vietnamese and English.
func (n Need) Words() (vi, en string) {
	switch n {
	case NeedNumber:
		return "Chưa có số định danh", "No personal number"
	case NeedEIdentity:
		return "Chưa có định danh điện tử", "No e-identity"
	case NeedAccount:
		return "Chưa có tài khoản", "No account"
	case NeedPhone:
		return "Chưa có số điện thoại", "No phone"
	}
	return string(n), string(n)
}

// NeedCount is how many people of an office lack what.
type NeedCount struct {
	Office     string `json:"office"`
	Name       string `json:"name"`
	People     int    `json:"people"` // who are entitled now
	Lacking    int    `json:"lacking"`
	Number     int    `json:"number"`
	EIdentity  int    `json:"e_identity"`
	Account    int    `json:"account"`
	Phone      int    `json:"phone"`
	NobodySaid int    `json:"e_identity_unknown"` // nobody has said whether they have an e-identity
}

// Needs counts who lacks what, by office; "" is all offices.
func Needs(ctx context.Context, q pg.Queryer, office string) (_ []NeedCount, err error) {
	defer pg.Wrap(&err, "beneficiaries: needs")
	rows, err := q.Query(ctx, `
		select n.office, o.name, count(*), count(*) filter (where n.needs <> '{}'), count(*) filter (where 'number' = any(n.needs)),
		       count(*) filter (where 'e_identity' = any(n.needs)), count(*) filter (where 'account' = any(n.needs)),
		       count(*) filter (where 'phone' = any(n.needs)), count(*) filter (where n.e_identity is null)
		  from person_needs n join office o on o.code = n.office
		 where $1 = '' or n.office = $1 group by n.office, o.name order by n.office`, office)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[NeedCount])
}

// OutreachID is one plan of a commune to reach people. Example: 4.
type OutreachID int64

// Errors of planning and noting visits.
var (
	// ErrNobody: nobody fits what the plan or the day is for.
	ErrNobody = errors.New("there is nobody to reach")
	// ErrPlan: the dates, hours or the target cannot be.
	ErrPlan = errors.New("the plan cannot be so")
	// ErrNoOutreach: there is no such plan, or the person is not in it.
	ErrNoOutreach = errors.New("no such plan")
)

// Outreach is one plan, with how far it has come.
type Outreach struct {
	ID         OutreachID `json:"id"`
	Office     string     `json:"office"`
	OfficeName string     `json:"office_name"`
	Title      string     `json:"title"`
	StartsOn   time.Time  `json:"starts_on"`
	EndsOn     time.Time  `json:"ends_on"`
	Percent    int        `json:"target_percent"`
	MadeBy     string     `json:"made_by"`
	People     int        `json:"people"`
	Target     int        `json:"target"`  // people to help: Percent of People, rounded up
	Met        int        `json:"met"`     // who lack nothing any more of what they lacked
	Partly     int        `json:"partly"`  // who lack less than they did
	Reached    int        `json:"reached"` // whom somebody met, whatever came of it
	Away       int        `json:"away"`    // who were not at home, and are to be visited again
	Placed     int        `json:"placed"`  // who have a day and an hour
}

// NewOutreach is a plan to be made: for whom, of which hamlets and needs (none is
// all), with those of whom nobody has said whether they have an e-identity or without.
type NewOutreach struct {
	Office           string
	Title            string
	StartsOn, EndsOn time.Time
	Percent          int
	Needs            []Need
	Hamlets          []string
	Unknown          bool
	By               string
	Now              time.Time
}

// MakeOutreach makes a plan for everybody who lacks something now, and keeps what
// each lacks, so that the progress can be told. It returns ErrNobody when there is
// nobody, ErrPlan for dates or a target that cannot be.
func MakeOutreach(ctx context.Context, pool *pgxpool.Pool, in NewOutreach) (id OutreachID, err error) {
	defer pg.Wrap(&err, "beneficiaries: make outreach for %s", in.Office)
	if len(in.Needs) == 0 {
		in.Needs = AllNeeds
	}
	err = pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `
			insert into outreach (office, title, starts_on, ends_on, target_percent, made_by, made_at)
			values (@office, @title, @starts, @ends, @percent, @by, @now) returning id`,
			pgx.StrictNamedArgs{"office": in.Office, "title": strings.TrimSpace(in.Title), "starts": day(in.StartsOn), "ends": day(in.EndsOn),
				"percent": in.Percent, "by": in.By, "now": in.Now}).Scan(&id)
		switch name := pg.Constraint(err); {
		case slices.Contains([]string{"outreach_title", "outreach_order", "outreach_target", "outreach_office_fkey"}, name):
			return fmt.Errorf("%w (%s)", ErrPlan, name)
		case err != nil:
			return err
		}
		tag, err := tx.Exec(ctx, `
			with lacking as (
			    select n.person_id, array(
			               select x from unnest(n.needs || case when @unknown and n.e_identity is null then array['e_identity'] else '{}' end) x
			                where x = any(@needs::text[])) as needs
			      from person_needs n
			     where n.office = @office and (cardinality(@hamlets::text[]) = 0 or n.hamlet = any(@hamlets))
			)
			insert into outreach_person (outreach_id, person_id, needs) select @id, person_id, needs from lacking where cardinality(needs) > 0`,
			pgx.StrictNamedArgs{"id": id, "office": in.Office, "needs": in.Needs, "hamlets": append([]string{}, in.Hamlets...), "unknown": in.Unknown})
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrNobody
		}
		return audit.Record(ctx, tx, audit.Event{At: in.Now, Actor: in.By, Kind: "outreach.made", Subject: fmt.Sprintf("outreach:%d", id),
			Payload: map[string]any{"office": in.Office, "title": in.Title, "people": tag.RowsAffected(), "target_percent": in.Percent}})
	})
	return id, err
}

// Outreaches returns the plans of an office, or of all with "", newest first.
func Outreaches(ctx context.Context, q pg.Queryer, office string) (_ []Outreach, err error) {
	defer pg.Wrap(&err, "beneficiaries: outreaches")
	return outreaches(ctx, q, `where $1 = '' or o.office = $1`, office)
}

// OutreachByID returns one plan, or ErrNoOutreach.
func OutreachByID(ctx context.Context, q pg.Queryer, id OutreachID) (_ Outreach, err error) {
	defer pg.Wrap(&err, "beneficiaries: outreach %d", id)
	all, err := outreaches(ctx, q, `where o.id = $1`, id)
	if err != nil || len(all) == 0 {
		return Outreach{}, errors.Join(err, ErrNoOutreach)
	}
	return all[0], nil
}

// outreaches reads plans with their progress: what somebody still lacks is read
// from the person. An e-identity that nobody has told of is lacking to a plan that
// asks for it.
func outreaches(ctx context.Context, q pg.Queryer, where string, arg any) ([]Outreach, error) {
	rows, err := q.Query(ctx, `
		select o.id, o.office, f.name, o.title, o.starts_on, o.ends_on, o.target_percent, o.made_by,
		       s.people, ceil(s.people * o.target_percent / 100.0)::int, s.met, s.partly, s.reached, s.away, s.placed
		  from outreach o join office f on f.code = o.office
		  cross join lateral (
		    select count(*)::int as people, count(*) filter (where still = 0)::int as met, count(*) filter (where still > 0 and still < had)::int as partly,
		           count(*) filter (where result is not null and result <> 'away')::int as reached, count(*) filter (where result = 'away')::int as away,
		           count(*) filter (where stop_id is not null)::int as placed
		      from (select t.result, t.stop_id, cardinality(t.needs) as had, cardinality(`+stillNeeds+`) as still
		              from outreach_person t join person p on p.id = t.person_id where t.outreach_id = o.id) x
		  ) s
		 `+where+` order by o.id desc`, arg)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Outreach])
}

// stillNeeds are the needs of outreach_person t that person p has still.
const stillNeeds = `array_remove(array[
    case when 'number' = any(t.needs) and p.number_idx is null then 'number' end,
    case when 'e_identity' = any(t.needs) and p.e_identity is not true then 'e_identity' end,
    case when 'account' = any(t.needs) and not exists (
             select from payee y where y.person_id = p.id and y.ended_at is null and y.way = 'bank' and y.account_enc is not null and y.bank_bin is not null)
         then 'account' end,
    case when 'phone' = any(t.needs) and p.phone = '' then 'phone' end], null)`
