package beneficiaries

import (
	"context"
	"errors"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ansinh.vn/identity"
	"ansinh.vn/identity/registry"
)

// calledBack is our callback address over real HTTP, and how to ask with it.
func (b *bundle) calledBack(c *registry.Client) *Async {
	b.Helper()
	srv := httptest.NewServer(registry.Receiver{Client: c, Take: func(ctx context.Context, cb registry.Callback, body []byte) error {
		return TakeCallback(ctx, b.pool, b.box, "sandbox", cb, body, syncedOn)
	}, Tell: func(cb registry.Callback, err error) {
		if err != nil && !errors.Is(err, registry.ErrTaken) && !errors.Is(err, registry.ErrSignature) {
			b.Logf("callback %s: %v", cb.Action, err)
		}
	}})
	b.Cleanup(srv.Close)
	return &Async{Callback: srv.URL + "/registry/on-search", Wait: 300 * time.Millisecond, Look: 2 * time.Millisecond}
}

func (b *bundle) syncAsync(c *registry.Client, a *Async) (SyncResult, error) {
	return Sync{Register: c, Name: "sandbox", By: "staff:lan", Now: syncedOn, Options: identity.Options{Today: 2026}, Async: a}.Run(b.ctx, b.pool, b.box)
}

func TestAsynchronousSyncComesToTheSame(t *testing.T) {
	t.Parallel()
	for _, faults := range []string{"none", "cut=0.3,signature=0.2,partial=0.3,error=0.1"} {
		t.Run(faults, func(t *testing.T) {
			t.Parallel()
			line, back := live(t, 300), live(t, 300)
			line.importAll()
			back.importAll()
			line.synced(line.register("none"))
			client := back.register(faults)
			client.Batch = 40
			r, err := back.syncAsync(client, back.calledBack(client))
			back.ok(err)
			if diff := cmp.Diff(line.standing(), back.standing()); diff != "" {
				t.Errorf("%+v is not the same as asking on the line:\n%s", r, diff)
			}
			if n := back.one(`select count(*) from register_transaction where answered_at is null`); n != "0" {
				t.Errorf("%s transactions are open", n)
			}
			if n := back.one(`select count(*) from register_message where body_enc is not null`); n != "0" {
				t.Errorf("%s bodies are kept after use", n)
			}
			if by := back.one(`select string_agg(distinct answered_by, ' ' order by answered_by) from register_transaction`); faults == "none" && by != "callback" || faults != "none" && by != "callback status" {
				t.Errorf("answered by %q", by)
			}
		})
	}
}

func TestAnAsynchronousSyncThatIsCutOffAsksNobodyTwice(t *testing.T) {
	t.Parallel()
	l := live(t, 300)
	l.importAll()
	client := l.register("none")
	client.Batch, client.InFlight = 50, 3
	async := l.calledBack(client)
	ctx, cancel := context.WithCancel(l.ctx)
	var sent atomic.Int64
	first := *async
	first.Wait, first.Look = time.Hour, time.Hour // the answers come, and nobody looks
	go func() {
		for sent.Load() < 3 {
			time.Sleep(5 * time.Millisecond)
			var n int64
			_ = l.pool.QueryRow(l.ctx, `select count(*) from register_message where action = 'on-search'`).Scan(&n)
			sent.Store(n)
		}
		cancel()
	}()
	_, err := Sync{Register: client, Name: "sandbox", By: "staff:lan", Now: syncedOn, Options: identity.Options{Today: 2026}, Async: &first}.Run(ctx, l.pool, l.box)
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	asked := client.Stats().Messages
	r, err := l.syncAsync(client, async)
	l.ok(err)
	if !r.Resumed || r.Reused < 100 {
		t.Errorf("resumed %t, %d answers used that had come", r.Resumed, r.Reused)
	}
	people := l.one(`select count(*) from person where merged_into is null`)
	whole := live(t, 300)
	whole.importAll()
	other := whole.register("none")
	other.Batch, other.InFlight = 50, 3
	_, err = whole.syncAsync(other, whole.calledBack(other))
	whole.ok(err)
	if diff := cmp.Diff(whole.standing(), l.standing()); diff != "" {
		t.Errorf("%s people; not the same as without interruption:\n%s", people, diff)
	}
	t.Logf("%d messages before the cut, %d in all; without a cut %d", asked, client.Stats().Messages, other.Stats().Messages)
	if client.Stats().Messages > other.Stats().Messages+4 {
		t.Errorf("%d messages, without a cut %d", client.Stats().Messages, other.Stats().Messages)
	}
}

func TestCallbacksThatNobodyWaitsFor(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.list(fields{"Họ và tên": "Danh Sóc Kha", "Số định danh": "095150000001"})
	client := b.knows(registryRecord("095150000001", "Danh Sóc Kha", "1950-10-15", "F"))
	_, err := b.syncAsync(client, b.calledBack(client))
	b.ok(err)
	transaction := b.one(`select transaction_id from register_transaction`)
	take := func(cb registry.Callback, body string) error {
		return TakeCallback(b.ctx, b.pool, b.box, "sandbox", cb, []byte(body), syncedOn)
	}
	late := registry.Callback{Message: "late-1", Action: "on-search", Transaction: transaction, At: syncedOn}
	for name, tt := range map[string]struct {
		cb   registry.Callback
		body string
		want error
	}{
		"late":              {late, "body", registry.ErrTaken},
		"never asked":       {registry.Callback{Message: "x", Action: "on-search", Transaction: "unknown"}, "body", registry.ErrNotAsked},
		"a status unasked":  {registry.Callback{Message: "y", Action: "txn-on-status", Transaction: transaction}, "body", registry.ErrNotAsked},
		"nobody subscribed": {registry.Callback{Message: "z", Action: "on-subscribe", Transaction: "unknown"}, "body", registry.ErrNotAsked},
	} {
		if err := take(tt.cb, tt.body); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := take(late, "body"); !errors.Is(err, registry.ErrTaken) {
		t.Errorf("the same again: %v", err)
	}
	if err := take(late, "another body"); !errors.Is(err, registry.ErrOtherMessage) {
		t.Errorf("another message under the id: %v", err)
	}
	if n := b.one(`select count(*) || ' ' || count(body_enc) from register_message`); n != "2 0" {
		t.Errorf("kept messages and bodies: %s", n)
	}
	b.noNumberReadable()
}
