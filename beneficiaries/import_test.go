package beneficiaries

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"ansinh.vn/internal/secret"
)

func TestImportReadsARow(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	got := b.list(fields{
		"Họ và tên": "Bà: NGUYỄN THỊ HOÀ", "Ngày sinh": "00/00/1942", "Số định danh": "95142000123", "Nhóm đối tượng": "Người đơn thân nuôi con", "Số con": "2",
		"Hưởng từ tháng": "05/2024", "Mức hưởng": "1.000.000 đ", "Đã chi đến tháng": "10/2026", "Hình thức": "Chuyển khoản",
		"Tên chủ tài khoản": "NGUYEN THI HOA", "Số tài khoản": "7300 2050 0012", "Ngân hàng": "Agribank chi nhánh Hồng Dân",
	})
	if got.Office != "31843" || got.Scheme != SocialAssistance || got.Imported != 1 || got.Quarantined != 0 {
		t.Fatalf("got %+v", got)
	}
	for _, want := range []struct{ what, sql, value string }{
		{"name", `select name from person`, "Nguyễn Thị Hoà"},
		{"birth keeps its precision", `select birth from person`, "1942"},
		{"category", `select category || ' ' || children || ' ' || first_month from entitlement`, "DONTHAN 2 2024-05-01"},
		{"paid before, from the opening month", `select first_month || ' ' || last_month || ' ' || amount from paid_before`, "2026-07-01 2026-10-01 1000000"},
		{"payee", `select kind || ' ' || way || ' ' || bank_bin || ' ' || holder_verdict from payee`, "self bank 970405 same"},
		{"repairs", `select string_agg(distinct r ->> 'kind', ' ' order by r ->> 'kind') from list_row, jsonb_array_elements(repairs) r`, "case lost_zero title year_only"},
		{"a repaired number is masked", `select r ->> 'to' from list_row, jsonb_array_elements(repairs) r where r ->> 'kind' = 'lost_zero'`, "0951******23"},
		{"audit", `select count(*) from audit_event where kind = 'list.imported' and actor = 'staff:lan'`, "1"},
	} {
		if got := b.one(want.sql); got != want.value {
			t.Errorf("%s: %q, want %q", want.what, got, want.value)
		}
	}
	people, err := People(b.ctx, b.pool, b.box, PersonFilter{Text: "095142000123"})
	b.ok(err)
	if len(people) != 1 || people[0].Number != "0951******23" || people[0].HoldReasons[0] != HoldReason(Unchecked) {
		t.Errorf("found by number: %+v", people)
	}
	if people, _ = People(b.ctx, b.pool, b.box, PersonFilter{Text: "nguyen thi"}); len(people) != 1 {
		t.Errorf("found by the beginning of the name: %+v", people)
	}
	account, err := b.box.Open(secret.AccountNumber, []byte(b.bytes(`select account_enc from payee`)))
	b.ok(err)
	if account != "730020500012" {
		t.Errorf("account %q", account)
	}
}

func (b *bundle) bytes(sql string) (out []byte) {
	b.Helper()
	b.ok(b.pool.QueryRow(b.ctx, sql).Scan(&out))
	return out
}

func TestImportQuarantinesWithCellAndReason(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	ok := fields{"Họ và tên": "Danh Sóc Kha"}
	with := func(k, v string) fields { return fields{"Họ và tên": "Thạch Thol", k: v} }
	got := b.list(ok, fields{"Họ và tên": "", "Số định danh": "095150000001"}, with("Nhóm đối tượng", ""), with("Nhóm đối tượng", "xem lại"), with("Hưởng từ tháng", ""),
		with("Hưởng từ tháng", "2024"), with("Ngày sinh", "hôm qua"), with("Số con", "ba"), with("Nhóm đối tượng", "DONTHAN"), with("Mức hưởng", "năm trăm"), with("Đã chi đến tháng", "10/2026"))
	if got.Received != 11 || got.Imported != 1 || got.Quarantined != 10 {
		t.Fatalf("got %+v", got)
	}
	rows, err := Quarantine(b.ctx, b.pool, b.box, got.List)
	b.ok(err)
	var report []string
	for _, r := range rows {
		report = append(report, r.Cell+" "+r.Reason)
	}
	want := []string{
		"B5 thiếu họ tên", "G6 thiếu nhóm đối tượng", "G7 không có nhóm đối tượng “xem lại” trong chính sách này", "I8 thiếu tháng bắt đầu hưởng",
		"I9 “2024” không phải là tháng; ghi như 07/2025", `C10 ngày sinh "hôm qua": không đọc được thành ngày, tháng hay năm`,
		"H11 “ba” không phải là số từ 0 đến 30", "H12 người đơn thân nuôi con phải ghi số con", "K13 mức hưởng “năm trăm” không phải là số tiền",
		"K14 đã chi đến tháng 2026-10 nhưng không ghi mức hưởng",
	}
	if strings.Join(report, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(report, "\n"), strings.Join(want, "\n"))
	}
	if rows[0].Cells[4] != "095150000001" {
		t.Errorf("the row as received: %q", rows[0].Cells)
	}
}

func TestImportTwiceIsOneImport(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	path := b.csvList("31843_btxh.csv", hongDan, fields{"Họ và tên": "Danh Sóc Kha", "Số định danh": "095150000001"}, fields{"Họ và tên": ""})
	first, err := b.importFile(path)
	b.ok(err)
	copied := filepath.Join(b.dir, "renamed.csv")
	body, err := os.ReadFile(path)
	b.ok(err)
	b.ok(os.WriteFile(copied, body, 0o600))
	before := b.one(`select count(*) || ' ' || (select count(*) from list_row) || ' ' || (select count(*) from person) || ' ' || (select count(*) from audit_event) from list`)
	again, err := b.importFile(copied)
	b.ok(err)
	if !again[0].Already || again[0].List != first[0].List || again[0].Received != 2 || again[0].Quarantined != 1 {
		t.Errorf("again: %+v, first %+v", again[0], first[0])
	}
	if after := b.one(`select count(*) || ' ' || (select count(*) from list_row) || ' ' || (select count(*) from person) || ' ' || (select count(*) from audit_event) from list`); after != before {
		t.Errorf("the second import left %s, before %s", after, before)
	}
}

func TestBadFilesAreRefusedAndLeaveNothing(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	write := func(name string, body []byte) string {
		path := filepath.Join(b.dir, name)
		b.ok(os.WriteFile(path, body, 0o600))
		return path
	}
	x := excelize.NewFile()
	for i, h := range []string{"Họ và tên", "Đối tượng", "Từ tháng"} {
		b.ok(x.SetCellValue("Sheet1", string(rune('A'+i))+"1", h))
	}
	b.ok(x.SetCellValue("Sheet1", "A2", "Danh Sóc Kha"))
	buf, err := x.WriteToBuffer()
	b.ok(err)
	whole := buf.Bytes()
	locked, err := excelize.Encrypt(whole, &excelize.Options{Password: "bi mat"})
	b.ok(err)
	empty := excelize.NewFile()
	emptyBuf, err := empty.WriteToBuffer()
	b.ok(err)
	for _, bad := range []struct{ path, says string }{
		{filepath.Join(b.dir, "none.xlsx"), "không mở được tệp"},
		{b.dir, "là thư mục"},
		{write("empty.csv", nil), "rỗng"},
		{write("empty.xlsx", emptyBuf.Bytes()), "không có dòng nào"},
		{write("truncated.xlsx", whole[:len(whole)/2]), "truncated.xlsx"},
		{write("locked.xlsx", locked), "mật khẩu"},
		{write("old.xls", append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 600)...)), ".xls"},
		{write("page.xls", []byte("<html><body>Họ và tên</body></html>")), "HTML"},
		{b.csvFile("31843_btxh.csv", [][]string{{"1", "2", "3"}, {"a", "b", "c"}}), "tiêu đề"},
		{b.csvFile("31843_btxh.csv", [][]string{{hongDan}, heads}), "không có dòng nào"},
		{b.csvFile("31843_btxh.csv", [][]string{{hongDan}, heads, {"Tổng cộng", "", "", "", ""}}), "không có dòng nào của người hưởng"},
		{b.csvList("danh sach.csv", "DANH SÁCH TRỢ CẤP XÃ HỘI", fields{"Họ và tên": "A B"}), "xã, phường nào"},
		{b.csvList("31843.csv", "DANH SÁCH", fields{"Họ và tên": "A B"}), "chính sách nào"},
		{b.csvFile("31843_btxh.csv", [][]string{{hongDan}, {"Họ và tên", "Ngày sinh", "Từ tháng"}, {"Danh Sóc Kha", "1950", "05/2024"}}), "nhóm đối tượng"},
	} {
		_, err := b.importFile(bad.path)
		b.refused(err, bad.says)
	}
	_, err = ImportList(b.ctx, b.pool, b.box, ListFile{Path: b.csvList("x.csv", hongDan, fields{"Họ và tên": "A B"}), Office: "31825", By: "x", Now: listedOn})
	b.refused(err, "tiêu đề ghi Xã Hồng Dân")
	for _, table := range []string{"list", "list_row", "person", "audit_event"} {
		if n := b.one(`select count(*) from ` + table); n != "0" {
			t.Errorf("%s rows in %s", n, table)
		}
	}
}

// TestReceivedIsImportedAndQuarantined throws random cells at the import.
func TestReceivedIsImportedAndQuarantined(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	cell := rapid.OneOf(
		rapid.SampledFrom([]string{"", "Danh Sóc Kha", "Nguyễn Thị Hoà", "1950", "15/10/1950", "31/02/1950", "095150000001", "95150000001", "9,5E+10", "385000123", "KT_N", "DONTHAN",
			"05/2024", "45000", "540.000", "-1", "TK", "Tổng cộng", "Ấp 3", "Agribank", "1234567890", "=1+1", "NguyÔn V¨n ¢n", "?", "Nguy?n"}),
		rapid.StringOfN(rapid.RuneFrom(nil, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Zs), 0, 12, 24))
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		lines := [][]string{{hongDan}, heads}
		rows := 0
		for range rapid.IntRange(1, 12).Draw(rt, "rows") {
			line := make([]string, len(heads))
			line[0] = "1" // an ordinal: a row of the list, whatever the rest says
			for i := 1; i < len(line); i++ {
				line[i] = cell.Draw(rt, "cell")
			}
			line[2] = first(line[2], "x") // never taken for a remark
			lines = append(lines, line)
			rows++
		}
		n++
		out, err := b.importFile(b.csvFile(fmt.Sprintf("31843_btxh_%d.csv", n), lines))
		if err != nil {
			rt.Fatal(err)
		}
		got := out[0]
		if !got.Already && (got.Received != rows || got.Received != got.Imported+got.Quarantined) {
			rt.Fatalf("%d rows written: received %d = imported %d + quarantined %d", rows, got.Received, got.Imported, got.Quarantined)
		}
		if held := b.one(`select count(*) from list_row where list_id = $1`, got.List); held != fmt.Sprint(got.Received) {
			rt.Fatalf("received %d, kept %s", got.Received, held)
		}
	})
}

func TestCorrectedQuarantineClosesTheGap(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	got := b.list(fields{"Họ và tên": "Danh Sóc Kha", "Số định danh": "095150000001"},
		fields{"Họ và tên": "Thạch Thol", "Nhóm đối tượng": "?", "Số định danh": "095150000002"},
		fields{"Họ và tên": "Sơn Thị Ny", "Hưởng từ tháng": "", "Số định danh": "095150000003"})
	save := func(name string, list ListID) (path string, book *excelize.File) {
		path = filepath.Join(b.dir, name)
		f, err := os.Create(path)
		b.ok(err)
		n, err := WriteQuarantine(b.ctx, b.pool, b.box, f, list)
		b.ok(err)
		b.ok(f.Close())
		if n == 0 {
			t.Fatal("nothing to correct")
		}
		book, err = excelize.OpenFile(path)
		b.ok(err)
		return path, book
	}
	path, book := save("sua.xlsx", got.List)
	sheetName := book.GetSheetName(0)
	rows, err := book.GetRows(sheetName)
	b.ok(err)
	if len(rows) != 3 || rows[0][0] != "Mã dòng" || !strings.Contains(rows[1][1], "không có nhóm đối tượng") || rows[1][2] != "G5" || rows[1][7] != "095150000002" {
		t.Fatalf("quarantine sheet: %q", rows)
	}
	marked, err := book.GetCellStyle(sheetName, "J2")
	b.ok(err)
	plain, err := book.GetCellStyle(sheetName, "E2")
	b.ok(err)
	if marked == plain {
		t.Error("the cell at fault is not marked")
	}

	// one is corrected, the other is still wrong
	b.ok(book.SetCellValue(sheetName, "J2", "Khuyết tật nặng"))
	b.ok(book.SetCellValue(sheetName, "L3", "hồi đó"))
	b.ok(book.SaveAs(path))
	second, err := b.importFile(path)
	b.ok(err)
	if s := second[0]; s.Kind != "correction" || s.Office != "31843" || s.Received != 2 || s.Imported != 1 || s.Quarantined != 1 {
		t.Fatalf("correction: %+v", s)
	}
	count := func() Count {
		counts, err := Counts(b.ctx, b.pool)
		b.ok(err)
		return Total(counts)
	}
	if c := count(); c.Received != 3 || c.Imported != 2 || c.Quarantined != 1 || c.People != 2 || c.Repeated != 0 {
		t.Errorf("after the first correction: %+v", c)
	}
	// the rest, by the sheet of the rest
	path, book = save("sua2.xlsx", second[0].List)
	rows, err = book.GetRows(book.GetSheetName(0))
	b.ok(err)
	for i, h := range rows[0] {
		if h == "Hưởng từ tháng" {
			at, _ := excelize.CoordinatesToCellName(i+1, 2)
			b.ok(book.SetCellValue(book.GetSheetName(0), at, "06/2025"))
		}
	}
	b.ok(book.SaveAs(path))
	_, err = b.importFile(path)
	b.ok(err)
	if c := count(); c.Received != 3 || c.Imported != 3 || c.Quarantined != 0 || c.People != 3 {
		t.Errorf("after the second correction: %+v", c)
	}
	if n, err := WriteQuarantine(b.ctx, b.pool, b.box, nil, got.List, second[0].List); n != 0 || err != nil {
		t.Errorf("still %d rows to correct, %v", n, err)
	}
	// a code that is not waiting here
	b.ok(book.SetCellValue(book.GetSheetName(0), "A2", "D999999"))
	b.ok(book.SaveAs(path))
	_, err = b.importFile(path)
	b.refused(err, "D999999")
}

func TestNewVersionSaysWhatChanged(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	kha := fields{"Họ và tên": "Danh Sóc Kha", "Số định danh": "095150000001"}
	thol := fields{"Họ và tên": "Thạch Thol", "Số định danh": "095150000002", "Hình thức": "TK", "Tên chủ tài khoản": "THACH THOL", "Số tài khoản": "1234567890", "Ngân hàng": "970405"}
	ny := fields{"Họ và tên": "Sơn Thị Ny", "Ngày sinh": "1951"} // without a number
	b.list(kha, thol, ny)

	thol = fields{"Họ và tên": "Thạch Thol", "Số định danh": "095150000002", "Hình thức": "TK", "Tên chủ tài khoản": "THACH THOL", "Số tài khoản": "9876543210", "Ngân hàng": "970405", "Số QĐ": "99/QĐ-UBND"}
	second := b.list(thol, ny, fields{"Họ và tên": "Lâm Mỹ Phụng", "Số định danh": "095150000004", "Mức hưởng": "500000", "Đã chi đến tháng": "10/2026"})
	if second.Version != 2 || second.Changes["added"] != 1 || second.Changes["gone"] != 1 || second.Changes["changed"] != 1 {
		t.Fatalf("second version: %+v", second)
	}
	if n := b.one(`select count(*) from person`); n != "4" {
		t.Errorf("%s persons: somebody without a number became two", n)
	}
	changes, err := Changes(b.ctx, b.pool, second.List)
	b.ok(err)
	for _, c := range changes {
		switch {
		case c.Change == "added" && c.Name == "Lâm Mỹ Phụng", c.Change == "gone" && c.Name == "Danh Sóc Kha":
		case c.Change == "changed" && c.Name == "Thạch Thol":
			if c.Fields["so_quyet_dinh"] != [2]string{"12/QĐ-UBND", "99/QĐ-UBND"} || !strings.HasSuffix(c.Fields["so_tai_khoan"][1], "9876****10") {
				t.Errorf("fields: %v", c.Fields)
			}
		default:
			t.Errorf("unexpected change %+v", c)
		}
	}
	if h := b.holds("Danh Sóc Kha", "2026-10-20"); h != "unchecked not_listed" {
		t.Errorf("dropped: held for %q", h)
	}
	if n := b.one(`select count(*) from payee y join person p on p.id = y.person_id where p.name = 'Thạch Thol' and ended_at is not null`); n != "1" {
		t.Errorf("%s former payees", n)
	}
	third := b.list(kha, thol, ny)
	if third.Changes["gone"] != 1 {
		t.Errorf("third version: %+v", third)
	}
	if h := b.holds("Danh Sóc Kha", "2026-10-20"); h != "unchecked" {
		t.Errorf("listed again: held for %q", h)
	}
}

func TestANumberFindsItsPersonOnlyUnderTheirName(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	got := b.list(
		fields{"Họ và tên": "Danh Thị Sà Rươne", "Số định danh": "095150000001", "Ngày sinh": "1950"},
		fields{"Họ và tên": "Danh Thi Sa Ruone", "Số định danh": "95150000001", "Ngày sinh": "01/01/1950", "Nhóm đối tượng": "CS_HO_KTDBN"}, // the same, other category
		fields{"Họ và tên": "Danh Thị Sà Rươne", "Số định danh": "095150000001", "Ngày sinh": "1950"},                                       // twice
		fields{"Họ và tên": "Danh Thol", "Số định danh": "095150000001", "Ngày sinh": "1975"})                                               // her son, with her number
	if got.Imported != 4 || got.Duplicates != 1 {
		t.Errorf("got %+v", got)
	}
	if n := b.one(`select count(*) from person`); n != "2" {
		t.Errorf("%s persons, want 2", n)
	}
	if s := b.one(`select other_kind || ' ' || (number_idx is null) from person where name = 'Danh Thol'`); s != "claimed true" {
		t.Errorf("the son: %q", s)
	}
	// in the population record the number is the son's after all
	b.synced(b.knows(registryRecord("095150000001", "Danh Thol", "1975-03-02", "M"), registryRecord("095150000009", "Danh Thị Sà Rươne", "1950", "F")))
	for _, want := range []struct{ name, number string }{{"Danh Thol", "095150000001"}, {"Danh Thị Sà Rươne", "095150000009"}} {
		sealed := []byte(b.bytes(`select number_enc from person where name = '` + want.name + `'`))
		number, err := b.box.Open(secret.PersonNumber, sealed)
		b.ok(err)
		if number != want.number || b.holds(want.name, "2026-10-20") != "" {
			t.Errorf("%s: number %s, held for %q", want.name, number, b.holds(want.name, "2026-10-20"))
		}
	}
}

func TestOnePersonOnTwoSchemesAndTwoCommunes(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	row := fields{"Họ và tên": "Danh Sóc Kha", "Số định danh": "095150000001"}
	b.list(row)
	pension := fields{"Họ và tên": "Danh Sóc Kha", "Số định danh": "095150000001", "Nhóm đối tượng": "HTXH"}
	_, err := b.importFile(b.csvList("31843_htxh.csv", "DANH SÁCH HƯỞNG TRỢ CẤP HƯU TRÍ XÃ HỘI, UBND XÃ HỒNG DÂN", pension))
	b.ok(err)
	if h := b.holds("Danh Sóc Kha", "2026-10-20"); h != "unchecked" {
		t.Errorf("two schemes of one commune: held for %q", h)
	}
	_, err = b.importFile(b.csvList("31825_btxh.csv", "TRỢ CẤP XÃ HỘI", row))
	b.ok(err)
	if h := b.holds("Danh Sóc Kha", "2026-10-20"); h != "unchecked two_offices" {
		t.Errorf("two communes: held for %q", h)
	}
	if n := b.one(`select count(*) || ' ' || (select count(*) from entitlement) from person`); n != "1 3" {
		t.Errorf("persons and entitlements: %s", n)
	}
}

func TestListIsFinishedForEver(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	got := b.list(fields{"Họ và tên": "Danh Sóc Kha"})
	for _, sql := range []string{
		`update list set imported = 2, received = 2 where id = $1`,
		`insert into list_row (list_id, row_no, state, cells, reason) values ($1, 99, 'quarantined', '', 'x')`,
		`insert into list (kind, office, scheme, version, file_name, sha256, size, imported_by, imported_at, received, imported, done) select kind, office, scheme, 2, 'x', sha256('y'), 1, 'x', now(), 5, 5, true from list where id = $1`,
	} {
		if _, err := b.pool.Exec(b.ctx, sql, got.List); err == nil {
			t.Errorf("allowed: %s", sql)
		}
	}
}
