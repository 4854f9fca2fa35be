package sandbox

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// Bank is one bank with its accounts, its clock and its journal.
type Bank struct {
	cfg  Config
	dice dice

	mu       sync.Mutex
	faults   Faults
	forced   map[string]string // return code by account number
	notify   Notify
	accounts map[number]*account
	messages map[string]*message
	seen     map[string]bool // end-to-end ids ever accepted
	day      time.Time       // booking day, UTC midnight
	at       time.Time       // virtual time at set; zero: the wall clock
	set      time.Time       // wall time at which at was set
	refs     int             // references given on day
	event    int64
	paid     map[string]keyed // payments by QR code, by the key of their order
	returns  map[time.Time][]returning
	due      []*message // accepted for a later day
	fees     []fee      // not yet booked
	reversed []reversal // double debits to be undone

	journal *journal
	replay  bool
	post    *postman
}

// vietnam is the zone that a Vietnamese bank's days are of.
var vietnam = time.FixedZone("ICT", 7*3600)

// New makes a bank, or brings it back from its journal.
func New(cfg Config) (*Bank, error) {
	if cfg.Token == "" {
		return nil, errors.New("sandbox: a bank needs a token")
	}
	cfg = cfg.orDefault()
	b := &Bank{
		cfg: cfg, dice: dice(cfg.Seed), faults: *cfg.Faults, forced: map[string]string{}, notify: cfg.Notify,
		accounts: map[number]*account{}, messages: map[string]*message{}, seen: map[string]bool{},
		event: cfg.FirstEvent, returns: map[time.Time][]returning{}, paid: map[string]keyed{},
	}
	b.post = newPostman(b)
	b.day = midnight(cfg.Wall())
	if cfg.Day != "" {
		day, err := time.Parse(time.DateOnly, cfg.Day)
		if err != nil {
			return nil, fmt.Errorf("sandbox: first day: %w", err)
		}
		b.setClock(dayTime(day))
	}
	if cfg.Dir != "" {
		if err := b.openJournal(cfg.Dir); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// Close waits for notices on their way and closes the journal.
func (b *Bank) Close() error {
	b.post.close()
	if b.journal == nil {
		return nil
	}
	return b.journal.Close()
}

// midnight is the day of t in Vietnam, at UTC midnight.
func midnight(t time.Time) time.Time {
	y, m, d := t.In(vietnam).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// dayTime is eight in the morning of a day in Vietnam.
func dayTime(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), 8, 0, 0, 0, vietnam)
}

// now is the bank's time: the one that was set, moving on, or the wall clock.
func (b *Bank) now() time.Time {
	wall := b.cfg.Wall()
	if b.at.IsZero() {
		return wall
	}
	return b.at.Add(wall.Sub(b.set))
}

func (b *Bank) setClock(at time.Time) {
	b.at, b.set = at, b.cfg.Wall()
	b.day = midnight(at)
}

// errPast says that a clock cannot go back.
var errPast = errors.New("the clock cannot go back")

// advance ends every day before that of at, in order, and begins the next.
func (b *Bank) advance(at time.Time) error {
	to := midnight(at)
	if to.Before(b.day) {
		return fmt.Errorf("%w from %s to %s", errPast, b.day.Format(time.DateOnly), to.Format(time.DateOnly))
	}
	if to.Sub(b.day) > 3700*24*time.Hour {
		return errors.New("the clock cannot jump more than ten years")
	}
	for b.day.Before(to) {
		b.endDay()
		b.day, b.refs = b.day.AddDate(0, 0, 1), 0
		b.beginDay()
	}
	b.setClock(at)
	return nil
}

// reference is the bank's own reference of a line, unique for ever.
// Example: FT26306000001.
func (b *Bank) reference() string {
	b.refs++
	return fmt.Sprintf("FT%s%03d%06d", b.day.Format("06"), b.day.YearDay(), b.refs)
}

// keepUp moves a clock that was never set along with the wall clock.
func (b *Bank) keepUp() {
	if b.at.IsZero() && midnight(b.cfg.Wall()).After(b.day) && !b.replay {
		at := b.at
		if err := b.advance(b.cfg.Wall()); err == nil {
			b.at = at
		}
	}
}
