package bank

import (
	"time"

	"github.com/shopspring/decimal"
)

// Statement is one account's statement in any format, without its lines.
type Statement struct {
	Format    string // "camt053", "camt054", "mt940", "sheet/vietcombank", …
	Account   string // as the file writes it
	Currency  string
	ID        string
	Sequence  string
	CreatedAt time.Time
	From, To  time.Time // zero when the file does not say
	Opening   decimal.NullDecimal
	Closing   decimal.NullDecimal
	Owner     string

	// Known only when all lines have been read, see Summarise:
	Entries    int // all, booked or not
	Booked     int
	Details    int
	CreditsN   int
	CreditsSum decimal.Decimal
	DebitsN    int
	DebitsSum  decimal.Decimal
	Problems   []string
}

// Balanced tells whether the opening balance and the booked lines lead to the closing
// one; valid is false where a balance is missing.
func (s *Statement) Balanced() (balanced, valid bool) {
	if !s.Opening.Valid || !s.Closing.Valid {
		return false, false
	}
	sum := s.Opening.Decimal.Add(s.CreditsSum).Sub(s.DebitsSum)
	return sum.Equal(s.Closing.Decimal), true
}

func (s *Statement) count(l *Line) {
	s.Entries++
	s.Details += len(l.Details)
	switch {
	case !l.Booked:
		return
	case l.Credit:
		s.CreditsN++
		s.CreditsSum = s.CreditsSum.Add(l.Amount)
	default:
		s.DebitsN++
		s.DebitsSum = s.DebitsSum.Add(l.Amount)
	}
	s.Booked++
}

// Line is one row of a statement. Amounts are positive; Credit is the direction.
type Line struct {
	N          int // from 1, in file order
	Credit     bool
	Amount     decimal.Decimal
	Currency   string
	Booked     bool // false: pending or for information, moves no balance
	Reversal   bool
	BookedOn   time.Time
	ValueOn    time.Time
	Ref        string              // the bank's own reference: AcctSvcrRef, Số CT, …
	EntryRef   string              // NtryRef
	Code       string              // "PMNT/ICDT/DMCT", the bank's own, or an MT940 type
	Memo       string              // all remittance text, in order
	Info       string              // the bank's own words
	Balance    decimal.NullDecimal // running balance, where the format has one
	BatchID    string              // PmtInfId of a batch entry
	BatchMsgID string
	BatchN     int
	Payer      Party
	Payee      Party
	EndToEndID string // of the one detail, when there is exactly one
	Virtual    string // virtual account the money came in by
	ReturnCode string // why money came back, such as AC04
	ReturnInfo string
	Details    []Detail
}

// Detail is one transaction inside a line.
type Detail struct {
	EndToEndID    string
	InstructionID string
	BatchID       string // PmtInfId
	Ref           string
	Amount        decimal.NullDecimal
	Credit        bool
	Memo          string
	Payer         Party
	Payee         Party
	ReturnCode    string
	ReturnInfo    string
}

// Party is the other side of a line.
type Party struct {
	Name    string
	Account string
	BIN     string
}
