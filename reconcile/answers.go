package reconcile

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/bank"
	"ansinh.vn/internal/pg"
	"ansinh.vn/markets"
	"ansinh.vn/payout"
)

// refused is one transfer that the bank turned down before debiting it.
type refused struct{ endToEndID, reason, info string }

// TakeAnswers hands the refusals in the bank's answers (pain.002) to the payments, each
// answer once, and returns how many transfers were refused. An acceptance moves nothing:
// only a statement says that money moved.
func (s *Store) TakeAnswers(ctx context.Context, by string, now time.Time) (n int, err error) {
	defer pg.Wrap(&err, "take the bank's answers")
	for {
		var more bool
		err := pg.Tx(ctx, s.Pool, func(tx pgx.Tx) error {
			if err := begin(ctx, tx); err != nil {
				return err
			}
			taken, found, err := takeNextAnswer(ctx, tx, by, now)
			n += taken
			more = found
			return err
		})
		if err != nil || !more {
			return n, err
		}
	}
}

func takeNextAnswer(ctx context.Context, tx pgx.Tx, by string, now time.Time) (n int, found bool, err error) {
	var answer, messageRow int64
	var messageID, state string
	var content []byte
	err = tx.QueryRow(ctx, `
		select a.id, a.bank_message_id, a.content, a.state, m.message_id
		from bank_answer a join bank_message m on m.id = a.bank_message_id
		where not exists (select from answer_taken t where t.bank_answer_id = a.id)
		order by a.id limit 1`).Scan(&answer, &messageRow, &content, &state, &messageID)
	if err == pgx.ErrNoRows {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	if _, err := tx.Exec(ctx, `insert into answer_taken values ($1, $2)`, answer, now); err != nil {
		return 0, false, err
	}
	_, said, err := bank.ReadAnswer(content)
	if err != nil {
		return 0, false, fmt.Errorf("answer %d to message %s: %w", answer, messageID, err)
	}
	var list []refused
	for _, r := range said.Rejected {
		one := refused{endToEndID: r.EndToEndID}
		if len(r.Reasons) > 0 {
			one.reason = r.Reasons[0].Code
			for _, info := range r.Reasons[0].Info {
				one.info += info
			}
		}
		list = append(list, one)
	}
	if said.State == bank.Rejected { // the whole message, whatever it lists
		if list, err = wholeMessage(ctx, tx, messageID, said.Reason); err != nil {
			return 0, false, err
		}
	}
	f := newFacts(tx, by, now)
	if err := f.byID(ctx, endToEndIDs(list)); err != nil {
		return 0, false, err
	}
	for _, r := range list {
		fresh, err := f.refuseTransfer(ctx, messageRow, answer, r)
		if err != nil {
			return 0, false, err
		}
		if fresh {
			n++
		}
	}
	return n, true, nil
}

func wholeMessage(ctx context.Context, tx pgx.Tx, messageID, reason string) ([]refused, error) {
	rows, err := tx.Query(ctx, `select end_to_end_id from expected_transfer where message_id = $1 order by end_to_end_id`, messageID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r refused, err error) {
		code := reason
		if len(code) > 4 {
			code = code[:4]
		}
		r = refused{reason: code, info: reason}
		return r, row.Scan(&r.endToEndID)
	})
}

func endToEndIDs(list []refused) []string {
	ids := make([]string, len(list))
	for i, r := range list {
		ids[i] = r.endToEndID
	}
	return ids
}

// refuseTransfer records one refusal, once.
func (f *facts) refuseTransfer(ctx context.Context, messageRow, answer int64, r refused) (bool, error) {
	in := f.transfers[r.endToEndID]
	if in == nil {
		return false, nil // an answer about something that we did not order changes nothing
	}
	tag, err := f.tx.Exec(ctx, `
		insert into bank_rejection (end_to_end_id, bank_message_id, reason, rejected_at) values ($1, $2, $3, $4) on conflict do nothing`,
		in.ID, messageRow, r.reason, f.now)
	if err != nil || tag.RowsAffected() == 0 {
		return false, err
	}
	ref := fmt.Sprintf("answer:%d", answer)
	if in.Market {
		return true, markets.RecordOutcome(ctx, f.tx, markets.Outcome{EndToEndID: in.ID, Kind: string(payout.OutcomeRejected), Reason: r.reason,
			Ref: ref, On: day(f.now), By: f.by, Now: f.now})
	}
	return true, payout.RecordOutcome(ctx, f.tx, payout.Outcome{EndToEndID: in.ID, Kind: payout.OutcomeRejected, Reason: r.reason, Info: r.info,
		Amount: in.Amount, On: day(f.now), Ref: ref, By: f.by, Now: f.now})
}
