package beneficiaries

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
)

// FullAccount returns a payee's whole account number and records who saw it and
// why, in the same transaction. It returns "" for a payee without one.
func FullAccount(ctx context.Context, tx pgx.Tx, box *secret.Box, id PayeeID, by, reason string, now time.Time) (account string, err error) {
	defer pg.Wrap(&err, "beneficiaries: full account of payee %d", id)
	if strings.TrimSpace(reason) == "" {
		return "", ErrReason
	}
	var sealed []byte
	var person PersonID
	err = tx.QueryRow(ctx, `select person_id, account_enc from payee where id = $1`, id).Scan(&person, &sealed)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", ErrNoPerson
	}
	if err != nil || sealed == nil {
		return "", err
	}
	if account, err = box.Open(secret.AccountNumber, sealed); err != nil {
		return "", err
	}
	return account, audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "payee.account.viewed",
		Subject: fmt.Sprintf("person:%d", person), Payload: map[string]any{"payee": id, "reason": reason}})
}

// View is one full view of somebody's number or account, as the log has it.
type View struct {
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Kind   string    `json:"kind"` // number, account
	Reason string    `json:"reason"`
}

// Views returns who saw a person's whole number or account, newest first.
func Views(ctx context.Context, q pg.Queryer, id PersonID) (_ []View, err error) {
	defer pg.Wrap(&err, "beneficiaries: views of person %d", id)
	rows, err := q.Query(ctx, `
		select at, actor, case kind when 'payee.account.viewed' then 'account' else 'number' end, coalesce(payload ->> 'reason', '')
		  from audit_event where subject = $1 and kind in ('person.number.viewed', 'payee.account.viewed') order by id desc limit 50`,
		fmt.Sprintf("person:%d", id))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[View])
}

// RecordQuarantineExport leaves a trace of whoever takes the rows of a list out
// as a spreadsheet, with the numbers in them.
func RecordQuarantineExport(ctx context.Context, tx pgx.Tx, list ListID, rows int, by string, now time.Time) error {
	return audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "list.quarantine.exported", Subject: fmt.Sprintf("list:%d", list),
		Payload: map[string]any{"rows": rows}})
}

// ByAccount finds the people who are paid to an account of any bank.
func ByAccount(ctx context.Context, q pg.Queryer, box *secret.Box, account string) (_ []PersonID, err error) {
	defer pg.Wrap(&err, "beneficiaries: find by account")
	clean, ok := cleanAccount(account)
	if !ok || clean == "" {
		return nil, nil
	}
	indexes := [][]byte{accountIndex(box, "", clean)} // of a bank that is not known
	for bin := range bankByBIN {
		indexes = append(indexes, accountIndex(box, bin, clean))
	}
	rows, err := q.Query(ctx, `
		select distinct coalesce(p.merged_into, p.id) from payee y join person p on p.id = y.person_id
		 where y.account_idx = any($1) and y.ended_at is null order by 1 limit 100`, indexes)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[PersonID])
}
