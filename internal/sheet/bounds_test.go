package sheet

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// refusal reads all of a file and returns why it was refused.
func refusal(t *testing.T, path string) string {
	t.Helper()
	r, err := Open(path, Options{Columns: people})
	if err != nil {
		return err.Error()
	}
	defer r.Close()
	for _, err := range r.Rows() {
		if err != nil {
			return err.Error()
		}
	}
	return ""
}

func TestAQuoteLeftOpenIsRefusedHoweverSmallTheFile(t *testing.T) {
	t.Parallel()
	head := "Họ và tên,Ngày sinh,Xã\n"
	rows := func(n int) string { return strings.Repeat("Danh Som,1951,Vĩnh Lộc\n", n) }
	for name, tt := range map[string]struct{ text, says string }{
		"a few lines to the end":        {head + rows(2) + "\"Lý Đa Rét,1950,Vĩnh Lộc\n" + rows(3), "dòng 4: có dấu ngoặc kép"},
		"closed by another, far below":  {head + "\"Lý Đa Rét,1950,\n" + rows(300) + "Lâm Thị \"Tư\",1950,\n", "dòng 2: có dấu ngoặc kép"},
		"one line longer than any list": {head + rows(5) + strings.Repeat("x", 8<<20) + "\n", "dòng 7: "},
		"a note of three lines":         {head + "Lý Đa Rét,1950,\"ấp 1\nấp 2\nấp 3\"\n" + rows(3), ""},
		"such a note at the end":        {head + rows(3) + "Lý Đa Rét,1950,\"ấp 1\nấp 2\"", ""},
		"a quotation mark in a name":    {head + "Lý \"Đa\" Rét,1950,x\n", ""},
	} {
		got := refusal(t, save(t, "q.csv", []byte(strings.ReplaceAll(tt.text, "\n", "\r\n"))))
		if (got == "") != (tt.says == "") || !strings.Contains(got, tt.says) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// workbookOf is an .xlsx of n sheets, called by name.
func workbookOf(t *testing.T, n int, name func(int) string) string {
	t.Helper()
	var index, rels strings.Builder
	parts := map[string]string{}
	for i := range n {
		fmt.Fprintf(&index, `<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, name(i), i+1, i+1)
		fmt.Fprintf(&rels, `<Relationship Id="rId%d" Target="worksheets/sheet1.xml"/>`, i+1)
	}
	parts["xl/workbook.xml"] = `<workbook xmlns:r="x"><sheets>` + index.String() + `</sheets></workbook>`
	parts["xl/_rels/workbook.xml.rels"] = `<Relationships>` + rels.String() + `</Relationships>`
	parts["xl/worksheets/sheet1.xml"] = `<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>Họ tên</t></is></c>` +
		`<c r="B1" t="inlineStr"><is><t>Ngày sinh</t></is></c></row></sheetData></worksheet>`
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, part := range []string{"xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/worksheets/sheet1.xml"} {
		w, err := z.Create(part)
		if err == nil {
			_, err = w.Write([]byte(parts[part]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return save(t, "sheets.xlsx", buf.Bytes())
}

func TestSheetsThatCannotBeToldApartAreRefused(t *testing.T) {
	t.Parallel()
	if got := refusal(t, workbookOf(t, 2, func(int) string { return "Ấp 1" })); !strings.Contains(got, "cùng tên “Ấp 1”") {
		t.Error(got)
	}
	if got := refusal(t, workbookOf(t, 20_000, func(i int) string { return fmt.Sprint(i) })); !strings.Contains(got, "20000 trang tính") {
		t.Error(got)
	}
	if got := refusal(t, workbookOf(t, 60, func(i int) string { return fmt.Sprint("Ấp ", i) })); got != "" {
		t.Error(got)
	}
}
