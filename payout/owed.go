package payout

import (
	"slices"
	"time"

	"ansinh.vn/money"
)

// due is what one category is owed for one month, with what made it.
type due struct {
	category
	name   string
	amount money.VND
	n      int // children, percent or units
	times  int // entitlements of the same category that add up
	age    int
	row    *btxhRow
	level  *levelRow // of btxh and of the social pension
	merit  *meritRow
}

// Due is what one category is owed for one month.
type Due struct {
	Scheme   Scheme
	Category string
	Amount   money.VND
}

// Owed is what a person is owed for a month, by category, as known on a day: the pure
// function behind every run. Provisional rates do not count.
func Owed(r *Rates, rules Rules, p Person, ents []Entitlement, m money.Month, knownOn time.Time) ([]Due, error) {
	c := NewCalc(r, rules, knownOn, false, m)
	var known []entitled
	for _, e := range ents {
		x, ok, err := c.compile(e)
		if err != nil {
			return nil, err
		}
		if ok {
			known = append(known, x)
		}
	}
	dues, err := c.owed(nil, p.Birth.counts(c.rules), c.lastMonth(p), known, m)
	if err != nil {
		return nil, err
	}
	out := make([]Due, len(dues))
	for i, d := range dues {
		out[i] = Due{Scheme: Schemes[d.scheme], Category: d.name, Amount: d.amount}
	}
	return out, nil
}

// owed appends what is owed for m in the order of scheme and category. born is the
// month age counts from (0 unknown), last the last month paid monthly.
func (c *Calc) owed(out []due, born, last money.Month, ents []entitled, m money.Month) ([]due, error) {
	t := c.month(m)
	if t == nil {
		return out, nil
	}
	age := unknownAge
	if born != 0 {
		age = unborn
		if m >= born {
			age = min(int(m-born)/12, oldest)
		}
	}
	sum := tally{dues: out, start: len(out)}
	for i := range ents {
		e := &ents[i]
		isOneOff := e.scheme == btxhScheme && c.groups[e.at] == oneOff
		if m < e.first || m > e.last || (isOneOff && m != e.first) || (!isOneOff && m > last) {
			continue
		}
		var err error
		switch e.scheme {
		case btxhScheme:
			err = sum.takeBTXH(c, t, e, age)
		case htxhScheme:
			if t.pension != nil {
				sum.pension = higher(sum.pension, due{category: e.category, name: e.name, amount: t.pension.amount, times: 1, level: t.pension})
			}
		case nccScheme:
			err = sum.takeMerit(c, t, e)
		}
		if err != nil {
			return out, err
		}
	}
	return sum.settle(c.rules), nil
}

// tally gathers one person's month; what competes waits until all is seen.
type tally struct {
	dues      []due
	start     int
	base      due // the highest of all base families
	withK4    due // the highest of those a single parent's part is added to
	parent    due // the single parent's part
	mother    due // the highest of care_mother
	pension   due
	caretaker due
	survivors [2]due
}

// takeBTXH weighs one family of social assistance.
func (s *tally) takeBTXH(c *Calc, t *monthRates, e *entitled, age int) error {
	row := t.row(c.rates, e.at, age)
	if row == nil || t.level == nil {
		return nil
	}
	amount, err := t.level.times(row, e.n)
	if err != nil {
		return err
	}
	if amount == 0 {
		return nil
	}
	d := due{category: e.category, name: e.name, amount: amount, n: e.n, times: 1, age: age, row: row, level: t.level}
	switch row.group {
	case base:
		s.base = higher(s.base, d)
	case baseWithK4:
		s.base, s.withK4 = higher(s.base, d), higher(s.withK4, d)
	case singleParent:
		s.parent = higher(s.parent, d)
	case careMother:
		s.mother = higher(s.mother, d)
	default:
		s.add(d)
	}
	return nil
}

// takeMerit weighs one code of merit.
func (s *tally) takeMerit(c *Calc, t *monthRates, e *entitled) error {
	row, n := t.merit[e.at], 1
	if c.injury[e.at] {
		row = t.injury[injuryKey(e.at, e.n)]
	}
	if row == nil {
		return nil
	}
	if row.perUnit {
		n = e.n
	}
	amount, err := row.amount.MulInt(int64(n))
	if err != nil || amount == 0 {
		return err
	}
	d := due{category: e.category, name: e.name, amount: amount, n: e.n, times: 1, merit: row}
	switch c.merit[e.at] {
	case caretaker:
		s.caretaker = higher(s.caretaker, d)
	case survivor: // Pháp lệnh 02/2020 Đ6.5: at most two
		if d.above(&s.survivors[0]) {
			d, s.survivors[0] = s.survivors[0], d
		}
		s.survivors[1] = higher(s.survivors[1], d)
	default:
		s.add(d)
	}
	return nil
}

// settle lets what competes compete and puts the dues in order.
func (s *tally) settle(rules Rules) []due {
	s.add(s.mother)
	s.add(s.caretaker)
	s.add(s.survivors[0])
	s.add(s.survivors[1])
	one, two := s.base, due{}
	if s.parent.amount+s.withK4.amount > s.base.amount { // NĐ 20/2021 Đ6.2
		one, two = s.parent, s.withK4
	}
	if s.pension.amount > one.amount+two.amount {
		one, two = s.pension, due{}
	}
	if rules.MeritCompetes {
		var merit money.VND
		for _, d := range s.dues[s.start:] {
			if d.scheme == nccScheme {
				merit += d.amount
			}
		}
		if merit >= one.amount+two.amount {
			one, two = due{}, due{}
		} else {
			kept := slices.DeleteFunc(s.dues[s.start:], func(d due) bool { return d.scheme == nccScheme })
			s.dues = s.dues[:s.start+len(kept)]
		}
	}
	s.add(one)
	s.add(two)
	sortDues(s.dues[s.start:])
	return s.dues
}

// add puts d among the dues: a category is one due, however many decisions it has.
func (s *tally) add(d due) {
	if d.times == 0 {
		return
	}
	for i := s.start; i < len(s.dues); i++ {
		if o := &s.dues[i]; o.category == d.category {
			o.amount += d.amount // both are at most mostAmount
			o.times++
			return
		}
	}
	s.dues = append(s.dues, d)
}

// above tells whether d is owed before o: the higher amount, or of equal ones the first
// name, so that the order of decisions never matters.
func (d *due) above(o *due) bool {
	if d.amount != o.amount || o.times == 0 {
		return d.amount > o.amount
	}
	return d.name < o.name
}

func higher(a, b due) due {
	if b.above(&a) {
		return b
	}
	return a
}

// sortDues sorts a person's few dues of a month by scheme and category.
func sortDues(dues []due) {
	for i := 1; i < len(dues); i++ {
		for j := i; j > 0 && before(&dues[j], &dues[j-1]); j-- {
			dues[j], dues[j-1] = dues[j-1], dues[j]
		}
	}
}

func before(a, b *due) bool {
	if a.scheme != b.scheme {
		return a.scheme < b.scheme
	}
	return a.name < b.name
}
