package population

import (
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
)

// Febrl records are made after the public description of the Febrl data sets 3 and 4
// (Christen 2005): invented Australians with eleven fields, and duplicates of them
// with typing, scanning and hearing errors, blanks in and out of place, fields left
// out or exchanged.
type Febrl struct {
	Header []string
	Rows   [][]string
	Of     []int // by row: the original it is of
}

var febrlHeader = []string{"rec_id", "given_name", "surname", "street_number", "address_1", "address_2", "suburb", "postcode", "state", "date_of_birth", "soc_sec_id"}

// febrl makes records.
type febrl struct {
	*rand.Rand
	suburbs, surnames, given, streets, houses []string
}

// syllables make names that nobody has and that fall off as real ones do.
var febrlSyllables = strings.Fields("ba be bel ben bro ca car chal cla col da dar del den do ed el er fa fer gan gar gil gra ha har hen ho is ja jo ka kel ken ki la lan lee len li lo ma mac mar mel mi mor na ne nel ni no pa per pol ra ri ro ros sa san sha so ste su ta ter tho ti to tri va ver vin wa wel wil wo ya yor za")

func newFebrl(seed uint64) *febrl {
	f := &febrl{Rand: rand.New(rand.NewPCG(seed, 4))}
	words := func(n, parts int, end ...string) (out []string) {
		known := map[string]bool{}
		for len(out) < n {
			w := ""
			for range 1 + f.IntN(parts) {
				w += febrlSyllables[f.IntN(len(febrlSyllables))]
			}
			w += febrlSyllables[f.IntN(len(febrlSyllables))] + end[f.IntN(len(end))]
			if !known[w] {
				known[w] = true
				out = append(out, w)
			}
		}
		return out
	}
	f.given = words(260, 1, "", "n", "a", "e", "y")
	f.surnames = words(1800, 2, "", "son", "s", "man", "ton", "y")
	f.suburbs = words(900, 2, "", " hills", " bay", "ville", " creek", " park", " north", "wood")
	f.streets = words(1500, 2, " street", " place", " crescent", " court", " circuit", " avenue", " road")
	f.houses = words(1200, 2, "", " village", " lodge", " flats", " park", " estate")
	return f
}

// common picks with the first far more often.
func (f *febrl) common(from []string) string {
	x := f.Float64()
	return from[int(float64(len(from))*x*x*x)]
}

func (f *febrl) original(k int) []string {
	r := []string{
		fmt.Sprintf("rec-%d-org", k), f.common(f.given), f.common(f.surnames), fmt.Sprint(1 + int(200*f.Float64()*f.Float64())), f.streets[f.IntN(len(f.streets))],
		f.houses[f.IntN(len(f.houses))], f.suburbs[f.IntN(len(f.suburbs))], fmt.Sprint(2000 + f.IntN(5000)), []string{"nsw", "vic", "qld", "wa", "sa", "act", "tas"}[int(7*f.Float64()*f.Float64())],
		fmt.Sprintf("19%02d%02d%02d", f.IntN(100), 1+f.IntN(12), 1+f.IntN(28)), fmt.Sprint(1_000_000 + f.IntN(9_000_000)),
	}
	for i, p := range []float64{0, .02, .01, .03, .02, .15, .01, 0, .09, .02, 0} { // originals have gaps too
		if f.Float64() < p {
			r[i] = ""
		}
	}
	return r
}

// duplicate changes a record: how often each field is met follows the generator's
// own table, names most, the number least.
func (f *febrl) duplicate(org []string, k, nth, perField, perRecord int) []string {
	r := append([]string(nil), org...)
	r[0] = fmt.Sprintf("rec-%d-dup-%d", k, nth)
	weights := []int{0, 14, 18, 8, 13, 12, 14, 5, 6, 6, 4}
	todo := 1 + f.IntN(perRecord)
	met := map[int]int{}
	for range todo {
		x := f.IntN(100)
		i := 0
		for i = range weights {
			if x -= weights[i]; x < 0 {
				break
			}
		}
		if met[i] >= perField {
			continue
		}
		met[i]++
		switch y := f.Float64(); {
		case y < .08 && i == 1 || y < .04 && i == 2: // given name and surname exchanged
			r[1], r[2] = r[2], r[1]
		case y < .06 && (i == 4 || i == 5):
			r[4], r[5] = r[5], r[4]
		case y < .22 && i < 10:
			r[i] = ""
		case y < .27 && (i == 3 || i == 7 || i == 8):
			r[i] = f.original(k)[i]
		default:
			r[i] = f.mistype(r[i])
		}
	}
	return r
}

var febrlNear = map[byte]string{'a': "sqz", 'b': "vn", 'c': "xv", 'd': "sf", 'e': "wr", 'f': "dg", 'g': "fh", 'h': "gj", 'i': "uo", 'j': "hk", 'k': "jl", 'l': "k1", 'm': "n", 'n': "bm", 'o': "ip0", 'p': "o",
	'r': "et", 's': "ad5", 't': "ry", 'u': "yi", 'v': "cb", 'w': "qe", 'x': "zc", 'y': "tu", 'z': "x2", '0': "89", '1': "2", '2': "13", '3': "24", '4': "35", '5': "46", '6': "57", '7': "68", '8': "79", '9': "80"}

var febrlSound = strings.NewReplacer("ph", "f", "ck", "k", "ee", "ea", "ie", "y", "sh", "ch", "ll", "l", "nn", "n")

// mistype makes one mistake of hand, scanner or ear.
func (f *febrl) mistype(s string) string {
	if len(s) < 2 {
		return s
	}
	i := f.IntN(len(s))
	switch f.IntN(8) {
	case 0, 1: // substitute
		if near := febrlNear[s[i]]; near != "" {
			return s[:i] + string(near[f.IntN(len(near))]) + s[i+1:]
		}
		return s
	case 2: // insert
		letter := byte('a' + f.IntN(26))
		if s[0] >= '0' && s[0] <= '9' {
			letter = byte('0' + f.IntN(10))
		}
		return s[:i] + string(letter) + s[i:]
	case 3, 4: // delete
		return s[:i] + s[i+1:]
	case 5: // exchange
		if i+1 < len(s) {
			return s[:i] + string(s[i+1]) + string(s[i]) + s[i+2:]
		}
		return s
	case 6: // a blank too many, or one too few
		if strings.Contains(s, " ") {
			return strings.Replace(s, " ", "", 1)
		}
		if s[0] > '9' {
			return s[:i] + " " + s[i:]
		}
		return s
	}
	return febrlSound.Replace(s)
}

// Febrl4 is two files of n people each, one record a person.
func Febrl4(seed uint64, n int) (a, b Febrl) {
	f := newFebrl(seed)
	a.Header, b.Header = febrlHeader, febrlHeader
	for k := range n {
		org := f.original(k)
		a.Rows, a.Of = append(a.Rows, org), append(a.Of, k)
		b.Rows, b.Of = append(b.Rows, f.duplicate(org, k, 0, 1, 5)), append(b.Of, k)
	}
	f.Shuffle(n, func(i, j int) {
		b.Rows[i], b.Rows[j], b.Of[i], b.Of[j] = b.Rows[j], b.Rows[i], b.Of[j], b.Of[i]
	})
	return a, b
}

// Febrl3 is one file of n records: two of five are originals, the others their
// duplicates, up to five of one.
func Febrl3(seed uint64, n int) (a Febrl) {
	f := newFebrl(seed)
	a.Header = febrlHeader
	for k := 0; len(a.Rows) < n; k++ {
		org := f.original(k)
		a.Rows, a.Of = append(a.Rows, org), append(a.Of, k)
		dups := 0
		if f.Float64() < .58 {
			dups = 1 + int(5*f.Float64()*f.Float64()*1.1)
		}
		for d := range min(dups, 5, n-len(a.Rows)) {
			a.Rows, a.Of = append(a.Rows, f.duplicate(org, k, d, 2, 6)), append(a.Of, k)
		}
	}
	f.Shuffle(len(a.Rows), func(i, j int) {
		a.Rows[i], a.Rows[j], a.Of[i], a.Of[j] = a.Rows[j], a.Rows[i], a.Of[j], a.Of[i]
	})
	return a
}

// Write writes the records as the data sets are published, a blank behind each comma.
func (f Febrl) Write(to io.Writer) error {
	out := csv.NewWriter(to)
	row := make([]string, len(f.Header))
	for i := -1; i < len(f.Rows); i++ {
		from := f.Header
		if i >= 0 {
			from = f.Rows[i]
		}
		for k, s := range from {
			row[k] = s
			if k > 0 {
				row[k] = " " + s
			}
		}
		_ = out.Write(row)
	}
	return flushed(out, "febrl")
}
