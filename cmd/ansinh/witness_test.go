package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ansinh.vn/audit"
)

func (w *office) file(name string) string { return filepath.Join(w.dir, name) }

// office is a place with books, a log and its keys.
type office struct {
	*testing.T
	dir    string
	ansinh func(args ...string) (int, string, string)
	tamper func(sql ...string)
}

func (w *office) must(args ...string) string {
	w.Helper()
	code, out, errs := w.ansinh(args...)
	if code != exitDone {
		w.Fatalf("%v: exit %d: %s", args, code, errs)
	}
	return out
}

// A second office with nothing but files: it co-signs what continues, and nobody can
// make it forget.
func TestWitnessByFiles(t *testing.T) {
	dir, ansinhDB, tamper := keptBooks(t)
	t.Setenv("ANSINH_PASSWORD", "mưa thuận gió hòa 2026")
	w := &office{t, dir, ansinhDB, tamper}
	state := filepath.Join(t.TempDir(), "witness")
	key := strings.TrimSpace(w.must("witness", "init", "--state", state, "--name", "thanhtra.example.vn/chung-kien"))
	first := w.file("first.txt")
	w.must("checkpoint", "--out", first)
	published := strings.Fields(w.must("checkpoint", "keys", "list"))
	if code, _, errs := w.ansinh("witness", "sign", first, "--state", state); code != exitRefused || !strings.Contains(errs, "never told") {
		t.Errorf("a log that it was not told of: exit %d: %s", code, errs)
	}
	origin := strings.TrimSpace(w.must(append([]string{"witness", "trust", "--state", state}, published...)...))
	cosigned := w.file("cosigned.txt")
	w.must("witness", "sign", first, "--state", state, "--out", cosigned)

	// the log goes on, and proves it from what the witness has
	w.must("staff", "add", "be", "--name", "Bé", "--role", "clerk", "--office", "31825")
	proof := w.file("proof.json")
	w.must("proof", "consistency", cosigned, "--out", proof)
	second := w.must("witness", "sign", proof, "--state", state)
	if code, out, errs := w.ansinh("--json", "proof", "verify", "-", "--key", published[0], "--key", key); code != exitRefused {
		t.Errorf("an empty proof: exit %d: %s %s", code, out, errs)
	}
	if !strings.Contains(second, "— thanhtra.example.vn/chung-kien ") || w.must("witness", "show", origin, "--state", state) == "" {
		t.Errorf("co-signed: %s", second)
	}
	if code, _, errs := w.ansinh("witness", "sign", proof, "--state", state); code != exitRefused || !strings.Contains(errs, "the last checkpoint that this witness has") {
		t.Errorf("an old proof: exit %d: %s", code, errs)
	}
	signed := w.file("second.txt")
	if err := os.WriteFile(signed, []byte(second), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, _ := ansinh(t, "", "--data-dir", t.TempDir(), "--json", "proof", "verify", signed, "--key", published[0], "--key", key)
	if code != exitDone || !strings.Contains(out, `"signed_by":["`+origin+`","thanhtra.example.vn/chung-kien"]`) {
		t.Errorf("exit %d: %s", code, out)
	}
	// between any two that were kept
	w.must("proof", "consistency", first, signed, "--out", w.file("between.json"))
	w.must("proof", "verify", w.file("between.json"))

	// the past is written anew, with the log's own keys
	for _, table := range []string{"audit_event", "audit_event_1", "audit_leaf", "audit_hash", "audit_seal", "audit_checkpoint"} {
		tamper("alter table " + table + " disable trigger user")
	}
	tamper("update audit_event set actor = 'nobody'", "delete from audit_checkpoint", "delete from audit_leaf", "delete from audit_hash", "delete from audit_seal")
	forged := w.must("checkpoint")
	if err := os.WriteFile(w.file("forged.txt"), []byte(forged), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := w.ansinh("proof", "consistency", signed); code != exitFailed || !strings.Contains(errs, "rewritten") {
		t.Errorf("exit %d: %s", code, errs)
	}
	var c audit.Consistency
	b, err := os.ReadFile(proof)
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	if err != nil {
		t.Fatal(err)
	}
	c.Old, c.New, c.Proof = second, forged, nil
	if b, err = json.Marshal(c); err == nil {
		err = os.WriteFile(w.file("lie.json"), b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if code, _, errs := w.ansinh("witness", "sign", w.file("lie.json"), "--state", state); code == exitDone || !strings.Contains(errs, "rewritten") {
		t.Errorf("the witness signs a second past: exit %d: %s", code, errs)
	}
}

// A witness that listens, asked over the network whenever a checkpoint is
// made; then the log changes its key.
func TestWitnessThatListens(t *testing.T) {
	dir, ansinhDB, tamper := keptBooks(t)
	t.Setenv("ANSINH_PASSWORD", "mưa thuận gió hòa 2026")
	w := &office{t, dir, ansinhDB, tamper}
	state := filepath.Join(t.TempDir(), "witness")
	key := w.must("witness", "init", "--state", state, "--name", "thanhtra.example.vn/chung-kien")
	if err := os.MkdirAll(w.file("keys"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.file("keys/witness.pub"), []byte(key), 0o600); err != nil {
		t.Fatal(err)
	}
	published := strings.Fields(w.must("checkpoint", "keys", "list"))
	w.must("witness", "trust", "--state", state, published[0])
	said, out := io.Pipe()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, []string{"witness", "serve", "--state", state, "--listen", "127.0.0.1:0"}, strings.NewReader(""), out, t.Output())
	}()
	t.Cleanup(func() {
		stop()
		if code := <-done; code != exitDone {
			t.Errorf("witness serve: exit %d", code)
		}
	})
	line, err := bufio.NewReader(said).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url := strings.TrimSpace(strings.TrimPrefix(line, "listening "))
	for i := range 2 {
		if out := w.must("checkpoint", "--witness", url); !strings.Contains(out, "— thanhtra.example.vn/chung-kien ") {
			t.Errorf("not co-signed: %s", out)
		}
		w.must("staff", "add", fmt.Sprint("be", i), "--name", "Bé", "--role", "clerk", "--office", "31825")
	}
	rotated := w.must("--json", "checkpoint", "keys", "rotate", "--by", "be0")
	var keys struct{ Keys []string }
	if err := json.Unmarshal([]byte(rotated), &keys); err != nil || len(keys.Keys) != 3 || !strings.Contains(keys.Keys[0], " until ") {
		t.Fatalf("%s %v", rotated, err)
	}
	w.must("staff", "add", "be2", "--name", "Bé", "--role", "clerk", "--office", "31825")
	if code, _, errs := w.ansinh("checkpoint", "--witness", url); code != exitRefused || !strings.Contains(errs, "does not take") {
		t.Errorf("exit %d: %s", code, errs)
	}
	w.must("witness", "trust", "--state", state, keys.Keys[0], keys.Keys[1])
	w.must("checkpoint", "--witness", url)
	w.must("verify")
}

// The receipt as a page, and its symbol's text checked by a stranger from stdin.
func TestReceiptAsAPage(t *testing.T) {
	dir, ansinhDB, _ := keptBooks(t)
	w := &office{t, dir, ansinhDB, nil}
	w.must("proof", "entry", "1", "--transfer", "0", "--page", w.file("r.html"), "--out", w.file("r.json"))
	page, err := os.ReadFile(w.file("r.html"))
	if err != nil {
		t.Fatal(err)
	}
	page = bytes.ReplaceAll(page, []byte("\u00a0"), []byte(" "))
	if strings.Contains(string(page), "payment:2") || strings.Contains(string(page), "1.080.000") || !strings.Contains(string(page), "540.000 đ") {
		t.Error("the page tells of another, or not of this one")
	}
	if found := regexp.MustCompile(`(src|href)="[^#"]`).FindString(string(page)); found != "" {
		t.Errorf("the page needs something beside it: %s", found)
	}
	var r audit.Receipt
	b, err := os.ReadFile(w.file("r.json"))
	if err == nil {
		err = json.Unmarshal(b, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	text, err := r.Compact()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DATABASE_URL", "postgres://nowhere.invalid/none")
	for scanned, want := range map[string]int{text + "\r\n": exitDone, text[:len(text)-3]: exitRefused, strings.Replace(text, "ANSINH1:", "ANSINH1:00", 1): exitRefused} {
		code, out, errs := ansinh(t, scanned, "--data-dir", t.TempDir(), "--json", "proof", "verify", "-", "--key", r.Keys[0])
		if code != want || (want == exitDone) != strings.Contains(out, `"amount":540000`) {
			t.Errorf("exit %d, want %d: %s %s", code, want, out, errs)
		}
	}
	if code, _, errs := ansinh(t, text, "--data-dir", t.TempDir(), "proof", "verify", "-"); code != exitRefused || !strings.Contains(errs, "--key") {
		t.Errorf("without a key: exit %d: %s", code, errs)
	}
}
