// Package pgdev keeps a private PostgreSQL cluster for an installation without a
// database server of its own: built from the system's PostgreSQL binaries, reached
// through a unix socket only, durable. It never downloads anything and never touches a
// cluster that it did not make.
package pgdev

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// The roles of a cluster: Owner runs migrations, App is what the program works as.
const (
	Owner = "ansinh_owner"
	App   = "ansinh_app"
	super = "postgres"
)

// Database is the name of the program's database in the embedded cluster.
const Database = "ansinh"

// Error is a cluster that cannot be had; its text says what to do. It counts as refused
// input: nothing was changed.
type Error struct{ What, Do string }

func (e *Error) Error() string { return e.What + "\n" + e.Do }

// Refused marks the error as one of input, not of the program.
func (e *Error) Refused() bool { return true }

// Cluster is a running cluster that this process holds open. Several processes may hold
// one; the last to stop ends the server.
type Cluster struct {
	dir      string // the data directory of the cluster, dir/data, and its files beside it
	socket   string
	bin      string
	account  *account // whom the server runs as; nil: as this process
	password string
	settings map[string]string
	held     *os.File // shared lock: in use
}

// Start opens the cluster in dir, making it first if there is none, and starts its
// server unless another process has done so. A server that was killed is started again,
// waiting while the memory of its predecessor is still held. Extra settings override
// the durable defaults (tests only).
func Start(ctx context.Context, dir string, settings map[string]string) (c *Cluster, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("pgdev: %w", err)
	}
	c = &Cluster{dir: dir, settings: settings}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, c.unwritable(err)
	}
	starting, err := lockFile(filepath.Join(dir, "start.lock"), syscall.LOCK_EX)
	if err != nil {
		return nil, c.unwritable(err)
	}
	defer starting.Close()
	if err := c.prepare(); err != nil {
		return nil, err
	}
	if c.held, err = lockFile(filepath.Join(dir, "use.lock"), syscall.LOCK_SH); err != nil {
		return nil, c.unwritable(err)
	}
	if err := c.open(ctx); err != nil {
		c.held.Close()
		return nil, err
	}
	return c, nil
}

// open makes the cluster where needed and brings its server up.
func (c *Cluster) open(ctx context.Context) error {
	if err := c.initialise(ctx); err != nil {
		return err
	}
	if !c.answers(ctx) {
		if err := c.startServer(ctx); err != nil {
			return err
		}
	}
	return c.bootstrap(ctx) // also where whoever started the server was killed before this
}

// DSN names a database of the cluster for a role.
func (c *Cluster) DSN(role, database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(role, c.password), Path: "/" + database}
	u.RawQuery = url.Values{"host": {c.socket}}.Encode()
	return u.String()
}

// SuperDSN names a database of the cluster for its superuser; tests only.
func (c *Cluster) SuperDSN(database string) string { return c.DSN(super, database) }

// Stop lets go of the cluster; the server is shut down cleanly when no other process
// holds it.
func (c *Cluster) Stop(ctx context.Context) error {
	starting, err := lockFile(filepath.Join(c.dir, "start.lock"), syscall.LOCK_EX)
	if err != nil {
		return fmt.Errorf("pgdev: stop: %w", err)
	}
	defer starting.Close()
	defer c.held.Close()
	if err := syscall.Flock(int(c.held.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil // somebody else works with it
	}
	out, err := c.command(ctx, "pg_ctl", "stop", "-D", c.data(), "-m", "fast", "-w", "-t", "60").CombinedOutput()
	if err != nil && !strings.Contains(string(out), "no server running") {
		return fmt.Errorf("pgdev: stop the server in %s: %w: %s", c.dir, err, lastLines(out))
	}
	return nil
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

// answers reports whether the server is up and takes connections.
func (c *Cluster) answers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.SuperDSN("postgres"))
	if err != nil {
		return false
	}
	defer conn.Close(ctx)
	return conn.Ping(ctx) == nil
}

// bootstrap makes the roles and the database; harmless when they are there.
func (c *Cluster) bootstrap(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, c.SuperDSN("postgres"))
	if err != nil {
		return fmt.Errorf("pgdev: %w", err)
	}
	defer conn.Close(ctx)
	secret := "'" + c.password + "'" // hexadecimal, made below
	for _, s := range []struct{ unless, do string }{
		{"select from pg_roles where rolname = '" + Owner + "'", "create role " + Owner + " login createrole password " + secret},
		{"select from pg_roles where rolname = '" + App + "' and rolcanlogin", "create role " + App + " login password " + secret},
		{"select from pg_database where datname = '" + Database + "'", "create database " + Database + " owner " + Owner + " template template0 encoding 'UTF8' lc_collate 'C.UTF-8' lc_ctype 'C.UTF-8'"},
	} {
		tag, err := conn.Exec(ctx, s.unless)
		if err == nil && tag.RowsAffected() == 0 {
			_, err = conn.Exec(ctx, s.do)
		}
		if err != nil {
			return fmt.Errorf("pgdev: %w", err)
		}
	}
	return nil
}

// readOrMakePassword keeps one random password for all roles beside the cluster, where
// only the user of the program can read it.
func (c *Cluster) readOrMakePassword() error {
	path := filepath.Join(c.dir, "password")
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		var raw [24]byte
		if _, err = rand.Read(raw[:]); err != nil {
			return fmt.Errorf("pgdev: %w", err)
		}
		b = []byte(hex.EncodeToString(raw[:]))
		// whole or not at all: half a password would lock us out for good
		if err = os.WriteFile(path+".new", b, 0o600); err == nil {
			err = os.Rename(path+".new", path)
		}
	}
	if err != nil {
		return c.unwritable(err)
	}
	c.password = strings.TrimSpace(string(b))
	return nil
}

func (c *Cluster) unwritable(err error) error {
	return &Error{
		What: fmt.Sprintf("the data directory %s cannot be used: %v", c.dir, err),
		Do:   "choose a directory that this user may write to with --data-dir DIR, or set DATABASE_URL to a PostgreSQL server",
	}
}

// socketDir is short whatever the data directory is called: a unix socket's path ends
// at 107 bytes.
func socketDir(dir string, uid int) string {
	sum := sha256.Sum256([]byte(dir))
	return fmt.Sprintf("/tmp/ansinh-%d-%s", uid, hex.EncodeToString(sum[:5]))
}

func lockFile(path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), how); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return f, nil
}
