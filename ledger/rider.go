package ledger

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Rider goes with payments in their transaction: rows of the caller's own that stand if
// and only if the payment does, and a look at them before. The payments of a batch that
// share a Rider (by its address) are given to it together, in the order of their arrival,
// so that it reads and writes sets. Both functions run inside a lane: they must be quick,
// must not wait for another payment, and may run again when a batch is tried again.
type Rider struct {
	// Check, if any, runs before anything is posted, for payments whose keys are new. It
	// may lock rows (in the order of their ids) and write. An error in a payment's place
	// refuses that payment alone, and is its answer; what Check wrote stands all the same.
	Check func(ctx context.Context, tx pgx.Tx, loads []any) ([]error, error)
	// Ride, if any, runs after posting, for the payments that were posted. Its error, or a
	// constraint that it violates, undoes the batch; the payments are then posted one by
	// one, and the error is the answer of the one that it is about.
	Ride func(ctx context.Context, tx pgx.Tx, aboard []Aboard) error
}

// Aboard is a payment that was posted, and what its caller sent along.
type Aboard struct {
	Entry EntryID
	Load  any // of the Request
}

// byRider calls do for every rider among the calls at places, with its places.
func byRider(calls []*call, places []int, do func(*Rider, []int) error) error {
	var riders []*Rider // in the order of arrival, so that the same batch does the same again
	own := map[*Rider][]int{}
	for _, i := range places {
		r := calls[i].Rider
		if r == nil {
			continue
		}
		if own[r] == nil {
			riders = append(riders, r)
		}
		own[r] = append(own[r], i)
	}
	for _, r := range riders {
		if err := do(r, own[r]); err != nil {
			return err
		}
	}
	return nil
}

// check lets the riders look at the calls at places and returns those that may go on;
// the others have their answers.
func (b *laneTx) check(ctx context.Context, places []int) (may []int, err error) {
	err = byRider(b.calls, places, func(r *Rider, own []int) error {
		if r.Check == nil {
			return nil
		}
		loads := make([]any, len(own))
		for j, i := range own {
			loads[j] = b.calls[i].Load
		}
		verdicts, err := r.Check(ctx, b.tx, loads)
		if err != nil {
			return err
		}
		if len(verdicts) != len(own) {
			return fmt.Errorf("a rider gave %d verdicts on %d payments", len(verdicts), len(own))
		}
		for j, i := range own {
			b.answers[i].err = verdicts[j]
		}
		return nil
	})
	for _, i := range places {
		if b.answers[i].err == nil {
			may = append(may, i)
		}
	}
	return may, err
}

// ride lets the riders write what goes with the payments at places.
func (b *laneTx) ride(ctx context.Context, places []int) error {
	return byRider(b.calls, places, func(r *Rider, own []int) error {
		if r.Ride == nil {
			return nil
		}
		aboard := make([]Aboard, len(own))
		for j, i := range own {
			aboard[j] = Aboard{Entry: b.answers[i].id, Load: b.calls[i].Load}
		}
		return r.Ride(ctx, b.tx, aboard)
	})
}
