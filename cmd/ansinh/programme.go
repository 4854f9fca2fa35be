package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"ansinh.vn/internal/text"
	"ansinh.vn/money"
	"ansinh.vn/payout"
)

func init() {
	command("programme", "Chương trình một lần: quà, cứu trợ khẩn cấp / one-off programmes: a gift, an emergency list.", &programmeCmd{})
}

type programmeCmd struct {
	Define  programmeDefineCmd  `cmd:"" help:"Write a programme down: its decision, month, amounts."`
	Take    programmeTakeCmd    `cmd:"" help:"Fill its list: from a CSV file, or with who is entitled to what it has amounts for."`
	Confirm programmeConfirmCmd `cmd:"" help:"Close its list and let it be paid with 'payout prepare --scheme CODE'; not by who wrote it down."`
	List    programmeListCmd    `cmd:"" help:"List programmes."`
	Check   programmeCheckCmd   `cmd:"" help:"List whom it does not agree about, or record what was found out about one."`
}

type programmeDefineCmd struct {
	Code     string            `arg:"" help:"Small letters and digits, such as tet2027: its scheme in runs and books."`
	Name     string            `required:"" help:"Its name, as payments say it."`
	Kind     string            `default:"gift" help:"gift, or emergency: paid first and checked afterwards."`
	Decision string            `required:"" help:"The number of its decision."`
	On       time.Time         `required:"" format:"2006-01-02" help:"The day of the decision."`
	Signer   string            `required:"" help:"Who signed it."`
	Month    money.Month       `required:"" help:"The month in which it is paid."`
	ListedOn time.Time         `format:"2006-01-02" help:"The day as of which its list is closed; default the decision's."`
	Office   string            `help:"One office; none means the province."`
	Amount   map[string]string `placeholder:"SCHEME=AMOUNT" help:"What everybody of a scheme or category gets, such as ncc=600000 or btxh.KT_N=300000."`
	acting
}

func (c *programmeDefineCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.asActor(ctx, a)
	if err != nil {
		return err
	}
	p := payout.Programme{Code: c.Code, Name: c.Name, Kind: c.Kind, DecisionNo: c.Decision, DecidedOn: c.On, SignedBy: c.Signer, Month: c.Month,
		ListedOn: c.ListedOn, Office: c.Office, Amounts: map[string]money.VND{}}
	if p.ListedOn.IsZero() {
		p.ListedOn = c.On
	}
	for key, s := range c.Amount {
		if p.Amounts[key], err = money.Parse(s); err != nil {
			return usageError(fmt.Sprintf("--amount %s=%s: %v", key, s, err))
		}
	}
	return payout.DefineProgramme(ctx, pool, p, who, a.Now())
}

type programmeTakeCmd struct {
	Code string `arg:"" help:"The programme."`
	File string `arg:"" optional:"" type:"existingfile" help:"CSV: so_dinh_danh,ho_ten,so_tien,ly_do; none takes who is entitled."`
	acting
}

func (c *programmeTakeCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.asActor(ctx, a)
	if err != nil {
		return err
	}
	var n int
	problems := []payout.ListProblem{}
	if c.File == "" {
		n, err = payout.TakeEntitled(ctx, pool, c.Code, who, a.Now())
	} else {
		box, boxErr := a.Secrets()
		if boxErr != nil {
			return boxErr
		}
		f, openErr := os.Open(c.File)
		if openErr != nil {
			return openErr
		}
		defer f.Close()
		n, problems, err = payout.TakeList(ctx, pool, box, c.Code, filepath.Base(c.File), f, who, a.Now())
	}
	if err != nil {
		return err
	}
	if a.JSON {
		if err := a.PrintJSON(map[string]any{"taken": n, "problems": problems}); err != nil {
			return err
		}
	} else {
		for _, p := range problems {
			fmt.Fprintf(a.Out, "dòng %d, %s: %s\n", p.Row, p.Name, p.Why)
		}
		fmt.Fprintf(a.Out, "nhận %d người\n", n)
	}
	if len(problems) > 0 {
		return &payout.Refusal{Reason: fmt.Sprintf("%s: %d rows cannot be taken, so none is: correct them and take the list again", c.File, len(problems))}
	}
	return nil
}

type programmeConfirmCmd struct {
	Code string `arg:"" help:"The programme."`
	acting
}

func (c *programmeConfirmCmd) Run(ctx context.Context, a *app) error {
	pool, who, err := c.asActor(ctx, a)
	if err != nil {
		return err
	}
	return payout.ConfirmProgramme(ctx, pool, c.Code, who, a.Now())
}

type programmeListCmd struct {
	Office string `help:"Those of the province and of this office."`
}

func (c *programmeListCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	list, err := payout.Programmes(ctx, pool, c.Office)
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(list)
	}
	w := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	for _, p := range list {
		state := "chờ xác nhận"
		if p.ConfirmedAt != nil {
			state = "đã xác nhận"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d người\t%s\tđã chi %d\t%s\n", p.Code, p.Name, text.Month(p.Month), state, p.N, p.Total.Format(), p.PaidN, p.Paid.Format())
	}
	return w.Flush()
}

type programmeCheckCmd struct {
	Code   string          `arg:"" help:"The programme."`
	Office string          `help:"Only this office's people."`
	Person payout.PersonID `help:"Record about this person what was found out."`
	Right  int64           `default:"-1" help:"The amount in đồng that would have been right, 0 for nothing."`
	Words  string          `help:"What was found out."`
	As     string          `help:"Login of the person who records it." placeholder:"LOGIN"`
}

func (c *programmeCheckCmd) Run(ctx context.Context, a *app) error {
	if c.Person != 0 {
		if c.As == "" || c.Right < 0 {
			return usageError("say --right, --words and --as with --person")
		}
		pool, who, err := (&acting{As: c.As}).asActor(ctx, a)
		if err != nil {
			return err
		}
		return payout.CheckGranted(ctx, pool, c.Code, c.Person, money.VND(c.Right), c.Words, who, a.Now())
	}
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	list, err := payout.Discrepancies(ctx, pool, c.Code, c.Office)
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(list)
	}
	w := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	for _, d := range list {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\tđã chi %s\tđúng ra %s\t%s\n", d.Person, d.Name, d.Hamlet, text.Lookup("outcome", d.Outcome).VI, d.Paid.Format(), d.Right.Format(), d.Words)
	}
	return w.Flush()
}
