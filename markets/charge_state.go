package markets

import (
	"time"

	"ansinh.vn/money"
)

// State is how far a charge has come.
type State string

// The states of a charge. Only money that the bank side told of leads to the middle four.
const (
	Waiting   State = "waiting"
	Paid      State = "paid"      // exactly what was asked
	Short     State = "short"     // less, so far
	Over      State = "over"      // more, or paid twice
	Late      State = "late"      // after the charge had expired or was cancelled
	Expired   State = "expired"   // nothing came in time
	Cancelled State = "cancelled" // the vendor took it back before anything came
	// Received is no charge's state: money on a stall card or straight to the account.
	Received State = "received"
)

// What a vendor must be warned of, and why.
const (
	WarnTiny         = "tiny"         // less than 1,000 đồng came: nobody sells for that
	WarnThousandfold = "thousandfold" // 200 đồng came for 200,000: the speaker says almost the same
	WarnTwice        = "twice"        // paid already when this money came
	WarnSmallAsk     = "small-ask"    // less than 1,000 đồng is asked for: zeros forgotten?
	WarnBiometrics   = "biometrics"   // above 10 million the payer's bank asks for their face (QĐ 2345/QĐ-NHNN)
	WarnBankLimit    = "bank-limit"   // NAPAS 247 carries less than 500 million
)

const (
	tiny       money.VND = 1_000
	biometrics money.VND = 10_000_000
	bankLimit  money.VND = 500_000_000
)

// ChargeState is what a vendor's page shows of a charge.
type ChargeState struct {
	ID        ChargeID  `json:"id"` // 0: no charge, money on the stall card
	Vendor    VendorID  `json:"vendor"`
	Stall     StallID   `json:"stall,omitempty"`
	Reference string    `json:"reference"`
	Bill      string    `json:"bill,omitempty"`
	Amount    money.VND `json:"amount"`
	Received  money.VND `json:"received"` // in all
	Payments  int       `json:"payments"` // how many it came in
	State     State     `json:"state"`
	Warning   string    `json:"warning,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
	ChangedAt time.Time `json:"changed_at"`
}

// askWarning looks at the amount of a new charge.
func askWarning(amount money.VND) string {
	switch {
	case amount < tiny:
		return WarnSmallAsk
	case amount >= bankLimit:
		return WarnBankLimit
	case amount > biometrics:
		return WarnBiometrics
	}
	return ""
}

// receive is the whole rule of a charge: what it becomes when amount comes, in time or
// not. It is a pure function of what was before.
func (c ChargeState) receive(amount money.VND, inTime bool, now time.Time) (ChargeState, error) {
	sum, err := c.Received.Add(amount)
	if err != nil {
		return c, err
	}
	before := c.State
	c.Received = sum
	c.Payments++
	c.ChangedAt = now
	switch {
	case before == Late, before == Cancelled,
		!inTime && (before == Waiting || before == Expired || before == Short):
		c.State = Late
	case sum < c.Amount:
		c.State = Short
	case sum == c.Amount:
		c.State = Paid
	default:
		c.State = Over
	}
	c.Warning = ""
	switch {
	case before == Paid || before == Over:
		c.Warning = WarnTwice
	case amount == c.Amount/1000 && c.Amount%1000 == 0:
		c.Warning = WarnThousandfold
	case amount < tiny && amount < c.Amount:
		c.Warning = WarnTiny
	}
	return c, nil
}
