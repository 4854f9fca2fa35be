package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/tlog"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
)

// Whole asks Receipt for a receipt of the entry without any of its transfers.
const Whole = -1

// Receipt proves under a signed checkpoint that an entry was posted, and, unless n is
// Whole, that its transfer n is what the receipt says. It tells nothing of the other
// transfers. It is audit.ErrNotSealed while the checkpoint does not cover the entry.
func Receipt(ctx context.Context, q pg.Queryer, id EntryID, n int, checkpoint []byte, keys *audit.Keys) (r *audit.Receipt, err error) {
	defer pg.Wrap(&err, "ledger: receipt of entry %d", id)
	e, err := entryHead(ctx, q, id)
	if err != nil {
		return nil, err
	}
	var salt []byte
	var event int64
	err = q.QueryRow(ctx, `
		select e.salt, a.id from entry e
		join audit_event a on a.tx = e.tx and a.kind = 'ledger.entry' and a.subject = 'entry:' || e.id
		where e.id = $1 and e.on_day = $2 order by a.id limit 1`, id, e.On).Scan(&salt, &event)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("entry %d has no event in the log; ansinh verify says what else is missing", id)
	}
	if err != nil {
		return nil, err
	}
	if r, err = audit.Prove(ctx, q, event, checkpoint, keys); err != nil || n == Whole {
		return r, err
	}
	var leaves []tlog.Hash
	var own, record []byte
	for t, err := range transfers(ctx, q, id, e.On) {
		if err != nil {
			return nil, err
		}
		record = transferRecord(record[:0], salt, len(leaves), t)
		if len(leaves) == n {
			own = append(own, record...)
		}
		leaves = append(leaves, tlog.RecordHash(record))
	}
	if own == nil {
		return nil, fmt.Errorf("%w: entry %d has the transfers 0 to %d", refusal("no such transfer"), id, len(leaves)-1)
	}
	return r, r.AddPart(own, int64(n), leaves)
}
