package pgdev

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// durable are the settings of every cluster; fsync and synchronous_commit stay on.
var durable = map[string]string{
	"listen_addresses":                    "''",
	"fsync":                               "on",
	"synchronous_commit":                  "on",
	"full_page_writes":                    "on",
	"wal_compression":                     "on",
	"shared_buffers":                      "'192MB'",
	"work_mem":                            "'16MB'",
	"maintenance_work_mem":                "'128MB'",
	"max_wal_size":                        "'2GB'",
	"checkpoint_timeout":                  "'15min'",
	"max_connections":                     "120",
	"jit":                                 "off",
	"timezone":                            "'UTC'",
	"log_timezone":                        "'UTC'",
	"log_min_duration_sample":             "-1",
	"unix_socket_permissions":             "0700",
	"password_encryption":                 "'scram-sha-256'",
	"idle_in_transaction_session_timeout": "'10min'",
}

// account is the unprivileged user that the server runs as when we are root.
type account struct {
	name     string
	uid, gid int
}

// prepare finds binaries and user, makes the server's directories and proves that the server's
// user can enter them.
func (c *Cluster) prepare() error {
	if err := c.findBinaries(); err != nil {
		return err
	}
	uid := os.Geteuid()
	if uid == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			return &Error{
				What: "PostgreSQL refuses to run as root, and there is no user postgres to run it as",
				Do:   "install the package postgresql-15, which makes that user, or run ansinh as an ordinary user",
			}
		}
		c.account = &account{name: u.Username}
		if c.account.uid, err = strconv.Atoi(u.Uid); err == nil {
			c.account.gid, err = strconv.Atoi(u.Gid)
		}
		if err != nil {
			return fmt.Errorf("pgdev: user postgres: %w", err)
		}
		uid = c.account.uid
	}
	if err := c.readOrMakePassword(); err != nil {
		return err
	}
	c.socket = socketDir(c.dir, uid)
	if err := c.ownDir(c.socket); err != nil {
		return err
	}
	if err := c.ownDir(c.data()); err != nil {
		return err
	}
	if out, err := c.program("/bin/sh", "-c", `cd "$0"`, c.data()).CombinedOutput(); err != nil {
		return &Error{
			What: fmt.Sprintf("the user %s, who runs PostgreSQL, cannot enter %s: %s", c.serverUser(), c.data(), lastLines(out)),
			Do:   "choose a directory whose parents that user may enter with --data-dir DIR (such as /var/lib/ansinh), or set DATABASE_URL",
		}
	}
	return nil
}

// ownDir makes dir for the server's user alone and refuses one that belongs to another.
func (c *Cluster) ownDir(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return c.unwritable(err)
	} else if err == nil && c.account != nil {
		if err := os.Chown(dir, c.account.uid, c.account.gid); err != nil {
			return c.unwritable(err)
		}
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return c.unwritable(err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	want := os.Geteuid()
	if c.account != nil {
		want = c.account.uid
	}
	if !ok || !info.IsDir() || int(stat.Uid) != want || info.Mode().Perm()&0o077 != 0 {
		return &Error{
			What: fmt.Sprintf("%s is not a private directory of the user %s", dir, c.serverUser()),
			Do:   "remove it, or choose another directory with --data-dir DIR",
		}
	}
	return nil
}

func (c *Cluster) serverUser() string {
	if c.account != nil {
		return c.account.name
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return strconv.Itoa(os.Geteuid())
}

// findBinaries picks the binaries of the cluster's own major version, or the newest for
// a new one.
func (c *Cluster) findBinaries() error {
	have := ""
	if b, err := os.ReadFile(filepath.Join(c.data(), "PG_VERSION")); err == nil {
		have = strings.TrimSpace(string(b))
	}
	dirs, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return fmt.Errorf("pgdev: %w", err)
	}
	majors := map[int]string{}
	for _, dir := range dirs {
		major, err := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
		if err != nil || major < 15 {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, "initdb")); err == nil {
			majors[major] = dir
		}
	}
	if len(majors) == 0 {
		return &Error{
			What: "no PostgreSQL server binaries (15 or newer) on this machine",
			Do:   "install them: apt-get install postgresql-15 — or set DATABASE_URL to a PostgreSQL server",
		}
	}
	newest := 0
	for major := range majors {
		newest = max(newest, major)
	}
	if have == "" {
		c.bin = majors[newest]
		return nil
	}
	major, err := strconv.Atoi(have)
	if bin, ok := majors[major]; err == nil && ok {
		c.bin = bin
		return nil
	}
	return &Error{
		What: fmt.Sprintf("the data directory %s was made by PostgreSQL %s, and this machine has only PostgreSQL %d", c.dir, have, newest),
		Do:   fmt.Sprintf("install postgresql-%s, or move the data with pg_upgrade, or choose another directory with --data-dir DIR", have),
	}
}

// initialise makes the cluster. It is built beside its place and moved in whole, so that
// an interrupted start leaves nothing that looks like a cluster.
func (c *Cluster) initialise(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(c.data(), "PG_VERSION")); err == nil {
		return c.configure()
	}
	pwfile := filepath.Join(c.socket, "initdb.password")
	if err := os.WriteFile(pwfile, []byte(c.password+"\n"), 0o600); err != nil {
		return c.unwritable(err)
	}
	defer os.Remove(pwfile)
	if c.account != nil {
		if err := os.Chown(pwfile, c.account.uid, c.account.gid); err != nil {
			return c.unwritable(err)
		}
	}
	build, err := c.buildDir()
	if err != nil {
		return c.unwritable(err)
	}
	out, err := c.command(ctx, "initdb", "-D", build, "-U", super, "--encoding=UTF8", "--locale=C.UTF-8",
		"--auth=scram-sha-256", "--pwfile="+pwfile, "--data-checksums").CombinedOutput()
	if err != nil {
		return c.unwritable(fmt.Errorf("initdb: %w: %s", err, lastLines(out)))
	}
	// PG_VERSION goes last: it is what makes the directory a cluster.
	names, err := os.ReadDir(build)
	if err != nil {
		return c.unwritable(err)
	}
	for _, last := range []bool{false, true} {
		for _, n := range names {
			if (n.Name() == "PG_VERSION") != last {
				continue
			}
			to := filepath.Join(c.data(), n.Name())
			err := os.RemoveAll(to)
			if err == nil {
				err = os.Rename(filepath.Join(build, n.Name()), to)
			}
			if err != nil {
				return c.unwritable(err)
			}
		}
	}
	if err := os.Remove(build); err != nil {
		return c.unwritable(err)
	}
	return c.configure()
}

// buildDir is a place for a new cluster that no other initdb writes to: that of a killed
// start may still be at work, and removes what it made when it fails.
func (c *Cluster) buildDir() (string, error) {
	left, err := filepath.Glob(filepath.Join(c.data(), "new-*"))
	if err != nil {
		return "", err
	}
	for _, dir := range left {
		_ = os.RemoveAll(dir) // if it is still written to, the next start removes it
	}
	var name [6]byte
	if _, err := rand.Read(name[:]); err != nil {
		return "", err
	}
	return filepath.Join(c.data(), "new-"+hex.EncodeToString(name[:])), nil
}

// configure writes our settings, the same bytes each time, into a file of our own.
func (c *Cluster) configure() error {
	all := map[string]string{"unix_socket_directories": "'" + c.socket + "'"}
	for k, v := range durable {
		all[k] = v
	}
	for k, v := range c.settings {
		all[k] = v
	}
	keys := make([]string, 0, len(all))
	for k := range all {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	var b strings.Builder
	b.WriteString("# written by ansinh at every start\n")
	for _, k := range keys {
		fmt.Fprintf(&b, "%s = %s\n", k, all[k])
	}
	path := filepath.Join(c.data(), "postgresql.auto.conf")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		return c.unwritable(err)
	}
	if c.account != nil {
		return os.Chown(path, c.account.uid, c.account.gid)
	}
	return nil
}

// startServer starts the server as a process of its own, which outlives a killed ansinh.
func (c *Cluster) startServer(ctx context.Context) error {
	deadline := time.Now().Add(90 * time.Second)
	for {
		if err := c.ownDir(c.socket); err != nil { // a cleaner of /tmp may have taken it
			return err
		}
		log := filepath.Join(c.data(), "server.log")
		out, err := c.command(ctx, "pg_ctl", "start", "-D", c.data(), "-w", "-t", "60", "-s", "-l", log).CombinedOutput()
		if err == nil || c.answers(ctx) {
			return nil
		}
		tail := lastLines(out)
		if b, readErr := os.ReadFile(log); readErr == nil {
			tail = lastLines(b)
		}
		held := strings.Contains(tail, "shared memory block") || strings.Contains(tail, "lock file")
		if !held || time.Now().After(deadline) || ctx.Err() != nil {
			return fmt.Errorf("pgdev: start PostgreSQL in %s: %w: %s (its log: %s)", c.dir, err, tail, log)
		}
		select {
		case <-ctx.Done():
		case <-time.After(300 * time.Millisecond):
		}
	}
}

// command is one of PostgreSQL's programs, run as the server's user.
func (c *Cluster) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(c.bin, name), args...)
	c.asServer(cmd)
	return cmd
}

func (c *Cluster) program(path string, args ...string) *exec.Cmd {
	cmd := exec.Command(path, args...)
	c.asServer(cmd)
	return cmd
}

// asServer drops privileges where needed and takes the command out of our process
// group, so that Ctrl-C ends us and not the server under us.
func (c *Cluster) asServer(cmd *exec.Cmd) {
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C", "HOME=/"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if c.account != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(c.account.uid), Gid: uint32(c.account.gid)}
	}
}

// lastLines keeps the end of a program's output for an error text.
func lastLines(b []byte) string {
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return strings.Join(lines[max(0, len(lines)-6):], " / ")
}

// Program returns the path of one of PostgreSQL's own programs (pg_dump, pgbench) of the
// newest version on this machine.
func Program(name string) (string, error) {
	c := &Cluster{dir: "/nonexistent"}
	if err := c.findBinaries(); err != nil {
		return "", err
	}
	path := filepath.Join(c.bin, name)
	if _, err := os.Stat(path); err != nil {
		return "", &Error{What: "PostgreSQL's program " + name + " is not in " + c.bin, Do: "install it: apt-get install postgresql-15"}
	}
	return path, nil
}
