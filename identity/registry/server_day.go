package registry

import (
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
)

// tellDay is the one endpoint that no real register has: it lets whoever plays
// with the sandbox say that days have passed, and the register then notifies its
// subscribers of what it learnt in them. It takes {"after":…,"until":…} (RFC 3339)
// and a bearer token, and answers {"events":n}.
func (s *Server) tellDay(w http.ResponseWriter, r *http.Request) {
	if err := s.checkToken(r); err != nil {
		turnAway(w, err)
		return
	}
	body, err := readBody(r.Body)
	var m struct {
		After time.Time `json:"after"`
		Until time.Time `json:"until"`
	}
	if err == nil {
		err = json.Unmarshal(body, &m)
	}
	if err != nil || !m.Until.After(m.After) {
		refuse(w, http.StatusBadRequest, errBadRequest, "after and until must be two times, the later one second")
		return
	}
	n := s.Notify(m.After, m.Until)
	w.Header().Set("Content-Type", "application/json")
	answer, _ := json.Marshal(map[string]int{"events": n})
	_, _ = w.Write(answer)
}
