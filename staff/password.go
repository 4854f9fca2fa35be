package staff

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/sync/errgroup"
	"golang.org/x/text/unicode/norm"
)

// Params are the costs of argon2id. They stand beside every hash, so that raising
// them here re-hashes each password at its next use.
type Params struct {
	Memory  uint32 // KiB
	Time    uint32
	Threads uint8
}

// DefaultParams follow the OWASP password storage sheet: 19 MiB, two passes. The
// memory stays small because a commune's machine also runs the database.
var DefaultParams = Params{Memory: 19 * 1024, Time: 2, Threads: 1}

const (
	saltSize = 16
	hashSize = 32
	// MinPassword is the fewest characters of a new staff password.
	MinPassword = 10
	maxPassword = 256
)

// hashing bounds the memory that guesses can claim: more wait their turn.
var hashing = make(chan struct{}, max(2, runtime.GOMAXPROCS(0)))

// HashPassword gives the PHC string of argon2id over the NFC form of password.
func HashPassword(password string, p Params) string {
	salt := make([]byte, saltSize)
	rand.Read(salt)
	return encode(p, salt, derive(password, salt, p))
}

func derive(password string, salt []byte, p Params) []byte {
	hashing <- struct{}{}
	defer func() { <-hashing }()
	return argon2.IDKey([]byte(norm.NFC.String(password)), salt, p.Time, p.Memory, p.Threads, hashSize)
}

func encode(p Params, salt, hash []byte) string {
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.Memory, p.Time, p.Threads,
		b.EncodeToString(salt), b.EncodeToString(hash))
}

// CheckPassword reports in constant time whether password made the PHC string
// encoded, and whether its parameters are older than want and need a new hash.
func CheckPassword(password, encoded string, want Params) (ok, rehash bool) {
	p, salt, hash, err := decode(encoded)
	if err != nil {
		return false, false
	}
	if len(password) > maxPassword {
		password = "" // the same work, and never a match: an empty password is never stored
	}
	ok = subtle.ConstantTimeCompare(hash, derive(password, salt, p)) == 1 && password != ""
	return ok, p != want
}

func decode(encoded string) (p Params, salt, hash []byte, err error) {
	parts := strings.Split(encoded, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return p, nil, nil, fmt.Errorf("staff: not an argon2id hash")
	}
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.Memory, &p.Time, &p.Threads); n != 3 || err != nil {
		return p, nil, nil, fmt.Errorf("staff: argon2id parameters %q", parts[3])
	}
	if p.Memory < 8 || p.Memory > 1<<21 || p.Time < 1 || p.Time > 64 || p.Threads < 1 {
		return p, nil, nil, fmt.Errorf("staff: argon2id parameters %q out of range", parts[3])
	}
	if salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return p, nil, nil, err
	}
	if hash, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(hash) != hashSize {
		return p, nil, nil, fmt.Errorf("staff: argon2id hash of %d bytes", len(hash))
	}
	return p, salt, hash, nil
}

// checkNew refuses passwords that are guessed first.
func checkNew(login, password string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case n < MinPassword:
		return &Refusal{fmt.Sprintf("login %q: a password needs at least %d characters", login, MinPassword)}
	case len(password) > maxPassword:
		return &Refusal{fmt.Sprintf("login %q: a password has at most %d bytes", login, maxPassword)}
	case login != "" && strings.Contains(strings.ToLower(password), login):
		return &Refusal{fmt.Sprintf("login %q: a password must not contain the login", login)}
	case len(distinct(password)) < 4:
		return &Refusal{fmt.Sprintf("login %q: a password needs more than a few different characters", login)}
	}
	return nil
}

func distinct(s string) map[rune]bool {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return seen
}

func (s *Store) hashAll(people []New) ([]string, error) {
	hashes := make([]string, len(people))
	for _, n := range people {
		if err := checkNew(n.Login, n.Password); err != nil {
			return nil, err
		}
	}
	var g errgroup.Group
	g.SetLimit(cap(hashing))
	for i, n := range people {
		g.Go(func() error {
			hashes[i] = HashPassword(n.Password, s.params)
			return nil
		})
	}
	return hashes, g.Wait()
}

// dummy is checked when a login does not exist, so that the answer takes as long
// and tells nothing.
var dummy = sync.OnceValue(func() string { return HashPassword("không có người này", DefaultParams) })
