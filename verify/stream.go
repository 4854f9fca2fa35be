package verify

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// stream is a query read row by row, one row ahead, so that it can be laid beside
// another in the same order.
type stream[T any] struct {
	rows pgx.Rows
	scan func(pgx.Rows, *T) error
	row  T    // the row ahead
	ok   bool // there is one
}

// open runs a query on a connection of its own; close must follow before that
// connection is used again.
func open[T any](ctx context.Context, tx pgx.Tx, scan func(pgx.Rows, *T) error, sql string, args ...any) (*stream[T], error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	s := &stream[T]{rows: rows, scan: scan}
	if err := s.next(); err != nil {
		rows.Close()
		return nil, err
	}
	return s, nil
}

// next reads the row ahead.
func (s *stream[T]) next() error {
	var zero T
	s.row, s.ok = zero, s.rows.Next()
	if !s.ok {
		return s.rows.Err()
	}
	return s.scan(s.rows, &s.row)
}

func (s *stream[T]) close() { s.rows.Close() }

// each calls fn for every row of a query.
func each[T any](ctx context.Context, tx pgx.Tx, scan func(pgx.Rows, *T) error, fn func(*T) error, sql string, args ...any) error {
	s, err := open(ctx, tx, scan, sql, args...)
	if err != nil {
		return err
	}
	defer s.close()
	for s.ok {
		if err := fn(&s.row); err != nil {
			return err
		}
		if err := s.next(); err != nil {
			return err
		}
	}
	return nil
}
