package staff

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
)

// Session is what a signed-in browser is remembered by: the person, and the epoch
// that ends all of a person's sessions when it moves on.
type Session struct {
	Person Person
	Epoch  int
}

// SignIn checks a password. It returns ErrSignIn, without saying whether the login
// exists, and *TooMany when login or addr has guessed too often. Both take the
// time of one password hash. now is the wall clock.
func (s *Store) SignIn(ctx context.Context, login, password, addr string, now time.Time) (_ Session, err error) {
	defer pg.Wrap(&err, "staff: sign in")
	login = normalLogin(login)
	limits := []Limit{
		{"login:" + login + "@" + addr, 5, 15 * time.Minute},
		// an attacker with many addresses; high enough that a prankster with one cannot lock somebody out
		{"login:" + login, 50, 15 * time.Minute},
		{"addr:" + addr, 100, 15 * time.Minute},
	}
	if err := Guess(ctx, s.pool, now, limits...); err != nil {
		return Session{}, err
	}

	var hash string
	var got Session
	err = s.pool.QueryRow(ctx, `
		select id, login, name, coalesce(office, ''), roles, password_hash, epoch
		from staff where login = $1 and disabled_at is null`, login).
		Scan(&got.Person.ID, &got.Person.Login, &got.Person.Name, &got.Person.Office, &got.Person.Roles, &hash, &got.Epoch)
	known := err == nil
	if errors.Is(err, pgx.ErrNoRows) {
		hash = dummy()
	} else if err != nil {
		return Session{}, err
	}
	ok, rehash := CheckPassword(password, hash, s.params)
	ok = ok && known
	if ok && rehash {
		rehashed := HashPassword(password, s.params)
		if _, err := s.pool.Exec(ctx, `update staff set password_hash = $2 where id = $1 and password_hash = $3`,
			got.Person.ID, rehashed, hash); err != nil {
			return Session{}, err
		}
	}
	if err := s.recordSignIn(ctx, login, addr, got.Person.ID, ok, now); err != nil {
		return Session{}, err
	}
	if !ok {
		return Session{}, ErrSignIn
	}
	return got, Forgive(ctx, s.pool, limits[0].Subject)
}

// recordSignIn writes down both outcomes. An unknown login is not repeated in the
// log: people type passwords into the wrong box.
func (s *Store) recordSignIn(ctx context.Context, login, addr string, id ID, ok bool, now time.Time) error {
	e := audit.Event{At: now, Actor: "staff:" + login, Kind: "staff.signed_in", Subject: fmt.Sprintf("staff:%d", id),
		Payload: map[string]string{"address": addr}}
	if !ok {
		e.Kind = "staff.sign_in_failed"
	}
	if id == 0 {
		e.Actor, e.Subject = "unknown", "staff:unknown"
	}
	return pg.Tx(ctx, s.pool, func(tx pgx.Tx) error { return audit.Record(ctx, tx, e) })
}

// Current returns the person of an open session as they are now, so that a changed
// role or office counts at once. ErrSignIn means that the session is over.
func (s *Store) Current(ctx context.Context, id ID, epoch int) (_ Person, err error) {
	defer pg.Wrap(&err, "staff: session of %d", id)
	rows, err := s.pool.Query(ctx, `
		select `+columns+` from staff where id = $1 and epoch = $2 and disabled_at is null`, id, epoch)
	if err != nil {
		return Person{}, err
	}
	p, err := one(rows)
	if errors.Is(err, ErrNotFound) {
		return Person{}, ErrSignIn
	}
	return p, err
}

// SetPassword replaces a password and ends every open session of its owner.
// old must be right: nobody sets another person's password here.
func (s *Store) SetPassword(ctx context.Context, id ID, old, password, addr string, now time.Time) (err error) {
	defer pg.Wrap(&err, "staff: new password of %d", id)
	if err := Guess(ctx, s.pool, now, Limit{fmt.Sprintf("password:%d@%s", id, addr), 5, 15 * time.Minute}); err != nil {
		return err
	}
	var login, hash string
	err = s.pool.QueryRow(ctx, `select login, password_hash from staff where id = $1 and disabled_at is null`, id).Scan(&login, &hash)
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrNotFound
	}
	if err != nil {
		return err
	}
	if ok, _ := CheckPassword(old, hash, s.params); !ok {
		return ErrSignIn
	}
	if err := checkNew(login, password); err != nil {
		return err
	}
	fresh := HashPassword(password, s.params)
	return pg.Tx(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `update staff set password_hash = $2, epoch = epoch + 1 where id = $1`, id, fresh); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: "staff:" + login, Kind: "staff.password_changed",
			Subject: fmt.Sprintf("staff:%d", id)})
	})
}

// SignedOut writes down that somebody left.
func (s *Store) SignedOut(ctx context.Context, p Person, now time.Time) (err error) {
	defer pg.Wrap(&err, "staff: sign out")
	return pg.Tx(ctx, s.pool, func(tx pgx.Tx) error {
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: p.Actor(), Kind: "staff.signed_out",
			Subject: fmt.Sprintf("staff:%d", p.ID)})
	})
}
