package staff

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
)

// KeyID names one enrolled signing key. Example: 4.
type KeyID int64

// RequestID names a key that waits for a second person.
type RequestID int64

// KindES256 is ECDSA over P-256 with SHA-256, signatures in ASN.1 DER.
const KindES256 = "es256"

// Key is a signing key that two people agreed on.
type Key struct {
	ID         KeyID      `db:"id"`
	Staff      ID         `db:"staff_id"`
	Kind       string     `db:"kind"`
	Public     []byte     `db:"public_key"` // PKIX DER
	Label      string     `db:"label"`
	EnrolledAt time.Time  `db:"enrolled_at"`
	RevokedAt  *time.Time `db:"revoked_at"`
}

// Fingerprint is what two people read to each other: the first 16 hex digits of
// the SHA-256 of the key. Example: "9f86 d081 884c 7d65".
func (k Key) Fingerprint() string { return Fingerprint(k.Public) }

// Fingerprint of a public key in PKIX DER.
func Fingerprint(public []byte) string {
	sum := sha256.Sum256(public)
	h := hex.EncodeToString(sum[:8])
	return h[0:4] + " " + h[4:8] + " " + h[8:12] + " " + h[12:16]
}

// Request is a key that its holder proposes.
type Request struct {
	ID          RequestID `db:"id"`
	Staff       ID        `db:"staff_id"`
	Login       string    `db:"login"`
	Name        string    `db:"name"`
	Kind        string    `db:"kind"`
	Public      []byte    `db:"public_key"`
	Label       string    `db:"label"`
	RequestedAt time.Time `db:"requested_at"`
}

// Fingerprint of the proposed key.
func (r Request) Fingerprint() string { return Fingerprint(r.Public) }

// ParsePublic reads a P-256 public key in PEM or DER (PKIX) and gives its DER.
func ParsePublic(b []byte) ([]byte, error) {
	if block, _ := pem.Decode(b); block != nil {
		if block.Type != "PUBLIC KEY" {
			return nil, &Refusal{fmt.Sprintf("expected a PUBLIC KEY in PEM, found %q; never hand over a private key", block.Type)}
		}
		b = block.Bytes
	}
	k, err := x509.ParsePKIXPublicKey(b)
	if err != nil {
		return nil, &Refusal{"not a public key in PKIX form: " + err.Error()}
	}
	e, ok := k.(*ecdsa.PublicKey)
	if !ok || e.Curve != elliptic.P256() {
		return nil, &Refusal{"the key must be ECDSA on P-256"}
	}
	return x509.MarshalPKIXPublicKey(e)
}

// GenerateKey makes a P-256 key pair: the private half as PKCS#8 PEM for the
// holder alone, the public half as PKIX DER.
func GenerateKey() (privatePEM, public []byte, err error) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("staff: generate key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		return nil, nil, fmt.Errorf("staff: generate key: %w", err)
	}
	public, err = x509.MarshalPKIXPublicKey(&k.PublicKey)
	if err != nil {
		return nil, nil, fmt.Errorf("staff: generate key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), public, nil
}

// RequestKey proposes a key for its holder; it signs nothing until ConfirmKey.
func (s *Store) RequestKey(ctx context.Context, holder ID, public []byte, label string, now time.Time) (id RequestID, err error) {
	defer pg.Wrap(&err, "staff: request key for %d", holder)
	der, err := ParsePublic(public)
	if err != nil {
		return 0, err
	}
	err = pg.Tx(ctx, s.pool, func(tx pgx.Tx) error {
		var used bool
		err := tx.QueryRow(ctx, `select exists (select from staff_key where public_key = $1)`, der).Scan(&used)
		if err != nil {
			return err
		}
		if used {
			return ErrKeyInUse
		}
		var login string
		err = tx.QueryRow(ctx, `select login from staff where id = $1 and disabled_at is null`, holder).Scan(&login)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		err = tx.QueryRow(ctx, `
			insert into staff_key_request (staff_id, kind, public_key, label, requested_at)
			values (@holder, @kind, @public, @label, @now) returning id`, pgx.StrictNamedArgs{
			"holder": holder, "kind": KindES256, "public": der, "label": label, "now": now}).Scan(&id)
		if pg.Constraint(err) == "staff_key_request_once" {
			return ErrKeyInUse
		}
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: "staff:" + login, Kind: "staff.key_requested",
			Subject: fmt.Sprintf("staff:%d", holder), Payload: map[string]string{"fingerprint": Fingerprint(der)}})
	})
	return id, err
}

// ConfirmKey enrols a waiting key. The database refuses the holder's own hand:
// ErrOwnKey. ErrKeyState means that it was decided before.
func (s *Store) ConfirmKey(ctx context.Context, req RequestID, by ID, now time.Time) (id KeyID, err error) {
	defer pg.Wrap(&err, "staff: confirm key request %d", req)
	err = pg.Tx(ctx, s.pool, func(tx pgx.Tx) error {
		r, actor, err := decide(ctx, tx, req, by, "confirmed", now)
		if err != nil {
			return err
		}
		err = tx.QueryRow(ctx, `
			insert into staff_key (staff_id, request_id, kind, public_key, label, requested_at, enrolled_at, confirmed_by)
			select staff_id, id, kind, public_key, label, requested_at, decided_at, decided_by
			from staff_key_request where id = $1 returning id`, req).Scan(&id)
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: actor, Kind: "staff.key_enrolled",
			Subject: fmt.Sprintf("staff:%d", r.Staff), Payload: map[string]any{"key": id, "fingerprint": r.Fingerprint()}})
	})
	switch pg.Constraint(err) {
	case "staff_key_request_four_eyes", "staff_key_four_eyes":
		return 0, ErrOwnKey
	case "staff_key_public_key":
		return 0, ErrKeyInUse
	}
	return id, err
}

// RefuseKey turns a waiting key down; its holder may do so too.
func (s *Store) RefuseKey(ctx context.Context, req RequestID, by ID, now time.Time) (err error) {
	defer pg.Wrap(&err, "staff: refuse key request %d", req)
	return pg.Tx(ctx, s.pool, func(tx pgx.Tx) error {
		r, actor, err := decide(ctx, tx, req, by, "refused", now)
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: actor, Kind: "staff.key_refused",
			Subject: fmt.Sprintf("staff:%d", r.Staff), Payload: map[string]string{"fingerprint": r.Fingerprint()}})
	})
}

func decide(ctx context.Context, tx pgx.Tx, req RequestID, by ID, outcome string, now time.Time) (r Request, actor string, err error) {
	err = tx.QueryRow(ctx, `select 'staff:' || login from staff where id = $1 and disabled_at is null`, by).Scan(&actor)
	if errors.Is(err, pgx.ErrNoRows) {
		return r, "", ErrNotFound
	}
	if err != nil {
		return r, "", err
	}
	err = tx.QueryRow(ctx, `
		update staff_key_request set outcome = $2, decided_at = $3, decided_by = $4
		where id = $1 and outcome = 'waiting' returning staff_id, public_key`, req, outcome, now, by).Scan(&r.Staff, &r.Public)
	if errors.Is(err, pgx.ErrNoRows) {
		return r, "", ErrKeyState
	}
	return r, actor, err
}

// Waiting lists the keys that wait for a second person, oldest first.
func (s *Store) Waiting(ctx context.Context) (_ []Request, err error) {
	defer pg.Wrap(&err, "staff: waiting keys")
	rows, err := s.pool.Query(ctx, `
		select r.id, r.staff_id, s.login, s.name, r.kind, r.public_key, r.label, r.requested_at
		from staff_key_request r join staff s on s.id = r.staff_id
		where r.outcome = 'waiting' order by r.id`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Request])
}

// Keys lists the keys of one person, newest first, revoked ones too.
func (s *Store) Keys(ctx context.Context, holder ID) (_ []Key, err error) {
	defer pg.Wrap(&err, "staff: keys of %d", holder)
	rows, err := s.pool.Query(ctx, `
		select id, staff_id, kind, public_key, label, enrolled_at, revoked_at
		from staff_key where staff_id = $1 order by id desc`, holder)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Key])
}

// KeyByPublic finds the enrolled, unrevoked key of holder with these PKIX DER
// bytes; ErrNotFound when there is none.
func (s *Store) KeyByPublic(ctx context.Context, holder ID, public []byte) (_ Key, err error) {
	defer pg.Wrap(&err, "staff: key of %d", holder)
	rows, err := s.pool.Query(ctx, `
		select id, staff_id, kind, public_key, label, enrolled_at, revoked_at
		from staff_key where staff_id = $1 and public_key = $2 and revoked_at is null`, holder, public)
	if err != nil {
		return Key{}, err
	}
	k, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Key])
	if errors.Is(err, pgx.ErrNoRows) {
		return Key{}, ErrNotFound
	}
	return k, err
}

// RevokeKey ends a key for good. What it signed before stays signed.
func (s *Store) RevokeKey(ctx context.Context, id KeyID, by ID, now time.Time) (err error) {
	defer pg.Wrap(&err, "staff: revoke key %d", id)
	return pg.Tx(ctx, s.pool, func(tx pgx.Tx) error {
		var actor string
		var holder ID
		err := tx.QueryRow(ctx, `
			with who as (select id, 'staff:' || login as actor from staff where id = $2 and disabled_at is null)
			update staff_key k set revoked_at = $3, revoked_by = who.id from who
			where k.id = $1 and k.revoked_at is null returning who.actor, k.staff_id`, id, by, now).Scan(&actor, &holder)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: actor, Kind: "staff.key_revoked",
			Subject: fmt.Sprintf("staff:%d", holder), Payload: map[string]any{"key": id}})
	})
}
