package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"ansinh.vn/markets"
	"ansinh.vn/staff"
)

// caller is who calls the API: staff by token or session, or a vendor by session.
type caller struct {
	person   staff.Person
	vendor   markets.VendorID
	byCookie bool
}

type callerKey struct{}

func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller) // nobody, when there is none
	return c
}

// api is /api/v1: the same rooms as the pages, for programs. OpenAPI 3.1 stands at
// /api/v1/openapi.json, errors are RFC 9457 problems, lists have cursors, and what
// creates wants an Idempotency-Key, kept for ever by the room that creates.
type api struct {
	huma.API
	s *Server
}

// apiRoute is one line of the API's table, for the test that walks it.
type apiRoute struct {
	method, path string
	who          who
}

func (s *Server) mountAPI(r chi.Router) {
	r.Route("/api/v1", func(r chi.Router) {
		r.Use(s.sameOrigin, s.knowCaller)
		config := huma.DefaultConfig("An Sinh", "1")
		config.OpenAPIPath, config.DocsPath, config.SchemasPath = "/openapi", "", ""
		config.CreateHooks = nil // no $schema links: the answers are what they say and no more
		config.Servers = []*huma.Server{{URL: "/api/v1"}}
		config.Info.Description = "Chi trả an sinh xã hội và thu tiền ở chợ. Amounts are whole đồng."
		config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
			"token": {Type: "http", Scheme: "bearer", Description: "A token of 'ansinh staff token', or of POST /vendor/sign-in."}}
		config.Security = []map[string][]string{{"token": {}}}
		a := api{humachi.New(r, config), s}
		a.marketRoutes()
		a.payoutRoutes()
	})
}

// register adds an operation whose callers are decided before its body is looked at.
func register[I, O any](a api, w who, op huma.Operation, do func(ctx context.Context, c caller, in *I) (*O, error)) {
	a.s.apiRoutes = append(a.s.apiRoutes, apiRoute{op.Method, op.Path, w})
	if w.anyone {
		op.Security = []map[string][]string{}
	}
	op.MaxBodyBytes = 64 << 10
	op.Middlewares = huma.Middlewares{func(ctx huma.Context, next func(huma.Context)) {
		c := callerOf(ctx.Context())
		var refused *problem
		switch {
		case w.anyone:
		case w.vendor && c.vendor == 0, !w.vendor && c.person.ID == 0:
			refused = errSignInFirst
		case !w.vendor && !c.person.Has(w.roles...):
			refused = errForbidden
		}
		if refused == nil {
			next(ctx)
			return
		}
		if refused.Status == http.StatusUnauthorized {
			ctx.SetHeader("WWW-Authenticate", "Bearer")
		}
		if err := huma.WriteErr(a, ctx, refused.Status, refused.EN); err != nil {
			a.s.log.Debug("an answer was not heard", "err", err)
		}
	}}
	huma.Register(a.API, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := do(ctx, callerOf(ctx), in)
		if err != nil {
			return nil, a.problem(err)
		}
		return out, nil
	})
}

// problem turns an error into an RFC 9457 one, by the same table as the pages.
func (a api) problem(err error) error {
	p := describe(err)
	if p.internal {
		a.s.log.Error("API request failed", "ref", p.Ref, "err", err)
	}
	m := &huma.ErrorModel{Status: p.Status, Title: p.EN, Detail: p.VI + ". " + p.Next}
	if p.Ref != "" {
		m.Instance = "urn:ansinh:ref:" + p.Ref
	}
	return m
}

// knowCaller finds out who calls; whether they may is decided by each operation. A
// wrong token is refused at once, so that nobody works on unnoticed as nobody.
func (s *Server) knowCaller(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := s.caller(r)
		if errors.Is(err, staff.ErrSignIn) {
			w.Header().Set("WWW-Authenticate", "Bearer")
			writeProblem(w, &problem{Status: http.StatusUnauthorized, EN: "The token is not valid", VI: "Mã truy cập không dùng được"})
			return
		}
		if err != nil {
			p := describe(err)
			s.log.Error("API caller", "ref", p.Ref, "err", err)
			writeProblem(w, p)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, c)))
	})
}

func (s *Server) caller(r *http.Request) (c caller, err error) {
	ctx := r.Context()
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		c.person, err = s.staff.ByToken(ctx, token, time.Now())
		if !errors.Is(err, staff.ErrSignIn) {
			return c, err
		}
		if c.vendor, err = s.vendorOf(ctx, token); err == nil && c.vendor == 0 {
			err = staff.ErrSignIn
		}
		return c, err
	}
	c.byCookie = true
	if cookie, err := r.Cookie(s.desk.Cookie.Name); err == nil {
		ctx, err := s.desk.Load(ctx, cookie.Value)
		if err != nil {
			return c, err
		}
		if id := s.desk.GetInt64(ctx, keyStaff); id != 0 {
			c.person, err = s.staff.Current(ctx, staff.ID(id), s.desk.GetInt(ctx, keyEpoch))
			if err != nil && !errors.Is(err, staff.ErrSignIn) {
				return c, err
			}
		}
	}
	if cookie, err := r.Cookie(s.stall.Cookie.Name); err == nil {
		if c.vendor, err = s.vendorOf(ctx, cookie.Value); err != nil {
			return c, err
		}
	}
	return c, nil
}

// vendorOf finds the active vendor of a session; 0 when there is none.
func (s *Server) vendorOf(ctx context.Context, session string) (id markets.VendorID, err error) {
	if ctx, err = s.stall.Load(ctx, session); err != nil {
		return 0, err
	}
	err = s.cfg.Pool.QueryRow(ctx, `select coalesce((select id from vendor where id = $1 and state = 'active'), 0)`,
		s.stall.GetInt64(ctx, keyVendor)).Scan(&id)
	return id, err
}
