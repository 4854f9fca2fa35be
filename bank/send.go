package bank

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/internal/pg"
)

// Send hands a made message to a rail and keeps the answer. That it left is committed
// before a remote rail is called, so that a crash in between is seen afterwards as
// "sent" and settled by Ask, never by sending blindly. When the answer is lost the
// message becomes Unknown and the error is ErrUnknown. A message that left before is
// ErrAlreadySent.
func Send(ctx context.Context, pool *pgxpool.Pool, rail Rail, messageID string, now time.Time) (a Answer, err error) {
	if rail.Local() {
		err = pg.Tx(ctx, pool, func(tx pgx.Tx) error {
			s, err := markSent(ctx, tx, messageID, now)
			if err != nil {
				return err
			}
			if a, err = rail.Submit(ctx, tx, s.Message); err != nil {
				return err
			}
			return Record(ctx, tx, messageID, a, now)
		})
		return a, err
	}
	var s Stored
	if err = pg.Tx(ctx, pool, func(tx pgx.Tx) (err error) {
		s, err = markSent(ctx, tx, messageID, now)
		return err
	}); err != nil {
		return Answer{}, err
	}
	a, err = rail.Submit(ctx, nil, s.Message)
	if err != nil && !errors.Is(err, ErrUnknown) {
		// certainly not taken: it may be sent again once the cause is mended
		return back(ctx, pool, messageID, err, now)
	}
	return settle(ctx, pool, messageID, a, err, now)
}

// Ask asks a rail what became of a message whose answer is missing, under the same id.
// If the other side has certainly never had it, the message is Made again and may be
// sent, still under the same id.
func Ask(ctx context.Context, pool *pgxpool.Pool, rail Rail, messageID string, now time.Time) (Answer, error) {
	return call(ctx, pool, rail, messageID, now, rail.Status)
}

// Cancel asks a rail to stop a message and keeps the answer.
func Cancel(ctx context.Context, pool *pgxpool.Pool, rail Rail, messageID string, now time.Time) (Answer, error) {
	return call(ctx, pool, rail, messageID, now, rail.Cancel)
}

func call(ctx context.Context, pool *pgxpool.Pool, rail Rail, messageID string, now time.Time,
	do func(context.Context, pgx.Tx, string) (Answer, error)) (a Answer, err error) {
	if rail.Local() {
		err = pg.Tx(ctx, pool, func(tx pgx.Tx) error {
			if a, err = do(ctx, tx, messageID); err != nil {
				return err
			}
			return Record(ctx, tx, messageID, a, now)
		})
		return a, err
	}
	a, err = do(ctx, nil, messageID)
	return settle(ctx, pool, messageID, a, err, now)
}

// settle records what a remote rail said, or that it said nothing.
func settle(ctx context.Context, pool *pgxpool.Pool, messageID string, a Answer, cause error, now time.Time) (Answer, error) {
	switch {
	case cause == nil:
		return a, record(ctx, pool, messageID, a, now)
	case errors.Is(cause, ErrNoMessage):
		return back(ctx, pool, messageID, cause, now)
	case errors.Is(cause, ErrUnknown):
		a = Answer{State: Unknown, Reason: cause.Error()}
		if err := record(ctx, pool, messageID, a, now); err != nil {
			return a, errors.Join(cause, err)
		}
	}
	return a, cause
}

// back makes a message ready to be sent, because the other side does not have it.
func back(ctx context.Context, pool *pgxpool.Pool, messageID string, cause error, now time.Time) (Answer, error) {
	a := Answer{State: Made, Reason: cause.Error()}
	if err := record(ctx, pool, messageID, a, now); err != nil {
		return a, errors.Join(cause, err)
	}
	return a, cause
}

// record keeps an outcome even if the caller has gone away meanwhile.
func record(ctx context.Context, pool *pgxpool.Pool, messageID string, a Answer, now time.Time) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return pg.Tx(ctx, pool, func(tx pgx.Tx) error { return Record(ctx, tx, messageID, a, now) })
}
