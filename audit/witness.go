package audit

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"ansinh.vn/internal/pg"
)

// Witness is a second office's word that it has only ever seen one past of a log: it
// co-signs a checkpoint when that continues the last one it co-signed, and keeps what it
// co-signed in a directory of its own, on a machine where the log's owner cannot write
// (C2SP tlog-witness). It needs no database. One witness may look after several logs.
//
// Its directory holds witness.key and witness.pub, and for each log a directory with
// log.pub (the keys that it trusts to speak for the log), last.txt (the last checkpoint)
// and refused-*.txt (what was signed by the log and did not continue it: evidence).
type Witness struct {
	Name string // "thanhtra.camau.gov.vn/chung-kien"
	Key  string // its public key, for the log's witness.pub and for who checks receipts
	dir  string
	seed ed25519.PrivateKey
}

var (
	// ErrUnknownLog says that a witness does not look after a log.
	ErrUnknownLog error = refusal("this witness was never told to look after that log")
	// ErrNoWitness says that a directory is no witness's.
	ErrNoWitness error = refusal("there is no witness in that directory; make one with ansinh witness init")
)

// StaleError says that the proof does not begin at the checkpoint that the witness has.
type StaleError struct{ Size int64 }

func (e StaleError) Error() string {
	return fmt.Sprintf("the last checkpoint that this witness has is of size %d: prove that the log continues that one", e.Size)
}

// Refused says that the input was refused.
func (StaleError) Refused() bool { return true }

// MakeWitness makes a witness with a fresh key in dir, which must not have one.
func MakeWitness(dir, name string) (*Witness, error) {
	if name == "" || strings.ContainsAny(name, " \t\r\n+") {
		return nil, refusal(fmt.Sprintf("a witness's name has no spaces and no +, like thanhtra.example.vn/chung-kien: %q", name))
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "witness.key")
	if _, err := os.Stat(file); err == nil {
		return nil, refusal(fmt.Sprintf("%s: there is a witness already", dir))
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	key := append([]byte{algCosign}, public...)
	line := func(b []byte) string {
		return fmt.Sprintf("%s+%08x+%s", name, keyHash(name, key), base64.StdEncoding.EncodeToString(b))
	}
	if err := writeDurably(filepath.Join(dir, witnessFile), []byte(line(key)+"\n"), 0o644); err != nil {
		return nil, err
	}
	secret := "PRIVATE+KEY+" + line(append([]byte{algCosign}, private.Seed()...))
	if err := writeDurably(file, []byte(secret+"\n"), 0o600); err != nil {
		return nil, err
	}
	return OpenWitness(dir)
}

// OpenWitness opens the witness whose directory is dir.
func OpenWitness(dir string) (w *Witness, err error) {
	defer pg.Wrap(&err, "audit: witness in %s", dir)
	b, err := os.ReadFile(filepath.Join(dir, "witness.key"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoWitness
	}
	if err != nil {
		return nil, err
	}
	parts := strings.SplitN(strings.TrimSpace(string(b)), "+", 5)
	if len(parts) != 5 {
		return nil, refusal("witness.key is not a witness's key")
	}
	seed, err := base64.StdEncoding.DecodeString(parts[4])
	if err != nil || len(seed) != 1+ed25519.SeedSize || seed[0] != algCosign {
		return nil, refusal("witness.key is not a witness's key")
	}
	public, err := ReadVerifiers(filepath.Join(dir, witnessFile))
	if err != nil {
		return nil, err
	}
	w = &Witness{Name: parts[2], dir: dir, seed: ed25519.NewKeyFromSeed(seed[1:])}
	if len(public) == 1 {
		w.Key = public[0]
	}
	if v, ok := newCosignVerifier(w.Key); !ok || v.name != w.Name || !v.key.Equal(w.seed.Public()) {
		return nil, refusal("witness.pub is not the public key of witness.key")
	}
	return w, nil
}

// logDir is where the witness keeps what it knows of a log.
func (w *Witness) logDir(origin string) string {
	sum := sha256.Sum256([]byte(origin))
	return filepath.Join(w.dir, fmt.Sprintf("log-%x", sum[:8]))
}

// Trust lets a key, as the log's owner published it, speak for the log that it names.
func (w *Witness) Trust(key string) (origin string, err error) {
	defer pg.Wrap(&err, "audit: witness: trust")
	v, err := newVerifier(key)
	if err != nil {
		return "", err
	}
	if v.witness {
		return "", refusal("that is the key of a witness, not of a log")
	}
	dir := w.logDir(v.Name())
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	return v.Name(), locked(dir, func() error {
		file := filepath.Join(dir, pubFile)
		lines, err := ReadVerifiers(file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		text := ""
		for _, line := range lines {
			if bare, _, _ := strings.Cut(line, " "); bare != strings.Fields(key)[0] {
				text += line + "\n"
			}
		}
		return writeDurably(file, []byte(text+strings.TrimSpace(key)+"\n"), 0o644)
	})
}

// Last returns the last checkpoint of a log that the witness co-signed, nil before the
// first.
func (w *Witness) Last(origin string) ([]byte, error) {
	if _, err := os.Stat(filepath.Join(w.logDir(origin), pubFile)); err != nil {
		return nil, ErrUnknownLog
	}
	b, err := os.ReadFile(filepath.Join(w.logDir(origin), "last.txt"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return b, err
}

// Cosign co-signs a checkpoint that a key of its log signed and that continues the one
// of size old, by proof. It returns the line of its signature. It is ErrUnknownLog,
// ErrUnsigned, StaleError when old is not the size of the last checkpoint it has, and
// ErrRewritten when the new one does not continue that.
func (w *Witness) Cosign(old int64, proof tlog.TreeProof, signed []byte, at time.Time) (line []byte, err error) {
	defer pg.Wrap(&err, "audit: witness %s", w.Name)
	origin, _, _ := strings.Cut(string(signed), "\n")
	dir := w.logDir(origin)
	verifiers, err := ReadVerifiers(filepath.Join(dir, pubFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrUnknownLog
	}
	if err != nil {
		return nil, err
	}
	_, head, _, err := OpenCheckpoint(signed, verifiers)
	if err != nil {
		return nil, err
	}
	err = locked(dir, func() error {
		last, err := w.lastHead(origin)
		if err != nil {
			return err
		}
		if old != last.Size {
			return StaleError{last.Size}
		}
		if err := continues(last, head, proof); err != nil {
			name := filepath.Join(dir, fmt.Sprintf("refused-%s-%d.txt", at.UTC().Format("20060102T150405"), head.Size))
			return errors.Join(err, writeDurably(name, signed, 0o644))
		}
		// what is co-signed is remembered first: a witness that forgets would sign two pasts
		signer := cosigner{private: w.seed, at: at}
		signer.cosignVerifier, _ = newCosignVerifier(w.Key)
		text, _, _ := strings.Cut(string(signed), "\n\n")
		if err := writeDurably(filepath.Join(dir, "last.txt"), signed, 0o644); err != nil {
			return err
		}
		cosigned, err := note.Sign(&note.Note{Text: text + "\n"}, signer)
		if err == nil {
			_, after, _ := strings.Cut(string(cosigned), "\n\n")
			line = []byte(after)
		}
		return err
	})
	return line, err
}

// lastHead reads back what the witness wrote itself: its text counts, not who signed it.
func (w *Witness) lastHead(origin string) (head Head, err error) {
	last, err := w.Last(origin)
	if err == nil && last != nil {
		_, head, err = headOf(last)
	}
	return head, err
}

// continues tells whether the log of one head is the beginning of that of a later one.
func continues(from, to Head, proof tlog.TreeProof) error {
	switch {
	case from.Size > to.Size, from.Size == to.Size && from.Root != to.Root:
		return ErrRewritten
	case from.Size == 0, from.Size == to.Size:
		return nil
	}
	if err := tlog.CheckTree(proof, to.Size, to.Root, from.Size, from.Root); err != nil {
		return fmt.Errorf("%w (%w)", ErrRewritten, err)
	}
	return nil
}
