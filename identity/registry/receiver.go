package registry

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
)

// Errors of whoever takes a callback in.
var (
	// ErrNotAsked: nobody here asked what this would answer.
	ErrNotAsked = errors.New("nothing was asked under this transaction")
	// ErrTaken: the message was taken in before, or came too late to matter: it is
	// acknowledged as one that nothing follows from (NACK).
	ErrTaken = errors.New("the message changes nothing any more")
	// ErrOtherMessage: another message came under the same id before.
	ErrOtherMessage = errors.New("another message came under this id before")
)

// Receiver is the address that a register calls back: it takes on-search,
// on-subscribe, on-unsubscribe, txn/on-status and notify. Nothing that is not signed by
// the register, for us and just now is ever handed on.
type Receiver struct {
	Client *Client
	Take   func(ctx context.Context, cb Callback, body []byte) error // durable before it returns nil
	Tell   func(cb Callback, err error)                              // how each message fared, for the log
}

func (r Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := requestBody(req, "")
	var cb Callback
	if err == nil {
		cb, err = r.Client.ReadCallback(body)
	}
	if err == nil {
		err = r.Take(req.Context(), cb, body)
	}
	if r.Tell != nil {
		r.Tell(cb, err)
	}
	var refused *refusal
	switch {
	case err == nil:
		r.acknowledge(w, cb, "ACK")
	case errors.Is(err, ErrTaken):
		r.acknowledge(w, cb, "NACK")
	case errors.As(err, &refused):
		turnAway(w, refused)
	case errors.Is(err, ErrSignature):
		refuse(w, http.StatusForbidden, errSignatureInvalid, "the message is not signed by the register, for us, just now")
	case errors.Is(err, ErrMalformed), errors.Is(err, ErrAction):
		refuse(w, http.StatusBadRequest, errBadRequest, "the message cannot be read as a callback")
	case errors.Is(err, ErrNotAsked):
		refuse(w, http.StatusNotFound, "err.request.not_found", ErrNotAsked.Error())
	case errors.Is(err, ErrOtherMessage):
		refuse(w, http.StatusConflict, errBadRequest, ErrOtherMessage.Error())
	default: // ours to mend: the register sends it again
		refuse(w, http.StatusInternalServerError, errUnavailable, "the message could not be taken in; send it again")
	}
}

func (r Receiver) acknowledge(w http.ResponseWriter, cb Callback, status string) {
	body, _ := json.Marshal(acknowledgement{ackMessage{Ack: status, Correlation: or(cb.Correlation, cb.Message), Time: r.Client.now().UTC().Format(time.RFC3339)}})
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body)
}
