package beneficiaries

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
	"ansinh.vn/money"
)

// matched imports rows whose people the register confirms.
func (b *bundle) matched(rows ...fields) {
	b.Helper()
	b.list(rows...)
	_, err := b.pool.Exec(b.ctx, `update person set register_outcome = 'match', checked_at = $1`, syncedOn)
	b.ok(err)
}

func account(name, number, holder string) fields {
	return fields{"Họ và tên": name, "Hình thức": "TK", "Số tài khoản": number, "Tên chủ tài khoản": holder, "Ngân hàng": "Agribank"}
}

func TestPayableSaysWhyNot(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	with := func(f fields, more fields) fields {
		for k, v := range more {
			f[k] = v
		}
		return f
	}
	accounts := 2000000000
	recipient := func(name, until string) fields {
		accounts++
		return with(account(name, fmt.Sprint(accounts), "TRAN VAN TAM"),
			fields{"Người nhận thay": "Trần Văn Tám", "Số giấy ủy quyền": "12/GUQ", "Hạn ủy quyền": until, "Số định danh người nhận thay": "095070000099"})
	}
	b.matched(
		fields{"Họ và tên": "Danh Sóc Kha"},
		account("Nguyễn Thị Hoà", "1000000001", "NGUYEN THI HOA"),
		account("Lâm Mỹ Phụng", "1000000002", "LAM MI PHUNG"),
		account("Sơn Thị Ny", "1000000003", "NGO VAN TEO"),
		account("Kim Sa Rương", "1000000004", ""),
		account("Thạch Thol", "", "THACH THOL"),
		with(account("Thạch Ny", "1000000005", "THACH NY"), fields{"Ngân hàng": "ngân hàng gần nhà"}),
		account("Lý Thị Một", "1000000006", "LY THI MOT"),
		account("Lý Thị Hai", "1000000006", "LY THI HAI"),
		recipient("Quách Thị Bé", "30/06/2027"),
		recipient("Quách Thị Hai", "30/09/2026"),
		recipient("Quách Thị Năm", ""),
		recipient("Quách Thị Chín", "30/06/2029"),
		with(recipient("Quách Văn Út", ""), fields{"Ngày sinh": "2015"}),
	)
	for name, want := range map[string]string{
		"Danh Sóc Kha": "", "Nguyễn Thị Hoà": "", "Lâm Mỹ Phụng": "", "Kim Sa Rương": "",
		"Sơn Thị Ny": "holder_mismatch", "Thạch Thol": "no_account", "Thạch Ny": "no_account",
		"Lý Thị Một": "shared_account", "Lý Thị Hai": "shared_account",
		"Quách Thị Bé": "", "Quách Thị Hai": "authorisation_expired", "Quách Thị Năm": "authorisation_expired",
		"Quách Thị Chín": "authorisation_expired", // longer than 12 months
		"Quách Văn Út":   "",                      // a guardian needs no paper that ends
	} {
		if got := b.holds(name, "2026-10-20"); got != want {
			t.Errorf("%s: held for %q, want %q", name, got, want)
		}
	}
	if got := b.holds("Quách Thị Bé", "2027-07-01"); got != "authorisation_expired" {
		t.Errorf("after its last day: held for %q", got)
	}

	// a clerk says why the account is shared, for both of them
	shared, err := SharedAccounts(b.ctx, b.pool, b.box, "31843", 0)
	b.ok(err)
	if len(shared) != 1 || !shared[0].Open || shared[0].Account != "1000****06" || len(shared[0].Users) != 2 {
		t.Fatalf("shared: %+v", shared)
	}
	if other, err := SharedAccounts(b.ctx, b.pool, b.box, "31825", 0); err != nil || len(other) != 0 {
		t.Errorf("of another office: %+v, %v", other, err)
	}
	if _, err := AcceptSharedAccounts(b.ctx, b.pool, shared[0].Payee, " ", "staff:lan", listedOn); !errors.Is(err, ErrReason) {
		t.Errorf("accepted without a reason: %v", err)
	}
	released, err := AcceptSharedAccounts(b.ctx, b.pool, shared[0].Payee, "hai chị em ở chung nhà", "staff:lan", listedOn)
	b.ok(err)
	if len(released) != 2 {
		t.Errorf("released %v", released)
	}
	for _, name := range []string{"Lý Thị Một", "Lý Thị Hai"} {
		d, err := PersonByID(b.ctx, b.pool, b.box, b.person(name))
		b.ok(err)
		if d.Payees[0].SharedWith != 1 || d.Payees[0].Account != "1000****06" || d.Payees[0].SharedReason == "" {
			t.Errorf("%s: %+v", name, d.Payees[0])
		}
		if got := b.holds(name, "2026-10-20"); got != "" {
			t.Errorf("%s: still held for %q", name, got)
		}
	}
}

func TestStopDecisionReleasesWhomAListDropped(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.matched(fields{"Họ và tên": "Danh Sóc Kha", "Số định danh": "095150000001"}, fields{"Họ và tên": "Thạch Thol", "Số định danh": "095150000002"})
	b.list(fields{"Họ và tên": "Thạch Thol", "Số định danh": "095150000002"})
	if got := b.holds("Danh Sóc Kha", "2026-10-20"); got != "not_listed" {
		t.Fatalf("held for %q", got)
	}
	stop := Ruling{Kind: RuleStop, Person: b.person("Danh Sóc Kha"), From: money.NewMonth(2020, 2), Reason: "không còn trong danh sách"}
	var refused *RuledError
	if _, err := DraftRuling(b.ctx, b.pool, stop, "staff:lan", listedOn); !errors.As(err, &refused) {
		t.Errorf("stopped before it began: %v", err)
	}
	stop.From = money.NewMonth(2026, 10)
	id, err := DraftRuling(b.ctx, b.pool, stop, "staff:lan", listedOn)
	b.ok(err)
	b.ok(b.confirmed(id))
	if got := b.holds("Danh Sóc Kha", "2026-10-20") + b.one(`select ceased_from from entitlement where person_id = $1`, stop.Person); got != "2026-10-01" {
		t.Errorf("after the decision: %q", got)
	}
	// a list that still names them, or names them no more, changes nothing about it
	b.list(fields{"Họ và tên": "Danh Sóc Kha", "Số định danh": "095150000001", "Hưởng từ tháng": "01/2020"}, fields{"Họ và tên": "Thạch Thol", "Số định danh": "095150000002"})
	b.list(fields{"Họ và tên": "Thạch Thol", "Số định danh": "095150000002"})
	if got := b.one(`select string_agg(first_month || ' ' || ceased_from || ' ' || (dropped_by is null), ',' order by id) from entitlement where person_id = $1`, stop.Person); got != "2024-05-01 2026-10-01 true" {
		t.Errorf("after more lists: %q", got)
	}
}

// confirmed makes a draft of xã Hồng Dân a decision.
func (b *bundle) confirmed(id RulingID) error {
	b.Helper()
	_, err := b.pool.Exec(b.ctx, `insert into staff (login, name, office, roles, password_hash, created_at, created_by)
		values ('chu', 'Chủ tịch', '31843', '{chairman}', '$argon2id$v=19$x', $1, 'test') on conflict do nothing`, listedOn)
	b.ok(err)
	signer, err := AddSigner(b.ctx, b.pool, Signer{Office: "31843", Name: "Chủ tịch", Capacity: "chairman", ValidFrom: money.Day(2025, 7, 1)}, "staff:chu", listedOn)
	b.ok(err)
	return RulingConflict(pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) error {
		return ConfirmRuling(b.ctx, tx, Confirmation{Ruling: id, Number: fmt.Sprintf("%d/QĐ-UBND", id), SignedOn: listedOn, Signer: signer,
			Effect: []byte(`{}`), By: "staff:chu", Now: listedOn})
	}))
}

func TestAccountsAreTakenForWhomTheyName(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.matched(fields{"Họ và tên": "Danh Sóc Kha", "Số định danh": "095150000001"}, fields{"Họ và tên": "Thạch Thol", "Số định danh": "095150000002"})
	path := b.csvFile("vneid.csv", [][]string{
		{"Số định danh", "Họ và tên", "Ngân hàng", "Số tài khoản", "Chủ tài khoản"},
		{"95150000001", "DANH SÓC KHA", "970405", "7300205001234", "DANH SOC KHA"},
		{"095150000002", "Nguyễn Văn Khác", "970405", "7300205001235", "NGUYEN VAN KHAC"},
		{"095150000003", "Không Ai", "970405", "7300205001236", "KHONG AI"},
		{"095150000002", "Thạch Thol", "?", "7300205001237", "THACH THOL"},
		{"095150000002", "Thạch Thol", "970405", "7,3E+12", "THACH THOL"},
	})
	in := AccountFile{Path: path, By: "staff:lan", Now: listedOn.Add(time.Hour)}
	got, err := ImportAccounts(b.ctx, b.pool, b.box, in)
	b.ok(err)
	if got.Received != 5 || got.Imported != 1 || got.Quarantined != 4 || got.Changes["changed"] != 1 {
		t.Errorf("got %+v", got)
	}
	d, err := PersonByID(b.ctx, b.pool, b.box, b.person("Danh Sóc Kha"))
	b.ok(err)
	if len(d.Payees) != 2 || d.Payees[0].Way != "bank" || d.Payees[0].Account != "7300*******34" || d.Payees[0].HolderVerdict != holderSame || d.Payees[1].EndedAt == nil {
		t.Errorf("payees %+v", d.Payees)
	}
	reasons := b.one(`select string_agg(reason, '; ' order by row_no) from list_row where list_id = $1 and reason is not null`, got.List)
	for _, want := range []string{"là của “Thạch Thol”", "không có người nào", "không rõ ngân hàng", "số tài khoản không dùng được"} {
		if !strings.Contains(reasons, want) {
			t.Errorf("reasons %q lack %q", reasons, want)
		}
	}
	if again, err := ImportAccounts(b.ctx, b.pool, b.box, in); err != nil || !again.Already {
		t.Errorf("again: %+v, %v", again, err)
	}
	b.noNumberReadable()
}

func TestCompareHolder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ holder, person, recipient, want string }{
		{"NGUYEN THI HOA", "Nguyễn Thị Hoà", "", holderSame},
		{"NGUYENTHIHOA", "Nguyễn Thị Hoà", "", holderSame},
		{"LY MY DUNG", "Lý Mĩ Dung", "", holderSame},
		{"HOANG VAN PHUC", "Huỳnh Văn Phước", "", holderNear},
		{"NGUYEN HOA", "Nguyễn Thị Hoà", "", holderNear},
		{"NGUYEN THI HOAA", "Nguyễn Thị Hoà", "", holderNear},
		{"TRAN VAN TAM", "Nguyễn Thị Hoà", "", holderDifferent},
		{"TRAN VAN TAM", "Nguyễn Thị Hoà", "Trần Văn Tám", holderSame},
		{"NGUYEN VAN HAI", "Nguyễn Văn Ba", "", holderDifferent},
		{"", "Nguyễn Thị Hoà", "", holderNone},
	} {
		if got, why := compareHolder(c.holder, c.person, c.recipient); got != c.want || why == "" {
			t.Errorf("%q for %q (%q): %s (%s), want %s", c.holder, c.person, c.recipient, got, why, c.want)
		}
	}
}

func TestFindBank(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"970405": "970405", "Agribank": "970405", "NH Nông nghiệp và Phát triển Nông thôn": "970405", "NHNo&PTNT": "", "agribank CN Hồng Dân": "970405",
		"Vietcombank": "970436", "VCB": "970436", "Ngân hàng TMCP Ngoại thương Việt Nam": "970436", "Lộc Phát": "970449", "LPBank": "970449",
		"DongA Bank": "970406", "Vikki": "970406", "BIDV - PGD Phước Long": "970418", "MB": "970422", "Kiên Long": "970452", "Viettel Money": "971005",
		"": "", "ngân hàng": "", "gần nhà": "",
	} {
		if got, _ := FindBank(text); got.BIN != want {
			t.Errorf("%q: %q, want %q", text, got.BIN, want)
		}
	}
}

func TestCleanAccount(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"1234567890": "1234567890", "'0123 456.789": "0123456789", "99ZP24009M07248267": "99ZP24009M07248267", "1234567890.0": "1234567890",
		"": "", "12345": "!", "1,02E+12": "!", "abc": "!", "12345678901234567890": "!", "123456/789": "!",
	} {
		got, ok := cleanAccount(raw)
		if !ok {
			got = "!"
		}
		if got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}

func FuzzLine(f *testing.F) {
	for _, s := range []string{"", "Danh Sóc Kha", "1.234.567", "05/2024", "TK", "7,3E+12", "\xff", "(", "Agribank (CN Hồng Dân)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if account, ok := cleanAccount(s); ok && account != "" {
			if again, ok := cleanAccount(account); !ok || again != account {
				t.Errorf("account %q of %q is not clean: %q", account, s, again)
			}
		}
		FindBank(s)
		wayOf(s)
		officeIn(s)
		schemeIn(s)
		parseRowRef(s)
		findCategory(SocialAssistance, s)
		compareHolder(s, "Danh Sóc Kha", s)
	})
}

func TestFullNumberLeavesATrace(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.list(fields{"Họ và tên": "Danh Sóc Kha", "Số định danh": "095150000001"})
	id := b.person("Danh Sóc Kha")
	view := func(reason string) (number string, err error) {
		tx, err := b.pool.Begin(b.ctx)
		b.ok(err)
		defer tx.Rollback(b.ctx)
		if number, err = FullNumber(b.ctx, tx, b.box, id, "staff:lan", reason, listedOn); err != nil {
			return "", err
		}
		return number, tx.Commit(b.ctx)
	}
	if number, err := view("đối chiếu với thẻ"); err != nil || number != "095150000001" {
		t.Errorf("number %q, %v", number, err)
	}
	if _, err := view(""); err == nil {
		t.Error("seen without a reason")
	}
	if s := b.one(`select string_agg(actor || ' ' || subject || ' ' || (payload ->> 'reason'), ';') from audit_event where kind = 'person.number.viewed'`); !strings.HasPrefix(s, "staff:lan person:") || strings.Contains(s, "095150000001") {
		t.Errorf("trace %q", s)
	}
}

func TestOtherKeysAreRefused(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.list(fields{"Họ và tên": "Danh Sóc Kha"})
	b.box = secret.ForTest(t)
	_, err := b.importFile(b.csvList("31843_btxh.csv", hongDan, fields{"Họ và tên": "Thạch Thol"}))
	b.refused(err, "bộ khóa khác")
}
