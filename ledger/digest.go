package ledger

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"ansinh.vn/audit"
	"ansinh.vn/money"
)

// digest takes an entry's transfers one by one and gives the hash of its content, by
// which a repeated key is told from a reused one, and the root of the tree over the
// transfers, which the entry's audit event carries.
type digest struct {
	content hash.Hash
	tree    audit.Tree
	salt    [32]byte
	n       int
	total   money.VND
	buf     []byte
}

func newDigest(e Entry) *digest {
	d := &digest{content: sha256.New(), buf: contentHead(nil, e)}
	_, _ = rand.Read(d.salt[:]) // never fails
	d.content.Write(d.buf)
	return d
}

func (d *digest) add(t Transfer) (err error) {
	switch {
	case t.Amount <= 0:
		return fmt.Errorf("transfer %d: amount %d is not positive: %w", d.n, t.Amount, ErrInvalid)
	case t.Debit == t.Credit:
		return fmt.Errorf("transfer %d: account %d on both sides: %w", d.n, t.Debit, ErrInvalid)
	}
	if d.total, err = d.total.Add(t.Amount); err != nil {
		return fmt.Errorf("transfer %d: %w: %w", d.n, ErrInvalid, err)
	}
	d.buf = contentLine(d.buf[:0], t)
	d.content.Write(d.buf)
	d.buf = transferRecord(d.buf[:0], d.salt[:], d.n, t)
	d.tree.Add(tlog.RecordHash(d.buf))
	d.n++
	return nil
}

func (d *digest) hash() []byte { return d.content.Sum(nil) }

// contentHead and contentLine write what an entry's content hash (SHA-256) is over: one
// line for the entry, one for each transfer, in order.
func contentHead(b []byte, e Entry) []byte {
	b = append(b, "ansinh entry 1 "...)
	b = e.On.AppendFormat(b, time.DateOnly)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(e.Reverses), 10)
	b = append(b, ' ')
	b = strconv.AppendQuote(b, e.Kind)
	b = append(b, ' ')
	b = strconv.AppendQuote(b, e.Ref)
	return append(b, '\n')
}

func contentLine(b []byte, t Transfer) []byte {
	for _, v := range []int64{int64(t.Debit), int64(t.Credit), int64(t.Amount)} {
		b = strconv.AppendInt(b, v, 10)
		b = append(b, ' ')
	}
	b = strconv.AppendQuote(b, t.Ref)
	return append(b, '\n')
}

// transferRecord writes the bytes that a transfer's leaf is the hash of. Its salt comes
// from the entry's, so that a receipt can show one without telling the others.
//
//	{"n":0,"debit":11,"credit":12,"amount":540000,"ref":"payment:9","salt":"…"}
func transferRecord(b, salt []byte, n int, t Transfer) []byte {
	var seed [40]byte
	copy(seed[:], salt)
	binary.BigEndian.PutUint64(seed[32:], uint64(n))
	own := sha256.Sum256(seed[:])

	b = append(b, `{"n":`...)
	b = strconv.AppendInt(b, int64(n), 10)
	b = append(b, `,"debit":`...)
	b = strconv.AppendInt(b, int64(t.Debit), 10)
	b = append(b, `,"credit":`...)
	b = strconv.AppendInt(b, int64(t.Credit), 10)
	b = append(b, `,"amount":`...)
	b = strconv.AppendInt(b, int64(t.Amount), 10)
	b = append(b, `,"ref":`...)
	ref, err := json.Marshal(t.Ref)
	if err != nil {
		panic(err) // a string always encodes
	}
	b = append(b, ref...)
	b = append(b, `,"salt":"`...)
	b = base64.StdEncoding.AppendEncode(b, own[:16])
	return append(b, `"}`...)
}
