package payout

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
)

// Approve records one person's signature over a submitted run. With the last approval
// that the run's total asks for, the run is posted and approved in the same
// transaction. ErrOwnRun is the preparer, ErrTwice the same person again, ErrStale a
// signature over another state of the run, ErrSignature and ErrKey what their names
// say, ErrProvisional a rate that nobody has confirmed, *ErrFunds a fund that does not
// reach.
func Approve(ctx context.Context, pool *pgxpool.Pool, a Approval, now time.Time) (r Run, err error) {
	defer pg.Wrap(&err, "payout: approve run %d", a.Run)
	err = bulkTx(ctx, pool, func(tx pgx.Tx) error {
		who, err := actor(ctx, tx, a.Staff)
		if err != nil {
			return err
		}
		if r, err = lockRun(ctx, tx, a.Run); err != nil {
			return err
		}
		if r.State != RunSubmitted {
			return ErrState
		}
		if r.PreparedBy == a.Staff {
			return ErrOwnRun
		}
		statement := Statement(r, a.Staff)
		if err := checkSignature(ctx, tx, a, statement); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			insert into approval (run_id, staff_id, prepared_by, key_id, digest, statement, signature, approved_at)
			values (@run, @staff, @preparer, @key, @digest, @statement, @signature, @now)`,
			pgx.StrictNamedArgs{"run": a.Run, "staff": a.Staff, "preparer": r.PreparedBy, "key": a.Key, "digest": r.Digest,
				"statement": statement, "signature": a.Signature, "now": now})
		if err != nil {
			return err
		}
		r.Approvals++
		err = audit.Record(ctx, tx, audit.Event{At: now, Actor: who, Kind: "run.approval", Subject: a.Run.subject(),
			Payload: map[string]any{"key": a.Key, "digest": hexed(r.Digest), "signature": hexed(a.Signature),
				"approvals": r.Approvals, "needed": r.ApprovalsNeeded}})
		if err != nil || r.Approvals < r.ApprovalsNeeded {
			return err
		}
		if err := postRun(ctx, tx, r, who, now); err != nil {
			return err
		}
		r, err = Get(ctx, tx, a.Run)
		return err
	})
	switch pg.Constraint(err) {
	case "four_eyes":
		err = ErrOwnRun
	case "one_approval_each":
		err = ErrTwice
	case "approval_digest":
		err = ErrStale
	case "approval_of_submitted":
		err = ErrState
	case "approval_key", "approval_key_revoked":
		err = ErrKey
	case "approval_role":
		err = refuse("only an active chairman of the run's office, or of the province, approves it")
	case "run_provisional":
		err = ErrProvisional
	}
	return r, err
}

// checkSignature proves that the key is this person's and that it signed the statement.
func checkSignature(ctx context.Context, q pg.Queryer, a Approval, statement []byte) error {
	var public []byte
	err := q.QueryRow(ctx, `
		select public_key from staff_key where id = $1 and staff_id = $2 and kind = 'es256' and revoked_at is null`, a.Key, a.Staff).Scan(&public)
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrKey
	}
	if err != nil {
		return err
	}
	parsed, err := x509.ParsePKIXPublicKey(public)
	if err != nil {
		return err
	}
	key, ok := parsed.(*ecdsa.PublicKey)
	if !ok {
		return ErrKey
	}
	sum := sha256.Sum256(statement)
	if !ecdsa.VerifyASN1(key, sum[:], a.Signature) {
		return ErrSignature
	}
	return nil
}

// Sign makes the signature of an approval with a private key in PKCS#8 PEM, and finds
// which enrolled key of staff it is.
func Sign(ctx context.Context, q pg.Queryer, r Run, staff StaffID, privatePEM []byte) (a Approval, err error) {
	defer pg.Wrap(&err, "payout: sign run %d", r.ID)
	block, _ := pem.Decode(privatePEM)
	if block == nil {
		return a, refuse("the key file is not PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return a, refuse("the key file holds no private key in PKCS#8 form")
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return a, refuse("the key must be ECDSA on P-256")
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return a, err
	}
	a = Approval{Run: r.ID, Staff: staff}
	err = q.QueryRow(ctx, `select id from staff_key where staff_id = $1 and public_key = $2 and revoked_at is null`, staff, public).Scan(&a.Key)
	if errors.Is(err, pgx.ErrNoRows) {
		return a, ErrKey
	}
	if err != nil {
		return a, err
	}
	sum := sha256.Sum256(Statement(r, staff))
	a.Signature, err = ecdsa.SignASN1(rand.Reader, key, sum[:])
	return a, err
}

func hexed(b []byte) string { return hex.EncodeToString(b) }
