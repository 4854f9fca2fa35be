package ledger

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// errRaced says that somebody else posted a key of the batch in the meantime.
var errRaced = errors.New("a key of the batch was posted elsewhere")

// laneTx posts one batch of calls, each with a key of its own, in one transaction that
// locks first and decides then, call by call in the order of their arrival.
type laneTx struct {
	tx      pgx.Tx
	calls   []*call
	answers []answer
	replays bool
}

func (b *laneTx) post(ctx context.Context) error {
	open, err := b.answerPosted(ctx)
	if err != nil {
		return err
	}
	if open, err = b.check(ctx, open); err != nil {
		return riderError(err)
	}
	accepted, err := b.bear(ctx, open)
	if err != nil {
		return err
	}
	if len(accepted) > 0 {
		return b.write(ctx, accepted)
	}
	if b.replays { // see post
		_, err = b.tx.Exec(ctx, "select pg_logical_emit_message(true, 'idem', '')")
	}
	return err
}

// answerPosted answers the calls whose keys stand already and those for a closed month,
// and returns the places of the others.
func (b *laneTx) answerPosted(ctx context.Context) (open []int, err error) {
	keys, days, kinds := make([]string, len(b.calls)), make([]string, len(b.calls)), make([]string, len(b.calls))
	hashes := make([][]byte, len(b.calls))
	for i, c := range b.calls {
		keys[i], hashes[i], days[i], kinds[i] = c.Key, c.hash, c.On.Format("2006-01-02"), c.Kind
	}
	var q pgx.Batch
	q.Queue("select ledger_open_month(day) from (select distinct day from unnest($1::date[]) day order by day) d", days)
	q.Queue(`
		select a.i - 1, coalesce(k.entry_id, 0), coalesce(k.hash = a.hash, false), m.state = 'open' or (m.state = 'closing' and a.kind = 'closing')
		from unnest($1::text[], $2::bytea[], $3::date[], $4::text[]) with ordinality as a(key, hash, day, kind, i)
		left join entry_key k on k.key = a.key
		join ledger_month m on m.month = date_trunc('month', a.day)::date`, keys, hashes, days, kinds)
	answers := b.tx.SendBatch(ctx, &q)
	defer answers.Close()
	if _, err := answers.Exec(); err != nil {
		return nil, err
	}
	rows, err := answers.Query()
	if err != nil {
		return nil, err
	}
	var i int
	var id EntryID
	var same, may bool
	if _, err = pgx.ForEachRow(rows, []any{&i, &id, &same, &may}, func() error {
		switch {
		case same:
			b.answers[i], b.replays = answer{id: id}, true
		case id != 0:
			b.answers[i].err = fmt.Errorf("entry %d: %w", id, ErrKeyReused)
		case !may:
			b.answers[i].err = ErrMonthClosed
		default:
			open = append(open, i)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	slices.Sort(open)
	return open, answers.Close()
}

// held is a balance that this transaction has locked.
type held struct {
	debits, credits, held money.VND
	sign                  int
	floored               bool
}

// free is what may be taken: the balance in its natural sign, less what is held of it.
func (h held) free() money.VND { return money.VND(h.sign)*(h.debits-h.credits) - h.held }

// bear locks the accounts and decides, in the order of arrival, which calls they can
// bear; the others are answered with what is short.
func (b *laneTx) bear(ctx context.Context, open []int) (accepted []int, err error) {
	if len(open) == 0 {
		return nil, nil
	}
	var ids []AccountID
	for _, i := range open {
		ids = append(ids, b.calls[i].Debit, b.calls[i].Credit)
	}
	slices.Sort(ids)
	rows, err := b.tx.Query(ctx, "select account_id, debits, credits, held, sign, floored from ledger_lock($1)", slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	accounts := map[AccountID]held{}
	var id AccountID
	var h held
	if _, err = pgx.ForEachRow(rows, []any{&id, &h.debits, &h.credits, &h.held, &h.sign, &h.floored}, func() error {
		accounts[id] = h
		return nil
	}); err != nil {
		return nil, err
	}
	for _, i := range open {
		c := b.calls[i]
		debit, ok1 := accounts[c.Debit]
		credit, ok2 := accounts[c.Credit]
		if !ok1 || !ok2 {
			b.answers[i].err = ErrNoAccount
			continue
		}
		if debit.debits > math.MaxInt64-c.Amount || credit.credits > math.MaxInt64-c.Amount {
			b.answers[i].err = fmt.Errorf("%w: %w", ErrInvalid, money.ErrOverflow)
			continue
		}
		before := [2]held{debit, credit}
		debit.debits += c.Amount
		credit.credits += c.Amount
		short := ErrShort{}
		for j, after := range [2]held{debit, credit} {
			if after.floored && after.free() < min(0, before[j].free()) {
				short = ErrShort{Short: -after.free(), Balance: before[j].free()}
				if short.Account, err = b.code(ctx, [2]AccountID{c.Debit, c.Credit}[j]); err != nil {
					return nil, err
				}
			}
		}
		if short.Short > 0 {
			b.answers[i].err = short
			continue
		}
		accounts[c.Debit], accounts[c.Credit] = debit, credit
		accepted = append(accepted, i)
	}
	return accepted, nil
}

func (b *laneTx) code(ctx context.Context, id AccountID) (code string, err error) {
	err = b.tx.QueryRow(ctx, "select code from account where id = $1", id).Scan(&code)
	return code, err
}

// write posts the accepted calls and what goes with them.
func (b *laneTx) write(ctx context.Context, accepted []int) error {
	if err := pay(ctx, b.tx, b.calls, accepted, b.answers, true); err != nil {
		return err
	}
	for _, i := range accepted {
		if b.answers[i].id == 0 { // not written after all: its key is somebody else's by now
			return errRaced
		}
	}
	return riderError(b.ride(ctx, accepted))
}

// rideError is what a rider said, and no fault of the connection or of the locks.
type rideError struct{ error }

func (e rideError) Unwrap() error { return e.error }

func riderError(err error) error {
	if err == nil || (pg.Code(err) != "") {
		return err
	}
	return rideError{err}
}
