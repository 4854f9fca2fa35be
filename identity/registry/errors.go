package registry

import (
	"errors"
	"fmt"
	"time"
)

// What can go wrong between us and the register. Every error of Client wraps
// one of these, so that a caller can say what to do next.
var (
	// ErrUnreachable: no answer after all attempts: down, too slow, or answering 5xx.
	ErrUnreachable = errors.New("the register cannot be reached")
	// ErrUnauthorized: the register does not accept our client id, secret or signature.
	ErrUnauthorized = errors.New("the register refuses our credentials")
	// ErrSignature: an answer without a signature, or with one that does not fit.
	ErrSignature = errors.New("the register's signature cannot be trusted")
	// ErrIncomplete: after all attempts the register still answered only a part.
	ErrIncomplete = errors.New("the register answered only a part")
	// ErrMalformed: an answer that is not a DCI message.
	ErrMalformed = errors.New("the register's answer cannot be read")
	// ErrOpen: the register has failed so often that it is left alone for a while.
	ErrOpen = errors.New("the register has failed again and again and is left alone")
	// ErrCertificate: who answers at the address cannot show that they are the register.
	ErrCertificate = errors.New("the register's certificate cannot be trusted")
	// ErrClock: our clock and the register's are too far apart. It comes with
	// ErrSignature, or with ErrRejected.
	ErrClock = errors.New("the clocks are too far apart")
	// ErrRejected: the register refused the message as a whole, with a reason code.
	ErrRejected = errors.New("the register rejected the message")
)

// CallError says which register failed, on which message, how often it was
// asked and why the last attempt failed.
type CallError struct {
	URL         string
	Transaction string // DCI transaction id, to name to the register's keepers
	Attempts    int
	Reason      string // header reason code, when the register gave one
	Err         error  // wraps one of the sentinels above
}

func (e *CallError) Error() string {
	s := fmt.Sprintf("registry: ask %s (transaction %s, %d attempts): %v", e.URL, e.Transaction, e.Attempts, e.Err)
	if e.Reason != "" {
		s += " (" + e.Reason + ")"
	}
	return s
}

func (e *CallError) Unwrap() error { return e.Err }

// attemptError is the failure of one attempt and whether another may help.
type attemptError struct {
	err    error
	reason string
	again  bool
	after  time.Duration // from Retry-After, zero when not given
}

func (e *attemptError) Error() string { return e.err.Error() }
func (e *attemptError) Unwrap() error { return e.err }
