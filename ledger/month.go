package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"

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
// waits for whoever is posting into the month, and leaves an audit event; that of a
// closed month carries what moved in it and the hash of its totals.
func SetMonth(ctx context.Context, tx pgx.Tx, m money.Month, state, by string) (err error) {
	defer pg.Wrap(&err, "ledger: %s of %s", state, m)
	if _, err := tx.Exec(ctx, "select ledger_set_month($1, $2, $3)", m.First(), state, by); err != nil {
		if pg.Constraint(err) == "month_states" {
			return fmt.Errorf("%w (%w)", refusal("a month goes from open to closing to closed"), err)
		}
		return explain(err)
	}
	payload := monthEvent{State: state}
	if state == Closed {
		if payload.Accounts, payload.Moved, payload.Hash, err = totals(ctx, tx, m); err != nil {
			return err
		}
	}
	return audit.Record(ctx, tx, audit.Event{Actor: who(by), Kind: "ledger.month", Subject: "month:" + m.String(), Payload: payload})
}

type monthEvent struct {
	State    string    `json:"state"`
	Accounts int       `json:"accounts,omitempty"` // that moved
	Moved    money.VND `json:"moved,omitempty"`    // all debits, which are all credits
	Hash     string    `json:"hash,omitempty"`     // see totals
}

// totals reads what a closed month keeps. The hash is SHA-256, in hex, over a line an
// account in the order of their numbers: number, debits and credits, a space between.
func totals(ctx context.Context, q pg.Queryer, m money.Month) (accounts int, moved money.VND, sum string, err error) {
	h := sha256.New()
	var credited money.VND
	rows, err := q.Query(ctx, "select account_id, debits, credits from month_total where month = $1 order by account_id", m.First())
	if err != nil {
		return 0, 0, "", err
	}
	var id AccountID
	var debits, credits money.VND
	_, err = pgx.ForEachRow(rows, []any{&id, &debits, &credits}, func() error {
		accounts++
		moved += debits
		credited += credits
		_, err := fmt.Fprintf(h, "%d %d %d\n", id, int64(debits), int64(credits))
		return err
	})
	if err == nil && moved != credited {
		err = fmt.Errorf("debits of %s and credits of %s", moved.Format(), credited.Format())
	}
	return accounts, moved, hex.EncodeToString(h.Sum(nil)), err
}

// TrialLine is one account of a month's trial balance (bảng cân đối số phát sinh). Opening
// and Closing are debits less credits: negative stands on the credit side.
type TrialLine struct {
	Code    string
	Name    string
	Type    string
	Opening money.VND
	Debits  money.VND // that moved in the month
	Credits money.VND
	Closing money.VND
}

// TrialBalance streams the trial balance of a month, by code: the accounts that moved in
// it or hold something. Once the month is closed it is what was kept then.
func TrialBalance(ctx context.Context, q pg.Queryer, m money.Month) iter.Seq2[TrialLine, error] {
	return stream(ctx, q, "ledger: trial balance of "+m.String(), `
		select a.code, a.name, a.type, t.opening, t.debits, t.credits, t.opening + t.debits - t.credits
		from (select account_id,
				coalesce(sum(debits - credits) filter (where month < $1), 0)::bigint opening,
				coalesce(sum(debits) filter (where month = $1), 0)::bigint debits,
				coalesce(sum(credits) filter (where month = $1), 0)::bigint credits
			from account_month where month <= $1 group by account_id) t
		join account a on a.id = t.account_id
		where t.opening <> 0 or t.debits <> 0 or t.credits <> 0
		order by a.code collate "C"`, []any{m.First()}, func(rows pgx.Rows) (l TrialLine, err error) {
		err = rows.Scan(&l.Code, &l.Name, &l.Type, &l.Opening, &l.Debits, &l.Credits, &l.Closing)
		return l, err
	})
}

// MonthState returns the state of a month; one that nothing was posted into is open.
func MonthState(ctx context.Context, q pg.Queryer, m money.Month) (state string, err error) {
	defer pg.Wrap(&err, "ledger: state of %s", m)
	err = q.QueryRow(ctx, "select coalesce((select state from ledger_month where month = $1), 'open')", m.First()).Scan(&state)
	return state, err
}
