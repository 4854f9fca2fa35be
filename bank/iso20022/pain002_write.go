package iso20022

import (
	"fmt"
	"io"
	"strconv"

	"github.com/shopspring/decimal"
)

// WritePain002 writes a status report with the transactions of each batch below it. A
// transaction whose BatchID names no batch of the report is an error.
func WritePain002(w io.Writer, rep *StatusReport, transactions []TransactionStatus) error {
	version := rep.Version
	switch version {
	case "":
		version = Pain00210
	case Pain00203, Pain00210:
	default:
		return &FieldError{Field: "Version", Problem: fmt.Sprintf("pain.%s is not written here", version)}
	}
	byBatch := make(map[string][]TransactionStatus)
	for _, t := range transactions {
		byBatch[t.BatchID] = append(byBatch[t.BatchID], t)
	}
	x := newXMLWriter(w)
	x.document("pain.", string(version))
	x.raw("<CstmrPmtStsRpt><GrpHdr>")
	x.leaf("MsgId", rep.MessageID)
	x.leaf("CreDtTm", dateTime(rep.CreatedAt))
	if rep.Initiator != "" {
		x.raw("<InitgPty>")
		x.leaf("Nm", rep.Initiator)
		x.raw("</InitgPty>")
	}
	x.raw("</GrpHdr>\n<OrgnlGrpInfAndSts>")
	x.leaf("OrgnlMsgId", rep.OriginalMessageID)
	x.leaf("OrgnlMsgNmId", rep.OriginalName)
	x.originals(rep.OriginalN, rep.OriginalTotal)
	x.leaf("GrpSts", string(rep.Group))
	x.reasons(rep.Reasons)
	x.statusCounts(rep.Counts)
	x.raw("</OrgnlGrpInfAndSts>\n")
	written := 0
	for _, b := range rep.Batches {
		x.raw("<OrgnlPmtInfAndSts>")
		x.leaf("OrgnlPmtInfId", b.ID)
		x.originals(b.N, b.Total)
		x.leaf("PmtInfSts", string(b.Status))
		x.reasons(b.Reasons)
		x.statusCounts(b.Counts)
		for _, t := range byBatch[b.ID] {
			x.transactionStatus(&t)
			written++
		}
		x.raw("</OrgnlPmtInfAndSts>\n")
		delete(byBatch, b.ID)
	}
	if written != len(transactions) {
		return &FieldError{Field: "OrgnlPmtInfId", Problem: fmt.Sprintf("%d transactions name a batch that the report does not have", len(transactions)-written)}
	}
	x.raw("</CstmrPmtStsRpt></Document>\n")
	return x.flush()
}

func (x *xmlWriter) originals(n int, total decimal.NullDecimal) {
	if n > 0 {
		x.leaf("OrgnlNbOfTxs", strconv.Itoa(n))
	}
	if total.Valid {
		x.leaf("OrgnlCtrlSum", plain(total.Decimal))
	}
}

func (x *xmlWriter) statusCounts(counts []StatusCount) {
	for _, c := range counts {
		x.raw("<NbOfTxsPerSts>")
		x.leaf("DtldNbOfTxs", strconv.Itoa(c.N))
		x.leaf("DtldSts", string(c.Status))
		if c.Total.Valid {
			x.leaf("DtldCtrlSum", plain(c.Total.Decimal))
		}
		x.raw("</NbOfTxsPerSts>")
	}
}

func (x *xmlWriter) reasons(reasons []Reason) {
	for _, r := range reasons {
		x.raw("<StsRsnInf>")
		x.reason(&r)
		x.raw("</StsRsnInf>")
	}
}

// reason writes the inside of StsRsnInf or RtrInf.
func (x *xmlWriter) reason(r *Reason) {
	if r.Code != "" || r.Proprietary != "" {
		x.raw("<Rsn>")
		if r.Code != "" {
			x.leaf("Cd", r.Code)
		} else {
			x.leaf("Prtry", r.Proprietary)
		}
		x.raw("</Rsn>")
	}
	for _, info := range r.Info {
		x.leaf("AddtlInf", cutRunes(info, 105))
	}
}

func (x *xmlWriter) transactionStatus(t *TransactionStatus) {
	x.raw("<TxInfAndSts>")
	x.leaf("OrgnlInstrId", t.InstructionID)
	x.leaf("OrgnlEndToEndId", t.EndToEndID)
	x.leaf("TxSts", string(t.Status))
	x.reasons(t.Reasons)
	x.leaf("AcctSvcrRef", t.ServicerRef)
	if t.Amount.Valid {
		x.raw("<OrgnlTxRef><Amt>")
		x.amount("InstdAmt", t.Amount.Decimal, t.Currency)
		x.raw("</Amt></OrgnlTxRef>")
	}
	x.raw("</TxInfAndSts>\n")
}

func (x *xmlWriter) amount(element string, d decimal.Decimal, currency string) {
	x.raw("<")
	x.raw(element)
	x.raw(` Ccy="`)
	x.text(currency)
	x.raw(`">`)
	x.raw(plain(d))
	x.end(element)
}

// plain writes a decimal with the digits it has, never with an exponent.
func plain(d decimal.Decimal) string {
	if d.Exponent() < 0 {
		return d.StringFixed(-d.Exponent())
	}
	return d.String()
}

func cutRunes(s string, max int) string {
	for i := range s {
		if max == 0 {
			return s[:i]
		}
		max--
	}
	return s
}
