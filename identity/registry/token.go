package registry

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/sync/singleflight"
)

// tokenCache keeps the bearer token until shortly before it ends. One asks for all:
// a register that hangs is waited for once, not by one message after the other.
type tokenCache struct {
	mu    sync.Mutex
	token string
	until time.Time
	one   singleflight.Group
}

func (t *tokenCache) get(now time.Time) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Before(t.until) {
		return t.token
	}
	return ""
}

func (t *tokenCache) keep(token string, until time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.token, t.until = token, until
}

// tokenAnswer is RFC 6749 §5.1.
type tokenAnswer struct {
	Token   string `json:"access_token"`
	Expires int    `json:"expires_in"`
	Type    string `json:"token_type"`
}

func (t *tokenCache) drop(token string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token == token {
		t.token = ""
	}
}

// token returns a bearer token, asking for one when there is none that lasts.
func (c *Client) token(ctx context.Context) (string, error) {
	if c.ClientID == "" {
		return "", nil
	}
	if token := c.tokens.get(c.now()); token != "" {
		return token, nil
	}
	token, err, _ := c.tokens.one.Do("", func() (any, error) { return c.askToken(ctx) })
	if err != nil {
		return "", err
	}
	return token.(string), nil
}

func (c *Client) askToken(ctx context.Context) (string, error) {
	if token := c.tokens.get(c.now()); token != "" {
		return token, nil // somebody has just asked
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {c.ClientID}, "client_secret": {c.ClientSecret}}
	body, _, err := c.send(ctx, "/oauth2/client/token", "", "application/x-www-form-urlencoded", []byte(form.Encode()))
	if err != nil {
		return "", err
	}
	var a tokenAnswer
	if err := json.Unmarshal(body, &a); err != nil {
		return "", &attemptError{err: fmt.Errorf("%w: token: %w", ErrMalformed, err), again: true}
	}
	if a.Token == "" {
		return "", &attemptError{err: fmt.Errorf("%w: token: %w", ErrMalformed, errNoToken), again: true}
	}
	if a.Type != "" && !strings.EqualFold(a.Type, "Bearer") {
		return "", &attemptError{err: fmt.Errorf("%w: token: of type %q, which is no bearer token", ErrMalformed, a.Type)}
	}
	c.tokens.keep(a.Token, c.now().Add(tokenUse(a.Expires)))
	return a.Token, nil
}

// tokenUse is how long a token is used: until half a minute before its end, or half of
// a short life; one without an end for an hour, and a 401 tells when it was shorter.
func tokenUse(seconds int) time.Duration {
	life := time.Duration(seconds) * time.Second
	if seconds <= 0 {
		life = time.Hour
	}
	return life - min(30*time.Second, life/2)
}
