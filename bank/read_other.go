package bank

import (
	"io"
	"strconv"

	"github.com/shopspring/decimal"

	"ansinh.vn/bank/mt940"
	"ansinh.vn/bank/sheet"
)

func readMT940(r io.Reader, v visitor) error {
	return mt940.Read(r, func(m *mt940.Statement) error {
		st := &Statement{
			Format: "mt940", Account: m.Account, Currency: m.Currency, ID: m.Reference, Sequence: m.Number,
			From: m.OpeningOn, To: m.ClosingOn, Opening: m.Opening, Closing: m.Closing, Problems: m.Problems,
		}
		lines := make([]Line, len(m.Entries))
		for i := range m.Entries {
			lines[i] = mt940Line(&m.Entries[i], m.Currency)
		}
		return v.whole(st, lines)
	})
}

func mt940Line(e *mt940.Entry, currency string) Line {
	n := e.Parse()
	l := Line{
		Credit: e.Credit, Amount: e.Amount, Currency: currency, Booked: true, Reversal: e.Reversal,
		BookedOn: e.BookedOn, ValueOn: e.ValueOn, Ref: e.BankRef, EntryRef: e.CustomerRef, Code: e.Type,
		Memo: n.Text, Info: e.Extra, EndToEndID: provided(n.EndToEndID),
	}
	other := Party{Name: n.Name, Account: n.Account}
	if e.Credit {
		l.Payer = other
	} else {
		l.Payee = other
	}
	return l
}

// fromSheet makes a line of a row's fee and of its tax too, so that every line moves
// the balance by one amount.
func fromSheet(s *sheet.Statement) (*Statement, []Line) {
	st := &Statement{
		Format: "sheet/" + s.Profile, Account: s.Account, Currency: s.Currency, Owner: s.Owner,
		From: s.From, To: s.To, Opening: s.Opening, Closing: s.Closing, Problems: s.Problems,
	}
	lines := make([]Line, 0, len(s.Lines))
	for i := range s.Lines {
		row := &s.Lines[i]
		// fee and tax come after the amount that caused them: the balance stands last
		last := len(lines)
		add := func(signed decimal.Decimal, code string) {
			if signed.IsZero() {
				return
			}
			l := Line{
				Credit: signed.IsPositive(), Amount: signed.Abs(), Currency: s.Currency, Booked: true,
				BookedOn: row.On, ValueOn: row.ValueOn, Ref: row.Ref, EntryRef: strconv.Itoa(row.Row), Code: code, Memo: row.Memo,
			}
			other := Party{Name: row.PartyName, Account: row.PartyAccount}
			if l.Credit {
				l.Payer = other
			} else {
				l.Payee = other
			}
			lines = append(lines, l)
		}
		add(row.Credit.Sub(row.Debit), "")
		add(row.Fee.Neg(), "FEE")
		add(row.Tax.Neg(), "TAX")
		if len(lines) > last {
			lines[len(lines)-1].Balance = row.Balance
		}
	}
	return st, lines
}
