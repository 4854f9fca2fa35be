package markets

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/crypto/argon2"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
)

// A PIN has few digits: argon2id makes a stolen table slow to read, the counter makes
// guessing at the door hopeless.
const (
	maxWrongPINs = 5
	lockFor      = 15 * time.Minute

	pinMemory = 19 * 1024 // KiB; the costs of OWASP's password storage sheet
	pinPasses = 2
)

func checkPIN(pin string) error {
	if len(pin) != 6 || strings.Trim(pin, "0123456789") != "" {
		return refuse("pin", "a PIN is 6 digits")
	}
	if strings.Count(pin, pin[:1]) == 6 || strings.Contains("0123456789 9876543210", pin) {
		return refuse("pin", "a PIN of equal or counted digits is guessed first; choose another")
	}
	return nil
}

func hashPIN(pin string) string {
	salt := make([]byte, 16)
	rand.Read(salt)
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, pinMemory, pinPasses, b.EncodeToString(salt),
		b.EncodeToString(argon2.IDKey([]byte(pin), salt, pinPasses, pinMemory, 1, 32)))
}

// fitsPIN tells in constant time whether pin made the hash.
func fitsPIN(pin, encoded string) bool {
	parts := strings.Split(encoded, "$")
	if len(parts) != 6 {
		return false
	}
	var memory, passes uint32
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=1", &memory, &passes); err != nil || passes < 1 || memory < 8 || memory > 1<<20 {
		return false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	hash, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(hash) != 32 {
		return false
	}
	return subtle.ConstantTimeCompare(hash, argon2.IDKey([]byte(pin), salt, passes, memory, 1, 32)) == 1
}

// nobody's hash is checked for unknown phones, so that they take as long as known ones.
var nobody = hashPIN("")

// SetPIN gives a vendor a PIN and ends a lock.
func SetPIN(ctx context.Context, tx pgx.Tx, vendor VendorID, pin, by string, now time.Time) (err error) {
	defer wrap(&err, "set PIN of vendor %d", vendor)
	if err := checkPIN(pin); err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, `
		update vendor set pin_hash = $2, pin_failures = 0, pin_locked_until = null where id = $1`, vendor, hashPIN(pin))
	if err == nil && tag.RowsAffected() == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "vendor.pin", Subject: vendorSubject(vendor)})
}

// SignIn checks a vendor's phone number and PIN. It is ErrSignIn when they do not fit,
// and ErrLocked for a quarter of an hour after five wrong PINs. The count is taken
// before the PIN is looked at, so that guesses in parallel do not share one try.
func SignIn(ctx context.Context, pool *pgxpool.Pool, phone, pin string, now time.Time) (vendor VendorID, err error) {
	defer wrap(&err, "sign in")
	var hash, state string
	var failures int
	err = pool.QueryRow(ctx, `
		update vendor set
			pin_failures = case when pin_locked_until <= @now then 1 else pin_failures + 1 end,
			pin_locked_until = case
				when (case when pin_locked_until <= @now then 1 else pin_failures + 1 end) >= @most
				then coalesce(case when pin_locked_until > @now then pin_locked_until end, @until) end
		where phone = @phone and pin_hash is not null
		returning id, pin_hash, state, pin_failures`,
		pgx.StrictNamedArgs{"phone": phone, "now": now, "until": now.Add(lockFor), "most": maxWrongPINs}).
		Scan(&vendor, &hash, &state, &failures)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		fitsPIN(pin, nobody)
		return 0, ErrSignIn
	case err != nil:
		return 0, err
	case failures > maxWrongPINs:
		return 0, ErrLocked
	case !fitsPIN(pin, hash) || state != "active":
		return 0, ErrSignIn
	}
	return vendor, pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `update vendor set pin_failures = 0, pin_locked_until = null where id = $1`, vendor); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: vendorSubject(vendor), Kind: "vendor.signed-in", Subject: vendorSubject(vendor)})
	})
}
