package beneficiaries

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"ansinh.vn/identity"
	"ansinh.vn/identity/registry"
	"ansinh.vn/internal/secret"
)

func TestSyncOutcomes(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.list(
		fields{"Họ và tên": "Danh Sóc Kha", "Số định danh": "095150000001"},
		fields{"Họ và tên": "Nguyễn Thị Hoà", "Số định danh": "095150000002", "Ngày sinh": "1950"},
		fields{"Họ và tên": "Trần Văn Tám", "Số định danh": "095050000003", "Giới tính": "Nam"},
		fields{"Họ và tên": "Lâm Mỹ Phụng", "Số định danh": "095150000004"},
		fields{"Họ và tên": "Sơn Thị Ny", "Số định danh": "095150000005"},
		fields{"Họ và tên": "Kim Sa Rương", "Số định danh": "385000123"},
		fields{"Họ và tên": "Thạch Thị Phượng", "Số định danh": "095150000007"},
		fields{"Họ và tên": "Lý Thị Lành", "Số định danh": ""},
		fields{"Họ và tên": "Quách Thị Bé", "Số định danh": "095150000090"},
		fields{"Họ và tên": "Ngô Thị Hai", "Số định danh": "095150000010"},
		fields{"Họ và tên": "Phạm Thị Ba", "Ngày sinh": "1950"},
	)
	r := b.synced(b.knows(
		registryRecord("095150000001", "Danh Sóc Kha", "1950-10-15", "F"),
		registryRecord("095150000002", "Nguyễn Thị Hòa", "1950-03-02", "F"),
		registry.Record{Number: "095050000003", Name: "Trần Văn Tám", Birth: "1950-10-15", Sex: "M", Died: "2026-09-14"},
		registry.Record{Number: "095150000004", Name: "Lâm Mỹ Phụng", Birth: "1950-10-15", Sex: "F", Standing: registry.Moved, Commune: "31825", MovedOn: "2026-08-01"},
		registry.Record{Number: "095150000005", Name: "Sơn Thị Ny", Birth: "1950-10-15", Sex: "F", Standing: registry.Abroad, MovedOn: "2026-07-01"},
		registry.Record{Number: "095150000006", OldNumber: "385000123", Name: "Kim Sa Rương", Birth: "1950-10-15", Sex: "F"},
		registryRecord("095150000007", "Huỳnh Văn Của", "1988-01-01", "M"),
		registryRecord("095150000008", "Lý Thị Lành", "1950-10-15", "F"),
		registryRecord("095150000009", "Quách Thị Bé", "1950-10-15", "F"), // one digit slipped
		registryRecord("095150000010", "Ngô Thị Hai", "1971-02-03", "F"),
		registry.Record{Number: "095150000021", Name: "Phạm Thị Ba", Birth: "1950-01-02", Sex: "F", Commune: "31843", Hamlet: "Ấp Trà Ban"},
		registry.Record{Number: "095150000022", Name: "Phạm Thị Ba", Birth: "1950-08-09", Sex: "F", Commune: "31843", Hamlet: "Ấp Nhà Dài"},
	))
	if r.Asked != 11 || r.Deaths != 1 || r.Moves != 1 || r.Absences != 1 {
		t.Errorf("result %+v", r)
	}
	for _, want := range []struct{ name, outcome, number, holds string }{
		{"Danh Sóc Kha", "match", "095150000001", ""},
		{"Nguyễn Thị Hòa", "match", "095150000002", ""}, // the register's spelling and birth are taken over
		{"Trần Văn Tám", "deceased", "095050000003", "deceased"},
		{"Lâm Mỹ Phụng", "moved", "095150000004", ""},
		{"Sơn Thị Ny", "absent", "095150000005", "absent"},
		{"Kim Sa Rương", "old_number", "095150000006", ""},
		{"Thạch Thị Phượng", "mismatch", "095150000007", "mismatch"},
		{"Lý Thị Lành", "match", "095150000008", ""},
		{"Quách Thị Bé", "match", "095150000009", ""},
		{"Ngô Thị Hai", "mismatch", "095150000010", "mismatch"},
		{"Phạm Thị Ba", "review", "", "review"},
	} {
		d, err := PersonByID(b.ctx, b.pool, b.box, b.person(want.name))
		b.ok(err)
		number := ""
		if sealed := b.bytes(`select coalesce(number_enc, '') from person where name = '` + want.name + `'`); len(sealed) > 0 {
			number, err = b.box.Open(secret.PersonNumber, sealed)
			b.ok(err)
		}
		if string(d.Outcome) != want.outcome || number != want.number || b.holds(want.name, "2026-10-20") != want.holds {
			t.Errorf("%s: %s, number %s, held for %q; want %+v\nevidence %+v", want.name, d.Outcome, number, b.holds(want.name, "2026-10-20"), want, d.Evidence)
		}
		if d.Evidence.Register != "sandbox" || d.Evidence.AsOf != "2026-10-13" || d.Evidence.Message == "" {
			t.Errorf("%s: evidence says too little: %+v", want.name, d.Evidence)
		}
		if !d.Outcome.Payable() && len(d.Evidence.Why) == 0 {
			t.Errorf("%s: %s without a word why", want.name, d.Outcome)
		}
	}
	if birth := b.one(`select birth from person where name = 'Nguyễn Thị Hòa'`); birth != "1950-03-02" {
		t.Errorf("birth %s: the register's is more precise", birth)
	}
	if died := b.one(`select died_on from person where name = 'Trần Văn Tám'`); died != "2026-09-14" {
		t.Errorf("died on %s", died)
	}
	events, err := WaitingEvents(b.ctx, b.pool, 10)
	b.ok(err)
	if len(events) != 3 || events[0].Kind != "death" || events[0].On.Format(time.DateOnly) != "2026-09-14" || events[0].KnownOn.Format(time.DateOnly) != "2026-10-13" {
		t.Errorf("events %+v", events)
	}
	cases, err := Reviews(b.ctx, b.pool, b.box, ReviewFilter{Office: "31843"})
	b.ok(err)
	if len(cases) != 3 || len(cases[2].Evidence.Candidates) != 2 {
		t.Errorf("%d cases: %+v", len(cases), cases)
	}
	if again := b.synced(b.knows()); again.Asked != 0 {
		t.Errorf("a second sync asked %d people again", again.Asked)
	}
	b.noNumberReadable()
}

func TestSamePersonTwiceIsADuplicate(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.list(fields{"Họ và tên": "Danh Sóc Kha", "Số định danh": "095150000001"},
		fields{"Họ và tên": "Danh Sóc Kha", "Số định danh": "", "Ấp/khóm": ""})
	b.synced(b.knows(registryRecord("095150000001", "Danh Sóc Kha", "1950-10-15", "F")))
	if s := b.one(`select string_agg(register_outcome, ' ' order by id) from person`); s != "match duplicate" {
		t.Fatalf("outcomes %q", s)
	}
	second := PersonID(0)
	b.ok(b.pool.QueryRow(b.ctx, `select id from person where register_outcome = 'duplicate'`).Scan(&second))
	d, err := PersonByID(b.ctx, b.pool, b.box, second)
	b.ok(err)
	if len(d.Evidence.With) != 1 || d.Evidence.With[0] != b.person("Danh Sóc Kha") {
		t.Errorf("duplicate of %v", d.Evidence.With)
	}
}

// standing is what a sync leaves, but for who wrote it when.
func (b *bundle) standing() []string {
	b.Helper()
	rows, err := b.pool.Query(b.ctx, `
		select p.name || ' ' || coalesce(p.birth, '') || ' ' || p.register_outcome || ' ' || coalesce(p.died_on::text, '') || ' ' || (p.number_idx is null) || ' '
		       || (select count(*) from life_event e where e.person_id = p.id) || ' ' || array_to_string(v.hold_reasons, ',')
		  from person p join payable_on('2026-10-20') v on v.person_id = p.id order by p.id`)
	b.ok(err)
	var out []string
	for rows.Next() {
		var s string
		b.ok(rows.Scan(&s))
		out = append(out, s)
	}
	b.ok(rows.Err())
	return out
}

func TestSyncKilledAndResumedIsOneSync(t *testing.T) {
	t.Parallel()
	whole, cut := live(t, 600), live(t, 600)
	whole.importAll()
	cut.importAll()
	want := whole.synced(whole.register("none"))

	client := cut.register("none")
	client.Batch, client.InFlight = 50, 2
	asked, rounds := 0, 0
	for ; rounds < 100; rounds++ {
		ctx, cancel := context.WithCancel(context.Background())
		s := Sync{Register: client, Name: "sandbox", By: "staff:lan", Now: syncedOn, Options: identity.Options{Today: 2026},
			Progress: func(done, _ int) { // killed as soon as something is written
				if rounds < 4 {
					cancel()
				}
			}}
		r, err := s.Run(ctx, cut.pool, cut.box)
		cancel()
		asked += r.Asked
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	if asked != want.Asked {
		t.Errorf("%d people written over %d rounds, want %d: somebody was asked twice or lost", asked, rounds+1, want.Asked)
	}
	if diff := cmp.Diff(whole.standing(), cut.standing()); diff != "" {
		t.Errorf("not the same as without interruption:\n%s", diff)
	}
	if n := cut.one(`select count(*) || ' ' || sum(asked) from sync where finished_at is not null`); n != "1 "+whole.one(`select asked from sync`) {
		t.Errorf("syncs %s", n)
	}
}

func TestSyncWithABadRegisterWritesNothingWrong(t *testing.T) {
	t.Parallel()
	for _, bad := range []struct {
		faults string
		is     error
		says   string
	}{
		{"down", registry.ErrUnreachable, "không kết nối được"},
		{"lying", registry.ErrSignature, "chữ ký"},
		{"half", registry.ErrIncomplete, "một phần"},
	} {
		t.Run(bad.faults, func(t *testing.T) {
			t.Parallel()
			b := newBundle(t)
			b.list(fields{"Họ và tên": "Danh Sóc Kha", "Số định danh": "095150000001"}, fields{"Họ và tên": "Lâm Mỹ Phụng", "Số định danh": "095150000002"})
			people := registry.PopulationOf([]registry.Record{registryRecord("095150000001", "Danh Sóc Kha", "1950-10-15", "F")})
			_, err := b.sync(b.serve(people, bad.faults))
			if !errors.Is(err, bad.is) || !strings.Contains(err.Error(), bad.says) {
				t.Errorf("error %v", err)
			}
			if s := b.one(`select string_agg(distinct register_outcome, ' ') from person`); s != "unchecked" {
				t.Errorf("outcomes %s", s)
			}
			r := b.synced(b.serve(people, "none"))
			if r.Asked != 2 || !r.Resumed {
				t.Errorf("afterwards: %+v", r)
			}
		})
	}
}

func TestTwoSyncsAtOnceAreOne(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	conn, err := b.pool.Acquire(b.ctx)
	b.ok(err)
	defer conn.Release()
	_, err = conn.Exec(b.ctx, `select pg_advisory_lock(hashtext('beneficiaries.sync'))`)
	b.ok(err)
	if _, err := b.sync(b.knows()); !errors.Is(err, ErrSyncing) {
		t.Errorf("got %v", err)
	}
}

func TestCheckedListIsAnotherDoor(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.list(fields{"Họ và tên": "Danh Sóc Kha", "Số định danh": "095150000001"}, fields{"Họ và tên": "Lâm Mỹ Phụng", "Số định danh": "095150000002"},
		fields{"Họ và tên": "Sơn Thị Ny"}, fields{"Họ và tên": "Thạch Thol", "Số định danh": "095050000004", "Giới tính": "Nam"})
	path := filepath.Join(b.dir, "doi-chieu.xlsx")
	f, err := os.Create(path)
	b.ok(err)
	_, n, err := WriteExtract(b.ctx, b.pool, b.box, f, Extracting{Office: "31843", FileName: "doi-chieu.xlsx", SentTo: "Công an xã Hồng Dân", By: "staff:lan", Now: syncedOn})
	b.ok(err)
	b.ok(f.Close())
	if n != 4 {
		t.Fatalf("%d people written out", n)
	}
	book, err := excelize.OpenFile(path)
	b.ok(err)
	set := func(cell, value string) { b.ok(book.SetCellValue(book.GetSheetName(0), cell, value)) }
	set("G6", "Trùng khớp")
	set("G7", "Đã chết")
	set("K7", "14/09/2026")
	set("G8", "Không tìm thấy")
	b.ok(book.SaveAs(path))
	in := CheckedFile{Path: path, On: syncedOn.AddDate(0, 0, -1), CheckedBy: "Trung tá Nguyễn Văn A", By: "staff:lan", Now: syncedOn}
	r, err := ImportChecked(b.ctx, b.pool, b.box, in)
	b.ok(err)
	if r.Asked != 3 || r.Deaths != 1 {
		t.Errorf("result %+v", r)
	}
	if s := b.one(`select string_agg(register_outcome, ' ' order by id) from person`); s != "match deceased not_found unchecked" {
		t.Errorf("outcomes %q", s)
	}
	if s := b.one(`select as_of from person where name = 'Lâm Mỹ Phụng'`); s != "2026-10-12" {
		t.Errorf("true on %s", s)
	}
	if again, err := ImportChecked(b.ctx, b.pool, b.box, in); err != nil || again.Asked != 0 {
		t.Errorf("the same file again: %+v, %v", again, err)
	}
}

func TestNoticeOfADeathActsOnce(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.list(fields{"Họ và tên": "Danh Sóc Kha", "Số định danh": "095150000001"})
	b.synced(b.knows(registryRecord("095150000001", "Danh Sóc Kha", "1950-10-15", "F")))
	notice := registry.Callback{Message: "m1", At: syncedOn, Events: []registry.Event{{Kind: "death", At: syncedOn,
		Record: registry.Record{Number: "095150000001", Name: "Danh Sóc Kha", Birth: "1950-10-15", Sex: "F", Died: "2026-10-16", Standing: registry.Resident}},
		{Kind: "death", At: syncedOn, Record: registryRecord("095150000099", "Ai Đó", "1950", "F")}}}
	for range 2 {
		_, err := HearNotice(b.ctx, b.pool, b.box, notice, "sandbox", "system", syncedOn.AddDate(0, 0, 5))
		b.ok(err)
	}
	if h := b.holds("Danh Sóc Kha", "2026-10-20"); h != "deceased" {
		t.Errorf("held for %q", h)
	}
	if n := b.one(`select count(*) || ' ' || min(on_day) || ' ' || min(known_on) from life_event`); n != "1 2026-10-16 2026-10-18" {
		t.Errorf("events %s", n)
	}
}
