package registry

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestNothingIsSentElsewhere(t *testing.T) {
	t.Parallel()
	var got atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { got.Add(1) }))
	defer elsewhere.Close()
	srv := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer srv.Close()
	for _, id := range []string{"", "ansinh.sandbox"} { // the message, and our secret
		_, client, _ := sandbox(t, PopulationOf(nil), "", "none")
		client.URL, client.ClientID, client.HTTP = srv.URL, id, nil
		_, err := client.Search(t.Context(), []Query{{ID: "1", Number: number(1)}})
		if !errors.Is(err, ErrRejected) || !strings.Contains(err.Error(), elsewhere.URL) || got.Load() != 0 {
			t.Errorf("%v; %d messages arrived elsewhere", err, got.Load())
		}
	}
}

func TestARegisterThatHangsIsWaitedForOnce(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	hang := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked.Add(1)
		<-hang
	}))
	defer srv.Close()
	defer close(hang)
	_, client, _ := sandbox(t, PopulationOf(nil), "", "none")
	client.URL, client.Batch, client.InFlight, client.Attempts = srv.URL, 1, 8, 1
	client.Timeout = 300 * time.Millisecond
	var queries []Query
	for i := range 8 {
		queries = append(queries, Query{ID: number(i), Number: number(i)})
	}
	if _, err := client.Search(context.Background(), queries); !errors.Is(err, ErrUnreachable) {
		t.Error(err)
	}
	// Messages that start after the first failed may ask again; one after the other would be eight.
	if n := asked.Load(); n > 2 {
		t.Errorf("%d messages waited for a token in turn", n)
	}
}
