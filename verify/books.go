package verify

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// books re-derives the log and the ledger in one pass, so that each row is read once: in
// the order of leaves every event's hash, the tree over them and its roots; and with each
// event of an entry that entry, its key and transfers, its hashes and the balances.
func (c *checker) books(ctx context.Context) error {
	heads, err := c.heads(ctx)
	if err != nil {
		return err
	}
	// in the order of their keys the rows come as they stand; to sort a million of them,
	// with all that they hold, takes longer than all the rest
	if err := c.sorts(ctx, "off"); err != nil {
		return err
	}
	l, err := c.openLog(ctx, heads)
	if err != nil {
		return err
	}
	defer l.close()
	e, err := c.openEntries(ctx)
	if err != nil {
		return err
	}
	defer e.close()
	if err := l.walk(ctx, e); err != nil {
		return err
	}
	if err := e.rest(ctx); err != nil {
		return err
	}
	l.close()
	e.close()
	c.counted("events in the log", l.tree.size, 0)
	c.counted("entries", e.n, 0)
	c.counted("transfers", e.moved, e.total)
	if err := c.sorts(ctx, "on"); err != nil {
		return err
	}
	if err := c.balances(ctx, e.accounts); err != nil {
		return err
	}
	for _, sql := range bookChecks {
		if err := c.check(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) sorts(ctx context.Context, way string) error {
	for _, tx := range c.txs {
		if _, err := tx.Exec(ctx, "set local enable_sort = "+way); err != nil {
			return err
		}
	}
	return nil
}

// check runs a query that selects what differs: table, id, what, expected, found.
func (c *checker) check(ctx context.Context, sql string) error {
	type row [5]*string // what is compared may be null
	return each(ctx, c.look(), func(rows pgx.Rows, d *row) error {
		return rows.Scan(&d[0], &d[1], &d[2], &d[3], &d[4])
	}, func(d *row) error {
		var said [5]string
		for i, s := range d {
			if said[i] = "nothing"; s != nil {
				said[i] = *s
			}
		}
		c.differs(said[0], said[1], said[2], said[3], said[4])
		return nil
	}, sql+" order by 1, 2")
}

// sums are an account's debits and credits as its transfers give them.
type sums struct{ debits, credits int64 }

// balances compares the kept balances with the sums of all transfers and of open holds.
func (c *checker) balances(ctx context.Context, accounts map[int64]sums) error {
	type row struct {
		account, balance *int64
		code, kind       string
		floored, kept    bool
		sign             int
		debits, credits  int64
		held, onHold     int64
	}
	var n int64
	err := each(ctx, c.txs[0], func(rows pgx.Rows, r *row) error {
		return rows.Scan(&r.account, &r.balance, &r.code, &r.kind, &r.floored, &r.kept, &r.sign, &r.debits, &r.credits, &r.held, &r.onHold)
	}, func(r *row) error {
		n++
		switch {
		case r.account == nil:
			c.differs("balance", *r.balance, "its account", "a row", "none")
			return nil
		case r.balance == nil:
			c.differs("account", r.code, "its balance", "a row", "none")
			return nil
		}
		own := accounts[*r.account]
		delete(accounts, *r.account)
		same(c, "balance", r.code, "debits", own.debits, r.debits)
		same(c, "balance", r.code, "credits", own.credits, r.credits)
		same(c, "balance", r.code, "held, as the sum of its open holds", r.onHold, r.held)
		sign := 1
		if r.kind != "asset" && r.kind != "expense" {
			sign = -1
		}
		same(c, "balance", r.code, "sign", sign, r.sign)
		same(c, "balance", r.code, "no overdraft", r.floored, r.kept)
		if free := int64(sign)*(own.debits-own.credits) - r.onHold; r.floored && free < 0 {
			c.differs("balance", r.code, "balance of an account without overdraft, less its holds", "0 or more", free)
		}
		return nil
	}, `
		select a.id, b.account_id, coalesce(a.code, ''), coalesce(a.type, ''), coalesce(a.no_overdraft, false), coalesce(b.floored, false),
			coalesce(b.sign, 0), coalesce(b.debits, 0), coalesce(b.credits, 0), coalesce(b.held, 0), coalesce(h.amount, 0)
		from account a full join balance b on b.account_id = a.id
		left join (
			-- a hold counts on every account that its transfer would draw from
			select x.id, sum(h.amount)::bigint amount from hold h
			join account x on (x.id = h.debit and x.type not in ('asset', 'expense')) or (x.id = h.credit and x.type in ('asset', 'expense'))
			where not exists (select from hold_end d where d.hold_id = h.id) group by x.id) h on h.id = a.id
		order by a.id`)
	if err != nil {
		return err
	}
	for _, id := range sorted(accounts) {
		c.differs("transfer", "account "+fmt.Sprint(id), "an account that transfers name", "a row", "none")
	}
	c.counted("balances", n, 0)
	return nil
}

// bookChecks select what the ledger's rules forbid or its log knows otherwise.
var bookChecks = []string{
	`select 'entry', e.id::text, 'mirror of the entry that it reverses', e.reverses::text, 'otherwise'
	from entry e left join entry_key k on k.entry_id = e.reverses
	where e.reverses is not null and exists (
		select from (select * from transfer t where t.entry_id = e.id and t.on_day = e.on_day) i
		full join (select * from transfer t where t.entry_id = k.entry_id and t.on_day = k.on_day) o on o.n = i.n
		where (i.debit, i.credit, i.amount) is distinct from (o.credit, o.debit, o.amount))`,
	`select 'entry', max(id)::text, 'only reversal of its entry', reverses::text, 'otherwise' from entry where reverses is not null group by reverses having count(*) > 1`,
	`select 'entry', e.id::text, 'posting before month ' || to_char(m.month, 'YYYY-MM') || ' was closed', '0', 'otherwise'
	from entry e join ledger_month m on m.month = e.month and m.state = 'closed' where e.posted_at > m.changed_at`,

	// a month is what the log says that somebody made of it
	`with said as (
		select distinct on (subject) (substr(subject, 7) || '-01')::date as month, payload ->> 'state' as state, actor
		from audit_event where kind = 'ledger.month' and subject ~ '^month:[0-9]{4}-[0-9]{2}$' order by subject, id desc)
	select 'ledger_month', to_char(coalesce(s.month, m.month), 'YYYY-MM'), 'state in the log', coalesce(s.state, 'open'), coalesce(m.state, 'no row')
	from said s full join ledger_month m on m.month = s.month where coalesce(s.state, 'open') <> coalesce(m.state, 'no row')`,
	`select 'month_total', to_char(coalesce(k.month, p.month), 'YYYY-MM') || ' account ' || coalesce(k.account_id, p.account_id), 'what moved in the closed month',
		coalesce(p.debits || ' / ' || p.credits, 'nothing'), coalesce(k.debits || ' / ' || k.credits, 'nothing')
	from month_total k full join (
		select m.month, x.account_id, sum(x.debits)::bigint debits, sum(x.credits)::bigint credits
		from ledger_month m join (select on_day, debit account_id, amount debits, 0 credits from transfer union all select on_day, credit, 0, amount from transfer) x
			on x.on_day >= m.month and x.on_day < (m.month + interval '1 month')::date
		where m.state = 'closed' group by 1, 2) p on p.month = k.month and p.account_id = k.account_id
	where (k.debits, k.credits) is distinct from (p.debits, p.credits)`,

	// an account is what its code says: class 1 is owned, 3 owed, 5 earned, 6 spent (TT
	// 24/2024), the fund and a voucher's worth cannot be overdrawn, and a commune's account
	// is that commune's
	`select 'account', a.code, 'type of the account''s class', w.type, a.type
	from account a join (values ('1', 'asset'), ('5', 'revenue'), ('6', 'expense'), ('8', 'expense')) w(class, type) on left(a.code, 1) = w.class
	where a.type <> w.type
	union all
	select 'account', code, 'type of the account''s class', 'liability', type from account
	where left(code, 1) = '3' and type not in ('liability', 'equity')`,
	`select 'account', code, 'no overdraft of a fund', 'true', 'false' from account where code like '366.%' and not no_overdraft`,
	`select 'account', code, 'office in its code', (string_to_array(code, '.'))[2], office from account
	where code ~ '^(112|366|511|611|6118)\.[0-9]{5}(\.|$)' and office not in ('', (string_to_array(code, '.'))[2])`,

	// a hold ends once, in time, and by an entry of its accounts when it was posted
	`select 'hold', h.id::text, 'open hold', case when d.hold_id is null then 'open' else d.how end, case when o.hold_id is null then 'not open' else 'open' end
	from hold h left join hold_end d on d.hold_id = h.id left join hold_open o on o.hold_id = h.id
	where (d.hold_id is null) <> (o.hold_id is not null)
	union all
	select 'hold_open', o.hold_id::text, 'its hold', 'a row', 'none' from hold_open o where not exists (select from hold h where h.id = o.hold_id)
	union all
	select 'hold_open', o.hold_id::text, 'until', h.until::text, o.until::text from hold_open o join hold h on h.id = o.hold_id where o.until <> h.until`,
	`select 'hold_end', d.hold_id::text, 'its end', 'posted before ' || h.until || ', or expired after', d.how || ' at ' || d.at
	from hold_end d join hold h on h.id = d.hold_id where (d.how = 'expired' and d.at < h.until) or (d.how = 'posted' and d.at >= h.until)
	union all
	select 'hold_end', d.hold_id::text, 'entry that it was posted by', h.debit || ' to ' || h.credit || ' up to ' || h.amount, coalesce(t.debit || ' to ' || t.credit || ' ' || t.amount, 'none')
	from hold_end d join hold h on h.id = d.hold_id left join entry_key k on k.key = d.key
	left join transfer t on t.entry_id = k.entry_id and t.on_day = k.on_day and t.n = 0
	where d.how = 'posted' and not coalesce((t.debit, t.credit) = (h.debit, h.credit) and t.amount <= h.amount, false)`,
}
