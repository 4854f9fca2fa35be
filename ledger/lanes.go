package ledger

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
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
}

func (r Request) entry() Entry {
	return Entry{Key: r.Key, On: r.On, Kind: r.Kind, Memo: r.Memo, Ref: r.Ref, By: r.By,
		Transfers: []Transfer{{Debit: r.Debit, Credit: r.Credit, Amount: r.Amount, Ref: r.Ref}}}
}

// ErrUnknown says that nobody can tell whether a payment was posted. Ask again with the
// same key, never with a new one: the answer is the first posting, or a new one.
var ErrUnknown = errors.New("the outcome is not known; ask again with the same key")

// ErrStopped says that the lanes were stopped; nothing was posted.
var ErrStopped = errors.New("the ledger's lanes are stopped")

const (
	laneBatch = 512 // requests a transaction
	laneTries = 5   // for a batch whose connection or locks failed
)

// Lanes post payments in groups: each lane takes the requests that are waiting, posts
// them in one transaction, and answers when its commit is durable. A batch never waits
// for company, and a request that cannot be posted is refused without the others.
type Lanes struct {
	pool    *pgxpool.Pool
	waiting chan *call
	stop    chan struct{}
	done    sync.WaitGroup
}

// call is a request on its way.
type call struct {
	Request
	digest *digest
	answer chan answer
}

type answer struct {
	id  EntryID
	err error
}

// NewLanes starts n lanes on pool; two are enough for what one server can commit.
func NewLanes(pool *pgxpool.Pool, n int) *Lanes {
	l := &Lanes{pool: pool, waiting: make(chan *call), stop: make(chan struct{})}
	for range n {
		l.done.Go(l.lane)
	}
	return l
}

// Stop lets the lanes finish what they have taken and ends them.
func (l *Lanes) Stop() {
	close(l.stop)
	l.done.Wait()
}

// Pay posts one payment and returns its entry once that is durable. It refuses as Post
// does. When ctx ends while a lane has the request, the error is ErrUnknown.
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
	select {
	case l.waiting <- c:
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-l.stop:
		return 0, ErrStopped
	}
	select {
	case a := <-c.answer:
		return a.id, a.err
	case <-ctx.Done():
		return 0, fmt.Errorf("%w (%w)", ErrUnknown, ctx.Err())
	}
}

func (l *Lanes) lane() {
	for {
		select {
		case first := <-l.waiting:
			l.serve(l.gather(first))
		case <-l.stop:
			return
		}
	}
}

// gather takes whoever waits right now.
func (l *Lanes) gather(first *call) []*call {
	batch := []*call{first}
	for len(batch) < laneBatch {
		select {
		case c := <-l.waiting:
			batch = append(batch, c)
		default:
			return batch
		}
	}
	return batch
}

// serve answers every call, whatever happens.
func (l *Lanes) serve(calls []*call) {
	defer func() {
		if p := recover(); p != nil {
			for _, c := range calls {
				select {
				case c.answer <- answer{err: fmt.Errorf("%w (%v)\n%s", ErrUnknown, p, debug.Stack())}:
				default: // it has its answer
				}
			}
		}
	}()
	for _, batch := range rounds(calls) {
		answers, err := l.post(batch)
		for i, c := range batch {
			if err != nil {
				c.answer <- answer{err: err}
				continue
			}
			c.answer <- answers[i]
		}
	}
}

// rounds keeps calls with one key apart: the second comes after the first and finds its
// answer.
func rounds(calls []*call) (out [][]*call) {
	seen := make(map[string]int, len(calls))
	for _, c := range calls {
		n := seen[c.Key]
		seen[c.Key]++
		if n == len(out) {
			out = append(out, nil)
		}
		out[n] = append(out[n], c)
	}
	return out
}

// post posts a batch, again when a lock or the connection failed: a key that was posted
// after all is found then.
func (l *Lanes) post(batch []*call) (answers []answer, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for try := range laneTries {
		if try > 0 {
			time.Sleep(time.Duration(try*try) * 20 * time.Millisecond)
		}
		err = pg.Tx(ctx, l.pool, func(tx pgx.Tx) error {
			b := &laneTx{tx: tx, calls: batch, answers: make([]answer, len(batch))}
			answers = b.answers
			return b.post(ctx)
		})
		if err == nil {
			return answers, nil
		}
		if !again(err) {
			break
		}
	}
	if again(err) {
		return nil, fmt.Errorf("%w (%w)", ErrUnknown, err)
	}
	if len(batch) > 1 {
		return l.oneByOne(batch), nil
	}
	return nil, explain(err)
}

// again tells whether the same batch may pass when it is tried once more: the fault lies
// with the connection, the locks or the server, not with what was asked.
func again(err error) bool {
	switch code := pg.Code(err); {
	case code == "": // a connection, or errRaced
		return true
	case pg.Constraint(err) == "month_open": // closed after we looked: the next try answers for it
		return true
	default: // connection, rollback by the server, resources, intervention
		return slices.Contains([]string{"08", "40", "53", "57"}, code[:2])
	}
}

// oneByOne keeps one request that the database refuses from failing its batch.
func (l *Lanes) oneByOne(batch []*call) []answer {
	answers := make([]answer, len(batch))
	for i, c := range batch {
		one, err := l.post([]*call{c})
		if err != nil {
			answers[i].err = err
			continue
		}
		answers[i] = one[0]
	}
	return answers
}
