package registry

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"time"
)

// Client asks one register. Fill the exported fields before the first call and
// leave them alone after it; a Client may be used by many goroutines.
type Client struct {
	URL          string // base of the DCI endpoints. Example: http://127.0.0.1:7081
	SenderID     string // who we are to the register
	ReceiverID   string // who the register is
	Sign         Signer // signs what we send
	Trust        Verifier
	ClientID     string // OAuth2 client_credentials; "" asks without a token
	ClientSecret string

	HTTP     *http.Client  // nil: one with sane limits
	Batch    int           // queries in a message; 0: 200
	InFlight int           // messages at once; 0: 4
	Attempts int           // tries of one message; 0: 6
	Timeout  time.Duration // of one try; 0: 20 s
	Backoff  time.Duration // first pause, doubled each time; 0: 200 ms
	PageSize int           // records asked for by page; 0: 50

	Now    func() time.Time                                 // the day's clock; nil: time.Now
	Jitter func(time.Duration) time.Duration                // a pause of at most that; nil: the whole
	Sleep  func(ctx context.Context, d time.Duration) error // nil: real time

	token tokenCache
}

// Search asks all queries and returns one whole answer each, in their order.
// With an error it returns no answers: what was half answered is not answered.
func (c *Client) Search(ctx context.Context, queries []Query) ([]Answer, error) {
	return nil, errors.New("not built yet")
}

// SearchEach asks the queries as they come, in messages of Batch, at most
// InFlight at once, and gives each whole, verified message's answers to got,
// one call at a time, in the order of the queries. What got has accepted
// stays answered when a later message fails, so that a caller who stores it
// can go on from there.
func (c *Client) SearchEach(ctx context.Context, queries iter.Seq2[Query, error], got func([]Query, []Answer) error) error {
	return errors.New("not built yet")
}
