package registry

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
)

// jwk is a public key as /.well-known/jwks.json lists it (RFC 8037).
type jwk struct {
	Algorithm string `json:"alg,omitempty"`
	Curve     string `json:"crv"`
	KeyID     string `json:"kid"`
	Type      string `json:"kty"`
	Use       string `json:"use,omitempty"`
	X         string `json:"x"`
}

type jwks struct {
	Keys []jwk `json:"keys"`
}

// JWKS writes a sender's keys as a JSON Web Key Set, in order of their ids.
func (k Keys) JWKS(sender string) ([]byte, error) {
	set := jwks{Keys: []jwk{}}
	for id, key := range k[sender] {
		set.Keys = append(set.Keys, jwk{"EdDSA", "Ed25519", id, "OKP", "sig", b64.EncodeToString(key)})
	}
	slices.SortFunc(set.Keys, func(a, b jwk) int { return strings.Compare(a.KeyID, b.KeyID) })
	return json.Marshal(set)
}

// ReadJWKS reads the Ed25519 keys of a sender from a JSON Web Key Set.
func ReadJWKS(body []byte, sender string) (Keys, error) {
	var set jwks
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, fmt.Errorf("registry: key set: %w", err)
	}
	keys := Keys{}
	for _, k := range set.Keys {
		if k.Type != "OKP" || k.Curve != "Ed25519" || k.Use != "" && k.Use != "sig" {
			continue
		}
		x, err := b64.DecodeString(k.X)
		if err != nil || len(x) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("registry: key set: key %q is not an Ed25519 key", k.KeyID)
		}
		keys.Add(sender, k.KeyID, x)
	}
	if len(keys) == 0 {
		return nil, errors.New("registry: key set: no Ed25519 key to verify with")
	}
	return keys, nil
}

// FetchKeys reads the keys that a register publishes. Trust in them is no more
// than trust in the connection: compare them with what the register's keepers
// gave on paper before they are stored.
func FetchKeys(ctx context.Context, client *http.Client, baseURL, sender string) (Keys, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(baseURL, "/")+"/.well-known/jwks.json", nil)
	if err != nil {
		return nil, fmt.Errorf("registry: fetch keys: %w", err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("registry: fetch keys: %w", err)
	}
	defer resp.Body.Close()
	body, err := readBody(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("registry: fetch keys: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("registry: fetch keys: %s answered %s", req.URL, resp.Status)
	}
	return ReadJWKS(body, sender)
}
