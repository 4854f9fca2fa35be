// Package web is the face of An Sinh: pages, the JSON API and the door for bank
// notices. It is the only place that turns errors into status codes and words for
// people; it moves no money itself and owns no table.
package web

import (
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/alexedwards/scs/pgxstore"
	"github.com/alexedwards/scs/v2"
	"github.com/go-chi/chi/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/identity/registry"
	"ansinh.vn/internal/secret"
	"ansinh.vn/staff"
)

// Config is what the web is built from.
type Config struct {
	Pool    *pgxpool.Pool
	Secrets *secret.Box
	// Clock gives the business day; a demo lives in November 2026. Sessions and
	// guesses always go by the wall clock. Default time.Now.
	Clock func() time.Time
	// TLS says that browsers reach us over https (directly or through a proxy):
	// cookies become __Host- and Secure, and HSTS is sent.
	TLS bool
	// TrustProxy takes the client's address from the last X-Forwarded-For entry.
	TrustProxy bool
	// MetricsToken opens /metrics to others than this machine. Empty: only loopback.
	MetricsToken string
	// Notices holds the secret of each notice provider. A provider without one is refused.
	Notices map[string]string
	// Register is how the population register is known, so that its callbacks can be
	// checked; RegisterName is what evidence calls it. Nil closes its door.
	Register     *registry.Client
	RegisterName string
	// DemoHint, when set, is shown on the sign-in page: only a demo sets it.
	DemoHint []DemoSignIn
	// DemoVendors are the same for the market door.
	DemoVendors []DemoSignIn
	// LogKeys sign receipts; without them the page of an entry offers none.
	LogKeys *audit.Keys
	Log     *slog.Logger
}

// DemoSignIn is one invented person whose password everybody may know.
type DemoSignIn struct{ Name, Role, Login, Password string }

// Server answers HTTP.
type Server struct {
	cfg       Config
	log       *slog.Logger
	staff     *staff.Store
	desk      *scs.SessionManager // staff
	stall     *scs.SessionManager // vendors
	pages     *pages
	metrics   *metrics
	live      *live
	apiRoutes []apiRoute
	handler   http.Handler
	stop      func()
}

// New builds the web over an open, migrated database. Close it before the pool.
func New(cfg Config) *Server {
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	store := pgxstore.NewWithCleanupInterval(cfg.Pool, 10*time.Minute)
	s := &Server{
		cfg:     cfg,
		log:     cfg.Log,
		staff:   staff.Open(cfg.Pool),
		desk:    sessions(store, "ansinh", cfg.TLS, 30*time.Minute, 10*time.Hour),
		stall:   sessions(store, "ansinh-cho", cfg.TLS, 12*time.Hour, 24*time.Hour),
		pages:   loadPages(),
		metrics: newMetrics(cfg.Pool),
	}
	s.live = newLive()
	s.stop = sync.OnceFunc(func() {
		store.StopCleanup()
		s.live.close()
	})
	s.handler = s.router()
	return s
}

// Close ends the background work and every open event stream.
func (s *Server) Close() { s.stop() }

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

func sessions(store scs.Store, name string, tls bool, idle, lifetime time.Duration) *scs.SessionManager {
	m := scs.New()
	m.Store = store
	m.HashTokenInStore = true
	m.IdleTimeout, m.Lifetime = idle, lifetime
	m.Cookie.Name = name
	m.Cookie.HttpOnly = true
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.Cookie.Path = "/"
	if tls {
		m.Cookie.Name, m.Cookie.Secure = "__Host-"+name, true
	}
	return m
}

// router puts the layers around the route table. The order matters: headers go on
// every answer, also on refusals.
func (s *Server) router() http.Handler {
	r := chi.NewRouter()
	r.Use(s.observe, s.headers, s.recoverer)
	r.NotFound(s.public(func(v *visit) error { return errNoPage }))
	r.MethodNotAllowed(s.public(func(v *visit) error { return errMethod }))

	r.Get("/healthz", s.healthz)
	r.Get("/readyz", s.readyz)
	r.Get("/metrics", s.serveMetrics)
	r.Get("/static/*", s.static)
	r.Post("/notices/{provider}", s.notice)
	r.Post("/registry/*", s.callbacks().ServeHTTP)
	s.mountAPI(r)

	r.Group(func(r chi.Router) {
		r.Use(s.sameOrigin)
		for _, rt := range s.routes() {
			r.Method(rt.method, rt.path, s.serve(rt))
		}
	})
	return r
}
