package web

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"ansinh.vn/staff"
)

// route is one line of the table that says what exists and who may use it.
type route struct {
	method, path string
	who          who
	do           func(*visit) error
}

// who may call a route. Exactly one of the fields is set.
type who struct {
	anyone bool         // no sign-in needed
	vendor bool         // a signed-in vendor
	roles  []staff.Role // staff with one of these roles
}

var (
	anyone  = who{anyone: true}
	vendors = who{vendor: true}
	// everybody who signs in as staff
	allStaff = who{roles: staff.Roles}
)

func only(roles ...staff.Role) who { return who{roles: roles} }

// visit is one request on its way through a handler.
type visit struct {
	w      http.ResponseWriter
	r      *http.Request
	s      *Server
	ctx    context.Context
	person staff.Person // who is signed in, for staff routes
	vendor vendor       // who is signed in, for vendor routes
}

// body is the most bytes a form may have.
const body = 256 << 10

// uploads are the pages that take a file, with the most bytes it may have; a
// telephone line in a commune is given its time.
var uploads = map[string]int64{"POST /lists": 64 << 20, "POST /documents/{id}/signed": 32 << 20, "POST /register/checked": 32 << 20, "POST /register/extracts": body}

const uploadPatience = 5 * time.Minute

// patience is how long a page may take before its queries are cancelled.
const patience = 30 * time.Second

// serve wraps a route with its session, the decision who may call it, and the
// turning of errors into pages.
func (s *Server) serve(rt route) http.HandlerFunc {
	h := func(w http.ResponseWriter, r *http.Request) {
		v := &visit{w: w, r: r, s: s, ctx: r.Context()}
		most, wait := int64(body), patience
		if size, ok := uploads[rt.method+" "+rt.path]; ok {
			most, wait = size, uploadPatience
			c := http.NewResponseController(w)
			_ = c.SetReadDeadline(time.Now().Add(wait)) // where the connection knows no deadlines the server's own hold
			_ = c.SetWriteDeadline(time.Now().Add(wait + patience))
		}
		if !strings.HasSuffix(rt.path, "/events") {
			var cancel context.CancelFunc
			v.ctx, cancel = context.WithTimeout(r.Context(), wait)
			defer cancel()
		}
		r.Body = http.MaxBytesReader(w, r.Body, most)
		err := v.admit(rt.who)
		if err == nil {
			err = rt.do(v)
		}
		if err != nil {
			v.fail(err)
		}
	}
	switch {
	case rt.who.vendor || strings.HasPrefix(rt.path, "/cho"):
		return s.stall.LoadAndSave(http.HandlerFunc(h)).ServeHTTP
	default:
		return s.desk.LoadAndSave(http.HandlerFunc(h)).ServeHTTP
	}
}

// public serves a handler outside the route table, such as "not found".
func (s *Server) public(do func(*visit) error) http.HandlerFunc {
	return s.serve(route{who: anyone, do: do})
}

// admit finds out who is there and whether they may be.
func (v *visit) admit(w who) error {
	switch {
	case w.anyone:
		return nil
	case w.vendor:
		return v.admitVendor()
	}
	if err := v.admitStaff(); err != nil {
		return err
	}
	if !v.person.Has(w.roles...) {
		return errForbidden
	}
	return nil
}

const (
	keyStaff  = "staff"
	keyEpoch  = "epoch"
	keyVendor = "vendor"
	keyFlash  = "flash"
)

func (v *visit) admitStaff() error {
	id := v.s.desk.GetInt64(v.ctx, keyStaff)
	if id == 0 {
		return errSignInFirst
	}
	p, err := v.s.staff.Current(v.ctx, staff.ID(id), v.s.desk.GetInt(v.ctx, keyEpoch))
	if errors.Is(err, staff.ErrSignIn) {
		_ = v.s.desk.Destroy(v.ctx)
		return errSignInFirst
	}
	v.person = p
	return err
}

// now is the business time.
func (v *visit) now() time.Time { return v.s.cfg.Clock() }

// id reads a number from the path; a page that cannot exist is not found.
func (v *visit) id(name string) (int64, error) {
	n, err := strconv.ParseInt(chi.URLParam(v.r, name), 10, 64)
	if err != nil || n <= 0 {
		return 0, errNoPage
	}
	return n, nil
}

// offices says which office's rows v's person may see: their own, or every one ("").
func (v *visit) office() string { return v.person.Office }

// mayOffice hides what belongs to another office as if it did not exist.
func (v *visit) mayOffice(office string) error {
	if v.person.Office != "" && v.person.Office != office {
		return errNoPage
	}
	return nil
}

// address is where the request came from.
func (s *Server) address(r *http.Request) string {
	if s.cfg.TrustProxy {
		if list := r.Header.Values("X-Forwarded-For"); len(list) > 0 {
			last := list[len(list)-1]
			return strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// see sends the browser to another page after a change.
func (v *visit) see(path string) error {
	http.Redirect(v.w, v.r, path, http.StatusSeeOther)
	return nil
}

// tell leaves a sentence for the next page.
func (v *visit) tell(vi, en string) {
	v.s.desk.Put(v.ctx, keyFlash, vi+"\n"+en)
}
