package payout

import (
	"strconv"
	"time"

	"ansinh.vn/money"
)

// needed is a text that must be there.
func (r *csvRows) needed(i int) (string, error) {
	s := r.text(i)
	if s == "" {
		return "", r.bad(i, "is empty")
	}
	return s, nil
}

// day reads a date; empty is the zero time unless it is needed.
func (r *csvRows) day(i int, needed bool) (time.Time, error) {
	s := r.text(i)
	if s == "" && !needed {
		return time.Time{}, nil
	}
	d, ok := dayOf(s)
	if !ok {
		return time.Time{}, r.bad(i, "%q is not a date; write it like 2026-10-05", s)
	}
	return d, nil
}

// month reads a month; empty is no month unless it is needed.
func (r *csvRows) month(i int, needed bool) (money.Month, error) {
	s := r.text(i)
	if s == "" && !needed {
		return 0, nil
	}
	m, ok := monthOf(s)
	if !ok {
		return 0, r.bad(i, "%q is not a month; write it like 2026-11", s)
	}
	return m, nil
}

// number reads a whole number from 0 to most; empty is −1.
func (r *csvRows) number(i int, most int) (int, error) {
	s := r.text(i)
	if s == "" {
		return -1, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > most {
		return 0, r.bad(i, "%q is not a whole number from 0 to %d", s, most)
	}
	return n, nil
}

// amount reads plain whole đồng.
func (r *csvRows) amount(i int) (money.VND, error) {
	s := r.text(i)
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > mostAmount || n < -mostAmount {
		return 0, r.bad(i, "%q is not an amount in whole đồng, such as 540000", s)
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
