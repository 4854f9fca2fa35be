package registry

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
)

const tokenLife = time.Hour

// tokenKey makes and checks bearer tokens: client, end of life and a MAC of both.
// Tokens end by the real clock, whatever month the messages are in.
type tokenKey struct {
	once sync.Once
	key  [32]byte
}

func (t *tokenKey) mac(text string) []byte {
	t.once.Do(func() { _, _ = rand.Read(t.key[:]) })
	m := hmac.New(sha256.New, t.key[:])
	m.Write([]byte(text))
	return m.Sum(nil)
}

func (t *tokenKey) make(client string, until time.Time) string {
	text := b64.EncodeToString([]byte(client)) + "." + strconv.FormatInt(until.Unix(), 10)
	return text + "." + b64.EncodeToString(t.mac(text))
}

func (t *tokenKey) valid(token string, now time.Time) bool {
	at := strings.LastIndexByte(token, '.')
	if at < 0 {
		return false
	}
	mac, err := b64.DecodeString(token[at+1:])
	if err != nil || !hmac.Equal(mac, t.mac(token[:at])) {
		return false
	}
	_, end, _ := strings.Cut(token[:at], ".")
	until, err := strconv.ParseInt(end, 10, 64)
	return err == nil && now.Unix() < until
}

// giveToken is the client_credentials grant (RFC 6749 §4.4), the secret in the
// form or in HTTP Basic.
func (s *Server) giveToken(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	switch grant := r.PostFormValue("grant_type"); grant {
	case "client_credentials":
	case "":
		refuseToken(w, http.StatusBadRequest, "invalid_request", "grant_type is missing; the form must be application/x-www-form-urlencoded")
		return
	default:
		refuseToken(w, http.StatusBadRequest, "unsupported_grant_type", "grant_type must be client_credentials")
		return
	}
	want, known := s.Access[id]
	if subtle.ConstantTimeCompare([]byte(want), []byte(secret)) != 1 || !known {
		w.Header().Set("WWW-Authenticate", `Basic realm="register"`)
		refuseToken(w, http.StatusUnauthorized, "invalid_client", "the client id or secret is wrong")
		return
	}
	life := or(s.TokenLife, tokenLife)
	body, _ := json.Marshal(tokenAnswer{s.tokens.make(id, time.Now().Add(life)), int(life.Seconds()), "Bearer"})
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body)
}

// refuseToken writes the error of RFC 6749 §5.2, and the same as the standard has it.
func refuseToken(w http.ResponseWriter, status int, code, said string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	body, _ := json.Marshal(struct {
		Error       string     `json:"error"`
		Description string     `json:"error_description"`
		Errors      []ackError `json:"errors"`
	}{code, said, []ackError{{errUnauthorized, said}}})
	_, _ = w.Write(body)
}

func (s *Server) checkToken(r *http.Request) error {
	if len(s.Access) == 0 {
		return nil
	}
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || !s.tokens.valid(strings.TrimSpace(token), time.Now()) {
		return &refusal{http.StatusUnauthorized, errUnauthorized, "a bearer token from /oauth2/client/token is needed"}
	}
	return nil
}

func (s *Server) giveKeys(w http.ResponseWriter, _ *http.Request) {
	body, err := s.Keys.JWKS(s.ID)
	if err != nil {
		turnAway(w, fmt.Errorf("keys: %w", err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body)
}

// newID is an identifier that nobody can guess or meet twice.
func newID() string { return rand.Text() }
