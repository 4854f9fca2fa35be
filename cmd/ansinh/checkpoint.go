package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
)

func init() {
	command("checkpoint", "Ký đầu nhật ký, đổi khoá / sign the head of the log, change its key.", &checkpointCmd{})
}

type checkpointCmd struct {
	Sign checkpointSignCmd `cmd:"" default:"withargs" help:"Ký đầu nhật ký / sign the head of the log."`
	Keys checkpointKeysCmd `cmd:"" help:"Khoá của nhật ký / the log's keys."`
}

// logKeys opens the keys that sign the log.
func (a *app) logKeys() (*audit.Keys, error) { return audit.OpenKeys(a.keysDir()) }

func (a *app) keysDir() string { return filepath.Join(a.DataDir, "keys") }

type checkpointSignCmd struct {
	Out     string   `help:"Keep the checkpoint in this file. One that is there must be the beginning of the log still." type:"path" placeholder:"FILE"`
	Witness []string `help:"Have the witness at this address co-sign it; may be given again." env:"ANSINH_WITNESS" placeholder:"URL"`
}

func (c *checkpointSignCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	keys, err := a.logKeys()
	if err != nil {
		return err
	}
	signed, err := freshCheckpoint(ctx, a, pool, keys)
	if err != nil {
		return err
	}
	if c.Out != "" {
		old, err := os.ReadFile(c.Out)
		if err == nil {
			_, err = audit.ProveConsistency(ctx, pool, old, signed, keys)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s: %w", c.Out, err)
		}
	}
	client := &http.Client{Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, address := range c.Witness {
		if signed, err = audit.AskWitness(ctx, pool, client, address, signed, keys, a.Now()); err != nil {
			return err
		}
	}
	if c.Out != "" {
		if err := writeWhole(c.Out, func(w io.Writer) error { _, err := w.Write(signed); return err }); err != nil {
			return err
		}
	}
	if a.JSON {
		return printCheckpoint(a, signed, keys.Verifiers())
	}
	_, err = a.Out.Write(signed)
	return err
}

// freshCheckpoint seals what is committed and signs the head.
func freshCheckpoint(ctx context.Context, a *app, pool *pgxpool.Pool, keys *audit.Keys) ([]byte, error) {
	if _, err := audit.Seal(ctx, pool, a.Now()); err != nil {
		return nil, err
	}
	return audit.Checkpoint(ctx, pool, keys, a.Now())
}

func printCheckpoint(a *app, signed []byte, keys []string) error {
	origin, head, by, err := audit.OpenCheckpoint(signed, keys)
	if err != nil {
		return err
	}
	return a.PrintJSON(map[string]any{"valid": true, "kind": "checkpoint", "origin": origin, "size": head.Size,
		"root": base64.StdEncoding.EncodeToString(head.Root[:]), "signed_by": by, "note": string(signed)})
}

type checkpointKeysCmd struct {
	List   keysListCmd   `cmd:"" help:"Các khoá công khai, khoá đang dùng đứng cuối / the public keys, the one in use last."`
	Rotate keysRotateCmd `cmd:"" help:"Đổi khoá ký nhật ký / give the log a new key."`
}

type keysListCmd struct{}

func (c *keysListCmd) Run(a *app) error {
	keys, err := a.logKeys()
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(map[string]any{"origin": keys.Origin, "keys": keys.Verifiers()})
	}
	_, err = fmt.Fprintln(a.Out, strings.Join(keys.Verifiers(), "\n"))
	return err
}

type keysRotateCmd struct {
	By string `help:"Login of who does it." required:"" placeholder:"LOGIN"`
}

func (c *keysRotateCmd) Run(ctx context.Context, a *app) error {
	if _, err := a.staffID(ctx, c.By); err != nil {
		return err
	}
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	signed, err := audit.RotateKeys(ctx, pool, a.keysDir(), "staff:"+c.By, a.Now())
	if err != nil {
		return err
	}
	keys, err := a.logKeys()
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(map[string]any{"origin": keys.Origin, "keys": keys.Verifiers(), "note": string(signed)})
	}
	fmt.Fprintf(a.Out, "%s\n%s", strings.Join(keys.Verifiers(), "\n"), signed)
	fmt.Fprintln(a.Err, "ansinh: publish the keys above, and tell each witness the lines that are new or changed (ansinh witness trust)")
	return nil
}
