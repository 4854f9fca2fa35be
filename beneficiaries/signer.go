package beneficiaries

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
)

// Signer may sign decisions of an office from a day to a day: the chairman, or who acts
// for the chairman by an authorisation.
type Signer struct {
	ID              int64      `json:"id"`
	Office          string     `json:"office"`
	Name            string     `json:"name"`
	Capacity        string     `json:"capacity"` // chairman, acting
	AuthorisationNo string     `json:"authorisation_no"`
	ValidFrom       time.Time  `json:"valid_from"`
	ValidUntil      *time.Time `json:"valid_until"`
}

// Title is how the signer stands under a decision.
func (s Signer) Title() string {
	if s.Capacity == "acting" {
		return "KT. CHỦ TỊCH\nPHÓ CHỦ TỊCH"
	}
	return "CHỦ TỊCH"
}

// AddSigner records who may sign; it cannot be changed, only followed by another.
func AddSigner(ctx context.Context, pool *pgxpool.Pool, s Signer, by string, now time.Time) (id int64, err error) {
	defer pg.Wrap(&err, "beneficiaries: add signer of office %s", s.Office)
	err = pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `
			insert into signer (office, name, capacity, authorisation_no, valid_from, valid_until, added_by, added_at)
			values (@office, @name, @capacity, @no, @from, @until, @by, @now) returning id`,
			pgx.StrictNamedArgs{"office": s.Office, "name": s.Name, "capacity": s.Capacity, "no": s.AuthorisationNo, "from": s.ValidFrom,
				"until": s.ValidUntil, "by": by, "now": now}).Scan(&id)
		switch pg.Constraint(err) {
		case "":
		case "signer_authorised":
			return ruled("who acts for the chairman needs the number of the authorisation and the day on which it ends")
		case "signer_office_fkey":
			return ruled("there is no office %q", s.Office)
		default:
			return ruled("a signer needs a name, a capacity (chairman or acting), and days in order")
		}
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "signer.added", Subject: fmt.Sprintf("signer:%d", id),
			Payload: map[string]any{"office": s.Office, "name": s.Name, "capacity": s.Capacity, "authorisation": s.AuthorisationNo,
				"from": dayText(s.ValidFrom), "until": s.ValidUntil}})
	})
	return id, err
}

// Signers lists who may sign for an office on a day; the zero day lists all there were.
func Signers(ctx context.Context, q pg.Queryer, office string, on time.Time) (_ []Signer, err error) {
	defer pg.Wrap(&err, "beneficiaries: signers of office %s", office)
	rows, err := q.Query(ctx, `
		select id, office, name, capacity, authorisation_no, valid_from, valid_until from signer
		 where ($1 = '' or office = $1) and ($2::date is null or ($2 >= valid_from and (valid_until is null or $2 <= valid_until)))
		 order by office, capacity = 'acting', id desc`, office, nullDay(on))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Signer])
}
