package iso20022

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold turns Vietnamese (or any) text into the ASCII that every bank carries: the
// SWIFT x set a–z A–Z 0–9 / - ? : ( ) . , ' + and space. Accents are taken off, đ
// becomes d, anything else a space; runs of spaces become one.
// "Trợ cấp tháng 11" gives "Tro cap thang 11".
func Fold(s string) string {
	if isFolded(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	space := true
	for _, r := range norm.NFD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r):
			continue
		case r == 'đ':
			r = 'd'
		case r == 'Đ':
			r = 'D'
		}
		if !inX(r) {
			r = ' '
		}
		if r == ' ' {
			if !space {
				b.WriteByte(' ')
			}
			space = true
			continue
		}
		b.WriteRune(r)
		space = false
	}
	return strings.TrimRight(b.String(), " ")
}

// isFolded saves the work for text that is already as Fold would leave it.
func isFolded(s string) bool {
	space := true
	for i := 0; i < len(s); i++ {
		if !inX(rune(s[i])) {
			return false
		}
		if s[i] == ' ' && space {
			return false
		}
		space = s[i] == ' '
	}
	return s == "" || !space
}

func inX(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' ||
		(r < 128 && strings.ContainsRune("/-?:().,'+ ", r))
}

// foldCut folds and cuts to max characters, without leaving a space at the end.
func foldCut(s string, max int) string {
	s = Fold(s)
	if len(s) > max {
		s = strings.TrimRight(s[:max], " ")
	}
	return s
}
