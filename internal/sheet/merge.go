package sheet

import (
	"bytes"
	"errors"
	"io"
	"strings"
)

// merge is a cell that covers several: rows count from 1, columns from 0, both
// ends included.
type merge struct{ top, bottom, left, right int }

// maxMerged bounds what is kept of a sheet's merged cells, and mergesWithin the
// size of a sheet that is read through for them: they stand after all rows.
const (
	maxMerged    = 200_000
	mergesWithin = 1 << 30
)

var mergesTag = []byte("mergeCells")

// merges finds the merged cells of a sheet. They stand behind the rows, so that
// the part is searched for them once, without looking at what comes before.
func (w *workbook) merges(i int) ([]merge, error) {
	if w.merged == nil {
		w.merged = make([][]merge, len(w.paths))
		w.searched = make([]bool, len(w.paths))
	}
	p := w.parts[w.paths[i]]
	if w.searched[i] || p.UncompressedSize64 > mergesWithin {
		return w.merged[i], nil
	}
	w.searched[i] = true
	_, c, err := w.open(p)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	rest, err := after(io.LimitReader(c, w.lim.Part), mergesTag)
	if err != nil || rest == nil {
		return nil, err
	}
	s := newScanner(newBuffered(rest))
	for {
		kind, err := s.next()
		if err != nil || kind == tagClose && s.name == "mergeCells" || len(w.merged[i]) >= maxMerged {
			return w.merged[i], nil // what is broken here is said when the rows are read
		}
		if kind == tagClose || s.name != "mergeCell" {
			continue
		}
		if m, ok := readMerge(s.attr("ref")); ok {
			w.merged[i] = append(w.merged[i], m)
		}
	}
}

// after reads up to the first occurrence of tag and returns what follows it; nil
// when it does not occur.
func after(r io.Reader, tag []byte) (io.Reader, error) {
	buf := make([]byte, 256<<10)
	kept := 0
	for {
		n, err := r.Read(buf[kept:])
		have := buf[:kept+n]
		if at := bytes.Index(have, tag); at >= 0 {
			return io.MultiReader(bytes.NewReader(have[at+len(tag):]), r), nil
		}
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, nil // a broken part is refused when its rows are read
		}
		kept = copy(buf, have[max(0, len(have)-len(tag)+1):])
	}
}

// readMerge reads a reference such as B6:B9.
func readMerge(ref string) (m merge, ok bool) {
	from, to, found := strings.Cut(ref, ":")
	if !found {
		return m, false
	}
	m = merge{top: rowOf(from), bottom: rowOf(to), left: columnOf(from), right: columnOf(to)}
	return m, m.top > 0 && m.bottom >= m.top && m.left >= 0 && m.right >= m.left && m.left < maxColumns
}

func rowOf(ref string) (n int) {
	for i := 0; i < len(ref); i++ {
		if c := ref[i]; c >= '0' && c <= '9' && n < 1<<24 {
			n = n*10 + int(c-'0')
		}
	}
	return n
}

// filler repeats the value of a cell that is merged over several rows in each of
// them, and says where it did.
type filler struct {
	from map[int][]merge // by first row
	open []openMerge
}

type openMerge struct {
	merge
	value string
}

func newFiller(merges []merge) *filler {
	f := &filler{from: map[int][]merge{}}
	for _, m := range merges {
		if m.bottom > m.top {
			f.from[m.top] = append(f.from[m.top], m)
		}
	}
	if len(f.from) == 0 {
		return nil
	}
	return f
}

func (f *filler) fill(row *rawRow) {
	kept := f.open[:0]
	for _, o := range f.open {
		if row.number > o.bottom {
			continue
		}
		kept = append(kept, o)
		row.put(o.left, o.value)
	}
	f.open = kept
	for _, m := range f.from[row.number] {
		if v := cell(row.cells, m.left); v != "" {
			f.open = append(f.open, openMerge{m, v})
		}
	}
}

// put fills an empty cell with the value of the merged cell that covers it.
func (r *rawRow) put(at int, value string) {
	for len(r.cells) <= at {
		r.cells = append(r.cells, "")
	}
	if strings.TrimSpace(r.cells[at]) == "" {
		r.cells[at] = value
		r.filled = append(r.filled, at)
	}
}

// own is the row without what merged cells repeat in it: headings and statements
// are read as they stand.
func (r rawRow) own() []string {
	if len(r.filled) == 0 {
		return r.cells
	}
	cells := append([]string(nil), r.cells...)
	for _, at := range r.filled {
		cells[at] = ""
	}
	for len(cells) > 0 && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	return cells
}
