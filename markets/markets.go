// Package markets runs cashless market stalls: vendors and their stall cards, charges
// that are decided only by what the bank side says, and closed-loop vouchers redeemed
// at stalls and settled to vendors by bank file. It never holds a vendor's money: a
// charge is paid to the vendor's own account and stands off the ledger; only vouchers
// are the province's own liability.
package markets

import (
	"errors"
	"fmt"

	"ansinh.vn/internal/pg"
)

type (
	MarketID     int64 // Example: 3
	VendorID     int64 // ledger account 3386.m<id> is what the province owes a vendor
	StallID      int64
	ChargeID     int64
	ReceiptID    int64
	VoucherID    int64 // ledger account 3387.v<id> is what a voucher is worth
	SettlementID int64
)

// Refusal is an input that was refused, with nothing done. Why is stable and short, for
// scripts and pages; the text is for people.
type Refusal struct {
	Why  string // Example: "voucher-suspended"
	Text string
}

func (r *Refusal) Error() string { return r.Text }

// Refused marks the error as the input's fault.
func (*Refusal) Refused() bool { return true }

// Is makes refusals for the same cause equal, whatever they say about it.
func (r *Refusal) Is(target error) bool {
	other, ok := target.(*Refusal)
	return ok && other.Why == r.Why
}

func refuse(why, format string, args ...any) error {
	return &Refusal{Why: why, Text: fmt.Sprintf(format, args...)}
}

var (
	// ErrNotFound says that there is no such thing, or that it is somebody else's.
	ErrNotFound error = &Refusal{"not-found", "there is no such thing, or it is somebody else's"}
	// ErrKeyReused says that an idempotency key stands for another request already.
	ErrKeyReused error = &Refusal{"key-reused", "this key was used for another request; ask again with the first content, or with a new key"}
	// ErrSignIn says that phone and PIN do not fit together, and not which is wrong.
	ErrSignIn error = &Refusal{"sign-in", "phone number and PIN do not fit together"}
	// ErrLocked says that too many wrong PINs were tried.
	ErrLocked error = &Refusal{"locked", "too many wrong PINs; try again in 15 minutes, or ask the market's office"}
)

// explain turns a violated constraint into this package's refusal.
func explain(err error) error {
	switch pg.Constraint(err) {
	case "market_name":
		return refuse("market-exists", "the office has a market of this name already")
	case "market_office_fkey":
		return refuse("no-office", "there is no office of this code")
	case "vendor_phone":
		return refuse("phone-taken", "another vendor has this phone number already")
	case "stall_label":
		return refuse("stall-taken", "the market has an open stall of this label already")
	case "stall_market_id_fkey", "stall_vendor_id_fkey", "voucher_market_id_fkey", "charge_vendor_id_fkey":
		return ErrNotFound
	case "charge_stall", "redemption_stall":
		return refuse("not-your-stall", "the stall is another vendor's")
	case "charge_virtual_account":
		return refuse("virtual-account-used", "the virtual account belongs to another charge; each charge takes one of its own")
	case "charge_reference":
		return refuse("reference-used", "the reference belongs to another charge")
	case "redemption_key", "charge_key":
		return ErrKeyReused
	case "voucher_payment":
		return ErrKeyReused
	}
	return err
}

// wrap is pg.Wrap for errors that may be a violated constraint.
func wrap(err *error, format string, args ...any) {
	if *err != nil {
		*err = explain(*err)
		pg.Wrap(err, "markets: "+format, args...)
	}
}

// RefusalOf returns the refusal in err's chain, nil when there is none.
func RefusalOf(err error) *Refusal {
	var r *Refusal
	errors.As(err, &r)
	return r
}
