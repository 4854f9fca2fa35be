package markets

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"ansinh.vn/money"
)

// TestChargeMachine lives a charge through any row of payments, expiry and cancelling,
// and keeps what must hold after each.
func TestChargeMachine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := ChargeState{State: Waiting, Amount: money.VND(rapid.Int64Range(1, 10_000_000).Draw(t, "amount")), ExpiresAt: morning.Add(15 * time.Minute)}
		now := morning
		var sum money.VND
		var came int
		t.Repeat(map[string]func(*rapid.T){
			"money": func(t *rapid.T) {
				before := c
				amount := money.VND(rapid.OneOf(rapid.Int64Range(1, 20_000_000), rapid.Just(int64(c.Amount)), rapid.Just(max(1, int64(c.Amount-c.Received)))).Draw(t, "amount"))
				inTime := !now.After(c.ExpiresAt)
				after, err := c.receive(amount, inTime, now)
				if err != nil {
					t.Fatal(err)
				}
				sum, came, c = sum+amount, came+1, after
				if before.State == Late && c.State != Late {
					t.Fatalf("late becomes %s", c.State)
				}
				if c.State == Paid && (!inTime || sum != c.Amount) {
					t.Fatalf("paid with %d of %d, in time %v", sum, c.Amount, inTime)
				}
				if (before.State == Paid || before.State == Over) && (c.State != Over || c.Warning != WarnTwice) {
					t.Fatalf("paid twice is %s, warning %q", c.State, c.Warning)
				}
			},
			"time": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(1, 20).Draw(t, "minutes")) * time.Minute)
				if c.State == Waiting && !now.Before(c.ExpiresAt) {
					c.State = Expired
				}
			},
			"cancel": func(*rapid.T) {
				if c.State == Waiting {
					c.State = Cancelled
				}
			},
			"": func(t *rapid.T) {
				if c.Received != sum || c.Payments != came {
					t.Fatalf("received %d in %d, came %d in %d", c.Received, c.Payments, sum, came)
				}
				good := map[State]bool{Waiting: sum == 0, Expired: sum == 0, Cancelled: sum == 0, Paid: sum == c.Amount,
					Short: sum > 0 && sum < c.Amount, Over: sum > c.Amount, Late: sum > 0}
				if !good[c.State] {
					t.Fatalf("%s with %d of %d", c.State, sum, c.Amount)
				}
			},
		})
	})
}
