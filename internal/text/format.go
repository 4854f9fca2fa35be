// Package text holds how An Sinh writes numbers, money and days for people, and the
// catalogue of words that states, outcomes and roles carry on pages. It decides
// nothing and reads nothing.
package text

import (
	"strconv"
	"strings"
	"time"

	"ansinh.vn/money"
)

// Int writes n with a dot between thousands, as Vietnamese does. Example: "1.234.567".
func Int(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if s[0] == '-' {
		sign, s = "−", s[1:]
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, d := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte('.')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// VND writes an amount with its unit, joined by a space that never breaks. Example: "540.000 đ".
func VND(v money.VND) string { return Int(int64(v)) + "\u00a0đ" }

// Signed writes an amount that is a difference. Example: "+40.000 đ", "−540.000 đ".
func Signed(v money.VND) string {
	if v > 0 {
		return "+" + VND(v)
	}
	return VND(v)
}

// Day writes a calendar day. Example: "05/10/2026"; "" for the zero time.
func Day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("02/01/2006")
}

// Vietnam is UTC+7 all year, without daylight saving since 1975.
var Vietnam = time.FixedZone("UTC+7", 7*60*60)

// Time writes an instant on the clock of Việt Nam. Example: "05/10/2026 14:03".
func Time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(Vietnam).Format("02/01/2006 15:04")
}

// Clock writes the time of day on the clock of Việt Nam. Example: "14:03:09".
func Clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(Vietnam).Format("15:04:05")
}

// Month writes a month. Example: "11/2026"; "" for the zero month.
func Month(m money.Month) string {
	if m.IsZero() {
		return ""
	}
	return m.First().Format("01/2006")
}

// Duration writes how long something has waited, in its largest unit. Example: "3 ngày".
func Duration(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "vừa xong"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + " phút"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + " giờ"
	}
	return strconv.Itoa(int(d/(24*time.Hour))) + " ngày"
}
