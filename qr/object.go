package qr

import "unicode/utf8"

// unit is what the two digits of a length count. The standard counts characters;
// several apps count the bytes of UTF-8.
type unit int

const (
	characters unit = iota
	octets
)

// fault is why no data object could be read where one should begin.
type fault int

const (
	sound fault = iota
	noID
	noLength
	emptyValue
	shortValue
)

// object is a data object in place: two digits of identifier, two of length, a value.
type object struct {
	id       int // 0 to 99
	at       int // where the identifier begins; all three are byte offsets
	from, to int // the value
}

// scan reads the object that begins at s[at] and must end by end.
func scan(s string, at, end int, count unit) (object, fault) {
	id, ok := twoDigits(s, at, end)
	if !ok {
		return object{at: at}, noID
	}
	o := object{id: id, at: at, from: at + 4}
	n, ok := twoDigits(s, at+2, end)
	switch {
	case !ok:
		return o, noLength
	case n == 0:
		return o, emptyValue
	}
	if o.to = take(s, o.from, end, n, count); o.to < 0 {
		return o, shortValue
	}
	return o, sound
}

func twoDigits(s string, at, end int) (int, bool) {
	if at+2 > end {
		return 0, false
	}
	a, b := s[at]-'0', s[at+1]-'0'
	return int(a)*10 + int(b), a <= 9 && b <= 9
}

// take returns where a value of n units that begins at from ends, or -1 when it would
// run past end.
func take(s string, from, end, n int, count unit) int {
	if count == octets {
		if from+n > end {
			return -1
		}
		return from + n
	}
	for ; n > 0; n-- {
		if from >= end {
			return -1
		}
		if s[from] < utf8.RuneSelf {
			from++
			continue
		}
		_, size := utf8.DecodeRuneInString(s[from:end])
		from += size
	}
	return from
}

// wellFormed tells whether s[at:end] is a row of objects to its very end.
func wellFormed(s string, at, end int, count unit) bool {
	for at < end {
		o, f := scan(s, at, end, count)
		if f != sound {
			return false
		}
		at = o.to
	}
	return true
}

// alike tells whether a row that is well-formed both ways has the same objects.
func alike(s string, at, end int) bool {
	for at < end {
		o, _ := scan(s, at, end, characters)
		if p, _ := scan(s, at, end, octets); o != p {
			return false
		}
		at = o.to
	}
	return true
}

// idSet remembers which identifiers have been seen in one template.
type idSet [2]uint64

func (s *idSet) add(id int) (first bool) {
	word, bit := &s[id>>6], uint64(1)<<(id&63)
	first = *word&bit == 0
	*word |= bit
	return first
}

func (s *idSet) has(id int) bool { return s[id>>6]>>(id&63)&1 == 1 }

// template is a walk through the objects of the payload or of one of its fields.
type template struct {
	s       string // the whole payload
	where   string // path of the field, "" for the payload itself
	at, end int
	count   unit
	seen    idSet
	broken  bool // not all of it could be read
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i]-'0' > 9 {
			return false
		}
	}
	return s != ""
}

func isAlphanumeric(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c-'0' > 9 && c-'A' > 25 && c-'a' > 25 {
			return false
		}
	}
	return s != ""
}

// isPrintable tells whether s keeps to the EMV common character set.
func isPrintable(s string) bool {
	for i := range len(s) {
		if s[i]-' ' > '~'-' ' {
			return false
		}
	}
	return true
}

// isText tells whether s may stand in a field that takes Unicode: whole UTF-8
// characters, none of them a control.
func isText(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return false
		}
	}
	return utf8.ValidString(s)
}
