package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"ansinh.vn/money"
	"ansinh.vn/payout"
)

type benchPayoutCmd struct{ sized }

// benchKnown is the day of knowledge of the run of November 2026: the new level is known,
// and four months of it are owed on top.
var benchKnown = money.Day(2026, time.October, 20)

func (c *benchPayoutCmd) Run(ctx context.Context, a *app) (err error) {
	n, err := c.or(100_000)
	if err != nil {
		return err
	}
	load := loadNow()
	bar := a.Progress("tính chi trả", -1)
	defer bar.Finish()
	calculated, err := benchCalculate(n)
	if err != nil {
		return err
	}
	prepared, err := a.benchPrepare(ctx, n)
	if err != nil {
		return err
	}
	return a.report(ctx, "payout", load, runtime.NumCPU(), append([]benchCase{calculated}, prepared...))
}

// benchCalculate computes a month from CSV to CSV, for people with 1.3 entitlements each
// and twelve paid months.
func benchCalculate(n int) (m benchCase, err error) {
	dir, err := os.MkdirTemp("", "ansinh-bench-")
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	people, entitlements, paid := filepath.Join(dir, "people.csv"), filepath.Join(dir, "entitlements.csv"), filepath.Join(dir, "paid.csv")
	month := money.NewMonth(2026, time.November)
	if err := writeBenchPeople(people, entitlements, n, month.Add(-12)); err != nil {
		return m, err
	}
	if err := os.WriteFile(paid, []byte("person_number,scheme,category,month,amount\n"), 0o600); err != nil {
		return m, err
	}
	// what was paid until October is what was owed then, by the rates known then
	before, out := filepath.Join(dir, "before.csv"), filepath.Join(dir, "owed.csv")
	if _, err := calculateFiles(people, entitlements, paid, before, month.Add(-1), money.Day(2026, time.September, 20)); err != nil {
		return m, err
	}
	if err := keepColumns(before, paid, 5); err != nil {
		return m, err
	}
	var done payout.Calculated
	m, err = measure(n, "person-months", func() (err error) {
		done, err = calculateFiles(people, entitlements, paid, out, month, benchKnown)
		return err
	})
	if err != nil {
		return m, err
	}
	m.Case = fmt.Sprintf("calculate: %d people, %d entitlements, %d paid months, %d lines out", done.People, done.Entitlements, done.Paid, done.Lines)
	m.Rate = float64(done.PersonMonths) / m.Seconds
	limit, err := timed(func() error {
		for _, path := range []string{people, entitlements, paid} {
			if err := withFile(path, readCSV); err != nil {
				return err
			}
		}
		return nil
	})
	m.beside("reading the same CSV files with encoding/csv", int(done.PersonMonths), limit)
	return m, err
}

func readCSV(f *os.File) error {
	r := csv.NewReader(bufio.NewReaderSize(f, 1<<16))
	r.ReuseRecord = true
	for {
		if _, err := r.Read(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func calculateFiles(people, entitlements, paid, out string, month money.Month, known time.Time) (done payout.Calculated, err error) {
	in := payout.CalculateInput{Month: month, KnownOn: known}
	for _, file := range []struct {
		path string
		to   *payout.Named
	}{{people, &in.People}, {entitlements, &in.Entitlements}, {paid, &in.Paid}} {
		f, err := os.Open(file.path)
		if err != nil {
			return done, err
		}
		defer f.Close()
		*file.to = payout.Named{Name: file.path, Reader: f}
	}
	err = writeWhole(out, func(w io.Writer) error {
		done, err = payout.Calculate(in, w)
		return err
	})
	return done, err
}

// writeBenchPeople writes n people with 1.3 entitlements each from a month on.
func writeBenchPeople(people, entitlements string, n int, from money.Month) error {
	return writeWhole(people, func(p io.Writer) error {
		return writeWhole(entitlements, func(e io.Writer) error {
			r := rand.New(rand.NewPCG(26, 11))
			bp, be := bufio.NewWriter(p), bufio.NewWriter(e)
			fmt.Fprintln(bp, "person_number,date_of_birth,date_of_death,sex")
			fmt.Fprintln(be, "entitlement_id,person_number,scheme,category,first_month,last_month,children,injury_percent,seniority_units,decision_on")
			id := 0
			for i := range n {
				number := fmt.Sprintf("0951%08d", i)
				age, mine := benchEntitlements(r)
				fmt.Fprintf(bp, "%s,%04d-%02d-%02d,,%c\n", number, from.Year()-age, 1+r.IntN(12), 1+r.IntN(28), "MF"[r.IntN(2)])
				for _, category := range mine {
					id++
					fmt.Fprintf(be, "%d,%s,%s,%s,,%s,%s\n", id, number, category.name, from, category.details, from.First().Format(time.DateOnly))
				}
			}
			return errors.Join(bp.Flush(), be.Flush())
		})
	})
}

// benchCategory is scheme and category, and children, percent and units.
type benchCategory struct{ name, details string }

// benchEntitlements gives one person's age and categories, in the shares of a province.
func benchEntitlements(r *rand.Rand) (age int, mine []benchCategory) {
	second := r.IntN(10) < 3
	switch k := r.IntN(100); {
	case k < 50:
		age, mine = 75+r.IntN(20), []benchCategory{{"htxh,HTXH", ",,"}}
		if second {
			mine = append(mine, benchCategory{"ncc,LS_TN1", ",,"})
		}
	case k < 75:
		age, mine = 5+r.IntN(80), []benchCategory{{"btxh,KT_DBN", ",,"}}
		if second {
			mine = append(mine, benchCategory{"btxh,CS_HO_KTDBN", ",,"})
		}
	case k < 85:
		age, mine = 25+r.IntN(25), []benchCategory{{"btxh,DONTHAN", fmt.Sprintf("%d,,", 1+r.IntN(3))}}
		if second {
			mine = append(mine, benchCategory{"btxh,KT_N", ",,"})
		}
	default:
		age, mine = 60+r.IntN(30), []benchCategory{{"ncc,TB_A", fmt.Sprintf(",%d,", 21+r.IntN(80))}}
		if second {
			mine = append(mine, benchCategory{"htxh,HTXH", ",,"})
		}
	}
	return age, mine
}

// keepColumns writes the first columns of a CSV file into another.
func keepColumns(from, to string, columns int) error {
	return withFile(from, func(f *os.File) error {
		return writeWhole(to, func(w io.Writer) error {
			in, out := csv.NewReader(bufio.NewReader(f)), csv.NewWriter(w)
			in.ReuseRecord = true
			for {
				record, err := in.Read()
				if err == io.EOF {
					out.Flush()
					return out.Error()
				}
				if err == nil {
					err = out.Write(record[:columns])
				}
				if err != nil {
					return err
				}
			}
		})
	})
}

// benchPrepare prepares one run of n people in a database, and reads its pages.
func (a *app) benchPrepare(ctx context.Context, n int) (_ []benchCase, err error) {
	s, err := a.benchServer(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	o, err := s.office(ctx, n)
	if err != nil {
		return nil, err
	}
	if err := s.settle(ctx); err != nil {
		return nil, err
	}
	// an ordinary month, and the one after it when a new level has become known that five
	// months of it are owed on top
	var list []benchCase
	var run payout.Run
	for _, of := range []struct {
		what  string
		month money.Month
		known time.Time
	}{
		{"an ordinary run", o.month, benchKnown.AddDate(0, -1, 0)},
		{"the next run, with five months of a new level on top,", o.month.Add(1), benchKnown},
	} {
		m, err := s.measure(n, "people", func() (err error) {
			run, err = payout.Prepare(ctx, s.pool, payout.PrepareInput{Office: benchCode, Month: of.month, KnownOn: of.known, By: o.clerk, Now: o.now})
			return err
		})
		if err != nil {
			return nil, err
		}
		if run.N+run.HeldN != n {
			return nil, fmt.Errorf("the run has %d payments and %d held, not %d", run.N, run.HeldN, n)
		}
		m.Case = fmt.Sprintf("prepare: %s of %d people, twelve paid months each", of.what, n)
		list = append(list, m)
		if err := s.settle(ctx); err != nil {
			return nil, err
		}
	}
	limit, err := s.copyAgain(ctx, "payment", "payment_item")
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i].beside("COPY of the payments and lines of both runs into tables with the same keys, for a person of one", 2*n, limit)
	}
	pages, err := s.benchPages(ctx, run.ID, o.now)
	return append(list, pages...), err
}

// benchPages reads what the pages of a run ask for, each twenty times.
func (s *benchServer) benchPages(ctx context.Context, run payout.RunID, now time.Time) (list []benchCase, err error) {
	if _, err := payout.ReadRunPage(ctx, s.pool, run, now); err != nil { // small runs are kept when they are first looked at
		return nil, err
	}
	limit, err := timed(func() error {
		var total int64
		return s.pool.QueryRow(ctx, `select sum(amount)::bigint from payment where run_id = $1`, run).Scan(&total)
	})
	if err != nil {
		return nil, err
	}
	people := func(change payout.Change) func() error {
		return func() error {
			_, err := payout.ChangedPeople(ctx, s.pool, run, change, 0, 101)
			return err
		}
	}
	payments := func(f payout.PaymentFilter) func() error {
		return func() error {
			f.Run, f.Limit = run, 101
			_, err := payout.Payments(ctx, s.pool, f)
			return err
		}
	}
	for _, page := range []struct {
		name string
		read func() error
	}{
		{"the page of the run, with the difference", func() error { _, err := payout.ReadRunPage(ctx, s.pool, run, now); return err }},
		{"people behind a change that everybody has", people(payout.Up)},
		{"people behind a change that nobody has", people(payout.Gone)},
		{"held payments", payments(payout.PaymentFilter{State: payout.Held})},
		{"payments by an exception", payments(payout.PaymentFilter{State: payout.Held, Reason: payout.HoldJump})},
		{"payments to look at", payments(payout.PaymentFilter{Attention: payout.SeeAccount})},
	} {
		var took []time.Duration
		m, err := s.measure(20, "pages", func() error {
			for range 20 {
				one, err := timed(page.read)
				if err != nil {
					return err
				}
				took = append(took, one)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		slices.Sort(took)
		m.Case, m.P50, m.P99 = "page: "+page.name, took[len(took)/2].Seconds()*1000, took[len(took)-1].Seconds()*1000
		m.beside("adding up the payments of the run in one query", 1, limit)
		list = append(list, m)
	}
	return list, nil
}
