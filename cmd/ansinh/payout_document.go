package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"

	"ansinh.vn/internal/secret"
	"ansinh.vn/payout"
)

type payoutDocumentCmd struct {
	Run_ payout.RunID        `arg:"" name:"run" help:"The number of the run."`
	Kind payout.DocumentKind `arg:"" enum:"payment-list,cash-list,summary,changes,uncollected,withdrawal" help:"payment-list, cash-list, summary, changes, uncollected or withdrawal."`
	Out  string              `required:"" type:"path" help:"Where the spreadsheet goes (.xlsx)."`
	Keep bool                `help:"Keep the bytes in the database too, to hold the signed file against them; needs --as."`
	As   string              `help:"Login of the person who acts, for --keep." placeholder:"LOGIN"`
}

func (c *payoutDocumentCmd) Run(ctx context.Context, a *app) error {
	if c.Keep && c.As == "" {
		return usageError("--keep needs --as: whoever hands the document out")
	}
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	box, err := secret.Open(a.DataDir)
	if err != nil {
		return err
	}
	if !c.Keep {
		var d payout.Document
		err := writeWhole(c.Out, func(w io.Writer) error {
			d, err = payout.WriteDocument(ctx, pool, box, c.Run_, c.Kind, w)
			return err
		})
		if err != nil {
			return err
		}
		if a.JSON {
			return a.PrintJSON(map[string]any{"run": c.Run_, "kind": c.Kind, "total": d.Total, "words": d.Total.Words()})
		}
		fmt.Fprintf(a.Err, "%s: %s, %s\n", d.Title, d.Total.Format(), d.Total.Words())
		return nil
	}
	who, err := a.staffID(ctx, c.As)
	if err != nil {
		return err
	}
	id, err := payout.KeepDocument(ctx, pool, box, c.Run_, c.Kind, payout.StaffID(who), a.Now())
	if err != nil {
		return err
	}
	_, _, content, err := payout.DocumentFile(ctx, pool, id, 0)
	if err != nil {
		return err
	}
	if err := writeWhole(c.Out, func(w io.Writer) error { _, err := w.Write(content); return err }); err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(map[string]any{"run": c.Run_, "kind": c.Kind, "document": id})
	}
	fmt.Fprintf(a.Out, "%d\n", id)
	return nil
}

type payoutDocumentsCmd struct {
	Run_ payout.RunID `arg:"" name:"run" help:"The number of the run."`
}

func (c *payoutDocumentsCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	list, err := payout.KeptDocuments(ctx, pool, c.Run_)
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(list)
	}
	w := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "số\ttệp\tsố tiền\tngười lập\tSHA-256\tđã ký")
	for _, d := range list {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%x\t%d\n", d.ID, d.FileName, d.Total.Format(), d.MadeBy, d.SHA256[:8], len(d.Signed))
	}
	return w.Flush()
}

type payoutSignedCmd struct {
	Document payout.DocumentID `arg:"" help:"The number that document --keep gave."`
	File     string            `arg:"" type:"existingfile" help:"The signed file, as the signing program wrote it."`
	Note     string            `help:"Who signed, with which certificate."`
	acting
}

func (c *payoutSignedCmd) Run(ctx context.Context, a *app) (err error) {
	pool, who, err := c.who(ctx, a)
	if err != nil {
		return err
	}
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	content, err := io.ReadAll(io.LimitReader(f, 64<<20)) // more is refused
	if err != nil {
		return err
	}
	return payout.KeepSigned(ctx, pool, c.Document, filepath.Base(c.File), content, c.Note, who, a.Now())
}
