package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/reconcile"
)

func init() {
	command("reconcile", "Đối chiếu sao kê với sổ / explain every line of the imported statements.", &reconcileCmd{})
	command("breaks", "Các khoản chưa giải thích được / what reconciliation could not explain.", &breaksCmd{})
}

type reconcileCmd struct {
	Run   reconcileRunCmd   `cmd:"" default:"withargs" help:"Explain every line that waits."`
	Sheet reconcileSheetCmd `cmd:"" help:"The reconciliation statement (bảng đối chiếu) of an account's day."`
	Close reconcileCloseCmd `cmd:"" help:"Close an account's day: keep its statement and write its hash into the log."`
}

type reconcileRunCmd struct{}

func (c *reconcileRunCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	bar := a.Progress("đối chiếu", -1)
	sum, err := (&reconcile.Store{Pool: pool}).Reconcile(ctx, "cli", a.Now(), func(done int) { _ = bar.Set(done) })
	if err != nil {
		return err
	}
	positions, err := reconcile.Positions(ctx, pool)
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(map[string]any{"summary": sum, "positions": positions})
	}
	fmt.Fprintf(a.Out, "%d dòng đã xem, %d khoản còn chờ giải thích, %d sao kê chờ sao kê trước\n", sum.Lines, sum.Open, sum.Parked)
	w := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "đơn vị\tđến ngày\tngân hàng\tsổ cái\tchưa khớp\tchờ xử lý\tkhớp\t")
	for _, p := range positions {
		agrees := "KHÔNG"
		if p.Agrees {
			agrees = "có"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", p.Office, p.On.Format(time.DateOnly), p.Bank.Grouped(), p.Books.Grouped(), p.Unmatched.Grouped(), p.Suspense.Grouped(), agrees)
	}
	return w.Flush()
}

type breaksCmd struct {
	List    breaksListCmd    `cmd:"" default:"withargs" help:"List what waits to be settled."`
	Propose breaksProposeCmd `cmd:"" help:"Say how a break should be settled."`
	Confirm breaksConfirmCmd `cmd:"" help:"Confirm another person's proposal."`
}

type breaksListCmd struct {
	Office  string `help:"Only this office's, by its code."`
	Settled bool   `help:"With those that are settled."`
}

func (c *breaksListCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	list, err := reconcile.Breaks(ctx, pool, reconcile.BreakFilter{Office: c.Office, Settled: c.Settled}, a.Now())
	if err != nil {
		return err
	}
	if a.JSON {
		if list == nil {
			list = []reconcile.Break{}
		}
		return a.PrintJSON(list)
	}
	w := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "số\tloại\tđơn vị\tsố tiền\tngày\ttuổi\ttrạng thái\tghi chú")
	for _, b := range list {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%d\t%s\t%s %s\n", b.ID, b.Kind, b.Office, b.Amount.Format(), b.OpenedOn.Format(time.DateOnly), b.Age, b.State, b.Note, b.Memo)
	}
	return w.Flush()
}

type breaksProposeCmd struct {
	Break  int64  `arg:"" help:"The number of the break."`
	Action string `arg:"" help:"fee, fund:SCHEME, return:REFERENCE, sendback, recover:PERSON, deposit, surrender:SCHEME, feepaid:RAIL or note."`
	Note   string `required:"" help:"Why; the second person reads it."`
	As     string `required:"" help:"Login of the person who proposes." placeholder:"LOGIN"`
}

func (c *breaksProposeCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	who, err := a.staffID(ctx, c.As)
	if err != nil {
		return err
	}
	if err := (&reconcile.Store{Pool: pool}).Propose(ctx, reconcile.BreakID(c.Break), c.Action, c.Note, who, a.Now()); err != nil {
		return err
	}
	return a.printBreak(ctx, pool, reconcile.BreakID(c.Break))
}

// printBreak shows a break as it is now.
func (a *app) printBreak(ctx context.Context, pool *pgxpool.Pool, id reconcile.BreakID) error {
	list, err := reconcile.Breaks(ctx, pool, reconcile.BreakFilter{ID: id, Settled: true}, a.Now())
	if err != nil {
		return err
	}
	for _, b := range list {
		if a.JSON {
			return a.PrintJSON(b)
		}
		fmt.Fprintf(a.Out, "%d: %s, %s %s\n", b.ID, b.State, b.Action, b.Note)
	}
	return nil
}

type breaksConfirmCmd struct {
	Break int64  `arg:"" help:"The number of the break."`
	As    string `required:"" help:"Login of the person who confirms; not the one who proposed." placeholder:"LOGIN"`
}

func (c *breaksConfirmCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	who, err := a.staffID(ctx, c.As)
	if err != nil {
		return err
	}
	if err := (&reconcile.Store{Pool: pool}).Confirm(ctx, reconcile.BreakID(c.Break), who, a.Now()); err != nil {
		return err
	}
	return a.printBreak(ctx, pool, reconcile.BreakID(c.Break))
}
