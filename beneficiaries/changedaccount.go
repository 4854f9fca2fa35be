package beneficiaries

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
)

// ChangedAccount is one person whose money goes elsewhere than before.
type ChangedAccount struct {
	Person   PersonID  `json:"person"`
	Name     string    `json:"name"`
	Office   string    `json:"office"`
	Way      string    `json:"way"`
	BankBIN  string    `json:"bank_bin"`
	Account  string    `json:"account"` // masked
	Holder   string    `json:"holder"`
	Verdict  string    `json:"verdict"` // of the holder's name: same, near, different, none
	Why      string    `json:"why"`     // the same in words
	Since    time.Time `json:"since"`
	List     ListID    `json:"list"`
	FileName string    `json:"file_name"` // what brought it
	By       string    `json:"by"`        // who brought it
	Before   string    `json:"before"`    // bank and masked account, or "cash"
}

// ChangedAccounts returns who is paid to another account since a moment, the
// doubtful first and then the newest: what the next run has to show before all
// else. Whoever had no way to be paid before is not among them.
func ChangedAccounts(ctx context.Context, q pg.Queryer, box *secret.Box, office string, since time.Time, limit int) (_ []ChangedAccount, err error) {
	defer pg.Wrap(&err, "beneficiaries: changed accounts")
	rows, err := q.Query(ctx, `
		select p.id, p.name, p.office, y.way, coalesce(y.bank_bin, ''), y.account_enc, y.holder_name, y.holder_verdict, y.holder_why, y.since,
		       l.id, l.file_name, l.imported_by, o.way, coalesce(o.bank_bin, ''), o.account_enc
		  from payee y
		  join person p on p.id = y.person_id
		  join list l on l.id = y.list_id
		  join lateral (select b.way, b.bank_bin, b.account_enc, b.account_idx from payee b
		                 where b.person_id = y.person_id and b.ended_at is not null order by b.ended_at desc, b.id desc limit 1) o on true
		 where y.ended_at is null and y.since >= @since and (@office = '' or p.office = @office) and p.merged_into is null
		   and (o.way, o.bank_bin, o.account_idx) is distinct from (y.way, y.bank_bin, y.account_idx)
		 order by array_position(array['different', 'near', 'none', 'same'], y.holder_verdict), y.since desc, p.id limit @limit`,
		pgx.StrictNamedArgs{"office": office, "since": since, "limit": limitOr(limit, 200)})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c ChangedAccount, err error) {
		var now, before []byte
		var way, bin string
		err = row.Scan(&c.Person, &c.Name, &c.Office, &c.Way, &c.BankBIN, &now, &c.Holder, &c.Verdict, &c.Why, &c.Since,
			&c.List, &c.FileName, &c.By, &way, &bin, &before)
		if err != nil {
			return c, err
		}
		if c.Account, err = maskSealed(box, secret.AccountNumber, now); err != nil {
			return c, err
		}
		if c.Before = "cash"; way == "bank" {
			masked, err := maskSealed(box, secret.AccountNumber, before)
			if err != nil {
				return c, err
			}
			c.Before = bankShort(bin) + " " + masked
		}
		return c, nil
	})
}

// maskSealed opens a sealed number and hides its middle; nothing is nothing.
func maskSealed(box *secret.Box, label string, sealed []byte) (string, error) {
	if sealed == nil {
		return "", nil
	}
	plain, err := box.Open(label, sealed)
	return secret.Mask(plain), err
}

// bankShort is a bank's everyday name, its digits when it is not known.
func bankShort(bin string) string {
	if b, ok := BankByBIN(bin); ok {
		return b.Short
	}
	return bin
}
