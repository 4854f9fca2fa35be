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

// ask puts one message's queries until each has its whole answer.
func (c *Client) ask(ctx context.Context, queries []Query) ([]Answer, error) {
	if err := checkQueries(queries); err != nil {
		return nil, err
	}
	transaction := rand.Text()
	answers := make(map[string]Answer, len(queries))
	open := queries
	var last *attemptError
	attempts := or(c.Attempts, 6)
	for n := range attempts {
		if n > 0 {
			if err := c.pause(ctx, n, last.after); err != nil {
				return nil, c.failed(transaction, n, err, "")
			}
			c.stats.again.Add(1)
		}
		var found map[string]result
		err := c.guarded(ctx, func() (err error) {
			found, err = c.try(ctx, transaction, open, 1)
			return err
		})
		var failure *attemptError
		switch {
		case errors.As(err, &failure):
			if ctx.Err() != nil {
				return nil, c.failed(transaction, n+1, ctx.Err(), "")
			}
			if failure.reason == CountExceeded && len(open) > 1 {
				return c.halves(ctx, queries)
			}
			if !failure.again {
				return nil, c.failed(transaction, n+1, failure.err, failure.reason)
			}
			last = failure
			continue
		case err != nil:
			return nil, c.failed(transaction, n+1, err, "")
		}
		if err := c.keep(ctx, transaction, open, found, answers); err != nil {
			return nil, err
		}
		var left []Query
		for _, q := range open {
			if _, ok := answers[q.ID]; !ok {
				left = append(left, q)
			}
		}
		if len(left) == 0 {
			out := make([]Answer, len(queries))
			for i, q := range queries {
				out[i] = answers[q.ID]
			}
			return out, nil
		}
		c.stats.partial.Add(1)
		last = &attemptError{err: fmt.Errorf("%w: %d of %d searches", ErrIncomplete, len(open)-len(left), len(open)), again: true}
		open = left
	}
	return nil, c.failed(transaction, attempts, last.err, last.reason)
}

// guarded makes one attempt through the circuit.
func (c *Client) guarded(ctx context.Context, attempt func() error) error {
	done, err := c.enter(ctx)
	if err != nil {
		return err
	}
	err = attempt()
	var failure *attemptError
	switch {
	case ctx.Err() != nil:
		done(ctx.Err())
	case errors.As(err, &failure) && (failure.again || errors.Is(err, ErrUnreachable)) && failure.reason == "":
		done(failure.err)
	default:
		done(nil) // it answered, whatever it said
	}
	return err
}

// halves asks again in smaller messages, where the register takes fewer at once.
func (c *Client) halves(ctx context.Context, queries []Query) ([]Answer, error) {
	one, err := c.ask(ctx, queries[:len(queries)/2])
	if err != nil {
		return nil, err
	}
	two, err := c.ask(ctx, queries[len(queries)/2:])
	if err != nil {
		return nil, err
	}
	return append(one, two...), nil
}

// keep takes the searches that are done, with their further pages.
func (c *Client) keep(ctx context.Context, transaction string, asked []Query, found map[string]result, answers map[string]Answer) error {
	for _, q := range asked {
		r, ok := found[q.ID]
		if !ok {
			continue
		}
		for page := 2; r.total > len(r.answer.Records); page++ {
			more, err := c.page(ctx, transaction, q, page)
			if err != nil {
				return err
			}
			if more.total != r.total || len(more.answer.Records) == 0 || more.answer.Reason != "" {
				return c.failed(transaction, 1, fmt.Errorf("%w: page %d of the answer to one search does not fit the first", ErrIncomplete, page), "")
			}
			r.answer.Records = append(r.answer.Records, more.answer.Records...)
		}
		if r.total >= 0 && r.total != len(r.answer.Records) {
			return c.failed(transaction, 1, fmt.Errorf("%w: %d records where %d were announced", ErrIncomplete, len(r.answer.Records), r.total), "")
		}
		if twice(r.answer.Records) {
			return c.failed(transaction, 1, fmt.Errorf("%w: its pages overlap", ErrIncomplete), "")
		}
		answers[q.ID] = r.answer
	}
	return nil
}

// twice reports whether someone comes twice, as when pages shifted under us.
func twice(found []Record) bool {
	if len(found) < 2 {
		return false
	}
	seen := make(map[string]bool, len(found))
	for _, r := range found {
		if seen[r.Number] {
			return true
		}
		seen[r.Number] = true
	}
	return false
}

// page asks for a later page of one search.
func (c *Client) page(ctx context.Context, transaction string, q Query, page int) (r result, err error) {
	err = c.insist(ctx, transaction, func() error {
		found, err := c.try(ctx, transaction, []Query{q}, page)
		if err != nil {
			return err
		}
		var ok bool
		if r, ok = found[q.ID]; !ok {
			return &attemptError{err: ErrIncomplete, again: true}
		}
		return nil
	})
	return r, err
}

// insist makes an attempt until it succeeds or cannot, through the circuit and with the
// pauses between.
func (c *Client) insist(ctx context.Context, transaction string, attempt func() error) error {
	last := &attemptError{}
	attempts := or(c.Attempts, 6)
	for n := range attempts {
		if n > 0 {
			if err := c.pause(ctx, n, last.after); err != nil {
				return c.failed(transaction, n, err, "")
			}
			c.stats.again.Add(1)
		}
		err := c.guarded(ctx, attempt)
		if err == nil {
			return nil
		}
		failure := new(attemptError)
		if !errors.As(err, &failure) {
			return c.failed(transaction, n+1, err, "")
		}
		if !failure.again || ctx.Err() != nil {
			return c.failed(transaction, n+1, err, failure.reason)
		}
		last = failure
	}
	return c.failed(transaction, attempts, last.err, last.reason)
}

func (c *Client) failed(transaction string, attempts int, err error, reason string) error {
	return &CallError{URL: c.URL, Transaction: transaction, Attempts: attempts, Reason: reason, Err: err}
}

func checkQueries(queries []Query) error {
	seen := make(map[string]bool, len(queries))
	for _, q := range queries {
		if q.ID == "" || seen[q.ID] {
			return fmt.Errorf("registry: query %q has no key of its own", q.ID)
		}
		seen[q.ID] = true
		if q.Number == "" && q.OldNumber == "" && q.Name == "" && q.Birth == "" {
			return fmt.Errorf("registry: query %q asks for nobody", q.ID)
		}
	}
	return nil
}

// request is the search request of the queries.
func (c *Client) request(transaction string, queries []Query, page, size int, now string) (searchRequest, error) {
	m := searchRequest{Transaction: transaction, Requests: make([]searchItem, 0, len(queries))}
	pages, err := json.Marshal(map[string]int{"page_number": page, "page_size": size}, json.Deterministic(true))
	if err != nil {
		return m, err
	}
	for _, q := range queries {
		kind, query, err := q.wire()
		if err != nil {
			return m, err
		}
		m.Requests = append(m.Requests, searchItem{
			Reference: q.ID, Time: now, Locale: locale,
			Criteria: criteria{Version: Version, RegType: regType, Type: kind, Query: query, Pagination: pages},
		})
	}
	return m, nil
}

// wire is the query in the standard's form.
func (q Query) wire() (kind string, query jsontext.Value, err error) {
	text := func(s string) jsontext.Value {
		v, quoteErr := jsontext.AppendQuote(nil, s)
		err = errors.Join(err, quoteErr)
		return v
	}
	var v any
	switch {
	case q.Number != "":
		kind, v = byIdentifier, identifierQuery{UIN, text(q.Number)}
	case q.OldNumber != "":
		kind, v = byIdentifier, identifierQuery{CMND, text(q.OldNumber)}
	default:
		kind = byPredicate
		var asked []predicate
		for _, p := range []struct{ name, value string }{{attrName, q.Name}, {attrBirth, q.Birth}, {attrCommune, q.Commune}} {
			if p.value != "" {
				asked = append(asked, predicate{p.name, text(p.value), "eq"})
			}
		}
		var list []condition
		for i := 0; i < len(asked); i += 2 {
			one := condition{Number: float64(i/2 + 1), One: asked[i]}
			if i+1 < len(asked) {
				one.Condition, one.Two = "and", &asked[i+1]
			}
			list = append(list, one)
		}
		v = list
	}
	if err != nil {
		return "", nil, fmt.Errorf("registry: query %q: %w", q.ID, err)
	}
	query, err = json.Marshal(v)
	return kind, query, err
}

// pause waits before attempt n: what the register asked for, or a time that
// doubles, with jitter so that many clients do not come back together.
func (c *Client) pause(ctx context.Context, n int, after time.Duration) error {
	d := after
	if d == 0 {
		d = c.jitter(min(or(c.Backoff, 200*time.Millisecond)<<min(n-1, 8), 10*time.Second))
	}
	return c.sleep(ctx, d)
}

func (c *Client) sleep(ctx context.Context, d time.Duration) error {
	if c.Sleep != nil {
		return c.Sleep(ctx, d)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *Client) jitter(d time.Duration) time.Duration {
	if c.Jitter != nil {
		return c.Jitter(d)
	}
	var b [2]byte
	_, _ = rand.Read(b[:])
	return d/2 + d*time.Duration(int(b[0])<<8|int(b[1]))/(2<<16)
}
