package registry

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// failing stands before a register and answers 503 for the first so many messages.
func failing(t *testing.T, times int64) (*Client, *atomic.Int64) {
	server, client, _ := sandbox(t, PopulationOf(people(40)), "", "none")
	server.Access = nil
	var asked atomic.Int64
	inner := server.Handler()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) <= times {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	client.URL, client.ClientID = srv.URL, ""
	client.Batch, client.InFlight, client.Attempts = 1, 4, 40
	return client, &asked
}

func fortyQueries() (out []Query) {
	for i := range 40 {
		out = append(out, Query{ID: number(i), Number: number(i)})
	}
	return out
}

func TestTheCircuitOpensAndOneMessageTries(t *testing.T) {
	t.Parallel()
	client, asked := failing(t, 12)
	var mu sync.Mutex
	var states []CircuitState
	var rests []time.Duration
	client.Backoff = time.Nanosecond
	client.Sleep = func(ctx context.Context, d time.Duration) error {
		if d >= time.Second { // a rest: nobody asks meanwhile
			before := asked.Load()
			time.Sleep(20 * time.Millisecond)
			if more := asked.Load() - before; more > 3 { // those in flight when it opened
				t.Errorf("%d messages while the register rests", more)
			}
			rests = append(rests, d)
		}
		return ctx.Err()
	}
	client.OnCircuit = func(c CircuitChange) {
		mu.Lock()
		defer mu.Unlock()
		states = append(states, c.State)
	}
	got, err := client.Search(t.Context(), fortyQueries())
	if err != nil || len(got) != 40 {
		t.Fatalf("%d answers, %v", len(got), err)
	}
	if len(states) < 3 || states[0] != CircuitOpen || states[1] != CircuitHalf || states[len(states)-1] != CircuitClosed || slices.Contains(states, CircuitGaveUp) {
		t.Errorf("states %v", states)
	}
	if len(rests) == 0 || rests[0] != firstRest {
		t.Errorf("rests %v", rests)
	}
}

func TestTheCircuitGivesUpAndSaysSoAtOnce(t *testing.T) {
	t.Parallel()
	client, asked := failing(t, 1<<40)
	now := october
	client.Now = func() time.Time { return now }
	client.InFlight = 1
	var last CircuitChange
	client.OnCircuit = func(c CircuitChange) { last = c }
	_, err := client.Search(t.Context(), fortyQueries())
	if !errors.Is(err, ErrOpen) || !errors.Is(err, ErrUnreachable) || last.State != CircuitGaveUp || last.Cause == nil {
		t.Fatalf("%v; %+v", err, last)
	}
	if n := asked.Load(); n != tripAfter+tries {
		t.Errorf("asked %d times, want %d and %d tries", n, tripAfter, tries)
	}
	before := asked.Load()
	if _, err := client.Search(t.Context(), fortyQueries()); !errors.Is(err, ErrOpen) || asked.Load() != before {
		t.Errorf("asked again during the rest: %d more, %v", asked.Load()-before, err)
	}
	now = last.Until.Add(time.Second)
	if _, err := client.Search(t.Context(), fortyQueries()); !errors.Is(err, ErrOpen) || asked.Load() != before+1 {
		t.Errorf("after the rest: %d more, %v", asked.Load()-before, err)
	}
}

func TestWhoGivesUpLeavesTheCircuitAsItWas(t *testing.T) {
	t.Parallel()
	client, _ := failing(t, 1<<40)
	ctx, cancel := context.WithCancel(t.Context())
	client.Sleep = func(ctx context.Context, d time.Duration) error {
		if d >= time.Second {
			cancel()
		}
		return ctx.Err()
	}
	if _, err := client.Search(ctx, fortyQueries()); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if client.circuit.trying || client.circuit.state != CircuitOpen {
		t.Errorf("left %+v", &client.circuit)
	}
}
