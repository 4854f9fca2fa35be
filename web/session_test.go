package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"ansinh.vn/staff"
)

// Who is refused must look the same whatever the reason.
func TestARefusedSignInTellsNothing(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.ok(staff.Open(b.pool).Disable(b.ctx, "auditor", "test", testNow))
	var first string
	for _, c := range []url.Values{
		{"login": {"clerk"}, "password": {"sai mật khẩu rồi"}},
		{"login": {"nobody"}, "password": {"sai mật khẩu rồi"}},
		{"login": {"auditor"}, "password": {password}},
	} {
		a := b.browser().see("/sign-in", c, http.StatusUnauthorized)
		shape := strings.ReplaceAll(a.body, `value="`+c.Get("login")+`"`, `value=""`)
		if first == "" {
			first = shape
		}
		if shape != first {
			t.Errorf("the answer to %s differs", c.Get("login"))
		}
		if len(a.Header.Values("Set-Cookie")) != 0 {
			t.Errorf("%s got a cookie", c.Get("login"))
		}
	}
}

func TestGuessingIsSlowedDown(t *testing.T) {
	t.Parallel()
	b := open(t)
	c := b.browser()
	for range 5 {
		c.see("/sign-in", url.Values{"login": {"clerk"}, "password": {"sai mật khẩu rồi"}}, http.StatusUnauthorized)
	}
	c.see("/sign-in", url.Values{"login": {"clerk"}, "password": {password}}, http.StatusTooManyRequests).wants(t, "Đợi 15 phút")
}

func TestTheSessionCookie(t *testing.T) {
	t.Parallel()
	b := open(t)
	cookie := func(s *Server, path string, form url.Values) *http.Cookie {
		r, err := http.NewRequest("POST", path, strings.NewReader(form.Encode()))
		b.ok(err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.RemoteAddr = "10.1.2.3:4"
		w := record(s, r)
		if len(w.Result().Cookies()) != 1 {
			t.Fatalf("%s: %d, cookies %v", path, w.Code, w.Result().Cookies())
		}
		return w.Result().Cookies()[0]
	}
	secure := New(Config{Pool: b.pool, Secrets: b.box, TLS: true})
	defer secure.Close()
	for _, path := range []string{"/sign-in", "/cho/sign-in"} {
		form := url.Values{"login": {"clerk"}, "password": {password}, "phone": {phone}, "pin": {pin}}
		c := cookie(secure, path, form)
		if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("%s behind TLS: %s", path, c)
		}
		if p := cookie(b.server, path, form); strings.HasPrefix(p.Name, "__Host-") || p.Secure || !p.HttpOnly {
			t.Errorf("%s on localhost: %s", path, p)
		}
		var plain int
		b.ok(b.pool.QueryRow(b.ctx, `select count(*) from sessions where token = $1`, c.Value).Scan(&plain))
		if plain != 0 {
			t.Error("the table holds a token as it is")
		}
	}
	r, err := http.NewRequest("GET", "/sign-in", nil)
	b.ok(err)
	if got := record(secure, r).Header().Get("Strict-Transport-Security"); !strings.Contains(got, "max-age=63072000") {
		t.Errorf("HSTS behind TLS: %q", got)
	}
}

func TestSigningInChangesTheTokenAndSigningOutKillsIt(t *testing.T) {
	t.Parallel()
	b := open(t)
	c := b.as("clerk")
	address, err := url.Parse(b.url)
	b.ok(err)
	old := c.client.Jar.Cookies(address)[0]
	c.see("/sign-in", url.Values{"login": {"clerk"}, "password": {password}}, http.StatusSeeOther)
	if fresh := c.client.Jar.Cookies(address)[0]; fresh.Value == old.Value {
		t.Error("signing in kept the token")
	}
	kept := c.client.Jar.Cookies(address)
	c.see("/sign-out", url.Values{}, http.StatusSeeOther)
	for _, cookies := range [][]*http.Cookie{{old}, kept} {
		again := b.browser()
		again.client.Jar.SetCookies(address, cookies)
		again.see("/runs", nil, http.StatusSeeOther)
	}
}

func TestDisablingEndsASessionAtOnce(t *testing.T) {
	t.Parallel()
	b := open(t)
	c := b.as("clerk")
	c.see("/runs", nil, http.StatusOK)
	b.as("operator").see("/staff/clerk/disable", url.Values{}, http.StatusSeeOther)
	c.see("/runs", nil, http.StatusSeeOther)
	b.browser().see("/sign-in", url.Values{"login": {"clerk"}, "password": {password}}, http.StatusUnauthorized)
}

func TestARoleTakenAwayCountsAtOnce(t *testing.T) {
	t.Parallel()
	b := open(t)
	c := b.as("accountant")
	c.see("/breaks", nil, http.StatusOK)
	b.exec(b.pool, `update staff set roles = array['clerk'] where login = 'accountant'`)
	c.see("/breaks", nil, http.StatusForbidden)
}

func TestChangingThePassword(t *testing.T) {
	t.Parallel()
	b := open(t)
	c := b.as("clerk")
	change := func(old, fresh, again string, status int) answer {
		return c.see("/me/password", url.Values{"old": {old}, "new": {fresh}, "again": {again}}, status)
	}
	change("sai", "một mật khẩu mới", "một mật khẩu mới", http.StatusUnprocessableEntity).wants(t, "hiện tại không đúng")
	change(password, "ngắn", "ngắn", http.StatusUnprocessableEntity).wants(t, "quá yếu")
	change(password, "một mật khẩu mới", "một mật khẩu khác", http.StatusUnprocessableEntity).wants(t, "không giống nhau")
	change(password, "một mật khẩu mới", "một mật khẩu mới", http.StatusSeeOther)
	c.see("/me", nil, http.StatusSeeOther)
	b.browser().see("/sign-in", url.Values{"login": {"clerk"}, "password": {"một mật khẩu mới"}}, http.StatusSeeOther)
}

func TestSigningInLeadsOnlyToPagesOfOurs(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"/runs/5": "/runs/5", "/reviews?outcome=review": "/reviews?outcome=review", "": "/", "//evil.example": "/",
		"https://evil.example": "/", "/\\evil.example": "/", "/\t/evil.example": "/", "javascript:alert(1)": "/", "runs": "/"} {
		if got := localPath(in, "/"); got != want {
			t.Errorf("localPath(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestAKeyIsProposedByItsHolderAndConfirmedByAnother(t *testing.T) {
	t.Parallel()
	b := open(t)
	private, public, err := staff.GenerateKey()
	b.ok(err)
	c := b.as("chairman")
	c.see("/me/keys", url.Values{"public": {string(private)}}, http.StatusUnprocessableEntity)
	c.see("/me/keys", url.Values{"public": {"rác"}}, http.StatusUnprocessableEntity)
	c.see("/me/keys", url.Values{"public": {pemOf(public)}, "label": {"máy mới"}}, http.StatusSeeOther)
	c.see("/me", nil, http.StatusOK).wants(t, "đang chờ một người khác xác nhận", staff.Fingerprint(public))
	var req int64
	b.ok(b.pool.QueryRow(b.ctx, `select id from staff_key_request where outcome = 'waiting'`).Scan(&req))
	c.see("/key-requests/"+id(req), url.Values{"accept": {"yes"}}, http.StatusConflict)
	op := b.as("operator")
	op.see("/staff", nil, http.StatusOK).wants(t, staff.Fingerprint(public))
	op.see("/key-requests/"+id(req), url.Values{"accept": {"yes"}}, http.StatusSeeOther)
	c.see("/me", nil, http.StatusOK).wants(t, "máy mới")
	var key int64
	b.ok(b.pool.QueryRow(b.ctx, `select max(id) from staff_key`).Scan(&key))
	b.as("accountant").see("/keys/"+id(key)+"/revoke", url.Values{}, http.StatusNotFound)
	c.see("/keys/"+id(key)+"/revoke", url.Values{}, http.StatusSeeOther)
}

func TestATokenOpensTheAPIAndNothingElse(t *testing.T) {
	t.Parallel()
	b := open(t)
	token, err := staff.Open(b.pool).NewToken(b.ctx, b.staff[staff.Accountant].ID, "thử", time.Now().Add(time.Hour), time.Now())
	b.ok(err)
	get := func(path, bearer string) answer {
		r, err := http.NewRequest("GET", b.url+path, nil)
		b.ok(err)
		r.Header.Set("Authorization", "Bearer "+bearer)
		return b.browser().send(r)
	}
	if a := get("/api/v1/breaks", token); a.StatusCode != http.StatusOK {
		t.Errorf("with a token: %d %s", a.StatusCode, a.body)
	}
	for _, bad := range []string{token + "x", "ansinh_", "", "x"} {
		if a := get("/api/v1/breaks", bad); a.StatusCode != http.StatusUnauthorized || a.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("with the token %q: %d", bad, a.StatusCode)
		}
	}
	if a := get("/breaks", token); a.StatusCode != http.StatusSeeOther {
		t.Errorf("a page by token: %d", a.StatusCode)
	}
}
