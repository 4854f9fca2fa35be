package web

import (
	"strings"

	"github.com/go-chi/chi/v5"

	"ansinh.vn/internal/text"
	"ansinh.vn/money"
	"ansinh.vn/payout"
)

type calendarPage struct {
	payout.Calendar
	OfficeName string
	Before     money.Month
	After      money.Month
	Late       int
}

// calendar is what is due in a month, for the office or the province.
func (s *Server) calendar(v *visit) error {
	month := money.MonthOf(v.now().In(text.Vietnam))
	if x := v.r.FormValue("month"); x != "" {
		var err error
		if month, err = money.ParseMonth(x); err != nil || month < money.NewMonth(2020, 1) || month > money.NewMonth(2100, 1) {
			return errNoPage
		}
	}
	cal, err := payout.CalendarOf(v.ctx, s.cfg.Pool, v.office(), month, v.now())
	if err != nil {
		return err
	}
	d := calendarPage{Calendar: cal, OfficeName: "Toàn tỉnh", Before: month - 1, After: month + 1}
	if v.office() != "" {
		if err := s.cfg.Pool.QueryRow(v.ctx, `select name from office where code = $1`, v.office()).Scan(&d.OfficeName); err != nil {
			return err
		}
	}
	for _, t := range d.Tasks {
		if t.Late {
			d.Late++
		}
	}
	return v.page("calendar", view{Title: "Lịch tháng " + text.Month(month), Data: d})
}

// taskPath is the page where a task of the calendar is done, "" when there is none.
func taskPath(t payout.Task) string {
	kind, id, _ := strings.Cut(t.Ref, ":")
	switch kind {
	case "decision":
		return "/decisions/" + id
	case "payee_change":
		return "/payees"
	case "public_list":
		return "/public-lists/" + id
	}
	return ""
}

type programmesPage struct{ Programmes []payout.Programme }

func (s *Server) programmes(v *visit) error {
	list, err := payout.Programmes(v.ctx, s.cfg.Pool, v.office())
	if err != nil {
		return err
	}
	return v.page("programmes", view{Title: "Chương trình một lần", Data: programmesPage{list}})
}

type programmePage struct {
	payout.Programme
	Odd        []payout.Discrepancy
	Runs       []payout.Run
	MayConfirm bool
}

func (s *Server) programme(v *visit) error {
	d, err := s.programmeOf(v)
	if err != nil {
		return err
	}
	return v.page("programme", view{Title: d.Name, Data: d})
}

func (s *Server) programmeOf(v *visit) (d programmePage, err error) {
	if d.Programme, err = payout.ProgrammeByCode(v.ctx, s.cfg.Pool, chi.URLParam(v.r, "code")); err != nil {
		return d, err
	}
	if d.Office != "" {
		if err := v.mayOffice(d.Office); err != nil {
			return d, err
		}
	}
	if d.ConfirmedAt == nil {
		d.MayConfirm = v.person.Has(chairman) && (v.office() == "" || v.office() == d.Office) && d.DraftedBy != v.person.Actor() && d.N > 0
		return d, nil
	}
	if d.Odd, err = payout.Discrepancies(v.ctx, s.cfg.Pool, d.Code, v.office()); err != nil {
		return d, err
	}
	runs, err := payout.Runs(v.ctx, s.cfg.Pool, payout.RunFilter{Office: v.office(), Month: d.Month})
	for _, r := range runs {
		if len(r.Schemes) == 1 && r.Schemes[0] == d.Code {
			d.Runs = append(d.Runs, r)
		}
	}
	return d, err
}

func (s *Server) confirmProgramme(v *visit) error {
	d, err := s.programmeOf(v)
	if err != nil {
		return err
	}
	if err := payout.ConfirmProgramme(v.ctx, s.cfg.Pool, d.Code, v.person.Actor(), v.now()); err != nil {
		return err
	}
	v.tell("Đã xác nhận chương trình "+d.Name+"; danh sách đã khoá.", "Confirmed.")
	return v.see("/programmes/" + d.Code)
}
