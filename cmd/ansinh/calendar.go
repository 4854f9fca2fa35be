package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"ansinh.vn/internal/text"
	"ansinh.vn/money"
	"ansinh.vn/payout"
)

func init() {
	command("calendar", "Lịch của tháng: việc đến hạn, việc trễ / the month's calendar: what is due, what is late.", &calendarCmd{})
}

type calendarCmd struct {
	Office string      `help:"One office, with its people's dates; none means the province."`
	Month  money.Month `help:"The month; default this one."`
}

func (c *calendarCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	if c.Month.IsZero() {
		c.Month = money.MonthOf(a.Now().In(text.Vietnam))
	}
	cal, err := payout.CalendarOf(ctx, pool, c.Office, c.Month, a.Now())
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(cal)
	}
	w := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	for _, t := range cal.Tasks {
		late := ""
		if t.Late {
			late = "TRỄ"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d/%d\n", text.Day(t.Due), late, t.VI, t.Name, t.Done, t.Of)
	}
	return w.Flush()
}
