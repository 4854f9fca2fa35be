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
	"ansinh.vn/internal/text"
	"ansinh.vn/money"
)

// PublicList is a list of drafted grants that hangs out at the commune for two working
// days (NĐ 20/2021 Đ7): nobody on it for HIV, no number whole.
type PublicList struct {
	ID         int64       `json:"id"`
	Office     string      `json:"office"`
	OfficeName string      `json:"office_name"`
	Title      string      `json:"title"`
	Place      string      `json:"place"`
	PostedOn   time.Time   `json:"posted_on"`
	UntilOn    time.Time   `json:"until_on"` // the second working day after; decisions may be signed from it on
	PostedBy   string      `json:"posted_by"`
	EndedAt    *time.Time  `json:"ended_at"` // taken down early: does not count
	EndedWhy   string      `json:"ended_why"`
	N          int         `json:"n"`
	Objections []Objection `json:"objections"`
	Rows       []PublicRow `json:"rows,omitempty"`
}

// PublicRow is one line as it hangs out.
type PublicRow struct {
	N         int         `json:"n"`
	Decision  RulingID    `json:"decision"`
	Name      string      `json:"name"`
	BirthYear string      `json:"birth_year"`
	Hamlet    string      `json:"hamlet"`
	Number    string      `json:"number"` // masked
	Category  string      `json:"category"`
	From      money.Month `json:"from_month"`
}

// Objection is what somebody said against a line, or the whole list.
type Objection struct {
	ID        int64      `json:"id"`
	Decision  RulingID   `json:"decision"`
	Words     string     `json:"words"`
	TakenBy   string     `json:"taken_by"`
	TakenAt   time.Time  `json:"taken_at"`
	Answer    string     `json:"answer"`
	SettledBy string     `json:"settled_by"`
	SettledAt *time.Time `json:"settled_at"`
}

// ErrNoPublicList: there is no such list.
var ErrNoPublicList = &RuledError{Reason: "there is no such public list"}

// PostGrants hangs out every drafted grant of an office that has to be and is not yet. Who
// is drafted for a ground that nobody may read about is not on it.
func PostGrants(ctx context.Context, pool *pgxpool.Pool, box *secret.Box, office, place, by string, now time.Time) (id int64, err error) {
	defer pg.Wrap(&err, "beneficiaries: post the grants of office %s", office)
	holidays, err := Holidays(ctx, pool)
	if err != nil {
		return 0, err
	}
	posted := day(now.In(text.Vietnam))
	err = pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		rows, err := grantsToPost(ctx, tx, box, office)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return ruled("no drafted grant of the office waits to be posted")
		}
		err = tx.QueryRow(ctx, `
			insert into public_list (office, title, place, posted_on, until_on, posted_by, posted_at)
			values (@office, @title, @place, @on, @until, @by, @now) returning id`,
			pgx.StrictNamedArgs{"office": office, "title": "Danh sách đề nghị hưởng trợ giúp xã hội", "place": place, "on": posted,
				"until": WorkingDay(posted, 2, holidays), "by": by, "now": now}).Scan(&id)
		if pg.Constraint(err) == "public_list_place" {
			return ruled("say where the list hangs")
		}
		if err != nil {
			return err
		}
		_, err = tx.CopyFrom(ctx, pgx.Identifier{"public_list_item"}, []string{"public_list_id", "n", "person_id", "decision_id", "name", "birth_year", "hamlet",
			"number", "category", "from_month"}, pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
			r := &rows[i]
			return []any{id, i + 1, int64(r.person), int64(r.Decision), r.Name, r.BirthYear, r.Hamlet, r.Number, r.Category, r.From.First()}, nil
		}))
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "public_list.posted", Subject: fmt.Sprintf("public_list:%d", id),
			Payload: map[string]any{"office": office, "n": len(rows), "place": place}})
	})
	return id, err
}

type toPost struct {
	PublicRow
	person PersonID
}

func grantsToPost(ctx context.Context, tx pgx.Tx, box *secret.Box, office string) ([]toPost, error) {
	rows, err := tx.Query(ctx, `
		select d.id, d.person_id, p.name, coalesce(left(p.birth, 4), ''), p.hamlet, p.number_enc, d.scheme, d.category, d.from_month
		  from decision d join person p on p.id = d.person_id
		 where d.office = $1 and d.kind = 'grant' and d.needs_posting and d.confirmed_at is null and d.refused_at is null
		   and not exists (select from public_list_item i join public_list l on l.id = i.public_list_id where i.decision_id = d.id and l.ended_at is null)
		 order by p.hamlet collate "vi-x-icu", p.name collate "vi-x-icu", d.id`, office)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r toPost, err error) {
		var number []byte
		var scheme, category string
		if err = row.Scan(&r.Decision, &r.person, &r.Name, &r.BirthYear, &r.Hamlet, &number, &scheme, &category, &r.From); err != nil {
			return r, err
		}
		if len(number) > 0 {
			plain, err := box.Open(secret.PersonNumber, number)
			if err != nil {
				return r, err
			}
			r.Number = secret.Mask(plain)
		}
		r.Category = CategoryLabel(scheme, category)
		return r, nil
	})
}

// PublicLists lists those of an office, newest first.
func PublicLists(ctx context.Context, q pg.Queryer, office string) (_ []PublicList, err error) {
	defer pg.Wrap(&err, "beneficiaries: public lists")
	return publicLists(ctx, q, `$1 = '' or l.office = $1`, office)
}

// PublicListByID reads one with its rows and objections.
func PublicListByID(ctx context.Context, q pg.Queryer, id int64) (l PublicList, err error) {
	defer pg.Wrap(&err, "beneficiaries: public list %d", id)
	found, err := publicLists(ctx, q, `l.id = $1`, id)
	if err != nil {
		return l, err
	}
	if len(found) == 0 {
		return l, ErrNoPublicList
	}
	l = found[0]
	rows, err := q.Query(ctx, `
		select n, coalesce(decision_id, 0), name, birth_year, hamlet, number, category, from_month from public_list_item where public_list_id = $1 order by n`, id)
	if err != nil {
		return l, err
	}
	if l.Rows, err = pgx.CollectRows(rows, pgx.RowToStructByPos[PublicRow]); err != nil {
		return l, err
	}
	if rows, err = q.Query(ctx, `
		select id, coalesce(decision_id, 0), words, taken_by, taken_at, coalesce(answer, ''), coalesce(settled_by, ''), settled_at
		  from public_list_objection where public_list_id = $1 order by id`, id); err != nil {
		return l, err
	}
	l.Objections, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Objection])
	return l, err
}

func publicLists(ctx context.Context, q pg.Queryer, where string, args ...any) ([]PublicList, error) {
	rows, err := q.Query(ctx, `
		select l.id, l.office, o.name, l.title, l.place, l.posted_on, l.until_on, l.posted_by, l.ended_at, coalesce(l.ended_why, ''),
		       (select count(*)::int from public_list_item i where i.public_list_id = l.id)
		  from public_list l join office o on o.code = l.office where `+where+` order by l.id desc limit 200`, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (l PublicList, err error) {
		err = row.Scan(&l.ID, &l.Office, &l.OfficeName, &l.Title, &l.Place, &l.PostedOn, &l.UntilOn, &l.PostedBy, &l.EndedAt, &l.EndedWhy, &l.N)
		return l, err
	})
}

// TakeDown ends a public list before its time: it counts for nothing, and its grants can be
// posted again.
func TakeDown(ctx context.Context, pool *pgxpool.Pool, id int64, why, by string, now time.Time) (err error) {
	defer pg.Wrap(&err, "beneficiaries: take down public list %d", id)
	if strings.TrimSpace(why) == "" {
		return ruled("say why the list is taken down")
	}
	return pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update public_list set ended_at = $2, ended_by = $3, ended_why = $4 where id = $1 and ended_at is null`, id, now, by, why)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrNoPublicList
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "public_list.taken_down", Subject: fmt.Sprintf("public_list:%d", id),
			Payload: map[string]any{"why": why}})
	})
}

// TakeObjection records what somebody says against a line, or against the whole list when
// n is 0. A decision waits until it is settled.
func TakeObjection(ctx context.Context, pool *pgxpool.Pool, list int64, n int, words, by string, now time.Time) (id int64, err error) {
	defer pg.Wrap(&err, "beneficiaries: objection against public list %d", list)
	err = pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `
			insert into public_list_objection (public_list_id, decision_id, words, taken_by, taken_at)
			select l.id, i.decision_id, $3, $4, $5 from public_list l left join public_list_item i on i.public_list_id = l.id and i.n = $2
			 where l.id = $1 and (i.n is not null or $2 = 0) returning id`, list, n, words, by, now).Scan(&id)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNoPublicList
		}
		if pg.Constraint(err) == "public_list_objection_words" {
			return ruled("write down what is objected")
		}
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "public_list.objection", Subject: fmt.Sprintf("public_list:%d", list),
			Payload: map[string]any{"objection": id, "row": n}})
	})
	return id, err
}

// SettleObjection records what the office answered.
func SettleObjection(ctx context.Context, pool *pgxpool.Pool, id int64, answer, by string, now time.Time) (err error) {
	defer pg.Wrap(&err, "beneficiaries: settle objection %d", id)
	if strings.TrimSpace(answer) == "" {
		return ruled("write down the answer")
	}
	return pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		var list int64
		err := tx.QueryRow(ctx, `
			update public_list_objection set answer = $2, settled_by = $3, settled_at = $4 where id = $1 and settled_at is null returning public_list_id`,
			id, answer, by, now).Scan(&list)
		if errors.Is(err, pgx.ErrNoRows) {
			return ruled("there is no such objection, or it is settled")
		}
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "public_list.settled", Subject: fmt.Sprintf("public_list:%d", list),
			Payload: map[string]any{"objection": id}})
	})
}

// GrantsToPost counts the drafted grants of an office, "" all, that wait to be posted.
func GrantsToPost(ctx context.Context, q pg.Queryer, office string) (n int, err error) {
	defer pg.Wrap(&err, "beneficiaries: grants to post")
	err = q.QueryRow(ctx, `
		select count(*) from decision d
		 where ($1 = '' or d.office = $1) and d.kind = 'grant' and d.needs_posting and d.confirmed_at is null and d.refused_at is null
		   and not exists (select from public_list_item i join public_list l on l.id = i.public_list_id where i.decision_id = d.id and l.ended_at is null)`, office).Scan(&n)
	return n, err
}
