package sheet

import (
	"regexp"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// number reads an amount as banks write it: comma or dot for thousands, a sign or
// brackets for negative, VND or đ behind. A separator that stands once before exactly
// three digits is a thousands separator: there are no fractions of a đồng.
func number(text string) (decimal.Decimal, bool) {
	s := strings.TrimSpace(strings.NewReplacer("\u00a0", "", " ", "", "VND", "", "VNĐ", "", "vnd", "", "đ", "", "'", "").Replace(text))
	neg := false
	if strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") {
		neg, s = true, s[1:len(s)-1]
	}
	if strings.HasPrefix(s, "-") || strings.HasPrefix(s, "+") {
		neg, s = neg != (s[0] == '-'), s[1:]
	}
	if s == "" || len(s) > 40 || s[0] < '0' || s[0] > '9' {
		return decimal.Decimal{}, false
	}
	comma, dot := strings.Count(s, ","), strings.Count(s, ".")
	decimalPoint := ""
	switch {
	case comma > 0 && dot > 0:
		decimalPoint = s[strings.LastIndexAny(s, ",."):][:1]
	case comma == 1 && len(s)-strings.IndexByte(s, ',') != 4:
		decimalPoint = ","
	case dot == 1 && len(s)-strings.IndexByte(s, '.') != 4:
		decimalPoint = "."
	}
	if decimalPoint == "" || strings.Count(s, decimalPoint) > 1 {
		if !grouped(s) {
			return decimal.Decimal{}, false
		}
		s = strings.NewReplacer(",", "", ".", "").Replace(s)
	} else {
		whole, fraction, _ := strings.Cut(s, decimalPoint)
		if !grouped(whole) || strings.ContainsAny(fraction, ",.") {
			return decimal.Decimal{}, false
		}
		s = strings.NewReplacer(",", "", ".", "").Replace(whole) + "." + fraction
	}
	if i := strings.IndexAny(s, "eE"); i >= 0 && len(s)-i > 4 {
		return decimal.Decimal{}, false // 1E+9999 would be a long number indeed
	}
	d, err := decimal.NewFromString(s)
	if err != nil || d.Exponent() > 20 {
		return decimal.Decimal{}, false
	}
	if neg {
		d = d.Neg()
	}
	// .xlsx keeps numbers as binary fractions: 540000.00000000012 is 540000
	if r := d.Round(4); d.Exponent() < -6 {
		d = r
	}
	return d, true
}

// grouped tells whether the separators of a whole number stand every three digits.
func grouped(s string) bool {
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == '.' })
	for i, p := range parts {
		if i > 0 && len(p) != 3 {
			return false
		}
	}
	return len(parts) == 1 || len(parts) > 1 && len(parts[0]) <= 3
}

var dateStart = regexp.MustCompile(`^(\d{1,2}[/.-]\d{1,2}[/.-]\d{4}|\d{4}-\d{2}-\d{2}|\d{1,2}/\d{1,2}/\d{2})(?:[T ]+\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?(?: ?[AP]M)?)?`)

// date reads a day at the start of a cell and returns what stands behind it: some
// banks put the document number there.
func date(text string) (day time.Time, rest string, ok bool) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\u00a0", " "))
	m := dateStart.FindStringSubmatch(text)
	if m == nil {
		return time.Time{}, "", false
	}
	s := strings.NewReplacer(".", "/", "-", "/").Replace(m[1])
	for _, layout := range []string{"2/1/2006", "2006/01/02", "2/1/06"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, strings.TrimSpace(text[len(m[0]):]), true
		}
	}
	return time.Time{}, "", false
}

var accountNumber = regexp.MustCompile(`\b\d[\d .-]{4,26}\d\b`)

// accountIn finds an account number in a text.
func accountIn(text string) string {
	for _, m := range accountNumber.FindAllString(text, -1) {
		digits := strings.NewReplacer(" ", "", ".", "", "-", "").Replace(m)
		if _, _, isDate := date(m); !isDate && len(digits) >= 6 && len(digits) <= 20 {
			return digits
		}
	}
	return ""
}
