package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"sync"

	"golang.org/x/sync/errgroup"

	"ansinh.vn/beneficiaries"
	"ansinh.vn/identity/registry"
	"ansinh.vn/internal/province"
	"ansinh.vn/money"
	"ansinh.vn/payout"
)

// startRegister runs the province's register as a process of its own; the demo's staff
// are hired meanwhile.
func (d *demo) startRegister(ctx context.Context) error {
	d.clock.Set(d.on(-1, 10, 8))
	var g errgroup.Group
	g.Go(func() error {
		log := filepath.Join(d.dir, "register.log")
		p, err := startProcess(ctx, "the sandbox register", log, "--json", "register", "serve", "--listen", "127.0.0.1:0",
			"--seed", strconv.FormatUint(d.plan.Seed, 10), "--people", strconv.Itoa(d.plan.People), "--month", d.plan.Month.String(),
			"--faults", "some", "--today", "asker", "--access-file", filepath.Join(d.dir, "register.json"))
		if err != nil {
			return err
		}
		d.procs = append(d.procs, p)
		return nil
	})
	if err := d.hire(ctx); err != nil {
		return errors.Join(err, g.Wait())
	}
	if err := g.Wait(); err != nil {
		return err
	}
	d.summary.say("register", "sổ đăng ký thử nghiệm đang chạy, có lỗi như thật")
	return nil
}

// paidSoFar is what each was paid a month until now: what the decrees owed as they were
// known when last month's run was prepared.
func (d *demo) paidSoFar() func(province.Entitlement, *province.Person) money.VND {
	knownOn, month := d.day(-2, 20), d.plan.Month.Add(-1)
	rates := payout.EmbeddedRates()
	type kind struct {
		scheme, category      string
		age, children, injury int
		units                 int
	}
	var mu sync.Mutex
	seen := map[kind]money.VND{}
	return func(e province.Entitlement, p *province.Person) money.VND {
		mu.Lock()
		defer mu.Unlock()
		k := kind{e.Scheme, e.Category, ageBand(p.Age(month)), e.Children, e.InjuryPercent, e.SeniorityUnits}
		if v, ok := seen[k]; ok {
			return v
		}
		birth, _ := payout.ParseBirth(p.Birth.String())
		dues, err := payout.Owed(rates, payout.Rules{}, payout.Person{Birth: birth}, []payout.Entitlement{{
			Scheme: payout.Scheme(e.Scheme), Category: e.Category, FirstMonth: month, Children: e.Children,
			InjuryPercent: e.InjuryPercent, SeniorityUnits: e.SeniorityUnits, DecisionOn: knownOn}}, month, knownOn)
		if err != nil {
			panic(fmt.Sprintf("demo: the generated entitlement %+v has no rate: %v", e, err))
		}
		var sum money.VND
		for _, due := range dues {
			sum += due.Amount
		}
		seen[k] = sum
		return sum
	}
}

// ageBand is the first age of those that no rate tells apart.
func ageBand(age int) (from int) {
	for _, bound := range []int{3, 4, 16, 22, 23, 60, 75, 80} {
		if age >= bound {
			from = bound
		}
	}
	return from
}

// importLists writes every commune's spreadsheets as clerks do and imports them.
func (d *demo) importLists(ctx context.Context) error {
	d.clock.Set(d.on(-1, 12, 9))
	dir := filepath.Join(d.dir, "lists")
	written, err := d.writeLists(dir)
	if err != nil {
		return err
	}
	debug.FreeOSMemory() // the generated province is gone; what follows lives in the database
	bar := d.Progress("nhập danh sách", int64(len(written.files)))
	var g errgroup.Group
	g.SetLimit(2)
	for _, f := range written.files {
		g.Go(func() error {
			_, err := beneficiaries.ImportList(ctx, d.pool, d.box, beneficiaries.ListFile{Path: filepath.Join(dir, f.name),
				By: "staff:" + clerkOf(f.office), Now: d.Now()})
			if err == nil {
				err = bar.Add(1)
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if err := beneficiaries.Analyze(ctx, d.pool); err != nil {
		return err
	}
	counts, err := beneficiaries.Counts(ctx, d.pool)
	if err != nil {
		return err
	}
	c := beneficiaries.Total(counts)
	d.summary.add("Dòng trong danh sách / rows listed", amount{N: written.rows},
		part{"đã nhập / imported", amount{N: c.Imported}}, part{"tạm giữ, chờ sửa / quarantined", amount{N: c.Quarantined}})
	d.summary.say("lists", "%s người trong sổ dân cư; %d tệp, %s dòng, %d dòng tạm giữ", money.VND(written.population).Grouped(), len(written.files),
		money.VND(written.rows).Grouped(), c.Quarantined)
	return nil
}

// listFiles are the spreadsheets that the clerks wrote.
type listFiles struct {
	files      []listFile
	rows       int
	population int
}

type listFile struct{ name, office string }

// writeLists makes the province and its clerks' spreadsheets.
func (d *demo) writeLists(dir string) (listFiles, error) {
	world := province.Generate(province.Options{Seed: d.plan.Seed, People: d.plan.People, Month: d.plan.Month, Paid: d.paidSoFar()})
	truth, err := world.WriteLists(dir)
	if err != nil {
		return listFiles{}, err
	}
	out := listFiles{population: len(world.People)}
	out.rows, _ = truth.Rows()
	for _, f := range truth.Files {
		out.files = append(out.files, listFile{f.Name, f.Office})
	}
	return out, nil
}

// registerClient is how this office asks the register.
func (d *demo) registerClient() (*registry.Client, error) {
	b, err := os.ReadFile(filepath.Join(d.dir, "register.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("the register left no word of how to reach it")
	}
	if err != nil {
		return nil, err
	}
	var access registry.Access
	if err := json.Unmarshal(b, &access); err != nil {
		return nil, fmt.Errorf("register.json: %w", err)
	}
	c, err := access.Client()
	if err != nil {
		return nil, err
	}
	c.Now = d.Now
	return c, nil
}
