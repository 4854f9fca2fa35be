package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// Ensure makes the accounts that do not exist yet and returns the numbers of all, by
// code. An existing account is returned as it stands; it is an error when its type or
// its no_overdraft is another, for accounts never change.
func Ensure(ctx context.Context, tx pgx.Tx, accounts []Account) (ids map[string]AccountID, err error) {
	defer pg.Wrap(&err, "ledger: ensure %d accounts", len(accounts))
	wanted := slices.Clone(accounts)
	// in the order of codes, so that two who make the same accounts never wait in a circle
	slices.SortStableFunc(wanted, func(a, b Account) int { return cmp.Compare(a.Code, b.Code) })
	wanted = slices.CompactFunc(wanted, func(a, b Account) bool { return a.Code == b.Code })
	ids = make(map[string]AccountID, len(wanted))
	for chunk := range slices.Chunk(wanted, 20_000) {
		if err := ensure(ctx, tx, chunk, ids); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

func ensure(ctx context.Context, tx pgx.Tx, accounts []Account, ids map[string]AccountID) error {
	found := func(accounts []Account) error {
		byCode := make(map[string]Account, len(accounts))
		codes := make([]string, len(accounts))
		for i, a := range accounts {
			codes[i], byCode[a.Code] = a.Code, a
		}
		rows, err := tx.Query(ctx, "select a.id, a.code, a.type, a.no_overdraft from unnest($1::text[]) c(code) join account a using (code)", codes)
		if err != nil {
			return err
		}
		var id AccountID
		var has Account
		_, err = pgx.ForEachRow(rows, []any{&id, &has.Code, &has.Type, &has.NoOverdraft}, func() error {
			if want := byCode[has.Code]; want.Type != has.Type || want.NoOverdraft != has.NoOverdraft {
				return fmt.Errorf("account %s is %s (no overdraft: %t), not %s (%t): %w",
					has.Code, has.Type, has.NoOverdraft, want.Type, want.NoOverdraft, ErrInvalid)
			}
			ids[has.Code] = id
			return nil
		})
		return err
	}
	if err := found(accounts); err != nil {
		return err
	}
	missing := slices.DeleteFunc(slices.Clone(accounts), func(a Account) bool { return ids[a.Code] != 0 })
	if len(missing) == 0 {
		return nil
	}
	n := len(missing)
	code, name, kind, floor := make([]string, n), make([]string, n), make([]string, n), make([]bool, n)
	office, fund, scheme, owner := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	for i, a := range missing {
		code[i], name[i], kind[i], floor[i] = a.Code, a.Name, a.Type, a.NoOverdraft
		office[i], fund[i], scheme[i], owner[i] = a.Office, a.Fund, a.Scheme, a.Owner
	}
	_, err := tx.Exec(ctx, `
		insert into account (code, name, type, no_overdraft, office, fund, scheme, owner)
		select code, name, type, no_overdraft, office, fund, scheme, owner
		from unnest($1::text[], $2::text[], $3::text[], $4::bool[], $5::text[], $6::text[], $7::text[], $8::text[])
			as a(code, name, type, no_overdraft, office, fund, scheme, owner)
		on conflict (code) do nothing`, code, name, kind, floor, office, fund, scheme, owner)
	if err != nil {
		return explain(err)
	}
	return found(missing)
}

// Balance returns what the account holds in its natural sign: debits less credits for
// assets and expenses, credits less debits for the others. It is ErrNoAccount when
// there is none of that code.
func Balance(ctx context.Context, q pg.Queryer, code string) (v money.VND, err error) {
	defer pg.Wrap(&err, "ledger: balance of %s", code)
	err = q.QueryRow(ctx, `
		select b.sign * (b.debits - b.credits) from balance b join account a on a.id = b.account_id
		where a.code = $1`, code).Scan(&v)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, ErrNoAccount
	}
	return v, err
}
