package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func init() {
	command("bench", "Đo trên máy này, bên cạnh giới hạn của chính nó / measure this machine beside its own limit.", &benchCmd{})
}

type benchCmd struct {
	Payout    benchPayoutCmd    `cmd:"" help:"What is owed: CSV in, CSV out, and a run prepared in the database."`
	Post      benchPostCmd      `cmd:"" help:"A run's transfers posted in bulk."`
	Pay       benchPayCmd       `cmd:"" help:"Online payments through the ledger's lanes."`
	Match     benchMatchCmd     `cmd:"" help:"Lists matched against the register, with precision and recall."`
	Reconcile benchReconcileCmd `cmd:"" help:"Statement lines explained."`
	Parse     benchParseCmd     `cmd:"" help:"A camt.053 read."`
	Verify    benchVerifyCmd    `cmd:"" help:"Books of n entries checked from first sources."`
}

// benchCase is one measurement and the limit it stands beside: the same work without
// any of our rules, by a tool that everybody trusts, in the same run on the same machine.
type benchCase struct {
	Case       string  `json:"case,omitempty"`
	N          int     `json:"n"`
	Seconds    float64 `json:"seconds"`
	Rate       float64 `json:"rate"`        // a second
	Unit       string  `json:"rate_unit"`   // what the rates count
	CPUSeconds float64 `json:"cpu_seconds"` // of this process
	ServerCPU  float64 `json:"server_cpu_seconds,omitempty"`
	PeakRSS    int64   `json:"peak_rss_bytes"`                  // of this process, during the work
	ServerRSS  int64   `json:"server_peak_rss_bytes,omitempty"` // of the largest server process, shared buffers included
	P50        float64 `json:"p50_ms,omitempty"`
	P99        float64 `json:"p99_ms,omitempty"`
	LimitName  string  `json:"limit_name"`
	LimitRate  float64 `json:"limit_rate"`
	Ratio      float64 `json:"ratio"`

	Quality *matchQuality `json:"quality,omitempty"`
}

// benchReport is what a bench prints: its first case, and all of them.
type benchReport struct {
	Bench string `json:"bench"`
	benchCase
	Cases []benchCase `json:"cases"`
	Load  float64     `json:"load_before"` // of the machine, one minute, before the bench began
	CPUs  int         `json:"cpus"`
}

// sized is how much a bench does.
type sized struct {
	N int `help:"How much: transfers, payments, people, lines." placeholder:"N"`
}

func (s sized) or(usual int) (int, error) {
	switch {
	case s.N == 0:
		return usual, nil
	case s.N < 0 || s.N > 100_000_000:
		return 0, usageError("--n must be from 1 to 100000000")
	}
	return s.N, nil
}

// measure does the work once, with the memory of what came before given back.
func measure(n int, unit string, work func() error) (c benchCase, err error) {
	debug.FreeOSMemory()
	// 5 resets the peak; where that is not allowed the peak is of the whole process
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
	cpu, begun := cpuTime(), time.Now()
	if err := work(); err != nil {
		return c, err
	}
	c = benchCase{N: n, Seconds: time.Since(begun).Seconds(), Unit: unit, CPUSeconds: (cpuTime() - cpu).Seconds()}
	c.PeakRSS, err = peakRSS("self")
	c.Rate = float64(n) / c.Seconds
	return c, err
}

// beside names the limit: n of the same in that time.
func (c *benchCase) beside(name string, n int, took time.Duration) {
	c.LimitName, c.LimitRate = name, float64(n)/took.Seconds()
	c.Ratio = c.Rate / c.LimitRate
}

// timed is how long work takes.
func timed(work func() error) (time.Duration, error) {
	begun := time.Now()
	err := work()
	return time.Since(begun), err
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peakRSS is VmHWM of a process, in bytes.
func peakRSS(pid string) (int64, error) {
	b, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return 0, err
	}
	lines := bufio.NewScanner(bytes.NewReader(b))
	for lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kb << 10, err
		}
	}
	return 0, fmt.Errorf("/proc/%s/status holds no VmHWM", pid)
}

// loadNow is the machine's load of the last minute.
func loadNow() (load float64) {
	if b, err := os.ReadFile("/proc/loadavg"); err == nil {
		_, _ = fmt.Sscan(string(b), &load)
	}
	return load
}

// report prints the cases of a bench, the first of them as the answer.
func (a *app) report(ctx context.Context, bench string, load float64, cpus int, cases []benchCase) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return a.PrintJSON(benchReport{Bench: bench, benchCase: cases[0], Cases: cases, Load: load, CPUs: cpus})
}
