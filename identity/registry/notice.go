package registry

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Event is something that the register tells of its own accord.
type Event struct {
	Kind      string // EventDeath or EventMove
	Reference string // the register's key of the event
	At        time.Time
	Record    Record // the person as they are registered now
}

// Notice is one message of events. The register sends it again when it is not
// sure that it arrived: whoever takes it in does so once for each Message.
type Notice struct {
	Message string
	At      time.Time
	Events  []Event
}

// Subscribe asks the register to tell the callback address of every event of the
// kind in the communes; none named means all. The register confirms by a message
// to the same address.
func (c *Client) Subscribe(ctx context.Context, callback, kind string, communes []string) error {
	now := c.now()
	stamp := now.UTC().Format(time.RFC3339)
	values, err := json.Marshal(communes)
	if err != nil {
		return fmt.Errorf("registry: subscribe: %w", err)
	}
	everybody := predicate{UIN, jsontext.Value(`"0"`), "ge"}
	if len(communes) > 0 {
		everybody = predicate{attrCommune, values, "in"}
	}
	filter, err := json.Marshal([]condition{{Number: 1, One: everybody}})
	if err != nil {
		return fmt.Errorf("registry: subscribe: %w", err)
	}
	transaction := rand.Text()
	head := header{
		Version: Version, MessageID: rand.Text(), Time: stamp, Action: "subscribe", Total: 1,
		SenderID: c.SenderID, SenderURI: callback, ReceiverID: c.ReceiverID,
	}
	body, err := seal(head, subscribeRequest{Transaction: transaction, Requests: []subscribeItem{{
		Reference: transaction, Time: stamp,
		Criteria: subscribeCriteria{Filter: filter, FilterType: byPredicate, Notify: recordType, EventType: kind, RegType: regType},
	}}}, c.Sign, now)
	if err != nil {
		return fmt.Errorf("registry: subscribe: %w", err)
	}
	answer, err := c.post(ctx, "/registry/subscribe", body)
	if err != nil {
		return c.failed(transaction, 1, err, "")
	}
	var ack acknowledgement
	if err := json.Unmarshal(answer, &ack); err != nil {
		return c.failed(transaction, 1, fmt.Errorf("%w: %w", ErrMalformed, err), "")
	}
	if ack.Message.Ack != "ACK" {
		said := ack.Message.Ack
		if ack.Message.Error != nil {
			said = ack.Message.Error.Code + " " + ack.Message.Error.Message
		}
		return c.failed(transaction, 1, fmt.Errorf("%w: %s", ErrRejected, said), "")
	}
	return nil
}

// ReadNotice reads a message that the register sent to our callback address. A
// message that is signed by someone else, or meant for someone else, is an error
// and nothing of it may be used. A message of another kind has no events.
func (c *Client) ReadNotice(body []byte) (Notice, error) {
	e, err := openEnvelope(body)
	if err != nil {
		return Notice{}, fmt.Errorf("registry: notice: %w: %w", ErrMalformed, err)
	}
	if err := c.trusted(e); err != nil {
		return Notice{}, fmt.Errorf("registry: notice: %w: %w", ErrSignature, err)
	}
	at, err := e.header.time()
	if err != nil {
		return Notice{}, fmt.Errorf("registry: notice: %w: message_ts %q", ErrMalformed, e.header.Time)
	}
	n := Notice{Message: e.header.MessageID, At: at}
	if e.header.Action != "notify" {
		return n, nil
	}
	var m notifyRequest
	if err := json.Unmarshal(e.Message, &m); err != nil {
		return Notice{}, fmt.Errorf("registry: notice: %w: %w", ErrMalformed, err)
	}
	for _, one := range m.Events {
		at, err := time.Parse(time.RFC3339, one.Time)
		if err != nil {
			return Notice{}, fmt.Errorf("registry: notice: %w: timestamp %q", ErrMalformed, one.Time)
		}
		for _, w := range one.Data.Records {
			r, err := w.record()
			if err != nil {
				return Notice{}, fmt.Errorf("registry: notice: %w: %w", ErrMalformed, err)
			}
			n.Events = append(n.Events, Event{Kind: one.Data.EventType, Reference: one.Reference, At: at, Record: r})
		}
	}
	return n, nil
}
