package verify

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/money"
)

// entryRow is an entry with its key.
type entryRow struct {
	id                    int64
	hasKey, hasEntry      bool
	keyKey, key           string
	keyHash, hash         []byte
	keyDay, day           time.Time
	kind, memo, ref, by   string
	keyReverses, reverses int64
	n                     int
	total                 int64
	salt, root            []byte
}

type transferRow struct {
	entry, n, debit, credit, amount int64
	day                             time.Time
	ref                             string
}

// eventRow is what the log says of an entry.
type eventRow struct {
	event, entry int64
	payload      string
}

// sums are an account's debits and credits as its transfers give them.
type sums struct{ debits, credits int64 }

// books re-derives every entry's hashes from its transfers, every balance from all
// transfers, and holds each entry against its event in the log.
func (c *checker) books(ctx context.Context) error {
	entries, err := open(ctx, c.txs[0], scanEntry, `
		select coalesce(k.entry_id, e.id), k.key is not null, e.id is not null, coalesce(k.key, ''), coalesce(e.key, ''), k.hash, e.hash,
			coalesce(k.on_day, e.on_day), coalesce(e.on_day, k.on_day), coalesce(e.kind, ''), coalesce(e.memo, ''), coalesce(e.ref, ''),
			coalesce(e.by_who, ''), coalesce(k.reverses, 0), coalesce(e.reverses, 0), coalesce(e.n, 0), coalesce(e.total, 0), e.salt, e.root
		from entry_key k full join entry e on e.id = k.entry_id
		order by 1`)
	if err != nil {
		return err
	}
	defer entries.close()
	transfers, err := open(ctx, c.txs[1], func(rows pgx.Rows, t *transferRow) error {
		return rows.Scan(&t.entry, &t.n, &t.day, &t.debit, &t.credit, &t.amount, &t.ref)
	}, `select entry_id, n, on_day, debit, credit, amount, ref from transfer order by entry_id, n`)
	if err != nil {
		return err
	}
	defer transfers.close()
	events, err := open(ctx, c.txs[2], func(rows pgx.Rows, e *eventRow) error { return rows.Scan(&e.event, &e.entry, &e.payload) }, `
		select id, case when payload ->> 'entry' ~ '^[0-9]{1,18}$' then (payload ->> 'entry')::bigint else 0 end, payload::text
		from audit_event where kind = 'ledger.entry' order by 2, 1`)
	if err != nil {
		return err
	}
	defer events.close()

	accounts := map[int64]sums{}
	var n, moved int64
	var total money.VND
	for ; entries.ok; err = entries.next() {
		e := &entries.row
		if err := c.orphans(transfers, e.id, accounts); err != nil {
			return err
		}
		own := newContent(e)
		for ; transfers.ok && transfers.row.entry == e.id; err = transfers.next() {
			t := &transfers.row
			same(c, "transfer", fmt.Sprintf("%d/%d", t.entry, t.n), "place in its entry", int64(own.n), t.n)
			own.add(t)
			addTo(accounts, t)
			moved++
			total += money.VND(t.amount)
		}
		if err != nil {
			return err
		}
		c.entry(e, own)
		if err := c.entryEvent(e, events); err != nil {
			return err
		}
		n++
	}
	if err != nil {
		return err
	}
	if err := c.orphans(transfers, 1<<62, accounts); err != nil {
		return err
	}
	if err := c.entryEvent(nil, events); err != nil {
		return err
	}
	entries.close()
	transfers.close()
	events.close()
	c.counted("entries", n, 0)
	c.counted("transfers", moved, total)
	if err := c.balances(ctx, accounts); err != nil {
		return err
	}
	return c.ruleBreaks(ctx)
}

func scanEntry(rows pgx.Rows, e *entryRow) error {
	return rows.Scan(&e.id, &e.hasKey, &e.hasEntry, &e.keyKey, &e.key, &e.keyHash, &e.hash, &e.keyDay, &e.day, &e.kind, &e.memo, &e.ref, &e.by,
		&e.keyReverses, &e.reverses, &e.n, &e.total, &e.salt, &e.root)
}

func addTo(accounts map[int64]sums, t *transferRow) {
	d := accounts[t.debit]
	d.debits += t.amount
	accounts[t.debit] = d
	k := accounts[t.credit]
	k.credits += t.amount
	accounts[t.credit] = k
}

// orphans reports transfers whose entry does not exist, up to an entry.
func (c *checker) orphans(transfers *stream[transferRow], before int64, accounts map[int64]sums) (err error) {
	for ; err == nil && transfers.ok && transfers.row.entry < before; err = transfers.next() {
		t := &transfers.row
		c.differs("transfer", fmt.Sprintf("%d/%d", t.entry, t.n), "entry", "a row", "none")
		addTo(accounts, t)
	}
	return err
}

// entry compares an entry with its key and with what its transfers give.
func (c *checker) entry(e *entryRow, own *content) {
	if !e.hasKey || !e.hasEntry {
		have := map[bool]string{true: "entry", false: "entry_key"}[e.hasEntry]
		lacks := map[bool]string{true: "entry_key", false: "entry"}[e.hasEntry]
		c.differs(have, e.id, "its row in "+lacks, "a row", "none")
		if !e.hasEntry {
			return
		}
	} else {
		same(c, "entry", e.id, "key", e.keyKey, e.key)
		same(c, "entry", e.id, "day", e.keyDay, e.day)
		same(c, "entry", e.id, "what it reverses", e.keyReverses, e.reverses)
		if !bytes.Equal(e.keyHash, e.hash) {
			c.differs("entry", e.id, "hash under its key", e.keyHash, e.hash)
		}
	}
	same(c, "entry", e.id, "number of transfers", own.n, e.n)
	same(c, "entry", e.id, "total", own.total, e.total)
	if h := own.hash.Sum(nil); !bytes.Equal(h, e.hash) {
		c.differs("entry", e.id, "hash of its content", h, e.hash)
	}
	if root := own.tree.Root(); !bytes.Equal(root[:], e.root) {
		c.differs("entry", e.id, "root of its transfers", root[:], e.root)
	}
}

// entryEvent holds an entry against its event; nil finds the events after the last entry.
func (c *checker) entryEvent(e *entryRow, events *stream[eventRow]) (err error) {
	for ; err == nil && events.ok && (e == nil || events.row.entry < e.id); err = events.next() {
		c.differs("entry", events.row.entry, "the entry of event "+fmt.Sprint(events.row.event), "a row", "none")
	}
	if err != nil || e == nil || !e.hasEntry {
		return err
	}
	if !events.ok || events.row.entry != e.id {
		c.differs("entry", e.id, "its event in the log", "a row", "none")
		return nil
	}
	first := true
	for ; err == nil && events.ok && events.row.entry == e.id; err = events.next() {
		if !first {
			c.differs("audit_event", events.row.event, "events of entry "+fmt.Sprint(e.id), "one", "another")
			continue
		}
		first = false
		c.eventAgrees(e, &events.row)
	}
	return err
}

func (c *checker) eventAgrees(e *entryRow, ev *eventRow) {
	var p struct {
		Key, On, Kind, Memo, Ref, By, Hash, Root string
		Reverses, Total                          int64
		N                                        int
	}
	if err := json.Unmarshal([]byte(ev.payload), &p); err != nil {
		c.differs("audit_event", ev.event, "payload", "an entry", err)
		return
	}
	same(c, "entry", e.id, "key in the log", p.Key, e.key)
	same(c, "entry", e.id, "day in the log", p.On, e.day.Format(time.DateOnly))
	same(c, "entry", e.id, "kind in the log", p.Kind, e.kind)
	same(c, "entry", e.id, "memo in the log", p.Memo, e.memo)
	same(c, "entry", e.id, "ref in the log", p.Ref, e.ref)
	same(c, "entry", e.id, "author in the log", p.By, e.by)
	same(c, "entry", e.id, "reversed entry in the log", p.Reverses, e.reverses)
	same(c, "entry", e.id, "number of transfers in the log", p.N, e.n)
	same(c, "entry", e.id, "total in the log", p.Total, e.total)
	same(c, "entry", e.id, "hash in the log", p.Hash, hex.EncodeToString(e.hash))
	same(c, "entry", e.id, "root in the log", p.Root, hex.EncodeToString(e.root))
}

// balances compares the kept balances with the sums of all transfers.
func (c *checker) balances(ctx context.Context, accounts map[int64]sums) error {
	type row struct {
		account, balance *int64
		code, kind       string
		floored, kept    bool
		sign             int
		debits, credits  int64
	}
	var n int64
	err := each(ctx, c.txs[0], func(rows pgx.Rows, r *row) error {
		return rows.Scan(&r.account, &r.balance, &r.code, &r.kind, &r.floored, &r.kept, &r.sign, &r.debits, &r.credits)
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
		sign := 1
		if r.kind != "asset" && r.kind != "expense" {
			sign = -1
		}
		same(c, "balance", r.code, "sign", sign, r.sign)
		same(c, "balance", r.code, "no overdraft", r.floored, r.kept)
		if held := int64(sign) * (own.debits - own.credits); r.floored && held < 0 {
			c.differs("balance", r.code, "balance of an account without overdraft", "0 or more", held)
		}
		return nil
	}, `
		select a.id, b.account_id, coalesce(a.code, ''), coalesce(a.type, ''), coalesce(a.no_overdraft, false), coalesce(b.floored, false),
			coalesce(b.sign, 0), coalesce(b.debits, 0), coalesce(b.credits, 0)
		from account a full join balance b on b.account_id = a.id order by a.id`)
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(accounts)) {
		c.differs("transfer", "account "+fmt.Sprint(id), "an account that transfers name", "a row", "none")
	}
	c.counted("balances", n, 0)
	return nil
}

// ruleBreaks looks for entries that the rules forbid: reversals that do not mirror, and
// postings into a month after it was closed.
func (c *checker) ruleBreaks(ctx context.Context) error {
	type row struct {
		id, other int64
		what      string
	}
	return each(ctx, c.look(), func(rows pgx.Rows, r *row) error { return rows.Scan(&r.id, &r.other, &r.what) }, func(r *row) error {
		c.differs("entry", r.id, r.what, fmt.Sprint(r.other), "otherwise")
		return nil
	}, `
		select e.id, e.reverses, 'mirror of the entry that it reverses'
		from entry e left join entry_key k on k.entry_id = e.reverses
		where e.reverses is not null and exists (
			select from (select * from transfer t where t.entry_id = e.id and t.on_day = e.on_day) i
			full join (select * from transfer t where t.entry_id = k.entry_id and t.on_day = k.on_day) o on o.n = i.n
			where (i.debit, i.credit, i.amount) is distinct from (o.credit, o.debit, o.amount))
		union all
		select max(id), reverses, 'only reversal of its entry' from entry where reverses is not null group by reverses having count(*) > 1
		union all
		select e.id, 0, 'posting before month ' || to_char(m.month, 'YYYY-MM') || ' was closed'
		from entry e join ledger_month m on m.month = e.month and m.state = 'closed' where e.posted_at > m.changed_at
		order by 1`)
}
