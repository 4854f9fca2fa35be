package registry

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
)

// ErrNoTransaction: the register knows nothing of the transaction.
var ErrNoTransaction = errors.New("the register does not know this transaction")

// Status asks how an earlier asynchronous search stands, when its callback did not
// come: its answer as if it had, or ErrNoTransaction when it never arrived.
func (c *Client) Status(ctx context.Context, transaction string) (cb Callback, err error) {
	err = c.insist(ctx, transaction, func() (err error) {
		cb, err = c.statusOnce(ctx, transaction)
		return err
	})
	return cb, err
}

func (c *Client) statusOnce(ctx context.Context, transaction string) (Callback, error) {
	now := c.now()
	stamp := now.UTC().Format(time.RFC3339)
	mine := rand.Text()
	m := txnRequest{Transaction: mine}
	m.Request.Reference, m.Request.Type, m.Request.Attribute = mine, "search", "transaction_id"
	m.Request.Value, _ = json.Marshal(transaction)
	body, err := seal(header{Version: Version, MessageID: rand.Text(), Time: stamp, Action: "txn-status", SenderID: c.SenderID, ReceiverID: c.ReceiverID, Total: 1}, m, c.Sign, now)
	if err != nil {
		return Callback{}, fmt.Errorf("registry: seal: %w", err)
	}
	answer, err := c.post(ctx, "/registry/sync/txn/status", body)
	if err != nil {
		return Callback{}, err
	}
	e, err := c.answered(answer)
	if err != nil {
		return Callback{}, err
	}
	if e.header.Status == rejected && e.header.StatusReason != "" {
		return Callback{}, rejection(e.header)
	}
	var r struct {
		Transaction string `json:"transaction_id"`
		Response    struct {
			Status searchResponse `json:"txn_status"`
			Type   string         `json:"txn_type"`
		} `json:"txnstatus_response"`
	}
	at, timeErr := e.header.time()
	if err := errors.Join(json.Unmarshal(e.Message, &r), timeErr); err != nil {
		return Callback{}, &attemptError{err: fmt.Errorf("%w: %w", ErrMalformed, err), again: true}
	}
	if r.Transaction != mine || e.header.Action != "txn-on-status" || r.Response.Type != "on-search" || r.Response.Status.Transaction != transaction {
		return Callback{}, &attemptError{err: fmt.Errorf("%w: it answers another question", ErrMalformed), again: true}
	}
	if e.header.Status == rejected {
		return Callback{}, fmt.Errorf("%w: %s", ErrNoTransaction, e.header.StatusMessage)
	}
	s := r.Response.Status
	return Callback{Message: e.header.MessageID, Action: "on-search", Transaction: s.Transaction, Correlation: s.Correlation, At: at, header: e.header, search: s}, nil
}
