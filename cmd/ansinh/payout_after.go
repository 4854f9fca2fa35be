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

type payoutResendCmd struct {
	onRun
	Payment payout.PaymentID `help:"Only this payment." xor:"what"`
	Message string           `help:"All of this message that came back." xor:"what"`
	Note    string           `required:"" help:"What was mended."`
}

func (c *payoutResendCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.who(ctx, a)
	if err != nil {
		return err
	}
	out, err := payout.Resend(ctx, pool, payout.ResendInput{Run: c.ID, Payment: c.Payment, Message: c.Message, Note: c.Note, By: who, Now: a.Now()})
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(out)
	}
	fmt.Fprintf(a.Out, "%d khoản, %s chờ gửi lại: ansinh payout send %d\n", out.N, out.Total.Format(), c.ID)
	for _, x := range out.Left {
		fmt.Fprintf(a.Out, "khoản %d không gửi lại được: %s %s\n", x.Payment, x.Reason, x.VI)
	}
	return nil
}

// payoutCasesCmd is what somebody has to look into.
type payoutCasesCmd struct {
	List  casesListCmd  `cmd:"" default:"withargs" help:"List what somebody has to look into."`
	Close casesCloseCmd `cmd:"" help:"End a case with what was found out."`
}

type casesListCmd struct {
	Office string          `help:"Only this office's, by its code."`
	Kind   payout.CaseKind `help:"Only death, account, ask or clawback."`
	Closed bool            `help:"Those that are closed."`
}

func (c *casesListCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	list, err := payout.Cases(ctx, pool, payout.CaseFilter{Office: c.Office, Kind: c.Kind, Closed: c.Closed, Limit: 10_000})
	if err != nil {
		return err
	}
	if a.JSON {
		if list == nil {
			list = []payout.Case{}
		}
		return a.PrintJSON(list)
	}
	w := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "số\tloại\tmã người\thọ tên\tđơn vị\tsố tiền\tmã\tcần làm\tngân hàng ghi")
	for _, x := range list {
		what, _ := x.What()
		fmt.Fprintf(w, "%d\t%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\n", x.ID, x.Kind, x.Person, x.Name, x.Office, x.Amount.Grouped(), x.Reason, what, x.Note)
	}
	return w.Flush()
}

type casesCloseCmd struct {
	ID    payout.CaseID `arg:"" name:"case" help:"The number of the case."`
	Found string        `required:"" help:"What was found out."`
	acting
}

func (c *casesCloseCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.who(ctx, a)
	if err != nil {
		return err
	}
	return payout.CloseCase(ctx, pool, c.ID, who, c.Found, a.Now())
}

type payoutUncollectedCmd struct {
	Office string `help:"Only this office's, by its code."`
	Months int    `default:"3" help:"At least so many months in a row."`
}

func (c *payoutUncollectedCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	list, err := payout.UncollectedInARow(ctx, pool, payout.UncollectedFilter{Office: c.Office, Months: c.Months})
	if err != nil {
		return err
	}
	if a.JSON {
		if list == nil {
			list = []payout.NotCollected{}
		}
		return a.PrintJSON(list)
	}
	w := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "mã người\thọ tên\tấp/khóm\tđơn vị\tsố tháng\tđang chờ")
	for _, x := range list {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%d\t%s\n", x.Person, x.Name, x.Hamlet, x.Office, x.Months, x.Amount.Grouped())
	}
	return w.Flush()
}

// payoutFeeCmd is what the province pays who pays out.
type payoutFeeCmd struct {
	List feeListCmd `cmd:"" default:"withargs" help:"List the percentages, and what runs were charged."`
	Set  feeSetCmd  `cmd:"" help:"Set the percentage from a month on, as the province."`
}

type feeListCmd struct {
	Office string      `help:"Only this office's charges."`
	Month  money.Month `help:"Only this month's charges."`
}

func (c *feeListCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	rates, err := payout.FeeRates(ctx, pool)
	if err != nil {
		return err
	}
	fees, err := payout.Fees(ctx, pool, c.Office, c.Month)
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(map[string]any{"rates": rates, "charged": fees})
	}
	w := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "kênh\ttừ tháng\tphần trăm\tquyết định")
	for _, r := range rates {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.Kind, r.From, r.Percent, r.DecisionNo)
	}
	fmt.Fprintln(w, "\nđợt\tkênh\tđã chi\tphần trăm\tphí")
	for _, f := range fees {
		fmt.Fprintf(w, "%d\t%d\t%s\t%s\t%s\n", f.Run, f.Account, f.Base.Grouped(), f.Percent, f.Amount.Grouped())
	}
	return w.Flush()
}

type feeSetCmd struct {
	Kind     string          `arg:"" enum:"post,bank" help:"post or bank."`
	Percent  decimal.Decimal `required:"" help:"Of what is paid out, such as 0.65."`
	From     money.Month     `required:"" help:"The first month it holds for."`
	Decision string          `required:"" help:"The number of the province's decision."`
	acting
}

func (c *feeSetCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.who(ctx, a)
	if err != nil {
		return err
	}
	return payout.SetFeeRate(ctx, pool, payout.FeeRate{Kind: c.Kind, From: c.From, Percent: c.Percent, DecisionNo: c.Decision}, who, a.Now())
}

type payoutYearEndCmd struct {
	Year   int    `arg:"" optional:"" help:"The year to close; none lists the closed ones."`
	Office string `help:"The office, by its code."`
	As     string `help:"Login of the person who acts." placeholder:"LOGIN"`
}

func (c *payoutYearEndCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	if c.Year != 0 {
		if c.Office == "" || c.As == "" {
			return usageError("closing a year needs --office and --as")
		}
		who, err := a.staffID(ctx, c.As)
		if err != nil {
			return err
		}
		if _, err := payout.YearEnd(ctx, pool, c.Office, c.Year, payout.StaffID(who), a.Now()); err != nil {
			return err
		}
	}
	list, err := payout.YearEnds(ctx, pool, c.Office)
	if err != nil {
		return err
	}
	if a.JSON {
		if list == nil {
			list = []payout.YearEndView{}
		}
		return a.PrintJSON(list)
	}
	w := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "năm\tđơn vị\tchính sách\tkhoản chưa nhận\tsố tiền\tcòn lại nộp trả\tngười khóa\tngày")
	for _, y := range list {
		fmt.Fprintf(w, "%d\t%s\t%s\t%d\t%s\t%s\t%s\t%s\n", y.Year, y.Office, y.Scheme, y.UnpaidN, y.Unpaid.Grouped(), y.Unspent.Grouped(), y.DoneBy, y.DoneAt.Format(time.DateOnly))
	}
	return w.Flush()
}

type payoutGuardCmd struct {
	Staff   string `arg:"" help:"Login of whose account it is."`
	Bank    string `required:"" help:"The bank's BIN, six digits."`
	Account string `required:"" help:"The account number; it is kept sealed."`
	acting
}

func (c *payoutGuardCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.who(ctx, a)
	if err != nil {
		return err
	}
	box, err := a.Secrets()
	if err != nil {
		return err
	}
	of, err := a.staffID(ctx, c.Staff)
	if err != nil {
		return err
	}
	return payout.DeclareStaffAccount(ctx, pool, box, payout.StaffID(of), c.Bank, c.Account, who, a.Now())
}
