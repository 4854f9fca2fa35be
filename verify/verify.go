// Package verify is the independent checker: it re-derives the books from first sources
// by its own code (its own hashes, its own rules, its own sums) and says precisely what
// differs. It writes nothing, trusts no stored total, and shares no computation with the
// rooms that it checks.
package verify

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// Options say what else to hold the database against.
type Options struct {
	// Verifiers are the log's public keys; without them no signature is checked, and the
	// report says so.
	Verifiers []string
	// Checkpoints are signed heads that were kept outside, by a witness or on paper.
	Checkpoints [][]byte
	// Progress is told which part begins; it may be nil.
	Progress func(part string)
}

// Report is what was checked and what does not agree.
type Report struct {
	Agrees      bool         `json:"agrees"`
	Checked     []Count      `json:"checked"`
	Differences []Difference `json:"differences"`
	More        int          `json:"more"` // differences beyond those listed
	Notes       []string     `json:"notes"`
	Seconds     float64      `json:"seconds"`
}

// Count is how much of something was checked.
type Count struct {
	What string    `json:"what"`
	N    int64     `json:"n"`
	VND  money.VND `json:"vnd,omitempty"`
}

// Difference is one thing that is not what its sources say.
type Difference struct {
	Table    string `json:"table"`
	ID       string `json:"id"`
	What     string `json:"what"`
	Expected string `json:"expected"`
	Found    string `json:"found"`
	Do       string `json:"do"` // what whoever finds it does next
}

func (d Difference) String() string {
	return fmt.Sprintf("%s %s: %s: expected %s, found %s", d.Table, d.ID, d.What, d.Expected, d.Found)
}

const mostListed = 1000

// Run checks the whole database as of one moment. An error means that it could not be
// read, not that it disagrees.
func Run(ctx context.Context, pool *pgxpool.Pool, o Options) (_ *Report, err error) {
	defer pg.Wrap(&err, "verify")
	began := time.Now()
	c := &checker{Options: o, report: &Report{Checked: []Count{}, Differences: []Difference{}, Notes: []string{}}}
	if err := c.open(ctx, pool); err != nil {
		return nil, err
	}
	defer c.close()
	for _, part := range []struct {
		name  string
		check func(context.Context) error
	}{
		{"books", c.books}, {"runs", c.runs}, {"owed", c.owed}, {"programmes", c.programmes}, {"recovery", c.recoveryBooks}, {"bank", c.bank}, {"market", c.market}, {"said", c.said},
	} {
		if o.Progress != nil {
			o.Progress(part.name)
		}
		if err := part.check(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", part.name, err)
		}
	}
	c.report.Agrees = len(c.report.Differences) == 0
	c.report.Seconds = time.Since(began).Seconds()
	return c.report, nil
}

// checker reads one snapshot through several connections, so that streams in the same
// order can be laid side by side.
type checker struct {
	Options
	report *Report
	txs    []pgx.Tx
	conns  []*pgxpool.Conn
}

// streams is how many connections share the snapshot; the last is for look-ups.
const streams = 7

func (c *checker) open(ctx context.Context, pool *pgxpool.Pool) (err error) {
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	var snapshot string
	for i := range streams {
		conn, err := pool.Acquire(ctx)
		if err != nil {
			return err
		}
		c.conns = append(c.conns, conn)
		tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
		if err != nil {
			return err
		}
		c.txs = append(c.txs, tx)
		if i == 0 {
			err = tx.QueryRow(ctx, "select pg_export_snapshot()").Scan(&snapshot)
		} else {
			_, err = tx.Exec(ctx, "set transaction snapshot '"+snapshot+"'")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) close() {
	for _, tx := range c.txs {
		_ = tx.Rollback(context.WithoutCancel(context.Background()))
	}
	for _, conn := range c.conns {
		conn.Release()
	}
	c.txs, c.conns = nil, nil
}

// look is the connection for single look-ups beside the streams.
func (c *checker) look() pgx.Tx { return c.txs[streams-1] }

func (c *checker) counted(what string, n int64, sum money.VND) {
	c.report.Checked = append(c.report.Checked, Count{what, n, sum})
}

func (c *checker) note(format string, args ...any) {
	c.report.Notes = append(c.report.Notes, fmt.Sprintf(format, args...))
}

// differs reports a difference.
func (c *checker) differs(table string, id any, what string, expected, found any) {
	if len(c.report.Differences) >= mostListed {
		c.report.More++
		return
	}
	c.report.Differences = append(c.report.Differences,
		Difference{table, fmt.Sprint(id), what, show(expected), show(found), advice(table)})
}

// same reports a difference unless expected and found are equal.
func same[T comparable](c *checker, table string, id any, what string, expected, found T) bool {
	if expected == found {
		return true
	}
	c.differs(table, id, what, expected, found)
	return false
}

func show(v any) string {
	switch v := v.(type) {
	case []byte:
		return fmt.Sprintf("%x", v)
	case time.Time:
		return v.Format(time.DateOnly)
	case string:
		if v == "" {
			return `""`
		}
	}
	return fmt.Sprint(v)
}
