package reconcile

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/bank"
	"ansinh.vn/money"
)

// holdNotices compares what notices said about our own accounts with the statements that
// have come since. A notice is borne out by a line of its account with its amount and
// direction, booked on its day or one beside it (banks date the evening's money to the
// next day), under its reference, or, where the bank gives notices other references than
// lines, with its memo. A line bears out one notice. One that the statements do not bear
// out is a break: somebody told of money that never came.
func (s *Store) holdNotices(ctx context.Context, tx pgx.Tx, now time.Time) error {
	rows, err := tx.Query(ctx, `
		with ours as (
		    select n.id, n.amount, n.direction = 'in' credit, n.reference, squeezed(n.memo) memo, ra.id account, ra.office,
		           (coalesce(n.occurred_at, n.received_at) at time zone 'Asia/Ho_Chi_Minh')::date "on", last.to_day
		    from bank_notice n
		    join rail_account ra on ra.kind = 'bank' and ra.account_no = n.account and (n.bank_bin = '' or n.bank_bin = ra.bank_bin)
		    join lateral (select to_day from statement st where st.rail_account_id = ra.id and st.chain_no is not null
		                  order by st.chain_no desc limit 1) last on true
		    where n.verdict not like 'line:%')
		select o.id, o.amount, o.credit, o.office, o."on", coalesce(l.id, 0) line, o.to_day > o."on" due
		from ours o
		left join statement_line l on l.rail_account_id = o.account and l.booked_on between o."on" - 1 and o."on" + 1
		    and l.credit = o.credit and l.amount = o.amount
		    and (o.reference <> '' and l.bank_ref = o.reference or o.memo <> '' and position(o.memo in squeezed(l.memo || l.info)) > 0)
		    and not exists (select from bank_notice n where n.verdict like 'line:%' and n.verdict = 'line:' || l.id)
		order by l.bank_ref is distinct from o.reference, o.id, l.id`)
	if err != nil {
		return err
	}
	type told struct {
		ID     int64     `db:"id"`
		Amount money.VND `db:"amount"`
		Credit bool      `db:"credit"`
		Office string    `db:"office"`
		On     time.Time `db:"on"`
		Line   LineID    `db:"line"` // 0: none fits
		Due    bool      `db:"due"`  // a statement tells of later days
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[told])
	if err != nil {
		return err
	}
	borne, taken := map[int64]bool{}, map[LineID]bool{}
	for _, n := range list {
		if n.Line == 0 || borne[n.ID] || taken[n.Line] {
			continue
		}
		borne[n.ID], taken[n.Line] = true, true
		if err := bank.SetVerdict(ctx, tx, n.ID, fmt.Sprintf("line:%d", n.Line)); err != nil {
			return err
		}
	}
	for _, n := range list {
		if borne[n.ID] || !n.Due {
			continue
		}
		borne[n.ID] = true // said once
		err := openBreak(ctx, tx, brk{Kind: "notice-without-line", Subject: fmt.Sprintf("notice:%d", n.ID), Office: n.Office,
			Amount: line{Amount: n.Amount, Credit: n.Credit}.signed(), On: day(now),
			Note: fmt.Sprintf("a notice told of money on %s that the statements until after that day do not show", n.On.Format(time.DateOnly))})
		if err != nil {
			return err
		}
	}
	return nil
}
