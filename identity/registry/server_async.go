package registry

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// asyncSearch acknowledges /registry/search and sends the answer to the sender's
// /on-search afterwards.
func (s *Server) asyncSearch(w http.ResponseWriter, r *http.Request) {
	e, now, err := s.receive(r)
	if err != nil {
		turnAway(w, err)
		return
	}
	var m searchRequest
	if err := json.Unmarshal(e.Message, &m); err != nil {
		turnAway(w, &refusal{http.StatusBadRequest, errBadRequest, err.Error()})
		return
	}
	h, answer := s.search(e, m, now)
	s.acknowledge(w, e, now, answer.Correlation, func() { s.callBack(e.header.SenderURI, h, answer, now) })
}

// acknowledge answers ACK and lets then run; a sender that cannot be called back
// gets ERR.
func (s *Server) acknowledge(w http.ResponseWriter, e *envelope, now time.Time, correlation string, then func()) {
	a := acknowledgement{ackMessage{Ack: "ACK", Correlation: correlation, Time: now.UTC().Format(time.RFC3339)}}
	uri, err := url.Parse(e.header.SenderURI)
	if err != nil || uri.Host == "" || uri.Scheme != "http" && uri.Scheme != "https" {
		a.Message.Ack = "ERR"
		a.Message.Error = &ackError{"err.sender_uri.invalid", "sender_uri is not an address to call back"}
	}
	body, err := json.Marshal(a)
	if err != nil {
		turnAway(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body)
	if a.Message.Ack == "ACK" {
		s.work.Go(then)
	}
}

// callBack sends a message to a sender's address, a few times if it must.
func (s *Server) callBack(uri string, h header, message any, now time.Time) {
	body, err := seal(h, message, s.Sign, now)
	if err != nil {
		return
	}
	client := s.Callback
	if client == nil {
		client = defaultHTTP
	}
	for n := range 3 {
		time.Sleep(time.Duration(n) * 300 * time.Millisecond)
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

// txnRequest asks how an earlier transaction stands.
type txnRequest struct {
	Transaction string `json:"transaction_id"`
	Request     struct {
		Reference string         `json:"reference_id"`
		Type      string         `json:"txn_type"`       // search, subscribe, unsubscribe
		Attribute string         `json:"attribute_type"` // transaction_id, correlation_id, reference_id_list
		Value     jsontext.Value `json:"attribute_value"`
	} `json:"txnstatus_request"`
}

type txnResponse struct {
	Correlation string    `json:"correlation_id"`
	Transaction string    `json:"transaction_id"`
	Response    txnStatus `json:"txnstatus_response"`
}

type txnStatus struct {
	Status any    `json:"txn_status"`
	Type   string `json:"txn_type"`
}

// transactions keeps the last answers by sender, so that their status can be asked.
type transactions struct {
	mu   sync.Mutex
	list []transaction
}

type transaction struct {
	sender, kind string
	answer       searchResponse
}

const keptTransactions = 64

func (t *transactions) keep(sender, kind string, answer searchResponse) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.list) >= keptTransactions {
		t.list = append(t.list[:0], t.list[keptTransactions/4:]...)
	}
	t.list = append(t.list, transaction{sender, kind, answer})
}

func (t *transactions) find(sender string, fits func(searchResponse) bool) (transaction, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := len(t.list) - 1; i >= 0; i-- {
		if one := t.list[i]; one.sender == sender && fits(one.answer) {
			return one, true
		}
	}
	return transaction{}, false
}

func (s *Server) syncStatus(w http.ResponseWriter, r *http.Request) {
	e, now, err := s.receive(r)
	if err != nil {
		turnAway(w, err)
		return
	}
	h, answer, err := s.status(e, now)
	if err != nil {
		turnAway(w, err)
		return
	}
	s.send(w, h, answer, now)
}

func (s *Server) asyncStatus(w http.ResponseWriter, r *http.Request) {
	e, now, err := s.receive(r)
	if err != nil {
		turnAway(w, err)
		return
	}
	h, answer, err := s.status(e, now)
	if err != nil {
		turnAway(w, err)
		return
	}
	s.acknowledge(w, e, now, answer.Correlation, func() { s.callBack(e.header.SenderURI, h, answer, now) })
}

// status answers how a transaction of the same sender stands.
func (s *Server) status(e *envelope, now time.Time) (header, txnResponse, error) {
	var m txnRequest
	if err := json.Unmarshal(e.Message, &m); err != nil {
		return header{}, txnResponse{}, &refusal{http.StatusBadRequest, errBadRequest, err.Error()}
	}
	h := s.answerHeader(e, now, "txn-on-status", succeeded)
	h.Total = 1
	answer := txnResponse{Transaction: m.Transaction, Correlation: newID(), Response: txnStatus{Type: "on-" + m.Request.Type}}
	if reason, said := s.rejectHeader(e, now, "txn-status", e.header.Total); reason != "" {
		h.Status, h.StatusReason, h.StatusMessage = rejected, reason, said
		return h, answer, nil
	}
	value, err := text(m.Request.Value)
	if err != nil && m.Request.Attribute != "reference_id_list" {
		return header{}, txnResponse{}, &refusal{http.StatusBadRequest, errBadRequest, "attribute_value is no text"}
	}
	var wanted []string
	if m.Request.Attribute == "reference_id_list" {
		if err := json.Unmarshal(m.Request.Value, &wanted); err != nil {
			return header{}, txnResponse{}, &refusal{http.StatusBadRequest, errBadRequest, "attribute_value is no list"}
		}
	}
	found, ok := s.txns.find(e.header.SenderID, func(r searchResponse) bool {
		switch m.Request.Attribute {
		case "transaction_id":
			return r.Transaction == value
		case "correlation_id":
			return r.Correlation == value
		case "reference_id_list":
			return len(r.only(wanted).Responses) == len(wanted) && len(wanted) > 0
		}
		return false
	})
	if !ok {
		h.Status, h.StatusReason, h.StatusMessage = rejected, ReferenceInvalid, "no such transaction of this sender is known"
		return h, answer, nil
	}
	h.Completed = 1
	answer.Response.Type = found.kind
	answer.Response.Status = found.answer
	if wanted != nil {
		answer.Response.Status = found.answer.only(wanted)
	}
	return h, answer, nil
}

// only keeps the searches that were named.
func (r searchResponse) only(references []string) searchResponse {
	want := map[string]bool{}
	for _, ref := range references {
		want[ref] = true
	}
	out := searchResponse{Transaction: r.Transaction, Correlation: r.Correlation, Responses: []searchDone{}}
	for _, d := range r.Responses {
		if want[d.Reference] {
			out.Responses = append(out.Responses, d)
		}
	}
	return out
}
