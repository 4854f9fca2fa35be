package registry

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// result is one search's answer on one page; total is −1 where none was announced.
type result struct {
	answer Answer
	total  int
}

// try sends the queries once and reads the answer. It returns those searches
// that are done; the others were not answered. Its errors are *attemptError.
func (c *Client) try(ctx context.Context, transaction string, queries []Query, page int) (map[string]result, error) {
	now := c.now()
	stamp := now.UTC().Format(time.RFC3339)
	message, err := c.request(transaction, queries, page, or(c.PageSize, 50), stamp)
	if err != nil {
		return nil, err
	}
	head := header{
		Version: Version, MessageID: rand.Text(), Time: stamp, Action: "search",
		SenderID: c.SenderID, ReceiverID: c.ReceiverID, Total: len(queries),
	}
	body, err := seal(head, message, c.Sign, now)
	if err != nil {
		return nil, fmt.Errorf("registry: seal: %w", err)
	}
	answer, err := c.post(ctx, "/registry/sync/search", body)
	if err != nil {
		return nil, err
	}
	e, err := c.answered(answer)
	if err != nil {
		return nil, err
	}
	if e.header.Status == rejected {
		return nil, rejection(e.header)
	}
	var m searchResponse
	if err := json.Unmarshal(e.Message, &m); err != nil {
		return nil, &attemptError{err: fmt.Errorf("%w: %w", ErrMalformed, err), again: true}
	}
	if m.Transaction != transaction || e.header.Action != "on-search" {
		return nil, &attemptError{err: fmt.Errorf("%w: it answers another question", ErrMalformed), again: true}
	}
	return results(m, queries, e.header)
}

// answered opens an answer and checks who signed it.
func (c *Client) answered(body []byte) (*envelope, error) {
	e, err := openEnvelope(body)
	if err != nil {
		return nil, &attemptError{err: fmt.Errorf("%w: %w", ErrMalformed, err), again: true}
	}
	if err := c.trusted(e); err != nil {
		c.stats.unsigned.Add(1)
		return nil, &attemptError{err: fmt.Errorf("%w: %w", ErrSignature, err), again: true}
	}
	return e, nil
}

// rejection is a message that the register refused as a whole.
func rejection(h header) *attemptError {
	err := fmt.Errorf("%w: %s", ErrRejected, h.StatusMessage)
	if h.StatusReason == MessageTimeInvalid {
		err = fmt.Errorf("%w: %w: %s", ErrRejected, ErrClock, h.StatusMessage)
	}
	return &attemptError{err: err, reason: h.StatusReason, again: h.StatusReason == MessageDuplicate}
}

// trusted checks who signed the answer and that it is for us.
func (c *Client) trusted(e *envelope) error {
	if e.header.SenderID != c.ReceiverID {
		return fmt.Errorf("the answer is from %q, asked was %q", e.header.SenderID, c.ReceiverID)
	}
	if e.header.ReceiverID != c.SenderID {
		return fmt.Errorf("the answer is for %q, we are %q", e.header.ReceiverID, c.SenderID)
	}
	return c.Trust.Verify(e.canonical, e.Signature, e.header.SenderID, c.now())
}

// results takes the searches that are done out of a response.
func results(m searchResponse, queries []Query, h header) (map[string]result, error) {
	asked := make(map[string]bool, len(queries))
	for _, q := range queries {
		asked[q.ID] = true
	}
	at, err := h.time()
	if err != nil {
		return nil, &attemptError{err: fmt.Errorf("%w: message_ts %q", ErrMalformed, h.Time), again: true}
	}
	out := make(map[string]result, len(m.Responses))
	for _, d := range m.Responses {
		if !asked[d.Reference] {
			return nil, &attemptError{err: fmt.Errorf("%w: it answers a search that was not asked", ErrMalformed), again: true}
		}
		if _, twice := out[d.Reference]; twice {
			return nil, &attemptError{err: fmt.Errorf("%w: it answers one search twice", ErrMalformed), again: true}
		}
		r := result{answer: Answer{ID: d.Reference, AsOf: at, Message: h.MessageID}, total: -1}
		switch d.Status {
		case succeeded:
			if d.Data == nil && (d.Pagination == nil || d.Pagination.Total != 0) {
				return nil, &attemptError{err: fmt.Errorf("%w: a search that succeeded without data", ErrMalformed), again: true}
			}
		case rejected:
			r.answer.Reason, r.answer.Said = or(d.Reason, CriteriaInvalid), d.Said
		case received, pending:
			continue // not answered yet
		default:
			return nil, &attemptError{err: fmt.Errorf("%w: status %q", ErrMalformed, d.Status), again: true}
		}
		if d.Pagination != nil && d.Status == succeeded {
			r.total = d.Pagination.Total
		}
		if d.Data != nil {
			for _, w := range d.Data.Records {
				record, err := w.record()
				if err != nil {
					return nil, &attemptError{err: fmt.Errorf("%w: %w", ErrMalformed, err), again: true}
				}
				r.answer.Records = append(r.answer.Records, record)
			}
		}
		out[d.Reference] = r
	}
	return out, nil
}

// defaultHTTP goes nowhere but where it was told: a message is full of personal numbers,
// and a redirect would post them, and our secret, to whoever it names.
var defaultHTTP = &http.Client{
	Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute,
		TLSHandshakeTimeout: 10 * time.Second, ForceAttemptHTTP2: true,
	},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func (c *Client) client() *http.Client {
	if c.HTTP != nil {
		return c.HTTP
	}
	return defaultHTTP
}

// post sends a message with a token; one that is refused is renewed once.
func (c *Client) post(ctx context.Context, path string, body []byte) ([]byte, error) {
	for renewed := false; ; renewed = true {
		token, err := c.token(ctx)
		if err != nil {
			return nil, err
		}
		answer, status, err := c.send(ctx, path, token, "application/json", body)
		if status == http.StatusUnauthorized && token != "" && !renewed {
			c.tokens.drop(token)
			continue
		}
		return answer, err
	}
}

// send posts once and sorts what can go wrong into what another try may mend.
func (c *Client) send(ctx context.Context, path, token, kind string, body []byte) (answer []byte, status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, or(c.Timeout, 20*time.Second))
	defer cancel()
	c.stats.messages.Add(1)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(c.URL, "/")+path, bytes.NewReader(body))
	if err != nil {
		return nil, 0, &attemptError{err: fmt.Errorf("%w: %w", ErrUnreachable, err)}
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Accept", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := c.client().Do(req)
	if err != nil {
		if untrusted := new(tls.CertificateVerificationError); errors.As(err, &untrusted) {
			return nil, 0, &attemptError{err: fmt.Errorf("%w: %w", ErrCertificate, err)}
		}
		return nil, 0, &attemptError{err: fmt.Errorf("%w: %w", ErrUnreachable, err), again: true}
	}
	defer resp.Body.Close()
	answer, err = readBody(resp.Body)
	if err != nil {
		return nil, resp.StatusCode, &attemptError{err: fmt.Errorf("%w: %w", ErrUnreachable, err), again: true}
	}
	if resp.StatusCode == http.StatusOK {
		return answer, resp.StatusCode, nil
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16))
	return nil, resp.StatusCode, c.refusal(resp, answer)
}

// refusal reads an answer other than 200.
func (c *Client) refusal(resp *http.Response, body []byte) *attemptError {
	said := resp.Status
	var e httpErrors
	if json.Unmarshal(body, &e) == nil && len(e.Errors) > 0 {
		said += ": " + e.Errors[0].Code + " " + e.Errors[0].Message
	}
	switch code := resp.StatusCode; {
	case code/100 == 3:
		return &attemptError{err: fmt.Errorf("%w: %s to %q, which is not followed: nothing may be sent elsewhere", ErrRejected, said, resp.Header.Get("Location"))}
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return &attemptError{err: fmt.Errorf("%w: %s", ErrUnauthorized, said)}
	case code == http.StatusTooManyRequests || code == http.StatusRequestTimeout || code >= 500:
		after := retryAfter(resp.Header.Get("Retry-After"), c.now())
		if limit := or(c.MaxWait, time.Minute); after > limit {
			return &attemptError{err: fmt.Errorf("%w: %s; it asks to wait %s", ErrUnreachable, said, after.Round(time.Second))}
		}
		return &attemptError{err: fmt.Errorf("%w: %s", ErrUnreachable, said), again: true, after: after}
	}
	return &attemptError{err: fmt.Errorf("%w: %s", ErrRejected, said)}
}

// retryAfter reads seconds or a date (RFC 9110 §10.2.3); zero when it is neither.
func retryAfter(text string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(strings.TrimSpace(text)); err == nil && n >= 0 {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

var errNoToken = errors.New("no access_token in the answer")
