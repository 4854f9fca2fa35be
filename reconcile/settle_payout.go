package reconcile

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/bank"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
	"ansinh.vn/payout"
)

// The actions that settle a break by what payouts know of its money.
const (
	ActionRecover   = "recover:"   // a person gives back what was overpaid, such as "recover:1804": to 1388
	ActionDeposit   = "deposit"    // the office's cash was brought to the bank: from 1111
	ActionSurrender = "surrender:" // what a year left goes back to the budget, such as "surrender:btxh": from 366
	ActionFeePaid   = "feepaid:"   // the payment organisation got its fee, by rail account: from 331
)

// ofPayout tells whether an action is one of these, and complete.
func ofPayout(action string) bool {
	for _, prefix := range []string{ActionRecover, ActionSurrender, ActionFeePaid} {
		if rest, ok := strings.CutPrefix(action, prefix); ok && rest != "" {
			return true
		}
	}
	return action == ActionDeposit
}

// payoutTarget finds where a break's money belongs; done says that it was booked already.
func (s *Store) payoutTarget(ctx context.Context, tx pgx.Tx, id BreakID, office string, amount money.VND, action, by string, now time.Time) (
	target ledger.Account, done bool, err error) {
	name, rest, _ := strings.Cut(action, ":")
	if name += ":"; action == ActionDeposit {
		name = action
	}
	if in := name == ActionRecover || name == ActionDeposit; in != (amount > 0) {
		return target, false, refuse("%q does not settle money that went this way", action)
	}
	switch name {
	case ActionRecover:
		person, err := strconv.ParseInt(rest, 10, 64)
		if err != nil {
			return target, false, refuse("name the person who gives back by their number in the system, such as recover:1804")
		}
		return target, true, payout.ReceiveTransfer(ctx, tx, payout.Receipt{Person: payout.PersonID(person), Office: office,
			ReceiptNo: fmt.Sprintf("break:%d", id), Amount: amount, On: day(now), Now: now}, by)
	case ActionDeposit:
		return payout.Deposited(office), false, nil
	case ActionSurrender:
		if schemeLetter[rest] == "" {
			return target, false, refuse("the scheme is btxh, htxh or ncc")
		}
		var before money.VND
		err := tx.QueryRow(ctx, `
			select coalesce(-sum(b.amount), 0)::bigint from recon_break b
			where b.office = $1 and b.action = $2 and b.state = 'settled' and b.id <> $3
			  and b.settled_at >= (select max(done_at) from year_end where office = $1 and scheme = $4)`, office, action, id, rest).Scan(&before)
		if err != nil {
			return target, false, err
		}
		return fundAccount(office, rest), false, payout.MaySurrender(ctx, tx, office, payout.Scheme(rest), -amount, before)
	}
	rail, err := strconv.ParseInt(rest, 10, 64)
	if err != nil {
		return target, false, refuse("name the rail account whose fee was paid, such as feepaid:2")
	}
	return payout.FeePayable(bank.RailAccountID(rail), office), false, nil
}
