package registry

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// DetachedJWS is the profile of a JSON Web Signature whose payload, the canonical
// JSON, is left out (RFC 7515 appendix F): header..signature, EdDSA (RFC 8037).
type DetachedJWS struct {
	Private PrivateKey // for Sign
	Trusted Keys       // for Verify
}

type joseHeader struct {
	Algorithm string `json:"alg"`
	Expires   int64  `json:"exp"`
	Issued    int64  `json:"iat"`
	KeyID     string `json:"kid"` // sender|key
}

var b64 = base64.RawURLEncoding.Strict()

// Sign writes header..signature.
func (j DetachedJWS) Sign(canonical []byte, now time.Time) (string, error) {
	if len(j.Private.Key) != ed25519.PrivateKeySize {
		return "", errors.New("registry: there is no key to sign with")
	}
	head, err := json.Marshal(joseHeader{"EdDSA", now.Add(signatureLife).Unix(), now.Unix(), j.Private.Sender + "|" + j.Private.ID})
	if err != nil {
		return "", fmt.Errorf("registry: jws: %w", err)
	}
	protected := b64.EncodeToString(head)
	mac := ed25519.Sign(j.Private.Key, jwsInput(protected, canonical))
	return protected + ".." + b64.EncodeToString(mac), nil
}

// Verify checks header..signature. No algorithm but EdDSA is ever accepted.
func (j DetachedJWS) Verify(canonical []byte, signature, sender string, now time.Time) error {
	if strings.TrimSpace(signature) == "" {
		return errors.New("the message is not signed")
	}
	protected, tail, ok := strings.Cut(signature, "..")
	head, err1 := b64.DecodeString(protected)
	mac, err2 := b64.DecodeString(tail)
	var h joseHeader
	if !ok || err1 != nil || err2 != nil || json.Unmarshal(head, &h) != nil {
		return errors.New("the signature is not a detached JWS")
	}
	who, id, _ := strings.Cut(h.KeyID, "|")
	if h.Algorithm != "EdDSA" || who != sender {
		return fmt.Errorf("signed with %q by key %q, the sender is %q", h.Algorithm, h.KeyID, sender)
	}
	if err := inTime(fmt.Sprint(h.Issued), fmt.Sprint(h.Expires), now); err != nil {
		return err
	}
	key := j.Trusted[sender][id]
	if len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, jwsInput(protected, canonical), mac) {
		return fmt.Errorf("the signature does not fit the message and key %q of %q", id, sender)
	}
	return nil
}

func jwsInput(protected string, canonical []byte) []byte {
	return []byte(protected + "." + b64.EncodeToString(canonical))
}
