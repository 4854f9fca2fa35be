package beneficiaries

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"ansinh.vn/money"
)

// lacking imports people who lack this and that.
func (b *bundle) lacking() {
	b.Helper()
	path := b.csvFile("31843_btxh.csv", [][]string{
		{hongDan},
		{"Họ và tên", "Ngày sinh", "Số định danh", "Ấp", "Điện thoại", "VNeID", "Đối tượng", "Hưởng từ tháng", "Hình thức", "Số tài khoản", "Ngân hàng", "Chủ tài khoản"},
		{"Danh Sóc Kha", "1950", "095150000001", "Ấp 1", "0912345678", "có", "KT_N", "05/2024", "TK", "7300205001234", "Agribank", "DANH SOC KHA"}, // lacks nothing
		{"Thạch Thol", "1960", "", "Ấp 1", "0912345679", "có", "KT_N", "05/2024", "TK", "7300205001235", "Agribank", "THACH THOL"},
		{"Sơn Thị Ny", "1940", "095140000003", "Ấp 1", "", "chưa", "KT_N", "05/2024", "TM", "", "", ""},
		{"Lâm Mỹ Phụng", "1970", "095170000004", "Ấp 2", "", "", "KT_DBN", "05/2024", "TK", "7300205001237", "Agribank", "LAM MY PHUNG"},
		{"Kim Sa Rương", "1971", "095171000005", "Ấp 2", "0912345680", "", "KT_N", "05/2024", "TK", "7300205001238", "Agribank", "KIM SA RUONG"}, // nobody said
	})
	_, err := b.importFile(path)
	b.ok(err)
}

func TestAWorkListReachesWhoLacksSomething(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.lacking()
	counts, err := Needs(b.ctx, b.pool, "31843")
	b.ok(err)
	if len(counts) != 1 || counts[0] != (NeedCount{"31843", "UBND Xã Hồng Dân", 5, 3, 1, 1, 1, 2, 2}) {
		t.Fatalf("needs %+v", counts)
	}
	plan := NewOutreach{Office: "31843", Title: "Đợt tháng 11", StartsOn: money.Day(2026, 11, 1), EndsOn: money.Day(2026, 11, 30), Percent: 60, By: "staff:lan", Now: listedOn}
	for name, bad := range map[string]func(p *NewOutreach){
		"ends before it starts": func(p *NewOutreach) { p.EndsOn = money.Day(2026, 10, 1) }, "no target": func(p *NewOutreach) { p.Percent = 0 }, "no title": func(p *NewOutreach) { p.Title = " " },
	} {
		p := plan
		bad(&p)
		if _, err := MakeOutreach(b.ctx, b.pool, p); !errors.Is(err, ErrPlan) {
			t.Errorf("%s: %v", name, err)
		}
	}
	nobody := plan
	nobody.Hamlets = []string{"Ấp 9"}
	if _, err := MakeOutreach(b.ctx, b.pool, nobody); !errors.Is(err, ErrNobody) {
		t.Errorf("nobody: %v", err)
	}
	id, err := MakeOutreach(b.ctx, b.pool, plan)
	b.ok(err)

	day := NewStop{Outreach: id, Kind: "pagoda", Place: "Chùa Cos Đon", On: money.Day(2026, 11, 10), From: "08:00", To: "08:20", Minutes: 10, Desks: 1, By: "staff:lan", Now: listedOn}
	outside := day
	outside.On = money.Day(2026, 12, 10)
	if _, _, err := AddStop(b.ctx, b.pool, outside); !errors.Is(err, ErrPlan) {
		t.Errorf("a day outside of the plan: %v", err)
	}
	stop, placed, err := AddStop(b.ctx, b.pool, day)
	b.ok(err)
	if placed != 2 { // two slots for three people; the oldest and the gravest are left for home visits
		t.Fatalf("%d placed", placed)
	}
	reach := func(f ReachFilter) (out string) {
		people, err := PeopleToReach(b.ctx, b.pool, b.box, id, f)
		b.ok(err)
		for _, p := range people {
			out += fmt.Sprintf("%s %s %v;", p.Name, p.At, p.Still)
		}
		return out
	}
	if got := reach(ReachFilter{Stop: stop}); got != "Thạch Thol 08:00 [number];Sơn Thị Ny 08:10 [e_identity account phone];" {
		t.Errorf("the pagoda's day: %s", got)
	}
	if got := reach(ReachFilter{Unplaced: true}); got != "Lâm Mỹ Phụng  [phone];" {
		t.Errorf("without a day: %s", got)
	}
	if _, err := b.pool.Exec(b.ctx, `update outreach_person set stop_id = $1, slot_at = '08:10', desk = 1 where stop_id is null`, stop); err == nil {
		t.Error("two people have one slot")
	}
	if _, err := b.pool.Exec(b.ctx, `update outreach_person set stop_id = $1, slot_at = '08:05', desk = 1 where stop_id is null`, stop); err == nil {
		t.Error("a slot between two slots")
	}

	// what comes of it
	thol, ny, phung := b.person("Thạch Thol"), b.person("Sơn Thị Ny"), b.person("Lâm Mỹ Phụng")
	visit := func(p PersonID, v Visit) error {
		v.Outreach, v.Person, v.By, v.Now = id, p, "staff:lan", listedOn.Add(time.Hour)
		return NoteVisit(b.ctx, b.pool, b.box, v)
	}
	for name, err := range map[string]error{"a number too short": visit(thol, Visit{Result: "met", Number: "0951"}), "no phone": visit(thol, Visit{Result: "met", Phone: "12"})} {
		if !errors.Is(err, ErrNumber) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := visit(thol, Visit{Result: "met", Number: "095150000001"}); !errors.Is(err, ErrTaken) {
		t.Errorf("another's number: %v", err)
	}
	if err := visit(phung, Visit{Result: "refused"}); !errors.Is(err, ErrReason) {
		t.Errorf("refused without a word: %v", err)
	}
	if err := visit(b.person("Kim Sa Rương"), Visit{Result: "met"}); !errors.Is(err, ErrNoOutreach) {
		t.Errorf("not in the plan: %v", err)
	}
	b.ok(visit(thol, Visit{Result: "met", Number: "095 160 000 002"}))
	b.ok(visit(ny, Visit{Result: "away"}))
	o, err := OutreachByID(b.ctx, b.pool, id)
	b.ok(err)
	if o.People != 3 || o.Target != 2 || o.Met != 1 || o.Partly != 0 || o.Reached != 1 || o.Away != 1 || o.Placed != 2 {
		t.Errorf("progress %+v", o)
	}
	// who was away gets another day, at home and first
	day.Kind, day.Place, day.From, day.To, day.Minutes, day.On = "home", "Ấp 1", "14:00", "15:30", 45, money.Day(2026, 11, 12)
	second, placed, err := AddStop(b.ctx, b.pool, day)
	b.ok(err)
	if got := reach(ReachFilter{Stop: second}); placed != 2 || got != "Sơn Thị Ny 14:00 [e_identity account phone];Lâm Mỹ Phụng 14:45 [phone];" {
		t.Errorf("at home: %s", got)
	}
	b.ok(visit(ny, Visit{Result: "met", EIdentity: true, Phone: "0912 345 681"}))
	b.ok(visit(phung, Visit{Result: "cannot", Note: "Nằm một chỗ, không dùng điện thoại"}))
	o, err = OutreachByID(b.ctx, b.pool, id)
	b.ok(err)
	if o.Met != 1 || o.Partly != 1 || o.Reached != 3 || o.Away != 0 {
		t.Errorf("progress %+v", o)
	}
	if s := b.one(`select string_agg(payload ->> 'result', ' ' order by id) from audit_event where kind = 'outreach.visited'`); s != "met away met cannot" {
		t.Errorf("trace %q", s)
	}
	b.noNumberReadable()
}

func TestQualityAsNumbers(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.lacking()
	b.synced(b.knows(registryRecord("095150000001", "Danh Sóc Kha", "1950", "F"), registryRecord("095140000003", "Sơn Thị Ny", "1940", "F"), registryRecord("095170000004", "Trần Văn Khác", "1970", "F")))
	_, err := b.importFile(b.csvList("31843_btxh_2.csv", "TRỢ CẤP HƯU TRÍ XÃ HỘI - UBND XÃ HỒNG DÂN", fields{"Họ và tên": "Danh Sóc Kha", "Ngày sinh": "1950", "Số định danh": "095150000001", "Nhóm đối tượng": "HTXH"},
		fields{"Họ và tên": "Không Tháng", "Nhóm đối tượng": "HTXH", "Hưởng từ tháng": ""}))
	b.ok(err)
	all, err := Qualities(b.ctx, b.pool, "31843", syncedOn)
	b.ok(err)
	if len(all) != 2 || all[0].Scheme != "btxh" || all[1].Scheme != "htxh" {
		t.Fatalf("got %+v", all)
	}
	q := all[0]
	if q.People != 5 || q.Right != 2 || q.NoNumber != 1 || q.NoBirth != 5 || q.Complete != 0 || q.Alive != 5 || q.Clean != 5 || q.NoDecided != 5 {
		t.Errorf("btxh %+v", q)
	}
	if q = all[1]; q.People != 1 || q.Right != 1 || q.Waiting != 1 {
		t.Errorf("htxh %+v", q)
	}
	late, err := Qualities(b.ctx, b.pool, "", syncedOn.AddDate(0, 1, 1))
	b.ok(err)
	if t2 := SumQuality(late); t2.Alive != 0 || t2.People != 6 || t2.Oldest == nil {
		t.Errorf("a month later %+v", t2)
	}
	if none, err := Qualities(b.ctx, b.pool, "31825", syncedOn); err != nil || len(none) != 0 {
		t.Errorf("another office: %+v, %v", none, err)
	}
}

func TestChangedAccountsDoubtfulFirst(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	with := func(name, number, account, holder string) fields {
		return fields{"Họ và tên": name, "Số định danh": number, "Hình thức": "TK", "Số tài khoản": account, "Tên chủ tài khoản": holder, "Ngân hàng": "Agribank"}
	}
	b.list(with("Danh Sóc Kha", "095150000001", "7300205001111", "DANH SOC KHA"), with("Thạch Thol", "095150000002", "7300205002222", "THACH THOL"), with("Sơn Thị Ny", "095150000003", "7300205003333", "SON THI NY"))
	b.list(with("Danh Sóc Kha", "095150000001", "7300205004444", "DANH SOC KHA"), with("Thạch Thol", "095150000002", "7300205005555", "NGO VAN TEO"), with("Sơn Thị Ny", "095150000003", "7300205003333", "SON THI NY"))
	got, err := ChangedAccounts(b.ctx, b.pool, b.box, "31843", listedOn.AddDate(0, 0, -1), 0)
	b.ok(err)
	if len(got) != 2 || got[0].Name != "Thạch Thol" || got[0].Verdict != holderDifferent || got[1].Name != "Danh Sóc Kha" || got[1].Before != "Agribank 7300*******11" || got[1].Account != "7300*******44" {
		t.Errorf("got %+v", got)
	}
	if later, err := ChangedAccounts(b.ctx, b.pool, b.box, "31843", listedOn.AddDate(0, 0, 1), 0); err != nil || len(later) != 0 {
		t.Errorf("since tomorrow: %+v, %v", later, err)
	}
	people, err := ByAccount(b.ctx, b.pool, b.box, "7300 2050 04444")
	b.ok(err)
	if len(people) != 1 || people[0] != b.person("Danh Sóc Kha") {
		t.Errorf("found by account: %v", people)
	}
}

func TestFullAccountLeavesATrace(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.list(fields{"Họ và tên": "Danh Sóc Kha", "Số định danh": "095150000001", "Hình thức": "TK", "Số tài khoản": "7300205001111", "Ngân hàng": "Agribank"})
	id := b.person("Danh Sóc Kha")
	d, err := PersonByID(b.ctx, b.pool, b.box, id)
	b.ok(err)
	tx, err := b.pool.Begin(b.ctx)
	b.ok(err)
	defer tx.Rollback(b.ctx)
	if _, err := FullAccount(b.ctx, tx, b.box, d.Payees[0].ID, "staff:lan", " ", listedOn); !errors.Is(err, ErrReason) {
		t.Errorf("seen without a reason: %v", err)
	}
	account, err := FullAccount(b.ctx, tx, b.box, d.Payees[0].ID, "staff:lan", "gọi ngân hàng hỏi", listedOn)
	b.ok(err)
	b.ok(tx.Commit(b.ctx))
	views, err := Views(b.ctx, b.pool, id)
	b.ok(err)
	if account != "7300205001111" || len(views) != 1 || views[0].Kind != "account" || views[0].By != "staff:lan" || views[0].Reason != "gọi ngân hàng hỏi" {
		t.Errorf("account %q, views %+v", account, views)
	}
}
