// Package staff owns the people who sign in: their roles, passwords, signing keys
// and the counting of wrong guesses. It never decides what a role may do; web and
// the rooms that act decide that.
package staff

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
)

// ID is the surrogate id of one person who signs in. Example: 17.
type ID int64

// Role is what somebody does here. A person may have several, but four eyes are
// counted by person, not by role.
type Role string

// The roles, in the order pages show them.
const (
	Clerk       Role = "clerk"        // chuyên viên: lists, review, prepares runs
	Accountant  Role = "accountant"   // kế toán: funds, bank files, statements, breaks
	Chairman    Role = "chairman"     // người duyệt: approves or rejects runs
	Auditor     Role = "auditor"      // thanh tra: reads everything, changes nothing
	Operator    Role = "operator"     // vận hành: staff accounts and keys, no money
	VendorAdmin Role = "vendor-admin" // quản lý chợ: vendors, stall cards, vouchers
)

// Roles lists every role.
var Roles = []Role{Clerk, Accountant, Chairman, Auditor, Operator, VendorAdmin}

// Person is somebody who may sign in.
type Person struct {
	ID         ID         `db:"id"`
	Login      string     `db:"login"` // Example: "ketoan.31825"
	Name       string     `db:"name"`
	Office     string     `db:"office"` // ward code; "" means the whole province
	Roles      []Role     `db:"roles"`
	DisabledAt *time.Time `db:"disabled_at"`
}

// Has reports whether p holds any of the roles.
func (p Person) Has(roles ...Role) bool {
	for _, r := range roles {
		if slices.Contains(p.Roles, r) {
			return true
		}
	}
	return false
}

// Actor is how audit events and entries name p. Example: "staff:ketoan.31825".
func (p Person) Actor() string { return "staff:" + p.Login }

// Errors that callers tell apart.
var (
	ErrNotFound = errors.New("no such staff member")
	ErrTaken    = errors.New("this login is already in use")
	ErrSignIn   = errors.New("wrong login or password") // also for unknown and disabled logins
	ErrOwnKey   = errors.New("a key must be confirmed by somebody other than its holder")
	ErrKeyState = errors.New("this key request is no longer waiting")
	ErrKeyInUse = errors.New("this key is already enrolled or waiting")
	ErrSelf     = errors.New("nobody may disable their own login")
)

// Refusal says why a new person, password or key was not accepted.
type Refusal struct{ Reason string }

func (r *Refusal) Error() string { return "staff: " + r.Reason }

// Refused marks the input, not the program, as the cause.
func (r *Refusal) Refused() bool { return true }

// Store is the staff of one province.
type Store struct {
	pool   *pgxpool.Pool
	params Params
}

// Open gives the staff kept in pool, hashing new passwords with DefaultParams.
func Open(pool *pgxpool.Pool) *Store { return &Store{pool: pool, params: DefaultParams} }

// New is a person to be added.
type New struct {
	Login, Name, Office, Password string
	Roles                         []Role
}

const columns = `id, login, name, coalesce(office, '') as office, roles, disabled_at`

// Add creates a login. It returns ErrTaken, or a *Refusal for a weak password, an
// unknown role or office.
func (s *Store) Add(ctx context.Context, n New, by string, now time.Time) (id ID, err error) {
	defer pg.Wrap(&err, "staff: add %q", n.Login)
	ids, err := s.AddAll(ctx, []New{n}, by, now)
	if err != nil {
		return 0, err
	}
	return ids[0], nil
}

// AddAll creates several logins in one transaction, in the order given.
func (s *Store) AddAll(ctx context.Context, people []New, by string, now time.Time) (ids []ID, err error) {
	hashes, err := s.hashAll(people)
	if err != nil {
		return nil, err
	}
	err = pg.Tx(ctx, s.pool, func(tx pgx.Tx) error {
		for i, n := range people {
			var id ID
			err := tx.QueryRow(ctx, `
				insert into staff (login, name, office, roles, password_hash, created_at, created_by)
				values (@login, @name, nullif(@office, ''), coalesce(@roles::text[], '{}'), @hash, @now, @by)
				returning id`, pgx.StrictNamedArgs{
				"login": n.Login, "name": n.Name, "office": n.Office, "roles": n.Roles,
				"hash": hashes[i], "now": now, "by": by}).Scan(&id)
			if err != nil {
				return constraintError(err, n)
			}
			ids = append(ids, id)
			if err := audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "staff.added",
				Subject: fmt.Sprintf("staff:%d", id),
				Payload: map[string]any{"login": n.Login, "office": n.Office, "roles": n.Roles}}); err != nil {
				return err
			}
		}
		return nil
	})
	return ids, err
}

func constraintError(err error, n New) error {
	switch pg.Constraint(err) {
	case "staff_login":
		return ErrTaken
	case "staff_login_shape":
		return &Refusal{fmt.Sprintf("login %q: use 2 to 63 of a-z, 0-9, dot, dash and underscore", n.Login)}
	case "staff_roles_known":
		return &Refusal{fmt.Sprintf("login %q: roles must be some of %v", n.Login, Roles)}
	case "staff_name_given":
		return &Refusal{fmt.Sprintf("login %q: a name is needed", n.Login)}
	case "staff_office_fkey":
		return &Refusal{fmt.Sprintf("login %q: there is no office %q", n.Login, n.Office)}
	}
	return err
}

// List returns everybody, by login.
func (s *Store) List(ctx context.Context) (_ []Person, err error) {
	defer pg.Wrap(&err, "staff: list")
	rows, err := s.pool.Query(ctx, `select `+columns+` from staff order by login`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Person])
}

// ByLogin finds one person, disabled or not; ErrNotFound when there is none.
func (s *Store) ByLogin(ctx context.Context, login string) (_ Person, err error) {
	defer pg.Wrap(&err, "staff: find %q", login)
	rows, err := s.pool.Query(ctx, `select `+columns+` from staff where login = $1`, normalLogin(login))
	if err != nil {
		return Person{}, err
	}
	return one(rows)
}

func one(rows pgx.Rows) (Person, error) {
	p, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Person])
	if errors.Is(err, pgx.ErrNoRows) {
		return Person{}, ErrNotFound
	}
	return p, err
}

// Disable ends every session of login at once and lets nobody sign in with it.
// Disabling twice changes nothing. by is the login of who does it, or a program.
func (s *Store) Disable(ctx context.Context, login, by string, now time.Time) (err error) {
	defer pg.Wrap(&err, "staff: disable %q", login)
	login = normalLogin(login)
	if strings.TrimPrefix(by, "staff:") == login {
		return ErrSelf
	}
	return pg.Tx(ctx, s.pool, func(tx pgx.Tx) error {
		var id ID
		var already bool
		err := tx.QueryRow(ctx, `select id, disabled_at is not null from staff where login = $1 for update`, login).Scan(&id, &already)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil || already {
			return err
		}
		if _, err := tx.Exec(ctx, `
			update staff set disabled_at = $2, disabled_by = $3, epoch = epoch + 1 where id = $1`, id, now, by); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "staff.disabled", Subject: fmt.Sprintf("staff:%d", id)})
	})
}

func normalLogin(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
