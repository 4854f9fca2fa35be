package bank

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/jackc/pgx/v5"
)

// FileRail drops messages into a directory that a bank's own program picks up, and
// looks for answers in another.
type FileRail struct {
	Out string // a message becomes <id>.xml (or .xlsx) here, whole or not at all
	In  string // pain.002 files, of any name; "" when the bank gives none
}

// Local is false: a file is not undone by a rollback.
func (r *FileRail) Local() bool { return false }

// Submit writes the file. The same message again is the same file; other bytes under
// the same name are ErrOtherContent.
func (r *FileRail) Submit(_ context.Context, _ pgx.Tx, m Message) (_ Answer, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("bank: drop file of %s: %w", m.ID, err)
		}
	}()
	ext := map[string]string{"pain001": ".xml", "sheet": ".xlsx", "list": ".xlsx"}[m.Kind]
	if ext == "" {
		return Answer{}, fmt.Errorf("a directory does not take %q", m.Kind)
	}
	path := filepath.Join(r.Out, fileName(m.ID)+ext)
	if old, err := os.ReadFile(path); err == nil {
		if string(old) != string(m.Content) {
			return Answer{}, ErrOtherContent
		}
		return Answer{State: Sent}, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return Answer{}, err
	}
	if err := writeWhole(path, m.Content); err != nil {
		return Answer{}, err
	}
	return Answer{State: Sent}, nil
}

// fileName keeps a message id, which may hold a slash, inside the directory.
func fileName(messageID string) string { return strings.ReplaceAll(messageID, "/", "_") }

// writeWhole makes the file durable under another name before it appears under its
// own, because the bank's program may look at any moment.
func writeWhole(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".part-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err := f.Write(content); err != nil {
		f.Close()
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Status looks through the answers in the order of their names; the last one about the
// message counts. Without one, a file that lies in Out is Sent, and one that does not
// was perhaps already taken away: that is ErrUnknown, never ErrNoMessage.
func (r *FileRail) Status(_ context.Context, _ pgx.Tx, messageID string) (Answer, error) {
	found := Answer{}
	if r.In != "" {
		names, err := filepath.Glob(filepath.Join(r.In, "*.xml"))
		if err != nil {
			return found, fmt.Errorf("bank: look for answers to %s: %w", messageID, err)
		}
		sort.Strings(names)
		for _, name := range names {
			raw, err := os.ReadFile(name)
			if err != nil {
				return found, fmt.Errorf("bank: look for answers to %s: %w", messageID, err)
			}
			if id, a, err := ReadAnswer(raw); err == nil && id == messageID {
				found = a
			}
		}
	}
	if found.State != "" {
		return found, nil
	}
	if left, _ := filepath.Glob(filepath.Join(r.Out, fileName(messageID)+".*")); len(left) > 0 {
		return Answer{State: Sent}, nil
	}
	return found, fmt.Errorf("bank: %s: %w", messageID, ErrUnknown)
}

// Cancel takes the file back if nobody has fetched it yet.
func (r *FileRail) Cancel(ctx context.Context, tx pgx.Tx, messageID string) (Answer, error) {
	left, _ := filepath.Glob(filepath.Join(r.Out, fileName(messageID)+".*"))
	if len(left) == 0 {
		return r.Status(ctx, tx, messageID)
	}
	for _, path := range left {
		if err := os.Remove(path); err != nil {
			return Answer{}, fmt.Errorf("bank: cancel %s: %w", messageID, err)
		}
	}
	return Answer{State: Cancelled, Reason: "taken back before the bank fetched it"}, nil
}
