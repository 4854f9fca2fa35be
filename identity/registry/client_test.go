package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSearchFindsByNumberByOldNumberAndByName(t *testing.T) {
	t.Parallel()
	all := people(400)
	for _, profile := range []string{"ed25519", "jws", "hmac-sha256"} {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			_, client, _ := sandbox(t, PopulationOf(all), profile, "none")
			client.Batch = 3
			got, err := client.Search(t.Context(), []Query{
				{ID: "number", Number: number(57)},
				{ID: "old", OldNumber: "385000020"},
				{ID: "name", Name: "DANH THI SA RUONE", Birth: "1960-03-21", Commune: "31825"},
				{ID: "year", Name: "Trần Văn Ân", Birth: "1941"},
				{ID: "nobody", Number: "095199999999"},
				{ID: "elsewhere", Name: "Trần Văn Ân", Birth: "1941", Commune: "31840"},
				{ID: "strange", Number: `"; drop`},
			})
			if err != nil {
				t.Fatal(err)
			}
			want := map[string][]Record{"number": {all[57]}, "old": {all[20]}, "name": {all[20]}}
			for i, id := range []string{"number", "old", "name", "year", "nobody", "elsewhere", "strange"} {
				if got[i].ID != id || got[i].Reason != "" || !got[i].AsOf.Equal(october) || got[i].Message == "" {
					t.Errorf("answer %d: %+v", i, got[i])
				}
				if w, ok := want[id]; ok && !cmp.Equal(got[i].Records, w) {
					t.Errorf("%s: %s", id, cmp.Diff(w, got[i].Records))
				}
			}
			for _, r := range got[3].Records {
				if r.Name != "Trần Văn Ân" || r.Birth[:4] != "1941" {
					t.Errorf("by name and year: %+v", r)
				}
			}
			if len(got[3].Records) == 0 || len(got[4].Records)+len(got[5].Records)+len(got[6].Records) != 0 {
				t.Errorf("found %d, %d, %d, %d", len(got[3].Records), len(got[4].Records), len(got[5].Records), len(got[6].Records))
			}
		})
	}
}

func TestEveryPageIsFetched(t *testing.T) {
	t.Parallel()
	all := people(480)
	_, client, _ := sandbox(t, PopulationOf(all), "", "none")
	client.PageSize = 50
	got, err := client.Search(t.Context(), []Query{{ID: "1", Name: "Nguyễn Thị Hai"}, {ID: "2", Number: number(3)}})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, r := range got[0].Records {
		seen[r.Number] = true
	}
	if len(got[0].Records) != 120 || len(seen) != 120 || len(got[1].Records) != 1 {
		t.Errorf("%d records, %d people, and %d", len(got[0].Records), len(seen), len(got[1].Records))
	}
}

func TestTooManyIsAReasonAndNotAnAnswer(t *testing.T) {
	t.Parallel()
	server, client, _ := sandbox(t, PopulationOf(people(480)), "", "none")
	server.Found = 100
	got, err := client.Search(t.Context(), []Query{{ID: "1", Name: "Nguyễn Thị Hai"}})
	if err != nil || got[0].Reason != TooMany || got[0].Records != nil {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAnswersAreWholeWhateverGoesWrongOnTheWay(t *testing.T) {
	t.Parallel()
	all := people(2000)
	_, client, slept := sandbox(t, PopulationOf(all), "", "many")
	client.Batch, client.Attempts = 20, 12
	queries := make([]Query, len(all))
	for i := range all {
		queries[i] = Query{ID: fmt.Sprint(i), Number: number(i)}
	}
	got, err := client.Search(t.Context(), queries)
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range got {
		if a.ID != queries[i].ID || len(a.Records) != 1 || !cmp.Equal(a.Records[0], all[i]) {
			t.Fatalf("answer %d: %+v", i, a)
		}
	}
	s := client.Stats()
	if s.Again == 0 || s.Unsigned == 0 || s.Partial == 0 || len(*slept) == 0 {
		t.Errorf("the faults were not met: %+v", s)
	}
}

func TestARegisterThatFailsIsNamedAndNothingIsAnswered(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		faults string
		want   error
	}{{"down", ErrUnreachable}, {"half", ErrIncomplete}, {"lying", ErrSignature}, {"cut=1", ErrUnreachable}} {
		t.Run(tt.faults, func(t *testing.T) {
			t.Parallel()
			server, client, _ := sandbox(t, PopulationOf(people(50)), "", tt.faults)
			server.Faults.Again = 0
			client.Attempts = 3
			got, err := client.Search(t.Context(), []Query{{ID: "1", Number: number(1)}, {ID: "2", Number: number(2)}, {ID: "3", Number: number(3)}})
			var call *CallError
			if !errors.Is(err, tt.want) || !errors.As(err, &call) || got != nil {
				t.Fatalf("%v, %v", got, err)
			}
			if call.URL == "" || call.Transaction == "" || call.Attempts != 3 {
				t.Errorf("%+v", call)
			}
		})
	}
}

func TestNobodyListening(t *testing.T) {
	t.Parallel()
	_, client, _ := sandbox(t, PopulationOf(nil), "", "none")
	client.URL, client.Attempts = "http://127.0.0.1:1", 2
	if _, err := client.Search(t.Context(), []Query{{ID: "1", Number: number(1)}}); !errors.Is(err, ErrUnreachable) {
		t.Error(err)
	}
}

func TestASlowRegisterIsGivenUpOn(t *testing.T) {
	t.Parallel()
	server, client, _ := sandbox(t, PopulationOf(people(5)), "", "slow=1")
	server.Faults.Again, server.Faults.Delay = 0, 5*time.Second
	client.Timeout, client.Attempts = 50*time.Millisecond, 2
	if _, err := client.Search(t.Context(), []Query{{ID: "1", Number: number(1)}}); !errors.Is(err, ErrUnreachable) {
		t.Error(err)
	}
}

func TestRetryAfterIsRespected(t *testing.T) {
	t.Parallel()
	_, client, slept := sandbox(t, PopulationOf(people(5)), "", "error=1")
	if _, err := client.Search(t.Context(), []Query{{ID: "1", Number: number(1)}}); err != nil {
		t.Fatal(err)
	}
	if !cmp.Equal(*slept, []time.Duration{time.Second}) {
		t.Errorf("slept %v, the register asked for a second", *slept)
	}
	for text, want := range map[string]time.Duration{
		"3": 3 * time.Second, "Tue, 13 Oct 2026 03:02:00 GMT": 2 * time.Minute, "": 0, "soon": 0, "-4": 0,
	} {
		if got := retryAfter(text, october); got != want {
			t.Errorf("Retry-After %q: %v, want %v", text, got, want)
		}
	}
}

func TestAPauseThatIsTooLongIsSaid(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7200")
		refuse(w, http.StatusServiceUnavailable, errUnavailable, "bảo trì")
	}))
	defer srv.Close()
	_, client, _ := sandbox(t, PopulationOf(nil), "", "none")
	client.URL, client.ClientID = srv.URL, ""
	_, err := client.Search(t.Context(), []Query{{ID: "1", Number: number(1)}})
	if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "2h0m0s") || !strings.Contains(err.Error(), "bảo trì") {
		t.Error(err)
	}
}

func TestSmallerMessagesWhereTheRegisterTakesFewer(t *testing.T) {
	t.Parallel()
	all := people(100)
	server, client, _ := sandbox(t, PopulationOf(all), "", "none")
	server.Limit = 30
	queries := make([]Query, len(all))
	for i := range all {
		queries[i] = Query{ID: fmt.Sprint(i), Number: number(i)}
	}
	got, err := client.Search(t.Context(), queries)
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range got {
		if a.ID != queries[i].ID || a.Records[0].Number != number(i) {
			t.Fatalf("answer %d: %+v", i, a)
		}
	}
}

func TestATokenThatIsRefusedIsRenewedOnce(t *testing.T) {
	t.Parallel()
	server, client, _ := sandbox(t, PopulationOf(people(5)), "", "none")
	client.tokens.token, client.tokens.until = "old.0.AAAA", october.Add(time.Hour)
	if _, err := client.Search(t.Context(), []Query{{ID: "1", Number: number(1)}}); err != nil {
		t.Error(err)
	}
	server.Access["ansinh.sandbox"] = "another"
	client.tokens.token = ""
	if _, err := client.Search(t.Context(), []Query{{ID: "1", Number: number(1)}}); !errors.Is(err, ErrUnauthorized) {
		t.Error(err)
	}
}

func TestSearchEachGivesBatchesInOrderAndStopsWhereItFails(t *testing.T) {
	t.Parallel()
	all := people(1000)
	_, client, _ := sandbox(t, PopulationOf(all), "", "none")
	client.Batch, client.InFlight = 10, 8
	ask := func(yield func(Query, error) bool) {
		for i := range all {
			if !yield(Query{ID: fmt.Sprint(i), Number: number(i)}, nil) {
				return
			}
		}
	}
	var inside atomic.Int32
	next := 0
	stop := errors.New("enough")
	err := client.SearchEach(t.Context(), ask, func(q []Query, a []Answer) error {
		if inside.Add(1) != 1 {
			t.Error("two batches at once")
		}
		defer inside.Add(-1)
		for i := range a {
			if q[i].ID != fmt.Sprint(next) || a[i].ID != q[i].ID {
				t.Fatalf("answer %d is %q to %q", next, a[i].ID, q[i].ID)
			}
			next++
		}
		if next == 500 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || next != 500 {
		t.Errorf("%v after %d", err, next)
	}
	broken := errors.New("broken")
	err = client.SearchEach(t.Context(), func(yield func(Query, error) bool) { yield(Query{}, broken) }, nil)
	if !errors.Is(err, broken) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := client.Search(ctx, []Query{{ID: "1", Number: number(1)}}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestQueriesThatAskForNobodyAreRefused(t *testing.T) {
	t.Parallel()
	_, client, _ := sandbox(t, PopulationOf(people(5)), "", "none")
	for _, q := range [][]Query{{{ID: "1"}}, {{Number: number(1)}}, {{ID: "1", Number: number(1)}, {ID: "1", Number: number(2)}}} {
		if _, err := client.Search(t.Context(), q); err == nil {
			t.Errorf("%+v was asked", q)
		}
	}
}

// answerWith is a register that gives an answer of the test's making to any search.
func answerWith(t *testing.T, edit func(h *header, m *searchResponse)) *Client {
	server, client, _ := sandbox(t, PopulationOf(people(5)), "", "none")
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked searchRequest
		e, now, err := server.receive(r, "search", &asked)
		if err != nil {
			turnAway(w, err)
			return
		}
		h := server.answerHeader(e, now, "on-search", succeeded)
		m := searchResponse{Correlation: "c", Transaction: asked.Transaction}
		for i, q := range asked.Requests {
			m.Responses = append(m.Responses, searchDone{
				Reference: q.Reference, Time: h.Time, Status: succeeded,
				Data: &searchData{Type: recordType, Records: records{toWire(people(5)[i])}}, Pagination: &pagination{1, 50, 1},
			})
		}
		edit(&h, &m)
		server.send(w, h, m, now)
	}))
	t.Cleanup(srv.Close)
	server.Access = nil
	client.URL, client.ClientID, client.Attempts = srv.URL, "", 2
	return client
}

func TestAnAnswerThatIsNotToOurQuestionIsRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		edit func(h *header, m *searchResponse)
		want error
	}{
		"fits":                 {func(*header, *searchResponse) {}, nil},
		"another transaction":  {func(_ *header, m *searchResponse) { m.Transaction = "x" }, ErrMalformed},
		"another action":       {func(h *header, _ *searchResponse) { h.Action = "on-subscribe" }, ErrMalformed},
		"another sender":       {func(h *header, _ *searchResponse) { h.SenderID = "elsewhere" }, ErrSignature},
		"for another":          {func(h *header, _ *searchResponse) { h.ReceiverID = "elsewhere" }, ErrSignature},
		"not asked":            {func(_ *header, m *searchResponse) { m.Responses[0].Reference = "9" }, ErrMalformed},
		"twice":                {func(_ *header, m *searchResponse) { m.Responses[0].Reference = "1" }, ErrMalformed},
		"still pending":        {func(_ *header, m *searchResponse) { m.Responses[0].Status = pending }, ErrIncomplete},
		"no such status":       {func(_ *header, m *searchResponse) { m.Responses[0].Status = "ok" }, ErrMalformed},
		"fewer than announced": {func(_ *header, m *searchResponse) { m.Responses[0].Pagination.Total = 2 }, ErrIncomplete},
		"more than announced":  {func(_ *header, m *searchResponse) { m.Responses[0].Pagination.Total = 0 }, ErrIncomplete},
		"without data":         {func(_ *header, m *searchResponse) { m.Responses[0].Data = nil }, ErrMalformed},
		"without a number":     {func(_ *header, m *searchResponse) { m.Responses[0].Data.Records[0].Identifiers = nil }, ErrMalformed},
		"with a strange date":  {func(_ *header, m *searchResponse) { m.Responses[0].Data.Records[0].Birth = "13/10/1950" }, ErrMalformed},
		"rejected as a whole":  {func(h *header, _ *searchResponse) { h.Status, h.StatusReason = rejected, VersionInvalid }, ErrRejected},
		"without a time":       {func(h *header, _ *searchResponse) { h.Time = "" }, ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := answerWith(t, tt.edit).Search(t.Context(), []Query{{ID: "0", Number: number(0)}, {ID: "1", Number: number(1)}})
			if !errors.Is(err, tt.want) || (err != nil) != (got == nil) {
				t.Errorf("%v, %v; want %v", got, err, tt.want)
			}
		})
	}
}
