package identity

import (
	_ "embed"
	"encoding/hex"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Encoding is a way in which Vietnamese text is stored. Text of a legacy
// encoding is handled as Windows-1252 shows its bytes, because that is what a
// spreadsheet hands out: "NguyÔn V¨n ¢n" is TCVN3.
type Encoding uint8

// The encodings that lists come in.
const (
	Unicode     Encoding = iota
	TCVN3                // also called ABC; fonts .VnTime; the TCVN 5712 capitals included
	VNI                  // fonts VNI-Times
	VISCII               //
	Windows1258          // shown as Windows-1252
	Mojibake             // UTF-8 read as Windows-1252: "Nguyá»…n"
)

var encodingNames = [...]string{"Unicode", "TCVN3", "VNI", "VISCII", "Windows-1258", "UTF-8 đọc sai"}

func (e Encoding) String() string { return encodingNames[e] }

//go:embed encodings.csv
var encodingsCSV string

// cp1252 are the characters that Windows-1252 shows for the bytes 80 to 9F; the
// five unassigned bytes show as control characters.
const cp1252 = "\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f" +
	"\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178"

var shown = func() (s [256]rune) {
	for i := range s {
		s[i] = rune(i)
	}
	i := 0x80
	for _, r := range cp1252 {
		s[i] = r
		i++
	}
	return s
}()

var shownByte = func() map[rune]byte {
	m := map[rune]byte{}
	for i, r := range shown {
		if i >= 0x80 {
			m[r] = byte(i)
		}
	}
	return m
}()

// ShowBytes gives the characters that Windows-1252 shows for b: the form in
// which Decode takes text of a single-byte encoding.
func ShowBytes(b []byte) string {
	var s strings.Builder
	s.Grow(len(b) + len(b)/4)
	for _, c := range b {
		s.WriteRune(shown[c])
	}
	return s.String()
}

// codec converts between Unicode letters and the one or two characters that show
// them in a legacy encoding.
type codec struct {
	one    map[rune]rune    // single characters
	two    map[[2]rune]rune // base and mark
	encode map[rune]string
}

var codecs = func() [Mojibake + 1]*codec {
	var c [Mojibake + 1]*codec
	for _, e := range []Encoding{TCVN3, VNI, VISCII, Windows1258} {
		c[e] = &codec{map[rune]rune{}, map[[2]rune]rune{}, map[rune]string{}}
	}
	put := func(c *codec, letter rune, hexBytes string, preferred bool) {
		raw, err := hex.DecodeString(hexBytes)
		if err != nil {
			panic("identity: encodings.csv: " + err.Error())
		}
		text := []rune(ShowBytes(raw))
		switch {
		case len(text) == 1 && text[0] != letter && (preferred || c.one[text[0]] == 0):
			c.one[text[0]] = letter
		case len(text) == 2:
			c.two[[2]rune{text[0], text[1]}] = letter
		}
		if preferred {
			c.encode[letter] = string(text)
		}
	}
	lines := strings.Split(strings.TrimSpace(encodingsCSV), "\n")[1:]
	for _, line := range lines {
		f := strings.Split(line, ",")
		l, _ := utf8.DecodeRuneInString(f[0])
		put(c[TCVN3], l, f[1], true)
		put(c[VNI], l, f[2], true)
		put(c[VISCII], l, f[4], true)
		put(c[Windows1258], l, f[5], true)
	}
	for _, line := range lines { // capitals of TCVN 5712 live in bytes that TCVN3 leaves free
		f := strings.Split(line, ",")
		l, _ := utf8.DecodeRuneInString(f[0])
		if raw, _ := hex.DecodeString(f[3]); len(raw) == 1 && raw[0] >= 0x80 {
			put(c[TCVN3], l, f[3], false)
		}
	}
	return c
}()

// Decode turns text of encoding e, as Windows-1252 shows it, into composed
// Unicode. Characters that the encoding does not know stay.
func (e Encoding) Decode(s string) string {
	switch e {
	case Unicode:
		return norm.NFC.String(s)
	case Mojibake:
		if out, ok := unmojibake(s); ok {
			return out
		}
		return norm.NFC.String(s)
	}
	c := codecs[e]
	var b strings.Builder
	b.Grow(len(s) + 8)
	runes := []rune(s)
	for i := 0; i < len(runes); i++ {
		if i+1 < len(runes) {
			if l, ok := c.two[[2]rune{runes[i], runes[i+1]}]; ok {
				b.WriteRune(l)
				i++
				continue
			}
		}
		if l, ok := c.one[runes[i]]; ok {
			b.WriteRune(l)
			continue
		}
		b.WriteRune(runes[i])
	}
	return norm.NFC.String(b.String())
}

// Encode is the reverse of Decode: how text of encoding e shows in Windows-1252.
// It serves to make lists as old programs wrote them.
func (e Encoding) Encode(s string) string {
	s = norm.NFC.String(s)
	switch e {
	case Unicode:
		return s
	case Mojibake:
		return ShowBytes([]byte(s))
	}
	c := codecs[e]
	var b strings.Builder
	for _, r := range s {
		if t, ok := c.encode[r]; ok {
			b.WriteString(t)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// unmojibake undoes UTF-8 that was read as Windows-1252, once or twice over.
func unmojibake(s string) (string, bool) {
	done := false
	for range 2 {
		raw := make([]byte, 0, len(s))
		wide := false
		for _, r := range s {
			b, ok := shownByte[r]
			switch {
			case r < 0x80:
				raw = append(raw, byte(r))
			case ok:
				raw = append(raw, b)
				wide = true
			case r == ' ' || r == '�':
				raw = append(raw, byte(r))
			default:
				return norm.NFC.String(s), done
			}
		}
		if !wide || !utf8.Valid(raw) {
			break
		}
		s, done = string(raw), true
	}
	return norm.NFC.String(s), done
}

// detectFrom is how many different texts of a column are enough to judge it.
const detectFrom = 250

// DetectEncoding judges a column from samples of its text: which encoding turns
// most of it into Vietnamese. Names without any accented letter say nothing;
// a column of nothing but those is Unicode.
func DetectEncoding(samples []string) Encoding {
	seen := map[string]int{}
	for _, s := range samples {
		if !isPlain(s) {
			seen[s]++
		}
	}
	distinct := make([]string, 0, len(seen))
	for s := range seen {
		distinct = append(distinct, s)
	}
	sort.Strings(distinct)
	if len(distinct) > detectFrom { // a stride over the sorted texts is as good as all of them
		step := len(distinct) / detectFrom
		kept := distinct[:0]
		for i := 0; i < len(distinct); i += step {
			kept = append(kept, distinct[i])
		}
		distinct = kept
	}
	best, bestScore := Unicode, 0.0
	for e := Unicode; e <= Mojibake; e++ {
		score, n := 0.0, 0
		for _, s := range distinct {
			score += vietnameseness(e.Decode(s))
			n += len(words(s))
		}
		if e == Unicode {
			if score > 0.9*float64(n) {
				return Unicode // nothing else could read better
			}
			score += 0.5 // in doubt the text is what it says
		}
		if e == Unicode || score > bestScore {
			best, bestScore = e, score
		}
	}
	return best
}

// detectCell judges one cell given what its column is: it follows the column
// unless the cell makes plainly more sense otherwise. In a column of Unicode one
// odd word of Vietnamese letters is a misspelling and no other encoding.
func detectCell(s string, column Encoding) Encoding {
	if isPlain(s) {
		return Unicode
	}
	best, bestScore := column, vietnameseness(column.Decode(s))
	if bestScore >= 0 && (column == Unicode || best.Decode(s) != s) && bestScore >= 0.9*float64(len(words(s))) {
		return column
	}
	margin := 1.5
	if column == Unicode && isVietnamese(s) {
		margin = 2
	}
	for e := Unicode; e <= Mojibake; e++ {
		if e == column {
			continue
		}
		if score := vietnameseness(e.Decode(s)); score > bestScore+margin {
			best, bestScore = e, score
		}
	}
	return best
}

// isVietnamese reports whether every letter of s is one of Vietnamese.
func isVietnamese(s string) bool {
	for _, r := range norm.NFC.String(s) {
		if r >= 0x80 {
			if base, _, _ := letterOf(unicode.ToLower(r)); base == 0 {
				return false
			}
		}
	}
	return true
}
