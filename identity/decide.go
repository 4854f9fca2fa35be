package identity

import "slices"

// decide makes the results.
func (m *matching) decide(report *Report, each func(Result) error) error {
	first := map[holding]int32{} // the first linked row of every person of a list
	holders := m.holders()
	for i := range m.rows {
		r := m.result(i, first, holders)
		report.Outcomes[r.Outcome]++
		for _, rep := range r.Repairs {
			report.Repairs[rep.Kind]++
		}
		if err := each(r); err != nil {
			return err
		}
	}
	return nil
}

// result decides one row, after all rows before it.
func (m *matching) result(i int, first map[holding]int32, holders map[holding]int32) Result {
	cands := m.cands[i]
	r := Result{RowID: m.rows[i].ID, Outcome: NotFound, Repairs: m.repairs[i]}
	if len(cands) == 0 {
		r.Reasons = m.reasons(i, r.Outcome, "")
		return r
	}
	r.Score = m.post[i]
	best := &cands[0]
	why := ""
	switch key := (holding{m.s.lists[m.s.of[i]], best.person}); {
	case m.linked(i):
		earlier, again := first[key]
		switch {
		case again && !m.settled[i] && holders[key] != int32(i) && m.weak(best):
			r.Outcome, why = Review, "người này đã có ở dòng "+m.rows[earlier].ID+" của danh sách, dòng này khớp yếu hơn"
		case again:
			r.Outcome, r.FirstRow = Duplicate, m.rows[earlier].ID
		case m.ix.people[best.person].deceased:
			r.Outcome = Deceased
			first[key] = int32(i)
		default:
			r.Outcome = Match
			first[key] = int32(i)
		}
	case m.post[i] >= reviewFrom || m.sum(i) >= 2*reviewFrom:
		r.Outcome = Review
	}
	if r.Outcome != Review && r.Outcome != NotFound {
		r.Number = m.ix.numberOf(best.person)
		if born := m.ix.people[best.person].birth; m.queries[i].firstDay && best.v[fBirth] == bYearOnly && born&511 != 1<<5|1 {
			r.Repairs = append(slices.Clip(r.Repairs), Repair{FieldBirth, RepairYearOnly, m.rows[i].Birth, born.birth().String()[:4]})
		}
	}
	if r.Outcome != NotFound {
		r.Candidates = m.candidates(i, r.Outcome)
	}
	r.Reasons = m.reasons(i, r.Outcome, why)
	return r
}

// oftenTwice is log2 of the share of rows about a person of an earlier row from
// which that is nothing unusual in a list.
const oftenTwice = -4

// weak reports a link that stands on less than number, or name and birth.
func (m *matching) weak(c *candidate) bool {
	if m.w.near.taken > oftenTwice { // whoever stands in this list often stands there again
		return false
	}
	if c.v[fNumber] == kSame || c.v[fNumber] == kOldSame {
		return c.v[fName] > nSlip1 && contradicts(c.v[fBirth])
	}
	return c.v[fName] > nMiddle || contradicts(c.v[fBirth])
}

// sum is the chance that one of the candidates of row i is its person.
func (m *matching) sum(i int) float64 {
	var room [keptLimit]float64
	total := 0.0
	for _, p := range m.w.posteriors(room[:0], m.cands[i], m.restOf(i), m.ix.counts.n) {
		total += p
	}
	return total
}

// candidates are the best three, or the linked one.
func (m *matching) candidates(i int, outcome Outcome) []Candidate {
	var room [keptLimit]float64
	cands := m.cands[i]
	p := m.w.posteriors(room[:0], cands, m.restOf(i), m.ix.counts.n)
	n := min(3, len(cands))
	if outcome != Review {
		n = 1
	}
	out := make([]Candidate, 0, n)
	for c := range n {
		if c > 0 && p[c] < p[0]/1000 {
			break
		}
		out = append(out, Candidate{Number: m.ix.numberOf(cands[c].person), Score: p[c], Fields: agreements(cands[c].v)})
	}
	return out
}

// LookupOne finds the person of a single row, without a list around it.
func (ix *Index) LookupOne(row Row) Result {
	m := &matching{ix: ix, rows: []Row{row}, w: usualWeights(), settled: []bool{false}, from: lookupFrom}
	m.s = &sheets{of: []int32{0}, rows: [][]int32{{0}}, lists: []int32{0}}
	m.s.judge(m.rows, Options{Today: ix.opt.Today, Workers: 1})
	m.queries, m.repairs = make([]query, 1), make([][]Repair, 1)
	m.repairs[0] = ix.prepareRow(&m.queries[0], &row, &m.s.columns[0], &memo{map[string]cleaned{}, map[[2]string]Place{}})
	f := ix.finder()
	if c, ok := f.byNumber(&m.queries[0]); ok {
		m.cands, m.settled[0] = [][]candidate{{c}}, true
	} else {
		m.cands = make([][]candidate, 1)
		m.cands[0], m.queries[0].rest = f.all(&m.queries[0])
	}
	m.post = []float64{m.rank(m.cands[0], m.restOf(0))}
	return m.result(0, map[holding]int32{}, nil)
}

// Compare tells field by field how a row agrees with one record, for instance
// one that a register answered to a question by number. Fields that a side does
// not have are Missing. Columns are judged by this one row.
func Compare(row Row, rec Record, opt Options) ([]Agreement, []Repair) {
	ix := &Index{opt: opt, gazetteer: opt.Gazetteer, forms: &forms{}, random: usualRandom, counts: counts{n: 1}}
	if ix.gazetteer == nil {
		ix.gazetteer = noUnits
	}
	var p person
	ix.prepare(&p, &rec, map[string]*form{})
	code, _ := ix.gazetteer.Today(rec.CommuneCode, rec.Commune)
	_, base := unitName(rec.Commune)
	named := communeKey("~" + base)
	if p.commune = communeKey(code); p.commune == 0 {
		p.commune = named
	}
	ix.counts.commune = map[uint64]int32{uint64(named): 1}
	ix.people = []person{p}

	s := groupRows([]Row{row})
	s.judge([]Row{row}, Options{Today: opt.Today, Workers: 1})
	var q query
	repairs := ix.prepareRow(&q, &row, &s.columns[0], &memo{map[string]cleaned{}, map[[2]string]Place{}})
	if q.communes[0] == named { // no gazetteer knows the unit, but both sides name it
		q.communes[0] = p.commune
	}
	q.held = true // whose a number is that is not this record's is not known here
	var pt pattern
	pt.set(q.form.glued)
	v, _ := ix.compare(&q, &pt, 0)
	return agreements(v), repairs
}

var noUnits = NewGazetteer(nil)
