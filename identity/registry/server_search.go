package registry

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// maxPage is the largest page that is given out.
const maxPage = 1000

// syncSearch answers /registry/sync/search, as well or as badly as the faults say.
func (s *Server) syncSearch(w http.ResponseWriter, r *http.Request) {
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
	fault, delay := s.Faults.draw(references(m))
	switch fault {
	case slow:
		select {
		case <-time.After(delay):
		case <-r.Context().Done():
			return
		}
	case unavailable:
		w.Header().Set("Retry-After", "1")
		refuse(w, http.StatusServiceUnavailable, errUnavailable, "the register is busy")
		return
	}
	h, answer := s.search(e, m, now)
	if fault == partial && len(answer.Responses) > 0 {
		answer.Responses = slices.Delete(answer.Responses, len(answer.Responses)/2, len(answer.Responses))
		h.Completed = len(answer.Responses)
	}
	body, err := seal(h, answer, s.Sign, now)
	if err != nil {
		turnAway(w, err)
		return
	}
	if fault == badSignature {
		body = []byte(strings.Replace(string(body), h.MessageID, newID(), 1)) // something was changed on the way
	}
	w.Header().Set("Content-Type", "application/json")
	if fault == cutOff {
		panicAfter(w, body[:len(body)/2])
	}
	_, _ = w.Write(body)
}

// panicAfter sends a part of the body and breaks the connection.
func panicAfter(w http.ResponseWriter, part []byte) {
	_, _ = w.Write(part)
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
	panic(http.ErrAbortHandler)
}

func references(m searchRequest) []string {
	out := make([]string, 0, len(m.Requests))
	for _, q := range m.Requests {
		out = append(out, q.Reference)
	}
	return out
}

// search answers a search message as a whole.
func (s *Server) search(e *envelope, m searchRequest, now time.Time) (header, searchResponse) {
	h := s.answerHeader(e, now, "on-search", succeeded)
	h.Total = len(m.Requests)
	answer := searchResponse{Transaction: m.Transaction, Correlation: newID(), Responses: []searchDone{}}
	if reason, said := s.rejectHeader(e, now, "search", len(m.Requests)); reason != "" {
		h.Status, h.StatusReason, h.StatusMessage = rejected, reason, said
		return h, answer
	}
	if m.Transaction == "" || len(m.Transaction) > 99 {
		h.Status, h.StatusReason, h.StatusMessage = rejected, "rjct.errors.too_many", "transaction_id must have 1 to 99 characters"
		return h, answer
	}
	met := make(map[string]bool, len(m.Requests))
	for _, q := range m.Requests {
		answer.Responses = append(answer.Responses, s.one(q, met, now))
	}
	h.Completed = len(answer.Responses)
	s.txns.keep(e.header.SenderID, "on-search", answer)
	return h, answer
}

// one answers one search.
func (s *Server) one(q searchItem, met map[string]bool, now time.Time) searchDone {
	d := searchDone{Reference: q.Reference, Time: now.UTC().Format(time.RFC3339), Status: rejected, Locale: locale}
	reject := func(reason, said string) searchDone {
		d.Reason, d.Said = reason, said
		return d
	}
	switch {
	case q.Reference == "" || len(q.Reference) > 99:
		return reject(ReferenceInvalid, "reference_id must have 1 to 99 characters")
	case met[q.Reference]:
		return reject(ReferenceDuplicate, "reference_id comes twice in the message")
	}
	met[q.Reference] = true
	if _, err := time.Parse(time.RFC3339, q.Time); err != nil {
		return reject(TimestampInvalid, "timestamp is not RFC 3339")
	}
	for _, by := range q.Criteria.Sort {
		if _, ok := attributes[by.Attribute]; !ok || by.Order != "" && by.Order != "asc" && by.Order != "desc" {
			return reject(SortInvalid, "sort by "+by.Attribute+" "+by.Order)
		}
	}
	f, err := readFilter(q.Criteria.Type, q.Criteria.Query)
	if err != nil {
		return reject(CriteriaInvalid, err.Error())
	}
	page := pagination{Page: 1, Size: maxPage}
	if p := q.Criteria.Pagination; p != nil {
		page = pagination{Page: or(p.Page, 1), Size: p.Size}
	}
	if page.Page < 1 || page.Size < 1 || page.Size > maxPage {
		return reject(PaginationInvalid, "page_size must be 1 to 1000, page_number from 1")
	}
	limit := or(s.Found, 500)
	found := s.People.find(f, now, limit)
	if len(found) > limit {
		return reject(TooMany, "the search finds too many people; say more about them")
	}
	sortRecords(found, q.Criteria.Sort)
	page.Total = len(found)
	from := min((page.Page-1)*page.Size, len(found))
	to := min(from+page.Size, len(found))
	d.Status = succeeded
	d.Pagination = &page
	d.Data = &searchData{Version: Version, RegType: regType, Type: recordType, Records: records{}}
	for _, r := range found[from:to] {
		d.Data.Records = append(d.Data.Records, toWire(r))
	}
	return d
}

func sortRecords(found []Record, by []sortBy) {
	for _, b := range slices.Backward(by) {
		get := attributes[b.Attribute]
		slices.SortStableFunc(found, func(x, y Record) int {
			if b.Order == "desc" {
				x, y = y, x
			}
			return strings.Compare(get(x), get(y))
		})
	}
}
