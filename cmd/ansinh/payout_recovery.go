package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"ansinh.vn/money"
	"ansinh.vn/payout"
)

// payoutRecoveryCmd is what is done about overpayments.
type payoutRecoveryCmd struct {
	List    recoveryListCmd    `cmd:"" default:"withargs" help:"List who was overpaid; with --person one of them, with all that led to it."`
	Propose recoveryProposeCmd `cmd:"" help:"Propose a decision: instalments a month, or a write-off."`
	Confirm recoveryConfirmCmd `cmd:"" help:"Confirm another person's proposal, as a chairman."`
	Refuse  recoveryRefuseCmd  `cmd:"" help:"Turn a proposal down."`
	Receive recoveryReceiveCmd `cmd:"" help:"Book cash that a person gave back at the desk."`
}

type recoveryListCmd struct {
	Office  string          `help:"Only this office's, by its code."`
	Person  payout.PersonID `help:"Only this person, by number in the system."`
	Settled bool            `help:"With those who owe nothing any more."`
}

func (c *recoveryListCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	if c.Person != 0 {
		d, err := payout.GetDebt(ctx, pool, c.Person)
		if err != nil {
			return err
		}
		return a.PrintJSON(d)
	}
	list := []payout.Debt{}
	for after := payout.PersonID(0); ; after = list[len(list)-1].Person {
		page, err := payout.Debts(ctx, pool, payout.DebtFilter{Office: c.Office, Settled: c.Settled, After: after, Limit: 1000})
		if err != nil {
			return err
		}
		if list = append(list, page...); len(page) < 1000 {
			break
		}
	}
	if a.JSON {
		return a.PrintJSON(list)
	}
	w := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "mã người\thọ tên\tđơn vị\tchi thừa\tđã trừ\tđã nộp lại\tđã xóa\tcòn lại\tmỗi tháng\tchờ xác nhận")
	for _, d := range list {
		each := ""
		if d.Instalment != nil {
			each = d.Instalment.Grouped()
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\n", d.Person, d.Name, d.Office, d.Found.Grouped(), d.SetOff.Grouped(), d.Returned.Grouped(),
			d.WrittenOff.Grouped(), d.Rest.Grouped(), each, d.Waiting)
	}
	return w.Flush()
}

type recoveryProposeCmd struct {
	Person   payout.PersonID     `arg:"" help:"The person's number in the system."`
	Kind     payout.RecoveryKind `arg:"" help:"instalments or write_off."`
	Amount   money.VND           `required:"" help:"Đồng a month at most, or what is written off."`
	Decision string              `required:"" help:"The number of the decision."`
	On       time.Time           `required:"" format:"2006-01-02" help:"The day of the decision."`
	Signer   string              `required:"" help:"Who signed it."`
	Scheme   payout.Scheme       `help:"Of a write-off: whose expense it is; not needed where only one scheme overpaid."`
	Reason   string              `required:"" help:"Why."`
	acting
}

func (c *recoveryProposeCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.who(ctx, a)
	if err != nil {
		return err
	}
	id, err := payout.ProposeRecovery(ctx, pool, payout.RecoveryInput{Person: c.Person, Kind: c.Kind, DecisionNo: c.Decision, DecidedOn: c.On, Signer: c.Signer,
		Scheme: c.Scheme, Amount: c.Amount, Reason: c.Reason, By: who, Now: a.Now()})
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(map[string]any{"id": id})
	}
	fmt.Fprintf(a.Out, "%d: chờ chủ tịch xác nhận\n", id)
	return nil
}

type onRecovery struct {
	ID payout.RecoveryID `arg:"" name:"decision" help:"The number that propose printed."`
	acting
}

type recoveryConfirmCmd struct{ onRecovery }

func (c *recoveryConfirmCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.who(ctx, a)
	if err != nil {
		return err
	}
	return payout.ConfirmRecovery(ctx, pool, c.ID, who, a.Now())
}

type recoveryRefuseCmd struct{ onRecovery }

func (c *recoveryRefuseCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.who(ctx, a)
	if err != nil {
		return err
	}
	return payout.RefuseRecovery(ctx, pool, c.ID, who, a.Now())
}

type recoveryReceiveCmd struct {
	Person  payout.PersonID `arg:"" help:"The person's number in the system."`
	Amount  money.VND       `required:"" help:"Đồng; at most what is owed."`
	Receipt string          `required:"" help:"The number of the receipt slip; once an office."`
	On      time.Time       `format:"2006-01-02" help:"The day it was handed over; default today."`
	Scheme  payout.Scheme   `help:"Whose fund it goes back to; not needed where only one scheme overpaid."`
	Note    string          `help:"Who brought it."`
	acting
}

func (c *recoveryReceiveCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.who(ctx, a)
	if err != nil {
		return err
	}
	if c.On.IsZero() {
		now := a.Now()
		c.On = money.Day(now.Year(), now.Month(), now.Day())
	}
	err = payout.ReceiveCash(ctx, pool, payout.Receipt{Person: c.Person, ReceiptNo: c.Receipt, Scheme: c.Scheme, Amount: c.Amount, On: c.On, Note: c.Note, Now: a.Now()}, who)
	if err != nil {
		return err
	}
	d, err := payout.DebtOf(ctx, pool, c.Person)
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(d)
	}
	fmt.Fprintf(a.Out, "còn phải thu %s\n", d.Rest.Format())
	return nil
}
