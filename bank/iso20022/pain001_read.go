package iso20022

import (
	"io"
	"time"

	"github.com/shopspring/decimal"

	"ansinh.vn/money"
)

// Group is the GrpHdr of a pain.001: what the sender promises about the whole message.
type Group struct {
	Version   Version
	MessageID string
	CreatedAt time.Time
	Initiator string
	N         int
	Total     decimal.NullDecimal
}

// InitiationHandler receives a pain.001 as it is read. Nil functions are not called.
type InitiationHandler struct {
	Group    func(*Group) error
	Batch    func(*Initiation) error // before the batch's first transfer
	Transfer func(*Initiation, *Transfer) error
}

// ReadPain001 reads a credit transfer initiation as a bank does. Whether its control
// figures are true and its accounts exist is for the caller to check; a batch's N is 0
// and its Total −1 where the file does not give them. Amounts that are not whole đồng
// are a *SyntaxError.
func ReadPain001(r io.Reader, lim Limits, h InitiationHandler) error {
	s, err := newScanner(r, lim)
	if err != nil {
		return err
	}
	return s.message(func(local, ns string) error {
		if local != "CstmrCdtTrfInitn" {
			return s.errorf("this is a <%s>, not a credit transfer initiation (pain.001)", local)
		}
		g := &Group{}
		if len(ns) > 5 && ns[:5] == "pain." {
			g.Version = Version(ns[5:])
		}
		return s.children(func(local string) error {
			switch local {
			case "GrpHdr":
				return s.group(g, h.Group)
			case "PmtInf":
				return s.initiation(g, h)
			}
			return s.skip()
		})
	})
}

func (s *scanner) group(g *Group, done func(*Group) error) error {
	err := s.children(func(local string) error {
		switch local {
		case "MsgId":
			return s.str(&g.MessageID)
		case "CreDtTm":
			return s.when(&g.CreatedAt)
		case "NbOfTxs":
			return s.count(&g.N)
		case "CtrlSum":
			return s.nullAmount(&g.Total, nil)
		case "InitgPty":
			var a Account
			err := s.party(&a)
			g.Initiator = a.Name
			return err
		}
		return s.skip()
	})
	if err != nil || done == nil {
		return err
	}
	return done(g)
}

func (s *scanner) initiation(g *Group, h InitiationHandler) error {
	b := &Initiation{Version: g.Version, MessageID: g.MessageID, CreatedAt: g.CreatedAt, Initiator: g.Initiator, Total: -1}
	var debtor Account
	begun := false
	begin := func() error {
		if begun {
			return nil
		}
		begun = true
		b.Debtor, b.DebtorAccount, b.DebtorBIN = debtor.Name, debtor.Number, debtor.BIN
		if h.Batch == nil {
			return nil
		}
		return h.Batch(b)
	}
	err := s.children(func(local string) error {
		switch local {
		case "PmtInfId":
			return s.str(&b.BatchID)
		case "BtchBookg":
			var batch bool
			err := s.flag(&batch)
			b.SingleEntries = !batch
			return err
		case "NbOfTxs":
			return s.count(&b.N)
		case "CtrlSum":
			return s.wholeAmount(&b.Total, nil)
		case "PmtTpInf":
			return s.children(func(local string) error {
				if local == "CtgyPurp" {
					return s.deep(&b.CategoryPurpose)
				}
				return s.skip()
			})
		case "ReqdExctnDt":
			return s.day(&b.ExecuteOn)
		case "Dbtr":
			return s.party(&debtor)
		case "DbtrAcct":
			return s.account(&debtor, nil)
		case "DbtrAgt":
			return s.agent(&debtor)
		case "CdtTrfTxInf":
			if err := begin(); err != nil {
				return err
			}
			return s.creditTransfer(b, h)
		}
		return s.skip()
	})
	if err != nil {
		return err
	}
	return begin()
}

func (s *scanner) creditTransfer(b *Initiation, h InitiationHandler) error {
	t := &Transfer{}
	var creditor Account
	currency := ""
	err := s.children(func(local string) error {
		switch local {
		case "PmtId":
			return s.children(func(local string) error {
				switch local {
				case "InstrId":
					return s.str(&t.InstructionID)
				case "EndToEndId":
					return s.str(&t.EndToEndID)
				}
				return s.skip()
			})
		case "Amt":
			return s.children(func(local string) error {
				if local == "InstdAmt" {
					return s.wholeAmount(&t.Amount, &currency)
				}
				return s.skip()
			})
		case "CdtrAgt":
			return s.agent(&creditor)
		case "Cdtr":
			return s.party(&creditor)
		case "CdtrAcct":
			return s.account(&creditor, nil)
		case "Purp":
			return s.deep(&t.Purpose)
		case "RmtInf":
			var d Detail
			err := (&camtReader{scanner: s}).remittance(&d)
			if len(d.Memo) > 0 {
				t.Memo = d.Memo[0]
			}
			return err
		}
		return s.skip()
	})
	if err != nil || h.Transfer == nil {
		return err
	}
	if currency != "VND" {
		return s.errorf("transfer %q is in %q, not in VND", t.EndToEndID, currency)
	}
	t.BIN, t.Account, t.Name = creditor.BIN, creditor.Number, creditor.Name
	return h.Transfer(b, t)
}

// wholeAmount reads an amount that must be whole đồng.
func (s *scanner) wholeAmount(p *money.VND, currency *string) error {
	var d decimal.Decimal
	if err := s.amount(&d, currency); err != nil {
		return err
	}
	v, err := money.Whole(d)
	if err != nil {
		return s.errorf("%s: %v", d, err)
	}
	*p = v
	return nil
}
