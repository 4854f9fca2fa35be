package province

import (
	"fmt"

	"ansinh.vn/identity"
	"ansinh.vn/internal/units"
)

// elsewhere are the provinces of birth of those who came: neighbours first.
var elsewhere = newUrn(w(30, "094"), w(25, "091"), w(12, "092"), w(8, "093"), w(6, "086"), w(5, "084"), w(5, "089"),
	w(4, "087"), w(3, "079"), w(2, "038"), w(2, "036"), w(1, "037"), w(1, "034"))

// number gives everyone a personal number of the right structure, and most who
// were grown up before 2021 the card number they held before. No two are the same.
func (p *Province) number() {
	r := stream(p.Seed, 3, 0)
	home := map[string]string{}
	for _, c := range units.Communes() {
		home[c.Code] = "0" + c.FormerProvince
	}
	// A bucket (province, century and sex, year) hands out its million numbers in
	// the order of a fixed permutation, so that none comes twice.
	next := map[string]uint64{}
	start, step := r.Uint64N(1_000_000), 2*r.Uint64N(400_000)+1
	for step%5 == 0 {
		step += 2
	}
	draw := func(bucket string) uint64 {
		k := next[bucket]
		next[bucket] = k + 1
		return (start + hash(bucket)%1_000_000 + k*step) % 1_000_000
	}
	oldNext := uint64(0)
	for i := range p.People {
		one := &p.People[i]
		province := home[one.Commune]
		switch x := r.Float64(); {
		case x < .08:
			province = elsewhere.draw(r)
		case x < .12 && province == "095":
			province = "096"
		case x < .12:
			province = "095"
		}
		g := 2 * (one.Birth.Year/100 - 19)
		if one.Sex == identity.Female {
			g++
		}
		year := one.Birth.Year
		if chance(r, .004) && one.Birth.Year < 1975 { // the birth date was corrected later
			if year += between(r, -2, 2); year/100 != one.Birth.Year/100 {
				year = one.Birth.Year
			}
		}
		bucket := fmt.Sprintf("%s%d%02d", province, g, year%100)
		one.Number = identity.PersonNumber(fmt.Sprintf("%s%06d", bucket, draw(bucket)))
		if one.Birth.Year < 2004 && chance(r, .8) {
			series := uint64(385)
			if home[one.Commune] == "096" {
				series = 381
			}
			// Step 9,699,961 is prime to the series' two million, so that none repeats.
			k := oldNext * 699_961 % 2_000_000
			oldNext++
			one.OldNumber = identity.OldNumber(fmt.Sprintf("%d%06d", series+k/1_000_000, k%1_000_000))
		}
	}
}
