package payout

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

// RecoveryID names a decision about what somebody was overpaid.
type RecoveryID int64

// RecoveryKind says what is decided about what somebody was overpaid.
type RecoveryKind string

// The kinds of a decision.
const (
	Instalments RecoveryKind = "instalments" // at most so much a month from payments
	WriteOff    RecoveryKind = "write_off"   // it is not asked for any more
)

// RecoveryInput is a decision as it is proposed.
type RecoveryInput struct {
	Person     PersonID
	Kind       RecoveryKind
	DecisionNo string
	DecidedOn  time.Time
	Signer     string
	Scheme     Scheme    // of a write-off: whose expense it becomes; "" where only one scheme overpaid
	Amount     money.VND // đồng a month, or written off
	Reason     string
	By         StaffID
	Now        time.Time
}

// ErrOwnRecovery is a decision confirmed by who proposed it.
var ErrOwnRecovery = &Refusal{"who proposed a decision cannot confirm it: ask the chairman"}

// ProposeRecovery writes a decision down; it works when a chairman has confirmed it.
func ProposeRecovery(ctx context.Context, pool *pgxpool.Pool, in RecoveryInput) (id RecoveryID, err error) {
	defer pg.Wrap(&err, "payout: propose a recovery from person %d", in.Person)
	switch {
	case in.Kind != Instalments && in.Kind != WriteOff:
		return 0, refuse("%q is no decision about a recovery: use instalments or write_off", in.Kind)
	case strings.TrimSpace(in.DecisionNo) == "" || strings.TrimSpace(in.Signer) == "" || strings.TrimSpace(in.Reason) == "":
		return 0, refuse("a decision needs its number, its signer and a reason")
	case in.DecidedOn.IsZero() || in.DecidedOn.After(bookDay(in.Now)):
		return 0, refuse("a decision needs its day, which is not after today")
	case in.Amount <= 0:
		return 0, refuse("the amount is in đồng and more than 0")
	}
	err = pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		who, err := actor(ctx, tx, in.By)
		if err != nil {
			return err
		}
		d, err := DebtOf(ctx, tx, in.Person)
		if err != nil {
			return err
		}
		if d.Rest <= 0 {
			return refuse("this person owes nothing back")
		}
		var scheme *Scheme
		if in.Kind == WriteOff {
			if in.Amount > d.Rest {
				return refuse("the person owes %s, not %s", d.Rest.Format(), in.Amount.Format())
			}
			s, err := overpaidScheme(ctx, tx, in.Person, in.Scheme)
			if err != nil {
				return err
			}
			scheme = &s
		}
		err = tx.QueryRow(ctx, `
			insert into recovery (person_id, office, kind, decision_no, decided_on, signer, scheme, amount, reason, proposed_by, proposed_at)
			values (@person, @office, @kind, @no, @on, @signer, @scheme, @amount, @reason, @by, @now) returning id`,
			pgx.StrictNamedArgs{"person": in.Person, "office": d.Office, "kind": in.Kind, "no": in.DecisionNo, "on": in.DecidedOn, "signer": in.Signer,
				"scheme": scheme, "amount": in.Amount, "reason": in.Reason, "by": in.By, "now": in.Now}).Scan(&id)
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: in.Now, Actor: who, Kind: "recovery.proposed", Subject: fmt.Sprintf("recovery:%d", id),
			Payload: map[string]any{"person": in.Person, "kind": in.Kind, "decision": in.DecisionNo, "amount": in.Amount}})
	})
	return id, err
}

// overpaidScheme is the scheme that overpaid a person: the only one, or the one named.
func overpaidScheme(ctx context.Context, q pg.Queryer, person PersonID, named Scheme) (Scheme, error) {
	rows, err := q.Query(ctx, `
		select distinct i.scheme from payment p join payment_item i on i.payment_id = p.id
		where p.person_id = $1 and p.live and p.state <> 'held' and i.amount < 0 order by 1`, person)
	if err != nil {
		return "", err
	}
	schemes, err := pgx.CollectRows(rows, pgx.RowTo[Scheme])
	if err != nil {
		return "", err
	}
	if named == "" && len(schemes) == 1 {
		return schemes[0], nil
	}
	for _, s := range schemes {
		if s == named {
			return s, nil
		}
	}
	return "", refuse("name the scheme that overpaid: one of %v", schemes)
}

// ConfirmRecovery makes a proposed decision work: a new instalment takes the place of
// the one before, a write-off is posted (611 / 1388). Only a chairman of the office or of
// the province confirms, and never who proposed: ErrOwnRecovery.
func ConfirmRecovery(ctx context.Context, pool *pgxpool.Pool, id RecoveryID, by StaffID, now time.Time) (err error) {
	defer pg.Wrap(&err, "payout: confirm recovery %d", id)
	err = answerRecovery(ctx, pool, id, by, now, "recovery.confirmed", func(tx pgx.Tx, d RecoveryDecision, who string) error {
		if err := beChairman(ctx, tx, by, d.Office); err != nil {
			return err
		}
		if d.Kind == Instalments {
			if _, err := tx.Exec(ctx, `
				update recovery set ended_at = $2 where person_id = $1 and kind = 'instalments' and confirmed_at is not null and ended_at is null`,
				d.Person, now); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `update recovery set confirmed_by = $2, confirmed_at = $3 where id = $1`, id, by, now); err != nil {
			return err
		}
		if d.Kind == Instalments {
			return nil
		}
		cost, owes := expense(d.Office, *d.Scheme), receivable(int64(d.Person))
		ids, err := ledger.Ensure(ctx, tx, []ledger.Account{cost, owes})
		if err != nil {
			return err
		}
		_, err = ledger.Post(ctx, tx, ledger.Entry{Key: fmt.Sprintf("recovery:%d:written_off", id), On: bookDay(now), Kind: "recovery.written_off",
			Memo: "Xóa khoản phải thu theo quyết định " + d.DecisionNo, Ref: fmt.Sprintf("recovery:%d", id), By: who, At: now,
			Transfers: []ledger.Transfer{{Debit: ids[cost.Code], Credit: ids[owes.Code], Amount: d.Amount}}})
		return err
	})
	switch pg.Constraint(err) {
	case "recovery_two_people":
		return ErrOwnRecovery
	case "recovery_within":
		return refuse("the person does not owe that much any more: propose a new decision")
	}
	return err
}

// RefuseRecovery turns a proposed decision down.
func RefuseRecovery(ctx context.Context, pool *pgxpool.Pool, id RecoveryID, by StaffID, now time.Time) (err error) {
	defer pg.Wrap(&err, "payout: refuse recovery %d", id)
	return answerRecovery(ctx, pool, id, by, now, "recovery.refused", func(tx pgx.Tx, _ RecoveryDecision, _ string) error {
		_, err := tx.Exec(ctx, `update recovery set refused_at = $2 where id = $1`, id, now)
		return err
	})
}

func answerRecovery(ctx context.Context, pool *pgxpool.Pool, id RecoveryID, by StaffID, now time.Time, kind string,
	do func(pgx.Tx, RecoveryDecision, string) error) error {
	return pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		who, err := actor(ctx, tx, by)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, recoveryColumns+`where r.id = $1 for update of r`, id)
		if err != nil {
			return err
		}
		d, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[RecoveryDecision])
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		if d.State != "proposed" {
			return refuse("the decision was answered before")
		}
		if err := do(tx, d, who); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: who, Kind: kind, Subject: fmt.Sprintf("recovery:%d", id),
			Payload: map[string]any{"person": d.Person, "kind": d.Kind, "decision": d.DecisionNo, "amount": d.Amount}})
	})
}

// beChairman refuses who is no chairman of an office or of the province.
func beChairman(ctx context.Context, q pg.Queryer, id StaffID, office string) error {
	var is bool
	err := q.QueryRow(ctx, `
		select exists (select from staff where id = $1 and disabled_at is null and 'chairman' = any (roles) and (office is null or office = $2))`,
		id, office).Scan(&is)
	if err == nil && !is {
		err = refuse("only a chairman of the office, or of the province, decides this")
	}
	return err
}
