package identity

import "slices"

// A key that fits more people than this is not followed.
const (
	blockLimit = 400
	plainLimit = 30
	keptLimit  = 24 // candidates kept of a row, the best
	hopeless   = -5 // log2 of the likelihood ratio below which nobody is kept
)

// finder looks for candidates; each goroutine has its own.
type finder struct {
	but   int32 // a person who is no candidate, -1 for none
	ix    *Index
	w     *weights
	pt    pattern
	found []int32
	cands []candidate
}

func (ix *Index) finder() *finder { return &finder{ix: ix, w: usualWeights(), but: -1} }

// byNumber looks whether the number alone, with name and birth as witnesses,
// settles the row.
func (f *finder) byNumber(q *query) (candidate, bool) {
	f.found = f.found[:0]
	if q.number != 0 {
		f.found = f.ix.b.number.find(f.found, q.number, blockLimit)
	}
	if q.old != 0 {
		f.found = f.ix.b.old.find(f.found, uint64(q.old), blockLimit)
	}
	if len(f.found) == 0 {
		return candidate{}, false
	}
	f.pt.set(q.form.glued)
	var best candidate
	n := 0
	for _, i := range f.found {
		if v, s := f.ix.compare(q, &f.pt, i); v.certain() {
			if n == 0 || best.person != i {
				n++
			}
			best = candidate{person: i, v: v, surprise: float32(s)}
		}
	}
	return best, n == 1 && !f.anotherAtHome(q, &best)
}

// anotherAtHome reports whether somebody else of the household fits name and birth
// at least as well as the person of the number: father and son of one name, twins,
// where the number may be the other's.
func (f *finder) anotherAtHome(q *query, best *candidate) bool {
	if best.v[fName] == nMark && best.v[fBirth] == bFull {
		return false
	}
	home := f.ix.people[best.person].household
	if home == 0 {
		return false
	}
	f.found = f.ix.b.household.find(f.found[:0], uint64(home), blockLimit)
	for _, i := range f.found {
		if i == best.person {
			continue
		}
		if v, _ := f.ix.compare(q, &f.pt, i); v[fName] != nMissing && v[fName] <= best.v[fName] && !contradicts(v[fBirth]) && (v[fBirth] <= best.v[fBirth] || v[fBirth] == bYearOnly) && v[fSex] != sDiffer {
			return true
		}
	}
	return false
}

// all finds the candidates of a row, best first, and what is left for all others
// who bear the name.
func (f *finder) all(q *query) ([]candidate, float32) {
	f.gather(q)
	slices.Sort(f.found)
	f.found = slices.Compact(f.found)
	f.pt.set(q.form.glued)
	f.cands = f.cands[:0]
	for _, i := range f.found {
		if i == f.but {
			continue
		}
		v, s := f.ix.compare(q, &f.pt, i)
		f.cands = append(f.cands, candidate{person: i, v: v, surprise: float32(s)})
	}
	scores := func(c *candidate) float64 { return f.w.of(c.v, float64(c.surprise)) }
	slices.SortFunc(f.cands, func(a, b candidate) int {
		switch x, y := scores(&a), scores(&b); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return int(a.person - b.person)
	})
	kept := f.cands[:0] // what is hopeless, alone or beside the best, is not kept
	for i := range f.cands {
		own := scores(&f.cands[i])
		if len(kept) < keptLimit && (own > hopeless && (len(kept) == 0 || own > scores(&kept[0])-40) || f.cands[i].v[fNumber] == kStranger) {
			kept = append(kept, f.cands[i])
		}
	}
	return slices.Clone(kept), float32(f.namesakes(q, kept))
}

// namesakes is the log2 of the summed likelihood ratios of those who bear the
// row's name and are not among the candidates: of a common name without a birth
// beside it only those are followed who live where the row says.
func (f *finder) namesakes(q *query, kept []candidate) float64 {
	if q.birth != 0 || q.form.glued == "" || q.form.wild {
		return nobodyElse
	}
	c := &f.ix.counts
	v := vector{fName: nMark}
	n := c.mark[q.form.hMark]
	if q.form.bare {
		v[fName], n = nBare, c.plain[q.form.hPlain]
	}
	for i := range kept {
		if kept[i].v[fName] <= nPlain && kept[i].v[fName] != nMissing {
			n--
		}
	}
	if n <= 0 {
		return nobodyElse
	}
	if q.communes[0] != 0 || q.fallback != 0 {
		v[fCommune] = cDiffer
	}
	return f.w.of(v, log2(float64(n))-log2(c.share(n)))
}

// best is how well the best candidate of a row fits, as log2 of the likelihood ratio.
func (f *finder) best(q *query) float64 {
	if c, _ := f.all(q); len(c) > 0 {
		return f.w.of(c[0].v, float64(c[0].surprise))
	}
	return hopeless
}

// gather collects everybody who shares a key with the row.
func (f *finder) gather(q *query) {
	b, fm := &f.ix.b, q.form
	f.found = f.found[:0]
	try := func(b *block, key uint64) { f.found = b.find(f.found, key, blockLimit) }
	f.numbers(q)
	if q.slid >= 0 {
		f.found = append(f.found, q.slid)
	}
	years := [4]uint64{}
	ny := 0
	year := func(y int) {
		years[ny] = uint64(y)
		ny++
	}
	if q.birth != 0 {
		year(q.birth.year())
		if q.century {
			year(q.birth.year() - 100)
		}
	}
	sureYears := ny
	if q.birth != 0 && !q.birth.full() {
		year(q.birth.year() - 1)
		year(q.birth.year() + 1)
	}
	places := append(q.communes[:len(q.communes):len(q.communes)], q.fallback)
	for _, c := range q.communes {
		if c == q.fallback {
			places[len(q.communes)] = 0
		}
	}
	if fm.glued != "" && !fm.wild {
		f.found = b.plain.find(f.found, fm.hPlain, plainLimit)
		for _, y := range years[:ny] {
			try(b.plainYear, mix(fm.hPlain, y))
			try(b.soundYear, mix(fm.hSound, y))
		}
		for _, y := range years[:sureYears] {
			try(b.endsYear, both(fm.hEnds, y))
		}
		for _, c := range places {
			if c == 0 {
				continue
			}
			try(b.plainCommune, mix(fm.hPlain, uint64(c)))
			try(b.soundCommune, mix(fm.hSound, uint64(c)))
			if ny == 0 || q.birth.full() {
				try(b.endsCommune, both(fm.hEnds, uint64(c)))
			}
			for _, y := range years[:ny] {
				try(b.givenYearCommune, both(both(fm.hGiven, y), uint64(c)))
				if q.hamlet != 0 {
					try(b.familyHamlet, both(both(fm.hFamily, y), mix(uint64(c), uint64(q.hamlet))))
				}
			}
		}
		if q.birth.full() {
			try(b.plainDay, both(fm.hPlain, uint64(q.birth&511)))
		}
	}
	if fm.wild {
		for _, y := range years[:ny] {
			try(b.skeletonYear, both(fm.hSkeleton, y))
		}
		for _, c := range places {
			try(b.skeletonCommune, both(fm.hSkeleton, uint64(c)))
		}
	}
	if q.hamlet != 0 && !fm.wild { // only where a hamlet's name is rare, or is a street's
		f.found = b.givenHamlet.find(f.found, both(fm.hGiven, uint64(q.hamlet)), plainLimit)
		f.found = b.familyAtHamlet.find(f.found, both(fm.hFamily, uint64(q.hamlet)), plainLimit)
	}
	if n := len(q.garbled); n >= 7 && n <= 9 {
		slipsOf(q.garbled, func(digits []byte) {
			for _, day := range [2]dayKey{dayOf(digits[4:], digits[2:4], digits[:2]), dayOf(digits[:4], digits[4:6], digits[6:])} {
				try(b.day, uint64(day))
			}
		})
	}
	if q.birth.full() {
		days := []dayKey{q.birth}
		if d, m := q.birth.day(), q.birth.month(); d <= 12 && d != m {
			days = append(days, dayKey(q.birth.year()<<9|d<<5|m))
		}
		for _, d := range days {
			if q.firstDay {
				continue
			}
			f.ofDay(q, d)
			for _, c := range places { // in a register of so many that a day has too many
				try(b.dayCommune, both(uint64(d), uint64(c)))
			}
		}
	}
}

// ofDay collects who was born on a day and shares a name or the place with the row;
// of a small register everybody of the day.
func (f *finder) ofDay(q *query, day dayKey) {
	const small = 50_000
	start := len(f.found)
	f.found = f.ix.b.day.find(f.found, uint64(day), blockLimit)
	if len(f.ix.people) <= small {
		return
	}
	kept := f.found[:start]
	for _, i := range f.found[start:] {
		p := &f.ix.people[i]
		if p.form.hFamily == q.form.hFamily || p.form.hGiven == q.form.hGiven || p.commune != 0 && (p.commune == q.communes[0] || p.commune == q.communes[1] || p.commune == q.fallback) {
			kept = append(kept, i)
		}
	}
	f.found = kept
}

func both(a, b uint64) uint64 {
	if a == 0 || b == 0 {
		return 0
	}
	return mix(a, b)
}

// numbers collects the people of the row's number, of all numbers that are one
// slip away, and the household of whoever has the number: a relative's number is
// the commonest mistake.
func (f *finder) numbers(q *query) {
	b := &f.ix.b
	q.owner, q.held = 0, false
	if q.old != 0 {
		start := len(f.found)
		f.found = b.old.find(f.found, uint64(q.old), blockLimit)
		q.held = len(f.found) > start
	}
	if len(q.nine) >= 5 && !q.held {
		f.shortSlips(q.nine)
	}
	if q.number != 0 {
		start := len(f.found)
		f.found = b.number.find(f.found, q.number, blockLimit)
		if len(f.found) > start {
			q.held = true
			q.owner = f.ix.people[f.found[start]].household
			f.found = b.household.find(f.found, uint64(q.owner), blockLimit)
		}
	}
	if len(q.digits) < 11 || len(q.digits) > 13 {
		return
	}
	probe := func(k uint64) { f.found = b.number.find(f.found, k, blockLimit) }
	var digit [14]uint64
	for i := range len(q.digits) {
		digit[i] = uint64(q.digits[i] - '0')
	}
	switch value := digitsKey(q.digits); len(q.digits) {
	case 12:
		power := uint64(1)
		for i := 11; i >= 0; i-- {
			for d := range uint64(10) {
				if d != digit[i] {
					probe(value + (d-digit[i])*power)
				}
			}
			if i > 0 && digit[i-1] != digit[i] {
				probe(value + (digit[i-1]-digit[i])*power + (digit[i]-digit[i-1])*power*10)
			}
			power *= 10
		}
	case 11:
		power := uint64(1)
		for range 12 {
			head, tail := value/power, value%power
			for d := range uint64(10) {
				probe((head*10+d)*power + tail)
			}
			power *= 10
		}
	case 13:
		power := uint64(1)
		for range 13 {
			probe(value/(power*10)*power + value%power)
			power *= 10
		}
	}
}

// shortSlips collects the people whose old number is one slip from digits.
func (f *finder) shortSlips(digits string) {
	slipsTo(digits, func(b []byte) {
		if n := len(b); n >= 5 && n <= 9 {
			k := uint32(0)
			for _, c := range b {
				k = k*10 + uint32(c-'0')
			}
			f.found = f.ix.b.old.find(f.found, uint64(shortKey(k, n)), blockLimit)
		}
	})
}
