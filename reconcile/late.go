package reconcile

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// lateReturn explains a credit in suspense as the return of an instruction: the
// suspense entry is undone by its reversal and the return is recorded in its place.
func (s *Store) lateReturn(ctx context.Context, tx pgx.Tx, id BreakID, lineID LineID, reference, by string, now time.Time) error {
	rows, err := tx.Query(ctx, lineColumns+` where l.id = $1`, lineID)
	if err != nil {
		return err
	}
	l, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[line])
	if err != nil {
		return err
	}
	f := newFacts(tx, by, now)
	if err := f.byID(ctx, []string{reference}); err != nil {
		return err
	}
	t := f.transfers[reference]
	if t == nil || !l.Credit {
		return refuse("%s is not a transfer of ours that this line could give back", reference)
	}
	if err := undoSuspense(ctx, tx, l, id, by, now); err != nil {
		return err
	}
	v := f.takeReturn(t, l)
	if v.target == "" {
		return refuse("line %d is not the return of %s: %s", lineID, reference, v.note)
	}
	if err := v.follow(ctx); err != nil {
		return err
	}
	return insertMatch(ctx, tx, l, "settled-return", 1, v.target, by, now)
}

// insertMatch explains a line anew after its last explanation was undone.
func insertMatch(ctx context.Context, tx pgx.Tx, l line, rule string, version int, target, by string, now time.Time) error {
	_, err := tx.Exec(ctx, `
		insert into match (line_id, attempt, rule, version, target, amount, entry_ref, matched_at, matched_by)
		select @line, 1 + count(*), @rule, @version, @target, @amount, @entry, @at, @by from match where line_id = @line and undoes is null`,
		pgx.StrictNamedArgs{"line": l.ID, "rule": rule, "version": version, "target": target, "amount": l.Amount, "entry": l.ref(), "at": now, "by": by})
	if err != nil {
		return fmt.Errorf("record match: %w", err)
	}
	return nil
}
