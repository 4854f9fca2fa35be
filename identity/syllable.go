package identity

import (
	"strings"
	"unicode"
)

// onsets and rimes of Vietnamese syllables, in spelling, the rimes with their
// vowel marks and without tone.
var (
	onsets = wordSet("b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x")
	rimes  = wordSet(`a ac ach ai am an ang anh ao ap at au ay ă ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
e ec em en eng eo ep et ê êch êm ên ênh êp êt êu
i ia ich im in inh ip it iu iêc iêm iên iêng iêp iêt iêu
o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong ooc oong op ot
ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt ơng
u ua uân uâng uât uây uc uê uêch uênh ui um un ung uơ uôc uôi uôm uôn uông uôt uôp up ut uy uya uych uynh uyên uyêt uyt uyu uyn uyp
ư ưa ưc ưi ưng ưm ưn ưt ưu ươc ươi ươm ươn ương ươp ươt ươu
y yêm yên yêng yêt yêu ynh yt ych`)
	stops = []string{"c", "ch", "p", "t"}
)

func wordSet(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

// isSyllable reports whether w, lower case and composed, is a possible
// Vietnamese syllable. Khmer and Hoa names need not be: it never rejects a name,
// it only weighs readings of one against another.
func isSyllable(w string) bool {
	var shape strings.Builder
	tones, tone := 0, uint8(level)
	for _, r := range w {
		base, s, t := letterOf(r)
		if base == 0 {
			return false
		}
		if t != level {
			tones++
			tone = t
		}
		shape.WriteRune(s)
	}
	if tones > 1 {
		return false
	}
	text := shape.String()
	try := func(rime string) bool {
		if !rimes[rime] {
			return false
		}
		for _, stop := range stops {
			if strings.HasSuffix(rime, stop) {
				return tone == acute || tone == dot || tone == level // level: marks may be lost
			}
		}
		return true
	}
	if try(text) {
		return true
	}
	for n := min(3, len(text)); n > 0; n-- {
		if n < len(text) && onsets[text[:n]] && try(text[n:]) {
			return true
		}
	}
	if n := len("đ"); strings.HasPrefix(text, "đ") && try(text[n:]) {
		return true
	}
	return text == "gi" || text == "gin" || text == "giêng" || text == "giêc" || text == "gia"
}

// vietnameseness scores how well text reads as Vietnamese: up to 1 a word, with
// penalties for characters that Vietnamese does not have.
func vietnameseness(s string) float64 {
	score := 0.0
	for _, w := range strings.FieldsFunc(s, func(r rune) bool {
		return r == ' ' || (r < 0x80 && !unicode.IsLetter(r) && r >= ' ')
	}) {
		lower := strings.ToLower(w)
		strange, accented := 0, 0
		for _, r := range w {
			l := unicode.ToLower(r)
			base, _, _ := letterOf(l)
			switch {
			case base == 0:
				strange++
			case r >= 0x80:
				accented++
			}
		}
		switch {
		case strange > 0:
			score -= 1.5 * float64(strange)
		case isSyllable(lower) && accented > 0:
			score += 1.2
		case isSyllable(lower):
			score++
		case accented > 0:
			score -= 0.4
		default:
			score -= 0.1
		}
		if hasMixedCase(w) {
			score -= 0.5
		}
	}
	return score
}

// hasMixedCase reports a capital after a small letter, as in "NguyÔn" read wrong.
func hasMixedCase(w string) bool {
	lower := false
	for _, r := range w {
		if unicode.IsUpper(r) && lower {
			return true
		}
		lower = lower || unicode.IsLower(r)
	}
	return false
}
