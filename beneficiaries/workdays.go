package beneficiaries

import (
	"context"
	"fmt"
	"time"

	"ansinh.vn/internal/pg"
)

// WorkingDay is the nth working day after a day: not Saturday, Sunday or one of the
// holidays, which an installation keeps in its setting "holidays".
func WorkingDay(after time.Time, n int, holidays map[string]bool) time.Time {
	d := day(after)
	for n > 0 {
		d = d.AddDate(0, 0, 1)
		if w := d.Weekday(); w != time.Saturday && w != time.Sunday && !holidays[d.Format(time.DateOnly)] {
			n--
		}
	}
	return d
}

// Holidays reads the days on which offices do not work besides the ends of weeks.
func Holidays(ctx context.Context, q pg.Queryer) (map[string]bool, error) {
	var list []string
	if err := q.QueryRow(ctx, `select coalesce((select value from setting where key = 'holidays'), '[]'::jsonb)`).Scan(&list); err != nil {
		return nil, fmt.Errorf("beneficiaries: setting holidays: %w", err)
	}
	days := make(map[string]bool, len(list))
	for _, d := range list {
		if _, err := time.Parse(time.DateOnly, d); err != nil {
			return nil, fmt.Errorf("beneficiaries: setting holidays: %w", err)
		}
		days[d] = true
	}
	return days, nil
}
