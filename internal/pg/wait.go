package pg

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Open connects a pool to dsn and waits until the server answers, at most until ctx
// ends: a server that is recovering from a crash refuses connections for a while.
func Open(ctx context.Context, dsn string, maxConns int32) (pool *pgxpool.Pool, err error) {
	defer Wrap(&err, "connect to PostgreSQL")
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	config.MaxConns = maxConns
	// compiling a query takes longer than running it here: four times a run's look-up of who is payable
	config.ConnConfig.RuntimeParams["jit"] = "off"
	if pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, err
	}
	for {
		if err = pool.Ping(ctx); err == nil {
			return pool, nil
		}
		if code := Code(err); code != "57P03" && code != "" { // anything but "starting up" is final
			pool.Close()
			return nil, err
		}
		select {
		case <-ctx.Done():
			pool.Close()
			return nil, err
		case <-time.After(100 * time.Millisecond):
		}
	}
}
