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
	"ansinh.vn/identity"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
)

// ToReach is one person of a plan.
type ToReach struct {
	Person  PersonID   `json:"person"`
	Name    string     `json:"name"`
	Birth   string     `json:"birth"`
	Sex     string     `json:"sex"`
	Number  string     `json:"number"` // masked, "" when none
	Hamlet  string     `json:"hamlet"`
	Address string     `json:"address"`
	Phone   string     `json:"phone"`
	Needs   []string   `json:"needs"` // when the plan was made
	Still   []string   `json:"still"` // of those, now
	Stop    int64      `json:"stop"`  // 0: no day yet
	On      *time.Time `json:"on"`
	At      string     `json:"at"` // HH:MM
	Desk    int        `json:"desk"`
	Place   string     `json:"place"`
	Result  string     `json:"result"` // met, away, refused, cannot; "" nobody was there yet
	Note    string     `json:"note"`
}

// ReachFilter narrows PeopleToReach; zero fields do not.
type ReachFilter struct {
	Stop     int64
	Hamlet   string
	Unplaced bool // without a day
	Open     bool // who still lack something
	Limit    int  // 0: 5000, more than a commune has
}

// PeopleToReach returns the people of a plan: by day and slot, then those without
// one by hamlet and name.
func PeopleToReach(ctx context.Context, q pg.Queryer, box *secret.Box, id OutreachID, f ReachFilter) (_ []ToReach, err error) {
	defer pg.Wrap(&err, "beneficiaries: people of outreach %d", id)
	rows, err := q.Query(ctx, `
		select p.id, p.name, coalesce(p.birth, ''), coalesce(p.sex, ''), coalesce(p.number_enc, p.other_enc), p.hamlet, p.address, p.phone,
		       t.needs, `+stillNeeds+`, coalesce(t.stop_id, 0), s.on_day, coalesce(to_char(t.slot_at, 'HH24:MI'), ''), coalesce(t.desk, 0),
		       coalesce(s.place, ''), coalesce(t.result, ''), t.note
		  from outreach_person t join person p on p.id = t.person_id left join outreach_stop s on s.id = t.stop_id
		 where t.outreach_id = @id and (@stop = 0 or t.stop_id = @stop) and (@hamlet = '' or p.hamlet = @hamlet)
		   and (not @unplaced or t.stop_id is null) and (not @open or cardinality(`+stillNeeds+`) > 0)
		 order by s.on_day nulls last, s.from_time, s.id, t.slot_at, t.desk, p.hamlet, p.name collate "vi-x-icu", p.id limit @limit`,
		pgx.StrictNamedArgs{"id": id, "stop": f.Stop, "hamlet": f.Hamlet, "unplaced": f.Unplaced, "open": f.Open, "limit": limitOr(f.Limit, 5000)})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r ToReach, err error) {
		var number []byte
		err = row.Scan(&r.Person, &r.Name, &r.Birth, &r.Sex, &number, &r.Hamlet, &r.Address, &r.Phone, &r.Needs, &r.Still,
			&r.Stop, &r.On, &r.At, &r.Desk, &r.Place, &r.Result, &r.Note)
		if err == nil {
			r.Number, err = maskSealed(box, secret.PersonNumber, number)
		}
		return r, err
	})
}

// OutreachHamlets lists where the people of a plan live, in order, with how many.
func OutreachHamlets(ctx context.Context, q pg.Queryer, id OutreachID) (_ []HamletCount, err error) {
	defer pg.Wrap(&err, "beneficiaries: hamlets of outreach %d", id)
	rows, err := q.Query(ctx, `
		select p.hamlet, count(*)::int, count(*) filter (where t.stop_id is null and t.result is null or t.result = 'away')::int
		  from outreach_person t join person p on p.id = t.person_id where t.outreach_id = $1 group by p.hamlet order by p.hamlet collate "vi-x-icu"`, id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[HamletCount])
}

// HamletCount is one hamlet of a plan.
type HamletCount struct {
	Hamlet  string `json:"hamlet"` // "" where the lists do not say
	People  int    `json:"people"`
	Waiting int    `json:"waiting"` // who have no day yet
}

// Visit is what came of reaching somebody. What is empty changes nothing.
type Visit struct {
	Outreach  OutreachID
	Person    PersonID
	Result    string // met, away, refused, cannot
	Note      string // why, when refused or cannot
	Number    string // the 12 digits, read from the card
	Phone     string
	EIdentity bool // has one now
	By        string
	Now       time.Time
}

// ErrNumber: what was typed is no personal number, or no phone number.
var ErrNumber = errors.New("this is not a number that can be used")

// NoteVisit keeps what came of a visit and what was learned: the number, asked of
// the register at the next sync, the phone, the e-identity. ErrTaken when the number
// is another person's.
func NoteVisit(ctx context.Context, pool *pgxpool.Pool, box *secret.Box, v Visit) (err error) {
	defer pg.Wrap(&err, "beneficiaries: note visit to person %d", v.Person)
	var enc, idx []byte
	learned := []string{}
	if strings.TrimSpace(v.Number) != "" {
		doc, err := identity.ParseDocument(v.Number)
		if err != nil || doc.Number == "" {
			return ErrNumber
		}
		enc, idx = box.Seal(secret.PersonNumber, string(doc.Number)), box.Index(secret.PersonNumber, string(doc.Number))
		learned = append(learned, string(NeedNumber))
	}
	phone := strings.Join(strings.FieldsFunc(v.Phone, func(r rune) bool { return r < '0' || r > '9' }), "")
	if v.Phone != "" && (len(phone) < 9 || len(phone) > 12) {
		return ErrNumber
	}
	if phone != "" {
		learned = append(learned, string(NeedPhone))
	}
	if v.EIdentity {
		learned = append(learned, string(NeedEIdentity))
	}
	if (v.Result == "refused" || v.Result == "cannot") && strings.TrimSpace(v.Note) == "" {
		return ErrReason
	}
	if !slices.Contains([]string{"met", "away", "refused", "cannot"}, v.Result) {
		return fmt.Errorf("%w: result %q", ErrPlan, v.Result)
	}
	return pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			update outreach_person set result = @result, note = @note, noted_by = @by, noted_at = @now
			 where outreach_id = @outreach and person_id = @person`,
			pgx.StrictNamedArgs{"outreach": v.Outreach, "person": v.Person, "result": v.Result, "note": strings.TrimSpace(v.Note), "by": v.By, "now": v.Now})
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrNoOutreach
		}
		if len(learned) > 0 {
			_, err = tx.Exec(ctx, `
				update person
				   set number_enc = case when number_idx is null then coalesce(@enc, number_enc) else number_enc end,
				       number_idx = coalesce(number_idx, @idx),
				       -- who had no number is asked about again with it
				       checked_at = case when number_idx is null and @idx::bytea is not null and register_outcome in ('not_found', 'review', 'unchecked')
				                         then null else checked_at end,
				       register_outcome = case when number_idx is null and @idx::bytea is not null and register_outcome in ('not_found', 'review')
				                               then 'unchecked' else register_outcome end,
				       phone = case when @phone = '' then phone else @phone end, e_identity = case when @has then true else e_identity end
				 where id = @person and merged_into is null`,
				pgx.StrictNamedArgs{"person": v.Person, "enc": enc, "idx": idx, "phone": phone, "has": v.EIdentity})
			if pg.Constraint(err) == "person_number" {
				return ErrTaken
			}
			if err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Event{At: v.Now, Actor: v.By, Kind: "outreach.visited", Subject: fmt.Sprintf("person:%d", v.Person),
			Payload: map[string]any{"outreach": v.Outreach, "result": v.Result, "learned": learned}})
	})
}
