package population

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"ansinh.vn/identity"
)

// rates are how often a row has each fault; those of one cell exclude each other.
type rates struct {
	numbers, names, births, places []rate
	wrongSex, absent, again        float64
}

type rate struct {
	fault Fault
	p     float64
}

var southRates = rates{
	numbers: []rate{{NoNumber, .05}, {OldNumber, .04}, {NumberSlip, .04}, {LookAlike, .005}, {SpacedNumber, .01}, {Scientific, .003}, {RelativesNumber, .015}},
	names: []rate{{NoMarks, .03}, {OtherMark, .015}, {Regional, .01}, {LetterSlip, .02}, {NoMiddle, .015}, {Unreadable, .005},
		{Titled, .01}, {Noted, .01}, {Glued, .005}, {Telex, .005}, {OtherName, .005}},
	births:   []rate{{NoBirth, .01}, {YearOnly, .06}, {FalseFirst, .02}, {WrongYear, .006}, {WrongDay, .006}, {DaySwapped, .004}, {TwoDigitYear, .02}},
	places:   []rate{{WrongPlace, .01}},
	wrongSex: .01, absent: .006, again: .01,
}

var riverRates = rates{
	numbers: []rate{{NoNumber, .09}, {OldNumber, .03}, {NumberSlip, .02}, {NumberTwoSlips, .003}, {LookAlike, .01}, {SpacedNumber, .02}, {Scientific, .006},
		{RelativesNumber, .02}, {StrangersNumber, .002}},
	names: []rate{{NoMarks, .02}, {OtherMark, .02}, {Regional, .012}, {LetterSlip, .012}, {TwoSlips, .003}, {NoMiddle, .008}, {InitialMiddle, .006}, {OtherMiddle, .006},
		{OtherOrder, .002}, {Unreadable, .006}, {Titled, .02}, {Noted, .012}, {Glued, .004}, {Telex, .004}, {OtherName, .006}},
	births: []rate{{NoBirth, .015}, {YearOnly, .08}, {FalseFirst, .03}, {ZeroDay, .02}, {WrongYear, .012}, {WrongDay, .006}, {DaySwapped, .006},
		{BirthSlip, .004}, {TwoDigitYear, .03}},
	places:   []rate{{NoPlace, .02}, {WrongPlace, .02}, {PlaceSlip, .015}, {PlaceCode, .01}},
	wrongSex: .015, absent: .01, again: .012,
}

// sheetStyle is what one clerk does to a whole sheet.
type sheetStyle struct {
	encoding                   identity.Encoding
	nfd, half, upper, noMarks  bool
	lostZero, us, serial, iso  bool
	oldNames, noCommune, noSex bool
	newTone, eth               bool
	slide                      int // rows by which a column slid, 0 none
	slideName                  bool
	order                      string
}

func (w *World) style() sheetStyle {
	river := 1.0
	if w.Shape == River {
		river = 1.5
	}
	st := sheetStyle{
		lostZero: w.damaged(.15 * river), us: w.damaged(.03), serial: w.damaged(.08), nfd: w.damaged(.04), upper: w.chance(.2),
		oldNames: w.chance(.4), noCommune: w.chance(.1), order: "house",
	}
	if w.damaged(.01 * river) {
		st.slide = 1
	}
	if w.Shape == River {
		st.half, st.noMarks, st.iso, st.noSex = w.damaged(.02), w.damaged(.02), w.chance(.1), w.chance(.08)
		st.newTone, st.eth = w.chance(.4), w.damaged(.03)
		st.order = w.pick([]string{"house", "house", "given", "year", "none"})
		if st.slide != 0 {
			st.slide = []int{1, -1, 2, 3}[w.IntN(4)]
			st.slideName = w.chance(.3)
		}
	}
	switch x := w.Float64() / w.Damage; {
	case x < .06:
		st.encoding = identity.TCVN3
	case x < .10:
		st.encoding = identity.VNI
	case x < .11:
		st.encoding = identity.VISCII
	case x < .12:
		st.encoding = identity.Windows1258
	case x < .13:
		st.encoding = identity.Mojibake
	}
	return st
}

// Lists writes the lists, about 96 rows for 100 people.
func (w *World) Lists() iter.Seq[Line] {
	return func(yield func(Line) bool) {
		c := &clerk{World: w, rates: southRates}
		parts := 2
		if w.Shape == River {
			c.rates, parts = riverRates, 5
		}
		for i := range w.communes {
			p := &w.communes[i]
			slices.SortStableFunc(p.at, func(a, b int) int { // by hamlet, and by house within it
				return strings.Compare(w.Register[w.homes[a][0]].Hamlet, w.Register[w.homes[b][0]].Hamlet)
			})
			for part := range parts {
				for _, l := range c.list(p, part, parts) {
					if !yield(l) {
						return
					}
				}
			}
		}
	}
}

// clerk writes rows.
type clerk struct {
	*World
	rates
	style sheetStyle
	id    int
	named string
	sheet string
}

// list is one sheet: every parts-th household of a commune, in the sheet's order.
func (c *clerk) list(p *place, part, parts int) []Line {
	c.style = c.World.style()
	c.named, c.sheet = fmt.Sprintf("%s-%d", p.Code, part), "Sheet1"
	if c.Shape == River { // two sheets of one list, or lists of several communes
		c.named, c.sheet = fmt.Sprintf("L%d-%s", part/2, p.Code), fmt.Sprintf("Bảng %d", part%2+1)
	}
	var out []Line
	for k, h := range p.at {
		if k%parts != part {
			continue
		}
		members := c.homes[h]
		for _, person := range members {
			if c.Shape == South && !c.chance(.94) || c.Shape == River && !c.chance(.93) {
				continue
			}
			out = append(out, c.row(p, person, members))
			if c.chance(c.again) {
				l := c.row(p, person, members)
				l.Faults |= Repeated
				out = append(out, l)
			}
		}
		if c.chance(c.absent * float64(len(members))) {
			out = append(out, c.nobody(p, members))
		}
	}
	c.arrange(out)
	c.slide(out)
	return out
}

// arrange puts a sheet in its order.
func (c *clerk) arrange(out []Line) {
	key := func(l Line) string {
		name := strings.Fields(identity.Fold(l.Row.Name))
		switch {
		case c.style.order == "given" && len(name) > 0:
			return name[len(name)-1]
		case c.style.order == "year" && len(l.Row.Birth) > 3:
			return l.Row.Birth[len(l.Row.Birth)-4:]
		}
		return ""
	}
	switch c.style.order {
	case "given", "year":
		slices.SortStableFunc(out, func(a, b Line) int { return strings.Compare(key(a), key(b)) })
	case "none":
		c.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	}
}

// slide moves a column against the others, in all of the sheet or from a row on.
func (c *clerk) slide(out []Line) {
	n := c.style.slide
	if n == 0 || len(out) < 4 {
		return
	}
	start := 0
	if c.Shape == River {
		start = c.IntN(len(out) / 2)
	}
	cells := make([]string, len(out))
	for i, l := range out {
		cells[i] = l.Row.Document
		if c.style.slideName {
			cells[i] = l.Row.Name
		}
	}
	for i := start; i < len(out); i++ {
		from := i - n
		value := ""
		if from >= start && from < len(out) {
			value = cells[from]
		}
		if c.style.slideName {
			out[i].Row.Name = value
			out[i].Faults |= SlidName
		} else {
			out[i].Row.Document = value
			out[i].Faults |= SlidNumber
		}
	}
}

// nobody is somebody who is not in the register, with the surroundings of people who are.
func (c *clerk) nobody(p *place, members []int32) Line {
	ghost := c.Register[members[0]]
	h := &house{place: p, taken: map[string]bool{}}
	year := c.between(1935, 2014)
	ghost.Sex = c.sex()
	family := strings.Fields(ghost.Name)[0]
	if c.Shape == River {
		ghost.Name = c.riverName(ghost.Sex, family, ghost.Ethnic, year)
	} else {
		ghost.Name = c.southName(ghost.Sex, family, ghost.Ethnic == "Khmer")
	}
	ghost.Birth, ghost.OldNumber = c.born(year, .2), ""
	ghost.Number = c.World.number(h, ghost.Sex, year)
	at := int32(len(c.Register))
	c.Register = append(c.Register, ghost)
	l := c.row(p, at, members)
	c.Register = c.Register[:at]
	l.Person, l.Faults = -1, l.Faults|Absent
	return l
}

// draw is one of the faults, or none.
func (c *clerk) draw(from []rate) Fault {
	x := c.Float64() / c.Damage
	for _, r := range from {
		if x -= r.p; x < 0 {
			return r.fault
		}
	}
	return 0
}

// row writes one person down.
func (c *clerk) row(p *place, person int32, members []int32) Line {
	rec := &c.Register[person]
	c.id++
	l := Line{Person: person, Row: identity.Row{ID: fmt.Sprint(c.id), List: c.named, Sheet: c.sheet, Sex: rec.Sex.Words(), Ethnic: rec.Ethnic}}
	if !c.Bare.Numbers {
		c.number(&l, rec, person, members)
	}
	c.name(&l, rec)
	if !c.Bare.Births {
		c.birth(&l, rec)
	}
	if !c.Bare.Places {
		c.place(&l, rec, p)
	}
	if c.style.noSex {
		l.Row.Sex = ""
	} else if c.damaged(c.wrongSex) {
		l.Row.Sex = map[identity.Sex]string{identity.Male: "Nữ", identity.Female: "Nam"}[rec.Sex]
		l.Faults |= WrongSex
	}
	c.encode(&l)
	return l
}

// encode writes the text cells as the sheet's font stores them.
func (c *clerk) encode(l *Line) {
	st := &c.style
	for _, cell := range []*string{&l.Row.Name, &l.Row.Address, &l.Row.Commune, &l.Row.Sex} {
		if st.newTone {
			*cell = newTone.Replace(*cell)
		}
		switch {
		case st.nfd:
			*cell = norm.NFD.String(*cell)
		case st.half:
			*cell = halfComposed(*cell)
		case st.encoding != identity.Unicode:
			*cell = st.encoding.Encode(*cell)
		case st.eth:
			*cell = strings.NewReplacer("Đ", "Ð", "đ", "ð").Replace(*cell)
		}
	}
	if st.nfd || st.half || st.encoding != identity.Unicode || st.eth {
		l.Faults |= Legacy
	}
	if st.newTone {
		l.Faults |= TonePlaced
	}
}

// halfComposed writes vowels with their shape as one character and the tone as
// another, as Windows-1258 does.
func halfComposed(s string) string {
	var b strings.Builder
	for _, r := range norm.NFC.String(s) {
		d := []rune(norm.NFD.String(string(r)))
		if len(d) < 2 {
			b.WriteRune(r)
			continue
		}
		tone, shape := rune(0), d[:0:0]
		for _, m := range d {
			if m == 0x300 || m == 0x301 || m == 0x303 || m == 0x309 || m == 0x323 {
				tone = m
			} else {
				shape = append(shape, m)
			}
		}
		b.WriteString(norm.NFC.String(string(shape)))
		if tone != 0 {
			b.WriteRune(tone)
		}
	}
	return b.String()
}

var newTone = strings.NewReplacer(
	"òa", "oà", "óa", "oá", "ỏa", "oả", "õa", "oã", "ọa", "oạ", "òe", "oè", "óe", "oé", "ỏe", "oẻ", "õe", "oẽ", "ọe", "oẹ",
	"ùy", "uỳ", "úy", "uý", "ủy", "uỷ", "ũy", "uỹ", "ụy", "uỵ")
