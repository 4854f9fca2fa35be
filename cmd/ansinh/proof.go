package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"ansinh.vn/audit"
	"ansinh.vn/ledger"
	"ansinh.vn/web"
)

func init() {
	command("proof", "Biên nhận và kiểm chứng / receipts, and checking them without a database.", &proofCmd{})
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
	Page     string `help:"Write the receipt as a page to print too, with a QR symbol that holds all of it." type:"path" placeholder:"FILE.html"`
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
	if c.Page != "" {
		page, err := web.ReceiptFile(ctx, pool, receipt, keys.Verifiers())
		if err != nil {
			return err
		}
		if err := writeWhole(c.Page, func(w io.Writer) error { _, err := w.Write(page); return err }); err != nil {
			return err
		}
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
	New string `arg:"" optional:"" help:"A later one that was kept; a fresh one when left out." type:"existingfile"`
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
	var later []byte
	if c.New != "" {
		later, err = os.ReadFile(c.New)
	} else {
		later, err = freshCheckpoint(ctx, a, pool, keys)
	}
	if err != nil {
		return err
	}
	proof, err := audit.ProveConsistency(ctx, pool, old, later, keys)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Old, err)
	}
	return a.writeProof(c.Out, proof)
}

type proofVerifyCmd struct {
	File string   `arg:"" help:"A receipt, the text of a receipt's QR symbol, a consistency proof or a checkpoint; - is stdin." type:"existingfile"`
	Key  []string `help:"A verifier key of the log that you trust, as it was published; may be given again. Without it the data directory's own are taken, and without those the ones in the file." placeholder:"KEY"`
}

func (c *proofVerifyCmd) Run(a *app) error {
	b, err := a.readInput(c.File)
	if err != nil {
		return err
	}
	if audit.IsCompact(string(b)) {
		r, err := audit.ReadCompact(string(b))
		if err != nil {
			return refusal(fmt.Sprintf("%s: %v", c.File, err))
		}
		if b, err = json.Marshal(r); err != nil {
			return err
		}
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

// mostProof bounds what is read as a proof, in bytes.
const mostProof = 1 << 20

// readInput reads a file, or stdin for "-".
func (a *app) readInput(file string) ([]byte, error) {
	in := io.NopCloser(a.In)
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		in = f
	}
	defer in.Close()
	b, err := io.ReadAll(io.LimitReader(in, mostProof+1))
	if err == nil && len(b) > mostProof {
		return nil, refusal(file + ": too large for a proof")
	}
	return b, err
}
