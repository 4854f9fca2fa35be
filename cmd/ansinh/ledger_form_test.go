package main

import (
	"os"
	"strings"
	"testing"
)

func TestLedgerFormsAreFiles(t *testing.T) {
	dir, ansinhDB, _ := keptBooks(t)
	w := &office{t, dir, ansinhDB, nil}
	period := []string{"--from", "2026-10-01", "--to", "2026-10-31"}
	for _, form := range []string{"journal", "ledger", "trial"} {
		for _, kind := range []string{".html", ".xlsx"} {
			w.must(append([]string{"ledger", "form", form, "--out", w.file(form + kind)}, period...)...)
		}
		page, err := os.ReadFile(w.file(form + ".html"))
		if err != nil || !strings.Contains(string(page), "1.620.000") || strings.Contains(string(page), "3388.p") {
			t.Errorf("%s: %v", form, err)
		}
	}
	for want, args := range map[int][]string{
		exitUsage:   {"--out", w.file("x.pdf")},
		exitRefused: {"--out", w.file("x.html"), "--office", "99999"},
	} {
		if code, _, errs := w.ansinh(append(append([]string{"ledger", "form", "trial"}, period...), args...)...); code != want || errs == "" {
			t.Errorf("%v: exit %d: %s", args, code, errs)
		}
	}
}
