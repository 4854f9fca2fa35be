package registry

import (
	"net/http"
	"slices"
	"strings"
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
	Locale    string            `json:"locale,omitempty"`
	Reference string            `json:"reference_id"`
	Criteria  subscribeCriteria `json:"subscribe_criteria"`
	Time      string            `json:"timestamp"`
}

type subscribeCriteria struct {
	Filter     jsontext.Value `json:"filter,omitempty"`
	FilterType string         `json:"filter_type,omitempty"`
	Frequency  *frequency     `json:"frequency,omitempty"`
	Notify     string         `json:"notify_record_type"`
	EventType  string         `json:"reg_event_type"`
	RegType    string         `json:"reg_type,omitempty"`
	Version    string         `json:"version,omitempty"`
}

// frequency bounds when a subscriber wants to be told.
type frequency struct {
	End       string `json:"end_time"`
	Frequency string `json:"frequency"` // cron expression; this register tells at once
	Start     string `json:"start_time"`
}

type subscribeResponse struct {
	Correlation string          `json:"correlation_id"`
	Responses   []subscribeDone `json:"subscribe_response"`
	Transaction string          `json:"transaction_id"`
}

type subscribeDone struct {
	Locale        string             `json:"locale,omitempty"`
	Reference     string             `json:"reference_id"`
	Status        string             `json:"status"`
	Reason        string             `json:"status_reason_code,omitempty"`
	Said          string             `json:"status_reason_message,omitempty"`
	Subscriptions []subscriptionInfo `json:"subscriptions,omitempty"`
	Time          string             `json:"timestamp"`
}

// subscriptionInfo says what is subscribed. The schema's properties and what it
// requires do not agree (code and subscription_code, the criteria's members and
// subscribe_criteria), so both are there.
type subscriptionInfo struct {
	Code      string            `json:"code"`
	Filter    jsontext.Value    `json:"filter"`
	Type      string            `json:"filter_type"`
	Frequency *frequency        `json:"frequency,omitempty"`
	Notify    string            `json:"notify_record_type"`
	EventType string            `json:"reg_event_type"`
	RegType   string            `json:"reg_type"`
	Status    string            `json:"status"` // subscribe or unsubscribe
	Criteria  subscribeCriteria `json:"subscribe_criteria"`
	Same      string            `json:"subscription_code"`
	Time      string            `json:"timestamp"`
	Version   string            `json:"version"`
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

type subscription struct {
	info        subscriptionInfo
	kind        string // EventDeath or EventMove
	sender, uri string
	filter      *filter
}

type subscriptions struct {
	mu   sync.Mutex
	list []subscription
}

// subscribe acknowledges /registry/subscribe and tells the outcome by on-subscribe.
func (s *Server) subscribe(w http.ResponseWriter, r *http.Request) {
	var m subscribeRequest
	e, now, err := s.receive(r, "subscribe", &m, "subscribe_request")
	if err == nil && !idOK(m.Transaction) {
		err = badRequest("transaction_id must have 1 to 99 characters")
	}
	if err == nil && len(m.Requests) > 0 {
		bad := 0
		var reason, said string
		for _, q := range m.Requests {
			if reason, said = malformed(q.Reference, q.Time, q.Locale); reason != "" {
				bad++
			}
		}
		if bad == len(m.Requests) {
			err = badRequest(reason + ": " + said)
		}
	}
	if err != nil {
		turnAway(w, err)
		return
	}
	correlation := newID()
	s.acknowledge(w, e, now, correlation, func() {
		h := s.answerHeader(e, now, "on-subscribe", succeeded)
		h.Total = len(m.Requests)
		answer := subscribeResponse{Transaction: m.Transaction, Correlation: correlation, Responses: []subscribeDone{}}
		if reason, said := s.rejectHeader(e, now, "subscribe", len(m.Requests)); reason != "" {
			h.Status, h.StatusReason, h.StatusMessage = rejected, reason, said
		} else {
			met := map[string]bool{}
			for _, q := range m.Requests {
				answer.Responses = append(answer.Responses, s.subscribeOne(e.header, q, met, now))
			}
			h.Completed = len(answer.Responses)
			s.txns.keep(e.header.SenderID, transaction{kind: "on-subscribe", subscribe: &answer})
		}
		s.callBack(e.header.SenderURI, h, answer, now)
	})
}

// eventKind reads the name of an event, plain or with the standard's prefix.
func eventKind(name string) string {
	name = strings.ToLower(name[strings.LastIndexByte(name, ':')+1:])
	switch name {
	case "death", "deceased", "death_registered":
		return EventDeath
	case "change_of_residence", "changeofresidence", "move", "residence_change":
		return EventMove
	}
	return ""
}

func (s *Server) subscribeOne(h header, q subscribeItem, met map[string]bool, now time.Time) subscribeDone {
	stamp := now.UTC().Format(time.RFC3339)
	d := subscribeDone{Reference: q.Reference, Time: stamp, Status: rejected, Locale: locale}
	reject := func(reason, said string) subscribeDone {
		d.Reason, d.Said = reason, said
		return d
	}
	if reason, said := malformed(q.Reference, q.Time, q.Locale); reason != "" {
		if reason == CriteriaInvalid { // a subscription has no such reason
			reason = "rjct.notify_details.invalid"
		}
		return reject(reason, said)
	}
	if met[q.Reference] {
		return reject(ReferenceDuplicate, "reference_id comes twice in the message")
	}
	met[q.Reference] = true
	c := q.Criteria
	kind := eventKind(c.EventType)
	if kind == "" {
		return reject("rjct.notify_types.invalid", "this register tells of death and change_of_residence")
	}
	if c.Notify == "" {
		return reject("rjct.notify_details.invalid", "there is no notify_record_type")
	}
	if f := c.Frequency; f != nil {
		start, err1 := time.Parse(time.RFC3339, f.Start)
		end, err2 := time.Parse(time.RFC3339, f.End)
		if err1 != nil || err2 != nil || !end.After(start) {
			return reject("rjct.notify_details.invalid", "frequency needs start_time and end_time")
		}
	}
	c.FilterType = or(c.FilterType, filterKind(c.Filter))
	f, err := readFilter(c.FilterType, c.Filter)
	if err != nil {
		return reject("rjct.notify_details.invalid", err.Error())
	}
	if c.FilterType == byIdentifier && len(s.People.find(f, now, 1)) == 0 {
		return reject("rjct.person_id.invalid", "nobody here has this number")
	}
	info := subscriptionInfo{Version: Version, Filter: c.Filter, Type: c.FilterType, Frequency: c.Frequency, Notify: c.Notify, EventType: c.EventType,
		RegType: or(c.RegType, regType), Status: "subscribe", Criteria: c, Time: stamp}
	have, fresh := s.subs.add(subscription{info, kind, h.SenderID, h.SenderURI, f})
	if !fresh {
		return reject("rjct.event.already_subscribed", "the subscription is "+have.Code)
	}
	d.Status, d.Subscriptions = succeeded, []subscriptionInfo{have}
	return d
}

// filterKind tells the kind of a filter whose filter_type was left out.
func filterKind(filter jsontext.Value) string {
	var q struct {
		Value jsontext.Value `json:"value"`
	}
	switch {
	case filter.Kind() == '[':
		return byPredicate
	case filter.Kind() == '{' && json.Unmarshal(filter, &q) == nil && len(q.Value) > 0 && q.Value.Kind() != '{':
		return byIdentifier
	}
	return byExpression
}

// add keeps a subscription, or returns the same one of before and false.
func (s *subscriptions) add(one subscription) (subscriptionInfo, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, have := range s.list {
		if have.info.Status == "subscribe" && have.sender == one.sender && have.kind == one.kind && slices.Equal(have.info.Filter, one.info.Filter) {
			return have.info, false
		}
	}
	one.info.Code = newID()
	one.info.Same = one.info.Code
	s.list = append(s.list, one)
	return one.info, true
}

// unsubscribe acknowledges /registry/unsubscribe and tells the outcome.
func (s *Server) unsubscribe(w http.ResponseWriter, r *http.Request) {
	var m unsubscribeRequest
	e, now, err := s.receive(r, "unsubscribe", &m, "timestamp", "subscription_codes")
	if err == nil {
		_, timeErr := time.Parse(time.RFC3339, m.Time)
		switch {
		case !idOK(m.Transaction):
			err = badRequest("transaction_id must have 1 to 99 characters")
		case timeErr != nil:
			err = badRequest(TimestampInvalid + ": timestamp is not RFC 3339 with a time zone")
		case slices.ContainsFunc(m.Codes, func(c string) bool { return !idOK(c) }):
			err = badRequest("rjct.subscription_code.invalid: a subscription code must have 1 to 99 characters")
		}
	}
	if err != nil {
		turnAway(w, err)
		return
	}
	correlation := newID()
	s.acknowledge(w, e, now, correlation, func() {
		h := s.answerHeader(e, now, "on-unsubscribe", succeeded)
		h.Total = len(m.Codes)
		answer := unsubscribeResponse{Transaction: m.Transaction, Correlation: correlation, Status: succeeded, Time: h.Time, Codes: []unsubscribeStatus{}}
		// some count the message as one request, some each code
		if reason, said := s.rejectHeader(e, now, "unsubscribe", max(e.header.Total, 1)); reason != "" {
			h.Status, h.StatusReason, h.StatusMessage = rejected, reason, said
			answer.Status, answer.Said = rejected, said
		} else {
			for _, code := range m.Codes {
				if reason := s.subs.end(e.header.SenderID, code); reason != "" {
					answer.Status, answer.Reason, answer.Said = rejected, reason, "subscription "+code
					continue
				}
				answer.Codes = append(answer.Codes, unsubscribeStatus{code, "unsubscribe"})
			}
			h.Completed = len(answer.Codes)
			s.txns.keep(e.header.SenderID, transaction{kind: "on-unsubscribe", unsubscribe: &answer})
		}
		s.callBack(e.header.SenderURI, h, answer, now)
	})
}

// end ends a subscription; it returns the reason why it cannot.
func (s *subscriptions) end(sender, code string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.list {
		one := &s.list[i]
		switch {
		case one.info.Code != code:
		case one.sender != sender:
			return "rjct.requester.invalid"
		case one.info.Status == "unsubscribe":
			return "rjct.event.already_unsubscribed"
		default:
			one.info.Status = "unsubscribe"
			return ""
		}
	}
	return "rjct.subscription_code.invalid"
}
