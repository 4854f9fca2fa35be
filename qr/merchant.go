package qr

import "strings"

const (
	guidVietQR = "A000000727"
	guidVNPay  = "A000000775"

	serviceAccount = "QRIBFTTA"
	serviceCard    = "QRIBFTTC"
)

// merchantAccount reads one of the templates 26 to 51. Object 00 says whose it is.
func (c *Code) merchantAccount(outer *template, field object) {
	t := c.inside(outer, field)
	guid := t.owner()
	if guid != strings.ToUpper(guid) {
		c.note(outer, field, Value, "names its owner in small letters")
	}
	switch strings.ToUpper(guid) {
	case guidVietQR:
		if c.isVietQR() {
			c.note(outer, field, Twice, "is a second VietQR account; the first is read")
			return
		}
		if field.id != 38 {
			c.note(outer, field, Misplaced, "is a VietQR account, which belongs in field 38")
		}
		c.vietQR(&t)
	case guidVNPay:
		if c.Merchant != "" {
			c.note(outer, field, Twice, "is a second VNPAY merchant; the first is read")
			return
		}
		c.vnpay(&t)
	default:
		c.owned(&t)
	}
}

// owner looks ahead for object 00: it decides how the rest is read, wherever it stands.
func (t *template) owner() string {
	for at := t.at; at < t.end; {
		o, f := scan(t.s, at, t.end, t.count)
		if f != sound {
			return ""
		}
		if o.id == 0 {
			return t.value(o)
		}
		at = o.to
	}
	return ""
}

func (c *Code) isVietQR() bool { return c.Kind == VietQRAccount || c.Kind == VietQRCard }

func (c *Code) vnpay(t *template) {
	if c.Kind == "" {
		c.Kind = VNPayMerchant
	}
	for o, ok := c.next(t); ok; o, ok = c.next(t) {
		switch o.id {
		case 0:
			continue
		case 1:
			c.Merchant = t.value(o)
		default:
			c.other(t, o)
		}
		c.text(t, o, 99)
	}
	c.demand(t, 1, ": the merchant's number")
	if t.broken {
		c.Merchant = ""
	}
}

// vietQR reads the transfer's account: object 01 holds bank and number, 02 the service.
func (c *Code) vietQR(t *template) {
	c.Kind = VietQRAccount
	for o, ok := c.next(t); ok; o, ok = c.next(t) {
		switch o.id {
		case 0:
		case 1:
			in := c.inside(t, o)
			c.beneficiary(&in)
		case 2:
			c.Service = t.value(o)
			if c.Service != serviceAccount && c.Service != serviceCard {
				c.note(t, o, Value, "must be QRIBFTTA (to an account) or QRIBFTTC (to a card)")
			}
		default:
			c.other(t, o)
			c.note(t, o, Reserved, "is not a field of VietQR")
		}
	}
	c.demand(t, 1, ": bank and account")
	c.demand(t, 2, ": the service, QRIBFTTA or QRIBFTTC")
	if t.broken {
		c.Account = ""
	}
	if c.Service == serviceCard {
		c.Kind = VietQRCard
	}
}

// beneficiary reads 38.01. When any of it cannot be read the account is not given: half
// an account number is another person's.
func (c *Code) beneficiary(t *template) {
	for o, ok := c.next(t); ok; o, ok = c.next(t) {
		v := t.value(o)
		switch {
		case o.id == 0:
			c.Bank = v
			if len(v) != 6 || !isDigits(v) {
				c.note(t, o, Value, "must be a bank's BIN of 6 digits")
			}
		case o.id == 1:
			c.Account = v
			if !isAlphanumeric(v) {
				c.note(t, o, Charset, "takes letters and digits only")
			}
			c.length(t, o, 19)
		case v == serviceAccount || v == serviceCard:
			c.Service = v
			c.note(t, o, Misplaced, "is the service, which belongs in field 38.02")
		default:
			c.other(t, o)
			c.note(t, o, Reserved, "is not a field of VietQR")
		}
	}
	c.demand(t, 0, ": the bank")
	c.demand(t, 1, ": the account")
	if t.broken {
		c.Account = ""
	}
}

// judge looks at the payload as a whole, once every field is read.
func (c *Code) judge(t *template) {
	if c.Kind == "" {
		c.Kind = EMV
	}
	s := t.s
	if !t.seen.has(63) && len(s) >= 8 && s[len(s)-8:len(s)-4] == "6304" {
		c.CRC = s[len(s)-4:] // readable though something before it is broken
	}
	if _, part, _ := strings.Cut(c.Amount, "."); c.Currency == "704" && isDigits(part) {
		c.problem(s, 0, "54", Value, "has decimals; đồng has none")
	}
	if c.isVietQR() {
		if c.Currency != "" && c.Currency != "704" {
			c.problem(s, 0, "53", Value, "must be 704 (VND)")
		}
		if c.Country != "" && c.Country != "VN" {
			c.problem(s, 0, "58", Value, "must be VN")
		}
	}
	if s == "" {
		c.problem(s, 0, "", Missing, "the payload is empty")
		return
	}
	if t.broken {
		return // what is missing may be in the part that could not be read
	}
	c.demand(t, 0, "")
	c.demand(t, 53, ": the currency")
	c.demand(t, 58, ": the country")
	c.demand(t, 63, ": the checksum")
	if c.isVietQR() {
		c.demand(t, 1, ": static (11) or dynamic (12)")
	} else {
		c.demand(t, 52, ": the merchant category")
		c.demand(t, 59, ": the merchant's name")
		c.demand(t, 60, ": the city")
	}
	if t.seen[0]&(1<<52-1)&^3 == 0 {
		c.problem(s, len(s), "", Missing, "no merchant account (fields 02 to 51)")
	}
	for _, o := range c.Other {
		if o.Path == "55" && (o.Value == "02" && !t.seen.has(56) || o.Value == "03" && !t.seen.has(57)) {
			c.problem(s, len(s), "55", Missing, "announces a fee that is not there")
		}
	}
}
