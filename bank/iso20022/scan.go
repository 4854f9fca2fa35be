package iso20022

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// scanner reads the XML that bank messages need: elements, attributes, text, CDATA,
// the five named entities and character references. A document type is refused, so no
// entity of a file's own exists. It is ten times as fast as encoding/xml and bounded
// by construction; a fuzz test compares the two.
type scanner struct {
	in    io.Reader
	lim   Limits
	buf   []byte
	r, w  int // unread bytes are buf[r:w]
	total int64
	eof   bool
	line  int

	stack    []string // qualified names of the open elements
	rootSeen bool
	selfEnd  bool // the start just read was <a/>
	names    map[string]name
	codes    map[string]string // short texts that repeat
	attrs    []attr            // of the start just read
	value    []byte            // attribute values, one after another
	content  []byte            // text of the element being read
}

type name struct{ qualified, local string }

type attr struct {
	name       name
	start, end int // in value
}

type token int

const (
	tokenStart token = iota
	tokenEnd
	tokenText // appended to content when wanted
	tokenEOF
)

const bufferSize = 64 << 10

func newScanner(r io.Reader, lim Limits) (*scanner, error) {
	s := &scanner{in: r, lim: lim.orDefault(), buf: make([]byte, bufferSize), line: 1, names: make(map[string]name, 128), codes: make(map[string]string, 64)}
	for s.w < 512 && !s.eof {
		if err := s.fill(); err != nil {
			return nil, err
		}
	}
	head := s.buf[:s.w]
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		s.r = 3
		return s, nil
	}
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) || (len(head) > 1 && (head[0] == 0 || head[1] == 0)) {
		return nil, s.errorf("the file is UTF-16; save it as UTF-8")
	}
	switch enc := declaredEncoding(head); enc {
	case "", "utf-8", "utf8", "us-ascii", "ascii":
	case "iso-8859-1", "iso-8859-15", "latin1", "windows-1252", "cp1252":
		// what was read so far is decoded again from its start
		raw := io.MultiReader(bytes.NewReader(append([]byte(nil), head...)), s.in)
		s.in = charmap.Windows1252.NewDecoder().Reader(raw)
		s.r, s.w, s.total, s.eof = 0, 0, 0, false
	default:
		return nil, s.errorf("the file's encoding %q is not read here; save it as UTF-8", enc)
	}
	return s, nil
}

// declaredEncoding finds encoding="…" in an XML declaration, in lower case.
func declaredEncoding(head []byte) string {
	if !bytes.HasPrefix(head, []byte("<?xml")) {
		return ""
	}
	decl, _, ok := bytes.Cut(head, []byte("?>"))
	if !ok {
		return ""
	}
	_, rest, ok := bytes.Cut(decl, []byte("encoding"))
	if !ok {
		return ""
	}
	rest = bytes.TrimLeft(rest, " \t\r\n=")
	if len(rest) == 0 || (rest[0] != '"' && rest[0] != '\'') {
		return ""
	}
	value, _, _ := bytes.Cut(rest[1:], rest[:1])
	return strings.ToLower(string(value))
}

func (s *scanner) errorf(format string, args ...any) error {
	return &SyntaxError{Line: s.line, Msg: fmt.Sprintf(format, args...)}
}

// fill reads more bytes behind the unread ones.
func (s *scanner) fill() error {
	if s.r > 0 {
		copy(s.buf, s.buf[s.r:s.w])
		s.w -= s.r
		s.r = 0
	}
	if s.w == len(s.buf) {
		return s.errorf("a token is longer than %d bytes", len(s.buf))
	}
	for range 100 {
		n, err := s.in.Read(s.buf[s.w:])
		s.w += n
		s.total += int64(n)
		if s.total > s.lim.Bytes {
			return s.errorf("the file is larger than %d bytes", s.lim.Bytes)
		}
		if err == io.EOF {
			s.eof = true
			return nil
		}
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		if n > 0 {
			return nil
		}
	}
	return io.ErrNoProgress
}

// peek returns the next byte without reading it; ok is false at the end of the file.
func (s *scanner) peek() (c byte, ok bool, err error) {
	for s.r == s.w {
		if s.eof {
			return 0, false, nil
		}
		if err := s.fill(); err != nil {
			return 0, false, err
		}
	}
	return s.buf[s.r], true, nil
}

// get reads one byte; the end of the file is an error.
func (s *scanner) get() (byte, error) {
	c, ok, err := s.peek()
	if err != nil {
		return 0, err
	}
	if !ok {
		return 0, s.errorf("the file ends in the middle")
	}
	s.r++
	if c == '\n' {
		s.line++
	}
	return c, nil
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// skipSpace reads over white space and returns the byte after it, unread.
func (s *scanner) skipSpace() (byte, error) {
	for {
		c, ok, err := s.peek()
		if err != nil {
			return 0, err
		}
		if !ok {
			return 0, s.errorf("the file ends in the middle")
		}
		if !isSpace(c) {
			return c, nil
		}
		if c == '\n' {
			s.line++
		}
		s.r++
	}
}

// until reads over everything up to and with the terminator, keeping nothing.
func (s *scanner) until(term string) error {
	matched := 0
	for matched < len(term) {
		c, err := s.get()
		if err != nil {
			return err
		}
		switch {
		case c == term[matched]:
			matched++
		case matched == 2 && term[0] == term[1] && c == term[0]:
			// "]]]>" and "--->": the last two still match
		case c == term[0]:
			matched = 1
		default:
			matched = 0
		}
	}
	return nil
}

// readName reads a qualified name.
func (s *scanner) readName() (name, error) {
	start := s.r
	for {
		for s.r < s.w {
			if c := s.buf[s.r]; isSpace(c) || c == '>' || c == '/' || c == '=' || c == '<' || c == '"' || c == '\'' || c == '&' {
				return s.intern(s.buf[start:s.r])
			}
			s.r++
			if s.r-start > s.lim.Name {
				return name{}, s.errorf("a name is longer than %d bytes", s.lim.Name)
			}
		}
		if s.eof {
			return name{}, s.errorf("the file ends in the middle")
		}
		length := s.r - start
		s.r = start
		if err := s.fill(); err != nil {
			return name{}, err
		}
		start = s.r // fill moved the bytes to the front
		s.r += length
	}
}

var errName = errors.New("bad name")

func (s *scanner) intern(b []byte) (name, error) {
	if n, ok := s.names[string(b)]; ok {
		return n, nil
	}
	if err := checkName(b); err != nil {
		return name{}, s.errorf("%q is not a name", b)
	}
	n := name{qualified: string(b)}
	n.local = n.qualified[strings.LastIndexByte(n.qualified, ':')+1:]
	if len(s.names) < 4096 {
		s.names[n.qualified] = n
	}
	return n, nil
}

// checkName accepts what bank messages use: letters (also non-ASCII), digits, and
// . - _ : inside.
func checkName(b []byte) error {
	for i, c := range b {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', c >= 0x80:
		case i > 0 && (c >= '0' && c <= '9' || c == '-' || c == '.'):
		case c == ':' && i > 0 && i < len(b)-1:
		default:
			return errName
		}
	}
	if len(b) == 0 {
		return errName
	}
	return nil
}
