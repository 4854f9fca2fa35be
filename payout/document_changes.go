package payout

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/text"
	"ansinh.vn/money"
)

// changesListed are the changes that the list of increases and decreases is made of.
var changesListed = []struct {
	Change Change
	words  string
}{{Added, "Tăng mới"}, {Up, "Tăng mức"}, {Down, "Giảm mức"}, {Gone, "Giảm (thôi hưởng)"}, {Out, "Tạm giữ"}}

func changeListHead(ctx context.Context, d *documenting) error {
	c, err := Compare(ctx, d.q, d.Run.ID)
	if err != nil {
		return err
	}
	against := "không có tháng trước để so"
	if c.Month != 0 {
		against = text.Month(c.Month)
		if c.Outside {
			against += " (theo danh sách trước khi dùng An Sinh)"
		}
	}
	d.fact("So với tháng", against)
	people := DocumentTable{Title: "Người hưởng", Columns: []DocumentColumn{{"STT", 6}, {"Họ và tên", 28}, {"Năm sinh", 12}, {"Ấp/khóm", 18}, {"Thay đổi", 18},
		{"Tháng trước", 16}, {"Tháng này", 16}, {"Chênh lệch", 16}, {"Vì sao", 60}}}
	sums := DocumentTable{Title: "Tổng hợp tăng, giảm", Columns: []DocumentColumn{{"Thay đổi", 24}, {"Số người", 10}, {"Tháng trước", 18}, {"Tháng này", 18}, {"Chênh lệch", 18}}}
	row := func(change Change, words string) {
		for _, x := range c.Rows {
			if x.Change == change {
				sums.Rows = append(sums.Rows, []any{words, x.N, x.Before, x.Now, x.Now - x.Before})
			}
		}
	}
	var before, now money.VND
	for _, k := range changesListed {
		row(k.Change, k.words)
		for _, x := range c.Rows {
			if x.Change == k.Change {
				before, now = before+x.Before, now+x.Now
			}
		}
	}
	people.Sum = []any{"", "Cộng tăng, giảm", "", "", "", before, now, now - before, ""}
	row(Same, "Không đổi")
	sums.Sum = []any{"Tổng cộng", "", c.Before, c.Now, c.Now - c.Before}
	d.Total = c.Now
	d.Tables = []DocumentTable{people, sums}
	return nil
}

// changeListPage reads people change after change; a place is the count, the change and
// the last person.
func changeListPage(ctx context.Context, d *documenting, p documentPage) error {
	n, at, after := 0, 0, int64(0)
	if p.after != "" {
		parts := strings.Split(p.after, "-")
		var errs [3]error
		if len(parts) == 3 {
			n, errs[0] = strconv.Atoi(parts[0])
			at, errs[1] = strconv.Atoi(parts[1])
			after, errs[2] = strconv.ParseInt(parts[2], 10, 64)
		}
		if len(parts) != 3 || errs != [3]error{} || n < 0 || at < 0 {
			return refuse("%q is no place in the document", p.after)
		}
	}
	t := &d.Tables[0]
	for ; at < len(changesListed) && len(t.Rows) < p.limit; at, after = at+1, 0 {
		want := p.limit - len(t.Rows)
		list, err := ChangedPeople(ctx, d.q, d.Run.ID, changesListed[at].Change, PersonID(after), want)
		if err != nil {
			return err
		}
		if err := d.changed(ctx, t, list, changesListed[at].words, &n); err != nil {
			return err
		}
		if len(list) == want {
			t.Next = strconv.Itoa(n) + "-" + strconv.Itoa(at) + "-" + strconv.FormatInt(int64(list[len(list)-1].Person), 10)
			return nil
		}
	}
	return nil
}

// changed adds the rows of some people with what is known of the cause.
func (d *documenting) changed(ctx context.Context, t *DocumentTable, list []ChangedPerson, words string, n *int) error {
	ids := make([]int64, len(list))
	for i, x := range list {
		ids[i] = int64(x.Person)
	}
	rows, err := d.q.Query(ctx, `
		select q.id, coalesce(left(q.birth, 4), ''), q.hamlet, q.died_on,
		       (select p.hold_reasons from payment p where p.run_id = $2 and p.person_id = q.id and p.state = 'held' limit 1),
		       coalesce((select string_agg(l.explanation, ' ' order by l.month, l.scheme, l.category) from payment p join payment_line l on l.payment_id = p.id
		                 where p.run_id = $2 and p.person_id = q.id and l.month = $3), ''),
		       (select min(e.last_month) from entitlement e where e.person_id = q.id and e.last_month < $3)
		from person q where q.id = any($1)`, ids, d.Run.ID, d.Run.Month)
	if err != nil {
		return err
	}
	type about struct {
		ID           int64
		Year, Hamlet string
		Died         *time.Time
		Holds        []string
		Says         string
		Ended        *money.Month
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[about])
	if err != nil {
		return err
	}
	for _, x := range list {
		i := slices.IndexFunc(all, func(a about) bool { return a.ID == int64(x.Person) })
		a := all[i]
		why := a.Says
		switch {
		case len(a.Holds) > 0:
			var held []string
			for _, h := range a.Holds {
				vi, _ := HoldWords(h)
				held = append(held, vi)
			}
			why = strings.Join(held, "; ")
		case x.Now == 0 && a.Died != nil:
			why = "Mất ngày " + text.Day(*a.Died)
		case x.Now == 0 && a.Ended != nil:
			why = "Thôi hưởng sau tháng " + text.Month(*a.Ended)
		}
		*n++
		t.Rows = append(t.Rows, []any{*n, x.Name, a.Year, a.Hamlet, words, x.Before, x.Now, x.Now - x.Before, why})
	}
	return nil
}
