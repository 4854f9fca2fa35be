// Package sheet reads and writes the spreadsheets of offices: .xlsx, .csv and the
// tables of HTML that programs save under the name .xls; row by row in bounded memory. It finds the heading row by the meaning of its
// words, says for every cell where it stands, and refuses what is no spreadsheet
// with a sentence that tells what to do.
//
// It never changes the text of a cell: text of a legacy encoding comes out as
// Windows-1252 shows its bytes, and deciding what was meant is the reader's.
package sheet

import (
	"fmt"
	"iter"
	"os"
	"strings"
)

// Refused is the error for a file that cannot be read as a list. Its text is
// Vietnamese: the file, what is wrong and what to do.
type Refused struct {
	File string // as the caller named it
	What string
	Do   string
}

func (e *Refused) Error() string {
	s := e.File + ": " + e.What
	if e.Do != "" {
		s += ". " + e.Do
	}
	return s
}

// Refused marks the error as input that was refused (exit code 3).
func (e *Refused) Refused() bool { return true }

// Column is one column of a vocabulary: what a list may call it.
type Column struct {
	Key      string   // what the program calls it. Example: ho_ten
	Names    []string // headings that mean it, Vietnamese or not. Example: "Họ và tên"
	Required bool     // without it a sheet is not a list
	Sum      bool     // a cell merged over several rows says their sum: only the first row has it
}

// Columns is a vocabulary. Its order is the order of Row's values.
type Columns []Column

// Limits bound what one file may ask of the machine. The zero value means the
// defaults.
type Limits struct {
	File  int64 // bytes on disk; default 1 GiB
	Part  int64 // bytes of one unpacked part of an .xlsx; default 4 GiB (streamed)
	Texts int64 // bytes of all shared texts of an .xlsx; default 256 MiB
	Rows  int   // rows of one sheet; default 1,048,576 for .xlsx, 50,000,000 for .csv
}

// Options say how to read.
type Options struct {
	Columns Columns
	// Decoders are tried on headings that mean nothing as they stand: text of
	// legacy encodings, for instance.
	Decoders []func(string) string
	// Map overrides meaning: column key to the exact heading of the file; several
	// headings joined by + are put together with a blank between.
	Map    map[string]string
	Limits Limits
	// Name is what errors call the file; default the path.
	Name string
}

// Table is one sheet as it was understood.
type Table struct {
	Sheet   string            // name of the sheet; "" for .csv
	Heading int               // row number of the (last) heading row; 0 when none was found
	Found   map[string]string // column key to heading as written
	Ignored []string          // headings that mean no column
	Title   []string          // the texts above the heading, one a row
	Heads   []string          // the heading by column of the file, a group before its part
	At      map[string]int    // column key to column of the file, from 0
	Skipped bool              // the sheet has no usable heading and is not read
	Empty   bool
}

// Reader streams the rows of a file.
type Reader struct {
	name   string
	opt    Options
	tables []Table
	source source
	plans  []plan
	file   *os.File
}

// source is a kind of file: it gives the raw rows of each of its sheets, and the
// cells that are merged in it.
type source interface {
	sheets() []string
	merges(sheet int) ([]merge, error)
	rows(sheet int) iter.Seq2[rawRow, error]
}

// rawRow is a row as it stands in the file; number counts from 1.
type rawRow struct {
	number int
	cells  []string
	filled []int  // columns that repeat a cell merged over several rows
	fonts  []Font // by column; shorter where the rest is Unicode
}

// Open looks at a file, finds its sheets and their headings, and refuses it when
// none has all required columns. Close the Reader after use.
func Open(path string, opt Options) (*Reader, error) {
	name := opt.Name
	if name == "" {
		name = path
	}
	opt.Limits = opt.Limits.orDefault()
	f, err := os.Open(path)
	if err != nil {
		return nil, &Refused{name, "không mở được tệp: " + plainOS(err), "Kiểm tra đường dẫn và quyền đọc"}
	}
	r := &Reader{name: name, opt: opt, file: f}
	if err := r.open(); err != nil {
		f.Close()
		return nil, err
	}
	return r, nil
}

func (l Limits) orDefault() Limits {
	if l.File == 0 {
		l.File = 1 << 30
	}
	if l.Part == 0 {
		l.Part = 4 << 30
	}
	if l.Texts == 0 {
		l.Texts = 256 << 20
	}
	return l
}

// openSource opens the file as the kind that its content says.
func (r *Reader) openSource() error {
	kind, err := sniff(r.name, r.file, r.opt.Limits)
	if err != nil {
		return err
	}
	switch kind {
	case kindXLSX:
		r.source, err = openXLSX(r.name, r.file, r.opt.Limits)
	case kindHTML:
		r.source, err = openHTML(r.name, r.file, r.opt.Limits)
	default:
		r.source, err = openCSV(r.name, r.file, r.opt.Limits)
	}
	return err
}

func (r *Reader) open() error {
	if err := r.openSource(); err != nil {
		return err
	}
	usable, empty := 0, 0
	for i, name := range r.source.sheets() {
		merges, err := r.source.merges(i)
		if err != nil {
			return err
		}
		t, p, err := findHeading(r.source.rows(i), merges, r.opt)
		if err != nil {
			return err
		}
		t.Sheet = name
		if !t.Skipped {
			usable++
		}
		if t.Empty {
			empty++
		}
		r.tables, r.plans = append(r.tables, t), append(r.plans, p)
	}
	switch {
	case len(r.tables) == empty:
		return &Refused{r.name, "tệp không có dòng nào", "Mở tệp kiểm tra lại và gửi tệp có dữ liệu"}
	case usable == 0:
		return &Refused{r.name, "không tìm thấy dòng tiêu đề có đủ các cột " + strings.Join(r.opt.Columns.required(), ", ") + r.closest(),
			"Thêm dòng tiêu đề ghi tên các cột rồi gửi lại"}
	}
	return nil
}

// closest names what was found in the best sheet, to help mend it.
func (r *Reader) closest() string {
	best := -1
	for i, t := range r.tables {
		if best < 0 || len(t.Found) > len(r.tables[best].Found) {
			best = i
		}
	}
	if best < 0 || len(r.tables[best].Found) == 0 {
		return ""
	}
	var have []string
	for _, c := range r.opt.Columns {
		if h, ok := r.tables[best].Found[c.Key]; ok {
			have = append(have, fmt.Sprintf("%s (%s)", c.title(), h))
		}
	}
	return "; chỉ thấy " + strings.Join(have, ", ")
}

// Tables says how each sheet was understood.
func (r *Reader) Tables() []Table { return r.tables }

// Has reports whether any sheet that is read has the column.
func (r *Reader) Has(key string) bool {
	for _, t := range r.tables {
		if _, ok := t.Found[key]; ok && !t.Skipped {
			return true
		}
	}
	return false
}

// Close releases the file.
func (r *Reader) Close() error { return r.file.Close() }

// Rows streams the rows below the headings of all sheets, in the order of the
// file. Blank rows, rows of column numbers and repeated headings are left out;
// totals and signatures come with Remark set. The values of a Row may be kept.
func (r *Reader) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for i := range r.tables {
			if r.tables[i].Skipped {
				continue
			}
			for raw, err := range r.source.rows(i) {
				if err != nil {
					yield(Row{}, err)
					return
				}
				row, ok := r.plans[i].row(raw)
				if !ok {
					continue
				}
				row.Sheet = r.tables[i].Sheet
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}

// required lists the titles of the required columns.
func (c Columns) required() []string {
	var out []string
	for _, col := range c {
		if col.Required {
			out = append(out, "“"+col.title()+"”")
		}
	}
	return out
}

func (c Column) title() string {
	if len(c.Names) > 0 {
		return c.Names[0]
	}
	return c.Key
}

// index is the place of a key in the vocabulary, -1 when it is not there.
func (c Columns) index(key string) int {
	for i := range c {
		if c[i].Key == key {
			return i
		}
	}
	return -1
}
