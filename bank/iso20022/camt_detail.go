package iso20022

import (
	"bytes"

	"github.com/shopspring/decimal"
)

func trim(b []byte) []byte { return bytes.TrimSpace(b) }

func (c *camtReader) detail(e *Entry) error {
	if len(e.Details) >= c.lim.Repeats {
		return c.errorf("more than %d transactions in one entry", c.lim.Repeats)
	}
	e.Details = append(e.Details, Detail{})
	d := &e.Details[len(e.Details)-1]
	return c.children(func(local string) error {
		switch local {
		case "Refs":
			return c.refs(d)
		case "Amt":
			return c.nullAmount(&d.Amount, &d.Currency)
		case "CdtDbtInd":
			return c.code(&d.direction)
		case "AmtDtls":
			return c.amountDetails(d)
		case "BkTxCd":
			return c.transactionCode(&d.Code)
		case "Chrgs":
			return c.charges(&d.Charges)
		case "RltdPties":
			return c.children(func(local string) error {
				switch local {
				case "Dbtr":
					return c.party(&d.Debtor)
				case "DbtrAcct":
					return c.account(&d.Debtor, nil)
				case "Cdtr":
					return c.party(&d.Creditor)
				case "CdtrAcct":
					return c.account(&d.Creditor, nil)
				}
				return c.skip()
			})
		case "RltdAgts":
			return c.children(func(local string) error {
				switch local {
				case "DbtrAgt":
					return c.agent(&d.Debtor)
				case "CdtrAgt":
					return c.agent(&d.Creditor)
				}
				return c.skip()
			})
		case "Purp":
			return c.deep(&d.Purpose)
		case "RmtInf":
			return c.remittance(d)
		case "RtrInf":
			return c.returned(d)
		case "AddtlTxInf":
			return c.str(&d.Info)
		}
		return c.skip()
	})
}

func (c *camtReader) refs(d *Detail) error {
	return c.children(func(local string) error {
		switch local {
		case "MsgId":
			return c.str(&d.MessageID)
		case "AcctSvcrRef":
			return c.str(&d.ServicerRef)
		case "PmtInfId":
			return c.str(&d.PaymentID)
		case "InstrId":
			return c.str(&d.InstructionID)
		case "EndToEndId":
			return c.str(&d.EndToEndID)
		case "TxId":
			return c.str(&d.TransactionID)
		case "MndtId":
			return c.str(&d.Mandate)
		}
		return c.skip()
	})
}

// amountDetails fills the amount of a transaction that has no Amt of its own, from
// what was settled (TxAmt) before what was instructed (InstdAmt).
func (c *camtReader) amountDetails(d *Detail) error {
	var tx, instructed decimal.NullDecimal
	var txCcy, instructedCcy string
	choice := func(amount *decimal.NullDecimal, currency *string) error {
		return c.children(func(local string) error {
			if local == "Amt" {
				return c.nullAmount(amount, currency)
			}
			return c.skip()
		})
	}
	err := c.children(func(local string) error {
		switch local {
		case "TxAmt":
			return choice(&tx, &txCcy)
		case "InstdAmt":
			return choice(&instructed, &instructedCcy)
		}
		return c.skip()
	})
	switch {
	case d.Amount.Valid:
	case tx.Valid:
		d.Amount, d.Currency = tx, txCcy
	case instructed.Valid:
		d.Amount, d.Currency = instructed, instructedCcy
	}
	return err
}

func (c *camtReader) remittance(d *Detail) error {
	return c.children(func(local string) error {
		switch local {
		case "Ustrd":
			return c.list(&d.Memo)
		case "Strd":
			return c.children(func(local string) error {
				switch local {
				case "CdtrRefInf":
					return c.children(func(local string) error {
						switch local {
						case "Ref", "CdtrRef":
							return c.str(&d.Reference)
						}
						return c.skip()
					})
				case "AddtlRmtInf":
					return c.list(&d.Memo)
				}
				return c.skip()
			})
		}
		return c.skip()
	})
}

func (c *camtReader) returned(d *Detail) error {
	d.Return = &Return{}
	return c.reason(&d.Return.Reason, func(local string) error {
		if local == "OrgnlBkTxCd" {
			return c.transactionCode(&d.Return.Code)
		}
		return c.skip()
	})
}
