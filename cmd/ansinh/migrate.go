package main

import (
	"context"
	"fmt"

	"ansinh.vn/migrations"
)

func init() {
	command("migrate", "Đưa cơ sở dữ liệu lên phiên bản mới nhất / bring the database to the newest schema.", &migrateCmd{})
}

type migrateCmd struct{}

func (c *migrateCmd) Run(ctx context.Context, a *app) error {
	owner, err := a.OwnerDSN(ctx)
	if err != nil {
		return err
	}
	if owner == "" {
		return usageError("DATABASE_URL names a server of your own: set DATABASE_OWNER_URL to the role that owns the tables, too")
	}
	n, err := migrations.Up(ctx, owner)
	if err == nil {
		err = migrateJobs(ctx, owner)
	}
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(map[string]int{"applied": n})
	}
	fmt.Fprintf(a.Out, "%d migrations applied; the database is at the newest schema\n", n)
	return nil
}
