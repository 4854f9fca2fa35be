package ledger

import (
	"context"
	"iter"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// Line is one account of a trial balance.
type Line struct {
	Account AccountID
	Code    string
	Name    string
	Type    string
	Debits  money.VND // all that was debited, đồng
	Credits money.VND // all that was credited
	Balance money.VND // in the account's natural sign
}

// Balances streams the accounts that ever moved, by code, with their sums at the end of
// the day on; the zero day is now. Now comes from the kept balances, a day from
// the totals of closed months and the transfers of the others.
func Balances(ctx context.Context, q pg.Queryer, on time.Time) iter.Seq2[Line, error] {
	sql, args := `
		select a.id, a.code, a.name, a.type, b.debits, b.credits, b.sign * (b.debits - b.credits)
		from balance b join account a on a.id = b.account_id
		where b.debits > 0 or b.credits > 0
		order by a.code collate "C"`, []any{}
	if !on.IsZero() {
		sql, args = `
		select a.id, a.code, a.name, a.type, p.debits, p.credits,
			case when a.type in ('asset', 'expense') then p.debits - p.credits else p.credits - p.debits end
		from (select account_id, sum(debits)::bigint debits, sum(credits)::bigint credits
			from (select account_id, debits, credits from account_month where month < date_trunc('month', $1::date)::date
				union all select debit, amount, 0 from transfer where on_day between date_trunc('month', $1::date)::date and $1
				union all select credit, 0, amount from transfer where on_day between date_trunc('month', $1::date)::date and $1) m
			group by account_id) p
		join account a on a.id = p.account_id
		order by a.code collate "C"`, []any{on}
	}
	return stream(ctx, q, "ledger: balances", sql, args, func(rows pgx.Rows) (l Line, err error) {
		err = rows.Scan(&l.Account, &l.Code, &l.Name, &l.Type, &l.Debits, &l.Credits, &l.Balance)
		return l, err
	})
}

// BalanceOn returns what the account held at the end of a day, in its natural sign.
func BalanceOn(ctx context.Context, q pg.Queryer, code string, on time.Time) (v money.VND, err error) {
	defer pg.Wrap(&err, "ledger: balance of %s on %s", code, on.Format(time.DateOnly))
	if _, err := Balance(ctx, q, code); err != nil { // says that there is no such account
		return 0, err
	}
	err = q.QueryRow(ctx, `
		select case when a.type in ('asset', 'expense') then 1 else -1 end * ledger_net(a.id, $2)
		from account a where a.code = $1`, code, on).Scan(&v)
	return v, err
}

// Movement is one row of an account's statement.
type Movement struct {
	On      time.Time
	Entry   EntryID
	N       int // the transfer's place in its entry
	Kind    string
	Memo    string
	Ref     string // the transfer's
	Against string // code of the other account
	Debit   money.VND
	Credit  money.VND
	Balance money.VND // after it, in the account's natural sign
}

// Statement streams an account's movements from one day to another (both included), in
// the order of days and entries, each with the balance after it.
func Statement(ctx context.Context, q pg.Queryer, code string, from, to time.Time) iter.Seq2[Movement, error] {
	sql := `
		select p.on_day, p.entry_id, p.n, e.kind, e.memo, p.ref, o.code, p.debits, p.credits,
			case when a.type in ('asset', 'expense') then 1 else -1 end * (before.net + sum(p.debits - p.credits)
				over (order by p.on_day, p.entry_id, p.n rows unbounded preceding))::bigint
		from account a,
		lateral (select ledger_net(a.id, $2::date - 1) net) before,
		lateral (
			select on_day, entry_id, n, ref, credit against, amount debits, 0::bigint credits
			from transfer where debit = a.id and on_day between $2 and $3
			union all
			select on_day, entry_id, n, ref, debit, 0, amount
			from transfer where credit = a.id and on_day between $2 and $3) p
		join entry e on e.id = p.entry_id and e.on_day = p.on_day
		join account o on o.id = p.against
		where a.code = $1
		order by p.on_day, p.entry_id, p.n`
	return stream(ctx, q, "ledger: statement of "+code, sql, []any{code, from, to}, func(rows pgx.Rows) (m Movement, err error) {
		err = rows.Scan(&m.On, &m.Entry, &m.N, &m.Kind, &m.Memo, &m.Ref, &m.Against, &m.Debit, &m.Credit, &m.Balance)
		return m, err
	})
}

// stream runs a query and yields its rows one at a time.
func stream[T any](ctx context.Context, q pg.Queryer, what, sql string, args []any, scan func(pgx.Rows) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		fail := func(err error) {
			pg.Wrap(&err, "%s", what)
			yield(zero, err)
		}
		rows, err := q.Query(ctx, sql, args...)
		if err != nil {
			fail(err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			v, err := scan(rows)
			if err != nil {
				fail(err)
				return
			}
			if !yield(v, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			fail(err)
		}
	}
}
