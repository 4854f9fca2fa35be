package population

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"ansinh.vn/identity"
)

func (c *clerk) number(l *Line, rec *identity.Record, person int32, members []int32) {
	n := string(rec.Number)
	fault := c.draw(c.numbers)
	switch fault {
	case NoNumber:
		l.Faults |= fault
		return
	case OldNumber:
		if rec.OldNumber != "" {
			l.Row.Document = rec.OldNumber
			l.Faults |= fault
			return
		}
		fault = 0
	case NumberSlip:
		n = c.digitSlip(n)
	case NumberTwoSlips:
		n = c.digitSlip(c.digitSlip(n))
	case RelativesNumber:
		other := members[c.IntN(len(members))]
		if other == person || len(members) < 2 {
			fault = 0
			break
		}
		n = string(c.Register[other].Number)
	case StrangersNumber:
		n = string(c.Register[c.IntN(len(c.Register))].Number)
	case LookAlike:
		n = strings.NewReplacer("0", "O", "1", "l", "5", "S").Replace(n)
	case SpacedNumber:
		n = n[:3] + c.pick([]string{" ", ".", "-", " "}) + n[3:6] + " " + n[6:]
	case Scientific:
		whole, _ := strconv.ParseInt(n, 10, 64)
		n = c.pick([]string{fmt.Sprintf("%.4E", float64(whole)), strings.Replace(fmt.Sprintf("%.5E", float64(whole)), ".", ",", 1)})
	}
	l.Faults |= fault
	if c.style.lostZero && n[0] == '0' && fault != LookAlike && fault != SpacedNumber {
		n = strings.TrimLeft(n, "0")
		l.Faults |= LostZero
	}
	l.Row.Document = n
}

// digitSlip leaves a digit out, adds one, exchanges two or mistakes one.
func (c *clerk) digitSlip(n string) string {
	i := c.IntN(len(n) - 1)
	digit := string(rune('0' + c.IntN(10)))
	switch c.IntN(4) {
	case 0:
		return n[:i] + n[i+1:]
	case 1:
		return n[:i] + digit + n[i:]
	case 2:
		return n[:i] + string(n[i+1]) + string(n[i]) + n[i+2:]
	}
	return n[:i] + digit + n[i+1:]
}

func (c *clerk) name(l *Line, rec *identity.Record) {
	name := rec.Name
	w := strings.Fields(name)
	fault := c.draw(c.names)
	switch fault {
	case NoMarks:
		name = identity.Fold(name)
	case OtherMark:
		name = c.otherMark(name)
	case Regional:
		name = regional.Replace(name)
	case LetterSlip:
		name = c.letterSlip(name)
	case TwoSlips:
		name = c.letterSlip(c.letterSlip(name))
	case NoMiddle:
		if len(w) > 2 {
			name = w[0] + " " + w[len(w)-1]
		}
	case InitialMiddle:
		for i := 1; i < len(w)-1; i++ {
			w[i] = string([]rune(w[i])[0]) + "."
		}
		name = strings.Join(w, " ")
	case OtherMiddle:
		if len(w) > 2 {
			w[len(w)-2] = c.pick(riverMiddlesF)
			name = strings.Join(w, " ")
		}
	case OtherOrder:
		name = strings.Join(append(w[1:], w[0]), " ")
	case Unreadable:
		name = strings.Map(func(r rune) rune {
			if r > 0xFF { // what an old program could not write
				return '?'
			}
			return r
		}, name)
	case Titled:
		name = map[identity.Sex]string{identity.Male: c.pick([]string{"Ông ", "ông ", "Ô. "}), identity.Female: c.pick([]string{"Bà ", "bà ", "B. "})}[rec.Sex] + name
	case Noted:
		name += c.pick([]string{" (đã chết)", " - con bà Tư", " (Sáu)", " *", " (tk mẹ)", ", hộ nghèo"})
	case Glued:
		name = strings.ReplaceAll(name, " ", "")
	case Telex:
		name = telex(name)
	case OtherName: // the name in use is another
		name = w[0] + " " + strings.Join(strings.Fields(c.otherName(rec))[1:], " ")
	}
	if c.style.noMarks {
		name = identity.Fold(name)
		fault |= NoMarks
	}
	if c.style.upper {
		name = strings.ToUpper(name)
	}
	l.Row.Name = name
	l.Faults |= fault
}

func (c *clerk) otherName(rec *identity.Record) string {
	if c.Shape == River {
		return c.riverName(rec.Sex, "X", "Kinh", rec.Birth.Year)
	}
	return c.southName(rec.Sex, "X", false)
}

var regional = strings.NewReplacer("Huỳnh", "Hoàng", "Hoàng", "Huỳnh", "Phước", "Phúc", "Phúc", "Phước", "Võ", "Vũ", "Vũ", "Võ", "Nhựt", "Nhật", "Hường", "Hồng", "Bửu", "Bảo",
	"Tánh", "Tính", "Tân", "Tâng", "Sương", "Xương", "Trân", "Chân", "Tường", "Tườn", "Khang", "Khan", "Lý", "Lí", "Mỹ", "Mĩ", "Rươne", "Rương", "Thươl", "Thương", "Nghĩa", "Ngãi")

// otherMark exchanges the tone or the shape of one vowel.
func (c *clerk) otherMark(name string) string {
	r := []rune(name)
	for range 40 {
		i := c.IntN(len(r))
		d := []rune(norm.NFD.String(string(r[i])))
		if !strings.ContainsRune("aeiouyAEIOUY", d[0]) {
			continue
		}
		tones := []string{"", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}
		shape := ""
		for _, m := range d[1:] {
			if m == 0x302 || m == 0x306 || m == 0x31B {
				shape = string(m)
			}
		}
		if other := norm.NFC.String(string(d[0]) + shape + c.pick(tones)); other != string(r[i]) {
			r[i] = []rune(other)[0]
			return string(r)
		}
	}
	return name
}

// letterSlip leaves a letter out, adds one, or mistakes one.
func (c *clerk) letterSlip(name string) string {
	r := []rune(name)
	i := c.IntN(len(r))
	if r[i] == ' ' {
		return name
	}
	letter := string(rune('a' + c.IntN(26)))
	head, tail := string(r[:i]), string(r[i+1:])
	switch c.IntN(4) {
	case 0:
		return head + tail
	case 1:
		return head + letter + string(r[i]) + tail
	case 2:
		if i+1 < len(r) && r[i+1] != ' ' {
			return head + string(r[i+1]) + string(r[i]) + string(r[i+2:])
		}
	}
	return head + letter + tail
}

// telex leaves one word as the keystrokes of an input method.
func telex(name string) string {
	w := strings.Fields(name)
	keys := map[rune]string{0x302: "", 0x306: "w", 0x31B: "w", 0x300: "f", 0x301: "s", 0x303: "x", 0x309: "r", 0x323: "j"}
	for i, word := range w {
		var out, end strings.Builder
		for _, r := range norm.NFC.String(word) {
			for k, m := range []rune(norm.NFD.String(string(r))) {
				switch {
				case k == 0 && r == 'đ':
					out.WriteString("dd")
				case k == 0 && r == 'Đ':
					out.WriteString("Dd")
				case k == 0:
					out.WriteRune(m)
				case m == 0x302:
					out.WriteString(strings.ToLower(out.String()[out.Len()-1:]))
				case m == 0x306 || m == 0x31B:
					out.WriteString("w")
				default:
					end.WriteString(keys[m])
				}
			}
		}
		if typed := out.String() + end.String(); typed != word {
			w[i] = typed
			break
		}
	}
	return strings.Join(w, " ")
}

func (c *clerk) birth(l *Line, rec *identity.Record) {
	b := rec.Birth
	fault := c.draw(c.births)
	switch fault {
	case NoBirth:
		l.Faults |= fault
		return
	case YearOnly, ZeroDay:
		if b.Year >= 1970 {
			fault = 0
			break
		}
		b = identity.Birth{Year: b.Year}
	case FalseFirst:
		l.Row.Birth = fmt.Sprintf("01/01/%d", b.Year)
		l.Faults |= fault
		return
	case WrongYear:
		b.Year += []int{-3, -2, -1, -1, 1, 1, 2, 3, 10, -10}[c.IntN(10)]
	case WrongDay:
		if b.Day > 0 {
			b.Day = c.between(1, 28)
		}
	case DaySwapped:
		if b.Day > 0 && b.Day <= 12 {
			b.Day, b.Month = b.Month, b.Day
		}
	}
	l.Faults |= fault
	switch {
	case b.Day == 0 && fault == ZeroDay:
		l.Row.Birth = fmt.Sprintf("00/00/%d", b.Year)
	case b.Day == 0:
		l.Row.Birth = fmt.Sprint(b.Year)
	case c.style.serial:
		l.Row.Birth = fmt.Sprint(int(time.Date(b.Year, time.Month(b.Month), b.Day, 0, 0, 0, 0, time.UTC).Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Hours() / 24))
		l.Faults |= DayNumber
	case c.style.us:
		l.Row.Birth = fmt.Sprintf("%02d/%02d/%d", b.Month, b.Day, b.Year)
		l.Faults |= MonthFirst
	case c.style.iso:
		l.Row.Birth = fmt.Sprintf("%d-%02d-%02d", b.Year, b.Month, b.Day)
	case fault == TwoDigitYear:
		l.Row.Birth = fmt.Sprintf("%d/%d/%02d", b.Day, b.Month, b.Year%100)
	default:
		l.Row.Birth = fmt.Sprintf("%02d/%02d/%d", b.Day, b.Month, b.Year)
	}
	if fault == BirthSlip {
		l.Row.Birth = c.digitSlip(l.Row.Birth)
	}
}

func (c *clerk) place(l *Line, rec *identity.Record, p *place) {
	fault := c.draw(c.places)
	if fault == NoPlace {
		l.Faults |= fault
		return
	}
	commune, short := p.Name, strings.TrimPrefix(strings.TrimPrefix(p.Name, "Xã "), "Phường ")
	if c.style.oldNames && len(p.before) > 0 {
		old := p.before[len(rec.Hamlet)%len(p.before)]
		commune = old.Name + ", " + strings.ToLower(old.District)
		short = old.Name + ", " + old.District
		l.Faults |= OldPlace
	}
	switch fault {
	case WrongPlace:
		other := c.communes[c.IntN(len(c.communes))]
		commune, short = other.Name, other.Name
	case PlaceSlip:
		commune = c.letterSlip(commune)
	case PlaceCode:
		commune = p.Code
	}
	l.Faults |= fault
	hamlet := rec.Hamlet
	if c.Shape == River {
		hamlet = c.pick([]string{hamlet, hamlet, strings.ToLower(hamlet), "Số " + fmt.Sprint(c.between(1, 300)) + ", " + hamlet})
	}
	if c.style.noCommune {
		l.Row.Address = hamlet
		return
	}
	l.Row.Address, l.Row.Commune = hamlet+", "+short, commune
}
