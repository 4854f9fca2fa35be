package reconcile

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

// The actions that settle a break whose money stands in suspense. Each moves it from
// 3381 to where it belongs; the first line stays as it was.
const (
	ActionFee      = "fee"      // the bank's fee: to 6118
	ActionFund     = "fund:"    // money for a scheme, such as "fund:btxh": to 366
	ActionReturn   = "return:"  // a return, named by the end-to-end id: the payment is owed again
	ActionSendBack = "sendback" // the sender gets it back by a transfer made elsewhere: to 331 until that shows
	ActionNote     = "note"     // explained outside the books; nothing moves
)

// Propose says how a break should be settled; another person confirms it.
func (s *Store) Propose(ctx context.Context, id BreakID, action, note string, by int64, now time.Time) (err error) {
	defer pg.Wrap(&err, "propose for break %d", id)
	known := action == ActionFee || action == ActionNote || action == ActionSendBack || ofPayout(action)
	for _, prefix := range []string{ActionFund, ActionReturn} {
		if rest, ok := strings.CutPrefix(action, prefix); ok && rest != "" {
			known = true
		}
	}
	if !known {
		return refuse("%q is not a way to settle a break: choose fee, fund:SCHEME, return:REFERENCE, sendback, recover:PERSON, deposit, surrender:SCHEME, feepaid:RAIL or note", action)
	}
	if strings.TrimSpace(note) == "" {
		return refuse("say in a note why this is so; the second person reads it")
	}
	return pg.Tx(ctx, s.Pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			update recon_break set state = 'proposed', action = $2, note = $3, proposed_by = $4, proposed_at = $5
			where id = $1 and state in ('open', 'proposed')`, id, action, note, by, now)
		if err == nil && tag.RowsAffected() == 0 {
			return ErrNotOpen
		}
		if err != nil {
			return err
		}
		who, err := actor(ctx, tx, by)
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: who, Kind: "break.proposed",
			Subject: fmt.Sprintf("break:%d", id), Payload: map[string]any{"action": action, "note": note}})
	})
}

// Confirm settles a proposed break and posts what its action says, in one transaction.
// It returns ErrOwnProposal when the same person proposed it.
func (s *Store) Confirm(ctx context.Context, id BreakID, by int64, now time.Time) (err error) {
	defer pg.Wrap(&err, "settle break %d", id)
	return pg.Tx(ctx, s.Pool, func(tx pgx.Tx) error {
		var b struct {
			state, action, office string
			amount                money.VND
			line                  *LineID
		}
		err := tx.QueryRow(ctx, `select state, action, office, amount, line_id from recon_break where id = $1 for update`, id).
			Scan(&b.state, &b.action, &b.office, &b.amount, &b.line)
		if errors.Is(err, pgx.ErrNoRows) || (err == nil && b.state != "proposed") {
			return ErrNotOpen
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update recon_break set state = 'settled', settled_by = $2, settled_at = $3 where id = $1`, id, by, now); err != nil {
			if pg.Constraint(err) == "recon_break_two_people" {
				return ErrOwnProposal
			}
			return err
		}
		who, err := actor(ctx, tx, by)
		if err != nil {
			return err
		}
		if b.action != ActionNote {
			if b.line == nil {
				return refuse("break %d is not about money in suspense; settle it with a note", id)
			}
			if err := s.move(ctx, tx, id, *b.line, b.office, b.amount, b.action, who, now); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: who, Kind: "break.settled",
			Subject: fmt.Sprintf("break:%d", id), Payload: map[string]any{"action": b.action}})
	})
}

// move takes the break's money out of suspense.
func (s *Store) move(ctx context.Context, tx pgx.Tx, id BreakID, lineID LineID, office string, amount money.VND, action, by string, now time.Time) error {
	if reference, ok := strings.CutPrefix(action, ActionReturn); ok {
		return s.lateReturn(ctx, tx, id, lineID, reference, by, now)
	}
	target := ledger.Account{Code: "6118." + office, Name: "Phí ngân hàng " + office, Type: "expense", Office: office}
	if scheme, ok := strings.CutPrefix(action, ActionFund); ok {
		if schemeLetter[scheme] == "" || amount <= 0 {
			return refuse("only money that came in can go to a fund, and the scheme is btxh, htxh or ncc")
		}
		target = fundAccount(office, scheme)
	} else if ofPayout(action) {
		own, done, err := s.payoutTarget(ctx, tx, id, office, amount, action, by, now)
		if done || err != nil {
			return err
		}
		target = own
	} else if action == ActionSendBack {
		target = ledger.Account{Code: "331." + office, Name: "Phải trả " + office, Type: "liability", Office: office}
	}
	ids, err := ledger.Ensure(ctx, tx, []ledger.Account{suspenseAccount(office), target})
	if err != nil {
		return err
	}
	t := ledger.Transfer{Debit: ids[suspenseAccount(office).Code], Credit: ids[target.Code], Amount: amount, Ref: fmt.Sprintf("break:%d", id)}
	if amount < 0 {
		t.Debit, t.Credit, t.Amount = t.Credit, t.Debit, -amount
	}
	_, err = ledger.Post(ctx, tx, ledger.Entry{Key: fmt.Sprintf("break:%d", id), On: day(now), Kind: "break.settled",
		Memo: "Xử lý khoản chênh lệch", Ref: fmt.Sprintf("break:%d", id), By: by, At: now, Transfers: []ledger.Transfer{t}})
	return err
}

// actor names a member of staff as the log does, by login.
func actor(ctx context.Context, tx pgx.Tx, staff int64) (name string, err error) {
	if err := tx.QueryRow(ctx, `select 'staff:' || login from staff where id = $1`, staff).Scan(&name); err != nil {
		return "", fmt.Errorf("member of staff %d: %w", staff, err)
	}
	return name, nil
}

// undoSuspense takes the line's money out of suspense by reversing its entry and undoing
// its match, so that another rule can explain it.
func undoSuspense(ctx context.Context, tx pgx.Tx, l line, id BreakID, by string, now time.Time) error {
	var was, entry int64
	err := tx.QueryRow(ctx, `
		select m.id, e.entry_id from match m join entry_key e on e.key = m.entry_ref
		where m.line_id = $1 and m.rule = 'suspense' and not undone(m)`, l.ID).Scan(&was, &entry)
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrNotOpen
	}
	if err != nil {
		return err
	}
	if _, err := ledger.Reverse(ctx, tx, ledger.EntryID(entry), fmt.Sprintf("break:%d", id), "Xử lý khoản chênh lệch", by, day(now)); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		insert into match (line_id, attempt, rule, version, target, amount, entry_ref, matched_at, matched_by, undoes)
		select line_id, attempt, rule, version, target, amount, entry_ref, $2, $3, id from match where id = $1`, was, now, by)
	return err
}
