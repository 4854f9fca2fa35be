package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/shopspring/decimal"

	"ansinh.vn/money"
	"ansinh.vn/payout"
)

func init() {
	command("simulate", "Thử mức mới, hệ số mới: tốn bao nhiêu trong năm / what a change of the rates would cost this year; writes nothing.", &simulateCmd{})
}

type simulateCmd struct {
	Level           map[string]string          `placeholder:"SCHEME=AMOUNT" help:"A new level, such as btxh=600000; htxh likewise; of ncc every amount changes by the same proportion."`
	Amount          map[string]string          `placeholder:"CODE=AMOUNT" help:"A new amount of one code of merit, such as LS_TN1=3012000."`
	Coefficient     map[string]decimal.Decimal `placeholder:"FAMILY=N" help:"A new coefficient of a family for every age, such as KT_N=2.0, or of one row of it: KT_N.KT_N_TE=2.5."`
	MeritCompetes   *bool                      `negatable:"" help:"Merit competes with the social part of btxh and the social pension, the higher being owed."`
	From            money.Month                `help:"The first month of the change; default January of this year." placeholder:"MONTH"`
	KnownOn         time.Time                  `format:"2006-01-02" help:"The day of knowledge; default today."`
	WithProvisional bool                       `help:"Count rates that nobody has confirmed yet, today and as proposed."`
}

func (c *simulateCmd) Run(ctx context.Context, a *app) error {
	if len(c.Level)+len(c.Amount)+len(c.Coefficient) == 0 && c.MeritCompetes == nil {
		return usageError("say what changes: --level, --amount, --coefficient or --merit-competes")
	}
	if c.KnownOn.IsZero() {
		now := a.Now()
		c.KnownOn = money.Day(now.Year(), now.Month(), now.Day())
	}
	if c.From.IsZero() {
		c.From = money.NewMonth(c.KnownOn.Year(), time.January)
	}
	in := payout.SimulateInput{Year: c.From.Year(), KnownOn: c.KnownOn, WithProvisional: c.WithProvisional,
		Proposal: payout.Proposal{From: c.From, Levels: map[payout.Scheme]money.VND{}, Amounts: map[string]money.VND{}, Coefficients: c.Coefficient, MeritCompetes: c.MeritCompetes}}
	for scheme, text := range c.Level {
		amount, err := money.Parse(text)
		if err != nil {
			return usageError(fmt.Sprintf("--level %s=%s: %v", scheme, text, err))
		}
		in.Levels[payout.Scheme(scheme)] = amount
	}
	for code, text := range c.Amount {
		amount, err := money.Parse(text)
		if err != nil {
			return usageError(fmt.Sprintf("--amount %s=%s: %v", code, text, err))
		}
		in.Amounts[code] = amount
	}
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	s, err := payout.Simulate(ctx, pool, in)
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(s)
	}
	fmt.Fprintf(a.Out, "Năm %d, áp dụng từ %s, theo người và mức biết đến ngày %s\n", s.Year, s.From, s.KnownOn)
	w := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "đơn vị\tchính sách\tngười\thiện nay\tđề xuất\ttăng/giảm\t")
	line := func(office string, c payout.Cost) {
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\t\n", office, c.Scheme, c.People, c.Today.Grouped(), c.Proposed.Grouped(), c.Change.Grouped())
	}
	for _, c := range s.Rows {
		line(c.Office+" "+c.Name, c)
	}
	for _, c := range s.Schemes {
		line("toàn tỉnh", c)
	}
	line("tổng", s.Total)
	return w.Flush()
}
