package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/ledger"
)

func init() {
	command("checkpoint", "Ký đầu nhật ký / sign the head of the log.", &checkpointCmd{})
	command("proof", "Biên nhận và kiểm chứng / receipts, and checking them without a database.", &proofCmd{})
}

// logKeys opens the keys that sign the log.
func (a *app) logKeys() (*audit.Keys, error) { return audit.OpenKeys(a.keysDir()) }

func (a *app) keysDir() string { return filepath.Join(a.DataDir, "keys") }

type checkpointCmd struct {
	Out string `help:"Keep the checkpoint in this file. One that is there must be the beginning of the log still." type:"path" placeholder:"FILE"`
}

func (c *checkpointCmd) Run(ctx context.Context, a *app) error {
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

type proofCmd struct {
	Entry       proofEntryCmd       `cmd:"" help:"Biên nhận của một bút toán / the receipt of an entry, as JSON."`
	Consistency proofConsistencyCmd `cmd:"" help:"Chứng minh nhật ký nối tiếp một mốc cũ / prove that the log continues an old checkpoint, as JSON."`
	Verify      proofVerifyCmd      `cmd:"" help:"Kiểm chứng biên nhận hoặc mốc, không cần cơ sở dữ liệu / check a receipt or a checkpoint offline."`
}

type proofEntryCmd struct {
	ID       int64  `arg:"" help:"The entry's number."`
	Transfer int    `help:"Prove this transfer of it too (from 0), and none of the others." default:"-1" placeholder:"N"`
	Out      string `help:"The file to write; stdout when left out." type:"path" placeholder:"FILE"`
}

func (c *proofEntryCmd) Run(ctx context.Context, a *app) error {
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
	receipt, err := ledger.Receipt(ctx, pool, ledger.EntryID(c.ID), c.Transfer, signed, keys)
	if err != nil {
		return err
	}
	return a.writeProof(c.Out, receipt)
}

// writeProof writes a proof as JSON that a person can also read.
func (a *app) writeProof(file string, proof any) error {
	write := func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(proof)
	}
	if file == "" {
		return write(a.Out)
	}
	return writeWhole(file, write)
}

type proofConsistencyCmd struct {
	Old string `arg:"" help:"A checkpoint that was kept." type:"existingfile"`
	Out string `help:"The file to write; stdout when left out." type:"path" placeholder:"FILE"`
}

func (c *proofConsistencyCmd) Run(ctx context.Context, a *app) error {
	old, err := os.ReadFile(c.Old)
	if err != nil {
		return err
	}
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
	proof, err := audit.ProveConsistency(ctx, pool, old, signed, keys)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Old, err)
	}
	return a.writeProof(c.Out, proof)
}

type proofVerifyCmd struct {
	File string   `arg:"" help:"A receipt, a consistency proof or a checkpoint." type:"existingfile"`
	Key  []string `help:"A verifier key of the log that you trust, as it was published; may be given again. Without it the data directory's own are taken, and without those the ones in the file." placeholder:"KEY"`
}

func (c *proofVerifyCmd) Run(a *app) error {
	b, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	var proof struct {
		Format string   `json:"format"`
		Keys   []string `json:"keys"`
	}
	isNote := json.Unmarshal(b, &proof) != nil
	trusted, whose := c.Key, "given"
	if len(trusted) == 0 {
		whose = "data directory"
		trusted, err = audit.ReadVerifiers(filepath.Join(a.keysDir(), "log.pub"))
		if errors.Is(err, fs.ErrNotExist) && !isNote && len(proof.Keys) > 0 {
			trusted, whose, err = proof.Keys, "file", nil
		}
		if err != nil {
			return refusal(fmt.Sprintf("%s: no key to check it with; give the log's verifier key with --key (%v)", c.File, err))
		}
	}
	invalid := func(err error) error { return refusal(fmt.Sprintf("%s: %v", c.File, err)) }
	report := map[string]any{"valid": true, "keys": whose}
	switch {
	case isNote:
		if _, _, _, err := audit.OpenCheckpoint(b, trusted); err != nil {
			return invalid(err)
		}
		if a.JSON {
			return printCheckpoint(a, b, trusted)
		}
		report["kind"], report["text"] = "checkpoint", strings.TrimSpace(string(b))
	case proof.Format == audit.ConsistencyFormat:
		var p audit.Consistency
		if err := json.Unmarshal(b, &p); err != nil {
			return invalid(err)
		}
		if err := p.Verify(trusted); err != nil {
			return invalid(err)
		}
		report["kind"], report["text"] = "consistency", "Nhật ký nối tiếp đúng mốc cũ. / The log continues the old checkpoint."
	default:
		var r audit.Receipt
		if err := json.Unmarshal(b, &r); err != nil {
			return invalid(err)
		}
		if err := r.Verify(trusted); err != nil {
			return invalid(err)
		}
		report["kind"], report["event"] = "receipt", json.RawMessage(r.Event)
		report["text"] = "Bút toán có trong nhật ký: " + r.Event
		if r.Part != nil {
			report["transfer"] = json.RawMessage(r.Part.Record)
			report["text"] = fmt.Sprintf("%s\nKhoản số %d: %s", report["text"], r.Part.N, r.Part.Record)
		}
	}
	if a.JSON {
		return a.PrintJSON(report)
	}
	fmt.Fprintf(a.Out, "Hợp lệ. / Valid.\n%s\n", report["text"])
	if whose == "file" {
		fmt.Fprintf(a.Err, "ansinh: checked with the keys in the file itself; compare them with those that the office published:\n  %s\n", strings.Join(trusted, "\n  "))
	}
	return nil
}
