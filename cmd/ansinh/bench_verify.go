package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"

	"ansinh.vn/audit"
	"ansinh.vn/ledger"
	"ansinh.vn/verify"
)

type benchVerifyCmd struct{ sized }

// Run checks books of n entries, each with its event, leaf and hashes.
func (c *benchVerifyCmd) Run(ctx context.Context, a *app) (err error) {
	n, err := c.or(100_000)
	if err != nil {
		return err
	}
	load := loadNow()
	s, err := a.benchServer(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	books, err := s.openBooks(ctx, 200)
	if err != nil {
		return err
	}
	p := payers{server: s, lanes: ledger.NewLanes(s.pool, 2), books: books}
	_, err = p.pay(ctx, n, 256, 200)
	p.lanes.Stop()
	if err != nil {
		return err
	}
	seal, err := s.measure(n, "events sealed", func() error {
		_, err := audit.Seal(ctx, s.pool, a.Now())
		return err
	})
	if err != nil {
		return err
	}
	seal.Case = "the sequencer, all at once"
	tables := []string{"entry_key", "entry", "transfer", "balance", "audit_event", "audit_leaf", "audit_hash"}
	if err := s.analyze(ctx, tables...); err != nil {
		return err
	}
	took, err := timed(func() error {
		for _, t := range tables {
			if _, err := s.owner.PgConn().CopyTo(ctx, io.Discard, "copy (select * from "+t+") to stdout (format binary)"); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	check, err := s.measure(n, "entries", func() error {
		report, err := verify.Run(ctx, s.pool, verify.Options{})
		if err == nil && !report.Agrees {
			err = fmt.Errorf("the books do not agree: %s", report.Differences[0])
		}
		return err
	})
	if err != nil {
		return err
	}
	check.Case = "verify, entries of one transfer with their events"
	check.beside("COPY of the same rows out, one table after another", n, took)
	seal.beside("COPY of the same rows out, one table after another", n, took)
	return a.report(ctx, "verify", load, runtime.NumCPU(), []benchCase{check, seal})
}
