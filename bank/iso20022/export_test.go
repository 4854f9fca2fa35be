package iso20022

import (
	"io"
	"strings"
)

// Texts reads a document into its elements and texts, for comparison.
func Texts(r io.Reader, lim Limits) (string, error) {
	s, err := newScanner(r, lim)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for {
		s.content = s.content[:0]
		t, n, err := s.next(true)
		if err != nil {
			return "", err
		}
		b.Write(s.content)
		switch t {
		case tokenStart:
			b.WriteString("<" + n.local + ">")
		case tokenEnd:
			b.WriteString("</>")
		default:
			return b.String(), nil
		}
	}
}
