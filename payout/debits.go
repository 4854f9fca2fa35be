package payout

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/bank"
	"ansinh.vn/internal/pg"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

// DebitLine is a statement line that books one order.
type DebitLine struct {
	EndToEndID string
	Amount     money.VND
	On         time.Time // booking day
}

// RecordDebitLines settles many orders of one bank account by the statement lines that
// show their debits, each by its own. ref names the lines; a day's debits are one entry,
// for the line behind each order is kept where lines are explained. An order that does
// not wait for its debit, or for another amount, makes it fail whole.
func RecordDebitLines(ctx context.Context, tx pgx.Tx, account bank.RailAccountID, lines []DebitLine, ref, by string, now time.Time) (err error) {
	defer pg.Wrap(&err, "payout: record debits of %s", ref)
	if len(lines) == 0 {
		return nil
	}
	ids, amounts, days := make([]string, len(lines)), make([]money.VND, len(lines)), make([]time.Time, len(lines))
	total := map[time.Time]money.VND{}
	var order []time.Time
	for i, l := range lines {
		ids[i], amounts[i], days[i] = l.EndToEndID, l.Amount, l.On
		if _, ok := total[l.On]; !ok {
			order = append(order, l.On)
		}
		if total[l.On], err = total[l.On].Add(l.Amount); err != nil {
			return err
		}
	}
	rows, err := tx.Query(ctx, `
		update instruction i set state = 'debited', changed_on = d.on_day
		from unnest($1::text[], $2::bigint[], $3::date[]) d(id, amount, on_day)
		where i.end_to_end_id = d.id and i.amount = d.amount and i.state = 'made' and i.rail_account_id = $4
		returning i.payment_id`, ids, amounts, days, account)
	if err != nil {
		return err
	}
	payments, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	if len(payments) != len(lines) {
		return fmt.Errorf("%d of %d orders wait for their debit", len(payments), len(lines))
	}
	_, err = tx.Exec(ctx, `
		update payment p set state = 'settled', changed_at = $2 from unnest($1::bigint[]) c(id) where p.id = c.id and p.state = 'instructed'`, payments, now)
	if err != nil {
		return err
	}
	var office string
	if err := tx.QueryRow(ctx, `select office from rail_account where id = $1`, account).Scan(&office); err != nil {
		return err
	}
	transit, own := inTransit(account, office), bankAccount(office)
	accounts, err := ledger.Ensure(ctx, tx, []ledger.Account{transit, own})
	if err != nil {
		return err
	}
	for _, on := range order {
		day := on.Format(time.DateOnly)
		_, err := ledger.Post(ctx, tx, ledger.Entry{Key: ref + ":debited:" + day, On: on, Kind: "payment.debited",
			Memo: "Ngân hàng đã trừ tiền từng khoản", Ref: ref, By: by, At: now,
			Transfers: []ledger.Transfer{{Debit: accounts[transit.Code], Credit: accounts[own.Code], Amount: total[on], Ref: ref}}})
		if err != nil {
			return err
		}
	}
	return audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "payments.debited", Subject: ref,
		Payload: map[string]any{"n": len(lines), "account": account}})
}
