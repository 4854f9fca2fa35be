package bank

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
)

// RailAccountID is the surrogate number of a rail account; ledger account 3389.r<id>
// is what is in transit on it. Example: 17.
type RailAccountID int64

// RailAccount is where an office's money moves.
type RailAccount struct {
	ID      RailAccountID
	Office  string // commune code, such as 31825
	Kind    string // "bank" or "post"
	BIN     string // six digits; "" for the post office
	Account string // "" for the post office
	Name    string
}

// ErrNoAccount says that an office has no account of the kind asked for, or that
// nobody's account has the number.
var ErrNoAccount = errors.New("there is no such account")

const accountColumns = `id, office, kind, coalesce(bank_bin, '') as bin, coalesce(account_no, '') as account, name`

// EnsureAccounts makes the accounts that are not there yet and returns all of them in
// the order given, with their ids. A name that changed is brought up to date.
func EnsureAccounts(ctx context.Context, tx pgx.Tx, accounts []RailAccount) (_ []RailAccount, err error) {
	defer pg.Wrap(&err, "bank: ensure %d accounts", len(accounts))
	n := len(accounts)
	office, kind, bin, number, name := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	for i, a := range accounts {
		office[i], kind[i], bin[i], number[i], name[i] = a.Office, a.Kind, a.BIN, a.Account, a.Name
	}
	rows, err := tx.Query(ctx, `
		with wanted as (
			select ord, office, kind, nullif(bin, '') as bin, nullif(number, '') as number, name
			from unnest(@office::text[], @kind::text[], @bin::text[], @number::text[], @name::text[])
				with ordinality as t (office, kind, bin, number, name, ord)
		), kept as (
			insert into rail_account as a (office, kind, bank_bin, account_no, name)
			select office, kind, bin, number, name from wanted order by office, kind, bin, number
			on conflict on constraint rail_account_once do update set name = excluded.name
			returning id, office, kind, bank_bin, account_no, name
		)
		select `+accountColumns+` from (
			select k.*, w.ord from wanted w join kept k
				on k.office = w.office and k.kind = w.kind
				and k.bank_bin is not distinct from w.bin and k.account_no is not distinct from w.number
		) x order by ord`,
		pgx.StrictNamedArgs{"office": office, "kind": kind, "bin": bin, "number": number, "name": name})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[RailAccount])
}

// AccountOf returns an office's account of a kind, "bank" or "post"; the first one made
// when there are several. It returns ErrNoAccount when there is none.
func AccountOf(ctx context.Context, q pg.Queryer, office, kind string) (RailAccount, error) {
	return oneAccount(ctx, q, fmt.Sprintf("bank: %s account of office %s", kind, office),
		`select `+accountColumns+` from rail_account where office = $1 and kind = $2 order by id limit 1`, office, kind)
}

// AccountByID returns one account, or ErrNoAccount.
func AccountByID(ctx context.Context, q pg.Queryer, id RailAccountID) (RailAccount, error) {
	return oneAccount(ctx, q, fmt.Sprintf("bank: account %d", id),
		`select `+accountColumns+` from rail_account where id = $1`, id)
}

// AccountByNumber returns whose account a statement is of, or ErrNoAccount. bin may be
// empty where the statement does not name the bank; then a number that two banks share
// is ErrNoAccount too, because a guess would book into the wrong books.
func AccountByNumber(ctx context.Context, q pg.Queryer, bin, number string) (_ RailAccount, err error) {
	defer pg.Wrap(&err, "bank: account by number")
	rows, err := q.Query(ctx, `
		select `+accountColumns+` from rail_account
		where account_no = $1 and ($2 = '' or bank_bin = $2) order by id limit 2`, number, bin)
	if err != nil {
		return RailAccount{}, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[RailAccount])
	if err != nil {
		return RailAccount{}, err
	}
	if len(found) != 1 {
		return RailAccount{}, ErrNoAccount
	}
	return found[0], nil
}

func oneAccount(ctx context.Context, q pg.Queryer, what, sql string, args ...any) (_ RailAccount, err error) {
	defer pg.Wrap(&err, "%s", what)
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return RailAccount{}, err
	}
	a, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[RailAccount])
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrNoAccount
	}
	return a, err
}
