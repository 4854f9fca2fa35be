package beneficiaries

import (
	"errors"
	"testing"
	"time"
)

func (b *bundle) upload(path string) Imported {
	b.Helper()
	out, err := ImportList(b.ctx, b.pool, b.box, ListFile{Path: path, Name: "từ xã.csv", By: "staff:lan", Sender: "Phòng Văn hoá – Xã hội", Waits: true, Now: listedOn})
	b.ok(err)
	return out[0]
}

func TestWhatAListBringsIsHeldUntilASecondPersonAcceptsIt(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	kha := fields{"Họ và tên": "Danh Sóc Kha", "Số định danh": "095150000001"}
	thol := fields{"Họ và tên": "Thạch Thol", "Số định danh": "095150000002"}
	b.matched(kha, thol)
	first, err := ListByID(b.ctx, b.pool, 1)
	b.ok(err)
	if first.Verdict == nil || !first.Verdict.Accepted || first.Verdict.By != "staff:lan" {
		t.Errorf("who imports a list that does not wait accepts it: %+v", first.Verdict)
	}
	later := fields{"Họ và tên": "Thạch Thol", "Số định danh": "095150000002", "Số QĐ": "99/QĐ-UBND"}
	got := b.upload(b.csvList("31843_btxh.csv", hongDan, kha, later, fields{"Họ và tên": "Sơn Thị Ny", "Số định danh": "095150000003"}))
	for name, want := range map[string]string{"Danh Sóc Kha": "", "Thạch Thol": "list_not_accepted", "Sơn Thị Ny": "unchecked list_not_accepted"} {
		if h := b.holds(name, "2026-10-20"); h != want {
			t.Errorf("%s held for %q, want %q", name, h, want)
		}
	}
	waiting, err := WaitingLists(b.ctx, b.pool, "31843")
	b.ok(err)
	if len(waiting) != 1 || waiting[0].ID != got.List || waiting[0].Sender != "Phòng Văn hoá – Xã hội" || waiting[0].FileName != "từ xã.csv" || waiting[0].Verdict != nil {
		t.Errorf("waiting: %+v", waiting)
	}
	yes := Verdict{Accepted: true, By: "staff:lan", At: listedOn.Add(time.Hour)}
	if err := DecideList(b.ctx, b.pool, got.List, yes); !errors.Is(err, ErrOwnList) {
		t.Errorf("accepted by who imported it: %v", err)
	}
	if err := DecideList(b.ctx, b.pool, got.List, Verdict{By: "staff:ut", At: listedOn}); !errors.Is(err, ErrReason) {
		t.Errorf("refused without a reason: %v", err)
	}
	yes.By = "staff:ut"
	b.ok(DecideList(b.ctx, b.pool, got.List, yes))
	if h := b.holds("Thạch Thol", "2026-10-20"); h != "" {
		t.Errorf("accepted, still held for %q", h)
	}
	if err := DecideList(b.ctx, b.pool, got.List, yes); !errors.Is(err, ErrListDecided) {
		t.Errorf("decided twice: %v", err)
	}
	if err := DecideList(b.ctx, b.pool, 999, yes); !errors.Is(err, ErrNoList) {
		t.Errorf("no such list: %v", err)
	}
	if s := b.one(`select actor || ' ' || subject from audit_event where kind = 'list.accepted'`); s != "staff:ut list:2" {
		t.Errorf("trace %q", s)
	}
}

func TestARefusedListStaysHeld(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	kha := fields{"Họ và tên": "Danh Sóc Kha", "Số định danh": "095150000001"}
	got := b.upload(b.csvList("31843_btxh.csv", hongDan, kha)) // a first version: all of it waits
	b.ok(DecideList(b.ctx, b.pool, got.List, Verdict{By: "staff:ut", At: listedOn, Note: "Nhầm danh sách tháng trước"}))
	if h := b.holds("Danh Sóc Kha", "2026-10-20"); h != "unchecked list_not_accepted" {
		t.Errorf("held for %q", h)
	}
	b.list(kha, fields{"Họ và tên": "Thạch Thol"}) // a right one comes
	if h := b.holds("Danh Sóc Kha", "2026-10-20"); h != "unchecked" {
		t.Errorf("after a right list: held for %q", h)
	}
}

func TestAnOfficeTakesNoListOfAnother(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	_, err := ImportList(b.ctx, b.pool, b.box, ListFile{Path: b.csvList("x.csv", hongDan, fields{"Họ và tên": "Danh Sóc Kha"}), Only: "31825", By: "staff:lan", Now: listedOn})
	b.refused(err, "là danh sách của Xã Hồng Dân, không phải của Phường Bạc Liêu")
}

func TestAnAuthorisationHoldsTwelveMonthsAndNamesItsHolder(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	with := func(name, number string, more fields) fields {
		f := fields{"Họ và tên": name, "Người nhận thay": "Thạch Thị Phượng", "Số định danh": number}
		for k, v := range more {
			f[k] = v
		}
		return f
	}
	b.matched(with("Danh Sóc Kha", "095150000001", fields{"Số giấy ủy quyền": "12/GUQ", "Hạn ủy quyền": "01/06/2027"}),
		with("Thạch Thol", "095150000002", fields{"Số giấy ủy quyền": "13/GUQ", "Hạn ủy quyền": "01/06/2028"}),
		with("Sơn Thị Ny", "095150000003", fields{"Hạn ủy quyền": "01/06/2027"}))
	for name, want := range map[string]string{
		"Danh Sóc Kha": "authorisation_incomplete", // the recipient's number is missing
		"Thạch Thol":   "authorisation_expired authorisation_incomplete", "Sơn Thị Ny": "authorisation_incomplete"} {
		if h := b.holds(name, "2026-10-20"); h != want {
			t.Errorf("%s held for %q, want %q", name, h, want)
		}
	}
	if _, err := b.pool.Exec(b.ctx, `update payee set authorised_until = since::date + 400 where person_id = $1`, b.person("Danh Sóc Kha")); err == nil {
		t.Error("the database takes an authorisation of 400 days")
	}
}

func TestALaterVersionTakesOverWhatIsStillHeld(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	kha := fields{"Họ và tên": "Danh Sóc Kha", "Số định danh": "095150000001"}
	ny := fields{"Họ và tên": "Sơn Thị Ny", "Số định danh": "095150000003"}
	b.matched(kha)
	b.upload(b.csvList("31843_btxh.csv", hongDan, kha, ny))
	third := b.upload(b.csvList("31843_btxh.csv", hongDan, kha, ny, fields{"Họ và tên": "Thạch Thol"}))
	if third.Changes["added"] != 2 {
		t.Errorf("the third says %v; what nobody accepted is still new", third.Changes)
	}
	if h := b.holds("Sơn Thị Ny", "2026-10-20"); h != "unchecked list_not_accepted" {
		t.Errorf("held for %q", h)
	}
	b.ok(DecideList(b.ctx, b.pool, third.List, Verdict{Accepted: true, By: "staff:ut", At: listedOn}))
	if h := b.holds("Sơn Thị Ny", "2026-10-20"); h != "unchecked" {
		t.Errorf("held for %q", h)
	}
}
