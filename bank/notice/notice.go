// Package notice verifies and reads what the bank side says when money moves: the
// webhooks of payOS, Casso (v1 and v2), SePay, and a plain HMAC profile. A notice is
// believed only if its signature or secret holds, in constant time, within a clock
// window where the provider signs a time; without a configured secret everything is
// refused. It knows no database, no clock and no network.
package notice

import (
	"crypto/hmac"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"ansinh.vn/money"
)

// Notice is one movement on one account, as a provider reports it.
type Notice struct {
	Provider string // "payos", "casso", "casso-v1", "sepay", "hmac"
	// EventID is the provider's own id of the event: the same event told again has the
	// same id. Example: "92704".
	EventID        string
	In             bool // money in
	Amount         money.VND
	BIN            string // of the account's bank, where the provider says
	Account        string
	VirtualAccount string
	Memo           string
	Code           string // extracted payment code, where the provider does that
	Reference      string // the bank's own reference
	PayerName      string
	PayerAccount   string
	PayerBIN       string
	Balance        *money.VND // running balance after the movement
	OccurredAt     time.Time  // zero when the provider does not say
}

// Why a request is not believed or not understood.
var (
	ErrNoSecret  = errors.New("no secret is configured for this provider, so nothing from it can be believed")
	ErrSignature = errors.New("the signature does not hold")
	ErrClock     = errors.New("the signed time is too far from now")
	ErrProvider  = errors.New("this provider is not known")
	ErrTooLarge  = errors.New("the notice is larger than 1 MB")
)

// BodyError says that a believed notice cannot be read.
type BodyError struct{ Msg string }

func (e *BodyError) Error() string { return "notice: " + e.Msg }

// Refused marks the input, not the program, as the cause.
func (e *BodyError) Refused() bool { return true }

// MaxBody is the largest body that Verify looks at.
const MaxBody = 1 << 20

// Window is how far a signed time may be from now.
const Window = 5 * time.Minute

// Providers in the order of this list have a page under /notices/{provider}.
var Providers = []string{"payos", "casso", "casso-v1", "sepay", "hmac"}

// Verify checks that the request comes from the provider and reads it. A body may
// carry several movements (Casso v1) or none that concern money (a provider's test
// ping), which is an empty list. now matters to providers that sign a time.
func Verify(provider string, secret []byte, h http.Header, body []byte, now time.Time) ([]Notice, error) {
	if len(secret) == 0 {
		return nil, ErrNoSecret
	}
	if len(body) > MaxBody {
		return nil, ErrTooLarge
	}
	switch provider {
	case "payos":
		return payOS(secret, body)
	case "casso":
		return cassoV2(secret, h, body, now)
	case "casso-v1":
		return cassoV1(secret, h, body)
	case "sepay":
		return sePay(secret, h, body, now)
	case "hmac":
		return plainHMAC(secret, h, body, now)
	}
	return nil, ErrProvider
}

// Reply is the body that the provider expects with status 200 for a notice that is
// kept, or was kept before.
func Reply(provider string) string { return `{"success":true}` }

// Headers returns those headers of a request that are worth keeping beside the raw
// body, without secrets: a header that carries a secret itself keeps only its name.
func Headers(provider string, h http.Header) map[string]string {
	kept := make(map[string]string)
	for _, name := range []string{"Content-Type", "User-Agent", "X-Casso-Signature", "X-Sepay-Signature", "X-Sepay-Timestamp", "X-Signature", "X-Timestamp"} {
		if v := h.Get(name); v != "" {
			kept[name] = v
		}
	}
	for _, name := range []string{"Secure-Token", "Authorization"} {
		if h.Get(name) != "" {
			kept[name] = "…"
		}
	}
	return kept
}

// equalHex compares a MAC with its hex form in constant time.
func equalHex(mac []byte, text string) bool {
	got, err := hex.DecodeString(text)
	return err == nil && hmac.Equal(mac, got)
}

func within(signed, now time.Time) bool {
	d := now.Sub(signed)
	return d <= Window && d >= -Window
}

// vietnam is the zone of every provider's wall-clock times; it has had no other offset
// since 1975.
var vietnam = time.FixedZone("ICT", 7*3600)

func wallClock(s string) time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02T15:04:05", "02/01/2006 15:04:05"} {
		if t, err := time.ParseInLocation(layout, s, vietnam); err == nil {
			return t
		}
	}
	return time.Time{}
}

// whole reads a JSON number as đồng without going through a float.
func whole(n json.Number) (money.VND, error) {
	if n == "" {
		return 0, &BodyError{"an amount is missing"}
	}
	v, err := n.Int64()
	if err != nil {
		return 0, &BodyError{"amount " + clip(n.String()) + " is not whole đồng"}
	}
	return money.VND(v), nil
}

func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
