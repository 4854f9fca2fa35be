package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"time"

	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

func init() {
	command("ledger", "Sổ cái: số dư, xuất nhật ký / the books: balances, exports.", &ledgerCmd{})
}

type ledgerCmd struct {
	Balances  ledgerBalancesCmd  `cmd:"" help:"Số dư các tài khoản, CSV / balances of all accounts that ever moved, as CSV."`
	Statement ledgerStatementCmd `cmd:"" help:"Sổ chi tiết một tài khoản, có số dư sau mỗi dòng / an account's movements with the balance after each."`
	Trial     ledgerTrialCmd     `cmd:"" help:"Bảng cân đối số phát sinh của một tháng / a month's trial balance."`
	Month     ledgerMonthCmd     `cmd:"" help:"Xem, khóa sổ một tháng / show or close a month."`
	Classify  ledgerClassifyCmd  `cmd:"" help:"Gắn mục lục ngân sách cho tài khoản / give accounts a budget class."`
	Classes   ledgerClassesCmd   `cmd:"" help:"Số phát sinh theo mục lục ngân sách / what moved, by budget class."`
	Form      ledgerFormCmd      `cmd:"" help:"Sổ theo mẫu kế toán, bảng tính hoặc trang in / the accountants' forms, as a spreadsheet or to print."`
	Export    ledgerExportCmd    `cmd:"" help:"Xuất toàn bộ nhật ký / write the whole journal."`
}

type ledgerBalancesCmd struct {
	On string `help:"At the end of this day (YYYY-MM-DD); now when left out." placeholder:"DAY"`
}

func (c *ledgerBalancesCmd) Run(ctx context.Context, a *app) error {
	var on time.Time
	if c.On != "" {
		var err error
		if on, err = money.ParseDay(c.On); err != nil {
			return usageError(err.Error())
		}
	}
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	type line struct {
		Code    string    `json:"code"`
		Name    string    `json:"name"`
		Type    string    `json:"type"`
		Debits  money.VND `json:"debits"`
		Credits money.VND `json:"credits"`
		Balance money.VND `json:"balance"`
	}
	out := csv.NewWriter(a.Out)
	if !a.JSON {
		if err := out.Write([]string{"code", "name", "type", "debits", "credits", "balance"}); err != nil {
			return err
		}
	}
	var all []line
	for l, err := range ledger.Balances(ctx, pool, on) {
		if err != nil {
			return err
		}
		if a.JSON {
			all = append(all, line{l.Code, l.Name, l.Type, l.Debits, l.Credits, l.Balance})
			continue
		}
		if err := out.Write([]string{l.Code, l.Name, l.Type, l.Debits.String(), l.Credits.String(), l.Balance.String()}); err != nil {
			return err
		}
	}
	if a.JSON {
		return a.PrintJSON(struct {
			On       string `json:"on,omitempty"`
			Balances []line `json:"balances"`
		}{c.On, append([]line{}, all...)})
	}
	out.Flush()
	return out.Error()
}

type ledgerExportCmd struct {
	Format string `help:"hledger, beancount or csv." enum:"hledger,beancount,csv" required:""`
	Out    string `help:"The file to write; stdout when left out." type:"path" placeholder:"FILE"`
}

func (c *ledgerExportCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	if c.Out == "" {
		return ledger.Export(ctx, pool, a.Out, c.Format)
	}
	err = writeWhole(c.Out, func(w io.Writer) error { return ledger.Export(ctx, pool, w, c.Format) })
	if err == nil && a.JSON {
		return a.PrintJSON(map[string]string{"format": c.Format, "file": c.Out})
	}
	return err
}

// writeWhole writes a file that is there whole or not at all.
func writeWhole(name string, write func(io.Writer) error) (err error) {
	part, err := os.Create(name + ".part")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(part.Name())
		}
	}()
	err = write(part)
	if err == nil {
		err = part.Sync()
	}
	if closing := part.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return os.Rename(part.Name(), name)
}
