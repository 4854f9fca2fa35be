package identity

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// joinFrom is the posterior from which two rows of a file are shown as one person:
// nobody is paid or struck off by it, somebody looks.
const joinFrom = 0.9

// Cluster says which rows of a file are about one person: all that have the same
// First.
type Cluster struct {
	RowID   string
	First   string   // ID of the first row about the person; a row that stands alone names itself
	Score   float64  // posterior of the surest link of the row to its cluster, 1 for a row that stands alone and may
	Reasons []string // Vietnamese: how the row compares with the one it is surest to be
}

// Clusters finds the rows of a file that are about one person, however many they
// are, without a register: each row is matched against all others. Lists and
// sheets of the rows count as in Match, but a person may stand in one often.
func Clusters(rows []Row, opt Options, now func() time.Time, each func(Cluster) error) (Report, error) {
	report := Report{Rows: len(rows), Register: len(rows), Outcomes: map[Outcome]int{}, Repairs: map[string]int{}}
	lap := stopwatch(now, &report)
	c := newClustering(rows, opt)
	lap("clean")
	c.pair()
	lap("candidates")
	c.learn()
	lap("learn")
	first, surest := c.join()
	for i, row := range rows {
		out := Cluster{RowID: row.ID, First: rows[first[i]].ID, Score: 1}
		if s := surest[i]; s.with >= 0 {
			out.Score = s.chance
			why := "cùng một người với dòng " + rows[s.with].ID
			if s.chance < joinFrom {
				why = "có thể cùng một người với dòng " + rows[s.with].ID + ", chưa đủ chắc chắn"
			}
			out.Reasons = append([]string{why}, sayings(s.v)...)
		}
		outcome := NotFound
		switch {
		case first[i] != int32(i):
			outcome = Duplicate
		case len(out.Reasons) > 0 && out.Score >= joinFrom:
			outcome = Match
		case len(out.Reasons) > 0:
			outcome = Review
		}
		report.Outcomes[outcome]++
		for _, r := range c.repairs[i] {
			report.Repairs[r.Kind]++
		}
		if err := each(out); err != nil {
			return report, err
		}
	}
	lap("decide")
	report.Present, report.Weights = c.w.present, c.w.list()
	return report, nil
}

// clustering is one run over a file.
type clustering struct {
	ix *Index
	prepared
	pairs []openRow // one candidate each
	of    []int32   // by pair: the row whose candidate it is
	w     *weights
}

// newClustering makes a register of the rows.
func newClustering(rows []Row, opt Options) *clustering {
	s := groupRows(rows)
	s.judge(rows, opt)
	bare := &Index{opt: opt, gazetteer: opt.Gazetteer.clone(), forms: &forms{}}
	c := &clustering{}
	records := make([]Record, len(rows))
	for i := range rows {
		records[i] = bare.recordOf(&rows[i], &s.columns[s.of[i]])
	}
	oneSpelling(records, func(r *Record) *string { return &r.Commune })
	oneSpelling(records, func(r *Record) *string { return &r.Hamlet })
	c.ix = NewIndex(slices.Values(records), opt)
	c.prepared = c.ix.prepareRows(rows, s)
	return c
}

// recordOf reads a row as if it were a person of a register.
func (ix *Index) recordOf(r *Row, c *column) Record {
	doc, _ := ParseDocument(r.Document) // unreadable numbers stand as they are
	rec := Record{Number: doc.Number, OldNumber: string(doc.Old), Ethnic: r.Ethnic}
	if doc.Number == "" && doc.Old == "" {
		rec.OldNumber = onlyASCII(r.Document)
	}
	name, _ := ix.cleanName(r.Name, c.name)
	rec.Name = name.written
	rec.Birth, _, _ = c.dates.Parse(r.Birth)
	rec.Sex, _ = ParseSex(r.Sex)
	commune := decodeCell(r.Commune, c.commune)
	place := ix.gazetteer.Resolve(commune, decodeCell(r.Address, c.address))
	rec.Hamlet, rec.Commune = place.Hamlet, place.Key
	if place.Sure {
		rec.CommuneCode, rec.Commune = place.Codes[0], ""
	}
	return rec
}

// oneSpelling writes a place as most rows do that are a slip from it.
func oneSpelling(records []Record, of func(*Record) *string) {
	counts := map[string]int{}
	for i := range records {
		counts[*of(&records[i])]++
	}
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return cmp.Or(counts[b]-counts[a], cmp.Compare(a, b)) })
	known, spelling := nearNames{}, map[string]string{}
	for _, name := range names {
		if spelling[name] = known.find(name); spelling[name] == "" {
			spelling[name] = name
			known.add(name)
		}
	}
	for i := range records {
		*of(&records[i]) = spelling[*of(&records[i])]
	}
}

func onlyASCII(s string) string {
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		if s[i] > ' ' && s[i] < 0x7F {
			out = append(out, s[i])
		}
	}
	return string(out)
}

// pair collects the pairs of rows that share a key, each once.
func (c *clustering) pair() {
	found := make([][]candidate, len(c.queries))
	parallel(c.ix.opt.workers(), (len(c.queries)+batch-1)/batch, func(k int) {
		f := c.ix.finder()
		for i := k * batch; i < min((k+1)*batch, len(c.queries)); i++ {
			f.but = int32(i)
			found[i], _ = f.all(&c.queries[i])
		}
	})
	for i, cands := range found {
		for j := range cands {
			other := cands[j].person
			if other < int32(i) && slices.ContainsFunc(found[other], func(back candidate) bool { return back.person == int32(i) }) {
				continue // seen from there
			}
			c.pairs = append(c.pairs, openRow{cands[j : j+1], nobodyElse})
			c.of = append(c.of, int32(i))
		}
	}
}

// learn finds the weights of pairs. Numbers that two rows share are a stranger's
// where the births contradict each other.
func (c *clustering) learn() {
	equal, strange := 0.0, 0.0
	for _, p := range c.pairs {
		switch v := p.cands[0].v; v[fNumber] {
		case kSame, kOldSame:
			equal++
		case kStranger:
			equal++
			if v[fBirth] == bDiffer || v[fBirth] == bFarOnly {
				strange++
			}
		}
	}
	const belief = 100
	c.w = learn(c.pairs, c.ix.counts.n, log2(strangersNumber/((strange+belief*strangersNumber)/(equal+belief))))
}

// sureness is how sure a row is to be of one person with another.
type sureness struct {
	with   int32
	chance float64
	v      vector
}

// join links pairs from the surest down and gives the first row of every row's
// cluster, with the surest link of each row.
func (c *clustering) join() (first []int32, surest []sureness) {
	n := len(c.queries)
	first, surest = make([]int32, n), make([]sureness, n)
	for i := range first {
		first[i], surest[i].with = int32(i), -1
	}
	root := func(i int32) int32 {
		for first[i] != i {
			first[i] = first[first[i]]
			i = first[i]
		}
		return i
	}
	var room [1]float64
	for k, pair := range c.pairs {
		chance := c.w.posteriors(room[:0], pair.cands, nobodyElse, c.ix.counts.n)[0]
		if chance < 2*reviewFrom {
			continue
		}
		i, j := c.of[k], pair.cands[0].person
		for _, end := range [2][2]int32{{i, j}, {j, i}} {
			if chance > surest[end[0]].chance {
				surest[end[0]] = sureness{end[1], chance, pair.cands[0].v}
			}
		}
		if a, b := root(i), root(j); chance >= joinFrom && a != b {
			first[max(a, b)] = min(a, b)
		}
	}
	for i := range first {
		first[i] = root(int32(i))
	}
	return first, surest
}
