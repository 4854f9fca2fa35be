package registry

import (
	"context"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"
)

// October is when the tests' messages are sent.
var october = time.Date(2026, 10, 13, 3, 0, 0, 0, time.UTC)

// people makes a register of n people; the i-th has the number 0951 and i.
func people(n int) []Record {
	names := []string{"Danh Thị Sà Rươne", "Trần Văn Ân", "Nguyễn Thị Hai", "Lý Hoàng Mỹ"}
	out := make([]Record, n)
	for i := range out {
		out[i] = Record{
			Number: number(i), Name: names[i%len(names)], Birth: fmt.Sprintf("%d-03-%02d", 1940+i%60, 1+i%28), Sex: "F",
			Ethnicity: "Kinh", Commune: "31825", CommuneName: "Phường Bạc Liêu", Hamlet: "Khóm 3",
			Household: fmt.Sprintf("H%07d", i/3), Standing: Resident,
		}
		if i%2 == 0 {
			out[i].OldNumber = fmt.Sprintf("385%06d", i)
		}
		if i%50 == 7 {
			out[i].Died = "2026-08-02"
		}
		if i%3 == 1 {
			out[i].Birth = out[i].Birth[:4]
		}
	}
	return out
}

func number(i int) string { return fmt.Sprintf("0951%08d", i) }

// sandbox runs a register over HTTP and returns a client of it that never
// sleeps for real and says how long it would have.
func sandbox(t testing.TB, population *Population, profile, faults string) (*Server, *Client, *[]time.Duration) {
	t.Helper()
	server, access, err := Sandbox(7, population, profile)
	if err != nil {
		t.Fatal(err)
	}
	if server.Faults, err = ParseFaults(faults, 7); err != nil {
		t.Fatal(err)
	}
	server.Faults.Delay = time.Millisecond
	srv := httptest.NewServer(server.Handler())
	t.Cleanup(func() { server.Wait(); srv.Close() })
	access.URL = srv.URL
	client, err := access.Client()
	if err != nil {
		t.Fatal(err)
	}
	var slept []time.Duration
	client.InFlight = 1
	client.Now = func() time.Time { return october }
	client.Jitter = func(d time.Duration) time.Duration { return d }
	client.Sleep = func(_ context.Context, d time.Duration) error { slept = append(slept, d); return nil }
	return server, client, &slept
}
