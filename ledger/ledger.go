// Package ledger owns accounts, entries and their balances, and is the only writer of
// the tables that hold money. It knows nothing of payments, runs or markets: an entry
// carries a reference that it never reads.
//
// The unit is the transfer: one debit account, one credit account, one positive amount,
// so that every entry balances by construction. The invariants are the database's: a
// transaction that breaks one fails, whoever wrote it.
package ledger

import (
	"encoding/json"
	"fmt"
	"time"

	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// AccountID is the surrogate number of an account. Example: 4711.
type AccountID int64

// EntryID is the number of an entry. Example: 77.
type EntryID int64

func subject(id EntryID) string { return fmt.Sprintf("entry:%d", id) }

// Account is one line of the chart. Codes carry surrogate ids, never personal numbers.
type Account struct {
	Code        string // "366.31825.btxh"
	Name        string
	Type        string // asset, liability, equity, revenue, expense
	NoOverdraft bool   // the balance may not go below zero
	Office      string
	Fund        string
	Scheme      string
	Owner       string
}

// Transfer moves Amount (đồng, positive) to Debit from Credit.
type Transfer struct {
	Debit, Credit AccountID
	Amount        money.VND
	Ref           string // opaque: "payment:123"
}

// Entry is one or more transfers that are posted together, once.
type Entry struct {
	Key       string    // idempotency key, for ever: "run:5:approved"
	On        time.Time // booking day, UTC midnight
	Kind      string    // "run.approved"
	Memo      string    // for people; like By and At not part of the content under the key
	Ref       string    // opaque: "run:5"
	By        string    // who: "staff:12"; empty is "system"
	Reverses  EntryID   // the entry that this one undoes, 0 for none
	At        time.Time // when, for the audit event; zero is the database's clock
	Transfers []Transfer
}

type refusal string

func (r refusal) Error() string { return string(r) }

// Refused says that the input was refused and nothing was posted.
func (refusal) Refused() bool { return true }

var (
	// ErrKeyReused says that the key was posted before with another content.
	ErrKeyReused error = refusal("the key was used for another entry; ask again with the first content, or with a new key")
	// ErrMonthClosed says that nothing may be posted into the entry's month any more.
	ErrMonthClosed error = refusal("the month is closed; post into an open one")
	// ErrReversed says that the entry has been reversed before, under another key.
	ErrReversed error = refusal("the entry is reversed already")
	// ErrNoAccount says that an account does not exist.
	ErrNoAccount error = refusal("no such account")
	// ErrNoEntry says that an entry does not exist.
	ErrNoEntry error = refusal("no such entry")
	// ErrInvalid says that an entry cannot be posted as it is: see its text.
	ErrInvalid error = refusal("not an entry")
)

// ErrShort says that an account flagged NoOverdraft does not have what was asked of it.
type ErrShort struct {
	Account string
	Short   money.VND // what is missing
	Balance money.VND // what there was, in the account's natural sign
}

func (e ErrShort) Error() string {
	return fmt.Sprintf("account %s holds %s, %s too little", e.Account, e.Balance.Format(), e.Short.Format())
}

// Refused says that the input was refused and nothing was posted.
func (ErrShort) Refused() bool { return true }

// explain turns the violation of an invariant into this package's error.
func explain(err error) error {
	switch pg.Constraint(err) {
	case "no_overdraft":
		var d struct {
			Account        string
			Short, Balance money.VND
		}
		if json.Unmarshal([]byte(pg.Detail(err)), &d) == nil {
			return ErrShort(d)
		}
	case "month_open":
		return fmt.Errorf("%w (%w)", ErrMonthClosed, err)
	case "reverses_once":
		return fmt.Errorf("%w (%w)", ErrReversed, err)
	case "accounts_exist":
		return fmt.Errorf("%w (%w)", ErrNoAccount, err)
	case "dimension_value_dimension_fkey", "dimension_value_form", "account_class_form", "account_class_pkey",
		"account_class_dimension_value_fkey", "transfer_class_pkey", "transfer_class_dimension_value_fkey", "transfer_class_with_entry":
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	case "two_accounts", "transfer_amount_check", "hold_two_accounts", "hold_amount", "hold_until", "ledger_month_range", "reversal_mirrors", "reverses_an_entry", "entry_form",
		"account_code_form", "account_type":
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return err
}
