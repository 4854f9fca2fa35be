package beneficiaries

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// checkedFile writes a list out and brings it back with cells filled in.
func (b *bundle) checkedFile(name string, cells map[string]string) string {
	b.Helper()
	var out bytes.Buffer
	_, n, err := WriteExtract(b.ctx, b.pool, b.box, &out, Extracting{Office: "31843", Stale: syncedOn.AddDate(0, 0, 9), FileName: name, By: "staff:lan", Now: syncedOn})
	b.ok(err)
	if n == 0 {
		b.Fatal("a list of nobody")
	}
	book, err := excelize.OpenReader(&out)
	b.ok(err)
	for cell, value := range cells {
		b.ok(book.SetCellValue(book.GetSheetName(0), cell, value))
	}
	path := filepath.Join(b.dir, name)
	b.ok(book.SaveAs(path))
	return path
}

func TestAListThatWentOutAndCameBackIsOnRecord(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.list(fields{"Họ và tên": "Danh Sóc Kha", "Số định danh": "095150000001"}, fields{"Họ và tên": "Lâm Mỹ Phụng", "Số định danh": "095150000002"},
		fields{"Họ và tên": "Sơn Thị Ny", "Số định danh": "095150000003"})
	path := b.checkedFile("lan1.xlsx", map[string]string{"G6": "Trùng khớp", "G7": "Chuyển đi", "L7": "Ấp 2, xã Vĩnh Lộc"})
	r, err := ImportChecked(b.ctx, b.pool, b.box, CheckedFile{Path: path, On: syncedOn, CheckedBy: "Trung tá Nguyễn Văn A", By: "staff:lan", Now: syncedOn.AddDate(0, 0, 2)})
	b.ok(err)
	sent, err := Extracts(b.ctx, b.pool, "31843", 0)
	b.ok(err)
	if len(sent) != 1 || sent[0].People != 3 || sent[0].By != "staff:lan" || len(sent[0].SHA256) != 32 || len(sent[0].Returns) != 1 {
		t.Fatalf("%+v", sent)
	}
	back := sent[0].Returns[0]
	if back.Answered != 2 || back.Unanswered != 1 || back.CheckedBy != "Trung tá Nguyễn Văn A" || back.TrueOn.Format(time.DateOnly) != "2026-10-13" || back.Outcomes[Moved] != 1 || r.Asked != 2 {
		t.Errorf("%+v, %+v", back, r)
	}
	if sent, err := Extracts(b.ctx, b.pool, "31825", 0); err != nil || len(sent) != 0 {
		t.Errorf("another office sees %+v, %v", sent, err)
	}
	// what is known for a later day is not overwritten by an older list
	older := b.checkedFile("lan2.xlsx", map[string]string{"G6": "Đã chết", "K6": "01/09/2026"})
	if r, err := ImportChecked(b.ctx, b.pool, b.box, CheckedFile{Path: older, On: syncedOn.AddDate(0, 0, -3), By: "staff:lan", Now: syncedOn}); err != nil || r.Older != 1 || r.Asked != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if s := b.one(`select register_outcome from person where name = 'Danh Sóc Kha'`); s != "match" {
		t.Errorf("an old list made them %s", s)
	}
}

func TestACheckedListThatCannotBeTrustedIsRefusedWhole(t *testing.T) {
	t.Parallel()
	b, other := newBundle(t), newBundle(t)
	for _, x := range []*bundle{b, other} {
		x.list(fields{"Họ và tên": "Danh Sóc Kha", "Số định danh": "095150000001"}, fields{"Họ và tên": "Lâm Mỹ Phụng", "Số định danh": "095150000002"})
	}
	good := map[string]string{"G6": "Trùng khớp", "G7": "Không tìm thấy"}
	with := func(cells map[string]string) map[string]string {
		out := map[string]string{}
		for k, v := range good {
			out[k] = v
		}
		for k, v := range cells {
			out[k] = v
		}
		return out
	}
	junk := filepath.Join(b.dir, "junk.xlsx")
	b.ok(os.WriteFile(junk, []byte("PK\x03\x04 not a book"), 0o600))
	empty := filepath.Join(b.dir, "empty.csv")
	b.ok(os.WriteFile(empty, nil, 0o600))
	for name, tt := range map[string]struct {
		path string
		on   time.Time
		says string
	}{
		"another province's":    {other.checkedFile("theirs.xlsx", good), syncedOn, "không phải của hệ thống này"},
		"a digit of a key":      {b.checkedFile("digit.xlsx", with(map[string]string{"A7": "1-3-AAAA"})), syncedOn, "bị sửa"},
		"a key lost":            {b.checkedFile("lost.xlsx", with(map[string]string{"A7": ""})), syncedOn, "mã đối chiếu"},
		"a result of their own": {b.checkedFile("own.xlsx", with(map[string]string{"G7": "chắc là đúng"})), syncedOn, "không phải một kết quả"},
		"dead without a day":    {b.checkedFile("dead.xlsx", with(map[string]string{"G7": "Đã chết"})), syncedOn, "ngày mất"},
		"from the future":       {b.checkedFile("future.xlsx", good), syncedOn.AddDate(0, 0, 5), "tương lai"},
		"of another year":       {b.checkedFile("old.xlsx", good), syncedOn.AddDate(-1, 0, 0), "quá cũ"},
		"not a spreadsheet":     {junk, syncedOn, "không mở được"},
		"an empty file":         {empty, syncedOn, "tiêu đề"},
	} {
		_, err := ImportChecked(b.ctx, b.pool, b.box, CheckedFile{Path: tt.path, On: tt.on, By: "staff:lan", Now: syncedOn})
		if err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v, want one that says %q", name, err, tt.says)
			continue
		}
		b.refused(err, tt.says)
	}
	if n := b.one(`select count(*) || ' ' || (select count(*) from sync) from register_return`); n != "0 0" {
		t.Errorf("refused lists left returns and syncs: %s", n)
	}
	if s := b.one(`select string_agg(distinct register_outcome, ' ') from person`); s != "unchecked" {
		t.Errorf("outcomes %s", s)
	}
	wrongOffice := CheckedFile{Path: b.checkedFile("office.xlsx", good), On: syncedOn, Office: "31825", By: "staff:lan", Now: syncedOn}
	_, err := ImportChecked(b.ctx, b.pool, b.box, wrongOffice)
	b.refused(err, "địa phương khác")
}
