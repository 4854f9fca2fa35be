package markets

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/bank"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

// Outcome is what reconciliation found out about one transfer of a settlement.
type Outcome struct {
	EndToEndID string
	Kind       string // "debited", "rejected" (before the debit), "returned" (after it)
	Reason     string // ISO 20022 reason code and words, "" for a debit
	Ref        string // the evidence; part of the entry's key. Example: "line:812"
	On         time.Time
	By         string
	Now        time.Time
}

// RecordOutcome moves a transfer's state and posts it: debited 3389 → 112, rejected
// 3389 → 3386, returned 112 → 3386. The same outcome with the same evidence again
// changes nothing; one that does not follow from the state is refused; ErrNotFound means
// that the transfer is not a settlement's.
func RecordOutcome(ctx context.Context, tx pgx.Tx, o Outcome) (err error) {
	defer wrap(&err, "outcome of %s", o.EndToEndID)
	var vendor VendorID
	var amount money.VND
	var state, office string
	var rail bank.RailAccountID
	err = tx.QueryRow(ctx, `
		select l.vendor_id, l.amount, l.state, l.rail_account_id, a.office
		from settlement_line l join rail_account a on a.id = l.rail_account_id
		where l.end_to_end_id = $1 for update of l`, o.EndToEndID).Scan(&vendor, &amount, &state, &rail, &office)
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrNotFound
	}
	if err != nil {
		return err
	}
	key := fmt.Sprintf("settlement:%s:%s:%s", o.EndToEndID, o.Kind, o.Ref)
	var before bool
	if err := tx.QueryRow(ctx, `select exists (select from entry_key where key = $1)`, key).Scan(&before); err != nil || before {
		return err
	}
	transit := inTransit(bank.RailAccount{ID: rail, Office: office})
	var follows, becomes string
	var debit, credit ledger.Account
	switch o.Kind {
	case "debited":
		follows, becomes, debit, credit = "instructed", "settled", transit, bankAccount(office)
	case "rejected":
		follows, becomes, debit, credit = "instructed", "rejected", transit, owedToVendor(vendor)
	case "returned":
		follows, becomes, debit, credit = "settled", "returned", bankAccount(office), owedToVendor(vendor)
	default:
		return refuse("outcome", "%q is no outcome of a transfer", o.Kind)
	}
	if state != follows {
		return refuse("settlement-"+state, "the transfer is %s and cannot be %s", state, o.Kind)
	}
	accounts, err := ensure(ctx, tx, debit, credit)
	if err != nil {
		return err
	}
	if _, err := ledger.Post(ctx, tx, ledger.Entry{Key: key, On: o.On, Kind: "settlement." + o.Kind, Memo: o.Reason, Ref: o.EndToEndID, By: o.By, At: o.Now,
		Transfers: []ledger.Transfer{{Debit: accounts[0], Credit: accounts[1], Amount: amount, Ref: o.EndToEndID}}}); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `update settlement_line set state = $2, reason = $3, changed_at = $4 where end_to_end_id = $1`,
		o.EndToEndID, becomes, o.Reason, o.Now)
	return err
}
