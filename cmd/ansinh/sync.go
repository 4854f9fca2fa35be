package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"ansinh.vn/beneficiaries"
	"ansinh.vn/identity"
	"ansinh.vn/identity/registry"
)

func init() {
	command("sync", "Đối chiếu với sổ đăng ký dân cư / ask the register about everybody who is due.", &syncCmd{})
}

type syncCmd struct {
	Access string        `help:"How to reach the register: the file it gave us. Default DATA-DIR/register.json." env:"ANSINH_REGISTER_ACCESS" type:"path" placeholder:"FILE"`
	Office string        `help:"Only people of this commune." placeholder:"CODE"`
	MaxAge time.Duration `help:"Ask again about people whose last check is older." default:"600h"`
	All    bool          `help:"Ask again about everybody."`
	Out    string        `help:"Ask nobody; write the people who are due to this spreadsheet, for the police to check." type:"path" placeholder:"FILE.xlsx"`
	SentTo string        `help:"With --out: who is to check the list, for the record." placeholder:"NAME"`
	By     string        `help:"Who asks, by login." placeholder:"LOGIN"`
}

func (c *syncCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	box, err := a.Secrets()
	if err != nil {
		return err
	}
	by, err := a.actor(ctx, c.By)
	if err != nil {
		return err
	}
	now := a.Now()
	stale := now.Add(-c.MaxAge)
	if c.All {
		stale = now
	}
	if c.Out != "" {
		n, err := saveQuarantine(c.Out, func(f *os.File) (int, error) {
			_, n, err := beneficiaries.WriteExtract(ctx, pool, box, f, beneficiaries.Extracting{Office: c.Office, Stale: stale,
				FileName: filepath.Base(c.Out), SentTo: c.SentTo, By: by, Now: now})
			return n, err
		})
		if err != nil {
			return err
		}
		if a.JSON {
			return a.PrintJSON(map[string]any{"people": n, "out": c.Out})
		}
		fmt.Fprintf(a.Out, "%d người cần đối chiếu: %s\n", n, c.Out)
		return nil
	}
	path := c.Access
	if path == "" {
		path = filepath.Join(a.DataDir, "register.json")
	}
	access, err := registry.ReadAccess(path)
	if errors.Is(err, fs.ErrNotExist) {
		return refusal(fmt.Sprintf("no access to a register: %s is not there; give the file with --access, or use --out FILE.xlsx and let the police check the list", path))
	}
	if err != nil {
		return err
	}
	client, err := access.Client()
	if err != nil {
		return err
	}
	client.Now = a.Now
	bar := a.Progress("đối chiếu dân cư", -1)
	started := time.Now()
	result, err := beneficiaries.Sync{Register: client, Name: access.ReceiverID, By: by, Now: now, Office: c.Office, Stale: stale,
		Options:  identity.Options{Today: now.Year()},
		Progress: func(done, total int) { bar.ChangeMax(max(total, 1)); _ = bar.Set(done) },
	}.Run(ctx, pool, box)
	_ = bar.Finish()
	if a.JSON {
		return errors.Join(err, a.PrintJSON(struct {
			beneficiaries.SyncResult
			Seconds float64 `json:"seconds"`
		}{result, time.Since(started).Seconds()}))
	}
	if result.Asked > 0 || err == nil {
		fmt.Fprintf(a.Out, "Đã đối chiếu %d người trong %.1f s\n", result.Asked, time.Since(started).Seconds())
		printOutcomes(a, result)
	}
	return err
}

func printOutcomes(a *app, r beneficiaries.SyncResult) {
	for _, o := range beneficiaries.Outcomes {
		if n := r.Outcomes[o]; n > 0 {
			vi, _ := o.Words()
			fmt.Fprintf(a.Out, "  %-12s %8d  %s\n", o, n, vi)
		}
	}
	if r.Deaths+r.Moves+r.Absences > 0 {
		fmt.Fprintf(a.Out, "  mới biết: %d người chết, %d người chuyển đi, %d người vắng\n", r.Deaths, r.Moves, r.Absences)
	}
}
