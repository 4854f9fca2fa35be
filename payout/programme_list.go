package payout

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/beneficiaries"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
	"ansinh.vn/money"
)

// ListProblem is a row of a programme's list that was not taken.
type ListProblem struct {
	Row  int    `json:"row"` // as a spreadsheet counts, the heading is 1
	Name string `json:"name"`
	Why  string `json:"why"`
}

// programmeRow is one line of a list: who, how much, for what.
type programmeRow struct {
	row          int
	number       string
	name, ground string
	amount       money.VND
}

// TakeList fills a programme's list from a CSV file with the columns so_dinh_danh, ho_ten,
// so_tien, ly_do. It is taken whole or not at all: people whom the service does not know,
// or whose name is another, come back as problems; they are imported first with 'ansinh
// import list'.
func TakeList(ctx context.Context, pool *pgxpool.Pool, box *secret.Box, code, file string, r io.Reader, by string, now time.Time) (n int, problems []ListProblem, err error) {
	defer pg.Wrap(&err, "payout: take list %s into programme %s", file, code)
	rows, problems, err := readProgrammeList(file, r)
	if err != nil {
		return 0, nil, err
	}
	idx := make([][]byte, len(rows))
	for i, x := range rows {
		idx[i] = box.Index(secret.PersonNumber, x.number)
	}
	err = pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		p, err := openProgramme(ctx, tx, code)
		if err != nil {
			return err
		}
		found, err := tx.Query(ctx, `
			select c.n, q.id, q.name, q.office from unnest($1::bytea[]) with ordinality c(idx, n)
			join person p on p.number_idx = c.idx join person q on q.id = coalesce(p.merged_into, p.id) order by c.n`, idx)
		if err != nil {
			return err
		}
		type known struct {
			id           int64
			name, office string
		}
		who := make([]known, len(rows))
		var at int
		var k known
		if _, err := pgx.ForEachRow(found, []any{&at, &k.id, &k.name, &k.office}, func() error { who[at-1] = k; return nil }); err != nil {
			return err
		}
		people, offices, grounds, amounts, seen := make([]int64, len(rows)), make([]string, len(rows)), make([]string, len(rows)), make([]int64, len(rows)), map[int64]int{}
		for i, x := range rows {
			w := who[i]
			switch {
			case w.id == 0:
				problems = append(problems, ListProblem{x.row, x.name, "chưa có trong hệ thống: nhập vào danh sách trước"})
			case !beneficiaries.SameName(w.name, x.name):
				problems = append(problems, ListProblem{x.row, x.name, "số định danh này là của người tên khác"})
			case p.Office != "" && w.office != p.Office:
				problems = append(problems, ListProblem{x.row, x.name, "thuộc xã khác"})
			case seen[w.id] > 0:
				problems = append(problems, ListProblem{x.row, x.name, fmt.Sprintf("trùng với dòng %d", seen[w.id])})
			}
			seen[w.id] = x.row
			people[i], offices[i], grounds[i], amounts[i] = w.id, w.office, x.ground, int64(x.amount)
		}
		if len(problems) > 0 {
			return nil
		}
		tag, err := tx.Exec(ctx, `
			insert into programme_item (programme, person_id, office, ground, amount, source, added_by, added_at)
			select $1, u.*, $6, $7, $8 from unnest($2::bigint[], $3::text[], $4::text[], $5::bigint[]) u(person, office, ground, amount)
			order by u.person on conflict do nothing`, code, people, offices, grounds, amounts, file, by, now)
		if pg.Constraint(err) == "programme_item_amount" {
			return refuse("an amount is above 0 and at most 1.000.000.000 đ")
		}
		if err != nil {
			return err
		}
		n = int(tag.RowsAffected())
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "programme.listed", Subject: "programme:" + code,
			Payload: map[string]any{"source": file, "n": n}})
	})
	return n, problems, err
}

func readProgrammeList(file string, r io.Reader) (rows []programmeRow, problems []ListProblem, err error) {
	t, err := openCSV(file, r, "so_dinh_danh", "ho_ten", "so_tien", "ly_do")
	if err != nil {
		return nil, nil, err
	}
	for n := 2; ; n++ {
		more, err := t.next()
		if err != nil {
			return nil, nil, err
		}
		if !more {
			return rows, problems, nil
		}
		x := programmeRow{row: n, name: strings.TrimSpace(t.text(1)), ground: strings.TrimSpace(t.text(3))}
		number, ok := beneficiaries.ParseNumber(t.text(0))
		amount, amountErr := money.Parse(t.text(2))
		switch {
		case !ok:
			problems = append(problems, ListProblem{n, x.name, "số định danh không đọc được"})
		case amountErr != nil || amount <= 0:
			problems = append(problems, ListProblem{n, x.name, "số tiền không đọc được"})
		case x.ground == "":
			problems = append(problems, ListProblem{n, x.name, "thiếu lý do"})
		default:
			x.number, x.amount = number, amount
			rows = append(rows, x)
		}
	}
}

// Discrepancy is somebody on a confirmed programme's list about whom something does not
// agree: the register's answer, or what a check found.
type Discrepancy struct {
	Person  PersonID  `json:"person"`
	Name    string    `json:"name"`
	Hamlet  string    `json:"hamlet"`
	Listed  money.VND `json:"listed"`
	Paid    money.VND `json:"paid"`
	Right   money.VND `json:"right"` // as checked; as listed while nobody has
	Outcome string    `json:"outcome"`
	Words   string    `json:"words"` // of the check
	Checked bool      `json:"checked"`
}

// Discrepancies lists whom a programme's list does not agree about: those whom the register
// does not confirm and nobody has checked, and those whose check found another amount.
func Discrepancies(ctx context.Context, q pg.Queryer, code, office string) (_ []Discrepancy, err error) {
	defer pg.Wrap(&err, "payout: discrepancies of programme %s", code)
	rows, err := q.Query(ctx, `
		select i.person_id, p.name, p.hamlet, i.amount,
		       coalesce((select sum(x.amount) from payment y join payment_item x on x.payment_id = y.id
		                 where y.person_id = i.person_id and y.live and y.state <> 'held' and x.scheme = i.programme), 0)::bigint,
		       coalesce(k.right_amount, i.amount), p.register_outcome, coalesce(k.words, ''), k.programme is not null
		from programme_item i join person p on p.id = i.person_id left join programme_check k using (programme, person_id)
		where i.programme = $1 and ($2 = '' or i.office = $2)
		  and (k.right_amount <> i.amount or (k.programme is null and p.register_outcome not in ('match', 'old_number', 'moved') and p.settled is distinct from 'pay'))
		order by p.name collate "vi-x-icu", i.person_id limit 5000`, code, office)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Discrepancy])
}

// CheckGranted records what was found out about somebody on a confirmed programme's list:
// the amount that would have been right, 0 for nothing. The programme's next run pays what
// is missing, or books what is owed back, which is then recovered by decision.
func CheckGranted(ctx context.Context, pool *pgxpool.Pool, code string, person PersonID, right money.VND, words, by string, now time.Time) (err error) {
	defer pg.Wrap(&err, "payout: check person %d of programme %s", person, code)
	return pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			insert into programme_check (programme, person_id, right_amount, words, checked_by, checked_at) values ($1, $2, $3, $4, $5, $6)`,
			code, person, right, words, by, now)
		switch pg.Constraint(err) {
		case "programme_check_confirmed", "programme_check_item":
			return refuse("the person is not on the list of a confirmed programme %s", code)
		case "programme_check_pkey":
			return refuse("this person was checked before")
		case "programme_check_amount":
			return refuse("the right amount is from 0 to 1.000.000.000 đ")
		case "programme_check_words":
			return refuse("say what was found out")
		}
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "programme.checked", Subject: "programme:" + code,
			Payload: map[string]any{"person": person, "right": right}})
	})
}
