package pgdev_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pgdev"
)

// small keeps the clusters of these tests light; durability stays as it is.
var small = map[string]string{"shared_buffers": "'16MB'", "max_connections": "20"}

// enterable returns a directory that PostgreSQL's user can enter, as tests under root
// need; t.TempDir is closed to others.
func enterable(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "ansinh-pgdev-test-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func start(t *testing.T, dir string) *pgdev.Cluster {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	c, err := pgdev.Start(ctx, dir, small)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return c
}

func ask(t *testing.T, dsn, sql string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	var s string
	if err := conn.QueryRow(ctx, sql).Scan(&s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestClusterIsDurableAndLocal(t *testing.T) {
	t.Parallel()
	// A path longer than a socket's name may be.
	c := start(t, filepath.Join(enterable(t), strings.Repeat("thư-mục-dài-", 8)))
	dsn := c.DSN(pgdev.App, pgdev.Database)
	for setting, want := range map[string]string{"fsync": "on", "synchronous_commit": "on", "listen_addresses": "", "full_page_writes": "on"} {
		if got := ask(t, dsn, "show "+setting); got != want {
			t.Errorf("%s = %q, want %q", setting, got, want)
		}
	}
	if got := ask(t, dsn, "select (rolsuper or rolcreaterole or rolcreatedb)::text from pg_roles where rolname = current_user"); got != "false" {
		t.Errorf("the application's role has powers: %s", got)
	}
}

func TestTwoHoldersShareOneServerAndTheLastStopsIt(t *testing.T) {
	t.Parallel()
	dir := enterable(t)
	first, second := start(t, dir), start(t, dir)
	if err := first.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	ask(t, second.DSN(pgdev.App, pgdev.Database), "select 'still here'")
	if err := second.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "data", "postmaster.pid")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the server still runs after the last holder stopped: %v", err)
	}
}

func TestKilledServerComesBackWithWhatItPromised(t *testing.T) {
	t.Parallel()
	dir := enterable(t)
	c := start(t, dir)
	owner := c.DSN(pgdev.Owner, pgdev.Database)
	conn, err := pgx.Connect(context.Background(), owner)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(context.Background(), "create table promise as select 42 as n"); err != nil {
		t.Fatal(err)
	}
	pid, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(strings.SplitN(string(pid), "\n", 2)[0])
	if err != nil || n <= 1 {
		t.Fatalf("postmaster.pid: %q, %v", pid, err)
	}
	if err := syscall.Kill(n, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	again := start(t, dir) // at once, while the old backends may still hold its memory
	if got := ask(t, again.DSN(pgdev.Owner, pgdev.Database), "select n::text from promise"); got != "42" {
		t.Errorf("after the crash: %q", got)
	}
}

func TestAnInterruptedFirstStartIsStartedAnew(t *testing.T) {
	t.Parallel()
	dir := enterable(t)
	for _, after := range []time.Duration{30 * time.Millisecond, 300 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(context.Background(), after)
		if c, err := pgdev.Start(ctx, dir, small); err == nil { // a fast machine
			_ = c.Stop(context.Background())
		}
		cancel()
	}
	c := start(t, dir)
	ask(t, c.DSN(pgdev.App, pgdev.Database), "select 'here'")
	if left, err := filepath.Glob(filepath.Join(dir, "data", "new*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func refusal(t *testing.T, dir string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := pgdev.Start(ctx, dir, small)
	if err == nil {
		_ = c.Stop(ctx)
		t.Fatal("started")
	}
	var e *pgdev.Error
	if !errors.As(err, &e) || !e.Refused() || e.Do == "" {
		t.Fatalf("not a refusal that says what to do: %v", err)
	}
	return err.Error()
}

func TestRefusesAClusterOfAnotherMajorVersion(t *testing.T) {
	t.Parallel()
	dir := enterable(t)
	c := start(t, dir)
	if err := c.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	version := filepath.Join(dir, "data", "PG_VERSION")
	was, err := os.ReadFile(version)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(version, []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if msg := refusal(t, dir); !strings.Contains(msg, "PostgreSQL 9") {
		t.Errorf("message: %s", msg)
	}
	if err := os.WriteFile(version, was, 0o600); err != nil { // for the cleanup
		t.Fatal(err)
	}
}

func TestRefusesADirectoryThatTheServersUserCannotEnter(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		// As an ordinary user the server runs as ourselves; what we cannot enter we
		// cannot make either, which is the refusal of an unwritable directory.
		if msg := refusal(t, "/proc/ansinh"); !strings.Contains(msg, "/proc/ansinh") {
			t.Errorf("message: %s", msg)
		}
		return
	}
	parent := enterable(t)
	if err := os.Chmod(parent, 0o700); err != nil {
		t.Fatal(err)
	}
	if msg := refusal(t, filepath.Join(parent, "data")); !strings.Contains(msg, "cannot enter") {
		t.Errorf("message: %s", msg)
	}
}

func TestRefusesAReadOnlyDirectory(t *testing.T) {
	t.Parallel()
	if msg := refusal(t, "/proc/ansinh"); !strings.Contains(msg, "cannot be used") {
		t.Errorf("message: %s", msg)
	}
}

func TestWorksAsAnOrdinaryUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		c := start(t, enterable(t))
		ask(t, c.DSN(pgdev.App, pgdev.Database), "select 'as myself'")
		return
	}
	// Under root, run this very test again as nobody.
	bin := filepath.Join(enterable(t), "pgdev.test")
	self, err := os.ReadFile(os.Args[0])
	if err == nil {
		err = os.WriteFile(bin, self, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "-test.run=^TestWorksAsAnOrdinaryUser$", "-test.v")
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS") {
		t.Errorf("as nobody: %v\n%s", err, out)
	}
}
