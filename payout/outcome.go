package payout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/bank"
	"ansinh.vn/internal/pg"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

// ordered is an instruction with what an outcome of it touches.
type ordered struct {
	id      string
	payment PaymentID
	person  int64
	office  string
	rail    bank.RailAccountID
	amount  money.VND
	state   string
}

// RecordOutcome changes a payment by what the bank said of one instruction and posts
// it, in the caller's transaction: a refusal before the debit and a return make it owed
// again with the reason, a debit settles it. Told the same again it changes nothing; an
// outcome that cannot follow what is known, or another amount, is refused. MD07 and the
// like open a case about a death, reasons about the account one about the account: the
// next run holds the person until somebody has closed it.
func RecordOutcome(ctx context.Context, tx pgx.Tx, o Outcome) (err error) {
	defer pg.Wrap(&err, "payout: record %s of %s", o.Kind, o.EndToEndID)
	x, err := lockInstruction(ctx, tx, o.EndToEndID)
	if err != nil {
		return err
	}
	if x.state == string(o.Kind) {
		return nil
	}
	if o.Amount != x.amount {
		return refuse("%s is for %s, not for %s", o.EndToEndID, x.amount.Format(), o.Amount.Format())
	}
	transit, own, owed := inTransit(x.rail, x.office), bankAccount(x.office), payable(x.person)
	var debit, credit ledger.Account
	var payment PaymentState
	var memo string
	switch o.Kind {
	case OutcomeDebited:
		debit, credit, payment, memo = transit, own, Settled, "Ngân hàng đã trừ tiền"
	case OutcomeRejected:
		debit, credit, payment, memo = transit, owed, Returned, "Ngân hàng từ chối trước khi trừ tiền"
	case OutcomeReturned:
		debit, credit, payment, memo = own, owed, Returned, "Ngân hàng trả lại"
	default:
		return refuse("%q is not an outcome", o.Kind)
	}
	_, err = tx.Exec(ctx, `update instruction set state = $2, reason_code = $3, reason_info = $4, changed_on = $5 where end_to_end_id = $1`,
		x.id, string(o.Kind), o.Reason, o.Info, o.On)
	if pg.Constraint(err) == "instruction_step" {
		return refuse("%s is %s: it cannot be %s", x.id, x.state, o.Kind)
	}
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `update payment set state = $2, reason_code = $3, reason_info = $4, changed_at = $5 where id = $1`,
		x.payment, payment, o.Reason, o.Info, o.Now)
	if err != nil {
		return err
	}
	ids, err := ledger.Ensure(ctx, tx, []ledger.Account{debit, credit})
	if err != nil {
		return err
	}
	if o.Reason != "" {
		vi, _ := ReasonWords(o.Kind, o.Reason)
		memo += ": " + o.Reason + " " + vi
	}
	_, err = ledger.Post(ctx, tx, ledger.Entry{Key: fmt.Sprintf("instruction:%s:%s", x.id, o.Kind), On: o.On, Kind: "payment." + string(o.Kind),
		Memo: memo, Ref: o.Ref, By: o.By, At: o.Now,
		Transfers: []ledger.Transfer{{Debit: ids[debit.Code], Credit: ids[credit.Code], Amount: x.amount, Ref: x.payment.subject()}}})
	if err != nil {
		return err
	}
	if o.Kind != OutcomeDebited {
		if err := openCase(ctx, tx, x, o); err != nil {
			return err
		}
	}
	return audit.Record(ctx, tx, audit.Event{At: o.Now, Actor: o.By, Kind: "payment." + string(o.Kind), Subject: x.payment.subject(),
		Payload: map[string]any{"instruction": x.id, "reason": o.Reason, "on": o.On.Format(time.DateOnly), "ref": o.Ref}})
}

func lockInstruction(ctx context.Context, tx pgx.Tx, id string) (x ordered, err error) {
	err = tx.QueryRow(ctx, `
		select i.end_to_end_id, i.payment_id, p.person_id, r.office, i.rail_account_id, i.amount, i.state
		from instruction i join payment p on p.id = i.payment_id join run r on r.id = i.run_id
		where i.end_to_end_id = $1 for update of i, p`, id).
		Scan(&x.id, &x.payment, &x.person, &x.office, &x.rail, &x.amount, &x.state)
	if errors.Is(err, pgx.ErrNoRows) {
		err = refuse("there is no instruction %s", id)
	}
	return x, err
}

// RecordDebits settles all of a bank message that was not refused by one statement
// line, and says how many orders that were. Told again it finds none left.
func RecordDebits(ctx context.Context, tx pgx.Tx, messageID string, on time.Time, ref, by string, now time.Time) (n int, err error) {
	defer pg.Wrap(&err, "payout: record debit of message %s", messageID)
	var total money.VND
	var rail bank.RailAccountID
	var office, kind string
	err = tx.QueryRow(ctx, `
		select a.id, a.office, a.kind from bank_message m join rail_account a on a.id = m.rail_account_id where m.message_id = $1`, messageID).
		Scan(&rail, &office, &kind)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, refuse("there is no message %s", messageID)
	}
	if err != nil {
		return 0, err
	}
	rows, err := tx.Query(ctx, `
		update instruction i set state = 'debited', changed_on = $2
		from bank_message m where m.message_id = $1 and i.bank_message_id = m.id and i.state = 'made'
		returning i.payment_id, i.amount`, messageID, on)
	if err != nil {
		return 0, err
	}
	var payments []int64
	var payment int64
	var amount money.VND
	_, err = pgx.ForEachRow(rows, []any{&payment, &amount}, func() (err error) {
		payments = append(payments, payment)
		total, err = total.Add(amount)
		return err
	})
	if n = len(payments); err != nil || n == 0 {
		return 0, err
	}
	if kind == "bank" { // cash is settled by who collects it, not by the transfer to the post office
		_, err = tx.Exec(ctx, `
			update payment p set state = 'settled', changed_at = $2 from unnest($1::bigint[]) c(id)
			where p.id = c.id and p.state = 'instructed'`, payments, now)
		if err != nil {
			return 0, err
		}
	}
	transit, own := inTransit(rail, office), bankAccount(office)
	ids, err := ledger.Ensure(ctx, tx, []ledger.Account{transit, own})
	if err != nil {
		return 0, err
	}
	_, err = ledger.Post(ctx, tx, ledger.Entry{Key: "message:" + messageID + ":debited", On: on, Kind: "payment.debited",
		Memo: "Ngân hàng đã trừ tiền theo lô", Ref: ref, By: by, At: now,
		Transfers: []ledger.Transfer{{Debit: ids[transit.Code], Credit: ids[own.Code], Amount: total, Ref: "message:" + messageID}}})
	if err != nil {
		return 0, err
	}
	return n, audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "run.debited", Subject: "message:" + messageID,
		Payload: map[string]any{"n": n, "total": total, "on": on.Format(time.DateOnly), "ref": ref}})
}
