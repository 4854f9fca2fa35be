package beneficiaries

import (
	"errors"
	"testing"

	"ansinh.vn/identity/registry"
)

// reviewed has one person of each outcome that waits for a clerk.
func reviewed(t *testing.T) *bundle {
	b := newBundle(t)
	b.list(fields{"Họ và tên": "Thạch Thị Phượng", "Số định danh": "095150000007"}, // mismatch
		fields{"Họ và tên": "Phạm Thị Ba", "Ngày sinh": "1950"},                                                      // review
		fields{"Họ và tên": "Ai Đó", "Số định danh": "095150000099"},                                                 // not found
		fields{"Họ và tên": "Danh Sóc Kha", "Số định danh": "095150000001"},                                          // match
		fields{"Họ và tên": "Danh Sóc Kha", "Số định danh": "", "Ấp/khóm": "", "Nhóm đối tượng": "CS_HO_KTDBN"},      // duplicate
		fields{"Họ và tên": "Trần Văn Tám", "Số định danh": "095050000003", "Giới tính": "Nam", "Ngày sinh": "1950"}) // deceased
	b.synced(b.knows(
		registryRecord("095150000007", "Thạch Thị Phụng Hoàng", "1950-10-15", "F"),
		registry.Record{Number: "095150000021", Name: "Phạm Thị Ba", Birth: "1950-01-02", Sex: "F", Commune: "31843", Hamlet: "Ấp Trà Ban"},
		registry.Record{Number: "095150000022", Name: "Phạm Thị Ba", Birth: "1950-08-09", Sex: "F", Commune: "31843", Hamlet: "Ấp Nhà Dài"},
		registryRecord("095150000001", "Danh Sóc Kha", "1950-10-15", "F"),
		registry.Record{Number: "095050000003", Name: "Trần Văn Tám", Birth: "1950-10-15", Sex: "M", Died: "2026-09-14"},
	))
	return b
}

func (b *bundle) outcome(id PersonID) string {
	b.Helper()
	return b.one(`select p.register_outcome || coalesce(' ' || p.settled, '') || ' ' || array_to_string(hold_reasons, ',')
		from person p left join payable_on('2026-10-20') v on v.person_id = p.id where p.id = $1`, id)
}

func TestSettle(t *testing.T) {
	t.Parallel()
	b := reviewed(t)
	settle := func(d Decision) error {
		d.By, d.Reason = "staff:lan", first(d.Reason, "đã xem giấy tờ")
		_, err := Settle(b.ctx, b.pool, b.box, d, syncedOn)
		return err
	}
	ba, phuong, aido, tam := b.person("Phạm Thị Ba"), b.person("Thạch Thị Phượng"), b.person("Ai Đó"), b.person("Trần Văn Tám")

	b.ok(settle(Decision{Person: ba, Kind: DecideSame, Candidate: 2}))
	if got := b.outcome(ba); got != "match " {
		t.Errorf("chosen among two: %q", got)
	}
	b.ok(settle(Decision{Person: aido, Kind: DecidePay}))
	if got := b.outcome(aido); got != "not_found pay " {
		t.Errorf("paid by decision: %q", got)
	}
	b.ok(settle(Decision{Person: phuong, Kind: DecideStop}))
	if got := b.outcome(phuong); got != "mismatch stop stopped" {
		t.Errorf("stopped: %q", got)
	}
	b.ok(settle(Decision{Person: phuong, Kind: DecidePay}))
	if got := b.outcome(phuong); got != "mismatch pay " {
		t.Errorf("the stop taken back: %q", got)
	}
	b.ok(settle(Decision{Person: phuong, Kind: DecideStop}))
	for _, bad := range []struct {
		d  Decision
		is error
	}{
		{Decision{Person: tam, Kind: DecidePay}, ErrDecision},                  // the dead are not paid by a click
		{Decision{Person: aido, Kind: DecidePay}, ErrSettled},                  // settled already
		{Decision{Person: ba, Kind: DecideSame, Candidate: 1}, ErrSettled},     // agrees by now
		{Decision{Person: 999999, Kind: DecideStop}, ErrNoPerson},              //
		{Decision{Person: phuong, Kind: "forget"}, ErrDecision},                //
		{Decision{Person: phuong, Kind: DecideStop, Reason: " "}, ErrDecision}, //
	} {
		if err := settle(bad.d); !errors.Is(err, bad.is) {
			t.Errorf("%+v: %v, want %v", bad.d, err, bad.is)
		}
	}
	if n := b.one(`select count(*) from audit_event where kind = 'person.settled'`); n != "5" {
		t.Errorf("%s traces", n)
	}
	// the same answer keeps the decision, another one asks again
	_, err := b.pool.Exec(b.ctx, `update person set checked_at = null`)
	if err == nil {
		t.Error("checked_at can be taken away from somebody who was checked")
	}
	r, err := Sync{Register: b.knows(registryRecord("095150000099", "Người Khác", "1999", "F")), Name: "sandbox", By: "x", Now: syncedOn.AddDate(0, 1, 0), Stale: syncedOn.AddDate(0, 0, 1)}.
		Run(b.ctx, b.pool, b.box)
	b.ok(err)
	if got := b.outcome(aido); got != "mismatch mismatch" || r.Asked != 6 {
		t.Errorf("after another answer: %q, %+v", got, r)
	}
	if got := b.outcome(phuong); got != "not_found stop stopped" {
		t.Errorf("a stop stays: %q", got)
	}
}

func TestMergeNeedsTwoPeople(t *testing.T) {
	t.Parallel()
	b := reviewed(t)
	kha := b.person("Danh Sóc Kha")
	var other PersonID
	b.ok(b.pool.QueryRow(b.ctx, `select id from person where register_outcome = 'duplicate'`).Scan(&other))
	propose := func() (int64, error) {
		return Settle(b.ctx, b.pool, b.box, Decision{Person: other, Kind: DecideMerge, Other: kha, Reason: "một người", By: "staff:lan"}, syncedOn)
	}
	id, err := propose()
	b.ok(err)
	if got := b.outcome(other); got != "duplicate duplicate" {
		t.Errorf("proposed only: %q", got)
	}
	if _, err := propose(); !errors.Is(err, ErrSettled) {
		t.Errorf("proposed twice: %v", err)
	}
	if err := ConfirmMerge(b.ctx, b.pool, id, "staff:lan", true, syncedOn); !errors.Is(err, ErrOwnMerge) {
		t.Errorf("confirmed by the proposer: %v", err)
	}
	if _, err := b.pool.Exec(b.ctx, `update person set merged_into = $2 where id = $1`, other, kha); err == nil {
		t.Error("merged past the four eyes")
	}
	b.ok(ConfirmMerge(b.ctx, b.pool, id, "staff:minh", false, syncedOn)) // refused
	id, err = propose()
	b.ok(err)
	b.ok(ConfirmMerge(b.ctx, b.pool, id, "staff:minh", true, syncedOn))
	if n := b.one(`select string_agg(category, ' ' order by category) from entitlement where person_id = $1`, kha); n != "CS_HO_KTDBN KT_N" {
		t.Errorf("entitlements of the one who remains: %s", n)
	}
	if n := b.one(`select count(*) from payable where person_id = $1`, other); n != "0" {
		t.Error("the merged person can still be paid")
	}
	counts, err := Counts(b.ctx, b.pool)
	b.ok(err)
	if c := Total(counts); c.Imported != 6 || c.People != 5 || c.Repeated != 1 || c.People != c.Payable+c.Held {
		t.Errorf("counts %+v", c)
	}
	// a later list that names the merged one leads to the one who remains
	got := b.list(fields{"Họ và tên": "Danh Sóc Kha", "Số định danh": "095150000001"})
	if n := b.one(`select person_id from list_row where list_id = $1`, got.List); n != b.one(`select $1::bigint`, kha) {
		t.Errorf("listed again as person %s", n)
	}
}
