package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"ansinh.vn/beneficiaries"
	"ansinh.vn/internal/text"
)

func init() {
	command("payee", "Người nhận: chính mình, người giám hộ, người được ủy quyền / who collects for a person; two people change it.", &payeeCmd{})
}

type payeeCmd struct {
	Propose payeeProposeCmd `cmd:"" help:"Write down who is to collect, and how."`
	Confirm payeeConfirmCmd `cmd:"" help:"Let it count; not by who proposed it."`
	Refuse  payeeRefuseCmd  `cmd:"" help:"Turn it down, or take it back."`
	List    payeeListCmd    `cmd:"" help:"List changes of payees, newest first."`
}

type payeeProposeCmd struct {
	Person        beneficiaries.PersonID `required:"" help:"The number of the person here."`
	Kind          string                 `required:"" help:"self, guardian (until 16, or a decision) or recipient (at most 12 months)."`
	Ground        string                 `help:"Of a guardian: child or incapacitated."`
	Name          string                 `help:"Who collects."`
	Number        string                 `help:"Their personal number."`
	Relation      string                 `help:"What they are to the person."`
	Authorisation string                 `help:"The paper: of a recipient the authorisation, of a guardian what says so."`
	Until         time.Time              `format:"2006-01-02" help:"Of a recipient: the day on which the authorisation ends."`
	Way           string                 `default:"cash" help:"cash or bank."`
	Bank          string                 `help:"The bank, by name or number."`
	Account       string                 `help:"The account."`
	Holder        string                 `help:"The name of its holder."`
	Reason        string                 `required:"" help:"Why."`
	acting
}

func (c *payeeProposeCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.asActor(ctx, a)
	if err != nil {
		return err
	}
	box, err := a.Secrets()
	if err != nil {
		return err
	}
	change := beneficiaries.PayeeChange{Person: c.Person, Kind: c.Kind, Ground: c.Ground, Name: c.Name, Number: c.Number, Relation: c.Relation,
		AuthorisationNo: c.Authorisation, Way: c.Way, Bank: c.Bank, Account: c.Account, Holder: c.Holder, Reason: c.Reason}
	if !c.Until.IsZero() {
		change.AuthorisedUntil = &c.Until
	}
	id, err := beneficiaries.ProposePayee(ctx, pool, box, change, who, a.Now())
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(map[string]any{"change": id})
	}
	fmt.Fprintf(a.Out, "thay đổi số %d, chờ người thứ hai xác nhận\n", id)
	return nil
}

type payeeConfirmCmd struct {
	Change int64 `arg:"" help:"The number of the change."`
	acting
}

func (c *payeeConfirmCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.asActor(ctx, a)
	if err != nil {
		return err
	}
	return beneficiaries.ConfirmPayee(ctx, pool, c.Change, who, a.Now())
}

type payeeRefuseCmd struct {
	Change int64  `arg:"" help:"The number of the change."`
	Reason string `required:"" help:"Why."`
	acting
}

func (c *payeeRefuseCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.asActor(ctx, a)
	if err != nil {
		return err
	}
	return beneficiaries.RefusePayee(ctx, pool, c.Change, c.Reason, who, a.Now())
}

type payeeListCmd struct {
	Office  string                 `help:"Only this office's people."`
	Person  beneficiaries.PersonID `help:"Only this person."`
	Waiting bool                   `help:"Only those that nobody has decided."`
}

func (c *payeeListCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	box, err := a.Secrets()
	if err != nil {
		return err
	}
	list, err := beneficiaries.PayeeChanges(ctx, pool, box, c.Office, c.Person, c.Waiting)
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(list)
	}
	w := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	for _, x := range list {
		fmt.Fprintf(w, "%d\t%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\n", x.ID, x.State(), x.Office, x.Person, x.PersonName, text.Lookup("payee", x.Kind).VI, x.Name, x.Way, x.Account)
	}
	return w.Flush()
}
