package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/money"
)

// payments posts, in one statement and so in one round trip with its commit, those of a
// batch that no key, month or balance has anything against by itself: keys that are new,
// months that are open, accounts that exist, and from an account that may not go short no
// more than it has now ($14 lifts this for who has looked under the balances' locks). The
// others it leaves out; keys that were posted before come back with their entries, behind
// a message that makes the commit wait for a synchronous standby (see posted).
//
// The balances are locked by the trigger on transfer, at the end; when all together are
// more than an account has by then, that is an error here, and the careful way decides.
const payments = `
	with asked as materialized (
		select a.*, k.entry_id, k.hash = a.hash same, m.state = 'open' or (m.state = 'closing' and a.kind = 'closing') open,
			coalesce(a.amount <= case when d.floored and d.sign = -1 then d.credits - d.debits - d.held else 9223372036854775807 - d.debits end
				and a.amount <= case when c.floored and c.sign = 1 then c.debits - c.credits - c.held else 9223372036854775807 - c.credits end, false) bearable
		from unnest($1::text[], $2::bytea[], $3::date[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[],
				$9::bigint[], $10::bigint[], $11::bigint[], $12::bytea[], $13::bytea[])
			with ordinality as a(key, hash, day, kind, memo, ref, by_who, at, debit, credit, amount, salt, root, i)
		left join entry_key k on k.key = a.key
		left join ledger_month m on m.month = a.day - (extract(day from a.day)::int - 1)
		left join balance d on d.account_id = a.debit
		left join balance c on c.account_id = a.credit),
	posted as (
		insert into entry (key, hash, on_day, kind, memo, ref, by_who, at, n, total, debit, credit, salt, root)
		select key, hash, day, kind, memo, ref, by_who, coalesce(at, clock_timestamp()), 1, amount, debit, credit, salt, root
		from asked where entry_id is null and open and (bearable or $14) order by i
		returning key, id)
	select key, id, true from posted
	union all select key, entry_id, same from asked where entry_id is not null
	union all select barrier::text, 0, false
		from (select pg_logical_emit_message(true, 'idem', '') barrier from asked where entry_id is not null limit 1) b`

// pay sends the calls at places through the statement of that name and gives their
// answers; those that it left out have none.
func pay(ctx context.Context, q querier, calls []*call, places []int, answers []answer, locked bool) error {
	n := len(places)
	keys, hashes, days, at := make([]string, n), make([][]byte, n), make([]time.Time, n), make([]*time.Time, n)
	kind, memo, ref, by := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	debit, credit, amount := make([]AccountID, n), make([]AccountID, n), make([]money.VND, n)
	salts, roots := make([][]byte, n), make([][]byte, n)
	place := make(map[string]int, n)
	for j, i := range places {
		c := calls[i]
		root := c.digest.tree.Root()
		keys[j], hashes[j], days[j] = c.Key, c.hash, c.On
		kind[j], memo[j], ref[j], by[j] = c.Kind, c.Memo, c.Ref, c.By
		debit[j], credit[j], amount[j] = c.Debit, c.Credit, c.Amount
		salts[j], roots[j] = c.digest.salt[:], root[:]
		if !c.At.IsZero() {
			at[j] = &c.At
		}
		place[c.Key] = i
	}
	rows, err := q.Query(ctx, payments, keys, hashes, days, kind, memo, ref, by, at, debit, credit, amount, salts, roots, locked)
	if err != nil {
		return err
	}
	var key string
	var id EntryID
	var same bool
	_, err = pgx.ForEachRow(rows, []any{&key, &id, &same}, func() error {
		i, ours := place[key]
		switch {
		case id == 0 || !ours: // the barrier
		case same:
			answers[i] = answer{id: id}
		default:
			answers[i] = answer{err: fmt.Errorf("entry %d: %w", id, ErrKeyReused)}
		}
		return nil
	})
	return err
}

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// errUnsure says that the wait for the standby was cancelled.
var errUnsure = errors.New("the commit may be on one server alone")

// fast answers what one statement can: it commits with it, for it is a transaction of its
// own. What it gives no answer to, and everything after an error, goes the careful way.
func (n *lane) fast(ctx context.Context, batch []*call) []answer {
	answers := make([]answer, len(batch))
	places := make([]int, 0, len(batch))
	for i, c := range batch {
		if c.Rider == nil {
			places = append(places, i)
		}
	}
	if len(places) == 0 {
		return answers
	}
	conn, err := n.connected(ctx)
	if err != nil {
		return answers
	}
	n.unsure.Store(false)
	if len(places) == 1 {
		err = payOne(ctx, conn, batch[places[0]], &answers[places[0]])
	} else {
		err = pay(ctx, conn, batch, places, answers, false)
	}
	if err != nil || n.unsure.Load() {
		clear(answers)
	}
	return answers
}

// payOne posts a lonely payment without looking first, which would take half as long
// again: what its entry's triggers refuse is left to the careful way.
func payOne(ctx context.Context, q querier, c *call, a *answer) error {
	root := c.digest.tree.Root()
	var at *time.Time
	if !c.At.IsZero() {
		at = &c.At
	}
	rows, err := q.Query(ctx, `
		insert into entry (key, hash, on_day, kind, memo, ref, by_who, at, n, total, debit, credit, salt, root)
		values ($1, $2, $3, $4, $5, $6, $7, coalesce($8, clock_timestamp()), 1, $9, $10, $11, $12, $13) returning id`,
		c.Key, c.hash, c.On, c.Kind, c.Memo, c.Ref, c.By, at, c.Amount, c.Debit, c.Credit, c.digest.salt[:], root[:])
	if err != nil {
		return err
	}
	_, err = pgx.ForEachRow(rows, []any{&a.id}, func() error { return nil })
	return err
}
