package registry

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// suite asks a sandbox as a conformance suite written by others does: by hand-made
// messages, and holds every answer and callback against the standard's form.
type suite struct {
	*testing.T
	server *Server
	client *Client
	uri    string
	came   chan []byte
}

func newSuite(t *testing.T) *suite {
	all := people(30)
	p := NewPopulation(len(all), func(i int, day time.Time) (Record, bool) {
		r := all[i]
		if r.Died = ""; i == 4 && day.After(october) {
			r.Died = "2026-10-01"
		}
		return r, true
	})
	server, client, _ := sandbox(t, p, "", "none")
	uri, came := inbox(t)
	return &suite{t, server, client, uri, came}
}

// ask sends one message; async paths are acknowledged, the others answered.
func (s *suite) ask(path string, head map[string]any, message string) map[string]any {
	s.Helper()
	status, got := call(s.T, s.client, path, head, message)
	if strings.Contains(path, "/sync/") && status == http.StatusOK {
		hasForm(s.T, "answer", got)
	} else {
		hasForm(s.T, "acknowledgement", got)
	}
	if status != http.StatusOK && at(got, "errors", 0, "code") == nil {
		s.Errorf("%s: %d without errors: %v", path, status, got)
	}
	got["http"] = status
	return got
}

// told waits for the callback.
func (s *suite) told() map[string]any {
	s.Helper()
	s.server.Wait()
	select {
	case body := <-s.came:
		var got map[string]any
		if err := json.Unmarshal(body, &got); err != nil {
			s.Fatal(err)
		}
		hasForm(s.T, "answer", got)
		return got
	default:
		s.Fatal("no callback came")
		return nil
	}
}

func (s *suite) quiet() {
	s.Helper()
	s.server.Wait()
	select {
	case body := <-s.came:
		s.Errorf("a callback came: %s", body)
	default:
	}
}

func search(reference, stamp, rest string) string {
	return `{"transaction_id":"t1","search_request":[{"reference_id":"` + reference + `","timestamp":"` + stamp + `"` + rest + `}]}`
}

const (
	stamp = "2026-10-13T03:00:00Z"
	byUIN = `,"search_criteria":{"query_type":"idtype-value","query":{"type":"UIN","value":"095100000002"}}`
)

func TestConformanceOfSearch(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	for name, message := range map[string]string{
		"one":           search("r1", stamp, byUIN),
		"nobody":        search("r1", stamp, strings.Replace(byUIN, "095100000002", "095199999999", 1)),
		"not a type":    search("r1", stamp, strings.Replace(byUIN, "UIN", "BIRTH_REG_NO", 1)),
		"graphql":       search("r1", stamp, `,"search_criteria":{"query_type":"graphql","query":{"type":"ns:org:QueryType:graphql","value":{"query":"{ registry { id } }"}}}`),
		"predicate":     search("r1", stamp, `,"search_criteria":{"query_type":"predicate","query":[{"seq_num":1,"expression1":{"attribute_name":"registration_date","operator":"gte","attribute_value":"2020-01-01"},"condition":"and","expression2":{"attribute_name":"gender","operator":"eq","attribute_value":"male"}}]}`),
		"all women":     search("r1", stamp, `,"search_criteria":{"query_type":"predicate","query":[{"expression1":{"attribute_name":"gender","operator":"eq","attribute_value":"female"}}],"pagination":{"page_size":3,"page_number":2}}`),
		"no criteria":   search("r1", stamp, ``),
		"bad timestamp": search("r1", "not-a-timestamp", byUIN),
		"bad locale":    search("r1", stamp, byUIN+`,"locale":"ENG"`),
		"page zero":     search("r1", stamp, byUIN+`,"pagination":{"page_size":10,"page_number":0}`),
	} {
		t.Run(name, func(t *testing.T) {
			got := s.ask("/registry/sync/search", nil, message)
			ack := s.ask("/registry/search", map[string]any{"sender_uri": s.uri}, message)
			one := at(got, "message", "search_response", 0)
			if name == "bad timestamp" || name == "bad locale" || name == "page zero" { // the form of the only search is wrong
				if at(ack, "message", "ack_status") != "ERR" || at(one, "status") != "rjct" {
					t.Error(ack, one)
				}
				s.quiet()
				return
			}
			if at(ack, "message", "ack_status") != "ACK" {
				t.Fatal(ack)
			}
			told := s.told()
			if at(told, "message", "correlation_id") != at(ack, "message", "correlation_id") || at(told, "message", "transaction_id") != "t1" ||
				at(told, "header", "action") != "on-search" || at(told, "message", "search_response", 0, "status") != at(one, "status") {
				t.Errorf("told %v, answered %v", told, one)
			}
		})
	}
	if got := s.ask("/registry/search", nil, search("r9", stamp, byUIN)); at(got, "message", "ack_status") != "ACK" {
		t.Error("without an address:", got)
	}
	s.quiet()
	got := s.ask("/registry/sync/txn/status", map[string]any{"action": "txn-status"},
		`{"transaction_id":"t9","txnstatus_request":{"reference_id":"q","txn_type":"search","attribute_type":"reference_id_list","attribute_value":["r9"]}}`)
	if at(got, "message", "txnstatus_response", "txn_status", "search_response", 0, "status") != "succ" {
		t.Error(got)
	}
}

func TestConformanceOfTheForm(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	good := search("r1", stamp, byUIN)
	for name, tt := range map[string]struct {
		head    map[string]any
		message string
		status  int
		code    string
	}{
		"transaction of 99":     {nil, strings.Replace(good, `"t1"`, `"`+strings.Repeat("x", 99)+`"`, 1), 200, ""},
		"transaction of 100":    {nil, strings.Replace(good, `"t1"`, `"`+strings.Repeat("x", 100)+`"`, 1), 400, errBadRequest},
		"no transaction":        {nil, strings.Replace(good, `"transaction_id":"t1",`, "", 1), 400, errBadRequest},
		"no searches":           {nil, `{"transaction_id":"t1"}`, 400, errBadRequest},
		"a number as reference": {nil, strings.Replace(good, `"r1"`, "1", 1), 400, errBadRequest},
		"another receiver":      {map[string]any{"receiver_id": "elsewhere"}, good, 400, errReceiverInvalid},
		"an unknown sender":     {map[string]any{"sender_id": "test-client"}, good, 403, errSenderInvalid},
		"no message id":         {map[string]any{"message_id": nil}, good, 400, errBadRequest},
		"no count":              {map[string]any{"total_count": nil}, good, 400, errBadRequest},
		"no action":             {map[string]any{"action": nil}, good, 400, errBadRequest},
		"encrypted":             {map[string]any{"is_msg_encrypted": true}, good, 400, errEncryption},
	} {
		for _, path := range []string{"/registry/sync/search", "/registry/search"} {
			got := s.ask(path, tt.head, tt.message)
			code, _ := at(got, "errors", 0, "code").(string)
			if got["http"] != tt.status || code != tt.code {
				t.Errorf("%s %s: %v", path, name, got)
			}
		}
	}
	token, err := s.client.token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	send := func(method, kind, body string) (int, map[string]any) {
		req, err := http.NewRequestWithContext(t.Context(), method, s.client.URL+"/registry/search", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "bearer "+token)
		if kind != "" {
			req.Header.Set("Content-Type", kind)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var got map[string]any
		if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
			t.Fatal(err)
		}
		hasForm(t, "acknowledgement", got)
		return resp.StatusCode, got
	}
	for _, tt := range []struct {
		method, kind, body string
		status             int
	}{
		{"GET", "application/json", "", 405},
		{"POST", "", "{}", 415},
		{"POST", "text/plain", "{}", 415},
		{"POST", "application/json", "", 400},
		{"POST", "application/json; charset=utf-8", "null", 400},
		{"POST", "application/json", `{"header":{}}`, 400},
		{"POST", "application/json", `[]`, 400},
		{"POST", "application/json", strings.Repeat("[", 100_000), 400},
	} {
		if status, got := send(tt.method, tt.kind, tt.body); status != tt.status {
			t.Errorf("%s %q %.20q: %d %v, want %d", tt.method, tt.kind, tt.body, status, got, tt.status)
		}
	}
	s.quiet()
}

func TestConformanceOfTheFileVariant(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	now := october
	body, err := seal(header{Version: Version, MessageID: newID(), Time: now.Format(time.RFC3339), Action: "search", SenderID: s.client.SenderID,
		SenderURI: s.uri, ReceiverID: s.client.ReceiverID, Total: 1}, json.RawMessage(search("r1", stamp, byUIN)), s.client.Sign, now)
	if err != nil {
		t.Fatal(err)
	}
	token, err := s.client.token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for action, want := range map[string]string{"search": "ACK", "subscribe": "ERR"} {
		var form bytes.Buffer
		w := multipart.NewWriter(&form)
		_ = w.WriteField("action", action)
		f, _ := w.CreateFormFile("fileName", "search.json")
		_, _ = f.Write(body)
		_ = w.Close()
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, s.client.URL+"/registry/search", &form)
		req.Header.Set("Content-Type", w.FormDataContentType())
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if at(got, "message", "ack_status") != want {
			t.Errorf("%s: %v", action, got)
		}
		if want == "ACK" && at(s.told(), "message", "search_response", 0, "status") != "succ" {
			t.Error("not found by file")
		}
	}
}

func TestConformanceOfSubscriptions(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	head := func(action string) map[string]any {
		return map[string]any{"action": action, "sender_uri": s.uri}
	}
	criteria := func(event, filter string) string {
		return `{"transaction_id":"s1","subscribe_request":[{"reference_id":"r1","timestamp":"` + stamp + `","subscribe_criteria":{"reg_event_type":"` + event +
			`","filter":` + filter + `,"notify_record_type":"Person","frequency":{"start_time":"2026-10-01T00:00:00Z","end_time":"2027-10-01T00:00:00Z","frequency":"0 0 0 ? * *"}}}]}`
	}
	const everybody = `[{"expression1":{"attribute_name":"UIN","operator":"ge","attribute_value":"0"}}]`
	var code string
	for _, tt := range []struct{ event, filter, reason string }{
		{"DEATH", everybody, ""},
		{"spdci-common:RegistryEventType:Death", everybody, "rjct.event.already_subscribed"},
		{"BIRTH", everybody, "rjct.notify_types.invalid"},
		{"death", `{"type":"BIRTH_REG_NO","value":"BIRTH-TEST-001"}`, "rjct.notify_details.invalid"},
		{"death", `{"type":"UIN","value":"095199999999"}`, "rjct.person_id.invalid"},
		{"death", `{"type":"UIN","value":"095100000004"}`, ""},
		{"change_of_residence", `{"type":"x","value":{"expression":{"query":{"commune":{"$in":["31825"]}}}}}`, ""},
	} {
		if ack := s.ask("/registry/subscribe", head("subscribe"), criteria(tt.event, tt.filter)); at(ack, "message", "ack_status") != "ACK" {
			t.Fatal(ack)
		}
		one := at(s.told(), "message", "subscribe_response", 0)
		reason, _ := at(one, "status_reason_code").(string)
		if reason != tt.reason {
			t.Errorf("%s %s: %v", tt.event, tt.filter, one)
		}
		if code == "" {
			code, _ = at(one, "subscriptions", 0, "code").(string)
		}
	}
	late := strings.Replace(criteria("death", everybody), stamp, "2024-01-15T10:30:00", 1)
	if ack := s.ask("/registry/subscribe", head("subscribe"), late); at(ack, "message", "ack_status") != "ERR" {
		t.Error("a time without a zone:", ack)
	}
	status := s.ask("/registry/sync/txn/status", head("txn-status"),
		`{"transaction_id":"q1","txnstatus_request":{"reference_id":"q","txn_type":"subscribe","attribute_type":"subscription_code_list","attribute_value":["`+code+`"]}}`)
	if at(status, "message", "txnstatus_response", "txn_status", "subscribe_response", 0, "subscriptions", 0, "code") != code {
		t.Error(status)
	}
	// two subscriptions hear of the death, in one message each
	if n := s.server.Notify(october, october.AddDate(0, 0, 9)); n != 2 {
		t.Errorf("%d events", n)
	}
	s.server.Wait()
	for range 2 {
		if e := s.told(); at(e, "header", "action") != "notify" || at(e, "message", "notify_event", 0, "data", "reg_records", 0, "death_date") != "2026-10-01" {
			t.Error(e)
		}
	}
	unsubscribe := func(codes string) map[string]any {
		return s.ask("/registry/unsubscribe", head("unsubscribe"), `{"transaction_id":"u1","timestamp":"`+stamp+`","subscription_codes":[`+codes+`]}`)
	}
	for _, reason := range []string{"", "rjct.event.already_unsubscribed"} {
		if ack := unsubscribe(`"` + code + `"`); at(ack, "message", "ack_status") != "ACK" {
			t.Fatal(ack)
		}
		got := s.told()
		if r, _ := at(got, "message", "status_reason_code").(string); r != reason || at(got, "header", "action") != "on-unsubscribe" {
			t.Error(got)
		}
	}
	unsubscribe(`"` + strings.Repeat("s", 99) + `"`)
	if got := s.told(); at(got, "message", "status_reason_code") != "rjct.subscription_code.invalid" {
		t.Error(got)
	}
	if ack := unsubscribe(`"` + strings.Repeat("s", 100) + `"`); at(ack, "message", "ack_status") != "ERR" {
		t.Error(ack)
	}
	if n := s.server.Notify(october, october.AddDate(0, 0, 9)); n != 1 {
		t.Errorf("%d events after the end of one subscription", n)
	}
}

func TestConformanceOfStatus(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	status := func(kind, by, value string) string {
		return `{"transaction_id":"q1","txnstatus_request":{"reference_id":"q","txn_type":"` + kind + `","attribute_type":"` + by + `","attribute_value":` + value + `}}`
	}
	for _, kind := range []string{"search", "subscribe", "unsubscribe"} {
		got := s.ask("/registry/sync/txn/status", map[string]any{"action": "txn-status"}, status(kind, "transaction_id", `"never"`))
		if at(got, "header", "status") != "rjct" || at(got, "message", "txnstatus_response", "txn_type") != "on-"+kind {
			t.Error(got)
		}
		ack := s.ask("/registry/txn/status", map[string]any{"action": "txn-status", "sender_uri": s.uri}, status(kind, "correlation_id", `"never"`))
		told := s.told()
		if at(told, "message", "correlation_id") != at(ack, "message", "correlation_id") || at(told, "header", "action") != "txn-on-status" {
			t.Error(ack, told)
		}
	}
	for _, bad := range []string{
		status("dance", "transaction_id", `"x"`), status("search", "shoe_size", `"x"`), status("search", "transaction_id", `["x"]`),
		status("search", "reference_id_list", `"x"`), status("search", "reference_id_list", `[]`), `{"transaction_id":"q1"}`,
	} {
		if got := s.ask("/registry/sync/txn/status", map[string]any{"action": "txn-status"}, bad); got["http"] != 400 {
			t.Errorf("%s: %v", bad, got)
		}
	}
	// a header that is rejected still has the form of an answer
	if got := s.ask("/registry/sync/txn/status", map[string]any{"action": "txn-status", "version": "0.9"}, status("search", "transaction_id", `"x"`)); at(got, "header", "status_reason_code") != VersionInvalid {
		t.Error(got)
	}
}

func TestASandboxWithoutSignaturesTakesStubsOnly(t *testing.T) {
	t.Parallel()
	server, access, err := Sandbox(3, PopulationOf(people(10)), "unsigned")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := access.Client(); err == nil {
		t.Error("a client would believe unsigned answers")
	}
	web := httptest.NewServer(server.Handler())
	t.Cleanup(web.Close)
	srv := web.URL
	token := server.tokens.make(access.ClientID, time.Now().Add(time.Minute))
	head := `{"message_id":"%","message_ts":"` + stamp + `","action":"search","sender_id":"test-client","total_count":1}`
	for signature, want := range map[string]int{"unsigned-stub": 200, "unsigned": 200, "invalid-signature": 403} {
		status, got := post2(t, srv+"/registry/sync/search", token, `{"signature":"`+signature+`","header":`+strings.Replace(head, "%", signature, 1)+`,"message":`+search("r1", stamp, byUIN)+`}`)
		if status != want {
			t.Errorf("%s: %d %v", signature, status, got)
		}
		if want == 200 {
			hasForm(t, "answer", got)
		}
	}
}
