package main

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/ledger"
	"ansinh.vn/money"
	"ansinh.vn/web"
)

type ledgerFormCmd struct {
	Form    string `arg:"" help:"journal (S04-H), ledger (S03-H) or trial (S05-H)." enum:"journal,ledger,trial"`
	From    string `help:"The first day (YYYY-MM-DD)." required:"" placeholder:"DAY"`
	To      string `help:"The last day." required:"" placeholder:"DAY"`
	Office  string `help:"The code of one office; all when left out." placeholder:"CODE"`
	Account string `help:"One account of the first level, for the general ledger." placeholder:"CODE"`
	Out     string `help:"The file to write: .xlsx is a spreadsheet, .html a page to print." required:"" type:"path" placeholder:"FILE"`
}

func (c *ledgerFormCmd) Run(ctx context.Context, a *app) error {
	from, err := money.ParseDay(c.From)
	if err != nil {
		return usageError(err.Error())
	}
	to, err := money.ParseDay(c.To)
	if err != nil {
		return usageError(err.Error())
	}
	if to.Before(from) {
		return usageError("--to is before --from")
	}
	sheet := strings.HasSuffix(strings.ToLower(c.Out), ".xlsx")
	if !sheet && !strings.HasSuffix(strings.ToLower(c.Out), ".html") {
		return usageError("--out ends in .xlsx or .html")
	}
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	book := web.Book{Form: c.Form, Period: ledger.Period{From: from, To: to, Office: c.Office}, Account: c.Account, Office: "Toàn tỉnh"}
	if c.Office != "" {
		err := pool.QueryRow(ctx, `select name from office where code = $1`, c.Office).Scan(&book.Office)
		if errors.Is(err, pgx.ErrNoRows) {
			return refusal("no office has the code " + c.Office)
		}
		if err != nil {
			return err
		}
	}
	err = writeWhole(c.Out, func(w io.Writer) error {
		if sheet {
			return book.Spreadsheet(ctx, pool, w)
		}
		page, err := book.Page(ctx, pool)
		if err == nil {
			_, err = w.Write(page)
		}
		return err
	})
	if err == nil && a.JSON {
		return a.PrintJSON(map[string]string{"form": c.Form, "file": c.Out})
	}
	return err
}
