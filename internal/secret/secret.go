// Package secret seals what must not lie readable in the database (personal
// numbers, account numbers, the raw cells of a list) and gives a keyed blind
// index by which an exact value is found again. It never logs a plaintext and
// knows no database.
//
// The keys are two Tink keysets in <dir>/keys, mode 0600. Losing them loses
// every number: they are backed up apart from the database.
package secret

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Labels name what is sealed. A value sealed under one label does not open
// under another, and the same value has a different index under each.
const (
	PersonNumber  = "person.number"  // 12-digit personal number, or an old 9-digit one
	AccountNumber = "account.number" // sealed: the account; indexed: "BIN:ACCOUNT"
	ListCells     = "list.cells"     // the cells of one row as received, JSON
)

// IndexSize is the length of a blind index in bytes. 128 bits of a keyed PRF:
// no collision to fear at any number of people, and half the index of 256.
const IndexSize = 16

// Box seals, opens and indexes. It is safe for concurrent use.
type Box struct {
	seal  tink.AEAD
	index *prf.Set
}

// Open reads the keysets in dir/keys and makes them on first use. Two processes
// that start at once end up with the same keys.
func Open(dir string) (*Box, error) {
	keys := filepath.Join(dir, "keys")
	if err := os.MkdirAll(keys, 0o700); err != nil {
		return nil, fmt.Errorf("secret: make key directory: %w", err)
	}
	sealing, err := loadOrMake(filepath.Join(keys, "seal.json"), aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, err
	}
	indexing, err := loadOrMake(filepath.Join(keys, "index.json"), prf.HMACSHA256PRFKeyTemplate())
	if err != nil {
		return nil, err
	}
	box := new(Box)
	if box.seal, err = aead.New(sealing); err != nil {
		return nil, fmt.Errorf("secret: %s: %w", filepath.Join(keys, "seal.json"), err)
	}
	if box.index, err = prf.NewPRFSet(indexing); err != nil {
		return nil, fmt.Errorf("secret: %s: %w", filepath.Join(keys, "index.json"), err)
	}
	return box, nil
}

// loadOrMake reads the keyset at path, or makes one there. A key file that
// anyone else may read is refused: ssh does the same, for the same reason.
func loadOrMake(path string, template *tinkpb.KeyTemplate) (*keyset.Handle, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := makeKeyset(path, template); err != nil {
			return nil, fmt.Errorf("secret: make %s: %w", path, err)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("secret: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("secret: %s has mode %04o: others may read the key; run chmod 600 on it", path, info.Mode().Perm())
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("secret: %w", err)
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(raw)))
	if err != nil {
		return nil, fmt.Errorf("secret: read keyset %s: %w", path, err)
	}
	return handle, nil
}

// makeKeyset writes a new keyset beside path and links it there, so that the
// file is whole from the moment it exists and the first of two makers wins.
func makeKeyset(path string, template *tinkpb.KeyTemplate) (err error) {
	handle, err := keyset.NewHandle(template)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&text)); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // 0600 by contract
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text.Bytes())
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Seal encrypts plaintext under label. Sealing the same text twice gives
// different bytes: equality is asked of Index.
func (b *Box) Seal(label, plaintext string) []byte {
	sealed, err := b.seal.Encrypt([]byte(plaintext), []byte(label))
	if err != nil { // the only cause is a broken source of randomness
		panic(fmt.Sprintf("secret: seal %s: %v", label, err))
	}
	return sealed
}

// Open decrypts what Seal made under the same label.
func (b *Box) Open(label string, sealed []byte) (string, error) {
	plain, err := b.seal.Decrypt(sealed, []byte(label))
	if err != nil {
		return "", fmt.Errorf("secret: open %s: %w", label, err)
	}
	return string(plain), nil
}

// Index is the blind index of value under label: IndexSize bytes that are equal
// exactly when label and value are, and say nothing without the key.
func (b *Box) Index(label, value string) []byte {
	input := make([]byte, 0, len(label)+1+len(value))
	input = append(input, label...)
	input = append(input, 0) // labels hold no NUL, so no two pairs run together
	input = append(input, value...)
	out, err := b.index.ComputePrimaryPRF(input, IndexSize)
	if err != nil { // IndexSize is within what HMAC-SHA256 gives
		panic(fmt.Sprintf("secret: index %s: %v", label, err))
	}
	return out
}

// Fingerprint tells the keys apart without revealing them. A database remembers
// the one it was filled under, so that restored data and foreign keys are not
// mixed. Example: "5f0c…" (32 hex digits).
func (b *Box) Fingerprint() string {
	return hex.EncodeToString(b.Index("secret.fingerprint", "an sinh"))
}

// Mask hides the middle of a personal or account number for pages and logs:
// 095154000123 becomes 0951******23, a short one keeps only its last two digits.
func Mask(number string) string {
	runes := []rune(number)
	head := 4
	if len(runes) < 9 {
		head = 0
	}
	if len(runes) <= head+2 {
		return strings.Repeat("*", len(runes))
	}
	return string(runes[:head]) + strings.Repeat("*", len(runes)-head-2) + string(runes[len(runes)-2:])
}

// tester is what ForTest needs of *testing.T, so that the program does not link
// the testing package.
type tester interface {
	Helper()
	TempDir() string
	Fatalf(format string, args ...any)
}

// ForTest is a box with fresh keys that go away with the test.
func ForTest(t tester) *Box {
	t.Helper()
	box, err := Open(t.TempDir())
	if err != nil {
		t.Fatalf("%v", err)
	}
	return box
}
