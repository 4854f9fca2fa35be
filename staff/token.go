package staff

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
)

// tokenPrefix lets a scanner of repositories recognise a leaked token.
const tokenPrefix = "ansinh_"

// NewToken makes a bearer token by which a script acts as its owner on the API
// until it expires. It is told once; only its SHA-256 is kept.
func (s *Store) NewToken(ctx context.Context, owner ID, label string, until, now time.Time) (token string, err error) {
	defer pg.Wrap(&err, "staff: new token for %d", owner)
	token = tokenPrefix + rand.Text()
	sum := sha256.Sum256([]byte(token))
	err = pg.Tx(ctx, s.pool, func(tx pgx.Tx) error {
		var id int64
		var login string
		err := tx.QueryRow(ctx, `
			with t as (
				insert into staff_token (staff_id, token_hash, label, created_at, expires_at, epoch)
				select id, @hash, @label, @now, @until, epoch from staff where id = @owner and disabled_at is null
				returning id, staff_id)
			select t.id, s.login from t join staff s on s.id = t.staff_id`, pgx.StrictNamedArgs{
			"hash": sum[:], "label": label, "now": now, "until": until, "owner": owner}).Scan(&id, &login)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: "staff:" + login, Kind: "staff.token_made",
			Subject: fmt.Sprintf("staff:%d", owner), Payload: map[string]any{"token": id, "label": label}})
	})
	return token, err
}

// ByToken returns whose token it is. ErrSignIn when it is unknown, expired, or its
// owner has been disabled or has changed their password since.
func (s *Store) ByToken(ctx context.Context, token string, now time.Time) (_ Person, err error) {
	defer pg.Wrap(&err, "staff: token")
	if !strings.HasPrefix(token, tokenPrefix) {
		return Person{}, ErrSignIn
	}
	sum := sha256.Sum256([]byte(token))
	rows, err := s.pool.Query(ctx, `
		select s.id, s.login, s.name, coalesce(s.office, '') as office, s.roles, s.disabled_at
		from staff_token t join staff s on s.id = t.staff_id
		where t.token_hash = $1 and t.expires_at > $2 and t.epoch = s.epoch and s.disabled_at is null`, sum[:], now)
	if err != nil {
		return Person{}, err
	}
	p, err := one(rows)
	if errors.Is(err, ErrNotFound) {
		return Person{}, ErrSignIn
	}
	return p, err
}
