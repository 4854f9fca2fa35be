package sheet

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"ansinh.vn/money"
)

// Cell is a cell with more than a value.
type Cell struct {
	Value any
	Mark  bool // shown on yellow: look here
}

// Writer writes an .xlsx file of one or several sheets, row by row in bounded
// memory. Text is always text: a cell that begins with = is never a formula.
type Writer struct {
	out    io.Writer
	file   *excelize.File
	stream *excelize.StreamWriter
	row    int
	sheets int
	bold   int
	mark   int
	money  int
}

// NewWriter makes a writer that writes to out at Close.
func NewWriter(out io.Writer) (*Writer, error) {
	w := &Writer{out: out, file: excelize.NewFile()}
	style := func(s *excelize.Style, err *error) int {
		id, e := w.file.NewStyle(s)
		if e != nil && *err == nil {
			*err = e
		}
		return id
	}
	var err error
	w.bold = style(&excelize.Style{Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"DDE6F0"}}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "center"}}, &err)
	w.mark = style(&excelize.Style{Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"FFF2A8"}}}, &err)
	w.money = style(&excelize.Style{NumFmt: 3}, &err) // #,##0
	if err != nil {
		return nil, fmt.Errorf("sheet: make styles: %w", err)
	}
	return w, nil
}

// Sheet begins a sheet with a row of headings; widths are in characters and may
// be shorter than headings.
func (w *Writer) Sheet(name string, headings []string, widths ...float64) error {
	if err := w.flush(); err != nil {
		return err
	}
	name = sheetName(name)
	if w.sheets == 0 {
		if err := w.file.SetSheetName("Sheet1", name); err != nil {
			return fmt.Errorf("sheet: name sheet %q: %w", name, err)
		}
	} else if _, err := w.file.NewSheet(name); err != nil {
		return fmt.Errorf("sheet: new sheet %q: %w", name, err)
	}
	w.sheets++
	stream, err := w.file.NewStreamWriter(name)
	if err != nil {
		return fmt.Errorf("sheet: begin sheet %q: %w", name, err)
	}
	for i := range headings {
		width := 16.0
		if i < len(widths) {
			width = widths[i]
		}
		if err := stream.SetColWidth(i+1, i+1, width); err != nil {
			return fmt.Errorf("sheet: set width: %w", err)
		}
	}
	if err := stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return fmt.Errorf("sheet: freeze heading: %w", err)
	}
	w.stream, w.row = stream, 0
	cells := make([]any, len(headings))
	for i, h := range headings {
		cells[i] = excelize.Cell{StyleID: w.bold, Value: h}
	}
	return w.write(cells)
}

// Row adds a row. Values may be strings, numbers, Cells, or anything with a
// String method, which is written as text; amounts of money are numbers with
// their thousands separated.
func (w *Writer) Row(values ...any) error {
	if w.stream == nil {
		return fmt.Errorf("sheet: row before the first sheet")
	}
	cells := make([]any, len(values))
	for i, v := range values {
		style := 0
		if c, ok := v.(Cell); ok {
			v = c.Value
			if c.Mark {
				style = w.mark
			}
		}
		switch n := v.(type) {
		case nil:
		case money.VND:
			v = int64(n)
			if style == 0 {
				style = w.money
			}
		case int64:
			if style == 0 {
				style = w.money
			}
		case int, bool:
		case string:
			v = printable(n)
		case fmt.Stringer:
			v = printable(n.String())
		default:
			v = printable(fmt.Sprint(n))
		}
		cells[i] = excelize.Cell{StyleID: style, Value: v}
	}
	return w.write(cells)
}

func (w *Writer) write(cells []any) error {
	w.row++
	if err := w.stream.SetRow(Ref(0, w.row), cells); err != nil {
		return fmt.Errorf("sheet: write row %d: %w", w.row, err)
	}
	return nil
}

func (w *Writer) flush() error {
	if w.stream == nil {
		return nil
	}
	if err := w.stream.Flush(); err != nil {
		return fmt.Errorf("sheet: end sheet: %w", err)
	}
	w.stream = nil
	return nil
}

// Close ends the last sheet and writes the file.
func (w *Writer) Close() error {
	if err := w.flush(); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := w.file.Write(&b); err != nil {
		return fmt.Errorf("sheet: write file: %w", err)
	}
	if err := inOrder(w.out, b.Bytes()); err != nil {
		return fmt.Errorf("sheet: write file: %w", err)
	}
	if err := w.file.Close(); err != nil {
		return fmt.Errorf("sheet: close file: %w", err)
	}
	return nil
}

// inOrder writes the parts of a file by their names: the library writes them in the order
// of a map, and the same rows have to give the same bytes. What Excel looks at first
// stays first.
func inOrder(out io.Writer, file []byte) error {
	in, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return err
	}
	slices.SortFunc(in.File, func(a, b *zip.File) int {
		first := func(f *zip.File) int {
			if f.Name == "[Content_Types].xml" {
				return 0
			}
			return 1
		}
		return cmp.Or(first(a)-first(b), cmp.Compare(a.Name, b.Name))
	})
	w := zip.NewWriter(out)
	for _, f := range in.File {
		from, err := f.OpenRaw()
		if err != nil {
			return err
		}
		header := zip.FileHeader{Name: f.Name, Method: f.Method, Flags: f.Flags, CRC32: f.CRC32,
			CompressedSize64: f.CompressedSize64, UncompressedSize64: f.UncompressedSize64} // and no time
		to, err := w.CreateRaw(&header)
		if err != nil {
			return err
		}
		if _, err := io.Copy(to, from); err != nil {
			return err
		}
	}
	return w.Close()
}

// sheetName keeps to what Excel allows: 31 characters, none of :\/?*[].
func sheetName(name string) string {
	name = strings.Trim(strings.Map(func(r rune) rune {
		if strings.ContainsRune(":\\/?*[]", r) || r < ' ' {
			return ' '
		}
		return r
	}, name), "' ")
	r := []rune(name)
	if len(r) > 31 {
		r = r[:31]
	}
	if len(r) == 0 {
		return "Sheet"
	}
	return string(r)
}

// printable drops what XML cannot hold.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, s)
}

// CSV writes .csv for people, who open it in a spreadsheet program: text that
// the program would take for a formula gets an apostrophe before it.
type CSV struct{ w *csv.Writer }

// NewCSV begins a file with its heading row.
func NewCSV(out io.Writer, headings ...string) (*CSV, error) {
	c := &CSV{csv.NewWriter(out)}
	return c, c.Row(headings...)
}

// Row adds a row.
func (c *CSV) Row(cells ...string) error {
	safe := make([]string, len(cells))
	for i, s := range cells {
		safe[i] = Safe(s)
	}
	return c.w.Write(safe)
}

// Close writes what is buffered.
func (c *CSV) Close() error {
	c.w.Flush()
	return c.w.Error()
}

// Safe is text that no spreadsheet program takes for a formula. Numbers stay.
func Safe(s string) string {
	if s == "" || !strings.ContainsRune("=+-@\t\r|%", rune(s[0])) || isNumber(s) {
		return s
	}
	return "'" + s
}

func isNumber(s string) bool {
	s = strings.TrimLeft(s, "+-")
	if s == "" {
		return false
	}
	for _, r := range s {
		if (r < '0' || r > '9') && r != '.' && r != ',' {
			return false
		}
	}
	return true
}
