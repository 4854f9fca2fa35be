package sheet

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// textFile is a .csv file: its encoding and what separates its fields.
type textFile struct {
	name  string
	file  *os.File
	lim   Limits
	form  textForm
	comma rune
}

type textForm uint8

const (
	formUTF8 textForm = iota
	formUTF16LE
	formUTF16BE
	formBytes // one byte a character: Windows-1258, TCVN3, VNI or VISCII, shown as Windows-1252
)

// openCSV reads the file through once to judge its encoding.
func openCSV(name string, f *os.File, lim Limits) (source, error) {
	if lim.Rows == 0 {
		lim.Rows = 50_000_000
	}
	t := &textFile{name: name, file: f, lim: lim}
	if err := t.judge(); err != nil {
		return nil, err
	}
	sample, err := io.ReadAll(io.LimitReader(t.text(), 64<<10))
	if err != nil {
		return nil, &Refused{name, "không đọc được: " + err.Error(), ""}
	}
	t.comma = separator(string(sample))
	return t, nil
}

// judge decides how the file writes its characters.
func (t *textFile) judge() error {
	head := make([]byte, 64<<10)
	n, err := t.file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return &Refused{t.name, "không đọc được: " + plainOS(err), ""}
	}
	if form, ok := utf16Order(head[:n]); ok {
		t.form = form
	} else if t.form, err = judgeBytes(t.file); err != nil {
		return &Refused{t.name, "không đọc được: " + plainOS(err), ""}
	}
	return nil
}

func (t *textFile) sheets() []string { return []string{""} }

func (t *textFile) merges(int) ([]merge, error) { return nil, nil }

// text is the file as UTF-8.
func (t *textFile) text() io.Reader {
	r := io.NewSectionReader(t.file, 0, 1<<62)
	switch t.form {
	case formUTF16LE, formUTF16BE:
		return &utf16Reader{r: bufio.NewReaderSize(r, 64<<10), big: t.form == formUTF16BE}
	case formBytes:
		return &byteReader{r: bufio.NewReaderSize(r, 64<<10)}
	}
	b := bufio.NewReaderSize(r, 64<<10)
	if bom, _ := b.Peek(3); bytes.Equal(bom, []byte("\xef\xbb\xbf")) {
		b.Discard(3)
	}
	return b
}

// maxRecord and maxLines bound one record: a quotation mark that nobody closed
// would else swallow the rest of the file, and people below it would be lost.
const (
	maxRecord = 1 << 20 // bytes
	maxLines  = 100
)

var errLong = errors.New("sheet: a record without end")

// bounded gives no more than maxRecord bytes after a mark, so that a file of one
// line does not end up in memory, and remembers how the text ends.
type bounded struct {
	r       io.Reader
	n, mark int64
	last    byte // that is no blank
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.n-b.mark > maxRecord {
		return 0, errLong
	}
	n, err := b.r.Read(p)
	b.n += int64(n)
	if text := bytes.TrimRight(p[:n], " \t\r\n"); len(text) > 0 {
		b.last = text[len(text)-1]
	}
	return n, err
}

func (t *textFile) unclosed(line int) error {
	return &Refused{t.name, fmt.Sprintf("dòng %d: có dấu ngoặc kép mở mà không đóng, hoặc dòng dài hơn 1 MB", line),
		"Sửa dấu ngoặc kép ở dòng đó rồi gửi lại"}
}

func (t *textFile) rows(int) iter.Seq2[rawRow, error] {
	return func(yield func(rawRow, error) bool) {
		text := &bounded{r: t.text()}
		r := csv.NewReader(text)
		r.Comma = t.comma
		r.LazyQuotes = true
		r.FieldsPerRecord = -1
		for n, next := 0, 1; ; n++ {
			record, err := r.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if errors.Is(err, errLong) {
				yield(rawRow{}, t.unclosed(next))
				return
			}
			if err != nil {
				yield(rawRow{}, &Refused{t.name, "không đọc được: " + err.Error(), ""})
				return
			}
			line, _ := r.FieldPos(0)
			lines := 0
			for _, c := range record {
				lines += strings.Count(c, "\n")
			}
			// an open quotation mark runs to the end of the text, in the last field
			open := strings.Contains(record[len(record)-1], "\n") && text.last != '"' && r.InputOffset() >= text.n
			if lines > maxLines || open {
				yield(rawRow{}, t.unclosed(line))
				return
			}
			text.mark, next = r.InputOffset(), line+lines+1
			if n >= t.lim.Rows {
				yield(rawRow{}, &Refused{t.name, fmt.Sprintf("quá %d dòng", t.lim.Rows), "Chia thành nhiều tệp nhỏ hơn"})
				return
			}
			if len(record) > maxColumns {
				record = record[:maxColumns]
			}
			for i, c := range record {
				record[i] = storable(c)
			}
			if !yield(rawRow{number: line, cells: record}, nil) {
				return
			}
		}
	}
}

// storable drops what is no character of any text: stray bytes and NUL, which
// databases refuse.
func storable(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\ufffd")
	}
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	return s
}

// utf16Order recognises UTF-16, by its mark or by the zeros of ASCII letters.
func utf16Order(head []byte) (textForm, bool) {
	switch {
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}):
		return formUTF16LE, true
	case bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		return formUTF16BE, true
	}
	even, odd := 0, 0
	for i, c := range head {
		if c == 0 && i%2 == 0 {
			even++
		} else if c == 0 {
			odd++
		}
	}
	switch half := len(head) / 2; {
	case half >= 4 && odd > half/2 && even < half/50+1:
		return formUTF16LE, true
	case half >= 4 && even > half/2 && odd < half/50+1:
		return formUTF16BE, true
	}
	return 0, false
}

// judgeBytes tells UTF-8 from single-byte text. A few broken characters in a
// file that is plainly UTF-8 do not make it anything else.
func judgeBytes(f *os.File) (textForm, error) {
	good, bad := 0, 0
	buf := make([]byte, 256<<10)
	kept := 0
	r := io.NewSectionReader(f, 0, 1<<62)
	for {
		n, err := r.Read(buf[kept:])
		b := buf[:kept+n]
		done := errors.Is(err, io.EOF)
		if err != nil && !done {
			return 0, err
		}
		i := 0
		for i < len(b) {
			if b[i] < utf8.RuneSelf {
				i++
				continue
			}
			if !done && !utf8.FullRune(b[i:]) {
				break
			}
			c, size := utf8.DecodeRune(b[i:])
			if c == utf8.RuneError && size == 1 {
				bad++
			} else {
				good++
			}
			i += size
		}
		kept = copy(buf, b[i:])
		if done {
			break
		}
	}
	if bad > good/20 {
		return formBytes, nil
	}
	return formUTF8, nil
}

// separator is the sign that splits the lines of a sample most evenly.
func separator(sample string) rune {
	lines := strings.Split(sample, "\n")
	if len(lines) > 50 {
		lines = lines[:50]
	}
	best, bestScore := ',', 0
	for _, sep := range []rune{',', ';', '\t', '|'} {
		counts := map[int]int{}
		for _, line := range lines {
			if n := countOutsideQuotes(line, byte(sep)); n > 0 {
				counts[n]++
			}
		}
		score := 0
		for n, lines := range counts {
			score = max(score, lines*100+min(n, 40))
		}
		if score > bestScore {
			best, bestScore = sep, score
		}
	}
	return best
}

func countOutsideQuotes(line string, sep byte) int {
	n, quoted := 0, false
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == '"':
			quoted = !quoted
		case line[i] == sep && !quoted:
			n++
		}
	}
	return n
}

// utf16Reader gives UTF-16 text as UTF-8.
type utf16Reader struct {
	r     *bufio.Reader
	big   bool
	begun bool
	out   []byte
}

func (u *utf16Reader) unit() (uint16, error) {
	var b [2]byte
	if _, err := io.ReadFull(u.r, b[:]); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = io.EOF
		}
		return 0, err
	}
	if u.big {
		return uint16(b[0])<<8 | uint16(b[1]), nil
	}
	return uint16(b[1])<<8 | uint16(b[0]), nil
}

func (u *utf16Reader) Read(p []byte) (int, error) {
	for len(u.out) < len(p) {
		c, err := u.unit()
		if err != nil {
			if len(u.out) == 0 {
				return 0, err
			}
			break
		}
		first := !u.begun
		u.begun = true
		if first && c == 0xFEFF {
			continue
		}
		r := rune(c)
		if utf16.IsSurrogate(r) {
			low, err := u.unit()
			if err != nil {
				r = utf8.RuneError
			} else {
				r = utf16.DecodeRune(r, rune(low))
			}
		}
		u.out = utf8.AppendRune(u.out, r)
	}
	n := copy(p, u.out)
	u.out = u.out[:copy(u.out, u.out[n:])]
	return n, nil
}

// cp1252High are the characters that Windows-1252 shows for the bytes 80 to 9F.
const cp1252High = "\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f" +
	"\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178"

var cp1252 = []rune(cp1252High)

// byteReader gives single-byte text as UTF-8, as Windows-1252 shows it.
type byteReader struct {
	r   *bufio.Reader
	out []byte
}

func (b *byteReader) Read(p []byte) (int, error) {
	for len(b.out) < len(p) {
		c, err := b.r.ReadByte()
		if err != nil {
			if len(b.out) == 0 {
				return 0, err
			}
			break
		}
		r := rune(c)
		if c >= 0x80 && c < 0xA0 {
			r = cp1252[c-0x80]
		}
		b.out = utf8.AppendRune(b.out, r)
	}
	n := copy(p, b.out)
	b.out = b.out[:copy(b.out, b.out[n:])]
	return n, nil
}
