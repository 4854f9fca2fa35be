package main

import (
	"bufio"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/shopspring/decimal"

	"ansinh.vn/bank/iso20022"
)

type benchParseCmd struct{ sized }

func (c *benchParseCmd) Run(ctx context.Context, a *app) (err error) {
	n, err := c.or(100_000)
	if err != nil {
		return err
	}
	load := loadNow()
	dir, err := os.MkdirTemp("", "ansinh-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "statement.xml")
	err = writeWhole(path, func(w io.Writer) error {
		return writeBenchStatement(w, n, func(i int) (string, int64) { return fmt.Sprintf("AS202611-%d-A1", i+1), 540_000 })
	})
	if err != nil {
		return err
	}
	m, err := measure(n, "entries", func() error {
		return withFile(path, func(f *os.File) error {
			entries, sum := 0, decimal.Zero
			err := iso20022.ReadStatements(f, iso20022.Limits{}, iso20022.StatementHandler{Entry: func(_ *iso20022.Statement, e *iso20022.Entry) error {
				entries, sum = entries+1, sum.Add(e.Signed())
				return ctx.Err()
			}})
			if want := decimal.NewFromInt(-540_000).Mul(decimal.NewFromInt(int64(n))); err == nil && (entries != n || !sum.Equal(want)) {
				err = fmt.Errorf("read %d entries of %s, not %d of %s", entries, sum, n, want)
			}
			return err
		})
	})
	if err != nil {
		return err
	}
	m.Case = fmt.Sprintf("camt.053 of %d entries", n)
	limit, err := timed(func() error {
		return withFile(path, func(f *os.File) error {
			tokens := xml.NewDecoder(bufio.NewReaderSize(f, 1<<16))
			for {
				if _, err := tokens.RawToken(); err == io.EOF {
					return nil
				} else if err != nil {
					return err
				}
			}
		})
	})
	if err != nil {
		return err
	}
	m.beside("encoding/xml RawToken over the same bytes", n, limit)
	return a.report(ctx, "parse", load, runtime.NumCPU(), []benchCase{m})
}

func withFile(path string, read func(f *os.File) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return read(f)
}

// writeBenchStatement writes a day's camt.053 of n transfers of ours, as the function
// says what the i-th was; the account opens with just what it pays.
func writeBenchStatement(w io.Writer, n int, transfer func(i int) (endToEndID string, amount int64)) error {
	total := decimal.Zero
	for i := range n {
		_, amount := transfer(i)
		total = total.Add(decimal.NewFromInt(amount))
	}
	return iso20022.WriteStatement(w, benchStatement(total, decimal.Zero), func(yield func(*iso20022.Entry, error) bool) {
		for i := range n {
			id, amount := transfer(i)
			if !yield(benchEntry(i, id, decimal.NewFromInt(amount)), nil) {
				return
			}
		}
	})
}

// benchStatement is the head of a statement of the office that benches pay from.
func benchStatement(opening, closing decimal.Decimal) *iso20022.Statement {
	day := benchDay
	return &iso20022.Statement{
		Kind: "camt053", MessageID: "BENCH-1", ID: "BENCH-1", Sequence: "1", CreatedAt: day.Add(20 * time.Hour),
		From: day, To: day.Add(24*time.Hour - time.Second),
		Account: iso20022.Account{Number: benchAccount, BIN: benchBIN, Currency: "VND", Name: "UBND PHUONG BAC LIEU"},
		Balances: []iso20022.Balance{
			{Code: "OPBD", Amount: opening, Currency: "VND", On: day}, {Code: "CLBD", Amount: closing, Currency: "VND", On: day},
		},
	}
}

// benchEntry is the debit of one transfer.
func benchEntry(i int, endToEndID string, amount decimal.Decimal) *iso20022.Entry {
	return &iso20022.Entry{
		Ref: fmt.Sprint(i + 1), Amount: amount, Currency: "VND", Status: "BOOK", BookedOn: benchDay, ValueOn: benchDay,
		ServicerRef: fmt.Sprintf("FT26306%09d", i+1), Code: iso20022.TransactionCode{Domain: "PMNT", Family: "ICDT", SubFamily: "DMCT"},
		Details: []iso20022.Detail{{
			EndToEndID: endToEndID, Amount: decimal.NewNullDecimal(amount), Currency: "VND",
			Creditor: iso20022.Account{Number: fmt.Sprintf("9704%08d", i), BIN: "970415", Name: "NGUYEN THI SO"},
			Memo:     []string{endToEndID + " tro cap xa hoi thang 11/2026"}, Purpose: "SSBE",
		}},
	}
}
