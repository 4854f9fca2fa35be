// Package reconcile owns the bank's statements and what explains each of their lines:
// imports by content, the chain of balances, ordered rules that match or leave a break,
// and the settling of breaks by two people. It never guesses: a reference is the gate,
// the amount the check, and what fits no rule stands in suspense with its age.
package reconcile

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/bank"
	"ansinh.vn/money"
)

// LineID names a booked row of a statement. Example: 812.
type LineID int64

// StatementID names one account's statement in a file. Example: 7.
type StatementID int64

// BreakID names something that reconciliation could not explain. Example: 3.
type BreakID int64

// Refusal is a file or an action that cannot be taken; it says what, where and what to do.
type Refusal struct{ Reason string }

func (r *Refusal) Error() string { return r.Reason }

// Refused tells the command line to leave with the exit code of a refusal.
func (r *Refusal) Refused() bool { return true }

func refuse(format string, args ...any) *Refusal {
	return &Refusal{Reason: fmt.Sprintf(format, args...)}
}

// ErrOwnProposal says that one person proposed and settled the same break.
var ErrOwnProposal = &Refusal{"who proposed how to settle a break cannot confirm it: ask another person"}

// ErrNotOpen says that a break is not in the state that the action needs.
var ErrNotOpen = &Refusal{"the break is not waiting for this: look at it again"}

// Store is the room's door to the database.
type Store struct {
	Pool *pgxpool.Pool
	page int // lines a transaction, for tests; 0 is pageSize
}

// line is a booked row of an accepted statement, as the rules see it.
type line struct {
	ID           LineID             `db:"id"`
	Account      bank.RailAccountID `db:"rail_account_id"`
	Office       string             `db:"office"`
	Credit       bool               `db:"credit"`
	Reversal     bool               `db:"reversal"`
	Amount       money.VND          `db:"amount"`
	BookedOn     time.Time          `db:"booked_on"`
	BankRef      string             `db:"bank_ref"`
	Code         string             `db:"code"`
	Memo         string             `db:"memo"`
	Info         string             `db:"info"`
	EndToEndID   string             `db:"end_to_end_id"`
	BatchMessage string             `db:"batch_message"`
	BatchN       int                `db:"batch_n"`
	ReturnCode   string             `db:"return_code"`
	ReturnInfo   string             `db:"return_info"`
	Party        string             `db:"party"`
	PartyAccount string             `db:"party_account"`
	Occurrence   int                `db:"occurrence"`
	Statement    StatementID        `db:"statement_id"`
	N            int                `db:"n"` // its place in the statement, from 1
}

// ref names the line in entries and audit events.
func (l line) ref() string { return fmt.Sprintf("line:%d", l.ID) }

// signed is the amount as it moved the account.
func (l line) signed() money.VND {
	if l.Credit {
		return l.Amount
	}
	return -l.Amount
}

// message is the message of ours that a debit books as a whole, "" when it names none.
// The money of a cash list is a message of one transfer under the message's own id.
func (l line) message() string {
	switch {
	case l.Credit:
		return ""
	case l.BatchMessage == "" && strings.HasSuffix(l.EndToEndID, postTransferSuffix):
		return l.EndToEndID
	}
	return l.BatchMessage
}

// ourReference is an end-to-end id as a squeezed memo holds it: of a payment, such as
// AS2026111804A1, or of a settlement.
var ourReference = regexp.MustCompile(`AS[0-9]{6}[0-9]+A[0-9]{1,2}`)

// references are what the memo may name of ours. Digits that follow one may belong to
// the memo's next word, so the shorter readings are among them.
func (l line) references() []string {
	found := ourReference.FindAllString(squeeze(l.Memo+" "+l.Info), -1)
	for _, c := range found {
		found = append(found, c[:len(c)-1])
	}
	return found
}
