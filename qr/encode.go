package qr

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// RefusedError says why a transfer cannot be written as a payload.
type RefusedError struct {
	Field string // in words. Example: "account"
	Why   string
}

func (e *RefusedError) Error() string { return "qr: " + e.Field + " " + e.Why }

// Refused marks the error as the input's fault.
func (*RefusedError) Refused() bool { return true }

// maxAmount is what the 13 characters of field 54 hold.
const maxAmount = 9_999_999_999_999

// Encode writes the payload. Nothing is folded, cut or guessed: what the standard does
// not allow comes back as a *RefusedError. Equal transfers give equal payloads.
func (t Transfer) Encode() (string, error) {
	if err := t.check(); err != nil {
		return "", err
	}
	service, initiation := serviceAccount, "11"
	if t.Card {
		service = serviceCard
	}
	if t.Dynamic {
		initiation = "12"
	}
	b := make([]byte, 0, 256)
	b = appendObject(b, 0, "01")
	b = appendObject(b, 1, initiation)
	holder := appendObject(appendObject(nil, 0, t.Bank), 1, t.Account)
	b = appendObject(b, 38, string(appendObject(appendObject(appendObject(nil, 0, guidVietQR), 1, string(holder)), 2, service)))
	b = appendObject(b, 52, t.Category)
	b = appendObject(b, 53, "704")
	if t.Amount > 0 {
		b = appendObject(b, 54, t.Amount.String())
	}
	b = appendObject(b, 58, "VN")
	b = appendObject(b, 59, t.Name)
	b = appendObject(b, 60, t.City)
	b = appendObject(b, 61, t.Postal)
	var more []byte
	for i, field := range t.additional() {
		more = appendObject(more, i+1, *field)
	}
	b = appendObject(b, 62, string(more))
	if t.Local != (Local{}) {
		local := appendObject(appendObject(appendObject(nil, 0, t.Local.Language), 1, t.Local.Name), 2, t.Local.City)
		b = appendObject(b, 64, string(local))
	}
	b = append(b, "6304"...)
	return string(appendCRC(b, checksum(string(b)))), nil
}

// additional is fields 62.01 to 62.08 in order.
func (t *Transfer) additional() [8]*string {
	return [8]*string{&t.Bill, &t.Mobile, &t.Store, &t.Loyalty, &t.Reference, &t.Customer, &t.Terminal, &t.Purpose}
}

var additionalNames = [8]string{"bill", "mobile", "store", "loyalty", "reference", "customer", "terminal", "purpose"}

// maxAdditional is what field 62 holds in all, heads included.
const maxAdditional = 99

func (t *Transfer) check() error {
	refuse := func(field, why string, args ...any) error {
		return &RefusedError{field, fmt.Sprintf(why, args...)}
	}
	switch {
	case len(t.Bank) != 6 || !isDigits(t.Bank):
		return refuse("bank", "%q is not a bank's BIN of 6 digits", t.Bank)
	case t.Account == "":
		return refuse("account", "is empty")
	case !isAlphanumeric(t.Account):
		return refuse("account", "%q holds more than letters and digits", t.Account)
	case len(t.Account) > 19:
		return refuse("account", "has %d characters; VietQR takes at most 19", len(t.Account))
	case t.Amount < 0 || t.Amount > maxAmount:
		return refuse("amount", "%s is not from 1 to %d đồng", t.Amount, int64(maxAmount))
	case t.Category != "" && (len(t.Category) != 4 || !isDigits(t.Category)):
		return refuse("category", "%q is not a code of 4 digits (ISO 18245)", t.Category)
	}
	for _, f := range []struct {
		name, value string
		max         int
	}{{"name", t.Name, 25}, {"city", t.City, 15}, {"postal", t.Postal, 10}} {
		if err := checkText(f.name, f.value, f.max); err != nil {
			return err
		}
	}
	total := 0
	for i, field := range t.additional() {
		if err := checkText(additionalNames[i], *field, 25); err != nil {
			return err
		}
		if *field != "" {
			total += 4 + len(*field)
		}
	}
	if total > maxAdditional {
		return refuse("additional data", "takes %d characters with its heads; field 62 takes at most %d", total, maxAdditional)
	}
	return t.Local.check()
}

func (l Local) check() error {
	if l == (Local{}) {
		return nil
	}
	if len(l.Language) != 2 || l.Language[0]|0x20-'a' > 25 || l.Language[1]|0x20-'a' > 25 {
		return &RefusedError{"local language", strconv.Quote(l.Language) + " is not a code of two letters"}
	}
	if n := utf8.RuneCountInString(l.Name); n == 0 || n > 25 || !isText(l.Name) {
		return &RefusedError{"local name", strconv.Quote(l.Name) + " is not 1 to 25 characters of text"}
	}
	if n := utf8.RuneCountInString(l.City); n > 15 || !isText(l.City) {
		return &RefusedError{"local city", strconv.Quote(l.City) + " is not at most 15 characters of text"}
	}
	return nil
}

func checkText(field, value string, max int) error {
	switch {
	case !isPrintable(value):
		return &RefusedError{field, strconv.Quote(value) + " holds more than printable ASCII"}
	case len(value) > max:
		return &RefusedError{field, fmt.Sprintf("has %d characters; at most %d are allowed", len(value), max)}
	}
	return nil
}

// appendObject writes one data object, or nothing when the value is empty. The caller
// has checked that the value fits two digits of length.
func appendObject(b []byte, id int, value string) []byte {
	if value == "" {
		return b
	}
	n := utf8.RuneCountInString(value)
	b = append(b, byte('0'+id/10), byte('0'+id%10), byte('0'+n/10), byte('0'+n%10))
	return append(b, value...)
}

// Transfer turns the reading of a valid VietQR payload back into what it asks for.
func (c *Code) Transfer() (Transfer, error) {
	if c.Kind != VietQRAccount && c.Kind != VietQRCard {
		return Transfer{}, &RefusedError{"payload", "is not a VietQR transfer"}
	}
	if !c.Valid() {
		return Transfer{}, &RefusedError{"payload", "is not valid: " + c.Problems[0].String()}
	}
	t := Transfer{
		Bank: c.Bank, Account: c.Account, Card: c.Kind == VietQRCard, Dynamic: c.Dynamic,
		Category: c.Category, Name: c.Name, City: c.City, Postal: c.Postal,
		Bill: c.Bill, Mobile: c.Mobile, Store: c.Store, Loyalty: c.Loyalty,
		Reference: c.Reference, Customer: c.Customer, Terminal: c.Terminal, Purpose: c.Purpose,
		Local: c.Local,
	}
	if c.Amount != "" {
		if err := t.setAmount(c.Amount); err != nil {
			return Transfer{}, err
		}
	}
	return t, nil
}
