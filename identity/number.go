package identity

import (
	"fmt"
	"strings"
)

// PersonNumber is the 12-digit personal identification number (số định danh cá
// nhân): three digits of the province of birth registration, one of century and
// sex, two of the birth year, six random. It has no check digit and never
// changes. Example: 095154000123.
type PersonNumber string

// OldNumber is the nine-digit identity-card number (CMND) that ended in 2024.
// Example: 385000123.
type OldNumber string

// Valid reports whether n has the shape of a personal number: 12 digits. Nothing
// more can be checked; an unknown province code is accepted (codes from 100 are
// foreign countries).
func (n PersonNumber) Valid() bool { return len(n) == 12 && allDigits(string(n)) }

// Province is the code and name of the province of birth registration; the name
// is empty for a code that is not in the table.
func (n PersonNumber) Province() (code, name string) {
	if !n.Valid() {
		return "", ""
	}
	code = string(n[:3])
	return code, provinceNames[code]
}

// Sex is what the fourth digit says.
func (n PersonNumber) Sex() Sex {
	if !n.Valid() {
		return ""
	}
	if (n[3]-'0')%2 == 0 {
		return Male
	}
	return Female
}

// BirthYear is what the fourth to sixth digits say, 0 for an invalid number.
// People whose birth date was corrected keep their number, so that a difference
// is a warning and never an error.
func (n PersonNumber) BirthYear() int {
	if !n.Valid() {
		return 0
	}
	return 1900 + 100*int((n[3]-'0')/2) + 10*int(n[4]-'0') + int(n[5]-'0')
}

// Mask hides the middle of the number: 0951******23. Anything that is not a
// personal number keeps its last two characters only.
func (n PersonNumber) Mask() string {
	if n.Valid() {
		return string(n[:4]) + "******" + string(n[10:])
	}
	if len(n) <= 2 {
		return strings.Repeat("*", len(n))
	}
	return strings.Repeat("*", len(n)-2) + string(n[len(n)-2:])
}

// Doubts names in Vietnamese what the digits say otherwise than the given sex
// and birth; unknown values raise no doubt.
func (n PersonNumber) Doubts(s Sex, b Birth) []string {
	if !n.Valid() {
		return nil
	}
	var out []string
	if code, name := n.Province(); name == "" {
		out = append(out, fmt.Sprintf("mã tỉnh %s trong số định danh không có trong danh mục", code))
	}
	if s != "" && s != n.Sex() {
		out = append(out, fmt.Sprintf("số định danh ghi giới tính %s", n.Sex().Words()))
	}
	if b.Year != 0 && b.Year != n.BirthYear() {
		out = append(out, fmt.Sprintf("số định danh ghi năm sinh %d", n.BirthYear()))
	}
	return out
}

// Document is what a cell of identity-document numbers holds.
type Document struct {
	Number  PersonNumber // 12 digits, or empty
	Old     OldNumber    // nine digits, or empty
	Digits  string       // the digits as typed when they make neither: one too few, one too many
	Prefix  string       // leading digits that survived scientific notation, else empty
	Repairs []Repair
}

// DocumentError says why a cell holds no usable number. Its text is Vietnamese
// and meant for the clerk.
type DocumentError struct{ Raw, Why string }

func (e *DocumentError) Error() string { return fmt.Sprintf("số giấy tờ %q: %s", e.Raw, e.Why) }

// ParseDocument reads a personal number or an old identity-card number as clerks
// and spreadsheets leave it. An empty cell gives an empty Document and no error.
// Where it returns an error the Document still carries Digits or Prefix, which
// can help to find the person but prove nothing.
func ParseDocument(raw string) (Document, error) {
	var d Document
	text := strings.TrimSpace(cleanText(raw))
	text = strings.TrimLeft(text, "'`’‘ ")
	if text == "" || strings.Trim(text, "-–—.xX ") == "" {
		return d, nil
	}
	if digits, known, ok := scientific(text); ok {
		if known < len(digits) {
			d.Prefix = leadingZeros(digits)[:12-len(digits)+max(known-1, 0)]
			return d, &DocumentError{raw, "bảng tính đã đổi sang dạng 9,5E+10, các chữ số cuối đã mất; cần nhập lại"}
		}
		return d.settle(raw, digits, RepairScientific)
	}
	if one, two, ok := twoNumbers(text); ok {
		d, err := Document{}.settle(raw, one, RepairSeparators)
		other, err2 := Document{}.settle(raw, two, "")
		if err != nil || err2 != nil {
			return d, &DocumentError{raw, "có nhiều số trong một ô"}
		}
		if d.Number == "" {
			d.Number = other.Number
		}
		if d.Old == "" {
			d.Old = other.Old
		}
		d.Repairs = append(d.Repairs, other.Repairs...)
		return d, nil
	}
	kind := ""
	if cut := strings.TrimSuffix(strings.TrimSuffix(text, ".0"), ",0"); cut != text && allDigits(cut) {
		text, kind = cut, RepairSeparators
	}
	digits, swapped, dropped := digitsOf(text)
	switch {
	case swapped:
		kind = RepairLookAlike
	case dropped:
		kind = RepairSeparators
	}
	if digits == "" {
		return d, &DocumentError{raw, "không có chữ số nào đọc được"}
	}
	return d.settle(raw, digits, kind)
}

// settle decides by length what the digits are. kind is the repair that led to
// the digits, empty when they stood in the cell as they are.
func (d Document) settle(raw, digits, kind string) (Document, error) {
	if kind != "" && digits != raw {
		d.Repairs = append(d.Repairs, Repair{FieldNumber, kind, raw, digits})
	}
	lost := func(full string) {
		d.Repairs = append(d.Repairs, Repair{FieldNumber, RepairLostZero, digits, full})
	}
	switch n := len(digits); {
	case strings.Trim(digits, "0") == "":
		return Document{}, &DocumentError{raw, "chỉ có số 0"}
	case n == 12:
		d.Number = PersonNumber(digits)
	case (n == 11 || n == 10) && digits[0] != '0':
		full := leadingZeros(digits)
		lost(full)
		d.Number = PersonNumber(full)
	case n == 9:
		d.Old = OldNumber(digits)
	case n == 8 && digits[0] != '0':
		lost("0" + digits)
		d.Old = OldNumber("0" + digits)
	default:
		d.Digits = digits
		return d, &DocumentError{raw, fmt.Sprintf("có %d chữ số, cần 12 (số định danh) hoặc 9 (CMND cũ)", n)}
	}
	return d, nil
}

// leadingZeros pads digits to 12.
func leadingZeros(digits string) string {
	if len(digits) >= 12 {
		return digits
	}
	return "000000000000"[:12-len(digits)] + digits
}

// digitsOf keeps the digits of a number cell and turns look-alike letters into
// the digits they stand for; it gives "" when other letters show that the text
// is no number. It reports whether letters were exchanged and characters dropped.
func digitsOf(text string) (digits string, swapped, dropped bool) {
	real := 0
	for _, r := range text {
		if r >= '0' && r <= '9' {
			real++
		}
	}
	if real < 5 {
		return "", false, false
	}
	text = documentLabel(text)
	var b strings.Builder
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r >= '０' && r <= '９':
			b.WriteRune(r - '０' + '0')
			swapped = true
		case strings.ContainsRune("OoQDОо", r):
			b.WriteByte('0')
			swapped = true
		case strings.ContainsRune("lIi|!", r):
			b.WriteByte('1')
			swapped = true
		case r == 'S' || r == 's':
			b.WriteByte('5')
			swapped = true
		case r == 'B':
			b.WriteByte('8')
			swapped = true
		case r == 'Z' || r == 'z':
			b.WriteByte('2')
			swapped = true
		case strings.ContainsRune(" .,-_'`’‘:;*\"#()", r):
			dropped = true
		default:
			return "", false, false
		}
	}
	return b.String(), swapped, dropped
}

// documentLabel drops a word before the number such as "CCCD:" or "CMND số".
func documentLabel(text string) string {
	cut := strings.IndexFunc(text, func(r rune) bool { return r >= '0' && r <= '9' })
	if cut <= 0 {
		return text
	}
	label := strings.ToLower(strings.Trim(Fold(text[:cut]), " .:-#"))
	for _, known := range []string{"cccd", "cmnd", "cmt", "cc", "so", "cccd so", "cmnd so", "sdd", "so cccd", "so cmnd", "so dinh danh", "can cuoc", "id"} {
		if label == known {
			return text[cut:]
		}
	}
	return text
}

// scientific expands 9.5154000123E+10. known is how many leading digits the
// mantissa gives; the rest of digits are zeros that the notation made up.
func scientific(text string) (digits string, known int, ok bool) {
	mantissa, exp, found := strings.Cut(strings.ToUpper(strings.ReplaceAll(text, " ", "")), "E")
	if !found {
		return "", 0, false
	}
	exp = strings.TrimPrefix(exp, "+")
	if len(exp) == 0 || len(exp) > 2 || !allDigits(exp) {
		return "", 0, false
	}
	power := 0
	for _, c := range exp {
		power = 10*power + int(c-'0')
	}
	whole, fraction, _ := strings.Cut(strings.ReplaceAll(mantissa, ",", "."), ".")
	if len(whole) != 1 || !allDigits(whole) || (fraction != "" && !allDigits(fraction)) || power > 11 || power < 7 {
		return "", 0, false
	}
	all := whole + fraction
	if len(all) >= power+1 {
		return all[:power+1], power + 1, true
	}
	return all + strings.Repeat("0", power+1-len(all)), len(all), true
}

// twoNumbers splits a cell that holds both numbers of a person, such as
// "095154000123 / 385000123".
func twoNumbers(text string) (one, two string, ok bool) {
	parts := strings.FieldsFunc(text, func(r rune) bool {
		return strings.ContainsRune("/;,\n()|+", r) || r == ' '
	})
	var found []string
	for _, p := range parts {
		p = strings.Trim(p, " .-")
		if !allDigits(p) || p == "" {
			continue
		}
		if len(p) != 12 && len(p) != 9 && len(p) != 11 {
			return "", "", false
		}
		found = append(found, p)
	}
	if len(found) != 2 {
		return "", "", false
	}
	return found[0], found[1], true
}

func allDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
