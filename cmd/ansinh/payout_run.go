package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/bank"
	"ansinh.vn/money"
	"ansinh.vn/payout"
)

// onRun is a command about one run by somebody.
type onRun struct {
	ID payout.RunID `arg:"" name:"run" help:"The number of the run."`
	acting
}

// printRun shows the run as it is now.
func (a *app) printRun(ctx context.Context, pool *pgxpool.Pool, id payout.RunID) error {
	r, err := payout.Get(ctx, pool, id)
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(r)
	}
	return a.printRuns([]payout.Run{r})
}

type payoutSubmitCmd struct{ onRun }

func (c *payoutSubmitCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.who(ctx, a)
	if err != nil {
		return err
	}
	if _, err := payout.Submit(ctx, pool, c.ID, who, a.Now()); err != nil {
		return err
	}
	return a.printRun(ctx, pool, c.ID)
}

type payoutApproveCmd struct {
	onRun
	Key string `required:"" type:"existingfile" help:"The private key (PKCS#8 PEM) whose public half is enrolled to the person."`
}

func (c *payoutApproveCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.who(ctx, a)
	if err != nil {
		return err
	}
	key, err := os.ReadFile(c.Key)
	if err != nil {
		return err
	}
	r, err := payout.Get(ctx, pool, c.ID)
	if err != nil {
		return err
	}
	signed, err := payout.Sign(ctx, pool, r, who, key)
	if err != nil {
		return err
	}
	if _, err := payout.Approve(ctx, pool, signed, a.Now()); err != nil {
		return err
	}
	return a.printRun(ctx, pool, c.ID)
}

type payoutRejectCmd struct {
	onRun
	Reason string `required:"" help:"Why it is refused."`
}

func (c *payoutRejectCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.who(ctx, a)
	if err != nil {
		return err
	}
	if err := payout.Reject(ctx, pool, c.ID, who, c.Reason, a.Now()); err != nil {
		return err
	}
	return a.printRun(ctx, pool, c.ID)
}

type payoutVoidCmd struct {
	onRun
	Reason string `required:"" help:"Why it is withdrawn."`
}

func (c *payoutVoidCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.who(ctx, a)
	if err != nil {
		return err
	}
	if err := payout.Void(ctx, pool, c.ID, who, c.Reason, a.Now()); err != nil {
		return err
	}
	return a.printRun(ctx, pool, c.ID)
}

type payoutCloseCmd struct{ onRun }

func (c *payoutCloseCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.who(ctx, a)
	if err != nil {
		return err
	}
	if err := payout.Close(ctx, pool, c.ID, who, a.Now()); err != nil {
		return err
	}
	return a.printRun(ctx, pool, c.ID)
}

type payoutSendCmd struct {
	onRun
	Account   []bank.RailAccountID `help:"Only these rail accounts; none means all of the office." placeholder:"ID"`
	On        time.Time            `format:"2006-01-02" help:"The day the bank is asked to execute; default today."`
	BankURL   string               `name:"bank-url" help:"Send the messages to this bank over HTTP." placeholder:"URL"`
	BankToken string               `name:"bank-token" env:"ANSINH_BANK_TOKEN" help:"Bearer token for the bank." placeholder:"TOKEN"`
	Drop      string               `type:"existingdir" help:"Drop the messages into this directory instead." placeholder:"DIR"`
	Save      string               `type:"existingdir" help:"Also write the messages and the cash list as files here." placeholder:"DIR"`
}

// sentMessage is what `payout send` prints of a message.
type sentMessage struct {
	ID    string     `json:"id"`
	Kind  string     `json:"kind"`
	N     int        `json:"n"`
	Total money.VND  `json:"total"`
	State bank.State `json:"state"`
}

func (c *payoutSendCmd) Run(ctx context.Context, a *app) error {
	if c.BankURL != "" && c.Drop != "" {
		return usageError("give --bank-url or --drop, not both")
	}
	pool, who, err := c.who(ctx, a)
	if err != nil {
		return err
	}
	box, err := a.Secrets()
	if err != nil {
		return err
	}
	if c.On.IsZero() {
		now := a.Now()
		c.On = money.Day(now.Year(), now.Month(), now.Day())
	}
	if len(c.Account) == 0 {
		rows, err := pool.Query(ctx, `select a.id from rail_account a join run r on r.office = a.office where r.id = $1 order by a.id`, c.ID)
		if err != nil {
			return err
		}
		if c.Account, err = pgx.CollectRows(rows, pgx.RowTo[bank.RailAccountID]); err != nil {
			return err
		}
	}
	out := []sentMessage{}
	for _, account := range c.Account {
		s, err := payout.Instruct(ctx, pool, box, payout.InstructInput{Run: c.ID, Account: account, RequestedOn: c.On, By: who, Now: a.Now()})
		if errors.Is(err, payout.ErrNothing) {
			continue
		}
		if err != nil {
			return err
		}
		for _, id := range s.Messages {
			m, err := c.hand(ctx, a, pool, id)
			if err != nil {
				return err
			}
			out = append(out, m)
		}
	}
	if a.JSON {
		return a.PrintJSON(out)
	}
	for _, m := range out {
		fmt.Fprintf(a.Out, "%s\t%s\t%d\t%s\t%s\n", m.ID, m.Kind, m.N, m.Total.Format(), m.State)
	}
	return nil
}

// hand gives a made message to the bank; one whose answer was lost is asked about.
func (c *payoutSendCmd) hand(ctx context.Context, a *app, pool *pgxpool.Pool, id string) (s sentMessage, err error) {
	m, err := bank.Load(ctx, pool, id)
	if err != nil {
		return s, err
	}
	if c.Save != "" {
		ext := map[string]string{"pain001": ".xml", "list": ".xlsx"}[m.Kind]
		if err := os.WriteFile(filepath.Join(c.Save, id+ext), m.Content, 0o600); err != nil {
			return s, err
		}
	}
	var rail bank.Rail
	switch {
	case c.BankURL != "":
		rail = &bank.HTTPRail{Base: c.BankURL, Token: c.BankToken, Client: &http.Client{Timeout: 5 * time.Minute}}
	case c.Drop != "":
		rail = &bank.FileRail{Out: c.Drop}
	}
	if rail != nil && m.Kind == "pain001" {
		switch m.State {
		case bank.Made:
			_, err = bank.Send(ctx, pool, rail, id, a.Now())
		case bank.Sent, bank.Unknown:
			_, err = bank.Ask(ctx, pool, rail, id, a.Now())
		}
		if err != nil {
			return s, err
		}
		if m, err = bank.Load(ctx, pool, id); err != nil {
			return s, err
		}
	}
	return sentMessage{ID: id, Kind: m.Kind, N: m.N, Total: m.Total, State: m.State}, nil
}

type payoutCashCmd struct {
	onRun
	File string `arg:"" type:"existingfile" help:"CSV: end_to_end_id,collected,on,note."`
}

func (c *payoutCashCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.who(ctx, a)
	if err != nil {
		return err
	}
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	results, err := payout.ReadCashResults(payout.Named{Name: c.File, Reader: f})
	if err != nil {
		return err
	}
	if err := payout.RecordCash(ctx, pool, c.ID, results, who, a.Now()); err != nil {
		return err
	}
	r, err := payout.Get(ctx, pool, c.ID)
	if err != nil {
		return err
	}
	if _, err := payout.ProposeSuspensions(ctx, pool, r.Office, a.Now()); err != nil {
		return err
	}
	return a.printRun(ctx, pool, c.ID)
}
