package money

import "strings"

var digitWords = [...]string{"không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"}

// Words writes the amount as vouchers require it:
// 1080000 is "một triệu không trăm tám mươi nghìn đồng".
func (v VND) Words() string {
	if v == 0 {
		return "không đồng"
	}
	u := uint64(v)
	prefix := ""
	if v < 0 {
		u, prefix = -u, "âm "
	}
	return prefix + strings.Join(number(u), " ") + " đồng"
}

// number spells u; groups of nine digits repeat with "tỷ".
func number(u uint64) []string {
	var words []string
	leading := true
	if high := u / 1_000_000_000; high > 0 {
		words = append(number(high), "tỷ")
		leading = false
	}
	low := u % 1_000_000_000
	for _, g := range []struct {
		n    uint64
		unit string
	}{{low / 1_000_000, "triệu"}, {low / 1000 % 1000, "nghìn"}, {low % 1000, ""}} {
		if g.n == 0 {
			continue
		}
		words = append(words, triple(g.n, leading)...)
		if g.unit != "" {
			words = append(words, g.unit)
		}
		leading = false
	}
	return words
}

// triple spells 1 to 999; only the very first group of a number drops its empty hundreds.
func triple(n uint64, leading bool) []string {
	var words []string
	h, t, o := n/100, n/10%10, n%10
	if h > 0 || !leading {
		words = append(words, digitWords[h], "trăm")
	}
	switch {
	case t == 0 && o > 0 && len(words) > 0:
		words = append(words, "lẻ")
	case t == 1:
		words = append(words, "mười")
	case t > 1:
		words = append(words, digitWords[t], "mươi")
	}
	switch {
	case o == 0:
	case o == 1 && t > 1:
		words = append(words, "mốt")
	case o == 5 && t > 0:
		words = append(words, "lăm")
	default:
		words = append(words, digitWords[o])
	}
	return words
}
