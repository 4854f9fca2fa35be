package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

type benchPostCmd struct {
	sized
	Before int `help:"Transfers that stand in the books already." placeholder:"N"`
}

// benchDay is when benches book.
var benchDay = money.Day(2026, time.November, 2)

// benchBooks are the accounts of a run: an expense account a scheme, a fund that may
// not go short, and a payable a person.
type benchBooks struct {
	expense, fund, revenue, bank ledger.AccountID
	people                       []ledger.AccountID
}

func (c *benchPostCmd) Run(ctx context.Context, a *app) (err error) {
	n, err := c.or(200_000)
	if err != nil {
		return err
	}
	load := loadNow()
	s, err := a.benchServer(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	books, err := s.openBooks(ctx, max(n/10, min(n, 100)))
	if err != nil {
		return err
	}
	bar := a.Progress("ghi sổ", -1)
	defer bar.Finish()
	if err := s.postBefore(ctx, books, c.Before); err != nil {
		return err
	}
	limit, err := s.copyTwoRows(ctx, books, n)
	if err != nil {
		return err
	}
	if err := s.settle(ctx); err != nil {
		return err
	}
	m, err := s.measure(n, "transfers", func() error { return s.postRun(ctx, books, "bench", n) })
	if err != nil {
		return err
	}
	m.Case = fmt.Sprintf("%d transfers over %d accounts", n, len(books.people)+4)
	if c.Before > 0 {
		m.Case += fmt.Sprintf(", %d there before", c.Before)
	}
	m.beside("COPY of the same transfers as two rows each into a table with primary and foreign keys", n, limit)
	return a.report(ctx, "post", load, runtime.NumCPU(), []benchCase{m})
}

// openBooks makes the accounts and gives the fund what any bench can spend.
func (s *benchServer) openBooks(ctx context.Context, people int) (b benchBooks, err error) {
	err = pg.Tx(ctx, s.pool, func(tx pgx.Tx) error {
		accounts := []ledger.Account{
			{Code: "611.31825.btxh", Type: "expense"}, {Code: "366.31825.btxh", Type: "liability", NoOverdraft: true},
			{Code: "511.31825.btxh", Type: "revenue"}, {Code: "112.31825", Type: "asset"},
		}
		for i := range people {
			accounts = append(accounts, ledger.Account{Code: personAccount(i), Type: "liability"})
		}
		ids, err := ledger.Ensure(ctx, tx, accounts)
		if err != nil {
			return err
		}
		b = benchBooks{expense: ids["611.31825.btxh"], fund: ids["366.31825.btxh"], revenue: ids["511.31825.btxh"], bank: ids["112.31825"]}
		for i := range people {
			b.people = append(b.people, ids[personAccount(i)])
		}
		_, err = ledger.Post(ctx, tx, ledger.Entry{Key: "bench:funds", On: benchDay, Kind: "funds.received",
			Transfers: []ledger.Transfer{{Debit: b.bank, Credit: b.fund, Amount: 1 << 60}}})
		return err
	})
	if err != nil {
		return b, err
	}
	_, err = s.owner.Exec(ctx, "analyze account, balance")
	return b, err
}

func personAccount(i int) string { return fmt.Sprintf("3388.p%d", i+1) }

// run is a run's entry: a transfer a payment, and one for the total, n together.
func (b benchBooks) run(n int) iter.Seq2[ledger.Transfer, error] {
	return func(yield func(ledger.Transfer, error) bool) {
		total := money.VND(0)
		for i := range n - 1 {
			t := ledger.Transfer{Debit: b.expense, Credit: b.people[i%len(b.people)], Amount: money.VND(540_000 + i%7*90_000),
				Ref: fmt.Sprintf("payment:%d", i+1)}
			total += t.Amount
			if !yield(t, nil) {
				return
			}
		}
		yield(ledger.Transfer{Debit: b.fund, Credit: b.revenue, Amount: max(total, 1), Ref: "run:1"}, nil)
	}
}

func (s *benchServer) postRun(ctx context.Context, b benchBooks, key string, n int) error {
	return pg.Tx(ctx, s.pool, func(tx pgx.Tx) error {
		_, posted, err := ledger.PostAll(ctx, tx, ledger.Entry{Key: key, On: benchDay, Kind: "run.approved", Ref: "run:1", By: "bench"}, b.run(n))
		if err == nil && posted != n {
			err = fmt.Errorf("%d transfers posted of %d", posted, n)
		}
		return err
	})
}

// postBefore fills the books in runs of at most a million.
func (s *benchServer) postBefore(ctx context.Context, b benchBooks, n int) error {
	const run = 1_000_000
	for i := 0; n > 0; i++ {
		if err := s.postRun(ctx, b, fmt.Sprintf("bench:before:%d", i), min(n, run)); err != nil {
			return err
		}
		n -= run
	}
	return nil
}

// copyTwoRows is the limit of posting: the same transfers as postings, by COPY alone.
func (s *benchServer) copyTwoRows(ctx context.Context, b benchBooks, n int) (time.Duration, error) {
	_, err := s.owner.Exec(ctx, `
		create table copied_account (id bigint primary key);
		insert into copied_account select id from account;
		create table copied (entry_id bigint, n int, side smallint, on_day date not null, account_id bigint not null references copied_account,
			amount bigint not null, ref text not null, primary key (entry_id, n, side))`)
	if err != nil {
		return 0, err
	}
	if err := s.settle(ctx); err != nil {
		return 0, err
	}
	next, stop := iter.Pull2(b.run(n))
	defer stop()
	var t ledger.Transfer
	i, second := -1, true
	return timed(func() error {
		_, err := s.owner.CopyFrom(ctx, pgx.Identifier{"copied"}, []string{"entry_id", "n", "side", "on_day", "account_id", "amount", "ref"},
			pgx.CopyFromFunc(func() ([]any, error) {
				if second = !second; second {
					return []any{int64(1), i, int16(-1), benchDay, int64(t.Credit), int64(t.Amount), t.Ref}, nil
				}
				var ok bool
				if t, _, ok = next(); !ok {
					return nil, nil
				}
				i++
				return []any{int64(1), i, int16(1), benchDay, int64(t.Debit), int64(t.Amount), t.Ref}, nil
			}))
		return err
	})
}
