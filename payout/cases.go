package payout

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// CaseID names something that a person has to look into.
type CaseID int64

// CaseKind says what a case is about. While one about a death or an account is open, the
// next runs hold the person, or the account.
type CaseKind string

// The kinds of a case.
const (
	CaseDeath    CaseKind = "death"    // the bank tells of a death: the register is asked, the home visited
	CaseAccount  CaseKind = "account"  // this account does not take money
	CaseAsk      CaseKind = "ask"      // somebody has to speak with the person, or with compliance
	CaseClawback CaseKind = "clawback" // paid for months after a death
)

// Case is something that a person has to look into.
type Case struct {
	ID       CaseID     `json:"id" db:"id"`
	Kind     CaseKind   `json:"kind" db:"kind"`
	Person   PersonID   `json:"person" db:"person_id"`
	Name     string     `json:"name" db:"name"`
	Office   string     `json:"office" db:"office"`
	Payment  *PaymentID `json:"payment" db:"payment_id"`
	Reason   string     `json:"reason" db:"reason_code"`
	Returned bool       `json:"returned" db:"returned"` // the money came back; else it was refused before the debit
	Amount   money.VND  `json:"amount" db:"amount"`
	Note     string     `json:"note" db:"note"`
	OpenedAt time.Time  `json:"opened_at" db:"opened_at"`
	ClosedAt *time.Time `json:"closed_at" db:"closed_at"`
	ClosedBy string     `json:"closed_by" db:"closed_by"`
}

// What says what the case is about and what to do, in Vietnamese and English.
func (c Case) What() (vi, en string) {
	kind := OutcomeRejected
	if c.Returned {
		kind = OutcomeReturned
	}
	switch {
	case c.Reason != "":
		return ReasonWords(kind, c.Reason)
	case c.Kind == CaseClawback:
		return "Đã chi cho tháng sau khi mất; thu hồi từ gia đình", "Paid for months after the death; recover it from the household"
	}
	return "Cần xem xét", "To be looked at"
}

// CaseFilter chooses cases.
type CaseFilter struct {
	ID     CaseID
	Office string // "" is any
	Kind   CaseKind
	Closed bool   // those that are closed, instead of those that are open
	After  CaseID // the last of the page before
	Limit  int    // 0 means 100
}

// Cases lists cases, the oldest first.
func Cases(ctx context.Context, q pg.Queryer, f CaseFilter) (_ []Case, err error) {
	defer pg.Wrap(&err, "payout: cases")
	if f.Limit <= 0 {
		f.Limit = 100
	}
	rows, err := q.Query(ctx, `
		select c.id, c.kind, c.person_id, p.name, p.office, c.payment_id, c.reason_code, c.amount, c.note, c.opened_at, c.closed_at,
		       coalesce((select name from staff where id = c.closed_by), '') closed_by,
		       coalesce((select i.state = 'returned' from instruction i where i.payment_id = c.payment_id order by i.attempt desc limit 1), false) returned
		from payment_case c join person p on p.id = c.person_id
		where (@id = 0 or c.id = @id) and (@id <> 0 or (c.closed_at is not null) = @closed) and (@office = '' or p.office = @office)
		  and (@kind = '' or c.kind = @kind) and c.id > @after
		order by c.id limit @limit`,
		pgx.StrictNamedArgs{"id": int64(f.ID), "closed": f.Closed, "office": f.Office, "kind": string(f.Kind), "after": int64(f.After), "limit": f.Limit})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Case])
}

// CloseCase ends a case with what was found out; the next run looks at the person anew.
func CloseCase(ctx context.Context, pool *pgxpool.Pool, id CaseID, by StaffID, found string, now time.Time) (err error) {
	defer pg.Wrap(&err, "payout: close case %d", id)
	if strings.TrimSpace(found) == "" {
		return refuse("say what was found out")
	}
	return pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		who, err := actor(ctx, tx, by)
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `
			update payment_case set closed_at = $2, closed_by = $3, note = case note when '' then $4 else note || '; ' || $4 end
			where id = $1 and closed_at is null`, id, now, by, found)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return refuse("there is no open case %d", id)
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: who, Kind: "case.closed", Subject: fmt.Sprintf("case:%d", id),
			Payload: map[string]any{"found": found}})
	})
}

// openCase asks somebody to look, where the reason says so.
func openCase(ctx context.Context, tx pgx.Tx, x ordered, o Outcome) error {
	why, known := reasonOf(o.Kind, o.Reason)
	kind := CaseAsk
	switch why.class {
	case askDeath:
		kind = CaseDeath
	case askAccount, askFraud:
		kind = CaseAccount
	case askOperator:
		if known || o.Reason == "" {
			return nil
		}
	}
	_, err := tx.Exec(ctx, `
		insert into payment_case (kind, person_id, payment_id, account_idx, reason_code, amount, note, opened_at, opened_by)
		select @kind, person_id, id, account_idx, @reason, amount, @info, @now, @by from payment where id = @payment
		on conflict on constraint payment_case_once do nothing`,
		pgx.StrictNamedArgs{"kind": kind, "reason": o.Reason, "info": o.Info, "now": o.Now, "by": o.By, "payment": x.payment})
	return err
}
