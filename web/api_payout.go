package web

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"ansinh.vn/payout"
	"ansinh.vn/reconcile"
)

func id(n int64) string { return strconv.FormatInt(n, 10) }

// paging is how every list of the API is read on.
type paging struct {
	Cursor int64 `query:"cursor" minimum:"0" doc:"next_cursor of the page before."`
	Limit  int   `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

// pageOf is one page of a list; NextCursor 0 says that it was the last.
type pageOf[T any] struct {
	Body struct {
		Items      []T   `json:"items"`
		NextCursor int64 `json:"next_cursor"`
	}
}

// cut makes a page from one row more than was asked for.
func cut[T any](rows []T, limit int, key func(T) int64) *pageOf[T] {
	p := new(pageOf[T])
	p.Body.Items = rows
	if rows == nil {
		p.Body.Items = []T{}
	}
	if len(rows) > limit {
		p.Body.Items = rows[:limit]
		p.Body.NextCursor = key(rows[limit-1])
	}
	return p
}

type runOutput struct{ Body payout.Run }

func (a api) payoutRoutes() {
	money := only(clerk, accountant, chairman, auditor)
	register(a, money, huma.Operation{OperationID: "list-runs", Method: http.MethodGet, Path: "/runs", Summary: "Runs, newest first"}, a.runs)
	register(a, money, huma.Operation{OperationID: "get-run", Method: http.MethodGet, Path: "/runs/{id}", Summary: "One run"}, a.run)
	register(a, only(accountant, chairman, auditor), huma.Operation{OperationID: "list-breaks", Method: http.MethodGet, Path: "/breaks",
		Summary: "What reconciliation could not explain, oldest first"}, a.breaks)
}

func (a api) runs(ctx context.Context, c caller, in *paging) (*pageOf[payout.Run], error) {
	rows, err := payout.Runs(ctx, a.s.cfg.Pool, payout.RunFilter{Office: c.person.Office, Before: payout.RunID(in.Cursor), Limit: in.Limit + 1})
	if err != nil {
		return nil, err
	}
	return cut(rows, in.Limit, func(r payout.Run) int64 { return int64(r.ID) }), nil
}

func (a api) run(ctx context.Context, c caller, in *byID) (*runOutput, error) {
	run, err := payout.Get(ctx, a.s.cfg.Pool, payout.RunID(in.ID))
	if err != nil {
		return nil, err
	}
	if c.person.Office != "" && c.person.Office != run.Office {
		return nil, errNoPage
	}
	return &runOutput{run}, nil
}

func (a api) breaks(ctx context.Context, c caller, in *paging) (*pageOf[reconcile.Break], error) {
	rows, err := reconcile.Breaks(ctx, a.s.cfg.Pool, reconcile.BreakFilter{Office: c.person.Office,
		After: reconcile.BreakID(in.Cursor), Limit: in.Limit + 1}, a.s.cfg.Clock())
	if err != nil {
		return nil, err
	}
	return cut(rows, in.Limit, func(b reconcile.Break) int64 { return int64(b.ID) }), nil
}
