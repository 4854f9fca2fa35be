package iso20022

import (
	"bytes"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// children calls fn with the local name of every child of the element whose start was
// just read, and reads its end. fn reads the child whole with children, str or skip.
func (s *scanner) children(fn func(local string) error) error {
	depth := len(s.stack)
	for {
		t, n, err := s.next(false)
		if err != nil {
			return err
		}
		if t == tokenEnd {
			return nil
		}
		if err := fn(n.local); err != nil {
			return err
		}
		if len(s.stack) != depth {
			panic("iso20022: a child was not read to its end")
		}
	}
}

// skip reads over the element whose start was just read.
func (s *scanner) skip() error {
	depth := len(s.stack)
	for {
		if _, _, err := s.next(false); err != nil {
			return err
		}
		if len(s.stack) < depth {
			return nil
		}
	}
}

// bytes reads the text of the element whose start was just read, without the text of
// its children, white space around it taken off. It is valid until the next read.
func (s *scanner) bytes() ([]byte, error) {
	s.content = s.content[:0]
	depth := len(s.stack)
	for {
		if _, _, err := s.next(len(s.stack) == depth); err != nil {
			return nil, err
		}
		if len(s.stack) < depth {
			return bytes.TrimSpace(s.content), nil
		}
	}
}

// str reads the text of the element into p; a repeated element keeps the first text.
func (s *scanner) str(p *string) error {
	b, err := s.bytes()
	if err == nil && *p == "" {
		*p = string(b)
	}
	return err
}

// code is str for short values that repeat, without a new string for each.
func (s *scanner) code(p *string) error {
	b, err := s.bytes()
	if err != nil || *p != "" {
		return err
	}
	*p = s.short(b)
	return nil
}

// short returns b as a string, the same one for the same short bytes.
func (s *scanner) short(b []byte) string {
	if v, ok := s.codes[string(b)]; ok {
		return v
	}
	v := string(b)
	if len(v) <= 8 && len(s.codes) < 4096 {
		s.codes[v] = v
	}
	return v
}

// attribute of the start just read, "" when absent.
func (s *scanner) attr(local string) string {
	for _, a := range s.attrs {
		if a.name.local == local {
			return s.short(s.value[a.start:a.end])
		}
	}
	return ""
}

// namespace returns the message of an xmlns of the start just read, such as
// "camt.053.001.08".
func (s *scanner) namespace() string {
	for _, a := range s.attrs {
		if a.name.qualified == "xmlns" || strings.HasPrefix(a.name.qualified, "xmlns:") {
			v := string(s.value[a.start:a.end])
			if _, msg, ok := strings.Cut(v, ":xsd:"); ok && !strings.HasPrefix(msg, "head.") {
				return msg
			}
		}
	}
	return ""
}

func (s *scanner) flag(p *bool) error {
	b, err := s.bytes()
	if err == nil {
		*p = string(b) == "true" || string(b) == "1"
	}
	return err
}

func (s *scanner) count(p *int) error {
	b, err := s.bytes()
	if err != nil {
		return err
	}
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' || n > 1e9 {
			return s.errorf("%q is not a count", clip(b))
		}
		n = n*10 + int(c-'0')
	}
	*p = n
	return nil
}

// amount reads ActiveOrHistoricCurrencyAndAmount. Scientific notation, signs inside
// and commas are refused, so that a number means one thing only.
func (s *scanner) amount(p *decimal.Decimal, currency *string) error {
	if currency != nil && *currency == "" {
		*currency = s.attr("Ccy")
	}
	b, err := s.bytes()
	if err != nil {
		return err
	}
	d, ok := parseAmount(b)
	if !ok {
		return s.errorf("%q is not an amount", clip(b))
	}
	*p = d
	return nil
}

func (s *scanner) nullAmount(p *decimal.NullDecimal, currency *string) error {
	p.Valid = true
	return s.amount(&p.Decimal, currency)
}

func parseAmount(b []byte) (decimal.Decimal, bool) {
	text := b
	neg := false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		neg, b = b[0] == '-', b[1:]
	}
	var v int64
	var exp int32
	point, seen := false, false
	for _, c := range b {
		switch {
		case c == '.' && !point:
			point = true
			continue
		case c < '0' || c > '9':
			return decimal.Decimal{}, false
		}
		seen = true
		if point {
			exp--
		}
		if v > (1<<63-10)/10 { // too long for an int64: the slow, exact way
			if len(text) > 64 {
				return decimal.Decimal{}, false
			}
			d, err := decimal.NewFromString(string(text))
			return d, err == nil
		}
		v = v*10 + int64(c-'0')
	}
	if !seen {
		return decimal.Decimal{}, false
	}
	if neg {
		v = -v
	}
	return decimal.New(v, exp), true
}

func clip(b []byte) []byte {
	if len(b) > 40 {
		return b[:40]
	}
	return b
}

// when reads ISODate or ISODateTime; other forms are left zero, because a date that
// cannot be read must not lose the money beside it.
func (s *scanner) when(p *time.Time) error {
	b, err := s.bytes()
	if err == nil {
		*p = parseWhen(string(b))
	}
	return err
}

// day reads a choice of Dt and DtTm, or a plain date, as a day at UTC midnight; a date
// and time is the day on the bank's own wall clock.
func (s *scanner) day(p *time.Time) error {
	s.content = s.content[:0]
	depth := len(s.stack)
	for {
		if _, _, err := s.next(true); err != nil {
			return err
		}
		if len(s.stack) < depth {
			break
		}
	}
	if t := parseWhen(string(bytes.TrimSpace(s.content))); !t.IsZero() {
		*p = time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	}
	return nil
}

func parseWhen(v string) time.Time {
	for _, layout := range []string{"2006-01-02T15:04:05.999999999Z07:00", "2006-01-02T15:04:05.999999999", "2006-01-02Z07:00", time.DateOnly} {
		if t, err := time.Parse(layout, v); err == nil {
			return t
		}
	}
	return time.Time{}
}
