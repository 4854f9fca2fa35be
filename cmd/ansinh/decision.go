package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/beneficiaries"
	"ansinh.vn/internal/text"
	"ansinh.vn/money"
	"ansinh.vn/payout"
	"ansinh.vn/staff"
)

func init() {
	command("decision", "Quyết định hưởng, điều chỉnh, tạm dừng, thôi hưởng, chuyển xã / what people are entitled to, decision by decision.", &decisionCmd{})
}

type decisionCmd struct {
	Draft    decisionDraftCmd    `cmd:"" help:"Write down a decision as proposed, and show what it would do to the months."`
	List     decisionListCmd     `cmd:"" help:"List decisions, newest first."`
	Show     decisionShowCmd     `cmd:"" help:"Show one with its effect on the months."`
	Confirm  decisionConfirmCmd  `cmd:"" help:"Make a draft a decision: with its number, day and signer; not by who drafted it."`
	Refuse   decisionRefuseCmd   `cmd:"" help:"Turn a draft down, or take it back."`
	Propose  decisionProposeCmd  `cmd:"" help:"Draft suspensions of who has not collected for three months."`
	Signer   decisionSignerCmd   `cmd:"" help:"Record who may sign for an office, and list who may."`
	Reassess decisionReassessCmd `cmd:"" help:"Set the day of a re-assessment, record what came of one, list what is due."`
}

// asActor finds the member of staff that a command acts for, as the audit log names them.
func (c *acting) asActor(ctx context.Context, a *app) (*pgxpool.Pool, string, error) {
	pool, err := a.DB(ctx)
	if err != nil {
		return nil, "", err
	}
	p, err := staff.Open(pool).ByLogin(ctx, c.As)
	return pool, p.Actor(), err
}

type decisionDraftCmd struct {
	Kind           beneficiaries.RulingKind `arg:"" enum:"grant,change,suspend,resume,stop,transfer" help:"grant, change, suspend, resume, stop or transfer."`
	Person         beneficiaries.PersonID   `required:"" help:"The number of the person here."`
	From           money.Month              `help:"The first month that it changes."`
	LastPaid       money.Month              `help:"Instead of --from: the last month before it takes effect, as stops and transfers say."`
	Reason         string                   `required:"" help:"Why, in words."`
	Entitlement    []int64                  `help:"Only these entitlements; none means all that the person has."`
	Scheme         string                   `help:"Of a grant or change: btxh, htxh or ncc."`
	Category       string                   `help:"Of a grant or change: such as KT_N."`
	Until          money.Month              `help:"Of a grant or change: its last month; none is open."`
	Children       *int                     `help:"Children of a single parent."`
	InjuryPercent  *int                     `help:"Percentage of injury."`
	SeniorityUnits *int                     `help:"Units of seniority."`
	Ground         string                   `help:"Of a suspension: uncollected, detained, refused_assessment or other."`
	ToOffice       string                   `help:"Of a transfer: the code of the other office."`
	acting
}

func (c *decisionDraftCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.asActor(ctx, a)
	if err != nil {
		return err
	}
	if c.From.IsZero() == c.LastPaid.IsZero() {
		return usageError("say --from, the first month that it changes, or --last-paid, the last before it")
	}
	if c.From.IsZero() {
		c.From = c.LastPaid + 1
	}
	id, err := beneficiaries.DraftRuling(ctx, pool, beneficiaries.Ruling{Kind: c.Kind, Person: c.Person, From: c.From, Reason: c.Reason, Entitlements: c.Entitlement,
		Scheme: c.Scheme, Category: c.Category, Last: c.Until, Children: c.Children, InjuryPercent: c.InjuryPercent, SeniorityUnits: c.SeniorityUnits,
		Ground: c.Ground, ToOffice: c.ToOffice}, who, a.Now())
	if err != nil {
		return err
	}
	return a.showRuling(ctx, pool, id)
}

// showRuling prints a decision with its effect: as it was confirmed, or as it would be now.
func (a *app) showRuling(ctx context.Context, pool *pgxpool.Pool, id beneficiaries.RulingID) error {
	r, err := beneficiaries.RulingByID(ctx, pool, id)
	if err != nil {
		return err
	}
	e, err := payout.EffectShown(ctx, pool, r, a.Now())
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(map[string]any{"decision": r, "effect": e, "shown": e.Token()})
	}
	fmt.Fprintf(a.Out, "%d  %s  %s  %s (%d)  từ tháng %s  %s\n%s\n", r.ID, r.State(), text.Lookup("ruling", string(r.Kind)).VI, r.Name, r.Person, text.Month(r.From), r.OfficeName, r.Reason)
	if r.Number != "" {
		fmt.Fprintf(a.Out, "số %s ngày %s\n", r.Number, text.Day(*r.SignedOn))
	}
	w := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "tháng\ttrước\tsau\tđã chi\ttăng/giảm\t")
	for _, m := range e.Months {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t\n", text.Month(m.Month), m.Before.Grouped(), m.After.Grouped(), m.Paid.Grouped(), m.Change().Grouped())
	}
	fmt.Fprintf(w, "truy lĩnh\t%s\ttruy thu\t%s\tmỗi tháng sau %s\t\n", e.Arrears.Grouped(), e.Clawback.Grouped(), e.Monthly.Grouped())
	if err := w.Flush(); err != nil {
		return err
	}
	if r.State() == "draft" {
		fmt.Fprintf(a.Out, "xác nhận: ansinh decision confirm %d --shown %s\n", r.ID, e.Token())
	}
	return nil
}

type decisionListCmd struct {
	Office string                   `help:"Only this office's."`
	Person beneficiaries.PersonID   `help:"Only about this person."`
	State  string                   `help:"draft, confirmed or refused."`
	Kind   beneficiaries.RulingKind `help:"Only this kind."`
	Before beneficiaries.RulingID   `help:"Only older than this number: the next page."`
}

func (c *decisionListCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	list, err := beneficiaries.Rulings(ctx, pool, beneficiaries.RulingFilter{Office: c.Office, Person: c.Person, State: c.State, Kind: c.Kind, Before: c.Before})
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(list)
	}
	w := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	for _, r := range list {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%d\t%s\ttừ %s\t%s\n", r.ID, r.Office, r.State(), text.Lookup("ruling", string(r.Kind)).VI, r.Person, r.Name, text.Month(r.From), r.Number)
	}
	return w.Flush()
}

type decisionShowCmd struct {
	Decision beneficiaries.RulingID `arg:"" help:"The number of the decision here."`
}

func (c *decisionShowCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	return a.showRuling(ctx, pool, c.Decision)
}

type decisionConfirmCmd struct {
	Decision beneficiaries.RulingID `arg:"" help:"The number of the draft here."`
	Number   string                 `required:"" help:"The decision's own number, such as 412/QĐ-UBND."`
	On       time.Time              `required:"" format:"2006-01-02" help:"The day on which it was signed."`
	Signer   int64                  `required:"" help:"Who signed it: a number of 'ansinh decision signer'."`
	Shown    string                 `required:"" help:"The token of the effect that 'draft' or 'show' printed."`
	acting
}

func (c *decisionConfirmCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.asActor(ctx, a)
	if err != nil {
		return err
	}
	err = payout.ConfirmRuling(ctx, pool, beneficiaries.Confirmation{Ruling: c.Decision, Number: c.Number, SignedOn: c.On, Signer: c.Signer, By: who, Now: a.Now()}, c.Shown)
	if err != nil {
		return err
	}
	return a.showRuling(ctx, pool, c.Decision)
}

type decisionRefuseCmd struct {
	Decision beneficiaries.RulingID `arg:"" help:"The number of the draft here."`
	Reason   string                 `required:"" help:"Why."`
	acting
}

func (c *decisionRefuseCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.asActor(ctx, a)
	if err != nil {
		return err
	}
	return beneficiaries.RefuseRuling(ctx, pool, c.Decision, c.Reason, who, a.Now())
}

type decisionProposeCmd struct {
	Office string `help:"Only this office's people."`
}

func (c *decisionProposeCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	drafts, err := payout.ProposeSuspensions(ctx, pool, c.Office, a.Now())
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(map[string]any{"drafts": drafts})
	}
	fmt.Fprintf(a.Out, "%d dự thảo tạm dừng\n", len(drafts))
	return nil
}
