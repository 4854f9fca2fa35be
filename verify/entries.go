package verify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/money"
)

// entries are the ledger as it stands: keys, entries and transfers in the order of entry
// numbers. Their events come nearly in the same order; what an event must say of an entry
// that was read ahead of it is kept as a hash.
type entries struct {
	*checker
	keys, rows, transfers *raw
	accounts              map[int64]sums
	n, moved              int64
	total                 money.VND
	own                   content
	said                  []byte                      // what the event of the entry just read must say
	ahead                 map[int64][sha256.Size]byte // the same of entries whose event has not come yet
	read                  int64                       // the last entry that was read
}

func (c *checker) openEntries(ctx context.Context) (e *entries, err error) {
	e = &entries{checker: c, accounts: map[int64]sums{}, ahead: map[int64][sha256.Size]byte{}}
	if e.keys, err = openRaw(ctx, c.txs[3], `select entry_id, key, hash, on_day, coalesce(reverses, 0) from entry_key order by entry_id`); err != nil {
		return nil, err
	}
	if e.rows, err = openRaw(ctx, c.txs[4], `
		select id, key, hash, on_day, kind, memo, ref, by_who, coalesce(reverses, 0), n, total, salt, root, at, coalesce(debit, 0), coalesce(credit, 0)
		from entry order by id, on_day`); err != nil {
		return nil, err
	}
	e.transfers, err = openRaw(ctx, c.txs[5], `select entry_id, n, debit, credit, amount, ref from transfer order by entry_id, n, on_day`)
	return e, err
}

// The columns of an entry's row.
const (
	atID = iota
	atKey
	atHash
	atDay
	atKind
	atMemo
	atRef
	atBy
	atReverses
	atN
	atTotal
	atSalt
	atRoot
	atTime
	atDebit
	atCredit
)

func (e *entries) close() {
	e.keys.close()
	e.rows.close()
	e.transfers.close()
}

// event takes an event of the log; one of an entry must say what the entry does.
func (e *entries) event(ctx context.Context, id int64, row [][]byte) error {
	if string(row[3]) != "ledger.entry" {
		return nil
	}
	subject, ok := bytes.CutPrefix(row[4], []byte("entry:"))
	entry, err := strconv.ParseInt(string(subject), 10, 64)
	if !ok || err != nil {
		e.differs("audit_event", id, "subject of an entry's event", "entry:NUMBER", string(row[4]))
		return nil
	}
	saying := appendSaying(nil, row[5], row[2], number(row[1]))
	for entry > e.read && (e.rows.ok || e.keys.ok) {
		found, err := e.next()
		if err != nil {
			return err
		}
		switch {
		case found && e.read == entry && bytes.Equal(e.said, saying):
			return nil // nearly always
		case found && e.read == entry:
			return e.disagrees(ctx, entry, id, row)
		case found:
			e.ahead[e.read] = sha256.Sum256(e.said)
		}
	}
	kept, ok := e.ahead[entry]
	delete(e.ahead, entry)
	switch {
	case ok && kept == sha256.Sum256(saying):
		return nil
	case ok:
		return e.disagrees(ctx, entry, id, row)
	}
	var stands bool
	if err := e.look().QueryRow(ctx, `select exists (select from entry where id = $1)`, entry).Scan(&stands); err != nil {
		return err
	}
	if stands {
		e.differs("audit_event", id, "events of entry "+fmt.Sprint(entry), "one", "another")
	} else {
		e.differs("entry", entry, "the entry of event "+fmt.Sprint(id), "a row", "none")
	}
	return nil
}

// rest takes the entries that no event named.
func (e *entries) rest(ctx context.Context) error {
	for e.rows.ok || e.keys.ok {
		found, err := e.next()
		if err != nil {
			return err
		}
		if found {
			e.ahead[e.read] = [sha256.Size]byte{}
		}
	}
	if err := e.orphans(1 << 62); err != nil {
		return err
	}
	for _, id := range sorted(e.ahead) {
		e.differs("entry", id, "its event in the log", "a row", "none")
	}
	return ctx.Err()
}

// next reads the next entry with its key and its transfers, compares them, and leaves in
// said what its event must say; not found is a key without an entry.
func (e *entries) next() (found bool, err error) {
	id := int64(1 << 62)
	if e.rows.ok {
		id = e.rows.int(atID)
	}
	hasKey := e.keys.ok && e.keys.int(0) <= id
	if hasKey && e.keys.int(0) < id {
		id = e.keys.int(0)
		e.read = id
		e.n++
		e.differs("entry_key", id, "its row in entry", "a row", "none")
		if err := e.keys.next(); err != nil {
			return false, err
		}
		return false, e.orphans(id + 1)
	}
	e.read = id
	e.n++
	if err := e.orphans(id); err != nil {
		return false, err
	}
	r := e.rows.row
	e.own.begin(number(r[atDay]), number(r[atReverses]), r[atKind], r[atRef], r[atSalt])
	for ; err == nil && e.transfers.ok && e.transfers.int(0) == id; err = e.transfers.next() {
		e.transfer(id, r)
	}
	if err != nil {
		return false, err
	}
	if hasKey {
		e.keyed(id, r)
		err = e.keys.next()
	} else {
		e.differs("entry", id, "its row in entry_key", "a row", "none")
	}
	e.entry(id, r)
	e.said = appendEntrySaying(e.said[:0], r)
	return true, errors.Join(err, e.rows.next())
}

// transfer adds the transfer ahead to its entry and to the balances.
func (e *entries) transfer(id int64, r [][]byte) {
	t := e.transfers
	debit, credit, amount := t.int(2), t.int(3), t.int(4)
	if e.own.n != t.int(1) {
		e.differs("transfer", fmt.Sprintf("%d/%d", id, t.int(1)), "place in its entry", e.own.n, t.int(1))
	}
	if d := number(r[atDebit]); d != 0 && (d != debit || number(r[atCredit]) != credit || !bytes.Equal(r[atRef], t.row[5])) {
		e.differs("transfer", fmt.Sprintf("%d/%d", id, t.int(1)), "accounts that its entry carries",
			fmt.Sprintf("%d to %d", d, number(r[atCredit])), fmt.Sprintf("%d to %d", debit, credit))
	}
	e.own.add(debit, credit, amount, t.row[5])
	e.move(debit, credit, amount)
}

func (e *entries) move(debit, credit, amount int64) {
	d := e.accounts[debit]
	d.debits += amount
	e.accounts[debit] = d
	k := e.accounts[credit]
	k.credits += amount
	e.accounts[credit] = k
	e.moved++
	e.total += money.VND(amount)
}

// orphans reports transfers whose entry does not exist, up to an entry.
func (e *entries) orphans(before int64) (err error) {
	for ; err == nil && e.transfers.ok && e.transfers.int(0) < before; err = e.transfers.next() {
		t := e.transfers
		e.differs("transfer", fmt.Sprintf("%d/%d", t.int(0), t.int(1)), "entry", "a row", "none")
		e.move(t.int(2), t.int(3), t.int(4))
	}
	return err
}

// keyed compares an entry with its key.
func (e *entries) keyed(id int64, r [][]byte) {
	k := e.keys.row
	if !bytes.Equal(k[1], r[atKey]) {
		e.differs("entry", id, "key", string(k[1]), string(r[atKey]))
	}
	if !bytes.Equal(k[3], r[atDay]) {
		e.differs("entry", id, "day", dayText(number(k[3])), dayText(number(r[atDay])))
	}
	if number(k[4]) != number(r[atReverses]) {
		e.differs("entry", id, "what it reverses", number(k[4]), number(r[atReverses]))
	}
	if !bytes.Equal(k[2], r[atHash]) {
		e.differs("entry", id, "hash under its key", bytes.Clone(k[2]), bytes.Clone(r[atHash]))
	}
}

// entry compares an entry with what its transfers give.
func (e *entries) entry(id int64, r [][]byte) {
	if n := number(r[atN]); n != e.own.n {
		e.differs("entry", id, "number of transfers", e.own.n, n)
	}
	if total := number(r[atTotal]); total != e.own.total {
		e.differs("entry", id, "total", e.own.total, total)
	}
	if h := e.own.sum(); !bytes.Equal(h[:], r[atHash]) {
		e.differs("entry", id, "hash of its content", h[:], bytes.Clone(r[atHash]))
	}
	if root := e.own.tree.root(); !bytes.Equal(root[:], r[atRoot]) {
		e.differs("entry", id, "root of its transfers", root[:], bytes.Clone(r[atRoot]))
	}
}

// appendEntrySaying writes what an entry's event must say: its payload as PostgreSQL
// writes a jsonb (members by length, then by name), who and when.
func appendEntrySaying(b []byte, r [][]byte) []byte {
	text := func(name string, s []byte) {
		b = append(b, name...)
		if clean(s) {
			b = append(append(append(b, '"'), s...), '"')
		} else {
			b = appendJSON(b, s)
		}
	}
	count := func(name string, n int64) { b = strconv.AppendInt(append(b, name...), n, 10) }
	count(`{"n": `, number(r[atN]))
	text(`, "by": `, r[atBy])
	b = append(appendDay(append(b, `, "on": "`...), number(r[atDay])), '"')
	text(`, "key": `, r[atKey])
	text(`, "ref": `, r[atRef])
	b = append(hex.AppendEncode(append(b, `, "hash": "`...), r[atHash]), '"')
	text(`, "kind": `, r[atKind])
	text(`, "memo": `, r[atMemo])
	b = append(hex.AppendEncode(append(b, `, "root": "`...), r[atRoot]), '"')
	count(`, "entry": `, number(r[atID]))
	count(`, "total": `, number(r[atTotal]))
	if reverses := number(r[atReverses]); reverses != 0 {
		count(`, "reverses": `, reverses)
	}
	b = append(b, '}')
	actor := r[atBy]
	if len(actor) == 0 {
		actor = []byte("system")
	}
	return appendSaying(b, nil, actor, number(r[atTime]))
}

func appendSaying(b, payload, actor []byte, at int64) []byte {
	b = append(append(append(b, payload...), 0), actor...)
	return binary.BigEndian.AppendUint64(b, uint64(at))
}

// disagrees says in what an entry's event differs from the entry.
func (e *entries) disagrees(ctx context.Context, id, event int64, row [][]byte) error {
	var p struct {
		Key, On, Kind, Memo, Ref, By, Hash, Root string
		Reverses, Total, Entry                   int64
		N                                        int64
	}
	if err := json.Unmarshal(row[5], &p); err != nil {
		e.differs("audit_event", event, "payload", "an entry", err)
		return nil
	}
	var x struct {
		key, on, kind, memo, ref, by, hash, root, actor, at string
		reverses, total, n                                  int64
	}
	err := e.look().QueryRow(ctx, `
		select key, on_day::text, kind, memo, ref, by_who, encode(hash, 'hex'), encode(root, 'hex'), case by_who when '' then 'system' else by_who end,
			at::text, coalesce(reverses, 0), total, n
		from entry where id = $1 limit 1`, id).
		Scan(&x.key, &x.on, &x.kind, &x.memo, &x.ref, &x.by, &x.hash, &x.root, &x.actor, &x.at, &x.reverses, &x.total, &x.n)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil // reported before
	}
	if err != nil {
		return err
	}
	var at string
	if err := e.look().QueryRow(ctx, `select at::text from audit_event where id = $1`, event).Scan(&at); err != nil {
		return err
	}
	c := e.checker
	same(c, "entry", id, "number in the log", p.Entry, id)
	same(c, "entry", id, "key in the log", p.Key, x.key)
	same(c, "entry", id, "day in the log", p.On, x.on)
	same(c, "entry", id, "kind in the log", p.Kind, x.kind)
	same(c, "entry", id, "memo in the log", p.Memo, x.memo)
	same(c, "entry", id, "ref in the log", p.Ref, x.ref)
	same(c, "entry", id, "author in the log", p.By, x.by)
	same(c, "entry", id, "reversed entry in the log", p.Reverses, x.reverses)
	same(c, "entry", id, "number of transfers in the log", p.N, x.n)
	same(c, "entry", id, "total in the log", p.Total, x.total)
	same(c, "entry", id, "hash in the log", p.Hash, x.hash)
	same(c, "entry", id, "root in the log", p.Root, x.root)
	same(c, "entry", id, "actor in the log", string(row[2]), x.actor)
	same(c, "entry", id, "time in the log", at, x.at)
	return nil
}
