package payout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"
)

// chunkSize is how many people are read, computed and written at a time, so that memory
// does not grow with the run.
const chunkSize = 10_000

// everybody computes the people of the office and writes what they get. While one chunk
// is written the next is computed and the one after that is read, by a second session
// that sees what the run's own transaction saw when it began.
func (p *preparation) everybody(ctx context.Context, tx pgx.Tx) error {
	s := subtraction{Calc: p.calc}
	first, err := p.readChunk(ctx, tx, 0)
	if err != nil {
		return err
	}
	if len(first) < chunkSize {
		due, err := p.compute(&s, first)
		if err != nil {
			return err
		}
		return p.write(ctx, tx, due)
	}
	aside, err := p.spare(ctx)
	if errors.Is(err, errBusy) {
		return p.alone(ctx, tx, &s, first)
	}
	if err != nil {
		return err
	}
	defer aside.Release()
	reader, done, err := p.beside(ctx, tx)
	if errors.Is(err, errBusy) {
		return p.alone(ctx, tx, &s, first)
	}
	if err != nil {
		return err
	}
	defer done()
	p.aside = aside
	g, ctx := errgroup.WithContext(ctx)
	chunks, dues := make(chan []candidate, 1), make(chan []payment, 1)
	chunks <- first
	g.Go(func() error {
		defer close(chunks)
		for last := first; len(last) == chunkSize; {
			next, err := p.readChunk(ctx, reader, last[len(last)-1].id)
			if err != nil {
				return err
			}
			if err := hand(ctx, chunks, next); err != nil {
				return err
			}
			last = next
		}
		return nil
	})
	g.Go(func() error {
		defer close(dues)
		for people := range chunks {
			due, err := p.compute(&s, people)
			if err != nil {
				return err
			}
			if err := hand(ctx, dues, due); err != nil {
				return err
			}
		}
		return nil
	})
	g.Go(func() error {
		for due := range dues {
			if err := p.write(ctx, tx, due); err != nil {
				return err
			}
		}
		return nil
	})
	return g.Wait()
}

func hand[T any](ctx context.Context, to chan<- T, x T) error {
	select {
	case to <- x:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// alone is everybody by one session.
func (p *preparation) alone(ctx context.Context, tx pgx.Tx, s *subtraction, people []candidate) error {
	for {
		due, err := p.compute(s, people)
		if err != nil {
			return err
		}
		if err := p.write(ctx, tx, due); err != nil || len(people) < chunkSize {
			return err
		}
		if people, err = p.readChunk(ctx, tx, people[len(people)-1].id); err != nil {
			return err
		}
	}
}

// errBusy is that the pool had no connection to spare.
var errBusy = errors.New("no connection to spare")

// spare takes a connection of the pool; errBusy rather than waiting for long: runs
// prepared side by side hold a connection each, and would wait for each other's.
func (p *preparation) spare(ctx context.Context) (*pgxpool.Conn, error) {
	soon, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	conn, err := p.pool.Acquire(soon)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = errBusy
	}
	return conn, err
}

// beside opens a transaction that sees what tx sees, to read while tx writes.
func (p *preparation) beside(ctx context.Context, tx pgx.Tx) (reader pgx.Tx, done func(), err error) {
	var snapshot string
	if err := tx.QueryRow(ctx, `select pg_export_snapshot()`).Scan(&snapshot); err != nil {
		return nil, nil, err
	}
	conn, err := p.spare(ctx)
	if err != nil {
		return nil, nil, err
	}
	reader, err = conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		conn.Release()
		return nil, nil, err
	}
	done = func() {
		_ = reader.Rollback(context.WithoutCancel(ctx))
		conn.Release()
	}
	_, err = reader.Exec(ctx, fmt.Sprintf(`set transaction snapshot '%s'; `+bulkSettings, snapshot))
	if err != nil {
		done()
		return nil, nil, err
	}
	return reader, done, nil
}

// compute says what each of the people gets.
func (p *preparation) compute(s *subtraction, people []candidate) (due []payment, err error) {
	for i := range people {
		pay, ok, err := p.payment(s, &people[i])
		if err != nil {
			return nil, fmt.Errorf("person %d: %w", people[i].id, err)
		}
		if ok {
			due = append(due, pay)
		}
	}
	return due, nil
}
