package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// HoldID is the number of a hold. Example: 12.
type HoldID int64

// Hold sets money aside for a transfer that may come. On each account that the transfer
// would draw from (a liability that is debited, an asset that is credited) its amount
// counts against NoOverdraft until it is posted, released or expired.
type Hold struct {
	Key           string // idempotency key, for ever
	Debit, Credit AccountID
	Amount        money.VND
	Until         time.Time // from then on it can only expire
	Ref           string
	By            string
	At            time.Time // when it is made
}

var (
	// ErrNoHold says that a hold does not exist.
	ErrNoHold error = refusal("no such hold")
	// ErrHoldEnded says that a hold was posted, released or has expired before.
	ErrHoldEnded error = refusal("the hold has ended already")
	// ErrHoldExpired says that a hold's time is over; it cannot be posted any more.
	ErrHoldExpired error = refusal("the hold's time is over")
)

// Reserve makes a hold and returns its number. It is ErrShort when an account does not
// have the amount; the same key gives the first hold, with another content ErrKeyReused.
func Reserve(ctx context.Context, tx pgx.Tx, h Hold) (id HoldID, err error) {
	defer pg.Wrap(&err, "ledger: hold %s", h.Key)
	switch {
	case h.Key == "":
		return 0, fmt.Errorf("%w: the hold has no key", ErrInvalid)
	case h.At.IsZero():
		return 0, fmt.Errorf("%w: the hold says not when it is made", ErrInvalid)
	}
	err = tx.QueryRow(ctx, `
		insert into hold (key, debit, credit, amount, until, ref, by_who, made_at)
		values (@key, @debit, @credit, @amount, @until, @ref, @by, @at)
		on conflict (key) do nothing returning id`,
		pgx.StrictNamedArgs{"key": h.Key, "debit": h.Debit, "credit": h.Credit, "amount": h.Amount, "until": h.Until,
			"ref": h.Ref, "by": h.By, "at": h.At}).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return heldBefore(ctx, tx, h)
	}
	if err != nil {
		return 0, explain(err)
	}
	return id, audit.Record(ctx, tx, audit.Event{At: h.At, Actor: who(h.By), Kind: "ledger.hold", Subject: id.subject(), Payload: map[string]any{
		"key": h.Key, "debit": h.Debit, "credit": h.Credit, "amount": h.Amount, "until": h.Until.UTC(), "ref": h.Ref}})
}

func heldBefore(ctx context.Context, tx pgx.Tx, h Hold) (id HoldID, err error) {
	first, err := readHold(ctx, tx, `h.key = $1`, h.Key)
	if err != nil {
		return 0, err
	}
	if first.Debit != h.Debit || first.Credit != h.Credit || first.Amount != h.Amount || first.Ref != h.Ref ||
		!first.Until.Equal(h.Until.Truncate(time.Microsecond)) {
		return 0, fmt.Errorf("hold %d: %w", first.id, ErrKeyReused)
	}
	_, err = tx.Exec(ctx, "select pg_logical_emit_message(true, 'idem', '')") // see posted
	return first.id, err
}

// PostHold posts a hold by entry e, whose one transfer is between the hold's accounts
// and of at most its amount; what is left is free again. Asked again with the entry's
// key it answers with the first entry. now is the time that the hold must not have
// reached.
func PostHold(ctx context.Context, tx pgx.Tx, id HoldID, e Entry, now time.Time) (entry EntryID, err error) {
	defer pg.Wrap(&err, "ledger: post hold %d", id)
	h, err := readHold(ctx, tx, `h.id = $1`, id)
	if err != nil {
		return 0, err
	}
	if h.how == "posted" && h.postedBy == e.Key {
		return Post(ctx, tx, e)
	}
	switch {
	case h.how != "":
		return 0, fmt.Errorf("%w: %s", ErrHoldEnded, h.how)
	case !now.Before(h.Until):
		return 0, ErrHoldExpired
	case len(e.Transfers) != 1 || e.Transfers[0].Debit != h.Debit || e.Transfers[0].Credit != h.Credit || e.Transfers[0].Amount > h.Amount:
		return 0, fmt.Errorf("%w: hold %d is for one transfer from account %d to %d of at most %s", ErrInvalid, id, h.Credit, h.Debit, h.Amount.Format())
	}
	// what is held becomes free first, and is spent by the entry: the balances' locks are
	// this transaction's in between
	if err := endHold(ctx, tx, id, "posted", &e.Key, e.By, now); err != nil {
		return 0, err
	}
	return Post(ctx, tx, e)
}

// Release frees what a hold has set aside. To release it again is no error; after it was
// posted or has expired it is ErrHoldEnded.
func Release(ctx context.Context, tx pgx.Tx, id HoldID, by string, now time.Time) (err error) {
	defer pg.Wrap(&err, "ledger: release hold %d", id)
	h, err := readHold(ctx, tx, `h.id = $1`, id)
	switch {
	case err != nil:
		return err
	case h.how == "released":
		_, err = tx.Exec(ctx, "select pg_logical_emit_message(true, 'idem', '')") // see posted
		return err
	case h.how != "":
		return fmt.Errorf("%w: %s", ErrHoldEnded, h.how)
	}
	return endHold(ctx, tx, id, "released", nil, by, now)
}

// ExpireHolds ends the holds whose time was over at now, at most 10,000 of them, and
// returns how many.
func ExpireHolds(ctx context.Context, tx pgx.Tx, now time.Time) (n int, err error) {
	defer pg.Wrap(&err, "ledger: expire holds")
	rows, err := tx.Query(ctx, `
		insert into hold_end (hold_id, how, at)
		select hold_id, 'expired', $1 from hold_open where until <= $1 order by hold_id limit 10000
		on conflict (hold_id) do nothing returning hold_id`, now)
	if err != nil {
		return 0, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[HoldID])
	if err != nil {
		return 0, explain(err)
	}
	events := make([]audit.Event, len(ids))
	for i, id := range ids {
		events[i] = audit.Event{At: now, Actor: "system", Kind: "ledger.hold.expired", Subject: id.subject()}
	}
	return len(ids), audit.RecordAll(ctx, tx, events)
}

func (id HoldID) subject() string { return fmt.Sprintf("hold:%d", id) }

// keptHold is a hold as it stands, with how it ended.
type keptHold struct {
	Hold
	id            HoldID
	how, postedBy string
}

func readHold(ctx context.Context, tx pgx.Tx, where string, arg any) (h keptHold, err error) {
	err = tx.QueryRow(ctx, `
		select h.id, h.key, h.debit, h.credit, h.amount, h.until, h.ref, coalesce(e.how, ''), coalesce(e.key, '')
		from hold h left join hold_end e on e.hold_id = h.id where `+where, arg).
		Scan(&h.id, &h.Key, &h.Debit, &h.Credit, &h.Amount, &h.Until, &h.Ref, &h.how, &h.postedBy)
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrNoHold
	}
	return h, err
}

// endHold writes how a hold ended. Who ends it at the same time waits, and is late.
func endHold(ctx context.Context, tx pgx.Tx, id HoldID, how string, key *string, by string, now time.Time) error {
	tag, err := tx.Exec(ctx, `
		insert into hold_end (hold_id, how, key, at, by_who) values ($1, $2, $3, $4, $5)
		on conflict (hold_id) do nothing`, id, how, key, now, by)
	if err != nil {
		return explain(err)
	}
	if tag.RowsAffected() == 0 {
		return ErrHoldEnded
	}
	return audit.Record(ctx, tx, audit.Event{At: now, Actor: who(by), Kind: "ledger.hold." + how, Subject: id.subject()})
}

func who(by string) string {
	if by == "" {
		return "system"
	}
	return by
}
