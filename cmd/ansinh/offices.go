package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/internal/units"
)

// ensureOffices makes the offices of the province's communes that are not there yet.
func ensureOffices(ctx context.Context, pool *pgxpool.Pool) error {
	var codes, names, kinds []string
	for _, c := range units.Communes() {
		codes, names, kinds = append(codes, c.Code), append(names, c.Name), append(kinds, c.Kind)
	}
	_, err := pool.Exec(ctx, `
		insert into office (code, name, kind) select * from unnest($1::text[], $2::text[], $3::text[])
		on conflict (code) do nothing`, codes, names, kinds)
	if err != nil {
		return fmt.Errorf("offices: %w", err)
	}
	return nil
}
