package registry

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// txnRequest asks how an earlier transaction stands.
type txnRequest struct {
	Transaction string `json:"transaction_id"`
	Request     struct {
		Locale    string         `json:"locale,omitempty"`
		Reference string         `json:"reference_id"`
		Type      string         `json:"txn_type"`       // search, subscribe, unsubscribe
		Attribute string         `json:"attribute_type"` // transaction_id, correlation_id, reference_id_list, subscription_code_list
		Value     jsontext.Value `json:"attribute_value"`
	} `json:"txnstatus_request"`
}

type txnResponse struct {
	Correlation string    `json:"correlation_id"`
	Transaction string    `json:"transaction_id"`
	Response    txnStatus `json:"txnstatus_response"`
}

type txnStatus struct {
	Status any    `json:"txn_status"` // a searchResponse, subscribeResponse or unsubscribeResponse
	Type   string `json:"txn_type"`   // on-search, on-subscribe, on-unsubscribe
}

// transactions keeps the last answers by sender, so that their status can be asked.
type transactions struct {
	mu   sync.Mutex
	list []transaction
}

// transaction is one answer; the field of its kind is set.
type transaction struct {
	sender, kind string
	search       *searchResponse
	subscribe    *subscribeResponse
	unsubscribe  *unsubscribeResponse
}

const keptTransactions = 256

func (t *transactions) keep(sender string, one transaction) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.list) >= keptTransactions {
		t.list = append(t.list[:0], t.list[keptTransactions/4:]...)
	}
	one.sender = sender
	t.list = append(t.list, one)
}

func (t *transactions) find(sender, kind string, q statusQuery) (transaction, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, one := range slices.Backward(t.list) {
		if one.sender == sender && one.kind == kind && q.fits(one) {
			return one, true
		}
	}
	return transaction{}, false
}

// statusQuery is by what a transaction is looked for.
type statusQuery struct {
	by    string
	value string
	list  []string
}

func (q statusQuery) fits(t transaction) bool {
	id, correlation, references, codes := t.names()
	switch q.by {
	case "transaction_id":
		return id == q.value
	case "correlation_id":
		return correlation == q.value
	case "reference_id_list":
		return contains(references, q.list)
	case "subscription_code_list":
		return contains(codes, q.list)
	}
	return false
}

func contains(have, want []string) bool {
	return len(want) > 0 && !slices.ContainsFunc(want, func(w string) bool { return !slices.Contains(have, w) })
}

// names are the ids by which a transaction can be found.
func (t transaction) names() (id, correlation string, references, codes []string) {
	switch {
	case t.search != nil:
		for _, d := range t.search.Responses {
			references = append(references, d.Reference)
		}
		return t.search.Transaction, t.search.Correlation, references, nil
	case t.subscribe != nil:
		for _, d := range t.subscribe.Responses {
			references = append(references, d.Reference)
			for _, s := range d.Subscriptions {
				codes = append(codes, s.Code)
			}
		}
		return t.subscribe.Transaction, t.subscribe.Correlation, references, codes
	}
	for _, c := range t.unsubscribe.Codes {
		codes = append(codes, c.Code)
	}
	return t.unsubscribe.Transaction, t.unsubscribe.Correlation, nil, codes
}

func (s *Server) syncStatus(w http.ResponseWriter, r *http.Request) {
	e, m, q, now, err := s.receiveStatus(r)
	if err != nil {
		turnAway(w, err)
		return
	}
	h, answer := s.status(e, m, q, newID(), now)
	s.send(w, h, answer, now)
}

func (s *Server) asyncStatus(w http.ResponseWriter, r *http.Request) {
	e, m, q, now, err := s.receiveStatus(r)
	if err != nil {
		turnAway(w, err)
		return
	}
	correlation := newID()
	s.acknowledge(w, e, now, correlation, func() {
		h, answer := s.status(e, m, q, correlation, now)
		s.callBack(e.header.SenderURI, h, answer, now)
	})
}

func (s *Server) receiveStatus(r *http.Request) (*envelope, txnRequest, statusQuery, time.Time, error) {
	var m txnRequest
	e, now, err := s.receive(r, "txn-status", &m, "txnstatus_request")
	if err != nil {
		return nil, m, statusQuery{}, now, err
	}
	q, err := m.query()
	return e, m, q, now, err
}

func (m txnRequest) query() (q statusQuery, err error) {
	q.by = m.Request.Attribute
	switch {
	case !idOK(m.Transaction):
		return q, badRequest("transaction_id must have 1 to 99 characters")
	case !idOK(m.Request.Reference):
		return q, badRequest("reference_id must have 1 to 99 characters")
	case m.Request.Locale != "" && !languageCode.MatchString(m.Request.Locale):
		return q, badRequest("locale is not a code of ISO 639-3")
	case m.Request.Type != "search" && m.Request.Type != "subscribe" && m.Request.Type != "unsubscribe":
		return q, badRequest("txn_type must be search, subscribe or unsubscribe")
	}
	switch q.by {
	case "transaction_id", "correlation_id":
		if q.value, err = text(m.Request.Value); err != nil || !idOK(q.value) {
			return q, badRequest("attribute_value is no text of 1 to 99 characters")
		}
	case "reference_id_list", "subscription_code_list":
		if json.Unmarshal(m.Request.Value, &q.list) != nil || len(q.list) == 0 {
			return q, badRequest("attribute_value is no list of texts")
		}
	default:
		return q, badRequest("attribute_type must be transaction_id, correlation_id, reference_id_list or subscription_code_list")
	}
	return q, nil
}

// status answers how a transaction of the same sender stands. One that is not known
// is answered in the form of its kind, rejected.
func (s *Server) status(e *envelope, m txnRequest, q statusQuery, correlation string, now time.Time) (header, txnResponse) {
	h := s.answerHeader(e, now, "txn-on-status", succeeded)
	h.Total = 1
	answer := txnResponse{Transaction: m.Transaction, Correlation: correlation, Response: txnStatus{Type: "on-" + m.Request.Type}}
	reason, said := s.rejectHeader(e, now, "txn-status", max(e.header.Total, 1))
	if reason != "" {
		h.Status, h.StatusReason, h.StatusMessage = rejected, reason, said
		answer.Response.Status = unknownTransaction(m, q, correlation, said, now)
		return h, answer
	}
	h.Completed = 1
	found, ok := s.txns.find(e.header.SenderID, answer.Response.Type, q)
	if !ok {
		h.Status, h.StatusMessage = rejected, "no such transaction of this sender is known"
		answer.Response.Status = unknownTransaction(m, q, correlation, h.StatusMessage, now)
		return h, answer
	}
	switch {
	case found.search != nil && q.by == "reference_id_list":
		answer.Response.Status = found.search.only(q.list)
	case found.search != nil:
		answer.Response.Status = found.search
	case found.subscribe != nil:
		answer.Response.Status = found.subscribe
	default:
		answer.Response.Status = found.unsubscribe
	}
	return h, answer
}

func unknownTransaction(m txnRequest, q statusQuery, correlation, said string, now time.Time) any {
	stamp := now.UTC().Format(time.RFC3339)
	id := m.Transaction
	if q.by == "transaction_id" {
		id = q.value
	}
	switch m.Request.Type {
	case "subscribe":
		return subscribeResponse{Transaction: id, Correlation: correlation, Responses: []subscribeDone{
			{Reference: m.Request.Reference, Time: stamp, Status: rejected, Reason: ReferenceInvalid, Said: said}}}
	case "unsubscribe":
		return unsubscribeResponse{Transaction: id, Correlation: correlation, Time: stamp, Status: rejected, Reason: ReferenceInvalid, Said: said, Codes: []unsubscribeStatus{}}
	}
	return searchResponse{Transaction: id, Correlation: correlation, Responses: []searchDone{
		{Reference: m.Request.Reference, Time: stamp, Status: rejected, Reason: ReferenceInvalid, Said: said}}}
}

// only keeps the searches that were named.
func (r searchResponse) only(references []string) searchResponse {
	out := searchResponse{Transaction: r.Transaction, Correlation: r.Correlation, Responses: []searchDone{}}
	for _, d := range r.Responses {
		if slices.Contains(references, d.Reference) {
			out.Responses = append(out.Responses, d)
		}
	}
	return out
}
