package identity

import (
	"strings"
	"unicode"
)

// untelex finishes words that an input method left as keystrokes ("Nguyeexn",
// "Vawn", "Ddawngj", "Nguye64n"). A word is touched only when it is no possible
// syllable as it stands and the keystrokes make one.
func untelex(text string) string {
	w := words(text)
	changed := false
	for i, s := range w {
		lower := strings.ToLower(s)
		if len(lower) < 3 || isSyllable(lower) && lower != "oong" { // Ông, and never a name
			continue
		}
		out, ok := keystrokes(lower)
		if !ok || !isSyllable(out) || out == lower || Fold(out) == out {
			continue
		}
		r := []rune(out)
		if first := []rune(s)[0]; unicode.IsUpper(first) {
			r[0] = unicode.ToUpper(r[0])
		}
		if s == strings.ToUpper(s) {
			r = []rune(strings.ToUpper(out))
		}
		w[i], changed = string(r), true
	}
	if !changed {
		return text
	}
	return strings.Join(w, " ")
}

var telexTones = map[rune]uint8{'f': grave, 'r': hook, 'x': tilde, 's': acute, 'j': dot}
var vniTones = map[rune]uint8{'2': grave, '3': hook, '4': tilde, '1': acute, '5': dot}

// keystrokes replays a word typed in Telex or VNI keys.
func keystrokes(w string) (string, bool) {
	var out []rune
	tone := uint8(level)
	for i, r := range w {
		last := func(set string) int { // index of the last letter of out that is in set
			for j := len(out) - 1; j >= 0; j-- {
				if strings.ContainsRune(set, out[j]) {
					return j
				}
			}
			return -1
		}
		if r >= 0x80 {
			base, shape, t := letterOf(r)
			if base == 0 {
				return "", false
			}
			if t != level {
				tone = t
			}
			out = append(out, shape)
			continue
		}
		if t, ok := telexTones[r]; ok && i > 0 && last("aeiouyăâêôơư") >= 0 && (i == len(w)-1 || strings.Trim(w[i+1:], "aeodwcghmnpt") == "") {
			tone = t
			continue
		}
		if t, ok := vniTones[r]; ok {
			tone = t
			continue
		}
		shape := map[rune][2]string{'6': {"aeo", "âêô"}, '7': {"ou", "ơư"}, '8': {"a", "ă"}, '9': {"d", "đ"}}
		if s, ok := shape[r]; ok {
			j := last(s[0])
			if j < 0 {
				return "", false
			}
			out[j] = []rune(s[1])[strings.IndexRune(s[0], out[j])]
			if r == '7' && j > 0 && out[j] == 'ơ' && out[j-1] == 'u' {
				out[j-1] = 'ư'
			}
			continue
		}
		if j := last(string(r)); j >= 0 && strings.ContainsRune("aeo", r) {
			out[j] = map[rune]rune{'a': 'â', 'e': 'ê', 'o': 'ô'}[r]
			continue
		}
		if j := last("d"); r == 'd' && j >= 0 {
			out[j] = 'đ'
			continue
		}
		if r == 'w' {
			j := last("aou")
			if j < 0 {
				out = append(out, 'ư')
				continue
			}
			if out[j] == 'u' && j > 0 && out[j-1] == 'o' { // never; "ou" is no rime
				return "", false
			}
			out[j] = map[rune]rune{'a': 'ă', 'o': 'ơ', 'u': 'ư'}[out[j]]
			if out[j] == 'ơ' && j > 0 && out[j-1] == 'u' {
				out[j-1] = 'ư'
			}
			continue
		}
		out = append(out, r)
	}
	return placeTone(out, tone), true
}

// placeTone writes the tone on the vowel where spelling puts it.
func placeTone(w []rune, tone uint8) string {
	if tone == level {
		return string(w)
	}
	var vowels []int
	for i, r := range w {
		if isVowel(r) {
			vowels = append(vowels, i)
		}
	}
	if len(vowels) > 1 && (w[0] == 'q' || (w[0] == 'g' && vowels[0] == 1 && w[1] == 'i')) {
		vowels = vowels[1:]
	}
	if len(vowels) == 0 {
		return string(w)
	}
	at := vowels[0]
	marked := false
	for _, i := range vowels { // the last letter with a shape of its own carries it
		if strings.ContainsRune("ăâêôơư", w[i]) {
			at, marked = i, true
		}
	}
	if !marked && len(vowels) > 1 && (vowels[len(vowels)-1] < len(w)-1 || len(vowels) == 3) {
		at = vowels[1]
	}
	for r, l := range letters {
		if l.shape == w[at] && l.tone == tone {
			w[at] = r
			break
		}
	}
	return string(w)
}
