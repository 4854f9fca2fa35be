package registry

import (
	"errors"
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
	var m searchRequest
	e, now, err := s.receive(r, "search", &m, "search_request")
	if err == nil && !idOK(m.Transaction) {
		err = badRequest("transaction_id must have 1 to 99 characters")
	}
	if err != nil {
		turnAway(w, err)
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
	h, answer := s.search(e, m, newID(), now)
	body, err := s.spoilt(fault, h, answer, now)
	if err != nil {
		turnAway(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if fault == cutOff {
		panicAfter(w, body[:len(body)/2])
	}
	_, _ = w.Write(body)
}

// spoilt seals an answer with the fault that befalls it.
func (s *Server) spoilt(fault fault, h header, answer searchResponse, now time.Time) ([]byte, error) {
	if fault == partial && len(answer.Responses) > 0 {
		answer.Responses = slices.Delete(slices.Clone(answer.Responses), len(answer.Responses)/2, len(answer.Responses))
		h.Completed = len(answer.Responses)
	}
	body, err := seal(h, answer, s.Sign, now)
	if err == nil && fault == badSignature {
		body = []byte(strings.Replace(string(body), h.MessageID, newID(), 1)) // something was changed on the way
	}
	return body, err
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
func (s *Server) search(e *envelope, m searchRequest, correlation string, now time.Time) (header, searchResponse) {
	h := s.answerHeader(e, now, "on-search", succeeded)
	h.Total = len(m.Requests)
	answer := searchResponse{Transaction: m.Transaction, Correlation: correlation, Responses: []searchDone{}}
	if reason, said := s.rejectHeader(e, now, "search", len(m.Requests)); reason != "" {
		h.Status, h.StatusReason, h.StatusMessage = rejected, reason, said
		return h, answer
	}
	met := make(map[string]bool, len(m.Requests))
	for _, q := range m.Requests {
		answer.Responses = append(answer.Responses, s.one(q, met, now))
	}
	h.Completed = len(answer.Responses)
	s.txns.keep(e.header.SenderID, transaction{kind: "on-search", search: &answer})
	return h, answer
}

// one answers one search.
func (s *Server) one(q searchItem, met map[string]bool, now time.Time) searchDone {
	d := searchDone{Reference: q.Reference, Time: now.UTC().Format(time.RFC3339), Status: rejected, Locale: locale}
	reject := func(reason, said string) searchDone {
		d.Reason, d.Said = reason, said
		return d
	}
	if reason, said := malformed(q.Reference, q.Time, q.Locale); reason != "" {
		return reject(reason, said)
	}
	if met[q.Reference] {
		return reject(ReferenceDuplicate, "reference_id comes twice in the message")
	}
	met[q.Reference] = true
	if v := q.Criteria.Version; v != "" && v != Version {
		return reject(CriteriaInvalid, "search_criteria are of version "+v+", this register knows "+Version)
	}
	var sorts []sortBy
	if v := q.Criteria.Sort; len(v) > 0 && json.Unmarshal(v, &sorts) != nil {
		return reject(SortInvalid, "sort is no list of attributes")
	}
	for _, by := range sorts {
		if _, ok := attributeOf(by.Attribute); !ok || by.Order != "" && by.Order != "asc" && by.Order != "desc" {
			return reject(SortInvalid, "sort by "+by.Attribute+" "+by.Order)
		}
	}
	f, err := readFilter(q.Criteria.Type, q.Criteria.Query)
	if err != nil {
		var bad *filterError
		if errors.As(err, &bad) {
			return reject(FilterInvalid, err.Error())
		}
		return reject(CriteriaInvalid, err.Error())
	}
	page, ok := readPage(q)
	if !ok {
		return reject(PaginationInvalid, "page_size must be 1 to 1000, page_number from 1")
	}
	limit := or(s.Found, 500)
	found := s.People.find(f, now, limit)
	if len(found) > limit {
		return reject(TooMany, "the search finds too many people; say more about them")
	}
	sortRecords(found, sorts)
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

// readPage reads which page is asked for, the first of the largest size when none is.
func readPage(q searchItem) (pagination, bool) {
	raw := q.Criteria.Pagination
	if len(raw) == 0 {
		raw = q.Pagination
	}
	if len(raw) == 0 || raw.Kind() == 'n' {
		return pagination{Page: 1, Size: maxPage}, true
	}
	var asked pageAsked
	if err := json.Unmarshal(raw, &asked); err != nil {
		return pagination{}, false
	}
	p := pagination{Page: 1, Size: asked.Size}
	if asked.Page != nil {
		p.Page = *asked.Page
	}
	return p, p.Page >= 1 && p.Page <= 1<<30 && p.Size >= 1 && p.Size <= maxPage
}

func sortRecords(found []Record, by []sortBy) {
	for _, b := range slices.Backward(by) {
		get, _ := attributeOf(b.Attribute)
		slices.SortStableFunc(found, func(x, y Record) int {
			if b.Order == "desc" {
				x, y = y, x
			}
			return strings.Compare(get(x), get(y))
		})
	}
}
