package web

import (
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/text"
	"ansinh.vn/money"
	"ansinh.vn/payout"
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

// dueDates are the two dates of the law that are nearest: the report of this month, the
// list and the money of the next.
func (s *Server) dueDates(v *visit, today time.Time) (list []due, err error) {
	tasks, err := payout.CycleDates(v.ctx, s.cfg.Pool, v.office(), money.MonthOf(today))
	for _, t := range tasks {
		d := due{VI: t.VI, EN: t.EN, By: t.Due, Done: t.Done, Of: t.Of, Days: int(t.Due.Sub(today) / (24 * time.Hour))}
		d.Late = d.Days < 0 && d.Done < d.Of
		list = append(list, d)
	}
	return list, err
}
