package registry

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
)

// tokenCache keeps the bearer token until shortly before it ends.
type tokenCache struct {
	mu    sync.Mutex
	token string
	until time.Time
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
	t := &c.tokens
	t.mu.Lock()
	defer t.mu.Unlock()
	if now := c.now(); t.token != "" && now.Before(t.until) {
		return t.token, nil
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
	t.token = a.Token
	t.until = c.now().Add(time.Duration(max(a.Expires, 60)-30) * time.Second)
	return t.token, nil
}
