package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"iter"
	"strconv"
	"time"

	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

type ledgerStatementCmd struct {
	Account string `arg:"" help:"The account's code, such as 112.31825."`
	From    string `help:"The first day (YYYY-MM-DD)." required:"" placeholder:"DAY"`
	To      string `help:"The last day; today when left out." placeholder:"DAY"`
}

func (c *ledgerStatementCmd) Run(ctx context.Context, a *app) error {
	from, to, err := daysFromTo(a, c.From, c.To)
	if err != nil {
		return err
	}
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	opening, err := ledger.BalanceOn(ctx, pool, c.Account, from.AddDate(0, 0, -1)) // says when there is no such account
	if err != nil {
		return err
	}
	type movement struct {
		Date    string         `json:"date"`
		Entry   ledger.EntryID `json:"entry"`
		N       int            `json:"n"`
		Kind    string         `json:"kind"`
		Memo    string         `json:"memo"`
		Ref     string         `json:"ref"`
		Against string         `json:"against"`
		Debit   money.VND      `json:"debit"`
		Credit  money.VND      `json:"credit"`
		Balance money.VND      `json:"balance"`
	}
	first := movement{Date: from.Format(time.DateOnly), Kind: "opening", Balance: opening}
	return printRows(a, []string{"date", "entry", "n", "kind", "memo", "ref", "against", "debit", "credit", "balance"},
		func(yield func(movement, error) bool) {
			if !yield(first, nil) {
				return
			}
			for m, err := range ledger.Statement(ctx, pool, c.Account, from, to) {
				if !yield(movement{m.On.Format(time.DateOnly), m.Entry, m.N, m.Kind, m.Memo, m.Ref, m.Against, m.Debit, m.Credit, m.Balance}, err) {
					return
				}
			}
		}, func(m movement) []string {
			return []string{m.Date, strconv.FormatInt(int64(m.Entry), 10), strconv.Itoa(m.N), m.Kind, m.Memo, m.Ref, m.Against,
				m.Debit.String(), m.Credit.String(), m.Balance.String()}
		})
}

type ledgerClassesCmd struct {
	Dimension string `arg:"" help:"chuong, loai, khoan, muc, tieu_muc, or one of your own."`
	From      string `help:"The first day (YYYY-MM-DD)." required:"" placeholder:"DAY"`
	To        string `help:"The last day; today when left out." placeholder:"DAY"`
}

func (c *ledgerClassesCmd) Run(ctx context.Context, a *app) error {
	from, to, err := daysFromTo(a, c.From, c.To)
	if err != nil {
		return err
	}
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	type line struct {
		Value   string    `json:"value"`
		Name    string    `json:"name"`
		Account string    `json:"account"`
		Debits  money.VND `json:"debits"`
		Credits money.VND `json:"credits"`
	}
	return printRows(a, []string{"value", "name", "account", "debits", "credits"}, func(yield func(line, error) bool) {
		for l, err := range ledger.ByClass(ctx, pool, c.Dimension, from, to) {
			if !yield(line(l), err) {
				return
			}
		}
	}, func(l line) []string {
		return []string{l.Value, l.Name, l.Account, l.Debits.String(), l.Credits.String()}
	})
}

func daysFromTo(a *app, first, last string) (from, to time.Time, err error) {
	if from, err = money.ParseDay(first); err != nil {
		return from, to, usageError("--from: " + err.Error())
	}
	if last == "" {
		return from, money.Day(a.Now().Date()), nil
	}
	if to, err = money.ParseDay(last); err != nil {
		return from, to, usageError("--to: " + err.Error())
	}
	return from, to, nil
}

// printRows writes rows as they come: as CSV under a heading, or as JSON lines.
func printRows[T any](a *app, heading []string, rows iter.Seq2[T, error], cells func(T) []string) error {
	out, lines := csv.NewWriter(a.Out), json.NewEncoder(a.Out)
	if !a.JSON {
		if err := out.Write(heading); err != nil {
			return err
		}
	}
	for r, err := range rows {
		if err != nil {
			return err
		}
		if a.JSON {
			err = lines.Encode(r)
		} else {
			err = out.Write(cells(r))
		}
		if err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
