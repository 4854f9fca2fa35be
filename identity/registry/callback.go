package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
)

// Callback is a message that a register sent to our address: the answer to an
// asynchronous search, the outcome of a subscription, or events.
type Callback struct {
	Message     string // message id: the same comes once
	Action      string // on-search, on-subscribe, on-unsubscribe, notify or txn-on-status
	Transaction string
	Correlation string
	At          time.Time
	Rejected    string // why the register refused the message that this answers; "" when it did not

	Subscriptions []Subscribed // on-subscribe and on-unsubscribe
	Events        []Event      // notify

	header header
	search searchResponse
}

// Subscribed is how one subscription stands.
type Subscribed struct {
	Reference string
	Code      string
	Active    bool
	Reason    string // why not, as a reason code
	Said      string
}

// ErrAction: a callback of a kind that this address does not take.
var ErrAction = errors.New("the message is of a kind that is not taken here")

// ReadCallback reads a message that the register sent to our address. One that is
// signed by someone else, meant for someone else or signed too long ago is an error
// and nothing of it may be used. Whoever takes it in does so once for each Message.
func (c *Client) ReadCallback(body []byte) (Callback, error) {
	fail := func(kind error, err error) (Callback, error) {
		return Callback{}, fmt.Errorf("registry: callback: %w: %w", kind, err)
	}
	e, err := openEnvelope(body)
	if err != nil {
		return fail(ErrMalformed, err)
	}
	if err := c.trusted(e); err != nil {
		return fail(ErrSignature, err)
	}
	cb, err := readCallback(e)
	if errors.Is(err, ErrAction) {
		return fail(ErrAction, err)
	} else if err != nil {
		return fail(ErrMalformed, err)
	}
	return cb, nil
}

// ReadKept reads a callback that ReadCallback accepted when it came and that was kept
// where nobody else can write: its signature may have run out since.
func ReadKept(body []byte) (Callback, error) {
	e, err := openEnvelope(body)
	if err != nil {
		return Callback{}, fmt.Errorf("registry: kept callback: %w: %w", ErrMalformed, err)
	}
	cb, err := readCallback(e)
	if err != nil {
		return Callback{}, fmt.Errorf("registry: kept callback: %w: %w", ErrMalformed, err)
	}
	return cb, nil
}

func readCallback(e *envelope) (Callback, error) {
	at, err := e.header.time()
	if err != nil || e.header.MessageID == "" {
		return Callback{}, fmt.Errorf("message_id %q, message_ts %q", e.header.MessageID, e.header.Time)
	}
	var ids struct {
		Transaction string `json:"transaction_id"`
		Correlation string `json:"correlation_id"`
	}
	if err := json.Unmarshal(e.Message, &ids); err != nil {
		return Callback{}, err
	}
	cb := Callback{Message: e.header.MessageID, Action: e.header.Action, Transaction: ids.Transaction, Correlation: ids.Correlation, At: at, header: e.header}
	if e.header.Status == rejected {
		cb.Rejected = or(e.header.StatusReason, "rjct") + " " + e.header.StatusMessage
	}
	switch cb.Action {
	case "on-search":
		err = json.Unmarshal(e.Message, &cb.search)
	case "on-subscribe":
		cb.Subscriptions, err = readSubscribed(e)
	case "on-unsubscribe":
		cb.Subscriptions, err = readUnsubscribed(e)
	case "notify":
		cb.Events, err = readEvents(e)
	case "txn-on-status":
	default:
		return Callback{}, fmt.Errorf("%w: %q", ErrAction, cb.Action)
	}
	return cb, err
}

// Answers takes the answers to the queries out of a callback: those that are whole,
// and the queries that have none yet.
func (c *Client) Answers(cb Callback, queries []Query) (answers map[string]Answer, left []Query, err error) {
	if cb.Rejected != "" {
		refused := rejection(cb.header)
		return nil, nil, c.failed(cb.Transaction, 1, refused.err, refused.reason)
	}
	found, err := results(cb.search, queries, cb.header)
	if err != nil {
		return nil, nil, c.failed(cb.Transaction, 1, err, "")
	}
	answers = make(map[string]Answer, len(found))
	for _, q := range queries {
		r, ok := found[q.ID]
		if !ok || r.total >= 0 && r.total != len(r.answer.Records) || twice(r.answer.Records) {
			left = append(left, q) // further pages are not pushed: it is asked again, page by page
			continue
		}
		answers[q.ID] = r.answer
	}
	return answers, left, nil
}

// readEvents reads the events of a notify message.
func readEvents(e *envelope) (events []Event, err error) {
	var m notifyRequest
	if err := json.Unmarshal(e.Message, &m); err != nil {
		return nil, err
	}
	for _, one := range m.Events {
		at, err := time.Parse(time.RFC3339, one.Time)
		if err != nil {
			return nil, fmt.Errorf("timestamp %q", one.Time)
		}
		for _, w := range one.Data.Records {
			r, err := w.record()
			if err != nil {
				return nil, err
			}
			events = append(events, Event{Kind: or(eventKind(one.Data.EventType), one.Data.EventType), Reference: one.Reference, At: at, Record: r})
		}
	}
	return events, nil
}

func readSubscribed(e *envelope) (out []Subscribed, err error) {
	var m subscribeResponse
	if err := json.Unmarshal(e.Message, &m); err != nil {
		return nil, err
	}
	for _, d := range m.Responses {
		s := Subscribed{Reference: d.Reference, Active: d.Status == succeeded, Reason: d.Reason, Said: d.Said}
		if len(d.Subscriptions) > 0 {
			s.Code = d.Subscriptions[0].Code
		}
		out = append(out, s)
	}
	return out, nil
}

func readUnsubscribed(e *envelope) (out []Subscribed, err error) {
	var m unsubscribeResponse
	if err := json.Unmarshal(e.Message, &m); err != nil {
		return nil, err
	}
	for _, d := range m.Codes {
		out = append(out, Subscribed{Code: d.Code, Active: d.Status != "unsubscribe"})
	}
	return out, nil
}

// SendSearch puts the queries in one message to the asynchronous search; the answer
// comes to the callback address under the transaction, which must be new. It tries as
// often as a synchronous search does.
func (c *Client) SendSearch(ctx context.Context, transaction, callback string, queries []Query) error {
	if err := checkQueries(queries); err != nil {
		return err
	}
	return c.acknowledged(ctx, "/registry/search", transaction, func(now time.Time, stamp string) (header, any, error) {
		message, err := c.request(transaction, queries, 1, maxPage, stamp)
		return header{Action: "search", SenderURI: callback, Total: len(queries)}, message, err
	})
}

// acknowledged sends a message to an asynchronous endpoint until it is acknowledged.
func (c *Client) acknowledged(ctx context.Context, path, transaction string, make func(now time.Time, stamp string) (header, any, error)) error {
	return c.insist(ctx, transaction, func() error { return c.sendOnce(ctx, path, make) })
}

func (c *Client) sendOnce(ctx context.Context, path string, make func(now time.Time, stamp string) (header, any, error)) error {
	now := c.now()
	stamp := now.UTC().Format(time.RFC3339)
	h, message, err := make(now, stamp)
	if err != nil {
		return err
	}
	h.Version, h.MessageID, h.Time, h.SenderID, h.ReceiverID = Version, newID(), stamp, c.SenderID, c.ReceiverID
	body, err := seal(h, message, c.Sign, now)
	if err != nil {
		return fmt.Errorf("registry: seal: %w", err)
	}
	answer, err := c.post(ctx, path, body)
	if err != nil {
		return err
	}
	var ack acknowledgement
	if err := json.Unmarshal(answer, &ack); err != nil {
		return &attemptError{err: fmt.Errorf("%w: %w", ErrMalformed, err), again: true}
	}
	switch ack.Message.Ack {
	case "ACK":
		return nil
	case "NACK", "ERR":
		said := ack.Message.Ack
		if ack.Message.Error != nil {
			said = ack.Message.Error.Code + " " + ack.Message.Error.Message
		}
		return &attemptError{err: fmt.Errorf("%w: %s", ErrRejected, said)}
	}
	return &attemptError{err: fmt.Errorf("%w: acknowledged with %q", ErrMalformed, ack.Message.Ack), again: true}
}
