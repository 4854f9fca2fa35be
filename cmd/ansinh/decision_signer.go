package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"ansinh.vn/beneficiaries"
	"ansinh.vn/internal/text"
)

type decisionSignerCmd struct {
	Add  signerAddCmd  `cmd:"" help:"Record who may sign."`
	List signerListCmd `cmd:"" help:"List who may sign."`
}

type signerAddCmd struct {
	Office        string    `required:"" help:"The code of the office."`
	Name          string    `required:"" help:"The signer's name."`
	Acting        bool      `help:"Acts for the chairman, by an authorisation."`
	Authorisation string    `help:"The number of that authorisation."`
	From          time.Time `required:"" format:"2006-01-02" help:"The first day."`
	Until         time.Time `format:"2006-01-02" help:"The last day; an authorisation must have one."`
	acting
}

func (c *signerAddCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.asActor(ctx, a)
	if err != nil {
		return err
	}
	s := beneficiaries.Signer{Office: c.Office, Name: c.Name, Capacity: "chairman", AuthorisationNo: c.Authorisation, ValidFrom: c.From}
	if c.Acting {
		s.Capacity = "acting"
	}
	if !c.Until.IsZero() {
		s.ValidUntil = &c.Until
	}
	id, err := beneficiaries.AddSigner(ctx, pool, s, who, a.Now())
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(map[string]any{"signer": id})
	}
	fmt.Fprintf(a.Out, "người ký số %d\n", id)
	return nil
}

type signerListCmd struct {
	Office string    `help:"Only this office's."`
	On     time.Time `format:"2006-01-02" help:"Only who may sign on this day."`
}

func (c *signerListCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	list, err := beneficiaries.Signers(ctx, pool, c.Office, c.On)
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(list)
	}
	w := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	for _, s := range list {
		until := "không hạn"
		if s.ValidUntil != nil {
			until = text.Day(*s.ValidUntil)
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s – %s\n", s.ID, s.Office, s.Name, text.Lookup("signer", s.Capacity).VI, s.AuthorisationNo, text.Day(s.ValidFrom), until)
	}
	return w.Flush()
}

type decisionReassessCmd struct {
	Set  reassessSetCmd  `cmd:"" help:"Set the day of a re-assessment."`
	Done reassessDoneCmd `cmd:"" help:"Record what came of one; a refusal drafts a suspension."`
	List reassessListCmd `cmd:"" help:"List what is due by a day."`
}

type reassessSetCmd struct {
	Person      beneficiaries.PersonID `required:"" help:"The number of the person here."`
	Kind        string                 `required:"" help:"disability, study, poverty or other."`
	Due         time.Time              `required:"" format:"2006-01-02" help:"The day by which."`
	Entitlement int64                  `help:"Which entitlement depends on it."`
	Note        string                 `help:"A note."`
	acting
}

func (c *reassessSetCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.asActor(ctx, a)
	if err != nil {
		return err
	}
	id, err := beneficiaries.SetReassessment(ctx, pool, beneficiaries.Reassessment{Person: c.Person, Entitlement: c.Entitlement, Kind: c.Kind, DueOn: c.Due, Note: c.Note}, who, a.Now())
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(map[string]any{"reassessment": id})
	}
	fmt.Fprintf(a.Out, "lần đánh giá số %d\n", id)
	return nil
}

type reassessDoneCmd struct {
	Reassessment int64  `arg:"" help:"Its number."`
	Result       string `required:"" help:"kept, changed, ended or refused."`
	Note         string `help:"A note."`
	acting
}

func (c *reassessDoneCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.asActor(ctx, a)
	if err != nil {
		return err
	}
	draft, err := beneficiaries.EndReassessment(ctx, pool, c.Reassessment, c.Result, c.Note, who, a.Now())
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(map[string]any{"draft": draft})
	}
	if draft != 0 {
		fmt.Fprintf(a.Out, "đã dự thảo quyết định tạm dừng số %d\n", draft)
	}
	return nil
}

type reassessListCmd struct {
	Office string    `help:"Only this office's people."`
	By     time.Time `required:"" format:"2006-01-02" help:"Due by this day."`
}

func (c *reassessListCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	list, err := beneficiaries.Reassessments(ctx, pool, c.Office, c.By)
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(list)
	}
	w := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	for _, r := range list {
		fmt.Fprintf(w, "%d\t%s\t%s\t%d\t%s\t%s\n", r.ID, text.Day(r.DueOn), r.Kind, r.Person, r.Name, r.Note)
	}
	return w.Flush()
}
