package beneficiaries

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
)

// SharedAccount is one account that several people are paid to.
type SharedAccount struct {
	Payee   PayeeID        `json:"payee"` // of its first user; names the account
	BankBIN string         `json:"bank_bin"`
	Account string         `json:"account"` // masked
	Holder  string         `json:"holder"`
	Open    bool           `json:"open"` // somebody has no reason written down: that person is held
	Users   []SharedByUser `json:"users"`
}

// SharedByUser is one of the people of a shared account.
type SharedByUser struct {
	Person  PersonID  `json:"person"`
	Name    string    `json:"name"`
	Office  string    `json:"office"`
	Hamlet  string    `json:"hamlet"`
	Kind    string    `json:"kind"` // who collects: self, recipient, …
	Verdict string    `json:"verdict"`
	Reason  string    `json:"reason"` // why several use it, "" when nobody has said
	Since   time.Time `json:"since"`
}

// SharedAccounts returns the accounts that several people use, those without a
// reason first; of an office when one of them is its, with all of their users.
func SharedAccounts(ctx context.Context, q pg.Queryer, box *secret.Box, office string, limit int) (_ []SharedAccount, err error) {
	defer pg.Wrap(&err, "beneficiaries: shared accounts")
	rows, err := q.Query(ctx, `
		with shared as (
		    select y.account_idx, min(y.id) as first, bool_or(y.shared_reason = '') as open
		      from payee y join person p on p.id = y.person_id
		     where y.ended_at is null and y.way = 'bank' and y.account_idx is not null
		     group by y.account_idx
		    having count(distinct y.person_id) > 1 and (@office = '' or bool_or(p.office = @office))
		     order by open desc, first limit @limit
		)
		select s.first, s.open, coalesce(y.bank_bin, ''), y.account_enc, y.holder_name,
		       p.id, p.name, p.office, p.hamlet, y.kind, y.holder_verdict, y.shared_reason, y.since
		  from shared s
		  join payee y on y.account_idx = s.account_idx and y.ended_at is null
		  join person p on p.id = y.person_id
		 order by s.open desc, s.first, y.id`,
		pgx.StrictNamedArgs{"office": office, "limit": limitOr(limit, 200)})
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []SharedAccount
	for rows.Next() {
		var a SharedAccount
		var u SharedByUser
		var sealed []byte
		if err := rows.Scan(&a.Payee, &a.Open, &a.BankBIN, &sealed, &a.Holder, &u.Person, &u.Name, &u.Office, &u.Hamlet,
			&u.Kind, &u.Verdict, &u.Reason, &u.Since); err != nil {
			return nil, err
		}
		if len(out) == 0 || out[len(out)-1].Payee != a.Payee {
			plain, err := box.Open(secret.AccountNumber, sealed)
			if err != nil {
				return nil, err
			}
			a.Account = secret.Mask(plain)
			out = append(out, a)
		}
		out[len(out)-1].Users = append(out[len(out)-1].Users, u)
	}
	return out, rows.Err()
}

// AcceptSharedAccounts records why several people use the account of a payee, for
// all of them who have no reason yet, such as a mother who collects for two
// children. It returns whom it released of this hold, in order.
func AcceptSharedAccounts(ctx context.Context, pool *pgxpool.Pool, payee PayeeID, reason, by string, now time.Time) (people []PersonID, err error) {
	defer pg.Wrap(&err, "beneficiaries: accept shared account of payee %d", payee)
	if reason = strings.TrimSpace(reason); reason == "" {
		return nil, ErrReason
	}
	err = pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			update payee set shared_reason = $2
			 where id in (select y.id from payee y
			               where y.account_idx = (select a.account_idx from payee a where a.id = $1 and a.ended_at is null)
			                 and y.ended_at is null and y.shared_reason = '' order by y.id for update)
			returning person_id`, payee, reason)
		if err != nil {
			return err
		}
		if people, err = pgx.CollectRows(rows, pgx.RowTo[PersonID]); err != nil {
			return err
		}
		slices.Sort(people)
		if len(people) == 0 {
			return ErrNoPerson
		}
		for _, p := range people {
			err := audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "payee.shared_accepted", Subject: fmt.Sprintf("person:%d", p),
				Payload: map[string]any{"payee": payee, "reason": reason}})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return people, err
}
