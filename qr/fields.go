package qr

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// text checks a field of the EMV common character set with at most max characters.
func (c *Code) text(t *template, o object, max int) {
	if !isPrintable(t.value(o)) {
		c.note(t, o, Charset, "takes printable ASCII only (Vietnamese without diacritics)")
	}
	c.length(t, o, max)
}

func (c *Code) length(t *template, o object, max int) {
	if o.to-o.from <= max {
		return
	}
	if n := utf8.RuneCountInString(t.value(o)); n > max {
		c.note(t, o, TooLong, fmt.Sprintf("has %d characters; at most %d are allowed", n, max))
	}
}

func (c *Code) unicode(t *template, o object, max int) {
	if !isText(t.value(o)) {
		c.note(t, o, Charset, "holds control characters or broken UTF-8")
	}
	c.length(t, o, max)
}

func (c *Code) digits(t *template, o object, n int) {
	if v := t.value(o); len(v) != n || !isDigits(v) {
		c.note(t, o, Value, fmt.Sprintf("must be %d digits", n))
	}
}

// amount reads field 54: digits with at most one mark, above zero. The mark may stand
// last; whether decimals may follow is the currency's matter and judged at the end.
func (c *Code) amount(t *template, o object) {
	v := t.value(o)
	c.Amount = v
	whole, part, _ := strings.Cut(v, ".")
	switch {
	case !isDigits(whole) || part != "" && !isDigits(part):
		c.note(t, o, Value, "must be digits, with at most one decimal mark \".\" and no separators")
		return
	case strings.Trim(v, "0.") == "":
		c.note(t, o, Value, "must be more than zero")
		return
	}
	c.length(t, o, 13)
	c.Amount = strings.TrimLeft(strings.TrimSuffix(v, "."), "0")
	if c.Amount[0] == '.' {
		c.Amount = v[len(whole)-1:] // 0.5 keeps its zero
	}
}

// tip reads fields 55 to 57; they are for schemes other than VietQR and kept as they are.
func (c *Code) tip(t *template, o object) {
	v := t.value(o)
	c.other(t, o)
	switch o.id {
	case 55:
		if v != "01" && v != "02" && v != "03" {
			c.note(t, o, Value, "must be 01 (ask for a tip), 02 (fixed) or 03 (percent)")
		}
	case 56, 57:
		whole, part, _ := strings.Cut(v, ".")
		if !isDigits(whole) || part != "" && !isDigits(part) || strings.Trim(v, "0.") == "" {
			c.note(t, o, Value, "must be a positive number")
		}
		if o.id == 56 {
			c.length(t, o, 13)
		} else {
			c.length(t, o, 5)
		}
	}
}

// additional reads one object of field 62.
func (c *Code) additional(t *template, o object) {
	v := t.value(o)
	var into *string
	switch o.id {
	case 1:
		into = &c.Bill
	case 2:
		into = &c.Mobile
	case 3:
		into = &c.Store
	case 4:
		into = &c.Loyalty
	case 5:
		into = &c.Reference
	case 6:
		into = &c.Customer
	case 7:
		into = &c.Terminal
	case 8:
		into = &c.Purpose
	}
	if into != nil {
		*into = v
		c.text(t, o, 25)
		return
	}
	c.other(t, o)
	switch {
	case o.id == 0 || o.id > 11 && o.id < 50: // 10 and 11 are tax number and channel
		c.note(t, o, Reserved, "is reserved by EMVCo for future use")
	case o.id == 9:
		if len(v) > 3 || strings.Trim(v, "AME") != "" || strings.Count(v, v[:1]) > 1 || len(v) == 3 && v[1] == v[2] {
			c.note(t, o, Value, "must be of the letters A (address), M (mobile), E (e-mail), each once")
		}
	default:
		c.unicode(t, o, 99)
	}
}

// local reads field 64.
func (c *Code) local(outer *template, field object) {
	t := c.inside(outer, field)
	for o, ok := c.next(&t); ok; o, ok = c.next(&t) {
		v := t.value(o)
		switch o.id {
		case 0:
			c.Local.Language = v
			if len(v) != 2 || v[0]|0x20-'a' > 25 || v[1]|0x20-'a' > 25 {
				c.note(&t, o, Value, "must be a language code of two letters")
			}
		case 1:
			c.Local.Name = v
			c.unicode(&t, o, 25)
		case 2:
			c.Local.City = v
			c.unicode(&t, o, 15)
		default:
			c.other(&t, o)
			c.note(&t, o, Reserved, "is reserved by EMVCo for future use")
		}
	}
	c.demand(&t, 0, ": the language")
	c.demand(&t, 1, ": the name")
}

// crc checks field 63 against everything before its value.
func (c *Code) crc(t *template, o object) {
	c.CRC = t.value(o)
	says, upper, ok := parseCRC(c.CRC)
	gives := checksum(t.s[:o.from])
	switch {
	case !ok:
		c.note(t, o, Value, "must be four hexadecimal digits")
	case says != gives:
		c.note(t, o, Checksum, fmt.Sprintf("says %s but the payload gives %s", c.CRC, appendCRC(nil, gives)))
	case !upper:
		c.note(t, o, Value, "must be in capital letters")
	}
}
