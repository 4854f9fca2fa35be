package iso20022

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

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
	table := foldTable()
	b := make([]byte, 0, len(s))
	for _, r := range s {
		c := byte(' ')
		switch {
		case int(r) < len(table):
			c = table[r]
		case unicode.Is(unicode.Mn, r):
			c = 0
		}
		if c == 0 || c == ' ' && (len(b) == 0 || b[len(b)-1] == ' ') {
			continue
		}
		b = append(b, c)
	}
	return strings.TrimRight(string(b), " ")
}

// foldTable says what becomes of each letter up to the last of Vietnamese (U+1EF9):
// its ASCII base, a space, or 0 for a combining accent.
var foldTable = sync.OnceValue(func() []byte {
	table := make([]byte, 0x1F00)
	for i := range table {
		r := rune(i)
		switch r {
		case 'đ':
			r = 'd'
		case 'Đ':
			r = 'D'
		default:
			if unicode.Is(unicode.Mn, r) {
				continue
			}
			r, _ = utf8.DecodeRuneInString(norm.NFD.String(string(r)))
		}
		table[i] = ' '
		if inX(r) {
			table[i] = byte(r)
		}
	}
	return table
})

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
