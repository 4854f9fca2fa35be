package identity

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Birth is a date of birth with the precision it is known to. Month and Day are
// 0 where unknown; the zero Birth is unknown altogether. Example: {1942 0 0}.
type Birth struct {
	Year, Month, Day int
	// Century reports that the year was typed with two digits and that the
	// other century is possible too.
	Century bool
}

// DateOrder says which of day and month a sheet writes first.
type DateOrder uint8

// Day before month is how Vietnam writes; a spreadsheet of American settings
// turns the dates that it recognises around.
const (
	DayFirst DateOrder = iota
	MonthFirst
)

// IsZero reports whether nothing is known.
func (b Birth) IsZero() bool { return b.Year == 0 }

// String is YYYY, YYYY-MM or YYYY-MM-DD, empty for the zero Birth.
func (b Birth) String() string {
	switch {
	case b.Year == 0:
		return ""
	case b.Month == 0:
		return fmt.Sprintf("%04d", b.Year)
	case b.Day == 0:
		return fmt.Sprintf("%04d-%02d", b.Year, b.Month)
	}
	return fmt.Sprintf("%04d-%02d-%02d", b.Year, b.Month, b.Day)
}

// Words is the Vietnamese form: 1942, 10/1942 or 15/10/1942.
func (b Birth) Words() string {
	switch {
	case b.Year == 0:
		return ""
	case b.Month == 0:
		return fmt.Sprintf("%04d", b.Year)
	case b.Day == 0:
		return fmt.Sprintf("%02d/%04d", b.Month, b.Year)
	}
	return fmt.Sprintf("%02d/%02d/%04d", b.Day, b.Month, b.Year)
}

// AgeIn is the age in whole years reached in the given month, counted from the
// month of birth, so that a birthday counts for all of its month. A birth known
// by its year alone counts from January. It is negative before the birth and
// meaningless for the zero Birth.
func (b Birth) AgeIn(year int, month time.Month) int {
	age := year - b.Year
	if int(month) < max(b.Month, 1) {
		age--
	}
	return age
}

// BirthError says why a cell holds no usable date of birth, in Vietnamese.
type BirthError struct{ Raw, Why string }

func (e *BirthError) Error() string { return fmt.Sprintf("ngày sinh %q: %s", e.Raw, e.Why) }

// Dates says how to read the dates of a column.
type Dates struct {
	Order DateOrder
	// Today is the year in which the list was written; two-digit years above it
	// belong to the century before, and nobody is born after it. 0 means 2026.
	Today int
	// YearSlips says that a number like 19357 is a year with a digit too many and
	// no spreadsheet's day number, because the column writes its days out.
	YearSlips bool
}

func (d Dates) today() int {
	if d.Today == 0 {
		return 2026
	}
	return d.Today
}

// Parse reads a date of birth in any of the forms of Vietnamese lists:
// 15/10/1942, 15-10-42, 15.10.1942, 1942-10-15, 10/1942, 1942, 00/00/1942,
// 15101942, a spreadsheet's day number, "ngày 15 tháng 10 năm 1942",
// 15-Oct-1942. An empty cell gives the zero Birth and no error.
func (d Dates) Parse(raw string) (Birth, []Repair, error) {
	if b, ok := d.plain(raw); ok {
		return b, nil, nil
	}
	text := strings.ToLower(strings.TrimSpace(cleanText(raw)))
	text = strings.TrimLeft(text, "'`’‘ ")
	if strings.Trim(text, "-–—./0xX ?") == "" {
		return Birth{}, nil, nil
	}
	text = clockless(text)
	repair := func(kind string, b Birth) []Repair { return []Repair{{FieldBirth, kind, raw, b.String()}} }

	if whole, _, isNumber := dayNumber(text); isNumber {
		if b, kind, ok := d.number(text, whole); ok {
			if kind == "" {
				return b, nil, nil
			}
			return b, repair(kind, b), nil
		}
		return Birth{}, nil, &BirthError{raw, "không đọc được thành ngày, tháng hay năm"}
	}
	parts, ok := dateParts(text)
	if !ok {
		return Birth{}, nil, &BirthError{raw, "không đọc được thành ngày, tháng hay năm"}
	}
	b, kind, ok := d.assemble(parts)
	if !ok {
		return Birth{}, nil, &BirthError{raw, "không phải là một ngày có thật"}
	}
	if kind == "" {
		return b, nil, nil
	}
	return b, repair(kind, b), nil
}

// plain is the quick way for the two commonest forms: 15/10/1942 and 1942.
func (d Dates) plain(s string) (Birth, bool) {
	switch {
	case len(s) == 4 && allDigits(s):
		b := Birth{Year: atoi(s)}
		return b, d.plausible(b.Year)
	case d.Order == DayFirst && len(s) == 10 && s[2] == '/' && s[5] == '/' && allDigits(s[:2]) && allDigits(s[3:5]) && allDigits(s[6:]):
		b := Birth{Year: atoi(s[6:]), Month: atoi(s[3:5]), Day: atoi(s[:2])}
		return b, d.plausible(b.Year) && realDay(b.Year, b.Month, b.Day)
	}
	return Birth{}, false
}

// ParseBirth reads the register's own form: YYYY, YYYY-MM or YYYY-MM-DD, and
// whatever else Dates.Parse reads, in Vietnamese day order.
func ParseBirth(raw string) (Birth, error) {
	if b, ok := isoBirth(raw); ok {
		return b, nil
	}
	b, _, err := Dates{}.Parse(raw)
	return b, err
}

// isoBirth is the quick way for the form that registers use.
func isoBirth(s string) (Birth, bool) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' || !allDigits(s[:4]) || !allDigits(s[5:7]) || !allDigits(s[8:]) {
		return Birth{}, false
	}
	two := func(s string) int { return 10*int(s[0]-'0') + int(s[1]-'0') }
	b := Birth{Year: 100*two(s[:2]) + two(s[2:4]), Month: two(s[5:7]), Day: two(s[8:])}
	return b, b.Year >= oldestYear && b.Day > 0 && realDay(b.Year, b.Month, b.Day)
}

const oldestYear = 1850

// number reads text that is a bare number: a year, eight digits, or the day
// number of a spreadsheet (day 1 is 1900-01-01, with its wrong leap day).
func (d Dates) number(text string, whole int) (b Birth, kind string, ok bool) {
	digits := text
	if i := strings.IndexAny(digits, ".,"); i >= 0 {
		digits = digits[:i]
	}
	switch {
	case len(digits) == 8:
		y, m, day := atoi(digits[4:]), atoi(digits[2:4]), atoi(digits[:2])
		if !d.plausible(y) || m > 12 {
			y, m, day = atoi(digits[:4]), atoi(digits[4:6]), atoi(digits[6:])
		}
		return d.settle(y, m, day, "")
	case len(digits) == 6 && d.plausible(atoi(digits[2:])) && atoi(digits[:2]) <= 12:
		return d.settle(atoi(digits[2:]), atoi(digits[:2]), 0, "")
	case len(digits) == 6:
		year, century := d.fullYear(atoi(digits[4:]))
		b, kind, ok = d.settle(year, atoi(digits[2:4]), atoi(digits[:2]), RepairTwoDigit)
		b.Century = century
		return b, kind, ok && kind != RepairImpossible
	case len(digits) == 4 && d.plausible(whole):
		return Birth{Year: whole}, "", true
	case len(digits) == 2:
		year, century := d.fullYear(whole)
		return Birth{Year: year, Century: century}, RepairTwoDigit, true
	case whole >= 2101 && whole <= 75000 && !(d.YearSlips && whole > 9999):
		t := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, whole)
		if t.Year() > d.today() {
			return Birth{}, "", false
		}
		return Birth{Year: t.Year(), Month: int(t.Month()), Day: t.Day()}, RepairSerial, true
	}
	return Birth{}, "", false
}

// assemble makes a date of two or three numbers, or of the year alone.
func (d Dates) assemble(p []datePart) (Birth, string, bool) {
	kind := ""
	year := func(part datePart) (int, bool) {
		if part.width > 2 {
			return part.value, false
		}
		kind = RepairTwoDigit
		return d.fullYear(part.value)
	}
	switch len(p) {
	case 1:
		y, century := year(p[0])
		if !d.plausible(y) {
			return Birth{}, "", false
		}
		return Birth{Year: y, Century: century}, kind, true
	case 2:
		if p[0].width == 4 {
			p[0], p[1] = p[1], p[0]
		}
		if p[1].width != 4 || p[0].value > 12 {
			return Birth{}, "", false
		}
		return d.settle(p[1].value, p[0].value, 0, "")
	case 3:
		if p[0].width == 4 {
			return d.settle(p[0].value, p[1].value, p[2].value, "")
		}
		y, century := year(p[2])
		day, month := p[0].value, p[1].value
		named := p[1].named || p[0].named
		if p[0].named {
			day, month = month, day
		} else if !named && d.Order == MonthFirst {
			day, month = month, day
			if month <= 12 && kind == "" {
				kind = RepairDateOrder
			}
		}
		if month > 12 && day <= 12 && day > 0 {
			day, month = month, day
			kind = RepairDateOrder
			if d.Order == MonthFirst {
				kind = ""
			}
		}
		b, k, ok := d.settle(y, month, day, kind)
		b.Century = century
		return b, k, ok
	}
	return Birth{}, "", false
}

// settle checks a date and falls back to what of it is possible: a day that no
// month has leaves the year.
func (d Dates) settle(year, month, day int, kind string) (Birth, string, bool) {
	switch {
	case !d.plausible(year):
		return Birth{}, "", false
	case month == 0:
		if kind == "" {
			kind = RepairYearOnly
		}
		return Birth{Year: year}, kind, true
	case day == 0 && month <= 12:
		return Birth{Year: year, Month: month}, kind, true
	case !realDay(year, month, day):
		return Birth{Year: year}, RepairImpossible, true
	}
	return Birth{Year: year, Month: month, Day: day}, kind, true
}

// plausible bounds years; one year of grace, because a list may be written late
// in December and the program told otherwise.
func (d Dates) plausible(year int) bool { return year >= oldestYear && year <= d.today()+1 }

// fullYear completes a year of two digits to the last such year that is past.
// The century is open where a living person can be of either.
func (d Dates) fullYear(yy int) (year int, century bool) {
	year = d.today()/100*100 + yy
	if year > d.today() {
		return year - 100, false
	}
	return year, true
}

func realDay(year, month, day int) bool {
	if month < 1 || month > 12 || day < 1 || day > 31 {
		return false
	}
	if day <= 28 {
		return true
	}
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Month() == time.Month(month)
}

type datePart struct {
	value, width int
	named        bool // a month given by its English name
}

var monthNames = map[string]int{
	"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6,
	"jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}

// dateWords may stand among the numbers of a date.
var dateWords = map[string]bool{
	"ngay": true, "thang": true, "nam": true, "sinh": true, "ns": true, "n": true, "khoang": true,
	"t": true, "mung": true, "mong": true, "am": true, "lich": true, "al": true, "dl": true, "duong": true,
	"st": true, "th": true, "born": true, "sn": true,
}

var lookAlikes = strings.NewReplacer("o", "0", "l", "1", "i", "1")

// dateParts finds up to three numbers among separators and the words of dates.
// The letters O and l among digits are read as the digits they resemble.
func dateParts(text string) ([]datePart, bool) {
	var parts []datePart
	fields := strings.FieldsFunc(separateWords(Fold(text)), func(r rune) bool { return strings.ContainsRune("/-.,\\ ()_:;?'", r) })
	for _, f := range fields {
		if digits := lookAlikes.Replace(f); allDigits(digits) && !allLetters(f) {
			if len(digits) > 4 || len(digits) == 3 {
				return nil, false
			}
			parts = append(parts, datePart{value: atoi(digits), width: len(digits)})
			continue
		}
		if len(f) >= 3 && monthNames[f[:3]] > 0 && (len(f) == 3 || strings.HasPrefix(englishMonth(monthNames[f[:3]]), f)) {
			parts = append(parts, datePart{value: monthNames[f[:3]], width: 2, named: true})
			continue
		}
		if !dateWords[f] {
			return nil, false
		}
	}
	// A date among dateless numbers, such as 15/10/1942/3, is not readable.
	if len(parts) == 0 || len(parts) > 3 {
		return nil, false
	}
	return parts, true
}

func englishMonth(m int) string { return strings.ToLower(time.Month(m).String()) }

// separateWords puts a blank between a run of digits and a word of three letters
// or more, as in "15thang10".
func separateWords(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if i > 0 && isDigit(s[i]) != isDigit(s[i-1]) && (isWord(s, i) || isWord(s, i-1)) {
			b.WriteByte(' ')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// isWord reports whether s[i] lies in a run of at least three letters.
func isWord(s string, i int) bool {
	letter := func(i int) bool { return i >= 0 && i < len(s) && s[i] >= 'a' && s[i] <= 'z' }
	if !letter(i) {
		return false
	}
	n := 1
	for j := i - 1; letter(j); j-- {
		n++
	}
	for j := i + 1; letter(j); j++ {
		n++
	}
	return n >= 3
}

func allLetters(s string) bool {
	for i := 0; i < len(s); i++ {
		if isDigit(s[i]) {
			return false
		}
	}
	return true
}

// clockless drops a time of day: "1942-10-15 00:00:00", "1942-10-15t00:00:00z".
func clockless(text string) string {
	if len(text) > 10 && (text[10] == 't' || text[10] == ' ') && strings.Contains(text[10:], ":") {
		return text[:10]
	}
	if i := strings.IndexByte(text, ' '); i > 0 && strings.Contains(text[i:], ":") && !strings.ContainsAny(text[i+1:], "/") {
		return text[:i]
	}
	return text
}

// dayNumber reports whether text is one number, perhaps with a fraction.
func dayNumber(text string) (whole int, fraction, ok bool) {
	w, f, cut := strings.Cut(strings.ReplaceAll(text, ",", "."), ".")
	if !allDigits(w) || len(w) > 8 || (cut && f != "" && !allDigits(f)) {
		return 0, false, false
	}
	if cut && len(w) <= 2 { // 15.10 is no day number
		return 0, false, false
	}
	if cut && len(w) == 4 && len(f) != 1 && len(f) <= 2 { // 1942.10 is year and month
		return 0, false, false
	}
	return atoi(w), cut, true
}

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}
