package payout

import (
	"context"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
)

// DeclareStaffAccount writes down an account of somebody who works here, so that no
// benefit goes to it unseen. Declared again it changes nothing.
func DeclareStaffAccount(ctx context.Context, pool *pgxpool.Pool, box *secret.Box, of StaffID, bin, account string, by StaffID, now time.Time) (err error) {
	defer pg.Wrap(&err, "payout: declare an account of staff %d", of)
	if !regexp.MustCompile(`^[0-9]{6}$`).MatchString(bin) || !accountShape.MatchString(account) {
		return refuse("a bank is six digits, and an account 4 to 34 digits or capitals")
	}
	return pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		who, err := actor(ctx, tx, by)
		if err != nil {
			return err
		}
		if _, err := actor(ctx, tx, of); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `
			insert into staff_account (staff_id, bank_bin, account_enc, account_idx, declared_by, declared_at)
			values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
			of, bin, box.Seal(secret.AccountNumber, account), box.Index(secret.AccountNumber, bin+":"+account), by, now)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: who, Kind: "staff.account_declared", Subject: "staff:" + secret.Mask(account),
			Payload: map[string]any{"staff": of, "bank": bin, "account": secret.Mask(account)}})
	})
}

// guarded are the accounts of staff and vendors by their keyed index.
type guarded map[string]string // index → hold reason

// readGuarded opens the accounts that benefits do not go to unseen. They are sealed, and
// indexed otherwise by those who keep them, so whoever prepares needs the keys.
func readGuarded(ctx context.Context, q pg.Queryer, box *secret.Box) (guarded, error) {
	rows, err := q.Query(ctx, `select kind, bank_bin, account_enc from guarded_account order by kind desc, id`)
	if err != nil {
		return nil, err
	}
	g := guarded{}
	var kind, bin string
	var sealed []byte
	_, err = pgx.ForEachRow(rows, []any{&kind, &bin, &sealed}, func() error {
		if box == nil {
			return refuse("accounts of staff and vendors are compared with those of beneficiaries: preparing needs the keys")
		}
		account, err := box.Open(secret.AccountNumber, sealed)
		if err != nil {
			return err
		}
		reason := HoldVendor
		if kind == "staff" {
			reason = HoldStaff
		}
		g[string(box.Index(secret.AccountNumber, bin+":"+account))] = reason
		return nil
	})
	return g, err
}
