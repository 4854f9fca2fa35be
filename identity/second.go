package identity

// window is how many rows up and down count as close by: lists are made by
// hamlet and house, so that families stand together.
const window = 5

// nearness is what it says that somebody of a candidate's household stands close
// by in the sheet, learned from the rows that were sure without it.
type nearness struct {
	yes, no float64 // log2 of the likelihood ratio
	taken   float64 // log2 of how likely a person stands on a list twice
}

var noNearness = nearness{}

func (n nearness) of(c *candidate) float64 {
	w := n.no
	if c.near {
		w = n.yes
	}
	if c.taken {
		w += n.taken
	}
	return w
}

// surely is the posterior from which a row teaches others.
const surely = 0.995

// secondPass uses what the list as a whole shows: neighbours, and that a person
// stands on a list once.
func (m *matching) secondPass() {
	for range 2 {
		sure := m.surePeople()
		holders := m.holders()
		m.markNear(sure)
		m.markTaken(holders)
		m.w.near = m.learnNear(sure, holders)
		m.score()
	}
}

// surePeople is the person of every row that is sure, -1 for the others.
func (m *matching) surePeople() []int32 {
	sure := make([]int32, len(m.rows))
	for i := range sure {
		sure[i] = -1
		if m.linked(i) && m.post[i] >= surely {
			sure[i] = m.cands[i][0].person
		}
	}
	return sure
}

// markNear notes for every candidate of the open rows whether somebody else of
// the household is sure close by.
func (m *matching) markNear(sure []int32) {
	place := make([]int32, len(m.rows)) // of a row in its sheet
	for _, rows := range m.s.rows {
		for k, i := range rows {
			place[i] = int32(k)
		}
	}
	m.chunks(func(_ *finder, i int) {
		if m.settled[i] {
			return
		}
		rows, at := m.s.rows[m.s.of[i]], int(place[i])
		for c := range m.cands[i] {
			cand := &m.cands[i][c]
			home := m.ix.people[cand.person].household
			cand.near = false
			for k := max(0, at-window); home != 0 && k <= min(len(rows)-1, at+window); k++ {
				p := sure[rows[k]]
				if k != at && p >= 0 && p != cand.person && m.ix.people[p].household == home {
					cand.near = true
					break
				}
			}
		}
	})
}

// markTaken notes candidates who are linked by another row of the same list that
// fits them better.
func (m *matching) markTaken(holders map[holding]int32) {
	for i := range m.rows {
		list := m.s.lists[m.s.of[i]]
		for c := range m.cands[i] {
			h, held := holders[holding{list, m.cands[i][c].person}]
			m.cands[i][c].taken = held && h != int32(i) && !m.settled[i]
		}
	}
}

type holding struct{ list, person int32 }

// holders gives for every person of a list the linked row that fits best: one
// that the number settled before others, then by posterior, then the earlier.
func (m *matching) holders() map[holding]int32 {
	holders := make(map[holding]int32, len(m.rows))
	better := func(a, b int32) bool {
		if m.settled[a] != m.settled[b] {
			return m.settled[a]
		}
		return m.post[a] > m.post[b]
	}
	for i := range m.rows {
		if !m.linked(i) {
			continue
		}
		key := holding{m.s.lists[m.s.of[i]], m.cands[i][0].person}
		if h, ok := holders[key]; !ok || better(int32(i), h) {
			holders[key] = int32(i)
		}
	}
	return holders
}

// learnNear compares how often the right person's household stands close by with
// how often a wrong candidate's does, and counts persons who stand twice.
func (m *matching) learnNear(sure []int32, holders map[holding]int32) nearness {
	right, rightNear, wrong, wrongNear, rows, twice := 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
	for i := range m.rows {
		if sure[i] < 0 {
			continue
		}
		rows++
		if h := holders[holding{m.s.lists[m.s.of[i]], sure[i]}]; h != int32(i) {
			twice++
		}
		if m.settled[i] {
			continue
		}
		right++
		if m.cands[i][0].near {
			rightNear++
		}
		for _, c := range m.cands[i][1:] {
			wrong++
			if c.near {
				wrongNear++
			}
		}
	}
	taken := log2((twice + 2) / (rows + 200))
	if !m.ix.homes {
		return nearness{taken: taken}
	}
	a := (rightNear + 20*0.25) / (right + 20)
	b := (wrongNear + 100*0.03) / (wrong + 100)
	if a <= b {
		return nearness{taken: taken}
	}
	return nearness{yes: min(log2(a/b), 8), no: max(log2((1-a)/(1-b)), -2), taken: taken}
}
