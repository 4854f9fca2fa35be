package secret

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func TestSealOpensUnderItsLabelOnly(t *testing.T) {
	t.Parallel()
	box := ForTest(t)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		sealed := box.Seal(PersonNumber, text)
		got, err := box.Open(PersonNumber, sealed)
		if err != nil || got != text {
			t.Fatalf("open: %q, %v; want %q", got, err, text)
		}
		if _, err := box.Open(AccountNumber, sealed); err == nil {
			t.Fatal("a personal number opened as an account number")
		}
		if len(text) > 5 && bytes.Contains(sealed, []byte(text)) {
			t.Fatal("the plaintext can be read in what was sealed")
		}
	})
}

func TestOpenRefusesChangedBytes(t *testing.T) {
	t.Parallel()
	box := ForTest(t)
	sealed := box.Seal(PersonNumber, "095154000123")
	for i := range sealed {
		broken := bytes.Clone(sealed)
		broken[i] ^= 1
		if _, err := box.Open(PersonNumber, broken); err == nil {
			t.Fatalf("opened with byte %d changed", i)
		}
	}
}

func TestIndexTellsValuesAndLabelsApart(t *testing.T) {
	t.Parallel()
	box := ForTest(t)
	a := box.Index(PersonNumber, "095154000123")
	if len(a) != IndexSize {
		t.Fatalf("index of %d bytes, want %d", len(a), IndexSize)
	}
	if !bytes.Equal(a, box.Index(PersonNumber, "095154000123")) {
		t.Error("the same value has two indexes")
	}
	if bytes.Equal(a, box.Index(PersonNumber, "095154000124")) {
		t.Error("two values share an index")
	}
	if bytes.Equal(a, box.Index(AccountNumber, "095154000123")) {
		t.Error("two labels share an index")
	}
	if bytes.Equal(a, ForTest(t).Index(PersonNumber, "095154000123")) {
		t.Error("two keys share an index")
	}
}

func TestOpenKeepsKeysAcrossStarts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	second, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := second.Open(PersonNumber, first.Seal(PersonNumber, "095154000123"))
	if err != nil || got != "095154000123" {
		t.Fatalf("second start: %q, %v", got, err)
	}
	if first.Fingerprint() != second.Fingerprint() {
		t.Error("fingerprints differ")
	}
	for _, name := range []string{"seal.json", "index.json"} {
		info, err := os.Stat(filepath.Join(dir, "keys", name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %04o, want 0600", name, info.Mode().Perm())
		}
	}
	left, _ := filepath.Glob(filepath.Join(dir, "keys", ".new-*"))
	if len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestOpenAtOnceAgreesOnOneKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	prints := make([]string, 16)
	var wg sync.WaitGroup
	for i := range prints {
		wg.Go(func() {
			box, err := Open(dir)
			if err != nil {
				t.Error(err)
				return
			}
			prints[i] = box.Fingerprint()
		})
	}
	wg.Wait()
	for _, p := range prints {
		if p != prints[0] {
			t.Fatalf("different keys: %v", prints)
		}
	}
}

func TestOpenRefusesReadableAndBrokenKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := Open(dir); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "keys", "seal.json")
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key that others may read: %v", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a broken key file: %v", err)
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"095154000123": "0951******23",
		"385000123":    "3850***23",
		"12345678":     "******78",
		"12":           "**",
		"":             "",
	} {
		if got := Mask(in); got != want {
			t.Errorf("Mask(%q) = %q, want %q", in, got, want)
		}
	}
}
