package notice

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"sort"
	"strings"
)

// payOS: the body's "signature" is HMAC-SHA256 hex over "key=value&…" of data, keys
// sorted, null as empty.
func payOS(secret, body []byte) ([]Notice, error) {
	var envelope struct {
		Data      json.RawMessage `json:"data"`
		Signature string          `json:"signature"`
	}
	if err := strict(body, &envelope); err != nil {
		return nil, ErrSignature // nothing is believed before the signature
	}
	text, err := payOSText(envelope.Data)
	if err != nil {
		return nil, ErrSignature
	}
	if !equalHex(payOSMAC(secret, text), envelope.Signature) {
		return nil, ErrSignature
	}
	var d struct {
		OrderCode            json.Number `json:"orderCode"`
		Amount               json.Number `json:"amount"`
		Description          string      `json:"description"`
		AccountNumber        string      `json:"accountNumber"`
		Reference            string      `json:"reference"`
		TransactionDateTime  string      `json:"transactionDateTime"`
		Currency             string      `json:"currency"`
		PaymentLinkID        string      `json:"paymentLinkId"`
		CounterAccountBankID string      `json:"counterAccountBankId"`
		CounterAccountName   string      `json:"counterAccountName"`
		CounterAccountNumber string      `json:"counterAccountNumber"`
		VirtualAccountNumber string      `json:"virtualAccountNumber"`
	}
	if err := json.Unmarshal(envelope.Data, &d); err != nil {
		return nil, &BodyError{err.Error()}
	}
	if d.Currency != "" && d.Currency != "VND" {
		return nil, &BodyError{"currency " + clip(d.Currency) + " is not VND"}
	}
	amount, err := whole(d.Amount)
	if err != nil {
		return nil, err
	}
	return finish(Notice{
		Provider: "payos",
		// the bank's reference alone repeats between banks; the link makes it one event
		EventID:        join(d.PaymentLinkID, d.Reference),
		In:             true,
		Amount:         amount,
		Account:        d.AccountNumber,
		VirtualAccount: d.VirtualAccountNumber,
		Memo:           d.Description,
		Code:           d.OrderCode.String(),
		Reference:      d.Reference,
		PayerName:      d.CounterAccountName,
		PayerAccount:   d.CounterAccountNumber,
		PayerBIN:       d.CounterAccountBankID,
		OccurredAt:     wallClock(d.TransactionDateTime),
	})
}

func payOSMAC(secret, text []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write(text)
	return mac.Sum(nil)
}

// payOSText builds the signed text from the values as they stand in the body: a number
// keeps its digits, a nested value its JSON.
func payOSText(data json.RawMessage) ([]byte, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil || fields == nil {
		return nil, ErrSignature
	}
	keys := make([]string, 0, len(fields))
	for k := range fields {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	var b bytes.Buffer
	for i, k := range keys {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(k)
		b.WriteByte('=')
		v := fields[k]
		switch {
		case string(v) == "null":
		case len(v) > 0 && v[0] == '"':
			var s string
			if err := json.Unmarshal(v, &s); err != nil {
				return nil, err
			}
			if s != "null" && s != "undefined" { // as the provider's own code writes them
				b.WriteString(s)
			}
		default:
			b.Write(v)
		}
	}
	return b.Bytes(), nil
}

func join(parts ...string) string {
	kept := parts[:0:0]
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, ":")
}

// finish checks what every notice must have.
func finish(n Notice) ([]Notice, error) {
	switch {
	case n.EventID == "":
		return nil, &BodyError{"the event has no id"}
	case len(n.EventID) > 200:
		return nil, &BodyError{"the event id is longer than 200 characters"}
	case n.Amount <= 0:
		return nil, &BodyError{"the amount is not positive"}
	}
	return []Notice{n}, nil
}

// strict decodes JSON with numbers kept as text and nothing behind the value.
func strict(body []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.More() {
		return &BodyError{"something stands behind the JSON value"}
	}
	return nil
}
