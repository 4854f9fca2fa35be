package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ansinh.vn/identity/registry"
)

func TestRegisterServeAnswersFromItsProvince(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var out bytes.Buffer
	if code := run(t.Context(), []string{"register", "files", dir, "--people", "300", "--seed", "9"}, nil, &out, io.Discard); code != exitDone {
		t.Fatal(code, out.String())
	}
	register, err := os.ReadFile(filepath.Join(dir, "register.csv"))
	if err != nil {
		t.Fatal(err)
	}
	cells := strings.Split(strings.SplitN(string(register), "\n", 3)[1], ",")
	for name, args := range map[string][]string{
		"generated": {"--people", "300", "--seed", "9", "--profile", "jws"},
		"from file": {"--file", filepath.Join(dir, "register.csv"), "--faults", "error=1"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			r, w := io.Pipe()
			ended := make(chan int, 1)
			go func() {
				ended <- run(ctx, append([]string{"--json", "register", "serve", "--listen", "127.0.0.1:0"}, args...), nil, w, os.Stderr)
				w.Close()
			}()
			line, err := bufio.NewReader(r).ReadBytes('\n')
			if err != nil {
				t.Fatal(err)
			}
			var access registry.Access
			if err := json.Unmarshal(line, &access); err != nil {
				t.Fatal(err)
			}
			client, err := access.Client()
			if err != nil {
				t.Fatal(err)
			}
			got, err := client.Search(t.Context(), []registry.Query{{ID: "1", Number: cells[0]}, {ID: "2", Name: cells[2], Birth: cells[3][:4]}})
			if err != nil || len(got[0].Records) != 1 || got[0].Records[0].Name != cells[2] || len(got[1].Records) == 0 {
				t.Errorf("%+v, %v", got, err)
			}
			stop()
			if code := <-ended; code != exitDone {
				t.Errorf("ended with %d", code)
			}
		})
	}
}

func TestRegisterServeRefusesAFileThatIsNoRegister(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "r.csv")
	if err := os.WriteFile(path, []byte("so_dinh_danh,ho_ten,ngay_sinh\n095100000001,A,hôm qua\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	if code := run(t.Context(), []string{"register", "serve", "--listen", "127.0.0.1:0", "--file", path}, nil, io.Discard, &errs); code != exitRefused || !strings.Contains(errs.String(), "line 2") {
		t.Error(code, errs.String())
	}
}
