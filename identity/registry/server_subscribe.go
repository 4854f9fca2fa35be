package registry

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Events that may be subscribed to, in the standard's words; moves have none of
// their own.
const (
	EventDeath = "death"
	EventMove  = "change_of_residence"
)

type subscribeRequest struct {
	Requests    []subscribeItem `json:"subscribe_request"`
	Transaction string          `json:"transaction_id"`
}

type subscribeItem struct {
	Reference string            `json:"reference_id"`
	Criteria  subscribeCriteria `json:"subscribe_criteria"`
	Time      string            `json:"timestamp"`
}

type subscribeCriteria struct {
	Filter     jsontext.Value `json:"filter"`
	FilterType string         `json:"filter_type,omitempty"`
	Notify     string         `json:"notify_record_type"`
	EventType  string         `json:"reg_event_type"`
	RegType    string         `json:"reg_type,omitempty"`
}

type subscribeResponse struct {
	Correlation string          `json:"correlation_id"`
	Responses   []subscribeDone `json:"subscribe_response"`
	Transaction string          `json:"transaction_id"`
}

type subscribeDone struct {
	Reference     string             `json:"reference_id"`
	Status        string             `json:"status"`
	Reason        string             `json:"status_reason_code,omitempty"`
	Said          string             `json:"status_reason_message,omitempty"`
	Subscriptions []subscriptionInfo `json:"subscriptions,omitempty"`
	Time          string             `json:"timestamp"`
}

type subscriptionInfo struct {
	Code      string         `json:"code"`
	Filter    jsontext.Value `json:"filter"`
	Notify    string         `json:"notify_record_type"`
	EventType string         `json:"reg_event_type"`
	Status    string         `json:"status"`
	Time      string         `json:"timestamp"`
}

type unsubscribeRequest struct {
	Codes       []string `json:"subscription_codes"`
	Time        string   `json:"timestamp"`
	Transaction string   `json:"transaction_id"`
}

type unsubscribeResponse struct {
	Correlation string              `json:"correlation_id"`
	Status      string              `json:"status"`
	Reason      string              `json:"status_reason_code,omitempty"`
	Said        string              `json:"status_reason_message,omitempty"`
	Codes       []unsubscribeStatus `json:"subscription_status"`
	Time        string              `json:"timestamp"`
	Transaction string              `json:"transaction_id"`
}

type unsubscribeStatus struct {
	Code   string `json:"code"`
	Status string `json:"status"`
}

type notifyRequest struct {
	Events      []notifyEvent `json:"notify_event"`
	Transaction string        `json:"transaction_id"`
}

type notifyEvent struct {
	Data      notifyData `json:"data"`
	Locale    string     `json:"locale,omitempty"`
	Reference string     `json:"reference_id"`
	Time      string     `json:"timestamp"`
}

type notifyData struct {
	EventType string  `json:"reg_event_type"`
	Type      string  `json:"reg_record_type"`
	Records   records `json:"reg_records"`
	RegType   string  `json:"reg_type,omitempty"`
	Version   string  `json:"version,omitempty"`
}

type subscription struct {
	info        subscriptionInfo
	sender, uri string
	filter      *filter
}

type subscriptions struct {
	mu   sync.Mutex
	list []subscription
}

// subscribe acknowledges /registry/subscribe and tells the outcome by on-subscribe.
func (s *Server) subscribe(w http.ResponseWriter, r *http.Request) {
	e, now, err := s.receive(r)
	if err != nil {
		turnAway(w, err)
		return
	}
	var m subscribeRequest
	if err := json.Unmarshal(e.Message, &m); err != nil {
		turnAway(w, &refusal{http.StatusBadRequest, errBadRequest, err.Error()})
		return
	}
	h := s.answerHeader(e, now, "on-subscribe", succeeded)
	answer := subscribeResponse{Transaction: m.Transaction, Correlation: newID(), Responses: []subscribeDone{}}
	h.Total = len(m.Requests)
	if reason, said := s.rejectHeader(e, now, "subscribe", len(m.Requests)); reason != "" {
		h.Status, h.StatusReason, h.StatusMessage = rejected, reason, said
	} else {
		for _, q := range m.Requests {
			answer.Responses = append(answer.Responses, s.subs.add(e.header, q, now))
		}
		h.Completed = len(answer.Responses)
	}
	s.acknowledge(w, e, now, answer.Correlation, func() { s.callBack(e.header.SenderURI, h, answer, now) })
}

func (s *subscriptions) add(h header, q subscribeItem, now time.Time) subscribeDone {
	stamp := now.UTC().Format(time.RFC3339)
	d := subscribeDone{Reference: q.Reference, Time: stamp, Status: rejected}
	c := q.Criteria
	if c.EventType != EventDeath && c.EventType != EventMove {
		d.Reason, d.Said = "rjct.notify_types.invalid", "reg_event_type must be death or change_of_residence"
		return d
	}
	f, err := readFilter(or(c.FilterType, byPredicate), c.Filter)
	if err != nil {
		d.Reason, d.Said = "rjct.notify_details.invalid", err.Error()
		return d
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, have := range s.list {
		if have.sender == h.SenderID && have.info.EventType == c.EventType && slices.Equal(have.info.Filter, c.Filter) {
			d.Reason, d.Said = "rjct.event.already_subscribed", "the subscription is "+have.info.Code
			return d
		}
	}
	info := subscriptionInfo{Code: newID(), Filter: c.Filter, Notify: c.Notify, EventType: c.EventType, Status: "subscribe", Time: stamp}
	s.list = append(s.list, subscription{info, h.SenderID, h.SenderURI, f})
	d.Status = succeeded
	d.Subscriptions = []subscriptionInfo{info}
	return d
}

// unsubscribe acknowledges /registry/unsubscribe and tells the outcome.
func (s *Server) unsubscribe(w http.ResponseWriter, r *http.Request) {
	e, now, err := s.receive(r)
	if err != nil {
		turnAway(w, err)
		return
	}
	var m unsubscribeRequest
	if err := json.Unmarshal(e.Message, &m); err != nil {
		turnAway(w, &refusal{http.StatusBadRequest, errBadRequest, err.Error()})
		return
	}
	h := s.answerHeader(e, now, "on-unsubscribe", succeeded)
	h.Total = len(m.Codes)
	answer := unsubscribeResponse{Transaction: m.Transaction, Correlation: newID(), Status: succeeded, Time: h.Time, Codes: []unsubscribeStatus{}}
	if reason, said := s.rejectHeader(e, now, "unsubscribe", e.header.Total); reason != "" {
		h.Status, h.StatusReason, h.StatusMessage = rejected, reason, said
	} else {
		for _, code := range m.Codes {
			if s.subs.remove(e.header.SenderID, code) {
				answer.Codes = append(answer.Codes, unsubscribeStatus{code, "unsubscribe"})
			} else {
				answer.Status, answer.Reason, answer.Said = rejected, "rjct.subscription_code.invalid", "no subscription "+code
			}
		}
		h.Completed = len(answer.Codes)
	}
	s.acknowledge(w, e, now, answer.Correlation, func() { s.callBack(e.header.SenderURI, h, answer, now) })
}

func (s *subscriptions) remove(sender, code string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.list)
	s.list = slices.DeleteFunc(s.list, func(one subscription) bool { return one.sender == sender && one.info.Code == code })
	return len(s.list) < n
}

// Notify tells subscribers what the register learnt after one day and up to
// another: deaths, and people who are no longer where they were. It returns how
// many events were sent off; Wait ends when they have arrived or were given up.
func (s *Server) Notify(after, until time.Time) int {
	s.subs.mu.Lock()
	list := slices.Clone(s.subs.list)
	s.subs.mu.Unlock()
	sent := 0
	for _, sub := range list {
		m := notifyRequest{Transaction: newID()}
		for i := range s.People.size {
			now, ok := s.People.person(i, until)
			if !ok || !sub.filter.fits(now) {
				continue
			}
			before, known := s.People.person(i, after)
			if !known || sub.info.EventType == EventDeath && (now.Died == "" || before.Died != "") ||
				sub.info.EventType == EventMove && now.Standing == before.Standing && now.Commune == before.Commune {
				continue
			}
			m.Events = append(m.Events, notifyEvent{
				Reference: newID(), Time: until.UTC().Format(time.RFC3339), Locale: locale,
				Data: notifyData{EventType: sub.info.EventType, RegType: regType, Type: recordType, Version: Version, Records: records{toWire(now)}},
			})
		}
		if len(m.Events) == 0 {
			continue
		}
		sent += len(m.Events)
		h := s.answerHeader(&envelope{header: header{SenderID: sub.sender}}, until, "notify", succeeded)
		h.Total = len(m.Events)
		s.work.Go(func() { s.callBack(sub.uri, h, m, until) })
	}
	return sent
}
