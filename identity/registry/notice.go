package registry

import (
	"context"
	"crypto/rand"
	"errors"
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
	Record    Record // the person as they are registered now; a death taken back has no Died
}

// Subscribe asks the register to tell the callback address of every event of the
// kind in the communes; none named means all. The register confirms by a message
// to the same address, under the transaction that is returned.
func (c *Client) Subscribe(ctx context.Context, callback, kind string, communes []string) (transaction string, err error) {
	err = c.SubscribeAs(ctx, callback, kind, communes,
		func(id string) error { transaction = id; return nil }, func(string, error) error { return nil })
	return transaction, err
}

// SubscribeAs is Subscribe for who keeps the transaction before it is sent, because the
// confirmation may be faster than the acknowledgement; failed is told when it was not
// acknowledged.
func (c *Client) SubscribeAs(ctx context.Context, callback, kind string, communes []string, keep func(transaction string) error, failed func(transaction string, err error) error) error {
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
	if err := keep(transaction); err != nil {
		return err
	}
	err = c.acknowledged(ctx, "/registry/subscribe", transaction, func(_ time.Time, stamp string) (header, any, error) {
		return header{Action: "subscribe", Total: 1, SenderURI: callback}, subscribeRequest{Transaction: transaction, Requests: []subscribeItem{{
			Reference: transaction, Time: stamp, Locale: locale,
			Criteria: subscribeCriteria{Version: Version, Filter: filter, FilterType: byPredicate, Notify: recordType, EventType: kind, RegType: regType},
		}}}, nil
	})
	if err != nil {
		return errors.Join(err, failed(transaction, err))
	}
	return nil
}

// Unsubscribe ends subscriptions by their codes; the register confirms to the callback
// address.
func (c *Client) Unsubscribe(ctx context.Context, callback string, codes []string) (transaction string, err error) {
	transaction = rand.Text()
	return transaction, c.acknowledged(ctx, "/registry/unsubscribe", transaction, func(_ time.Time, stamp string) (header, any, error) {
		return header{Action: "unsubscribe", Total: len(codes), SenderURI: callback}, unsubscribeRequest{Transaction: transaction, Time: stamp, Codes: codes}, nil
	})
}
