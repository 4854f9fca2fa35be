package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"ansinh.vn/money"
	"ansinh.vn/payout"
)

func init() {
	command("payout", "Chi trả: tính, lập đợt, duyệt, gửi / what is owed, and a run's life.", &payoutCmd{})
}

type payoutCmd struct {
	Calculate payoutCalculateCmd `cmd:"" help:"Compute from CSV files what is owed minus what was paid; no database."`
	Prepare   payoutPrepareCmd   `cmd:"" help:"Compute the runs of offices for a month."`
	Show      payoutShowCmd      `cmd:"" help:"Show a run: sums, exceptions, what changed; without a run, list them."`
	Hold      payoutHoldCmd      `cmd:"" help:"Keep a payment of a computed run out of it."`
	Release   payoutReleaseCmd   `cmd:"" help:"Let a held payment in; not by who prepared the run."`
	Submit    payoutSubmitCmd    `cmd:"" help:"Freeze a run for approval."`
	Approve   payoutApproveCmd   `cmd:"" help:"Sign a run with an enrolled key; the last approval posts it."`
	Reject    payoutRejectCmd    `cmd:"" help:"Refuse a submitted run with a reason."`
	Void      payoutVoidCmd      `cmd:"" help:"Withdraw a run that is not yet sent; its entries are reversed."`
	Send      payoutSendCmd      `cmd:"" help:"Make the bank's messages and the cash list of a run, and hand them over."`
	Cash      payoutCashCmd      `cmd:"" help:"Take the post office's answer: who collected."`
	Document  payoutDocumentCmd  `cmd:"" help:"Write one of a run's papers as a spreadsheet; keep it to be signed."`
	Documents payoutDocumentsCmd `cmd:"" help:"List the papers of a run that were kept, and what came back signed."`
	Signed    payoutSignedCmd    `cmd:"" help:"Keep a file that came back signed beside its document."`
	Close     payoutCloseCmd     `cmd:"" help:"End a run whose payments all have their end."`

	Resend      payoutResendCmd      `cmd:"" help:"Ready what came back to be sent again by the same run."`
	Cases       payoutCasesCmd       `cmd:"" help:"What somebody has to look into: deaths, accounts, returns."`
	Uncollected payoutUncollectedCmd `cmd:"" help:"Who did not come for their cash several months in a row."`
	Recovery    payoutRecoveryCmd    `cmd:"" help:"Take back what was overpaid, by decision."`
	Fee         payoutFeeCmd         `cmd:"" help:"What the province pays who pays out."`
	YearEnd     payoutYearEndCmd     `cmd:"" help:"Close an office's year: the unpaid goes back to its fund, the rest is due to the budget."`
	Guard       payoutGuardCmd       `cmd:"" help:"Declare an account of somebody who works here: benefits to it are held."`
}

type payoutCalculateCmd struct {
	People          string      `required:"" type:"existingfile" help:"CSV: person_number,date_of_birth,date_of_death,sex."`
	Entitlements    string      `required:"" type:"existingfile" help:"CSV: entitlement_id,person_number,scheme,category,first_month,last_month,children,injury_percent,seniority_units,decision_on."`
	Paid            string      `required:"" type:"existingfile" help:"CSV: person_number,scheme,category,month,amount."`
	Month           money.Month `required:"" help:"The month of the run, such as 2026-11."`
	KnownOn         time.Time   `required:"" format:"2006-01-02" help:"The day of knowledge: decisions, deaths and rates known by it count."`
	Out             string      `required:"" type:"path" help:"Where the CSV goes: person_number,scheme,category,month,amount,kind,article,explanation."`
	WithProvisional bool        `help:"Count rates that nobody has confirmed yet."`
}

func (c *payoutCalculateCmd) Run(a *app) (err error) {
	in := payout.CalculateInput{Month: c.Month, KnownOn: c.KnownOn, WithProvisional: c.WithProvisional}
	for _, file := range []struct {
		path string
		to   *payout.Named
	}{{c.People, &in.People}, {c.Entitlements, &in.Entitlements}, {c.Paid, &in.Paid}} {
		f, err := os.Open(file.path)
		if err != nil {
			return err
		}
		defer f.Close()
		*file.to = payout.Named{Name: file.path, Reader: f}
	}
	var done payout.Calculated
	err = writeWhole(c.Out, func(w io.Writer) error {
		done, err = payout.Calculate(in, w)
		return err
	})
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(done)
	}
	fmt.Fprintf(a.Err, "%d người, %d tháng-người, %d dòng, tổng %s\n", done.People, done.PersonMonths, done.Lines, done.Total.Format())
	return nil
}

// acting is a command that somebody does.
type acting struct {
	As string `required:"" help:"Login of the person who acts." placeholder:"LOGIN"`
}

func (c *acting) who(ctx context.Context, a *app) (*pgxpool.Pool, payout.StaffID, error) {
	pool, err := a.DB(ctx)
	if err != nil {
		return nil, 0, err
	}
	id, err := a.staffID(ctx, c.As)
	return pool, payout.StaffID(id), err
}

type payoutPrepareCmd struct {
	Office          []string    `help:"Codes of the offices; none means every office." placeholder:"CODE"`
	Month           money.Month `required:"" help:"The month, such as 2026-11."`
	KnownOn         time.Time   `format:"2006-01-02" help:"The day of knowledge; default today."`
	Scheme          []string    `help:"Only these schemes: btxh, htxh, ncc; or one programme alone."`
	WithProvisional bool        `help:"Count rates that nobody has confirmed; such a run is approved only after 'ansinh rates confirm'."`
	Months          int         `default:"1" help:"2 pays the next month together with it, as before Tết."`
	MonthsBy        string      `help:"The paper that allows two months together."`
	acting
}

func (c *payoutPrepareCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.who(ctx, a)
	if err != nil {
		return err
	}
	offices := c.Office
	if len(offices) == 0 {
		rows, err := pool.Query(ctx, `select code from office o where exists (select from person where office = o.code) order by code`)
		if err != nil {
			return err
		}
		if offices, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			return err
		}
	}
	if c.KnownOn.IsZero() {
		now := a.Now()
		c.KnownOn = money.Day(now.Year(), now.Month(), now.Day())
	}
	box, err := a.Secrets()
	if err != nil {
		return err
	}
	in := payout.PrepareInput{Box: box, Month: c.Month, KnownOn: c.KnownOn, By: who, WithProvisional: c.WithProvisional, Months: c.Months, MonthsBy: c.MonthsBy, Now: a.Now()}
	for _, s := range c.Scheme {
		in.Schemes = append(in.Schemes, payout.Scheme(s))
	}
	runs := make([]*payout.Run, len(offices))
	bar := a.Progress("lập đợt", int64(len(offices)))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(2)
	for i, office := range offices {
		g.Go(func() error {
			in := in
			in.Office = office
			r, err := payout.Prepare(gctx, pool, in)
			if errors.Is(err, payout.ErrNothing) && len(c.Office) == 0 {
				return nil
			}
			runs[i] = &r
			_ = bar.Add(1)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	list := []payout.Run{}
	for _, r := range runs {
		if r != nil {
			list = append(list, *r)
		}
	}
	return a.printRuns(list)
}

func (a *app) printRuns(list []payout.Run) error {
	if a.JSON {
		return a.PrintJSON(list)
	}
	w := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "đợt\tđơn vị\ttháng\ttrạng thái\tsố khoản\ttổng\tgiữ lại\tduyệt")
	for _, r := range list {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%d\t%s\t%d\t%d/%d\n", r.ID, r.Office, r.Month, r.State, r.N, r.Total.Format(), r.HeldN, r.Approvals, r.ApprovalsNeeded)
	}
	return w.Flush()
}

type payoutShowCmd struct {
	Run_   payout.RunID `arg:"" optional:"" name:"run" help:"The number of the run; none lists runs."`
	Office string       `help:"Only this office's runs."`
	Month  money.Month  `help:"Only this month's runs."`
}

func (c *payoutShowCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	if c.Run_ == 0 {
		list, err := payout.Runs(ctx, pool, payout.RunFilter{Office: c.Office, Month: c.Month})
		if err != nil {
			return err
		}
		return a.printRuns(list)
	}
	s, err := payout.Summarize(ctx, pool, c.Run_)
	if err != nil {
		return err
	}
	d, err := payout.Compare(ctx, pool, c.Run_)
	if err != nil {
		return err
	}
	alerts, err := payout.Alerts(ctx, pool, s)
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(map[string]any{"summary": s, "difference": d, "alerts": alerts})
	}
	if err := a.printRuns([]payout.Run{s.Run}); err != nil {
		return err
	}
	fmt.Fprintf(a.Out, "\nbằng chữ: %s\n", s.Run.Total.Words())
	for _, x := range alerts {
		mark := "lưu ý"
		if x.Stops {
			mark = "CHẶN"
		}
		fmt.Fprintf(a.Out, "%s: %s\n", mark, x.VI)
	}
	w := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	for _, part := range []struct {
		title string
		rows  []payout.Sum
		words func(string) (string, string)
	}{{"trạng thái", s.ByState, nil}, {"hình thức", s.ByRail, nil}, {"chính sách", s.ByScheme, nil}, {"loại", s.ByKind, nil},
		{"giữ lại vì", s.Exceptions, payout.HoldWords}, {"cần xem", s.Attention, payout.HoldWords}} {
		for _, x := range part.rows {
			key := x.Key
			if part.words != nil {
				key, _ = part.words(x.Key)
			}
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\n", part.title, key, x.N, x.Total.Format())
		}
	}
	fmt.Fprintf(w, "\nso với %s\t\t\ttrước\tnay\n", d.Month)
	for _, x := range d.Rows {
		fmt.Fprintf(w, "\t%s\t%d\t%s\t%s\n", x.Change, x.N, x.Before.Format(), x.Now.Format())
	}
	return w.Flush()
}

type payoutHoldCmd struct {
	Payment payout.PaymentID `arg:"" help:"The number of the payment."`
	Reason  string           `required:"" help:"Why it stays out."`
	acting
}

func (c *payoutHoldCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.who(ctx, a)
	if err != nil {
		return err
	}
	return payout.Hold(ctx, pool, c.Payment, who, c.Reason, a.Now())
}

type payoutReleaseCmd struct {
	Payment payout.PaymentID `arg:"" help:"The number of the payment."`
	Note    string           `required:"" help:"Why it may go out."`
	acting
}

func (c *payoutReleaseCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.who(ctx, a)
	if err != nil {
		return err
	}
	return payout.Release(ctx, pool, c.Payment, who, c.Note, a.Now())
}
