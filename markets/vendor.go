package markets

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
	"ansinh.vn/qr"
)

// NewVendor is a vendor to be added.
type NewVendor struct {
	Name       string // Example: "Danh Thị Sa Ruône"
	Phone      string // Example: "0912345678"
	BankBIN    string // Example: "970405"
	Account    string // the vendor's own account; sealed when stored
	HolderName string // as the bank writes it; empty is the vendor's name folded
}

// Vendor is one vendor as staff see them: the account is masked.
type Vendor struct {
	ID         VendorID `json:"id"`
	Name       string   `json:"name"`
	Phone      string   `json:"phone"`
	BankBIN    string   `json:"bank"`
	Account    string   `json:"account"` // masked
	HolderName string   `json:"holder_name"`
	// HolderDiffers: the account is in another name than the vendor's; ask before
	// printing a card on it.
	HolderDiffers bool   `json:"holder_differs"`
	State         string `json:"state"`
}

// vendorAccount is the label under which a number alone, without its bank, is indexed.
const vendorAccount = "vendor.account"

// AddVendor adds a vendor with the account that their customers will pay to.
func AddVendor(ctx context.Context, tx pgx.Tx, box *secret.Box, v NewVendor, by string, now time.Time) (added VendorID, err error) {
	defer wrap(&err, "add vendor %q", v.Name)
	if v.HolderName == "" {
		v.HolderName = holderName(v.Name)
	}
	if err := checkAccount(v.BankBIN, v.Account); err != nil {
		return 0, err
	}
	if len(v.Phone) != 10 || v.Phone[0] != '0' || strings.Trim(v.Phone, "0123456789") != "" {
		return 0, refuse("phone", "%q is not a phone number of 10 digits beginning with 0", v.Phone)
	}
	err = tx.QueryRow(ctx, `
		insert into vendor (name, phone, bank_bin, account_enc, account_idx, account_changed_at, holder_name, created_at, created_by)
		values (@name, @phone, @bin, @enc, @idx, @now, @holder, @now, @by) returning id`,
		pgx.StrictNamedArgs{"name": v.Name, "phone": v.Phone, "bin": v.BankBIN, "enc": box.Seal(secret.AccountNumber, v.Account),
			"idx": box.Index(vendorAccount, v.Account), "holder": v.HolderName, "now": now, "by": by}).Scan(&added)
	if err != nil {
		return 0, err
	}
	return added, audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "vendor.added",
		Subject: vendorSubject(added), Payload: accountChange{v.BankBIN, secret.Mask(v.Account), v.HolderName}})
}

// accountChange is what the log keeps of an account: never the number.
type accountChange struct {
	Bank    string `json:"bank"`
	Account string `json:"account"`
	Holder  string `json:"holder"`
}

func vendorSubject(v VendorID) string { return fmt.Sprintf("vendor:%d", v) }

// checkAccount asks the payload's own rules: what cannot stand in a QR code is no account.
func checkAccount(bin, account string) error {
	if _, err := (qr.Transfer{Bank: bin, Account: account}).Encode(); err != nil {
		return err
	}
	if len(account) < 4 {
		return refuse("account", "account number %s is too short", secret.Mask(account))
	}
	return nil
}

// SetAccount changes the account that a vendor is paid on. The stall cards printed with
// the old one are revoked; their new versions must be printed.
func SetAccount(ctx context.Context, tx pgx.Tx, box *secret.Box, vendor VendorID, bin, account, holder, by string, now time.Time) (err error) {
	defer wrap(&err, "set account of vendor %d", vendor)
	if err := checkAccount(bin, account); err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, `
		update vendor set bank_bin = @bin, account_enc = @enc, account_idx = @idx, account_changed_at = @now, holder_name = @holder
		where id = @id`,
		pgx.StrictNamedArgs{"bin": bin, "enc": box.Seal(secret.AccountNumber, account), "idx": box.Index(vendorAccount, account),
			"now": now, "holder": holder, "id": vendor})
	if err != nil {
		return err
	}
	if tag.RowsAffected() == 0 {
		return ErrNotFound
	}
	if _, err := tx.Exec(ctx, `
		update stall_card c set revoked_at = $2 from stall s
		where s.id = c.stall_id and s.vendor_id = $1 and c.revoked_at is null`, vendor, now); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "vendor.account", Subject: vendorSubject(vendor),
		Payload: accountChange{bin, secret.Mask(account), holder}})
}

// SetVendorState suspends a vendor or lets them back in: "active" or "suspended". A
// suspended vendor makes no charges, redeems nothing and is not settled.
func SetVendorState(ctx context.Context, tx pgx.Tx, vendor VendorID, state, by string, now time.Time) (err error) {
	defer wrap(&err, "set vendor %d %s", vendor, state)
	tag, err := tx.Exec(ctx, `update vendor set state = $2 where id = $1`, vendor, state)
	if err == nil && tag.RowsAffected() == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "vendor." + state, Subject: vendorSubject(vendor)})
}

const vendorColumns = `id, name, phone, bank_bin, account_enc, holder_name, state from vendor `

func scanVendor(box *secret.Box) pgx.RowToFunc[Vendor] {
	return func(row pgx.CollectableRow) (v Vendor, err error) {
		var sealed []byte
		if err = row.Scan(&v.ID, &v.Name, &v.Phone, &v.BankBIN, &sealed, &v.HolderName, &v.State); err != nil {
			return v, err
		}
		account, err := box.Open(secret.AccountNumber, sealed)
		v.Account = secret.Mask(account)
		v.HolderDiffers = squeeze(v.HolderName) != squeeze(v.Name)
		return v, err
	}
}

// Vendors lists all vendors by name.
func Vendors(ctx context.Context, q pg.Queryer, box *secret.Box) (_ []Vendor, err error) {
	defer wrap(&err, "list vendors")
	rows, err := q.Query(ctx, `select `+vendorColumns+`order by name collate "vi-x-icu", id`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanVendor(box))
}

// GetVendor returns one vendor, or ErrNotFound.
func GetVendor(ctx context.Context, q pg.Queryer, box *secret.Box, vendor VendorID) (_ Vendor, err error) {
	defer wrap(&err, "vendor %d", vendor)
	rows, err := q.Query(ctx, `select `+vendorColumns+`where id = $1`, vendor)
	if err != nil {
		return Vendor{}, err
	}
	return exactlyOne(pgx.CollectExactlyOneRow(rows, scanVendor(box)))
}

// exactlyOne turns "no row" into ErrNotFound.
func exactlyOne[T any](v T, err error) (T, error) {
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrNotFound
	}
	return v, err
}

// payee is what a VietQR payload needs to know of a vendor.
type payee struct {
	vendor             VendorID
	name, bin, account string
	state              string
}

func loadPayee(ctx context.Context, q pg.Queryer, box *secret.Box, vendor VendorID) (p payee, err error) {
	p.vendor = vendor
	var sealed []byte
	err = q.QueryRow(ctx, `select holder_name, bank_bin, account_enc, state from vendor where id = $1`, vendor).
		Scan(&p.name, &p.bin, &sealed, &p.state)
	if errors.Is(err, pgx.ErrNoRows) {
		return p, ErrNotFound
	}
	if err != nil {
		return p, err
	}
	if p.state != "active" {
		return p, refuse("vendor-suspended", "the vendor is suspended")
	}
	p.account, err = box.Open(secret.AccountNumber, sealed)
	return p, err
}

// holderName writes a name as banks do: capitals, without marks.
func holderName(name string) string {
	ascii, _ := qr.ASCII(name)
	return strings.ToUpper(strings.TrimSpace(ascii))
}
