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

// failing stands before a register and answers 503 until it is well.
func failing(t *testing.T) (client *Client, asked *atomic.Int64, well *atomic.Bool) {
	server, c, _ := sandbox(t, PopulationOf(people(40)), "", "none")
	client = c
	server.Access = nil
	asked, well = new(atomic.Int64), new(atomic.Bool)
	inner := server.Handler()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1); !well.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	client.URL, client.ClientID = srv.URL, ""
	client.Batch, client.InFlight, client.Attempts = 1, 4, 40
	return client, asked, well
}

func fortyQueries() (out []Query) {
	for i := range 40 {
		out = append(out, Query{ID: number(i), Number: number(i)})
	}
	return out
}

func TestTheCircuitOpensAndOneMessageTries(t *testing.T) {
	t.Parallel()
	client, asked, well := failing(t)
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
			well.Store(len(rests) == 2) // the first try fails too
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
	if want := []CircuitState{CircuitOpen, CircuitHalf, CircuitOpen, CircuitHalf, CircuitClosed}; !slices.Equal(states, want) {
		t.Errorf("states %v, want %v", states, want)
	}
	if want := []time.Duration{firstRest, 2 * firstRest}; !slices.Equal(rests, want) {
		t.Errorf("rests %v, want %v", rests, want)
	}
}

func TestTheCircuitGivesUpAndSaysSoAtOnce(t *testing.T) {
	t.Parallel()
	client, asked, _ := failing(t)
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
	client, _, _ := failing(t)
	client.Backoff = time.Nanosecond // so that only a rest is long
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
