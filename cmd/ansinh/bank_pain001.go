package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"ansinh.vn/bank/iso20022"
	"ansinh.vn/money"
)

type bankPain001Cmd struct {
	Payments      string `required:"" placeholder:"P.csv" help:"end_to_end_id,amount,bank,account,name,memo; amounts in whole đồng." type:"existingfile"`
	DebtorBank    string `required:"" placeholder:"BIN" help:"Mã ngân hàng bên trả, 6 số / the debtor's bank, six digits."`
	DebtorAccount string `required:"" placeholder:"A" help:"Tài khoản bên trả / the debtor's account."`
	DebtorName    string `required:"" placeholder:"N" help:"Tên bên trả / the debtor's name."`
	Date          string `required:"" placeholder:"D" help:"Ngày thực hiện YYYY-MM-DD / execution day."`
	Out           string `required:"" placeholder:"F" help:"Tệp ghi ra / the file to write."`
	Version       string `default:"001.001.09" enum:"001.001.09,001.001.03" help:"pain.001 version (${enum})."`
	MessageID     string `placeholder:"ID" help:"MsgId; by default made from the date and the content, so that the same payments give the same id."`
	Purpose       string `placeholder:"CODE" help:"ISO 20022 purpose such as SSBE, of every transfer and as category."`
	Single        bool   `help:"Ask for a statement line a transfer instead of one for the batch."`
}

func (c *bankPain001Cmd) Run(ctx context.Context, a *app) (err error) {
	day, err := time.Parse(time.DateOnly, c.Date)
	if err != nil {
		return usageError("--date is not a day YYYY-MM-DD")
	}
	// two passes: the message's head states count and sum of what follows
	head := iso20022.Initiation{
		Version: iso20022.Version(c.Version), MessageID: c.MessageID, CreatedAt: a.Now(), Initiator: c.DebtorName, ExecuteOn: day,
		SingleEntries: c.Single, Debtor: c.DebtorName, DebtorBIN: c.DebtorBank, DebtorAccount: c.DebtorAccount, CategoryPurpose: c.Purpose,
	}
	sum := sha256.New()
	for t, err := range readPayments(c.Payments, c.Purpose) {
		if err != nil {
			return err
		}
		head.N++
		if head.Total, err = head.Total.Add(t.Amount); err != nil {
			return refusal(fmt.Sprintf("%s: the sum of the amounts is too large", c.Payments))
		}
		fmt.Fprintf(sum, "%s %d %s %s\n", t.EndToEndID, t.Amount, t.BIN, t.Account)
	}
	if head.N == 0 {
		return refusal(c.Payments + ": there is no payment in it")
	}
	if head.MessageID == "" {
		head.MessageID = fmt.Sprintf("AS-%s-%x", day.Format("20060102"), sum.Sum(nil)[:8])
	}
	f, err := os.CreateTemp(filepath.Dir(c.Out), ".pain001-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", c.Out, err)
	}
	defer os.Remove(f.Name())
	err = iso20022.WritePain001(f, head, readPayments(c.Payments, c.Purpose))
	if err = errors.Join(err, f.Chmod(0o600), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("%s: %w", c.Payments, err)
	}
	if err := os.Rename(f.Name(), c.Out); err != nil {
		return fmt.Errorf("write %s: %w", c.Out, err)
	}
	if a.JSON {
		return a.PrintJSON(struct {
			File      string    `json:"file"`
			MessageID string    `json:"message_id"`
			N         int       `json:"n"`
			Total     money.VND `json:"total"`
		}{c.Out, head.MessageID, head.N, head.Total})
	}
	fmt.Fprintf(a.Out, "%s: %d lệnh, %s đồng, mã %s\n", c.Out, head.N, head.Total, head.MessageID)
	return nil
}

var paymentColumns = []string{"end_to_end_id", "amount", "bank", "account", "name", "memo"}

// readPayments streams the rows of a payments file; a row that cannot be a transfer
// is named by its line.
func readPayments(path, purpose string) iter.Seq2[iso20022.Transfer, error] {
	return func(yield func(iso20022.Transfer, error) bool) {
		var none iso20022.Transfer
		f, err := os.Open(path)
		if err != nil {
			yield(none, err)
			return
		}
		defer f.Close()
		in := bufio.NewReader(f)
		if mark, _ := in.Peek(3); string(mark) == "\xef\xbb\xbf" {
			_, _ = in.Discard(3)
		}
		r := csv.NewReader(in)
		r.ReuseRecord = true
		heading, err := r.Read()
		if err != nil {
			yield(none, refusal(path+": there is no heading row "+strings.Join(paymentColumns, ",")))
			return
		}
		at := map[string]int{}
		for i, h := range heading {
			at[strings.TrimSpace(h)] = i
		}
		for _, name := range paymentColumns {
			if _, ok := at[name]; !ok && name != "memo" {
				yield(none, refusal(path+": the column "+name+" is missing"))
				return
			}
		}
		for {
			row, err := r.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(none, refusal(path+": "+err.Error()))
				return
			}
			line, _ := r.FieldPos(0)
			amount, err := strconv.ParseInt(strings.TrimSpace(row[at["amount"]]), 10, 64)
			if err != nil {
				yield(none, refusal(fmt.Sprintf("%s, line %d: amount %q is not whole đồng in digits only", path, line, row[at["amount"]])))
				return
			}
			t := iso20022.Transfer{
				EndToEndID: row[at["end_to_end_id"]], Amount: money.VND(amount), BIN: strings.TrimSpace(row[at["bank"]]),
				Account: strings.TrimSpace(row[at["account"]]), Name: row[at["name"]], Purpose: purpose,
			}
			if i, ok := at["memo"]; ok {
				t.Memo = row[i]
			}
			if !yield(t, nil) {
				return
			}
		}
	}
}
