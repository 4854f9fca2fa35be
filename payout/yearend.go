package payout

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

// YearEndRow is what one scheme of an office has left at the end of a year.
type YearEndRow struct {
	Scheme  Scheme    `json:"scheme"`
	UnpaidN int       `json:"unpaid_n"` // payments that nobody received
	Unpaid  money.VND `json:"unpaid"`   // what of them went back to the fund
	Unspent money.VND `json:"unspent"`  // what the fund then held: due to the budget
}

// YearEnd closes an office's year on 31 December, in the time that the accounting rules
// leave for it, until 31 January (TT 342/2016, TT 344/2016). What nobody received goes
// back to its fund, booked on 31 December, and its months are owed again: the next run
// pays them from the new year's money. What the funds hold then is due to the budget; it
// leaves when the statement shows the transfer and its break is settled as a surrender.
// A year is closed once.
func YearEnd(ctx context.Context, pool *pgxpool.Pool, office string, year int, by StaffID, now time.Time) (list []YearEndRow, err error) {
	defer pg.Wrap(&err, "payout: end of %d in office %s", year, office)
	last := money.Day(year, time.December, 31)
	switch today := bookDay(now); {
	case today.Before(last):
		return nil, refuse("%d is not over: it is closed from 31/12 on", year)
	case today.After(last.AddDate(0, 1, 0)):
		return nil, refuse("the time to adjust %d ended on 31/01/%d: book it in the new year by decision", year, year+1)
	}
	err = bulkTx(ctx, pool, func(tx pgx.Tx) error {
		who, err := actor(ctx, tx, by)
		if err != nil {
			return err
		}
		if err := refuseOpenRuns(ctx, tx, office, last); err != nil {
			return err
		}
		e := &yearEnd{office: office, last: last, by: who, now: now, left: map[Scheme]*YearEndRow{}}
		if err := e.unpaid(ctx, tx); err != nil {
			return err
		}
		if err := e.unspent(ctx, tx); err != nil {
			return err
		}
		for _, s := range slices.Sorted(maps.Keys(e.left)) {
			x := e.left[s]
			list = append(list, *x)
			if _, err := tx.Exec(ctx, `
				insert into year_end (office, year, scheme, unpaid_n, unpaid, unspent, done_by, done_at)
				values (@office, @year, @scheme, @n, @unpaid, @unspent, @by, @now)`,
				pgx.StrictNamedArgs{"office": office, "year": year, "scheme": s, "n": x.UnpaidN, "unpaid": x.Unpaid, "unspent": x.Unspent,
					"by": by, "now": now}); err != nil {
				return err
			}
		}
		if len(list) == 0 {
			return refuse("office %s has no funds and owes nothing", office)
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: who, Kind: "year.ended", Subject: "office:" + office,
			Payload: map[string]any{"year": year, "rows": list}})
	})
	if pg.Constraint(err) == "year_end_pkey" {
		err = refuse("%d was closed before", year)
	}
	return list, err
}

// refuseOpenRuns refuses while a run of the year has no end: what it will have paid is
// not known yet.
func refuseOpenRuns(ctx context.Context, tx pgx.Tx, office string, last time.Time) error {
	var run RunID
	var state RunState
	var n int
	err := tx.QueryRow(ctx, `
		select r.id, r.state, (select count(*) from payment p where p.run_id = r.id and p.state in ('ready', 'instructed')) n
		from run r where r.office = $1 and r.month <= $2 and r.state in ('computed', 'submitted', 'approved', 'instructed')
		  and (r.state <> 'instructed' or exists (select from payment p where p.run_id = r.id and p.state in ('ready', 'instructed')))
		order by r.id limit 1`, office, last).Scan(&run, &state, &n)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return refuse("run %d is %s and %d of its payments have no outcome: end it, or void it, first", run, state, n)
}

// yearEnd is one closing of a year.
type yearEnd struct {
	office string
	last   time.Time
	by     string
	now    time.Time
	left   map[Scheme]*YearEndRow
}

func (e *yearEnd) of(s Scheme) *YearEndRow {
	if e.left[s] == nil {
		e.left[s] = &YearEndRow{Scheme: s}
	}
	return e.left[s]
}

// unpaid cancels what came back and what nobody came for, with the earlier payments that
// it had taken over, until none is left.
func (e *yearEnd) unpaid(ctx context.Context, tx pgx.Tx) error {
	for {
		rows, err := tx.Query(ctx, `
			select p.id from run r join payment p on p.run_id = r.id
			where r.office = $1 and r.month <= $2 and p.state in ('returned', 'uncollected')
			  and not exists (select from payment_carry c where c.from_payment = p.id and c.live)
			order by p.id desc for update of p`, e.office, e.last)
		if err != nil {
			return err
		}
		payments, err := pgx.CollectRows(rows, pgx.RowTo[PaymentID])
		if err != nil || len(payments) == 0 {
			return err
		}
		for _, id := range payments {
			parts, err := cancelPayment(ctx, tx, e.office, id, ledger.Entry{On: e.last, Kind: "payment.surrendered",
				Memo: "Cuối năm chưa chi, trả lại nguồn kinh phí", By: e.by, At: e.now})
			if err != nil {
				return err
			}
			var seen []Scheme
			for _, x := range parts {
				row := e.of(x.scheme)
				row.Unpaid += x.owed - x.setOff
				if !slices.Contains(seen, x.scheme) {
					row.UnpaidN++
					seen = append(seen, x.scheme)
				}
			}
		}
	}
}

// unspent reads what the funds hold.
func (e *yearEnd) unspent(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `select code from programme where office is null or office = $1 order by code`, e.office)
	if err != nil {
		return err
	}
	programmes, err := pgx.CollectRows(rows, pgx.RowTo[Scheme])
	if err != nil {
		return err
	}
	for _, s := range append(slices.Clone(Schemes), programmes...) {
		has, err := ledger.Balance(ctx, tx, fund(e.office, s).Code)
		if errors.Is(err, ledger.ErrNoAccount) {
			continue
		}
		if err != nil {
			return err
		}
		e.of(s).Unspent = has
	}
	return nil
}

// YearEndView is a closed year with what of it went back to the budget.
type YearEndView struct {
	Office string `json:"office"`
	Year   int    `json:"year"`
	YearEndRow
	DoneBy string    `json:"done_by"`
	DoneAt time.Time `json:"done_at"`
}

// YearEnds lists the closed years of an office, or of all.
func YearEnds(ctx context.Context, q pg.Queryer, office string) (_ []YearEndView, err error) {
	defer pg.Wrap(&err, "payout: years of %s", office)
	rows, err := q.Query(ctx, `
		select y.office, y.year, y.scheme, y.unpaid_n, y.unpaid, y.unspent, s.name, y.done_at from year_end y join staff s on s.id = y.done_by
		where $1 = '' or y.office = $1 order by y.year desc, y.office, y.scheme`, office)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (v YearEndView, err error) {
		return v, row.Scan(&v.Office, &v.Year, &v.Scheme, &v.UnpaidN, &v.Unpaid, &v.Unspent, &v.DoneBy, &v.DoneAt)
	})
}

// MaySurrender refuses more than what the last closed year of a scheme left, less what
// went back before.
func MaySurrender(ctx context.Context, q pg.Queryer, office string, s Scheme, amount, before money.VND) error {
	var due money.VND
	var year int
	err := q.QueryRow(ctx, `select year, unspent from year_end where office = $1 and scheme = $2 order by year desc limit 1`, office, s).Scan(&year, &due)
	if errors.Is(err, pgx.ErrNoRows) {
		return refuse("no year of office %s is closed: close it first, then surrender what is left", office)
	}
	if err != nil {
		return fmt.Errorf("payout: what is due to the budget: %w", err)
	}
	if amount > due-before {
		return refuse("%d left %s of %s, and %s of it went back before: %s is more", year, due.Format(), s, before.Format(), amount.Format())
	}
	return nil
}
