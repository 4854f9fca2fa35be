package province

import (
	"math/rand/v2"
	"time"

	"ansinh.vn/identity"
	"ansinh.vn/internal/units"
	"ansinh.vn/money"
)

// builder fills one commune.
type builder struct {
	*Province
	*rand.Rand
	commune  units.Commune
	hamlets  []string
	paid     func(Entitlement, *Person) money.VND
	listed   int // persons put on a list so far
	children int // of the household being built, for a single parent
}

// home is the household being built.
type home struct {
	id     int32
	hamlet string
	ethnic string
	family string // family name of the father's line
}

// household adds one household around one person who is on a list, or now and
// then one with nobody on a list, and relatives who may be on lists themselves.
func (b *builder) household(left int) {
	h := home{id: b.nextHousehold(), hamlet: pick(b.Rand, b.hamlets), ethnic: b.ethnic()}
	h.family = familyNames[h.ethnic].draw(b.Rand)
	if chance(b.Rand, .12) {
		b.plain(h)
		return
	}
	n := needs.draw(b.Rand)
	if n.category == "TE_U3" && khmerShare[b.commune.Code] == 0 {
		n.category, n.ages = "KT_N", [2]int{1, 80} // only in communes of special difficulty
	}
	sex := n.sex
	if sex == "" {
		sex = identity.Male
		if chance(b.Rand, .5+.12*float64(n.ages[1])/100) { // women grow older
			sex = identity.Female
		}
	}
	anchor := b.member(h, sex, b.birth(n), h.family)
	age := b.People[anchor].Age(b.Month)
	b.children = b.relatives(h, anchor, n, age)
	b.entitle(anchor, n)
	if left > 1 {
		b.others(anchor, left-1)
	}
}

// others puts the old of the same household on the pension list too.
func (b *builder) others(anchor int32, left int) {
	pension := need{SocialPension, "HTXH", "", [2]int{75, 101}, [2]int{2025, 2026}, nil}
	for at := anchor + 1; at < int32(len(b.People)) && left > 0; at++ {
		if b.People[at].Age(b.Month) >= 76 && chance(b.Rand, .6) {
			b.entitle(at, pension)
			left--
		}
	}
	// A few stand on two lists although only the higher is due.
	one := &b.People[anchor]
	if e := b.Entitlements[len(b.Entitlements)-1]; one.Age(b.Month) >= 76 && e.Person == anchor && e.Scheme == SocialAssistance && chance(b.Rand, .01) {
		b.entitle(anchor, pension)
	}
}

// relatives adds who lives with the anchor and returns how many children under 16.
func (b *builder) relatives(h home, anchor int32, n need, age int) (children int) {
	one := b.People[anchor]
	born := one.Birth.Year
	child := func(lo, hi int) {
		by := between(b.Rand, lo, hi)
		if by > 2025 {
			return
		}
		if b.Month.Year()-by < 16 {
			children++
		}
		b.member(h, b.sex(), b.born(by), h.family)
	}
	partner := func(of identity.Sex, year int) {
		other, off := identity.Female, between(b.Rand, -1, 7)
		if of == identity.Female {
			other, off = identity.Male, between(b.Rand, -7, 1)
		}
		b.member(h, other, b.born(min(year+off, 2004)), familyNames[h.ethnic].draw(b.Rand))
	}
	switch {
	case n.category == "DONTHAN":
		for range between(b.Rand, 1, 3) {
			child(max(2011, born+18), 2024)
		}
		if children == 0 {
			child(2012, 2024)
		}
	case age < 16:
		if n.category != "TE_KNND" && chance(b.Rand, .8) {
			mother := born - between(b.Rand, 19, 38)
			b.member(h, identity.Female, b.born(mother), familyNames[h.ethnic].draw(b.Rand))
			if chance(b.Rand, .7) {
				b.member(h, identity.Male, b.born(mother-between(b.Rand, -1, 7)), h.family)
			}
		} else {
			b.member(h, b.sex(), b.born(born-between(b.Rand, 48, 66)), h.family)
		}
		if chance(b.Rand, .3) {
			child(max(born-6, 2006), born+6)
		}
	case age < 60:
		if chance(b.Rand, .4) {
			partner(one.Sex, born)
		}
		if chance(b.Rand, .35) {
			child(born+20, born+34)
		}
		if chance(b.Rand, .3) {
			b.member(h, b.sex(), b.born(born-between(b.Rand, 20, 32)), h.family)
		}
	default:
		if n.category != "NCT_A" && chance(b.Rand, .42) {
			partner(one.Sex, born)
		}
		if chance(b.Rand, .45) {
			grown := min(born+between(b.Rand, 20, 36), 2004)
			b.member(h, b.sex(), b.born(grown), h.family)
			if chance(b.Rand, .3) {
				child(grown+20, grown+36)
			}
		}
	}
	return children
}

// plain adds a household with nobody on a list.
func (b *builder) plain(h home) {
	born := between(b.Rand, 1962, 2000)
	b.member(h, identity.Male, b.born(born), h.family)
	b.member(h, identity.Female, b.born(born+between(b.Rand, -1, 6)), familyNames[h.ethnic].draw(b.Rand))
	for range between(b.Rand, 0, 2) {
		if by := born + between(b.Rand, 21, 36); by < 2026 {
			b.member(h, b.sex(), b.born(by), h.family)
		}
	}
}

func (b *builder) member(h home, sex identity.Sex, birth identity.Birth, family string) int32 {
	name := family + " " + givenName(b.Rand, h.ethnic, sex, birth.Year)
	if h.ethnic == "Khmer" && sex == identity.Female && chance(b.Rand, .08) {
		name = "Thị " + khmerWomen.draw(b.Rand) // no family name but Thị
	}
	b.People = append(b.People, Person{
		Name: name, Birth: birth, Sex: sex, Ethnic: h.ethnic, Commune: b.commune.Code, Hamlet: h.hamlet, Household: h.id,
	})
	return int32(len(b.People) - 1)
}

func (b *builder) nextHousehold() int32 {
	if n := len(b.People); n > 0 {
		return b.People[n-1].Household + 1
	}
	return 1
}

func (b *builder) sex() identity.Sex {
	if chance(b.Rand, .5) {
		return identity.Female
	}
	return identity.Male
}

// birth draws a date of birth that fits the need.
func (b *builder) birth(n need) identity.Birth {
	for {
		months := between(b.Rand, n.ages[0]*12, n.ages[1]*12+11)
		if n.ages[1] > 80 && n.ages[0] >= 60 { // the oldest are fewer
			months = n.ages[0]*12 + int(float64(months-n.ages[0]*12)*b.Float64())
		}
		if (n.category == "KT_N" || n.category == "KT_DBN") && chance(b.Rand, .6) { // most disabled are grown up
			months = between(b.Rand, 25*12, 75*12)
			if months/12 < n.ages[0] || months/12 > n.ages[1] {
				continue
			}
		}
		m := b.Month.Add(-months)
		birth := b.precise(m.Year(), int(m.Month()))
		if n.scheme != SocialAssistance || !b.turns(birth) {
			return birth
		}
	}
}

// turns reports whether the person reaches an age of turning while the list's
// one amount a month stands for several months.
func (b *builder) turns(birth identity.Birth) bool {
	born := money.NewMonth(birth.Year, time.Month(max(birth.Month, 1)))
	for _, age := range turning {
		if at := born.Add(12 * age); at > b.Month.Add(-5) && at < b.Month {
			return true
		}
	}
	return false
}

func (b *builder) born(year int) identity.Birth { return b.precise(year, between(b.Rand, 1, 12)) }

// precise draws the day, and how much of the date was ever registered: among the
// old often the year alone.
func (b *builder) precise(year, month int) identity.Birth {
	yearOnly := .005
	switch {
	case year <= 1945:
		yearOnly = .5
	case year <= 1955:
		yearOnly = .32
	case year <= 1965:
		yearOnly = .1
	case year <= 1975:
		yearOnly = .03
	}
	if chance(b.Rand, yearOnly) {
		return identity.Birth{Year: year}
	}
	return identity.Birth{Year: year, Month: month, Day: between(b.Rand, 1, money.NewMonth(year, time.Month(month)).Last().Day())}
}
