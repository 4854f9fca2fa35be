package pgtest_test

import (
	"context"
	"testing"

	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/pgtest"
)

func TestApplicationRoleCannotAlterTables(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	for _, sql := range []string{"alter table office add column x int", "drop table setting", "create table mine (a int)", "truncate office"} {
		if _, err := pool.Exec(context.Background(), sql); pg.Code(err) != "42501" {
			t.Errorf("%s as the application: %v, want insufficient privilege", sql, err)
		}
	}
}

func TestEachTestHasItsOwnDatabase(t *testing.T) {
	t.Parallel()
	a, b := pgtest.New(t), pgtest.New(t)
	ctx := context.Background()
	if _, err := a.Exec(ctx, "insert into setting values ('x', '1')"); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := b.QueryRow(ctx, "select count(*) from setting where key = 'x'").Scan(&n); err != nil || n != 0 {
		t.Errorf("the other database has %d rows, %v", n, err)
	}
}
