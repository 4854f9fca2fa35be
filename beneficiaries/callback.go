package beneficiaries

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/identity/registry"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
)

// messageLabel is what a kept message of the register is sealed for.
const messageLabel = "register-message"

// TakeCallback keeps a message that the register sent and acts on it: an answer for
// whoever waits for it, the outcome of a subscription, or deaths and moves. Each message
// counts once: the same again, or an answer that nobody waits for any more, is
// registry.ErrTaken; one to a question that was never asked is registry.ErrNotAsked;
// another one under a known id is registry.ErrOtherMessage.
func TakeCallback(ctx context.Context, pool *pgxpool.Pool, box *secret.Box, register string, cb registry.Callback, body []byte, now time.Time) (err error) {
	defer pg.Wrap(&err, "beneficiaries: take %s %s", cb.Action, cb.Message)
	m := message{register: register, callback: cb}
	if err := pg.Tx(ctx, pool, func(tx pgx.Tx) error { return m.keep(ctx, tx, box, body, now) }); err != nil {
		return err
	}
	if m.late {
		return registry.ErrTaken
	}
	if cb.Action == "on-search" { // whoever asked looks for it
		return nil
	}
	return m.act(ctx, pool, box, now)
}

// HandleMessages acts on messages that were kept and not acted on, as after a crash
// between the two. It returns how many; one that cannot be acted on stays and does not
// keep the others waiting.
func HandleMessages(ctx context.Context, pool *pgxpool.Pool, box *secret.Box, now time.Time) (n int, err error) {
	defer pg.Wrap(&err, "beneficiaries: handle the register's messages")
	rows, err := pool.Query(ctx, `
		select id, register, body_enc from register_message where handled_at is null and action <> 'on-search' order by id limit 100`)
	if err != nil {
		return 0, err
	}
	type kept struct {
		ID       int64
		Register string
		Sealed   []byte
	}
	waiting, err := pgx.CollectRows(rows, pgx.RowToStructByPos[kept])
	if err != nil {
		return 0, err
	}
	var failed []error
	for _, k := range waiting {
		m := message{id: k.ID, register: k.Register}
		body, err := box.Open(messageLabel, k.Sealed)
		if err == nil {
			m.callback, err = registry.ReadKept([]byte(body))
		}
		if err == nil {
			err = m.act(ctx, pool, box, now)
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("message %d: %w", k.ID, err))
			continue
		}
		n++
	}
	return n, errors.Join(failed...)
}

// message is one message of the register on its way.
type message struct {
	id       int64
	register string
	callback registry.Callback
	late     bool // an answer that came after it had been asked for another way
}

func (m *message) keep(ctx context.Context, tx pgx.Tx, box *secret.Box, body []byte, now time.Time) error {
	sum := sha256.Sum256(body)
	var known []byte
	err := tx.QueryRow(ctx, `select sha256 from register_message where register = $1 and message_id = $2`, m.register, m.callback.Message).Scan(&known)
	switch {
	case err == nil && bytes.Equal(known, sum[:]):
		return registry.ErrTaken
	case err == nil:
		return registry.ErrOtherMessage
	case !errors.Is(err, pgx.ErrNoRows):
		return err
	}
	if err := m.asked(ctx, tx); err != nil {
		return err
	}
	var sealed []byte
	var handled *time.Time
	outcome := ""
	if m.late {
		handled, outcome = &now, "late"
	} else {
		sealed = box.Seal(messageLabel, string(body))
	}
	err = tx.QueryRow(ctx, `
		insert into register_message (register, message_id, action, transaction_id, sha256, body_enc, received_at, handled_at, outcome)
		values (@register, @message, @action, @transaction, @sum, @sealed, @now, @handled, @outcome)
		on conflict on constraint register_message_once do nothing returning id`,
		pgx.StrictNamedArgs{"register": m.register, "message": m.callback.Message, "action": m.callback.Action, "transaction": m.callback.Transaction,
			"sum": sum[:], "sealed": sealed, "now": now, "handled": handled, "outcome": outcome}).Scan(&m.id)
	if errors.Is(err, pgx.ErrNoRows) { // the same message by another connection
		return registry.ErrTaken
	}
	if err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{At: now, Actor: "register:" + m.register, Kind: "register.message", Subject: "register:" + m.register,
		Payload: map[string]any{"action": m.callback.Action, "message": m.callback.Message, "transaction": m.callback.Transaction, "late": m.late, "sha256": sum[:]}})
}

// asked checks that the message answers something that was asked here.
func (m *message) asked(ctx context.Context, tx pgx.Tx) error {
	var table string
	switch m.callback.Action {
	case "notify":
		return nil
	case "on-search":
		table = "register_transaction"
	case "on-subscribe":
		table = "register_subscription"
	default: // what ends a subscription or tells a status is asked for and read at once
		return registry.ErrNotAsked
	}
	var over bool
	sql := `select answered_at is not null from register_transaction where register = $1 and transaction_id = $2 for update`
	if table == "register_subscription" {
		sql = `select state <> 'asked' from register_subscription where register = $1 and transaction_id = $2 for update`
	}
	err := tx.QueryRow(ctx, sql, m.register, m.callback.Transaction).Scan(&over)
	if errors.Is(err, pgx.ErrNoRows) {
		return registry.ErrNotAsked
	}
	m.late = over
	return err
}

// act does what a kept message asks for, and marks it handled; a second time nothing
// happens.
func (m *message) act(ctx context.Context, pool *pgxpool.Pool, box *secret.Box, now time.Time) error {
	outcome := "done"
	switch m.callback.Action {
	case "notify":
		r, err := HearNotice(ctx, pool, box, m.callback, m.register, "register:"+m.register, now)
		if err != nil {
			return err
		}
		if r.Asked == 0 {
			outcome = "nobody known here"
		}
	case "on-subscribe":
		if err := confirmSubscription(ctx, pool, m.register, m.callback, now); err != nil {
			return err
		}
	}
	_, err := pool.Exec(ctx, `update register_message set handled_at = $2, body_enc = null, outcome = $3 where id = $1 and handled_at is null`, m.id, now, outcome)
	return err
}
