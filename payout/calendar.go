package payout

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/text"
	"ansinh.vn/money"
)

// Task is one line of the month's calendar: something due on a day, and whether it is done.
type Task struct {
	Kind   string    `json:"kind"`
	VI     string    `json:"vi"`
	EN     string    `json:"en"`
	Due    time.Time `json:"due"`
	Person PersonID  `json:"person"` // 0: about the office
	Name   string    `json:"name"`
	Done   int       `json:"done"` // of Of
	Of     int       `json:"of"`
	Late   bool      `json:"late"`
	Ref    string    `json:"ref"` // what to open: decision:12, payee_change:3, public_list:4
}

// Calendar is a month's dates for one office, or for the province.
type Calendar struct {
	Office string      `json:"office"`
	Month  money.Month `json:"month"`
	Today  time.Time   `json:"today"`
	Tasks  []Task      `json:"tasks"`
}

// CalendarOf lists what is due in a month, by day: the two dates of the law for every
// office (the list by the 25th of the month before, the report by the 20th: NĐ 20/2021 Đ34,
// NĐ 335/2026 Đ28), and for one office also its people's dates and what waits for somebody.
func CalendarOf(ctx context.Context, q pg.Queryer, office string, month money.Month, now time.Time) (c Calendar, err error) {
	defer pg.Wrap(&err, "payout: calendar of %s", month)
	c = Calendar{Office: office, Month: month, Today: bookDay(now)}
	if c.Tasks, err = CycleDates(ctx, q, office, month); err != nil {
		return c, err
	}
	if err := c.overdue(ctx, q); err != nil {
		return c, err
	}
	for _, read := range []func(context.Context, pg.Queryer) error{c.people, c.waiting} {
		if err := read(ctx, q); err != nil {
			return c, err
		}
	}
	for i := range c.Tasks {
		t := &c.Tasks[i]
		t.Late = t.Done < t.Of && t.Due.Before(c.Today)
	}
	slices.SortStableFunc(c.Tasks, func(a, b Task) int { return a.Due.Compare(b.Due) })
	return c, nil
}

func (c *Calendar) add(t Task) { c.Tasks = append(c.Tasks, t) }

// CycleDates are the two dates of the law that fall in a month: the report of the month by
// its 20th, the list and the money of the next by its 25th, for one office or, counted, for
// all that have somebody entitled. Done is what is handed over, or closed; a run that pays
// two months together does the next one's too.
func CycleDates(ctx context.Context, q pg.Queryer, office string, month money.Month) (_ []Task, err error) {
	defer pg.Wrap(&err, "payout: dates of %s", month)
	_, report, err := cycleOf(ctx, q, office, month)
	if err != nil || report.Of == 0 {
		return nil, err
	}
	list, _, err := cycleOf(ctx, q, office, month+1)
	return []Task{report, list}, err
}

// cycleOf says how far the list and the report of a month are.
func cycleOf(ctx context.Context, q pg.Queryer, office string, m money.Month) (list, report Task, err error) {
	list = Task{Kind: "list", Due: m.Add(-1).First().AddDate(0, 0, 24),
		VI: "Chuyển danh sách và kinh phí tháng " + text.Month(m), EN: "List and money of " + m.String() + " handed over"}
	report = Task{Kind: "report", Due: m.First().AddDate(0, 0, 19), VI: "Báo cáo chi trả tháng " + text.Month(m), EN: "Report of " + m.String()}
	err = q.QueryRow(ctx, `
		with own as (select code from office o where ($1 = '' or code = $1) and exists (select from entitlement e where e.office = o.code)),
		     ran as (select office, bool_and(state in ('instructed', 'closed')) sent, bool_and(state = 'closed') closed
		             from run where $2 between month and month + make_interval(months => months - 1)
		               and schemes <@ array['btxh', 'htxh', 'ncc'] and state not in ('rejected', 'void') group by office)
		select (select count(*)::int from own), (select count(*)::int from own join ran on office = code where sent),
		       (select count(*)::int from own join ran on office = code where closed)`, office, m).Scan(&list.Of, &list.Done, &report.Done)
	report.Of = list.Of
	return list, report, err
}

// overdue adds the month's own list while it is not handed over: it was due the month before.
func (c *Calendar) overdue(ctx context.Context, q pg.Queryer) error {
	list, _, err := cycleOf(ctx, q, c.Office, c.Month)
	if err == nil && list.Done < list.Of {
		c.add(list)
	}
	return err
}

// people are the dates of an office's people.
func (c *Calendar) people(ctx context.Context, q pg.Queryer) error {
	if c.Office == "" {
		return nil
	}
	rows, err := q.Query(ctx, `
		with own as materialized (
		    select p.id, p.name, p.birth from person p
		    where p.office = $1 and p.merged_into is null and p.died_on is null and p.register_outcome <> 'deceased'
		      and exists (select from entitlement e where e.person_id = p.id and e.ceased_from is null and e.dropped_by is null
		                    and (e.last_month is null or e.last_month >= $2))),
		aged as (
		    select o.*, left(birth, 4)::int + a.age || '-' || substr($2::date::text, 6, 2) || '-01' due, a.age
		    from own o, unnest(array[16, 22, 60, 75]) a(age)
		    where extract(year from $2::date) - left(o.birth, 4)::int = a.age
		      and (case when length(o.birth) > 4 then substr(o.birth, 6, 2)::int else 1 end) = extract(month from $2::date))
		select 'age_' || age, a.due::date, a.id, a.name, ''
		from aged a where age <> 22 or exists (select from entitlement e where e.person_id = a.id and e.category = 'K2')
		union all
		select 'authorisation', y.authorised_until, o.id, o.name, '' from own o join payee y on y.person_id = o.id and y.ended_at is null
		where y.kind = 'recipient' and y.authorised_until < $3
		union all
		select 'reassessment_' || r.kind, r.due_on, p.id, p.name, 'reassessment:' || r.id
		from reassessment r join person p on p.id = r.person_id where p.office = $1 and r.result is null and r.due_on < $3
		union all
		select 'suspended', (min(e.ceased_from) + interval '3 months')::date, p.id, p.name, ''
		from entitlement e join person p on p.id = e.person_id
		where e.office = $1 and e.suspended and e.ceased_from + interval '3 months' < $3 group by p.id, p.name
		order by 2, 3`, c.Office, c.Month, c.Month.Add(1))
	if err != nil {
		return err
	}
	return c.addRows(rows)
}

// waiting is what somebody has to confirm, answer or settle.
func (c *Calendar) waiting(ctx context.Context, q pg.Queryer) error {
	rows, err := q.Query(ctx, `
		select 'decision_' || d.kind, (d.drafted_at at time zone 'Asia/Ho_Chi_Minh')::date + 7, d.person_id, p.name, 'decision:' || d.id
		from decision d join person p on p.id = d.person_id
		where ($1 = '' or d.office = $1) and d.confirmed_at is null and d.refused_at is null
		union all
		select 'payee_change', (y.proposed_at at time zone 'Asia/Ho_Chi_Minh')::date + 3, y.person_id, p.name, 'payee_change:' || y.id
		from payee_change y join person p on p.id = y.person_id
		where ($1 = '' or p.office = $1) and y.confirmed_at is null and y.refused_at is null
		union all
		select 'public_list', l.until_on, 0, l.place, 'public_list:' || l.id
		from public_list l where ($1 = '' or l.office = $1) and l.ended_at is null and l.until_on >= $2
		union all
		select 'objection', (o.taken_at at time zone 'Asia/Ho_Chi_Minh')::date + 14, 0, l.place, 'public_list:' || l.id
		from public_list_objection o join public_list l on l.id = o.public_list_id where ($1 = '' or l.office = $1) and o.settled_at is null
		order by 2, 5 limit 500`, c.Office, c.Today)
	if err != nil {
		return err
	}
	return c.addRows(rows)
}

// addRows adds a task a row, with its words.
func (c *Calendar) addRows(rows pgx.Rows) error {
	t := Task{Of: 1}
	_, err := pgx.ForEachRow(rows, []any{&t.Kind, &t.Due, &t.Person, &t.Name, &t.Ref}, func() error {
		w, ok := taskWords[t.Kind]
		if !ok {
			return fmt.Errorf("no words for %q", t.Kind)
		}
		t.VI, t.EN = w[0], w[1]
		c.add(t)
		return nil
	})
	return err
}

// taskWords say what to do, in Vietnamese and English.
var taskWords = map[string][2]string{
	"age_16":                  {"Đủ 16 tuổi: xem lại nhóm hưởng, người giám hộ thôi nhận thay", "Turns 16: category and guardian end"},
	"age_22":                  {"Đủ 22 tuổi: xem lại việc còn học", "Turns 22: still studying?"},
	"age_60":                  {"Đủ 60 tuổi: hệ số người cao tuổi", "Turns 60: coefficient of the elderly"},
	"age_75":                  {"Đủ 75 tuổi: hệ số mới, hoặc trợ cấp hưu trí xã hội", "Turns 75: new coefficient, or the social pension"},
	"authorisation":           {"Giấy ủy quyền nhận thay hết hạn", "An authorisation ends"},
	"reassessment_disability": {"Đánh giá lại mức độ khuyết tật", "Disability to be assessed again"},
	"reassessment_study":      {"Xác nhận còn đi học", "Study to be confirmed"},
	"reassessment_poverty":    {"Rà soát hộ nghèo, hộ cận nghèo", "Poverty to be looked at again"},
	"reassessment_other":      {"Rà soát lại điều kiện hưởng", "Condition to be looked at again"},
	"suspended":               {"Tạm dừng đủ ba tháng: khôi phục, hoặc thôi hưởng nếu không hợp tác", "Suspended for three months: resume, or stop"},
	"decision_grant":          {"Quyết định hưởng chờ ký", "A grant waits for its signature"},
	"decision_change":         {"Quyết định điều chỉnh chờ ký", "A change waits for its signature"},
	"decision_suspend":        {"Quyết định tạm dừng chờ ký", "A suspension waits for its signature"},
	"decision_resume":         {"Quyết định hưởng lại chờ ký", "A resumption waits for its signature"},
	"decision_stop":           {"Quyết định thôi hưởng chờ ký", "A stop waits for its signature"},
	"decision_transfer":       {"Quyết định thôi chi và chuyển xã chờ ký", "A transfer waits for its signature"},
	"decision_receive":        {"Hồ sơ xã khác chuyển đến: quyết định tiếp nhận chờ ký", "Moved here: to be received"},
	"payee_change":            {"Thay đổi người nhận chờ người thứ hai xác nhận", "A change of the payee waits"},
	"public_list":             {"Danh sách niêm yết đủ hai ngày làm việc", "A public list has hung for two working days"},
	"objection":               {"Trả lời ý kiến về danh sách niêm yết", "An objection to be answered"},
}
