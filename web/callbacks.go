package web

import (
	"context"
	"errors"
	"net/http"

	"ansinh.vn/beneficiaries"
	"ansinh.vn/identity/registry"
)

// callbacks is the population register's door: answers to what was asked of it, and
// deaths and moves that it tells of. Who may come in is decided by the signature alone;
// without access to a register the door is closed.
func (s *Server) callbacks() http.Handler {
	if s.cfg.Register == nil {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(`{"errors":[{"code":"err.service.unavailable","message":"no register is known here"}]}`))
		})
	}
	return registry.Receiver{
		Client: s.cfg.Register,
		Take: func(ctx context.Context, cb registry.Callback, body []byte) error {
			return beneficiaries.TakeCallback(ctx, s.cfg.Pool, s.cfg.Secrets, s.cfg.RegisterName, cb, body, s.cfg.Clock())
		},
		Tell: func(cb registry.Callback, err error) {
			switch {
			case err == nil:
			case errors.Is(err, registry.ErrTaken):
				s.log.Info("a callback of the register came again or late", "action", cb.Action, "message", cb.Message)
			default:
				s.log.Warn("a callback of the register was refused", "action", cb.Action, "message", cb.Message, "err", err)
			}
		},
	}
}
