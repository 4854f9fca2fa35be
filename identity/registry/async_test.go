package registry

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// receiving is a callback address of ours before a sandbox.
func receiving(t *testing.T, faults string, take func(Callback) error) (*Server, *Client, string) {
	t.Helper()
	server, client, _ := sandbox(t, PopulationOf(people(30)), "", faults)
	srv := httptest.NewServer(Receiver{Client: client, Take: func(_ context.Context, cb Callback, _ []byte) error { return take(cb) }})
	t.Cleanup(srv.Close)
	return server, client, srv.URL + "/registry/on-search"
}

func TestAnAsynchronousSearchIsAnsweredByCallback(t *testing.T) {
	t.Parallel()
	var came []Callback
	server, client, uri := receiving(t, "none", func(cb Callback) error { came = append(came, cb); return nil })
	queries := []Query{{ID: "1", Number: number(1)}, {ID: "2", Birth: "1943-04-04"}, {ID: "3", Name: "Không Ai"}}
	if err := client.SendSearch(t.Context(), "txn-1", uri, queries); err != nil {
		t.Fatal(err)
	}
	server.Wait()
	if len(came) != 1 || came[0].Transaction != "txn-1" {
		t.Fatalf("%+v", came)
	}
	answers, left, err := client.Answers(came[0], queries)
	if err != nil || len(left) != 0 || len(answers) != 3 || answers["1"].Records[0].Number != number(1) || len(answers["3"].Records) != 0 {
		t.Errorf("%+v, left %v, %v", answers, left, err)
	}
	// the same can be asked for when the callback is lost
	asked, err := client.Status(t.Context(), "txn-1")
	if err != nil {
		t.Fatal(err)
	}
	again, _, err := client.Answers(asked, queries)
	if err != nil || again["1"].Records[0] != answers["1"].Records[0] {
		t.Errorf("%+v, %v", again, err)
	}
	if _, err := client.Status(t.Context(), "never"); !errors.Is(err, ErrNoTransaction) {
		t.Error(err)
	}
	if _, _, err := client.Answers(came[0], queries[:1]); !errors.Is(err, ErrMalformed) {
		t.Error("an answer to searches that were not asked:", err)
	}
}

func TestLostAndPartialCallbacks(t *testing.T) {
	t.Parallel()
	queries := []Query{{ID: "1", Number: number(1)}, {ID: "2", Number: number(2)}}
	for faults, want := range map[string]int{"cut=1": 0, "partial=1": 1, "signature=1": 0} {
		n := 0
		var cb Callback
		server, client, uri := receiving(t, faults, func(c Callback) error { n++; cb = c; return nil })
		if err := client.SendSearch(t.Context(), "t", uri, queries); err != nil {
			t.Fatal(err)
		}
		server.Wait()
		if n != want {
			t.Errorf("%s: %d callbacks were believed", faults, n)
		}
		if n == 1 {
			answers, left, err := client.Answers(cb, queries)
			if err != nil || len(answers) != 1 || len(left) != 1 {
				t.Errorf("%v left %v, %v", answers, left, err)
			}
		}
		whole, err := client.Status(t.Context(), "t")
		if err != nil {
			t.Fatal(err)
		}
		if answers, _, err := client.Answers(whole, queries); err != nil || len(answers) != 2 {
			t.Errorf("%s: the status gives %v, %v", faults, answers, err)
		}
	}
}

func TestTheCallbackAddressRefusesWhatIsNotTheRegisters(t *testing.T) {
	t.Parallel()
	server, client, uri := receiving(t, "none", func(cb Callback) error {
		switch cb.Transaction {
		case "unknown":
			return ErrNotAsked
		case "late":
			return ErrTaken
		case "other":
			return ErrOtherMessage
		case "broken":
			return errors.New("the disk is full")
		}
		return nil
	})
	message := func(transaction string) searchResponse {
		return searchResponse{Transaction: transaction, Correlation: "c", Responses: []searchDone{}}
	}
	sealed := func(edit func(*header), transaction string, sign Signer, at time.Time) string {
		h := server.answerHeader(&envelope{header: header{SenderID: client.SenderID}}, at, "on-search", succeeded)
		if edit != nil {
			edit(&h)
		}
		body, err := seal(h, message(transaction), sign, at)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	stranger := PrivateKey{SandboxID, "k1", testKey(99)}
	good := sealed(nil, "t", server.Sign, october)
	for name, tt := range map[string]struct {
		body   string
		status int
		ack    string
	}{
		"good":               {good, 200, "ACK"},
		"late":               {sealed(nil, "late", server.Sign, october), 200, "NACK"},
		"other message":      {sealed(nil, "other", server.Sign, october), 409, "ERR"},
		"never asked":        {sealed(nil, "unknown", server.Sign, october), 404, "ERR"},
		"our own trouble":    {sealed(nil, "broken", server.Sign, october), 500, "ERR"},
		"signed by a thief":  {sealed(nil, "t", stranger, october), 403, "ERR"},
		"an hour old":        {sealed(nil, "t", server.Sign, october.Add(-time.Hour)), 403, "ERR"},
		"from tomorrow":      {sealed(nil, "t", server.Sign, october.AddDate(0, 0, 1)), 403, "ERR"},
		"for another":        {sealed(func(h *header) { h.ReceiverID = "elsewhere" }, "t", server.Sign, october), 403, "ERR"},
		"from another":       {sealed(func(h *header) { h.SenderID = "elsewhere" }, "t", server.Sign, october), 403, "ERR"},
		"changed on the way": {strings.Replace(good, `"t"`, `"u"`, 1), 403, "ERR"},
		"not signed":         {`{"signature":"","header":{},"message":{}}`, 403, "ERR"},
		"another kind":       {sealed(func(h *header) { h.Action = "search" }, "t", server.Sign, october), 400, "ERR"},
		"cut off":            {good[:len(good)/2], 400, "ERR"},
		"nothing":            {``, 400, "ERR"},
		"our own question":   {sealed(nil, "t", client.Sign, october), 403, "ERR"},
	} {
		status, got := post2(t, uri, "", tt.body)
		hasForm(t, "acknowledgement", got)
		if status != tt.status || at(got, "message", "ack_status") != tt.ack {
			t.Errorf("%s: %d %v, want %d %s", name, status, got, tt.status, tt.ack)
		}
	}
}

func TestWhatARegisterCanGetWrong(t *testing.T) {
	t.Parallel()
	filler := `{"a":"` + strings.Repeat("x", 1<<10) + `"}`
	for name, tt := range map[string]struct {
		answer func(w http.ResponseWriter)
		want   error
	}{
		"ten megabytes of nothing": {func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, `{"header":{"a":[`)
			for range 10 << 10 {
				_, _ = io.WriteString(w, filler+",")
			}
			_, _ = io.WriteString(w, `1]},"message":{},"signature":"x"}`)
		}, ErrSignature},
		"more than a message may have": {func(w http.ResponseWriter) {
			for range 17 << 10 {
				_, _ = io.WriteString(w, filler)
			}
		}, ErrUnreachable},
		"cut JSON":      {func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"header":{"mess`) }, ErrMalformed},
		"HTML":          {func(w http.ResponseWriter) { _, _ = io.WriteString(w, "<html>Bảo trì</html>") }, ErrMalformed},
		"nothing":       {func(w http.ResponseWriter) {}, ErrMalformed},
		"no content":    {func(w http.ResponseWriter) { w.WriteHeader(http.StatusNoContent) }, ErrRejected},
		"gone":          {func(w http.ResponseWriter) { w.WriteHeader(http.StatusGone) }, ErrRejected},
		"too busy":      {func(w http.ResponseWriter) { w.Header().Set("Retry-After", "2"); w.WriteHeader(429) }, ErrUnreachable},
		"busy for ever": {func(w http.ResponseWriter) { w.Header().Set("Retry-After", "86400"); w.WriteHeader(503) }, ErrUnreachable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, client, slept := sandbox(t, PopulationOf(people(5)), "", "none")
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { tt.answer(w) }))
			t.Cleanup(srv.Close)
			client.URL, client.ClientID, client.Attempts = srv.URL, "", 2
			if _, err := client.Search(t.Context(), []Query{{ID: "1", Number: number(1)}}); !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
			if name == "too busy" && ((*slept)[0] != 2*time.Second) {
				t.Errorf("waited %v", *slept)
			}
			if name == "busy for ever" && len(*slept) > 0 {
				t.Errorf("waited %v for a day", *slept)
			}
		})
	}
}

func TestACertificateThatIsNotTrustedIsNotAskedAgain(t *testing.T) {
	t.Parallel()
	_, client, _ := sandbox(t, PopulationOf(people(5)), "", "none")
	asked := 0
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.TLS = &tls.Config{MinVersion: tls.VersionTLS13}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	client.URL = srv.URL
	_, err := client.Search(t.Context(), []Query{{ID: "1", Number: number(1)}})
	var call *CallError
	if !errors.Is(err, ErrCertificate) || !errors.As(err, &call) || call.Attempts != 1 || asked != 0 {
		t.Errorf("%v, asked %d", err, asked)
	}
}

func TestClocksThatAreFarApartAreNamed(t *testing.T) {
	t.Parallel()
	server, client, _ := sandbox(t, PopulationOf(people(5)), "", "none")
	server.Now = func() time.Time { return october.Add(4 * time.Minute) }
	if _, err := client.Search(t.Context(), []Query{{ID: "1", Number: number(1)}}); !errors.Is(err, ErrSignature) || !errors.Is(err, ErrClock) {
		t.Errorf("an answer from the future: %v", err)
	}
	if !strings.Contains(ErrClock.Error(), "clock") {
		t.Error("not named")
	}
}

func TestATokenOfAShortLifeIsRenewed(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[int]time.Duration{3600: 3570 * time.Second, 20: 10 * time.Second, 0: 3570 * time.Second, -5: 3570 * time.Second} {
		if got := tokenUse(seconds); got != want {
			t.Errorf("%d s: used for %s, want %s", seconds, got, want)
		}
	}
	server, client, _ := sandbox(t, PopulationOf(people(5)), "", "none")
	server.TokenLife = -time.Second // every token is refused with 401
	_, err := client.Search(t.Context(), []Query{{ID: "1", Number: number(1)}})
	if !errors.Is(err, ErrUnauthorized) || client.Stats().Messages != 4 {
		t.Errorf("%v after %d messages; want a token, 401, a new token, 401 and no more", err, client.Stats().Messages)
	}
}
