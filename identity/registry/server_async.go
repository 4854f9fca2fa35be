package registry

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/go-json-experiment/json"
)

// asyncSearch acknowledges /registry/search and sends the answer to the sender's
// /on-search afterwards. A message of which nothing has the standard's form is not
// acknowledged; one of which a part has not is, and that part is rejected.
func (s *Server) asyncSearch(w http.ResponseWriter, r *http.Request) {
	var m searchRequest
	e, now, err := s.receive(r, "search", &m, "search_request")
	if err == nil {
		err = formless(m)
	}
	if err != nil {
		turnAway(w, err)
		return
	}
	fault, delay := s.Faults.draw(references(m))
	if fault == unavailable {
		w.Header().Set("Retry-After", "1")
		refuse(w, http.StatusServiceUnavailable, errUnavailable, "the register is busy")
		return
	}
	correlation := newID()
	s.acknowledge(w, e, now, correlation, func() {
		if fault == slow {
			time.Sleep(delay)
		}
		h, answer := s.search(e, m, correlation, now)
		if fault == cutOff {
			return // the callback is lost: only the status tells
		}
		if body, err := s.spoilt(fault, h, answer, now); err == nil {
			s.deliver(e.header.SenderURI, body)
		}
	})
}

// formless returns why a search message is not acknowledged.
func formless(m searchRequest) error {
	if !idOK(m.Transaction) {
		return badRequest("transaction_id must have 1 to 99 characters")
	}
	said := ""
	for _, q := range m.Requests {
		reason, why := malformed(q.Reference, q.Time, q.Locale)
		if _, ok := readPage(q); reason == "" && !ok {
			reason, why = PaginationInvalid, "page_size must be 1 to 1000, page_number from 1"
		}
		if reason == "" {
			return nil
		}
		said = reason + ": " + why
	}
	if said == "" {
		return nil // no search at all: the count says so
	}
	return badRequest(said)
}

// acknowledge answers ACK and lets then run; a sender that cannot be called back gets
// ERR. Without a sender_uri nobody is called: the sender asks for the status.
func (s *Server) acknowledge(w http.ResponseWriter, e *envelope, now time.Time, correlation string, then func()) {
	uri, err := url.Parse(e.header.SenderURI)
	if e.header.SenderURI != "" && (err != nil || uri.Host == "" || uri.Scheme != "http" && uri.Scheme != "https") {
		refuse(w, http.StatusOK, errSenderURI, "sender_uri is not an address to call back")
		return
	}
	body, err := json.Marshal(acknowledgement{ackMessage{Ack: "ACK", Correlation: correlation, Time: now.UTC().Format(time.RFC3339)}})
	if err != nil {
		turnAway(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body)
	s.work.Go(then)
}

// callBack sends a message to a sender's address.
func (s *Server) callBack(uri string, h header, message any, now time.Time) {
	if body, err := seal(h, message, s.Sign, now); err == nil {
		s.deliver(uri, body)
	}
}

// deliver posts a callback, a few times if it must.
func (s *Server) deliver(uri string, body []byte) {
	if uri == "" {
		return
	}
	client := s.Callback
	if client == nil {
		client = defaultHTTP
	}
	for n := range 4 {
		if n > 0 {
			time.Sleep(or(s.Again, 300*time.Millisecond) << (n - 1))
		}
		if post(client, uri, body) == nil {
			return
		}
	}
}

func post(client *http.Client, uri string, body []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, uri, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		return fmt.Errorf("%s answered %s", uri, resp.Status)
	}
	return nil
}
