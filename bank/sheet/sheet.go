// Package sheet reads the statements that Vietnamese banks give as spreadsheets: .xlsx,
// .csv, and web pages called .xls. The heading row is found by the meaning of its words,
// and the reading is proven by the running balance, row by row: a file whose rows do not
// lead from one balance to the next is refused, because a column taken for another is
// worse than no statement. Layouts were gathered from public parsers; no bank publishes
// its own, and they change.
package sheet

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// Statement is one account's part of a file.
type Statement struct {
	Profile  string // "vietcombank", "bidv", …; "other" when no bank is recognised
	Sheet    string
	Account  string // digits, as far as the file says
	Owner    string
	Currency string // VND unless the file says otherwise
	Opening  decimal.NullDecimal
	Closing  decimal.NullDecimal
	From, To time.Time
	Lines    []Line
	// Proven tells that a running balance confirmed every row. Without such a column
	// only the sum of the whole can be checked, by the caller.
	Proven   bool
	Problems []string
}

// Line is one row. Exactly one of Debit and Credit is positive, or neither when the
// row is only a fee.
type Line struct {
	Row          int
	On           time.Time
	ValueOn      time.Time // zero without such a column
	Ref          string    // not a key: some banks repeat it or leave it empty
	Debit        decimal.Decimal
	Credit       decimal.Decimal
	Fee, Tax     decimal.Decimal // booked in the same row: positive is taken, negative given
	Balance      decimal.NullDecimal
	Memo         string
	PartyName    string
	PartyAccount string
	PartyBank    string
}

// change is what the row does to the balance.
func (l *Line) change() decimal.Decimal {
	return l.Credit.Sub(l.Debit).Sub(l.Fee).Sub(l.Tax)
}

// Error says why a file is not believed, and where. Its text is Vietnamese.
type Error struct {
	File string
	Row  int // 0 when it concerns the whole file
	Msg  string
}

func (e *Error) Error() string {
	if e.Row == 0 {
		return e.File + ": " + e.Msg
	}
	return fmt.Sprintf("%s, dòng %d: %s", e.File, e.Row, e.Msg)
}

// Refused marks the input, not the program, as the cause.
func (e *Error) Refused() bool { return true }

const (
	headingRows = 120     // how far down a heading is looked for
	maxLines    = 2 << 20 // rows of one account
)
