package staff

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
)

// Limit allows Most guesses at Subject in any Window that starts with the first.
type Limit struct {
	Subject string // Example: "login:an@10.0.0.7"
	Most    int
	Window  time.Duration
}

// TooMany says that a subject has been guessed at too often.
type TooMany struct{ Wait time.Duration }

func (e *TooMany) Error() string {
	return fmt.Sprintf("too many attempts, wait %s", e.Wait.Round(time.Second))
}

// Guess counts one guess against every limit before it is checked, so that
// parallel guesses cannot slip past, and returns *TooMany when one is used up.
func Guess(ctx context.Context, q pg.Queryer, now time.Time, limits ...Limit) (err error) {
	defer pg.Wrap(&err, "staff: count a guess")
	// always in one order, so that two guesses at the same subjects never wait for each other
	limits = slices.Clone(limits)
	slices.SortFunc(limits, func(a, b Limit) int { return strings.Compare(a.Subject, b.Subject) })
	for _, l := range limits {
		var n int
		var since time.Time
		err := q.QueryRow(ctx, `
			insert into sign_in_count as c (subject, since, failures) values (@subject, @now, 1)
			on conflict (subject) do update set
				since    = case when c.since <= @cut then @now else c.since end,
				failures = case when c.since <= @cut then 1 else c.failures + 1 end
			returning failures, since`, pgx.StrictNamedArgs{
			"subject": l.Subject, "now": now, "cut": now.Add(-l.Window)}).Scan(&n, &since)
		if err != nil {
			return err
		}
		if n > l.Most {
			return &TooMany{Wait: since.Add(l.Window).Sub(now)}
		}
	}
	return nil
}

// Forgive forgets the guesses at subject after a right one.
func Forgive(ctx context.Context, q pg.Queryer, subject string) (err error) {
	defer pg.Wrap(&err, "staff: forget guesses")
	_, err = q.Exec(ctx, `delete from sign_in_count where subject = $1`, subject)
	return err
}

// Sweep deletes counts that no longer limit anything.
func Sweep(ctx context.Context, q pg.Queryer, now time.Time) (err error) {
	defer pg.Wrap(&err, "staff: sweep counts")
	_, err = q.Exec(ctx, `delete from sign_in_count where since < $1`, now.Add(-24*time.Hour))
	return err
}
