package payout

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheCashListHasSumsInWordsAndAPlaceToSign(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.person(receives(inCash))
	b.person(receives())
	b.person(receives(inCash))
	r := b.approved()
	b.instruct(r, b.post)
	d, err := DocumentPage(b.ctx, b.pool, b.box, r.ID, PostList, "", 0)
	b.check(err)
	rows := d.Tables[0].Rows
	if len(rows) != 2 || d.Total != 2*monthDue || len(d.Signers) != 4 {
		t.Fatalf("%+v", d)
	}
	want := []any{2, "AS202611-3-A1", "Nguyễn Thị Số 3", "1980", "Ấp 1", "0951******03", "", monthDue, "một triệu không trăm năm mươi nghìn đồng", "", ""}
	if diff := cmp.Diff(want, rows[1]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff("hai triệu một trăm nghìn đồng", d.Tables[0].Sum[8]); diff != "" {
		t.Errorf("the sum (-want +got):\n%s", diff)
	}
	if d.Tables[0].Columns[9].Name != "Ký nhận" {
		t.Errorf("columns %+v", d.Tables[0].Columns)
	}
}
