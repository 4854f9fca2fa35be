package bank_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"ansinh.vn/bank"
	"ansinh.vn/bank/sandbox"
)

func TestPaymentsAreNotFollowedElsewhere(t *testing.T) {
	t.Parallel()
	b := setup(t, sandbox.Faults{})
	b.make(b.pain001("AS-1", 2, false))
	var arrived atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { arrived.Add(1) }))
	defer elsewhere.Close()
	moved := httptest.NewServer(http.RedirectHandler(elsewhere.URL+"/payments", http.StatusTemporaryRedirect))
	defer moved.Close()
	_, err := bank.Send(b.ctx, b.pool, &bank.HTTPRail{Base: moved.URL, Token: token}, "AS-1", now)
	if err == nil || b.state("AS-1") != bank.Made || arrived.Load() != 0 {
		t.Fatalf("%v, stored %s, %d arrived elsewhere", err, b.state("AS-1"), arrived.Load())
	}
	if a, err := bank.Send(b.ctx, b.pool, b.rail, "AS-1", now); err != nil || a.State != bank.Accepted {
		t.Errorf("%+v %v", a, err)
	}
}
