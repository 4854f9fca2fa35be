package registry

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The standard prescribes no algorithm and no two implementations agree, so that
// the signature is a profile that both sides choose: Ed25519 (the default) or
// HMAC-SHA256 in the standard's header form, or a detached JWS. Each signs the
// canonical JSON of {header,message}. An unsigned message is never accepted.

// Signer signs the canonical JSON of {header,message}.
type Signer interface {
	Sign(canonical []byte, now time.Time) (string, error)
}

// Verifier checks a signature over the canonical JSON of {header,message}
// against the sender that the header names.
type Verifier interface {
	Verify(canonical []byte, signature, sender string, now time.Time) error
}

// signatureLife is how long a signature may be used; signatureSkew how far apart
// the clocks of the two sides may be.
const (
	signatureLife = 5 * time.Minute
	signatureSkew = 2 * time.Minute
)

// PrivateKey is one Ed25519 key of a sender, in the default profile.
type PrivateKey struct {
	Sender string // sender_id in the header
	ID     string // names the key among the sender's
	Key    ed25519.PrivateKey
}

// Sign writes the standard's signature text with an Ed25519 signature.
func (k PrivateKey) Sign(canonical []byte, now time.Time) (string, error) {
	if len(k.Key) != ed25519.PrivateKeySize {
		return "", errors.New("registry: there is no key to sign with")
	}
	return writeSignature(k.Sender, k.ID, "ed25519", canonical, now, func(text []byte) []byte { return ed25519.Sign(k.Key, text) }), nil
}

// Keys are the public keys of senders, by sender and key id.
type Keys map[string]map[string]ed25519.PublicKey

// Add trusts a key of a sender.
func (k Keys) Add(sender, id string, key ed25519.PublicKey) {
	if k[sender] == nil {
		k[sender] = map[string]ed25519.PublicKey{}
	}
	k[sender][id] = key
}

// Verify checks the default profile.
func (k Keys) Verify(canonical []byte, signature, sender string, now time.Time) error {
	return readSignature(canonical, signature, sender, "ed25519", now, func(id string, text, mac []byte) bool {
		key := k[sender][id]
		return len(key) == ed25519.PublicKeySize && ed25519.Verify(key, text, mac)
	})
}

// SharedSecret signs and verifies with HMAC-SHA256 for two parties that share a
// secret of at least 32 bytes. Secrets are per sender, so that neither side's
// messages can be turned back on it.
type SharedSecret struct {
	Sender string
	ID     string
	Secret []byte
}

// Sign writes the standard's signature text with an HMAC.
func (s SharedSecret) Sign(canonical []byte, now time.Time) (string, error) {
	if len(s.Secret) < 32 {
		return "", errors.New("registry: the shared secret is shorter than 32 bytes")
	}
	return writeSignature(s.Sender, s.ID, "hmac-sha256", canonical, now, s.mac), nil
}

// Verify checks a message of s.Sender.
func (s SharedSecret) Verify(canonical []byte, signature, sender string, now time.Time) error {
	return readSignature(canonical, signature, sender, "hmac-sha256", now, func(id string, text, mac []byte) bool {
		return len(s.Secret) >= 32 && sender == s.Sender && id == s.ID && hmac.Equal(mac, s.mac(text))
	})
}

func (s SharedSecret) mac(text []byte) []byte {
	m := hmac.New(sha256.New, s.Secret)
	m.Write(text)
	return m.Sum(nil)
}

// writeSignature is the text of the standard's example, with namespace dci.
func writeSignature(sender, id, algorithm string, canonical []byte, now time.Time, sign func([]byte) []byte) string {
	created := strconv.FormatInt(now.Unix(), 10)
	expires := strconv.FormatInt(now.Add(signatureLife).Unix(), 10)
	mac := sign(signedText(created, expires, canonical))
	return fmt.Sprintf(`Signature: namespace="dci", kidId="%s|%s|%s", algorithm="%s", created="%s", expires="%s", headers="(created) (expires) digest", signature="%s"`,
		sender, id, algorithm, algorithm, created, expires, base64.StdEncoding.EncodeToString(mac))
}

// signedText is what is signed: both times and the digest of the message.
func signedText(created, expires string, canonical []byte) []byte {
	digest := sha256.Sum256(canonical)
	return []byte("(created): " + created + "\n(expires): " + expires + "\ndigest: SHA-256=" + base64.StdEncoding.EncodeToString(digest[:]))
}

func readSignature(canonical []byte, signature, sender, algorithm string, now time.Time, fits func(id string, text, mac []byte) bool) error {
	if strings.TrimSpace(signature) == "" {
		return errors.New("the message is not signed")
	}
	fields, err := signatureFields(signature)
	if err != nil {
		return err
	}
	if fields["namespace"] != "dci" || fields["algorithm"] != algorithm || fields["headers"] != "(created) (expires) digest" {
		return fmt.Errorf("signed as %q with %q, expected dci with %s", fields["namespace"], fields["algorithm"], algorithm)
	}
	key := strings.Split(fields["kidId"], "|")
	if len(key) != 3 || key[0] != sender || key[2] != algorithm {
		return fmt.Errorf("signed with key %q, the sender is %q", fields["kidId"], sender)
	}
	if err := inTime(fields["created"], fields["expires"], now); err != nil {
		return err
	}
	mac, err := base64.StdEncoding.Strict().DecodeString(fields["signature"])
	if err != nil {
		return errors.New("the signature is not base64")
	}
	if !fits(key[1], signedText(fields["created"], fields["expires"], canonical), mac) {
		return fmt.Errorf("the signature does not fit the message and key %q of %q", key[1], sender)
	}
	return nil
}

func inTime(created, expires string, now time.Time) error {
	from, err1 := strconv.ParseInt(created, 10, 64)
	to, err2 := strconv.ParseInt(expires, 10, 64)
	if err1 != nil || err2 != nil || to < from {
		return errors.New("the signature has no time")
	}
	if now.Add(signatureSkew).Unix() < from {
		return fmt.Errorf("%w: signed at %s, which is in the future", ErrClock, time.Unix(from, 0).UTC().Format(time.RFC3339))
	}
	if now.Add(-signatureSkew).Unix() > to {
		return fmt.Errorf("%w, or it is an old message: the signature expired at %s", ErrClock, time.Unix(to, 0).UTC().Format(time.RFC3339))
	}
	return nil
}

// signatureFields reads name="value" pairs; a name that comes twice is refused.
func signatureFields(text string) (map[string]string, error) {
	rest := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(text), "Signature:"))
	fields := map[string]string{}
	for rest != "" {
		name, after, ok := strings.Cut(rest, `="`)
		value, next, closed := strings.Cut(after, `"`)
		if !ok || !closed {
			return nil, errors.New("the signature cannot be read")
		}
		name = strings.TrimSpace(name)
		if _, twice := fields[name]; twice {
			return nil, fmt.Errorf("the signature names %q twice", name)
		}
		fields[name] = value
		rest = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(next), ","))
	}
	return fields, nil
}
