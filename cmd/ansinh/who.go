package main

import (
	"context"

	"ansinh.vn/staff"
)

// staffID finds the member of staff that a command acts for.
func (a *app) staffID(ctx context.Context, login string) (int64, error) {
	pool, err := a.DB(ctx)
	if err != nil {
		return 0, err
	}
	p, err := staff.Open(pool).ByLogin(ctx, login)
	return int64(p.ID), err
}
