package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/bank"
	"ansinh.vn/money"
	"ansinh.vn/reconcile"
)

// officeDay names the bank account of an office and a day.
type officeDay struct {
	Office string `required:"" help:"Whose bank account, by the office's code." placeholder:"CODE"`
	Day    string `required:"" help:"Which day." placeholder:"YYYY-MM-DD"`
}

func (o officeDay) of(ctx context.Context, pool *pgxpool.Pool) (bank.RailAccountID, time.Time, error) {
	on, err := money.ParseDay(o.Day)
	if err != nil {
		return 0, on, usageError(err.Error())
	}
	account, err := bank.AccountOf(ctx, pool, o.Office, "bank")
	return account.ID, on, err
}

type reconcileSheetCmd struct {
	officeDay
	Out string `help:"Write it as a spreadsheet." placeholder:"F.xlsx"`
}

func (c *reconcileSheetCmd) Run(ctx context.Context, a *app) (err error) {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	account, on, err := c.of(ctx, pool)
	if err != nil {
		return err
	}
	s, err := reconcile.DaySheet(ctx, pool, account, on)
	if err != nil {
		return err
	}
	if c.Out != "" {
		f, err := os.Create(c.Out)
		if err != nil {
			return err
		}
		if err := errors.Join(s.Write(f), f.Close()); err != nil {
			return err
		}
	}
	return a.printSheet(s)
}

type reconcileCloseCmd struct {
	officeDay
	As string `required:"" help:"Login of the accountant who closes the day." placeholder:"LOGIN"`
}

func (c *reconcileCloseCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	account, on, err := c.of(ctx, pool)
	if err != nil {
		return err
	}
	who, err := a.staffID(ctx, c.As)
	if err != nil {
		return err
	}
	s, err := (&reconcile.Store{Pool: pool}).CloseDay(ctx, account, on, who, a.Now())
	if err != nil {
		return err
	}
	return a.printSheet(s)
}

func (a *app) printSheet(s reconcile.Sheet) error {
	if a.JSON {
		return a.PrintJSON(s)
	}
	fmt.Fprintf(a.Out, "%s, tài khoản %s, hết ngày %s\n", s.OfficeName, s.Number, s.Day.Format("02/01/2006"))
	fmt.Fprintf(a.Out, "  số dư ngân hàng   %20s\n  đã giải thích     %20s  (%d khoản)\n  sổ cái 112        %20s\n  chờ xử lý: %d khoản; đã gửi chưa trừ: %s\n",
		s.Bank.Format(), s.Explained.Format(), len(s.Items), s.Books.Format(), len(s.Suspense), s.Transit.Format())
	switch {
	case s.ClosedBy != "":
		fmt.Fprintf(a.Out, "  đã khóa: %s, %s\n", s.ClosedBy, s.ClosedAt.Format("15:04 02/01/2006"))
	case s.Ready:
		fmt.Fprintln(a.Out, "  khớp, chưa khóa")
	default:
		fmt.Fprintln(a.Out, "  chưa khóa được: "+s.Why)
	}
	return nil
}
