package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ansinh.vn/qr"
)

// command line, in: exit code, out and errors.
func ansinh(t *testing.T, in string, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(in), &o, &e)
	return code, o.String(), e.String()
}

func TestQREncode(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pngFile, svgFile := filepath.Join(dir, "a.png"), filepath.Join(dir, "a.svg")
	code, out, errs := ansinh(t, "", "qr", "encode", "--bank", "970405", "--account", "1900201234567", "--amount", "45000",
		"--bill", "HD17", "--name", "Chợ Bạc Liêu", "--png", pngFile, "--svg", svgFile)
	c := qr.Decode(strings.TrimSuffix(out, "\n"))
	if code != exitDone || !c.Valid() || !c.Dynamic || c.Amount != "45000" || c.Bill != "HD17" || c.Name != "Cho Bac Lieu" {
		t.Errorf("exit %d: %s\n%+v", code, out, c)
	}
	if !strings.Contains(errs, `"Chợ Bạc Liêu"`) {
		t.Errorf("the folding is not said: %q", errs)
	}
	for _, file := range []string{pngFile, svgFile} {
		if b, err := os.ReadFile(file); err != nil || len(b) == 0 {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestQREncodeRefusesAndDrawsNothing(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args string
		want int
	}{
		{"--bank 97040 --account 1", exitRefused},
		{"--bank 970405 --account 12345678901234567890", exitRefused},
		{"--bank 970405 --account 1.2", exitRefused},
		{"--bank 970405 --account 1 --amount 0", exitRefused},
		{"--bank 970405 --account 1 --amount -5", exitRefused},
		{"--bank 970405 --account 1 --amount 50.000", exitRefused},
		{"--bank 970405 --account 1 --amount 99999999999999", exitRefused},
		{"--bank 970405 --account 1 --amount=", exitRefused},
		{"--bank 970405 --account 1 --amount", exitUsage},
		{"--bank 970405", exitUsage},
		{"--bank 970405 --account 1 --static --dynamic", exitUsage},
	} {
		file := filepath.Join(t.TempDir(), "a.png")
		code, out, errs := ansinh(t, "", append([]string{"qr", "encode", "--png=" + file}, strings.Fields(tt.args)...)...)
		if _, err := os.Stat(file); code != tt.want || out != "" || errs == "" || err == nil {
			t.Errorf("%s: exit %d, out %q, errors %q, image %v", tt.args, code, out, errs, err == nil)
		}
	}
}

// TestQRDecodeAnswersEveryLine: in the order of the questions, an empty one included.
func TestQRDecodeAnswersEveryLine(t *testing.T) {
	t.Parallel()
	_, payload, _ := ansinh(t, "", "qr", "encode", "--bank", "970405", "--account", "12", "--static")
	code, out, _ := ansinh(t, "x\r\n\n"+payload, "qr", "decode")
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if code != exitDone || len(lines) != 3 {
		t.Fatalf("exit %d: %q", code, out)
	}
	for i, valid := range []bool{false, false, true} {
		var got struct {
			Valid    bool
			Problems []struct{ Field, Code, What string }
			Kind     string
		}
		if err := json.Unmarshal([]byte(lines[i]), &got); err != nil || got.Valid != valid || (len(got.Problems) == 0) != valid {
			t.Errorf("line %d: %s (%v)", i+1, lines[i], err)
		}
	}
	if _, byArgument, _ := ansinh(t, "", "qr", "decode", strings.TrimSuffix(payload, "\n")); byArgument != lines[2]+"\n" {
		t.Errorf("as an argument: %s", byArgument)
	}
}
