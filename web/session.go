package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"ansinh.vn/staff"
)

type signInPage struct {
	Login, Next string
	Problem     *problem
	Demo        []DemoSignIn
}

// toSignIn sends the visitor to the right door, remembering a page they asked for.
func (v *visit) toSignIn() {
	door := "/sign-in"
	if strings.HasPrefix(v.r.URL.Path, "/cho") {
		door = "/cho/sign-in"
	}
	if v.r.Method == http.MethodGet && v.r.URL.Path != "/" && !strings.HasSuffix(v.r.URL.Path, "/events") {
		door += "?next=" + url.QueryEscape(v.r.URL.RequestURI())
	}
	http.Redirect(v.w, v.r, door, http.StatusSeeOther)
}

func (s *Server) signInForm(v *visit) error {
	return v.page("signin", view{Title: "Đăng nhập", Data: signInPage{Next: localPath(v.r.FormValue("next"), "/"), Demo: s.cfg.DemoHint}})
}

func (s *Server) signIn(v *visit) error {
	login, next := v.r.FormValue("login"), localPath(v.r.FormValue("next"), "/")
	got, err := s.staff.SignIn(v.ctx, login, v.r.FormValue("password"), s.address(v.r), time.Now())
	if many := new(staff.TooMany); errors.Is(err, staff.ErrSignIn) || errors.As(err, &many) {
		p := describe(err)
		return v.pageWrite("signin", p.Status, view{Title: "Đăng nhập",
			Data: signInPage{Login: login, Next: next, Problem: p, Demo: s.cfg.DemoHint}})
	}
	if err != nil {
		return err
	}
	// a token known before signing in must not be worth anything after it
	if err := s.desk.Clear(v.ctx); err != nil {
		return err
	}
	if err := s.desk.RenewToken(v.ctx); err != nil {
		return err
	}
	s.desk.Put(v.ctx, keyStaff, int64(got.Person.ID))
	s.desk.Put(v.ctx, keyEpoch, got.Epoch)
	return v.see(next)
}

func (s *Server) signOut(v *visit) error {
	if err := s.staff.SignedOut(v.ctx, v.person, time.Now()); err != nil {
		return err
	}
	if err := s.desk.Destroy(v.ctx); err != nil {
		return err
	}
	return v.see("/sign-in")
}

// localPath lets nobody send a person on to another site after signing in.
func localPath(p, fallback string) string {
	u, err := url.Parse(p)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.ContainsAny(p, "\\\r\n\t") {
		return fallback
	}
	return p
}
