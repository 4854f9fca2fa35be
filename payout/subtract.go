package payout

import (
	"slices"

	"ansinh.vn/money"
)

// settledMonth is what was paid for a category and a month, resolved.
type settledMonth struct {
	category
	name   string
	month  money.Month
	amount money.VND
}

// line is one difference between owed and paid.
type line struct {
	due     // what is owed; its amount is 0 where nothing is
	month   money.Month
	paid    money.VND
	amount  money.VND // owed − paid, never 0
	kind    Kind
	before  due         // what the same category was owed the month before
	instead due         // for a category that is owed nothing: what is owed in its place
	last    money.Month // of the person, after which nothing monthly is owed
	decided bool        // for a category that is owed nothing: a decision covers the month all the same
}

// subtraction computes people one after another with the same memory.
type subtraction struct {
	*Calc
	dues   []due
	before []due
	lines  []line
	paid   []settledMonth // for who fills a person's
	said   map[said]sentence
	text   []byte
}

// person is somebody as the subtraction needs them.
type person struct {
	born money.Month
	last money.Month
	ents []entitled
	paid []settledMonth // any order
}

// run is through for a run of one month.
func (s *subtraction) run(p person, from, month money.Month) ([]line, error) {
	return s.through(p, from, month, month)
}

// through gives owed minus paid for every month from the person's first entitlement, but
// not before from, to upTo; month is the run's own, and what comes after it is paid
// together with it. Lines stand by month, scheme and category, and are valid
// until the next call.
func (s *subtraction) through(p person, from, month, upTo money.Month) ([]line, error) {
	s.lines, s.before = s.lines[:0], s.before[:0]
	if len(p.ents) == 0 {
		return s.lines, nil
	}
	first := p.ents[0].first
	for _, e := range p.ents[1:] {
		first = min(first, e.first)
	}
	first = max(first, from)
	slices.SortFunc(p.paid, func(a, b settledMonth) int { return int(a.month - b.month) })
	next := 0
	for next < len(p.paid) && p.paid[next].month < first {
		next++
	}
	for m := first; m <= upTo; m++ {
		var err error
		if s.dues, err = s.owed(s.dues[:0], p.born, p.last, p.ents, m); err != nil {
			return nil, err
		}
		start := next
		for next < len(p.paid) && p.paid[next].month == m {
			next++
		}
		s.month(p, m, month, p.paid[start:next])
		s.dues, s.before = s.before, s.dues
	}
	return s.lines, nil
}

// month appends the lines of one month.
func (s *subtraction) month(p person, m, current money.Month, paid []settledMonth) {
	start := len(s.lines)
	for i := range s.dues {
		d := &s.dues[i]
		owed := d.amount
		l := line{due: *d, month: m, last: p.last}
		for _, x := range paid {
			if x.category == d.category {
				l.paid += x.amount
			}
		}
		if l.amount = owed - l.paid; l.amount == 0 {
			continue
		}
		for _, b := range s.before {
			if b.category == d.category {
				l.before = b
			}
		}
		s.append(l, m, current)
	}
	for i, x := range paid {
		if has(s.dues, x.category) || hasPaid(paid[:i], x.category) {
			continue
		}
		l := line{due: due{category: x.category, name: x.name}, month: m, last: p.last}
		for _, y := range paid[i:] {
			if y.category == x.category {
				l.paid += y.amount
			}
		}
		l.amount = -l.paid
		if l.amount != 0 {
			l.instead = s.instead(x.category)
			l.decided = slices.ContainsFunc(p.ents, func(e entitled) bool { return e.category == x.category && e.first <= m && m <= e.last })
			s.append(l, m, current)
		}
	}
	added := s.lines[start:]
	for i := 1; i < len(added); i++ {
		for j := i; j > 0 && before(&added[j].due, &added[j-1].due); j-- {
			added[j], added[j-1] = added[j-1], added[j]
		}
	}
}

func (s *subtraction) append(l line, m, current money.Month) {
	switch {
	case l.amount > 0 && s.isFuneral(l.category):
		l.kind = Funeral
	case m >= current:
		l.kind = Regular
	case l.amount > 0:
		l.kind = Arrears
	default:
		l.kind = Clawback
	}
	s.lines = append(s.lines, l)
}

// instead finds what is owed in the place of a category that competes and lost.
func (s *subtraction) instead(x category) due {
	for _, d := range s.dues {
		if a, b := s.contest(x), s.contest(d.category); a == b && a != "" {
			return d
		}
	}
	return due{}
}

// contest names the competition a category takes part in, "" for none.
func (c *Calc) contest(x category) string {
	switch x.scheme {
	case htxhScheme:
		return "social"
	case nccScheme:
		return [...]string{adds: "", caretaker: "caretaker", survivor: "survivor"}[c.merit[x.at]]
	}
	switch c.groups[x.at] {
	case base, baseWithK4, singleParent:
		return "social"
	case careMother:
		return "care_mother"
	}
	return ""
}

func has(dues []due, c category) bool {
	return slices.ContainsFunc(dues, func(d due) bool { return d.category == c })
}

func hasPaid(paid []settledMonth, c category) bool {
	return slices.ContainsFunc(paid, func(p settledMonth) bool { return p.category == c })
}

// isFuneral tells the one-off funeral support from other one-offs.
func (c *Calc) isFuneral(x category) bool {
	return x.scheme == btxhScheme && c.rates.names[x.at] == "MAITANG"
}
