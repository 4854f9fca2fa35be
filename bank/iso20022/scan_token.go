package iso20022

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// next reads one token. Text is appended to content when want is set, else dropped.
func (s *scanner) next(want bool) (token, name, error) {
	if s.selfEnd {
		s.selfEnd = false
		return s.pop()
	}
	for {
		c, ok, err := s.peek()
		if err != nil {
			return 0, name{}, err
		}
		if !ok {
			if len(s.stack) > 0 {
				return 0, name{}, s.errorf("the file ends inside <%s>", s.stack[len(s.stack)-1])
			}
			if !s.rootSeen {
				return 0, name{}, s.errorf("this is not XML: there is no element")
			}
			return tokenEOF, name{}, nil
		}
		if c != '<' {
			if err := s.text(want); err != nil {
				return 0, name{}, err
			}
			continue
		}
		s.r++
		if c, err = s.get(); err != nil {
			return 0, name{}, err
		}
		switch c {
		case '?':
			if err := s.until("?>"); err != nil {
				return 0, name{}, err
			}
		case '!':
			if err := s.markup(want); err != nil {
				return 0, name{}, err
			}
		case '/':
			return s.endTag()
		default:
			s.r--
			if c == '\n' {
				s.line--
			}
			return s.startTag()
		}
	}
}

// markup reads a comment or a CDATA section, and refuses a document type.
func (s *scanner) markup(want bool) error {
	c, err := s.get()
	if err != nil {
		return err
	}
	rest := "[CDATA["
	switch c {
	case '-':
		if c, err = s.get(); err != nil || c != '-' {
			return firstError(err, s.errorf("bad comment"))
		}
		return s.until("-->")
	case '[':
	default:
		return s.errorf("a document type (<!DOCTYPE, <!ENTITY) is not accepted in a bank file")
	}
	for i := 1; i < len(rest); i++ {
		if c, err = s.get(); err != nil || c != rest[i] {
			return firstError(err, s.errorf("bad section"))
		}
	}
	if len(s.stack) == 0 {
		return s.errorf("text outside of the document")
	}
	brackets := 0
	start := len(s.content)
	for {
		if c, err = s.get(); err != nil {
			return err
		}
		if c == '>' && brackets >= 2 {
			if want {
				s.content = s.content[:len(s.content)-2]
				return s.checkText(s.content[start:])
			}
			return nil
		}
		if c == ']' {
			brackets++
		} else {
			brackets = 0
		}
		if want {
			if err := s.keep(c); err != nil {
				return err
			}
		}
	}
}

func firstError(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

func (s *scanner) keep(c byte) error {
	if len(s.content) >= s.lim.Text {
		return s.errorf("the text of one element is longer than %d bytes", s.lim.Text)
	}
	s.content = append(s.content, c)
	return nil
}

// text reads character data up to the next "<".
func (s *scanner) text(want bool) error {
	inside := len(s.stack) > 0
	start := len(s.content)
	for {
		for s.r < s.w {
			chunk := s.buf[s.r:s.w]
			i := bytes.IndexAny(chunk, "<&")
			if i < 0 {
				i = len(chunk)
			}
			part := chunk[:i]
			s.line += bytes.Count(part, []byte{'\n'})
			if !inside && len(bytes.TrimSpace(part)) > 0 {
				return s.errorf("text outside of the document")
			}
			if want {
				if len(s.content)+len(part) > s.lim.Text {
					return s.errorf("the text of one element is longer than %d bytes", s.lim.Text)
				}
				s.content = append(s.content, part...)
			}
			s.r += i
			if s.r == s.w {
				break
			}
			if s.buf[s.r] == '<' {
				if want {
					return s.checkText(s.content[start:])
				}
				return nil
			}
			if !inside {
				return s.errorf("text outside of the document")
			}
			r, err := s.reference()
			if err != nil {
				return err
			}
			if want {
				if len(s.content)+utf8.UTFMax > s.lim.Text {
					return s.errorf("the text of one element is longer than %d bytes", s.lim.Text)
				}
				s.content = utf8.AppendRune(s.content, r)
			}
		}
		if s.eof {
			return nil // next says where the file ends
		}
		if err := s.fill(); err != nil {
			return err
		}
	}
}

// checkText refuses what XML 1.0 cannot hold.
func (s *scanner) checkText(b []byte) error {
	for i := 0; i < len(b); {
		c := b[i]
		if c < utf8.RuneSelf {
			if c < 0x20 && !isSpace(c) {
				return s.errorf("control character %#02x in the text", c)
			}
			i++
			continue
		}
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size == 1 {
			return s.errorf("the text is not valid UTF-8")
		}
		if r == 0xFFFE || r == 0xFFFF {
			return s.errorf("character %U is not allowed in XML", r)
		}
		i += size
	}
	return nil
}

// reference reads &name; or &#number; from its ampersand.
func (s *scanner) reference() (rune, error) {
	s.r++
	var b [12]byte
	n := 0
	for {
		c, err := s.get()
		if err != nil {
			return 0, err
		}
		if c == ';' {
			break
		}
		if n == len(b) || c == '<' || c == '&' || isSpace(c) {
			return 0, s.errorf("a bare & in the text")
		}
		b[n] = c
		n++
	}
	switch ref := string(b[:n]); ref {
	case "lt":
		return '<', nil
	case "gt":
		return '>', nil
	case "amp":
		return '&', nil
	case "apos":
		return '\'', nil
	case "quot":
		return '"', nil
	default:
		if n < 2 || ref[0] != '#' {
			return 0, s.errorf("entity &%s; is not accepted in a bank file", ref)
		}
		base, digits := 10, ref[1:]
		if digits[0] == 'x' {
			base, digits = 16, digits[1:]
		}
		v, err := strconv.ParseUint(digits, base, 32)
		r := rune(v)
		if err != nil || v > utf8.MaxRune || !utf8.ValidRune(r) || (r < 0x20 && r != '\t' && r != '\n' && r != '\r') || r == 0xFFFE || r == 0xFFFF {
			return 0, s.errorf("character reference &%s; is not a character", ref)
		}
		return r, nil
	}
}

func (s *scanner) startTag() (token, name, error) {
	if s.rootSeen && len(s.stack) == 0 {
		return 0, name{}, s.errorf("a second document in the file")
	}
	n, err := s.readName()
	if err != nil {
		return 0, name{}, err
	}
	s.rootSeen = true
	if len(s.stack) >= s.lim.Depth {
		return 0, name{}, s.errorf("nested deeper than %d elements", s.lim.Depth)
	}
	s.stack = append(s.stack, n.qualified)
	s.attrs, s.value = s.attrs[:0], s.value[:0]
	for {
		before := s.r
		c, err := s.skipSpace()
		if err != nil {
			return 0, name{}, err
		}
		switch c {
		case '>':
			s.r++
			return tokenStart, n, nil
		case '/':
			s.r++
			if c, err := s.get(); err != nil || c != '>' {
				return 0, name{}, firstError(err, s.errorf("bad tag <%s>", n.qualified))
			}
			s.selfEnd = true
			return tokenStart, n, nil
		}
		if s.r == before {
			return 0, name{}, s.errorf("bad tag <%s>", n.qualified)
		}
		if err := s.attribute(); err != nil {
			return 0, name{}, err
		}
	}
}

func (s *scanner) attribute() error {
	if len(s.attrs) >= s.lim.Attrs {
		return s.errorf("more than %d attributes in one element", s.lim.Attrs)
	}
	n, err := s.readName()
	if err != nil {
		return err
	}
	for _, a := range s.attrs {
		if a.name.qualified == n.qualified {
			return s.errorf("attribute %s is given twice", n.qualified)
		}
	}
	if c, err := s.skipSpace(); err != nil || c != '=' {
		return firstError(err, s.errorf("attribute %s has no value", n.qualified))
	}
	s.r++
	quote, err := s.skipSpace()
	if err != nil {
		return err
	}
	if quote != '"' && quote != '\'' {
		return s.errorf("attribute %s has no quotes", n.qualified)
	}
	s.r++
	start := len(s.value)
	for {
		c, ok, err := s.peek()
		if err != nil {
			return err
		}
		if !ok {
			return s.errorf("the file ends in the middle")
		}
		if len(s.value)-start >= s.lim.Text {
			return s.errorf("the value of attribute %s is longer than %d bytes", n.qualified, s.lim.Text)
		}
		switch c {
		case quote:
			s.r++
			s.attrs = append(s.attrs, attr{n, start, len(s.value)})
			return s.checkText(s.value[start:])
		case '<':
			return s.errorf("< in the value of attribute %s", n.qualified)
		case '&':
			r, err := s.reference()
			if err != nil {
				return err
			}
			s.value = utf8.AppendRune(s.value, r)
		default:
			if c == '\n' {
				s.line++
			}
			s.r++
			s.value = append(s.value, c)
		}
	}
}

func (s *scanner) endTag() (token, name, error) {
	n, err := s.readName()
	if err != nil {
		return 0, name{}, err
	}
	if c, err := s.skipSpace(); err != nil || c != '>' {
		return 0, name{}, firstError(err, s.errorf("bad end tag </%s>", n.qualified))
	}
	s.r++
	if len(s.stack) == 0 || s.stack[len(s.stack)-1] != n.qualified {
		return 0, name{}, s.errorf("unexpected </%s>", n.qualified)
	}
	return s.pop()
}

func (s *scanner) pop() (token, name, error) {
	s.stack = s.stack[:len(s.stack)-1]
	return tokenEnd, name{}, nil
}
