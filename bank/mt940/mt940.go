// Package mt940 reads SWIFT MT940 customer statements in the dialects that banks really
// send: with and without SWIFT blocks, wrapped and repeated fields, missing closing
// balances, decimal points, narrative before or after its entry. It knows no database,
// no clock and no network, and keeps one statement in memory at a time.
package mt940

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// Statement is one statement message with its entries.
type Statement struct {
	Reference string // :20:
	Account   string // :25:, as it came
	Number    string // :28: or :28C:, such as "00001/001"
	Currency  string // of the opening balance, else of the closing one
	Opening   decimal.NullDecimal
	OpeningOn time.Time
	Closing   decimal.NullDecimal
	ClosingOn time.Time
	// Interim tells that the statement is a page: its balances are :60M: or :62M:.
	Interim  bool
	Entries  []Entry
	Info     string // :86: behind the closing balance
	Line     int    // where it begins, from 1
	Problems []string
}

// Entry is one :61: with its :86:.
type Entry struct {
	Credit      bool // RC (reversal of a credit) is a debit, RD a credit
	Reversal    bool
	Amount      decimal.Decimal // positive
	ValueOn     time.Time       // zero when it cannot be read
	BookedOn    time.Time       // the value day when the field has no entry date
	Type        string          // such as NTRF or FMSC
	CustomerRef string          // without NONREF
	BankRef     string          // behind //
	Extra       string          // second line of :61:
	Narrative   []string        // :86:, line by line
	Line        int
}

// Error says on which line a file cannot be read.
type Error struct {
	Line int
	Msg  string
}

func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Msg) }

// Refused marks the input, not the program, as the cause.
func (e *Error) Refused() bool { return true }

// Limits of a file. A statement stays in memory while it is read.
const (
	maxLine    = 16 << 10  // bytes of one line
	maxEntries = 1_000_000 // of one statement
	maxLines   = 200       // of one narrative
)
