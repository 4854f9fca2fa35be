package audit

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// compactPrefix begins a receipt in the form that a QR symbol carries.
const compactPrefix = "ANSINH1:"

// mostCompact bounds a receipt that is unpacked, in bytes.
const mostCompact = 64 << 10

// Compact writes the receipt as text that a QR symbol holds in its alphanumeric mode:
// "ANSINH1:" and base45 (RFC 9285) over deflate over its parts, each behind its length
// (uvarint), hashes in binary:
//
//	event, leaf, proof, checkpoint, and where it has a part: record, n, size, proof
//
// The log's keys are not in it: who checks it must have them from elsewhere anyway.
func (r *Receipt) Compact() (string, error) {
	var raw []byte
	text := func(s string) { raw = append(binary.AppendUvarint(raw, uint64(len(s))), s...) }
	hashes := func(proof []string) error {
		p, err := decode[[]tlog.Hash](proof)
		raw = binary.AppendUvarint(raw, uint64(len(p)))
		for _, h := range p {
			raw = append(raw, h[:]...)
		}
		return err
	}
	text(r.Event)
	raw = binary.AppendUvarint(raw, uint64(r.Leaf))
	if err := hashes(r.Proof); err != nil {
		return "", err
	}
	text(r.Checkpoint)
	if r.Part != nil {
		text(r.Part.Record)
		raw = binary.AppendUvarint(raw, uint64(r.Part.N))
		raw = binary.AppendUvarint(raw, uint64(r.Part.Size))
		if err := hashes(r.Part.Proof); err != nil {
			return "", err
		}
	}
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err == nil {
		_, err = w.Write(raw)
	}
	if err == nil {
		err = w.Close()
	}
	return compactPrefix + base45(packed.Bytes()), err
}

// IsCompact tells whether a text claims to be a receipt from a QR symbol.
func IsCompact(text string) bool { return strings.HasPrefix(strings.TrimSpace(text), compactPrefix) }

// ReadCompact reads back what Compact wrote; the receipt has no keys.
func ReadCompact(text string) (r *Receipt, err error) {
	body, ok := strings.CutPrefix(strings.TrimSpace(text), compactPrefix)
	if !ok {
		return nil, refusal("not a receipt from a QR symbol: it does not begin with " + compactPrefix)
	}
	packed, err := unbase45(body)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), mostCompact+1))
	if err != nil || len(raw) > mostCompact {
		return nil, refusal("the text of the QR symbol is damaged or cut off")
	}
	in := unpacker{rest: raw}
	r = &Receipt{Format: ReceiptFormat, Event: in.text(), Leaf: in.number(), Proof: in.hashes(), Checkpoint: in.text()}
	if len(in.rest) > 0 {
		r.Part = &Part{Record: in.text(), N: in.number(), Size: in.number(), Proof: in.hashes()}
	}
	if in.bad || len(in.rest) > 0 {
		return nil, refusal("the text of the QR symbol is damaged or cut off")
	}
	return r, nil
}

// unpacker takes the parts of a compact receipt off its front.
type unpacker struct {
	rest []byte
	bad  bool
}

func (u *unpacker) number() int64 {
	n, size := binary.Uvarint(u.rest)
	if size <= 0 || n > 1<<62 {
		u.bad, u.rest = true, nil
		return 0
	}
	u.rest = u.rest[size:]
	return int64(n)
}

func (u *unpacker) take(n int64) []byte {
	if n > int64(len(u.rest)) {
		u.bad, u.rest = true, nil
		return nil
	}
	b := u.rest[:n]
	u.rest = u.rest[n:]
	return b
}

func (u *unpacker) text() string { return string(u.take(u.number())) }

func (u *unpacker) hashes() []string {
	n := u.number()
	if n > mostCompact/tlog.HashSize {
		u.bad = true
		return nil
	}
	var proof []tlog.Hash
	for range n {
		if b := u.take(tlog.HashSize); b != nil {
			proof = append(proof, tlog.Hash(b))
		}
	}
	return encode(proof)
}

const base45Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

// base45 writes bytes in the characters of a QR symbol's alphanumeric mode (RFC 9285).
func base45(b []byte) string {
	var out strings.Builder
	for ; len(b) >= 2; b = b[2:] {
		n := int(b[0])<<8 | int(b[1])
		out.Write([]byte{base45Digits[n%45], base45Digits[n/45%45], base45Digits[n/2025]})
	}
	if len(b) == 1 {
		out.Write([]byte{base45Digits[b[0]%45], base45Digits[b[0]/45]})
	}
	return out.String()
}

func unbase45(s string) ([]byte, error) {
	out := make([]byte, 0, len(s)/3*2+1)
	for at := 0; at < len(s); at += 3 {
		group := s[at:min(at+3, len(s))]
		n, times := 0, 1
		for _, c := range []byte(group) {
			digit := strings.IndexByte(base45Digits, c)
			if digit < 0 {
				return nil, refusal(fmt.Sprintf("the text of the QR symbol has the character %q, which is not in its alphabet", c))
			}
			n += digit * times
			times *= 45
		}
		switch {
		case len(group) == 3 && n <= 0xffff:
			out = append(out, byte(n>>8), byte(n))
		case len(group) == 2 && n <= 0xff:
			out = append(out, byte(n))
		default:
			return nil, refusal("the text of the QR symbol is damaged or cut off")
		}
	}
	return out, nil
}
