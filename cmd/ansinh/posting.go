package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"ansinh.vn/beneficiaries"
	"ansinh.vn/internal/text"
)

func init() {
	command("posting", "Niêm yết công khai danh sách đề nghị hưởng / lists of grants that hang out for two working days.", &postingCmd{})
}

type postingCmd struct {
	Make   postingMakeCmd   `cmd:"" help:"Hang out every drafted grant of an office that waits for it."`
	Show   postingShowCmd   `cmd:"" help:"Show a list as it hangs out; without a number, list them."`
	Object postingObjectCmd `cmd:"" help:"Write down an objection; its decision waits for the answer."`
	Settle postingSettleCmd `cmd:"" help:"Answer an objection."`
	End    postingEndCmd    `cmd:"" help:"Take a list down early: it counts for nothing."`
}

type postingMakeCmd struct {
	Office string `required:"" help:"The code of the office."`
	Place  string `required:"" help:"Where it hangs."`
	acting
}

func (c *postingMakeCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.asActor(ctx, a)
	if err != nil {
		return err
	}
	box, err := a.Secrets()
	if err != nil {
		return err
	}
	id, err := beneficiaries.PostGrants(ctx, pool, box, c.Office, c.Place, who, a.Now())
	if err != nil {
		return err
	}
	return (&postingShowCmd{List: id}).Run(ctx, a)
}

type postingShowCmd struct {
	List   int64  `arg:"" optional:"" help:"The number of the list."`
	Office string `help:"Only this office's."`
}

func (c *postingShowCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	if c.List == 0 {
		lists, err := beneficiaries.PublicLists(ctx, pool, c.Office)
		if err != nil {
			return err
		}
		if a.JSON {
			return a.PrintJSON(lists)
		}
		for _, l := range lists {
			fmt.Fprintf(w, "%d\t%s\t%s\t%s – %s\t%d người\t%s\n", l.ID, l.Office, l.Place, text.Day(l.PostedOn), text.Day(l.UntilOn), l.N, l.EndedWhy)
		}
		return w.Flush()
	}
	l, err := beneficiaries.PublicListByID(ctx, pool, c.List)
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(l)
	}
	fmt.Fprintf(a.Out, "%s, %s\nniêm yết tại %s từ %s đến hết %s\n", l.Title, l.OfficeName, l.Place, text.Day(l.PostedOn), text.Day(l.UntilOn))
	for _, r := range l.Rows {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\ttừ %s\n", r.N, r.Name, r.BirthYear, r.Hamlet, r.Number, r.Category, text.Month(r.From))
	}
	for _, o := range l.Objections {
		fmt.Fprintf(w, "ý kiến %d\t%s\t%s\n", o.ID, o.Words, o.Answer)
	}
	return w.Flush()
}

type postingObjectCmd struct {
	List  int64  `arg:"" help:"The number of the list."`
	Row   int    `help:"Which row; none means the whole list."`
	Words string `required:"" help:"What is objected."`
	acting
}

func (c *postingObjectCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.asActor(ctx, a)
	if err != nil {
		return err
	}
	id, err := beneficiaries.TakeObjection(ctx, pool, c.List, c.Row, c.Words, who, a.Now())
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(map[string]any{"objection": id})
	}
	fmt.Fprintf(a.Out, "ý kiến số %d\n", id)
	return nil
}

type postingSettleCmd struct {
	Objection int64  `arg:"" help:"The number of the objection."`
	Answer    string `required:"" help:"What the office answered."`
	acting
}

func (c *postingSettleCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.asActor(ctx, a)
	if err != nil {
		return err
	}
	return beneficiaries.SettleObjection(ctx, pool, c.Objection, c.Answer, who, a.Now())
}

type postingEndCmd struct {
	List   int64  `arg:"" help:"The number of the list."`
	Reason string `required:"" help:"Why."`
	acting
}

func (c *postingEndCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.asActor(ctx, a)
	if err != nil {
		return err
	}
	return beneficiaries.TakeDown(ctx, pool, c.List, c.Reason, who, a.Now())
}
