package reconcile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/bank"
	"ansinh.vn/internal/pg"
)

// ImportedAnswer says what a bank's answer file was about.
type ImportedAnswer struct {
	File     string     `json:"file"`
	Message  string     `json:"message"` // the message that it answers
	State    bank.State `json:"state"`   // of the message now
	Reason   string     `json:"reason,omitempty"`
	Rejected int        `json:"rejected"` // transfers that the answer refuses
}

// IsAnswer tells by content whether a file is a pain.002.
func IsAnswer(content []byte) bool {
	return bytes.Contains(content[:min(len(content), 4<<10)], []byte("CstmrPmtStsRpt"))
}

// ImportAnswer keeps a bank's answer (pain.002) that came as a file, as if the bank had
// given it over HTTP; the next reconciliation hands its refusals to the payments. The
// same answer again changes nothing. One that cannot be read, or that answers a message
// which we never made, is refused.
func (s *Store) ImportAnswer(ctx context.Context, name string, content []byte, by string, now time.Time) (out ImportedAnswer, err error) {
	id, answer, err := bank.ReadAnswer(content)
	if err != nil {
		return out, &bank.FileError{Name: name, Err: err}
	}
	defer pg.Wrap(&err, "import %s", name)
	out = ImportedAnswer{File: name, Message: id, Rejected: len(answer.Rejected)}
	err = pg.Tx(ctx, s.Pool, func(tx pgx.Tx) error {
		err := bank.Record(ctx, tx, id, answer, now)
		if errors.Is(err, bank.ErrNotHere) {
			return refuse("it answers message %q, which was never made here: is it another office's?", id)
		}
		if err != nil {
			return err
		}
		kept, err := bank.Load(ctx, tx, id)
		if err != nil {
			return err
		}
		out.State, out.Reason = kept.State, kept.Reason
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "answer.imported",
			Subject: fmt.Sprintf("bank_message:%d", kept.Key), Payload: out})
	})
	return out, err
}
