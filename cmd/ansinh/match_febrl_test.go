package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ansinh.vn/internal/population"
)

var showFebrl = flag.Int("febrl", 0, "how many records that went wrong to print")

// writeFebrl writes records as they are published.
func writeFebrl(t *testing.T, path string, f population.Febrl) {
	t.Helper()
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := f.Write(out); err != nil {
		t.Fatal(err)
	}
}

func runMatch(t *testing.T, args ...string) {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(t.Context(), append([]string{"match"}, args...), nil, &out, &errs); code != exitDone {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
}

// The mappings that a stranger may choose for the eleven fields.
var febrlColumns = map[string]string{
	"number beside the key": "register:so_dinh_danh=rec_id,register:so_cmnd=soc_sec_id,register:ten_xa=suburb,register:ap=address_1,list:row_id=rec_id,list:so_giay_to=soc_sec_id,list:xa=suburb,list:dia_chi=address_1,ho_ten=surname+given_name,ngay_sinh=date_of_birth",
	"number as the key":     "register:so_dinh_danh=soc_sec_id,register:ten_xa=suburb,list:row_id=rec_id,list:so_giay_to=soc_sec_id,list:xa=suburb,ho_ten=given_name+surname,ngay_sinh=date_of_birth",
	"places as one address": "register:so_dinh_danh=rec_id,register:so_cmnd=soc_sec_id,register:ten_xa=suburb,register:ap=street_number+address_1,list:row_id=rec_id,list:so_giay_to=soc_sec_id,list:xa=suburb,list:dia_chi=street_number+address_1,ho_ten=given_name+surname,ngay_sinh=date_of_birth",
}

func TestTwoForeignFilesFindEachOther(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a, b := population.Febrl4(1, 5000)
	writeFebrl(t, filepath.Join(dir, "a.csv"), a)
	writeFebrl(t, filepath.Join(dir, "b.csv"), b)
	of := map[string][]int{} // by key and by number of the register, which two may share
	for i, r := range a.Rows {
		of[r[0]] = append(of[r[0]], a.Of[i])
		of[r[10]] = append(of[r[10]], a.Of[i])
	}
	for name, columns := range febrlColumns {
		out := filepath.Join(dir, strings.ReplaceAll(name, " ", "")+".csv")
		runMatch(t, "--register", filepath.Join(dir, "a.csv"), "--list", filepath.Join(dir, "b.csv"), "--out", out, "--columns", columns)
		right, wrong, shown := 0, 0, 0
		for i, r := range matchRows(t, out)[1:] {
			who, linked := of[r[2]]
			switch {
			case slices.Contains(who, b.Of[i]):
				right++
				continue
			case linked:
				wrong++
			}
			if shown++; shown < *showFebrl || linked {
				t.Logf("%q\n  %q\n  %q", b.Rows[i], r, a.Rows[b.Of[i]])
			}
		}
		f1 := 2 * float64(right) / float64(right+wrong+5000)
		t.Logf("%s: %d right, %d wrong, F1 %.5f", name, right, wrong, f1)
		if f1 < 0.9999 || wrong > 0 {
			t.Errorf("%s: F1 %.5f with %d wrong", name, f1, wrong)
		}
	}
}

func TestOneForeignFileFallsIntoItsPeople(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := population.Febrl3(1, 5000)
	writeFebrl(t, filepath.Join(dir, "a.csv"), a)
	out := filepath.Join(dir, "c.csv")
	runMatch(t, "--clusters", "--list", filepath.Join(dir, "a.csv"), "--out", out, "--report", filepath.Join(dir, "c.json"),
		"--columns", "row_id=rec_id,so_giay_to=soc_sec_id,ho_ten=given_name+surname,ngay_sinh=date_of_birth,xa=suburb,dia_chi=address_1")
	rows := matchRows(t, out)[1:]
	type pair [2]int
	means, says := map[pair]bool{}, map[pair]bool{}
	together := func(of func(i int) any, into map[pair]bool) {
		seen := map[any][]int{}
		for i := range rows {
			for _, j := range seen[of(i)] {
				into[pair{j, i}] = true
			}
			seen[of(i)] = append(seen[of(i)], i)
		}
	}
	together(func(i int) any { return a.Of[i] }, means)
	together(func(i int) any { return rows[i][1] }, says)
	right, shown := 0, 0
	show := func(kind string, p pair) {
		if shown++; shown < *showFebrl {
			t.Logf("%s\n  %q\n  %q\n  %q\n  %q", kind, a.Rows[p[0]], a.Rows[p[1]], rows[p[0]], rows[p[1]])
		}
	}
	for p := range says {
		if means[p] {
			right++
		} else {
			show("wrong", p)
		}
	}
	for p := range means {
		if !says[p] {
			show("missed", p)
		}
	}
	f1 := 2 * float64(right) / float64(len(means)+len(says))
	t.Logf("%d pairs meant, %d said, %d right: F1 %.5f", len(means), len(says), right, f1)
	if right != len(says) || f1 < 0.995 {
		t.Errorf("F1 %.5f with %d wrong", f1, len(says)-right)
	}
}

func TestSeveralRecordsOfOnePersonFindTheOriginal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	all := population.Febrl3(2, 5000)
	originals, others := population.Febrl{Header: all.Header}, population.Febrl{Header: all.Header}
	key := map[int]string{}
	for i, r := range all.Rows {
		to := &others
		if strings.HasSuffix(r[0], "-org") {
			to = &originals
			key[all.Of[i]] = r[0]
		}
		to.Rows, to.Of = append(to.Rows, r), append(to.Of, all.Of[i])
	}
	writeFebrl(t, filepath.Join(dir, "a.csv"), originals)
	writeFebrl(t, filepath.Join(dir, "b.csv"), others)
	out := filepath.Join(dir, "m.csv")
	runMatch(t, "--register", filepath.Join(dir, "a.csv"), "--list", filepath.Join(dir, "b.csv"), "--out", out, "--columns", febrlColumns["number beside the key"])
	right, wrong, shown := 0, 0, 0
	for i, r := range matchRows(t, out)[1:] {
		switch r[2] {
		case key[others.Of[i]]:
			right++
			continue
		case "":
		default:
			wrong++
		}
		if shown++; shown < *showFebrl {
			t.Logf("%q\n  %q", others.Rows[i], r)
		}
	}
	t.Logf("%d of %d right, %d wrong", right, len(others.Rows), wrong)
	if wrong > 0 || float64(right) < 0.995*float64(len(others.Rows)) {
		t.Errorf("%d of %d right, %d wrong", right, len(others.Rows), wrong)
	}
}
