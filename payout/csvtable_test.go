package payout

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rowsOf reads all rows through a csvTable.
func rowsOf(text string, want ...string) (rows [][]string, err error) {
	t, err := openCSV("x.csv", strings.NewReader(text), want...)
	for err == nil {
		var more bool
		if more, err = t.next(); !more {
			break
		}
		row := []string{}
		for i := range want {
			row = append(row, t.text(i))
		}
		rows = append(rows, row)
	}
	return rows, err
}

func TestCSVAsOfficesSaveIt(t *testing.T) {
	t.Parallel()
	want := [][]string{{"1", "A, B"}, {"2", "một\ndòng \"hai\""}}
	for name, text := range map[string]string{
		"as it should be": "a,b\n1,\"A, B\"\n2,\"một\ndòng \"\"hai\"\"\"\n",
		"byte order mark": "\ufeffa,b\n1,\"A, B\"\n2,\"một\ndòng \"\"hai\"\"\"\n",
		"CRLF":            "a,b\r\n1,\"A, B\"\r\n2,\"một\r\ndòng \"\"hai\"\"\"\r\n",
		"all quoted":      "\"a\",\"b\"\n\"1\",\"A, B\"\n\"2\",\"một\ndòng \"\"hai\"\"\"",
		"empty lines":     "a,b\n\n1,\"A, B\"\n\r\n2,\"một\ndòng \"\"hai\"\"\"\n\n",
		"other columns":   "x,b,y,a\n0,\"A, B\",0,1\n0,\"một\ndòng \"\"hai\"\"\",,2",
		"spaced heading":  " a ,b\n1,\"A, B\"\n2,\"một\ndòng \"\"hai\"\"\"\n",
	} {
		got, err := rowsOf(text, "a", "b")
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
	if got, err := rowsOf("a\n7\n", "a", "b?"); err != nil || got[0][1] != "" {
		t.Errorf("a column that may be missing: %q, %v", got, err)
	}
	for text, want := range map[string]string{
		"":                         "x.csv is empty",
		"\ufeff":                   "x.csv is empty",
		"b,c\n":                    `x.csv, line 1: there is no column "a"; found b,c`,
		"a,b\n1\n":                 "x.csv, line 2: 1 cells where the header has 2",
		"a,b\n1,2\n\n1,2,3\n":      "x.csv, line 4: 3 cells where the header has 2",
		"a,b\n1,2\n3,\"4\n5,6\n":   "x.csv, line 3",
		"a,b\n1,\"2\n2\"\n3,4\"\n": "x.csv, line 4, column",
	} {
		_, err := rowsOf(text, "a", "b")
		var refused *Refusal
		if !errors.As(err, &refused) || !strings.HasPrefix(refused.Reason, want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestCSVNamesTheLineAfterBlocksAndBreaksInCells(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("a,b\n")
	line := 2
	for i := range 200_000 {
		if i%1000 == 7 {
			fmt.Fprintf(&b, "%d,\"hai\ndòng\"\n", i)
			line += 2
			continue
		}
		fmt.Fprintf(&b, "%d,một dòng\n", i)
		line++
	}
	table, err := openCSV("x.csv", strings.NewReader(b.String()+"tám,\n"), "a", "b")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	err = eachBlock(table, func(r *csvRows) (rows []int, err error) {
		for {
			more, err := r.next()
			if err != nil || !more {
				return rows, err
			}
			x, err := r.number(0, 1_000_000)
			if err != nil {
				return nil, err
			}
			rows = append(rows, x)
		}
	}, func(rows []int) {
		for _, x := range rows {
			if x != n {
				t.Fatalf("row %d where %d belongs", x, n)
			}
			n++
		}
	})
	if want := fmt.Sprintf("x.csv, line %d, column a: ", line); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v, want %q", err, want)
	}
}

// What encoding/csv reads, in strict form, is what the table reads.
func FuzzCSV(f *testing.F) {
	f.Add("a,b\n1,2\n")
	f.Add("a,b\r\n\"1\",\"2\n\"\r\n\n3,4")
	f.Add("a,b\n1,\"\"\"\"\n")
	f.Add("a,b\n1,2\r")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := rowsOf(text, "a", "b")
		in := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
		all, fault := in.ReadAll()
		if errors.Is(fault, io.EOF) || len(all) == 0 && fault == nil {
			all, fault = nil, io.EOF
		}
		if err != nil {
			var refused *Refusal
			if !errors.As(err, &refused) {
				t.Fatal(err)
			}
			if fault == nil && cmp.Equal(all[0], []string{"a", "b"}) {
				t.Fatalf("refused: %v", err)
			}
			return
		}
		if fault != nil {
			t.Fatalf("read although %v", fault)
		}
		if cmp.Equal(all[0], []string{"a", "b"}) && !cmp.Equal(all[1:], got) && len(all)+len(got) > 1 {
			t.Fatalf("got %q, want %q", got, all[1:])
		}
	})
}
