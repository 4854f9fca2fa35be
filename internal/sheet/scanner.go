package sheet

import (
	"bufio"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// scanner reads the plain XML that spreadsheet programs write, tag by tag,
// without building anything: encoding/xml needs ten times the time. Entities of
// a document type are not known and therefore harmless; name spaces are ignored.
type scanner struct {
	r     *bufio.Reader
	name  string // of the last tag, without name space
	attrs []byte // of the last tag
	depth int
	tag   []byte
}

type tagKind uint8

const (
	tagOpen tagKind = iota
	tagClose
	tagEmpty
)

var errXML = errors.New("sheet: not the XML of a spreadsheet")

// maxTag bounds one tag and maxText one cell; Excel allows 32,767 characters.
const (
	maxTag  = 64 << 10
	maxText = 1 << 20
)

func newScanner(r *bufio.Reader) *scanner { return &scanner{r: r} }

// next moves to the next tag, over text, comments and declarations.
func (s *scanner) next() (tagKind, error) {
	for {
		if err := s.skipTo('<'); err != nil {
			return 0, err
		}
		if err := s.readTag(); err != nil {
			return 0, err
		}
		switch {
		case len(s.tag) == 0:
			return 0, errXML
		case s.tag[0] == '?' || s.tag[0] == '!':
			continue
		case s.tag[0] == '/':
			s.setName(s.tag[1:])
			s.depth--
			return tagClose, nil
		case s.tag[len(s.tag)-1] == '/':
			s.setName(s.tag[:len(s.tag)-1])
			return tagEmpty, nil
		}
		s.setName(s.tag)
		s.depth++
		return tagOpen, nil
	}
}

func (s *scanner) skipTo(c byte) error {
	for {
		_, err := s.r.ReadSlice(c)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		return err
	}
}

// readTag reads up to the closing >, minding quotation marks, comments and CDATA.
func (s *scanner) readTag() error {
	s.tag = s.tag[:0]
	quote := byte(0)
	for {
		c, err := s.r.ReadByte()
		if err != nil {
			return unexpected(err)
		}
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			if len(s.tag) > 0 && s.tag[0] == '!' {
				break // quotation marks in comments need not pair
			}
			quote = c
		case c == '>':
			if strings.HasPrefix(string(s.tag[:min(3, len(s.tag))]), "!--") && !strings.HasSuffix(string(s.tag[max(0, len(s.tag)-2):]), "--") {
				break
			}
			return nil
		}
		s.tag = append(s.tag, c)
		if len(s.tag) > maxTag {
			return errXML
		}
	}
}

// known interns the names of tags that come by the million.
var known = map[string]string{}

func init() {
	for _, n := range []string{"row", "c", "v", "is", "t", "r", "f", "si", "rPr", "sheetData", "rPh"} {
		known[n] = n
	}
}

func (s *scanner) setName(tag []byte) {
	end := len(tag)
	for i, c := range tag {
		if c == ' ' || c == '\t' || c == '\n' || c == '\r' {
			end = i
			break
		}
	}
	name := tag[:end]
	for i, c := range name {
		if c == ':' {
			name = name[i+1:]
			break
		}
	}
	if n, ok := known[string(name)]; ok {
		s.name = n
	} else {
		s.name = string(name)
	}
	s.attrs = tag[end:]
}

// attr is the value of an attribute of the last tag, whatever its name space.
func (s *scanner) attr(name string) string {
	a := s.attrs
	for i := 0; i+len(name)+2 <= len(a); i++ {
		if a[i] != ' ' && a[i] != ':' && a[i] != '\n' && a[i] != '\t' && a[i] != '\r' {
			if a[i] == '"' || a[i] == '\'' { // over a value
				q := a[i]
				for i++; i < len(a) && a[i] != q; i++ {
				}
			}
			continue
		}
		rest := a[i+1:]
		if len(rest) < len(name)+2 || string(rest[:len(name)]) != name {
			continue
		}
		rest = rest[len(name):]
		for len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\n') {
			rest = rest[1:]
		}
		if len(rest) < 2 || rest[0] != '=' {
			continue
		}
		rest = rest[1:]
		for len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\n') {
			rest = rest[1:]
		}
		if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
			continue
		}
		for j := 1; j < len(rest); j++ {
			if rest[j] == rest[0] {
				return unescape(string(rest[1:j]))
			}
		}
	}
	return ""
}

// text appends the text up to the closing tag of the element just opened.
func (s *scanner) text(to []byte) ([]byte, error) {
	start := len(to)
	for {
		part, err := s.r.ReadSlice('<')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return to, unexpected(err)
		}
		full := err != nil
		if !full {
			part = part[:len(part)-1]
		}
		to = append(to, part...)
		if len(to)-start > maxText {
			return to, &Refused{What: "một ô dài hơn 1 MB", Do: sendAgain}
		}
		if full {
			continue
		}
		if c, err := s.r.Peek(8); err == nil && string(c) == "![CDATA[" {
			to = unescapeTail(to, start)
			if to, err = s.cdata(to); err != nil {
				return to, err
			}
			continue
		}
		if err := s.readTag(); err != nil {
			return to, err
		}
		if len(s.tag) > 0 && s.tag[0] == '/' {
			s.setName(s.tag[1:])
			s.depth--
			return unescapeTail(to, start), nil
		}
		return to, errXML
	}
}

func (s *scanner) cdata(to []byte) ([]byte, error) {
	if _, err := s.r.Discard(8); err != nil {
		return to, unexpected(err)
	}
	for n := 0; n < maxText; n++ {
		c, err := s.r.ReadByte()
		if err != nil {
			return to, unexpected(err)
		}
		to = append(to, c)
		if c == '>' && strings.HasSuffix(string(to[max(0, len(to)-3):]), "]]>") {
			return to[:len(to)-3], nil
		}
	}
	return to, errXML
}

// unescapeTail resolves the entities in to[start:].
func unescapeTail(to []byte, start int) []byte {
	for i := start; i < len(to); i++ {
		if to[i] == '&' || to[i] == '_' || to[i] == '\r' {
			return append(to[:start], unescape(string(to[start:]))...)
		}
	}
	return to
}

// unescape resolves the five entities of XML, character numbers and the _xHHHH_
// of Excel. Anything else stays as it is.
func unescape(s string) string {
	if !strings.ContainsAny(s, "&_") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] == '_' && i+7 <= len(s) && s[i+1] == 'x' && s[i+6] == '_' {
			if n, err := strconv.ParseUint(s[i+2:i+6], 16, 32); err == nil && n > 0 && utf8.ValidRune(rune(n)) {
				b.WriteRune(rune(n))
				i += 7
				continue
			}
		}
		if s[i] != '&' {
			b.WriteByte(s[i])
			i++
			continue
		}
		end := strings.IndexByte(s[i:min(len(s), i+12)], ';')
		if end < 0 {
			b.WriteByte('&')
			i++
			continue
		}
		r, ok := entity(s[i+1 : i+end])
		if !ok {
			b.WriteByte('&')
			i++
			continue
		}
		b.WriteRune(r)
		i += end + 1
	}
	return b.String()
}

func entity(name string) (rune, bool) {
	switch name {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if !strings.HasPrefix(name, "#") {
		return 0, false
	}
	base, digits := 10, name[1:]
	if strings.HasPrefix(digits, "x") || strings.HasPrefix(digits, "X") {
		base, digits = 16, digits[1:]
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n == 0 || !utf8.ValidRune(rune(n)) {
		return 0, false
	}
	return rune(n), true
}
