package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"ansinh.vn/audit"
	"ansinh.vn/verify"
)

func init() {
	command("verify", "Kiểm chứng độc lập toàn bộ sổ sách / re-derive the books from first sources and say what differs.", &verifyCmd{})
}

type verifyCmd struct {
	Checkpoint []string `help:"A checkpoint that was kept outside; the log must still begin with it. May be given again." type:"existingfile" placeholder:"FILE"`
}

// errDiffers is a database that does not agree with itself.
var errDiffers = errors.New("the books do not agree; every difference is listed above")

func (c *verifyCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	o := verify.Options{Progress: func(part string) { fmt.Fprintln(a.Err, "ansinh: verify:", part) }}
	for _, name := range c.Checkpoint {
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		o.Checkpoints = append(o.Checkpoints, b)
	}
	o.Verifiers, err = audit.ReadVerifiers(filepath.Join(a.keysDir(), "log.pub"))
	if errors.Is(err, fs.ErrNotExist) && len(c.Checkpoint) > 0 {
		return refusal(fmt.Sprintf("no key of the log in %s: a checkpoint cannot be checked without it", a.keysDir()))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	// what is committed but not sealed yet would be reported as waiting
	if _, err := audit.Seal(ctx, pool, a.Now()); err != nil {
		return err
	}
	report, err := verify.Run(ctx, pool, o)
	if err != nil {
		return err
	}
	if a.JSON {
		err = a.PrintJSON(report)
	} else {
		err = printReport(a.Out, report)
	}
	if err == nil && !report.Agrees {
		err = errDiffers
	}
	return err
}

func printReport(w io.Writer, r *verify.Report) (err error) {
	line := func(format string, args ...any) {
		if err == nil {
			_, err = fmt.Fprintf(w, format+"\n", args...)
		}
	}
	for _, c := range r.Checked {
		if c.VND != 0 {
			line("%12d  %-42s %s", c.N, c.What, c.VND.Format())
		} else {
			line("%12d  %s", c.N, c.What)
		}
	}
	for _, n := range r.Notes {
		line("  * %s", n)
	}
	said := map[string]bool{}
	for _, d := range r.Differences {
		line("  ✗ %s", d)
		if !said[d.Do] { // once for all differences of that kind
			line("    → %s", d.Do)
			said[d.Do] = true
		}
	}
	if r.More > 0 {
		line("  ✗ … and %d more", r.More)
	}
	if r.Agrees {
		line("Sổ sách khớp, %.1f giây. / The books agree.", r.Seconds)
	} else {
		line("Sổ sách KHÔNG khớp: %d chỗ sai khác. / The books do not agree.", len(r.Differences)+r.More)
	}
	return err
}
