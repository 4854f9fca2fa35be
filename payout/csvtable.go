package payout

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"ansinh.vn/money"
)

// csvTable reads a CSV file by the names of its columns, in any order, and says file,
// line and column of whatever it refuses.
type csvTable struct {
	name string
	want []string
	at   []int // position of each wanted column
	in   *csv.Reader
	rec  []string
}

// openCSV reads the header of name and finds the wanted columns; others are ignored.
func openCSV(name string, r io.Reader, want ...string) (*csvTable, error) {
	buffered := bufio.NewReaderSize(r, 1<<18)
	if mark, err := buffered.Peek(3); err == nil && string(mark) == "\ufeff" {
		if _, err := buffered.Discard(3); err != nil {
			return nil, err
		}
	}
	t := &csvTable{name: name, want: want, in: csv.NewReader(buffered)}
	t.in.ReuseRecord = true
	header, err := t.in.Read()
	if errors.Is(err, io.EOF) {
		return nil, refuse("%s is empty: a header row with %s is needed", name, strings.Join(want, ","))
	}
	if err != nil {
		return nil, t.broken(err)
	}
	for _, column := range want {
		i := slices.IndexFunc(header, func(h string) bool { return strings.TrimSpace(h) == column })
		if i < 0 {
			return nil, refuse("%s, line 1: there is no column %q; found %s", name, column, strings.Join(header, ","))
		}
		t.at = append(t.at, i)
	}
	return t, nil
}

// next reads a row; false at the end of the file.
func (t *csvTable) next() (bool, error) {
	rec, err := t.in.Read()
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	if err != nil {
		return false, t.broken(err)
	}
	t.rec = rec
	return true, nil
}

func (t *csvTable) broken(err error) error {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return refuse("%s, line %d, column %d: %v", t.name, p.Line, p.Column, p.Err)
	}
	return err
}

// text is the i-th wanted column of the row.
func (t *csvTable) text(i int) string { return t.rec[t.at[i]] }

// bad refuses the i-th wanted column of the row.
func (t *csvTable) bad(i int, format string, args ...any) error {
	line, _ := t.in.FieldPos(t.at[i])
	return refuse("%s, line %d, column %s: "+format, append([]any{t.name, line, t.want[i]}, args...)...)
}

// needed is a text that must be there.
func (t *csvTable) needed(i int) (string, error) {
	s := t.text(i)
	if s == "" {
		return "", t.bad(i, "is empty")
	}
	return s, nil
}

// day reads a date; empty is the zero time unless it is needed.
func (t *csvTable) day(i int, needed bool) (time.Time, error) {
	s := t.text(i)
	if s == "" && !needed {
		return time.Time{}, nil
	}
	d, ok := dayOf(s)
	if !ok {
		return time.Time{}, t.bad(i, "%q is not a date; write it like 2026-10-05", s)
	}
	return d, nil
}

// month reads a month; empty is no month unless it is needed.
func (t *csvTable) month(i int, needed bool) (money.Month, error) {
	s := t.text(i)
	if s == "" && !needed {
		return 0, nil
	}
	m, ok := monthOf(s)
	if !ok {
		return 0, t.bad(i, "%q is not a month; write it like 2026-11", s)
	}
	return m, nil
}

// number reads a whole number from 0 to most; empty is −1.
func (t *csvTable) number(i int, most int) (int, error) {
	s := t.text(i)
	if s == "" {
		return -1, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > most {
		return 0, t.bad(i, "%q is not a whole number from 0 to %d", s, most)
	}
	return n, nil
}

// amount reads plain whole đồng.
func (t *csvTable) amount(i int) (money.VND, error) {
	s := t.text(i)
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > mostAmount || n < -mostAmount {
		return 0, t.bad(i, "%q is not an amount in whole đồng, such as 540000", s)
	}
	return money.VND(n), nil
}

// mostAmount keeps every sum of amounts far from overflow: a billion rows of it fit.
const mostAmount = 1_000_000_000_000

// monthOf reads "2026-11" without the cost of a layout; millions of rows pass here.
func monthOf(s string) (money.Month, bool) {
	if len(s) != 7 || s[4] != '-' {
		return 0, false
	}
	year, month := digits(s[:4]), digits(s[5:])
	if year <= 0 || month < 1 || month > 12 {
		return 0, false
	}
	return money.NewMonth(year, time.Month(month)), true
}

// dayOf reads "2026-10-05".
func dayOf(s string) (time.Time, bool) {
	if len(s) != 10 || s[7] != '-' {
		return time.Time{}, false
	}
	m, ok := monthOf(s[:7])
	day := digits(s[8:])
	if !ok || day < 1 {
		return time.Time{}, false
	}
	d := money.Day(m.Year(), m.Month(), day)
	return d, d.Month() == m.Month()
}

// digits reads plain digits, −1 for anything else.
func digits(s string) int {
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return -1
		}
		n = n*10 + int(s[i]-'0')
	}
	return n
}
