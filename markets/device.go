package markets

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
)

// EnrolDevice lets a phone be known as a vendor's and returns the token that it keeps;
// here only its hash stays. random is crypto/rand when nil.
func EnrolDevice(ctx context.Context, tx pgx.Tx, vendor VendorID, name, by string, now time.Time, random io.Reader) (token string, err error) {
	defer wrap(&err, "enrol device of vendor %d", vendor)
	if token, err = newToken(random); err != nil {
		return "", err
	}
	hash := sha256.Sum256([]byte(token))
	if _, err := tx.Exec(ctx, `
		insert into vendor_device (vendor_id, token_hash, name, enrolled_at, enrolled_by) values ($1, $2, $3, $4, $5)`,
		vendor, hash[:], name, now, by); err != nil {
		return "", err
	}
	return token, audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "vendor.device", Subject: vendorSubject(vendor)})
}

// RevokeDevices makes all phones of a vendor unknown again, for one that was lost.
func RevokeDevices(ctx context.Context, tx pgx.Tx, vendor VendorID, by string, now time.Time) (n int64, err error) {
	defer wrap(&err, "revoke devices of vendor %d", vendor)
	tag, err := tx.Exec(ctx, `
		update vendor_device set revoked_at = $2, revoked_by = $3 where vendor_id = $1 and revoked_at is null`, vendor, now, by)
	if err != nil {
		return 0, err
	}
	return tag.RowsAffected(), audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "vendor.devices-revoked", Subject: vendorSubject(vendor)})
}

// DeviceVendor returns whose phone a token belongs to, or ErrNotFound.
func DeviceVendor(ctx context.Context, q pg.Queryer, token string) (vendor VendorID, err error) {
	defer wrap(&err, "device")
	hash := sha256.Sum256([]byte(token))
	err = q.QueryRow(ctx, `select vendor_id from vendor_device where token_hash = $1 and revoked_at is null`, hash[:]).Scan(&vendor)
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrNotFound
	}
	return vendor, err
}

// newToken is 128 random bits in 22 characters.
func newToken(random io.Reader) (string, error) {
	if random == nil {
		random = rand.Reader
	}
	var b [16]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}
