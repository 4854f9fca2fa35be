package identity

import (
	"slices"
	"time"
)

// What is linked without a person looking, and what is shown to a clerk.
const (
	linkFrom   = 0.98 // never below this posterior
	reviewFrom = 0.10 // posterior from which a clerk is asked
	lookupFrom = 0.99 // for a row that stands alone
	// wrongLinks is how many links may be wrong by the posteriors' own reckoning,
	// as a share of all. A hard list, without numbers or places, thereby raises
	// the bar for itself; but one doubt is allowed in any list.
	wrongLinks = 5e-5
	oneDoubt   = 0.02
)

// trustFrom is how few numbers of a list may be somebody else's for the kind of
// evidence not to matter beside its weight. Lists of families' numbers never are so.
const trustFrom = 0.003

// Report is what a run of matching learned and did.
type Report struct {
	Rows     int
	Register int
	Outcomes map[Outcome]int
	Repairs  map[string]int // by kind
	ByNumber int            // rows that the number settled, with name and birth as witnesses
	Present  float64        // learned: chance that a row which the number did not settle is in the register
	Weights  []LearnedWeight
	Stages   []Stage
}

// LearnedWeight is the chance that a field of the right person agrees at a level.
type LearnedWeight struct {
	Field  string
	Level  string // in Vietnamese
	Chance float64
}

// Stage is a step of matching and how long it took.
type Stage struct {
	Name string
	Took time.Duration
}

// matching is one run over the rows of one or several lists.
type matching struct {
	ix   *Index
	rows []Row
	s    *sheets
	prepared
	cands   [][]candidate // by row; one for rows that the number settled
	settled []bool
	moved   []bool // by row: a column that slid was put back
	w       *weights
	post    []float64 // by row: posterior of its best candidate
	from    float64   // the posterior from which rows are linked

	trusting bool // numbers are hardly ever somebody else's, so that the posterior alone decides
}

// Match finds the person of every row, in the order of the rows. Rows of one
// list (Row.List) are judged together: a person stands in it once, columns are
// read alike, and neighbours in the sheet help to tell namesakes apart.
func (ix *Index) Match(rows []Row) ([]Result, Report) {
	results := make([]Result, 0, len(rows))
	report, _ := ix.MatchEach(rows, nil, func(r Result) error { // collecting cannot fail
		results = append(results, r)
		return nil
	})
	return results, report
}

// MatchEach is Match with the results handed over one by one, in the order of
// the rows, so that a million of them need not be held. It stops at the first
// error of each and returns it. now, which may be nil, tells the time for the
// report's stages.
func (ix *Index) MatchEach(rows []Row, now func() time.Time, each func(Result) error) (Report, error) {
	m := &matching{ix: ix, rows: rows, w: usualWeights(), from: linkFrom}
	report := Report{Rows: len(rows), Register: len(ix.people), Outcomes: map[Outcome]int{}, Repairs: map[string]int{}}
	lap := stopwatch(now, &report)
	stage := func(name string, do func()) {
		do()
		lap(name)
	}
	stage("clean", func() {
		m.s = groupRows(rows)
		m.s.judge(rows, ix.opt)
		m.prepared = ix.prepareRows(rows, m.s)
	})
	stage("number", m.byNumber)
	stage("sheets", m.learnSheets)
	stage("candidates", m.byBlocks)
	stage("learn", m.learn)
	stage("communes", m.learnCommunesAgain)
	stage("neighbours", m.secondPass)
	var err error
	stage("decide", func() { err = m.decide(&report, each) })
	for i, done := range m.settled {
		if done && len(m.cands[i]) > 0 {
			report.ByNumber++
		}
	}
	report.Present = m.w.present
	report.Weights = m.w.list()
	return report, err
}

// stopwatch notes how long each stage took, when now tells the time.
func stopwatch(now func() time.Time, report *Report) (lap func(name string)) {
	if now == nil {
		return func(string) {}
	}
	last := now()
	return func(name string) {
		t := now()
		report.Stages = append(report.Stages, Stage{name, t.Sub(last)})
		last = t
	}
}

// byNumber is the first stage: number, borne out by name and birth.
func (m *matching) byNumber() {
	m.cands = make([][]candidate, len(m.rows))
	m.settled, m.moved = make([]bool, len(m.rows)), make([]bool, len(m.rows))
	m.chunks(func(f *finder, i int) {
		if c, ok := f.byNumber(&m.queries[i]); ok {
			m.cands[i], m.settled[i] = []candidate{c}, true
		}
	})
}

// chunks calls do for every row, each goroutine with a finder of its own.
func (m *matching) chunks(do func(f *finder, i int)) {
	const size = 512
	parallel(m.ix.opt.workers(), (len(m.rows)+size-1)/size, func(k int) {
		f := m.ix.finder()
		for i := k * size; i < min((k+1)*size, len(m.rows)); i++ {
			do(f, i)
		}
	})
}

// learnSheets learns from the rows that the numbers settled what a sheet does
// to all its rows: days and months exchanged, the commune it is of, a column of
// numbers that slid by a row.
func (m *matching) learnSheets() {
	parallel(m.ix.opt.workers(), len(m.s.rows), func(g int) {
		m.learnDates(m.s.rows[g])
		m.learnCommune(m.s.rows[g], func(i int32) bool { return m.settled[i] })
	})
	m.learnSlid()
}

// learnDates turns the dates of a sheet around when most of those that the
// numbers prove are: a spreadsheet of American settings reads 05/10 as May.
func (m *matching) learnDates(rows []int32) {
	var same, swapped [2]int // text; the spreadsheet's own dates
	kind := func(q *query) int {
		if q.iso {
			return 1
		}
		return 0
	}
	for _, i := range rows {
		if !m.settled[i] {
			continue
		}
		q := &m.queries[i]
		switch m.cands[i][0].v[fBirth] {
		case bFull:
			if q.birth.day() != q.birth.month() && q.birth.day() <= 12 {
				same[kind(q)]++
			}
		case bSwap:
			swapped[kind(q)]++
		}
	}
	for _, i := range rows {
		q := &m.queries[i]
		k := kind(q)
		d, mo := q.birth.day(), q.birth.month()
		if swapped[k] < 6 || swapped[k] < 3*same[k] || !q.birth.full() || d > 12 || d == mo {
			continue
		}
		was := q.birth.birth()
		q.birth = dayKey(q.birth.year()<<9 | d<<5 | mo)
		m.repairs[i] = append(m.repairs[i], Repair{FieldBirth, RepairDateOrder, was.String(), q.birth.birth().String()})
		if m.settled[i] {
			var pt pattern
			pt.set(q.form.glued)
			c := &m.cands[i][0]
			v, s := m.ix.compare(q, &pt, c.person)
			c.v, c.surprise = v, float32(s)
		}
	}
}

// learnCommune gives the rows of a sheet the commune that nearly all sure rows of
// it live in, for those that name none or another, and reports whether it did.
func (m *matching) learnCommune(rows []int32, sure func(i int32) bool) bool {
	counts := map[uint32]int{}
	total, best := 0, uint32(0)
	known := true
	for _, i := range rows {
		known = known && m.queries[i].fallback != 0
		if sure(i) {
			if c := m.ix.people[m.cands[i][0].person].commune; c != 0 {
				counts[c]++
				total++
				if counts[c] > counts[best] || counts[c] == counts[best] && c < best {
					best = c
				}
			}
		}
	}
	if known || total < 5 || counts[best]*10 < total*7 {
		return false
	}
	for _, i := range rows {
		m.queries[i].fallback = best
	}
	return true
}

// learnCommunesAgain does for sheets with few numbers, once names and births have
// made rows sure, what learnSheets could not; their rows look for candidates anew.
func (m *matching) learnCommunesAgain() {
	again := make([]bool, len(m.s.rows))
	any := false
	for g, rows := range m.s.rows {
		again[g] = m.learnCommune(rows, func(i int32) bool { return m.linked(int(i)) && m.post[i] >= surely })
		any = any || again[g]
	}
	if !any {
		return
	}
	m.chunks(func(f *finder, i int) {
		if again[m.s.of[i]] && !m.settled[i] {
			m.cands[i], m.queries[i].rest = f.all(&m.queries[i])
		}
	})
	m.learn()
}

// byBlocks is the second stage: candidates for all rows that are not settled.
func (m *matching) byBlocks() {
	m.chunks(func(f *finder, i int) {
		if !m.settled[i] {
			m.cands[i], m.queries[i].rest = f.all(&m.queries[i])
		}
	})
}

// open lists the rows that the number did not settle.
func (m *matching) open() []openRow {
	var open []openRow
	for i := range m.rows {
		if !m.settled[i] {
			open = append(open, openRow{m.cands[i], m.restOf(i)})
		}
	}
	return open
}

// learn finds the weights and gives every row its posterior.
func (m *matching) learn() {
	strange := 0.0
	for range 2 { // how trustworthy numbers are shows once rows are linked
		m.w = learn(m.open(), m.ix.counts.n, strange)
		m.w.near = noNearness
		m.score()
		strangers := m.strangers()
		strange, m.trusting = log2(strangersNumber/strangers), strangers < trustFrom
	}
}

// strangers is how many of the numbers that somebody has are not the number of
// the person whom their row is linked to.
func (m *matching) strangers() float64 {
	own, others := 0.0, 0.0
	for i := range m.rows {
		if m.settled[i] {
			own++
			continue
		}
		if q := &m.queries[i]; q.held && m.linked(i) {
			if p := &m.ix.people[m.cands[i][0].person]; q.number != 0 && p.number == q.number || q.old != 0 && p.old == q.old {
				own++
			} else {
				others++
			}
		}
	}
	const belief = 100
	return (others + belief*strangersNumber) / (own + others + belief)
}

// score sorts every row's candidates by posterior.
func (m *matching) score() {
	m.post = make([]float64, len(m.rows))
	m.chunks(func(f *finder, i int) {
		m.post[i] = m.rank(m.cands[i], m.restOf(i))
	})
	m.from = m.bar()
}

// bar is the lowest posterior from which linking keeps the expected number of
// wrong links within what is allowed.
func (m *matching) bar() float64 {
	m.from = linkFrom
	var doubts []float64
	links, sum := 0, 0.0
	for i := range m.rows {
		if m.linked(i) {
			links++
			if d := 1 - m.post[i]; d > 1e-9 {
				doubts = append(doubts, d)
			}
		}
	}
	slices.Sort(doubts)
	allowed := max(wrongLinks*float64(links), oneDoubt)
	for i, d := range doubts {
		if sum += d; sum > allowed {
			if i == 0 {
				return linkFrom
			}
			return 1 - doubts[i-1]
		}
	}
	return linkFrom
}

// restOf is the weight of the people who fit row i a little and are not among its
// candidates.
func (m *matching) restOf(i int) float64 {
	if m.settled[i] {
		return nobodyElse
	}
	return float64(m.queries[i].rest)
}

// rank sorts candidates, best first, and gives the posterior of the first.
func (m *matching) rank(c []candidate, rest float64) float64 {
	if len(c) == 0 {
		return 0
	}
	var room [keptLimit]float64
	p := m.w.posteriors(room[:0], c, rest, m.ix.counts.n)
	for i := 1; i < len(c); i++ { // a few candidates, nearly sorted
		for j := i; j > 0 && (p[j] > p[j-1] || p[j] == p[j-1] && c[j].person < c[j-1].person); j-- {
			p[j], p[j-1] = p[j-1], p[j]
			c[j], c[j-1] = c[j-1], c[j]
		}
	}
	return p[0]
}

// linked reports whether row i is linked to its best candidate without a clerk.
func (m *matching) linked(i int) bool {
	return len(m.cands[i]) > 0 && m.post[i] >= m.from && (m.trusting || m.cands[i][0].linkable())
}
