package web

import (
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/text"
	"ansinh.vn/money"
)

type homePage struct {
	Office     string
	Month      money.Month // the month whose runs are shown
	Runs       []runState
	Total      money.VND
	RunID      int64 // when the office has just one
	Due        []due
	Received   int
	Open       int // quarantined rows still to correct
	Reviews    int
	Breaks     int
	BreakSum   money.VND
	Keys       int // waiting for a second person
	SeeLists   bool
	SeeReviews bool
	SeeRuns    bool
	SeeBreaks  bool
	SeeStaff   bool
	SeeMarkets bool
}

type runState struct {
	State  string
	N      int
	People int
	Total  money.VND
}

// due is one date of the month's calendar.
type due struct {
	VI, EN string
	By     time.Time
	Done   int
	Of     int
	Late   bool
	Days   int // until it is due; negative when late
}

// home is where the month stands for this office, or for the province.
func (s *Server) home(v *visit) error {
	d := homePage{Office: "Toàn tỉnh",
		SeeLists: v.person.Has(clerk, accountant, chairman, auditor), SeeReviews: v.person.Has(clerk, chairman, auditor),
		SeeRuns: v.person.Has(clerk, accountant, chairman, auditor), SeeBreaks: v.person.Has(accountant, chairman, auditor),
		SeeStaff: v.person.Has(operator, chairman), SeeMarkets: v.person.Has(vendorAdmin, auditor)}
	today := v.now().In(text.Vietnam)
	this := money.MonthOf(today)
	err := s.cfg.Pool.QueryRow(v.ctx, `
		select coalesce((select name from office where code = $1), $2),
		       coalesce((select max(month) from run where ($1 = '' or office = $1) and state not in ('rejected', 'void')), $3),
		       (select coalesce(sum(received), 0)::int from (
		           select distinct on (office, scheme) received from list where kind = 'list' and ($1 = '' or office = $1) order by office, scheme, version desc) l),
		       (select count(*) from list_row r join list l on l.id = r.list_id
		           where r.state = 'quarantined' and r.corrected_by is null and ($1 = '' or l.office = $1)),
		       (select count(*) from person where merged_into is null and settled is null and register_outcome = any ($4) and ($1 = '' or office = $1)),
		       (select count(*) from recon_break where state <> 'settled' and ($1 = '' or office = $1)),
		       (select coalesce(sum(abs(amount)), 0)::bigint from recon_break where state <> 'settled' and ($1 = '' or office = $1)),
		       (select count(*) from staff_key_request where outcome = 'waiting')`,
		v.office(), d.Office, this, reviewOutcomes).
		Scan(&d.Office, &d.Month, &d.Received, &d.Open, &d.Reviews, &d.Breaks, &d.BreakSum, &d.Keys)
	if err != nil {
		return err
	}
	rows, err := s.cfg.Pool.Query(v.ctx, `
		select state, count(*), sum(n)::int, sum(total)::bigint from run
		where month = $2 and ($1 = '' or office = $1) and state <> 'draft' group by state
		order by array_position(array['computed', 'submitted', 'approved', 'instructed', 'closed', 'rejected', 'void'], state)`, v.office(), d.Month)
	if err != nil {
		return err
	}
	if d.Runs, err = pgx.CollectRows(rows, pgx.RowToStructByPos[runState]); err != nil {
		return err
	}
	for _, r := range d.Runs {
		if r.State != "rejected" && r.State != "void" {
			d.Total += r.Total
		}
	}
	if v.office() != "" {
		if err := s.cfg.Pool.QueryRow(v.ctx, `
			select coalesce(max(id), 0) from run where office = $1 and month = $2 and state not in ('draft', 'void')`, v.office(), d.Month).Scan(&d.RunID); err != nil {
			return err
		}
	}
	if d.Due, err = s.dueDates(v, money.Day(today.Year(), today.Month(), today.Day())); err != nil {
		return err
	}
	return v.page("home", view{Title: "Trang chủ", Data: d})
}

// dueDates of the payment cycle (NĐ 335/2026 Đ28, TT 44/2022 Đ8): the list and the money
// for a month by the 25th of the month before, the report of a month by its 20th.
func (s *Server) dueDates(v *visit, today time.Time) ([]due, error) {
	this := money.MonthOf(today)
	submitted, closed := due{VI: "Trình đợt tháng " + text.Month(this.Add(1)), EN: "Submit next month's run", By: this.First().AddDate(0, 0, 24)},
		due{VI: "Báo cáo chi trả tháng " + text.Month(this), EN: "Report this month", By: this.First().AddDate(0, 0, 19)}
	err := s.cfg.Pool.QueryRow(v.ctx, `
		with who as (select code from office o where ($1 = '' or code = $1) and exists (select from entitlement e where e.office = o.code))
		select (select count(*) from who),
		       (select count(distinct office) from run where month = $3 and office in (select code from who) and state in ('submitted', 'approved', 'instructed', 'closed')),
		       (select count(distinct office) from run where month = $2 and office in (select code from who) and state = 'closed')`,
		v.office(), this, this.Add(1)).Scan(&submitted.Of, &submitted.Done, &closed.Done)
	if err != nil || submitted.Of == 0 {
		return nil, err
	}
	closed.Of = submitted.Of
	list := []due{closed, submitted}
	for i := range list {
		list[i].Days = int(list[i].By.Sub(today) / (24 * time.Hour))
		list[i].Late = list[i].Days < 0 && list[i].Done < list[i].Of
	}
	return list, nil
}
