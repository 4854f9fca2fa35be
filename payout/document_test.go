package payout

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/xuri/excelize/v2"

	"ansinh.vn/money"
)

// opened reads the sheets of a document as text.
func (b *bundle) opened(content []byte) (sheets map[string][][]string) {
	b.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(content))
	b.check(err)
	sheets = map[string][][]string{}
	for _, name := range f.GetSheetList() {
		rows, err := f.GetRows(name, excelize.Options{RawCellValue: true})
		b.check(err)
		sheets[name] = rows
	}
	return sheets
}

func (b *bundle) document(run RunID, kind DocumentKind) (Document, map[string][][]string) {
	b.Helper()
	var out, again bytes.Buffer
	d, err := WriteDocument(b.ctx, b.pool, b.box, run, kind, &out)
	b.check(err)
	_, err = WriteDocument(b.ctx, b.pool, b.box, run, kind, &again)
	b.check(err)
	if !bytes.Equal(out.Bytes(), again.Bytes()) {
		b.Errorf("%s: the same run gives other bytes", kind)
	}
	return d, b.opened(out.Bytes())
}

func TestDocumentsOfARun(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.person(receives())
	b.person(receives(func(s *someone) { s.cash = true }))
	b.person(someone{birth: "1940", cash: true, rights: []Entitlement{right(HTXH, "HTXH")}, paid: 500_000})
	b.funds(BTXH, 100_000_000)
	b.funds(HTXH, 100_000_000)
	r := b.prepare()
	if _, err := DocumentPage(b.ctx, b.pool, b.box, r.ID, Withdrawal, "", 0); !isRefusal(err) {
		t.Errorf("a withdrawal for a run that is not submitted: %v", err)
	}
	if _, err := DocumentPage(b.ctx, b.pool, b.box, r.ID, "x", "", 0); !isRefusal(err) {
		t.Errorf("no such document: %v", err)
	}
	r, err := Submit(b.ctx, b.pool, r.ID, b.clerk, b.now)
	b.check(err)
	if _, err = b.approve(r, b.chairman); err != nil {
		t.Fatal(err)
	}

	// two of 810,000 and 4 × 60,000, one of 540,000 and 4 × 40,000
	const all = 2*(810_000+240_000) + 540_000 + 160_000
	d, sheets := b.document(r.ID, PaymentList)
	if d.Total != all || d.Total.Words() != "hai triệu tám trăm nghìn đồng" {
		t.Errorf("the list comes to %d, %s", d.Total, d.Total.Words())
	}
	rows := sheets["Người hưởng"]
	if len(rows) != 1+3+2 || rows[1][10] != "1050000" || rows[1][5] != "Khuyết tật nặng" || rows[2][7] != "240000" || rows[4][10] != "2800000" || rows[5][1] != "Bằng chữ: hai triệu tám trăm nghìn đồng" {
		t.Errorf("%q", rows)
	}
	if strings.Contains(strings.Join(rows[1], " "), "095100000001") || rows[1][4] != "0951******01" {
		t.Errorf("a full number on the list: %q", rows[1])
	}
	cover := sheets["Trang đầu"]
	if cover[0][0] != "Danh sách chi trả trợ cấp" || cover[len(cover)-1][0] != "Chủ tịch Ủy ban nhân dân (ký, họ tên)" {
		t.Errorf("%q", cover)
	}

	d, sheets = b.document(r.ID, SchemeSummary)
	want := [][]string{
		{"Chính sách", "Số người", "Tháng này", "Truy lĩnh", "Truy thu", "Mai táng phí", "Cộng", "Trừ vào khoản phải thu", "Lấy từ nguồn", "Tài khoản nguồn"},
		{"Trợ giúp xã hội", "2", "1620000", "480000", "0", "0", "2100000", "0", "2100000", "366.31825.btxh"},
		{"Trợ cấp hưu trí xã hội", "1", "540000", "160000", "0", "0", "700000", "0", "700000", "366.31825.htxh"},
		{"Tổng cộng", "", "2160000", "640000", "0", "0", "2800000", "0", "2800000"},
		{"", "Bằng chữ: hai triệu tám trăm nghìn đồng"},
	}
	if diff := cmp.Diff(want, sheets["Theo chính sách và nguồn"]); diff != "" || d.Total != all {
		t.Errorf("summary of %d:\n%s", d.Total, diff)
	}

	_, sheets = b.document(r.ID, ChangeList)
	if rows := sheets["Người hưởng"]; len(rows) != 1+3+2 || rows[1][4] != "Tăng mức" || rows[1][7] != "300000" || !strings.Contains(rows[1][8], "Tháng 11/2026") {
		t.Errorf("%q", rows)
	}

	b.exec(`insert into setting values ('payout.budget', '{"btxh": {"chuong": "800", "tieu_muc": "7150"}}')`)
	d, sheets = b.document(r.ID, Withdrawal)
	want = [][]string{
		{"STT", "Nội dung", "Nguồn", "Chương", "Loại", "Khoản", "Mục", "Tiểu mục", "Số tiền"},
		{"1", "Chi trợ giúp xã hội tháng 11/2026", "……", "800", "……", "……", "……", "7150", "2100000"},
		{"2", "Chi trợ cấp hưu trí xã hội tháng 11/2026", "……", "……", "……", "……", "……", "……", "700000"},
		{"", "Tổng cộng", "", "", "", "", "", "", "2800000"},
		{"", "Bằng chữ: hai triệu tám trăm nghìn đồng"},
	}
	if diff := cmp.Diff(want, sheets["Đề nghị rút"]); diff != "" || d.Total != all {
		t.Errorf("withdrawal of %d:\n%s", d.Total, diff)
	}
	if rows := sheets["Bảng kê chứng từ"]; rows[1][1] != "ĐCT-1-btxh" || rows[1][6] != "2100000" || rows[3][6] != "2800000" {
		t.Errorf("%q", rows)
	}
}

func TestTheUncollectedListNamesWhyAndWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.person(receives())
	b.person(receives(func(s *someone) { s.cash = true }))
	b.person(receives(func(s *someone) { s.cash = true }))
	b.funds(BTXH, 100_000_000)
	r := b.prepare()
	r, err := Submit(b.ctx, b.pool, r.ID, b.clerk, b.now)
	b.check(err)
	if _, err := b.approve(r, b.chairman); err != nil {
		t.Fatal(err)
	}
	if _, err := DocumentPage(b.ctx, b.pool, b.box, r.ID, UncollectedList, "", 0); !isRefusal(err) {
		t.Errorf("uncollected before it was sent: %v", err)
	}
	_, err = Instruct(b.ctx, b.pool, b.box, InstructInput{Run: r.ID, Account: b.post, RequestedOn: day("2026-11-05"), By: b.clerk, Now: b.now})
	b.check(err)
	rows, err := b.pool.Query(b.ctx, `select end_to_end_id from instruction order by payment_id`)
	b.check(err)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	b.check(err)
	b.check(RecordCash(b.ctx, b.pool, r.ID, []CashResult{{EndToEndID: ids[0], Collected: true, On: day("2026-11-10")},
		{EndToEndID: ids[1], On: day("2026-11-18"), Note: "đi vắng"}}, b.clerk, b.now))
	d, sheets := b.document(r.ID, UncollectedList)
	if got := sheets["Người chưa nhận"]; d.Total != 1_050_000 || len(got) != 1+1+2 || got[1][7] != "đi vắng" || got[1][8] != "18/11/2026" || got[1][9] != "Chưa" {
		t.Errorf("%d %q", d.Total, got)
	}
	b.prepare(func(in *PrepareInput) { in.Month, in.KnownOn = month("2026-12"), day("2026-11-20") })
	if _, sheets := b.document(r.ID, UncollectedList); sheets["Người chưa nhận"][1][9] != "Chuyển vào đợt tháng 12/2026" {
		t.Errorf("%q", sheets["Người chưa nhận"])
	}
}

func TestPagesOfADocumentAreTheWhole(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	for i := range 7 {
		b.person(receives(func(s *someone) { s.cash = i%2 == 0 }))
	}
	r := b.prepare()
	for _, kind := range []DocumentKind{PaymentList, ChangeList} {
		whole, err := DocumentPage(b.ctx, b.pool, b.box, r.ID, kind, "", 0)
		b.check(err)
		var rows [][]any
		for after, pages := "", 0; pages == 0 || after != ""; pages++ {
			d, err := DocumentPage(b.ctx, b.pool, b.box, r.ID, kind, after, 2)
			b.check(err)
			rows, after = append(rows, d.Tables[0].Rows...), d.Tables[0].Next
			if pages > 9 {
				t.Fatal("no end")
			}
		}
		if diff := cmp.Diff(whole.Tables[0].Rows, rows); diff != "" || len(rows) != 7 {
			t.Errorf("%s: %s", kind, diff)
		}
		if _, err := DocumentPage(b.ctx, b.pool, b.box, r.ID, kind, "zwei", 2); !isRefusal(err) {
			t.Errorf("a bad place: %v", err)
		}
	}
}

func TestASignedDocumentIsKeptBesideWhatWasSigned(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.person(receives())
	r := b.prepare()
	r, err := Submit(b.ctx, b.pool, r.ID, b.clerk, b.now)
	b.check(err)
	id, err := KeepDocument(b.ctx, b.pool, b.box, r.ID, Withdrawal, b.clerk, b.now)
	b.check(err)
	again, err := KeepDocument(b.ctx, b.pool, b.box, r.ID, Withdrawal, b.clerk, b.now.AddDate(0, 0, 1))
	b.check(err)
	if id != again {
		t.Errorf("the same paper is kept as %d and %d", id, again)
	}
	_, _, content, err := DocumentFile(b.ctx, b.pool, id, 0)
	b.check(err)
	if err := KeepSigned(b.ctx, b.pool, id, "x.xlsx", content, "", b.clerk, b.now); !isRefusal(err) {
		t.Errorf("the unsigned file was taken as signed: %v", err)
	}
	if err := KeepSigned(b.ctx, b.pool, id, "x.xlsx", nil, "", b.clerk, b.now); !isRefusal(err) {
		t.Errorf("an empty file: %v", err)
	}
	if err := KeepSigned(b.ctx, b.pool, id+9, "x.p7m", []byte("x"), "", b.clerk, b.now); !errors.Is(err, ErrNotFound) {
		t.Errorf("of no document: %v", err)
	}
	for range 2 {
		b.check(KeepSigned(b.ctx, b.pool, id, `C:\ky\giay-rut.p7m`, []byte("signed"), "ký số VGCA", b.chairman, b.now))
	}
	list, err := KeptDocuments(b.ctx, b.pool, r.ID)
	b.check(err)
	if len(list) != 1 || len(list[0].Signed) != 1 || list[0].Signed[0].FileName != "giay-rut.p7m" || list[0].Total != money.VND(1_050_000) {
		t.Fatalf("%+v", list)
	}
	run, name, signed, err := DocumentFile(b.ctx, b.pool, id, list[0].Signed[0].ID)
	if err != nil || run != r.ID || name != "giay-rut.p7m" || string(signed) != "signed" {
		t.Errorf("%d %s %q %v", run, name, signed, err)
	}
	for _, sql := range []string{`update document set total = 0`, `delete from document_signed`} {
		if _, err := b.pool.Exec(b.ctx, sql); err == nil {
			t.Errorf("%s went through", sql)
		}
	}
	if n := b.count(`select count(*) from audit_event where kind in ('document.made', 'document.signed')`); n != 2 {
		t.Errorf("%d events", n)
	}
}

func isRefusal(err error) bool {
	var r *Refusal
	return errors.As(err, &r)
}
