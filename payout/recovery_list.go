package payout

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// Debt is what a person was overpaid, and what became of it:
// Rest = Found − SetOff − Returned − WrittenOff.
type Debt struct {
	Person     PersonID   `json:"person" db:"person_id"`
	Name       string     `json:"name" db:"name"`
	Office     string     `json:"office" db:"office"`
	DiedOn     *time.Time `json:"died_on" db:"died_on"`
	Found      money.VND  `json:"found" db:"found"`
	SetOff     money.VND  `json:"set_off" db:"set_off"`
	Returned   money.VND  `json:"returned" db:"returned"`
	WrittenOff money.VND  `json:"written_off" db:"written_off"`
	Rest       money.VND  `json:"rest" db:"rest"`
	Instalment *money.VND `json:"instalment" db:"instalment"` // at most this a month; nil: what the settings allow
	Waiting    int        `json:"waiting" db:"waiting"`       // decisions that nobody has confirmed
}

// RecoveryDecision is a decision about what somebody was overpaid.
type RecoveryDecision struct {
	ID          RecoveryID   `json:"id" db:"id"`
	Person      PersonID     `json:"person" db:"person_id"`
	Office      string       `json:"office" db:"office"`
	Kind        RecoveryKind `json:"kind" db:"kind"`
	State       string       `json:"state" db:"state"` // proposed, confirmed, refused, ended
	DecisionNo  string       `json:"decision_no" db:"decision_no"`
	DecidedOn   time.Time    `json:"decided_on" db:"decided_on"`
	Signer      string       `json:"signer" db:"signer"`
	Scheme      *Scheme      `json:"scheme" db:"scheme"`
	Amount      money.VND    `json:"amount" db:"amount"`
	Reason      string       `json:"reason" db:"reason"`
	ProposedBy  string       `json:"proposed_by" db:"proposed_by"`
	ConfirmedBy string       `json:"confirmed_by" db:"confirmed_by"`
}

const recoveryColumns = `
	select r.id, r.person_id, r.office, r.kind, r.decision_no, r.decided_on, r.signer, r.scheme, r.amount, r.reason,
	       case when r.refused_at is not null then 'refused' when r.ended_at is not null then 'ended'
	            when r.confirmed_at is not null then 'confirmed' else 'proposed' end state,
	       (select name from staff where id = r.proposed_by) proposed_by,
	       coalesce((select name from staff where id = r.confirmed_by), '') confirmed_by
	from recovery r `

// debtColumns counts a payment as found when it cannot be cancelled any more; the
// function overpaid of the database draws the same line.
const debtColumns = `
	select q.id person_id, q.name, q.office, q.died_on, d.found, d.set_off, d.returned, d.written_off,
	       d.found - d.set_off - d.returned - d.written_off rest,
	       (select amount from recovery where person_id = q.id and kind = 'instalments' and confirmed_at is not null and ended_at is null) instalment,
	       (select count(*)::int from recovery where person_id = q.id and confirmed_at is null and refused_at is null) waiting
	from person q cross join lateral (
	    select coalesce((select sum(clawback) from payment where person_id = q.id and live and state not in ('held', 'ready')), 0)::bigint found,
	           coalesce((select sum(set_off) from payment where person_id = q.id and live and state <> 'held'), 0)::bigint set_off,
	           coalesce((select sum(amount) from recovery_receipt where person_id = q.id), 0)::bigint returned,
	           coalesce((select sum(amount) from recovery where person_id = q.id and kind = 'write_off' and confirmed_at is not null), 0)::bigint written_off) d `

// DebtOf reads what one person was overpaid, or ErrNotFound.
func DebtOf(ctx context.Context, q pg.Queryer, person PersonID) (d Debt, err error) {
	defer pg.Wrap(&err, "payout: overpaid to person %d", person)
	rows, err := q.Query(ctx, debtColumns+`where q.id = $1`, person)
	if err != nil {
		return d, err
	}
	d, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Debt])
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrNotFound
	}
	return d, err
}

// DebtFilter chooses who was overpaid.
type DebtFilter struct {
	Office  string   // "" is any
	Settled bool     // also those who owe nothing any more
	After   PersonID // the last of the page before
	Limit   int      // 0 means 100
}

// Debts lists who was overpaid, by person.
func Debts(ctx context.Context, q pg.Queryer, f DebtFilter) (_ []Debt, err error) {
	defer pg.Wrap(&err, "payout: who was overpaid")
	if f.Limit <= 0 {
		f.Limit = 100
	}
	// offset 0: the few that were overpaid are found first, by their own index
	rows, err := q.Query(ctx, `
		select * from (`+debtColumns+`
		    where q.id in (select person_id from payment where clawback > 0 and live and state <> 'held' and person_id > @after)
		      and (@office = '' or q.office = @office) offset 0) x
		where rest > 0 or waiting > 0 or @settled
		order by person_id limit @limit`,
		pgx.StrictNamedArgs{"office": f.Office, "settled": f.Settled, "after": int64(f.After), "limit": f.Limit})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Debt])
}

// ReceiptView is money that was given back.
type ReceiptView struct {
	ID         int64     `json:"id"`
	Way        string    `json:"way"`
	ReceiptNo  string    `json:"receipt_no"`
	Scheme     Scheme    `json:"scheme"`
	Amount     money.VND `json:"amount"`
	On         time.Time `json:"on"`
	Note       string    `json:"note"`
	RecordedBy string    `json:"recorded_by"`
}

// SetOffView is one payment that found an overpayment or took some of it back.
type SetOffView struct {
	Payment  PaymentID    `json:"payment"`
	Run      RunID        `json:"run"`
	Month    money.Month  `json:"month"`
	Clawback money.VND    `json:"clawback"`
	SetOff   money.VND    `json:"set_off"`
	State    PaymentState `json:"state"`
}

// DebtDetail is a debt with all that led to it.
type DebtDetail struct {
	Debt
	Decisions []RecoveryDecision `json:"decisions"`
	Receipts  []ReceiptView      `json:"receipts"`
	Payments  []SetOffView       `json:"payments"`
}

// GetDebt reads a debt with its decisions, receipts and payments.
func GetDebt(ctx context.Context, q pg.Queryer, person PersonID) (d DebtDetail, err error) {
	defer pg.Wrap(&err, "payout: recovery from person %d", person)
	if d.Debt, err = DebtOf(ctx, q, person); err != nil {
		return d, err
	}
	rows, err := q.Query(ctx, recoveryColumns+`where r.person_id = $1 order by r.id`, person)
	if err != nil {
		return d, err
	}
	if d.Decisions, err = pgx.CollectRows(rows, pgx.RowToStructByName[RecoveryDecision]); err != nil {
		return d, err
	}
	rows, err = q.Query(ctx, `
		select id, way, receipt_no, scheme, amount, on_day, note, recorded_by from recovery_receipt where person_id = $1 order by id`, person)
	if err != nil {
		return d, err
	}
	if d.Receipts, err = pgx.CollectRows(rows, pgx.RowToStructByPos[ReceiptView]); err != nil {
		return d, err
	}
	rows, err = q.Query(ctx, `
		select p.id, p.run_id, r.month, p.clawback, p.set_off, p.state from payment p join run r on r.id = p.run_id
		where p.person_id = $1 and p.live and (p.clawback > 0 or p.set_off > 0) order by p.id`, person)
	if err != nil {
		return d, err
	}
	d.Payments, err = pgx.CollectRows(rows, pgx.RowToStructByPos[SetOffView])
	return d, err
}
