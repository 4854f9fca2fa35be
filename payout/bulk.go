package payout

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/internal/pg"
)

// bulkTx is a transaction that handles a whole run. Its statements are planned for the
// tables as they are: a plan that was kept from the day they were empty reads
// everything for each of 64 offices.
func bulkTx(ctx context.Context, pool *pgxpool.Pool, fn func(tx pgx.Tx) error) error {
	return pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, bulkSettings); err != nil {
			return err
		}
		return fn(tx)
	})
}

// bulkSettings say so; and what a run reads is in memory: fetching a row by index costs
// no seek.
const bulkSettings = `set local plan_cache_mode = force_custom_plan; set local random_page_cost = 1.05`
