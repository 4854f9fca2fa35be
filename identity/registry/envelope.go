package registry

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxMessage bounds one DCI message: 1,000 searches and their answers fit well.
const maxMessage = 16 << 20

// Header is the DCI message header, of requests and of answers.
type header struct {
	Action        string `json:"action"`
	Completed     int    `json:"completed_count,omitzero"`
	Encrypted     bool   `json:"is_msg_encrypted"`
	MessageID     string `json:"message_id"`
	Time          string `json:"message_ts"` // RFC 3339
	ReceiverID    string `json:"receiver_id,omitempty"`
	SenderID      string `json:"sender_id"`
	SenderURI     string `json:"sender_uri,omitempty"` // where callbacks go
	Status        string `json:"status,omitempty"`     // rcvd, pdng, succ, rjct: answers only
	StatusReason  string `json:"status_reason_code,omitempty"`
	StatusMessage string `json:"status_reason_message,omitempty"`
	Total         int    `json:"total_count"`
	Version       string `json:"version,omitempty"`
}

func (h header) time() (time.Time, error) { return time.Parse(time.RFC3339, h.Time) }

// Statuses of a message and of one search in it.
const (
	received  = "rcvd"
	pending   = "pdng"
	succeeded = "succ"
	rejected  = "rjct"
)

// envelope is a message as received: its parts still raw, their canonical form
// (RFC 8785: keys sorted, no blanks) beside, which is what is signed.
type envelope struct {
	Signature string         `json:"signature"`
	Header    jsontext.Value `json:"header"`
	Message   jsontext.Value `json:"message"`

	header    header
	canonical []byte
}

// openEnvelope reads a message. Names that come twice and text that is not
// UTF-8 are refused, so that what was signed has one reading only.
func openEnvelope(body []byte) (*envelope, error) {
	var e envelope
	if err := json.Unmarshal(body, &e); err != nil {
		return nil, fmt.Errorf("not a DCI message: %w", err)
	}
	if e.Header.Kind() != '{' {
		return nil, errors.New("not a DCI message: it has no header")
	}
	if e.Message.Kind() != '{' {
		return nil, errors.New("not a DCI message: it has no message")
	}
	canonical, err := canonicalParts(e.Header, e.Message)
	if err != nil {
		return nil, err
	}
	e.canonical = canonical
	if err := json.Unmarshal(e.Header, &e.header); err != nil {
		return nil, fmt.Errorf("DCI header: %w", err)
	}
	return &e, nil
}

// canonicalParts is the canonical JSON of {header,message}.
func canonicalParts(head, message jsontext.Value) ([]byte, error) {
	v := make(jsontext.Value, 0, len(head)+len(message)+24)
	v = append(v, `{"header":`...)
	v = append(v, head...)
	v = append(v, `,"message":`...)
	v = append(v, message...)
	v = append(v, '}')
	if err := v.Canonicalize(); err != nil {
		return nil, fmt.Errorf("canonical JSON: %w", err)
	}
	return v, nil
}

// seal writes a signed message.
func seal(h header, message any, sign Signer, now time.Time) ([]byte, error) {
	head, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("DCI header: %w", err)
	}
	inner, err := json.Marshal(message)
	if err != nil {
		return nil, fmt.Errorf("DCI message: %w", err)
	}
	canonical, err := canonicalParts(head, inner)
	if err != nil {
		return nil, err
	}
	signature, err := sign.Sign(canonical, now)
	if err != nil {
		return nil, err
	}
	quoted, err := jsontext.AppendQuote(nil, signature)
	if err != nil {
		return nil, fmt.Errorf("signature: %w", err)
	}
	body := make([]byte, 0, len(canonical)+len(quoted)+16)
	body = append(body, canonical[:len(canonical)-1]...)
	body = append(body, `,"signature":`...)
	body = append(body, quoted...)
	return append(body, '}'), nil
}

// readBody reads a message of a bounded size.
func readBody(r io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, maxMessage+1))
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	if len(body) > maxMessage {
		return nil, fmt.Errorf("the message is larger than %d MB", maxMessage>>20)
	}
	return body, nil
}
