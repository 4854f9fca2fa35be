package ledger

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
)

// Reverse posts on the day on the mirror of entry id: the same transfers with their
// sides changed, under a key of its own. An entry can be reversed once; asked again
// with the same key it answers with the first reversal, with another it is ErrReversed.
func Reverse(ctx context.Context, tx pgx.Tx, id EntryID, key, memo, by string, on time.Time) (reversal EntryID, err error) {
	defer pg.Wrap(&err, "ledger: reverse entry %d", id)
	first, err := entryHead(ctx, tx, id)
	if err != nil {
		return 0, err
	}
	e := Entry{Key: key, On: on, Kind: "reversal", Memo: memo, Ref: first.Ref, By: by, Reverses: id}
	d := newDigest(e)
	for t, err := range transfers(ctx, tx, id, first.On) {
		if err != nil {
			return 0, err
		}
		t.Debit, t.Credit = t.Credit, t.Debit
		if err := d.add(t); err != nil {
			return 0, err
		}
	}
	return post(ctx, tx, e, d, func(b *pgx.Batch, reversal EntryID) {
		b.Queue(`
			insert into transfer (entry_id, n, on_day, debit, credit, amount, ref)
			select $1, n, $2, credit, debit, amount, ref from transfer where entry_id = $3 and on_day = $4`,
			reversal, on, id, first.On)
	})
}

// entryHead reads an entry without its transfers.
func entryHead(ctx context.Context, q pg.Queryer, id EntryID) (e Entry, err error) {
	err = q.QueryRow(ctx, `
		select e.key, e.on_day, e.kind, e.memo, e.ref, e.by_who, coalesce(e.reverses, 0)
		from entry_key k join entry e on e.id = k.entry_id and e.on_day = k.on_day
		where k.entry_id = $1`, id).Scan(&e.Key, &e.On, &e.Kind, &e.Memo, &e.Ref, &e.By, &e.Reverses)
	if errors.Is(err, pgx.ErrNoRows) {
		return e, fmt.Errorf("%w: %d", ErrNoEntry, id)
	}
	return e, err
}

// transfers streams the transfers of an entry in their order.
func transfers(ctx context.Context, q pg.Queryer, id EntryID, on time.Time) iter.Seq2[Transfer, error] {
	return stream(ctx, q, "transfers", `
		select debit, credit, amount, ref from transfer where entry_id = $1 and on_day = $2 order by n`,
		[]any{id, on}, func(rows pgx.Rows) (t Transfer, err error) {
			err = rows.Scan(&t.Debit, &t.Credit, &t.Amount, &t.Ref)
			return t, err
		})
}
