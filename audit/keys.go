package audit

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/mod/sumdb/note"

	"ansinh.vn/internal/pg"
)

// Keys sign the heads of one log. They live outside the database, in a directory that
// only their owner reads: log.key, which signs; log.pub, its verifiers, one a line, the
// newest last, retired ones kept ("KEY until SIZE"); and witness.pub, the verifiers of
// witnesses that this log asks, if there are any. A server that runs while the key is
// changed signs with the new one from then on.
type Keys struct {
	Origin string // the log's name, first line of its checkpoints: "ansinh.vn/log/1f0a9c3d"
	dir    string

	mu   sync.Mutex
	file os.FileInfo // of log.key, as it was read
	log  note.Signer
	pub  []string
}

const (
	keyFile     = "log.key"
	nextKeyFile = "log.key.next" // while the key is being changed
	pubFile     = "log.pub"
	witnessFile = "witness.pub"
)

// OpenKeys reads the keys in dir, and makes the log's key at the first use.
func OpenKeys(dir string) (k *Keys, err error) {
	defer pg.Wrap(&err, "audit: keys in %s", dir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := locked(dir, func() error {
		if err := makeKey(dir); err != nil {
			return err
		}
		return finishRotation(dir)
	}); err != nil {
		return nil, err
	}
	k = &Keys{dir: dir}
	if err := k.refresh(); err != nil {
		return nil, err
	}
	k.Origin = k.log.Name()
	return k, nil
}

// refresh reads the keys again if log.key is another file than it was.
func (k *Keys) refresh() error {
	name := filepath.Join(k.dir, keyFile)
	now, err := os.Stat(name)
	if err != nil || (k.file != nil && os.SameFile(now, k.file) && now.ModTime().Equal(k.file.ModTime())) {
		return err
	}
	signer, err := readSigner(name)
	if err != nil {
		return err
	}
	pub, err := ReadVerifiers(filepath.Join(k.dir, pubFile))
	if err != nil {
		return err
	}
	witnesses, err := ReadVerifiers(filepath.Join(k.dir, witnessFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	k.file, k.log, k.pub = now, signer, append(pub, witnesses...)
	return nil
}

// Verifiers are the public keys of the log and of its witnesses.
func (k *Keys) Verifiers() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.pub)
}

// signer is the key that signs now.
func (k *Keys) signer() (note.Signer, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	err := k.refresh()
	return k.log, err
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

// locked runs fn while no other process changes the keys in dir.
func locked(dir string, fn func() error) error {
	lock, err := os.OpenFile(filepath.Join(dir, "log.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer lock.Close() // gives the lock back
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	return fn()
}

// makeKey makes the log's key unless there is one.
func makeKey(dir string) error {
	file := filepath.Join(dir, keyFile)
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
	if err := writeDurably(filepath.Join(dir, pubFile), []byte(public+"\n"), 0o644); err != nil {
		return err
	}
	return writeDurably(file, []byte(private+"\n"), 0o600)
}

// writeDurably replaces a file whole: after it returned nil the new bytes are there
// whatever happens, before that the old ones are.
func writeDurably(name string, b []byte, mode fs.FileMode) (err error) {
	part, err := os.OpenFile(fmt.Sprintf("%s.%d.part", name, time.Now().UnixNano()), os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(part.Name())
		}
	}()
	_, err = part.Write(b)
	if err == nil {
		err = part.Sync()
	}
	if closing := part.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(part.Name(), name)
	}
	if err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
