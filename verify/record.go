package verify

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"ansinh.vn/audit"
)

// content re-derives an entry's content hash and the root over its transfers, from the
// formats as they are published (docs/proof.md).
type content struct {
	hash  hash.Hash
	tree  audit.Tree
	salt  []byte
	n     int
	total int64
}

func newContent(e *entryRow) *content {
	c := &content{hash: sha256.New(), salt: e.salt}
	fmt.Fprintf(c.hash, "ansinh entry 1 %s %d %q %q\n", e.day.Format(time.DateOnly), e.reverses, e.kind, e.ref)
	return c
}

func (c *content) add(t *transferRow) {
	fmt.Fprintf(c.hash, "%d %d %d %q\n", t.debit, t.credit, t.amount, t.ref)
	c.tree.Add(transferLeaf(c.salt, c.n, t))
	c.n++
	c.total += t.amount
}

func transferLeaf(salt []byte, n int, t *transferRow) tlog.Hash {
	own := sha256.Sum256(binary.BigEndian.AppendUint64(append([]byte(nil), salt...), uint64(n)))
	ref, _ := json.Marshal(t.ref) // a string always encodes
	return tlog.RecordHash(fmt.Appendf(nil, `{"n":%d,"debit":%d,"credit":%d,"amount":%d,"ref":%s,"salt":"%s"}`,
		n, t.debit, t.credit, t.amount, ref, base64.StdEncoding.EncodeToString(own[:16])))
}
