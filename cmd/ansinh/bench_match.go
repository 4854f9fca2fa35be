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

	"ansinh.vn/identity"
	"ansinh.vn/internal/province"
	"ansinh.vn/internal/sheet"
)

type benchMatchCmd struct {
	sized
	Seed uint64 `default:"1" help:"Of the generated province."`
	Keep string `placeholder:"DIR" help:"Leave register.csv, list.csv, truth.csv and matched.csv there."`
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
}

// meant is whom a row of the lists is about.
type meant struct {
	number   string
	absent   bool // not in the register
	relative bool
	sins     province.Sin
}

// writeTruth writes a line a row, in the order of their ids.
func writeTruth(w io.Writer, truth map[string]meant) error {
	b := csv.NewWriter(w)
	_ = b.Write([]string{"row_id", "person_number", "absent", "sins"}) // Error tells
	for _, id := range slices.Sorted(maps.Keys(truth)) {
		t := truth[id]
		_ = b.Write([]string{id, t.number, strconv.FormatBool(t.absent), t.sins.String()})
	}
	b.Flush()
	return b.Error()
}

func (c *benchMatchCmd) Run(ctx context.Context, a *app) (err error) {
	n, err := c.or(20_000)
	if err != nil {
		return err
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
	truth, people, err := writeBenchLists(dir, register, list, province.Options{Seed: c.Seed, People: n})
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
	return a.report(ctx, "match", load, runtime.NumCPU(), []benchCase{m})
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
		truth[id] = meant{string(who.Number), who.Unregistered, f.Rows[at].Sins.Has(province.RelativesNumber), f.Rows[at].Sins}
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
