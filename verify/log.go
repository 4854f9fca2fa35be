package verify

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"math/bits"
	"sort"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/tlog"

	"ansinh.vn/audit"
)

// head is a size of the log with the root that somebody wrote or signed for it.
type head struct {
	size  int64
	root  []byte
	table string
	id    string
}

// logWalk is the log as it stands: leaves, events and stored hashes, each in its own
// order. Leaves come nearly in the order of their events' numbers, so an event whose leaf
// comes a little later waits in early.
type logWalk struct {
	*checker
	leaves, events, stored *raw
	heads                  []head
	tree                   tree
	early                  map[int64][][]byte // columns of events whose leaf has not come yet
	late                   map[int64]bool     // events that were looked up; the stream will bring them again
	buf                    []byte
	unplaced               []int64 // events without a leaf
}

// mostEarly bounds the events that wait for their leaves.
const mostEarly = 50_000

const eventColumns = `select id, at, actor, kind, subject, payload::text, salt from audit_event`

func (c *checker) openLog(ctx context.Context, heads []head) (l *logWalk, err error) {
	l = &logWalk{checker: c, heads: heads, early: map[int64][][]byte{}, late: map[int64]bool{}}
	if l.leaves, err = openRaw(ctx, c.txs[0], `select leaf, event_id from audit_leaf order by leaf`); err != nil {
		return nil, err
	}
	if l.events, err = openRaw(ctx, c.txs[1], eventColumns+` order by id`); err != nil {
		return nil, err
	}
	if l.stored, err = openRaw(ctx, c.txs[2], `select pos, hash from audit_hash order by pos`); err != nil {
		return nil, err
	}
	l.tree = tree{c: c, stored: l.stored}
	return l, nil
}

func (l *logWalk) close() {
	l.leaves.close()
	l.events.close()
	l.stored.close()
}

// walk re-derives every leaf, every stored hash and every root, proves that no event was
// left out, and hands the events of entries on.
func (l *logWalk) walk(ctx context.Context, e *entries) (err error) {
	placed := true
	for ; placed && l.leaves.ok; err = l.leaves.next() {
		if err != nil {
			return err
		}
		leaf, event := l.leaves.int(0), l.leaves.int(1)
		if placed = same(l.checker, "audit_leaf", leaf, "leaf number", l.tree.size, leaf); !placed {
			break // what follows cannot be placed
		}
		row, advance, err := l.event(ctx, event)
		if err != nil {
			return err
		}
		if row == nil {
			l.differs("audit_event", event, "event of a leaf", "a row", "none")
			err = l.tree.add(event, nil)
		} else {
			var h tlog.Hash
			l.buf, h = eventLeaf(l.buf, event, number(row[1]), row[2], row[3], row[4], row[5], row[6])
			if err = l.tree.add(event, &h); err == nil {
				err = e.event(ctx, event, row)
			}
		}
		if err == nil && advance {
			err = l.events.next()
		}
		if err != nil {
			return err
		}
		l.reached()
	}
	if err != nil {
		return err
	}
	for _, h := range l.heads {
		l.differs(h.table, h.id, "size of the log", fmt.Sprintf("at least %d events", h.size), l.tree.size)
	}
	return l.rest(ctx, e, placed)
}

// event finds the columns of an event; advance says that they are the row ahead.
func (l *logWalk) event(ctx context.Context, id int64) (row [][]byte, advance bool, err error) {
	if row, ok := l.early[id]; ok {
		delete(l.early, id)
		return row, false, nil
	}
	for ; err == nil && l.events.ok && len(l.early) < mostEarly; err = l.events.next() {
		own := l.events.int(0)
		if own == id {
			return l.events.row, true, nil
		}
		if own > id+mostEarly {
			break // far behind: only a look tells
		}
		if !l.late[own] {
			l.early[own] = copied(l.events.row)
		}
	}
	if err != nil || !l.events.ok {
		return nil, false, err
	}
	rows, err := l.look().Query(ctx, eventColumns+` where id = $1`, id)
	if err != nil {
		return nil, false, err
	}
	defer rows.Close()
	if rows.Next() {
		row, l.late[id] = copied(rows.RawValues()), true
	}
	return row, false, rows.Err()
}

// reached compares the roots that somebody wrote or signed for the size that the tree
// has now.
func (l *logWalk) reached() {
	if len(l.heads) == 0 || l.heads[0].size != l.tree.size {
		return
	}
	own := l.tree.root()
	for len(l.heads) > 0 && l.heads[0].size == l.tree.size {
		h := l.heads[0]
		if !bytes.Equal(own[:], h.root) {
			l.differs(h.table, h.id, fmt.Sprintf("root of the first %d events", l.tree.size), base64.StdEncoding.EncodeToString(h.root),
				base64.StdEncoding.EncodeToString(own[:]))
		}
		l.heads = l.heads[1:]
	}
}

// rest takes the events that no leaf named.
func (l *logWalk) rest(ctx context.Context, e *entries, placed bool) (err error) {
	if placed && l.stored.ok {
		l.differs("audit_hash", l.stored.int(0), "stored hash beyond the last leaf", "none", "a row")
	}
	for _, id := range sorted(l.early) {
		if err := e.event(ctx, id, l.early[id]); err != nil {
			return err
		}
		l.unplaced = append(l.unplaced, id)
	}
	for ; err == nil && l.events.ok; err = l.events.next() {
		if id := l.events.int(0); !l.late[id] {
			if err := e.event(ctx, id, l.events.row); err != nil {
				return err
			}
			l.unplaced = append(l.unplaced, id)
		}
	}
	if err != nil || !placed {
		return err
	}
	return l.leftOut(ctx)
}

// leftOut tells events that wait to be sealed from those that were left out: their
// transaction had ended when the sealer last looked, or no transaction of this cluster
// can have written them since.
func (l *logWalk) leftOut(ctx context.Context) error {
	type event struct {
		id     int64
		passed bool
	}
	waiting := 0
	err := each(ctx, l.look(), func(rows pgx.Rows, e *event) error { return rows.Scan(&e.id, &e.passed) }, func(e *event) error {
		if e.passed {
			l.differs("audit_event", e.id, "place in the log", "a leaf", "none")
		} else {
			waiting++
		}
		return nil
	}, `
		select e.id, coalesce(pg_visible_in_snapshot(e.tx, s.seen)
			or pg_visible_in_snapshot(e.tx, s.reading) and (e.tx, e.id) <= (s.last_tx, s.last_id)
			or e.tx >= pg_snapshot_xmax(pg_current_snapshot()), false)
		from unnest($1::bigint[]) u(id) join audit_event e using (id)
		left join lateral (select seen, reading, last_tx, last_id from audit_seal, pg_control_system() where cluster = system_identifier
			order by size desc limit 1) s on true
		order by e.id`, l.unplaced)
	if waiting > 0 {
		l.note("%d events are not sealed yet", waiting)
	}
	return err
}

// heads are the sealed heads, the signed ones that the database keeps, and those given.
func (c *checker) heads(ctx context.Context) (heads []head, err error) {
	err = each(ctx, c.look(), func(rows pgx.Rows, h *head) error { return rows.Scan(&h.size, &h.root) }, func(h *head) error {
		h.table, h.id = "audit_seal", fmt.Sprint(h.size)
		heads = append(heads, *h)
		return nil
	}, `select size, root from audit_seal order by size`)
	if err != nil {
		return nil, err
	}
	signed := func(table, id string, note []byte) {
		if len(c.Verifiers) == 0 {
			return
		}
		_, h, _, err := audit.OpenCheckpoint(note, c.Verifiers)
		if err != nil {
			c.differs(table, id, "signature", "a key of the log", err)
			return
		}
		heads = append(heads, head{h.Size, h.Root[:], table, id})
	}
	if len(c.Verifiers) == 0 {
		c.note("no key was given: signatures of checkpoints were not checked")
	}
	type kept struct {
		size int64
		note string
	}
	n := int64(0)
	err = each(ctx, c.look(), func(rows pgx.Rows, k *kept) error { return rows.Scan(&k.size, &k.note) }, func(k *kept) error {
		signed("audit_checkpoint", fmt.Sprint(k.size), []byte(k.note))
		n++
		return nil
	}, `select size, note from audit_checkpoint order by size, id`)
	if err != nil {
		return nil, err
	}
	for i, b := range c.Checkpoints {
		signed("checkpoint", fmt.Sprintf("given %d", i+1), b)
	}
	c.counted("checkpoints", n+int64(len(c.Checkpoints)), 0)
	sort.SliceStable(heads, func(i, j int) bool { return heads[i].size < heads[j].size })
	for len(heads) > 0 && heads[0].size == 0 { // of an empty log
		heads = heads[1:]
	}
	return heads, nil
}

// tree lays the hashes that follow from the events beside those that are stored.
type tree struct {
	c      *checker
	stored *raw
	size   int64
	peaks  []tlog.Hash // roots of the complete subtrees, the largest first
}

// add appends a leaf and the inner nodes that it completes. Where a leaf is not what is
// stored, the difference is reported once and the stored hash stands for it further up.
func (t *tree) add(event int64, leaf *tlog.Hash) error {
	own, ok, err := t.take()
	if err != nil {
		return err
	}
	switch {
	case !ok && leaf != nil:
		own = *leaf
	case ok && leaf != nil && own != *leaf:
		t.c.differs("audit_event", event, "hash of the event", base64.StdEncoding.EncodeToString(own[:]), base64.StdEncoding.EncodeToString(leaf[:]))
	}
	t.peaks = append(t.peaks, own)
	t.size++
	for range bits.TrailingZeros64(uint64(t.size)) {
		n := len(t.peaks)
		node := nodeHash(t.peaks[n-2], t.peaks[n-1])
		pos := int64(-1)
		if t.stored.ok {
			pos = t.stored.int(0)
		}
		own, ok, err := t.take()
		if err != nil {
			return err
		}
		if ok && own != node {
			t.c.differs("audit_hash", pos, "inner hash", base64.StdEncoding.EncodeToString(node[:]), base64.StdEncoding.EncodeToString(own[:]))
		}
		t.peaks = append(t.peaks[:n-2], node)
	}
	return nil
}

// take reads the next stored hash; not ok when there is none where one should be.
func (t *tree) take() (h tlog.Hash, ok bool, err error) {
	if !t.stored.ok || len(t.stored.row[1]) != tlog.HashSize {
		t.c.differs("audit_hash", "after leaf "+fmt.Sprint(t.size), "stored hash", "a row", "none")
		return h, false, nil
	}
	copy(h[:], t.stored.row[1])
	return h, true, t.stored.next()
}

func (t *tree) root() tlog.Hash {
	return (&merkle{peaks: t.peaks}).root()
}
