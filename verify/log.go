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

// leafRow is a place in the log with the event that should stand there.
type leafRow struct {
	leaf, event int64
	found       *int64
	row         audit.Row
}

type hashRow struct {
	pos  int64
	hash []byte
}

// head is a size of the log with the root that somebody wrote or signed for it.
type head struct {
	size  int64
	root  []byte
	table string
	id    string
}

// log re-derives every leaf, every stored hash and every root, and proves that no event
// was left out.
func (c *checker) log(ctx context.Context) error {
	heads, err := c.heads(ctx)
	if err != nil {
		return err
	}
	events, err := open(ctx, c.txs[0], func(rows pgx.Rows, r *leafRow) error {
		e := &r.row
		return rows.Scan(&r.leaf, &r.event, &r.found, &e.At, &e.Actor, &e.Kind, &e.Subject, &e.Payload, &e.Salt)
	}, `
		select l.leaf, l.event_id, e.id, coalesce(e.at, 'epoch'), coalesce(e.actor, ''), coalesce(e.kind, ''),
			coalesce(e.subject, ''), coalesce(e.payload::text, ''), e.salt
		from audit_leaf l left join audit_event e on e.id = l.event_id order by l.leaf`)
	if err != nil {
		return err
	}
	defer events.close()
	stored, err := open(ctx, c.txs[1], func(rows pgx.Rows, r *hashRow) error { return rows.Scan(&r.pos, &r.hash) },
		`select pos, hash from audit_hash order by pos`)
	if err != nil {
		return err
	}
	defer stored.close()

	t := tree{c: c, stored: stored}
	for ; events.ok; err = events.next() {
		r := &events.row
		if !same(c, "audit_leaf", r.leaf, "leaf number", t.size, r.leaf) {
			return nil // what follows cannot be placed
		}
		hash := (*tlog.Hash)(nil)
		if r.found == nil {
			c.differs("audit_event", r.event, "event of a leaf", "a row", "none")
		} else {
			r.row.ID = r.event
			h := r.row.Leaf()
			hash = &h
		}
		if err := t.add(r.event, hash); err != nil {
			return err
		}
		for len(heads) > 0 && heads[0].size == t.size {
			if root := t.root(); !bytes.Equal(root[:], heads[0].root) {
				c.differs(heads[0].table, heads[0].id, fmt.Sprintf("root of the first %d events", t.size), base64.StdEncoding.EncodeToString(heads[0].root),
					base64.StdEncoding.EncodeToString(root[:]))
			}
			heads = heads[1:]
		}
	}
	if err != nil {
		return err
	}
	for _, h := range heads {
		c.differs(h.table, h.id, "size of the log", fmt.Sprintf("at least %d events", h.size), t.size)
	}
	c.counted("events in the log", t.size, 0)
	return c.leftOut(ctx)
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
	}, `select size, note from audit_checkpoint order by size`)
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

// leftOut looks for events that have no place in the log although their transaction had
// ended when the sealer last looked, or that no transaction of this cluster can have
// written since.
func (c *checker) leftOut(ctx context.Context) error {
	type event struct {
		id     int64
		passed bool
	}
	waiting := int64(0)
	err := each(ctx, c.look(), func(rows pgx.Rows, e *event) error { return rows.Scan(&e.id, &e.passed) }, func(e *event) error {
		if e.passed {
			c.differs("audit_event", e.id, "place in the log", "a leaf", "none")
			return nil
		}
		waiting++
		return nil
	}, `
		select e.id, coalesce(pg_visible_in_snapshot(e.tx, s.seen) 
			or pg_visible_in_snapshot(e.tx, s.reading) and (e.tx, e.id) <= (s.last_tx, s.last_id)
			or e.tx >= pg_snapshot_xmax(pg_current_snapshot()), false)
		from audit_event e
		left join lateral (select seen, reading, last_tx, last_id from audit_seal, pg_control_system() where cluster = system_identifier
			order by size desc limit 1) s on true
		where not exists (select from audit_leaf l where l.event_id = e.id) order by e.id`)
	if waiting > 0 {
		c.note("%d events are not sealed yet", waiting)
	}
	return err
}

// tree lays the hashes that follow from the events beside those that are stored.
type tree struct {
	c      *checker
	stored *stream[hashRow]
	size   int64
	peaks  []tlog.Hash // roots of the complete subtrees, the largest first
}

// add appends a leaf and the inner nodes that it completes. Where a leaf is not what is
// stored, the difference is reported once and the stored hash stands for it further up.
func (t *tree) add(event int64, leaf *tlog.Hash) error {
	own, err := t.take()
	if err != nil {
		return err
	}
	switch {
	case own == nil && leaf == nil:
		own = &tlog.Hash{}
	case own == nil:
		own = leaf
	case leaf != nil && *own != *leaf:
		t.c.differs("audit_event", event, "hash of the event", base64.StdEncoding.EncodeToString(own[:]), base64.StdEncoding.EncodeToString(leaf[:]))
	}
	t.peaks = append(t.peaks, *own)
	t.size++
	for range bits.TrailingZeros64(uint64(t.size)) {
		n := len(t.peaks)
		node := tlog.NodeHash(t.peaks[n-2], t.peaks[n-1])
		pos := t.stored.row.pos
		own, err := t.take()
		if err != nil {
			return err
		}
		if own != nil && *own != node {
			t.c.differs("audit_hash", pos, "inner hash", base64.StdEncoding.EncodeToString(node[:]), base64.StdEncoding.EncodeToString(own[:]))
		}
		t.peaks = append(t.peaks[:n-2], node)
	}
	return nil
}

// take reads the next stored hash; nil when there is none where one should be.
func (t *tree) take() (*tlog.Hash, error) {
	if !t.stored.ok || len(t.stored.row.hash) != tlog.HashSize {
		t.c.differs("audit_hash", "after leaf "+fmt.Sprint(t.size), "stored hash", "a row", "none")
		return nil, nil
	}
	h := tlog.Hash(t.stored.row.hash)
	return &h, t.stored.next()
}

func (t *tree) root() tlog.Hash {
	h := t.peaks[len(t.peaks)-1]
	for i := len(t.peaks) - 2; i >= 0; i-- {
		h = tlog.NodeHash(t.peaks[i], h)
	}
	return h
}
