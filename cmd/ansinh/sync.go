package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/beneficiaries"
	"ansinh.vn/identity"
	"ansinh.vn/identity/registry"
	"ansinh.vn/internal/secret"
	"ansinh.vn/internal/units"
	"ansinh.vn/money"
)

func init() {
	command("sync", "Đối chiếu với sổ đăng ký dân cư / ask the register about everybody who is due.", &syncCmd{})
}

type syncCmd struct {
	Access   string        `help:"How to reach the register: the file it gave us. Default DATA-DIR/register.json." env:"ANSINH_REGISTER_ACCESS" type:"path" placeholder:"FILE"`
	Office   string        `help:"Only people of this commune." placeholder:"CODE"`
	MaxAge   time.Duration `help:"Ask again about people whose last check is older." default:"600h"`
	All      bool          `help:"Ask again about everybody."`
	Async    bool          `help:"Let the register call back instead of staying on the line; 'ansinh serve' takes the answers at callback_url of the access file."`
	Snapshot string        `help:"Ask nobody; compare with this extract of the register (CSV)." type:"existingfile" placeholder:"R.csv"`
	On       string        `help:"With --snapshot: the day on which it was true; default today." placeholder:"YYYY-MM-DD"`
	Out      string        `help:"Ask nobody; write the people who are due to this spreadsheet, for the police to check." type:"path" placeholder:"FILE.xlsx"`
	SentTo   string        `help:"With --out: who is to check the list, for the record." placeholder:"NAME"`
	By       string        `help:"Who asks, by login." placeholder:"LOGIN"`
}

func (c *syncCmd) Run(ctx context.Context, a *app) error {
	if c.Out != "" && c.Snapshot != "" || c.Async && (c.Out != "" || c.Snapshot != "") {
		return usageError("choose one of --async, --snapshot and --out")
	}
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	box, err := a.Secrets()
	if err != nil {
		return err
	}
	by, err := a.actor(ctx, c.By)
	if err != nil {
		return err
	}
	now := a.Now()
	stale := now.Add(-c.MaxAge)
	if c.All {
		stale = now
	}
	if c.Out != "" {
		n, err := saveQuarantine(c.Out, func(f *os.File) (int, error) {
			_, n, err := beneficiaries.WriteExtract(ctx, pool, box, f, beneficiaries.Extracting{Office: c.Office, Stale: stale,
				FileName: filepath.Base(c.Out), SentTo: c.SentTo, By: by, Now: now})
			return n, err
		})
		if err != nil {
			return err
		}
		if a.JSON {
			return a.PrintJSON(map[string]any{"people": n, "out": c.Out})
		}
		fmt.Fprintf(a.Out, "%d người cần đối chiếu: %s\n", n, c.Out)
		return nil
	}
	bar := a.Progress("đối chiếu dân cư", -1)
	s := beneficiaries.Sync{By: by, Now: now, Office: c.Office, Stale: stale,
		Options:  identity.Options{Gazetteer: units.Gazetteer(), Today: now.Year()},
		Progress: func(done, total int) { bar.ChangeMax(max(total, 1)); _ = bar.Set(done) }}
	started := time.Now()
	var result beneficiaries.SyncResult
	if c.Snapshot != "" {
		result, err = c.snapshot(ctx, a, s, pool, box)
	} else {
		result, err = c.ask(ctx, a, s, pool, box)
	}
	_ = bar.Finish()
	if errors.Is(err, errNotBegun) {
		return errors.Unwrap(err)
	}
	if a.JSON {
		return errors.Join(err, a.PrintJSON(struct {
			beneficiaries.SyncResult
			Seconds float64 `json:"seconds"`
		}{result, time.Since(started).Seconds()}))
	}
	if result.Asked > 0 || err == nil {
		fmt.Fprintf(a.Out, "Đã đối chiếu %d người trong %.1f s\n", result.Asked, time.Since(started).Seconds())
		printOutcomes(a, result)
		if result.Older > 0 {
			fmt.Fprintf(a.Out, "  %d người đã biết tình trạng của ngày sau đó, giữ nguyên\n", result.Older)
		}
	}
	return err
}

// notBegun is an error of before anything was asked.
type notBegun struct{ error }

var errNotBegun = errors.New("not begun")

func (e notBegun) Is(target error) bool { return target == errNotBegun }
func (e notBegun) Unwrap() error        { return e.error }

// ask goes through everybody with the register on the line, or calling back.
func (c *syncCmd) ask(ctx context.Context, a *app, s beneficiaries.Sync, pool *pgxpool.Pool, box *secret.Box) (r beneficiaries.SyncResult, err error) {
	access, client, err := a.register(c.Access)
	if err != nil {
		return r, notBegun{err}
	}
	client.OnCircuit = a.tellCircuit
	s.Register, s.Name = client, access.ReceiverID
	if c.Async {
		callback := access.Callback("on-search")
		if callback == "" {
			return r, notBegun{refusal("--async needs callback_url in the access file: the address at which the register reaches 'ansinh serve'")}
		}
		s.Async = &beneficiaries.Async{Callback: callback}
	}
	return s.Run(ctx, pool, box)
}

// snapshot compares everybody with an extract of the register.
func (c *syncCmd) snapshot(ctx context.Context, a *app, s beneficiaries.Sync, pool *pgxpool.Pool, box *secret.Box) (r beneficiaries.SyncResult, err error) {
	on := a.Now()
	if c.On != "" {
		if on, err = money.ParseDay(c.On); err != nil {
			return r, notBegun{usageError("--on: " + err.Error())}
		}
		if on.After(a.Now()) {
			return r, notBegun{refusal("--on " + c.On + " is in the future: say on which day the extract was true")}
		}
	}
	f, err := os.Open(c.Snapshot)
	if err != nil {
		return r, notBegun{err}
	}
	defer f.Close()
	sum := sha256.New()
	people, err := registry.ReadRegister(io.TeeReader(f, sum))
	if err != nil {
		return r, notBegun{fmt.Errorf("%s: %w", c.Snapshot, err)}
	}
	if len(people) == 0 {
		return r, notBegun{refusal(c.Snapshot + " holds nobody: against it everybody would be unknown")}
	}
	s.Name = fmt.Sprintf("snapshot:%x", sum.Sum(nil)[:8])
	return s.RunSnapshot(ctx, pool, box, people, on)
}

// register is how to reach the register, from the file it gave us.
func (a *app) register(path string) (registry.Access, *registry.Client, error) {
	if path == "" {
		path = filepath.Join(a.DataDir, "register.json")
	}
	access, err := registry.ReadAccess(path)
	if errors.Is(err, fs.ErrNotExist) {
		return access, nil, refusal(fmt.Sprintf("no access to a register: %s is not there; give the file with --access, or use 'ansinh sync --out FILE.xlsx' and let the police check the list", path))
	}
	if err != nil {
		return access, nil, err
	}
	client, err := access.Client()
	if err != nil {
		return access, nil, err
	}
	client.Now = a.Now
	return access, client, nil
}

// tellCircuit says on stderr that the register is left alone, and when not any more.
func (a *app) tellCircuit(c registry.CircuitChange) {
	switch c.State {
	case registry.CircuitOpen:
		fmt.Fprintf(a.Err, "Sổ đăng ký hỏng liên tiếp (%v); ngừng hỏi %s rồi thử lại một câu.\n", c.Cause, c.Rest)
	case registry.CircuitHalf:
		fmt.Fprintln(a.Err, "Đang thử hỏi sổ đăng ký một câu.")
	case registry.CircuitClosed:
		fmt.Fprintln(a.Err, "Sổ đăng ký đã trả lời, hỏi tiếp.")
	case registry.CircuitGaveUp:
		fmt.Fprintf(a.Err, "Thử %d lần sổ đăng ký vẫn hỏng; dừng ở đây. Những gì đã trả lời được giữ; chạy lại sau %s.\n", 3, c.Until.Format("15:04"))
	}
}

func printOutcomes(a *app, r beneficiaries.SyncResult) {
	for _, o := range beneficiaries.Outcomes {
		if n := r.Outcomes[o]; n > 0 {
			vi, _ := o.Words()
			fmt.Fprintf(a.Out, "  %-12s %8d  %s\n", o, n, vi)
		}
	}
	if r.Deaths+r.Moves+r.Absences > 0 {
		fmt.Fprintf(a.Out, "  mới biết: %d người chết, %d người chuyển đi, %d người vắng\n", r.Deaths, r.Moves, r.Absences)
	}
}
