package registry

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"
	"time"

	"ansinh.vn/identity"
)

// Population is the people whom a sandbox register knows, with what it takes to
// find them. It keeps no records of its own: they are asked for when needed.
type Population struct {
	person func(i int, day time.Time) (Record, bool)
	size   int
	number lookup // UIN → person
	old    lookup // CMND → person
	name   lookup // name and year of birth → persons
	birth  lookup // day of birth, as in 19420503, with zeros for what is not known → persons
	seed   maphash.Seed
}

// lookup is a sorted list of keys: a third of a map's memory.
type lookup []struct {
	key uint64
	at  int32
}

func (l lookup) sort() {
	slices.SortFunc(l, func(a, b struct {
		key uint64
		at  int32
	}) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.at, b.at))
	})
}

func (l *lookup) add(key uint64, at int) {
	*l = append(*l, struct {
		key uint64
		at  int32
	}{key, int32(at)})
}

// each calls f with every person under the key, in order, until f says stop.
func (l lookup) each(key uint64, f func(i int) bool) bool { return l.between(key, key, f) }

// between does so for all keys from one to another.
func (l lookup) between(key, last uint64, f func(i int) bool) bool {
	at, _ := slices.BinarySearchFunc(l, key, func(e struct {
		key uint64
		at  int32
	}, k uint64) int {
		return cmp.Compare(e.key, k)
	})
	for ; at < len(l) && l[at].key <= last; at++ {
		if !f(int(l[at].at)) {
			return false
		}
	}
	return true
}

// NewPopulation indexes size people. person gives the i-th as the register knows
// them on a day, and false for who is not in the register then.
func NewPopulation(size int, person func(i int, day time.Time) (Record, bool)) *Population {
	p := &Population{person: person, size: size, seed: maphash.MakeSeed()}
	p.number = make(lookup, 0, size)
	p.name = make(lookup, 0, size)
	p.birth = make(lookup, 0, size)
	for i := range size {
		r, ok := person(i, time.Time{})
		if !ok {
			continue
		}
		if n, err := strconv.ParseUint(r.Number, 10, 64); err == nil {
			p.number.add(n, i)
		}
		if n, err := strconv.ParseUint(r.OldNumber, 10, 64); err == nil {
			p.old.add(n, i)
		}
		p.name.add(p.nameKey(r.Name, birthYear(r.Birth)), i)
		if from, _ := birthKeys(r.Birth); from != 0 {
			p.birth.add(from, i)
		}
	}
	p.number.sort()
	p.old.sort()
	p.name.sort()
	p.birth.sort()
	return p
}

// birthKeys are the first and the last key of those who may be born on a date; the
// first of a whole date is its own.
func birthKeys(birth string) (first, last uint64) {
	n, err := strconv.ParseUint((strings.ReplaceAll(birth, "-", "") + "00000000")[:8], 10, 64)
	if err != nil || len(birth) < 4 {
		return 0, 0
	}
	switch len(birth) {
	case 4:
		return n, n + 9999
	case 7:
		return n, n + 99
	}
	return n, n
}

func (p *Population) nameKey(name string, year int) uint64 {
	return maphash.String(p.seed, identity.SearchKey(name)) + uint64(year)*0x9e3779b97f4a7c15
}

func birthYear(birth string) int {
	if len(birth) < 4 {
		return 0
	}
	y, _ := strconv.Atoi(birth[:4])
	return y
}

// find collects the people who fit, in the register's order, at most limit+1 so
// that the caller sees when there are more.
func (p *Population) find(f *filter, day time.Time, limit int) []Record {
	var out []Record
	try := func(i int) bool {
		if r, ok := p.person(i, day); ok && f.fits(r) {
			out = append(out, r)
		}
		return len(out) <= limit
	}
	numbered := func(l lookup, number string) {
		if n, err := strconv.ParseUint(number, 10, 64); err == nil {
			l.each(n, try)
		}
	}
	switch {
	case f.number != "":
		numbered(p.number, f.number)
	case f.oldNumber != "":
		numbered(p.old, f.oldNumber)
	case f.name != "" && f.birth != "":
		p.name.each(p.nameKey(f.name, birthYear(f.birth)), try)
	case f.name != "":
		for year := 1890; year <= 2100; year++ {
			if !p.name.each(p.nameKey(f.name, year), try) {
				break
			}
		}
	case len(f.birth) >= 4:
		first, last := birthKeys(f.birth)
		p.birth.between(first, last, try)
		// and those of whom the register knows less of the date than was asked
		if year := first / 10000 * 10000; year != first {
			p.birth.each(year, try)
		}
		if month := first / 100 * 100; month != first && month%10000 != 0 {
			p.birth.each(month, try)
		}
	default:
		for i := range p.size {
			if !try(i) {
				break
			}
		}
	}
	return out
}
