// Package pg holds what every room that talks to PostgreSQL does the same way:
// transactions, the reading of its errors and the wording of ours. It knows no table.
package pg

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Queryer reads and writes; a pool, a connection and a transaction all are one.
type Queryer interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Tx runs fn in one read-committed transaction: committed when fn returns nil, rolled
// back when it returns an error or panics.
func Tx(ctx context.Context, pool *pgxpool.Pool, fn func(tx pgx.Tx) error) error {
	return pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, fn)
}

// Code returns the SQLSTATE of a PostgreSQL error, "" for any other.
func Code(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// Constraint returns the name of the constraint that err violates, "" if none; triggers
// that hold an invariant raise under the invariant's name.
func Constraint(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.ConstraintName
	}
	return ""
}

// Detail returns the detail line of a PostgreSQL error, "" if none.
func Detail(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Detail
	}
	return ""
}

// Wrap puts the operation before *err, if there is one:
//
//	defer pg.Wrap(&err, "payout: approve run %d", run)
func Wrap(err *error, format string, args ...any) {
	if *err != nil {
		*err = fmt.Errorf(format+": %w", append(args, *err)...)
	}
}
