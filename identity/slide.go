package identity

import (
	"slices"
	"strings"
)

// How far a column is looked for, and how many rows of a sheet must show it. A
// single row whose number stands beside it is two rows exchanged.
const (
	slideReach  = 6
	slideVotes  = 3
	slidePasses = 3 // a column put back can show that another slid
)

// slideColumn is a column that can slide against the others.
type slideColumn uint8

const (
	slidNumber slideColumn = iota
	slidName
	slidBirth
	slideColumns
)

var slideFields = [slideColumns]string{FieldNumber, FieldName, FieldBirth}

// learnSlid finds columns that slid against the others by some rows, in all of a
// sheet or in a part of it, and puts them back. What shows it are rows that their
// numbers settle as soon as one cell is taken from so many rows away.
func (m *matching) learnSlid() {
	parallel(m.ix.opt.workers(), len(m.s.rows), func(g int) {
		f := m.ix.finder()
		for range slidePasses {
			if !m.putBack(f, m.s.rows[g]) {
				break
			}
		}
	})
}

// vote is a row that a column taken from away rows further would settle.
type vote struct {
	at, away int
	column   slideColumn
	person   int32
}

// putBack undoes the plainest slide of a sheet and reports whether there was one.
func (m *matching) putBack(f *finder, rows []int32) bool {
	var votes []vote
	var counts [slideColumns][2*slideReach + 1]int
	for k, i := range rows {
		if m.settled[i] || m.moved[i] {
			continue
		}
		for away := -slideReach; away <= slideReach; away++ {
			j := k + away
			if away == 0 || j < 0 || j >= len(rows) || m.moved[rows[j]] || m.settled[rows[j]] {
				continue // what is settled stands where it belongs
			}
			for column := range slideColumns {
				other, ok := shifted(&m.queries[i], &m.queries[rows[j]], column)
				if !ok {
					continue
				}
				if c, ok := f.byNumber(&other); ok && c.v[fName] <= nSound && c.v[fName] != nMissing && (c.v[fBirth] == bFull || c.v[fBirth] == bYearOnly && column != slidBirth) {
					votes = append(votes, vote{k, away, column, c.person})
					counts[column][away+slideReach]++
				}
			}
		}
	}
	type slide struct {
		n, away int
		column  slideColumn
	}
	var slides []slide
	for column := range slideColumns {
		for a, n := range counts[column] {
			if n >= slideVotes {
				slides = append(slides, slide{n, a - slideReach, column})
			}
		}
	}
	slices.SortStableFunc(slides, func(a, b slide) int { return b.n - a.n })
	done := false
	for _, s := range slides {
		done = m.putBackRuns(f, rows, slices.DeleteFunc(slices.Clone(votes), func(v vote) bool { return v.column != s.column || v.away != s.away })) || done
	}
	for _, v := range votes { // two rows exchanged
		if v.column == slidNumber && (v.away == 1 || v.away == -1) && !m.moved[rows[v.at]] {
			m.queries[rows[v.at]].slid = v.person
		}
	}
	return done
}

// putBackRuns undoes a slide wherever votes for it stand together.
func (m *matching) putBackRuns(f *finder, rows []int32, votes []vote) (done bool) {
	var run []vote
	finish := func() {
		if len(run) >= slideVotes {
			m.shift(f, rows, run[0].at, run[len(run)-1].at, run[0].away, run[0].column)
			done = true
		}
		run = run[:0]
	}
	for _, v := range votes {
		if m.moved[rows[v.at]] {
			continue
		}
		if len(run) > 0 {
			if last := run[len(run)-1].at; v.at-last > 4*slideReach || m.settledBetween(rows[last:v.at]) > (v.at-last)/3 {
				finish()
			}
		}
		run = append(run, v)
	}
	finish()
	return done
}

// settledBetween counts the rows whose number stands where it belongs: where they
// are many, nothing slid.
func (m *matching) settledBetween(rows []int32) (n int) {
	for _, i := range rows {
		if m.settled[i] {
			n++
		}
	}
	return n
}

// shifted is q with a column of other; false where that cell is empty or the same.
func shifted(q, other *query, column slideColumn) (query, bool) {
	out := *q
	switch column {
	case slidNumber:
		out.number, out.digits, out.old, out.nine, out.prefix = other.number, other.digits, other.old, other.nine, other.prefix
		return out, (out.number != 0 || out.old != 0) && (out.number != q.number || out.old != q.old)
	case slidName:
		out.form = other.form
		return out, out.form.glued != "" && out.form != q.form
	case slidBirth:
		out.birth, out.century, out.firstDay, out.garbled = other.birth, other.century, other.firstDay, other.garbled
		return out, out.birth != 0 && out.birth != q.birth
	}
	return out, false
}

// shift takes the column's cells of the open rows from first to last from away
// rows further, and lets the numbers settle what they now can. Open rows beyond
// the edge belong to the slide as well where they then fit somebody better.
func (m *matching) shift(f *finder, rows []int32, first, last, away int, column slideColumn) {
	surely := [2]int{first, last}
	open := func(k int) bool {
		return k >= 0 && k < len(rows) && k+away >= 0 && !m.settled[rows[k]] && !m.moved[rows[k]]
	}
	for open(first-1) && surely[0]-first < 3*slideReach {
		first--
	}
	for open(last+1) && last-surely[1] < 3*slideReach {
		last++
	}
	low, high := max(0, first-slideReach), min(len(rows), last+slideReach+1)
	before := make([]query, high-low) // what the rows were before any is changed
	for k, i := range rows[low:high] {
		before[k] = m.queries[i]
	}
	for k := first; k <= last; k++ {
		i := rows[k]
		m.moved[i] = true
		if m.settled[i] {
			continue
		}
		from, to := query{form: emptyForm}, ""
		if j := k + away; j >= 0 && j < len(rows) {
			from, to = before[j-low], m.cell(rows[j], column)
		}
		q, _ := shifted(&m.queries[i], &from, column)
		if (k < surely[0] || k > surely[1]) && f.best(&q) <= f.best(&m.queries[i]) {
			m.moved[i] = false // stands where it belongs
			continue
		}
		m.queries[i] = q
		m.repairs[i] = append(slices.Clip(slices.DeleteFunc(slices.Clone(m.repairs[i]), func(r Repair) bool { return r.Field == slideFields[column] })),
			Repair{slideFields[column], RepairSlid, m.cell(i, column), to})
		if c, ok := f.byNumber(&m.queries[i]); ok {
			m.cands[i], m.settled[i] = []candidate{c}, true
		}
	}
}

// cell is a row's cell in a column as it was typed.
func (m *matching) cell(i int32, column slideColumn) string {
	switch r := &m.rows[i]; column {
	case slidNumber:
		return strings.TrimSpace(r.Document)
	case slidName:
		return r.Name
	default:
		return r.Birth
	}
}
