package pg

import (
	"context"
	"fmt"
)

// Analyze tells the planner about tables into which much has just come.
func Analyze(ctx context.Context, q Queryer, tables ...string) error {
	for _, t := range tables {
		if _, err := q.Exec(ctx, "select analyze_table($1::text::regclass)", t); err != nil {
			return fmt.Errorf("analyze %s: %w", t, err)
		}
	}
	return nil
}
