package payout

import "ansinh.vn/money"

// sentence is what a line says about itself.
type sentence struct {
	article, text string
	reason        string // both, NUL between
}

// said is all that a sentence depends on besides the rates: thousands of people share one.
type said struct {
	category
	kind         Kind
	month        money.Month
	amount, paid money.VND
	row          *btxhRow
	level        *levelRow
	merit        *meritRow
	n, times     int
	instead      int8        // scheme of what is owed instead, −1 for none
	dead         money.Month // the last month of somebody who died before this one
	first        bool        // nothing was owed the month before
	decided      bool
	rowBefore    *btxhRow
	levelBefore  *levelRow
	meritBefore  *meritRow
	age, aged    int // where the coefficient changed: age now, age before
}

// mostSentences bounds what a subtraction remembers, where hardly two lines are alike.
const mostSentences = 50_000

// sentence says a line, out of memory where the same was said before.
func (s *subtraction) sentence(l *line) sentence {
	key := said{category: l.category, kind: l.kind, month: l.month, amount: l.amount, paid: l.paid, row: l.row, level: l.level,
		merit: l.merit, n: l.n, times: l.times, instead: -1, first: l.before.times == 0, decided: l.decided,
		rowBefore: l.before.row, levelBefore: l.before.level, meritBefore: l.before.merit}
	if l.instead.times > 0 {
		key.instead = l.instead.scheme
	}
	if l.times == 0 && l.month > l.last {
		key.dead = l.last
	}
	if l.row != nil && l.before.row != nil && l.row.scaled != l.before.row.scaled {
		key.age, key.aged = l.age, l.before.age
	}
	if x, ok := s.said[key]; ok {
		return x
	}
	b := append(s.appendArticle(s.text[:0], l), 0)
	at := len(b)
	b = s.appendExplanation(b, l)
	s.text = b
	x := sentence{reason: string(b)}
	x.article, x.text = x.reason[:at-1], x.reason[at:]
	if s.said == nil || len(s.said) >= mostSentences {
		s.said = map[said]sentence{}
	}
	s.said[key] = x
	return x
}
