package notice

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// SignBody signs any body as the provider would, as far as it can be signed.
func SignBody(provider string, secret, body []byte, now time.Time) (http.Header, []byte) {
	h := http.Header{}
	seconds := strconv.FormatInt(now.Unix(), 10)
	switch provider {
	case "payos":
		if text, err := payOSText(body); err == nil {
			body, _ = json.Marshal(map[string]any{"data": json.RawMessage(body), "signature": hex.EncodeToString(payOSMAC(secret, text))})
		}
	case "casso":
		if sorted, err := sortedJSON(body); err == nil {
			ms := strconv.FormatInt(now.UnixMilli(), 10)
			mac := hmac.New(sha512.New, secret)
			mac.Write([]byte(ms + "."))
			mac.Write(sorted)
			h.Set("X-Casso-Signature", "t="+ms+",v1="+hex.EncodeToString(mac.Sum(nil)))
		}
	case "casso-v1":
		h.Set("Secure-Token", string(secret))
	case "sepay":
		h.Set("X-SePay-Timestamp", seconds)
		h.Set("X-SePay-Signature", "sha256="+hex.EncodeToString(timeMAC(secret, seconds, body)))
	case "hmac":
		h.Set("X-Timestamp", seconds)
		h.Set("X-Signature", "sha256="+hex.EncodeToString(timeMAC(secret, seconds, body)))
	}
	return h, body
}
