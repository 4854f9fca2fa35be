package sheet

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

var listed = Columns{
	{Key: "so", Names: []string{"Số CCCD"}},
	{Key: "ho_ten", Names: []string{"Họ và tên"}, Required: true},
	{Key: "ngay_sinh", Names: []string{"Ngày sinh", "Năm sinh"}},
	{Key: "gioi_tinh", Names: []string{"Giới tính"}},
	{Key: "ap", Names: []string{"Ấp"}},
	{Key: "muc", Names: []string{"Mức hưởng"}, Sum: true},
}

// book writes rows from A1 and merges ranges.
func book(t *testing.T, rows [][]any, merges ...string) string {
	t.Helper()
	f := excelize.NewFile()
	for i, r := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &r); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range merges {
		from, to, _ := strings.Cut(m, ":")
		if err := f.MergeCell("Sheet1", from, to); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "ds.xlsx")
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestACellMergedOverRowsStandsInEachOfThemButASumInTheFirst(t *testing.T) {
	t.Parallel()
	path := book(t, [][]any{
		{"DANH SÁCH", nil, nil, nil},
		{"Ấp", "Họ và tên", "Năm sinh", "Mức hưởng"},
		{"Ấp 1", "Danh Som", "1950", "1000000"},
		{nil, "Lý Đa Rét", "1951", nil},
		{nil, "Kim Sa", "1952", "500000"},
		{"Ấp 2", "Sơn Ny", "1953", "500000"},
	}, "A1:D1", "A3:A5", "D3:D4")
	want := []string{
		"Sheet1/3: |Danh Som|1950||Ấp 1|1000000", "Sheet1/4: |Lý Đa Rét|1951||Ấp 1|", "Sheet1/5: |Kim Sa|1952||Ấp 1|500000", "Sheet1/6: |Sơn Ny|1953||Ấp 2|500000",
	}
	if diff := cmp.Diff(want, all(t, path, Options{Columns: listed})); diff != "" {
		t.Error(diff)
	}
}

func TestOneThingInSeveralColumnsIsPutTogether(t *testing.T) {
	t.Parallel()
	path := book(t, [][]any{
		{"TT", "Họ và tên", nil, "Năm sinh", nil, "Ngày cấp", nil, nil, "Số CCCD"},
		{nil, nil, nil, "Nam", "Nữ"},
		{1, "Danh Thị", "Som", nil, "1950", nil, nil, nil, "095150000001"},
		{2, "Lý Đa", "Rét", "1951", nil, nil, nil, nil, "095051000001"},
	}, "A1:A2", "B1:C2", "D1:E1", "I1:I2")
	want := []string{"Sheet1/3: 095150000001|Danh Thị Som|1950|||", "Sheet1/4: 095051000001|Lý Đa Rét|1951|||"}
	if diff := cmp.Diff(want, all(t, path, Options{Columns: listed})); diff != "" {
		t.Error(diff)
	}
	r, err := Open(path, Options{Columns: listed})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var parts []string
	for row := range r.Rows() {
		parts = append(parts, row.Part(2))
	}
	if diff := cmp.Diff([]string{"Nữ", "Nam"}, parts); diff != "" {
		t.Error(diff)
	}

	path = book(t, [][]any{
		{"TT", "Họ và tên", "Ngày sinh", nil, nil, "Giới tính", nil},
		{nil, nil, "Ngày", "Tháng", "Năm", "Nam", "Nữ"},
		{1, "Danh Thị Som", 15, 10, 1950, nil, "x"},
		{2, "Lý Đa Rét", nil, nil, 1951, "x", nil},
	})
	want = []string{"Sheet1/3: |Danh Thị Som|15 10 1950|x||", "Sheet1/4: |Lý Đa Rét|1951|x||"}
	if diff := cmp.Diff(want, all(t, path, Options{Columns: listed})); diff != "" {
		t.Error(diff)
	}
}

func TestRowsThatHeadAGroupNameNobody(t *testing.T) {
	t.Parallel()
	path := book(t, [][]any{
		{"TT", "Họ và tên", "Năm sinh", "Số CCCD"},
		{"I", "Người cao tuổi từ 80 tuổi", nil, nil},
		{nil, "Ấp 3", nil, nil},
		{1, "Danh Som", "1940", "095040000001"},
		{"A.1", "Người khuyết tật nặng", nil, "12 người"},
		{"* Khóm Cầu Đỏ"},
		{2, "Xà Rươne", nil, nil}, // a person of whom nothing else is known
		{3, "Thạch Khu", "1951", nil},
		{"1. Ấp Nội Ô"},
		{"II. XÃ VĨNH LỘC", nil, nil, 25},
		{4, "I Văn Ba", "1952", nil},
		{nil, "Cộng ấp 3: 2 người"},
	})
	r, err := Open(path, Options{Columns: listed})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var got []string
	for row := range r.Rows() {
		got = append(got, fmt.Sprintf("%d %v %s", row.Number, row.Remark, row.Group))
	}
	want := []string{"2 true Người cao tuổi từ 80 tuổi", "3 true Ấp 3", "4 false ", "5 true Người khuyết tật nặng", "6 true Khóm Cầu Đỏ", "7 false ", "8 false ",
		"9 true Ấp Nội Ô", "10 true XÃ VĨNH LỘC", "11 false ", "12 true "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAFontOfBeforeUnicodeIsTold(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	font := func(name string) int {
		id, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Family: name}})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	tcvn, vni, plain := font(".VnTime"), font("VNI-Times"), font("Times New Roman")
	for i, r := range [][]any{{"Họ và tên", "Năm sinh"}, {"Danh Som", "1950"}, {"NguyÔn V¨n ¢n", "1951"}, {"Nguyeãn Vaên Ba", "1952"}} {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &r); err != nil {
			t.Fatal(err)
		}
	}
	for cell, style := range map[string]int{"A2": plain, "A3": tcvn, "A4": vni} {
		if err := f.SetCellStyle("Sheet1", cell, cell, style); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "ds.xlsx")
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	r, err := Open(path, Options{Columns: listed})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var got []Font
	for row := range r.Rows() {
		got = append(got, row.Font(1))
	}
	if diff := cmp.Diff([]Font{FontUnicode, FontTCVN3, FontVNI}, got); diff != "" {
		t.Error(diff)
	}
}

func TestATableOfHTMLUnderTheNameOfASpreadsheet(t *testing.T) {
	t.Parallel()
	page := `<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><meta charset=utf-8><title>Trang 1</title><style>td {mso-number-format:"\@"}</style></head>
<body><table><tr><td colspan=4>DANH S&Aacute;CH <b>CHI TRẢ</b></td></tr>
<tr><th rowspan=2>Ấp<th rowspan=2>Họ và<br>tên<th colspan=2>Năm sinh<tr><td>Nam<td>Nữ
<tr><td rowspan=2>Ấp 1</td><td> Danh&nbsp;Som </td><td x:num>1950</td><td></td></tr>
<tr><td>Lý &#272;a Rét</td><td></td><td>1951</td></tr><tr><td>Ấp 2<td>Kim Sa<td>1952<td></table></body></html>`
	want := []string{"/4: |Danh Som|1950||Ấp 1|", "/5: |Lý Đa Rét|1951||Ấp 1|", "/6: |Kim Sa|1952||Ấp 2|"}
	if diff := cmp.Diff(want, all(t, save(t, "ds.xls", []byte(page)), Options{Columns: listed})); diff != "" {
		t.Error(diff)
	}
	// the same in two bytes a letter, as some programs write it
	wide := []byte{0xFF, 0xFE}
	for _, r := range page {
		wide = append(wide, byte(r), byte(r>>8))
	}
	if diff := cmp.Diff(want, all(t, save(t, "wide.xls", wide), Options{Columns: listed})); diff != "" {
		t.Error(diff)
	}
	for name, page := range map[string]string{"frames.xls": `<html><frameset><frame src="sheet001.htm"></frameset></html>`, "error.xls": "<!DOCTYPE html><html><body>504 Gateway Timeout</body></html>"} {
		if got := refusal(t, save(t, name, []byte(page))); !strings.Contains(got, "không có bảng nào") || !strings.Contains(got, "Lưu thành") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func FuzzHTML(f *testing.F) {
	f.Add([]byte("<table><tr><td rowspan=3 colspan=2>a<td>b<tr><td>c"))
	f.Add([]byte("<table><td colspan=99999 rowspan=-1>a</table><tr>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(path, append([]byte("<html>"), b...), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Open(path, Options{Columns: listed})
		if err != nil {
			return
		}
		defer r.Close()
		for row, err := range r.Rows() {
			if err != nil {
				return
			}
			if len(row.Cells()) > maxColumns {
				t.Fatal("too many columns")
			}
		}
	})
}

func TestWhatIsHiddenIsReadAndAFormulaByItsValue(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	for _, name := range []string{"Sheet1", "Ẩn"} {
		if name != "Sheet1" {
			if _, err := f.NewSheet(name); err != nil {
				t.Fatal(err)
			}
		}
		for i, r := range [][]any{{"Họ và tên", "Năm sinh", "Số CCCD", "Ấp"}, {"Danh Som", "1950", 9.5150000001e+10, "Ấp 1"}, {"Lý Đa Rét", "1951", "95151000002", "Ấp 1"}} {
			if err := f.SetSheetRow(name, fmt.Sprintf("A%d", i+1), &r); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, err := range []error{f.SetRowVisible("Sheet1", 3, false), f.SetSheetVisible("Ẩn", false)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "ds.xlsx")
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	want := []string{"Sheet1/2: 95150000001|Danh Som|1950||Ấp 1|", "Sheet1/3: 95151000002|Lý Đa Rét|1951||Ấp 1|",
		"Ẩn/2: 95150000001|Danh Som|1950||Ấp 1|", "Ẩn/3: 95151000002|Lý Đa Rét|1951||Ấp 1|"}
	if diff := cmp.Diff(want, all(t, path, Options{Columns: listed})); diff != "" {
		t.Error(diff)
	}
	// as Excel writes formulas: a text, a number, one without a value, an error
	const row = `<worksheet><sheetData><row r="1"><c r="A1" t="str"><f>"Ấp "&amp;1</f><v>Ấp 1</v></c><c r="B1"><f>A2*2</f><v>540000</v></c>` +
		`<c r="C1"><f>A9</f></c><c r="D1" t="e"><f>1/0</f><v>#DIV/0!</v></c></row></sheetData></worksheet>`
	w := &workbook{lim: Limits{Rows: 10}}
	err := w.scanRows(newScanner(newBuf([]byte(row))), func(r rawRow, _ error) bool {
		if diff := cmp.Diff([]string{"Ấp 1", "540000", "", "#DIV/0!"}, r.cells); diff != "" {
			t.Error(diff)
		}
		return true
	})
	if err != nil {
		t.Error(err)
	}
}

func TestTwoHeadingsOfOneMeaningKeepTheFirst(t *testing.T) {
	t.Parallel()
	path := book(t, [][]any{{"Họ và tên", "Năm sinh", "Số CCCD", "Số CCCD"}, {"Danh Som", "1950", "095150000001", "095150000009"}})
	if diff := cmp.Diff([]string{"Sheet1/2: 095150000001|Danh Som|1950|||"}, all(t, path, Options{Columns: listed})); diff != "" {
		t.Error(diff)
	}
}
