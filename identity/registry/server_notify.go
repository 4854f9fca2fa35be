package registry

import (
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
)

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

// notifySize bounds the events of one message.
const notifySize = 1000

// Notify tells subscribers what the register learnt after one day and up to another:
// deaths, people who are no longer where they were, and deaths that were taken back,
// told as a death event without a day. It returns how many events were sent off; Wait
// ends when they have arrived or were given up.
func (s *Server) Notify(after, until time.Time) int {
	s.subs.mu.Lock()
	list := slices.Clone(s.subs.list)
	s.subs.mu.Unlock()
	told := until // without a clock of its own the register lives in the day that it is told of
	if s.Now != nil {
		told = s.Now()
	}
	sent := 0
	for _, sub := range list {
		if sub.info.Status != "subscribe" {
			continue
		}
		var events []notifyEvent
		for i := range s.People.size {
			now, ok := s.People.person(i, until)
			if !ok {
				continue
			}
			before, known := s.People.person(i, after)
			if !known || !sub.filter.fits(now) && !sub.filter.fits(before) {
				continue
			}
			if sub.kind == EventDeath && now.Died == before.Died || sub.kind == EventMove && now.Standing == before.Standing && now.Commune == before.Commune {
				continue
			}
			events = append(events, notifyEvent{
				Reference: newID(), Time: told.UTC().Format(time.RFC3339), Locale: locale,
				Data: notifyData{EventType: sub.info.EventType, RegType: regType, Type: recordType, Version: Version, Records: records{toWire(now)}},
			})
		}
		sent += len(events)
		for part := range slices.Chunk(events, notifySize) {
			h := s.answerHeader(&envelope{header: header{SenderID: sub.sender}}, told, "notify", succeeded)
			h.Total, h.Completed = len(part), len(part)
			m := notifyRequest{Transaction: newID(), Events: slices.Clone(part)}
			s.work.Go(func() { s.callBack(notifyURI(sub.uri), h, m, told) })
		}
	}
	return sent
}

// notifyURI is where a subscriber who is called back at …/on-subscribe hears of events:
// beside it, at …/notify. Any other address hears of everything.
func notifyURI(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || !strings.HasSuffix(u.Path, "/on-subscribe") {
		return uri
	}
	u.Path = path.Join(path.Dir(u.Path), "notify")
	return u.String()
}
