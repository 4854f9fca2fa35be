package audit

import (
	"context"
	"fmt"
	"math/bits"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/tlog"

	"ansinh.vn/internal/pg"
)

// store appends to the stored hashes of the log: it holds the roots of the complete
// subtrees to the left, which is all that appending needs, and what was added.
type store struct {
	size  int64
	from  int64 // position of added[0]
	left  map[int64]tlog.Hash
	added []tlog.Hash
}

func openStore(ctx context.Context, q pg.Queryer, size int64) (*store, error) {
	s := &store{size: size, from: tlog.StoredHashIndex(0, size)}
	var at []int64
	for rest := size; rest > 0; {
		level := bits.TrailingZeros64(uint64(rest))
		rest -= 1 << level
		at = append(at, tlog.StoredHashIndex(level, rest>>level))
	}
	found, err := readHashes(ctx, q, at)
	if err != nil {
		return nil, err
	}
	s.left = make(map[int64]tlog.Hash, len(at))
	for i, pos := range at {
		s.left[pos] = found[i]
	}
	return s, nil
}

func (s *store) add(leaf tlog.Hash) error {
	more, err := tlog.StoredHashesForRecordHash(s.size, leaf, s)
	if err != nil {
		return err
	}
	s.added = append(s.added, more...)
	s.size++
	return nil
}

// ReadHashes implements tlog.HashReader.
func (s *store) ReadHashes(at []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(at))
	for i, pos := range at {
		if pos >= s.from && pos-s.from < int64(len(s.added)) {
			out[i] = s.added[pos-s.from]
			continue
		}
		h, ok := s.left[pos]
		if !ok {
			return nil, fmt.Errorf("no hash at position %d of the log", pos)
		}
		out[i] = h
	}
	return out, nil
}

// reader reads stored hashes from the database.
func reader(ctx context.Context, q pg.Queryer) tlog.HashReader {
	return tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) { return readHashes(ctx, q, at) })
}

func readHashes(ctx context.Context, q pg.Queryer, at []int64) ([]tlog.Hash, error) {
	rows, err := q.Query(ctx, `
		select w.pos, h.hash from unnest($1::bigint[]) with ordinality w(pos, n)
		left join audit_hash h on h.pos = w.pos order by w.n`, at)
	if err != nil {
		return nil, err
	}
	out := make([]tlog.Hash, 0, len(at))
	var pos int64
	var hash []byte
	_, err = pgx.ForEachRow(rows, []any{&pos, &hash}, func() error {
		if len(hash) != tlog.HashSize {
			return fmt.Errorf("no hash at position %d of the log", pos)
		}
		out = append(out, tlog.Hash(hash))
		return nil
	})
	return out, err
}
