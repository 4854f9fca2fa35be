package reconcile

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/bank"
	"ansinh.vn/markets"
	"ansinh.vn/money"
	"ansinh.vn/payout"
)

// sent is a whole message of ours; the zero value is one that we did not send.
type sent struct {
	id          string
	account     bank.RailAccountID
	n           int       // transfers that the bank did not refuse
	outstanding money.VND // what they come to
	debited     bool
	market      bool // a settlement of vendors, not a payout
}

// message looks up what a statement's batch line can stand for.
func message(ctx context.Context, tx pgx.Tx, id string) (m sent, err error) {
	err = tx.QueryRow(ctx, `
		select bm.message_id, bm.rail_account_id,
		       bm.n - coalesce(r.n, 0), bm.total - coalesce(r.amount, 0),
		       exists (select from match where rule = 'batch-debit' and target = bm.message_id and not undone(match)),
		       exists (select from settlement_line sl where sl.bank_message_id = bm.id)
		from bank_message bm
		left join lateral (
		    select count(*)::int n, sum(e.amount)::bigint amount
		    from bank_rejection r join expected_transfer e using (end_to_end_id)
		    where r.bank_message_id = bm.id) r on true
		where bm.message_id = $1 and bm.state in ('sent', 'unknown', 'accepted', 'part')`, id).
		Scan(&m.id, &m.account, &m.n, &m.outstanding, &m.debited, &m.market)
	if errors.Is(err, pgx.ErrNoRows) {
		return sent{}, nil
	}
	return m, err
}

// instructed is one transfer of ours; the zero value is one that we did not order.
type instructed struct {
	id       string
	account  bank.RailAccountID
	amount   money.VND
	debited  bool
	returned bool
	market   bool
}

const instructedColumns = `
	select e.end_to_end_id, e.rail_account_id, e.amount,
	       exists (select from match where rule = 'debit' and target = e.end_to_end_id and not undone(match))
	       or (exists (select from match where rule = 'batch-debit' and target = e.message_id and not undone(match))
	           and not exists (select from bank_rejection r where r.end_to_end_id = e.end_to_end_id)),
	       exists (select from match where rule in ('return', 'memo-return', 'settled-return') and target = e.end_to_end_id and not undone(match)),
	       e.market
	from expected_transfer e `

func scanInstructed(row pgx.CollectableRow) (in instructed, err error) {
	err = row.Scan(&in.id, &in.account, &in.amount, &in.debited, &in.returned, &in.market)
	return in, err
}

func instruction(ctx context.Context, tx pgx.Tx, endToEndID string) (instructed, error) {
	rows, err := tx.Query(ctx, instructedColumns+`where e.end_to_end_id = $1`, endToEndID)
	if err != nil {
		return instructed{}, err
	}
	in, err := pgx.CollectExactlyOneRow(rows, scanInstructed)
	if errors.Is(err, pgx.ErrNoRows) {
		return instructed{}, nil
	}
	return in, err
}

// ourReference is an end-to-end id as a squeezed memo holds it: of a payment, such as
// AS2026111804A1, or of a settlement. Digits that follow may belong to the memo's next
// word, so the shorter readings are tried as well.
var ourReference = regexp.MustCompile(`AS[0-9]{6}[0-9]+A[0-9]{1,2}`)

// instructionInMemo finds the instructions whose reference stands in a memo, whatever
// the bank did to its spaces and punctuation.
func instructionInMemo(ctx context.Context, tx pgx.Tx, memo string) ([]instructed, error) {
	candidates := ourReference.FindAllString(squeeze(memo), -1)
	if len(candidates) == 0 {
		return nil, nil
	}
	for _, c := range candidates {
		candidates = append(candidates, c[:len(c)-1])
	}
	rows, err := tx.Query(ctx, instructedColumns+`where squeezed(e.end_to_end_id) = any($1) order by e.end_to_end_id`, candidates)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanInstructed)
}

// record hands what the line shows to the room that ordered the transfer.
func record(ctx context.Context, tx pgx.Tx, in instructed, kind payout.OutcomeKind, l line, by string, now time.Time) error {
	if in.market {
		return markets.RecordOutcome(ctx, tx, markets.Outcome{EndToEndID: in.id, Kind: string(kind), Reason: l.ReturnCode,
			Ref: l.ref(), On: l.BookedOn, By: by, Now: now})
	}
	return payout.RecordOutcome(ctx, tx, payout.Outcome{EndToEndID: in.id, Kind: kind, Reason: l.ReturnCode, Info: l.ReturnInfo,
		Amount: l.Amount, On: l.BookedOn, Ref: l.ref(), By: by, Now: now})
}

// settlementDebited records the debit of every transfer of a market settlement that the
// bank did not refuse; there is one a vendor, so they go one by one.
func settlementDebited(ctx context.Context, tx pgx.Tx, messageID string, l line, by string, now time.Time) error {
	rows, err := tx.Query(ctx, instructedColumns+`
		where e.message_id = $1 and not exists (select from bank_rejection r where r.end_to_end_id = e.end_to_end_id)
		order by e.end_to_end_id`, messageID)
	if err != nil {
		return err
	}
	list, err := pgx.CollectRows(rows, scanInstructed)
	for _, in := range list {
		if err = record(ctx, tx, in, payout.OutcomeDebited, l, by, now); err != nil {
			return err
		}
	}
	return err
}

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
	in, err := instruction(ctx, tx, reference)
	if err != nil {
		return err
	}
	if in.id == "" || !l.Credit {
		return refuse("%s is not a transfer of ours that this line could give back", reference)
	}
	if err := undoSuspense(ctx, tx, l, id, by, now); err != nil {
		return err
	}
	v, err := takeReturn(ctx, tx, in, l, by, now)
	if err != nil {
		return err
	}
	if v.target == "" {
		return refuse("line %d is not the return of %s: %s", lineID, reference, v.note)
	}
	return insertMatch(ctx, tx, l, "settled-return", 1, v, by, now)
}

func insertMatch(ctx context.Context, tx pgx.Tx, l line, rule string, version int, v verdict, by string, now time.Time) error {
	_, err := tx.Exec(ctx, `
		insert into match (line_id, rule, version, target, amount, entry_ref, matched_at, matched_by)
		values (@line, @rule, @version, @target, @amount, @entry, @at, @by)`,
		pgx.StrictNamedArgs{"line": l.ID, "rule": rule, "version": version, "target": v.target, "amount": l.Amount, "entry": v.entry, "at": now, "by": by})
	if err != nil {
		return fmt.Errorf("record match: %w", err)
	}
	return nil
}
