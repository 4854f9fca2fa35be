package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"ansinh.vn/beneficiaries"
	"ansinh.vn/internal/text"
)

func init() {
	command("list", "Các danh sách đã nhận / what lists came, what they changed, who accepted them.", &listCmd{})
}

type listCmd struct {
	Show   listShowCmd   `cmd:"" default:"withargs" help:"The lists, newest first; or one, with what it changed against the version before."`
	Accept listAcceptCmd `cmd:"" help:"Accept a list that waits; not by who imported it."`
	Refuse listRefuseCmd `cmd:"" help:"Refuse a list that waits: what it brought stays held."`
}

type listShowCmd struct {
	List    int64  `arg:"" optional:"" help:"One list, by its number."`
	Office  string `help:"Of one commune, by code." placeholder:"CODE"`
	Waiting bool   `help:"Only those that nobody has accepted yet."`
}

func (c *listShowCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	if c.List != 0 {
		return c.one(ctx, a)
	}
	var lists []beneficiaries.List
	if c.Waiting {
		lists, err = beneficiaries.WaitingLists(ctx, pool, c.Office)
	} else {
		lists, err = beneficiaries.Lists(ctx, pool, beneficiaries.ListFilter{Office: c.Office, Limit: 10_000})
	}
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(append([]beneficiaries.List{}, lists...))
	}
	w := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "số\tloại\txã\tchính sách\tlần\tnhận\tnhập\ttạm gác\tcòn gác\tchấp nhận\ttệp")
	for _, l := range lists {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%s\t%s\n", l.ID, text.Lookup("list", l.Kind).VI, orDash(l.Office), orDash(l.Scheme), l.Version,
			l.Received, l.Imported, l.Quarantined, l.Open, acceptedBy(l), l.FileName)
	}
	return w.Flush()
}

func orDash(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}

func acceptedBy(l beneficiaries.List) string {
	switch {
	case l.Verdict == nil && l.Waits:
		return "chờ"
	case l.Verdict == nil:
		return "-"
	case l.Verdict.Accepted:
		return l.Verdict.By
	}
	return "từ chối: " + l.Verdict.By
}

func (c *listShowCmd) one(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	out := struct {
		beneficiaries.List
		Differences []beneficiaries.Change `json:"differences"`
	}{Differences: []beneficiaries.Change{}}
	if out.List, err = beneficiaries.ListByID(ctx, pool, beneficiaries.ListID(c.List)); errors.Is(err, beneficiaries.ErrNoList) {
		return refusal(fmt.Sprintf("there is no list %d", c.List))
	} else if err != nil {
		return err
	}
	changes, err := beneficiaries.Changes(ctx, pool, out.ID)
	if err != nil {
		return err
	}
	out.Differences = append(out.Differences, changes...)
	if a.JSON {
		return a.PrintJSON(out)
	}
	fmt.Fprintf(a.Out, "%s (%x)\nnhận %d = nhập %d + tạm gác %d, còn gác %d; nhập bởi %s ngày %s; chấp nhận: %s\n", out.FileName, out.SHA256, out.Received, out.Imported,
		out.Quarantined, out.Open, out.ImportedBy, text.Time(out.ImportedAt), acceptedBy(out.List))
	for _, d := range out.Differences {
		fmt.Fprintf(a.Out, "%s\t%s\t%s", text.Lookup("change", d.Change).VI, d.Name, d.Category)
		for _, key := range sortedKeys(d.Fields) {
			fmt.Fprintf(a.Out, "; %s: %s → %s", beneficiaries.ColumnTitle(key), d.Fields[key][0], d.Fields[key][1])
		}
		fmt.Fprintln(a.Out)
	}
	return nil
}

type listAcceptCmd struct {
	List int64  `arg:"" help:"The list, by its number."`
	Note string `help:"What was looked at."`
	By   string `required:"" help:"Who accepts, by login." placeholder:"LOGIN"`
}

func (c *listAcceptCmd) Run(ctx context.Context, a *app) error {
	return decideList(ctx, a, c.List, true, c.Note, c.By)
}

type listRefuseCmd struct {
	List   int64  `arg:"" help:"The list, by its number."`
	Reason string `required:"" help:"Why."`
	By     string `required:"" help:"Who refuses, by login." placeholder:"LOGIN"`
}

func (c *listRefuseCmd) Run(ctx context.Context, a *app) error {
	return decideList(ctx, a, c.List, false, c.Reason, c.By)
}

func decideList(ctx context.Context, a *app, list int64, accepted bool, note, login string) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	by, err := a.actor(ctx, login)
	if err != nil {
		return err
	}
	err = beneficiaries.DecideList(ctx, pool, beneficiaries.ListID(list), beneficiaries.Verdict{Accepted: accepted, By: by, At: a.Now(), Note: note})
	switch {
	case errors.Is(err, beneficiaries.ErrOwnList):
		return refusal("người nhập danh sách không được tự chấp nhận; nhờ một người khác")
	case errors.Is(err, beneficiaries.ErrListDecided):
		return refusal(fmt.Sprintf("danh sách %d đã có người quyết định; xem: ansinh list show %d", list, list))
	case errors.Is(err, beneficiaries.ErrNoList):
		return refusal(fmt.Sprintf("there is no list %d", list))
	}
	return err
}
