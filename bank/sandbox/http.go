package sandbox

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	maxMessage = 512 << 20
	maxJSON    = 1 << 20
)

// Handler serves the endpoints of the package's page.
func (b *Bank) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	for pattern, op := range map[string]string{
		"POST /accounts": "account", "POST /credit": "credit", "POST /qr-pay": "qr-pay",
		"POST /clock": "clock", "POST /faults": "faults", "POST /notify": "notify",
	} {
		mux.Handle(pattern, b.guard(func(w http.ResponseWriter, r *http.Request) error { return b.order(w, r, op) }))
	}
	mux.Handle("GET /accounts/{acct}", b.guard(b.getAccount))
	mux.Handle("GET /accounts/{acct}/statements/{day}", b.guard(b.getStatement("camt053")))
	mux.Handle("GET /accounts/{acct}/notifications/{day}", b.guard(b.getStatement("camt054")))
	mux.Handle("POST /payments", b.guard(b.postPayment))
	mux.Handle("GET /payments/{id}", b.guard(b.getPayment))
	mux.Handle("POST /payments/{id}/cancel", b.guard(b.postCancel))
	mux.Handle("GET /clock", b.guard(func(w http.ResponseWriter, _ *http.Request) error {
		return writeJSON(w, b.look(func() any { return b.clock() }))
	}))
	mux.Handle("GET /faults", b.guard(func(w http.ResponseWriter, _ *http.Request) error { return writeJSON(w, b.look(b.faultsView)) }))
	mux.Handle("POST /notices/flush", b.guard(func(w http.ResponseWriter, _ *http.Request) error {
		b.post.flush()
		return writeJSON(w, struct{}{})
	}))
	return mux
}

// guard checks the token, and turns errors into answers.
func (b *Bank) guard(serve func(http.ResponseWriter, *http.Request) error) http.Handler {
	want := sha256.Sum256([]byte("Bearer " + b.cfg.Token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := sha256.Sum256([]byte(r.Header.Get("Authorization")))
		if subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			fail(w, http.StatusUnauthorized, "a bearer token is needed")
			return
		}
		err := serve(w, r)
		var refused *refusal
		switch {
		case err == nil:
		case errors.As(err, &refused):
			fail(w, refused.status, refused.msg)
		default:
			b.cfg.Log.Error("request failed", "path", r.URL.Path, "err", err)
			fail(w, http.StatusInternalServerError, "the bank has a problem of its own")
		}
	})
}

func fail(w http.ResponseWriter, status int, msg string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(struct {
		Error string `json:"error"`
	}{msg})
}

func writeJSON(w http.ResponseWriter, v any) error {
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(v)
}

func writeXML(w http.ResponseWriter, raw []byte) error {
	w.Header().Set("Content-Type", "application/xml")
	_, err := w.Write(raw)
	return err
}

func (b *Bank) look(fn func() any) any {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.keepUp()
	return fn()
}

// do writes an order down and carries it out.
func (b *Bank) do(rec record) (any, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.keepUp()
	if err := b.keep(rec); err != nil {
		return nil, err
	}
	return orders[rec.Op](b, rec)
}

func (b *Bank) order(w http.ResponseWriter, r *http.Request, op string) error {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxJSON))
	if err != nil {
		return refuse(http.StatusRequestEntityTooLarge, "the body is larger than 1 MB")
	}
	if !json.Valid(raw) {
		return refuse(http.StatusBadRequest, "the body is not JSON")
	}
	v, err := b.do(record{Op: op, JSON: raw})
	if err != nil {
		return err
	}
	return writeJSON(w, v)
}

func (b *Bank) getAccount(w http.ResponseWriter, r *http.Request) error {
	v := b.look(func() any {
		if a := b.findPath(r.PathValue("acct")); a != nil {
			return a.view()
		}
		return nil
	})
	if v == nil {
		return refuse(http.StatusNotFound, "there is no such account")
	}
	return writeJSON(w, v)
}

func (b *Bank) getStatement(kind string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		day, err := time.Parse(time.DateOnly, r.PathValue("day"))
		if err != nil {
			return refuse(http.StatusBadRequest, "the day is not YYYY-MM-DD")
		}
		var out bytes.Buffer
		b.mu.Lock()
		b.keepUp()
		a := b.findPath(r.PathValue("acct"))
		switch {
		case a == nil:
			err = refuse(http.StatusNotFound, "there is no such account")
		case kind == "camt053" && b.notYet(a, day):
			err = refuse(http.StatusNotFound, "the statement of %s is not ready yet", day.Format(time.DateOnly))
		default:
			err = b.statement(&out, kind, a, day)
		}
		b.mu.Unlock()
		if err != nil {
			return err
		}
		return writeXML(w, out.Bytes())
	}
}

// notYet tells whether a day is not over, or its statement comes a day late.
func (b *Bank) notYet(a *account, day time.Time) bool {
	ready := day.AddDate(0, 0, 1)
	if b.dice.roll("late day", a.no+day.String()) < b.faults.LateDay {
		ready = ready.AddDate(0, 0, 1)
	}
	return b.day.Before(ready)
}

func (b *Bank) postPayment(w http.ResponseWriter, r *http.Request) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxMessage))
	if err != nil {
		return refuse(http.StatusRequestEntityTooLarge, "the message could not be read whole")
	}
	v, err := b.do(record{Op: "payment", XML: body})
	if err != nil {
		return err
	}
	s := v.(submitted)
	if s.lost {
		panic(http.ErrAbortHandler) // the connection breaks after the message was taken
	}
	return writeXML(w, s.answer)
}

func (b *Bank) getPayment(w http.ResponseWriter, r *http.Request) error {
	v := b.look(func() any {
		if m := b.messages[r.PathValue("id")]; m != nil {
			return b.report(m)
		}
		return nil
	})
	if v == nil {
		return refuse(http.StatusNotFound, "this message was never received")
	}
	return writeXML(w, v.([]byte))
}

func (b *Bank) postCancel(w http.ResponseWriter, r *http.Request) error {
	v, err := b.do(record{Op: "cancel", ID: r.PathValue("id")})
	if err != nil {
		return err
	}
	return writeXML(w, v.(submitted).answer)
}
