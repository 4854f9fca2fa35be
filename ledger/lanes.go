package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// Request is one online payment: an entry of one transfer.
type Request struct {
	Key           string // idempotency key, for ever
	On            time.Time
	Debit, Credit AccountID
	Amount        money.VND
	Kind          string
	Memo          string
	Ref           string // of the entry and of its transfer
	By            string
	At            time.Time // when, for the audit event; zero is the database's clock
	Rider         *Rider    // what goes with it, if anything
	Load          any       // for the rider
}

func (r Request) entry() Entry {
	return Entry{Key: r.Key, On: r.On, Kind: r.Kind, Memo: r.Memo, Ref: r.Ref, By: r.By, At: r.At,
		Transfers: []Transfer{{Debit: r.Debit, Credit: r.Credit, Amount: r.Amount, Ref: r.Ref}}}
}

// ErrUnknown says that nobody can tell whether a payment was posted. Ask again with the
// same key, never with a new one: the answer is the first posting, or a new one.
var ErrUnknown = errors.New("the outcome is not known; ask again with the same key")

// ErrStopped says that the lanes were stopped; nothing was posted.
var ErrStopped = errors.New("the ledger's lanes are stopped")

const laneBatch = 512 // requests a transaction

// Lanes post payments in groups: each lane takes the requests that are waiting, posts
// them in one transaction, and answers when its commit is durable. A batch never waits
// for company, and a request that cannot be posted is refused without the others.
type Lanes struct {
	pool *pgxpool.Pool
	done sync.WaitGroup

	mu      sync.Mutex
	some    sync.Cond // waiting is not empty, or stopped
	waiting []*call
	stopped bool
}

// call is a request on its way.
type call struct {
	Request
	digest *digest
	hash   []byte
	answer chan answer
}

type answer struct {
	id  EntryID
	err error
}

// NewLanes starts n lanes, each with a connection of its own to the pool's database; two
// are enough for what one server can commit: one posts while the other's commit is
// written to disk.
func NewLanes(pool *pgxpool.Pool, n int) *Lanes {
	l := &Lanes{pool: pool}
	l.some.L = &l.mu
	for range n {
		l.done.Go(func() { newLane(pool).run(l) })
	}
	return l
}

// Stop lets the lanes finish what they have taken and ends them. Who still waits is told
// ErrStopped.
func (l *Lanes) Stop() {
	l.mu.Lock()
	l.stopped = true
	left := l.waiting
	l.waiting = nil
	l.some.Broadcast()
	l.mu.Unlock()
	for _, c := range left {
		c.answer <- answer{err: ErrStopped}
	}
	l.done.Wait()
}

// Pay posts one payment and returns its entry once that is durable. It refuses as Post
// does, or with what the request's rider says. When ctx ends while a lane has the
// request, the error is ErrUnknown.
func (l *Lanes) Pay(ctx context.Context, r Request) (id EntryID, err error) {
	defer pg.Wrap(&err, "ledger: pay %s", r.Key)
	e := r.entry()
	c := &call{Request: r, digest: newDigest(e), answer: make(chan answer, 1)}
	if err := c.digest.add(e.Transfers[0]); err != nil {
		return 0, err
	}
	if err := check(e, c.digest); err != nil {
		return 0, err
	}
	c.hash = c.digest.hash()
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if !l.enqueue(c) {
		return 0, ErrStopped
	}
	select {
	case a := <-c.answer:
		return a.id, a.err
	case <-ctx.Done():
	}
	if l.withdraw(c) {
		return 0, ctx.Err()
	}
	select {
	case a := <-c.answer: // it came at the same moment
		return a.id, a.err
	default:
		return 0, fmt.Errorf("%w (%w)", ErrUnknown, ctx.Err())
	}
}

func (l *Lanes) enqueue(c *call) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		return false
	}
	l.waiting = append(l.waiting, c)
	l.some.Signal()
	return true
}

// withdraw takes c back if no lane has taken it.
func (l *Lanes) withdraw(c *call) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.Index(l.waiting, c)
	if i >= 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
	}
	return i >= 0
}

// take waits for somebody and returns whoever waits then, nobody when the lanes are
// stopped.
func (l *Lanes) take() []*call {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.waiting) == 0 {
		if l.stopped {
			return nil
		}
		l.some.Wait()
	}
	n := min(len(l.waiting), laneBatch)
	batch := slices.Clone(l.waiting[:n])
	l.waiting = slices.Delete(l.waiting, 0, n)
	return batch
}
