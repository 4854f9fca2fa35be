package payout

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
)

// RateStatus is a set of rates and whether it may be paid by.
type RateStatus struct {
	RateSet
	ConfirmedBy string     `json:"confirmed_by,omitempty"` // login
	ConfirmedAt *time.Time `json:"confirmed_at,omitempty"`
	Note        string     `json:"note,omitempty"`
}

// ListRates lists the program's sets of rates with what this installation confirmed.
// Provisional is false once a set is confirmed.
func ListRates(ctx context.Context, q pg.Queryer) (_ []RateStatus, err error) {
	defer pg.Wrap(&err, "payout: list rates")
	confirmed, err := confirmations(ctx, q)
	if err != nil {
		return nil, err
	}
	r := EmbeddedRates().Confirmed(confirmed)
	list := make([]RateStatus, len(r.Sets))
	at := map[string]*RateStatus{}
	for i, s := range r.Sets {
		list[i].RateSet = s
		at[s.ID] = &list[i]
	}
	rows, err := q.Query(ctx, `
		select c.set_id, c.sha256, s.login, c.confirmed_at, c.note from rate_confirmation c join staff s on s.id = c.confirmed_by
		order by c.confirmed_at`)
	if err != nil {
		return nil, err
	}
	var id, login, note string
	var sum []byte
	var when time.Time
	_, err = pgx.ForEachRow(rows, []any{&id, &sum, &login, &when, &note}, func() error {
		if s := at[id]; s != nil && string(s.SHA256) == string(sum) {
			t := when
			s.ConfirmedBy, s.ConfirmedAt, s.Note = login, &t, note
		}
		return nil
	})
	return list, err
}

// ConfirmRates says that a person compared a provisional set with the signed text. It
// takes an accountant or a chairman of the province: rates are everybody's.
func ConfirmRates(ctx context.Context, pool *pgxpool.Pool, set string, by StaffID, note string, now time.Time) (err error) {
	defer pg.Wrap(&err, "payout: confirm rates %s", set)
	if strings.TrimSpace(note) == "" {
		return refuse("say which signed text the rates were compared with")
	}
	for _, s := range EmbeddedRates().Sets {
		if s.ID != set {
			continue
		}
		if !s.Provisional {
			return refuse("the set is not provisional")
		}
		return pg.Tx(ctx, pool, func(tx pgx.Tx) error {
			who, err := actor(ctx, tx, by)
			if err != nil {
				return err
			}
			var may bool
			err = tx.QueryRow(ctx, `select office is null and roles && array['accountant', 'chairman'] from staff where id = $1`, by).Scan(&may)
			if err != nil {
				return err
			}
			if !may {
				return refuse("only an accountant or a chairman of the whole province confirms rates")
			}
			_, err = tx.Exec(ctx, `
				insert into rate_confirmation (set_id, sha256, confirmed_by, confirmed_at, note) values ($1, $2, $3, $4, $5)`,
				set, s.SHA256, by, now, note)
			if pg.Constraint(err) == "rate_confirmation_pkey" {
				return refuse("the set was confirmed before")
			}
			if err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Event{At: now, Actor: who, Kind: "rates.confirmed", Subject: "rates:" + set,
				Payload: map[string]any{"sha256": hexed(s.SHA256), "note": note}})
		})
	}
	return refuse("there is no such set: see 'ansinh rates list'")
}
