package payout

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/internal/text"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

// bookDay is the day an event is booked on: the calendar day in Việt Nam.
func bookDay(now time.Time) time.Time {
	t := now.In(text.Vietnam)
	return money.Day(t.Year(), t.Month(), t.Day())
}

// part is what one payment moves in one scheme.
type part struct {
	payment                PaymentID
	person                 int64
	scheme                 Scheme
	owed, clawback, setOff money.VND
}

const partColumns = `
	select p.id, p.person_id, i.scheme, coalesce(sum(i.amount) filter (where i.amount > 0), 0)::bigint,
	       coalesce(-sum(i.amount) filter (where i.amount < 0), 0)::bigint, sum(i.set_off)::bigint
	from payment p join payment_item i on i.payment_id = p.id `

// readRunParts reads the parts of all that a run pays. The bounds keep the join within
// the run's stretch of lines, however many runs there are.
func readRunParts(ctx context.Context, tx pgx.Tx, run RunID) ([]part, error) {
	var first, last PaymentID
	err := tx.QueryRow(ctx, `select coalesce(min(id), 0), coalesce(max(id), 0) from payment where run_id = $1`, run).Scan(&first, &last)
	if err != nil {
		return nil, err
	}
	return readParts(ctx, tx, `where p.run_id = $1 and p.state = 'ready' and i.payment_id between $2 and $3`, run, first, last)
}

func readParts(ctx context.Context, tx pgx.Tx, where string, args ...any) ([]part, error) {
	rows, err := tx.Query(ctx, partColumns+where+` group by p.id, i.scheme order by p.id, i.scheme`, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (x part, err error) {
		return x, row.Scan(&x.payment, &x.person, &x.scheme, &x.owed, &x.clawback, &x.setOff)
	})
}

// postRun posts an approved run and changes its state, in the transaction of the last
// approval: what is owed to each person by scheme, what was overpaid, what is set off,
// and by scheme what leaves the fund.
func postRun(ctx context.Context, tx pgx.Tx, r Run, by string, now time.Time) error {
	parts, err := readRunParts(ctx, tx, r.ID)
	if err != nil {
		return err
	}
	b, err := openBooks(ctx, tx, r.Office, parts)
	if err != nil {
		return err
	}
	if err := b.checkFunds(ctx, tx); err != nil {
		return err
	}
	var entry *ledger.EntryID
	if len(parts) > 0 {
		id, _, err := ledger.PostAll(ctx, tx, ledger.Entry{Key: fmt.Sprintf("run:%d:approved", r.ID), On: bookDay(now), Kind: "run.approved",
			Memo: fmt.Sprintf("Chi trả tháng %s, %s", text.Month(r.Month), r.Office), Ref: r.ID.subject(), By: by, At: now}, b.transfers(parts, false))
		if err != nil {
			return fundsError(err)
		}
		entry = &id
		if err := refuseOverTaken(ctx, tx, r.ID); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `update run set state = 'approved', approved_at = $2, entry_id = $3 where id = $1`, r.ID, now, entry); err != nil {
		return err
	}
	if err := settleCarried(ctx, tx, r.ID, now); err != nil {
		return err
	}
	// what stays out is free for the next run to take
	if _, err := tx.Exec(ctx, `update payment set live = false, changed_at = $2 where run_id = $1 and state = 'held'`, r.ID, now); err != nil {
		return err
	}
	if err := audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "run.approved", Subject: r.ID.subject(),
		Payload: map[string]any{"digest": hexed(r.Digest), "n": r.N, "total": r.Total, "entry": entry}}); err != nil {
		return err
	}
	return cancelStopped(ctx, tx, r.ID, by, now)
}

// settleCarried marks earlier payments as taken over by those that are paid now, and
// leaves those of held payments for the next run.
func settleCarried(ctx context.Context, tx pgx.Tx, run RunID, now time.Time) error {
	_, err := tx.Exec(ctx, `
		update payment_carry c set live = false from payment p
		where p.id = c.to_payment and p.run_id = $1 and p.state = 'held' and c.live`, run)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		update payment f set state = 'carried', changed_at = $2
		from payment_carry c join payment p on p.id = c.to_payment
		where p.run_id = $1 and c.live and f.id = c.from_payment and f.state in ('returned', 'uncollected')`, run, now)
	return err
}

// accounts are the ledger's numbers of what a set of parts touches.
type accounts struct {
	office string
	ids    map[string]ledger.AccountID
	net    map[Scheme]money.VND // what leaves each fund
}

func openBooks(ctx context.Context, tx pgx.Tx, office string, parts []part) (accounts, error) {
	b := accounts{office: office, net: map[Scheme]money.VND{}}
	list := make([]ledger.Account, 0, len(parts)+16)
	seen := map[Scheme]bool{}
	for i, x := range parts {
		b.net[x.scheme] += x.owed - x.setOff
		if !seen[x.scheme] {
			seen[x.scheme] = true
			list = append(list, fund(office, x.scheme), revenue(office, x.scheme), expense(office, x.scheme))
		}
		if i == 0 || parts[i-1].person != x.person {
			list = append(list, payable(x.person))
		}
		if x.clawback > 0 || x.setOff > 0 {
			list = append(list, receivable(x.person))
		}
	}
	var err error
	b.ids, err = ledger.Ensure(ctx, tx, list)
	return b, err
}

// schemes lists what there are parts of, programmes too, in one order.
func (b accounts) schemes() []Scheme { return slices.Sorted(maps.Keys(b.net)) }

// checkFunds refuses a run that a fund cannot cover before anything is posted.
func (b accounts) checkFunds(ctx context.Context, tx pgx.Tx) error {
	for _, s := range b.schemes() {
		if b.net[s] == 0 {
			continue
		}
		code := fund(b.office, s).Code
		has, err := ledger.Balance(ctx, tx, code)
		if err != nil {
			return err
		}
		if has < b.net[s] {
			return &ErrFunds{Account: code, Short: b.net[s] - has, Balance: has}
		}
	}
	return nil
}

// fundsError names the fund that the ledger itself found short.
func fundsError(err error) error {
	var short ledger.ErrShort
	if errors.As(err, &short) {
		return &ErrFunds{Account: short.Account, Short: short.Short, Balance: short.Balance}
	}
	return err
}

// transfers are the money table's rows for parts; mirrored, they undo them.
func (b accounts) transfers(parts []part, mirrored bool) iter.Seq2[ledger.Transfer, error] {
	return func(yield func(ledger.Transfer, error) bool) {
		move := func(debit, credit ledger.Account, amount money.VND, ref string) bool {
			if amount == 0 {
				return true
			}
			if mirrored {
				debit, credit = credit, debit
			}
			return yield(ledger.Transfer{Debit: b.ids[debit.Code], Credit: b.ids[credit.Code], Amount: amount, Ref: ref}, nil)
		}
		for _, x := range parts {
			ref, cost := x.payment.subject(), expense(b.office, x.scheme)
			if !move(cost, payable(x.person), x.owed, ref) ||
				!move(receivable(x.person), cost, x.clawback, ref) ||
				!move(payable(x.person), receivable(x.person), x.setOff, ref) {
				return
			}
		}
		for _, s := range b.schemes() {
			if !move(fund(b.office, s), revenue(b.office, s), b.net[s], "") {
				return
			}
		}
	}
}
