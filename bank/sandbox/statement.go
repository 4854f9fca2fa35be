package sandbox

import (
	"fmt"
	"io"
	"iter"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"ansinh.vn/bank/iso20022"
	"ansinh.vn/money"
)

// statement writes the camt.053 of a day that is over, or the camt.054 of a day so
// far. The same day of the same account gives the same bytes.
func (b *Bank) statement(w io.Writer, kind string, a *account, day time.Time) error {
	lines, opening := a.on(day)
	closing := opening
	if len(lines) > 0 {
		closing = lines[len(lines)-1].after
	}
	made := dayTime(day).AddDate(0, 0, 1).Add(-3 * time.Hour)
	id := "ST"
	if kind == "camt054" {
		id = "NT"
	}
	st := &iso20022.Statement{
		Kind: kind, MessageID: fmt.Sprintf("%s%s-%s", id, day.Format("20060102"), clip(a.no, 20)), ID: fmt.Sprintf("%s-%s-%s", id, day.Format("060102"), clip(a.no, 20)),
		Sequence:  strconv.Itoa(int(day.Sub(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)) / (24 * time.Hour))),
		CreatedAt: made, From: time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, vietnam), To: time.Date(day.Year(), day.Month(), day.Day(), 23, 59, 59, 0, vietnam),
		Account: iso20022.Account{Number: a.no, Currency: "VND", Name: a.name, BIN: a.bin, Bank: b.cfg.Name},
		Balances: []iso20022.Balance{
			{Code: "OPBD", Amount: dec(opening), Currency: "VND", On: day},
			{Code: "CLBD", Amount: dec(closing), Currency: "VND", On: day},
		},
	}
	return iso20022.WriteStatement(w, st, entries(lines))
}

func dec(v money.VND) decimal.Decimal { return decimal.NewFromInt(int64(v)) }

func entries(lines []booking) iter.Seq2[*iso20022.Entry, error] {
	return func(yield func(*iso20022.Entry, error) bool) {
		for i := range lines {
			if !yield(lines[i].entry(), nil) {
				return
			}
		}
	}
}

func (l *booking) entry() *iso20022.Entry {
	e := &iso20022.Entry{
		Ref: l.ref, Amount: dec(l.amount), Currency: "VND", Credit: l.credit, Reversal: l.reversal, BookedOn: l.day, ValueOn: l.day,
		ServicerRef: l.ref, Info: l.info,
		Code: iso20022.TransactionCode{Domain: "PMNT", Family: l.family[:4], SubFamily: l.family[5:]},
	}
	if l.family == "MDOP/CHRG" {
		e.Code.Domain = "ACMT"
	}
	if l.batch != nil {
		e.Batches = []iso20022.Batch{{
			MessageID: l.batch.message.id, PaymentID: l.batch.head.BatchID, N: l.batch.accepted,
			Total: decimal.NewNullDecimal(dec(l.amount)), Credit: l.credit,
		}}
		if l.listed {
			for i := range l.batch.transfers {
				if t := &l.batch.transfers[i]; t.refused == "" {
					e.Details = append(e.Details, t.detail(false))
				}
			}
		}
		return e
	}
	e.Details = []iso20022.Detail{l.detail()}
	return e
}

// detail describes a line that is one transaction.
func (l *booking) detail() iso20022.Detail {
	if l.transfer != nil {
		d := l.transfer.detail(l.credit)
		d.ServicerRef = l.ref
		if l.code != "" {
			d.Return = &iso20022.Return{Reason: iso20022.Reason{Code: l.code}}
			if info := returnInfo(l.code); info != "" {
				d.Return.Reason.Info = []string{info}
			}
		}
		return d
	}
	d := iso20022.Detail{
		ServicerRef: l.ref, EndToEndID: l.e2e, Amount: decimal.NewNullDecimal(dec(l.amount)), Currency: "VND", Credit: l.credit,
	}
	if d.EndToEndID == "" {
		d.EndToEndID = "NOTPROVIDED"
	}
	if l.memo != "" {
		d.Memo = []string{clip(l.memo, 140)}
	}
	other := iso20022.Account{Name: l.other.name, Number: l.other.no, BIN: l.other.bin}
	if l.credit {
		d.Debtor = other
	} else {
		d.Creditor = other
	}
	return d
}

// detail describes a transfer of ours, on its way out or back.
func (t *transfer) detail(back bool) iso20022.Detail {
	d := iso20022.Detail{
		EndToEndID: t.EndToEndID, InstructionID: t.InstructionID, Amount: decimal.NewNullDecimal(dec(t.Amount)), Currency: "VND", Credit: back,
		Creditor: iso20022.Account{Name: t.Name, Number: t.Account, BIN: t.BIN}, Purpose: t.Purpose,
	}
	if t.Memo != "" {
		d.Memo = []string{clip(t.Memo, 140)}
	}
	return d
}
