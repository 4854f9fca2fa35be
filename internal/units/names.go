package units

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

type kind struct{ key, bare string }

// kinds are the words before a unit's name, as keys see them, with marks and without.
var kinds = func() (out []kind) {
	for _, k := range []string{"thành phố", "thị trấn", "thị xã", "phường", "huyện", "tỉnh", "xã"} {
		key := markedKey(k) + " "
		name := strings.TrimSpace(bare(key))
		out = append(out, kind{key, name}, kind{bare(key), name})
	}
	for _, k := range []string{"tp", "tt", "tx", "p", "h", "t", "x"} {
		out = append(out, kind{k + " ", k})
	}
	return out
}()

var shortKinds = []struct{ short, long string }{
	{"tp ", markedKey("thành phố ") + " "}, {"tt ", markedKey("thị trấn") + " "}, {"tx ", markedKey("thị xã") + " "},
	{"p ", markedKey("phường") + " "}, {"x ", markedKey("xã") + " "}, {"h ", markedKey("huyện") + " "}, {"t ", markedKey("tỉnh") + " "},
}

// nameKeys are what a name is found by: with its kind and without, each with
// marks and without. Units called by a number keep their kind ("Phường 1").
func nameKeys(name string) []string {
	marked := markedKey(name)
	keys := []string{marked, bare(marked)}
	if _, rest := cutKind(marked); rest != "" && !isNumber(rest) {
		keys = append(keys, rest, bare(rest))
	}
	return distinct(keys)
}

func distinct(in []string) (out []string) {
	for _, s := range in {
		dup := false
		for _, t := range out {
			dup = dup || s == t
		}
		if !dup {
			out = append(out, s)
		}
	}
	return out
}

// lookup tries a name as it stands, then without its kind, then without marks:
// the first that finds anything is the answer, so that marks decide when they are there.
func lookup(by map[string][]int, name string) []int {
	marked := expandKind(markedKey(name))
	tries := []string{marked, bare(marked)}
	if kind, rest := cutKind(marked); kind != "" && !isNumber(rest) {
		tries = []string{marked, rest, bare(marked), bare(rest)}
	}
	for _, t := range tries {
		if found := by[t]; len(found) > 0 {
			return found
		}
	}
	return nil
}

// expandKind writes a short kind out: "tp bạc liêu" is "thành phố bạc liêu".
func expandKind(key string) string {
	for _, s := range shortKinds {
		if rest, ok := strings.CutPrefix(key, s.short); ok {
			return s.long + rest
		}
	}
	return key
}

// cutKind gives the kind without marks: "thanh pho" for "thành phố bạc liêu".
func cutKind(key string) (kind, rest string) {
	for _, k := range kinds {
		if rest, ok := strings.CutPrefix(key, k.key); ok {
			return k.bare, rest
		}
	}
	return "", key
}

func isNumber(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return s != ""
}

// markedKey is the name in small letters with single spaces, each word's tone
// moved to its end, so that "Hoà Bình" and "Hòa Bình" are one.
func markedKey(name string) string {
	words := strings.FieldsFunc(strings.ToLower(norm.NFD.String(name)), func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune(".,;:/()\u00a0", r)
	})
	for i, w := range words {
		var tone rune
		w = strings.Map(func(r rune) rune {
			switch r {
			case '\u0300', '\u0301', '\u0303', '\u0309', '\u0323':
				tone = r
				return -1
			case 'ð':
				return 'đ'
			case '\u200b', '\u200c', '\u200d', '\ufeff', '\u00ad':
				return -1
			}
			return r
		}, w)
		if tone != 0 {
			w += string(tone)
		}
		words[i] = w
	}
	return strings.Join(words, " ")
}

// bare drops every mark of a key, and the bar of đ.
func bare(key string) string {
	return strings.Map(func(r rune) rune {
		if r == 'đ' {
			return 'd'
		}
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, key)
}
