package payout

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// ResendInput says what of an instructed run is to be ordered again.
type ResendInput struct {
	Run     RunID
	Payment PaymentID // one payment, or
	Message string    // all of a message that came back
	Note    string    // what was mended
	By      StaffID
	Now     time.Time
}

// Resent is what will be ordered again, and what cannot be.
type Resent struct {
	N     int         `json:"n"`
	Total money.VND   `json:"total"`
	Left  []LeftAlone `json:"left"`
}

// LeftAlone is a payment that is not ordered again to the same account, and why.
type LeftAlone struct {
	Payment PaymentID `json:"payment"`
	Reason  string    `json:"reason"` // the bank's code
	VI      string    `json:"vi"`
	EN      string    `json:"en"`
}

// Resend readies payments that came back to be ordered again by the next Instruct, in
// the run that was signed and to the account that was signed, under an order of their
// own: the first one is dead by then, which the database holds. What came back for a
// reason that sending again would not mend (an account, a death, a duplicate, fraud)
// stays and goes into the next run when its cause is settled.
func Resend(ctx context.Context, pool *pgxpool.Pool, in ResendInput) (out Resent, err error) {
	defer pg.Wrap(&err, "payout: send again of run %d", in.Run)
	if strings.TrimSpace(in.Note) == "" {
		return out, refuse("say what was mended")
	}
	if (in.Payment == 0) == (in.Message == "") {
		return out, refuse("name one payment, or one message")
	}
	err = bulkTx(ctx, pool, func(tx pgx.Tx) error {
		who, err := actor(ctx, tx, in.By)
		if err != nil {
			return err
		}
		r, err := lockRun(ctx, tx, in.Run)
		if err != nil {
			return err
		}
		if r.State != RunInstructed {
			return ErrState
		}
		ready, err := in.choose(ctx, tx, &out)
		if err != nil {
			return err
		}
		if len(ready) == 0 {
			if len(out.Left) > 0 {
				return refuse("sending again does not mend %s: %s", out.Left[0].Reason, out.Left[0].EN)
			}
			return ErrNothing
		}
		_, err = tx.Exec(ctx, `
			update payment set state = 'ready', reason_code = '', reason_info = '', changed_at = $2 where id = any($1)`, ready, in.Now)
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: in.Now, Actor: who, Kind: "run.resend", Subject: in.Run.subject(),
			Payload: map[string]any{"n": out.N, "total": out.Total, "message": in.Message, "payments": ready, "note": in.Note}})
	})
	if pg.Constraint(err) == "payment_step" {
		err = refuse("a later run has taken some of these payments over: void it, or let it pay them")
	}
	return out, err
}

// choose finds what came back and may be ordered again, locked in the order of numbers.
func (in ResendInput) choose(ctx context.Context, tx pgx.Tx, out *Resent) (ready []int64, err error) {
	rows, err := tx.Query(ctx, `
		select p.id, p.amount, p.reason_code,
		       coalesce((select i.state from instruction i where i.payment_id = p.id order by i.attempt desc limit 1), '')
		from payment p
		where p.run_id = @run and p.state = 'returned' and p.rail = 'bank' and (@payment = 0 or p.id = @payment)
		  and (@message = '' or p.id in (select i.payment_id from instruction i join bank_message m on m.id = i.bank_message_id where m.message_id = @message))
		order by p.id for update`,
		pgx.StrictNamedArgs{"run": in.Run, "payment": int64(in.Payment), "message": in.Message})
	if err != nil {
		return nil, err
	}
	var id PaymentID
	var amount money.VND
	var code string
	var kind OutcomeKind // rejected or returned, as the newest order is
	_, err = pgx.ForEachRow(rows, []any{&id, &amount, &code, &kind}, func() (err error) {
		if !mayResend(kind, code) {
			vi, en := ReasonWords(kind, code)
			out.Left = append(out.Left, LeftAlone{id, code, vi, en})
			return nil
		}
		ready = append(ready, int64(id))
		out.N++
		out.Total, err = out.Total.Add(amount)
		return err
	})
	return ready, err
}

// mayResend tells whether the same order may be sent again once its cause is mended. A
// code that nobody knows is left to whoever asks for it.
func mayResend(kind OutcomeKind, code string) bool {
	r, known := reasonOf(kind, code)
	return !known || r.again
}

// split puts orders into messages: by the payee's bank and by sum where the settings say
// so, always by number, and apart what is too large for an instant transfer. The order
// of payments is kept within each.
func (s Settings) split(orders []order) (parts [][]order) {
	type key struct {
		large bool
		bin   string
	}
	group := map[key][]order{}
	var keys []key
	for _, x := range orders {
		k := key{large: x.bin != "" && s.InstantSum > 0 && x.amount >= s.InstantSum}
		if s.SplitByBank {
			k.bin = x.bin
		}
		if group[k] == nil {
			keys = append(keys, k)
		}
		group[k] = append(group[k], x)
	}
	for _, k := range keys {
		var part []order
		var sum money.VND
		for _, x := range group[k] {
			if len(part) == s.MessageSize || (s.MessageSum > 0 && len(part) > 0 && sum+x.amount > s.MessageSum) {
				parts, part, sum = append(parts, part), nil, 0
			}
			part, sum = append(part, x), sum+x.amount
		}
		parts = append(parts, part)
	}
	return parts
}

// nothingToOrder settles what came to nothing, all of it being set off, and lets a run go
// on of which nothing waits for any rail: all of it was set off, or left as vouchers.
func (o *ordering) nothingToOrder(ctx context.Context, tx pgx.Tx) (bool, error) {
	if o.run.State != RunApproved {
		return false, nil
	}
	var waits bool
	err := tx.QueryRow(ctx, `select exists (select from payment where run_id = $1 and state = 'ready' and amount > 0)`, o.run.ID).Scan(&waits)
	if err != nil || waits {
		return false, err
	}
	return true, o.begin(ctx, tx)
}

// begin takes an approved run to the state in which outcomes are awaited.
func (o *ordering) begin(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, `update run set state = 'instructed' where id = $1`, o.run.ID); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	_, err := tx.Exec(ctx, `update payment set state = 'settled', changed_at = $2 where run_id = $1 and state = 'ready' and amount = 0`,
		o.run.ID, o.in.Now)
	return err
}
