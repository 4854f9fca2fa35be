package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pgdev"
)

func init() {
	command("backup", "Sao lưu cơ sở dữ liệu ra một tệp / write the database to one file.", &backupCmd{})
	command("restore", "Khôi phục từ tệp sao lưu vào cơ sở dữ liệu trống / restore a backup into an empty database.", &restoreCmd{})
}

type backupCmd struct {
	Out string `arg:"" help:"The file to write; it must not exist." type:"path"`
}

// refusal is input that a command of this program turns down before doing anything.
type refusal string

func (e refusal) Error() string { return string(e) }
func (e refusal) Refused() bool { return true }

func (c *backupCmd) Run(ctx context.Context, a *app) (err error) {
	if _, err := os.Stat(c.Out); !errors.Is(err, fs.ErrNotExist) {
		return refusal(fmt.Sprintf("%s is there already; choose another name, a backup never overwrites", c.Out))
	}
	dsn, err := ownerOf(ctx, a)
	if err != nil {
		return err
	}
	part := c.Out + ".part"
	defer func() {
		if err != nil {
			err = errors.Join(err, removeIfThere(part))
		}
	}()
	if err := pgProgram(ctx, "pg_dump", "--format=custom", "--file="+part, "--dbname="+dsn); err != nil {
		return err
	}
	if err := os.Rename(part, c.Out); err != nil {
		return err
	}
	info, err := os.Stat(c.Out)
	if err != nil {
		return err
	}
	keys := filepath.Join(a.DataDir, "keys")
	if a.JSON {
		return a.PrintJSON(map[string]any{"file": c.Out, "bytes": info.Size(), "keys": keys})
	}
	fmt.Fprintf(a.Out, "%s: %d bytes\nThe keys in %s are not in it: keep a copy of them elsewhere; without them nobody can read the personal numbers again.\n", c.Out, info.Size(), keys)
	return nil
}

type restoreCmd struct {
	File string `arg:"" help:"A file that 'ansinh backup' wrote." type:"existingfile"`
}

func (c *restoreCmd) Run(ctx context.Context, a *app) error {
	dsn, err := ownerOf(ctx, a)
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	var tables int
	err = conn.QueryRow(ctx, "select count(*) from pg_tables where schemaname = 'public'").Scan(&tables)
	if err = errors.Join(err, conn.Close(ctx)); err != nil {
		return err
	}
	if tables > 0 {
		return refusal(fmt.Sprintf("the database is not empty (%d tables); restore into a new one: ansinh restore --data-dir NEW %s", tables, c.File))
	}
	if err := pgProgram(ctx, "pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", "--dbname="+dsn, c.File); err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(map[string]string{"restored": c.File})
	}
	fmt.Fprintf(a.Out, "restored %s; put the keys that belong to it into %s, then run: ansinh verify\n", c.File, filepath.Join(a.DataDir, "keys"))
	return nil
}

func ownerOf(ctx context.Context, a *app) (string, error) {
	dsn, err := a.OwnerDSN(ctx)
	if err == nil && dsn == "" {
		err = usageError("set DATABASE_OWNER_URL to the role that owns the tables")
	}
	return dsn, err
}

// pgProgram runs one of PostgreSQL's programs; the password travels in the environment,
// never on the command line that others can see.
func pgProgram(ctx context.Context, name string, args ...string) error {
	path, err := pgdev.Program(name)
	if err != nil {
		return err
	}
	env := os.Environ()
	for i, arg := range args {
		dsn, ok := strings.CutPrefix(arg, "--dbname=")
		if !ok {
			continue
		}
		config, err := pgx.ParseConfig(dsn)
		if err != nil {
			return err
		}
		env = append(env, "PGPASSWORD="+config.Password)
		args[i] = fmt.Sprintf("--dbname=host=%s port=%d user=%s dbname=%s", config.Host, config.Port, config.User, config.Database)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = env
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(string(out)))
	}
	return nil
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
