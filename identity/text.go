package identity

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// cleanText brings text to one Unicode form: composed, without invisible
// characters, with plain blanks and the Vietnamese Đ in place of the letters
// that look like it.
func cleanText(s string) string {
	if isPlain(s) {
		return s
	}
	s = strings.ToValidUTF8(s, "")
	var b strings.Builder
	b.Grow(len(s))
	var last rune
	for _, r := range s {
		switch {
		case r >= 0x200B && r <= 0x200F, r == 0xFEFF, r == 0xAD, r == 0x2060, r == 0x180E, r >= 0x202A && r <= 0x202E:
			continue // zero-width, soft hyphen, direction marks
		case r == 0xA0, r == 0x3000, r >= 0x2000 && r <= 0x200A, r == 0x202F, r == 0x205F, r == '\t', r == '\n', r == '\r', r == 0x2028, r == 0x2029, r == 0x85:
			r = ' '
		case r < ' ', r == 0x7F:
			continue
		case r == 'Ð', r == 'Ɖ':
			r = 'Đ'
		case r == 'ð':
			r = 'đ'
		case r == 0x0340:
			r = 0x0300
		case r == 0x0341, r == 0x02B9, r == 0x00B4:
			if isVowel(last) {
				r = 0x0301
			}
		case r == '`', r == 0x02CB:
			if isVowel(last) {
				r = 0x0300
			}
		case r >= '！' && r <= '～':
			r -= 0xFEE0 // full width
		}
		b.WriteRune(r)
		last = r
	}
	return norm.NFC.String(b.String())
}

// isPlain reports whether s needs none of cleanText: printable ASCII.
func isPlain(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] >= 0x7F || s[i] == '`' {
			return false
		}
	}
	return true
}

func isVowel(r rune) bool {
	base, _, _ := letterOf(unicode.ToLower(r))
	return base != 0 && strings.ContainsRune("aeiouy", base)
}

func words(s string) []string { return strings.Fields(s) }

// Tones of a syllable, in dictionary order.
const (
	level = iota // ngang
	grave        // huyền
	hook         // hỏi
	tilde        // ngã
	acute        // sắc
	dot          // nặng
)

// letter is a Vietnamese letter taken apart: ậ is a, â, nặng.
type letter struct {
	base  rune // a–z
	shape rune // with its own mark and without the tone: â, ơ, đ
	tone  uint8
}

// letters holds the accented lower-case letters.
var letters = func() map[rune]letter {
	m := map[rune]letter{'đ': {'d', 'đ', level}}
	vowels := []struct {
		base  rune
		forms string // in the order of the tones
	}{
		{'a', "aàảãáạ"}, {'a', "ăằẳẵắặ"}, {'a', "âầẩẫấậ"}, {'e', "eèẻẽéẹ"}, {'e', "êềểễếệ"}, {'i', "iìỉĩíị"},
		{'o', "oòỏõóọ"}, {'o', "ôồổỗốộ"}, {'o', "ơờởỡớợ"}, {'u', "uùủũúụ"}, {'u', "ưừửữứự"}, {'y', "yỳỷỹýỵ"},
	}
	for _, v := range vowels {
		shape, _ := utf8.DecodeRuneInString(v.forms)
		tone := uint8(level)
		for _, r := range v.forms {
			m[r] = letter{v.base, shape, tone}
			tone++
		}
	}
	return m
}()

// letterOf takes a lower-case letter apart; base is 0 for anything that is not a
// letter of the Vietnamese or English alphabet.
func letterOf(r rune) (base, shape rune, tone uint8) {
	if r >= 'a' && r <= 'z' {
		return r, r, level
	}
	l := letters[r]
	return l.base, l.shape, l.tone
}

// Fold writes text in ASCII: Vietnamese marks go, đ becomes d, other letters
// lose their marks, and what has no ASCII form is dropped. Case and blanks stay.
// Example: "Đặng Thị Hường" → "Dang Thi Huong".
func Fold(s string) string {
	ascii := true
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			ascii = false
			break
		}
	}
	if ascii {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		if r < utf8.RuneSelf {
			b.WriteByte(byte(r))
			continue
		}
		lower := unicode.ToLower(r)
		if base, _, _ := letterOf(lower); base != 0 {
			if lower != r {
				base -= 'a' - 'A'
			}
			b.WriteByte(byte(base))
			continue
		}
		foldRare(&b, r)
	}
	return b.String()
}

// foldRare folds what is not a composed Vietnamese letter.
func foldRare(b *strings.Builder, r rune) {
	switch r {
	case 'Ð', 'Ɖ':
		b.WriteByte('D')
		return
	case 'ð':
		b.WriteByte('d')
		return
	case 0xA0:
		b.WriteByte(' ')
		return
	case '–', '—':
		b.WriteByte('-')
		return
	case '’', '‘':
		b.WriteByte('\'')
		return
	}
	for _, d := range norm.NFKD.String(string(r)) {
		if d < utf8.RuneSelf {
			b.WriteByte(byte(d))
		}
	}
}

// MarkKey is a comparison key that keeps Vietnamese marks but not where the tone
// is written: hòa and hoà, NFC and NFD, upper and lower case give the same key.
// Example: "Hoà" → "hoa1".
func MarkKey(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 8)
	for i, w := range words(cleanText(s)) {
		if i > 0 {
			b.WriteByte(' ')
		}
		tone := uint8(level)
		for _, r := range w {
			r = unicode.ToLower(r)
			base, shape, t := letterOf(r)
			if base == 0 {
				b.WriteRune(r)
				continue
			}
			b.WriteRune(shape)
			if t != level {
				tone = t
			}
		}
		if tone != level {
			b.WriteByte('0' + tone)
		}
	}
	return b.String()
}

// PlainKey is a comparison key without marks, case and punctuation.
// Example: "Đặng  Thị Hường" → "dang thi huong".
func PlainKey(s string) string {
	folded := strings.ToLower(Fold(cleanText(s)))
	var b strings.Builder
	b.Grow(len(folded))
	blank := false
	for i := 0; i < len(folded); i++ {
		c := folded[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '?' {
			blank = b.Len() > 0
			continue
		}
		if blank {
			b.WriteByte(' ')
			blank = false
		}
		b.WriteByte(c)
	}
	return b.String()
}

// SearchKey is PlainKey with i and y as one letter where Vietnamese writes either
// (Lý and Lí, Mỹ and Mĩ, Quý and Quí). It is for finding, never for storing.
func SearchKey(s string) string {
	parts := words(PlainKey(s))
	for i, w := range parts {
		parts[i] = oneI(w)
	}
	return strings.Join(parts, " ")
}

// oneI writes y as i where it is the only vowel.
func oneI(w string) string {
	switch w {
	case "y", "hy", "ky", "ly", "my", "sy", "ty", "quy", "vy", "ny":
		return w[:len(w)-1] + "i"
	}
	return w
}
