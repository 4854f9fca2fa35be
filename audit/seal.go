package audit

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/mod/sumdb/tlog"

	"ansinh.vn/internal/pg"
)

// Head is the head of the log: how many leaves it has and their root.
type Head struct {
	Size int64
	Root tlog.Hash
}

const (
	sealLock  = 26003  // advisory lock of the one sequencer
	sealBatch = 50_000 // leaves a transaction, to bound its memory
)

// Seal gives leaf numbers to all events of finished transactions and stores the
// hashes. It is safe to run in many processes: one at a time seals, the others wait.
//
// Identity values and times are not in the order of commits, so the order is
// (transaction, id), and only transactions below the oldest one still running are
// read: nothing can commit into what was sealed. A long transaction delays the
// sealing of later events; it never delays whoever writes them.
func Seal(ctx context.Context, pool *pgxpool.Pool, now time.Time) (head Head, err error) {
	defer pg.Wrap(&err, "audit: seal")
	for n := sealBatch; n == sealBatch; {
		err = pg.Tx(ctx, pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock($1)", sealLock); err != nil {
				return err
			}
			head, n, err = sealOnce(ctx, tx, now)
			return err
		})
		if err != nil {
			return Head{}, err
		}
	}
	return head, nil
}

// Drain seals until every event that was visible when it was called is sealed,
// waiting for transactions that are in the way.
func Drain(ctx context.Context, pool *pgxpool.Pool, now time.Time) (head Head, err error) {
	var last int64
	if err := pool.QueryRow(ctx, "select coalesce(max(id), 0) from audit_event").Scan(&last); err != nil {
		return Head{}, err
	}
	for {
		if head, err = Seal(ctx, pool, now); err != nil {
			return Head{}, err
		}
		var open bool
		err = pool.QueryRow(ctx, `
			select exists (select from audit_event e where id <= $1
				and not exists (select from audit_leaf l where l.event_id = e.id))`, last).Scan(&open)
		if err != nil || !open {
			return head, err
		}
		select {
		case <-ctx.Done():
			return head, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// position is how far the sealer has read in which cluster.
type position struct {
	tx      string // xid8
	id      int64
	cluster int64
}

// sealOnce seals one batch and returns the new head and the size of the batch.
func sealOnce(ctx context.Context, tx pgx.Tx, now time.Time) (Head, int, error) {
	head, at, err := lastSeal(ctx, tx)
	if err != nil {
		return head, 0, err
	}
	ids, leaves, next, err := unsealed(ctx, tx, at)
	if err != nil || len(ids) == 0 {
		return head, 0, err
	}
	store, err := openStore(ctx, tx, head.Size)
	if err != nil {
		return head, 0, err
	}
	for _, leaf := range leaves {
		if err := store.add(leaf); err != nil {
			return head, 0, err
		}
	}
	sealed := Head{Size: head.Size + int64(len(leaves))}
	if sealed.Root, err = tlog.TreeHash(sealed.Size, store); err != nil {
		return head, 0, err
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"audit_leaf"}, []string{"leaf", "event_id"},
		pgx.CopyFromSlice(len(ids), func(i int) ([]any, error) { return []any{head.Size + int64(i), ids[i]}, nil }))
	if err != nil {
		return head, 0, err
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"audit_hash"}, []string{"pos", "hash"},
		pgx.CopyFromSlice(len(store.added), func(i int) ([]any, error) {
			return []any{store.from + int64(i), store.added[i][:]}, nil
		}))
	if err != nil {
		return head, 0, err
	}
	_, err = tx.Exec(ctx, `
		insert into audit_seal (size, root, last_tx, last_id, cluster, sealed_at)
		values ($1, $2, $3::text::xid8, $4, $5, $6)`,
		sealed.Size, sealed.Root[:], next.tx, next.id, next.cluster, now)
	return sealed, len(ids), err
}

func lastSeal(ctx context.Context, q pg.Queryer) (head Head, at position, err error) {
	var root []byte
	err = q.QueryRow(ctx, `
		select size, root, last_tx::text, last_id, cluster from audit_seal order by size desc limit 1`).
		Scan(&head.Size, &root, &at.tx, &at.id, &at.cluster)
	if errors.Is(err, pgx.ErrNoRows) {
		head.Root, err = tlog.TreeHash(0, nil)
		return head, position{tx: "0"}, err
	}
	copy(head.Root[:], root)
	return head, at, err
}

// unsealed reads the next batch of events after at that nothing can commit before.
func unsealed(ctx context.Context, tx pgx.Tx, at position) (ids []int64, leaves []tlog.Hash, next position, err error) {
	var here int64
	var horizon string
	err = tx.QueryRow(ctx, `
		select system_identifier, pg_snapshot_xmin(pg_current_snapshot())::text from pg_control_system()`).
		Scan(&here, &horizon)
	if err != nil {
		return nil, nil, next, err
	}
	// Restored into another cluster, its transaction numbers say nothing about those
	// in the rows: then every event without a leaf is looked for, and what seems to
	// come from the future is old.
	moved := here != at.cluster
	args := []any{sealBatch}
	where := "(e.tx < pg_snapshot_xmin(pg_current_snapshot()) or e.tx >= pg_snapshot_xmax(pg_current_snapshot()))"
	if !moved {
		args = append(args, at.tx, at.id)
		where = "e.tx < pg_snapshot_xmin(pg_current_snapshot()) and (e.tx, e.id) > ($2::text::xid8, $3)"
	}
	// one statement, so that the horizon and the rows belong to one snapshot
	rows, err := tx.Query(ctx, `
		select e.id, e.at, e.actor, e.kind, e.subject, e.payload::text, e.salt, e.tx::text
		from audit_event e
		where `+where+` and not exists (select from audit_leaf l where l.event_id = e.id)
		order by e.tx, e.id limit $1`, args...)
	if err != nil {
		return nil, nil, next, err
	}
	next = at
	var r Row
	var in string
	_, err = pgx.ForEachRow(rows, []any{&r.ID, &r.At, &r.Actor, &r.Kind, &r.Subject, &r.Payload, &r.Salt, &in}, func() error {
		ids, leaves = append(ids, r.ID), append(leaves, r.Leaf())
		if !moved {
			next.tx, next.id = in, r.ID
		}
		return nil
	})
	if moved && len(ids) < sealBatch {
		next = position{tx: horizon, id: math.MinInt64, cluster: here}
	}
	return ids, leaves, next, err
}
