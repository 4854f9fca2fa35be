package money

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// Month is a calendar month, counted from January of year 0; assistance is owed for
// whole months only (NĐ 20/2021 Đ8). The zero value is no month. In SQL it is the date
// of its first day. Example: NewMonth(2026, time.November) prints "2026-11".
type Month int32

// NewMonth returns the month m of year.
func NewMonth(year int, m time.Month) Month { return Month(year*12 + int(m) - 1) }

// MonthOf returns the month that t falls in, in t's own location.
func MonthOf(t time.Time) Month { return NewMonth(t.Year(), t.Month()) }

// ParseMonth reads "2026-11".
func ParseMonth(s string) (Month, error) {
	t, err := time.Parse("2006-01", s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a month; write it like 2026-11", s)
	}
	return MonthOf(t), nil
}

func (m Month) IsZero() bool      { return m == 0 }
func (m Month) Year() int         { return int(m) / 12 }
func (m Month) Month() time.Month { return time.Month(int(m)%12 + 1) }
func (m Month) Add(n int) Month   { return m + Month(n) }

// First returns the first day, at midnight UTC.
func (m Month) First() time.Time { return Day(m.Year(), m.Month(), 1) }

// Last returns the last day, at midnight UTC.
func (m Month) Last() time.Time { return m.Add(1).First().AddDate(0, 0, -1) }

// String returns "2026-11", or "" for no month.
func (m Month) String() string {
	if m.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d", m.Year(), int(m.Month()))
}

// MarshalText writes the month for JSON and flags.
func (m Month) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads "2026-11"; the empty text is no month.
func (m *Month) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*m = 0
		return nil
	}
	*m, err = ParseMonth(string(b))
	return err
}

// Value stores the month as its first day, no month as null.
func (m Month) Value() (driver.Value, error) {
	if m.IsZero() {
		return nil, nil
	}
	return m.First(), nil
}

// Scan reads a date column; the day must be the first.
func (m *Month) Scan(src any) error {
	switch t := src.(type) {
	case nil:
		*m = 0
		return nil
	case time.Time:
		if t.Day() != 1 {
			return fmt.Errorf("%s is not the first day of a month", t.Format(time.DateOnly))
		}
		*m = MonthOf(t)
		return nil
	case string:
		d, err := ParseDay(t)
		if err != nil {
			return err
		}
		return m.Scan(d)
	default:
		return fmt.Errorf("cannot read a month from %T", src)
	}
}

// Day returns a calendar day as midnight UTC, the form every date column uses.
func Day(year int, m time.Month, day int) time.Time {
	return time.Date(year, m, day, 0, 0, 0, 0, time.UTC)
}

// ParseDay reads "2026-10-05".
func ParseDay(s string) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not a date; write it like 2026-10-05", s)
	}
	return t, nil
}
