package identity

// pattern is a text prepared for counting typing slips against many others by
// the bit-parallel optimal string alignment of Hyyrö (2003): insertions,
// deletions, substitutions and exchanged neighbours each count one.
type pattern struct {
	text  string
	masks [128]uint64
	used  []byte
}

// set prepares a text of ASCII letters; only its first 64 count.
func (p *pattern) set(text string) {
	for _, c := range p.used {
		p.masks[c] = 0
	}
	p.used = p.used[:0]
	if len(text) > 64 {
		text = text[:64]
	}
	p.text = text
	for i := 0; i < len(text); i++ {
		c := text[i] & 0x7F
		if p.masks[c] == 0 {
			p.used = append(p.used, c)
		}
		p.masks[c] |= 1 << i
	}
}

// slips counts the slips between the pattern and text, or gives limit+1 as soon
// as their lengths show that there are more than limit.
func (p *pattern) slips(text string, limit int) int {
	if len(text) > 64 {
		text = text[:64]
	}
	m := len(p.text)
	if d := m - len(text); d > limit || -d > limit {
		return limit + 1
	}
	if m == 0 {
		return len(text)
	}
	vp, vn, d0, before := ^uint64(0), uint64(0), uint64(0), uint64(0)
	last := uint64(1) << (m - 1)
	distance := m
	for i := 0; i < len(text); i++ {
		mask := p.masks[text[i]&0x7F]
		exchange := ((^d0 & mask) << 1) & before
		d0 = (((mask & vp) + vp) ^ vp) | mask | vn | exchange
		hp := vn | ^(d0 | vp)
		hn := d0 & vp
		if hp&last != 0 {
			distance++
		}
		if hn&last != 0 {
			distance--
		}
		hp = hp<<1 | 1
		hn <<= 1
		vp = hn | ^(d0 | hp)
		vn = hp & d0
		before = mask
	}
	return min(distance, limit+1)
}

// digitSlip reports whether two numbers differ by one slip: one digit wrong, one
// too many or too few, two neighbours exchanged.
func digitSlip(a, b string) bool {
	if a == b {
		return false
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return a[i:] == b[i+1:]
	}
	if a[i+1:] == b[i+1:] {
		return true
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

// wildMatch reports whether text fits a pattern in which a run of question marks
// stands for one to three letters that an old program could not write.
func wildMatch(pattern, text string) bool {
	i := 0
	for i < len(pattern) && pattern[i] != '?' {
		if i >= len(text) || text[i] != pattern[i] {
			return false
		}
		i++
	}
	if i == len(pattern) {
		return len(text) == i
	}
	run := i
	for run < len(pattern) && pattern[run] == '?' {
		run++
	}
	pattern, text = pattern[run:], text[i:]
	for n := 1; n <= min(3, len(text)) && text[n-1] != ' '; n++ {
		if wildMatch(pattern, text[n:]) {
			return true
		}
	}
	return false
}

// slipsTo calls do for every text of digits that is one slip from digits: one digit
// wrong, too many or too few, or two neighbours exchanged. do must not keep the bytes.
func slipsTo(digits string, do func([]byte)) {
	b := make([]byte, 0, len(digits)+1)
	for i := range len(digits) {
		b = append(b[:0], digits...)
		for d := byte('0'); d <= '9'; d++ {
			if b[i] = d; d != digits[i] {
				do(b)
			}
		}
		b = append(append(b[:0], digits[:i]...), digits[i+1:]...)
		do(b)
		if i+1 < len(digits) && digits[i] != digits[i+1] {
			b = append(b[:0], digits...)
			b[i], b[i+1] = b[i+1], b[i]
			do(b)
		}
	}
	for i := range len(digits) + 1 {
		b = append(append(append(b[:0], digits[:i]...), '0'), digits[i:]...)
		for d := byte('0'); d <= '9'; d++ {
			b[i] = d
			do(b)
		}
	}
}

// slipsOf is slipsTo for the eight digits of a date, those typed included.
func slipsOf(digits string, do func(eight []byte)) {
	eight := func(b []byte) {
		if len(b) == 8 {
			do(b)
		}
	}
	eight([]byte(digits))
	slipsTo(digits, eight)
}

// dayOf packs a date of digits, 0 for one that no calendar has.
func dayOf(year, month, day []byte) dayKey {
	number := func(b []byte) (n int) {
		for _, c := range b {
			n = 10*n + int(c-'0')
		}
		return n
	}
	y, m, d := number(year), number(month), number(day)
	if y < oldestYear || y > 2100 || !realDay(y, m, d) {
		return 0
	}
	return packBirth(Birth{Year: y, Month: m, Day: d})
}
