package web

import (
	"github.com/jackc/pgx/v5"

	"ansinh.vn/money"
)

type marketsPage struct {
	Stalls   []stallRow
	Today    money.VND
	Vouchers []voucherSum
}

type stallRow struct {
	ID      int64
	Market  string
	Label   string
	Vendor  string
	Card    int // version of the valid card, 0 without one
	Charges int // of today
	Paid    int
	Sum     money.VND
}

type voucherSum struct {
	State  string
	N      int
	Amount money.VND
}

// markets shows the stalls of the office's markets, with today's charges, and what
// vouchers there are.
func (s *Server) markets(v *visit) error {
	on, err := v.dayAsked()
	if err != nil {
		return err
	}
	var d marketsPage
	rows, err := s.cfg.Pool.Query(v.ctx, `
		select s.id, m.name, s.label, v.name, coalesce(c.version, 0), coalesce(t.n, 0), coalesce(t.paid, 0), coalesce(t.sum, 0)::bigint
		from stall s join market m on m.id = s.market_id join vendor v on v.id = s.vendor_id
		left join stall_card c on c.stall_id = s.id and c.revoked_at is null
		left join lateral (
			select count(*) n, count(*) filter (where state in ('paid', 'over')) paid, sum(received) sum from charge
			where vendor_id = s.vendor_id and stall_id = s.id and created_at >= $2::date - interval '7 hours' and created_at < $2::date + interval '17 hours') t on true
		where s.closed_at is null and ($1 = '' or m.office = $1)
		order by m.name, s.label limit 500`, v.office(), on)
	if err != nil {
		return err
	}
	if d.Stalls, err = pgx.CollectRows(rows, pgx.RowToStructByPos[stallRow]); err != nil {
		return err
	}
	for _, st := range d.Stalls {
		d.Today += st.Sum
	}
	if rows, err = s.cfg.Pool.Query(v.ctx, `
		select state, count(*), sum(amount)::bigint from voucher where $1 = '' or office = $1 group by state order by state`, v.office()); err != nil {
		return err
	}
	if d.Vouchers, err = pgx.CollectRows(rows, pgx.RowToStructByPos[voucherSum]); err != nil {
		return err
	}
	return v.page("markets", view{Title: "Chợ", Data: d})
}
