package sheet

import (
	"archive/zip"
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path"
	"strconv"
	"strings"
	"time"
)

// workbook is an .xlsx file (ECMA-376). Only what a list needs is read: the
// sheets' names, the shared texts, which cells are dates, and the cells.
type workbook struct {
	name  string
	lim   Limits
	zip   *zip.Reader
	parts map[string]*zip.File
	names []string
	paths []string
	texts texts
	dates []bool // by style: the number is a day
	fonts []Font // by style; nil where all are Unicode

	merged   [][]merge // by sheet, once searched
	searched []bool
	epoch    time.Time
}

const truncated = "tệp .xlsx bị cắt cụt hoặc hỏng"
const sendAgain = "Sao chép hoặc tải lại tệp từ bản gốc rồi gửi lại"

func openXLSX(name string, f *os.File, lim Limits) (source, error) {
	if lim.Rows == 0 {
		lim.Rows = 1 << 20
	}
	info, err := f.Stat()
	if err != nil {
		return nil, &Refused{name, "không đọc được: " + plainOS(err), ""}
	}
	z, err := zip.NewReader(f, info.Size())
	if err != nil {
		return nil, &Refused{name, truncated, sendAgain}
	}
	w := &workbook{name: name, lim: lim, zip: z, parts: map[string]*zip.File{}, epoch: time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)}
	for _, p := range z.File {
		w.parts[strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(p.Name, "\\", "/"), "/"))] = p
	}
	if err := w.refuseOthers(); err != nil {
		return nil, err
	}
	if err := w.readWorkbook(); err != nil {
		return nil, err
	}
	if err := w.readStyles(); err != nil {
		return nil, err
	}
	if p := w.parts["xl/sharedstrings.xml"]; p != nil {
		if err := w.readTexts(p); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// refuseOthers recognises zip files that are no .xlsx.
func (w *workbook) refuseOthers() error {
	has := func(prefix string) bool {
		for p := range w.parts {
			if strings.HasPrefix(p, prefix) {
				return true
			}
		}
		return false
	}
	switch {
	case w.parts["xl/workbook.xml"] != nil:
		return nil
	case w.parts["xl/workbook.bin"] != nil:
		return &Refused{w.name, "là tệp .xlsb (Excel nhị phân)", saveAs}
	case has("word/"):
		return &Refused{w.name, "là văn bản Word", "Chép bảng sang Excel, lưu .xlsx rồi gửi lại"}
	case has("ppt/"):
		return &Refused{w.name, "là bản trình chiếu PowerPoint", "Gửi bảng tính gốc (.xlsx hoặc .csv)"}
	case w.parts["content.xml"] != nil && w.parts["mimetype"] != nil:
		return &Refused{w.name, "là tệp OpenDocument (.ods)", saveAs}
	case has("encryptedpackage"):
		return &Refused{w.name, "tệp được đặt mật khẩu", "Bỏ mật khẩu, lưu lại rồi gửi"}
	case has("xl/"):
		return &Refused{w.name, truncated, sendAgain}
	}
	return &Refused{w.name, "là tệp nén (.zip), không phải bảng tính", "Giải nén rồi gửi từng tệp .xlsx hoặc .csv"}
}

// open reads one part, never more than the limit.
func (w *workbook) open(p *zip.File) (*scanner, io.ReadCloser, error) {
	if p.UncompressedSize64 > uint64(w.lim.Part) {
		return nil, nil, w.tooLarge(p)
	}
	if p.Flags&1 != 0 {
		return nil, nil, &Refused{w.name, "tệp nén có mật khẩu", "Bỏ mật khẩu, lưu lại rồi gửi"}
	}
	r, err := p.Open()
	if err != nil {
		return nil, nil, &Refused{w.name, truncated, sendAgain}
	}
	return newScanner(newBuffered(io.LimitReader(r, w.lim.Part))), r, nil
}

func newBuffered(r io.Reader) *bufio.Reader { return bufio.NewReaderSize(r, 256<<10) }

func (w *workbook) tooLarge(p *zip.File) error {
	return &Refused{w.name, fmt.Sprintf("phần %s bung ra %d MB, quá giới hạn %d MB", p.Name, p.UncompressedSize64>>20, w.lim.Part>>20),
		"Tệp có thể bị dựng để làm nghẽn máy; nếu là danh sách thật, chia thành nhiều tệp nhỏ hơn"}
}

// broken turns an error while reading a part into words.
func (w *workbook) broken(err error) error {
	var r *Refused
	if errors.As(err, &r) {
		if r.File == "" {
			r.File = w.name
		}
		return r
	}
	return &Refused{w.name, truncated, sendAgain}
}

// readWorkbook reads the sheets in the order of their tabs.
func (w *workbook) readWorkbook() error {
	targets := map[string]string{}
	err := w.each("xl/_rels/workbook.xml.rels", func(s *scanner) {
		if s.name == "Relationship" {
			targets[s.attr("Id")] = s.attr("Target")
		}
	})
	if err != nil {
		return err
	}
	err = w.each("xl/workbook.xml", func(s *scanner) {
		switch s.name {
		case "workbookPr":
			if v := s.attr("date1904"); v == "1" || v == "true" {
				w.epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
			}
		case "sheet":
			target := targets[s.attr("id")]
			if target == "" {
				return
			}
			if !strings.HasPrefix(target, "/") {
				target = path.Join("xl", target)
			}
			target = strings.ToLower(strings.TrimPrefix(target, "/"))
			if w.parts[target] != nil && !strings.Contains(target, "chartsheet") {
				w.names = append(w.names, s.attr("name"))
				w.paths = append(w.paths, target)
			}
		}
	})
	if err != nil {
		return err
	}
	if len(w.names) == 0 {
		return &Refused{w.name, "sổ làm việc không có trang tính nào đọc được", sendAgain}
	}
	return w.refuseManySheets()
}

// maxSheets is more than any office keeps in a workbook: a hamlet a sheet, a month a sheet.
const maxSheets = 500

// refuseManySheets keeps out what no spreadsheet program writes: a row is named by
// its sheet, so that two sheets of one name cannot be told apart.
func (w *workbook) refuseManySheets() error {
	if len(w.names) > maxSheets {
		return &Refused{w.name, fmt.Sprintf("sổ làm việc có %d trang tính, quá giới hạn %d", len(w.names), maxSheets), "Chia thành nhiều tệp nhỏ hơn"}
	}
	seen := map[string]bool{}
	for _, name := range w.names {
		if seen[name] {
			return &Refused{w.name, fmt.Sprintf("có hai trang tính cùng tên “%s”", name), "Mở bằng Excel hoặc LibreOffice, đổi tên trang tính, lưu lại rồi gửi"}
		}
		seen[name] = true
	}
	return nil
}

// maxIndex bounds the parts that say what is in a workbook: they are kept in memory.
const maxIndex = 64 << 20

// each calls fn at every opening tag of a part.
func (w *workbook) each(part string, fn func(*scanner)) error {
	p := w.parts[part]
	if p == nil {
		return &Refused{w.name, truncated, sendAgain}
	}
	if p.UncompressedSize64 > maxIndex {
		return &Refused{w.name, fmt.Sprintf("phần %s bung ra %d MB, không phải của một danh sách", p.Name, p.UncompressedSize64>>20), saveAs}
	}
	s, c, err := w.open(p)
	if err != nil {
		return err
	}
	defer c.Close()
	for {
		switch kind, err := s.next(); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return w.broken(err)
		case kind == tagOpen || kind == tagEmpty:
			fn(s)
		}
	}
}

// readStyles finds which cell styles show a number as a day, and which are of a
// font that draws other letters than the text says.
func (w *workbook) readStyles() error {
	if w.parts["xl/styles.xml"] == nil {
		return nil
	}
	custom := map[string]bool{}
	inCells, legacy := false, false
	var fonts fontReader
	err := w.each("xl/styles.xml", func(s *scanner) {
		fonts.tag(s)
		switch s.name {
		case "numFmt":
			custom[s.attr("numFmtId")] = isDateFormat(s.attr("formatCode"))
		case "cellXfs":
			inCells = true
		case "cellStyles", "cellStyleXfs", "dxfs":
			inCells = false
		case "xf":
			if !inCells {
				return
			}
			id := s.attr("numFmtId")
			n, _ := strconv.Atoi(id)
			date, known := custom[id]
			if !known {
				date = n >= 14 && n <= 17 || n == 22 || n >= 27 && n <= 36 || n >= 50 && n <= 58
			}
			if len(w.dates) < 1<<16 {
				w.dates = append(w.dates, date)
				font := fonts.of(s.attr("fontId"))
				w.fonts = append(w.fonts, font)
				legacy = legacy || font != FontUnicode
			}
		}
	})
	if !legacy {
		w.fonts = nil
	}
	return err
}

// isDateFormat reports a format code that shows a day: it has y or d outside of
// quotation marks, colours and literals.
func isDateFormat(code string) bool {
	quoted, bracket := false, false
	for i := 0; i < len(code); i++ {
		switch c := code[i]; {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '\\' || c == '_' || c == '*':
			i++
		case c == '[':
			bracket = true
		case c == ']':
			bracket = false
		case bracket:
		case c == 'y' || c == 'Y' || c == 'd' || c == 'D':
			return true
		}
	}
	return false
}

// texts are the shared texts of a workbook in one piece of memory.
type texts struct {
	slab []byte
	ends []uint32
}

func (t *texts) at(i int) (string, bool) {
	if i < 0 || i >= len(t.ends) {
		return "", false
	}
	start := uint32(0)
	if i > 0 {
		start = t.ends[i-1]
	}
	return string(t.slab[start:t.ends[i]]), true
}

func (w *workbook) readTexts(p *zip.File) error {
	s, c, err := w.open(p)
	if err != nil {
		return err
	}
	defer c.Close()
	// Room for all at once: growing would hold the old piece and the new.
	w.texts.slab = make([]byte, 0, min(int64(p.UncompressedSize64), w.lim.Texts)+maxText)
	phonetic := false
	for {
		kind, err := s.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return w.broken(err)
		case s.name == "rPh":
			phonetic = kind == tagOpen
		case kind == tagOpen && s.name == "t" && !phonetic:
			if w.texts.slab, err = s.text(w.texts.slab); err != nil {
				return w.broken(err)
			}
		case (kind == tagClose || kind == tagEmpty) && s.name == "si":
			w.texts.ends = append(w.texts.ends, uint32(len(w.texts.slab)))
		}
		if int64(len(w.texts.slab)+4*len(w.texts.ends)) > w.lim.Texts {
			return &Refused{w.name, fmt.Sprintf("văn bản trong tệp quá %d MB", w.lim.Texts>>20), "Chia thành nhiều tệp nhỏ hơn"}
		}
	}
}

func (w *workbook) sheets() []string { return w.names }

func (w *workbook) rows(i int) iter.Seq2[rawRow, error] {
	return func(yield func(rawRow, error) bool) {
		s, c, err := w.open(w.parts[w.paths[i]])
		if err != nil {
			yield(rawRow{}, err)
			return
		}
		defer c.Close()
		merges, err := w.merges(i)
		if err != nil {
			yield(rawRow{}, err)
			return
		}
		take := yield
		if fill := newFiller(merges); fill != nil {
			take = func(row rawRow, err error) bool {
				fill.fill(&row)
				return yield(row, err)
			}
		}
		if err := w.scanRows(s, take); err != nil {
			yield(rawRow{}, w.broken(err))
		}
	}
}

// scanRows streams the rows of a sheet's XML.
func (w *workbook) scanRows(s *scanner, yield func(rawRow, error) bool) error {
	row, next, n := rawRow{}, 0, 0
	var buf []byte
	for {
		kind, err := s.next()
		if errors.Is(err, io.EOF) {
			if s.depth > 0 {
				return io.ErrUnexpectedEOF
			}
			return nil
		}
		if err != nil {
			return err
		}
		switch {
		case s.name == "row" && kind != tagClose:
			number := row.number + 1
			if r, err := strconv.Atoi(s.attr("r")); err == nil && r > row.number {
				number = r
			}
			row = rawRow{number: number}
			next = 0
		case s.name == "row" && kind == tagClose:
			if n++; n > w.lim.Rows {
				return &Refused{w.name, fmt.Sprintf("trang tính có quá %d dòng", w.lim.Rows), "Chia thành nhiều tệp nhỏ hơn"}
			}
			if !yield(row, nil) {
				return nil
			}
			row.cells, row.fonts = nil, nil
		case s.name == "c" && kind != tagClose:
			at := columnOf(s.attr("r"))
			if at < 0 {
				at = next
			}
			next = at + 1
			if kind == tagEmpty || at >= maxColumns {
				continue
			}
			style, _ := strconv.Atoi(s.attr("s"))
			var value string
			if value, buf, err = w.cell(s, s.attr("t"), style, buf[:0]); err != nil {
				return err
			}
			if value == "" {
				continue
			}
			if row.cells == nil {
				row.cells = make([]string, 0, 16)
			}
			for len(row.cells) <= at {
				row.cells = append(row.cells, "")
			}
			row.cells[at] = value
			if style >= 0 && style < len(w.fonts) && w.fonts[style] != FontUnicode {
				for len(row.fonts) <= at {
					row.fonts = append(row.fonts, FontUnicode)
				}
				row.fonts[at] = w.fonts[style]
			}
		}
	}
}

// cell reads a cell up to its closing tag.
func (w *workbook) cell(s *scanner, kind string, style int, buf []byte) (string, []byte, error) {
	for {
		k, err := s.next()
		if err != nil {
			return "", buf, unexpected(err)
		}
		switch {
		case k == tagClose && s.name == "c":
			return w.value(buf, kind, style), buf, nil
		case k == tagOpen && (s.name == "v" || s.name == "t"):
			if buf, err = s.text(buf); err != nil {
				return "", buf, unexpected(err)
			}
		}
	}
}

// value is the text of a cell as a person means it: shared texts looked up,
// days as YYYY-MM-DD, numbers as stored.
func (w *workbook) value(raw []byte, kind string, style int) string {
	if len(raw) == 0 {
		return ""
	}
	switch kind {
	case "s":
		i, err := strconv.Atoi(string(raw))
		if err != nil {
			return ""
		}
		s, _ := w.texts.at(i)
		return s
	case "", "n":
		if style >= 0 && style < len(w.dates) && w.dates[style] {
			if day, err := strconv.ParseFloat(string(raw), 64); err == nil && day >= 1 && day < 2958466 {
				return w.epoch.AddDate(0, 0, int(day)).Format(time.DateOnly)
			}
		}
	case "b":
		if string(raw) == "1" {
			return "TRUE"
		}
		return "FALSE"
	}
	return string(raw)
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
