// Package pgtest gives each test a database of its own on a real PostgreSQL server,
// cloned from a migrated template. The server is shared by the test processes of a
// machine and does not sync to disk; everything else about it is real.
package pgtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/pgdev"
	"ansinh.vn/migrations"
)

// Dir is where the shared test cluster lives; `make test` removes it.
func Dir() string {
	return filepath.Join(os.TempDir(), "ansinh-pgtest-"+strconv.Itoa(os.Geteuid()))
}

var settings = map[string]string{
	"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
	"max_connections": "500", "shared_buffers": "'128MB'", "autovacuum_naptime": "'10min'",
}

var server = sync.OnceValues(func() (*pgdev.Cluster, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	return pgdev.Start(ctx, Dir(), settings)
})

var template = sync.OnceValues(func() (string, error) {
	cluster, err := server()
	if err != nil {
		return "", err
	}
	lock, err := os.OpenFile(filepath.Join(Dir(), "template.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	name := "template_" + migrations.Hash()
	conn, err := pgx.Connect(ctx, cluster.SuperDSN("postgres"))
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	if tag, err := conn.Exec(ctx, "select from pg_database where datname = $1", name); err != nil || tag.RowsAffected() == 1 {
		return name, err
	}
	building := name + "_building"
	for _, sql := range []string{
		"drop database if exists " + building + " with (force)",
		"create database " + building + " owner " + pgdev.Owner + " template template0",
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return "", err
		}
	}
	if _, err := migrations.Up(ctx, cluster.DSN(pgdev.Owner, building)); err != nil {
		return "", err
	}
	_, err = conn.Exec(ctx, "alter database "+building+" rename to "+name)
	return name, err
})

// databases remembers which database a pool of New is connected to.
var databases sync.Map // *pgxpool.Pool → string

// New returns a pool on a fresh, migrated database, connected as the application's
// least-privilege role. The database goes when the test ends.
func New(t testing.TB) *pgxpool.Pool {
	t.Helper()
	name, err := template()
	if err != nil {
		t.Fatalf("no test database: %v", err)
	}
	cluster, _ := server()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var id [6]byte
	if _, err := rand.Read(id[:]); err != nil {
		t.Fatal(err)
	}
	db := fmt.Sprintf("t_%d_%s", os.Getpid(), hex.EncodeToString(id[:]))
	admin(t, cluster, "create database "+db+" owner "+pgdev.Owner+" template "+name)
	pool, err := pg.Open(ctx, cluster.DSN(pgdev.App, db), 16)
	if err != nil {
		t.Fatal(err)
	}
	databases.Store(pool, db)
	t.Cleanup(func() {
		pool.Close()
		databases.Delete(pool)
		admin(t, cluster, "drop database "+db+" with (force)")
	})
	return pool
}

// Owner returns a pool on the database of pool, connected as the role that owns the
// tables: tests use it to tamper.
func Owner(t testing.TB, pool *pgxpool.Pool) *pgxpool.Pool {
	t.Helper()
	owner, err := pgxpool.New(context.Background(), OwnerDSN(t, pool))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(owner.Close)
	return owner
}

// OwnerDSN names the database of pool for the role that owns its tables.
func OwnerDSN(t testing.TB, pool *pgxpool.Pool) string { return dsn(t, pool, pgdev.Owner) }

// AppDSN names the database of pool for the application's role.
func AppDSN(t testing.TB, pool *pgxpool.Pool) string { return dsn(t, pool, pgdev.App) }

func dsn(t testing.TB, pool *pgxpool.Pool, role string) string {
	t.Helper()
	db, ok := databases.Load(pool)
	if !ok {
		t.Fatal("pgtest: not a pool of pgtest.New")
	}
	cluster, err := server()
	if err != nil {
		t.Fatal(err)
	}
	return cluster.DSN(role, db.(string))
}

func admin(t testing.TB, cluster *pgdev.Cluster, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, cluster.SuperDSN("postgres"))
	if err == nil {
		defer conn.Close(ctx)
		_, err = conn.Exec(ctx, sql)
	}
	if err != nil {
		t.Fatalf("pgtest: %s: %v", sql, err)
	}
}
