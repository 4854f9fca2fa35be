package iso20022

import (
	"fmt"
	"io"
	"iter"
	"strconv"
)

// WriteStatement writes one camt.053.001.08 statement or camt.054.001.08 notification,
// by st.Kind, and streams its entries. Balances stand before the entries, so they have
// to be known first.
func WriteStatement(w io.Writer, st *Statement, entries iter.Seq2[*Entry, error]) error {
	x := newXMLWriter(w)
	root, element, info := "BkToCstmrStmt", "Stmt", "AddtlStmtInf"
	switch st.Kind {
	case "camt053":
		x.document("camt.", "053.001.08")
	case "camt054":
		root, element, info = "BkToCstmrDbtCdtNtfctn", "Ntfctn", "AddtlNtfctnInf"
		x.document("camt.", "054.001.08")
	default:
		return &FieldError{Field: "Kind", Problem: fmt.Sprintf("%q is not written here", st.Kind)}
	}
	x.raw("<" + root + "><GrpHdr>")
	x.leaf("MsgId", st.MessageID)
	x.leaf("CreDtTm", dateTime(st.CreatedAt))
	x.raw("</GrpHdr>\n<" + element + ">")
	x.leaf("Id", st.ID)
	x.leaf("ElctrncSeqNb", st.Sequence)
	x.leaf("LglSeqNb", st.LegalSeq)
	x.leaf("CreDtTm", dateTime(st.CreatedAt))
	if !st.From.IsZero() && !st.To.IsZero() {
		x.raw("<FrToDt>")
		x.leaf("FrDtTm", dateTime(st.From))
		x.leaf("ToDtTm", dateTime(st.To))
		x.raw("</FrToDt>")
	}
	x.leaf("CpyDplctInd", st.Copy)
	x.raw("<Acct>")
	x.accountID(&st.Account)
	x.leaf("Ccy", st.Account.Currency)
	x.partyIn("Ownr", "", st.Account.Name)
	x.agent("Svcr", &st.Account)
	x.raw("</Acct>\n")
	if st.Kind == "camt053" {
		for _, b := range st.Balances {
			x.balance(&b)
		}
	}
	for e, err := range entries {
		if err != nil {
			return err
		}
		x.entry(e)
	}
	x.leaf(info, cutRunes(st.Info, 500))
	x.raw("</" + element + "></" + root + "></Document>\n")
	return x.flush()
}

func (x *xmlWriter) balance(b *Balance) {
	x.raw("<Bal><Tp><CdOrPrtry>")
	x.leaf("Cd", b.Code)
	x.raw("</CdOrPrtry></Tp>")
	x.amount("Amt", b.Amount.Abs(), b.Currency)
	x.direction(!b.Amount.IsNegative())
	x.raw("<Dt>")
	x.leaf("Dt", date(b.On))
	x.raw("</Dt></Bal>\n")
}

func (x *xmlWriter) direction(credit bool) {
	if credit {
		x.raw("<CdtDbtInd>CRDT</CdtDbtInd>")
	} else {
		x.raw("<CdtDbtInd>DBIT</CdtDbtInd>")
	}
}

func (x *xmlWriter) entry(e *Entry) {
	x.raw("<Ntry>")
	x.leaf("NtryRef", e.Ref)
	x.amount("Amt", e.Amount, e.Currency)
	x.direction(e.Credit)
	if e.Reversal {
		x.raw("<RvslInd>true</RvslInd>")
	}
	status := e.Status
	if status == "" {
		status = "BOOK"
	}
	x.raw("<Sts>")
	x.leaf("Cd", status)
	x.raw("</Sts>")
	if !e.BookedOn.IsZero() {
		x.raw("<BookgDt>")
		x.leaf("Dt", date(e.BookedOn))
		x.raw("</BookgDt>")
	}
	if !e.ValueOn.IsZero() {
		x.raw("<ValDt>")
		x.leaf("Dt", date(e.ValueOn))
		x.raw("</ValDt>")
	}
	x.leaf("AcctSvcrRef", e.ServicerRef)
	x.transactionCode(&e.Code)
	if len(e.Batches) > 0 || len(e.Details) > 0 {
		x.raw("<NtryDtls>")
		for i := range e.Batches {
			if i > 0 {
				x.raw("</NtryDtls><NtryDtls>")
			}
			x.batch(&e.Batches[i], e)
		}
		for i := range e.Details {
			x.detail(&e.Details[i], e)
		}
		x.raw("</NtryDtls>")
	}
	x.leaf("AddtlNtryInf", cutRunes(e.Info, 500))
	x.raw("</Ntry>\n")
}

func (x *xmlWriter) transactionCode(c *TransactionCode) {
	x.raw("<BkTxCd>")
	if c.Domain != "" {
		x.raw("<Domn>")
		x.leaf("Cd", c.Domain)
		x.raw("<Fmly>")
		x.leaf("Cd", c.Family)
		x.leaf("SubFmlyCd", c.SubFamily)
		x.raw("</Fmly></Domn>")
	}
	if c.Proprietary != "" {
		x.raw("<Prtry>")
		x.leaf("Cd", c.Proprietary)
		x.leaf("Issr", c.Issuer)
		x.raw("</Prtry>")
	}
	x.raw("</BkTxCd>")
}

func (x *xmlWriter) batch(b *Batch, e *Entry) {
	x.raw("<Btch>")
	x.leaf("MsgId", b.MessageID)
	x.leaf("PmtInfId", b.PaymentID)
	if b.N > 0 {
		x.leaf("NbOfTxs", strconv.Itoa(b.N))
	}
	if b.Total.Valid {
		x.amount("TtlAmt", b.Total.Decimal, e.Currency)
		x.direction(b.Credit)
	}
	x.raw("</Btch>")
}

func (x *xmlWriter) detail(d *Detail, e *Entry) {
	x.raw("<TxDtls><Refs>")
	x.leaf("MsgId", d.MessageID)
	x.leaf("AcctSvcrRef", d.ServicerRef)
	x.leaf("PmtInfId", d.PaymentID)
	x.leaf("InstrId", d.InstructionID)
	x.leaf("EndToEndId", d.EndToEndID)
	x.leaf("TxId", d.TransactionID)
	x.leaf("MndtId", d.Mandate)
	x.raw("</Refs>")
	if d.Amount.Valid {
		currency := d.Currency
		if currency == "" {
			currency = e.Currency
		}
		x.amount("Amt", d.Amount.Decimal, currency)
		x.direction(d.Credit)
	}
	if d.Debtor.known() || d.Creditor.known() {
		x.raw("<RltdPties>")
		x.relatedParty("Dbtr", &d.Debtor)
		x.relatedParty("Cdtr", &d.Creditor)
		x.raw("</RltdPties>")
	}
	if d.Debtor.bank() || d.Creditor.bank() {
		x.raw("<RltdAgts>")
		x.agent("DbtrAgt", &d.Debtor)
		x.agent("CdtrAgt", &d.Creditor)
		x.raw("</RltdAgts>")
	}
	if d.Purpose != "" {
		x.raw("<Purp>")
		x.leaf("Cd", d.Purpose)
		x.raw("</Purp>")
	}
	if len(d.Memo) > 0 {
		x.raw("<RmtInf>")
		for _, m := range d.Memo {
			x.leaf("Ustrd", cutRunes(m, 140))
		}
		x.raw("</RmtInf>")
	}
	if d.Return != nil {
		x.raw("<RtrInf>")
		x.reason(&d.Return.Reason)
		x.raw("</RtrInf>")
	}
	x.leaf("AddtlTxInf", cutRunes(d.Info, 500))
	x.raw("</TxDtls>")
}

func (a *Account) known() bool { return a.Name != "" || a.Number != "" }
func (a *Account) bank() bool  { return a.BIN != "" || a.BIC != "" || a.Bank != "" }

func (x *xmlWriter) accountID(a *Account) {
	x.raw("<Id>")
	if a.IBAN {
		x.leaf("IBAN", a.Number)
	} else {
		x.raw("<Othr>")
		x.leaf("Id", a.Number)
		x.raw("</Othr>")
	}
	x.raw("</Id>")
}

func (x *xmlWriter) partyIn(element, choice, name string) {
	if name == "" {
		return
	}
	x.raw("<" + element + ">")
	if choice != "" {
		x.raw("<" + choice + ">")
	}
	x.leaf("Nm", cutRunes(name, 140))
	if choice != "" {
		x.end(choice)
	}
	x.end(element)
}

func (x *xmlWriter) relatedParty(element string, a *Account) {
	x.partyIn(element, "Pty", a.Name)
	if a.Number != "" {
		x.raw("<" + element + "Acct>")
		x.accountID(a)
		x.end(element + "Acct")
	}
}

func (x *xmlWriter) agent(element string, a *Account) {
	if !a.bank() {
		return
	}
	x.raw("<" + element + "><FinInstnId>")
	x.leaf("BICFI", a.BIC)
	if a.BIN != "" {
		x.raw("<ClrSysMmbId>")
		x.leaf("MmbId", a.BIN)
		x.raw("</ClrSysMmbId>")
	}
	x.leaf("Nm", cutRunes(a.Bank, 140))
	x.raw("</FinInstnId></" + element + ">")
}
