package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/payout"
	"ansinh.vn/reconcile"
)

type benchReconcileCmd struct{ sized }

// Run pays n people by a run of an office and explains the statement that shows each
// transfer as a line of its own.
func (c *benchReconcileCmd) Run(ctx context.Context, a *app) (err error) {
	n, err := c.or(5_000)
	if err != nil {
		return err
	}
	load := loadNow()
	s, err := a.benchServer(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	bar := a.Progress("đối chiếu", -1)
	defer bar.Finish()
	o, err := s.office(ctx, n)
	if err != nil {
		return err
	}
	r, err := payout.Prepare(ctx, s.pool, payout.PrepareInput{Office: benchCode, Month: o.month, KnownOn: benchKnown, By: o.clerk, Now: o.now})
	if err != nil {
		return err
	}
	if err := o.send(ctx, r.ID); err != nil {
		return err
	}
	content, err := o.statement(ctx, n)
	if err != nil {
		return err
	}
	if err := s.analyze(ctx, "payment", "payment_item", "instruction", "bank_message", "account", "balance", "transfer"); err != nil {
		return err
	}
	if err := s.settle(ctx); err != nil {
		return err
	}
	store := &reconcile.Store{Pool: s.pool}
	imported, err := s.measure(n, "lines", func() error {
		_, err := store.ImportStatements(ctx, "bench.xml", content, "bench", benchDay)
		return err
	})
	if err != nil {
		return err
	}
	imported.Case = fmt.Sprintf("%d lines of a camt.053 imported", n)
	content = nil
	var sum reconcile.Summary
	m, err := s.measure(n, "lines", func() (err error) {
		sum, err = store.Reconcile(ctx, "bench", benchDay, nil)
		return err
	})
	if err != nil {
		return err
	}
	if sum.Matched["debit"] != n {
		return fmt.Errorf("%d lines of %d were explained as debits: %+v", sum.Matched["debit"], n, sum)
	}
	m.Case = fmt.Sprintf("%d lines against %d expectations", n, n)
	limit, err := s.copyAgain(ctx, "statement_line")
	if err != nil {
		return err
	}
	const name = "COPY of the same lines into a table with the same keys"
	m.beside(name, n, limit)
	imported.beside(name, n, limit)
	return a.report(ctx, "reconcile", load, runtime.NumCPU(), []benchCase{m, imported})
}

// statement is the camt.053 of the day the bank paid the run's orders, one by one.
func (o *benchOffice) statement(ctx context.Context, n int) ([]byte, error) {
	rows, err := o.pool.Query(ctx, `select end_to_end_id, amount from instruction order by end_to_end_id`)
	if err != nil {
		return nil, err
	}
	type order struct {
		ID     string
		Amount int64
	}
	orders, err := pgx.CollectRows(rows, pgx.RowToStructByPos[order])
	if err != nil {
		return nil, err
	}
	if len(orders) != n {
		return nil, fmt.Errorf("%d orders for %d people", len(orders), n)
	}
	var b bytes.Buffer
	err = writeBenchStatement(&b, n, func(i int) (string, int64) { return orders[i].ID, orders[i].Amount })
	return b.Bytes(), err
}
