package payout

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// Settings are what an installation decides about its runs; they stand in the table
// setting under "payout." and the names of the tags.
type Settings struct {
	Opening     money.Month     `json:"-"`              // months before it were settled outside
	SetOffShare decimal.Decimal `json:"set_off_share"`  // at most this part of a payment recovers what was overpaid
	JumpFactor  decimal.Decimal `json:"jump_factor"`    // a month this many times the last, or its inverse, needs a cause
	MaxPayment  money.VND       `json:"max_payment"`    // more than this to one person is looked at first
	CoolingDays int             `json:"cooling_days"`   // a changed account waits this long before the day of knowledge
	LifeMonths  int             `json:"life_months"`    // without any sign of life for so long a payment is shown; 0 asks nothing
	MessageSize int             `json:"message_size"`   // transfers in one message to the bank
	SplitByBank bool            `json:"split_by_bank"`  // a message for each bank of payees
	MessageSum  money.VND       `json:"message_sum"`    // đồng that one message may come to; 0 sets no limit
	InstantSum  money.VND       `json:"instant_sum"`    // transfers from here on go in messages of their own: IBPS carries them, not NAPAS 247
	MoreEyes    bool            `json:"more_eyes"`      // a run far from those before needs one approval more
	YearBirth   time.Month      `json:"year_birth"`     // see Rules
	MonthBirth  int             `json:"month_birth"`    // see Rules
	Merit       bool            `json:"merit_competes"` // see Rules

	Budget map[Scheme]BudgetCode `json:"budget"` // written on the request to the State Treasury
}

// DefaultSettings hold where nothing else is written.
func DefaultSettings() Settings {
	return Settings{
		SetOffShare: decimal.NewFromInt(1), JumpFactor: decimal.NewFromInt(2), MaxPayment: 100_000_000,
		CoolingDays: 7, LifeMonths: 12, MessageSize: 20_000, InstantSum: 500_000_000, YearBirth: time.January,
	}
}

func (s Settings) rules() Rules {
	return Rules{YearBirth: s.YearBirth, MonthBirth: s.MonthBirth, MeritCompetes: s.Merit}
}

// LoadSettings reads the settings over their defaults.
func LoadSettings(ctx context.Context, q pg.Queryer) (s Settings, err error) {
	defer pg.Wrap(&err, "payout: settings")
	s = DefaultSettings()
	var opening, own []byte
	err = q.QueryRow(ctx, `
		select coalesce((select value from setting where key = 'opening_month'), 'null'::jsonb),
		       coalesce((select jsonb_object_agg(substr(key, 8), value) from setting where key like 'payout.%'), '{}'::jsonb)`).
		Scan(&opening, &own)
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(own, &s); err != nil {
		return s, err
	}
	if err := json.Unmarshal(opening, &s.Opening); err != nil {
		return s, fmt.Errorf("opening_month: %w", err)
	}
	if s.SetOffShare.IsNegative() || s.SetOffShare.GreaterThan(decimal.NewFromInt(1)) || s.JumpFactor.LessThan(decimal.NewFromInt(1)) ||
		s.MessageSize < 1 || s.YearBirth < 1 || s.YearBirth > 12 {
		return s, refuse("the settings payout.* hold a value that makes no sense: share from 0 to 1, factor from 1, size from 1, month from 1 to 12")
	}
	return s, nil
}

// actor names a member of staff for the audit log, refusing one who may not act any more.
func actor(ctx context.Context, q pg.Queryer, id StaffID) (string, error) {
	var login string
	err := q.QueryRow(ctx, `select 'staff:' || login from staff where id = $1 and disabled_at is null`, id).Scan(&login)
	if err == pgx.ErrNoRows {
		return "", refuse("staff %d does not exist or is disabled", id)
	}
	return login, err
}
