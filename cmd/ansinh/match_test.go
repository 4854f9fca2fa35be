package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ansinh.vn/internal/sheet"
)

const matchRegister = `so_dinh_danh,so_cmnd,ho_ten,ngay_sinh,gioi_tinh,dan_toc,ma_xa,ten_xa,ap,ma_ho,trang_thai,ngay_mat
095154000123,385000123,Danh Thị Sà Rươne,1954,F,Khmer,31858,Xã Vĩnh Lộc,Ấp Cầu Đỏ,H1,song,
095042000124,,Nguyễn Văn Ân,1942-10-15,M,Kinh,31858,Xã Vĩnh Lộc,Ấp Cầu Đỏ,H1,chet,2026-09-01
095042000125,,Nguyễn Văn Ân,1942-10-15,M,Kinh,31867,Xã Phước Long,Ấp 1,H2,song,
095180000126,,Trần Hồ Ngọc,1980-01-02,F,Kinh,31876,Xã Vĩnh Phước,Ấp 2,H3,song,
`

const matchList = `row_id,danh_sach,bang,so_giay_to,ho_ten,ngay_sinh,gioi_tinh,dan_toc,dia_chi,xa
a,A,S,95154000123,DANH THỊ SÀ RƯƠNE,1954,Nữ,Khmer,Ấp Cầu Đỏ,Vĩnh Lộc
b,A,S,095042000124,Nguyễn Văn Ân,15/10/1942,Nam,,Ấp Cầu Đỏ,"xã Vĩnh Lộc, huyện Hồng Dân"
c,A,S,095154000123,Danh Thi Sa Ruone,1954,Nữ,Khmer,,Vĩnh Lộc
d,B,S,,Nguyễn Văn Ân,15/10/1942,Nam,,,
e,B,S,,Trần Hồ Ngọc,1980,Nữ,,,"Xã Phước Long, huyện Phước Long"
f,B,S,095154000123,Lê Văn Tám,1990,Nam,,,
g,B,S,385000123,Danh Thị Sà Rươne,1954,Nữ,,,
`

// matchFiles writes the two files and gives the arguments that match them.
func matchFiles(t *testing.T, register, list string) (dir string, args []string) {
	t.Helper()
	dir = t.TempDir()
	for name, content := range map[string]string{"r.csv": register, "l.csv": list} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir, []string{"match", "--register", filepath.Join(dir, "r.csv"), "--list", filepath.Join(dir, "l.csv"), "--out", filepath.Join(dir, "m.csv")}
}

func matchRows(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestMatchKeepsItsContract(t *testing.T) {
	t.Parallel()
	dir, args := matchFiles(t, matchRegister, matchList)
	var out, errs bytes.Buffer
	if code := run(t.Context(), append(args, "--report", filepath.Join(dir, "m.json"), "--json"), nil, &out, &errs); code != exitDone {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	rows := matchRows(t, filepath.Join(dir, "m.csv"))
	var got []string
	for _, r := range rows {
		got = append(got, strings.Join([]string{r[0], r[1], r[2], r[4]}, "|"))
	}
	want := []string{
		"row_id|outcome|person_number|candidates",
		"a|match|095154000123|",
		"b|deceased|095042000124|",
		"c|duplicate|095154000123|",
		"d|review||095042000124;095042000125",
		"e|match|095180000126|",
		"f|not_found||",
		"g|match|095154000123|",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for i, says := range map[int]string{1: "thêm số 0 đầu bị mất", 2: "sổ đăng ký ghi đã chết ngày 01/09/2026", 3: "đã có ở dòng a", 4: "có từ hai người trở lên cùng khớp", 5: "đổi xã cũ sang xã mới", 6: "số định danh trùng, nhưng họ tên và ngày sinh chưa đủ khớp", 7: "số CMND cũ trùng"} {
		if !strings.Contains(rows[i][5], says) {
			t.Errorf("row %s: %q does not say %q", rows[i][0], rows[i][5], says)
		}
	}
	var printed, written map[string]any
	if err := json.Unmarshal(out.Bytes(), &printed); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "m.json"))
	if err != nil || json.Unmarshal(b, &written) != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(printed, written); diff != "" || written["rows"] != 7.0 || written["register"] != 4.0 {
		t.Errorf("report: %v %s", written, diff)
	}
}

func TestMatchReadsSpreadsheetsAndOtherHeadings(t *testing.T) {
	t.Parallel()
	dir, args := matchFiles(t, "rec_id,soc_sec_id,given_name,surname,date_of_birth,suburb\nrec-1,1234567,anna,white,19421015,bay\nrec-2,7654321,anna,white,19510101,hill\n", "x\n")
	f, err := os.Create(filepath.Join(dir, "l.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	w, err := sheet.NewWriter(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Sheet("People", []string{"rec_id", "soc_sec_id", "given_name", "surname", "date_of_birth", "suburb"}); err != nil {
		t.Fatal(err)
	}
	if err := w.Row("rec-9", "1234567", "ana", "white", "19421015", "bay"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	args[4] = filepath.Join(dir, "l.xlsx")
	var out, errs bytes.Buffer
	code := run(t.Context(), append(args, "--columns", "register:so_dinh_danh=rec_id,register:so_cmnd=soc_sec_id,ho_ten=surname+given_name,ngay_sinh=date_of_birth,register:ten_xa=suburb,list:row_id=rec_id,list:so_giay_to=soc_sec_id,list:xa=suburb"), nil, &out, &errs)
	if code != exitDone {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	if rows := matchRows(t, filepath.Join(dir, "m.csv")); len(rows) != 2 || rows[1][0] != "rec-9" || rows[1][1] != "match" || rows[1][2] != "rec-1" {
		t.Errorf("%q", rows)
	}
}

func TestMatchRefusesAndLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		register, list string
		extra          []string
		code           int
		says           string
	}{
		"no heading":     {matchRegister, "1,2,3\n", nil, exitRefused, "không tìm thấy dòng tiêu đề"},
		"empty list":     {matchRegister, "", nil, exitRefused, "0 byte"},
		"empty register": {strings.SplitAfter(matchRegister, "\n")[0], matchList, nil, exitRefused, "không có người nào"},
		"html":           {matchRegister, "<html><table>", nil, exitRefused, "HTML"},
		"bad column":     {matchRegister, matchList, []string{"--columns", "ten=name"}, exitUsage, "không có cột"},
		"no equals":      {matchRegister, matchList, []string{"--columns", "ho_ten"}, exitUsage, "COLUMN=HEADING"},
	} {
		dir, args := matchFiles(t, c.register, c.list)
		var out, errs bytes.Buffer
		if code := run(t.Context(), append(args, c.extra...), nil, &out, &errs); code != c.code || !strings.Contains(errs.String(), c.says) {
			t.Errorf("%s: exit %d: %s", name, code, errs.String())
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "m*")); len(left) > 0 {
			t.Errorf("%s left %v", name, left)
		}
	}
	_, args := matchFiles(t, matchRegister, matchList)
	var out, errs bytes.Buffer
	if code := run(t.Context(), args[:5], nil, &out, &errs); code != exitUsage {
		t.Errorf("without --out: exit %d", code)
	}
}
