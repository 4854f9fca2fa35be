package sandbox

import (
	"log/slog"
	"time"

	"ansinh.vn/money"
)

// Config is what a bank is made of. The zero value of a field means its default.
type Config struct {
	Seed  uint64
	Token string // bearer token; must not be empty
	BIN   string // the bank's own; default 970436
	Name  string // default "Ngân hàng Thử nghiệm An Sinh"
	Day   string // first day, YYYY-MM-DD; "" means that the clock is the wall clock until it is set

	// Dir keeps the journal from which a bank comes back after a restart; "" keeps
	// nothing.
	Dir string

	// Details says how a batch is debited when the customer asked for batch booking:
	// "batch" (one line with count and sum, the default), "details" (one line that
	// lists its transfers) or "lines" (a line a transfer, whatever was asked for).
	Details string

	Fee    money.VND // a batch; default 22,000; negative means none
	Faults *Faults   // default DefaultFaults

	Notify Notify

	// Wall is the wall clock; default time.Now. FirstEvent is the id of the first
	// notice; by default it grows with the wall clock, so that a bank that forgot
	// everything does not use an id twice.
	Wall       func() time.Time
	FirstEvent int64
	LateBy     time.Duration // how late a late notice is; default 3 s
	Log        *slog.Logger
}

// Notify says where notices go and how they are signed.
type Notify struct {
	URL     string `json:"url"`
	Profile string `json:"profile"` // "sepay" or "hmac"; default "sepay"
	Secret  string `json:"secret"`
}

// Faults are the shares, from 0 to 1, of what goes wrong. The same seed and the same
// input go wrong in the same places.
type Faults struct {
	Reject      float64 `json:"reject"`       // transfers refused with the answer
	Return      float64 `json:"return"`       // transfers returned after the debit
	LateReturn  float64 `json:"late_return"`  // of the returns: one to three days later
	Stranger    float64 `json:"stranger"`     // batches whose account also gets money nobody expected
	DoubleDebit float64 `json:"double_debit"` // batches, or transfers with a line of their own, debited twice, reversed the next day
	Swap        float64 `json:"swap"`         // of transfers with a line of their own: booked with the amount of the next one and the other way round
	LostAnswer  float64 `json:"lost_answer"`  // messages taken whose answer never arrives
	LateDay     float64 `json:"late_day"`     // statements that come a day late
	WrapMemo    float64 `json:"wrap_memo"`    // incoming memos wrapped by the sending bank

	NoticeLost    float64 `json:"notice_lost"`
	NoticeDoubled float64 `json:"notice_doubled"`
	NoticeLate    float64 `json:"notice_late"`
}

// DefaultFaults are shares as they are met in a good month.
var DefaultFaults = Faults{
	Reject: 0.001, Return: 0.008, LateReturn: 0.3, Stranger: 0.05, WrapMemo: 0.3,
	NoticeLost: 0.02, NoticeDoubled: 0.05, NoticeLate: 0.05,
}

func (c Config) orDefault() Config {
	set := func(p *string, v string) {
		if *p == "" {
			*p = v
		}
	}
	set(&c.BIN, "970436")
	set(&c.Name, "Ngân hàng Thử nghiệm An Sinh")
	set(&c.Details, "batch")
	set(&c.Notify.Profile, "sepay")
	if c.Fee == 0 {
		c.Fee = 22_000
	}
	if c.Faults == nil {
		f := DefaultFaults
		c.Faults = &f
	}
	if c.Wall == nil {
		c.Wall = time.Now
	}
	if c.LateBy == 0 {
		c.LateBy = 3 * time.Second
	}
	if c.FirstEvent == 0 {
		c.FirstEvent = c.Wall().UnixMilli() / 100
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}
