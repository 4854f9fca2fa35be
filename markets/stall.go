package markets

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
	"ansinh.vn/qr"
)

// NewStall is a stall to be opened.
type NewStall struct {
	Market MarketID
	Vendor VendorID
	Label  string // what stands over it: capitals and digits, at most 25. Example: "QAY-017"
}

// Stall is one open stall.
type Stall struct {
	ID     StallID  `json:"id"`
	Market MarketID `json:"market"`
	Vendor VendorID `json:"vendor"`
	Label  string   `json:"label"`
	Place  string   `json:"place"` // the market's name
}

// AddStall opens a stall.
func AddStall(ctx context.Context, tx pgx.Tx, s NewStall, by string, now time.Time) (added StallID, err error) {
	defer wrap(&err, "add stall %q", s.Label)
	err = tx.QueryRow(ctx, `
		insert into stall (market_id, vendor_id, label, created_at, created_by) values ($1, $2, $3, $4, $5) returning id`,
		s.Market, s.Vendor, s.Label, now, by).Scan(&added)
	if pg.Constraint(err) == "stall_label_shape" {
		err = refuse("label", "%q is not a stall label: capitals, digits, space, dot, dash and slash, at most 25", s.Label)
	}
	if err != nil {
		return 0, err
	}
	return added, audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "stall.opened",
		Subject: fmt.Sprintf("stall:%d", added), Payload: s})
}

// Stalls lists the open stalls of a vendor, of all vendors when vendor is 0.
func Stalls(ctx context.Context, q pg.Queryer, vendor VendorID) (_ []Stall, err error) {
	defer wrap(&err, "list stalls")
	rows, err := q.Query(ctx, `
		select s.id, s.market_id as market, s.vendor_id as vendor, s.label, m.name as place
		from stall s join market m on m.id = s.market_id
		where s.closed_at is null and ($1 = 0 or s.vendor_id = $1) order by m.name, s.label, s.id`, vendor)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Stall])
}

// StallCard is the printed VietQR of a stall.
type StallCard struct {
	Stall      StallID   `json:"stall"`
	Label      string    `json:"label"`
	Place      string    `json:"place"`
	Version    int       `json:"version"`
	Code       string    `json:"code"` // travels in the memo. Example: "AST7K2M9QRT"
	Payload    string    `json:"payload"`
	HolderName string    `json:"holder_name"`
	BankBIN    string    `json:"bank"`
	Tail       string    `json:"account_tail"` // last four of the account, to compare by eye
	MadeAt     time.Time `json:"made_at"`
}

// MakeCard makes the next version of a stall's card and revokes the one before. Money
// paid to an old card is still matched; the morning check says that it is old.
func MakeCard(ctx context.Context, tx pgx.Tx, box *secret.Box, stall StallID, by string, now time.Time) (c StallCard, err error) {
	defer wrap(&err, "make card of stall %d", stall)
	var vendor VendorID
	err = tx.QueryRow(ctx, `
		select s.vendor_id, s.label, m.name, coalesce((select max(version) from stall_card where stall_id = s.id), 0) + 1
		from stall s join market m on m.id = s.market_id where s.id = $1 and s.closed_at is null for update of s`, stall).
		Scan(&vendor, &c.Label, &c.Place, &c.Version)
	if errors.Is(err, pgx.ErrNoRows) {
		return c, ErrNotFound
	}
	if err != nil {
		return c, err
	}
	p, err := loadPayee(ctx, tx, box, vendor)
	if err != nil {
		return c, err
	}
	if c.Code, err = newCode(ctx, tx, codeStall); err != nil {
		return c, err
	}
	t, _ := qr.Transfer{Bank: p.bin, Account: p.account, Name: p.name, Store: c.Place, Terminal: c.Label, Purpose: c.Code}.Fit()
	if c.Payload, err = t.Encode(); err != nil {
		return c, err
	}
	c.Stall, c.MadeAt, c.HolderName, c.BankBIN, c.Tail = stall, now, p.name, p.bin, tail(p.account)
	if _, err := tx.Exec(ctx, `update stall_card set revoked_at = $2 where stall_id = $1 and revoked_at is null`, stall, now); err != nil {
		return c, err
	}
	if _, err := tx.Exec(ctx, `
		insert into stall_card (stall_id, version, code, payload_enc, made_at, made_by)
		values (@stall, @version, @code, @payload, @now, @by)`,
		pgx.StrictNamedArgs{"stall": stall, "version": c.Version, "code": c.Code, "payload": box.Seal(payloadLabel, c.Payload),
			"now": now, "by": by}); err != nil {
		return c, err
	}
	return c, audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "stall.card", Subject: fmt.Sprintf("stall:%d", stall),
		Payload: map[string]any{"version": c.Version, "code": c.Code}})
}

// payloadLabel seals payloads: they hold the vendor's account.
const payloadLabel = "market.payload"

func tail(account string) string { return account[max(0, len(account)-4):] }

// Card returns a stall's valid card, or ErrNotFound when none is printed or its account
// has changed since.
func Card(ctx context.Context, q pg.Queryer, box *secret.Box, stall StallID) (c StallCard, err error) {
	defer wrap(&err, "card of stall %d", stall)
	var sealed, account []byte
	err = q.QueryRow(ctx, `
		select s.id, s.label, m.name, c.version, c.code, c.payload_enc, c.made_at, v.holder_name, v.bank_bin, v.account_enc
		from stall_card c join stall s on s.id = c.stall_id join market m on m.id = s.market_id join vendor v on v.id = s.vendor_id
		where s.id = $1 and c.revoked_at is null`, stall).
		Scan(&c.Stall, &c.Label, &c.Place, &c.Version, &c.Code, &sealed, &c.MadeAt, &c.HolderName, &c.BankBIN, &account)
	if errors.Is(err, pgx.ErrNoRows) {
		return c, ErrNotFound
	}
	if err != nil {
		return c, err
	}
	number, err := box.Open(secret.AccountNumber, account)
	if err != nil {
		return c, err
	}
	c.Tail = tail(number)
	c.Payload, err = box.Open(payloadLabel, sealed)
	return c, err
}

// CheckCard is the morning check: the vendor scans the code that hangs at the stall and
// learns whether it is still their own. The verdict is "own", "old" (an earlier version
// of theirs), "other" (somebody else's, most likely pasted over) or "unreadable".
func CheckCard(ctx context.Context, q pg.Queryer, box *secret.Box, vendor VendorID, scanned string) (verdict string, err error) {
	defer wrap(&err, "check card of vendor %d", vendor)
	code := qr.Decode(scanned)
	if code.Account == "" || !code.Valid() {
		return "unreadable", nil
	}
	rows, err := q.Query(ctx, `
		select c.payload_enc, c.revoked_at is null
		from stall_card c join stall s on s.id = c.stall_id where s.vendor_id = $1 order by c.made_at desc`, vendor)
	if err != nil {
		return "", err
	}
	verdict = "other"
	var sealed []byte
	var valid bool
	_, err = pgx.ForEachRow(rows, []any{&sealed, &valid}, func() error {
		payload, err := box.Open(payloadLabel, sealed)
		switch {
		case err != nil:
			return err
		case payload == scanned && valid:
			verdict = "own"
		case payload == scanned && verdict != "own":
			verdict = "old"
		}
		return nil
	})
	return verdict, err
}
