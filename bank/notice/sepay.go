package notice

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// sePay: header "X-SePay-Signature: sha256=<hex>" is HMAC-SHA256 over
// "<X-SePay-Timestamp>." and the raw body; or, unsigned, "Authorization: Apikey <key>".
func sePay(secret []byte, h http.Header, body []byte, now time.Time) ([]Notice, error) {
	if err := sePayBelieved(secret, h, body, now); err != nil {
		return nil, err
	}
	var d struct {
		ID              json.Number `json:"id"`
		TransactionDate string      `json:"transactionDate"`
		AccountNumber   string      `json:"accountNumber"`
		SubAccount      *string     `json:"subAccount"`
		Code            *string     `json:"code"`
		Content         string      `json:"content"`
		TransferType    string      `json:"transferType"`
		TransferAmount  json.Number `json:"transferAmount"`
		ReferenceCode   string      `json:"referenceCode"`
		Accumulated     json.Number `json:"accumulated"`
	}
	if err := strict(body, &d); err != nil {
		return nil, &BodyError{err.Error()}
	}
	if d.TransferType != "in" && d.TransferType != "out" {
		return nil, &BodyError{"transferType is neither in nor out"}
	}
	amount, err := whole(d.TransferAmount)
	if err != nil {
		return nil, err
	}
	n := Notice{
		Provider: "sepay", In: d.TransferType == "in", Amount: amount,
		EventID: d.ID.String(), Reference: d.ReferenceCode, Memo: d.Content,
		Account: d.AccountNumber, OccurredAt: wallClock(d.TransactionDate),
	}
	if d.SubAccount != nil {
		n.VirtualAccount = *d.SubAccount
	}
	if d.Code != nil {
		n.Code = *d.Code
	}
	if v, err := whole(d.Accumulated); err == nil {
		n.Balance = &v
	}
	return finish(n)
}

func sePayBelieved(secret []byte, h http.Header, body []byte, now time.Time) error {
	if sig, ok := strings.CutPrefix(h.Get("X-SePay-Signature"), "sha256="); ok {
		return signedTime(secret, h.Get("X-SePay-Timestamp"), sig, body, now)
	}
	key, ok := strings.CutPrefix(h.Get("Authorization"), "Apikey ")
	if !ok || subtle.ConstantTimeCompare([]byte(key), secret) != 1 {
		return ErrSignature
	}
	return nil
}

// signedTime checks HMAC-SHA256 hex over "<unix seconds>." and the body, then the time.
func signedTime(secret []byte, timestamp, sig string, body []byte, now time.Time) error {
	if !equalHex(timeMAC(secret, timestamp, body), sig) {
		return ErrSignature
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || !within(time.Unix(seconds, 0), now) {
		return ErrClock
	}
	return nil
}

func timeMAC(secret []byte, timestamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return mac.Sum(nil)
}
