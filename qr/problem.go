package qr

import (
	"fmt"
	"unicode/utf8"
)

// What a problem is, in one word that does not change.
const (
	Malformed = "malformed" // no data object can be read here
	Empty     = "empty"     // a length of 00
	Missing   = "missing"   // a field the standard demands is not there
	Twice     = "twice"     // an identifier repeated
	Order     = "order"     // 00 is not the first
	AfterCRC  = "after-crc" // something follows 63
	Checksum  = "crc"       // 63 is not the payload's checksum
	Value     = "value"     // a value the field does not allow
	Charset   = "charset"   // a character the field does not allow
	TooLong   = "too-long"  // a value longer than the field
	Octets    = "octets"    // lengths count bytes, not characters
	Ambiguous = "ambiguous" // reads two ways
	Misplaced = "misplaced" // stands where another field belongs
	Reserved  = "reserved"  // an identifier that the standard keeps for itself
)

// Problem is one departure from the standard.
type Problem struct {
	Field string `json:"field"` // path of identifiers, empty for the payload itself. Example: "38.01.01"
	At    int    `json:"at"`    // characters before it
	Code  string `json:"code"`
	What  string `json:"what"`
}

func (p Problem) String() string {
	if p.Field == "" {
		return fmt.Sprintf("at character %d: %s", p.At+1, p.What)
	}
	return fmt.Sprintf("field %s at character %d: %s", p.Field, p.At+1, p.What)
}

// problem notes a departure; at is a byte offset in s.
func (c *Code) problem(s string, at int, where, code, what string) {
	c.Problems = append(c.Problems, Problem{where, utf8.RuneCountInString(s[:at]), code, what})
}

// note places a problem at the beginning of an object.
func (c *Code) note(t *template, o object, code, what string) {
	c.problem(t.s, o.at, path(t.where, o.id), code, what)
}

// fault notes why the rest of t cannot be read as objects.
func (c *Code) fault(t *template, o object, f fault) {
	rest := t.s[o.at:t.end]
	if runes := []rune(rest); len(runes) > 40 {
		rest = string(runes[:40]) + "…"
	}
	switch f {
	case noID:
		c.problem(t.s, o.at, t.where, Malformed, fmt.Sprintf("no field begins here: %q", rest))
	case noLength:
		c.note(t, o, Malformed, fmt.Sprintf("has no length of two digits: %q", rest))
	case emptyValue:
		c.note(t, o, Empty, "has length 00; a field without a value must be left out")
	case shortValue:
		c.note(t, o, Malformed, fmt.Sprintf("says length %s but only %d characters follow",
			t.s[o.at+2:o.at+4], utf8.RuneCountInString(t.s[o.from:t.end])))
	}
}

// paths holds the paths of one identifier, "00" to "99".
var paths = func() (p [100]string) {
	for id := range p {
		p[id] = string([]byte{byte('0' + id/10), byte('0' + id%10)})
	}
	return p
}()

// path joins identifiers: path("38", 1) is "38.01".
func path(where string, id int) string {
	switch {
	case where == "":
		return paths[id]
	case where == "38" && id == 1:
		return "38.01" // every VietQR payload asks for it
	}
	return where + "." + paths[id]
}
