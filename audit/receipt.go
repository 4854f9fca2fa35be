package audit

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/tlog"

	"ansinh.vn/internal/pg"
)

// Receipt proves, without the database, that an event stands in the log under a signed
// checkpoint, and where Part is set, that one record stands in the tree whose root the
// event's payload carries. Hashes are in base64.
type Receipt struct {
	Format     string   `json:"format"` // ReceiptFormat
	Part       *Part    `json:"part,omitempty"`
	Event      string   `json:"event"` // the exact bytes of the leaf (Row.Record)
	Leaf       int64    `json:"leaf"`
	Proof      []string `json:"proof"`
	Checkpoint string   `json:"checkpoint"` // signed note
	Keys       []string `json:"keys"`       // the log's verifier keys, to compare with those published
}

// Part is one record of a subtree.
type Part struct {
	Record string   `json:"record"` // the exact bytes of the leaf
	N      int64    `json:"n"`
	Size   int64    `json:"size"`
	Proof  []string `json:"proof"`
}

// ReceiptFormat names the format of receipts.
const ReceiptFormat = "ansinh-receipt/1"

// Prove makes a receipt for an event from a signed checkpoint that covers it, or returns
// ErrNotSealed.
func Prove(ctx context.Context, q pg.Queryer, event int64, signed []byte, keys *Keys) (r *Receipt, err error) {
	defer pg.Wrap(&err, "audit: prove event %d", event)
	_, head, _, err := OpenCheckpoint(signed, keys.Verifiers())
	if err != nil {
		return nil, err
	}
	var row Row
	r = &Receipt{Format: ReceiptFormat, Checkpoint: string(signed), Keys: keys.Verifiers()}
	err = q.QueryRow(ctx, `
		select e.id, e.at, e.actor, e.kind, e.subject, e.payload::text, e.salt, l.leaf
		from audit_event e join audit_leaf l on l.event_id = e.id
		where e.id = $1 and l.leaf < $2`, event, head.Size).
		Scan(&row.ID, &row.At, &row.Actor, &row.Kind, &row.Subject, &row.Payload, &row.Salt, &r.Leaf)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrNotSealed
	}
	if err != nil {
		return nil, err
	}
	proof, err := tlog.ProveRecord(head.Size, r.Leaf, reader(ctx, q))
	if err != nil {
		return nil, err
	}
	r.Event, r.Proof = string(row.Record()), encode(proof)
	return r, nil
}

// AddPart puts record n of a subtree over leaves into the receipt.
func (r *Receipt) AddPart(record []byte, n int64, leaves []tlog.Hash) error {
	proof, err := ProveLeaf(leaves, n)
	if err != nil {
		return fmt.Errorf("audit: prove record %d: %w", n, err)
	}
	r.Part = &Part{Record: string(record), N: n, Size: int64(len(leaves)), Proof: encode(proof)}
	return nil
}

// Verify checks a receipt against the verifier keys that the reader trusts, using
// nothing but the receipt. A nil error means that all of it holds.
func (r *Receipt) Verify(verifiers []string) error {
	if r.Format != ReceiptFormat {
		return refusal(fmt.Sprintf("not a receipt of the format %s", ReceiptFormat))
	}
	_, head, _, err := OpenCheckpoint([]byte(r.Checkpoint), verifiers)
	if err != nil {
		return err
	}
	proof, err := decode[tlog.RecordProof](r.Proof)
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(proof, head.Size, head.Root, r.Leaf, tlog.RecordHash([]byte(r.Event))); err != nil {
		return fmt.Errorf("%w: %w", refusal("the event does not stand in the log under this checkpoint"), err)
	}
	if r.Part == nil {
		return nil
	}
	var event struct {
		Payload struct {
			N    int64  `json:"n"`
			Root string `json:"root"`
		} `json:"payload"`
	}
	if err := json.Unmarshal([]byte(r.Event), &event); err != nil {
		return fmt.Errorf("%w: %w", refusal("the event is not JSON"), err)
	}
	root, err := hex.DecodeString(event.Payload.Root)
	if err != nil || len(root) != tlog.HashSize || event.Payload.N != r.Part.Size {
		return refusal("the event has no tree of that size")
	}
	if proof, err = decode[tlog.RecordProof](r.Part.Proof); err != nil {
		return err
	}
	if err := tlog.CheckRecord(proof, r.Part.Size, tlog.Hash(root), r.Part.N, tlog.RecordHash([]byte(r.Part.Record))); err != nil {
		return fmt.Errorf("%w: %w", refusal("the record does not stand in the event's tree"), err)
	}
	return nil
}

func encode[P ~[]tlog.Hash](proof P) []string {
	out := make([]string, len(proof))
	for i, h := range proof {
		out[i] = base64.StdEncoding.EncodeToString(h[:])
	}
	return out
}

func decode[P ~[]tlog.Hash](text []string) (P, error) {
	proof := make(P, len(text))
	for i, s := range text {
		b, err := base64.StdEncoding.Strict().DecodeString(s)
		if err != nil || len(b) != tlog.HashSize {
			return nil, refusal(fmt.Sprintf("hash %d of a proof is not a hash", i))
		}
		proof[i] = tlog.Hash(b)
	}
	return proof, nil
}
