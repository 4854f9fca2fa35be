package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"ansinh.vn/money"
	"ansinh.vn/verify"
)

// summary is what the demo prints: a table a step whose parts must add up to its whole.
type summary struct {
	People   int            `json:"people"`
	Seed     uint64         `json:"seed"`
	Month    string         `json:"month"`
	Steps    []stepTime     `json:"steps"`
	Sums     []sum          `json:"sums"`
	Verified *verify.Report `json:"verified,omitempty"`
	Closes   bool           `json:"closes"`
	Seconds  float64        `json:"seconds"`

	Lines map[string]string `json:"lines"` // what a step says about itself on the screen
}

type stepTime struct {
	Step    string  `json:"step"`
	Seconds float64 `json:"seconds"`
}

// sum is a whole and the parts that must make it up.
type sum struct {
	Name   string `json:"name"`
	Whole  amount `json:"whole"`
	Parts  []part `json:"parts"`
	Closes bool   `json:"closes"`
}

// amount is a count and, where it is about money, đồng.
type amount struct {
	N   int       `json:"n"`
	VND money.VND `json:"vnd"`
}

type part struct {
	Name string `json:"name"`
	amount
}

func newSummary() *summary { return &summary{Closes: true, Lines: map[string]string{}} }

// has tells whether a step is done.
func (s *summary) has(step string) bool {
	return slices.ContainsFunc(s.Steps, func(t stepTime) bool { return t.Step == step })
}

func (s *summary) took(step string, d time.Duration) {
	if s.has(step) {
		return
	}
	s.Steps = append(s.Steps, stepTime{step, d.Seconds()})
}

// say is the one line that a finished step shows.
func (s *summary) say(step, format string, args ...any) {
	s.Lines[step] = fmt.Sprintf(format, args...)
}

func (s *summary) line(step string) string { return s.Lines[step] }

// add checks that parts make up whole and keeps both.
func (s *summary) add(name string, whole amount, parts ...part) {
	one := sum{Name: name, Whole: whole, Parts: parts}
	var got amount
	for _, p := range parts {
		got.N += p.N
		got.VND += p.VND
	}
	one.Closes = got == whole
	s.Closes = s.Closes && one.Closes
	s.Sums = append(s.Sums, one)
}

// finish prints the summary and fails unless every sum closed.
func (s *summary) finish(_ context.Context, d *demo) error {
	s.People, s.Seed, s.Month = d.plan.People, d.plan.Seed, d.plan.Month.String()
	if d.JSON {
		if err := d.PrintJSON(s); err != nil {
			return err
		}
	} else if err := s.print(d.Out); err != nil {
		return err
	}
	for _, one := range s.Sums {
		if !one.Closes {
			return fmt.Errorf("demo: the sum %q does not close: see the summary", one.Name)
		}
	}
	return nil
}

func (s *summary) print(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%d người, hạt giống %d, tháng %s: %.1f giây\n", s.People, s.Seed, s.Month, s.Seconds)
	for _, one := range s.Sums {
		mark := "✓"
		if !one.Closes {
			mark = "✗ KHÔNG KHỚP"
		}
		fmt.Fprintf(&b, "\n%s %s\n", one.Name, mark)
		for _, p := range one.Parts {
			summaryRow(&b, "  "+p.Name, p.amount)
		}
		summaryRow(&b, "= tổng", one.Whole)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func summaryRow(b *strings.Builder, name string, a amount) {
	text := ""
	if a.VND != 0 {
		text = a.VND.Format()
	}
	fmt.Fprintf(b, "  %s%s %9s %22s\n", name, strings.Repeat(" ", max(0, 46-len([]rune(name)))), money.VND(a.N).Grouped(), text)
}
