package audit

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"ansinh.vn/internal/pg"
)

// Consistency proves, without the database, that the log of one checkpoint is the
// beginning of the log of a later one: nothing in between was changed or left out.
type Consistency struct {
	Format string   `json:"format"` // ConsistencyFormat
	Old    string   `json:"old"`    // signed notes
	New    string   `json:"new"`
	Proof  []string `json:"proof"`
	Keys   []string `json:"keys"`
}

// ConsistencyFormat names the format of consistency proofs.
const ConsistencyFormat = "ansinh-consistency/1"

// ErrRewritten says that the log no longer holds what a checkpoint of it signed.
var ErrRewritten = fmt.Errorf("the log is not a continuation of that checkpoint: its past was rewritten")

// ProveConsistency proves that the checkpoint old is the beginning of later. It returns
// ErrRewritten when the database can no longer show it.
func ProveConsistency(ctx context.Context, q pg.Queryer, old, later []byte, keys *Keys) (c *Consistency, err error) {
	defer pg.Wrap(&err, "audit: consistency")
	first, from, _, err := OpenCheckpoint(old, keys.Verifiers())
	if err != nil {
		return nil, err
	}
	second, to, _, err := OpenCheckpoint(later, keys.Verifiers())
	if err != nil {
		return nil, err
	}
	if first != second || from.Size > to.Size {
		return nil, ErrRewritten
	}
	c = &Consistency{Format: ConsistencyFormat, Old: string(old), New: string(later), Keys: keys.Verifiers()}
	if from.Size > 0 {
		proof, err := tlog.ProveTree(to.Size, from.Size, reader(ctx, q))
		if err != nil {
			return nil, fmt.Errorf("%w (%w)", ErrRewritten, err)
		}
		c.Proof = encode(proof)
	}
	return c, c.Verify(keys.Verifiers())
}

// Verify checks the proof against the verifier keys that the reader trusts.
func (c *Consistency) Verify(verifiers []string) error {
	if c.Format != ConsistencyFormat {
		return refusal(fmt.Sprintf("not a proof of the format %s", ConsistencyFormat))
	}
	first, from, _, err := OpenCheckpoint([]byte(c.Old), verifiers)
	if err != nil {
		return err
	}
	second, to, _, err := OpenCheckpoint([]byte(c.New), verifiers)
	if err != nil {
		return err
	}
	proof, err := decode[tlog.TreeProof](c.Proof)
	if err != nil {
		return err
	}
	if first != second {
		return ErrRewritten
	}
	return continues(from, to, proof)
}
