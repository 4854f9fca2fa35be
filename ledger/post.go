package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// Post posts e in tx and returns its number. A key that was posted before with the same
// content (day, kind, ref, what it reverses, and transfers) gives the first entry's
// number; with another content it is ErrKeyReused. ErrShort, ErrMonthClosed,
// ErrNoAccount, ErrReversed and ErrInvalid are the other refusals; after any error but
// ErrInvalid and ErrKeyReused the transaction can only be rolled back.
func Post(ctx context.Context, tx pgx.Tx, e Entry) (id EntryID, err error) {
	defer pg.Wrap(&err, "ledger: post %s", e.Key)
	d := newDigest(e)
	for _, t := range e.Transfers {
		if err := d.add(t); err != nil {
			return 0, err
		}
	}
	return post(ctx, tx, e, d, func(b *pgx.Batch, id EntryID) {
		n := len(e.Transfers)
		debit, credit, amount, ref := make([]AccountID, n), make([]AccountID, n), make([]money.VND, n), make([]string, n)
		for i, t := range e.Transfers {
			debit[i], credit[i], amount[i], ref[i] = t.Debit, t.Credit, t.Amount, t.Ref
		}
		b.Queue(`
			insert into transfer (entry_id, n, on_day, debit, credit, amount, ref)
			select $1, n - 1, $2, debit, credit, amount, ref
			from unnest($3::bigint[], $4::bigint[], $5::bigint[], $6::text[])
				with ordinality as t(debit, credit, amount, ref, n)`,
			id, e.On, debit, credit, amount, ref)
	})
}

// PostAll posts an entry of any number of transfers in bounded memory: they are staged
// by COPY and posted by one statement. head is the entry without its transfers; the
// sequence must not use tx. It returns the entry's number and how many transfers it
// has, and refuses as Post does.
func PostAll(ctx context.Context, tx pgx.Tx, head Entry, transfers iter.Seq2[Transfer, error]) (id EntryID, n int, err error) {
	defer pg.Wrap(&err, "ledger: post %s", head.Key)
	if len(head.Transfers) > 0 {
		return 0, 0, fmt.Errorf("%w: its transfers come in the sequence, not in the head", ErrInvalid)
	}
	d := newDigest(head)
	if _, err := tx.Exec(ctx, `
		create temp table if not exists ledger_staged (
			n int, debit bigint, credit bigint, amount bigint, ref text) on commit drop;
		truncate ledger_staged`); err != nil {
		return 0, 0, err
	}
	next, stop := iter.Pull2(transfers)
	defer stop()
	columns := []string{"n", "debit", "credit", "amount", "ref"}
	var source error // COPY gives back the text of an error alone
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"ledger_staged"}, columns, pgx.CopyFromFunc(func() ([]any, error) {
		t, err, ok := next()
		if ok && err == nil {
			err = d.add(t)
		}
		if !ok || err != nil {
			source = err
			return nil, err
		}
		return []any{d.n - 1, int64(t.Debit), int64(t.Credit), int64(t.Amount), t.Ref}, nil
	}))
	if source != nil {
		return 0, 0, source
	}
	if err != nil {
		return 0, 0, err
	}
	id, err = post(ctx, tx, head, d, func(b *pgx.Batch, id EntryID) {
		b.Queue(`
			insert into transfer (entry_id, n, on_day, debit, credit, amount, ref)
			select $1, n, $2, debit, credit, amount, ref from ledger_staged`, id, head.On)
	})
	return id, d.n, err
}

// post writes the entry, which takes its key and leaves its event, and then its transfers,
// by queue. Who posts the same key at the same time waits here for the first one to
// finish.
func post(ctx context.Context, tx pgx.Tx, e Entry, d *digest, queue func(*pgx.Batch, EntryID)) (id EntryID, err error) {
	if err := check(e, d); err != nil {
		return 0, err
	}
	root := d.tree.Root()
	var at *time.Time
	if !e.At.IsZero() {
		at = &e.At
	}
	var b pgx.Batch
	b.Queue("select ledger_open_month($1)", e.On)
	b.Queue(`
		insert into entry (key, hash, on_day, kind, memo, ref, by_who, at, reverses, n, total, salt, root)
		values ($1, $2, $3, $4, $5, $6, $7, coalesce($8, clock_timestamp()), $9, $10, $11, $12, $13)
		returning id`, // no row when the key is taken
		e.Key, d.hash(), e.On, e.Kind, e.Memo, e.Ref, e.By, at, none(e.Reverses), d.n, d.total, d.salt[:], root[:])
	answers := tx.SendBatch(ctx, &b)
	if _, err = answers.Exec(); err == nil {
		err = answers.QueryRow().Scan(&id)
	}
	if closing := answers.Close(); err == nil {
		err = closing
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return posted(ctx, tx, e.Key, d.hash())
	}
	if err != nil {
		return 0, explain(err)
	}
	b = pgx.Batch{}
	queue(&b, id)
	return id, explain(tx.SendBatch(ctx, &b).Close())
}

// posted answers for a key that stands already.
func posted(ctx context.Context, tx pgx.Tx, key string, hash []byte) (id EntryID, err error) {
	var first []byte
	if err := tx.QueryRow(ctx, "select entry_id, hash from entry_key where key = $1", key).Scan(&id, &first); err != nil {
		return 0, err
	}
	if !bytes.Equal(first, hash) {
		return 0, fmt.Errorf("entry %d: %w", id, ErrKeyReused)
	}
	// Nothing else may be written in this transaction, and a commit without WAL does
	// not wait for a synchronous standby: after a split brain "already posted" could
	// stand on a server that lost. This makes it wait.
	_, err = tx.Exec(ctx, "select pg_logical_emit_message(true, 'idem', '')")
	return id, err
}

func check(e Entry, d *digest) error {
	switch {
	case e.Key == "":
		return fmt.Errorf("%w: it has no key", ErrInvalid)
	case e.On.IsZero() || !e.On.Equal(e.On.UTC().Truncate(24*time.Hour)):
		return fmt.Errorf("%w: its day %v is not a day", ErrInvalid, e.On)
	case d.n == 0:
		return fmt.Errorf("%w: it has no transfers", ErrInvalid)
	}
	return nil
}

func none(id EntryID) *EntryID {
	if id == 0 {
		return nil
	}
	return &id
}
