package audit

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/mod/sumdb/note"

	"ansinh.vn/internal/pg"
)

// RotateKeys gives the log a new key. The last checkpoint of the old key is the first of
// the new one, signed by both, so that who trusts the old one sees the hand-over; the
// change stands in the log. The old verifier is kept for the checkpoints that it signed:
// it counts for nothing larger. The old private key is destroyed.
func RotateKeys(ctx context.Context, pool *pgxpool.Pool, dir, by string, now time.Time) (signed []byte, err error) {
	defer pg.Wrap(&err, "audit: rotate the log's key")
	if _, err := OpenKeys(dir); err != nil {
		return nil, err
	}
	err = locked(dir, func() error {
		old, err := readSigner(filepath.Join(dir, keyFile))
		if err != nil {
			return err
		}
		verifiers, err := ReadVerifiers(filepath.Join(dir, pubFile))
		if err != nil {
			return err
		}
		private, public, err := note.GenerateKey(rand.Reader, old.Name())
		if err != nil {
			return err
		}
		if err := writeDurably(filepath.Join(dir, nextKeyFile), []byte(private+"\n"), 0o600); err != nil {
			return err
		}
		retired := verifiers[len(verifiers)-1]
		head, err := handOver(ctx, pool, retired, public, by, now)
		if err != nil {
			return err
		}
		next, err := note.NewSigner(private)
		if err != nil {
			return err
		}
		if signed, err = signHead(ctx, pool, head, now, next, old); err != nil {
			return err
		}
		verifiers[len(verifiers)-1] = retired + " until " + strconv.FormatInt(head.Size, 10)
		text := strings.Join(append(verifiers, public), "\n") + "\n"
		if err := writeDurably(filepath.Join(dir, pubFile), []byte(text), 0o644); err != nil {
			return err
		}
		return finishRotation(dir)
	})
	return signed, err
}

// handOver records the change and seals it.
func handOver(ctx context.Context, pool *pgxpool.Pool, retired, next, by string, now time.Time) (Head, error) {
	err := pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		return Record(ctx, tx, Event{At: now, Actor: by, Kind: "log.key", Subject: "log",
			Payload: map[string]string{"retired": retired, "key": next}})
	})
	if err != nil {
		return Head{}, err
	}
	return Seal(ctx, pool, now)
}

// finishRotation puts the new key in its place once its verifier is published; one whose
// verifier is not was never used.
func finishRotation(dir string) error {
	next := filepath.Join(dir, nextKeyFile)
	signer, err := readSigner(next)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	verifiers, err := ReadVerifiers(filepath.Join(dir, pubFile))
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(verifiers, func(line string) bool {
		v, err := newVerifier(line)
		return err == nil && v.Name() == signer.Name() && v.KeyHash() == signer.KeyHash()
	}) {
		return os.Remove(next)
	}
	return os.Rename(next, filepath.Join(dir, keyFile))
}
