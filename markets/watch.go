package markets

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// catchUp is how far back a new watcher is told of changes.
const catchUp = 15 * time.Minute

// ears holds one hub a database that somebody watches.
var ears = struct {
	sync.Mutex
	hubs map[*pgxpool.Pool]*hub
}{hubs: map[*pgxpool.Pool]*hub{}}

// hub listens on one connection for all watchers of a pool. It lives from the first to
// the last of them.
type hub struct {
	pool     *pgxpool.Pool
	stop     context.CancelFunc
	mu       sync.Mutex
	watchers map[VendorID][]chan ChargeState
	n        int
	ready    chan struct{} // closed once the connection listens for the first time
}

// Watch gives a vendor's charges as they change until ctx ends: first those that wait or
// changed lately, then every change within milliseconds of its commit. A state may come
// twice; ChangedAt tells. When the connection to the database breaks the channel goes on
// after it is mended, with what changed meanwhile. When a watcher does not keep up its
// channel is closed: watch again.
func Watch(ctx context.Context, pool *pgxpool.Pool, vendor VendorID) (_ <-chan ChargeState, err error) {
	defer wrap(&err, "watch vendor %d", vendor)
	c := make(chan ChargeState, 64) // room for what recall tells, and some
	h := join(pool, vendor, c)
	context.AfterFunc(ctx, func() { h.leave(vendor, c) })
	select {
	case <-h.ready: // from here on nothing is missed, so what is read next is not stale
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := h.recall(ctx, []VendorID{vendor}, c); err != nil {
		h.leave(vendor, c)
		return nil, err
	}
	return c, nil
}

func join(pool *pgxpool.Pool, vendor VendorID, c chan ChargeState) *hub {
	ears.Lock()
	defer ears.Unlock()
	h := ears.hubs[pool]
	if h == nil {
		ctx, stop := context.WithCancel(context.Background())
		h = &hub{pool: pool, stop: stop, watchers: map[VendorID][]chan ChargeState{}, ready: make(chan struct{})}
		ears.hubs[pool] = h
		go h.listen(ctx)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.watchers[vendor] = append(h.watchers[vendor], c)
	h.n++
	return h
}

// leave takes a watcher out and closes its channel, once.
func (h *hub) leave(vendor VendorID, c chan ChargeState) {
	ears.Lock()
	defer ears.Unlock()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.drop(vendor, c)
	if h.n == 0 && ears.hubs[h.pool] == h {
		delete(ears.hubs, h.pool)
		h.stop()
	}
}

// drop is leave for who holds h.mu; a hub without watchers waits for the next or for leave.
func (h *hub) drop(vendor VendorID, c chan ChargeState) {
	at := slices.Index(h.watchers[vendor], c)
	if at < 0 {
		return
	}
	h.watchers[vendor] = slices.Delete(h.watchers[vendor], at, at+1)
	if len(h.watchers[vendor]) == 0 {
		delete(h.watchers, vendor)
	}
	h.n--
	close(c)
}

// listen keeps one connection of its own, outside the pool, and opens it again when it
// breaks.
func (h *hub) listen(ctx context.Context) {
	for ctx.Err() == nil {
		_ = h.hear(ctx) // nobody to tell: it is tried again, and watchers catch up
		select {
		case <-ctx.Done():
		case <-time.After(500 * time.Millisecond):
		}
	}
}

func (h *hub) hear(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, h.pool.Config().ConnConfig)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "listen charge_changed"); err != nil {
		return err
	}
	h.mu.Lock()
	missed := true // the connection was away
	select {
	case <-h.ready:
	default:
		missed = false
		close(h.ready)
	}
	vendors := make([]VendorID, 0, len(h.watchers))
	for v := range h.watchers {
		vendors = append(vendors, v)
	}
	h.mu.Unlock()
	if missed {
		if err := h.recall(ctx, vendors, nil); err != nil {
			return err
		}
	}
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		var state ChargeState
		if err := json.Unmarshal([]byte(n.Payload), &state); err == nil {
			h.give(state, nil)
		}
	}
}

// recall reads what waits or changed lately and gives it to one watcher, or to all.
func (h *hub) recall(ctx context.Context, vendors []VendorID, only chan ChargeState) error {
	// "lately" is told from the vendor's own newest change: clocks need not agree
	rows, err := h.pool.Query(ctx, `
		select `+stateColumns+` from unnest($1::bigint[]) v(id)
		cross join lateral (
			select *, max(changed_at) over () as newest from (
				select * from charge where vendor_id = v.id order by created_at desc limit 40) latest) c
		where c.state = 'waiting' or c.changed_at > c.newest - make_interval(secs => $2)
		order by c.changed_at, c.id`, vendors, catchUp.Seconds())
	if err != nil {
		return err
	}
	states, err := pgx.CollectRows(rows, scanState)
	if err != nil {
		return err
	}
	for _, s := range states {
		h.give(s, only)
	}
	return nil
}

// give hands a state to a vendor's watchers, or to only one of them. Who does not keep
// up is dropped rather than waited for.
func (h *hub) give(s ChargeState, only chan ChargeState) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range slices.Clone(h.watchers[s.Vendor]) {
		if only != nil && c != only {
			continue
		}
		select {
		case c <- s:
		default:
			h.drop(s.Vendor, c)
		}
	}
}
