// Package province makes a province to run against: people in their households
// as the population register knows them, what the schemes owe to some of them,
// and the lists about those as commune clerks write them, faults included. The
// communes are the real 64 of Cà Mau; every person is invented.
//
// The same seed gives the same province and the same files, byte for byte. It
// reads no clock and no table of rates: who was paid how much comes in as a function.
package province

import (
	"math/rand/v2"
	"time"

	"ansinh.vn/identity"
	"ansinh.vn/internal/units"
	"ansinh.vn/money"
)

// Office is a commune People's Committee, which decides and pays since July 2025.
type Office struct{ Code, Name, Kind string }

// Offices are the 64 of the province in order of their code.
func Offices() []Office {
	all := units.Communes()
	out := make([]Office, 0, len(all))
	for _, c := range all {
		out = append(out, Office{Code: c.Code, Name: "UBND " + c.Name, Kind: c.Kind})
	}
	return out
}

// The schemes of the lists.
const (
	SocialAssistance = "btxh"
	SocialPension    = "htxh"
	Merit            = "ncc"
)

// Schemes in the order in which lists are written.
var Schemes = []string{SocialAssistance, SocialPension, Merit}

// Options say which province to make.
type Options struct {
	Seed   uint64
	People int         // persons on the lists; the register holds about twice as many
	Month  money.Month // the month that the lists are for; zero: 2026-11

	// Paid is what the person was paid a month for the entitlement until now, as
	// the list states it; nil leaves the column empty.
	Paid func(Entitlement, *Person) money.VND
}

// Province is all of it. People are in register order, household by household;
// Entitlements in order of their person.
type Province struct {
	Seed         uint64
	Month        money.Month
	Listed       time.Time // day the lists were written
	People       []Person
	Entitlements []Entitlement
	OnLists      int // persons with an entitlement
}

// Person is one person as they are, beside what the register knows by when.
type Person struct {
	Number    identity.PersonNumber
	OldNumber identity.OldNumber // nine-digit card once held, or empty
	Name      string
	Birth     identity.Birth // as precise as it is registered
	Sex       identity.Sex
	Ethnic    string // Kinh, Khmer or Hoa
	Commune   string // where the register says that they live
	Hamlet    string
	Household int32

	Died          Day    // none for the living
	Standing      string // "" resident, or moved, missing, abroad, detained
	MovedTo       string // in words, when the person left the province
	StandingSince Day
	KnownOn       Day  // the death or the standing came into the register
	Unregistered  bool // the register has never heard of them

	Office string // commune on whose lists they stand; "" for everyone else
	Payee  *Payee // how they collect, for those on lists
}

// Day is a calendar day, counted from 1970-01-01; 0 is none. It keeps a province
// of hundreds of thousands small.
type Day int32

// DayOf is the calendar day of t.
func DayOf(t time.Time) Day { return Day(t.Unix() / 86400) }

// Time is the day at midnight UTC.
func (d Day) Time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// String is YYYY-MM-DD, "" for none.
func (d Day) String() string {
	if d == 0 {
		return ""
	}
	return d.Time().Format(time.DateOnly)
}

// The standings of a person who does not live at home; the register's words.
const (
	moved    = "moved"
	missing  = "missing"
	abroad   = "abroad"
	detained = "detained"
)

// Payee is how a person on a list is paid: to an account, or in cash at the
// post office when Account is empty.
type Payee struct {
	Bank      string // acquirer BIN. Example: 970405
	BankName  string
	Account   string
	Holder    string // as banks write it: capitals, no marks
	Recipient *Recipient
}

// Recipient collects in a person's place.
type Recipient struct {
	Person        int32 // index in People
	Name          string
	Number        identity.PersonNumber
	Authorisation string    // number of the paper
	Until         time.Time // at most 12 months after it was signed; zero for a guardian
}

// Entitlement is one person's place on one scheme's list.
type Entitlement struct {
	Person         int32 // index in People
	Scheme         string
	Category       string
	FirstMonth     money.Month
	Children       int
	InjuryPercent  int
	SeniorityUnits int
	DecisionNo     string
	DecisionOn     time.Time
	Paid           money.VND   // a month, until now
	PaidThrough    money.Month // zero when nothing was paid yet
}

// Generate makes the province.
func Generate(o Options) *Province {
	if o.Month.IsZero() {
		o.Month = money.NewMonth(2026, time.November)
	}
	p := &Province{
		Seed: o.Seed, Month: o.Month,
		Listed:       o.Month.Add(-1).First().AddDate(0, 0, 9),
		People:       make([]Person, 0, o.People*23/10),
		Entitlements: make([]Entitlement, 0, o.People*5/4),
	}
	communes := units.Communes()
	for i, quota := range quotas(communes, o.People) {
		b := &builder{
			Province: p, Rand: stream(o.Seed, 1, uint64(i)), commune: communes[i], paid: o.Paid,
			hamlets: hamlets(o.Seed, communes[i]),
		}
		for b.listed < quota {
			b.household(quota - b.listed)
		}
		p.OnLists += b.listed
	}
	p.number()
	p.fates(communes)
	p.payees()
	return p
}

// stream is an independent source of randomness for one part of the work.
func stream(seed, part, n uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed^part<<56, n*0x9e3779b97f4a7c15+part))
}

// quotas shares the people out by population, with at least one a commune; a
// few recorded populations are wrong by a factor of ten, so that a floor holds.
func quotas(communes []units.Commune, people int) []int {
	const floor = 12000
	total := 0
	for _, c := range communes {
		total += max(c.Population, floor)
	}
	out := make([]int, len(communes))
	given, seen := 0, 0
	for i, c := range communes {
		seen += max(c.Population, floor)
		out[i] = people*seen/total - given
		given += out[i]
	}
	return out
}

// Age is the person's age in whole years in the month, counted from the month of birth.
func (p *Person) Age(m money.Month) int {
	born := money.NewMonth(p.Birth.Year, time.Month(max(p.Birth.Month, 1)))
	return int(m-born) / 12
}
