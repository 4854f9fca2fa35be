package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"ansinh.vn/internal/pgdev"
)

func init() {
	command("doctor", "Kiểm tra máy và cơ sở dữ liệu / say what is missing and how to mend it.", &doctorCmd{})
}

type doctorCmd struct{}

// finding is one thing that was looked at.
type finding struct {
	What string `json:"what"`
	OK   bool   `json:"ok"`
	Says string `json:"says"`
	Mend string `json:"mend,omitempty"`
}

func (c *doctorCmd) Run(ctx context.Context, a *app) error {
	findings := []finding{a.checkBinaries(), a.checkSpace(), a.checkKeys()}
	findings = append(findings, a.checkDatabase(ctx)...)
	bad := 0
	for _, f := range findings {
		if !f.OK {
			bad++
		}
	}
	if a.JSON {
		if err := a.PrintJSON(findings); err != nil {
			return err
		}
	} else {
		for _, f := range findings {
			mark := "ok  "
			if !f.OK {
				mark = "BAD "
			}
			fmt.Fprintf(a.Out, "%s %s: %s\n", mark, f.What, f.Says)
			if f.Mend != "" {
				fmt.Fprintf(a.Out, "     → %s\n", f.Mend)
			}
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d checks need mending", bad, len(findings))
	}
	return nil
}

func (a *app) checkBinaries() finding {
	if os.Getenv("DATABASE_URL") != "" {
		return finding{What: "PostgreSQL", OK: true, Says: "DATABASE_URL names a server"}
	}
	path, err := pgdev.Program("postgres")
	if err != nil {
		return finding{What: "PostgreSQL", Says: "no server binaries", Mend: "apt-get install postgresql-15"}
	}
	return finding{What: "PostgreSQL", OK: true, Says: path}
}

// checkSpace warns while there is still time: a full disk stops payments.
func (a *app) checkSpace() finding {
	dir := a.DataDir
	for {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	var fsinfo syscall.Statfs_t
	if err := syscall.Statfs(dir, &fsinfo); err != nil {
		return finding{What: "disk", Says: err.Error(), Mend: "choose another directory with --data-dir DIR"}
	}
	free := fsinfo.Bavail * uint64(fsinfo.Bsize) >> 20
	f := finding{What: "disk", OK: free >= 2048, Says: fmt.Sprintf("%d MB free at %s", free, dir)}
	if !f.OK {
		f.Mend = "free some space: a month of 200,000 people takes about 2 GB"
	}
	return f
}

func (a *app) checkKeys() finding {
	dir := filepath.Join(a.DataDir, "keys")
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return finding{What: "keys", OK: true, Says: "none yet; they are made at first use in " + dir}
	}
	if err != nil {
		return finding{What: "keys", Says: err.Error(), Mend: "run as the user who owns " + dir}
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return finding{What: "keys", Says: err.Error()}
		}
		if info.Mode().IsRegular() && filepath.Ext(e.Name()) != ".pub" && info.Mode().Perm()&0o077 != 0 {
			path := filepath.Join(dir, e.Name())
			return finding{What: "keys", Says: path + " can be read by others", Mend: "chmod 600 " + path}
		}
	}
	return finding{What: "keys", OK: true, Says: fmt.Sprintf("%d files in %s, closed to others", len(entries), dir)}
}

func (a *app) checkDatabase(ctx context.Context) []finding {
	pool, err := a.DB(ctx)
	if err != nil {
		return []finding{{What: "database", Says: err.Error(), Mend: "see the message; nothing was changed"}}
	}
	var list []finding
	for _, s := range []struct{ name, want, mend string }{
		{"fsync", "on", "set fsync = on in postgresql.conf: without it a power cut loses payments"},
		{"synchronous_commit", "on", "set synchronous_commit = on: an answered payment must be on disk"},
		{"full_page_writes", "on", "set full_page_writes = on"},
	} {
		var got string
		if err := pool.QueryRow(ctx, "select current_setting($1)", s.name).Scan(&got); err != nil {
			return append(list, finding{What: s.name, Says: err.Error()})
		}
		f := finding{What: s.name, OK: got == s.want || (s.name == "synchronous_commit" && got != "off" && got != "local"), Says: got}
		if !f.OK {
			f.Mend = s.mend
		}
		list = append(list, f)
	}
	var powers bool
	err = pool.QueryRow(ctx, `
		select r.rolsuper or r.rolcreaterole or exists (select from pg_tables where schemaname = 'public' and tableowner = current_user)
		from pg_roles r where r.rolname = current_user`).Scan(&powers)
	f := finding{What: "database role", OK: err == nil && !powers, Says: "cannot alter tables"}
	if !f.OK {
		f.Says, f.Mend = "has more rights than the program needs", "connect as ansinh_app; give the owner in DATABASE_OWNER_URL for migrations only"
	}
	return append(list, f)
}
