package identity

import (
	"slices"
	"strings"
)

// How far a column is looked for, and how many rows of a sheet must show it. A
// single row whose number stands beside it is two rows exchanged.
const (
	slideReach = 6
	slideVotes = 3
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
		for again := true; again; { // a part of a sheet at a time
			again = m.putBack(f, m.s.rows[g])
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
			if away == 0 || j < 0 || j >= len(rows) || m.moved[rows[j]] {
				continue
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
	best, bestColumn, bestAway := 0, slideColumn(0), 0
	for column := range slideColumns {
		for a, n := range counts[column] {
			if n > best {
				best, bestColumn, bestAway = n, column, a-slideReach
			}
		}
	}
	if best < slideVotes {
		for _, v := range votes {
			if v.column == slidNumber && (v.away == 1 || v.away == -1) {
				m.queries[rows[v.at]].slid = v.person
			}
		}
		return false
	}
	first, last := len(rows), -1
	for _, v := range votes {
		if v.column == bestColumn && v.away == bestAway {
			first, last = min(first, v.at), max(last, v.at)
		}
	}
	m.shift(f, rows, first, last, bestAway, bestColumn)
	return true
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
// rows further, and lets the numbers settle what they now can. Rows at the edge
// that are not settled belong to the slide as well.
func (m *matching) shift(f *finder, rows []int32, first, last, away int, column slideColumn) {
	for last+1 < len(rows) && last+1+away < len(rows) && !m.settled[rows[last+1]] && last-first < len(rows) {
		last++
	}
	before := make([]query, len(rows))
	cells := make([]string, len(rows))
	for k, i := range rows {
		before[k], cells[k] = m.queries[i], m.cell(i, column)
	}
	for k := first; k <= last; k++ {
		i := rows[k]
		m.moved[i] = true
		if m.settled[i] {
			continue
		}
		from, to := query{form: emptyForm}, ""
		if j := k + away; j >= 0 && j < len(rows) {
			from, to = before[j], cells[j]
		}
		q, _ := shifted(&m.queries[i], &from, column)
		m.queries[i] = q
		m.repairs[i] = append(slices.Clip(slices.DeleteFunc(slices.Clone(m.repairs[i]), func(r Repair) bool { return r.Field == slideFields[column] })),
			Repair{slideFields[column], RepairSlid, cells[k], to})
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
