package bank

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// Message is what a rail is given.
type Message struct {
	ID      string // MsgId, such as "AS-202611-31825-1"
	Kind    string // "pain001", "sheet", "list", "voucher"
	Content []byte
	N       int
	Total   money.VND
	Account RailAccount
}

// Stored is a message with what became of it.
type Stored struct {
	Key int64 // surrogate key, bank_message.id
	Message
	State      State
	Reason     string // in the bank's words
	MadeAt     time.Time
	SentAt     *time.Time
	AnsweredAt *time.Time
}

// ErrOtherContent says that a message id is already taken by other bytes.
var ErrOtherContent = errors.New("this message id already stands for other content; a message id is never used twice")

// ErrNotHere says that no message has this id.
var ErrNotHere = errors.New("there is no such message")

// Make keeps a message before anything leaves, and returns its key. Making the same
// message again returns the first key; the same id with other bytes is
// ErrOtherContent.
func Make(ctx context.Context, tx pgx.Tx, m Message, now time.Time) (key int64, err error) {
	defer pg.Wrap(&err, "bank: make message %s", m.ID)
	sum := sha256.Sum256(m.Content)
	err = tx.QueryRow(ctx, `
		insert into bank_message (rail_account_id, message_id, kind, sha256, content, n, total, made_at)
		values (@account, @id, @kind, @sum, @content, @n, @total, @now)
		on conflict on constraint bank_message_id do nothing
		returning id`,
		pgx.StrictNamedArgs{"account": m.Account.ID, "id": m.ID, "kind": m.Kind, "sum": sum[:], "content": m.Content,
			"n": m.N, "total": m.Total, "now": now}).Scan(&key)
	if !errors.Is(err, pgx.ErrNoRows) {
		return key, err
	}
	var same bool
	err = tx.QueryRow(ctx, `
		select id, sha256 = $2 and kind = $3 and rail_account_id = $4 from bank_message where message_id = $1`,
		m.ID, sum[:], m.Kind, m.Account.ID).Scan(&key, &same)
	if err == nil && !same {
		err = ErrOtherContent
	}
	return key, err
}

const storedColumns = `
	m.id, m.message_id, m.kind, m.content, m.n, m.total, m.state, m.reason, m.made_at, m.sent_at, m.answered_at,
	a.id, a.office, a.kind, coalesce(a.bank_bin, ''), coalesce(a.account_no, ''), a.name
	from bank_message m join rail_account a on a.id = m.rail_account_id `

func scanStored(row pgx.CollectableRow) (s Stored, err error) {
	a := &s.Account
	err = row.Scan(&s.Key, &s.ID, &s.Kind, &s.Content, &s.N, &s.Total, &s.State, &s.Reason, &s.MadeAt, &s.SentAt, &s.AnsweredAt,
		&a.ID, &a.Office, &a.Kind, &a.BIN, &a.Account, &a.Name)
	return s, err
}

// Load returns a message by its id, or ErrNotHere.
func Load(ctx context.Context, q pg.Queryer, messageID string) (Stored, error) {
	return load(ctx, q, messageID, "")
}

func load(ctx context.Context, q pg.Queryer, messageID, lock string) (_ Stored, err error) {
	defer pg.Wrap(&err, "bank: load message %s", messageID)
	rows, err := q.Query(ctx, `select `+storedColumns+`where m.message_id = $1 `+lock, messageID)
	if err != nil {
		return Stored{}, err
	}
	s, err := pgx.CollectExactlyOneRow(rows, scanStored)
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrNotHere
	}
	return s, err
}

// Waiting returns the ids of messages that are made but not sent, sent without an
// answer, or of unknown fate, oldest first: what a worker goes through after a crash.
func Waiting(ctx context.Context, q pg.Queryer) (ids []string, err error) {
	defer pg.Wrap(&err, "bank: waiting messages")
	rows, err := q.Query(ctx, `select message_id from bank_message where state in ('made', 'sent', 'unknown') order by id`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// Record keeps an answer to a message and moves its state. The same answer again
// changes nothing, and neither does one that says less than is known. An answer that
// contradicts a final state (an acceptance after a refusal) is an error.
func Record(ctx context.Context, tx pgx.Tx, messageID string, a Answer, now time.Time) (err error) {
	defer pg.Wrap(&err, "bank: record answer %s to %s", a.State, messageID)
	s, err := load(ctx, tx, messageID, "for update of m")
	if err != nil {
		return err
	}
	if len(a.Raw) > 0 {
		sum := sha256.Sum256(a.Raw)
		tag, err := tx.Exec(ctx, `
			insert into bank_answer (bank_message_id, sha256, content, state, received_at)
			values (@key, @sum, @content, @state, @now) on conflict on constraint bank_answer_once do nothing`,
			pgx.StrictNamedArgs{"key": s.Key, "sum": sum[:], "content": a.Raw, "state": string(a.State), "now": now})
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 && s.State != Unknown && s.State != Sent {
			return nil // told before, and perhaps overtaken since
		}
	}
	if a.State == s.State && a.Reason == s.Reason || weaker(s.State, a.State) {
		return nil
	}
	_, err = tx.Exec(ctx, `
		update bank_message set state = @state, reason = @reason,
			answered_at = case when @state in ('accepted', 'part', 'rejected', 'cancelled') then @now else answered_at end
		where id = @key`,
		pgx.StrictNamedArgs{"key": s.Key, "state": string(a.State), "reason": a.Reason, "now": now})
	return err
}

// weaker tells whether an answer says less than is known already: "received" or a lost
// answer after a verdict, "accepted" after some transfers were refused, "never seen"
// after a verdict.
func weaker(known, told State) bool {
	switch told {
	case Sent, Unknown, Made:
		return known != Sent && known != Unknown
	case Accepted:
		return known == Part
	}
	return false
}

// markSent says that the message is about to leave; only a made one may.
func markSent(ctx context.Context, tx pgx.Tx, messageID string, now time.Time) (s Stored, err error) {
	if s, err = load(ctx, tx, messageID, "for update of m"); err != nil {
		return s, err
	}
	if s.State != Made {
		return s, fmt.Errorf("bank: send message %s: %w: it is %s", messageID, ErrAlreadySent, s.State)
	}
	if _, err = tx.Exec(ctx, `update bank_message set state = 'sent', sent_at = $2 where id = $1`, s.Key, now); err != nil {
		return s, fmt.Errorf("bank: send message %s: %w", messageID, err)
	}
	s.State, s.SentAt = Sent, &now
	return s, nil
}

// ErrAlreadySent says that a message has left before; ask for its status instead.
var ErrAlreadySent = errors.New("the message was sent before")
