package audit

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"ansinh.vn/internal/pg"
)

type refusal string

func (r refusal) Error() string { return string(r) }

// Refused says that the input was refused.
func (refusal) Refused() bool { return true }

var (
	// ErrEmpty says that nothing was sealed yet.
	ErrEmpty error = refusal("the log is empty; nothing was sealed yet")
	// ErrNotSealed says that an event is not in the log yet; it will be within a second
	// of its transaction's end.
	ErrNotSealed error = refusal("not sealed yet; ask again in a second")
	// ErrUnsigned says that no trusted key signed a checkpoint.
	ErrUnsigned error = refusal("no trusted key signed this checkpoint")
)

// text is a checkpoint's signed text (C2SP tlog-checkpoint): origin, size, root.
func (h Head) text(origin string) string {
	return fmt.Sprintf("%s\n%d\n%s\n", origin, h.Size, base64.StdEncoding.EncodeToString(h.Root[:]))
}

// Checkpoint signs the head of what is sealed, keeps the note in the database, and
// returns it.
func Checkpoint(ctx context.Context, pool *pgxpool.Pool, keys *Keys, now time.Time) (signed []byte, err error) {
	defer pg.Wrap(&err, "audit: checkpoint")
	head, _, err := lastSeal(ctx, pool)
	if err != nil {
		return nil, err
	}
	if head.Size == 0 {
		return nil, ErrEmpty
	}
	signer, err := keys.signer()
	if err != nil {
		return nil, err
	}
	return signHead(ctx, pool, head, now, signer)
}

func signHead(ctx context.Context, q pg.Queryer, head Head, now time.Time, signers ...note.Signer) ([]byte, error) {
	signed, err := note.Sign(&note.Note{Text: head.text(signers[0].Name())}, signers...)
	if err != nil {
		return nil, err
	}
	return signed, keep(ctx, q, head.Size, signed, now)
}

// keep stores a signed note of the head of that size.
func keep(ctx context.Context, q pg.Queryer, size int64, signed []byte, now time.Time) error {
	_, err := q.Exec(ctx, `
		insert into audit_checkpoint (size, note, signed_at) values ($1, $2, $3) on conflict do nothing`, size, string(signed), now)
	return err
}

// OpenCheckpoint reads a checkpoint that one of the verifier keys signed ("KEY", or "KEY
// until SIZE" for a retired one, which speaks for no larger log). It returns the names of
// the keys that did, the log's first; a checkpoint that only witnesses signed, or of
// another log, is ErrUnsigned.
func OpenCheckpoint(signed []byte, verifiers []string) (origin string, head Head, by []string, err error) {
	known := make([]note.Verifier, len(verifiers))
	for i, key := range verifiers {
		if known[i], err = newVerifier(key); err != nil {
			return "", head, nil, err
		}
	}
	n, err := note.Open(signed, note.VerifierList(known...))
	var unverified *note.UnverifiedNoteError
	switch {
	case errors.As(err, &unverified):
		return "", head, nil, ErrUnsigned
	case err != nil:
		return "", head, nil, fmt.Errorf("%w: %w", refusal("not a checkpoint"), err)
	}
	if origin, head, err = parseCheckpoint(n.Text); err != nil {
		return "", head, nil, err
	}
	own := false
	for _, s := range n.Sigs {
		at := slices.IndexFunc(known, func(v note.Verifier) bool { return v.Name() == s.Name && v.KeyHash() == s.Hash })
		v := known[at].(verifier)
		switch {
		case v.witness:
			by = append(by, s.Name)
		case s.Name == origin && (v.until == 0 || head.Size <= v.until):
			own = true
		}
	}
	if !own { // a witness alone does not speak for the log, nor does a key after its time
		return "", Head{}, nil, ErrUnsigned
	}
	return origin, head, append([]string{origin}, by...), nil
}

// CheckpointSize reads the size that a checkpoint states, whoever signed it.
func CheckpointSize(signed []byte) (int64, error) {
	_, head, err := headOf(signed)
	return head.Size, err
}

// headOf reads a checkpoint without looking at its signatures.
func headOf(signed []byte) (origin string, head Head, err error) {
	text, _, _ := strings.Cut(string(signed), "\n\n")
	return parseCheckpoint(text + "\n")
}

func parseCheckpoint(text string) (origin string, head Head, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[0] == "" {
		return "", head, refusal("not a checkpoint: it has no origin, size and root")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return "", head, refusal("not a checkpoint: its second line is not a size")
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return "", head, refusal("not a checkpoint: its third line is not a root")
	}
	return lines[0], Head{Size: size, Root: tlog.Hash(root)}, nil
}
