package qr

// Code is the reading of one payload. A text is the value as it stands in the payload,
// but for Amount; an empty one was absent or could not be read without guessing.
type Code struct {
	Kind    Kind
	Dynamic bool // field 01 is "12"

	Bank     string // VietQR: acquirer BIN
	Account  string // VietQR: account or card number
	Service  string // VietQR: QRIBFTTA or QRIBFTTC
	Merchant string // VNPAY: merchant number

	Category string
	Currency string // ISO 4217 number; 704 is VND
	Amount   string // without leading zeros and trailing mark. Example: "50000"
	Country  string
	Name     string
	City     string
	Postal   string

	Bill, Mobile, Store, Loyalty, Reference, Customer, Terminal, Purpose string

	Local Local    // field 64
	Other []Object // every object without a field above, in the payload's order
	CRC   string

	Problems []Problem
}

// Valid tells whether the payload keeps to the standard in everything we know of it.
func (c *Code) Valid() bool { return len(c.Problems) == 0 }

// Local is the merchant's name in another language (field 64), where Unicode may stand.
type Local struct {
	Language string // ISO 639, two letters. Example: "vi"
	Name     string // at most 25
	City     string // at most 15
}

// Object is a data object by its path. Example: {"80.01", "..."}.
type Object struct{ Path, Value string }

// Decode reads a payload. It always returns a reading, the same for the same payload.
func Decode(payload string) Code {
	var c Code
	t := c.open(payload, "", 0, len(payload))
	for o, ok := c.next(&t); ok; o, ok = c.next(&t) {
		if (o.id == 0) != (o.at == 0) {
			c.note(&t, o, Order, "field 00 must come first and nothing else may")
		}
		c.root(&t, o)
		if o.id == 63 && o.to < len(payload) {
			c.problem(payload, o.to, "", AfterCRC, "characters follow field 63, which must be the last; they are not read")
			t.broken = true
			break
		}
	}
	c.judge(&t)
	return c
}

// open begins the walk through s[at:end] and decides what its lengths count. Characters
// are right; bytes are tried when they are not, and two different sound readings are a
// problem in themselves: two apps would show two different things.
func (c *Code) open(s, where string, at, end int) template {
	t := template{s: s, where: where, at: at, end: end}
	if isASCII(s[at:end]) {
		t.count = octets // the same thing, and faster
		return t
	}
	byCharacters, byOctets := wellFormed(s, at, end, characters), wellFormed(s, at, end, octets)
	switch {
	case byCharacters && byOctets && !alike(s, at, end):
		c.problem(s, at, where, Ambiguous, "reads one way when lengths count characters and another way when they count bytes")
	case byOctets && !byCharacters:
		c.problem(s, at, where, Octets, "lengths count bytes; the standard counts characters")
		t.count = octets
	}
	return t
}

// inside opens the template that is the value of o.
func (c *Code) inside(t *template, o object) template {
	return c.open(t.s, path(t.where, o.id), o.from, o.to)
}

// next gives the objects of t one after the other, each identifier once.
func (c *Code) next(t *template) (object, bool) {
	for t.at < t.end {
		o, f := scan(t.s, t.at, t.end, t.count)
		if f != sound {
			c.fault(t, o, f)
			t.broken = true
			return o, false
		}
		t.at = o.to
		if t.seen.add(o.id) {
			return o, true
		}
		c.note(t, o, Twice, "stands more than once; the first is read")
	}
	return object{}, false
}

// demand notes the objects that t should have had.
func (c *Code) demand(t *template, id int, what string) {
	if !t.broken && !t.seen.has(id) {
		c.problem(t.s, t.end, path(t.where, id), Missing, "is missing"+what)
	}
}

// root reads one object of the outermost level.
func (c *Code) root(t *template, o object) {
	v := t.value(o)
	switch {
	case o.id == 0:
		if v != "01" {
			c.note(t, o, Value, "must be 01")
		}
	case o.id == 1:
		c.Dynamic = v == "12"
		if v != "11" && v != "12" {
			c.note(t, o, Value, "must be 11 (static) or 12 (dynamic)")
		}
	case o.id <= 25:
		c.other(t, o)
		c.text(t, o, 99)
	case o.id <= 51:
		c.merchantAccount(t, o)
	case o.id == 52:
		c.Category = v
		c.digits(t, o, 4)
	case o.id == 53:
		c.Currency = v
		c.digits(t, o, 3)
	case o.id == 54:
		c.amount(t, o)
	case o.id <= 57:
		c.tip(t, o)
	case o.id == 58:
		c.Country = v
		if len(v) != 2 || v[0]-'A' > 25 || v[1]-'A' > 25 {
			c.note(t, o, Value, "must be a country code of two capital letters")
		}
	case o.id == 59:
		c.Name = v
		c.text(t, o, 25)
	case o.id == 60:
		c.City = v
		c.text(t, o, 15)
	case o.id == 61:
		c.Postal = v
		c.text(t, o, 10)
	case o.id == 62:
		in := c.inside(t, o)
		for o, ok := c.next(&in); ok; o, ok = c.next(&in) {
			c.additional(&in, o)
		}
	case o.id == 63:
		c.crc(t, o)
	case o.id == 64:
		c.local(t, o)
	case o.id <= 79:
		c.other(t, o)
		c.note(t, o, Reserved, "is reserved by EMVCo for future use")
	default:
		in := c.inside(t, o)
		c.owned(&in)
	}
}

// owned reads a template whose content is its owner's, named by object 00.
func (c *Code) owned(t *template) {
	for o, ok := c.next(t); ok; o, ok = c.next(t) {
		c.other(t, o)
		c.unicode(t, o, 99)
	}
	c.demand(t, 0, ": it says whose this is")
}

func (t *template) value(o object) string { return t.s[o.from:o.to] }

func (c *Code) other(t *template, o object) {
	c.Other = append(c.Other, Object{path(t.where, o.id), t.value(o)})
}
