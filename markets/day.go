package markets

import (
	"cmp"
	"context"
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/text"
	"ansinh.vn/money"
)

// DayLine is one thing that happened at a vendor's stalls.
type DayLine struct {
	At       time.Time `json:"at"`
	Kind     string    `json:"kind"` // "charge", "stall" (money on the card), "vendor" (straight to the account), "voucher"
	ID       int64     `json:"id"`   // of the charge, receipt or redemption
	Stall    string    `json:"stall"`
	Code     string    `json:"code"` // a charge's reference
	Bill     string    `json:"bill"`
	Asked    money.VND `json:"asked"` // 0 where nothing was asked
	Received money.VND `json:"received"`
	State    State     `json:"state"`
	Warning  string    `json:"warning"`
}

// Day is a vendor's day on the clock of Việt Nam: what the bank has confirmed, and what
// it has not.
type Day struct {
	Vendor      VendorID      `json:"vendor"`
	On          time.Time     `json:"on"`
	Lines       []DayLine     `json:"lines"` // in the order of time
	Count       int           `json:"count"` // lines that brought money
	Total       money.VND     `json:"total"` // confirmed, vouchers included
	Vouchers    money.VND     `json:"vouchers"`
	ByHour      [24]money.VND `json:"by_hour"`
	Unconfirmed money.VND     `json:"unconfirmed"` // asked for and still waiting, or missing from short ones
}

// VendorDay returns the vendor's own day: charges made, money that came without one,
// and vouchers redeemed.
func VendorDay(ctx context.Context, q pg.Queryer, vendor VendorID, on time.Time) (d Day, err error) {
	defer wrap(&err, "day of vendor %d", vendor)
	y, m, day := on.Date()
	from := time.Date(y, m, day, 0, 0, 0, 0, text.Vietnam)
	d = Day{Vendor: vendor, On: money.Day(y, m, day)}
	rows, err := q.Query(ctx, `
		select x.at, x.kind, x.id, coalesce(s.label, '') as stall, x.code, x.bill, x.asked, x.received, x.state, x.warning
		from (
			select created_at as at, 'charge' as kind, id, stall_id, reference as code, bill, amount as asked, received, state, warning
			from charge where vendor_id = @vendor and created_at >= @from and created_at < @to
			union all
			select received_at, outcome, id, stall_id, code, '', 0, amount, 'received', warning
			from receipt where vendor_id = @vendor and received_at >= @from and received_at < @to and outcome in ('stall', 'vendor')
			union all
			select at, 'voucher', id, stall_id, '', '', amount, amount, 'paid', ''
			from redemption where vendor_id = @vendor and at >= @from and at < @to
		) x left join stall s on s.id = x.stall_id
		order by x.at, x.kind, x.id`,
		pgx.StrictNamedArgs{"vendor": vendor, "from": from, "to": from.AddDate(0, 0, 1)})
	if err != nil {
		return d, err
	}
	if d.Lines, err = pgx.CollectRows(rows, pgx.RowToStructByName[DayLine]); err != nil {
		return d, err
	}
	for _, l := range d.Lines {
		switch {
		case l.State == Waiting || l.State == Short:
			d.Unconfirmed += l.Asked - l.Received
		}
		if l.Received == 0 {
			continue
		}
		d.Count++
		d.Total += l.Received
		d.ByHour[l.At.In(text.Vietnam).Hour()] += l.Received
		if l.Kind == "voucher" {
			d.Vouchers += l.Received
		}
	}
	return d, nil
}

// WriteCSV writes the day's lines: at,kind,id,stall,code,bill,asked,received,state,warning.
func (d Day) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	records := [][]string{{"at", "kind", "id", "stall", "code", "bill", "asked", "received", "state", "warning"}}
	for _, l := range d.Lines {
		records = append(records, []string{l.At.In(text.Vietnam).Format(time.RFC3339), l.Kind, strconv.FormatInt(l.ID, 10),
			l.Stall, l.Code, plainCell(l.Bill), l.Asked.String(), l.Received.String(), string(l.State), l.Warning})
	}
	return out.WriteAll(records)
}

// plainCell keeps a spreadsheet from taking what somebody typed for a formula.
func plainCell(s string) string {
	if s != "" && slices.Contains([]byte("=+-@\t\r"), s[0]) {
		return "'" + s
	}
	return s
}

// VendorTotal is what the bank confirmed for one vendor on one day.
type VendorTotal struct {
	Vendor VendorID  `json:"vendor"`
	Name   string    `json:"name"`
	Count  int       `json:"count"`
	Total  money.VND `json:"total"`
}

// MarketDay sums a day by vendor for those who run the market: how many payments and how
// much, without the single ones, which are the vendor's own.
func MarketDay(ctx context.Context, q pg.Queryer, on time.Time) (totals []VendorTotal, err error) {
	defer wrap(&err, "market day")
	y, m, day := on.Date()
	from := time.Date(y, m, day, 0, 0, 0, 0, text.Vietnam)
	rows, err := q.Query(ctx, `
		select x.vendor_id as vendor, v.name, sum(x.n)::int as count, sum(x.amount)::bigint as total
		from (
			select vendor_id, count(*) as n, sum(amount) as amount from receipt
			where received_at >= @from and received_at < @to and outcome in ('charge', 'stall', 'vendor') group by vendor_id
			union all
			select vendor_id, count(*), sum(amount) from redemption where at >= @from and at < @to group by vendor_id
		) x join vendor v on v.id = x.vendor_id
		group by x.vendor_id, v.name`,
		pgx.StrictNamedArgs{"from": from, "to": from.AddDate(0, 0, 1)})
	if err != nil {
		return nil, err
	}
	totals, err = pgx.CollectRows(rows, pgx.RowToStructByName[VendorTotal])
	slices.SortFunc(totals, func(a, b VendorTotal) int { return cmp.Compare(a.Vendor, b.Vendor) })
	return totals, err
}
