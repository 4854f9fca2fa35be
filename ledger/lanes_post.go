package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/money"
)

// errRaced says that somebody else posted a key of the batch in the meantime.
var errRaced = errors.New("a key of the batch was posted elsewhere")

// laneTx posts one batch of calls, each with a key of its own, in one transaction.
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
	accepted, err := b.bear(ctx, open)
	if err != nil {
		return err
	}
	if len(accepted) > 0 {
		return b.write(ctx, accepted)
	}
	if b.replays { // see takeKey
		_, err = b.tx.Exec(ctx, "select pg_logical_emit_message(true, 'idem', '')")
	}
	return err
}

// answerPosted answers the calls whose keys stand already and those for a closed month,
// and returns the places of the others.
func (b *laneTx) answerPosted(ctx context.Context) (open []int, err error) {
	keys, days := make([]string, len(b.calls)), make([]string, len(b.calls))
	for i, c := range b.calls {
		keys[i], days[i] = c.Key, c.On.Format("2006-01-02")
	}
	slices.Sort(days)
	days = slices.Compact(days)
	var q pgx.Batch
	// the plans of a lane are kept; one made while the tables were small must not scan them
	q.Queue("set local enable_seqscan = off")
	q.Queue("set local jit = off")
	q.Queue("select ledger_open_month(day) from unnest($1::date[]) day", days)
	q.Queue(`select month::text from ledger_month
		where state <> 'open' and month in (select date_trunc('month', day)::date from unnest($1::date[]) day)`, days)
	q.Queue("select key, entry_id, hash from entry_key where key = any($1)", keys)
	answers := b.tx.SendBatch(ctx, &q)
	defer answers.Close()
	for range 3 {
		if _, err := answers.Exec(); err != nil {
			return nil, err
		}
	}
	rows, err := answers.Query()
	if err != nil {
		return nil, err
	}
	closed, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	type first struct {
		id   EntryID
		hash []byte
	}
	posted := map[string]first{}
	if rows, err = answers.Query(); err != nil {
		return nil, err
	}
	var key string
	var f first
	if _, err = pgx.ForEachRow(rows, []any{&key, &f.id, &f.hash}, func() error {
		posted[key] = first{f.id, bytes.Clone(f.hash)}
		return nil
	}); err != nil {
		return nil, err
	}
	for i, c := range b.calls {
		switch p, ok := posted[c.Key]; {
		case ok && bytes.Equal(p.hash, c.digest.hash()):
			b.answers[i], b.replays = answer{id: p.id}, true
		case ok:
			b.answers[i].err = fmt.Errorf("entry %d: %w", p.id, ErrKeyReused)
		case slices.Contains(closed, money.MonthOf(c.On).First().Format("2006-01-02")) && c.Kind != "closing":
			b.answers[i].err = ErrMonthClosed
		default:
			open = append(open, i)
		}
	}
	return open, answers.Close()
}

// held is a balance that this transaction has locked.
type held struct {
	debits, credits money.VND
	sign            int
	floored         bool
}

func (h held) net() money.VND { return money.VND(h.sign) * (h.debits - h.credits) }

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
	rows, err := b.tx.Query(ctx, "select account_id, debits, credits, sign, floored from ledger_lock($1)", slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	accounts := map[AccountID]held{}
	var id AccountID
	var h held
	if _, err = pgx.ForEachRow(rows, []any{&id, &h.debits, &h.credits, &h.sign, &h.floored}, func() error {
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
			if after.floored && after.net() < 0 {
				short = ErrShort{Short: -after.net(), Balance: before[j].net()}
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

// write takes the keys of the accepted calls and writes their entries, transfers and
// events, a statement each.
func (b *laneTx) write(ctx context.Context, accepted []int) error {
	n := len(accepted)
	keys, hashes, days := make([]string, n), make([][]byte, n), make([]string, n)
	for j, i := range accepted {
		c := b.calls[i]
		keys[j], hashes[j], days[j] = c.Key, c.digest.hash(), c.On.Format("2006-01-02")
	}
	rows, err := b.tx.Query(ctx, `
		insert into entry_key (key, hash, on_day)
		select key, hash, day from unnest($1::text[], $2::bytea[], $3::date[]) as k(key, hash, day) order by key
		on conflict (key) do nothing returning key, entry_id`, keys, hashes, days)
	if err != nil {
		return err
	}
	ids := make(map[string]EntryID, n)
	var key string
	var id EntryID
	if _, err := pgx.ForEachRow(rows, []any{&key, &id}, func() error { ids[key] = id; return nil }); err != nil {
		return err
	}
	if len(ids) < n {
		return errRaced
	}
	entry, kind, memo, ref, by := make([]EntryID, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	salts, roots, events := make([][]byte, n), make([][]byte, n), make([]audit.Event, n)
	debit, credit, amount := make([]AccountID, n), make([]AccountID, n), make([]money.VND, n)
	for j, i := range accepted {
		c := b.calls[i]
		root := c.digest.tree.Root()
		entry[j], kind[j], memo[j], ref[j], by[j] = ids[c.Key], c.Kind, c.Memo, c.Ref, c.By
		salts[j], roots[j], events[j] = c.digest.salt[:], root[:], event(ids[c.Key], c.entry(), c.digest)
		debit[j], credit[j], amount[j] = c.Debit, c.Credit, c.Amount
		b.answers[i].id = ids[c.Key]
	}
	var q pgx.Batch
	q.Queue(`
		insert into entry (id, key, hash, on_day, kind, memo, ref, by_who, n, total, salt, root)
		select id, key, hash, day, kind, memo, ref, by_who, 1, amount, salt, root
		from unnest($1::bigint[], $2::text[], $3::bytea[], $4::date[], $5::text[], $6::text[], $7::text[], $8::text[],
			$9::bigint[], $10::bytea[], $11::bytea[])
			as e(id, key, hash, day, kind, memo, ref, by_who, amount, salt, root)`,
		entry, keys, hashes, days, kind, memo, ref, by, amount, salts, roots)
	q.Queue(`
		insert into transfer (entry_id, n, on_day, debit, credit, amount, ref)
		select entry_id, 0, day, debit, credit, amount, ref
		from unnest($1::bigint[], $2::date[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[])
			as t(entry_id, day, debit, credit, amount, ref)`,
		entry, days, debit, credit, amount, ref)
	if err := b.tx.SendBatch(ctx, &q).Close(); err != nil {
		return err
	}
	return audit.RecordAll(ctx, b.tx, events)
}
