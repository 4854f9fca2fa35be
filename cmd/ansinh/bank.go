package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/shopspring/decimal"

	"ansinh.vn/bank"
)

func init() {
	command("bank", "Tệp và tin nhắn với ngân hàng / files and messages of the bank.", &bankCmd{})
}

type bankCmd struct {
	Parse   bankParseCmd   `cmd:"" help:"Đọc sao kê mọi định dạng: camt.053/.054, MT940, bảng tính / read statements of any format and prove their balances."`
	Pain001 bankPain001Cmd `cmd:"" name:"pain001" help:"Ghi tệp chuyển tiền ISO 20022 từ CSV / write a pain.001 from a CSV of payments."`
	Import  bankImportCmd  `cmd:"" help:"Nhập sao kê, trả lời và thông báo / take in statements, answers and notices."`
	Serve   bankServeCmd   `cmd:"" help:"Chạy ngân hàng thử nghiệm / run the sandbox bank."`
}

type bankParseCmd struct {
	Files []string `arg:"" name:"file" help:"Statements of any format, recognised by their content."`
}

// parsedStatement is a line of the output; its names are a contract.
type parsedStatement struct {
	File        string  `json:"file"`
	Format      string  `json:"format"`
	Account     string  `json:"account"`
	Currency    string  `json:"currency"`
	StatementID string  `json:"statement_id"`
	Opening     *string `json:"opening"`
	Closing     *string `json:"closing"`
	Entries     int     `json:"entries"`
	Booked      int     `json:"booked"`
	TxDetails   int     `json:"tx_details"`
	CreditsN    int     `json:"credits_n"`
	CreditsSum  string  `json:"credits_sum"`
	DebitsN     int     `json:"debits_n"`
	DebitsSum   string  `json:"debits_sum"`
	Balanced    *bool   `json:"balanced"`
}

type parseFailure struct {
	File  string `json:"file"`
	Error string `json:"error"`
}

// errSomeRefused is exit code 3 after every file had its turn.
type errSomeRefused struct{ refused, all int }

func (e errSomeRefused) Error() string {
	return fmt.Sprintf("%d of %d files could not be read; the reasons stand with their names above", e.refused, e.all)
}
func (e errSomeRefused) Refused() bool { return true }

func (c *bankParseCmd) Run(ctx context.Context, a *app) error {
	bad := 0
	for _, name := range c.Files {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := parseStatement(a, name); err != nil {
			bad++
			if err := a.PrintJSON(parseFailure{name, err.Error()}); err != nil {
				return err
			}
			fmt.Fprintln(a.Err, "ansinh:", err)
		}
	}
	if bad > 0 {
		return errSomeRefused{bad, len(c.Files)}
	}
	return nil
}

// parseStatement prints the statements of one file once the whole file is read, so
// that a file with an error gives the error and nothing else.
func parseStatement(a *app, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	var all []bank.Statement
	if err := bank.Summarise(name, f, func(st bank.Statement) error { all = append(all, st); return nil }); err != nil {
		return err
	}
	if len(all) == 0 {
		return errors.New(name + ": there is no statement in this file")
	}
	for _, st := range all {
		out := parsedStatement{
			File: name, Format: st.Format, Account: st.Account, Currency: st.Currency, StatementID: st.ID,
			Opening: plainNull(st.Opening), Closing: plainNull(st.Closing), Entries: st.Entries, Booked: st.Booked, TxDetails: st.Details,
			CreditsN: st.CreditsN, CreditsSum: plainDecimal(st.CreditsSum), DebitsN: st.DebitsN, DebitsSum: plainDecimal(st.DebitsSum),
		}
		if balanced, known := st.Balanced(); known {
			out.Balanced = &balanced
		}
		if err := a.PrintJSON(out); err != nil {
			return err
		}
		for _, p := range st.Problems {
			fmt.Fprintf(a.Err, "ansinh: %s: %s\n", name, p)
		}
	}
	return nil
}

// plainDecimal writes the digits that the file gave, never an exponent.
func plainDecimal(d decimal.Decimal) string {
	if d.Exponent() < 0 {
		return d.StringFixed(-d.Exponent())
	}
	return d.String()
}

func plainNull(d decimal.NullDecimal) *string {
	if !d.Valid {
		return nil
	}
	s := plainDecimal(d.Decimal)
	return &s
}
