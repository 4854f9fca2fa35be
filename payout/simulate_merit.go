package payout

import (
	"cmp"
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"ansinh.vn/money"
)

// meritStandard is the code that is paid the standard level of merit once: relatives of
// one martyr. What it is paid is what the others are multiples of.
const meritStandard = "LS_TN1"

// changeMerit makes a new standard level of merit, or new amounts of single codes, count
// from the proposal's month on. A decree brings a table of literal amounts; until it is
// there they are estimated: each amount that today counts for that month, by the same
// proportion, rounded to thousands as the decrees round.
func (r *Rates) changeMerit(today *Calc, p Proposal) error {
	level, changes := p.Levels[NCC]
	if !changes && len(p.Amounts) == 0 {
		return nil
	}
	t := today.month(p.From)
	standard, known := r.codes[meritStandard]
	if t == nil || !known || t.merit[standard] == nil {
		return refuse("no rates of merit are known for %s", p.From)
	}
	if changes && level < 1000 {
		return refuse("the level of ncc must be at least 1.000 đ")
	}
	for _, code := range slices.Sorted(maps.Keys(p.Amounts)) {
		at, ok := r.codes[code]
		if !ok || t.merit[at] == nil {
			return refuse("no code of merit with a single amount is called %s", code)
		}
		if p.Amounts[code] <= 0 {
			return refuse("the amount of %s must be positive", code)
		}
	}
	was := t.merit[standard].amount
	change := dated{from: p.From, validFrom: p.From.First(), set: len(r.Sets) - 1, instrument: "proposal"}
	rows := slices.DeleteFunc(slices.Clone(r.merit), func(row meritRow) bool {
		return row.from >= p.From && (changes || p.Amounts[r.meritIDs[row.code]] > 0)
	})
	now := slices.Collect(maps.Values(t.injury))
	for _, row := range t.merit {
		if row != nil {
			now = append(now, row)
		}
	}
	slices.SortFunc(now, func(a, b *meritRow) int { return cmp.Or(cmp.Compare(a.code, b.code), a.percent-b.percent) })
	for _, row := range now {
		amount, single := p.Amounts[r.meritIDs[row.code]]
		if !single && !changes {
			continue
		}
		if !single {
			var err error
			if amount, err = proportion(row.amount, level, was); err != nil {
				return err
			}
		}
		next := *row
		next.dated, next.amount = change, amount
		rows = append(rows, next)
	}
	slices.SortStableFunc(rows, func(a, b meritRow) int { return a.validFrom.Compare(b.validFrom) })
	r.merit = rows
	return nil
}

// proportion is v × to ÷ from, rounded to thousands of đồng.
func proportion(v, to, from money.VND) (money.VND, error) {
	thousand := decimal.NewFromInt(1000)
	return money.Whole(v.Decimal().Mul(to.Decimal()).Div(from.Decimal().Mul(thousand)).Round(0).Mul(thousand))
}
