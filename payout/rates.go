package payout

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"fmt"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"ansinh.vn/money"
)

//go:embed rates/levels.csv rates/btxh.csv rates/ncc.csv rates/ncc_injury.csv
var rateFiles embed.FS

// rateNames are the files of an edition, in the order in which its digest reads them.
var rateNames = [...]string{"levels.csv", "btxh.csv", "ncc.csv", "ncc_injury.csv"}

// Rates is one edition of every rate there is: each row with the day it is valid from
// and the day it became known. It never changes after it was read.
type Rates struct {
	Sets []RateSet

	levels  []levelRow // of social assistance
	pension []levelRow // amounts of the social pension
	btxh    []btxhRow
	merit   []meritRow
	files   [len(rateNames)][]byte
	digest  [sha256.Size]byte

	families map[string]int16 // family of btxh → its number
	names    []string         // number → family
	codes    map[string]int16 // code of ncc → its number
	meritIDs []string         // number → code
}

// RateSet is the rows that one instrument brought into one table at once; it is
// confirmed or provisional as a whole. Example of an ID: "ncc:2026-07-01:2026-10-01".
type RateSet struct {
	ID          string    `json:"id"`
	Table       string    `json:"table"` // btxh_level, htxh_amount, btxh, ncc, ncc_injury
	ValidFrom   time.Time `json:"valid_from"`
	KnownFrom   time.Time `json:"known_from"`
	Instrument  string    `json:"instrument"`
	Provisional bool      `json:"provisional"`
	Rows        int       `json:"rows"`
	SHA256      []byte    `json:"sha256"` // of the rows, so that a confirmation covers these and no others
}

// dated is what every row carries: counted from month on, once known.
type dated struct {
	from       money.Month // month of valid_from
	validFrom  time.Time
	knownFrom  time.Time
	set        int // index in Sets
	instrument string
}

type levelRow struct {
	dated
	amount money.VND
}

// btxhRow is a coefficient of a family, for an age.
type btxhRow struct {
	dated
	code, label    string
	family         int16
	group          group
	ageFrom, ageTo int // −1 is no bound
	coefficient    decimal.Decimal
	scaled         int64       // coefficient × coefficientScale, to compare
	to             money.Month // month of valid_to; 0 is open
}

const coefficientScale = 10_000

// meritRow is a literal amount of a code; percent is 0 where injury does not matter.
type meritRow struct {
	dated
	code    int16
	percent int
	perUnit bool
	amount  money.VND
}

// group says how families of btxh combine.
type group uint8

const (
	base         group = iota // the highest counts
	baseWithK4                // the same, and a single parent's part is added to it
	singleParent              // coefficient × children
	care                      // added on top
	careMother                // of these the highest, added on top
	oneOff                    // in the first month only
	groups
)

var groupNames = [groups]string{"base", "base_with_single_parent", "single_parent", "care", "care_mother", "one_off"}

// EmbeddedRates are the rates that the program carries.
var EmbeddedRates = sync.OnceValue(func() *Rates {
	var files [len(rateNames)][]byte
	for i, name := range rateNames {
		b, err := rateFiles.ReadFile("rates/" + name)
		if err != nil {
			panic(err) // embedded
		}
		files[i] = b
	}
	r, err := readRates(files)
	if err != nil {
		panic(err) // a test reads them
	}
	return r
})

// Digest names the edition: SHA-256 over its files.
func (r *Rates) Digest() [sha256.Size]byte { return r.digest }

// Confirmed returns the same rates with the named provisional sets confirmed, where the
// rows are still those that were confirmed.
func (r *Rates) Confirmed(sets map[string][]byte) *Rates {
	c := *r
	c.Sets = slices.Clone(r.Sets)
	for i := range c.Sets {
		if sum, ok := sets[c.Sets[i].ID]; ok && bytes.Equal(sum, c.Sets[i].SHA256) {
			c.Sets[i].Provisional = false
		}
	}
	return &c
}

func readRates(files [len(rateNames)][]byte) (*Rates, error) {
	r := &Rates{files: files, families: map[string]int16{}, codes: map[string]int16{}}
	h := sha256.New()
	for i, b := range files {
		fmt.Fprintf(h, "%s %d\n", rateNames[i], len(b))
		h.Write(b)
	}
	h.Sum(r.digest[:0])
	sums := map[int][]byte{} // canonical rows of each set
	for i, read := range []func(*csvReader) error{r.readLevels, r.readBTXH, r.readMerit, r.readInjury} {
		if err := read(&csvReader{name: "rates/" + rateNames[i], body: files[i], sums: sums, rates: r}); err != nil {
			return nil, err
		}
	}
	for i := range r.Sets {
		sum := sha256.Sum256(sums[i])
		r.Sets[i].SHA256 = sum[:]
	}
	byDay := func(a, b dated) bool { // of several that fit the last wins
		if !a.validFrom.Equal(b.validFrom) {
			return a.validFrom.Before(b.validFrom)
		}
		return a.knownFrom.Before(b.knownFrom)
	}
	sort.SliceStable(r.levels, func(i, j int) bool { return byDay(r.levels[i].dated, r.levels[j].dated) })
	sort.SliceStable(r.pension, func(i, j int) bool { return byDay(r.pension[i].dated, r.pension[j].dated) })
	sort.SliceStable(r.btxh, func(i, j int) bool { return byDay(r.btxh[i].dated, r.btxh[j].dated) })
	sort.SliceStable(r.merit, func(i, j int) bool { return byDay(r.merit[i].dated, r.merit[j].dated) })
	return r, nil
}
