package ledger

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/internal/pg"
)

const laneTries = 5 // for a batch whose connection or locks failed

// lane posts one batch after another on a connection of its own.
type lane struct {
	config *pgx.ConnConfig
	conn   *pgx.Conn
	// unsure: somebody cancelled the wait for the standby, so that a commit was
	// acknowledged that may be on this server alone
	unsure atomic.Bool
}

func newLane(pool *pgxpool.Pool) *lane {
	n := &lane{config: pool.Config().ConnConfig}
	others := n.config.OnNotice
	n.config.OnNotice = func(c *pgconn.PgConn, notice *pgconn.Notice) {
		if strings.Contains(notice.Message, "synchronous replication") {
			n.unsure.Store(true)
		}
		if others != nil {
			others(c, notice)
		}
	}
	return n
}

func (n *lane) run(l *Lanes) {
	defer n.disconnect()
	for {
		// those whom the last batch has answered may be about to ask again: they run first
		runtime.Gosched()
		calls := l.take()
		if calls == nil {
			return
		}
		n.serve(calls)
	}
}

// serve answers every call, whatever happens.
func (n *lane) serve(calls []*call) {
	defer func() {
		if p := recover(); p != nil {
			n.disconnect() // nobody knows what state it is in
			for _, c := range calls {
				select {
				case c.answer <- answer{err: fmt.Errorf("%w (%v)\n%s", ErrUnknown, p, debug.Stack())}:
				default: // it has its answer
				}
			}
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, batch := range rounds(calls) {
		answers := n.fast(ctx, batch)
		var left []*call // for the careful way
		for i, c := range batch {
			if answers[i].id == 0 && answers[i].err == nil {
				left = append(left, c)
				continue
			}
			c.answer <- answers[i]
		}
		if len(left) == 0 {
			continue
		}
		answers, err := n.post(ctx, left)
		for i, c := range left {
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

// connected gives the lane's connection, a new one when it was lost. Plans are kept for
// as long as a connection lives; without sequential scans, and with look-ups by index,
// one that was made while the tables were small stays right.
func (n *lane) connected(ctx context.Context) (_ *pgx.Conn, err error) {
	if n.conn != nil && !n.conn.IsClosed() {
		return n.conn, nil
	}
	if n.conn, err = pgx.ConnectConfig(ctx, n.config); err != nil {
		return nil, err
	}
	_, err = n.conn.Exec(ctx, `
		set plan_cache_mode = force_generic_plan;
		set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; set jit = off`)
	if err != nil {
		n.disconnect()
	}
	return n.conn, err
}

func (n *lane) disconnect() {
	if n.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = n.conn.Close(ctx)
	n.conn = nil
}

// post posts a batch the careful way, again when a lock or the connection failed: a key
// that was posted after all is found then.
func (n *lane) post(ctx context.Context, batch []*call) (answers []answer, err error) {
	for try := range laneTries {
		if try > 0 {
			time.Sleep(time.Duration(try*try) * 20 * time.Millisecond)
		}
		answers, err = n.once(ctx, batch)
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
		return n.oneByOne(ctx, batch), nil
	}
	return nil, explain(err)
}

func (n *lane) once(ctx context.Context, batch []*call) ([]answer, error) {
	conn, err := n.connected(ctx)
	if err != nil {
		return nil, err
	}
	b := &laneTx{calls: batch, answers: make([]answer, len(batch))}
	n.unsure.Store(false)
	err = pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(tx pgx.Tx) error {
		b.tx = tx
		return b.post(ctx)
	})
	if err == nil && n.unsure.Load() {
		err = errUnsure
	}
	return b.answers, err
}

// again tells whether the same batch may pass when it is tried once more: the fault lies
// with the connection, the locks or the server, not with what was asked.
func again(err error) bool {
	if errors.As(err, new(rideError)) {
		return false
	}
	switch code := pg.Code(err); {
	case code == "": // a connection, errRaced or errUnsure
		return true
	case pg.Constraint(err) == "month_open", pg.Constraint(err) == "entry_key_pkey": // since we looked: the next try answers for it
		return true
	case code == "55P03": // somebody keeps a lock
		return true
	default: // connection, rollback by the server, resources, intervention
		return slices.Contains([]string{"08", "40", "53", "57"}, code[:2])
	}
}

// oneByOne keeps one request that the database refuses from failing its batch.
func (n *lane) oneByOne(ctx context.Context, batch []*call) []answer {
	answers := make([]answer, len(batch))
	for i, c := range batch {
		one, err := n.post(ctx, []*call{c})
		if err != nil {
			answers[i].err = err
			continue
		}
		answers[i] = one[0]
	}
	return answers
}
