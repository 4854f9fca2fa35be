package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/internal/secret"
	"ansinh.vn/money"
	"ansinh.vn/reconcile"
)

func init() {
	command("demo", "Sống trọn một tháng của một tỉnh giả lập / live one month of a generated province.", &demoCmd{})
}

type demoCmd struct {
	People int         `help:"How many people stand on the lists." default:"20000"`
	Seed   uint64      `help:"Which province; the same seed gives the same one." default:"1"`
	Month  money.Month `help:"The month that is paid." default:"2026-11"`
	Once   bool        `help:"End after the month instead of serving the web."`
	Listen string      `help:"Where the web is served." default:"127.0.0.1:8080"`
}

// demoPlan is what a data directory's demo is of; another plan needs another directory.
type demoPlan struct {
	People int         `json:"people"`
	Seed   uint64      `json:"seed"`
	Month  money.Month `json:"month"`
}

// demo is the month being lived.
type demo struct {
	*app
	plan    demoPlan
	dir     string // DataDir/demo: files, keys of the demo's staff, logs of the sandboxes
	pool    *pgxpool.Pool
	box     *secret.Box
	clock   *virtualClock
	recon   *reconcile.Store
	bank    *sandboxBank
	procs   []*process
	summary *summary
}

// step is one stage of the month. It may be run again after an interruption: what it
// did before it does not do twice.
type step struct {
	name string // in the summary
	vi   string // on the screen
	run  func(d *demo, ctx context.Context) error
}

var demoSteps = []step{
	{"register", "Sổ đăng ký dân cư", (*demo).startRegister},
	{"lists", "Danh sách của 64 xã, phường", (*demo).importLists},
	{"sync", "Đối chiếu dân cư", (*demo).syncPeople},
	{"runs", "Lập đợt chi, trình", (*demo).prepareRuns},
	{"funds", "Xin kinh phí, tiền về", (*demo).receiveFunds},
	{"approvals", "Phê duyệt bốn mắt, ghi sổ", (*demo).approveRuns},
	{"vouchers", "Phiếu mua hàng", (*demo).issueVouchers},
	{"bank", "Gửi ngân hàng, bưu điện", (*demo).sendRuns},
	{"statements", "Sao kê, đối chiếu", (*demo).reconcileMonth},
	{"market", "Ngày chợ", (*demo).marketDay},
	{"cash", "Bưu điện báo lại", (*demo).cashBack},
	{"next", "Đợt tháng sau, chờ duyệt", (*demo).prepareNext},
	{"proof", "Kiểm chứng độc lập", (*demo).prove},
}

func (c *demoCmd) Run(ctx context.Context, a *app) (err error) {
	if c.People < 200 {
		return usageError("--people must be at least 200: there are 64 communes")
	}
	if a.DataDir == defaultDataDir() { // never beside real data by default
		a.DataDir += "-demo"
	}
	var listener net.Listener
	if !c.Once {
		// before the work, so that a port in use is known at once
		if listener, err = listen(c.Listen); err != nil {
			return err
		}
		defer listener.Close()
	}
	d := &demo{app: a, plan: demoPlan{c.People, c.Seed, c.Month}, dir: filepath.Join(a.DataDir, "demo"), clock: &virtualClock{}, summary: newSummary()}
	d.app.Clock = d.clock.Now
	d.clock.Set(d.on(-1, 10, 8))
	defer func() {
		for _, p := range d.procs {
			err = errors.Join(err, p.stop())
		}
	}()
	if err := d.live(ctx); err != nil {
		if ctx.Err() != nil {
			fmt.Fprintf(a.Err, "\nNgừng giữa chừng. Chạy lại cùng lệnh để đi tiếp, hoặc xóa: rm -rf %s\nStopped midway. Run the same command to go on, or remove: rm -rf %s\n", a.DataDir, a.DataDir)
		}
		return err
	}
	if c.Once {
		return nil
	}
	return d.serve(ctx, listener)
}

// live does the steps, checks that every sum closes and prints them.
func (d *demo) live(ctx context.Context) error {
	if err := d.open(ctx); err != nil {
		return err
	}
	fmt.Fprintf(d.Err, "Một tháng của An Sinh: tháng %s, %d người trong danh sách, hạt giống %d\n", d.plan.Month, d.plan.People, d.plan.Seed)
	for i, s := range demoSteps {
		if d.summary.has(s.name) && s.name != "register" { // the register must run again
			fmt.Fprintf(d.Err, "%3d. %-32s   đã xong  %s\n", i+1, s.vi, d.summary.line(s.name))
			continue
		}
		start := time.Now()
		if err := s.run(d, ctx); err != nil {
			return fmt.Errorf("demo: step %s: %w", s.name, err)
		}
		took := time.Since(start)
		d.summary.took(s.name, took)
		fmt.Fprintf(d.Err, "%3d. %-32s %6.1f s  %s\n", i+1, s.vi, took.Seconds(), d.summary.line(s.name))
		d.summary.Seconds += took.Seconds()
		if err := d.remember(ctx); err != nil {
			return err
		}
	}
	return d.summary.finish(ctx, d)
}

// remember keeps how far the month has come, so that an interrupted one goes on there.
func (d *demo) remember(ctx context.Context) error {
	b, err := json.Marshal(d.summary)
	if err != nil {
		return err
	}
	_, err = d.pool.Exec(ctx, `insert into setting (key, value) values ('demo_progress', $1) on conflict (key) do update set value = excluded.value`, b)
	return err
}

// open brings up the database and makes sure that it is this demo's or empty.
func (d *demo) open(ctx context.Context) (err error) {
	if err := os.MkdirAll(d.dir, 0o755); err != nil {
		return refusal(fmt.Sprintf("the data directory %s cannot be used: %v; choose another with --data-dir DIR", d.DataDir, err))
	}
	if d.pool, err = d.DB(ctx); err != nil {
		return err
	}
	d.recon = &reconcile.Store{Pool: d.pool}
	if d.box, err = d.Secrets(); err != nil {
		return err
	}
	want, err := json.Marshal(d.plan)
	if err != nil {
		return err
	}
	var have []byte
	err = d.pool.QueryRow(ctx, `select value from setting where key = 'demo'`).Scan(&have)
	if err == nil {
		var was demoPlan
		if err := json.Unmarshal(have, &was); err != nil {
			return err
		}
		if was != d.plan {
			return refusal(fmt.Sprintf("%s holds a demo of %d people, seed %d, month %s; use another --data-dir DIR, or remove it: rm -rf %s",
				d.DataDir, was.People, was.Seed, was.Month, d.DataDir))
		}
		return d.recall(ctx)
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	var people int
	if err := d.pool.QueryRow(ctx, `select count(*) from person`).Scan(&people); err != nil {
		return err
	}
	if people > 0 {
		return refusal(d.DataDir + " holds real data; a demo never mixes with it: choose another --data-dir DIR")
	}
	_, err = d.pool.Exec(ctx, `insert into setting (key, value) values ('demo', $1)`, want)
	return err
}

// recall takes up what remember kept.
func (d *demo) recall(ctx context.Context) error {
	var b []byte
	err := d.pool.QueryRow(ctx, `select value from setting where key = 'demo_progress'`).Scan(&b)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(b, d.summary)
}

// on is a moment of the demo's calendar: months from the month that is paid, the day,
// the hour in Vietnam.
func (d *demo) on(months, day, hour int) time.Time {
	m := d.plan.Month.Add(months)
	return time.Date(m.Year(), m.Month(), day, hour, 0, 0, 0, hanoi)
}

// day is the calendar day of such a moment.
func (d *demo) day(months, day int) time.Time {
	m := d.plan.Month.Add(months)
	return money.Day(m.Year(), m.Month(), day)
}

var hanoi = time.FixedZone("+07", 7*3600)
