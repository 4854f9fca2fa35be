package payout

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

// What a payment's stopped column says after a death, and after somebody was found to be
// missing, abroad or detained.
const (
	stoppedByDeath   = "deceased"
	stoppedByAbsence = "absent"
)

// ApplyLifeEvent acts on a death: a payment of a computed run is held, one of a
// submitted run is stopped when it is approved, one that is approved but not sent is
// cancelled and its entry undone, and for one that is sent a case is opened with what
// was paid for months after the month of death. Those months themselves come back as a
// clawback in the next run. An absence (missing, abroad, detained) stops what is not sent
// in the same way and opens no case: whether the right ends is decided by people. That
// somebody lives after all (kind alive) lets go of what the death had stopped and closes
// its cases. A move changes nothing: the office that holds the entitlement pays until the
// stop decision (NĐ 335/2026 Đ8). Asked again, it does nothing new.
func ApplyLifeEvent(ctx context.Context, tx pgx.Tx, e LifeEvent) (err error) {
	defer pg.Wrap(&err, "payout: apply %s of person %d", e.Kind, e.Person)
	switch e.Kind {
	case "alive":
		return letLive(ctx, tx, e)
	case "death", "absence":
	default:
		return nil
	}
	rows, err := tx.Query(ctx, `
		select r.id from run r where r.state in ('computed', 'submitted', 'approved', 'instructed')
		  and exists (select from payment p where p.run_id = r.id and p.person_id = $1 and p.state in ('ready', 'instructed'))
		order by r.id for update`, e.Person)
	if err != nil {
		return err
	}
	runs, err := pgx.CollectRows(rows, pgx.RowTo[RunID])
	if err != nil {
		return err
	}
	for _, run := range runs {
		if err := stopInRun(ctx, tx, run, e); err != nil {
			return err
		}
	}
	if e.Kind == "absence" {
		return nil
	}
	return openClawback(ctx, tx, e)
}

// letLive undoes what a death that was told wrongly has stopped, as far as it can be
// undone: a payment of a frozen run may be sent again, and the cases are closed. What was
// cancelled is owed again and comes with the next run, and a held payment of a computed
// run waits to be released or for the run to be prepared anew.
func letLive(ctx context.Context, tx pgx.Tx, e LifeEvent) error {
	tag, err := tx.Exec(ctx, `
		update payment set stopped = '', changed_at = $3 where person_id = $1 and state = 'ready' and stopped = $2`, e.Person, stoppedByDeath, e.Now)
	if err != nil {
		return err
	}
	cases, err := tx.Exec(ctx, `
		update payment_case set closed_at = $2, note = case note when '' then '' else note || '; ' end || 'the death was told wrongly and taken back'
		where person_id = $1 and kind in ('death', 'clawback') and closed_at is null`, e.Person, e.Now)
	if err != nil || tag.RowsAffected()+cases.RowsAffected() == 0 {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{At: e.Now, Actor: e.By, Kind: "payment.death_taken_back", Subject: fmt.Sprintf("person:%d", e.Person),
		Payload: map[string]any{"payments": tag.RowsAffected(), "cases": cases.RowsAffected()}})
}

func stopInRun(ctx context.Context, tx pgx.Tx, run RunID, e LifeEvent) error {
	r, err := Get(ctx, tx, run)
	if err != nil {
		return err
	}
	held, stopped := HoldPayee, stoppedByDeath
	if e.Kind == "absence" {
		held, stopped = "absent", stoppedByAbsence
	}
	switch r.State {
	case RunComputed:
		tag, err := tx.Exec(ctx, `
			update payment set state = 'held', hold_reasons = array[$3], changed_at = $4
			where run_id = $1 and person_id = $2 and state = 'ready' and amount > 0`, run, e.Person, held, e.Now)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		if err := recount(ctx, tx, &r); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `update run set n = $2, total = $3, held_n = $4, held_total = $5 where id = $1`, run, r.N, r.Total, r.HeldN, r.HeldTotal)
		return err
	case RunSubmitted, RunApproved, RunInstructed:
		_, err := tx.Exec(ctx, `
			update payment set stopped = $3, changed_at = $4
			where run_id = $1 and person_id = $2 and state = 'ready' and amount > 0 and stopped = ''`, run, e.Person, stopped, e.Now)
		if err != nil || r.State == RunSubmitted {
			return err
		}
		return cancelStopped(ctx, tx, run, e.By, e.Now)
	}
	return nil
}

// cancelStopped undoes what a posted run owes to payments that must not be sent any
// more. Their months are free again; the next run looks at them anew.
func cancelStopped(ctx context.Context, tx pgx.Tx, run RunID, by string, now time.Time) error {
	rows, err := tx.Query(ctx, `select id, stopped from payment where run_id = $1 and state = 'ready' and stopped <> '' order by id`, run)
	if err != nil {
		return err
	}
	type stopped struct {
		ID  PaymentID
		Why string
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[stopped])
	if err != nil || len(list) == 0 {
		return err
	}
	var office string
	if err := tx.QueryRow(ctx, `select office from run where id = $1`, run).Scan(&office); err != nil {
		return err
	}
	for _, s := range list {
		if _, err := cancelPayment(ctx, tx, office, s.ID, ledger.Entry{On: bookDay(now), Kind: "payment.cancelled",
			Memo: "Dừng chi trả: " + s.Why, By: by, At: now}); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "payment.cancelled", Subject: s.ID.subject(),
			Payload: map[string]any{"run": run, "why": s.Why}}); err != nil {
			return err
		}
	}
	return nil
}

// cancelPayment undoes what a payment moved, gives the earlier payments back that it had
// taken over, and frees its months. It returns what was undone.
func cancelPayment(ctx context.Context, tx pgx.Tx, office string, id PaymentID, e ledger.Entry) ([]part, error) {
	parts, err := readParts(ctx, tx, `where p.id = $1`, id)
	if err != nil {
		return nil, err
	}
	if len(parts) > 0 {
		b, err := openBooks(ctx, tx, office, parts)
		if err != nil {
			return nil, err
		}
		e.Key, e.Ref = id.subject()+":cancelled", id.subject()
		if _, _, err := ledger.PostAll(ctx, tx, e, b.transfers(parts, true)); err != nil {
			return nil, err
		}
	}
	if err := releaseCarried(ctx, tx, `p.id = $1`, id, e.At); err != nil {
		return nil, err
	}
	_, err = tx.Exec(ctx, `update payment set state = 'cancelled', live = false, changed_at = $2 where id = $1`, id, e.At)
	return parts, err
}

// openClawback opens a case when months after the death were sent or paid.
func openClawback(ctx context.Context, tx pgx.Tx, e LifeEvent) error {
	if e.On.IsZero() {
		return nil
	}
	tag, err := tx.Exec(ctx, `
		insert into payment_case (kind, person_id, payment_id, amount, note, opened_at, opened_by)
		select 'clawback', p.person_id, p.id, sum(i.amount), 'paid for months after the death', @now, @by
		from payment p join payment_item i on i.payment_id = p.id
		where p.person_id = @person and p.state in ('instructed', 'settled', 'collected') and i.month > @month and i.kind <> 'funeral'
		group by p.id, p.person_id having sum(i.amount) > 0
		on conflict on constraint payment_case_once do nothing`,
		pgx.StrictNamedArgs{"person": e.Person, "month": money.MonthOf(e.On), "now": e.Now, "by": e.By})
	if err != nil || tag.RowsAffected() == 0 {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{At: e.Now, Actor: e.By, Kind: "payment.clawback_case", Subject: fmt.Sprintf("person:%d", e.Person),
		Payload: map[string]any{"died_on": e.On.Format(time.DateOnly), "payments": tag.RowsAffected()}})
}
