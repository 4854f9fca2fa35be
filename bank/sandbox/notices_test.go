package sandbox_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ansinh.vn/bank/notice"
	"ansinh.vn/bank/sandbox"
	"ansinh.vn/qr"
)

// listener is the other side of notices: it believes only what is signed.
type listener struct {
	*httptest.Server
	mu  sync.Mutex
	got []notice.Notice
	bad []error
}

func listen(t *testing.T, provider, secret string, fail int) *listener {
	l := &listener{}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		all, err := notice.Verify(provider, []byte(secret), r.Header, body, clock())
		l.mu.Lock()
		defer l.mu.Unlock()
		if err != nil {
			l.bad = append(l.bad, err)
			return
		}
		if fail > 0 {
			fail--
			http.Error(w, "not now", http.StatusServiceUnavailable)
			return
		}
		l.got = append(l.got, all...)
	}))
	t.Cleanup(l.Close)
	return l
}

// clock stands at the bank's first morning.
func clock() time.Time { return time.Date(2026, 11, 2, 8, 0, 30, 0, time.FixedZone("ICT", 7*3600)) }

func TestShopperPaysByQR(t *testing.T) {
	t.Parallel()
	for _, profile := range []string{"sepay", "hmac"} {
		l := listen(t, profile, "s3cret", 1)
		b := open(t, sandbox.Config{Faults: quiet, LateBy: time.Hour, FirstEvent: 100})
		b.post("/notify", object{"url": l.URL, "profile": profile, "secret": "s3cret"})
		b.post("/accounts", object{"bank": "970405", "account": "1900888777", "name": "Chị Tư Cá", "kind": "vendor"})
		payload, err := qr.Transfer{Bank: "970405", Account: "1900888777", Amount: 75_000, Dynamic: true, Purpose: "CHO7K2M"}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		paid := b.post("/qr-pay", object{"payload": payload, "payer_name": "Le Van Khach"})
		b.post("/qr-pay", object{"payload": payload, "amount": 70_000, "fault": "doubled"})
		b.post("/qr-pay", object{"payload": payload, "fault": "late"})
		b.post("/qr-pay", object{"payload": payload, "fault": "lost"})
		b.post("/notices/flush", object{})
		seen := map[string]int{}
		for _, n := range l.got {
			seen[n.EventID]++
			if !n.In || n.Account != "1900888777" || n.Memo != "CHO7K2M" || n.Reference == "" {
				t.Errorf("%s: notice %+v", profile, n)
			}
		}
		if len(l.bad) > 0 || len(seen) != 3 || seen["101"] != 1 || seen["102"] != 2 || seen["103"] != 1 {
			t.Errorf("%s: delivered %v, refused %v", profile, seen, l.bad)
		}
		if paid["event"] != 101.0 {
			t.Errorf("%s: event %v", profile, paid["event"])
		}
		b.post("/clock", object{"day": "2026-11-03"})
		d := b.statement("970405-1900888777", "2026-11-02")
		if len(d.entries) != 4 || d.closing != 75_000*3+70_000 {
			t.Errorf("%s: the vendor's statement: %d lines, %d", profile, len(d.entries), d.closing)
		}
	}
}

func TestAPaymentUnderAKeyIsPaidOnceAndToldAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := listen(t, "hmac", "s3cret", 0)
	order := object{"bank": "970405", "account": "1900888777", "amount": 40_000, "memo": "CHO7K2M", "fault": "sent", "key": "QAY-017-01"}
	told := object{"url": l.URL, "profile": "hmac", "secret": "s3cret"}
	for n, name := range []string{"at first", "after a restart"} {
		t.Run(name, func(t *testing.T) {
			b := open(t, sandbox.Config{Faults: quiet, Dir: dir})
			b.post("/notify", told)
			b.post("/accounts", object{"bank": "970405", "account": "1900888777", "name": "Chị Tư Cá", "kind": "vendor"})
			first, again := b.post("/qr-pay", order), b.post("/qr-pay", order)
			if !cmp.Equal(first, again) || first["balance"] != 40_000.0 {
				t.Errorf("paid %v, again %v", first, again)
			}
			b.post("/notices/flush", object{})
			l.mu.Lock()
			if len(l.got) != 2+2*n || l.got[0].EventID != l.got[len(l.got)-1].EventID {
				t.Errorf("told %+v", l.got)
			}
			l.mu.Unlock()
			if status, raw := b.ask("POST", "/qr-pay", []byte(`{"bank":"970405","account":"1900888777","amount":1,"key":"QAY-017-01"}`)); status != http.StatusConflict {
				t.Errorf("another payment under the same key: %d %s", status, raw)
			}
		})
	}
}

func TestShopperCannotPayABadCode(t *testing.T) {
	t.Parallel()
	b := open(t, sandbox.Config{Faults: quiet})
	b.post("/accounts", object{"bank": "970405", "account": "1900888777", "name": "Chị Tư Cá", "kind": "vendor"})
	for body, want := range map[string]int{
		`{"payload":"000201010212"}`:                                             422,
		`{"bank":"970405","account":"1900888777"}`:                               400,
		`{"bank":"970405","account":"1900888778","amount":1000}`:                 404,
		`{"bank":"970405","account":"1900888777","amount":1000,"fault":"eaten"}`: 400,
		`[]`: 400,
		`{`:  400,
	} {
		if status, raw := b.ask("POST", "/qr-pay", []byte(body)); status != want {
			t.Errorf("%s: %d %s, want %d", body, status, raw, want)
		}
	}
}
