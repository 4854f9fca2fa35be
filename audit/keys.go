package audit

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/mod/sumdb/note"

	"ansinh.vn/internal/pg"
)

// Keys sign the heads of one log. They live outside the database, in files that only
// their owner reads: log.key, its verifiers in log.pub (one a line, the newest last,
// old ones kept), and witness.key where a witness signs on the same machine.
type Keys struct {
	Origin  string // the log's name, first line of its checkpoints: "ansinh.vn/log/1f0a9c3d"
	log     note.Signer
	witness note.Signer // nil without one
	pub     []string
}

// OpenKeys reads the keys in dir, and makes the log's key at the first use.
func OpenKeys(dir string) (k *Keys, err error) {
	defer pg.Wrap(&err, "audit: keys in %s", dir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := makeKey(dir); err != nil {
		return nil, err
	}
	k = &Keys{}
	if k.log, err = readSigner(filepath.Join(dir, "log.key")); err != nil {
		return nil, err
	}
	k.Origin = k.log.Name()
	k.witness, err = readSigner(filepath.Join(dir, "witness.key"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	k.pub, err = ReadVerifiers(filepath.Join(dir, "log.pub"))
	return k, err
}

// Verifiers are the public keys of the log, as note writes them.
func (k *Keys) Verifiers() []string { return k.pub }

func (k *Keys) signers() []note.Signer {
	if k.witness == nil {
		return []note.Signer{k.log}
	}
	return []note.Signer{k.log, k.witness}
}

// ReadVerifiers reads public keys from a file, one a line; lines that begin with # are
// remarks.
func ReadVerifiers(file string) ([]string, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var keys []string
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			keys = append(keys, line)
		}
	}
	return keys, nil
}

func readSigner(file string) (note.Signer, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	s, err := note.NewSigner(strings.TrimSpace(string(b)))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return s, nil
}

// makeKey makes the log's key unless there is one. Two processes may try at once: both
// hold the directory's lock file meanwhile.
func makeKey(dir string) error {
	lock, err := os.OpenFile(filepath.Join(dir, "log.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer lock.Close() // gives the lock back
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	file := filepath.Join(dir, "log.key")
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var id [4]byte
	if _, err := rand.Read(id[:]); err != nil {
		return err
	}
	private, public, err := note.GenerateKey(rand.Reader, "ansinh.vn/log/"+hex.EncodeToString(id[:]))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "log.pub"), []byte(public+"\n"), 0o644); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(private+"\n"), 0o600)
}
