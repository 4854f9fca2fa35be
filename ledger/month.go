package ledger

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// The states of a month. While it is closing only entries of the kind "closing" are
// taken, and it can still be opened again; closed is for ever.
const (
	Open    = "open"
	Closing = "closing"
	Closed  = "closed"
)

// OpenMonth prepares the tables of a month ahead, so that the first posting into it does
// not have to. Posting prepares a month that nobody has.
func OpenMonth(ctx context.Context, tx pgx.Tx, m money.Month) (err error) {
	defer pg.Wrap(&err, "ledger: open %s", m)
	_, err = tx.Exec(ctx, "select ledger_open_month($1)", m.First())
	return err
}

// SetMonth brings a month into a state: open → closing → closed, or closing → open. It
// waits for whoever is posting into the month, and leaves an audit event.
func SetMonth(ctx context.Context, tx pgx.Tx, m money.Month, state, by string) (err error) {
	defer pg.Wrap(&err, "ledger: %s of %s", state, m)
	if _, err := tx.Exec(ctx, "select ledger_set_month($1, $2, $3)", m.First(), state, by); err != nil {
		if pg.Constraint(err) == "month_states" {
			return fmt.Errorf("%w (%w)", refusal("a month goes from open to closing to closed"), err)
		}
		return err
	}
	return audit.Record(ctx, tx, audit.Event{Actor: by, Kind: "ledger.month", Subject: "month:" + m.String(),
		Payload: map[string]string{"state": state}})
}

// MonthState returns the state of a month; one that nothing was posted into is open.
func MonthState(ctx context.Context, q pg.Queryer, m money.Month) (state string, err error) {
	defer pg.Wrap(&err, "ledger: state of %s", m)
	err = q.QueryRow(ctx, "select coalesce((select state from ledger_month where month = $1), 'open')", m.First()).Scan(&state)
	return state, err
}
