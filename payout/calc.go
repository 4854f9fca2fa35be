package payout

import (
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"ansinh.vn/money"
)

// Rules are the choices that an installation may make; the zero value is the default.
type Rules struct {
	// YearBirth is the month a birth given as a year counts from; zero means January.
	YearBirth time.Month
	// MonthBirth is how many months after its month a birth given as year and month counts.
	MonthBirth int
	// MeritCompetes makes merit compete with the social part of btxh and the social
	// pension, the higher being owed (merit when equal): a reading of NĐ 20/2021 Đ6.2
	// that the ministries have not confirmed.
	MeritCompetes bool
}

// Calc holds the rates of every month as they were known on a day, resolved once, so
// that a person-month costs a few look-ups. It is safe for concurrent use.
type Calc struct {
	rates  *Rates
	rules  Rules
	known  time.Time
	first  money.Month
	months []*monthRates // one for all the months in which no row begins or ends
	// what a category is: the group of each family, the kind of each merit code
	groups  []group
	merit   []meritKind
	perUnit []bool
	injury  []bool
}

// meritKind says how a code of ncc combines with others.
type meritKind uint8

const (
	adds      meritKind = iota // every category counts
	caretaker                  // of the codes …_PV the highest
	survivor                   // of the codes …_TUAT the two highest
)

// ages are the ages told apart, with a place for "not known" and one for "not yet born".
const (
	oldest     = 125
	ageSlots   = oldest + 3
	unknownAge = -2
	unborn     = -1
)

// monthRates are the rates that count for one month.
type monthRates struct {
	level   *levelRow
	pension *levelRow
	// byAge is, for each family and age, the row in Rates.btxh that fits, −1 for none.
	byAge []int16
	// merit is the row of each code, injury of each code and percentage.
	merit  []*meritRow
	injury map[int32]*meritRow
}

// NewCalc resolves the rates known on a day for every month up to and with upTo.
// Provisional rows count only when provisional is true.
func NewCalc(r *Rates, rules Rules, knownOn time.Time, provisional bool, upTo money.Month) *Calc {
	if rules.YearBirth == 0 {
		rules.YearBirth = time.January
	}
	c := &Calc{rates: r, rules: rules, known: knownOn}
	c.groups = make([]group, len(r.names))
	for _, row := range r.btxh {
		c.groups[row.family] = row.group
	}
	c.merit = make([]meritKind, len(r.meritIDs))
	c.perUnit, c.injury = make([]bool, len(r.meritIDs)), make([]bool, len(r.meritIDs))
	for i, id := range r.meritIDs {
		switch {
		case strings.HasSuffix(id, "_PV"):
			c.merit[i] = caretaker
		case strings.HasSuffix(id, "_TUAT"):
			c.merit[i] = survivor
		}
	}
	c.first = upTo
	for _, row := range r.merit {
		c.first = min(c.first, row.from)
		c.perUnit[row.code] = c.perUnit[row.code] || row.perUnit
		c.injury[row.code] = c.injury[row.code] || row.percent > 0
	}
	for _, rows := range [][]levelRow{r.levels, r.pension} {
		for _, row := range rows {
			c.first = min(c.first, row.from)
		}
	}
	changes := map[money.Month]bool{c.first: true}
	for _, row := range r.merit {
		changes[row.from] = true
	}
	for _, row := range r.btxh {
		changes[row.from] = true
		if row.to != 0 {
			changes[row.to.Add(1)] = true
		}
	}
	for _, rows := range [][]levelRow{r.levels, r.pension} {
		for _, row := range rows {
			changes[row.from] = true
		}
	}
	for m := c.first; m <= upTo; m++ {
		if !changes[m] {
			c.months = append(c.months, c.months[len(c.months)-1])
			continue
		}
		t := c.resolve(m, provisional)
		c.months = append(c.months, &t)
	}
	return c
}

// resolve picks the rows that count for m; rows stand in the order of valid_from, so
// that a later one replaces an earlier.
func (c *Calc) resolve(m money.Month, provisional bool) (t monthRates) {
	counts := func(d *dated) bool {
		return d.from <= m && !d.knownFrom.After(c.known) && (provisional || !c.rates.Sets[d.set].Provisional)
	}
	latest := func(rows []levelRow) (found *levelRow) {
		for i := range rows {
			if counts(&rows[i].dated) {
				found = &rows[i]
			}
		}
		return found
	}
	t.level, t.pension = latest(c.rates.levels), latest(c.rates.pension)
	t.byAge = make([]int16, len(c.rates.names)*ageSlots)
	for i := range t.byAge {
		t.byAge[i] = -1
	}
	for i := range c.rates.btxh {
		row := &c.rates.btxh[i]
		if !counts(&row.dated) || (row.to != 0 && row.to < m) {
			continue
		}
		for age := unknownAge; age <= oldest; age++ {
			if row.fits(age) {
				t.byAge[int(row.family)*ageSlots+age-unknownAge] = int16(i)
			}
		}
	}
	t.merit = make([]*meritRow, len(c.rates.meritIDs))
	t.injury = map[int32]*meritRow{}
	for i := range c.rates.merit {
		row := &c.rates.merit[i]
		switch {
		case !counts(&row.dated):
		case row.percent > 0:
			t.injury[injuryKey(row.code, row.percent)] = row
		default:
			t.merit[row.code] = row
		}
	}
	return t
}

func injuryKey(code int16, percent int) int32 { return int32(code)<<8 | int32(percent) }

// fits tells whether the row is for this age; an unknown age fits only where age does
// not matter.
func (row *btxhRow) fits(age int) bool {
	if age == unknownAge {
		return row.ageFrom < 0 && row.ageTo < 0
	}
	return (row.ageFrom < 0 || row.ageFrom <= age) && (row.ageTo < 0 || age < row.ageTo)
}

// month is nil for a month before the first rate or after upTo.
func (c *Calc) month(m money.Month) *monthRates {
	if i := int(m - c.first); i >= 0 && i < len(c.months) {
		return c.months[i]
	}
	return nil
}

// row is the row in Rates.btxh of a family that fits an age in the month, nil for none.
func (t *monthRates) row(r *Rates, family int16, age int) *btxhRow {
	if i := t.byAge[int(family)*ageSlots+age-unknownAge]; i >= 0 {
		return &r.btxh[i]
	}
	return nil
}

// times is level × coefficient × n, rounded to đồng once where it is not whole.
func (l *levelRow) times(row *btxhRow, n int) (money.VND, error) {
	product, err := l.amount.MulInt(row.scaled * int64(n))
	if err != nil {
		return 0, err
	}
	if product%coefficientScale == 0 {
		return product / coefficientScale, nil
	}
	return money.Round(l.amount.Decimal().Mul(row.coefficient).Mul(decimal.NewFromInt(int64(n))))
}
