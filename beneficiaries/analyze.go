package beneficiaries

import (
	"context"

	"ansinh.vn/internal/pg"
)

// Analyze tells the database's planner about what many imports have brought; without it
// the first counts over a fresh province take a minute.
func Analyze(ctx context.Context, q pg.Queryer) error {
	return pg.Analyze(ctx, q, "list", "list_row", "person", "payee", "entitlement", "paid_before", "life_event")
}
