package registry

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"sync/atomic"
	"time"
)

// Client asks one register. Fill the exported fields before the first call and
// leave them alone after it; a Client may be used by many goroutines.
type Client struct {
	URL          string // base of the DCI endpoints. Example: http://127.0.0.1:7081
	SenderID     string // who we are to the register
	ReceiverID   string // who the register is; an answer from anyone else is refused
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
	MaxWait  time.Duration // the longest Retry-After that is waited for; 0: 1 min
	PageSize int           // records asked for by page; 0: 50

	Now    func() time.Time                                 // the day's clock; nil: time.Now
	Jitter func(time.Duration) time.Duration                // a pause of at most that; nil: half of it or more, by chance
	Sleep  func(ctx context.Context, d time.Duration) error // nil: real time

	OnCircuit func(CircuitChange) // told when the register is left alone, and when not any more; may be nil

	tokens  tokenCache
	circuit circuit
	stats   struct{ messages, again, unsigned, partial atomic.Int64 }
}

// Stats counts what it took to get the answers.
type Stats struct {
	Messages int64 // requests sent, pages and retries included
	Again    int64 // of those, sent because an earlier one failed
	Unsigned int64 // answers refused for their signature
	Partial  int64 // answers that lacked some of what was asked
}

// Stats returns the counts since the Client was made.
func (c *Client) Stats() Stats {
	return Stats{c.stats.messages.Load(), c.stats.again.Load(), c.stats.unsigned.Load(), c.stats.partial.Load()}
}

// Search asks all queries and returns one whole answer each, in their order.
// With an error it returns no answers: what was half answered is not answered.
func (c *Client) Search(ctx context.Context, queries []Query) ([]Answer, error) {
	out := make([]Answer, 0, len(queries))
	err := c.SearchEach(ctx, func(yield func(Query, error) bool) {
		for _, q := range queries {
			if !yield(q, nil) {
				return
			}
		}
	}, func(_ []Query, answers []Answer) error {
		out = append(out, answers...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// SearchEach asks the queries as they come, in messages of Batch, at most
// InFlight at once, and gives each whole, verified message's answers to got,
// one call at a time, in the order of the queries. What got has accepted
// stays answered when a later message fails, so that a caller who stores it
// can go on from there.
func (c *Client) SearchEach(ctx context.Context, queries iter.Seq2[Query, error], got func([]Query, []Answer) error) error {
	return c.Each(ctx, queries, c.ask, got)
}

// Each is SearchEach by another way of asking one message, such as one that waits for
// a callback. ask is called by several goroutines at once.
func (c *Client) Each(ctx context.Context, queries iter.Seq2[Query, error], ask func(context.Context, []Query) ([]Answer, error), got func([]Query, []Answer) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type job struct {
		queries []Query
		answers []Answer
		err     error
		done    chan struct{}
	}
	// Jobs wait in order; the channel's room is what bounds those in flight,
	// with the one that is being waited for.
	jobs := make(chan *job, or(c.InFlight, 4)-1)
	start := func(j *job) bool {
		select {
		case jobs <- j:
		case <-ctx.Done():
			return false
		}
		go func() {
			defer close(j.done)
			if j.err == nil {
				j.answers, j.err = ask(ctx, j.queries)
			}
		}()
		return true
	}
	go func() {
		defer close(jobs)
		size := or(c.Batch, 200)
		batch := make([]Query, 0, size)
		for q, err := range queries {
			if err != nil {
				start(&job{err: fmt.Errorf("registry: read queries: %w", err), done: make(chan struct{})})
				return
			}
			if batch = append(batch, q); len(batch) == size {
				if !start(&job{queries: batch, done: make(chan struct{})}) {
					return
				}
				batch = make([]Query, 0, size)
			}
		}
		if len(batch) > 0 {
			start(&job{queries: batch, done: make(chan struct{})})
		}
	}()
	var failed error
	for j := range jobs {
		<-j.done
		if failed != nil {
			continue // let what is in flight end
		}
		if failed = j.err; failed == nil {
			failed = got(j.queries, j.answers)
		}
		if failed != nil {
			cancel()
		}
	}
	if failed == nil {
		return ctx.Err()
	}
	return failed
}

func (c *Client) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}
