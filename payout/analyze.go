package payout

import (
	"context"

	"ansinh.vn/internal/pg"
)

// Analyze tells the database's planner about the payments of many new runs.
func Analyze(ctx context.Context, q pg.Queryer) error {
	return pg.Analyze(ctx, q, "run", "payment", "payment_item", "line_reason", "instruction")
}
