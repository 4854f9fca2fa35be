// Package money owns amounts in đồng and months of entitlement: checked whole-number
// arithmetic, their text forms and their sentences in Vietnamese. It knows no
// database, no clock and no currency but the đồng.
package money

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// VND is an amount in whole Vietnamese đồng; the đồng has no smaller unit.
// Example: 540000 is the social pension of one month from July 2026.
type VND int64

// ErrOverflow says that a sum does not fit; no real budget comes near 9.2e18 đồng,
// so it means damaged input.
var ErrOverflow = errors.New("amount too large")

// ErrFraction says that an amount which must be whole đồng has a fraction.
var ErrFraction = errors.New("amount is not in whole đồng")

// Add returns v + w, or ErrOverflow.
func (v VND) Add(w VND) (VND, error) {
	s := v + w
	if (w > 0 && s < v) || (w < 0 && s > v) {
		return 0, fmt.Errorf("%d + %d: %w", v, w, ErrOverflow)
	}
	return s, nil
}

// Sub returns v − w, or ErrOverflow.
func (v VND) Sub(w VND) (VND, error) {
	s := v - w
	if (w > 0 && s > v) || (w < 0 && s < v) {
		return 0, fmt.Errorf("%d - %d: %w", v, w, ErrOverflow)
	}
	return s, nil
}

// MulInt returns v × n, or ErrOverflow.
func (v VND) MulInt(n int64) (VND, error) {
	if v == 0 || n == 0 {
		return 0, nil
	}
	p := int64(v) * n
	if p/n != int64(v) || (n == -1 && v == math.MinInt64) {
		return 0, fmt.Errorf("%d × %d: %w", v, n, ErrOverflow)
	}
	return VND(p), nil
}

// Neg returns −v.
func (v VND) Neg() VND { return -v }

// Sum adds amounts, or returns ErrOverflow.
func Sum(vs ...VND) (total VND, err error) {
	for _, v := range vs {
		if total, err = total.Add(v); err != nil {
			return 0, err
		}
	}
	return total, nil
}

var (
	maxVND = decimal.NewFromInt(math.MaxInt64)
	minVND = decimal.NewFromInt(math.MinInt64)
)

// Round is the one place where a computed amount becomes đồng: to the nearest whole
// đồng, halves away from zero.
func Round(d decimal.Decimal) (VND, error) { return fit(d.Round(0)) }

// Whole converts an amount that must already be whole đồng, and refuses a fraction
// with ErrFraction.
func Whole(d decimal.Decimal) (VND, error) {
	if !d.IsInteger() {
		return 0, fmt.Errorf("%s: %w", d, ErrFraction)
	}
	return fit(d)
}

func fit(d decimal.Decimal) (VND, error) {
	if d.GreaterThan(maxVND) || d.LessThan(minVND) {
		return 0, fmt.Errorf("%s: %w", d, ErrOverflow)
	}
	return VND(d.IntPart()), nil
}

// Decimal returns v as a decimal, for coefficients and rates.
func (v VND) Decimal() decimal.Decimal { return decimal.NewFromInt(int64(v)) }

// String returns plain digits: "540000", "-160000".
func (v VND) String() string { return strconv.FormatInt(int64(v), 10) }

// Grouped returns the digits in Vietnamese groups: "1.350.000".
func (v VND) Grouped() string {
	s := v.String()
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, r := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte('.')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Format returns the amount as people write it: "1.350.000 đ".
func (v VND) Format() string { return v.Grouped() + " đ" }

// Parse reads an amount in whole đồng as clerks type it: "540000", "540.000",
// "540,000 đ", "1 350 000 VND", "540000.00". Groups must be of three digits and of one
// kind; anything else is refused, never guessed.
func Parse(s string) (VND, error) {
	bad := func() (VND, error) {
		return 0, fmt.Errorf("%q is not an amount in đồng; write it like 540000 or 540.000", s)
	}
	t := strings.TrimSpace(strings.ReplaceAll(s, "\u00a0", " "))
	for _, unit := range []string{"đồng", "VNĐ", "VND", "vnđ", "vnd", "đ", "Đ", "₫"} {
		if u, ok := strings.CutSuffix(t, unit); ok {
			t = strings.TrimSpace(u)
			break
		}
	}
	sign := VND(1)
	if u, ok := strings.CutPrefix(t, "-"); ok {
		sign, t = -1, u
	}
	digits, ok := ungroup(t)
	if !ok {
		return bad()
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return bad()
	}
	return sign * VND(n), nil
}

// ungroup drops thousands separators and an all-zero decimal part.
func ungroup(s string) (string, bool) {
	if s == "" {
		return "", false
	}
	seps := ""
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
		case r == '.' || r == ',' || r == ' ':
			seps += string(r)
		default:
			return "", false
		}
	}
	if seps == "" {
		return s, true
	}
	group := seps[:1]
	// A last separator of another kind, or a single one not followed by three digits,
	// is the decimal mark; only zeros may follow it.
	last := strings.LastIndexAny(s, "., ")
	tail := s[last+1:]
	if seps[len(seps)-1:] != group || (len(seps) == 1 && len(tail) != 3) {
		if group == " " && len(seps) == 1 || strings.Trim(tail, "0") != "" || tail == "" || len(tail) == 3 {
			return "", false
		}
		s = s[:last]
		seps = seps[:len(seps)-1]
		if seps == "" {
			return s, s != ""
		}
	}
	if strings.Trim(seps, group) != "" {
		return "", false
	}
	parts := strings.Split(s, group)
	for i, p := range parts {
		if (i > 0 && len(p) != 3) || (i == 0 && (len(p) == 0 || len(p) > 3)) {
			return "", false
		}
	}
	return strings.Join(parts, ""), true
}
