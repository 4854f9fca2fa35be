package payout

import (
	"context"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
)

// Prepare computes a run in one transaction.
func Prepare(ctx context.Context, pool *pgxpool.Pool, in PrepareInput) (Run, error) {
	return Run{}, errPending
}

// Get reads one run.
func Get(ctx context.Context, q pg.Queryer, run RunID) (Run, error) { return Run{}, errPending }

// Submit freezes a run.
func Submit(ctx context.Context, pool *pgxpool.Pool, run RunID, by StaffID, now time.Time) error {
	return errPending
}

// Statement is what an approver signs.
func Statement(run Run, staff StaffID) []byte { return nil }

// Approve records one approval; with the last one the run is posted.
func Approve(ctx context.Context, pool *pgxpool.Pool, a Approval, now time.Time) (Run, error) {
	return Run{}, errPending
}

// Reject refuses a submitted run.
func Reject(ctx context.Context, pool *pgxpool.Pool, run RunID, by StaffID, reason string, now time.Time) error {
	return errPending
}

// Void withdraws a run that is not yet sent.
func Void(ctx context.Context, pool *pgxpool.Pool, run RunID, by StaffID, reason string, now time.Time) error {
	return errPending
}

// Hold keeps a payment of a computed run out of it.
func Hold(ctx context.Context, pool *pgxpool.Pool, payment PaymentID, by StaffID, reason string, now time.Time) error {
	return errPending
}

// Release lets a held payment of a computed run in.
func Release(ctx context.Context, pool *pgxpool.Pool, payment PaymentID, by StaffID, note string, now time.Time) error {
	return errPending
}

// Instruct makes the bank message, or the cash list, of an approved run.
func Instruct(ctx context.Context, pool *pgxpool.Pool, box *secret.Box, in InstructInput) (Sending, error) {
	return Sending{}, errPending
}

// Sending is what Instruct made, or found already made.
type Sending struct {
	MessageID string // of the bank message; "" when nothing was left to send
	N         int
	Again     bool // everything had been made before
}

// CashList writes the post office's list of a run as a spreadsheet.
func CashList(ctx context.Context, q pg.Queryer, box *secret.Box, run RunID, w io.Writer) error {
	return errPending
}

// RecordCash takes the list back.
func RecordCash(ctx context.Context, pool *pgxpool.Pool, run RunID, results []CashResult, by StaffID, now time.Time) error {
	return errPending
}

// RecordOutcome changes a payment by what the bank said, and posts it.
func RecordOutcome(ctx context.Context, tx pgx.Tx, o Outcome) error { return errPending }

// RecordDebits settles all of a bank message by one statement line, and says how many.
func RecordDebits(ctx context.Context, tx pgx.Tx, messageID string, on time.Time, ref, by string, now time.Time) (n int, err error) {
	return 0, errPending
}

// ApplyLifeEvent stops what is not yet sent and opens a case for what is.
func ApplyLifeEvent(ctx context.Context, tx pgx.Tx, e LifeEvent) error { return errPending }

// Close ends a run whose payments all have their end.
func Close(ctx context.Context, pool *pgxpool.Pool, run RunID, by StaffID, now time.Time) error {
	return errPending
}
