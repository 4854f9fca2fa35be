package reconcile

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/bank"
	"ansinh.vn/money"
)

// chain accepts what follows on the account's last closing balance: the statement just
// imported and any that was parked behind a gap which it fills. An overlapping statement
// counts from the day after the last one ends.
func (s *Store) chain(ctx context.Context, tx pgx.Tx, imported *ImportedStatement, now time.Time) error {
	if imported.State == "quarantined" {
		return nil
	}
	var account bank.RailAccountID
	if err := tx.QueryRow(ctx, `select rail_account_id from statement where id = $1`, imported.ID).Scan(&account); err != nil {
		return err
	}
	// One import at a time decides about an account.
	if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(26008, $1::int)`, int64(account)); err != nil {
		return err
	}
	for {
		accepted, err := acceptNext(ctx, tx, account, now)
		if err != nil {
			return err
		}
		if accepted == 0 {
			break
		}
		if accepted == imported.ID {
			imported.State, imported.Reason = "accepted", ""
		}
	}
	if imported.State != "accepted" {
		return tx.QueryRow(ctx, `
			update statement set reason = 'waits for the statement before it: it opens with ' || opening || ', the last one closed otherwise'
			where id = $1 returning reason`, imported.ID).Scan(&imported.Reason)
	}
	return nil
}

// acceptNext accepts the parked statement that follows the last accepted one, or the
// first of the account, and returns it; 0 when none fits.
func acceptNext(ctx context.Context, tx pgx.Tx, account bank.RailAccountID, now time.Time) (id StatementID, err error) {
	var lastDay *time.Time
	var lastClosing *money.VND
	err = tx.QueryRow(ctx, `
		select max(to_day), (array_agg(closing order by to_day desc, accepted_at desc, id desc))[1]
		from statement where rail_account_id = $1 and state = 'accepted'`, account).Scan(&lastDay, &lastClosing)
	if err != nil {
		return 0, err
	}
	var opening money.VND
	var office string
	var from time.Time
	err = tx.QueryRow(ctx, `
		select st.id, st.opening, st.from_day, ra.office
		from statement st join rail_account ra on ra.id = st.rail_account_id
		where st.rail_account_id = @account and st.state = 'parked'
		  and (
		    -- the first one begins the chain
		    @day::date is null
		    -- it goes on where the last one ended
		    or (st.opening = @closing and st.to_day >= @day)
		    -- or shows days that are known already: it brought no new line
		    or (st.to_day <= @day and not exists (select from statement_line l where l.statement_id = st.id))
		    -- or overlaps, and its new lines alone lead from the last closing to its own
		    or (st.from_day <= @day and st.to_day > @day and st.closing = @closing + (
		        select coalesce(sum(case when credit then amount else -amount end), 0) from statement_line l where l.statement_id = st.id))
		  )
		order by st.from_day, st.to_day, st.id limit 1`,
		pgx.StrictNamedArgs{"account": account, "day": lastDay, "closing": lastClosing}).Scan(&id, &opening, &from, &office)
	if err == pgx.ErrNoRows {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if _, err = tx.Exec(ctx, `update statement set state = 'accepted', reason = '', accepted_at = $2 where id = $1`, id, now); err != nil {
		return 0, err
	}
	if lastDay == nil && opening != 0 {
		err = openBreak(ctx, tx, brk{Kind: "opening-balance", Subject: fmt.Sprintf("statement:%d", id), Office: office,
			Amount: opening, On: from, Note: "the account's first statement opens with money that the books do not know"})
	}
	return id, err
}
