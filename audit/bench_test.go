package audit_test

import (
	"runtime"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"ansinh.vn/audit"
)

var benchSalt = make([]byte, 16)

// benchRow is an event of some 300 bytes.
func benchRow(i int) audit.Row {
	return audit.Row{ID: int64(i), At: now, Actor: "staff:12", Kind: "ledger.entry", Subject: "entry:" + strconv.Itoa(i), Salt: benchSalt,
		Payload: `{"n": 1, "by": "staff:12", "on": "2026-11-05", "ref": "payment:77", "key": "payment:77:sent", "hash": "0123456789abcdef0123456789abcdef", "root": "0123456789abcdef0123456789abcdef", "total": 540000}`}
}

// BenchmarkRoot is what a checker does: a million events hashed and added up.
func BenchmarkRoot(b *testing.B) {
	before := cpuSeconds()
	for b.Loop() {
		var tree audit.Tree
		for i := range 1_000_000 {
			tree.Add(benchRow(i).Leaf())
		}
		if tree.Len() != 1_000_000 {
			b.Fatal(tree.Len())
		}
	}
	b.ReportMetric((cpuSeconds()-before)/float64(b.N), "cpu-s/1M-leaves")
}

// cpuSeconds is what this process has spent: on a shared machine it says more than a clock.
func cpuSeconds() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // never fails for oneself
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
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
		size, before := 0, cpuSeconds()
		for i := int64(0); b.Loop(); i++ {
			proof, err := tlog.ProveRecord(n, i*7919%n, stored)
			if err != nil {
				b.Fatal(err)
			}
			size = len(proof) * tlog.HashSize
		}
		b.ReportMetric(float64(size), "bytes")
		b.ReportMetric((cpuSeconds()-before)*1e6/float64(b.N), "cpu-µs/op")
	})
	b.Run("check", func(b *testing.B) {
		proof, err := tlog.ProveRecord(n, 77, stored)
		if err != nil {
			b.Fatal(err)
		}
		leaf, before := benchRow(77).Leaf(), cpuSeconds()
		for b.Loop() {
			if err := tlog.CheckRecord(proof, n, root, 77, leaf); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric((cpuSeconds()-before)*1e6/float64(b.N), "cpu-µs/op")
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
