package audit_test

import (
	"fmt"
	"runtime"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"ansinh.vn/audit"
)

// rows makes n events of some 300 bytes each.
func benchRow(i int) audit.Row {
	return audit.Row{ID: int64(i), At: now, Actor: "staff:12", Kind: "ledger.entry", Subject: fmt.Sprintf("entry:%d", i), Salt: make([]byte, 16),
		Payload: `{"n": 1, "by": "staff:12", "on": "2026-11-05", "ref": "payment:77", "key": "payment:77:sent", "hash": "0123456789abcdef0123456789abcdef", "root": "0123456789abcdef0123456789abcdef", "total": 540000}`}
}

// BenchmarkRoot is what a checker does: a million events hashed and added up.
func BenchmarkRoot(b *testing.B) {
	for b.Loop() {
		var tree audit.Tree
		for i := range 1_000_000 {
			tree.Add(benchRow(i).Leaf())
		}
		if tree.Len() != 1_000_000 {
			b.Fatal(tree.Len())
		}
	}
	b.ReportMetric(float64(b.Elapsed().Seconds())/float64(b.N), "s/1M-leaves")
}

// BenchmarkInclusion makes and checks proofs in a log of a million events.
func BenchmarkInclusion(b *testing.B) {
	const n = 1_000_000
	var stored memory
	for i := range int64(n) {
		more, err := tlog.StoredHashesForRecordHash(i, benchRow(int(i)).Leaf(), stored)
		if err != nil {
			b.Fatal(err)
		}
		stored = append(stored, more...)
	}
	root, err := tlog.TreeHash(n, stored)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("prove", func(b *testing.B) {
		size := 0
		for i := int64(0); b.Loop(); i++ {
			proof, err := tlog.ProveRecord(n, i*7919%n, stored)
			if err != nil {
				b.Fatal(err)
			}
			size = len(proof) * tlog.HashSize
		}
		b.ReportMetric(float64(size), "bytes")
	})
	b.Run("check", func(b *testing.B) {
		proof, err := tlog.ProveRecord(n, 77, stored)
		if err != nil {
			b.Fatal(err)
		}
		leaf := benchRow(77).Leaf()
		for b.Loop() {
			if err := tlog.CheckRecord(proof, n, root, 77, leaf); err != nil {
				b.Fatal(err)
			}
		}
	})
	runtime.KeepAlive(stored)
}

type memory []tlog.Hash

func (m memory) ReadHashes(at []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(at))
	for i, x := range at {
		out[i] = m[x]
	}
	return out, nil
}
