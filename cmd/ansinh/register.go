package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"ansinh.vn/identity/registry"
	"ansinh.vn/internal/province"
	"ansinh.vn/internal/units"
	"ansinh.vn/money"
)

func init() {
	command("register", "Sổ đăng ký dân cư thử nghiệm / the sandbox population register.", &registerCmd{})
}

type registerCmd struct {
	Serve         registerServe         `cmd:"" help:"Chạy sổ đăng ký thử nghiệm, giao thức DCI qua HTTP / serve the sandbox register in the DCI protocol over HTTP."`
	Subscribe     registerSubscribe     `cmd:"" help:"Nhờ sổ đăng ký báo tử và chuyển đi / ask the register to tell of deaths and moves."`
	Unsubscribe   registerUnsubscribe   `cmd:"" help:"Thôi nhận tin / end a subscription."`
	Subscriptions registerSubscriptions `cmd:"" help:"Đang nhận tin gì / what the register tells of."`
	Extracts      registerExtracts      `cmd:"" help:"Danh sách đã gửi công an và kết quả gửi lại / lists that went out to be checked, and came back."`
	Events        registerEvents        `cmd:"" help:"Tin báo tử, chuyển đi, vắng / deaths, moves and absences that became known."`
	Correct       registerCorrect       `cmd:"" help:"Đề nghị đính chính một tin báo tử / propose that a death was told wrongly."`
	Confirm       registerConfirm       `cmd:"" help:"Người thứ hai quyết định đính chính / a second person decides a correction."`
	Files         registerFiles         `cmd:"" help:"Ghi tỉnh giả lập ra tệp: danh sách, sổ đăng ký, đáp án / write a generated province to files: lists, register, what is wrong in each row."`
}

// registerServe runs the sandbox register as a process of its own. With --json
// the first line of stdout is the access that a client needs.
type registerServe struct {
	Listen     string      `help:"Where to listen; port 0 takes a free one." default:"127.0.0.1:7081"`
	Seed       uint64      `help:"Which province to make." default:"1"`
	People     int         `help:"How many people stand on the schemes' lists; the register holds about twice as many." default:"20000"`
	Month      money.Month `help:"The month that the province is made for." default:"2026-11"`
	File       string      `help:"Serve this register (CSV) instead of a generated province." type:"existingfile"`
	Faults     string      `help:"How it misbehaves: none, some, many, down, half, lying, or slow=0.1,error=0.05,partial=…,signature=…,cut=…,delay=2s." default:"none"`
	Profile    string      `help:"How messages are signed; unsigned checks nothing, for trying out other people's clients." enum:"ed25519,jws,hmac-sha256,unsigned" default:"ed25519"`
	AccessFile string      `help:"Also write what a client needs to this file, readable by its owner only."`
	Today      string      `help:"The register's day: YYYY-MM-DD, or asker: every message brings its own time, so that the register follows the asker's clock. Default: the real one." placeholder:"DAY"`
}

func (c *registerServe) Run(ctx context.Context, a *app) error {
	faults, err := registry.ParseFaults(c.Faults, c.Seed)
	if err != nil {
		return usageError(err.Error())
	}
	today := a.Now
	if c.Today == "asker" {
		today = nil
	} else if c.Today != "" {
		day, err := money.ParseDay(c.Today)
		if err != nil {
			return usageError(err.Error())
		}
		started := time.Now()
		today = func() time.Time { return day.Add(8*time.Hour + time.Since(started)) }
	}
	// The port first, so that one in use is known before the province is made.
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("register: cannot listen on %s: %w", c.Listen, err)
	}
	defer l.Close()
	debug.SetGCPercent(40) // most of the memory is the people, who stay
	people, err := c.population()
	if err != nil {
		return err
	}
	server, access, err := registry.Sandbox(c.Seed, people, c.Profile)
	if err != nil {
		return err
	}
	server.Faults, server.Now = faults, today
	access.URL = "http://" + l.Addr().String()
	if c.AccessFile != "" {
		if err := os.MkdirAll(filepath.Dir(c.AccessFile), 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("register: %w", err)
		}
		if err := access.WriteFile(c.AccessFile); err != nil {
			return err
		}
	}
	if a.JSON {
		if err := a.PrintJSON(access); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(a.Out, "Sổ đăng ký thử nghiệm / sandbox register: %s\n", access.URL)
	}
	return server.Serve(ctx, l)
}

// population is the file's people or those of a generated province.
func (c *registerServe) population() (*registry.Population, error) {
	if c.File == "" {
		people := provinceRegister(province.Generate(province.Options{Seed: c.Seed, People: c.People, Month: c.Month}))
		debug.FreeOSMemory() // what making it took
		return people, nil
	}
	f, err := os.Open(c.File)
	if err != nil {
		return nil, fmt.Errorf("register: %w", err)
	}
	defer f.Close()
	people, err := registry.ReadRegister(f)
	if err != nil {
		return nil, err
	}
	return registry.PopulationOf(people), nil
}

// provinceRegister is what the register knows of a generated province: a death
// or a move only from the day on which it was registered.
func provinceRegister(p *province.Province) *registry.Population {
	names := map[string]string{}
	for _, u := range units.Communes() {
		names[u.Code] = u.Name
	}
	return registry.NewPopulation(len(p.People), func(i int, day time.Time) (registry.Record, bool) {
		one := &p.People[i]
		if one.Unregistered {
			return registry.Record{}, false
		}
		r := registry.Record{
			Number: string(one.Number), OldNumber: string(one.OldNumber), Name: one.Name, Birth: one.Birth.String(),
			Sex: string(one.Sex), Ethnicity: one.Ethnic, Commune: one.Commune, Hamlet: one.Hamlet,
			Household: fmt.Sprintf("H%07d", one.Household), Standing: registry.Resident,
		}
		known := one.KnownOn <= province.DayOf(day)
		if one.Died != 0 && known {
			r.Died = one.Died.String()
		}
		switch {
		case one.Standing != "" && known:
			r.Standing, r.MovedTo, r.MovedOn = one.Standing, one.MovedTo, one.StandingSince.String()
			if one.MovedTo != "" {
				r.Commune, r.Hamlet = "", ""
			}
		case one.Standing != "" && one.Office != "":
			r.Commune = one.Office
		}
		r.CommuneName = names[r.Commune]
		return r, true
	})
}

// registerFiles writes a generated province for whoever wants to try the other
// commands on it: lists/*.xlsx, register.csv and truth.csv.
type registerFiles struct {
	Dir    string      `arg:"" help:"Where to; made when it is not there."`
	Seed   uint64      `help:"Which province to make." default:"1"`
	People int         `help:"How many people stand on the lists." default:"20000"`
	Month  money.Month `help:"The month that the lists are for." default:"2026-11"`
}

func (c *registerFiles) Run(a *app) error {
	if c.People < 1 {
		return usageError("--people must be at least 1")
	}
	paid := (&demo{plan: demoPlan{c.People, c.Seed, c.Month}}).paidSoFar()
	world := province.Generate(province.Options{Seed: c.Seed, People: c.People, Month: c.Month, Paid: paid})
	truth, err := world.WriteLists(filepath.Join(c.Dir, "lists"))
	if err != nil {
		return err
	}
	for name, write := range map[string]func(io.Writer) error{
		"truth.csv":    truth.WriteCSV,
		"register.csv": func(w io.Writer) error { return world.WriteRegister(w, world.Listed.AddDate(0, 0, 3)) },
	} {
		if err := saveTo(filepath.Join(c.Dir, name), write); err != nil {
			return err
		}
	}
	rows, quarantined := truth.Rows()
	if a.JSON {
		return a.PrintJSON(map[string]int{"files": len(truth.Files), "rows": rows, "quarantined": quarantined, "register": len(world.People)})
	}
	fmt.Fprintf(a.Out, "%d danh sách, %d dòng (%d dòng thiếu dữ liệu bắt buộc), sổ đăng ký %d người: %s\n", len(truth.Files), rows, quarantined, len(world.People), c.Dir)
	return nil
}

func saveTo(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("register: %w", err)
	}
	b := bufio.NewWriter(f)
	return errors.Join(write(b), b.Flush(), f.Close())
}
