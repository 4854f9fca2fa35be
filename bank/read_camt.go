package bank

import (
	"io"
	"strings"

	"github.com/shopspring/decimal"

	"ansinh.vn/bank/iso20022"
)

func readCamt(r io.Reader, v visitor) error {
	var st *Statement
	n := 0
	return iso20022.ReadStatements(r, iso20022.Limits{}, iso20022.StatementHandler{
		Begin: func(c *iso20022.Statement) error {
			n = 0
			st = fromCamt(c)
			if v.begin == nil {
				return nil
			}
			return v.begin(st)
		},
		Entry: func(c *iso20022.Statement, e *iso20022.Entry) error {
			if st.Currency == "" {
				st.Currency = e.Currency
			}
			n++
			l := camtLine(e)
			l.N = n
			return v.line(st, &l)
		},
		End: func(c *iso20022.Statement) error {
			if v.end == nil {
				return nil
			}
			full := fromCamt(c) // balances may stand behind the entries
			st.Opening, st.Closing = full.Opening, full.Closing
			if st.Currency == "" && len(c.Balances) > 0 {
				st.Currency = c.Balances[0].Currency
			}
			return v.end(st)
		},
	})
}

func fromCamt(c *iso20022.Statement) *Statement {
	st := &Statement{
		Format: c.Kind, Account: c.Account.Number, Currency: c.Account.Currency, ID: c.ID, Sequence: c.Sequence,
		CreatedAt: c.CreatedAt, From: c.From, To: c.To, Owner: c.Account.Name,
	}
	if st.Sequence == "" {
		st.Sequence = c.LegalSeq
	}
	if c.Kind == "camt053" {
		st.Opening, st.Closing = booked(c.Balances)
	}
	for _, b := range c.Balances {
		if st.Currency == "" && (b.Code == "OPBD" || b.Code == "PRCD" || b.Code == "CLBD") {
			st.Currency = b.Currency
		}
	}
	if c.Copy == "DUPL" || c.Copy == "CODU" {
		st.Problems = append(st.Problems, "the bank marks this as a duplicate")
	}
	return st
}

// booked picks the opening balance (OPBD, else the previous close PRCD) and the
// closing one (CLBD); the first of each counts.
func booked(balances []iso20022.Balance) (opening, closing decimal.NullDecimal) {
	first := func(code string) decimal.NullDecimal {
		for _, b := range balances {
			if b.Code == code {
				return decimal.NewNullDecimal(b.Amount)
			}
		}
		return decimal.NullDecimal{}
	}
	if opening = first("OPBD"); !opening.Valid {
		opening = first("PRCD")
	}
	return opening, first("CLBD")
}

func camtLine(e *iso20022.Entry) Line {
	l := Line{
		Credit: e.Credit, Amount: e.Amount, Currency: e.Currency, Booked: e.Booked(), Reversal: e.Reversal,
		BookedOn: e.BookedOn, ValueOn: e.ValueOn, Ref: e.ServicerRef, EntryRef: e.Ref, Code: transactionCode(e.Code), Info: e.Info,
	}
	if l.BookedOn.IsZero() {
		l.BookedOn = l.ValueOn
	}
	if len(e.Batches) > 0 {
		b := e.Batches[0]
		l.BatchID, l.BatchMsgID, l.BatchN = b.PaymentID, b.MessageID, b.N
	}
	var memo []string
	for i := range e.Details {
		d := camtDetail(&e.Details[i])
		if d.Memo != "" && len(memo) < 50 {
			memo = append(memo, d.Memo)
		}
		l.Details = append(l.Details, d)
	}
	l.Memo = strings.Join(memo, " ")
	if len(l.Details) == 1 {
		d := &l.Details[0]
		l.EndToEndID, l.Payer, l.Payee, l.ReturnCode, l.ReturnInfo = d.EndToEndID, d.Payer, d.Payee, d.ReturnCode, d.ReturnInfo
		if l.Ref == "" {
			l.Ref = d.Ref
		}
		if l.BatchID == "" {
			l.BatchID = d.BatchID
		}
	}
	return l
}

func camtDetail(c *iso20022.Detail) Detail {
	d := Detail{
		EndToEndID: provided(c.EndToEndID), InstructionID: provided(c.InstructionID), BatchID: c.PaymentID, Ref: c.ServicerRef,
		Amount: c.Amount, Credit: c.Credit, Memo: strings.Join(c.Memo, " "), Payer: party(c.Debtor), Payee: party(c.Creditor),
	}
	if d.Ref == "" {
		d.Ref = c.TransactionID
	}
	if d.Memo == "" {
		d.Memo = c.Reference
	}
	if d.Memo == "" {
		d.Memo = c.Info
	}
	if c.Return != nil {
		d.ReturnCode = c.Return.Reason.Code
		if d.ReturnCode == "" {
			d.ReturnCode = c.Return.Reason.Proprietary
		}
		d.ReturnInfo = strings.Join(c.Return.Reason.Info, " ")
	}
	return d
}

func party(a iso20022.Account) Party { return Party{Name: a.Name, Account: a.Number, BIN: a.BIN} }

// provided drops the placeholder that the standard prescribes for a missing reference.
func provided(id string) string {
	if strings.EqualFold(id, "NOTPROVIDED") {
		return ""
	}
	return id
}

func transactionCode(c iso20022.TransactionCode) string {
	if c.Domain == "" {
		return c.Proprietary
	}
	return c.Domain + "/" + c.Family + "/" + c.SubFamily
}
