package markets

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

// VoucherState is how far a voucher has come, in the words of the field.
type VoucherState string

const (
	Inactive         VoucherState = "inactive" // printed, not yet handed over
	Active           VoucherState = "active"
	Suspended        VoucherState = "suspended" // blocked: lost, or too many wrong PINs
	Redeemed         VoucherState = "redeemed"  // spent to the last đồng
	ExpiredVoucher   VoucherState = "expired"   // unspent money went back to the person
	CancelledVoucher VoucherState = "cancelled" // replaced by another
)

// IssueInput turns a payment, or a part of it, into a voucher.
type IssueInput struct {
	PersonID    int64
	Office      string    // whose money it is, and who settles the vendors
	PaymentRef  string    // where it comes from, once. Example: "payment:123"
	Amount      money.VND // is taken from what is owed to the person (3388)
	Market      MarketID  // 0: any market
	From, Until time.Time // first and last day it can be spent, both included
	PerPurchase money.VND // 0: no limit
	PerDay      money.VND // 0: no limit
	Inactive    bool      // printed ahead: activate it when it is handed over
	By          string
	Now         time.Time
	Rand        io.Reader // token and PIN; crypto/rand when nil
}

// Issued is told once, to be printed or shown. Token and PIN are kept nowhere.
type Issued struct {
	ID     VoucherID `json:"id"`
	Serial string    `json:"serial"` // printed in letters. Example: "ASV7K2M9QRT"
	Token  string    `json:"token"`  // what the card's QR code holds
	PIN    string    `json:"pin"`
	Amount money.VND `json:"amount"`
}

// tokenPrefix tells a voucher's QR code from a payment's.
const tokenPrefix = "ANSINH:V1:"

// maxWrongVoucherPINs suspends a card: its holder must come to the office.
const maxWrongVoucherPINs = 5

// IssueVoucher makes a voucher from what is owed to a person. It is refused with
// "not-owed" when that is less than the amount, and with ErrKeyReused when the payment
// was turned into a voucher before. The caller marks the payment in the same
// transaction.
func IssueVoucher(ctx context.Context, tx pgx.Tx, box *secret.Box, in IssueInput) (v Issued, err error) {
	defer wrap(&err, "issue voucher from %s", in.PaymentRef)
	if in.Amount <= 0 {
		return v, refuse("amount", "%s is not an amount for a voucher", in.Amount.Format())
	}
	if in.Until.Before(in.From) || in.Until.Before(dayOf(in.Now)) {
		return v, refuse("dates", "the voucher would end on %s, before it begins or before today", in.Until.Format(time.DateOnly))
	}
	state := Active
	if in.Inactive {
		state = Inactive
	}
	v, err = insertVoucher(ctx, tx, box, in, state, 0)
	if err != nil {
		return v, err
	}
	owed, err := existing(ctx, tx, payableCode(in.PersonID))
	if errors.Is(err, ErrNotFound) {
		return v, refuse("not-owed", "nothing is owed to the person")
	}
	if err != nil {
		return v, err
	}
	worth, err := ensure(ctx, tx, voucherAccount(v.ID))
	if err != nil {
		return v, err
	}
	if _, err := ledger.Post(ctx, tx, ledger.Entry{
		Key: fmt.Sprintf("voucher:%d:issued", v.ID), On: dayOf(in.Now), Kind: "voucher.issued", Ref: in.PaymentRef, By: in.By, At: in.Now,
		Transfers: []ledger.Transfer{{Debit: owed, Credit: worth[0], Amount: in.Amount, Ref: voucherRef(v.ID)}},
	}); err != nil {
		return v, err
	}
	// the posting holds the balance's lock, so what is read here is what will be
	left, err := ledger.Balance(ctx, tx, payableCode(in.PersonID))
	if err != nil {
		return v, err
	}
	if left < 0 {
		return v, refuse("not-owed", "the person is owed %s less than the voucher", left.Neg().Format())
	}
	return v, nil
}

func voucherRef(v VoucherID) string { return fmt.Sprintf("voucher:%d", v) }

// insertVoucher draws serial, token and PIN and stores the voucher.
func insertVoucher(ctx context.Context, tx pgx.Tx, box *secret.Box, in IssueInput, state VoucherState, replaces VoucherID) (v Issued, err error) {
	v.Amount = in.Amount
	if v.Serial, err = newCode(ctx, tx, codeVoucher); err != nil {
		return v, err
	}
	token, err := newToken(in.Rand)
	if err != nil {
		return v, err
	}
	v.Token = tokenPrefix + token
	if v.PIN, err = DrawPIN(in.Rand); err != nil {
		return v, err
	}
	err = tx.QueryRow(ctx, `
		insert into voucher (serial, token_idx, pin_mac, person_id, office, market_id, payment_ref, amount, state, valid_from, valid_until,
			per_purchase, per_day, replaces, issued_at, issued_by, changed_at)
		values (@serial, @token, @pin, @person, @office, nullif(@market, 0), @payment, @amount, @state, @from, @until,
			nullif(@purchase, 0), nullif(@day, 0), nullif(@replaces, 0), @now, @by, @now) returning id`,
		pgx.StrictNamedArgs{"serial": v.Serial, "token": tokenIndex(box, v.Token), "pin": pinMAC(box, v.Serial, v.PIN),
			"person": in.PersonID, "office": in.Office, "market": int64(in.Market), "payment": in.PaymentRef, "amount": in.Amount,
			"state": state, "from": in.From, "until": in.Until, "purchase": int64(in.PerPurchase), "day": int64(in.PerDay),
			"replaces": int64(replaces), "now": in.Now, "by": in.By}).Scan(&v.ID)
	if err != nil {
		return v, err
	}
	return v, noteVoucher(ctx, tx, v.ID, "", state, "", in.By, in.Now)
}

// DrawPIN draws six digits that are not guessed first; random is crypto/rand when nil.
func DrawPIN(random io.Reader) (string, error) {
	if random == nil {
		random = rand.Reader
	}
	for {
		var b [4]byte
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return "", err
		}
		n := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
		if n >= 4_294_000_000 { // so that every PIN is as likely as the others
			continue
		}
		if pin := fmt.Sprintf("%06d", n%1_000_000); checkPIN(pin) == nil {
			return pin, nil
		}
	}
}

// pinMAC is a keyed MAC, not a slow hash: redemption is fast, and a stolen table says
// nothing without the key, which is not in the database.
func pinMAC(box *secret.Box, serial, pin string) []byte {
	return box.Index("voucher.pin", serial+":"+pin)
}

func tokenIndex(box *secret.Box, token string) []byte { return box.Index("voucher.token", token) }

// noteVoucher keeps a voucher's step, here and in the audit log.
func noteVoucher(ctx context.Context, tx pgx.Tx, v VoucherID, before, after VoucherState, reason, by string, now time.Time) error {
	if _, err := tx.Exec(ctx, `
		insert into voucher_event (voucher_id, at, from_state, to_state, reason, by_who)
		values (@id, @at, nullif(@before, ''), @after, @reason, @by)`,
		pgx.StrictNamedArgs{"id": v, "at": now, "before": string(before), "after": after, "reason": reason, "by": by}); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "voucher." + string(after), Subject: voucherRef(v),
		Payload: map[string]string{"before": string(before), "reason": reason}})
}

// Voucher is one voucher with what it still holds.
type Voucher struct {
	ID          VoucherID    `json:"id"`
	Serial      string       `json:"serial"`
	Person      int64        `json:"person"`
	Office      string       `json:"office"`
	Market      MarketID     `json:"market,omitempty"`
	PaymentRef  string       `json:"payment_ref"`
	Amount      money.VND    `json:"amount"`
	Left        money.VND    `json:"left"`
	State       VoucherState `json:"state"`
	From        time.Time    `json:"from"`
	Until       time.Time    `json:"until"`
	PerPurchase money.VND    `json:"per_purchase,omitempty"`
	PerDay      money.VND    `json:"per_day,omitempty"`
	Replaces    VoucherID    `json:"replaces,omitempty"`
	IssuedAt    time.Time    `json:"issued_at"`
}

const voucherColumns = `
	v.id, v.serial, v.person_id as person, v.office, coalesce(v.market_id, 0) as market, v.payment_ref, v.amount,
	coalesce(b.credits - b.debits, 0) as left, v.state, v.valid_from as from, v.valid_until as until,
	coalesce(v.per_purchase, 0) as per_purchase, coalesce(v.per_day, 0) as per_day, coalesce(v.replaces, 0) as replaces, v.issued_at
	from voucher v left join account a on a.code = '3387.v' || v.id left join balance b on b.account_id = a.id `

// Vouchers lists an office's vouchers, of all offices when office is empty, newest first.
func Vouchers(ctx context.Context, q pg.Queryer, office string, limit int) (_ []Voucher, err error) {
	defer wrap(&err, "list vouchers")
	rows, err := q.Query(ctx, `select `+voucherColumns+`where $1 = '' or v.office = $1 order by v.id desc limit $2`, office, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Voucher])
}

// GetVoucher returns one voucher, or ErrNotFound.
func GetVoucher(ctx context.Context, q pg.Queryer, voucher VoucherID) (Voucher, error) {
	return oneVoucher(ctx, q, `where v.id = $1`, voucher)
}

// FindVoucher returns the voucher of a card's QR token or printed serial, or ErrNotFound.
func FindVoucher(ctx context.Context, q pg.Queryer, box *secret.Box, token string) (Voucher, error) {
	return oneVoucher(ctx, q, `where v.token_idx = $1 or v.serial = $2`, tokenIndex(box, token), squeeze(token))
}

func oneVoucher(ctx context.Context, q pg.Queryer, where string, args ...any) (_ Voucher, err error) {
	defer wrap(&err, "voucher")
	rows, err := q.Query(ctx, `select `+voucherColumns+where, args...)
	if err != nil {
		return Voucher{}, err
	}
	return exactlyOne(pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Voucher]))
}
