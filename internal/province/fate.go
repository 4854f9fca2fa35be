package province

import (
	"math/rand/v2"

	"ansinh.vn/internal/units"
)

// fates decides who died, moved or is away, and when the register heard of it:
// mostly before the lists were written, some only while the month is being paid.
func (p *Province) fates(communes []units.Commune) {
	r := stream(p.Seed, 4, 0)
	listed := DayOf(p.Listed)
	days := func(lo, hi int) Day { return Day(between(r, lo, hi)) }
	for i := range p.People {
		one := &p.People[i]
		age := one.Age(p.Month)
		old := 1.0
		switch {
		case age >= 85:
			old = 3
		case age >= 70:
			old = 1.6
		case age < 50:
			old = .3
		}
		if one.Office == "" {
			if age >= 60 && chance(r, .06) { // a relative long dead
				one.Died = listed - days(200, 6000)
				one.KnownOn = one.Died + days(1, 60)
			}
			continue
		}
		switch x := r.Float64(); {
		case x < .007*old: // dead before the lists, which the clerk had not heard
			one.Died = listed - days(6, 150)
			one.KnownOn = min(one.Died+days(1, 40), listed+1)
		case x < .010*old: // died since, known only after the register was asked
			one.Died = listed + days(-15, 36)
			one.KnownOn = max(one.Died+days(1, 25), listed+5)
		case x > .9950 && x < .9985: // moved within the province
			for to := pick(r, communes); ; to = pick(r, communes) {
				if to.Code != one.Commune {
					one.Commune = to.Code
					one.Hamlet = pick(r, hamlets(p.Seed, to))
					break
				}
			}
			p.left(r, one, moved)
		case x > .9985 && x < .9990:
			one.MovedTo = pick(r, []string{"Thành phố Hồ Chí Minh", "Thành phố Cần Thơ", "Tỉnh Đồng Nai", "Tỉnh An Giang", "Tỉnh Vĩnh Long", "Tỉnh Tây Ninh"})
			p.left(r, one, moved)
		case x > .9990 && x < .9994:
			p.left(r, one, abroad)
		case x > .9994 && x < .9997 && age < 75:
			p.left(r, one, detained)
		case x > .9997:
			p.left(r, one, missing)
		case x > .992 && x < .995:
			one.Unregistered = true
		}
	}
}

func (p *Province) left(r *rand.Rand, one *Person, standing string) {
	one.Standing = standing
	listed := DayOf(p.Listed)
	one.StandingSince = listed - Day(between(r, 3, 500))
	one.KnownOn = one.StandingSince
	if chance(r, .1) { // left since
		one.StandingSince = listed + Day(between(r, 4, 30))
		one.KnownOn = one.StandingSince + Day(between(r, 1, 5))
	}
}
