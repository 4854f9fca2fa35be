package notice

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"ansinh.vn/money"
)

// plainBody is the body of the generic profile "hmac", for a bank or a gateway that
// has no profile of its own.
type plainBody struct {
	ID             string      `json:"id"`
	Direction      string      `json:"direction"` // "in" or "out"
	Amount         json.Number `json:"amount"`
	BIN            string      `json:"bank,omitempty"`
	Account        string      `json:"account"`
	VirtualAccount string      `json:"virtual_account,omitempty"`
	Memo           string      `json:"memo"`
	Reference      string      `json:"reference"`
	PayerName      string      `json:"payer_name,omitempty"`
	PayerAccount   string      `json:"payer_account,omitempty"`
	PayerBIN       string      `json:"payer_bank,omitempty"`
	Balance        json.Number `json:"balance,omitempty"`
	OccurredAt     string      `json:"occurred_at"` // RFC 3339
}

// plainHMAC: header "X-Signature: sha256=<hex>" is HMAC-SHA256 over "<X-Timestamp>." and
// the raw body; X-Timestamp is Unix seconds.
func plainHMAC(secret []byte, h http.Header, body []byte, now time.Time) ([]Notice, error) {
	const prefix = "sha256="
	sig := h.Get("X-Signature")
	if len(sig) < len(prefix) || sig[:len(prefix)] != prefix {
		return nil, ErrSignature
	}
	if err := signedTime(secret, h.Get("X-Timestamp"), sig[len(prefix):], body, now); err != nil {
		return nil, err
	}
	var b plainBody
	if err := strict(body, &b); err != nil {
		return nil, &BodyError{err.Error()}
	}
	if b.Direction != "in" && b.Direction != "out" {
		return nil, &BodyError{"direction is neither in nor out"}
	}
	amount, err := whole(b.Amount)
	if err != nil {
		return nil, err
	}
	n := Notice{
		Provider: "hmac", EventID: b.ID, In: b.Direction == "in", Amount: amount,
		BIN: b.BIN, Account: b.Account, VirtualAccount: b.VirtualAccount, Memo: b.Memo, Reference: b.Reference,
		PayerName: b.PayerName, PayerAccount: b.PayerAccount, PayerBIN: b.PayerBIN, OccurredAt: wallClock(b.OccurredAt),
	}
	if v, err := whole(b.Balance); err == nil {
		n.Balance = &v
	}
	return finish(n)
}

// Sign makes the body and the signing headers of a notice as the provider would, for
// the profiles "sepay" and "hmac": the sandbox bank's side. SePay's event id is a
// number.
func Sign(provider string, secret []byte, n Notice, now time.Time) (http.Header, []byte, error) {
	var body any
	header := ""
	direction := "out"
	if n.In {
		direction = "in"
	}
	switch provider {
	case "hmac":
		header = "X-"
		body = plainBody{
			ID: n.EventID, Direction: direction, Amount: number(&n.Amount), BIN: n.BIN, Account: n.Account,
			VirtualAccount: n.VirtualAccount, Memo: n.Memo, Reference: n.Reference, PayerName: n.PayerName,
			PayerAccount: n.PayerAccount, PayerBIN: n.PayerBIN, Balance: number(n.Balance),
			OccurredAt: n.OccurredAt.Format(time.RFC3339),
		}
	case "sepay":
		header = "X-SePay-"
		if _, err := strconv.ParseInt(n.EventID, 10, 64); err != nil {
			return nil, nil, fmt.Errorf("notice: sign for sepay: event id %q is not a number", n.EventID)
		}
		optional := func(s string) *string {
			if s == "" {
				return nil
			}
			return &s
		}
		body = struct {
			ID              json.Number `json:"id"`
			Gateway         string      `json:"gateway"`
			TransactionDate string      `json:"transactionDate"`
			AccountNumber   string      `json:"accountNumber"`
			SubAccount      *string     `json:"subAccount"`
			Code            *string     `json:"code"`
			Content         string      `json:"content"`
			TransferType    string      `json:"transferType"`
			Description     string      `json:"description"`
			TransferAmount  json.Number `json:"transferAmount"`
			ReferenceCode   string      `json:"referenceCode"`
			Accumulated     json.Number `json:"accumulated,omitempty"`
		}{
			ID: json.Number(n.EventID), Gateway: n.BIN, TransactionDate: n.OccurredAt.In(vietnam).Format("2006-01-02 15:04:05"),
			AccountNumber: n.Account, SubAccount: optional(n.VirtualAccount), Code: optional(n.Code), Content: n.Memo,
			TransferType: direction, TransferAmount: number(&n.Amount), ReferenceCode: n.Reference, Accumulated: number(n.Balance),
		}
	default:
		return nil, nil, fmt.Errorf("notice: sign for %q: %w", provider, ErrProvider)
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, nil, fmt.Errorf("notice: sign for %s: %w", provider, err)
	}
	timestamp := strconv.FormatInt(now.Unix(), 10)
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	h.Set(header+"Timestamp", timestamp)
	h.Set(header+"Signature", "sha256="+hex.EncodeToString(timeMAC(secret, timestamp, raw)))
	return h, raw, nil
}

func number(v *money.VND) json.Number {
	if v == nil {
		return ""
	}
	return json.Number(strconv.FormatInt(int64(*v), 10))
}
