package identity_test

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ansinh.vn/identity"
	"ansinh.vn/internal/population"
	"ansinh.vn/internal/units"
)

var (
	people = flag.Int("people", 12_000, "people in the populations of the matching tests")
	show   = flag.Int("show", 0, "how many rows that went wrong to print")
	seed   = flag.Uint64("seed", 1, "of the populations")
)

// figures are what a run over labelled rows reached.
type figures struct {
	rows, absent, linked, wrong, right, review, reviewHas, absentLinked, relatives, relativesWrong, claimed, claimedWrong int

	missed, of map[string]int // by fault: rows that were not linked to their person, and all
}

func (f figures) precision() float64 { return float64(f.right) / float64(max(1, f.linked)) }
func (f figures) recall() float64    { return float64(f.right) / float64(max(1, f.rows-f.absent)) }
func (f figures) reachable() float64 {
	return float64(f.right+f.reviewHas) / float64(max(1, f.rows-f.absent))
}
func (f figures) String() string {
	return fmt.Sprintf("rows %d, precision %.6f (%d wrong), recall %.5f, review %.2f%% (%d of %d hold the right one), reachable %.5f, absent %d (%d linked), relatives %d (%d wrong), claimed .99 %d (%d wrong)",
		f.rows, f.precision(), f.wrong, f.recall(), 100*float64(f.review)/float64(f.rows), f.reviewHas, f.review, f.reachable(), f.absent, f.absentLinked, f.relatives, f.relativesWrong, f.claimed, f.claimedWrong)
}

func measure(t *testing.T, w *population.World, lines []population.Line, results []identity.Result) figures {
	t.Helper()
	f := figures{rows: len(lines), missed: map[string]int{}, of: map[string]int{}}
	shown := 0
	for i, r := range results {
		l := lines[i]
		want := identity.PersonNumber("")
		if l.Person >= 0 {
			want = w.Register[l.Person].Number
		} else {
			f.absent++
		}
		relative := l.Faults.Has(population.RelativesNumber)
		if relative {
			f.relatives++
		}
		bad := r.Number != want
		l.Faults.Each(func(name string) {
			f.of[name]++
			if bad {
				f.missed[name]++
			}
		})
		switch {
		case r.Number != "":
			f.linked++
			if !bad {
				f.right++
			} else {
				f.wrong++
				if l.Person < 0 {
					f.absentLinked++
				}
				if relative {
					f.relativesWrong++
				}
			}
			if r.Score >= 0.99 {
				f.claimed++
				if bad {
					f.claimedWrong++
				}
			}
		case r.Outcome == identity.Review:
			f.review++
			if slices.ContainsFunc(r.Candidates, func(c identity.Candidate) bool { return c.Number == want }) {
				f.reviewHas++
			}
		}
		if bad && shown < *show && (r.Number != "" || *show%2 == 1) { // an odd number shows those that were not linked too
			shown++
			who := "nobody"
			if l.Person >= 0 {
				who = fmt.Sprintf("%+v", w.Register[l.Person])
			}
			t.Logf("%s\n  row  %+v\n  want %s\n  got  %s %s %.4f %q", l.Faults, l.Row, who, r.Outcome, r.Number, r.Score, r.Reasons)
			for _, c := range r.Candidates {
				k := slices.IndexFunc(w.Register, func(r identity.Record) bool { return r.Number == c.Number })
				t.Logf("       %.4f %+v", c.Score, w.Register[k])
			}
		}
	}
	if *show > 0 {
		for _, name := range slices.Sorted(maps.Keys(f.of)) {
			t.Logf("%-18s %6d missed of %7d: %.4f", name, f.missed[name], f.of[name], float64(f.missed[name])/float64(f.of[name]))
		}
	}
	return f
}

func index(w *population.World, workers int) *identity.Index {
	return identity.NewIndex(slices.Values(w.Register), identity.Options{Gazetteer: units.Gazetteer(), Today: 2026, Workers: workers})
}

// listed are all rows of a world's lists.
func listed(w *population.World) (lines []population.Line, rows []identity.Row) {
	lines = slices.Collect(w.Lists())
	rows = make([]identity.Row, len(lines))
	for i := range lines {
		rows[i] = lines[i].Row
	}
	return lines, rows
}

// matched matches with the stages timed.
func matched(ix *identity.Index, rows []identity.Row) (out []identity.Result, report identity.Report) {
	report, _ = ix.MatchEach(rows, time.Now, func(r identity.Result) error { out = append(out, r); return nil }) // collecting cannot fail
	return out, report
}

func TestEveryNameFindsItsPersonAndNeverTheWrongOne(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		options                   population.Options
		precision, recall, review float64
	}{
		{population.Options{Shape: population.South}, 0.9999, 0.994, 0.005},
		{population.Options{Shape: population.South, Damage: 2}, 0.9997, 0.98, 0.015},
		{population.Options{Shape: population.River}, 0.9999, 0.994, 0.005},
		{population.Options{Shape: population.River, Damage: 2}, 0.9997, 0.985, 0.015},
	} {
		t.Run(fmt.Sprintf("%s %v", c.options.Shape, c.options.Damage), func(t *testing.T) {
			t.Parallel()
			c.options.Seed, c.options.People = *seed, *people
			w := population.New(c.options)
			lines, rows := listed(w)
			begun := time.Now()
			ix := index(w, 0)
			built := time.Since(begun)
			results, report := matched(ix, rows)
			f := measure(t, w, lines, results)
			t.Logf("%v\nbuilt in %v, %v\n%v", f, built, report, report.Stages)
			// in a small population a few wrong links are chance
			if f.wrong > 3+int((1-c.precision)*float64(f.linked)) || f.recall() < c.recall || float64(f.review) > c.review*float64(f.rows) {
				t.Error("below what is asked")
			}
		})
	}
}

func TestTheNumberOfProcessorsDoesNotShow(t *testing.T) {
	t.Parallel()
	w := population.New(population.Options{Seed: 2, People: 3000, Damage: 1.5, Shape: population.River})
	_, rows := listed(w)
	one, r1 := index(w, 1).Match(rows)
	many, r2 := index(w, 7).Match(rows)
	if diff := cmp.Diff(one, many); diff != "" {
		t.Error(diff[:min(2000, len(diff))])
	}
	if diff := cmp.Diff(r1, r2); diff != "" {
		t.Error(diff)
	}
}
