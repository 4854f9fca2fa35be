package markets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
	"ansinh.vn/money"
	"ansinh.vn/qr"
)

// defaultValidity is how long a charge waits unless told otherwise.
const defaultValidity = 15 * time.Minute

// ChargeInput asks for an amount.
type ChargeInput struct {
	Vendor         VendorID
	Stall          StallID // 0: no particular stall
	Amount         money.VND
	Bill           string        // the vendor's own note, shown to the payer's bank too
	VirtualAccount string        // an alias of the vendor's account made for this charge by the bank, if it does that
	Reference      string        // one of ReserveReferences; empty draws a new one
	Key            string        // idempotency key, of this vendor
	ValidFor       time.Duration // 0: a quarter of an hour
	Now            time.Time
}

// Charge is a charge with the payload of its dynamic VietQR.
type Charge struct {
	ChargeState
	VirtualAccount string `json:"virtual_account,omitempty"`
	Payload        string `json:"payload"`
}

// CreateCharge stores a charge and gives its QR payload. The same key with the same
// content gives the first charge as it is now; with other content it is ErrKeyReused.
// Money that was told of before the charge was stored is counted at once.
func CreateCharge(ctx context.Context, pool *pgxpool.Pool, box *secret.Box, in ChargeInput) (c Charge, err error) {
	defer wrap(&err, "charge of vendor %d", in.Vendor)
	if in.ValidFor == 0 {
		in.ValidFor = defaultValidity
	}
	if in.Reference != "" && !isCode(in.Reference, string(codeCharge)) {
		return c, refuse("reference", "%q is not a reserved reference", in.Reference)
	}
	if utf8.RuneCountInString(in.Bill) > 100 {
		return c, refuse("bill", "the note has more than 100 characters")
	}
	in.Now = in.Now.Truncate(time.Microsecond) // what the database keeps
	if in.Amount <= 0 {
		return c, refuse("amount", "%s is not an amount to ask for", in.Amount.Format())
	}
	err = pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		first, err := chargeByKey(ctx, tx, box, in)
		if err == nil {
			c = first
			// an answer too must be durable before it is given
			_, err = tx.Exec(ctx, `select pg_logical_emit_message(true, 'idem', '')`)
			return err
		}
		if !errors.Is(err, ErrNotFound) {
			return err
		}
		c, err = createCharge(ctx, tx, box, in)
		return err
	})
	if pg.Constraint(err) == "charge_key" { // made by another request meanwhile
		err = pg.Tx(ctx, pool, func(tx pgx.Tx) (err error) {
			c, err = chargeByKey(ctx, tx, box, in)
			return err
		})
	}
	return c, err
}

func createCharge(ctx context.Context, tx pgx.Tx, box *secret.Box, in ChargeInput) (c Charge, err error) {
	p, err := loadPayee(ctx, tx, box, in.Vendor)
	if err != nil {
		return c, err
	}
	if in.Reference == "" {
		if in.Reference, err = newCode(ctx, tx, codeCharge); err != nil {
			return c, err
		}
	}
	if in.VirtualAccount != "" {
		p.account = in.VirtualAccount
	}
	t, _ := qr.Transfer{Bank: p.bin, Account: p.account, Dynamic: true, Amount: in.Amount, Name: p.name, Bill: in.Bill, Purpose: in.Reference}.Fit()
	t.Purpose = in.Reference // short enough to be left whole beside the longest bill
	c = Charge{VirtualAccount: in.VirtualAccount, ChargeState: ChargeState{
		Vendor: in.Vendor, Stall: in.Stall, Reference: in.Reference, Bill: in.Bill, Amount: in.Amount, State: Waiting,
		Warning: askWarning(in.Amount), CreatedAt: in.Now, ExpiresAt: in.Now.Add(in.ValidFor), ChangedAt: in.Now,
	}}
	if c.Payload, err = t.Encode(); err != nil {
		return c, err
	}
	// a notice for the same reference waits until this charge is there, or is seen below
	if err := lockCode(ctx, tx, c.Reference); err != nil {
		return c, err
	}
	err = tx.QueryRow(ctx, `
		insert into charge (vendor_id, stall_id, reference, key, amount, bill, virtual_account, payload_enc, warning, created_at, expires_at, changed_at)
		values (@vendor, nullif(@stall, 0), @reference, @key, @amount, @bill, @virtual, @payload, @warning, @now, @expires, @now)
		returning id`,
		pgx.StrictNamedArgs{"vendor": in.Vendor, "stall": int64(in.Stall), "reference": c.Reference, "key": in.Key, "amount": in.Amount,
			"bill": in.Bill, "virtual": in.VirtualAccount, "payload": box.Seal(payloadLabel, c.Payload), "warning": c.Warning,
			"now": in.Now, "expires": c.ExpiresAt}).Scan(&c.ID)
	if err != nil {
		return c, err
	}
	if err := recordStep(ctx, tx, "", c.ChargeState, 0, vendorSubject(in.Vendor)); err != nil {
		return c, err
	}
	if c.ChargeState, err = takeEarlyMoney(ctx, tx, c.ChargeState, in.Now); err != nil {
		return c, err
	}
	return c, tell(ctx, tx, c.ChargeState)
}

func chargeByKey(ctx context.Context, tx pgx.Tx, box *secret.Box, in ChargeInput) (Charge, error) {
	c, err := loadCharge(ctx, tx, box, `where c.vendor_id = $1 and c.key = $2`, in.Vendor, in.Key)
	if err != nil {
		return c, err
	}
	if c.Amount != in.Amount || c.Stall != in.Stall || c.Bill != in.Bill || c.VirtualAccount != in.VirtualAccount ||
		in.Reference != "" && c.Reference != in.Reference {
		return c, ErrKeyReused
	}
	return c, nil
}

// GetCharge returns a vendor's own charge, or ErrNotFound.
func GetCharge(ctx context.Context, q pg.Queryer, box *secret.Box, vendor VendorID, charge ChargeID) (_ Charge, err error) {
	defer wrap(&err, "charge %d", charge)
	return loadCharge(ctx, q, box, `where c.vendor_id = $1 and c.id = $2`, vendor, charge)
}

const stateColumns = `c.id, c.vendor_id, coalesce(c.stall_id, 0), c.reference, c.bill, c.amount, c.received, c.payments,
	c.state, c.warning, c.created_at, c.expires_at, c.changed_at`

func scanState(row pgx.CollectableRow) (c ChargeState, err error) {
	return c, row.Scan(c.columns()...)
}

func (c *ChargeState) columns() []any {
	return []any{&c.ID, &c.Vendor, &c.Stall, &c.Reference, &c.Bill, &c.Amount, &c.Received, &c.Payments,
		&c.State, &c.Warning, &c.CreatedAt, &c.ExpiresAt, &c.ChangedAt}
}

func loadCharge(ctx context.Context, q pg.Queryer, box *secret.Box, where string, args ...any) (c Charge, err error) {
	var sealed []byte
	err = q.QueryRow(ctx, `select c.virtual_account, c.payload_enc, `+stateColumns+` from charge c `+where, args...).
		Scan(append([]any{&c.VirtualAccount, &sealed}, c.columns()...)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return c, ErrNotFound
	}
	if err != nil {
		return c, err
	}
	c.Payload, err = box.Open(payloadLabel, sealed)
	return c, err
}

// OpenCharges returns a vendor's charges that wait, and those that changed after since,
// newest first: what a page shows when it opens or has been without network.
func OpenCharges(ctx context.Context, q pg.Queryer, vendor VendorID, since time.Time) (_ []ChargeState, err error) {
	defer wrap(&err, "open charges of vendor %d", vendor)
	rows, err := q.Query(ctx, `
		select `+stateColumns+` from charge c
		where c.vendor_id = $1 and (c.state = 'waiting' or c.changed_at > $2) order by c.id desc limit 200`, vendor, since)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanState)
}

// CancelCharge takes a waiting charge back. Once money came there is nothing to take
// back: the refusal says what the charge is.
func CancelCharge(ctx context.Context, pool *pgxpool.Pool, vendor VendorID, charge ChargeID, now time.Time) (err error) {
	defer wrap(&err, "cancel charge %d", charge)
	return pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select `+stateColumns+` from charge c where c.id = $1 and c.vendor_id = $2 for update`, charge, vendor)
		if err != nil {
			return err
		}
		c, err := exactlyOne(pgx.CollectExactlyOneRow(rows, scanState))
		switch {
		case err != nil:
			return err
		case c.State == Cancelled:
			return nil
		case c.State != Waiting:
			return refuse("charge-"+string(c.State), "the charge is %s and cannot be cancelled", c.State)
		}
		before := c.State
		c.State, c.Warning, c.ChangedAt = Cancelled, "", now
		return saveStep(ctx, tx, before, c, 0, vendorSubject(vendor))
	})
}

// ExpireCharges ends the charges whose time is over and returns how many there were.
func ExpireCharges(ctx context.Context, pool *pgxpool.Pool, now time.Time) (n int, err error) {
	defer wrap(&err, "expire charges")
	err = pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			with over as (
				select id from charge where state = 'waiting' and expires_at <= $1 order by id for update skip locked
			), ended as (
				update charge c set state = 'expired', warning = '', changed_at = $1 from over where c.id = over.id
				returning c.*
			), noted as (
				insert into charge_event (charge_id, at, from_state, to_state, received, by_who)
				select id, $1, 'waiting', 'expired', 0, 'system' from ended order by id
			)
			select `+stateColumns+` from ended c order by c.id`, now)
		if err != nil {
			return err
		}
		ended, err := pgx.CollectRows(rows, scanState)
		if err != nil {
			return err
		}
		n = len(ended)
		return tell(ctx, tx, ended...)
	})
	return n, err
}

// saveStep writes a charge's new state, the event that says how it came to it, and
// tells the vendor's page.
func saveStep(ctx context.Context, tx pgx.Tx, before State, c ChargeState, receipt ReceiptID, by string) error {
	if _, err := tx.Exec(ctx, `
		update charge set state = @state, received = @received, payments = @payments, warning = @warning, changed_at = @at where id = @id`,
		pgx.StrictNamedArgs{"state": c.State, "received": c.Received, "payments": c.Payments, "warning": c.Warning,
			"at": c.ChangedAt, "id": c.ID}); err != nil {
		return err
	}
	if err := recordStep(ctx, tx, before, c, receipt, by); err != nil {
		return err
	}
	return tell(ctx, tx, c)
}

func recordStep(ctx context.Context, tx pgx.Tx, before State, c ChargeState, receipt ReceiptID, by string) error {
	_, err := tx.Exec(ctx, `
		insert into charge_event (charge_id, at, from_state, to_state, received, receipt_id, warning, by_who)
		values (@charge, @at, nullif(@before, ''), @after, @received, nullif(@receipt, 0), @warning, @by)`,
		pgx.StrictNamedArgs{"charge": c.ID, "at": c.ChangedAt, "before": string(before), "after": c.State, "received": c.Received,
			"receipt": int64(receipt), "warning": c.Warning, "by": by})
	return err
}

// tell sends states to whoever watches; they hear when the transaction commits.
func tell(ctx context.Context, tx pgx.Tx, states ...ChargeState) error {
	if len(states) == 0 {
		return nil
	}
	payloads := make([]string, len(states))
	for i, c := range states {
		b, err := json.Marshal(c)
		if err != nil {
			return fmt.Errorf("tell charge %d: %w", c.ID, err)
		}
		payloads[i] = string(b)
	}
	_, err := tx.Exec(ctx, `select pg_notify('charge_changed', p) from unnest($1::text[]) p`, payloads)
	return err
}

// lockCode serialises whoever stores a charge of a reference with whoever brings money
// for it, so that neither misses the other.
func lockCode(ctx context.Context, tx pgx.Tx, code string) error {
	_, err := tx.Exec(ctx, `select pg_advisory_xact_lock(26010, hashtext($1))`, code)
	return err
}
