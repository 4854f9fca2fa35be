package markets

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/bank"
	"ansinh.vn/internal/secret"
	"ansinh.vn/money"
)

// Evidence is the bank side's word that money came to an account: a verified notice or
// a line of a statement. Nothing else ever decides a charge.
type Evidence struct {
	Source         string // provider of the notice; "statement" for a line
	Notice         int64  // bank_notice.id, or 0
	Line           int64  // id of a statement line, or 0
	BIN            string // of the account's bank, where the source says
	Account        string
	VirtualAccount string
	Amount         money.VND
	Memo           string
	Reference      string    // the bank's own
	OccurredAt     time.Time // by the bank's clock; zero when it does not say
	ReceivedAt     time.Time // by ours
}

// warning is of money that nothing was asked for; a charge has its own.
func (e Evidence) warning() string {
	if e.Amount < tiny {
		return WarnTiny
	}
	return ""
}

// What evidence can turn out to be.
const (
	ForCharge     = "charge"         // it decided a charge
	ForStall      = "stall"          // money on a stall card
	ForVendor     = "vendor"         // money straight to a vendor's account
	UnknownCode   = "unknown-code"   // it names a charge that is not stored (yet)
	WrongAccount  = "wrong-account"  // it names a code of ours, but the money went elsewhere
	SharedAccount = "shared-account" // several vendors share the account, and no code says whose it is
	SeenBefore    = "seen"           // told before, by this source or another
	NotOurs       = "not-ours"       // no vendor's money
)

// Applied says what evidence meant.
type Applied struct {
	Outcome string      `json:"outcome"`
	Charge  ChargeState `json:"charge"` // when Outcome is "charge" or "seen" and a charge stands behind it
	Vendor  VendorID    `json:"vendor,omitempty"`
	Stall   StallID     `json:"stall,omitempty"`
	Warning string      `json:"warning,omitempty"`
}

// ApplyNotice decides what a notice means that bank has verified and stored under key.
// Applying it again changes nothing.
func ApplyNotice(ctx context.Context, tx pgx.Tx, box *secret.Box, key int64, now time.Time) (a Applied, err error) {
	defer wrap(&err, "apply notice %d", key)
	e := Evidence{Notice: key}
	var in bool
	var occurred *time.Time
	err = tx.QueryRow(ctx, `
		select provider, direction = 'in', bank_bin, account, virtual_account, amount, memo, reference, occurred_at, received_at
		from bank_notice where id = $1`, key).
		Scan(&e.Source, &in, &e.BIN, &e.Account, &e.VirtualAccount, &e.Amount, &e.Memo, &e.Reference, &occurred, &e.ReceivedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return a, ErrNotFound
	}
	if err != nil {
		return a, err
	}
	if occurred != nil {
		e.OccurredAt = *occurred
	}
	if !in {
		return Applied{Outcome: NotOurs}, nil
	}
	if a, err = Apply(ctx, tx, box, e, now); err != nil || a.Outcome == SeenBefore {
		return a, err
	}
	return a, bank.SetVerdict(ctx, tx, key, a.verdict())
}

func (a Applied) verdict() string {
	switch a.Outcome {
	case ForCharge:
		return fmt.Sprintf("charge:%d %s", a.Charge.ID, a.Charge.State)
	case ForStall:
		return fmt.Sprintf("stall:%d", a.Stall)
	case ForVendor:
		return vendorSubject(a.Vendor)
	}
	return a.Outcome
}

// Apply decides what evidence means, once: the same notice, the same line, or the same
// money told by another source changes nothing.
func Apply(ctx context.Context, tx pgx.Tx, box *secret.Box, e Evidence, now time.Time) (a Applied, err error) {
	if (e.Notice == 0) == (e.Line == 0) {
		return a, errors.New("evidence is one notice or one statement line")
	}
	now = now.Truncate(time.Microsecond)
	if a, err = seen(ctx, tx, e); err != nil || a.Outcome != "" {
		return a, err
	}
	m, err := find(ctx, tx, box, e)
	if err != nil || m.outcome == NotOurs {
		return Applied{Outcome: NotOurs}, err
	}
	receipt, fresh, err := keepReceipt(ctx, tx, box, e, m, now)
	if err != nil {
		return a, err
	}
	if !fresh {
		return behind(ctx, tx, receipt)
	}
	a = Applied{Outcome: m.outcome, Vendor: m.vendor, Stall: m.stall}
	switch m.outcome {
	case ForCharge:
		a.Charge, err = credit(ctx, tx, m.charge, receipt, e.Amount, inTime(m.charge, e), now)
		a.Warning = a.Charge.Warning
	case ForStall, ForVendor:
		a.Warning = e.warning()
		err = tell(ctx, tx, ChargeState{Vendor: m.vendor, Stall: m.stall, Reference: m.code, Received: e.Amount, Payments: 1,
			State: Received, Warning: a.Warning, CreatedAt: now, ExpiresAt: now, ChangedAt: now})
	}
	return a, err
}

// inTime: our own clock has the first word, since a notice that was here before the
// charge expired cannot be late whatever the bank's clock says; after that the bank's
// clock says when the money came, for a notice may be slow.
func inTime(c ChargeState, e Evidence) bool {
	return !e.ReceivedAt.After(c.ExpiresAt) || !e.OccurredAt.IsZero() && !e.OccurredAt.After(c.ExpiresAt)
}

// credit lets money change a charge.
func credit(ctx context.Context, tx pgx.Tx, c ChargeState, receipt ReceiptID, amount money.VND, inTime bool, now time.Time) (ChargeState, error) {
	after, err := c.receive(amount, inTime, now)
	if err != nil {
		return c, err
	}
	if _, err := tx.Exec(ctx, `update receipt set warning = $2 where id = $1`, receipt, after.Warning); err != nil {
		return c, err
	}
	return after, saveStep(ctx, tx, c.State, after, receipt, "bank")
}

// match is what a piece of evidence points at.
type match struct {
	outcome string
	code    string
	vendor  VendorID
	stall   StallID
	charge  ChargeState
}

// find follows the virtual account first, then the code in the memo, then the account.
func find(ctx context.Context, tx pgx.Tx, box *secret.Box, e Evidence) (match, error) {
	if m, err := findVirtual(ctx, tx, e); err != nil || m.outcome != "" {
		return m, err
	}
	owner, shared, err := ownerOf(ctx, tx, box, e)
	if err != nil {
		return match{}, err
	}
	codes := findCodes(e.Memo)
	switch {
	case len(codes) == 1 && codes[0][2] == codeCharge:
		return findCharge(ctx, tx, box, codes[0], e, owner)
	case len(codes) == 1:
		return findStall(ctx, tx, box, codes[0], e, owner)
	case shared:
		return match{outcome: SharedAccount}, nil
	case owner == 0:
		return match{outcome: NotOurs}, nil
	}
	m := match{outcome: ForVendor, vendor: owner}
	if len(codes) > 1 {
		return m, nil // two codes in one memo: whose they are is not ours to guess
	}
	// somebody with one stall sells there
	err = tx.QueryRow(ctx, `
		select coalesce(min(id), 0) from stall where vendor_id = $1 and closed_at is null having count(*) = 1`, owner).Scan(&m.stall)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		err = nil
	case err == nil:
		m.outcome = ForStall
	}
	return m, err
}

// findVirtual: some providers name the alias as such, some give it as the account.
func findVirtual(ctx context.Context, tx pgx.Tx, e Evidence) (match, error) {
	c, err := lockCharge(ctx, tx, `c.virtual_account in ($1, $2) and c.virtual_account <> ''`, e.VirtualAccount, e.Account)
	if errors.Is(err, ErrNotFound) {
		return match{}, nil
	}
	return match{outcome: ForCharge, code: c.Reference, vendor: c.Vendor, stall: c.Stall, charge: c}, err
}

func findCharge(ctx context.Context, tx pgx.Tx, box *secret.Box, code string, e Evidence, owner VendorID) (match, error) {
	if err := lockCode(ctx, tx, code); err != nil {
		return match{}, err
	}
	c, err := lockCharge(ctx, tx, `c.reference = $1`, code)
	if errors.Is(err, ErrNotFound) {
		return match{outcome: UnknownCode, code: code, vendor: owner}, nil
	}
	if err != nil {
		return match{}, err
	}
	m := match{outcome: ForCharge, code: code, vendor: c.Vendor, stall: c.Stall, charge: c}
	reached, err := reaches(ctx, tx, box.Index(vendorAccount, e.Account), e.BIN, c.Vendor)
	if err == nil && !reached {
		// the memo can say anything; the money went to somebody else
		m = match{outcome: WrongAccount, code: code, vendor: owner}
	}
	return m, err
}

func findStall(ctx context.Context, tx pgx.Tx, box *secret.Box, code string, e Evidence, owner VendorID) (match, error) {
	m := match{outcome: ForStall, code: code}
	err := tx.QueryRow(ctx, `
		select s.id, s.vendor_id from stall_card c join stall s on s.id = c.stall_id where c.code = $1`, code).Scan(&m.stall, &m.vendor)
	if errors.Is(err, pgx.ErrNoRows) {
		return match{outcome: UnknownCode, code: code, vendor: owner}, nil
	}
	if err != nil {
		return match{}, err
	}
	reached, err := reaches(ctx, tx, box.Index(vendorAccount, e.Account), e.BIN, m.vendor)
	if err == nil && !reached {
		m = match{outcome: WrongAccount, code: code, vendor: owner}
	}
	return m, err
}

// ownerOf returns the one vendor whose account it is; shared when it is several's.
func ownerOf(ctx context.Context, tx pgx.Tx, box *secret.Box, e Evidence) (owner VendorID, shared bool, err error) {
	if e.Account == "" {
		return 0, false, nil
	}
	var n int
	err = tx.QueryRow(ctx, `
		select count(*), coalesce(min(id), 0) from vendor where account_idx = $1 and ($2 = '' or bank_bin = $2)`,
		box.Index(vendorAccount, e.Account), e.BIN).Scan(&n, &owner)
	if n > 1 {
		return 0, true, err
	}
	return owner, false, err
}

// reaches tells whether money on an account is the vendor's.
func reaches(ctx context.Context, tx pgx.Tx, accountIndex []byte, bin string, vendor VendorID) (ok bool, err error) {
	err = tx.QueryRow(ctx, `
		select exists (select from vendor where id = $1 and account_idx = $2 and ($3 = '' or bank_bin = $3))`,
		vendor, accountIndex, bin).Scan(&ok)
	return ok, err
}

func lockCharge(ctx context.Context, tx pgx.Tx, where string, args ...any) (ChargeState, error) {
	rows, err := tx.Query(ctx, `select `+stateColumns+` from charge c where `+where+` for update`, args...)
	if err != nil {
		return ChargeState{}, err
	}
	return exactlyOne(pgx.CollectExactlyOneRow(rows, scanState))
}
