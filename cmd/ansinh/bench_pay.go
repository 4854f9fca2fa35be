package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"ansinh.vn/internal/pgdev"
	"ansinh.vn/ledger"
)

type benchPayCmd struct {
	sized
	Before int `help:"Transfers that stand in the books already." placeholder:"N"`
}

func (c *benchPayCmd) Run(ctx context.Context, a *app) (err error) {
	n, err := c.or(100_000)
	if err != nil {
		return err
	}
	load := loadNow()
	s, err := a.benchServer(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	bar := a.Progress("thanh toán", -1)
	defer bar.Finish()

	books, err := s.openBooks(ctx, 200) // the fund pays, the people are vendors
	if err != nil {
		return err
	}
	if err := s.postBefore(ctx, books, c.Before); err != nil {
		return err
	}
	name, limit, err := s.pgbench(ctx, n)
	if err != nil {
		return err
	}
	p := payers{server: s, lanes: ledger.NewLanes(s.pool, 2), books: books}
	defer p.lanes.Stop()
	if _, err := p.pay(ctx, min(n, 2000), 64, 200); err != nil { // plans and pages are warm, as pgbench's are
		return err
	}
	var cases []benchCase
	for _, x := range []struct{ clients, vendors int }{{64, 200}, {256, 200}, {64, 1}} {
		m, err := p.pay(ctx, n, x.clients, x.vendors)
		if err != nil {
			return err
		}
		m.LimitName, m.LimitRate, m.Ratio = name, limit, m.Rate/limit
		cases = append(cases, m)
	}
	lonely, err := p.pay(ctx, min(n, 1000), 1, 200)
	if err != nil {
		return err
	}
	commits, err := s.commits(ctx, lonely.N)
	if err != nil {
		return err
	}
	lonely.beside("a row inserted and committed, one at a time", lonely.N, commits)
	return a.report(ctx, "pay", load, runtime.NumCPU(), append(cases, lonely))
}

// payers send payments from one account that may not go short to vendors.
type payers struct {
	server *benchServer
	lanes  *ledger.Lanes
	books  benchBooks
	rounds int
}

// pay has clients pay n times, each asking again as soon as it has its answer.
func (p *payers) pay(ctx context.Context, n, clients, vendors int) (m benchCase, err error) {
	if err := p.server.settle(ctx); err != nil {
		return m, err
	}
	p.rounds++
	took := make([]time.Duration, n)
	m, err = p.server.measure(n, "payments", func() error {
		var next atomic.Int64
		g, ctx := errgroup.WithContext(ctx)
		for range clients {
			g.Go(func() error {
				for {
					i := int(next.Add(1)) - 1
					if i >= n {
						return nil
					}
					begun := time.Now()
					_, err := p.lanes.Pay(ctx, ledger.Request{Key: fmt.Sprintf("bench:%d:%d", p.rounds, i), On: benchDay,
						Debit: p.books.fund, Credit: p.books.people[i%vendors], Amount: 50_000, Kind: "voucher.redeemed", Ref: "voucher:1", By: "bench"})
					if err != nil {
						return err
					}
					took[i] = time.Since(begun)
				}
			})
		}
		return g.Wait()
	})
	if err != nil {
		return m, err
	}
	slices.Sort(took)
	at := func(share int) float64 { return float64(took[(n-1)*share/100].Microseconds()) / 1000 }
	m.Case = fmt.Sprintf("clients: %d, vendors: %d", clients, vendors)
	m.P50, m.P99 = at(50), at(99)
	return m, nil
}

// commits is how long plain commits take, each of one row.
func (s *benchServer) commits(ctx context.Context, n int) (time.Duration, error) {
	if _, err := s.owner.Exec(ctx, "create table committed (id bigint primary key, amount bigint not null)"); err != nil {
		return 0, err
	}
	return timed(func() error {
		for i := range n {
			if _, err := s.owner.Exec(ctx, "insert into committed values ($1, 50000)", i); err != nil {
				return err
			}
		}
		return nil
	})
}

var pgbenchRate = regexp.MustCompile(`tps = ([0-9.]+)`)

// pgbench is the database's own benchmark on the same server: TPC-B, prepared, 16 clients;
// scale 50 and ten seconds from n = 100,000 on.
func (s *benchServer) pgbench(ctx context.Context, n int) (name string, rate float64, err error) {
	program, err := pgdev.Program("pgbench")
	if err != nil {
		return "", 0, err
	}
	if err := s.asSuper(ctx, "create database tpcb"); err != nil {
		return "", 0, err
	}
	config, err := pgx.ParseConfig(s.cluster.SuperDSN("tpcb"))
	if err != nil {
		return "", 0, err
	}
	run := func(args ...string) ([]byte, error) {
		cmd := exec.CommandContext(ctx, program, args...)
		cmd.Env = append(os.Environ(), "PGHOST="+config.Host, "PGUSER="+config.User, "PGPASSWORD="+config.Password, "PGDATABASE=tpcb")
		out, err := cmd.CombinedOutput()
		if err != nil {
			err = fmt.Errorf("pgbench: %w: %s", err, out)
		}
		return out, err
	}
	scale, seconds := min(max(n/2000, 16), 50), min(max(n/10_000, 2), 10)
	if n < 2000 { // to try whether it works
		scale, seconds = 1, 1
	}
	if _, err := run("-i", "-q", "-s", strconv.Itoa(scale)); err != nil {
		return "", 0, err
	}
	if err := s.settle(ctx); err != nil {
		return "", 0, err
	}
	out, err := run("-n", "-M", "prepared", "-c", "16", "-j", "2", "-T", strconv.Itoa(seconds))
	if err != nil {
		return "", 0, err
	}
	found := pgbenchRate.FindSubmatch(out)
	if found == nil {
		return "", 0, fmt.Errorf("pgbench says nothing of its rate: %s", out)
	}
	rate, err = strconv.ParseFloat(string(found[1]), 64)
	return fmt.Sprintf("pgbench TPC-B, prepared, scale %d, 16 clients", scale), cmp.Or(rate, 1), err
}
