package iso20022

import (
	"bufio"
	"io"
	"strconv"
	"time"
	"unicode/utf8"
)

// xmlWriter writes elements by hand: a struct and encoding/xml cost twice the time and
// write both branches of a choice.
type xmlWriter struct {
	w   *bufio.Writer
	num [24]byte
}

func newXMLWriter(w io.Writer) *xmlWriter {
	return &xmlWriter{w: bufio.NewWriterSize(w, 64<<10)}
}

// raw writes markup that the program itself made.
func (x *xmlWriter) raw(s string) { x.w.WriteString(s) }

// leaf writes <name>text</name>, or nothing for empty text.
func (x *xmlWriter) leaf(name, text string) {
	if text == "" {
		return
	}
	x.raw("<")
	x.raw(name)
	x.raw(">")
	x.text(text)
	x.end(name)
}

func (x *xmlWriter) leafInt(name string, n int64) {
	x.raw("<")
	x.raw(name)
	x.raw(">")
	x.int(n)
	x.end(name)
}

func (x *xmlWriter) int(n int64) { x.w.Write(strconv.AppendInt(x.num[:0], n, 10)) }

func (x *xmlWriter) end(name string) {
	x.raw("</")
	x.raw(name)
	x.raw(">")
}

// text escapes; a character that XML 1.0 cannot hold becomes U+FFFD.
func (x *xmlWriter) text(s string) {
	last := 0
	for i := 0; i < len(s); {
		r, size := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s[i:])
		}
		esc := ""
		switch {
		case r == '&':
			esc = "&amp;"
		case r == '<':
			esc = "&lt;"
		case r == '>':
			esc = "&gt;"
		case r == '"':
			esc = "&#34;"
		case r == '\r':
			esc = "&#13;"
		case r < 0x20 && r != '\n' && r != '\t', r == 0xFFFE, r == 0xFFFF, r == utf8.RuneError && size == 1:
			esc = "\uFFFD"
		}
		if esc != "" {
			x.raw(s[last:i])
			x.raw(esc)
			last = i + size
		}
		i += size
	}
	x.raw(s[last:])
}

func (x *xmlWriter) document(kind, version string) {
	x.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:")
	x.raw(kind)
	x.raw(version)
	x.raw("\">")
}

func (x *xmlWriter) flush() error { return x.w.Flush() }

// dateTime is ISODateTime with the offset of t.
func dateTime(t time.Time) string { return t.Format("2006-01-02T15:04:05Z07:00") }

func date(t time.Time) string { return t.Format(time.DateOnly) }
