package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"ansinh.vn/payout"
)

func init() {
	command("rates", "Mức hưởng theo văn bản / the rates, and which are confirmed.", &ratesCmd{})
}

type ratesCmd struct {
	List    ratesListCmd    `cmd:"" default:"withargs" help:"List the sets of rates by table, dates and instrument."`
	Confirm ratesConfirmCmd `cmd:"" help:"Say that a provisional set was compared with the signed text."`
}

type ratesListCmd struct{}

func (c *ratesListCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	list, err := payout.ListRates(ctx, pool)
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(list)
	}
	w := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "bộ mức\thiệu lực từ\tbiết từ\tsố dòng\ttrạng thái\tvăn bản")
	for _, s := range list {
		state := "đã xác nhận"
		if s.Provisional {
			state = "tạm tính"
		} else if s.ConfirmedBy != "" {
			state = "xác nhận bởi " + s.ConfirmedBy
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\n", s.ID, s.ValidFrom.Format(time.DateOnly), s.KnownFrom.Format(time.DateOnly), s.Rows, state, s.Instrument)
	}
	return w.Flush()
}

type ratesConfirmCmd struct {
	Set  string `arg:"" help:"The set, such as ncc:2026-07-01:2026-10-01."`
	Note string `required:"" help:"Which signed text it was compared with."`
	acting
}

func (c *ratesConfirmCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.who(ctx, a)
	if err != nil {
		return err
	}
	return payout.ConfirmRates(ctx, pool, c.Set, who, c.Note, a.Now())
}
