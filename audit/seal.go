package audit

import (
	"context"
	"errors"
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

// Seal gives leaf numbers to all events that are committed when it reads, and stores the
// hashes. It is safe to run in many processes: one at a time seals, the others wait.
//
// Identity values and times are not in the order of commits, so it goes by transactions:
// each sealing remembers which of them had ended (a snapshot), and the next one takes the
// events of those that have ended since. So nothing can slip under what is sealed, what
// commits late comes later in the log, and neither does a long transaction delay the
// sealing of others nor the sealing whoever writes.
func Seal(ctx context.Context, pool *pgxpool.Pool, now time.Time) (head Head, err error) {
	defer pg.Wrap(&err, "audit: seal")
	// a partition that a reader keeps from being attached is made with the next sealing
	if _, err := pool.Exec(ctx, "select audit_event_room()"); err != nil && pg.Code(err) != "55P03" {
		return Head{}, err
	}
	for more := true; more; {
		err = pg.Tx(ctx, pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock($1)", sealLock); err != nil {
				return err
			}
			head, more, err = sealOnce(ctx, tx, now)
			return err
		})
		if err != nil {
			return Head{}, err
		}
	}
	return head, nil
}

// sealOnce seals one batch and returns the new head and whether there may be more.
func sealOnce(ctx context.Context, tx pgx.Tx, now time.Time) (_ Head, more bool, _ error) {
	head, at, err := lastSeal(ctx, tx)
	if err != nil {
		return head, false, err
	}
	found, next, err := unsealed(ctx, tx, at)
	if err != nil || len(found.ids) == 0 {
		return head, false, err
	}
	store, err := openStore(ctx, tx, head.Size)
	if err != nil {
		return head, false, err
	}
	for _, leaf := range found.leaves {
		if err := store.add(leaf); err != nil {
			return head, false, err
		}
	}
	n := len(found.ids)
	sealed := Head{Size: head.Size + int64(n)}
	if sealed.Root, err = tlog.TreeHash(sealed.Size, store); err != nil {
		return head, false, err
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"audit_leaf"}, []string{"leaf", "event_id"},
		pgx.CopyFromSlice(n, func(i int) ([]any, error) { return []any{head.Size + int64(i), found.ids[i]}, nil }))
	if err != nil {
		return head, false, err
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"audit_hash"}, []string{"pos", "hash"},
		pgx.CopyFromSlice(len(store.added), func(i int) ([]any, error) {
			return []any{store.from + int64(i), store.added[i][:]}, nil
		}))
	if err != nil {
		return head, false, err
	}
	_, err = tx.Exec(ctx, `
		insert into audit_seal (size, root, seen, reading, last_tx, last_id, cluster, sealed_at)
		values ($1, $2, $3::text::pg_snapshot, nullif($4, '')::text::pg_snapshot, $5::text::xid8, $6, $7, $8)`,
		sealed.Size, sealed.Root[:], next.seen, next.reading, next.tx, next.id, next.cluster, now)
	return sealed, n == sealBatch || next.cluster < 0 || at.reading != "", err
}

// position is how far the sealer has read in which cluster.
type position struct {
	seen    string // pg_snapshot: events of the transactions that had ended in it are sealed
	reading string // pg_snapshot: what is being read up to, in batches; "" between sealings
	tx      string // xid8 and id of the last event of those batches
	id      int64
	cluster int64
}

func lastSeal(ctx context.Context, q pg.Queryer) (head Head, at position, err error) {
	var root []byte
	err = q.QueryRow(ctx, `
		select size, root, seen::text, coalesce(reading::text, ''), last_tx::text, last_id, cluster
		from audit_seal order by size desc limit 1`).
		Scan(&head.Size, &root, &at.seen, &at.reading, &at.tx, &at.id, &at.cluster)
	if errors.Is(err, pgx.ErrNoRows) {
		head.Root, err = tlog.TreeHash(0, nil)
		return head, position{seen: "1:1:", tx: "0"}, err
	}
	copy(head.Root[:], root)
	return head, at, err
}
