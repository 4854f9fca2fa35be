package identity

import (
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	southPeople = flag.Int("south", 12_000, "people in the synthetic population of the matching tests")
	southShow   = flag.Int("show", 0, "how many rows that went wrong to print")
)

func serialOf(b Birth) int {
	return int(time.Date(b.Year, time.Month(b.Month), b.Day, 0, 0, 0, 0, time.UTC).Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Hours() / 24)
}

// figures are what a run over labelled rows reached.
type figures struct {
	rows, absent, linked, wrong, right, review, reviewHas, absentLinked, relatives, relativesWrong, claimed, claimedWrong int
}

func (f figures) precision() float64 { return float64(f.right) / float64(max(1, f.linked)) }
func (f figures) recall() float64    { return float64(f.right) / float64(max(1, f.rows-f.absent)) }
func (f figures) String() string {
	return fmt.Sprintf("rows %d, precision %.5f (%d wrong), recall %.5f, review %.2f%% (%d of %d hold the right one), absent %d (%d linked), relatives %d (%d wrong), claimed .99 %d (%d wrong)",
		f.rows, f.precision(), f.wrong, f.recall(), 100*float64(f.review)/float64(f.rows), f.reviewHas, f.review, f.absent, f.absentLinked, f.relatives, f.relativesWrong, f.claimed, f.claimedWrong)
}

func measure(t *testing.T, s *south, rows []truth, results []Result) figures {
	t.Helper()
	f := figures{rows: len(rows)}
	shown := 0
	for i, r := range results {
		tr := rows[i]
		want := PersonNumber("")
		if tr.person >= 0 {
			want = s.records[tr.person].Number
		} else {
			f.absent++
		}
		if tr.relative {
			f.relatives++
		}
		bad := false
		switch {
		case r.Number != "":
			f.linked++
			if r.Number == want {
				f.right++
			} else {
				f.wrong++
				bad = true
				if tr.person < 0 {
					f.absentLinked++
				}
				if tr.relative {
					f.relativesWrong++
				}
			}
			if r.Score >= 0.99 {
				f.claimed++
				if r.Number != want {
					f.claimedWrong++
				}
			}
		case r.Outcome == Review:
			f.review++
			bad = *southShow > 1000
			if slices.ContainsFunc(r.Candidates, func(c Candidate) bool { return c.Number == want }) {
				f.reviewHas++
			}
		case tr.person >= 0:
			bad = true
		}
		if bad && shown < *southShow {
			shown++
			t.Logf("%+v\n  want %s\n  got %s %s %.4f %q", tr.row, describe(s, tr.person), r.Outcome, r.Number, r.Score, r.Reasons)
			for _, c := range r.Candidates {
				t.Logf("    %s %.4f", c.Number, c.Score)
			}
		}
	}
	return f
}

func describe(s *south, p int) string {
	if p < 0 {
		return "nobody"
	}
	return fmt.Sprintf("%+v", s.records[p])
}

func (s *south) index(workers int) *Index {
	return NewIndex(slices.Values(s.records), Options{Gazetteer: NewGazetteer(s.units), Today: 2026, Workers: workers})
}

func rowsOf(list []truth) []Row {
	rows := make([]Row, len(list))
	for i := range list {
		rows[i] = list[i].row
	}
	return rows
}

func TestEveryNameFindsItsPersonAndNeverTheWrongOne(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		noise                     float64
		precision, recall, review float64
	}{{1, 0.9999, 0.99, 0.01}, {2, 0.9997, 0.97, 0.025}} {
		s := newSouth(1, *southPeople, c.noise)
		list := s.lists()
		begun := time.Now()
		ix := s.index(0)
		built := time.Since(begun)
		results, report := ix.MatchEachCollected(rowsOf(list))
		f := measure(t, s, list, results)
		t.Logf("noise %v: %v\nbuilt in %v, %v\n%v", c.noise, f, built, report, report.Stages)
		if f.precision() < c.precision || f.recall() < c.recall || float64(f.review) > c.review*float64(f.rows) {
			t.Errorf("noise %v: %v", c.noise, f)
		}
	}
}

// MatchEachCollected is Match with the stages timed.
func (ix *Index) MatchEachCollected(rows []Row) ([]Result, Report) {
	var out []Result
	report, _ := ix.MatchEach(rows, time.Now, func(r Result) error { out = append(out, r); return nil })
	return out, report
}

func TestTheNumberOfProcessorsDoesNotShow(t *testing.T) {
	t.Parallel()
	s := newSouth(2, 3000, 1.5)
	rows := rowsOf(s.lists())
	one, r1 := s.index(1).Match(rows)
	many, r2 := s.index(7).Match(rows)
	if diff := cmp.Diff(one, many); diff != "" {
		t.Error(diff[:min(2000, len(diff))])
	}
	if diff := cmp.Diff(r1, r2); diff != "" {
		t.Error(diff)
	}
}
