package mt940

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Read reads a file and gives each statement to each. A file without a single
// statement is an *Error, as is a :61: whose amount or direction cannot be read:
// money is never skipped in silence.
func Read(r io.Reader, each func(*Statement) error) error {
	s := scanner{each: each}
	lines := bufio.NewReaderSize(r, maxLine)
	for {
		raw, err := lines.ReadSlice('\n')
		if err == bufio.ErrBufferFull {
			return &Error{s.line + 1, "a line is longer than 16 KiB; this is not an MT940 file"}
		}
		if err != nil && err != io.EOF {
			return err
		}
		if len(raw) > 0 {
			s.line++
			if err := s.read(raw); err != nil {
				return err
			}
		}
		if err == io.EOF {
			break
		}
	}
	if err := s.closeField(); err != nil {
		return err
	}
	if err := s.finish(); err != nil {
		return err
	}
	if s.found == 0 {
		return &Error{1, "this is not an MT940 file: no statement (:20:, :25:, :60F:) in it"}
	}
	return nil
}

// scanner puts wrapped lines back together: a field runs from its tag to the next one.
type scanner struct {
	each  func(*Statement) error
	line  int
	found int

	tag   string // of the open field, "" when none is open
	at    int    // its line
	field []string

	st      *Statement
	pending []string // :86: before its :61:
	closed  bool     // the closing balance is read
	noted   bool     // the last entry has its narrative
}

// read takes one line with its end.
func (s *scanner) read(raw []byte) error {
	if s.line == 1 {
		raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	}
	raw = bytes.TrimLeft(bytes.TrimRight(raw, "\r\n"), "\x01\x03\x1a")
	text := decode(raw)
	if i := strings.Index(text, "{1:"); i >= 0 { // a SWIFT message begins: the one before is over
		if err := s.endMessage(); err != nil {
			return err
		}
		_, body, ok := strings.Cut(text, "{4:")
		if text = body; !ok || body == "" {
			return nil
		}
	}
	trimmed := strings.TrimRight(text, " \t\x03")
	if trimmed == "-" || strings.HasPrefix(trimmed, "-}") {
		return s.endMessage()
	}
	if trimmed == "{4:" {
		return nil
	}
	if tag, rest, ok := cutTag(text); ok {
		if err := s.closeField(); err != nil {
			return err
		}
		s.tag, s.at, s.field = tag, s.line, append(s.field[:0], rest)
		return nil
	}
	if s.tag == "" {
		return nil // headers before the first field
	}
	if len(s.field) >= maxLines {
		return &Error{s.line, "a field has more than 200 lines"}
	}
	s.field = append(s.field, text)
	return nil
}

// decode gives text as UTF-8; files that are not are in Windows-1252.
func decode(raw []byte) string {
	if utf8.Valid(raw) {
		return strings.Map(printable, string(raw))
	}
	b, err := charmap.Windows1252.NewDecoder().Bytes(raw)
	if err != nil {
		b = bytes.ToValidUTF8(raw, []byte("\uFFFD"))
	}
	return strings.Map(printable, string(b))
}

func printable(r rune) rune {
	if r < ' ' && r != '\t' {
		return ' '
	}
	return r
}

// cutTag recognises ":20:", ":28C:", ":NS:" at the start of a line. What follows 00 is
// the rest of a time ("12:00" wrapped into "\n:00:00"), not a tag.
func cutTag(line string) (tag, rest string, ok bool) {
	if len(line) < 4 || line[0] != ':' {
		return "", "", false
	}
	end := strings.IndexByte(line[1:], ':') + 1
	if end < 3 || end > 4 {
		return "", "", false
	}
	tag = line[1:end]
	if tag == "NS" {
		return tag, line[end+1:], true
	}
	if !digit(tag[0]) || !digit(tag[1]) || tag[:2] == "00" || len(tag) == 3 && (tag[2] < 'A' || tag[2] > 'Z') {
		return "", "", false
	}
	return tag, line[end+1:], true
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// endMessage closes what a block header or a separator ends. Some banks end pages of
// one statement so; each page has its own balances and is a statement here.
func (s *scanner) endMessage() error {
	if err := s.closeField(); err != nil {
		return err
	}
	return s.finish()
}

// finish hands the statement over. A lone :20: without account and balance is the
// torn-off start of a statement and no statement yet.
func (s *scanner) finish() error {
	st := s.st
	s.st, s.pending, s.closed, s.noted = nil, nil, false, false
	if st == nil || st.Account == "" && !st.Opening.Valid && !st.Closing.Valid && len(st.Entries) == 0 {
		return nil
	}
	s.found++
	return s.each(st)
}
