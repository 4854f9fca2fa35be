package sheet

import (
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

var people = Columns{
	{Key: "so", Names: []string{"Số giấy tờ", "Số định danh cá nhân", "CCCD", "Số CMND"}},
	{Key: "ho_ten", Names: []string{"Họ và tên", "Họ tên"}, Required: true},
	{Key: "ngay_sinh", Names: []string{"Ngày sinh", "Năm sinh", "Ngày tháng năm sinh"}, Required: true},
	{Key: "xa", Names: []string{"Xã", "Xã, phường"}},
}

func save(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// all reads a file and renders its rows as "sheet/number: a|b|c|d".
func all(t *testing.T, path string, opt Options) []string {
	t.Helper()
	r, err := Open(path, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var out []string
	for row, err := range r.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		mark := ""
		if row.Remark {
			mark = "#"
		}
		out = append(out, fmt.Sprintf("%s/%d%s: %s", row.Sheet, row.Number, mark, strings.Join(row.values, "|")))
	}
	return out
}

func TestHeadingIsFoundAmongTitlesInTwoLinesAndSeveralSheets(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	set := func(sheet string, rows ...[]any) {
		for i, r := range rows {
			if err := f.SetSheetRow(sheet, fmt.Sprintf("A%d", i+1), &r); err != nil {
				t.Fatal(err)
			}
		}
	}
	f.SetSheetName("Sheet1", "Hưu trí")
	f.NewSheet("Khuyết tật")
	f.NewSheet("Hướng dẫn")
	set("Hưu trí",
		[]any{"ỦY BAN NHÂN DÂN XÃ VĨNH LỘC"},
		[]any{"DANH SÁCH CHI TRẢ THÁNG 11"},
		[]any{},
		[]any{"STT", "Họ và tên", "Ngày tháng năm sinh", "Số CCCD/CMND"},
		[]any{"(1)", "(2)", "(3)", "(4)"},
		[]any{1, "Danh Thị Sà Rươne", "1942", "095154000123"},
		[]any{2, "Nguyễn Văn Ân", 15627, 95154000124},
		[]any{},
		[]any{"", "Tổng cộng: 2 người"},
		[]any{"", "", "Người lập biểu"})
	set("Khuyết tật",
		[]any{"STT", "Người hưởng", "", "Giấy tờ", "", "Địa bàn"},
		[]any{"", "Họ tên", "Năm sinh", "Loại", "Số CMND", "Xã"},
		[]any{1, "Lý Đa Rét", "1950", "CMND", "385000123", "Vĩnh Lộc"})
	set("Hướng dẫn", []any{"Ghi chú cách điền"}, []any{"Không sửa dòng tiêu đề"})
	path := filepath.Join(t.TempDir(), "ds.xlsx")
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"Hưu trí/6: 095154000123|Danh Thị Sà Rươne|1942|",
		"Hưu trí/7: 95154000124|Nguyễn Văn Ân|15627|",
		"Hưu trí/9#: |Tổng cộng: 2 người||",
		"Hưu trí/10#: ||Người lập biểu|",
		"Khuyết tật/3: 385000123|Lý Đa Rét|1950|Vĩnh Lộc",
	}
	if diff := cmp.Diff(want, all(t, path, Options{Columns: people})); diff != "" {
		t.Error(diff)
	}
	r, _ := Open(path, Options{Columns: people})
	defer r.Close()
	if tb := r.Tables(); !tb[2].Skipped || tb[0].Heading != 4 || tb[1].Heading != 2 {
		t.Errorf("tables: %+v", tb)
	}
	for row := range r.Rows() {
		if got := row.Where("so"); got != "Sheet 'Hưu trí', ô D6" {
			t.Errorf("where: %s", got)
		}
		break
	}
}

func TestDatesOfExcelComeAsDays(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	day, _ := f.NewStyle(&excelize.Style{NumFmt: 14})
	own := "dd/mm/yyyy"
	custom, _ := f.NewStyle(&excelize.Style{CustomNumFmt: &own})
	f.SetSheetRow("Sheet1", "A1", &[]any{"Họ tên", "Ngày sinh"})
	f.SetSheetRow("Sheet1", "A2", &[]any{"Lý Đa Rét", 15627})
	f.SetSheetRow("Sheet1", "A3", &[]any{"Danh Som", 15627.5})
	f.SetCellStyle("Sheet1", "B2", "B2", day)
	f.SetCellStyle("Sheet1", "B3", "B3", custom)
	path := filepath.Join(t.TempDir(), "ds.xlsx")
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	want := []string{"Sheet1/2: |Lý Đa Rét|1942-10-13|", "Sheet1/3: |Danh Som|1942-10-13|"}
	if diff := cmp.Diff(want, all(t, path, Options{Columns: people})); diff != "" {
		t.Error(diff)
	}
}

func TestCSVInEveryEncoding(t *testing.T) {
	t.Parallel()
	text := "Số CCCD;Họ và tên;Ngày sinh;Xã\r\n095154000123;Danh Thị Sà Rươne;1942;Vĩnh Lộc\r\n"
	units := utf16.Encode([]rune(text))
	le, be := []byte{0xFF, 0xFE}, []byte{0xFE, 0xFF}
	for _, u := range units {
		le = append(le, byte(u), byte(u>>8))
		be = append(be, byte(u>>8), byte(u))
	}
	// TCVN3, as an old program saved it.
	tcvn3 := "S\xe8 CCCD;H\xe4 v\xb5 t\xaan;Ng\xb5y sinh;X\xb7\r\n095154000123;Danh Th\xde S\xb5 R\xad\xacne;1942;V\xdcnh L\xe9c\r\n"
	decode := strings.NewReplacer("µ", "à", "ª", "ê", "ä", "ọ", "è", "ố", "·", "ã").Replace
	want := []string{"/2: 095154000123|Danh Thị Sà Rươne|1942|Vĩnh Lộc"}
	for name, content := range map[string][]byte{"utf8": []byte(text), "bom": []byte("\xef\xbb\xbf" + text), "le": le, "be": be, "le-no-bom": le[2:], "be-no-bom": be[2:]} {
		if diff := cmp.Diff(want, all(t, save(t, name+".csv", content), Options{Columns: people})); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	got := all(t, save(t, "tcvn3.csv", []byte(tcvn3)), Options{Columns: people, Decoders: []func(string) string{decode}})
	if diff := cmp.Diff([]string{"/2: 095154000123|Danh ThÞ Sµ R\u00ad¬ne|1942|VÜnh Léc"}, got); diff != "" {
		t.Errorf("tcvn3: %s", diff)
	}
}

func TestHeadingsByMapping(t *testing.T) {
	t.Parallel()
	path := save(t, "febrl.csv", []byte("rec_id, given_name, surname, date_of_birth\nrec-1, anna, white, 19421015\n"))
	got := all(t, path, Options{Columns: people, Map: map[string]string{"ho_ten": "surname+given_name", "ngay_sinh": "date_of_birth", "so": "rec_id"}})
	if diff := cmp.Diff([]string{"/2: rec-1|white anna|19421015|"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsNoListIsRefusedWithWhatToDo(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	f.SetSheetRow("Sheet1", "A1", &[]any{"Họ tên", "Ngày sinh"})
	var plain, locked bytes.Buffer
	if err := f.Write(&plain); err != nil {
		t.Fatal(err)
	}
	if err := f.Write(&locked, excelize.Options{Password: "x"}); err != nil {
		t.Fatal(err)
	}
	blank := excelize.NewFile()
	var empty bytes.Buffer
	if err := blank.Write(&empty); err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	zw, _ := z.Create("anh.txt")
	zw.Write([]byte("x"))
	z.Close()
	for name, c := range map[string]struct {
		content []byte
		says    string
	}{
		"locked.xlsx":    {locked.Bytes(), "mật khẩu"},
		"truncated.xlsx": {plain.Bytes()[:plain.Len()/2], "cắt cụt"},
		"blank.xlsx":     {empty.Bytes(), "không có dòng nào"},
		"empty.csv":      {nil, "0 byte"},
		"html.xls":       {[]byte("\r\n<html><body>Họ tên"), "HTML"},
		"old.xls":        {append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 5000)...), ".xls kiểu cũ"},
		"ds.pdf":         {[]byte("%PDF-1.7 …"), "PDF"},
		"anh.zip":        {archive.Bytes(), ".zip"},
		"noise.csv":      {bytes.Repeat([]byte{0x00, 0x07, 0x00, 0x08, 0x00}, 900), "không phải bảng tính"},
		"other.csv":      {[]byte("a,b,c\n1,2,3\n"), "không tìm thấy dòng tiêu đề"},
		"half.csv":       {[]byte("Họ và tên,Xã\nAn,Vĩnh Lộc\n"), "chỉ thấy Họ và tên"},
	} {
		_, err := Open(save(t, name, c.content), Options{Columns: people, Name: name})
		var refused *Refused
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none.xlsx"), Options{}); err == nil || !strings.Contains(err.Error(), "không có tệp này") {
		t.Error(err)
	}
}

// bomb is an .xlsx whose sheet unpacks to size bytes of blanks between two rows.
func bomb(t *testing.T, size int) string {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	put := func(name, content string, fill int) {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		head, tail, _ := strings.Cut(content, "FILL")
		w.Write([]byte(head))
		blanks := bytes.Repeat([]byte(" "), 1<<20)
		for ; fill > 0; fill -= len(blanks) {
			w.Write(blanks)
		}
		w.Write([]byte(tail))
	}
	put("xl/workbook.xml", `<workbook xmlns:r="x"><sheets><sheet name="A" sheetId="1" r:id="rId1"/></sheets></workbook>`, 0)
	put("xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>`, 0)
	put("xl/worksheets/sheet1.xml", `<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>Họ tên</t></is></c><c r="B1" t="inlineStr"><is><t>Ngày sinh</t></is></c></row>FILL<row r="2"><c r="A2" t="inlineStr"><is><t>Lý &amp; Đa</t></is></c><c r="B2"><v>1950</v></c></row></sheetData></worksheet>`, size)
	z.Close()
	return save(t, "bomb.xlsx", buf.Bytes())
}

func TestABombIsRefusedOrStreamed(t *testing.T) {
	t.Parallel()
	path := bomb(t, 64<<20)
	if diff := cmp.Diff([]string{"A/2: |Lý & Đa|1950|"}, all(t, path, Options{Columns: people})); diff != "" {
		t.Error(diff)
	}
	_, err := Open(path, Options{Columns: people, Limits: Limits{Part: 32 << 20}})
	var refused *Refused
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), "quá giới hạn 32 MB") {
		t.Error(err)
	}
}

func TestAnOpenQuoteDoesNotSwallowTheFile(t *testing.T) {
	t.Parallel()
	text := "Họ và tên,Ngày sinh\n\"Lý Đa Rét,1950\n" + strings.Repeat("Danh Som,1951\n", 200_000)
	_, err := func() (n int, err error) {
		r, err := Open(save(t, "q.csv", []byte(text)), Options{Columns: people})
		if err != nil {
			return 0, err
		}
		defer r.Close()
		for _, err := range r.Rows() {
			if err != nil {
				return n, err
			}
			n++
		}
		return n, nil
	}()
	if err == nil || !strings.Contains(err.Error(), "dòng 2: có dấu ngoặc kép") {
		t.Error(err)
	}
}

func TestWriterWritesWhatTheReaderReads(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "out.xlsx")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := NewWriter(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"Hưu trí: 1/2", "Khuyết tật"} {
		if err := w.Sheet(s, []string{"Họ và tên", "Ngày sinh", "Lý do"}); err != nil {
			t.Fatal(err)
		}
		if err := w.Row("=cmd|' /C calc'!A0", "1942", Cell{Value: "thiếu số", Mark: true}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	want := []string{"Hưu trí  1 2/2: |=cmd|' /C calc'!A0|1942|", "Khuyết tật/2: |=cmd|' /C calc'!A0|1942|"}
	if diff := cmp.Diff(want, all(t, path, Options{Columns: people})); diff != "" {
		t.Error(diff)
	}
	x, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if formula, _ := x.GetCellFormula("Khuyết tật", "A2"); formula != "" {
		t.Errorf("a formula: %q", formula)
	}
}

func TestCSVIsSafeToOpen(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	c, err := NewCSV(&b, "a", "b", "c", "d")
	if err != nil {
		t.Fatal(err)
	}
	c.Row("=1+1", "-540000", "@x", "Danh, Som")
	c.Close()
	if got, want := b.String(), "a,b,c,d\n'=1+1,-540000,'@x,\"Danh, Som\"\n"; got != want {
		t.Errorf("%q", got)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte("Họ và tên,Ngày sinh\nLý Đa Rét,1950\n"))
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte("\xff\xfeH\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Open(save(t, "x", b), Options{Columns: people})
		if err != nil {
			return
		}
		defer r.Close()
		for _, err := range r.Rows() {
			if err != nil {
				return
			}
		}
	})
}

func FuzzSheetXML(f *testing.F) {
	f.Add([]byte(`<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row></sheetData></worksheet>`))
	f.Add([]byte(`<row><c><v>&#x41;_x0041_</v></c><!-- " --><c r="ZZZZ9"><v><![CDATA[x]]></v></c></row>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		w := &workbook{name: "x", lim: Limits{Rows: 1000}}
		_ = w.scanRows(newScanner(newBuf(b)), func(r rawRow, err error) bool {
			if len(r.cells) > maxColumns {
				t.Fatal("too many columns")
			}
			return true
		})
	})
}

func newBuf(b []byte) *bufio.Reader { return bufio.NewReader(bytes.NewReader(b)) }
