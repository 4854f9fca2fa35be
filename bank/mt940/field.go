package mt940

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// closeField reads the field whose last line has come.
func (s *scanner) closeField() error {
	if s.tag == "" {
		return nil
	}
	tag, lines := s.tag, s.field
	s.tag = ""
	first := strings.TrimSpace(lines[0])
	switch tag {
	case "20":
		if err := s.finish(); err != nil {
			return err
		}
		s.st = &Statement{Reference: first, Line: s.at}
		return nil
	case "940": // a header line of some Dutch banks
		return nil
	}
	st := s.st
	if st == nil {
		return nil
	}
	switch tag {
	case "25", "25P":
		st.Account = first
	case "28", "28C":
		st.Number = first
	case "60F", "60M":
		return s.balance(first, &st.Opening, &st.OpeningOn, tag)
	case "62F", "62M":
		s.closed = true
		return s.balance(first, &st.Closing, &st.ClosingOn, tag)
	case "61":
		return s.entry(lines)
	case "86", "NS":
		s.narrative(tag, lines)
	}
	return nil
}

var balanceForm = regexp.MustCompile(`^([CD])(\d{6})([A-Z]{3})([\d.,]+)$`)

// balance reads "C140227EUR10,00".
func (s *scanner) balance(text string, amount *decimal.NullDecimal, on *time.Time, tag string) error {
	m := balanceForm.FindStringSubmatch(strings.ReplaceAll(text, " ", ""))
	if m == nil {
		return &Error{s.at, fmt.Sprintf(":%s: %q is not a balance", tag, clip(text))}
	}
	d, ok := number(m[4])
	if !ok {
		return &Error{s.at, fmt.Sprintf(":%s: %q is not an amount", tag, clip(m[4]))}
	}
	if m[1] == "D" {
		d = d.Neg()
	}
	if amount.Valid && tag[2] == 'F' && tag[:2] == "60" {
		s.st.Problems = append(s.st.Problems, fmt.Sprintf("line %d: a second opening balance", s.at))
	}
	*amount = decimal.NewNullDecimal(d)
	*on = day(m[2])
	st := s.st
	if st.Currency == "" {
		st.Currency = m[3]
	} else if st.Currency != m[3] {
		st.Problems = append(st.Problems, fmt.Sprintf("line %d: the closing balance is in %s, the opening in %s", s.at, m[3], st.Currency))
	}
	st.Interim = st.Interim || tag[2] == 'M'
	return nil
}

// entryForm is :61: up to the amount: value date, entry date, direction, funds code,
// amount, then the transaction type.
var entryForm = regexp.MustCompile(`^(\d{6})(\d{4})?\s*(RC|RD|EC|ED|C|D)([A-Z])?\s*(\d[\d.]*(?:,\d*)?)\s*(.*)$`)

func (s *scanner) entry(lines []string) error {
	st := s.st
	if len(st.Entries) >= maxEntries {
		return &Error{s.at, "more than 1,000,000 entries in one statement"}
	}
	m := entryForm.FindStringSubmatch(strings.TrimSpace(lines[0]))
	if m == nil {
		return &Error{s.at, fmt.Sprintf(":61: %q is not an entry", clip(lines[0]))}
	}
	amount, ok := number(m[5])
	if !ok {
		return &Error{s.at, fmt.Sprintf(":61: %q is not an amount", clip(m[5]))}
	}
	e := Entry{Amount: amount, Line: s.at, ValueOn: day(m[1])}
	e.Credit = strings.HasSuffix(m[3], "C")
	if m[3][0] == 'R' {
		e.Reversal, e.Credit = true, !e.Credit
	}
	if e.ValueOn.IsZero() {
		st.Problems = append(st.Problems, fmt.Sprintf("line %d: %s is not a day", s.at, m[1]))
	}
	e.BookedOn = booked(e.ValueOn, m[2])
	rest := m[6]
	if len(rest) >= 4 && strings.ContainsRune("NSF", rune(rest[0])) {
		e.Type, rest = strings.TrimRight(rest[:4], " "), rest[4:]
	}
	customer, bank, _ := strings.Cut(rest, "//")
	extra := lines[1:]
	if bank == "" && len(extra) > 0 && strings.HasPrefix(extra[0], "//") { // wrapped before its //
		bank, extra = extra[0][2:], extra[1:]
	}
	if e.CustomerRef = strings.TrimSpace(customer); e.CustomerRef == "NONREF" {
		e.CustomerRef = ""
	}
	e.BankRef = strings.TrimSpace(bank)
	e.Extra = strings.TrimSpace(strings.Join(extra, " "))
	e.Narrative, s.pending = s.pending, nil
	s.noted = len(e.Narrative) > 0
	st.Entries = append(st.Entries, e)
	return nil
}

// narrative belongs to the entry before it; before the first entry, to the one that
// follows; behind the closing balance, to the statement.
func (s *scanner) narrative(tag string, lines []string) {
	st := s.st
	switch {
	case s.closed:
		if tag == "86" {
			st.Info = strings.TrimSpace(st.Info + "\n" + strings.Join(lines, "\n"))
		}
	case len(st.Entries) == 0:
		if tag == "86" && len(s.pending) < maxLines {
			s.pending = append(s.pending, kept(lines)...)
		}
	default:
		e := &st.Entries[len(st.Entries)-1]
		if len(e.Narrative) < maxLines { // some banks repeat :86: for one entry
			e.Narrative = append(e.Narrative, kept(lines)...)
		}
	}
}

func kept(lines []string) []string {
	out := make([]string, 0, len(lines))
	for _, l := range lines {
		if l = strings.TrimRight(l, " "); strings.TrimSpace(l) != "" {
			out = append(out, l)
		}
	}
	return out
}

// number reads "1234,56", "000000473,17", "500,", "7" and, from one bank, "1000.12".
func number(text string) (decimal.Decimal, bool) {
	text = strings.TrimRight(text, ",.")
	if strings.Contains(text, ",") {
		if strings.Contains(text, ".") { // 1.234,56
			text = strings.ReplaceAll(text, ".", "")
		}
		text = strings.Replace(text, ",", ".", 1)
	}
	if text == "" || strings.Count(text, ".") > 1 || strings.Contains(text, ",") || len(text) > 40 {
		return decimal.Decimal{}, false
	}
	d, err := decimal.NewFromString(text)
	return d, err == nil
}

// day reads YYMMDD; years from 80 are of the last century.
func day(text string) time.Time {
	t, err := time.Parse("060102", text)
	if err != nil {
		return time.Time{}
	}
	if yy := text[:2]; yy < "80" && t.Year() < 2000 {
		t = t.AddDate(100, 0, 0)
	}
	return t
}

// booked puts the entry date MMDD into the year nearest to the value date.
func booked(value time.Time, mmdd string) time.Time {
	if mmdd == "" || value.IsZero() {
		return value
	}
	best := value
	distance := time.Duration(1<<63 - 1)
	for year := value.Year() - 1; year <= value.Year()+1; year++ {
		t, err := time.Parse("20060102", fmt.Sprintf("%04d%s", year, mmdd))
		if err != nil {
			continue
		}
		if d := t.Sub(value).Abs(); d < distance {
			best, distance = t, d
		}
	}
	return best
}

func clip(s string) string {
	r := []rune(s)
	if len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}
