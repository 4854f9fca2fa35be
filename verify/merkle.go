package verify

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// merkle computes the root over any number of leaves (RFC 6962 §2.1) in the memory of
// its height; it is used again and again.
type merkle struct {
	n     int64
	peaks []tlog.Hash // roots of the complete subtrees, the largest first
}

func (m *merkle) reset() { m.n, m.peaks = 0, m.peaks[:0] }

func (m *merkle) add(leaf tlog.Hash) {
	m.peaks = append(m.peaks, leaf)
	m.n++
	for n := m.n; n&1 == 0; n >>= 1 {
		k := len(m.peaks)
		m.peaks = append(m.peaks[:k-2], nodeHash(m.peaks[k-2], m.peaks[k-1]))
	}
}

func (m *merkle) root() tlog.Hash {
	if len(m.peaks) == 0 {
		return sha256.Sum256(nil)
	}
	h := m.peaks[len(m.peaks)-1]
	for i := len(m.peaks) - 2; i >= 0; i-- {
		h = nodeHash(m.peaks[i], h)
	}
	return h
}

func nodeHash(left, right tlog.Hash) tlog.Hash {
	var b [1 + 2*sha256.Size]byte
	b[0] = 1
	copy(b[1:], left[:])
	copy(b[1+sha256.Size:], right[:])
	return sha256.Sum256(b[:])
}

// appendJSON writes a text as encoding/json does without escaping HTML; with it, as
// transfers' leaves have it, it is json.Marshal.
func appendJSON(b, s []byte) []byte {
	b = append(b, '"')
	if plain(s) {
		b = append(b, s...)
		return append(b, '"')
	}
	for _, r := range string(s) {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\r':
			b = append(b, `\r`...)
		case r == '\t':
			b = append(b, `\t`...)
		case r == '\b':
			b = append(b, `\b`...)
		case r == '\f':
			b = append(b, `\f`...)
		case r < ' ' || r == '\u2028' || r == '\u2029':
			b = fmt.Appendf(b, `\u%04x`, r)
		default:
			b = append(b, string(r)...)
		}
	}
	return append(b, '"')
}

// eventLeaf is the hash of an event's leaf, from the form that docs/proof.md publishes;
// buf is used again.
func eventLeaf(buf []byte, id, at int64, actor, kind, subject, payload, salt []byte) ([]byte, tlog.Hash) {
	b := append(buf[:0], 0)
	b = append(b, `{"id":`...)
	b = strconv.AppendInt(b, id, 10)
	b = append(b, `,"at":"`...)
	b = appendTime(b, at)
	b = append(b, `","actor":`...)
	b = appendJSON(b, actor)
	b = append(b, `,"kind":`...)
	b = appendJSON(b, kind)
	b = append(b, `,"subject":`...)
	b = appendJSON(b, subject)
	b = append(b, `,"payload":`...)
	b = append(b, payload...)
	b = append(b, `,"salt":"`...)
	b = base64.StdEncoding.AppendEncode(b, salt)
	b = append(b, `"}`...)
	return b, sha256.Sum256(b)
}

// content re-derives an entry's content hash and the root over its transfers, from the
// formats as they are published. It is used again for each entry.
type content struct {
	buf   []byte
	lines hash.Hash // what the content hash is over
	tree  merkle
	salt  [sha256.Size + 8]byte
	n     int64
	total int64
}

func (c *content) begin(day, reverses int64, kind, ref, salt []byte) {
	c.tree.reset()
	c.n, c.total = 0, 0
	c.salt = [sha256.Size + 8]byte{}
	copy(c.salt[:sha256.Size], salt)
	if c.lines == nil {
		c.lines = sha256.New()
	}
	c.lines.Reset()
	b := append(c.buf[:0], "ansinh entry 1 "...)
	b = appendDay(b, day)
	b = append(b, ' ')
	b = strconv.AppendInt(b, reverses, 10)
	b = append(b, ' ')
	b = appendQuoted(b, kind)
	b = append(b, ' ')
	b = appendQuoted(b, ref)
	c.buf = append(b, '\n')
	c.lines.Write(c.buf)
}

func (c *content) add(debit, credit, amount int64, ref []byte) {
	b := c.buf[:0]
	for _, v := range [...]int64{debit, credit, amount} {
		b = strconv.AppendInt(b, v, 10)
		b = append(b, ' ')
	}
	b = append(appendQuoted(b, ref), '\n')
	c.lines.Write(b)

	binary.BigEndian.PutUint64(c.salt[sha256.Size:], uint64(c.n))
	own := sha256.Sum256(c.salt[:])
	b = append(b[:0], 0)
	b = append(b, `{"n":`...)
	b = strconv.AppendInt(b, c.n, 10)
	b = append(b, `,"debit":`...)
	b = strconv.AppendInt(b, debit, 10)
	b = append(b, `,"credit":`...)
	b = strconv.AppendInt(b, credit, 10)
	b = append(b, `,"amount":`...)
	b = strconv.AppendInt(b, amount, 10)
	b = append(b, `,"ref":`...)
	if plainHTML(ref) {
		b = append(append(append(b, '"'), ref...), '"')
	} else {
		text, _ := json.Marshal(string(ref)) // a string always encodes
		b = append(b, text...)
	}
	b = append(b, `,"salt":"`...)
	b = base64.StdEncoding.AppendEncode(b, own[:16])
	c.buf = append(b, `"}`...)
	c.tree.add(sha256.Sum256(c.buf))
	c.n++
	c.total += amount
}

// sum is the hash of the entry's content.
func (c *content) sum() (h [sha256.Size]byte) {
	c.lines.Sum(h[:0])
	return h
}

func appendQuoted(b, s []byte) []byte {
	if plain(s) {
		return append(append(append(b, '"'), s...), '"')
	}
	return strconv.AppendQuote(b, string(s))
}

func plainHTML(s []byte) bool {
	for _, c := range s {
		if c == '<' || c == '>' || c == '&' {
			return false
		}
	}
	return plain(s)
}

func dayText(day int64) string { return y2000.AddDate(0, 0, int(day)).Format(time.DateOnly) }
