package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

type ledgerTrialCmd struct {
	Month string `arg:"" help:"The month (YYYY-MM)."`
}

func (c *ledgerTrialCmd) Run(ctx context.Context, a *app) error {
	m, err := money.ParseMonth(c.Month)
	if err != nil {
		return usageError(err.Error())
	}
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	type line struct {
		Code    string    `json:"code"`
		State   string    `json:"state_account"`
		Name    string    `json:"name"`
		Type    string    `json:"type"`
		Opening money.VND `json:"opening"` // debits less credits
		Debits  money.VND `json:"debits"`
		Credits money.VND `json:"credits"`
		Closing money.VND `json:"closing"`
	}
	return printRows(a, []string{"code", "state_account", "name", "type", "opening", "debits", "credits", "closing"}, func(yield func(line, error) bool) {
		for l, err := range ledger.TrialBalance(ctx, pool, m) {
			state, _ := ledger.InStateChart(l.Code)
			if !yield(line{l.Code, state.Code, l.Name, l.Type, l.Opening, l.Debits, l.Credits, l.Closing}, err) {
				return
			}
		}
	}, func(l line) []string {
		return []string{l.Code, l.State, l.Name, l.Type, l.Opening.String(), l.Debits.String(), l.Credits.String(), l.Closing.String()}
	})
}

type ledgerMonthCmd struct {
	Month string `arg:"" help:"The month (YYYY-MM)."`
	State string `arg:"" optional:"" enum:"open,closing,closed," default:"" help:"closing takes closing entries only; closed takes none any more, for ever; left out: say how it stands."`
	As    string `help:"Who does it: a login of staff." placeholder:"LOGIN"`
}

func (c *ledgerMonthCmd) Run(ctx context.Context, a *app) error {
	m, err := money.ParseMonth(c.Month)
	if err != nil {
		return usageError(err.Error())
	}
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	if c.State != "" {
		who, err := a.staffID(ctx, c.As)
		if err != nil {
			return err
		}
		err = pg.Tx(ctx, pool, func(tx pgx.Tx) error { return ledger.SetMonth(ctx, tx, m, c.State, fmt.Sprintf("staff:%d", who)) })
		if err != nil {
			return err
		}
	}
	state, err := ledger.MonthState(ctx, pool, m)
	if err != nil {
		return err
	}
	return a.PrintJSON(map[string]string{"month": m.String(), "state": state})
}

type ledgerClassifyCmd struct {
	Account   string `arg:"" help:"An account's code, or what codes begin with: 611, 611.31825."`
	Dimension string `arg:"" help:"chuong, loai, khoan, muc, tieu_muc, or one of your own."`
	Value     string `arg:"" help:"Its number in the list, such as 398."`
	From      string `help:"From which month on (YYYY-MM)." required:"" placeholder:"MONTH"`
	As        string `help:"Who does it: a login of staff." required:"" placeholder:"LOGIN"`
}

func (c *ledgerClassifyCmd) Run(ctx context.Context, a *app) error {
	from, err := money.ParseMonth(c.From)
	if err != nil {
		return usageError("--from: " + err.Error())
	}
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	who, err := a.staffID(ctx, c.As)
	if err != nil {
		return err
	}
	return pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		return ledger.Classify(ctx, tx, c.Account, ledger.Class{Dimension: c.Dimension, Value: c.Value}, from, fmt.Sprintf("staff:%d", who))
	})
}
