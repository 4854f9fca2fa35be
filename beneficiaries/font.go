package beneficiaries

import (
	"ansinh.vn/identity"
	"ansinh.vn/internal/sheet"
)

// byFont is the encoding of a column for each kind of font in it: clerks mix
// them, pasting from other lists.
type byFont [sheet.FontVNI + 1]identity.Encoding

// fewTexts are too few to judge an encoding by; then the font decides.
const fewTexts = 8

// judgeEncoding judges a column by its texts, separately for each font. What a
// font's name says counts where the texts are too few to tell and could be what
// it says: letters above U+00FF are Unicode whatever the font.
func judgeEncoding(sample []sheet.Row, f int) (out byFont) {
	var texts [len(out)][]string
	for _, r := range sample {
		if v := r.Value(f); v != "" {
			texts[r.Font(f)] = append(texts[r.Font(f)], v)
		}
	}
	for font, column := range texts {
		if len(column) == 0 {
			out[font] = out[sheet.FontUnicode]
			continue
		}
		out[font] = identity.DetectEncoding(column)
		told := map[sheet.Font]identity.Encoding{sheet.FontTCVN3: identity.TCVN3, sheet.FontVNI: identity.VNI}[sheet.Font(font)]
		if told != identity.Unicode && out[font] != told && undecided(column) {
			out[font] = told
		}
	}
	return out
}

// undecided reports few different texts with letters beyond ASCII, none of them
// beyond what one byte can write.
func undecided(column []string) bool {
	seen := map[string]bool{}
	for _, t := range column {
		ascii := true
		for _, r := range t {
			ascii = ascii && r < 0x80
			if r > 0xFF && r < 0x2000 && r != 'Œ' && r != 'œ' && r != 'Š' && r != 'š' && r != 'Ž' && r != 'ž' && r != 'Ÿ' && r != 'ƒ' {
				return false
			}
		}
		if !ascii {
			seen[t] = true
		}
	}
	return len(seen) > 0 && len(seen) < fewTexts
}

// one is the encoding of all fonts of a column, when they agree.
func (b byFont) one() (identity.Encoding, bool) {
	for _, e := range b {
		if e != b[sheet.FontUnicode] {
			return identity.Unicode, false
		}
	}
	return b[sheet.FontUnicode], true
}
