package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"ansinh.vn/bank"
	"ansinh.vn/reconcile"
)

// bankImportCmd is `ansinh bank import`; the bank group holds it.
type bankImportCmd struct {
	Files []string `arg:"" name:"file" help:"Statements (camt.053, MT940, spreadsheets) and answers to payment files (pain.002)."`
}

// largestBankFile is more than a bank writes in a day for a province; a file is kept in
// the database as it came.
const largestBankFile = 512 << 20

func (c *bankImportCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	store := &reconcile.Store{Pool: pool}
	bad, refused := 0, true
	for _, name := range c.Files {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := importBankFile(ctx, a, store, name); err != nil { // one bad file stops nothing else
			fmt.Fprintln(a.Err, "ansinh:", err)
			bad++
			refused = refused && exitCode(err) == exitRefused
		}
	}
	switch {
	case bad == 0:
		return nil
	case refused:
		return errSomeRefused{bad, len(c.Files)}
	}
	return fmt.Errorf("%d of %d files could not be imported; the reasons stand above", bad, len(c.Files))
}

func importBankFile(ctx context.Context, a *app, store *reconcile.Store, name string) error {
	content, err := readBankFile(name)
	if err != nil {
		return err
	}
	if reconcile.IsAnswer(content) {
		done, err := store.ImportAnswer(ctx, name, content, "cli", a.Now())
		if err != nil {
			return err
		}
		if a.JSON {
			return a.PrintJSON(done)
		}
		fmt.Fprintf(a.Out, "%s: trả lời cho %s: %s, từ chối %d khoản %s\n", name, done.Message, done.State, done.Rejected, done.Reason)
		return nil
	}
	done, err := store.ImportStatements(ctx, name, content, "cli", a.Now())
	if err != nil {
		return err
	}
	if a.JSON {
		err = a.PrintJSON(done)
	} else {
		printImported(a, done)
	}
	for _, st := range done.Statements {
		if st.State == "quarantined" {
			err = errors.Join(err, refusal(fmt.Sprintf("%s: account %s: not taken: %s", name, st.Account, st.Reason)))
		}
	}
	return err
}

func readBankFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &bank.FileError{Name: name, Err: errors.New("there is no such file")}
	case err != nil:
		return nil, &bank.FileError{Name: name, Err: err}
	case !info.Mode().IsRegular():
		return nil, &bank.FileError{Name: name, Err: errors.New("this is not a file but a directory or a device")}
	case info.Size() > largestBankFile:
		return nil, &bank.FileError{Name: name, Err: fmt.Errorf("the file has %d MB, more than the %d MB of any statement: is it the right one?", info.Size()>>20, largestBankFile>>20)}
	}
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, &bank.FileError{Name: name, Err: err}
	}
	return content, nil
}

func printImported(a *app, done reconcile.Imported) {
	if done.Again {
		fmt.Fprintf(a.Out, "%s: đã nhập trước đây, không có gì thay đổi\n", done.File)
		return
	}
	words := map[string]string{"accepted": "đã nhận", "known": "không có gì mới", "parked": "chờ sao kê trước", "quarantined": "không nhận"}
	for _, st := range done.Statements {
		fmt.Fprintf(a.Out, "%s: tài khoản %s, %s đến %s: %d dòng mới, %d dòng đã có, %s", done.File, st.Account, st.From, st.To, st.Lines, st.Known, words[st.State])
		if st.Reason != "" {
			fmt.Fprintf(a.Out, ": %s", st.Reason)
		}
		fmt.Fprintln(a.Out)
	}
}
