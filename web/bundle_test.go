package web

import (
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/bank"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/pgtest"
	"ansinh.vn/internal/secret"
	"ansinh.vn/internal/text"
	"ansinh.vn/ledger"
	"ansinh.vn/markets"
	"ansinh.vn/money"
	"ansinh.vn/payout"
	"ansinh.vn/staff"
)

const (
	office   = "31825"
	other    = "31843"
	password = "mưa thuận gió hoà"
	phone    = "0912345671"
	pin      = "280719"
	account  = "1900201234567"
	hmacKey  = "bí mật của bài kiểm tra"
)

// the business clock of these tests stands still
var testNow = time.Date(2026, 10, 20, 8, 0, 0, 0, text.Vietnam)

// bundle is a running server over a database of its own, with a person for each role
// in the office, one of each in another office, and a vendor with a stall.
type bundle struct {
	testing.TB
	ctx    context.Context
	pool   *pgxpool.Pool
	box    *secret.Box
	server *Server
	url    string
	staff  map[staff.Role]staff.Person
	vendor markets.VendorID
	stall  markets.StallID
	key    []byte // private key of the chairman, PEM
	rail   bank.RailAccount
	events int
}

func open(t testing.TB) *bundle {
	t.Helper()
	b := &bundle{TB: t, ctx: t.Context(), pool: pgtest.New(t), box: secret.ForTest(t), staff: map[staff.Role]staff.Person{}}
	b.tx(func(tx pgx.Tx) {
		b.exec(tx, `insert into office (code, name, kind) values ($1, 'Phường Bạc Liêu', 'Phường'), ($2, 'Xã Vĩnh Lộc', 'Xã')`, office, other)
		rails, err := bank.EnsureAccounts(b.ctx, tx, []bank.RailAccount{{Office: office, Kind: "bank", BIN: "970405", Account: "1900999888777", Name: "UBND phường Bạc Liêu"}})
		b.ok(err)
		b.rail = rails[0]
	})
	b.hire()
	b.openStall()
	b.server = New(Config{Pool: b.pool, Secrets: b.box, Clock: func() time.Time { return testNow },
		Notices: map[string]string{"hmac": hmacKey}, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	web := httptest.NewServer(b.server)
	b.url = web.URL
	t.Cleanup(func() {
		b.server.Close()
		web.Close()
	})
	return b
}

func (b *bundle) hire() {
	b.Helper()
	store := staff.Open(b.pool)
	var people []staff.New
	for _, r := range staff.Roles {
		people = append(people, staff.New{Login: string(r), Name: "Người " + string(r), Office: office, Roles: []staff.Role{r}, Password: password})
	}
	people = append(people, staff.New{Login: "elsewhere", Name: "Người xã khác", Office: other, Roles: staff.Roles, Password: password})
	_, err := store.AddAll(b.ctx, people, "test", testNow)
	b.ok(err)
	for _, r := range staff.Roles {
		b.staff[r], err = store.ByLogin(b.ctx, string(r))
		b.ok(err)
	}
	private, public, err := staff.GenerateKey()
	b.ok(err)
	req, err := store.RequestKey(b.ctx, b.staff[staff.Chairman].ID, public, "khoá thử", testNow)
	b.ok(err)
	_, err = store.ConfirmKey(b.ctx, req, b.staff[staff.Operator].ID, testNow)
	b.ok(err)
	b.key = private
}

func (b *bundle) openStall() {
	b.Helper()
	b.tx(func(tx pgx.Tx) {
		market, err := markets.AddMarket(b.ctx, tx, markets.NewMarket{Name: "Chợ Phường 3", Office: office}, "test", testNow)
		b.ok(err)
		b.vendor, err = markets.AddVendor(b.ctx, tx, b.box, markets.NewVendor{Name: "Trần Thị Sáu", Phone: phone, BankBIN: "970405", Account: account}, "test", testNow)
		b.ok(err)
		b.ok(markets.SetPIN(b.ctx, tx, b.vendor, pin, "test", testNow))
		b.stall, err = markets.AddStall(b.ctx, tx, markets.NewStall{Market: market, Vendor: b.vendor, Label: "QAY-017"}, "test", testNow)
		b.ok(err)
		_, err = markets.MakeCard(b.ctx, tx, b.box, b.stall, "test", testNow)
		b.ok(err)
	})
}

func (b *bundle) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bundle) tx(do func(tx pgx.Tx)) {
	b.Helper()
	b.ok(pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) error { do(tx); return nil }))
}

func (b *bundle) exec(q pg.Queryer, sql string, args ...any) {
	b.Helper()
	if _, err := q.Exec(b.ctx, sql, args...); err != nil {
		b.Fatalf("%s: %v", sql, err)
	}
}

// people puts n persons over 80 on a list of the office, each with a bank account.
func (b *bundle) people(n int) {
	b.Helper()
	names := []string{"Nguyễn Thị Út Hoà", "Danh Sóc Kha", "Trần Văn Tám", "Thạch Thị Phượng", "Lâm Mỹ Phụng", "Kim Sa Rương"}
	b.tx(func(tx pgx.Tx) {
		var list int64
		b.ok(tx.QueryRow(b.ctx, `
			insert into list (kind, office, scheme, version, file_name, sha256, size, imported_by, imported_at, received, imported, quarantined)
			values ('list', $1, 'btxh', 1, 'btxh-31825-2026-10.xlsx', sha256('x'), 1, 'staff:clerk', $2, $3 + 1, $3, 1) returning id`, office, testNow, n).Scan(&list))
		b.exec(tx, `insert into list_row (list_id, row_no, state, cells, cell, reason) values ($1, 2, 'quarantined', $2, 'D2', 'Ngày sinh 31/02/1951 không có trong lịch')`,
			list, b.box.Seal(secret.ListCells, `["x"]`))
		for i := range n {
			number := fmt.Sprintf("0951450%05d", i)
			acct := fmt.Sprintf("0700%07d", i)
			var person int64
			b.ok(tx.QueryRow(b.ctx, `
				insert into person (number_enc, number_idx, name, name_key, birth, sex, office, hamlet, register_outcome, checked_at, first_list)
				values ($1, $2, $3, 'x', '1940-05-01', 'F', $4, 'Khóm 7', 'match', $5, $6) returning id`,
				b.box.Seal(secret.PersonNumber, number), b.box.Index(secret.PersonNumber, number), names[i%len(names)], office, testNow, list).Scan(&person))
			var row int64
			b.ok(tx.QueryRow(b.ctx, `insert into list_row (list_id, row_no, state, person_id, cells) values ($1, $2, 'imported', $3, $4) returning id`,
				list, i+3, person, b.box.Seal(secret.ListCells, `["x"]`)).Scan(&row))
			b.exec(tx, `
				insert into entitlement (person_id, office, scheme, category, first_month, decision_no, decision_on, list_id, row_id)
				values ($1, $2, 'btxh', 'KT_N', '2024-05-01', '412/QĐ-UBND', '2024-04-18', $3, $4)`, person, office, list, row)
			b.exec(tx, `insert into paid_before (person_id, scheme, category, first_month, last_month, amount, list_id) values ($1, 'btxh', 'KT_N', '2026-07-01', '2026-10-01', 1000000, $2)`, person, list)
			b.exec(tx, `
				insert into payee (person_id, kind, name, way, bank_bin, account_enc, account_idx, holder_name, holder_verdict, list_id, since)
				values ($1, 'self', $2, 'bank', '970405', $3, $4, $2, 'same', $5, '2025-01-01')`,
				person, names[i%len(names)], b.box.Seal(secret.AccountNumber, acct), b.box.Index(secret.AccountNumber, "970405:"+acct), list)
		}
		b.exec(tx, `update list set done = true where id = $1`, list)
	})
}

// submitted is a run of the office, prepared and submitted by the clerk, with its fund.
func (b *bundle) submitted() payout.Run {
	b.Helper()
	b.people(6)
	clerk := payout.StaffID(b.staff[staff.Clerk].ID)
	run, err := payout.Prepare(b.ctx, b.pool, payout.PrepareInput{Box: b.box, Office: office, Month: money.NewMonth(2026, time.November),
		KnownOn: money.Day(2026, time.October, 20), By: clerk, Now: testNow})
	b.ok(err)
	run, err = payout.Submit(b.ctx, b.pool, run.ID, clerk, testNow)
	b.ok(err)
	if run.N == 0 {
		b.Fatalf("the run holds everybody: %+v", run)
	}
	b.fund(run.Total)
	return run
}

func (b *bundle) fund(amount money.VND) {
	b.Helper()
	b.tx(func(tx pgx.Tx) {
		ids, err := ledger.Ensure(b.ctx, tx, []ledger.Account{
			{Code: "112." + office, Name: "Tiền gửi", Type: "asset", Office: office},
			{Code: "366." + office + ".btxh", Name: "Kinh phí", Type: "liability", NoOverdraft: true, Office: office, Scheme: "btxh"}})
		b.ok(err)
		_, err = ledger.Post(b.ctx, tx, ledger.Entry{Key: fmt.Sprintf("test:funds:%d", amount), On: money.Day(2026, time.October, 20), Kind: "funds", By: "test", At: testNow,
			Transfers: []ledger.Transfer{{Debit: ids["112."+office], Credit: ids["366."+office+".btxh"], Amount: amount}}})
		b.ok(err)
	})
}

// browser is a client with cookies that does not follow redirects by itself.
type browser struct {
	b      *bundle
	client *http.Client
}

func (b *bundle) browser() *browser {
	jar, err := cookiejar.New(nil)
	b.ok(err)
	return &browser{b, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// as signs in; "" stays outside, "vendor" is the vendor.
func (b *bundle) as(login string) *browser {
	b.Helper()
	c := b.browser()
	switch login {
	case "":
	case "vendor":
		c.see("/cho/sign-in", url.Values{"phone": {phone}, "pin": {pin}}, http.StatusSeeOther)
	default:
		c.see("/sign-in", url.Values{"login": {login}, "password": {password}}, http.StatusSeeOther)
	}
	return c
}

// answer is a response with its body read.
type answer struct {
	*http.Response
	body string
}

func (c *browser) do(method, path string, form url.Values) answer {
	c.b.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(c.b.ctx, method, c.b.url+path, body)
	c.b.ok(err)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	return c.send(r)
}

func (c *browser) send(r *http.Request) answer {
	c.b.Helper()
	w, err := c.client.Do(r)
	c.b.ok(err)
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	c.b.ok(err)
	return answer{w, string(text)}
}

// see posts a form, or gets a page when form is nil, and wants a status.
func (c *browser) see(path string, form url.Values, status int) answer {
	c.b.Helper()
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	a := c.do(method, path, form)
	if a.StatusCode != status {
		c.b.Fatalf("%s %s: %d, want %d\n%s", method, path, a.StatusCode, status, a.body)
	}
	return a
}

func (a answer) wants(t testing.TB, texts ...string) {
	t.Helper()
	plain := strings.NewReplacer("\u00a0", " ", "&#43;", "+").Replace(a.body)
	for _, s := range texts {
		if !strings.Contains(plain, strings.ReplaceAll(s, "\u00a0", " ")) {
			t.Errorf("%s does not say %q:\n%s", a.Request.URL.Path, s, a.body)
		}
	}
}

func record(s *Server, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func pemOf(public []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}))
}

// Hundreds of sign-ins happen here; what a password costs is tested in staff.
func TestMain(m *testing.M) {
	staff.DefaultParams = staff.Params{Memory: 64, Time: 1, Threads: 1}
	os.Exit(m.Run())
}
