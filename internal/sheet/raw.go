package sheet

import (
	"iter"
	"os"
)

// Raw is a file whose rows are given as they stand, for readers to whom the rows
// between and above the headings matter too: bank statements.
type Raw struct {
	source source
	file   *os.File
}

// OpenRaw looks at a file as Open does, but looks for no heading; opt.Columns and
// opt.Map mean nothing here. Close the Raw after use.
func OpenRaw(path string, opt Options) (*Raw, error) {
	r := Reader{name: opt.Name, opt: opt}
	if r.name == "" {
		r.name = path
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, &Refused{r.name, "không mở được tệp: " + plainOS(err), "Kiểm tra đường dẫn và quyền đọc"}
	}
	r.file = f
	r.opt.Limits = r.opt.Limits.orDefault()
	if err := r.openSource(); err != nil {
		f.Close()
		return nil, err
	}
	return &Raw{r.source, f}, nil
}

// Sheets are the names of the sheets; one empty name for text.
func (r *Raw) Sheets() []string { return r.source.sheets() }

// RawRow is one row; Number counts from 1 in its sheet.
type RawRow struct {
	Number int
	Cells  []string
}

// Rows streams the rows of the i-th sheet. Days of an .xlsx come as YYYY-MM-DD,
// numbers as stored. The cells may be kept.
func (r *Raw) Rows(i int) iter.Seq2[RawRow, error] {
	return func(yield func(RawRow, error) bool) {
		for raw, err := range r.source.rows(i) {
			if !yield(RawRow{raw.number, raw.own()}, err) || err != nil {
				return
			}
		}
	}
}

// Close releases the file.
func (r *Raw) Close() error { return r.file.Close() }
