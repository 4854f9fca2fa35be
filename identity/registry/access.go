package registry

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Access is what one needs to ask a register, as its keepers hand it over: kept
// in a file that only the service can read. Keys are in base64.
type Access struct {
	URL          string `json:"url"`
	SenderID     string `json:"sender_id"`
	ReceiverID   string `json:"receiver_id"`
	ClientID     string `json:"client_id,omitempty"`
	ClientSecret string `json:"client_secret,omitempty"`
	CallbackURL  string `json:"callback_url,omitempty"` // where the register reaches us. Example: https://ansinh.example.vn

	Profile        string            `json:"profile"` // ed25519 (default), jws, hmac-sha256
	KeyID          string            `json:"key_id"`
	PrivateKey     string            `json:"private_key,omitempty"` // Ed25519 seed, 32 bytes
	RegisterKeys   map[string]string `json:"register_keys,omitempty"`
	Secret         string            `json:"secret,omitempty"` // hmac-sha256: ours
	RegisterSecret string            `json:"register_secret,omitempty"`
}

// Callback is our address for one kind of message: "on-search", "on-subscribe".
func (a Access) Callback(kind string) string {
	if a.CallbackURL == "" {
		return ""
	}
	return strings.TrimRight(a.CallbackURL, "/") + "/registry/" + kind
}

// ReadAccess reads the file of an Access.
func ReadAccess(path string) (Access, error) {
	var a Access
	body, err := os.ReadFile(path)
	if err != nil {
		return a, fmt.Errorf("registry: access: %w", err)
	}
	if err := json.Unmarshal(body, &a, json.RejectUnknownMembers(true)); err != nil {
		return a, fmt.Errorf("registry: access: %s: %w", path, err)
	}
	return a, nil
}

// WriteFile writes the Access where only its owner can read it.
func (a Access) WriteFile(path string) error {
	body, err := json.Marshal(a, jsontext.WithIndent("  "), json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("registry: access: %w", err)
	}
	if err := os.WriteFile(path, append(body, '\n'), 0o600); err != nil {
		return fmt.Errorf("registry: access: %w", err)
	}
	return nil
}

// Client makes a client of the register.
func (a Access) Client() (*Client, error) {
	c := &Client{URL: a.URL, SenderID: a.SenderID, ReceiverID: a.ReceiverID, ClientID: a.ClientID, ClientSecret: a.ClientSecret}
	if a.Profile == "hmac-sha256" {
		ours, err1 := base64.StdEncoding.DecodeString(a.Secret)
		theirs, err2 := base64.StdEncoding.DecodeString(a.RegisterSecret)
		if err1 != nil || err2 != nil || len(ours) < 32 || len(theirs) < 32 {
			return nil, fmt.Errorf("registry: access to %s: secret and register_secret must be base64 of at least 32 bytes", a.ReceiverID)
		}
		c.Sign, c.Trust = SharedSecret{a.SenderID, a.KeyID, ours}, SharedSecret{a.ReceiverID, a.KeyID, theirs}
		return c, nil
	}
	if a.Profile == "unsigned" {
		return nil, fmt.Errorf("registry: access to %s: unsigned answers are never believed; choose ed25519, jws or hmac-sha256", a.ReceiverID)
	}
	seed, err := base64.StdEncoding.DecodeString(a.PrivateKey)
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("registry: access to %s: private_key must be base64 of 32 bytes", a.ReceiverID)
	}
	keys := Keys{}
	for id, text := range a.RegisterKeys {
		key, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(key) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("registry: access to %s: register key %q must be base64 of 32 bytes", a.ReceiverID, id)
		}
		keys.Add(a.ReceiverID, id, key)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("registry: access to %s: no key of the register to check its answers with", a.ReceiverID)
	}
	mine := PrivateKey{a.SenderID, a.KeyID, ed25519.NewKeyFromSeed(seed)}
	switch a.Profile {
	case "", "ed25519":
		c.Sign, c.Trust = mine, keys
	case "jws":
		c.Sign, c.Trust = DetachedJWS{Private: mine}, DetachedJWS{Trusted: keys}
	default:
		return nil, fmt.Errorf("registry: access to %s: profile %q is not ed25519, jws or hmac-sha256", a.ReceiverID, a.Profile)
	}
	return c, nil
}

// Who the sandbox register is, and who asks it.
const (
	SandboxID     = "dan-cu.sandbox"
	SandboxSender = "ansinh.sandbox"
)

// Sandbox makes a sandbox register over a population with one client that may ask
// it; both sides' keys follow from the seed, so that they are worth nothing
// outside a sandbox.
func Sandbox(seed uint64, people *Population, profile string) (*Server, Access, error) {
	derive := func(what string) []byte {
		b := binary.BigEndian.AppendUint64([]byte("ansinh sandbox register "+what+" "), seed)
		sum := sha256.Sum256(b)
		return sum[:]
	}
	b64 := base64.StdEncoding.EncodeToString
	register := PrivateKey{SandboxID, "k1", ed25519.NewKeyFromSeed(derive("register"))}
	client := PrivateKey{SandboxSender, "k1", ed25519.NewKeyFromSeed(derive("client"))}
	public := register.Key.Public().(ed25519.PublicKey)
	a := Access{
		SenderID: SandboxSender, ReceiverID: SandboxID, ClientID: SandboxSender, ClientSecret: b64(derive("secret")),
		Profile: or(profile, "ed25519"), KeyID: "k1",
	}
	trust := Keys{}
	trust.Add(SandboxSender, "k1", client.Key.Public().(ed25519.PublicKey))
	s := &Server{
		ID: SandboxID, People: people, Access: map[string]string{a.ClientID: a.ClientSecret},
		Keys: Keys{SandboxID: {"k1": public}},
	}
	switch a.Profile {
	case "ed25519", "jws":
		a.PrivateKey = b64(client.Key.Seed())
		a.RegisterKeys = map[string]string{"k1": b64(public)}
		s.Sign, s.Trust = Signer(register), Verifier(trust)
		if a.Profile == "jws" {
			s.Sign, s.Trust = DetachedJWS{Private: register}, DetachedJWS{Trusted: trust}
		}
	case "hmac-sha256":
		a.Secret, a.RegisterSecret = b64(derive("client hmac")), b64(derive("register hmac"))
		s.Sign = SharedSecret{SandboxID, "k1", derive("register hmac")}
		s.Trust = SharedSecret{SandboxSender, "k1", derive("client hmac")}
	case "unsigned":
		s.Sign, s.Trust = Unsigned{}, Unsigned{}
	default:
		return nil, a, fmt.Errorf("registry: profile %q is not ed25519, jws, hmac-sha256 or unsigned", profile)
	}
	return s, a, nil
}
