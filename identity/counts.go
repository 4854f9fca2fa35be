package identity

import "math"

// counts tell how common each value is in the register: to agree on a rare name
// says more than to agree on Nguyễn Văn Út.
type counts struct {
	n                        float64
	mark, plain, sound, ends map[uint64]int32
	years                    map[int]int32
	days                     [512]int32 // by month and day, of full dates
	fullDates                int32
	commune, hamlet          map[uint64]int32
	words                    map[string]int32 // of names, without marks
	ethnic                   map[uint16]int32
	sex                      map[byte]int32
	sexes, ethnics, communes int32
	meanEnds                 float64 // chance that two people share family and given name
}

func count(people []person) counts {
	c := counts{
		n: float64(max(len(people), 1)), mark: map[uint64]int32{}, plain: map[uint64]int32{}, sound: map[uint64]int32{}, ends: map[uint64]int32{},
		years: map[int]int32{}, commune: map[uint64]int32{}, hamlet: map[uint64]int32{}, ethnic: map[uint16]int32{}, sex: map[byte]int32{},
	}
	c.words = map[string]int32{}
	byForm := map[*form]int32{}
	for i := range people {
		p := &people[i]
		byForm[p.form]++
		c.years[p.birth.year()]++
		if p.birth.full() {
			c.days[p.birth&511]++
			c.fullDates++
		}
		if p.commune != 0 {
			c.commune[uint64(p.commune)]++
			c.communes++
			if p.hamlet != 0 {
				c.hamlet[mix(uint64(p.commune), uint64(p.hamlet))]++
			}
		}
		if p.ethnic != 0 {
			c.ethnic[p.ethnic]++
			c.ethnics++
		}
		if p.sex != 0 {
			c.sex[p.sex]++
			c.sexes++
		}
	}
	for f, n := range byForm {
		c.mark[f.hMark] += n
		c.plain[f.hPlain] += n
		c.sound[f.hSound] += n
		c.ends[f.hEnds] += n
		for _, w := range f.parts {
			c.words[w] += n
		}
	}
	sum := int64(0) // whole numbers: the order of a map does not show
	for _, n := range c.ends {
		sum += int64(n) * int64(n)
	}
	c.meanEnds = max(float64(sum)/(c.n*c.n), 1e-9)
	return c
}

// share is the chance that a random person has a name which n people of the
// register have. The one who is looked at is among them; a small register leans
// on how rare names usually are.
func (c *counts) share(n int32) float64 {
	const belief, usual = 1000, 2e-4
	return (max(float64(n)-0.5, 0.5) + belief*usual) / (c.n + belief)
}

// year is the chance that a random person is born in a year.
func (c *counts) year(y int) float64 {
	const belief, usual = 200, 1.0 / 80
	return (float64(c.years[y]) + belief*usual) / (c.n + belief)
}

// day is the chance of a month and day among full dates.
func (c *counts) day(k dayKey) float64 {
	return (float64(c.days[k&511]) + 1) / (float64(c.fullDates) + 366)
}

// place is the chance of one commune.
func (c *counts) place(k uint32) float64 {
	const belief, usual = 50, 1.0 / 64
	return (float64(c.commune[uint64(k)]) + belief*usual) / (float64(c.communes) + belief)
}

// of is the chance of a value that n of total have, with a little belief in evenness.
func of(n, total int32) float64 { return (float64(n) + 2) / (float64(total) + 8) }

func log2(x float64) float64 { return math.Log2(x) }
