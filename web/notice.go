package web

import (
	"errors"
	"io"
	"net/http"
	"slices"

	"github.com/go-chi/chi/v5"
	"github.com/jackc/pgx/v5"

	"ansinh.vn/bank"
	"ansinh.vn/bank/notice"
	"ansinh.vn/internal/pg"
	"ansinh.vn/markets"
)

// notice is the bank side's door: the signature first, then the durable write, then
// what it means, and only then the answer. A provider that is not answered with 200
// tells again, and telling again is harmless.
func (s *Server) notice(w http.ResponseWriter, r *http.Request) {
	provider := chi.URLParam(r, "provider")
	if !slices.Contains(notice.Providers, provider) {
		s.noticeAnswer(w, "unknown", "no-provider", http.StatusNotFound, `{"error":"unknown provider"}`)
		return
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, notice.MaxBody))
	if err != nil {
		s.noticeAnswer(w, provider, "too-large", http.StatusRequestEntityTooLarge, `{"error":"too large"}`)
		return
	}
	now := s.cfg.Clock()
	got, err := notice.Verify(provider, []byte(s.cfg.Notices[provider]), r.Header, raw, now)
	var unreadable *notice.BodyError
	switch {
	case errors.Is(err, notice.ErrNoSecret):
		s.log.Error("a notice came, but no secret is configured", "provider", provider)
		s.noticeAnswer(w, provider, "no-secret", http.StatusServiceUnavailable, `{"error":"not configured"}`)
		return
	case errors.As(err, &unreadable): // believed but not understood: worth a look
		s.log.Error("a signed notice cannot be read", "provider", provider, "err", err)
		s.noticeAnswer(w, provider, "unreadable", http.StatusUnprocessableEntity, `{"error":"not understood"}`)
		return
	case err != nil:
		s.log.Warn("a notice was refused", "provider", provider, "from", s.address(r), "err", err)
		s.noticeAnswer(w, provider, "refused", http.StatusUnauthorized, `{"error":"refused"}`)
		return
	}
	if err := s.keepNotices(r, provider, raw, got); err != nil {
		s.log.Error("a notice was not taken in; the provider will tell again", "provider", provider, "err", err)
		s.noticeAnswer(w, provider, "failed", http.StatusInternalServerError, `{"error":"try again"}`)
		return
	}
	s.noticeAnswer(w, provider, "taken", http.StatusOK, notice.Reply(provider))
}

// keepNotices stores everything in one transaction before it decides anything, so
// that what the bank said is never lost to an error of ours.
func (s *Server) keepNotices(r *http.Request, provider string, raw []byte, got []notice.Notice) error {
	now, headers := s.cfg.Clock(), notice.Headers(provider, r.Header)
	keys := make([]int64, len(got))
	if err := pg.Tx(r.Context(), s.cfg.Pool, func(tx pgx.Tx) (err error) {
		for i, n := range got {
			if keys[i], _, err = bank.StoreNotice(r.Context(), tx, bank.Received{Notice: n, Raw: raw, Headers: headers}, now); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	for _, key := range keys {
		if err := pg.Tx(r.Context(), s.cfg.Pool, func(tx pgx.Tx) error {
			_, err := markets.ApplyNotice(r.Context(), tx, s.cfg.Secrets, key, now)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) noticeAnswer(w http.ResponseWriter, provider, verdict string, status int, body string) {
	s.metrics.notices.WithLabelValues(provider, verdict).Inc()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body) // a provider that went away will tell again
}
