package payout

import (
	"time"

	"ansinh.vn/money"
)

// Birth is a birth date as far as it is known. Example: "1950", "1950-03", "1950-03-14".
type Birth struct {
	Year  int
	Month time.Month // 0 when only the year is known
	Day   int        // 0 when the day is not known
}

// ParseBirth reads "1950", "1950-03" or "1950-03-14"; "" is an unknown birth.
func ParseBirth(s string) (Birth, bool) {
	switch len(s) {
	case 0:
		return Birth{}, true
	case 4:
		year := digits(s)
		return Birth{Year: year}, year > 0
	case 7:
		m, ok := monthOf(s)
		return Birth{Year: m.Year(), Month: m.Month()}, ok
	}
	d, ok := dayOf(s)
	return Birth{Year: d.Year(), Month: d.Month(), Day: d.Day()}, ok
}

// counts is the month from which age is counted, 0 when nothing is known.
func (b Birth) counts(rules Rules) money.Month {
	switch {
	case b.Year == 0:
		return 0
	case b.Month == 0:
		return money.NewMonth(b.Year, rules.YearBirth)
	case b.Day == 0:
		return money.NewMonth(b.Year, b.Month).Add(rules.MonthBirth)
	}
	return money.NewMonth(b.Year, b.Month)
}

// Person is what the rules need to know about somebody.
type Person struct {
	Birth Birth
	Died  time.Time // zero while alive
}

// Entitlement is one person's right to one category by one decision.
type Entitlement struct {
	Scheme         Scheme
	Category       string // family of btxh, code of ncc; for htxh any name
	FirstMonth     money.Month
	LastMonth      money.Month // 0 is open
	Children       int         // of a single parent
	InjuryPercent  int         // 21 to 100, for TB_A and TB_B
	SeniorityUnits int         // for the supplements paid per unit
	DecisionOn     time.Time
}

// Paid is what was paid for a category and a month.
type Paid struct {
	Scheme   Scheme
	Category string
	Month    money.Month
	Amount   money.VND
}

// category is a scheme and a category resolved to a small number: at is the number of
// the family (btxh) or code (ncc); of htxh all are one.
type category struct {
	scheme int8 // position in Schemes
	at     int16
}

const (
	btxhScheme int8 = iota
	htxhScheme
	nccScheme
)

// entitled is an entitlement that a day of knowledge has reached, ready to be asked
// for months.
type entitled struct {
	category
	name        string // the category as written
	first, last money.Month
	n           int // children, percent or units
}

// resolve turns a name into what the rates know, or refuses it.
func (c *Calc) category(scheme Scheme, name string) (category, error) {
	switch scheme {
	case BTXH:
		if f, ok := c.rates.families[name]; ok {
			return category{btxhScheme, f}, nil
		}
	case NCC:
		if m, ok := c.rates.codes[name]; ok {
			return category{nccScheme, m}, nil
		}
	case HTXH:
		return category{scheme: htxhScheme}, nil
	default:
		return category{}, refuse("%q is not a scheme; use btxh, htxh or ncc", scheme)
	}
	return category{}, refuse("%q is not a category of %s that the rates know", name, scheme)
}

// compile readies an entitlement; false when it is decided after the day of knowledge.
func (c *Calc) compile(e Entitlement) (entitled, bool, error) {
	cat, err := c.category(e.Scheme, e.Category)
	if err != nil {
		return entitled{}, false, err
	}
	x, known := c.ready(cat, e)
	return x, known, nil
}

// ready is compile for a category that is already resolved.
func (c *Calc) ready(cat category, e Entitlement) (entitled, bool) {
	x := entitled{category: cat, name: e.Category, first: e.FirstMonth, last: e.LastMonth, n: 1}
	if x.last.IsZero() {
		x.last = 1 << 30
	}
	switch {
	case cat.scheme == btxhScheme && c.groups[cat.at] == singleParent:
		x.n = e.Children
	case cat.scheme == nccScheme && c.injury[cat.at]:
		x.n = e.InjuryPercent
	case cat.scheme == nccScheme && c.perUnit[cat.at]:
		x.n = e.SeniorityUnits
	}
	return x, !e.DecisionOn.After(c.known)
}

// lastMonth is the last month a person is paid for monthly: the month of a death known
// by the day, or for ever.
func (c *Calc) lastMonth(p Person) money.Month {
	if p.Died.IsZero() || p.Died.After(c.known) {
		return 1 << 30
	}
	return money.MonthOf(p.Died)
}
