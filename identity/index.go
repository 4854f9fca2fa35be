package identity

import (
	"fmt"
	"iter"
	"runtime"
	"sync"
)

// Options say how to match.
type Options struct {
	Gazetteer *Gazetteer // of communes before and after July 2025; nil knows only the register's
	Today     int        // the year the lists were written, for two-digit years; 0 means 2026
	Workers   int        // processors to use; 0 means all. The answer does not depend on it
}

func (o Options) workers() int {
	if o.Workers > 0 {
		return o.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// Index holds the register in memory for matching. It is read only once built:
// any number of goroutines may match against it.
type Index struct {
	opt       Options
	gazetteer *Gazetteer
	forms     *forms
	people    []person
	odd       map[int32]PersonNumber // numbers that are not 12 digits
	died      map[int32]string
	homes     bool // the register has household keys
	short     bool // its second numbers are shorter than nine digits
	counts    counts
	random    randomLevels
	hamlets   nearNames // of the register
	units     nearNames // communes that only the register names
	b         blocks
}

// person is a record in the form that matching needs.
type person struct {
	form      *form
	number    uint64 // the 12 digits, or a hash of another key
	old       uint32 // the nine digits
	birth     dayKey
	commune   uint32 // hash of the unit of today, or of its name
	hamlet    uint32
	household uint32
	ethnic    uint16
	sex       byte
	deceased  bool
}

// dayKey packs a birth: year, month, day; smaller is earlier, 0 is unknown.
type dayKey uint32

func packBirth(b Birth) dayKey { return dayKey(b.Year<<9 | b.Month<<5 | b.Day) }

func (k dayKey) year() int    { return int(k >> 9) }
func (k dayKey) month() int   { return int(k >> 5 & 15) }
func (k dayKey) day() int     { return int(k & 31) }
func (k dayKey) full() bool   { return k&31 != 0 }
func (k dayKey) birth() Birth { return Birth{Year: k.year(), Month: k.month(), Day: k.day()} }

// blocks are the ways to find candidates.
type blocks struct {
	number, old, household                   *block
	plainYear, plainCommune, plainDay, plain *block
	soundYear, soundCommune                  *block
	day, dayCommune                          *block
	endsYear, givenYearCommune, familyHamlet *block
	skeletonYear, skeletonCommune            *block
	endsCommune, givenHamlet, familyAtHamlet *block
}

const batch = 4096

// NewIndex reads the register. Records are copied into a compact form of about
// 400 bytes a person, so that the sequence need not be kept.
func NewIndex(records iter.Seq[Record], opt Options) *Index {
	ix := &Index{opt: opt, gazetteer: opt.Gazetteer.clone(), forms: &forms{}, odd: map[int32]PersonNumber{}, died: map[int32]string{}}
	var parts [][]person
	var wg sync.WaitGroup
	slots := make(chan struct{}, opt.workers())
	ix.hamlets, ix.units = nearNames{}, nearNames{}
	places, hamlets := map[[2]string]uint32{}, map[string]bool{}
	n := int32(0)
	var recs []Record
	flush := func() {
		if len(recs) == 0 {
			return
		}
		part := make([]person, len(recs))
		parts = append(parts, part)
		for i, r := range recs { // what shares maps stays on this goroutine
			key := [2]string{r.CommuneCode, r.Commune}
			if _, known := places[key]; !known {
				places[key] = ix.communeOf(r)
			}
			part[i].commune = places[key]
			if !hamlets[r.Hamlet] {
				hamlets[r.Hamlet] = true
				_, base := unitName(r.Hamlet)
				ix.hamlets.add(base)
			}
			if _, numeric := numberKey(r.Number); !numeric && r.Number != "" {
				ix.odd[n+int32(i)] = r.Number
			}
			ix.homes = ix.homes || r.Household != ""
			if r.Deceased && r.DiedOn != "" {
				ix.died[n+int32(i)] = r.DiedOn
			}
		}
		n += int32(len(recs))
		work := recs
		recs = nil
		slots <- struct{}{}
		wg.Add(1)
		go func() {
			defer wg.Done()
			known := map[string]*form{} // records that stand together often share names
			for i := range work {
				ix.prepare(&part[i], &work[i], known)
			}
			<-slots
		}()
	}
	for r := range records {
		if recs == nil {
			recs = make([]Record, 0, batch)
		}
		if recs = append(recs, r); len(recs) == batch {
			flush()
		}
	}
	flush()
	wg.Wait()
	ix.people = make([]person, 0, n)
	for i, p := range parts {
		ix.people = append(ix.people, p...)
		parts[i] = nil
	}
	ix.build()
	return ix
}

// communeOf is the key of a record's commune, and teaches the gazetteer the
// units that only the register knows.
func (ix *Index) communeOf(r Record) uint32 {
	code, _ := ix.gazetteer.Today(r.CommuneCode, r.Commune)
	if code == "" {
		_, base := unitName(r.Commune)
		ix.units.add(base)
		return communeKey("~" + base)
	}
	ix.gazetteer.AddUnit(code, r.Commune)
	return communeKey(code)
}

func communeKey(code string) uint32 {
	if code == "" || code == "~" {
		return 0
	}
	return uint32(hashOf(7, code)) | 1
}

func hamletKey(base string) uint32 {
	if base == "" {
		return 0
	}
	return uint32(hashOf(8, base)) | 1
}

// numberKey is a number as an integer; other keys than 12 digits are hashed.
func numberKey(n PersonNumber) (key uint64, numeric bool) {
	if n == "" {
		return 0, false
	}
	if !n.Valid() {
		return hashOf(9, string(n)) | 1<<63, false
	}
	return digitsKey(string(n)), true
}

func digitsKey(s string) uint64 {
	k := uint64(0)
	for i := 0; i < len(s); i++ {
		k = k*10 + uint64(s[i]-'0')
	}
	return k
}

// prepare fills what needs only the record itself.
func (ix *Index) prepare(p *person, r *Record, known map[string]*form) {
	if p.form = known[r.Name]; p.form == nil {
		name, _ := CleanName(r.Name)
		p.form = ix.forms.of(name)
		known[r.Name] = p.form
	}
	p.number, _ = numberKey(r.Number)
	p.old = oldKey(r.OldNumber)
	if n := string(r.Number); p.old == 0 && len(n) >= 5 && len(n) <= 9 && allDigits(n) { // a short number is its own key
		p.old = oldKey(n)
	}
	p.birth = packBirth(r.Birth)
	_, hamlet := unitName(r.Hamlet)
	p.hamlet = hamletKey(hamlet)
	if r.Household != "" {
		p.household = uint32(hashOf(10, r.Household)) | 1
	}
	p.ethnic = ethnicKey(r.Ethnic)
	p.sex = sexKey(r.Sex)
	p.deceased = r.Deceased
}

// oldKey is a second number as an integer: the nine digits of an old card, or
// five to eight digits of another country's card with their count; anything else
// is hashed.
func oldKey(s string) uint32 {
	switch n := len(s); {
	case s == "":
		return 0
	case n >= 5 && n <= 9 && allDigits(s):
		return shortKey(uint32(digitsKey(s)), n)
	}
	return uint32(hashOf(11, s)) | 1<<31
}

// shortKey is oldKey of a number of n digits.
func shortKey(digits uint32, n int) uint32 {
	k := digits + 1
	if n < 9 {
		k |= 1<<30 | uint32(n-5)<<27
	}
	return k
}

// oldDigits gives the digits back, "" for a hash.
func oldDigits(buf *[12]byte, k uint32) string {
	switch {
	case k>>31 == 1:
		return ""
	case k>>30 == 1:
		return twelveDigits(buf, uint64(k&(1<<27-1)-1))[12-5-(k>>27&3):]
	}
	return twelveDigits(buf, uint64(k-1))[3:]
}

func sexKey(s Sex) byte {
	if s == "" {
		return 0
	}
	return s[0]
}

func ethnicKey(s string) uint16 {
	key := PlainKey(s)
	switch key {
	case "":
		return 0
	case "kho me", "khome", "khmer", "khmer krom", "k", "kh":
		key = "khmer"
	case "nguoi hoa", "han", "hoa han":
		key = "hoa"
	case "viet", "kinh viet":
		key = "kinh"
	}
	return uint16(hashOf(12, key)) | 1
}

// build counts and indexes the people.
func (ix *Index) build() {
	n := len(ix.people)
	ix.counts = count(ix.people)
	nine, fewer := 0, 0
	for i := range ix.people {
		switch k := ix.people[i].old; {
		case k == 0 || k>>31 == 1:
		case k>>30 == 1:
			fewer++
		default:
			nine++
		}
	}
	ix.short = fewer > nine
	ix.random = ix.measureRandom()
	p := func(i int) *person { return &ix.people[i] }
	year := func(i int) uint64 { return uint64(p(i).birth.year()) }
	day := func(i int) uint64 {
		if !p(i).birth.full() {
			return 0
		}
		return uint64(p(i).birth)
	}
	commune := func(i int) uint64 { return uint64(p(i).commune) }
	b := &ix.b
	jobs := []struct {
		to  **block
		key func(i int) uint64
	}{
		{&b.number, func(i int) uint64 { return p(i).number }},
		{&b.old, func(i int) uint64 { return uint64(p(i).old) }},
		{&b.household, func(i int) uint64 { return uint64(p(i).household) }},
		{&b.plain, func(i int) uint64 { return p(i).form.hPlain }},
		{&b.plainYear, func(i int) uint64 { return both(p(i).form.hPlain, year(i)) }},
		{&b.plainCommune, func(i int) uint64 { return both(p(i).form.hPlain, commune(i)) }},
		{&b.plainDay, func(i int) uint64 { return both(p(i).form.hPlain, day(i)&511) }},
		{&b.soundYear, func(i int) uint64 { return both(p(i).form.hSound, year(i)) }},
		{&b.soundCommune, func(i int) uint64 { return both(p(i).form.hSound, commune(i)) }},
		{&b.day, func(i int) uint64 { return day(i) }},
		{&b.dayCommune, func(i int) uint64 { return both(day(i), commune(i)) }},
		{&b.endsYear, func(i int) uint64 { return both(p(i).form.hEnds, year(i)) }},
		{&b.givenHamlet, func(i int) uint64 { return both(p(i).form.hGiven, uint64(p(i).hamlet)) }},
		{&b.familyAtHamlet, func(i int) uint64 { return both(p(i).form.hFamily, uint64(p(i).hamlet)) }},
		{&b.endsCommune, func(i int) uint64 { return both(p(i).form.hEnds, commune(i)) }},
		{&b.givenYearCommune, func(i int) uint64 { return both(both(p(i).form.hGiven, year(i)), commune(i)) }},
		{&b.familyHamlet, func(i int) uint64 {
			return both(both(p(i).form.hFamily, year(i)), both(commune(i), uint64(p(i).hamlet)))
		}},
		{&b.skeletonYear, func(i int) uint64 { return both(p(i).form.hSkeleton, year(i)) }},
		{&b.skeletonCommune, func(i int) uint64 { return both(p(i).form.hSkeleton, commune(i)) }},
	}
	parallel(ix.opt.workers(), len(jobs), func(j int) { *jobs[j].to = newBlock(n, jobs[j].key) })
}

// parallel runs do(0) … do(n-1) on some goroutines.
func parallel(workers, n int, do func(i int)) {
	if workers == 1 || n == 1 {
		for i := range n {
			do(i)
		}
		return
	}
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(workers, n) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range next {
				do(i)
			}
		}()
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

// numberOf is the number of person i as the register has it.
func (ix *Index) numberOf(i int32) PersonNumber {
	if n, ok := ix.odd[i]; ok {
		return n
	}
	if ix.people[i].number == 0 {
		return ""
	}
	return PersonNumber(fmt.Sprintf("%012d", ix.people[i].number))
}

// Len is how many people the register has.
func (ix *Index) Len() int { return len(ix.people) }
