package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/pgdev"
	"ansinh.vn/migrations"
)

// benchServer is a durable server of a bench's own, on the disk where the embedded
// database would live, that goes away with the bench.
type benchServer struct {
	dir     string
	parent  string // to remove again, when it was made for this alone
	cluster *pgdev.Cluster
	pool    *pgxpool.Pool
	owner   *pgx.Conn
}

// benchServer starts a migrated server; the caller closes it.
func (a *app) benchServer(ctx context.Context) (s *benchServer, err error) {
	s = &benchServer{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
			s = nil
		}
	}()
	if _, err := os.Stat(a.DataDir); errors.Is(err, os.ErrNotExist) {
		s.parent = a.DataDir
	}
	if err := os.MkdirAll(a.DataDir, 0o755); err != nil {
		return s, err
	}
	if s.dir, err = os.MkdirTemp(a.DataDir, "bench-"); err != nil {
		return s, err
	}
	if err := os.Chmod(s.dir, 0o755); err != nil { // for the server's user
		return s, err
	}
	if s.cluster, err = pgdev.Start(ctx, s.dir, nil); err != nil {
		return s, err
	}
	if _, err := migrations.Up(ctx, s.cluster.DSN(pgdev.Owner, pgdev.Database)); err != nil {
		return s, err
	}
	if s.owner, err = pgx.Connect(ctx, s.cluster.DSN(pgdev.Owner, pgdev.Database)); err != nil {
		return s, err
	}
	s.pool, err = pg.Open(ctx, s.cluster.DSN(pgdev.App, pgdev.Database), 8)
	return s, err
}

func (s *benchServer) close() (err error) {
	if s == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 70*time.Second)
	defer cancel()
	if s.pool != nil {
		s.pool.Close()
	}
	if s.owner != nil {
		err = s.owner.Close(ctx)
	}
	if s.cluster != nil {
		err = errors.Join(err, s.cluster.Stop(ctx))
	}
	if s.dir != "" {
		err = errors.Join(err, os.RemoveAll(s.dir))
	}
	if s.parent != "" {
		_ = os.Remove(s.parent) // only when nothing else is in it
	}
	return err
}

// settle brings the server to rest, so that no measurement pays for what came before.
func (s *benchServer) settle(ctx context.Context) error {
	return s.asSuper(ctx, "checkpoint")
}

// analyze does what autovacuum would have done by then to tables that were filled;
// empty ones stay unknown to the planner, as they do in life.
func (s *benchServer) analyze(ctx context.Context, tables ...string) error {
	_, err := s.owner.Exec(ctx, "vacuum analyze "+strings.Join(tables, ", "))
	return err
}

func (s *benchServer) asSuper(ctx context.Context, sql string) error {
	conn, err := pgx.Connect(ctx, s.cluster.SuperDSN("postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, sql)
	return errors.Join(err, conn.Close(ctx))
}

// measure is measure with what the server spent: its processor time, and VmHWM of its
// largest process.
func (s *benchServer) measure(n int, unit string, work func() error) (m benchCase, err error) {
	before, _, err := s.spent()
	if err != nil {
		return m, err
	}
	if m, err = measure(n, unit, work); err != nil {
		return m, err
	}
	after, rss, err := s.spent()
	m.ServerCPU, m.ServerRSS = (after - before).Seconds(), rss
	return m, err
}

// spent is the processor time of the server's processes, also of those that have ended,
// and the most memory that one of them ever had.
func (s *benchServer) spent() (cpu time.Duration, rss int64, err error) {
	b, err := os.ReadFile(filepath.Join(s.dir, "data", "postmaster.pid"))
	if err != nil {
		return 0, 0, err
	}
	server, _, _ := strings.Cut(string(b), "\n")
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, 0, err
	}
	for _, path := range all {
		pid := filepath.Base(filepath.Dir(path))
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		// after the name in brackets: state, parent, …; 14 to 17 are the times in ticks of 10 ms
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if len(fields) < 15 || (pid != server && fields[1] != server) {
			continue
		}
		for i, field := range fields[11:15] {
			ticks, err := strconv.ParseInt(field, 10, 64)
			if err == nil && (i < 2 || pid == server) { // children that ended count for the server
				cpu += time.Duration(ticks) * 10 * time.Millisecond
			}
		}
		if one, err := peakRSS(pid); err == nil {
			rss = max(rss, one)
		}
	}
	return cpu, rss, nil
}

// copyAgain times how long plain COPY takes to bring the rows of tables into empty
// tables with the same columns, keys and checks, without triggers.
func (s *benchServer) copyAgain(ctx context.Context, tables ...string) (took time.Duration, err error) {
	contents := make([]bytes.Buffer, len(tables))
	for i, t := range tables {
		if _, err := s.owner.Exec(ctx, fmt.Sprintf("create table copy_of_%[1]s (like %[1]s including all)", t)); err != nil {
			return 0, err
		}
		if _, err := s.owner.PgConn().CopyTo(ctx, &contents[i], "copy "+t+" to stdout (format binary)"); err != nil {
			return 0, err
		}
	}
	if err := s.settle(ctx); err != nil {
		return 0, err
	}
	return timed(func() error {
		return pgx.BeginFunc(ctx, s.owner, func(tx pgx.Tx) error {
			for i, t := range tables {
				if _, err := tx.Conn().PgConn().CopyFrom(ctx, &contents[i], "copy copy_of_"+t+" from stdin (format binary)"); err != nil {
					return err
				}
			}
			return nil
		})
	})
}
