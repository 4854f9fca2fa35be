package registry

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func transactionOf(e *envelope) string {
	var m struct {
		Transaction string `json:"transaction_id"`
	}
	_ = json.Unmarshal(e.Message, &m)
	return m.Transaction
}

// call sends a message of the sandbox's own client, written by hand.
func call(t *testing.T, client *Client, path string, h map[string]any, message string) (int, map[string]any) {
	t.Helper()
	token, err := client.token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	head := map[string]any{
		"version": "1.0.0", "message_id": newID(), "message_ts": october.Format(time.RFC3339), "action": "search",
		"sender_id": client.SenderID, "receiver_id": client.ReceiverID, "total_count": 1,
	}
	for k, v := range h {
		if head[k] = v; v == nil {
			delete(head, k)
		}
	}
	raw, err := json.Marshal(head)
	if err != nil {
		t.Fatal(err)
	}
	canonical, err := canonicalParts(raw, []byte(message))
	if err != nil {
		t.Fatal(err)
	}
	signature, err := client.Sign.Sign(canonical, october)
	if err != nil {
		t.Fatal(err)
	}
	quoted, _ := json.Marshal(signature)
	// Blanks and another order of keys must not matter.
	return post2(t, client.URL+path, token, `{ "signature": `+string(quoted)+`, "message": `+message+",\n"+`"header": `+string(raw)+"}")
}

func post2(t *testing.T, url, token, body string) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatalf("%s: %q", err, b)
	}
	return resp.StatusCode, out
}

const oneSearch = `{"transaction_id":"t1","search_request":[{"reference_id":"r1","timestamp":"2026-10-13T03:00:00Z",
	"search_criteria":{"query_type":"idtype-value","query":{"type":"UIN","value":"095100000002"}}}]}`

// at digs into decoded JSON: at(v, "message", "search_response", 0, "status").
func at(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				return nil
			}
			v = l[p]
		}
	}
	return v
}

func TestAnAnswerHasTheShapeOfTheStandard(t *testing.T) {
	t.Parallel()
	_, client, _ := sandbox(t, PopulationOf(people(10)), "", "none")
	status, got := call(t, client, "/registry/sync/search", nil, oneSearch)
	if status != 200 {
		t.Fatal(status, got)
	}
	for path, want := range map[string]any{
		"header version": "1.0.0", "header action": "on-search", "header status": "succ", "header total_count": 1., "header completed_count": 1.,
		"header sender_id": SandboxID, "header receiver_id": SandboxSender, "header is_msg_encrypted": false,
		"message transaction_id": "t1",
	} {
		a, b, _ := strings.Cut(path, " ")
		if v := at(got, a, b); v != want {
			t.Errorf("%s is %v, want %v", path, v, want)
		}
	}
	one := at(got, "message", "search_response", 0)
	want := map[string]any{
		"reference_id": "r1", "timestamp": "2026-10-13T03:00:00Z", "status": "succ", "locale": "vie",
		"pagination": map[string]any{"page_size": 1000., "page_number": 1., "total_count": 1.},
		"data": map[string]any{
			"version": "1.0.0", "reg_type": regType, "reg_record_type": recordType,
			"reg_records": []any{map[string]any{
				"identifier": []any{
					map[string]any{"identifier_type": "UIN", "identifier_value": "095100000002"},
					map[string]any{"identifier_type": "CMND", "identifier_value": "385000002"},
				},
				"name": map[string]any{"surname": "Nguyễn", "second_name": "Thị", "given_name": "Hai"},
				"sex":  "female", "birth_date": "1942-03-03",
				"address": []any{map[string]any{"address_line1": "Khóm 3", "locality": "Phường Bạc Liêu", "sub_region_code": "31825"}},
				"additional_attributes": []any{
					map[string]any{"name": "ethnicity", "value": "Kinh"},
					map[string]any{"name": "household_id", "value": "H0000000"},
					map[string]any{"name": "residence_status", "value": "resident"},
				},
			}},
		},
	}
	if diff := cmp.Diff(want, one); diff != "" {
		t.Error(diff)
	}
	if s, _ := got["signature"].(string); s == "" || at(got, "message", "correlation_id") == "" {
		t.Error("no signature or correlation_id")
	}
}

func TestReasonCodesOfTheHeader(t *testing.T) {
	t.Parallel()
	server, client, _ := sandbox(t, PopulationOf(people(10)), "", "none")
	server.Now = func() time.Time { return october }
	if _, got := call(t, client, "/registry/sync/search", map[string]any{"message_id": "same"}, oneSearch); at(got, "header", "status") != "succ" {
		t.Fatal(got)
	}
	for want, h := range map[string]map[string]any{
		VersionInvalid:     {"version": "2.0.0"},
		MessageDuplicate:   {"message_id": "same"},
		MessageTimeInvalid: {"message_ts": "2026-10-13T01:00:00Z"},
		ActionInvalid:      {"action": "subscribe"},
		ActionNotSupported: {"action": "enrolled"},
		CountInvalid:       {"total_count": 2},
	} {
		status, got := call(t, client, "/registry/sync/search", h, oneSearch)
		if status != 200 || at(got, "header", "status") != "rjct" || at(got, "header", "status_reason_code") != want {
			t.Errorf("%v: %d %v, want %s", h, status, got["header"], want)
		}
	}
}

func TestReasonCodesOfASearch(t *testing.T) {
	t.Parallel()
	_, client, _ := sandbox(t, PopulationOf(people(10)), "", "none")
	item := func(reference, timestamp, criteria string) string {
		return `{"reference_id":"` + reference + `","timestamp":"` + timestamp + `","search_criteria":` + criteria + `}`
	}
	const now = "2026-10-13T10:00:00+07:00"
	const good = `{"query_type":"idtype-value","query":{"type":"UIN","value":"095100000002"}}`
	for _, tt := range []struct{ want, items string }{
		{"", item("a", now, good)},
		{"", item("a", now, `{"query_type":"idtype-value","query":{"type":"UIN","value":95100000002}}`)},
		{"", item("a", now, `{"query_type":"predicate","query":[{"seq_num":1,"expression1":{"attribute_name":"birth_date","operator":"ge","attribute_value":"1945"},"condition":"and","expression2":{"attribute_name":"sex","operator":"eq","attribute_value":"female"}}]}`)},
		{"", item("a", now, `{"query_type":"predicate","query":[{"expression1":{"attribute_name":"commune","operator":"in","attribute_value":["31825","31840"]}}]}`)},
		{"", item("a", now, `{"query_type":"expression","query":{"type":"ns:org:QueryType:expression","value":{"expression":{"query":{"name":{"eq":"Lý Hoàng Mĩ"}}}}}}`)},
		{ReferenceInvalid, item("", now, good)},
		{ReferenceInvalid, item(strings.Repeat("x", 100), now, good)},
		{TimestampInvalid, item("a", "13/10/2026", good)},
		{CriteriaInvalid, item("a", now, `{"query_type":"sql","query":{}}`)},
		{CriteriaInvalid, item("a", now, `{"query_type":"idtype-value","query":{"type":"PASSPORT","value":"B1"}}`)},
		{CriteriaInvalid, item("a", now, `{"query_type":"predicate","query":[]}`)},
		{FilterInvalid, item("a", now, `{"query_type":"predicate","query":[{"expression1":{"attribute_name":"shoe_size","operator":"eq","attribute_value":"1"}}]}`)},
		{FilterInvalid, item("a", now, `{"query_type":"predicate","query":[{"expression1":{"attribute_name":"sex","operator":"in","attribute_value":"f"}}]}`)},
		{"", item("a", now, `{"query_type":"expression","query":{"type":"ns:org:QueryType:expression","value":{"expression":{"collection":"Person","query":{"$and":[{"birth_date":{"$gte":"1945"}},{"$or":[{"gender":"female"},{"gender":{"$eq":"male"}}]},{"$not":{"commune":"31843"}}]}}}}}`)},
		{FilterInvalid, item("a", now, `{"query_type":"expression","query":{"type":"x","value":{"expression":{"query":{"$and":[{"place_of_birth":{"$eq":"here"}}]}}}}}`)},
		{FilterInvalid, item("a", now, `{"query_type":"expression","query":{"type":"x","value":{"expression":{"query":{"$or":[]}}}}}`)},
		{CriteriaInvalid, item("a", now, `{"query_type":"expression","query":{"type":"GraphQl","value":{"expression":"query { person(UIN: 1) { name } }"}}}`)},
		{CriteriaInvalid, item("a", now, `{"query_type":"expression"}`)},
		{CriteriaInvalid, item("a", now, `{"query":{"type":"UIN","value":"1"}}`)},
		{CriteriaInvalid, item("a", now, strings.Replace(good, "{", `{"version":"2.0.0",`, 1))},
		{CriteriaInvalid, strings.Replace(item("a", now, good), "{", `{"locale":"EN",`, 1)},
		{PaginationInvalid, item("a", now, strings.Replace(good, "{", `{"pagination":{"page_size":10,"page_number":0},`, 1))},
		{PaginationInvalid, item("a", now, strings.Replace(good, "{", `{"pagination":{"page_size":"many"},`, 1))},
		{SortInvalid, item("a", now, strings.Replace(good, "{", `{"sort":"name",`, 1))},
		{"", item("a", now, strings.Replace(good, "{", `{"sort":[{"attribute_name":"birth_date","sort_order":"desc"}],"pagination":{"page_size":1,"page_number":7},`, 1))},
		{FilterInvalid, item("a", now, `{"query_type":"predicate","query":[{"expression1":{"attribute_name":"sex","operator":"like","attribute_value":"f"}}]}`)},
		{SortInvalid, item("a", now, strings.Replace(good, "{", `{"sort":[{"attribute_name":"name","sort_order":"up"}],`, 1))},
		{PaginationInvalid, item("a", now, strings.Replace(good, "{", `{"pagination":{"page_size":0},`, 1))},
		{PaginationInvalid, item("a", now, strings.Replace(good, "{", `{"pagination":{"page_size":5,"page_number":-1},`, 1))},
	} {
		status, got := call(t, client, "/registry/sync/search", nil, `{"transaction_id":"t","search_request":[`+tt.items+`]}`)
		one := at(got, "message", "search_response", 0)
		reason, _ := at(one, "status_reason_code").(string)
		if status != 200 || reason != tt.want || (at(one, "status") == "succ") != (tt.want == "") {
			t.Errorf("%s: %d %v, want %q", tt.items, status, one, tt.want)
		}
	}
	_, got := call(t, client, "/registry/sync/search", map[string]any{"total_count": 2}, `{"transaction_id":"t","search_request":[`+item("a", now, good)+","+item("a", now, good)+`]}`)
	if at(got, "message", "search_response", 0, "status") != "succ" || at(got, "message", "search_response", 1, "status_reason_code") != ReferenceDuplicate {
		t.Error(got["message"])
	}
}

func TestWhoIsNotKnownIsTurnedAway(t *testing.T) {
	t.Parallel()
	server, client, _ := sandbox(t, PopulationOf(people(10)), "", "none")
	token, err := client.token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	url := client.URL + "/registry/sync/search"
	head := `{"message_id":"m","message_ts":"2026-10-13T03:00:00Z","action":"search","sender_id":"ansinh.sandbox","total_count":1}`
	for _, tt := range []struct {
		token, body string
		status      int
		code        string
	}{
		{"", `{}`, 401, errUnauthorized},
		{token + "A", `{}`, 401, errUnauthorized},
		{server.tokens.make("ansinh.sandbox", time.Now().Add(-time.Second)), `{}`, 401, errUnauthorized},
		{token, `{`, 400, errBadRequest},
		{token, `{"header":{},"message":{}}`, 400, errBadRequest},
		{token, `{"header":` + head + `,"header":` + head + `,"message":` + oneSearch + `}`, 400, errBadRequest},
		{token, `{"header":` + head + `,"message":` + oneSearch + `}`, 403, errSignatureMissing},
		{token, `{"signature":"unsigned-stub","header":` + head + `,"message":` + oneSearch + `}`, 403, errSignatureInvalid},
		{token, `{"signature":"s","header":` + strings.Replace(head, `"ansinh.sandbox"`, `"ansinh.sandbox","receiver_id":"x"`, 1) + `,"message":{}}`, 400, errReceiverInvalid},
		{token, `{"signature":"s","header":` + strings.Replace(head, `"ansinh.sandbox"`, `"ansinh.sandbox","is_msg_encrypted":true`, 1) + `,"message":{}}`, 400, errEncryption},
	} {
		status, got := post2(t, url, tt.token, tt.body)
		if status != tt.status || at(got, "errors", 0, "code") != tt.code {
			t.Errorf("%.80s: %d %v, want %d %s", tt.body, status, got, tt.status, tt.code)
		}
	}
}

func TestDeathsAreKnownOnlyFromTheirDay(t *testing.T) {
	t.Parallel()
	all := people(10)
	p := NewPopulation(len(all), func(i int, day time.Time) (Record, bool) {
		r := all[i]
		if r.Died = ""; i == 4 && day.After(october) {
			r.Died = "2026-10-01"
		}
		return r, true
	})
	_, client, _ := sandbox(t, p, "", "none")
	for _, tt := range []struct {
		now  time.Time
		died string
	}{{october, ""}, {october.AddDate(0, 0, 9), "2026-10-01"}} {
		client.Now = func() time.Time { return tt.now }
		got, err := client.Search(t.Context(), []Query{{ID: "1", Number: number(4)}})
		if err != nil || got[0].Records[0].Died != tt.died || !got[0].AsOf.Equal(tt.now) {
			t.Errorf("on %s: %+v, %v", tt.now, got, err)
		}
	}
}

// inbox is where callbacks arrive.
func inbox(t *testing.T) (string, chan []byte) {
	t.Helper()
	came := make(chan []byte, 8)
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := readBody(r.Body)
		if err != nil {
			t.Error(err)
		}
		came <- body
	}))
	t.Cleanup(srv.Close)
	return srv.URL, came
}

func TestAsynchronousSearchIsAcknowledgedAndAnswered(t *testing.T) {
	t.Parallel()
	server, client, _ := sandbox(t, PopulationOf(people(10)), "", "none")
	uri, came := inbox(t)
	_, ack := call(t, client, "/registry/search", map[string]any{"sender_uri": uri}, oneSearch)
	if at(ack, "message", "ack_status") != "ACK" {
		t.Fatal(ack)
	}
	server.Wait()
	e, err := openEnvelope(<-came)
	if err != nil || client.trusted(e) != nil || e.header.Action != "on-search" || !bytes.Contains(e.Message, []byte(number(2))) || transactionOf(e) != "t1" {
		t.Errorf("%+v %s", e.header, e.Message)
	}
	_, got := call(t, client, "/registry/sync/txn/status", map[string]any{"action": "txn-status"},
		`{"transaction_id":"t2","txnstatus_request":{"reference_id":"q","txn_type":"search","attribute_type":"transaction_id","attribute_value":"t1"}}`)
	if at(got, "header", "status") != "succ" || at(got, "message", "txnstatus_response", "txn_status", "search_response", 0, "reference_id") != "r1" {
		t.Error(got)
	}
	_, got = call(t, client, "/registry/sync/txn/status", map[string]any{"action": "txn-status"},
		`{"transaction_id":"t2","txnstatus_request":{"reference_id":"q","txn_type":"search","attribute_type":"reference_id_list","attribute_value":["r2"]}}`)
	if at(got, "header", "status") != "rjct" {
		t.Error(got)
	}
	if _, ack := call(t, client, "/registry/search", map[string]any{"sender_uri": "file:///etc/passwd"}, oneSearch); at(ack, "message", "ack_status") != "ERR" {
		t.Error(ack)
	}
}

func TestSubscribersHearOfDeaths(t *testing.T) {
	t.Parallel()
	all := people(10)
	p := NewPopulation(len(all), func(i int, day time.Time) (Record, bool) {
		r := all[i]
		if r.Died = ""; i == 4 && day.After(october) {
			r.Died = "2026-10-01"
		}
		return r, true
	})
	server, client, _ := sandbox(t, p, "", "none")
	uri, came := inbox(t)
	for _, want := range []string{`"status":"succ"`, "rjct.event.already_subscribed"} {
		transaction, err := client.Subscribe(t.Context(), uri, EventDeath, []string{"31825"})
		if err != nil {
			t.Fatal(err)
		}
		body := <-came
		if n, err := client.ReadCallback(body); err != nil || n.Events != nil || n.Transaction != transaction || n.Action != "on-subscribe" || len(n.Subscriptions) != 1 || !bytes.Contains(body, []byte(want)) {
			t.Fatalf("%s, %v", body, err)
		}
	}
	later := october.AddDate(0, 0, 9)
	token, err := client.token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	days := `{"after":"2026-10-13T03:00:00Z","until":"2026-10-22T03:00:00Z"}`
	if status, got := post2(t, client.URL+"/sandbox/day", token, days); status != 200 || got["events"] != 1. {
		t.Fatal(status, got)
	}
	server.Wait()
	client.Now = func() time.Time { return later }
	body := <-came
	n, err := client.ReadCallback(body)
	want := all[4]
	want.Died = "2026-10-01"
	if err != nil || n.Message == "" || len(n.Events) != 1 || n.Events[0].Kind != EventDeath || !n.Events[0].At.Equal(later) || !cmp.Equal(n.Events[0].Record, want) {
		t.Errorf("%+v, %v", n, err)
	}
	for _, bad := range [][]byte{bytes.Replace(body, []byte("2026-10-01"), []byte("2026-09-01"), 1), []byte("{}"), nil} {
		if n, err := client.ReadCallback(bad); err == nil || n.Events != nil {
			t.Errorf("%s was believed", bad)
		}
	}
	if n := server.Notify(later, later.AddDate(0, 0, 1)); n != 0 {
		t.Errorf("%d events more", n)
	}
	if _, err := client.Subscribe(t.Context(), "nowhere", EventDeath, nil); !errors.Is(err, ErrRejected) {
		t.Error(err)
	}
	if _, err := client.Subscribe(t.Context(), uri, EventMove, nil); err != nil {
		t.Error(err)
	}
}
