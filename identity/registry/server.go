package registry

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
)

// Server is a sandbox register: the DCI registry endpoints over a population.
// Fill the exported fields before Handler.
type Server struct {
	ID     string // who the register is: sender_id of its answers
	People *Population
	Sign   Signer
	Trust  Verifier          // of those who may ask
	Keys   Keys              // what /.well-known/jwks.json publishes for ID
	Access map[string]string // OAuth2 client id → secret; empty asks for no token
	Faults *Faults

	// Now is the register's clock. Nil lets each message bring its own time, so
	// that the register lives in the virtual month of whoever asks it; deaths and
	// moves then become known by that time.
	Now func() time.Time

	Limit     int // most searches in a message; 0: 1000
	Found     int // most people that one search may find; 0: 500
	Callback  *http.Client
	TokenLife time.Duration // of a bearer token; 0: an hour
	Again     time.Duration // the first pause before a callback is tried again; 0: 300 ms

	tokens   tokenKey
	messages seen
	txns     transactions
	subs     subscriptions
	work     sync.WaitGroup
}

// Handler serves the endpoints of the standard.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	endpoints := map[string]http.HandlerFunc{
		"POST /oauth2/client/token":      s.giveToken,
		"GET /.well-known/jwks.json":     s.giveKeys,
		"GET /healthz":                   func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) },
		"POST /registry/sync/search":     s.syncSearch,
		"POST /registry/sync/txn/status": s.syncStatus,
		"POST /registry/search":          s.asyncSearch,
		"POST /registry/txn/status":      s.asyncStatus,
		"POST /registry/subscribe":       s.subscribe,
		"POST /registry/unsubscribe":     s.unsubscribe,
		"POST /sandbox/day":              s.tellDay,
	}
	for pattern, serve := range endpoints {
		mux.HandleFunc(pattern, serve)
		method, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Allow", method)
			refuse(w, http.StatusMethodNotAllowed, errBadRequest, r.Method+" is not for "+path)
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, "err.request.not_found", r.Method+" "+r.URL.Path+" is not an endpoint of this register")
	})
	return mux
}

// Wait ends when every callback under way has been sent or given up.
func (s *Server) Wait() { s.work.Wait() }

// refusal is a message that is turned away before it is looked into.
type refusal struct {
	status int
	code   string
	said   string
}

func (r *refusal) Error() string { return r.code + ": " + r.said }

func badRequest(said string) *refusal { return &refusal{http.StatusBadRequest, errBadRequest, said} }

// receive reads a message of an action and checks who sent it, and reads its inner
// message into m. It returns the register's time for the message.
func (s *Server) receive(r *http.Request, action string, m any, needs ...string) (*envelope, time.Time, error) {
	if err := s.checkToken(r); err != nil {
		return nil, time.Time{}, err
	}
	body, err := requestBody(r, action)
	if err != nil {
		return nil, time.Time{}, err
	}
	e, err := openEnvelope(body)
	if err != nil {
		return nil, time.Time{}, badRequest(err.Error())
	}
	if name := missing(e.Header, "message_id", "message_ts", "action", "sender_id", "total_count"); name != "" {
		return nil, time.Time{}, badRequest("the header has no " + name)
	}
	now := time.Now()
	if s.Now != nil {
		now = s.Now()
	} else if sent, err := e.header.time(); err == nil {
		now = sent
	}
	switch {
	case e.header.Encrypted:
		return nil, now, &refusal{http.StatusBadRequest, errEncryption, "this register takes no encrypted messages"}
	case !knows(s.Trust, e.header.SenderID):
		return nil, now, &refusal{http.StatusForbidden, errSenderInvalid, fmt.Sprintf("no sender %q is known here", e.header.SenderID)}
	case e.header.ReceiverID != "" && e.header.ReceiverID != s.ID:
		return nil, now, &refusal{http.StatusBadRequest, errReceiverInvalid, fmt.Sprintf("this register is %q", s.ID)}
	case e.Signature == "" && !unsigned(s.Trust):
		return nil, now, &refusal{http.StatusForbidden, errSignatureMissing, "the message is not signed"}
	}
	if err := s.Trust.Verify(e.canonical, e.Signature, e.header.SenderID, now); err != nil {
		return nil, now, &refusal{http.StatusForbidden, errSignatureInvalid, err.Error()}
	}
	if name := missing(e.Message, append(needs, "transaction_id")...); name != "" {
		return nil, now, badRequest("the message has no " + name)
	}
	if err := json.Unmarshal(e.Message, m); err != nil {
		return nil, now, badRequest(err.Error())
	}
	return e, now, nil
}

// rejectHeader returns the standard's reason to reject a message as a whole, "" for none.
func (s *Server) rejectHeader(e *envelope, now time.Time, action string, count int) (reason, said string) {
	h := e.header
	sent, err := h.time()
	switch {
	case h.Version != "" && h.Version != Version:
		return VersionInvalid, "this register speaks " + Version
	case err != nil || sent.Sub(now).Abs() > 10*time.Minute:
		return MessageTimeInvalid, "message_ts is not a time within ten minutes of " + now.UTC().Format(time.RFC3339)
	case h.Action != action && !slices.Contains(actions, h.Action):
		return ActionNotSupported, fmt.Sprintf("%q is no action of this register", h.Action)
	case h.Action != action:
		return ActionInvalid, fmt.Sprintf("this endpoint takes the action %q", action)
	case h.Total != count || count == 0:
		return CountInvalid, fmt.Sprintf("total_count is %d, the message has %d", h.Total, count)
	case count > or(s.Limit, 1000):
		return CountExceeded, fmt.Sprintf("at most %d in a message", or(s.Limit, 1000))
	case !s.messages.first(h.SenderID + "\x00" + h.MessageID):
		return MessageDuplicate, "message_id was used before"
	}
	return "", ""
}

// actions are those that a register is asked for.
var actions = []string{"search", "subscribe", "unsubscribe", "txn-status"}

// answerHeader is the header of what goes back to e.
func (s *Server) answerHeader(e *envelope, now time.Time, action, status string) header {
	return header{
		Version: Version, MessageID: newID(), Time: now.UTC().Format(time.RFC3339), Action: action, Status: status,
		SenderID: s.ID, ReceiverID: e.header.SenderID,
	}
}

// send writes a signed answer.
func (s *Server) send(w http.ResponseWriter, h header, message any, now time.Time) {
	body, err := seal(h, message, s.Sign, now)
	if err != nil {
		refuse(w, http.StatusInternalServerError, errUnavailable, err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body)
}

// turnAway answers a refusal of receive.
func turnAway(w http.ResponseWriter, err error) {
	var r *refusal
	if !errors.As(err, &r) {
		r = &refusal{http.StatusInternalServerError, errUnavailable, err.Error()}
	}
	if r.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	refuse(w, r.status, r.code, r.said)
}

// refuse writes an error in the standard's two shapes at once: the list of a
// transport error and the acknowledgement that says ERR.
func refuse(w http.ResponseWriter, status int, code, said string) {
	if len(said) > maxSaid {
		said = strings.ToValidUTF8(said[:maxSaid], "")
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	one := ackError{code, said}
	body, _ := json.Marshal(httpErrors{Errors: []ackError{one}, Message: ackMessage{
		Ack: "ERR", Correlation: newID(), Time: time.Now().UTC().Format(time.RFC3339), Error: &one}})
	_, _ = w.Write(body)
}

// seen remembers message ids, the newest hundred thousand or more.
type seen struct {
	mu       sync.Mutex
	new, old map[string]bool
}

func (s *seen) first(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.new[id] || s.old[id] {
		return false
	}
	if s.new == nil || len(s.new) >= 100_000 {
		s.old, s.new = s.new, map[string]bool{}
	}
	s.new[id] = true
	return true
}

// Serve answers on the listener until ctx ends, then waits for what is under way.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	srv := &http.Server{Handler: s.Handler(), ReadHeaderTimeout: 10 * time.Second}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		stopped <- srv.Shutdown(end)
	})
	err := srv.Serve(l)
	if errors.Is(err, http.ErrServerClosed) && !stop() {
		err = <-stopped
	}
	s.Wait()
	if err != nil {
		return fmt.Errorf("registry: serve: %w", err)
	}
	return nil
}
