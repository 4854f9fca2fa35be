package payout

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

// Receipt is money that a person, or the household, gives back.
type Receipt struct {
	Person    PersonID
	Office    string    // which the money came to; "" is the person's
	ReceiptNo string    // of the slip; once an office
	Scheme    Scheme    // whose fund it goes back to; "" where only one scheme overpaid
	Amount    money.VND // at most what the person owes
	On        time.Time // the day it was handed over
	Note      string
	Now       time.Time
}

// ReceiveCash books money that was handed back at the desk (1111 / 1388) and gives it
// to the fund again (511 / 366). It is in the office's cash until it shows on the
// statement, see Deposited. ErrTooMuch is more than the person owes.
func ReceiveCash(ctx context.Context, pool *pgxpool.Pool, r Receipt, by StaffID) (err error) {
	defer pg.Wrap(&err, "payout: cash back from person %d", r.Person)
	if strings.TrimSpace(r.ReceiptNo) == "" || r.Amount <= 0 || r.On.IsZero() || r.On.After(bookDay(r.Now)) {
		return refuse("money given back needs the number of its slip, an amount and a day, which is not after today")
	}
	return pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		who, err := actor(ctx, tx, by)
		if err != nil {
			return err
		}
		return receive(ctx, tx, r, "cash", cashInHand, who)
	})
}

// ReceiveTransfer takes money out of suspense that the statement showed and that a
// person gave back (3381 / 1388), in the transaction that settles its break.
func ReceiveTransfer(ctx context.Context, tx pgx.Tx, r Receipt, by string) (err error) {
	defer pg.Wrap(&err, "payout: transfer back from person %d", r.Person)
	return receive(ctx, tx, r, "bank", suspense, by)
}

func receive(ctx context.Context, tx pgx.Tx, r Receipt, way string, from func(office string) ledger.Account, by string) error {
	d, err := DebtOf(ctx, tx, r.Person)
	if err != nil {
		return err
	}
	if r.Office != "" && r.Office != d.Office {
		return refuse("the person belongs to office %s: the money came to another", d.Office)
	}
	if r.Scheme, err = overpaidScheme(ctx, tx, r.Person, r.Scheme); err != nil {
		return err
	}
	var id int64
	err = tx.QueryRow(ctx, `
		insert into recovery_receipt (person_id, office, way, receipt_no, scheme, amount, on_day, note, recorded_by, recorded_at)
		values (@person, @office, @way, @no, @scheme, @amount, @on, @note, @by, @now) returning id`,
		pgx.StrictNamedArgs{"person": r.Person, "office": d.Office, "way": way, "no": r.ReceiptNo, "scheme": r.Scheme, "amount": r.Amount,
			"on": r.On, "note": r.Note, "by": by, "now": r.Now}).Scan(&id)
	switch pg.Constraint(err) {
	case "recovery_within":
		return refuse("the person owes %s back, not %s", max(d.Rest, 0).Format(), r.Amount.Format())
	case "recovery_receipt_once":
		return refuse("slip %s is booked already", r.ReceiptNo)
	}
	if err != nil {
		return err
	}
	money, owes := from(d.Office), receivable(int64(r.Person))
	income, pot := revenue(d.Office, r.Scheme), fund(d.Office, r.Scheme)
	ids, err := ledger.Ensure(ctx, tx, []ledger.Account{money, owes, income, pot})
	if err != nil {
		return err
	}
	_, err = ledger.Post(ctx, tx, ledger.Entry{Key: fmt.Sprintf("recovery:receipt:%d", id), On: r.On, Kind: "recovery.received",
		Memo: "Thu hồi tiền chi thừa, chứng từ " + r.ReceiptNo, Ref: fmt.Sprintf("recovery:receipt:%d", id), By: by, At: r.Now,
		Transfers: []ledger.Transfer{
			{Debit: ids[money.Code], Credit: ids[owes.Code], Amount: r.Amount},
			{Debit: ids[income.Code], Credit: ids[pot.Code], Amount: r.Amount}}})
	if err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{At: r.Now, Actor: by, Kind: "recovery.received", Subject: fmt.Sprintf("person:%d", r.Person),
		Payload: map[string]any{"receipt": r.ReceiptNo, "way": way, "amount": r.Amount, "scheme": r.Scheme}})
}

// Deposited is where the office's cash stands that a statement line brought to the bank,
// for whoever settles that line's break.
func Deposited(office string) ledger.Account { return cashInHand(office) }

// refuseOverTaken refuses a run that sets more off than is left to take: money was given
// back, or written off, after the run was computed.
func refuseOverTaken(ctx context.Context, tx pgx.Tx, run RunID) error {
	var name string
	err := tx.QueryRow(ctx, `
		select q.name from payment p join person q on q.id = p.person_id
		where p.run_id = $1 and p.state = 'ready' and p.set_off > 0 and (
		    select sum(l.clawback - l.set_off) from payment l where l.person_id = p.person_id and l.live and l.state <> 'held')
		  - coalesce((select sum(amount) from recovery_receipt c where c.person_id = p.person_id), 0)
		  - coalesce((select sum(amount) from recovery w where w.person_id = p.person_id and w.kind = 'write_off' and w.confirmed_at is not null), 0) < 0
		order by p.id limit 1`, run).Scan(&name)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return refuse("%s gave money back after the run was computed, and the run would take it a second time: void it and prepare again", name)
}
