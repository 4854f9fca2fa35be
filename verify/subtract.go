package verify

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"ansinh.vn/money"
)

// lines are owed less paid, month by month, as the run should have seen it, with the
// sums of what is owed, what is overpaid, and what was overpaid before.
func (d *derivation) lines(p *subject, run *preparedRun) (lines map[lineKey]lineValue, owed, clawback, receivable money.VND) {
	var died money.Month
	if p.died != nil && !p.died.After(run.known) && !p.deathAt.After(run.at) {
		died = money.MonthOf(*p.died)
	}
	rights := d.rights(p, run)
	lines = map[lineKey]lineValue{}
	if len(rights) == 0 {
		return lines, 0, 0, 0
	}
	first := slices.MinFunc(rights, func(a, b right) int { return cmp.Compare(a.first, b.first) }).first
	first = max(first, d.opening)

	diff := map[lineKey]money.VND{}
	for m := first; m <= run.last; m++ {
		for _, x := range run.rates.due(rights, d.born(p.birth), died, m) {
			diff[key(m, x.scheme, x.category)] += x.amount
		}
	}
	for _, b := range p.before {
		for m := max(b.first, first); m <= min(b.last, run.last); m++ {
			diff[key(m, b.scheme, b.category)] -= b.amount
		}
	}
	for _, x := range p.paid {
		earlier := x.run < run.id && (x.live || x.changed.After(run.at)) // it counted when the run was prepared
		if !earlier {
			continue
		}
		receivable += x.clawback - x.setOff
		for k, v := range x.lines {
			if k.month >= first && k.month <= run.last {
				diff[k] -= v.amount
			}
		}
	}
	for k, amount := range diff {
		if amount == 0 || !slices.Contains(run.schemes, k.scheme) || !d.paysMonth(p, run, k.month) {
			continue
		}
		kind := "clawback"
		switch {
		case amount > 0 && k.scheme == "btxh" && k.category == "MAITANG":
			kind = "funeral"
		case k.month >= run.month:
			kind = "regular"
		case amount > 0:
			kind = "arrears"
		}
		lines[k] = lineValue{amount, kind}
		if amount > 0 {
			owed += amount
		} else {
			clawback -= amount
		}
	}
	return lines, owed, clawback, receivable - d.recovered.before(p.id, run.at)
}

// setOff is what a payment should have taken back: all that was left, at most the share
// of what was owed and at most the instalment that was decided, less what other runs of
// the month took.
func (d *derivation) setOff(p *subject, run *preparedRun, owed, clawback, receivable money.VND) money.VND {
	most := money.VND(decimal.NewFromInt(int64(owed)).Mul(d.share).Truncate(0).IntPart())
	if limit, ok := d.recovered.limit(p.id, run.at); ok {
		for _, x := range p.paid {
			if x.run < run.id && (x.live || x.changed.After(run.at)) && d.runs[x.run] != nil && d.runs[x.run].month == run.month {
				limit -= x.setOff
			}
		}
		most = min(most, max(limit, 0))
	}
	return min(max(clawback+receivable, 0), most)
}

// born is the month from which age is counted.
func (d *derivation) born(birth string) money.Month {
	parts := strings.Split(birth, "-")
	year, err := strconv.Atoi(parts[0])
	if err != nil {
		return 0
	}
	if len(parts) == 1 {
		return money.NewMonth(year, time.Month(d.yearBirth))
	}
	month, _ := strconv.Atoi(parts[1])
	m := money.NewMonth(year, time.Month(month))
	if len(parts) == 2 {
		m = m.Add(d.monthBirth)
	}
	return m
}
