package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"ansinh.vn/staff"
)

// fill puts ids that exist nowhere into a route's address: who may call it is told
// it is not there, everybody else is turned away before that is looked up.
func fill(path string) string {
	return strings.NewReplacer("{id}", "999999", "{person}", "999999", "{login}", "nobody.here").Replace(path)
}

// Every line of the route table, with every role, the vendor and nobody.
func TestEveryRouteWithEveryRole(t *testing.T) {
	t.Parallel()
	b := open(t)
	callers := map[string]*browser{"": b.as(""), "vendor": b.as("vendor")}
	for _, r := range staff.Roles {
		callers[string(r)] = b.as(string(r))
	}
	for _, rt := range b.server.routes() {
		if strings.HasSuffix(rt.path, "/sign-out") {
			continue // ends the session that the next line needs: TestSigningOut
		}
		for name, c := range callers {
			want := "refused"
			switch {
			case rt.who.anyone, rt.who.vendor && name == "vendor", slices.Contains(rt.who.roles, staff.Role(name)):
				want = "let in"
			case name == "", name == "vendor", rt.who.vendor:
				want = "sent to sign in"
			}
			var form url.Values
			if rt.method == http.MethodPost {
				form = url.Values{"x": {"y"}}
			}
			a := c.do(rt.method, fill(rt.path), form)
			door := a.StatusCode == http.StatusSeeOther && strings.Contains(a.Header.Get("Location"), "sign-in")
			got := "let in"
			switch {
			case door:
				got = "sent to sign in"
			case a.StatusCode == http.StatusForbidden:
				got = "refused"
			case a.StatusCode >= 500:
				got = "broken: " + a.body
			}
			if got != want {
				t.Errorf("%s %s as %q: %s (%d), want %s", rt.method, rt.path, name, got, a.StatusCode, want)
			}
			checkHeaders(t, a)
		}
	}
}

func TestEveryAPIRouteWithEveryRole(t *testing.T) {
	t.Parallel()
	b := open(t)
	callers := map[string]*browser{"": b.as(""), "vendor": b.as("vendor")}
	for _, r := range staff.Roles {
		callers[string(r)] = b.as(string(r))
	}
	for _, rt := range b.server.apiRoutes {
		for name, c := range callers {
			want := http.StatusForbidden
			switch {
			case rt.who.anyone, rt.who.vendor && name == "vendor", slices.Contains(rt.who.roles, staff.Role(name)):
				want = 0
			case name == "", name == "vendor", rt.who.vendor:
				want = http.StatusUnauthorized
			}
			a := c.do(rt.method, "/api/v1"+fill(rt.path), nil)
			refused := a.StatusCode == http.StatusForbidden || a.StatusCode == http.StatusUnauthorized
			if want == 0 && (refused || a.StatusCode >= 500) || want != 0 && a.StatusCode != want {
				t.Errorf("%s %s as %q: %d, want %d\n%s", rt.method, rt.path, name, a.StatusCode, want, a.body)
			}
			checkHeaders(t, a)
			if refused && a.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s: a refusal of type %q", rt.path, a.Header.Get("Content-Type"))
			}
		}
	}
}

// A row of another office does not exist, for any page.
func TestAnotherOfficeSeesNothing(t *testing.T) {
	t.Parallel()
	b := open(t)
	run := b.submitted()
	var payment, list, person int64
	b.ok(b.pool.QueryRow(b.ctx, `select min(id) from payment`).Scan(&payment))
	b.ok(b.pool.QueryRow(b.ctx, `select min(id) from list`).Scan(&list))
	b.ok(b.pool.QueryRow(b.ctx, `select min(id) from person`).Scan(&person))
	c := b.as("elsewhere")
	for _, path := range []string{"/runs/" + id(int64(run.ID)), "/runs/" + id(int64(run.ID)) + "/payments", "/runs/" + id(int64(run.ID)) + "/statement",
		"/payments/" + id(payment), "/lists/" + id(list), "/reviews/" + id(person), "/entries/1", "/stalls/" + id(int64(b.stall)) + "/card",
		"/api/v1/runs/" + id(int64(run.ID))} {
		c.see(path, nil, http.StatusNotFound)
	}
	for path, form := range map[string]url.Values{
		"/runs/" + id(int64(run.ID)) + "/approve": {"signature": {"AAAA"}}, "/runs/" + id(int64(run.ID)) + "/reject": {"reason": {"x"}},
		"/payments/" + id(payment): {"why": {"x"}}, "/reviews/" + id(person): {"decision": {"pay"}, "reason": {"x"}}} {
		c.see(path, form, http.StatusNotFound)
	}
	for _, path := range []string{"/runs", "/lists", "/reviews", "/breaks", "/", "/markets", "/api/v1/runs"} {
		a := c.see(path, nil, http.StatusOK)
		for _, secret := range []string{"Nguyễn Thị Út Hoà", "btxh-31825", "QAY-017", `"office":"31825"`} {
			if strings.Contains(a.body, secret) {
				t.Errorf("%s shows another office's %q", path, secret)
			}
		}
	}
}

func checkHeaders(t *testing.T, a answer) {
	t.Helper()
	for name, want := range map[string]string{"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Cross-Origin-Opener-Policy": "same-origin", "X-Frame-Options": "DENY", "Cache-Control": "no-store"} {
		if !strings.HasPrefix(a.Header.Get(name), want) {
			t.Errorf("%s %s: %s is %q", a.Request.Method, a.Request.URL.Path, name, a.Header.Get(name))
		}
	}
	if strings.Contains(a.Header.Get("Content-Security-Policy"), "unsafe") {
		t.Error("the policy lets something unsafe in")
	}
	if a.Header.Get("Server") != "" || a.Header.Get("X-Powered-By") != "" {
		t.Error("the answer tells what made it")
	}
}

func TestStrangeMethodsAndPathsAreRefused(t *testing.T) {
	t.Parallel()
	b := open(t)
	c := b.as("clerk")
	for _, m := range []string{"PUT", "DELETE", "PATCH", "TRACE", "CONNECTED"} {
		if a := c.do(m, "/runs", nil); a.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s /runs: %d", m, a.StatusCode)
		}
	}
	for _, path := range []string{"/nothing", "/runs/abc", "/runs/-1", "/runs/0", "/lists/99999999999999999999", "/static/app.css", "/static/../web.go", "/.git/config"} {
		a := c.do("GET", path, nil)
		if a.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s: %d", path, a.StatusCode)
		}
		checkHeaders(t, a)
	}
}

func TestAnotherSiteCannotMakeTheBrowserAct(t *testing.T) {
	t.Parallel()
	b := open(t)
	c := b.as("operator")
	for name, change := range map[string]func(h http.Header){
		"cross-site": func(h http.Header) { h.Set("Sec-Fetch-Site", "cross-site") },
		"same-site":  func(h http.Header) { h.Set("Sec-Fetch-Site", "same-site") },
		"old browser, foreign origin": func(h http.Header) {
			h.Set("Origin", "https://evil.example")
		},
	} {
		for _, path := range []string{"/staff/clerk/disable", "/sign-out", "/me/password", "/sign-in", "/api/v1/vendor/sign-in"} {
			r, err := http.NewRequest("POST", b.url+path, strings.NewReader("x=y"))
			b.ok(err)
			change(r.Header)
			if a := c.send(r); a.StatusCode != http.StatusForbidden {
				t.Errorf("%s to %s: %d", name, path, a.StatusCode)
			}
		}
	}
	var disabled bool
	b.ok(b.pool.QueryRow(b.ctx, `select bool_or(disabled_at is not null) from staff`).Scan(&disabled))
	if disabled {
		t.Error("another site disabled somebody")
	}
}
