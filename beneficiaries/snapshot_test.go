package beneficiaries

import (
	"testing"

	"ansinh.vn/identity"
	"ansinh.vn/identity/registry"
)

func TestASnapshotOfTheRegisterIsAThirdDoor(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.list(
		fields{"Họ và tên": "Danh Sóc Kha", "Số định danh": "095150000001"},
		fields{"Họ và tên": "Thạch Thị Phựong", "Số định danh": "", "Ngày sinh": "02/03/1948"},
		fields{"Họ và tên": "Trần Văn Tám", "Số định danh": "095050000003", "Giới tính": "Nam"},
		fields{"Họ và tên": "Lâm Mỹ Phụng", "Số định danh": "095150000004"},
		fields{"Họ và tên": "Thạch Thị Hai", "Số định danh": "095150000007"},
		fields{"Họ và tên": "Ngô Thị Không", "Số định danh": "", "Ngày sinh": "07/07/1937"},
	)
	people := []registry.Record{
		{Number: "095150000001", Name: "Danh Sóc Kha", Birth: "1950-10-15", Sex: "F", Commune: "31843", CommuneName: "Xã Hồng Dân", Hamlet: "Ấp Cầu Đỏ", Standing: registry.Resident},
		{Number: "095150000002", Name: "Thạch Thị Phượng", Birth: "1948-03-02", Sex: "F", Commune: "31843", CommuneName: "Xã Hồng Dân", Hamlet: "Ấp Cầu Đỏ", Standing: registry.Resident},
		{Number: "095050000003", Name: "Trần Văn Tám", Birth: "1950-10-15", Sex: "M", Commune: "31843", CommuneName: "Xã Hồng Dân", Hamlet: "Ấp Cầu Đỏ", Died: "2026-09-14", Standing: registry.Resident},
		{Number: "095150000004", Name: "Lâm Mỹ Phụng", Birth: "1950-10-15", Sex: "F", Commune: "31825", CommuneName: "Phường Bạc Liêu", Hamlet: "Khóm 1", Standing: registry.Resident},
		{Number: "095150000007", Name: "Huỳnh Văn Của", Birth: "1988-01-01", Sex: "M", Commune: "31843", CommuneName: "Xã Hồng Dân", Standing: registry.Resident},
	}
	run := func() SyncResult {
		r, err := Sync{Name: "snapshot:1", By: "staff:lan", Now: syncedOn, Options: identity.Options{Today: 2026}}.RunSnapshot(b.ctx, b.pool, b.box, people, syncedOn.AddDate(0, 0, -2))
		b.ok(err)
		return r
	}
	if r := run(); r.Asked != 6 || r.Deaths != 1 || r.Moves != 1 {
		t.Errorf("%+v", r)
	}
	for name, want := range map[string]string{
		"Danh Sóc Kha": "match", "Thạch Thị Phượng": "match", "Trần Văn Tám": "deceased", "Lâm Mỹ Phụng": "moved", "Thạch Thị Hai": "mismatch", "Ngô Thị Không": "not_found",
	} {
		if got := b.one(`select register_outcome from person where name = $1`, name); got != want {
			t.Errorf("%s: %q, want %s: %s", name, got, want, b.one(`select register_evidence ->> 'why' from person where name = $1`, name))
		}
	}
	if s := b.one(`select min(as_of) from person`); s != "2026-10-11" {
		t.Errorf("true on %s", s)
	}
	if r := run(); r.Asked != 0 {
		t.Errorf("again: %+v", r)
	}
	// an older extract does not undo what is known for a later day
	r, err := Sync{Name: "snapshot:0", By: "staff:lan", Now: syncedOn, Stale: syncedOn.AddDate(0, 0, 1), Options: identity.Options{Today: 2026}}.
		RunSnapshot(b.ctx, b.pool, b.box, people[:1], syncedOn.AddDate(0, 0, -9))
	b.ok(err)
	if r.Asked != 0 || r.Older != 6 {
		t.Errorf("an older extract: %+v", r)
	}
}
