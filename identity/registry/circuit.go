package registry

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// A register that fails and fails is left alone for a while: the circuit opens, after
// a rest one message tries (half open), and its success closes the circuit for all.
// When several such tries fail, asking ends with ErrOpen, and who asks again before
// the next rest is over is told so at once.

// The circuit's measures.
const (
	tripAfter  = 10              // failures in a row, over all messages
	firstRest  = 5 * time.Second // doubled after each try that fails
	longestGap = 2 * time.Minute // the longest rest
	tries      = 3               // that may fail before asking ends
)

// CircuitState is how the circuit stands.
type CircuitState string

// The states of a circuit.
const (
	CircuitClosed CircuitState = "closed" // asking goes on
	CircuitOpen   CircuitState = "open"   // the register rests
	CircuitHalf   CircuitState = "half"   // one message tries
	CircuitGaveUp CircuitState = "gave up"
)

// CircuitChange is what a person is told when the circuit changes.
type CircuitChange struct {
	State CircuitState
	Rest  time.Duration // open: how long
	Until time.Time     // open and gave up: until when nothing is asked
	Cause error         // the last failure
}

type circuit struct {
	mu       sync.Mutex
	state    CircuitState // "" is closed
	failures int          // in a row
	failed   int          // tries
	rest     time.Duration
	until    time.Time
	trying   bool
	changed  chan struct{} // closed when the state changes
	cause    error
}

// enter lets a message be sent now or after the register's rest, and returns what is
// to be called with the outcome.
func (c *Client) enter(ctx context.Context) (done func(error), err error) {
	k := &c.circuit
	for {
		k.mu.Lock()
		switch {
		case k.state == "" || k.state == CircuitClosed:
			k.mu.Unlock()
			return c.outcome, nil
		case k.state == CircuitGaveUp && c.now().Before(k.until):
			err := fmt.Errorf("%w until %s: %w", ErrOpen, k.until.Format("15:04:05"), k.cause)
			k.mu.Unlock()
			return nil, err
		case k.state == CircuitGaveUp: // somebody asks after the rest
			k.state, k.failed, k.trying = CircuitHalf, tries-1, true
			k.mu.Unlock()
			c.tell(CircuitChange{State: CircuitHalf})
			return c.outcome, nil
		case k.trying:
			if k.changed == nil {
				k.changed = make(chan struct{})
			}
			wait := k.changed
			k.mu.Unlock()
			select {
			case <-wait:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		default: // open, and nobody tries yet: this message will
			k.trying = true
			rest := k.rest
			k.mu.Unlock()
			if err := c.sleep(ctx, rest); err != nil {
				k.mu.Lock()
				k.trying = false
				k.wake()
				k.mu.Unlock()
				return nil, err
			}
			k.mu.Lock()
			if k.state != CircuitOpen { // an answer that was under way came after all
				k.trying = false
				k.mu.Unlock()
				continue
			}
			k.state = CircuitHalf
			k.mu.Unlock()
			c.tell(CircuitChange{State: CircuitHalf})
			return c.outcome, nil
		}
	}
}

// wake lets those who wait look again; the lock is held.
func (k *circuit) wake() {
	if k.changed != nil {
		close(k.changed)
		k.changed = nil
	}
}

// outcome counts how a message fared: nil for an answer that can be used, also for one
// that refuses. Who asks and gives up themselves says nothing about the register.
func (c *Client) outcome(failure error) {
	k := &c.circuit
	k.mu.Lock()
	before := k.state
	switch {
	case errors.Is(failure, context.Canceled):
		if k.state == CircuitHalf {
			k.state, k.trying = CircuitOpen, false
			k.wake()
		}
		k.mu.Unlock()
		return
	case failure == nil:
		k.state, k.failures, k.failed, k.rest, k.trying = CircuitClosed, 0, 0, 0, false
	case k.state == CircuitHalf:
		k.cause, k.trying, k.failed = failure, false, k.failed+1
		k.rest = min(2*k.rest, longestGap)
		k.until = c.now().Add(k.rest)
		if k.state = CircuitOpen; k.failed >= tries {
			k.state = CircuitGaveUp
		}
	default:
		k.cause, k.failures = failure, k.failures+1
		if k.failures >= tripAfter && (k.state == "" || k.state == CircuitClosed) {
			k.state, k.rest = CircuitOpen, firstRest
			k.until = c.now().Add(k.rest)
		}
	}
	change := CircuitChange{State: k.state, Rest: k.rest, Until: k.until, Cause: k.cause}
	told := k.state != before && before+k.state != CircuitClosed
	if told || failure == nil {
		k.wake()
	}
	k.mu.Unlock()
	if told {
		c.tell(change)
	}
}

func (c *Client) tell(change CircuitChange) {
	if c.OnCircuit != nil {
		c.OnCircuit(change)
	}
}
