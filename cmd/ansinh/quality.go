package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"text/tabwriter"

	"ansinh.vn/beneficiaries"
	"ansinh.vn/internal/sheet"
	"ansinh.vn/internal/text"
)

func init() {
	command("quality", "Chất lượng dữ liệu: đúng, đủ, sạch, sống / how good the data is, as numbers.", &qualityCmd{})
	command("outreach", "Ai còn thiếu số định danh, VNeID, tài khoản, điện thoại / who is to be reached, and how far that is.", &outreachCmd{})
}

type qualityCmd struct {
	Office string `help:"Of one commune, by code." placeholder:"CODE"`
}

func (c *qualityCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	all, err := beneficiaries.Qualities(ctx, pool, c.Office, a.Now())
	if err != nil {
		return err
	}
	total := beneficiaries.SumQuality(all)
	if a.JSON {
		return a.PrintJSON(struct {
			Lists []beneficiaries.Quality `json:"lists"`
			Total beneficiaries.Quality   `json:"total"`
		}{append([]beneficiaries.Quality{}, all...), total})
	}
	w := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "xã\tchính sách\tngười\tđúng ‰\tđủ ‰\tsạch ‰\tsống ‰\t")
	for _, q := range append(all, total) {
		part := func(n int) int { return beneficiaries.PerMille(n, q.People) }
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t\n", q.Office, q.Scheme, q.People, part(q.Right), part(q.Complete), part(q.Clean), part(q.Alive))
	}
	return w.Flush()
}

type outreachCmd struct {
	Office string `help:"Of one commune, by code." placeholder:"CODE"`
	Plan   int64  `help:"The people of one plan, by its number."`
	Out    string `help:"Write the plan's people to this spreadsheet: day, hour, place, what to do." type:"path" placeholder:"FILE.xlsx"`
}

func (c *outreachCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	if c.Plan != 0 {
		return c.plan(ctx, a)
	}
	if c.Out != "" {
		return usageError("--out writes the people of one plan: give --plan too")
	}
	needs, err := beneficiaries.Needs(ctx, pool, c.Office)
	if err != nil {
		return err
	}
	plans, err := beneficiaries.Outreaches(ctx, pool, c.Office)
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(struct {
			Needs []beneficiaries.NeedCount `json:"needs"`
			Plans []beneficiaries.Outreach  `json:"plans"`
		}{append([]beneficiaries.NeedCount{}, needs...), append([]beneficiaries.Outreach{}, plans...)})
	}
	w := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "xã\tđang hưởng\tcòn thiếu\tsố định danh\tVNeID\tchưa rõ VNeID\ttài khoản\tđiện thoại\t")
	for _, n := range needs {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", n.Office, n.People, n.Lacking, n.Number, n.EIdentity, n.NobodySaid, n.Account, n.Phone)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, o := range plans {
		fmt.Fprintf(a.Out, "%d: %s, %s: đã đủ %d trên chỉ tiêu %d (%d người); đã gặp %d, đi vắng %d\n", o.ID, o.OfficeName, o.Title, o.Met, o.Target, o.People, o.Reached, o.Away)
	}
	return nil
}

func (c *outreachCmd) plan(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	box, err := a.Secrets()
	if err != nil {
		return err
	}
	plan, err := beneficiaries.OutreachByID(ctx, pool, beneficiaries.OutreachID(c.Plan))
	if err != nil {
		return refusal(fmt.Sprintf("there is no plan %d: %v", c.Plan, err))
	}
	people, err := beneficiaries.PeopleToReach(ctx, pool, box, plan.ID, beneficiaries.ReachFilter{})
	if err != nil {
		return err
	}
	if c.Out != "" {
		return writeOutreach(c.Out, people)
	}
	if a.JSON {
		return a.PrintJSON(struct {
			beneficiaries.Outreach
			List []beneficiaries.ToReach `json:"list"`
		}{plan, append([]beneficiaries.ToReach{}, people...)})
	}
	for _, p := range people {
		fmt.Fprintf(a.Out, "%s\t%s\t%s\t%s\t%v\t%s\n", p.At, p.Place, p.Hamlet, p.Name, p.Still, p.Result)
	}
	return nil
}

func writeOutreach(path string, people []beneficiaries.ToReach) error {
	f, err := os.Create(path)
	if err != nil {
		return refusal(fmt.Sprintf("--out: %v", err))
	}
	defer f.Close()
	w, err := sheet.NewWriter(f)
	if err != nil {
		return err
	}
	if err := w.Sheet("Đến tận nơi", []string{"Ngày", "Giờ", "Bàn", "Nơi", "Họ tên", "Ngày sinh", "Ấp/khóm", "Địa chỉ", "Điện thoại", "Việc cần làm", "Kết quả", "Ghi chú"},
		12, 8, 6, 26, 26, 12, 16, 34, 14, 40, 18, 30); err != nil {
		return err
	}
	for _, p := range people {
		on, todo := "", ""
		if p.On != nil {
			on = text.Day(*p.On)
		}
		for i, n := range p.Still {
			if i > 0 {
				todo += "; "
			}
			todo += text.Lookup("todo", n).VI
		}
		result := ""
		if p.Result != "" {
			result = text.Lookup("visit", p.Result).VI
		}
		if err := w.Row(on, p.At, p.Desk, p.Place, p.Name, p.Birth, p.Hamlet, p.Address, p.Phone, todo, result, p.Note); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return f.Close()
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
