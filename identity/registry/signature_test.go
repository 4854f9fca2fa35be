package registry

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"testing"
	"time"
)

func testKey(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

func TestSignatures(t *testing.T) {
	t.Parallel()
	key := PrivateKey{"sở", "k1", testKey(1)}
	keys := Keys{}
	keys.Add("sở", "k1", key.Key.Public().(ed25519.PublicKey))
	keys.Add("other", "k1", testKey(2).Public().(ed25519.PublicKey))
	secret := SharedSecret{"sở", "k1", bytes.Repeat([]byte{3}, 32)}
	other := SharedSecret{"sở", "k1", bytes.Repeat([]byte{4}, 32)}
	message := []byte(`{"header":{},"message":{}}`)
	for _, p := range []struct {
		name     string
		sign     Signer
		verify   Verifier
		stranger Signer // says that it is the same sender, with a key of its own
	}{
		{"ed25519", key, keys, PrivateKey{"sở", "k1", testKey(9)}},
		{"hmac", secret, secret, other},
		{"jws", DetachedJWS{Private: key}, DetachedJWS{Trusted: keys}, DetachedJWS{Private: PrivateKey{"sở", "k1", testKey(9)}}},
	} {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			good, err := p.sign.Sign(message, october)
			if err != nil {
				t.Fatal(err)
			}
			forged, err := p.stranger.Sign(message, october)
			if err != nil {
				t.Fatal(err)
			}
			for _, tt := range []struct {
				what      string
				message   []byte
				signature string
				sender    string
				now       time.Time
				ok        bool
			}{
				{"as signed", message, good, "sở", october, true},
				{"four minutes later", message, good, "sở", october.Add(4 * time.Minute), true},
				{"a clock a minute behind", message, good, "sở", october.Add(-time.Minute), true},
				{"an hour later", message, good, "sở", october.Add(time.Hour), false},
				{"an hour before", message, good, "sở", october.Add(-time.Hour), false},
				{"another message", []byte(`{"header":{},"message":{"a":1}}`), good, "sở", october, false},
				{"another sender", message, good, "other", october, false},
				{"another key", message, forged, "sở", october, false},
				{"nothing", message, "", "sở", october, false},
				{"blanks", message, "  ", "sở", october, false},
				{"a stub", message, "unsigned-stub", "sở", october, false},
				{"cut", message, good[:len(good)-9], "sở", october, false},
				{"longer life", message, strings.Replace(good, `expires="1`, `expires="2`, 1), "sở", october, p.name == "jws"},
				{"said twice", message, good + `, signature="AAAA"`, "sở", october, false},
			} {
				if err := p.verify.Verify(tt.message, tt.signature, tt.sender, tt.now); (err == nil) != tt.ok {
					t.Errorf("%s: %v", tt.what, err)
				}
			}
		})
	}
}

func TestOneProfileIsNotTakenForAnother(t *testing.T) {
	t.Parallel()
	key := PrivateKey{"a", "k1", testKey(1)}
	public := key.Key.Public().(ed25519.PublicKey)
	// The oldest trick: the public key as the secret of an HMAC.
	trick, err := SharedSecret{"a", "k1", public}.Sign([]byte("{}"), october)
	if err != nil {
		t.Fatal(err)
	}
	if err := (Keys{"a": {"k1": public}}).Verify([]byte("{}"), trick, "a", october); err == nil {
		t.Error("an HMAC passed for Ed25519")
	}
	if _, err := (SharedSecret{"a", "k1", []byte("short")}).Sign([]byte("{}"), october); err == nil {
		t.Error("a short secret was used")
	}
	if _, err := (PrivateKey{}).Sign([]byte("{}"), october); err == nil {
		t.Error("signed without a key")
	}
}

func TestTheSignedTextIsTheOneOfTheStandard(t *testing.T) {
	t.Parallel()
	got, err := PrivateKey{"spp.example.org", "k1", testKey(1)}.Sign([]byte(`{"header":{},"message":{}}`), time.Unix(1606970629, 0))
	want := `Signature: namespace="dci", kidId="spp.example.org|k1|ed25519", algorithm="ed25519", created="1606970629", expires="1606970929", headers="(created) (expires) digest", signature="`
	if err != nil || !strings.HasPrefix(got, want) {
		t.Errorf("%s, %v", got, err)
	}
}

func TestKeySets(t *testing.T) {
	t.Parallel()
	keys := Keys{}
	keys.Add("a", "k2", testKey(2).Public().(ed25519.PublicKey))
	keys.Add("a", "k1", testKey(1).Public().(ed25519.PublicKey))
	set, err := keys.JWKS("a")
	if err != nil {
		t.Fatal(err)
	}
	back, err := ReadJWKS(set, "a")
	if err != nil || len(back["a"]) != 2 || !back["a"]["k1"].Equal(keys["a"]["k1"]) || bytes.Index(set, []byte("k1")) > bytes.Index(set, []byte("k2")) {
		t.Errorf("%s, %v, %v", set, back, err)
	}
	for _, bad := range []string{``, `{}`, `{"keys":[]}`, `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","x":"AAAA"}]}`, `{"keys":[{"kty":"RSA","crv":"","kid":"k","x":""}]}`} {
		if _, err := ReadJWKS([]byte(bad), "a"); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}
