package audit

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Tree computes the root over any number of leaves in the memory of its height.
type Tree struct {
	peaks []peak
	n     int64
}

type peak struct {
	height int
	hash   tlog.Hash
}

// Add appends a leaf hash.
func (t *Tree) Add(leaf tlog.Hash) {
	p := peak{0, leaf}
	for len(t.peaks) > 0 && t.peaks[len(t.peaks)-1].height == p.height {
		left := t.peaks[len(t.peaks)-1]
		t.peaks = t.peaks[:len(t.peaks)-1]
		p = peak{p.height + 1, tlog.NodeHash(left.hash, p.hash)}
	}
	t.peaks = append(t.peaks, p)
	t.n++
}

// Len is the number of leaves added.
func (t *Tree) Len() int64 { return t.n }

// Root is the tree's hash (RFC 6962 §2.1); of no leaves it is the hash of nothing.
func (t *Tree) Root() tlog.Hash {
	if len(t.peaks) == 0 {
		h, _ := tlog.TreeHash(0, nil)
		return h
	}
	h := t.peaks[len(t.peaks)-1].hash
	for i := len(t.peaks) - 2; i >= 0; i-- {
		h = tlog.NodeHash(t.peaks[i].hash, h)
	}
	return h
}

// hashes is a hash storage in memory, by stored position.
type hashes []tlog.Hash

func (s hashes) ReadHashes(at []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(at))
	for i, x := range at {
		if x < 0 || x >= int64(len(s)) {
			return nil, fmt.Errorf("no hash at %d", x)
		}
		out[i] = s[x]
	}
	return out, nil
}

// ProveLeaf proves that leaf n stands in the tree over leaves.
func ProveLeaf(leaves []tlog.Hash, n int64) (tlog.RecordProof, error) {
	stored := make(hashes, 0, 2*len(leaves))
	for i, h := range leaves {
		add, err := tlog.StoredHashesForRecordHash(int64(i), h, stored)
		if err != nil {
			return nil, err
		}
		stored = append(stored, add...)
	}
	return tlog.ProveRecord(int64(len(leaves)), n, stored)
}
