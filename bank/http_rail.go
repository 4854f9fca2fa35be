package bank

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// HTTPRail sends pain.001 to a bank over HTTP and takes its pain.002:
//
//	POST {Base}/payments            body pain.001, answer pain.002
//	GET  {Base}/payments/{id}       answer pain.002, or 404
//	POST {Base}/payments/{id}/cancel
//
// The bank answers the same message id with its first answer.
type HTTPRail struct {
	Base   string       // such as https://bank.example/api
	Token  string       // bearer token
	Client *http.Client // with its timeout; nil means one of five minutes
}

// maxAnswer bounds a pain.002: 100,000 refused transfers take some 40 MB.
const maxAnswer = 256 << 20

// Local is false: a bank is never called inside a transaction.
func (r *HTTPRail) Local() bool { return false }

// Submit sends the message. What fails before a connection stands, and a refusal by
// status 4xx, is certainly not taken; everything else is ErrUnknown.
func (r *HTTPRail) Submit(ctx context.Context, _ pgx.Tx, m Message) (Answer, error) {
	if m.Kind != "pain001" {
		return Answer{}, fmt.Errorf("bank: submit %s: this rail takes pain001, not %s", m.ID, m.Kind)
	}
	return r.do(ctx, m.ID, http.MethodPost, "/payments", m.Content)
}

// Status asks for the present pain.002 of a message.
func (r *HTTPRail) Status(ctx context.Context, _ pgx.Tx, messageID string) (Answer, error) {
	return r.do(ctx, messageID, http.MethodGet, "/payments/"+url.PathEscape(messageID), nil)
}

// Cancel asks the bank to stop a message that is not yet executed.
func (r *HTTPRail) Cancel(ctx context.Context, _ pgx.Tx, messageID string) (Answer, error) {
	return r.do(ctx, messageID, http.MethodPost, "/payments/"+url.PathEscape(messageID)+"/cancel", nil)
}

func (r *HTTPRail) do(ctx context.Context, messageID, method, path string, body []byte) (Answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(r.Base, "/")+path, bytes.NewReader(body))
	if err != nil {
		return Answer{}, fmt.Errorf("bank: ask about %s: %w", messageID, err)
	}
	req.Header.Set("Authorization", "Bearer "+r.Token)
	req.Header.Set("Idempotency-Key", messageID)
	if body != nil {
		req.Header.Set("Content-Type", "application/xml")
	}
	resp, err := r.client().Do(req)
	if err != nil {
		if neverArrived(err) {
			return Answer{}, fmt.Errorf("bank: reach the bank about %s: %w", messageID, err)
		}
		return Answer{}, fmt.Errorf("bank: %s: %w (%v)", messageID, ErrUnknown, err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	switch {
	case resp.StatusCode == http.StatusNotFound && method == http.MethodGet:
		return Answer{}, fmt.Errorf("bank: %s: %w", messageID, ErrNoMessage)
	case resp.StatusCode >= 500 || err != nil:
		return Answer{}, fmt.Errorf("bank: %s: %w (status %s)", messageID, ErrUnknown, resp.Status)
	case resp.StatusCode != http.StatusOK:
		return Answer{}, fmt.Errorf("bank: %s: the bank refused the request: %s: %s", messageID, resp.Status, firstLine(raw))
	}
	id, a, err := ReadAnswer(raw)
	if err != nil {
		return Answer{}, fmt.Errorf("bank: %s: %w (its answer cannot be read: %v)", messageID, ErrUnknown, err)
	}
	if id != messageID {
		return Answer{}, fmt.Errorf("bank: %s: %w (it answered about %s)", messageID, ErrUnknown, id)
	}
	return a, nil
}

// client follows no redirect: a payment file goes to the bank it was told, or nowhere.
func (r *HTTPRail) client() *http.Client {
	c := http.Client{Timeout: 5 * time.Minute}
	if r.Client != nil {
		c = *r.Client
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

// neverArrived tells whether a request failed before anything was sent.
func neverArrived(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

func firstLine(b []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
	if len(line) > 300 {
		line = line[:300]
	}
	return line
}
