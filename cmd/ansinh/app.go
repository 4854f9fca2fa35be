package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"time"

	"github.com/alecthomas/kong"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/pgdev"
	"ansinh.vn/internal/secret"
	"ansinh.vn/migrations"
)

// The exit codes that other people's scripts rely on.
const (
	exitDone    = 0
	exitFailed  = 1
	exitUsage   = 2
	exitRefused = 3
)

// app is what every command is given: where things are, how to print, and the
// database, opened when it is first asked for.
type app struct {
	DataDir string           `help:"Where the embedded database, keys and demo files live." env:"ANSINH_DATA_DIR" type:"path" placeholder:"DIR"`
	JSON    bool             `name:"json" help:"Print one JSON document on stdout and nothing else there."`
	Clock   func() time.Time `kong:"-"`

	In  io.Reader `kong:"-"`
	Out io.Writer `kong:"-"`
	Err io.Writer `kong:"-"`

	mu      sync.Mutex
	cluster *pgdev.Cluster
	pools   []*pgxpool.Pool
	pool    *pgxpool.Pool
}

// group is a command group; each file of this folder registers its own.
type group struct {
	name, help string
	cmd        reflect.Type // of the struct that kong fills
}

var groups []group

// command adds a command group to the program; cmd points to an empty struct of its kind.
func command(name, help string, cmd any) {
	groups = append(groups, group{name, help, reflect.TypeOf(cmd).Elem()})
}

// commands makes every group anew, so that two runs in one process share nothing.
func commands() []kong.Option {
	options := make([]kong.Option, len(groups))
	for i, g := range groups {
		options[i] = kong.DynamicCommand(g.name, g.help, "", reflect.New(g.cmd).Interface())
	}
	return options
}

// run is the whole program without its process: what tests start.
func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) (code int) {
	a := &app{In: in, Out: out, Err: errs, Clock: time.Now}
	defer func() {
		if err := a.close(); err != nil {
			fmt.Fprintln(errs, "ansinh:", err)
			code = max(code, exitFailed)
		}
	}()
	exited := -1
	options := append([]kong.Option{
		kong.Name("ansinh"),
		kong.Description("Chi trả an sinh xã hội và thanh toán QR ở chợ. / Pays social assistance, takes QR payments at markets."),
		kong.Writers(out, errs),
		kong.Exit(func(code int) { exited = code; panic(exitNow{}) }),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(a),
	}, commands()...)
	defer func() {
		if p := recover(); p != nil {
			if _, ok := p.(exitNow); !ok {
				panic(p)
			}
			code = exited
		}
	}()
	parser, err := kong.New(a, options...)
	if err != nil {
		fmt.Fprintln(errs, "ansinh:", err)
		return exitFailed
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(errs, "ansinh:", err)
		fmt.Fprintln(errs, "ansinh: run 'ansinh --help', or 'ansinh COMMAND --help', for what it takes")
		return exitUsage
	}
	if a.DataDir == "" {
		a.DataDir = defaultDataDir()
	}
	if err := parsed.Run(); err != nil {
		fmt.Fprintln(errs, "ansinh:", err)
		return exitCode(err)
	}
	return exitDone
}

type exitNow struct{} // --help has printed what was asked for

// usageError is a command whose flags do not go together.
type usageError string

func (e usageError) Error() string { return string(e) }

func exitCode(err error) int {
	var usage usageError
	var refused interface{ Refused() bool }
	switch {
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &refused) && refused.Refused():
		return exitRefused
	}
	return exitFailed
}

// defaultDataDir is a place that PostgreSQL's user can enter even when we are root.
func defaultDataDir() string {
	if os.Geteuid() == 0 {
		return "/var/lib/ansinh"
	}
	if dir := os.Getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "ansinh")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "ansinh-data"
	}
	return filepath.Join(home, ".local", "share", "ansinh")
}

// Now is the time by the program's clock.
func (a *app) Now() time.Time { return a.Clock() }

// DB returns the database at the newest schema, as the application's role: the server
// that DATABASE_URL names, or the embedded one.
func (a *app) DB(ctx context.Context) (*pgxpool.Pool, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.pool != nil {
		return a.pool, nil
	}
	appDSN, ownerDSN, err := a.dsns(ctx)
	if err != nil {
		return nil, err
	}
	if ownerDSN != "" {
		if err := a.migrate(ctx, ownerDSN); err != nil {
			return nil, err
		}
	}
	pool, err := a.open(ctx, appDSN)
	if err != nil {
		return nil, err
	}
	if err := ensureOffices(ctx, pool); err != nil {
		return nil, err
	}
	a.pool = pool
	return pool, nil
}

// OwnerDSN names the database for the role that owns the tables; "" when an outside
// server was given without it.
func (a *app) OwnerDSN(ctx context.Context) (string, error) {
	_, owner, err := a.dsns(ctx)
	return owner, err
}

// dsns starts the embedded cluster unless DATABASE_URL says where the database is.
func (a *app) dsns(ctx context.Context) (appDSN, ownerDSN string, err error) {
	if url := os.Getenv("DATABASE_URL"); url != "" {
		return url, os.Getenv("DATABASE_OWNER_URL"), nil
	}
	if a.cluster == nil {
		a.cluster, err = pgdev.Start(ctx, filepath.Join(a.DataDir, "postgres"), nil)
		if err != nil {
			return "", "", err
		}
	}
	return a.cluster.DSN(pgdev.App, pgdev.Database), a.cluster.DSN(pgdev.Owner, pgdev.Database), nil
}

func (a *app) migrate(ctx context.Context, ownerDSN string) error {
	if _, err := migrations.Up(ctx, ownerDSN); err != nil {
		return err
	}
	return migrateJobs(ctx, ownerDSN)
}

func (a *app) open(ctx context.Context, dsn string) (*pgxpool.Pool, error) {
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	pool, err := pg.Open(ctx, dsn, 24)
	if err == nil {
		a.pools = append(a.pools, pool)
	}
	return pool, err
}

// Secrets opens the keys that personal and account numbers are sealed with.
func (a *app) Secrets() (*secret.Box, error) { return secret.Open(a.DataDir) }

// close gives the connections back and lets go of the embedded server.
func (a *app) close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range a.pools {
		p.Close()
	}
	a.pools, a.pool = nil, nil
	if a.cluster == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 70*time.Second)
	defer cancel()
	err := a.cluster.Stop(ctx)
	a.cluster = nil
	return err
}

// PrintJSON prints one JSON document on a line of stdout.
func (a *app) PrintJSON(v any) error {
	e := json.NewEncoder(a.Out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// Progress is a bar on a terminal's stderr and silent elsewhere; total −1 is unknown.
func (a *app) Progress(label string, total int64) *progressbar.ProgressBar {
	w := io.Discard
	if f, ok := a.Err.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		w = f
	}
	return progressbar.NewOptions64(total, progressbar.OptionSetDescription(label), progressbar.OptionSetWriter(w),
		progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
}
