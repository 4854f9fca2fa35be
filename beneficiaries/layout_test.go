package beneficiaries

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"

	"ansinh.vn/identity"
)

// people renders everybody with what a layout could lose.
func (b *bundle) everybody() []string {
	b.Helper()
	rows, err := b.pool.Query(b.ctx, `
		select concat_ws('|', p.name, p.birth, coalesce(p.sex, ''), p.hamlet, e.category, coalesce(p.e_identity::text, ''))
		  from person p join entitlement e on e.person_id = p.id order by e.row_id`)
	b.ok(err)
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		b.ok(rows.Scan(&s))
		out = append(out, s)
	}
	return out
}

func TestHeadingsOfGroupsSayWhatTheirRowsLeaveOut(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	got, err := b.importFile(b.csvFile("31843_btxh.csv", [][]string{
		{hongDan},
		{"TT", "Họ và tên", "Năm sinh", "", "Hưởng từ tháng", "VNeID"},
		{"", "", "Nam", "Nữ", "", ""},
		{"I", "Người khuyết tật nặng", "", "", "", ""},
		{"", "Ấp Cầu Đỏ", "", "", "", ""},
		{"1", "Danh Sóc Kha", "1950", "", "05/2024", "có"},
		{"2", "Thạch Thị Thol", "", "1951", "05/2024", "chưa"},
		{"", "Ấp Nội Ô", "", "", "", ""},
		{"3", "Sơn Thị Ny", "", "1952", "05/2024", ""},
		{"II", "Người đơn thân nuôi con", "", "", "", ""},
		{"4", "Lâm Mỹ Phụng", "", "1980", "05/2024", ""},
		{"", "Cộng: 4 người", "", "", "", ""},
	}))
	b.ok(err)
	if got[0].Received != 4 || got[0].Quarantined != 1 || got[0].Imported != 3 {
		t.Errorf("received %+v", got[0])
	}
	want := []string{"Danh Sóc Kha|1950|M|Ấp Cầu Đỏ|KT_N|true", "Thạch Thị Thol|1951|F|Ấp Cầu Đỏ|KT_N|false", "Sơn Thị Ny|1952|F|Ấp Nội Ô|KT_N|"}
	if diff := cmp.Diff(want, b.everybody()); diff != "" {
		t.Error(diff)
	}
	if s := b.one(`select cell || ' ' || reason from list_row where state = 'quarantined'`); s != "11 người đơn thân nuôi con phải ghi số con" {
		t.Errorf("quarantined for %q", s)
	}
	if n := b.one(`select remarks from list`); n != "5" {
		t.Errorf("%s rows name nobody, want 5", n)
	}
}

func TestAColumnOfNumbersThatSlidIsBroughtBack(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	var rows []fields
	years := []int{1940, 1951, 1962, 1943, 1974, 1955, 1936, 1947, 1968, 1959}
	number := func(i int) string { return fmt.Sprintf("0951%02d%06d", years[i]%100, 100+i) } // a woman of that year
	for i, y := range years {
		r := fields{"Họ và tên": fmt.Sprintf("Danh Thị Số%c", 'A'+i), "Ngày sinh": fmt.Sprint(y), "Số định danh": number(i)}
		if i >= 3 { // from the fourth on a cell was inserted
			r["Số định danh"] = number(i - 1)
		}
		if i == 2 {
			r["Số định danh"] = ""
		}
		rows = append(rows, r)
	}
	rows[3]["Số định danh"] = number(2)
	b.list(rows...)
	for i := range years {
		name := fmt.Sprintf("Danh Thị Số%c", 'A'+i)
		people, err := People(b.ctx, b.pool, b.box, PersonFilter{Text: number(i)})
		b.ok(err)
		switch {
		case i == len(years)-1: // pushed out of the sheet
			if len(people) != 0 {
				t.Errorf("%s: %+v", name, people)
			}
		case len(people) != 1 || strings.ReplaceAll(people[0].Name, " ", "") != strings.ReplaceAll(name, " ", ""):
			t.Errorf("%s has not number %d: %+v", name, i, people)
		}
	}
	if n := b.one(`select count(*) from list_row where repairs @> '[{"kind": "slid"}]'`); n != "7" {
		t.Errorf("%s repairs recorded, want 7", n)
	}
}

func TestARowPushedAsideIsReadInPlace(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	got, err := b.importFile(b.csvFile("31843_btxh.csv", [][]string{
		{hongDan},
		{"TT", "Số định danh", "Họ và tên", "Ngày sinh", "Đối tượng", "Hưởng từ tháng", "Ghi chú"},
		{"1", "095150000001", "Danh Thị Sà Rươne", "1950", "KT_N", "05/2024", ""},
		{"2", "", "095151000002", "Thạch Thị Thol", "1951", "KT_N", "05/2024"},
		{"095152000003", "Sơn Thị Ny", "1952", "KT_N", "05/2024", "", ""},
		{"4", "095152000004", "#REF!", "1952", "KT_N", "05/2024", ""},
	}))
	b.ok(err)
	if got[0].Imported != 3 || got[0].Quarantined != 1 {
		t.Errorf("%+v", got[0])
	}
	want := []string{"Danh Thị Sà Rươne|1950|F||KT_N|", "Thạch Thị Thol|1951|F||KT_N|", "Sơn Thị Ny|1952|F||KT_N|"}
	if diff := cmp.Diff(want, b.everybody()); diff != "" {
		t.Error(diff)
	}
}

func TestFontsDecideWhereTextsAreTooFew(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	f := excelize.NewFile()
	style := func(family string) int {
		id, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Family: family}})
		b.ok(err)
		return id
	}
	for i, r := range [][]any{
		{"TRỢ CẤP XÃ HỘI - UBND XÃ HỒNG DÂN"}, {"Họ và tên", "Ngày sinh", "Đối tượng", "Hưởng từ tháng"},
		{"Danh Sµ", "1950", "KT_N", "05/2024"}, {"Lyù Myõ", "1951", "KT_N", "05/2024"}, {"Thạch Sà", "1952", "KT_N", "05/2024"},
	} {
		b.ok(f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &r))
	}
	b.ok(f.SetCellStyle("Sheet1", "A3", "A3", style(".VnTime")))
	b.ok(f.SetCellStyle("Sheet1", "A4", "A4", style("VNI-Times")))
	path := filepath.Join(b.dir, "ds.xlsx")
	b.ok(f.SaveAs(path))
	_, err := b.importFile(path)
	b.ok(err)
	if s := b.one(`select string_agg(name, '|' order by id) from person`); s != "Danh Sà|Lý Mỹ|Thạch Sà" {
		t.Errorf("names %q", s)
	}
}

func TestTextOfEveryEncodingIsImported(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	names := []string{"Nguyễn Thị Hường", "Trần Văn Đực", "Lê Thị Tuyết", "Phạm Hữu Phước", "Huỳnh Mỹ Ngọc", "Đặng Quốc Khởi", "Thạch Thị Sà Rươne", "Võ Thị Bưởi"}
	var want []string
	for i, e := range []identity.Encoding{identity.TCVN3, identity.VNI, identity.VISCII, identity.Windows1258} {
		text := "TRO CAP XA HOI - UBND XA HONG DAN\nHo va ten,Ngay sinh,Doi tuong,Huong tu thang,Ap\n"
		for _, name := range names {
			text += e.Encode(name) + fmt.Sprintf(",19%02d,KT_N,05/2024,%s\n", 40+i, e.Encode("Ấp Cầu Đỏ"))
			want = append(want, fmt.Sprintf("%s|19%02d||Ấp Cầu Đỏ|KT_N|", name, 40+i))
		}
		path := filepath.Join(b.dir, fmt.Sprintf("31843_%d.csv", i))
		b.ok(os.WriteFile(path, latin(text), 0o600))
		out, err := ImportList(b.ctx, b.pool, b.box, ListFile{Path: path, Office: "31843", Scheme: SocialAssistance, By: "staff:lan", Now: listedOn})
		b.ok(err)
		if out[0].Imported != len(names) {
			t.Errorf("%s: %+v", e, out[0])
		}
	}
	if diff := cmp.Diff(want, b.everybody()); diff != "" {
		t.Error(diff)
	}
}

// latin writes each character as the byte that Windows-1252 shows as it.
func latin(text string) (out []byte) {
	for _, r := range text {
		if c, ok := charmap.Windows1252.EncodeRune(r); ok {
			out = append(out, c)
		} else {
			out = append(out, byte(r))
		}
	}
	return out
}
