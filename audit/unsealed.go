package audit

import (
	"context"
	"math"
	"strconv"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/tlog"
)

// batch is a number of events in the order of their leaves.
type batch struct {
	ids    []int64
	leaves []tlog.Hash
	tx     string // of the last one
}

// unsealed reads the next events after at, at most sealBatch, and returns the position
// behind them.
func unsealed(ctx context.Context, tx pgx.Tx, at position) (b batch, next position, err error) {
	var now string
	next = at
	err = tx.QueryRow(ctx, `select system_identifier, pg_current_snapshot()::text from pg_control_system()`).Scan(&next.cluster, &now)
	if err != nil {
		return b, next, err
	}
	if next.cluster != at.cluster {
		return anywhere(ctx, tx, at, next.cluster, now)
	}
	if at.reading != "" {
		now = at.reading
	} else {
		at.tx, at.id = "0", 0
	}
	// First those that were under way when the last sealing looked, then those that have
	// begun since: in this order their numbers rise.
	for _, who := range []string{
		"e.tx in (select pg_snapshot_xip($1::text::pg_snapshot))",
		"e.tx >= pg_snapshot_xmax($1::text::pg_snapshot)",
	} {
		err := b.read(ctx, tx, `
			where `+who+` and e.tx < pg_snapshot_xmax($2::text::pg_snapshot) and pg_visible_in_snapshot(e.tx, $2::text::pg_snapshot)
			and (e.tx, e.id) > ($3::text::xid8, $4)`, "e.tx, e.id", at.seen, now, at.tx, at.id)
		if err != nil {
			return b, next, err
		}
	}
	if len(b.ids) == 0 && at.reading != "" { // the backlog ended with its last batch
		at.seen, at.reading = at.reading, ""
		return unsealed(ctx, tx, at)
	}
	if len(b.ids) == sealBatch {
		next.reading, next.tx, next.id = now, b.tx, b.ids[len(b.ids)-1]
	} else {
		next.seen, next.reading, next.tx, next.id = now, "", "0", 0
	}
	return b, next, nil
}

// anywhere reads events that have no leaf, wherever they stand, in the order of their
// numbers: after a restore into another cluster its transaction numbers say nothing about
// those in the rows. While it lasts the position's cluster is negative; what commits
// behind it meanwhile is not in the snapshot that it began with and comes afterwards.
func anywhere(ctx context.Context, tx pgx.Tx, at position, here int64, now string) (b batch, next position, err error) {
	next = position{seen: at.seen, reading: now, tx: "0", id: math.MinInt64, cluster: -here}
	if at.cluster == -here {
		next = at
	}
	if err := b.read(ctx, tx, "where e.id > $1", "e.id", next.id); err != nil {
		return b, at, err
	}
	if len(b.ids) == sealBatch {
		next.id = b.ids[len(b.ids)-1]
		return b, next, nil
	}
	next = position{seen: next.reading, tx: "0", cluster: here}
	if len(b.ids) == 0 && at.cluster == -here {
		return unsealed(ctx, tx, next)
	}
	return b, next, nil
}

// read appends the events without a leaf that a condition selects, until b is full.
func (b *batch) read(ctx context.Context, tx pgx.Tx, where, order string, args ...any) error {
	rows, err := tx.Query(ctx, `
		select e.id, e.at, e.actor, e.kind, e.subject, e.payload::text, e.salt, e.tx::text
		from audit_event e
		`+where+` and not exists (select from audit_leaf l where l.event_id = e.id)
		order by `+order+` limit `+strconv.Itoa(sealBatch-len(b.ids)), args...)
	if err != nil {
		return err
	}
	var r Row
	_, err = pgx.ForEachRow(rows, []any{&r.ID, &r.At, &r.Actor, &r.Kind, &r.Subject, &r.Payload, &r.Salt, &b.tx}, func() error {
		b.ids, b.leaves = append(b.ids, r.ID), append(b.leaves, r.Leaf())
		return nil
	})
	return err
}
