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

	"ansinh.vn/audit"
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
	limit, err := s.fillTPCB(ctx, n)
	if err != nil {
		return err
	}
	p := payers{server: s, lanes: ledger.NewLanes(s.pool, 2), books: books}
	defer p.lanes.Stop()
	if _, err := p.pay(ctx, min(n, 2000), 64, 200); err != nil { // plans and pages are warm, as pgbench's are
		return err
	}
	// the limit is measured before and after each case: a machine is not the same all the time
	var cases []benchCase
	before, err := limit.slice(ctx)
	if err != nil {
		return err
	}
	for _, x := range []struct {
		clients, vendors int
		seal             bool
	}{{clients: 64, vendors: 200}, {clients: 256, vendors: 200}, {clients: 64, vendors: 1}, {clients: 64, vendors: 200, seal: true}} {
		stop := func() error { return nil }
		if x.seal {
			stop = p.seal(ctx)
		}
		m, err := p.pay(ctx, n, x.clients, x.vendors)
		if err := errors.Join(err, stop()); err != nil {
			return err
		}
		after, err := limit.slice(ctx)
		if err != nil {
			return err
		}
		if x.seal {
			m.Case += ", the log sealed twice a second"
		}
		m.LimitName, m.LimitRate = limit.name, (before+after)/2
		m.Ratio = m.Rate / m.LimitRate
		cases, before = append(cases, m), after
	}
	lonely, err := p.lonely(ctx, min(n, 2000))
	if err != nil {
		return err
	}
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

// seal seals the log as the worker does, until stop.
func (p *payers) seal(ctx context.Context) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() {
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				done <- nil
				return
			case <-tick.C:
				if _, err := audit.Seal(ctx, p.server.pool, time.Now()); err != nil && ctx.Err() == nil {
					done <- err
					return
				}
			}
		}
	}()
	return func() error { cancel(); return <-done }
}

// lonely is one client who pays n times, beside as many plain commits, taken in turns.
func (p *payers) lonely(ctx context.Context, n int) (m benchCase, err error) {
	if _, err := p.server.owner.Exec(ctx, "create table committed (id bigint primary key, amount bigint not null)"); err != nil {
		return m, err
	}
	var commits time.Duration
	const turns = 10
	n = max(n/turns, 1)
	for i := range turns {
		took, err := p.server.commits(ctx, i*n, n)
		if err != nil {
			return m, err
		}
		one, err := p.pay(ctx, n, 1, 200)
		if err != nil {
			return m, err
		}
		commits += took
		m.Seconds += one.Seconds
		m.CPUSeconds += one.CPUSeconds
		m.ServerCPU += one.ServerCPU
		m.P50 += one.P50 / turns
		m.P99 = max(m.P99, one.P99)
		m.Case, m.Unit, m.PeakRSS, m.ServerRSS = one.Case, one.Unit, one.PeakRSS, one.ServerRSS
	}
	m.N = n * turns
	m.Rate = float64(m.N) / m.Seconds
	m.beside("a row inserted and committed, one at a time", m.N, commits)
	return m, nil
}

// commits is how long plain commits take, each of one row.
func (s *benchServer) commits(ctx context.Context, from, n int) (time.Duration, error) {
	return timed(func() error {
		for i := range n {
			if _, err := s.owner.Exec(ctx, "insert into committed values ($1, 50000)", from+i); err != nil {
				return err
			}
		}
		return nil
	})
}

// tpcb is the database's own benchmark on the same server: TPC-B, prepared, 16 clients;
// scale 50 from n = 100,000 on.
type tpcb struct {
	server  *benchServer
	name    string
	seconds int
	run     func(args ...string) ([]byte, error)
}

var pgbenchRate = regexp.MustCompile(`tps = ([0-9.]+)`)

func (s *benchServer) fillTPCB(ctx context.Context, n int) (b tpcb, err error) {
	program, err := pgdev.Program("pgbench")
	if err != nil {
		return b, err
	}
	if err := s.asSuper(ctx, "create database tpcb"); err != nil {
		return b, err
	}
	config, err := pgx.ParseConfig(s.cluster.SuperDSN("tpcb"))
	if err != nil {
		return b, err
	}
	b.server = s
	b.run = func(args ...string) ([]byte, error) {
		cmd := exec.CommandContext(ctx, program, args...)
		cmd.Env = append(os.Environ(), "PGHOST="+config.Host, "PGUSER="+config.User, "PGPASSWORD="+config.Password, "PGDATABASE=tpcb")
		out, err := cmd.CombinedOutput()
		if err != nil {
			err = fmt.Errorf("pgbench: %w: %s", err, out)
		}
		return out, err
	}
	scale := min(max(n/2000, 16), 50)
	b.seconds = min(max(n/20_000, 2), 5)
	if n < 2000 { // to try whether it works
		scale, b.seconds = 1, 1
	}
	b.name = fmt.Sprintf("pgbench TPC-B, prepared, scale %d, 16 clients", scale)
	_, err = b.run("-i", "-q", "-s", strconv.Itoa(scale))
	return b, err
}

// slice is what the server does a second, for a few seconds.
func (b tpcb) slice(ctx context.Context) (rate float64, err error) {
	if err := b.server.settle(ctx); err != nil {
		return 0, err
	}
	out, err := b.run("-n", "-M", "prepared", "-c", "16", "-j", "2", "-T", strconv.Itoa(b.seconds))
	if err != nil {
		return 0, err
	}
	found := pgbenchRate.FindSubmatch(out)
	if found == nil {
		return 0, fmt.Errorf("pgbench says nothing of its rate: %s", out)
	}
	rate, err = strconv.ParseFloat(string(found[1]), 64)
	return cmp.Or(rate, 1), err
}
