package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"ansinh.vn/identity"
	"ansinh.vn/internal/population"
	"ansinh.vn/internal/province"
	"ansinh.vn/internal/sheet"
	"ansinh.vn/internal/units"
)

type benchMatchCmd struct {
	sized
	Seed   uint64  `default:"1" help:"Of the generated people."`
	Shape  string  `default:"south" enum:"south,river,province" help:"The population: south or river with every kind of damage, or the lists of the demo's province."`
	Damage float64 `default:"1" help:"Scales all damage of south and river."`
	Keep   string  `placeholder:"DIR" help:"Leave register.csv, list.csv, truth.csv and matched.csv there."`
}

// matchQuality is how a match compares with who was meant by each row.
type matchQuality struct {
	Rows      int     `json:"rows"`
	Register  int     `json:"register"`
	Links     int     `json:"links"`     // rows given a person without anybody looking
	Precision float64 `json:"precision"` // of the links
	Recall    float64 `json:"recall"`    // of the rows whose person is in the register
	Review    float64 `json:"review"`    // share of rows sent to a clerk
	Reachable float64 `json:"reachable"` // recall, with the right person among the candidates of a review
	Absent    int     `json:"absent"`    // rows whose person is not in the register
	Invented  int     `json:"invented"`  // of those, linked to somebody
	Relatives int     `json:"relatives"` // rows with a relative's number
	Taken     int     `json:"taken"`     // of those, linked to the wrong person
	Sure      int     `json:"sure"`      // links claimed at 0.99 or more
	SureWrong int     `json:"sure_wrong"`
}

// meant is whom a row of the lists is about.
type meant struct {
	number   string
	absent   bool // not in the register
	relative bool
	faults   string
}

// writeTruth writes a line a row, in the order of their ids.
func writeTruth(w io.Writer, truth map[string]meant) error {
	b := csv.NewWriter(w)
	_ = b.Write([]string{"row_id", "person_number", "absent", "faults"}) // Error tells
	for _, id := range slices.Sorted(maps.Keys(truth)) {
		t := truth[id]
		_ = b.Write([]string{id, t.number, strconv.FormatBool(t.absent), t.faults})
	}
	b.Flush()
	return b.Error()
}

func (c *benchMatchCmd) Run(ctx context.Context, a *app) (err error) {
	n, err := c.or(20_000)
	if err != nil {
		return err
	}
	if c.Damage <= 0 || c.Damage > 10 {
		return usageError("--damage must be above 0 and at most 10")
	}
	load := loadNow()
	dir, err := os.MkdirTemp("", "ansinh-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	files := dir
	if c.Keep != "" {
		files = c.Keep
	}
	register, list, out := filepath.Join(files, "register.csv"), filepath.Join(files, "list.csv"), filepath.Join(files, "matched.csv")
	truth, people, err := c.write(n, dir, register, list)
	if err != nil {
		return err
	}
	quiet := &app{JSON: true, Clock: a.Clock, In: a.In, Out: io.Discard, Err: a.Err}
	m, err := measure(n, "rows", func() error {
		return (&matchCmd{Register: register, List: list, Out: out}).Run(ctx, quiet)
	})
	if err != nil {
		return err
	}
	m.Case = fmt.Sprintf("%d rows against %d people, files in, file out", len(truth), people)
	m.Rate = float64(len(truth)) / m.Seconds
	if m.Quality, err = judgeMatches(out, truth); err != nil {
		return err
	}
	m.Quality.Register = people
	if c.Keep != "" {
		if err := writeWhole(filepath.Join(c.Keep, "truth.csv"), func(w io.Writer) error { return writeTruth(w, truth) }); err != nil {
			return err
		}
	}
	limit, err := timed(func() error { return joinByNumber(register, list, filepath.Join(dir, "joined.csv")) })
	if err != nil {
		return err
	}
	m.beside("exact join by number of the same rows in Go", len(truth), limit)
	resident, one, err := benchResident(ctx, a, register, list)
	if err != nil {
		return err
	}
	resident.beside(m.LimitName, len(truth), limit)
	one.beside(m.LimitName, len(truth), limit)
	return a.report(ctx, "match", load, runtime.NumCPU(), []benchCase{m, resident, one})
}

// benchResident measures what an office waits for once the register is in memory:
// a list of 30,000 rows, and one person looked for without a number.
func benchResident(ctx context.Context, a *app, register, list string) (rows, one benchCase, err error) {
	r, err := sheet.Open(register, sheet.Options{Columns: registerColumns})
	if err != nil {
		return rows, one, err
	}
	defer r.Close()
	records := registerRecords{reader: r}
	ix := identity.NewIndex(records.all, identity.Options{Gazetteer: units.Gazetteer(), Today: a.Now().Year()})
	if records.err != nil {
		return rows, one, records.err
	}
	l, err := sheet.Open(list, listReading(nil))
	if err != nil {
		return rows, one, err
	}
	defer l.Close()
	all, _, err := listRows(l)
	if err != nil {
		return rows, one, err
	}
	if err := ctx.Err(); err != nil {
		return rows, one, err
	}
	first := all[:min(30_000, len(all))]
	rows, err = measure(len(first), "rows", func() error { ix.Match(first); return nil })
	if err != nil {
		return rows, one, err
	}
	rows.Case = fmt.Sprintf("%d rows against %d people in memory", len(first), ix.Len())
	step := max(1, len(all)/10_000)
	var took []time.Duration
	one, err = measure(0, "look-ups", func() error {
		for i := 0; i < len(all); i += step {
			row := all[i]
			row.Document = ""
			begun := time.Now()
			ix.LookupOne(row)
			took = append(took, time.Since(begun))
		}
		return nil
	})
	slices.Sort(took)
	one.N, one.Rate = len(took), float64(len(took))/one.Seconds
	one.P50, one.P99 = took[len(took)/2].Seconds()*1000, took[len(took)*99/100].Seconds()*1000
	one.Case = fmt.Sprintf("one person without a number among %d", ix.Len())
	return rows, one, err
}

// write makes the people and writes the register and, in one file, the lists.
func (c *benchMatchCmd) write(n int, dir, register, list string) (truth map[string]meant, people int, err error) {
	if c.Shape == "province" {
		return writeBenchLists(dir, register, list, province.Options{Seed: c.Seed, People: n})
	}
	w := population.New(population.Options{Seed: c.Seed, People: n, Damage: c.Damage, Shape: population.Shape(c.Shape)})
	if err := writeWhole(register, w.WriteRegister); err != nil {
		return nil, 0, err
	}
	truth = map[string]meant{}
	err = writeWhole(list, func(to io.Writer) error {
		return population.WriteLists(to, func(yield func(population.Line) bool) {
			for l := range w.Lists() {
				t := meant{absent: l.Person < 0, relative: l.Faults.Has(population.RelativesNumber), faults: l.Faults.String()}
				if !t.absent {
					t.number = string(w.Register[l.Person].Number)
				}
				truth[l.Row.ID] = t
				if !yield(l) {
					return
				}
			}
		})
	})
	return truth, len(w.Register), err
}

// writeBenchLists makes a province and writes its register and, in one file, its lists.
func writeBenchLists(dir, register, list string, o province.Options) (truth map[string]meant, people int, err error) {
	world := province.Generate(o)
	err = writeWhole(register, func(w io.Writer) error { return world.WriteRegister(w, world.Listed) })
	if err != nil {
		return nil, 0, err
	}
	written, err := world.WriteLists(filepath.Join(dir, "lists"))
	if err != nil {
		return nil, 0, err
	}
	truth = map[string]meant{}
	err = writeWhole(list, func(w io.Writer) error {
		b := csv.NewWriter(w)
		keys := make([]string, len(listColumns))
		for i, column := range listColumns {
			keys[i] = column.Key
		}
		_ = b.Write(keys) // Error tells
		for _, f := range written.Files {
			if err := benchList(filepath.Join(dir, "lists"), f, world, b, truth); err != nil {
				return err
			}
		}
		b.Flush()
		return b.Error()
	})
	for i := range world.People {
		if !world.People[i].Unregistered {
			people++
		}
	}
	return truth, people, err
}

// benchList adds one commune's list, cell by cell as it was typed.
func benchList(dir string, f province.File, world *province.Province, b *csv.Writer, truth map[string]meant) error {
	r, err := sheet.Open(filepath.Join(dir, f.Name), listReading(nil))
	if err != nil {
		return err
	}
	defer r.Close()
	record := make([]string, len(listColumns))
	for row, err := range r.Rows() {
		if err != nil {
			return err
		}
		at := row.Number - f.FirstRow
		if at < 0 || at >= len(f.Rows) {
			continue // a total or a signature
		}
		for i := range record {
			record[i] = row.Value(i)
		}
		id := fmt.Sprintf("%s!%d", f.Name, row.Number)
		record[listIndex("row_id")], record[listIndex("danh_sach")], record[listIndex("bang")] = id, f.Name, row.Sheet
		_ = b.Write(record)
		who := &world.People[f.Rows[at].Person]
		truth[id] = meant{string(who.Number), who.Unregistered, f.Rows[at].Sins.Has(province.RelativesNumber), f.Rows[at].Sins.String()}
	}
	return nil
}

func listIndex(key string) int {
	for i, column := range listColumns {
		if column.Key == key {
			return i
		}
	}
	panic("no column " + key) // a mistake in the code
}

// judgeMatches holds the result against the truth.
func judgeMatches(out string, truth map[string]meant) (*matchQuality, error) {
	q := &matchQuality{}
	var right, present, shown, review int
	err := withFile(out, func(f *os.File) error {
		r := csv.NewReader(bufio.NewReader(f))
		r.ReuseRecord = true
		if _, err := r.Read(); err != nil {
			return err
		}
		for {
			row, err := r.Read()
			if err == io.EOF {
				return nil
			} else if err != nil {
				return err
			}
			who, ok := truth[row[0]]
			if !ok {
				return fmt.Errorf("row %q was never written", row[0])
			}
			linked, correct := row[2] != "", row[2] == who.number && !who.absent
			q.Rows++
			q.Links += count(linked)
			right += count(correct)
			present += count(!who.absent)
			q.Absent += count(who.absent)
			q.Invented += count(who.absent && linked)
			q.Relatives += count(who.relative)
			q.Taken += count(who.relative && linked && !correct)
			score, err := strconv.ParseFloat(row[3], 64)
			if err != nil {
				return err
			}
			sure := linked && score >= 0.99
			q.Sure += count(sure)
			q.SureWrong += count(sure && !correct)
			inReview := row[1] == string(identity.Review)
			review += count(inReview)
			shown += count(inReview && !who.absent && strings.Contains(row[4], who.number))
		}
	})
	q.Precision, q.Recall = share(right, q.Links), share(right, present)
	q.Reachable, q.Review = share(right+shown, present), share(review, q.Rows)
	return q, err
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// joinByNumber is the limit of matching: who believes the number asks nothing else.
func joinByNumber(register, list, out string) error {
	known := map[string]bool{}
	err := eachRecord(register, func(row []string) error {
		known[strings.Clone(row[0])] = true
		return nil
	})
	if err != nil {
		return err
	}
	number := listIndex("so_giay_to")
	return writeWhole(out, func(w io.Writer) error {
		b := csv.NewWriter(w)
		err := eachRecord(list, func(row []string) error {
			if known[row[number]] {
				return b.Write([]string{row[0], "match", row[number], "1", "", ""})
			}
			return b.Write([]string{row[0], "not_found", "", "0", "", ""})
		})
		b.Flush()
		return errors.Join(err, b.Error())
	})
}

func eachRecord(path string, do func(row []string) error) error {
	return withFile(path, func(f *os.File) error {
		r := csv.NewReader(bufio.NewReaderSize(f, 1<<16))
		r.ReuseRecord = true
		for {
			row, err := r.Read()
			if err == io.EOF {
				return nil
			}
			if err == nil {
				err = do(row)
			}
			if err != nil {
				return err
			}
		}
	})
}
