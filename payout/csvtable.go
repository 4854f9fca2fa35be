package payout

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
)

// csvTable reads a CSV file by the names of its columns, in any order, and says file,
// line and column of whatever it refuses. It reads blocks of whole rows, so that big
// files can be read by several at once (see eachBlock).
type csvTable struct {
	name    string
	want    []string
	at      []int // position of each wanted column; −1 for an optional one that is not there
	columns int
	src     io.Reader
	rest    []byte // read, and not yet in a block
	eof     bool
	line    int // at which the next block begins
	csvRows     // the block that next walks through
}

const (
	blockSize = 1 << 20
	// longestRow is where a quote that never closes is given up.
	longestRow = 16 << 20
)

// openCSV reads the header of name and finds the wanted columns; others are ignored. A
// wanted name that ends in "?" may be missing: its cells are empty then.
func openCSV(name string, r io.Reader, want ...string) (*csvTable, error) {
	t := &csvTable{name: name, src: r, line: 1}
	t.csvRows.table = t
	for _, column := range want {
		t.want = append(t.want, strings.TrimSuffix(column, "?"))
	}
	more, err := t.next()
	if err != nil {
		return nil, err
	}
	if !more {
		return nil, refuse("%s is empty: a header row with %s is needed", name, strings.Join(t.want, ","))
	}
	t.columns = len(t.rec)
	for i, column := range want {
		at := slices.IndexFunc(t.rec, func(h string) bool { return strings.TrimSpace(h) == t.want[i] })
		if at < 0 && !strings.HasSuffix(column, "?") {
			return nil, refuse("%s, line 1: there is no column %q; found %s", name, column, strings.Join(t.rec, ","))
		}
		t.at = append(t.at, at)
	}
	return t, nil
}

// next reads a row; false at the end of the file.
func (t *csvTable) next() (bool, error) {
	for {
		more, err := t.csvRows.next()
		if err != nil || more {
			return more, err
		}
		if more, err = t.block(&t.csvRows); err != nil || !more {
			return false, err
		}
	}
}

// block gives the next rows that are whole; false at the end of the file.
func (t *csvTable) block(to *csvRows) (bool, error) {
	begin := t.rest == nil
	for size := blockSize; ; size += blockSize {
		if err := t.fill(size); err != nil {
			return false, err
		}
		if begin && len(t.rest) >= 3 && string(t.rest[:3]) == "\ufeff" {
			t.rest, begin = t.rest[3:], false
		}
		end := wholeRows(t.rest)
		if t.eof {
			end = len(t.rest)
		}
		if end == 0 && !t.eof {
			if size > longestRow {
				return false, refuse("%s, line %d: a quote is opened and never closed", t.name, t.line)
			}
			continue
		}
		text := string(t.rest[:end])
		*to = csvRows{table: t, body: text, line: t.line, rec: to.rec}
		t.line += strings.Count(text, "\n")
		t.rest = append(t.rest[:0], t.rest[end:]...)
		return end > 0, nil
	}
}

// fill reads until there are size bytes, or the end of the file.
func (t *csvTable) fill(size int) error {
	t.rest = slices.Grow(t.rest, max(0, size-len(t.rest)))
	for len(t.rest) < size && !t.eof {
		n, err := t.src.Read(t.rest[len(t.rest):size])
		t.rest = t.rest[:len(t.rest)+n]
		if errors.Is(err, io.EOF) {
			t.eof = true
		} else if err != nil {
			return err
		}
	}
	return nil
}

// wholeRows is where the last row that ends in b ends: a line break counts when the
// quotes before it are even.
func wholeRows(b []byte) int {
	end, open := 0, false
	for at := 0; ; {
		next := bytes.IndexByte(b[at:], '"')
		upTo := len(b)
		if next >= 0 {
			upTo = at + next
		}
		if !open {
			if last := bytes.LastIndexByte(b[at:upTo], '\n'); last >= 0 {
				end = at + last + 1
			}
		}
		if next < 0 {
			return end
		}
		at, open = upTo+1, !open
	}
}

// csvRows walks through the rows of a block.
type csvRows struct {
	table *csvTable
	body  string
	line  int // at which body begins
	rec   []string
	row   int // at which rec begins
}

// next reads a row of the block; false at its end. Empty lines are no rows.
func (r *csvRows) next() (bool, error) {
	for len(r.body) > 0 {
		end := strings.IndexByte(r.body, '\n') + 1
		if end == 0 {
			end = len(r.body)
		}
		line := r.body[:end]
		if strings.IndexByte(line, '"') >= 0 {
			return r.quoted()
		}
		r.row = r.line
		r.body, r.line = r.body[end:], r.line+1
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		if line == "" {
			continue
		}
		r.rec = r.rec[:0]
		for {
			comma := strings.IndexByte(line, ',')
			if comma < 0 {
				break
			}
			r.rec, line = append(r.rec, line[:comma]), line[comma+1:]
		}
		r.rec = append(r.rec, line)
		return r.complete()
	}
	return false, nil
}

// quoted reads a row that has quotes, the slow and exact way.
func (r *csvRows) quoted() (bool, error) {
	in := csv.NewReader(strings.NewReader(r.body))
	in.FieldsPerRecord = -1
	rec, err := in.Read()
	var bad *csv.ParseError
	if errors.As(err, &bad) {
		return false, refuse("%s, line %d, column %d: %v", r.table.name, r.line+bad.StartLine-1, bad.Column, bad.Err)
	}
	if err != nil {
		return false, err
	}
	r.rec, r.row = rec, r.line
	taken := int(in.InputOffset())
	r.line += strings.Count(r.body[:taken], "\n")
	r.body = r.body[taken:]
	return r.complete()
}

func (r *csvRows) complete() (bool, error) {
	if n := r.table.columns; n != 0 && len(r.rec) != n {
		return false, refuse("%s, line %d: %d cells where the header has %d", r.table.name, r.row, len(r.rec), n)
	}
	return true, nil
}

// text is the i-th wanted column of the row.
func (r *csvRows) text(i int) string {
	at := r.table.at[i]
	if at < 0 {
		return ""
	}
	return r.rec[at]
}

// bad refuses the i-th wanted column of the row.
func (r *csvRows) bad(i int, format string, args ...any) error {
	line := r.row
	for _, cell := range r.rec[:max(r.table.at[i], 0)] {
		line += strings.Count(cell, "\n")
	}
	return refuse("%s, line %d, column %s: "+format, append([]any{r.table.name, line, r.table.want[i]}, args...)...)
}
