package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"ansinh.vn/internal/population"
)

// worldFiles writes a small population and its lists.
func worldFiles(t *testing.T, o population.Options) (register, list string) {
	t.Helper()
	dir := t.TempDir()
	register, list = filepath.Join(dir, "r.csv"), filepath.Join(dir, "l.csv")
	w := population.New(o)
	for path, write := range map[string]func(*os.File) error{
		register: func(f *os.File) error { return w.WriteRegister(f) },
		list:     func(f *os.File) error { return population.WriteLists(f, w.Lists()) },
	} {
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := write(f); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return register, list
}

// Not parallel: it sets the processors of the whole process.
func TestMatchWritesTheSameBytesOnOneProcessorAndOnTwo(t *testing.T) {
	register, list := worldFiles(t, population.Options{Seed: 3, People: 2000, Damage: 2, Shape: population.River})
	dir := t.TempDir()
	var files [][]byte
	for i, n := range []int{1, 2} {
		before := runtime.GOMAXPROCS(n)
		out := filepath.Join(dir, strings.Repeat("m", i+1)+".csv")
		runMatch(t, "--register", register, "--list", list, "--out", out)
		runMatch(t, "--clusters", "--list", list, "--out", out+".clusters")
		runtime.GOMAXPROCS(before)
		for _, name := range []string{out, out + ".clusters"} {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, b)
		}
	}
	if !bytes.Equal(files[0], files[2]) || !bytes.Equal(files[1], files[3]) {
		t.Error("the answer depends on the number of processors")
	}
}

func TestMatchTakesListsOfNothingAndOfFewRows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ list, want string }{
		"header only":        {"row_id,ho_ten,ngay_sinh,so_giay_to\n", ""},
		"semicolons, BOM":    {"\ufeffrow_id;ho_ten;so_giay_to\n1;Danh Thi Sa Ruone;95154000123\n", "1,match,095154000123"},
		"tabs, CRLF, breaks": {"row_id\tho_ten\tso_giay_to\r\n1\t\"Danh Thị\nSà Rươne\"\t095154000123\r\n", "1,match,095154000123"},
		"no number":          {"row_id,ho_ten,ngay_sinh,xa\n1,DANH THỊ SÀ RƯƠNE,1954,Vĩnh Lộc\n", "1,match,095154000123"},
		"recipient's names": {"STT,Họ tên đối tượng,Năm sinh,Số CCCD,Người nhận thay,\n,,,,Họ và tên,Số định danh\n1,Danh Thị Sà Rươne,1954,095154000123,Nguyễn Văn Ân,095042000124\n",
			"1,match,095154000123"},
		"an empty row with an id": {"row_id,ho_ten,so_giay_to\n7,,\n", "7,not_found,"},
	} {
		dir, args := matchFiles(t, matchRegister, c.list)
		var out, errs bytes.Buffer
		if code := run(t.Context(), args, nil, &out, &errs); code != exitDone {
			t.Errorf("%s: exit %d: %s", name, code, errs.String())
			continue
		}
		var got []string
		for _, r := range matchRows(t, filepath.Join(dir, "m.csv"))[1:] {
			got = append(got, strings.Join(r[:3], ","))
		}
		if s := strings.Join(got, "\n"); s != c.want {
			t.Errorf("%s: %q, want %q", name, s, c.want)
		}
	}
}
