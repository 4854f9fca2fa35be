package payout

import (
	"fmt"

	"ansinh.vn/money"
)

// Refusal is input or an action that the rules do not allow; it says what, where and
// what to do.
type Refusal struct{ Reason string }

func (r *Refusal) Error() string { return r.Reason }

// Refused tells the command line to leave with the exit code of a refusal.
func (r *Refusal) Refused() bool { return true }

func refuse(format string, args ...any) *Refusal {
	return &Refusal{Reason: fmt.Sprintf(format, args...)}
}

// What the rules of a run refuse.
var (
	ErrNotFound    = &Refusal{"there is no such run or payment"}
	ErrOwnRun      = &Refusal{"who prepared a run cannot approve it, nor release its payments: ask another person"}
	ErrTwice       = &Refusal{"this person has already approved this run"}
	ErrState       = &Refusal{"the run is not in a state that allows this"}
	ErrStale       = &Refusal{"the run changed after it was signed: look at it again and sign what it is now"}
	ErrSignature   = &Refusal{"the signature does not fit the run and the key"}
	ErrKey         = &Refusal{"the key is not an enrolled, unrevoked key of an active approver"}
	ErrProvisional = &Refusal{"the run uses provisional rates: confirm them with 'ansinh rates confirm' before approving"}
	ErrOverlap     = &Refusal{"another run took the same months at the same time: prepare again"}
	ErrNothing     = &Refusal{"the run has nothing to do here"}
)

// ErrFunds says which fund cannot cover a run, and by how much.
type ErrFunds struct {
	Account string // ledger account, such as 366.31825.btxh
	Short   money.VND
	Balance money.VND
}

func (e *ErrFunds) Error() string {
	return fmt.Sprintf("fund %s holds %s and is short of %s: record the funds received, then approve again",
		e.Account, e.Balance.Format(), e.Short.Format())
}

// Refused tells the command line to leave with the exit code of a refusal.
func (e *ErrFunds) Refused() bool { return true }
