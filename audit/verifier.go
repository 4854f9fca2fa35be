package audit

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// The algorithms of C2SP signed-note keys: a log's own, and a witness's.
const (
	algEd25519 = 1
	algCosign  = 4
)

// verifier is a public key as it stands in a file of keys: "KEY", or "KEY until SIZE"
// for one that was retired when the log had that size.
type verifier struct {
	note.Verifier
	witness bool
	until   int64 // 0: in use
}

func newVerifier(line string) (v verifier, err error) {
	key, rest, retired := strings.Cut(strings.TrimSpace(line), " ")
	if retired {
		size, ok := strings.CutPrefix(rest, "until ")
		if v.until, err = strconv.ParseInt(size, 10, 64); !ok || err != nil || v.until <= 0 {
			return v, refusal(fmt.Sprintf("verifier key %q: after the key only \"until SIZE\" may follow", line))
		}
	}
	if c, ok := newCosignVerifier(key); ok {
		v.Verifier, v.witness = c, true
		return v, nil
	}
	if v.Verifier, err = note.NewVerifier(key); err != nil {
		return v, refusal(fmt.Sprintf("verifier key %q: %v", key, err))
	}
	return v, nil
}

// cosignVerifier checks the signature of a witness (C2SP cosignature/v1): over the time
// and the note, the time standing before the signature.
type cosignVerifier struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func newCosignVerifier(text string) (v cosignVerifier, ok bool) {
	parts := strings.SplitN(text, "+", 3)
	if len(parts) != 3 || parts[0] == "" || strings.ContainsAny(parts[0], " \t\n+") {
		return v, false
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != algCosign {
		return v, false
	}
	v = cosignVerifier{parts[0], keyHash(parts[0], key), key[1:]}
	return v, parts[1] == fmt.Sprintf("%08x", v.hash)
}

func keyHash(name string, key []byte) uint32 {
	sum := sha256.Sum256(append([]byte(name+"\n"), key...))
	return binary.BigEndian.Uint32(sum[:])
}

func (v cosignVerifier) Name() string    { return v.name }
func (v cosignVerifier) KeyHash() uint32 { return v.hash }

func (v cosignVerifier) Verify(msg, sig []byte) bool {
	return len(sig) == 8+ed25519.SignatureSize &&
		ed25519.Verify(v.key, cosignText(msg, int64(binary.BigEndian.Uint64(sig))), sig[8:])
}

func cosignText(msg []byte, unix int64) []byte {
	return append(fmt.Appendf(nil, "cosignature/v1\ntime %d\n", unix), msg...)
}

// cosigner signs as a witness does, at the time that it is given.
type cosigner struct {
	cosignVerifier
	private ed25519.PrivateKey
	at      time.Time
}

func (s cosigner) Sign(msg []byte) ([]byte, error) {
	sig := binary.BigEndian.AppendUint64(nil, uint64(s.at.Unix()))
	return append(sig, ed25519.Sign(s.private, cosignText(msg, s.at.Unix()))...), nil
}
