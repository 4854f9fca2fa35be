package web

import (
	"context"
	"crypto/subtle"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what /metrics shows: no person, no office, no amount.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	streams  prometheus.Gauge
	notices  *prometheus.CounterVec
}

func newMetrics(pool *pgxpool.Pool) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "ansinh_http_request_seconds", Help: "Time to answer, by route and status.",
			Buckets: []float64{.005, .02, .05, .1, .3, 1, 3, 10}}, []string{"method", "route", "status"}),
		streams: prometheus.NewGauge(prometheus.GaugeOpts{Name: "ansinh_event_streams", Help: "Vendor pages that listen now."}),
		notices: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ansinh_notices_total", Help: "Bank notices received, by provider and verdict."}, []string{"provider", "verdict"}),
	}
	m.registry.MustRegister(m.requests, m.streams, m.notices,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "ansinh_db_connections_used", Help: "Database connections in use."},
			func() float64 { return float64(pool.Stat().AcquiredConns()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "ansinh_db_connections_max", Help: "Database connections allowed."},
			func() float64 { return float64(pool.Stat().MaxConns()) }))
	return m
}

// observe logs and measures every request by its route, never by its address,
// which may carry what a person searched for.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		next.ServeHTTP(ww, r)
		took, status := time.Since(start), ww.Status()
		if status == 0 {
			status = http.StatusOK
		}
		s.metrics.requests.WithLabelValues(method(r), pattern(r), strconv.Itoa(status)).Observe(took.Seconds())
		s.log.Debug("request", "method", r.Method, "route", pattern(r), "status", status, "took", took, "bytes", ww.BytesWritten())
	})
}

// method keeps invented methods from growing the metrics without bound.
func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodPatch:
		return r.Method
	}
	return "other"
}

func pattern(r *http.Request) string {
	if c := chi.RouteContext(r.Context()); c != nil && c.RoutePattern() != "" {
		return c.RoutePattern()
	}
	return "none"
}

// recoverer is the last resort: a panic becomes a 500 and a line in the log.
func (s *Server) recoverer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler { //nolint:errorlint // the value net/http itself compares
				panic(p)
			}
			ref := reference()
			s.log.Error("panic", "ref", ref, "route", pattern(r), "panic", p, "stack", string(debug.Stack()))
			http.Error(w, "Có lỗi trong máy chủ / Something broke on our side. Mã: "+ref, http.StatusInternalServerError)
		}()
		next.ServeHTTP(w, r)
	})
}

// healthz says that the process answers; readyz that the database does too.
func (s *Server) healthz(w http.ResponseWriter, r *http.Request) { plain(w, http.StatusOK, "ok\n") }

func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	var migrated bool
	if err := s.cfg.Pool.QueryRow(ctx, `select to_regclass('staff') is not null`).Scan(&migrated); err != nil || !migrated {
		plain(w, http.StatusServiceUnavailable, "the database does not answer, or has no tables yet\n")
		return
	}
	plain(w, http.StatusOK, "ok\n")
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // nothing is left to tell a client that went away
}

// serveMetrics answers this machine, or whoever has the token.
func (s *Server) serveMetrics(w http.ResponseWriter, r *http.Request) {
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	local := net.ParseIP(host).IsLoopback() && r.Header.Get("X-Forwarded-For") == "" && r.Header.Get("Forwarded") == ""
	if s.cfg.MetricsToken != "" {
		local = sameText(r.Header.Get("Authorization"), "Bearer "+s.cfg.MetricsToken)
	}
	if !local {
		http.NotFound(w, r)
		return
	}
	promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{}).ServeHTTP(w, r)
}

// sameText compares in constant time.
func sameText(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
