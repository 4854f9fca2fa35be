package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"
)

// TestEveryBenchMeasuresBesideItsLimit runs each bench as small as it goes and holds its
// document against the contract.
func TestEveryBenchMeasuresBesideItsLimit(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "ansinh-bench-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		left, err := os.ReadDir(dir)
		if err != nil || len(left) > 0 {
			t.Errorf("a bench left %v behind (%v)", left, err)
		}
		os.RemoveAll(dir)
	})
	if err := os.Chmod(dir, 0o755); err != nil { // for the server's user
		t.Fatal(err)
	}
	for _, c := range []struct {
		bench string
		args  []string
		cases int
	}{
		{"payout", []string{"--n", "40"}, 9},
		{"post", []string{"--n", "100", "--before", "50"}, 1},
		{"pay", []string{"--n", "80"}, 5},
		{"match", []string{"--n", "300"}, 3},
		{"reconcile", []string{"--n", "30"}, 2},
		{"parse", []string{"--n", "200"}, 1},
	} {
		t.Run(c.bench, func(t *testing.T) {
			t.Parallel()
			var out, errs bytes.Buffer
			args := append([]string{"--data-dir", dir, "bench", c.bench}, c.args...)
			if code := run(t.Context(), args, strings.NewReader(""), &out, &errs); code != exitDone {
				t.Fatalf("exit %d: %s", code, errs.String())
			}
			d := json.NewDecoder(&out)
			d.DisallowUnknownFields()
			var r benchReport
			if err := d.Decode(&r); err != nil {
				t.Fatal(err)
			}
			if _, err := d.Token(); err != io.EOF {
				t.Fatalf("more than one document: %v", err)
			}
			if r.Bench != c.bench || len(r.Cases) != c.cases || r.Case != r.Cases[0].Case || r.CPUs < 1 {
				t.Errorf("report %+v", r)
			}
			for _, m := range append(r.Cases, r.benchCase) {
				if m.N < 1 || m.Seconds <= 0 || m.Rate <= 0 || m.PeakRSS < 1<<20 || m.LimitName == "" || m.LimitRate <= 0 || m.Ratio <= 0 || m.Unit == "" {
					t.Errorf("case %+v", m)
				}
			}
			if q := r.Quality; c.bench == "match" && (q == nil || q.Precision < 0.99 || q.Recall < 0.9 || q.Rows < 250) {
				t.Errorf("quality %+v", q)
			}
			if c.bench == "pay" && (r.P50 <= 0 || r.P99 < r.P50) {
				t.Errorf("latencies %+v", r)
			}
		})
	}
}

func TestBenchRefusesASizeThatIsNone(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"bench", "parse", "--n=-1"}, strings.NewReader(""), &out, &errs); code != exitUsage || out.Len() > 0 {
		t.Errorf("exit %d, %q, %q", code, out.String(), errs.String())
	}
}
