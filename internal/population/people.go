package population

import (
	"fmt"
	"strings"

	"ansinh.vn/identity"
	"ansinh.vn/internal/units"
)

var hamletNames = strings.Split("Cầu Đỏ,Bình Tốt,Phước Thọ,Ninh Lợi,Ngan Dừa,Cây Dương,Xẻo Gừa,Vàm Lẽo,Thống Nhất,Hòa Thạnh,Kinh Tư,Giồng Nhãn,Cái Tràm,Trà Ban,Nhà Dài,Rạch Rập,Tân Tạo,Biển Tây,Kinh Xáng,Xóm Lung,Bà Điều,Vàm Đầm,Nhà Cũ,Mai Hoa,Rau Dừa,Tân Lập,Kinh Hai,Xẻo Lá,Cái Nai,Ô Rô,Lung Lá,Cỏ Thum", ",")

// hamlets names a commune's ấp or khóm, by number or by name.
func (w *World) hamlets(c units.Commune) (out []string) {
	word := "Ấp"
	if c.Kind == "Phường" {
		word = "Khóm"
	}
	start := w.IntN(len(hamletNames))
	for i := range w.between(5, 14) {
		if w.chance(0.6) {
			out = append(out, fmt.Sprintf("%s %d", word, i+1))
		} else {
			out = append(out, word+" "+hamletNames[(start+i)%len(hamletNames)])
		}
	}
	return out
}

// house is the household being built.
type house struct {
	id, hamlet, ethnic string
	place              *place
	members            []int32
	taken              map[string]bool // personal numbers
}

func (w *World) newHouse(taken map[string]bool) *house {
	at := w.IntN(len(w.communes))
	h := &house{id: fmt.Sprintf("H%07d", len(w.homes)), place: &w.communes[at], ethnic: "Kinh", taken: taken}
	h.hamlet = w.pick(h.place.hamlets)
	h.place.at = append(h.place.at, len(w.homes))
	return h
}

// born is a date of birth in a year, as precise as registers have it.
func (w *World) born(year int, yearOnly float64) identity.Birth {
	if year < 1960 && w.chance(yearOnly) {
		return identity.Birth{Year: year}
	}
	return identity.Birth{Year: year, Month: w.between(1, 12), Day: w.between(1, 28)}
}

// add puts a person into the register.
func (w *World) add(h *house, sex identity.Sex, name string, b identity.Birth) int32 {
	r := identity.Record{
		Name: name, Birth: b, Sex: sex, Ethnic: h.ethnic, CommuneCode: h.place.Code, Commune: h.place.Name, Hamlet: h.hamlet, Household: h.id,
		Number: w.number(h, sex, b.Year),
	}
	if b.Year < 2005 && w.chance(0.85) {
		r.OldNumber = fmt.Sprintf("%d%06d", 38*10+[]int{1, 2, 5, 6}[w.IntN(4)], w.IntN(1_000_000))
	}
	if b.Year < 1950 && w.chance(0.08) {
		r.Deceased, r.DiedOn = true, fmt.Sprintf("2026-%02d-%02d", w.between(1, 10), w.between(1, 28))
	}
	i := int32(len(w.Register))
	w.Register = append(w.Register, r)
	h.members = append(h.members, i)
	return i
}

// number is a personal number of the right structure that nobody has.
func (w *World) number(h *house, sex identity.Sex, year int) identity.PersonNumber {
	province := "0" + h.place.FormerProvince
	if w.chance(0.08) {
		province = w.pick([]string{"094", "091", "092", "093", "079", "036", "001"})
	}
	g := 2 * (year/100 - 19)
	if sex == identity.Female {
		g++
	}
	for {
		n := fmt.Sprintf("%s%d%02d%06d", province, g, year%100, w.IntN(1_000_000))
		if !h.taken[n] {
			h.taken[n] = true
			return identity.PersonNumber(n)
		}
	}
}

func (w *World) sex() identity.Sex {
	if w.chance(0.5) {
		return identity.Female
	}
	return identity.Male
}

// southHouse is a couple and their children.
func (w *World) southHouse(taken map[string]bool) {
	h := w.newHouse(taken)
	families := southFamilies
	khmer := w.chance(0.12)
	if khmer {
		h.ethnic, families = "Khmer", khmerFamilies
	}
	family, wife := w.pick(families), w.pick(families)
	add := func(sex identity.Sex, family string, year int) {
		w.add(h, sex, w.southName(sex, family, khmer), w.born(year, 0.15))
	}
	head := w.between(1935, 1994)
	add(identity.Male, family, head)
	if w.chance(0.8) {
		add(identity.Female, wife, head+w.between(-2, 5))
	}
	for range w.IntN(4) {
		if year := head + w.between(20, 37); year < 2026 {
			add(w.sex(), family, year)
		}
	}
	w.homes = append(w.homes, h.members)
}

// riverHouse is a house of up to three generations, a boarder, or a pagoda.
func (w *World) riverHouse(taken map[string]bool) {
	h := w.newHouse(taken)
	switch x := w.Float64(); {
	case x < 0.10:
		h.ethnic = "Khmer"
	case x < 0.14:
		h.ethnic = "Hoa"
	}
	if w.chance(0.05) {
		h.id = "" // the register knows no household of theirs
	}
	family := func() string {
		if h.ethnic == "Khmer" {
			return w.pick(khmerFamilies)
		}
		return w.zipf(riverFamilies)
	}
	add := func(sex identity.Sex, family string, year int) int32 {
		return w.add(h, sex, w.riverName(sex, family, h.ethnic, year), w.born(year, 0.35))
	}
	line := family()
	old := w.between(1926, 1962)
	switch x := w.Float64(); {
	case x < 0.12: // alone
		add(w.sex(), line, w.between(1930, 2004))
	case x < 0.125: // a pagoda or a home for the old
		for range w.between(8, 30) {
			add(w.sex(), family(), w.between(1925, 2008))
		}
	default:
		grandfather := add(identity.Male, line, old)
		if w.chance(0.75) {
			add(identity.Female, family(), old+w.between(-6, 8))
		}
		for range w.between(1, 4) {
			sex := w.sex()
			year := old + w.between(18, 36)
			child := add(sex, line, year)
			switch {
			case sex == identity.Male && w.chance(0.01): // named like the father
				w.Register[child].Name = w.Register[grandfather].Name
			case w.chance(0.01): // twins, whose names differ by a word or a mark
				w.add(h, sex, w.twinName(w.Register[child].Name), w.Register[child].Birth)
			}
			for range w.IntN(3) {
				if year := year + w.between(19, 34); year < 2026 {
					add(w.sex(), line, year)
				}
			}
		}
	}
	w.homes = append(w.homes, h.members)
	if w.chance(0.004) {
		w.namesake(taken)
	}
}

// namesake adds somebody of the same name, born on the same day, in the same commune.
func (w *World) namesake(taken map[string]bool) {
	other := w.Register[w.IntN(len(w.Register))]
	for i := range w.communes {
		p := &w.communes[i]
		if p.Code == other.CommuneCode {
			h := &house{place: p, hamlet: w.pick(p.hamlets), ethnic: other.Ethnic, taken: taken}
			p.at = append(p.at, len(w.homes))
			w.add(h, other.Sex, other.Name, other.Birth)
			w.homes = append(w.homes, h.members)
		}
	}
}

// twinName exchanges the given name.
func (w *World) twinName(name string) string {
	words := strings.Fields(name)
	words[len(words)-1] = w.pick([]string{"Anh", "Em", "Hùng", "Hưng", "Lan", "Lân", "Nhứt", "Nhì", "Sang", "Song"})
	return strings.Join(words, " ")
}
