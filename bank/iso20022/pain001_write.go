package iso20022

import (
	"fmt"
	"io"
	"iter"
	"strconv"

	"ansinh.vn/money"
)

// WritePain001 writes a head and its transfers as one message that the official XSD
// accepts. Names and memos are folded to ASCII and cut; identifiers, banks, accounts
// and amounts are never cut or guessed: what does not fit is a *FieldError. It fails
// when the transfers do not add up to the head's N and Total, so that the control
// figures of a finished file are exact; what was written until an error is to be
// thrown away.
func WritePain001(w io.Writer, head Initiation, transfers iter.Seq2[Transfer, error]) error {
	if head.Version == "" {
		head.Version = Pain00109
	}
	if head.BatchID == "" {
		head.BatchID = head.MessageID
	}
	if err := head.check(); err != nil {
		return err
	}
	x := newXMLWriter(w)
	x.pain001Head(&head)
	var (
		n     int
		total money.VND
		seen  = make(map[string]struct{}, head.N)
	)
	for t, err := range transfers {
		if err != nil {
			return err
		}
		n++
		t.Name, t.Memo = foldCut(t.Name, 140), foldCut(t.Memo, 140)
		if err := t.check(n); err != nil {
			return err
		}
		if _, again := seen[t.EndToEndID]; again {
			return &FieldError{n, t.EndToEndID, "EndToEndId", "is used twice in this message"}
		}
		seen[t.EndToEndID] = struct{}{}
		if total, err = total.Add(t.Amount); err != nil {
			return &FieldError{n, t.EndToEndID, "CtrlSum", err.Error()}
		}
		x.transfer(&t)
	}
	if n != head.N {
		return &FieldError{Field: "NbOfTxs", Problem: fmt.Sprintf("%d promised, %d written", head.N, n)}
	}
	if total != head.Total {
		return &FieldError{Field: "CtrlSum", Problem: fmt.Sprintf("%d promised, %d written", head.Total, total)}
	}
	x.raw("</PmtInf></CstmrCdtTrfInitn></Document>\n")
	return x.flush()
}

func (x *xmlWriter) pain001Head(h *Initiation) {
	n := strconv.Itoa(h.N)
	x.document("pain.", string(h.Version))
	x.raw("<CstmrCdtTrfInitn><GrpHdr>")
	x.leaf("MsgId", h.MessageID)
	x.leaf("CreDtTm", dateTime(h.CreatedAt))
	x.leaf("NbOfTxs", n)
	x.leafInt("CtrlSum", int64(h.Total))
	x.raw("<InitgPty>")
	x.leaf("Nm", foldCut(h.Initiator, 140))
	x.raw("</InitgPty></GrpHdr>\n<PmtInf>")
	x.leaf("PmtInfId", h.BatchID)
	x.raw("<PmtMtd>TRF</PmtMtd>")
	x.leaf("BtchBookg", strconv.FormatBool(!h.SingleEntries))
	x.leaf("NbOfTxs", n)
	x.leafInt("CtrlSum", int64(h.Total))
	if h.CategoryPurpose != "" {
		x.raw("<PmtTpInf><CtgyPurp>")
		x.leaf("Cd", h.CategoryPurpose)
		x.raw("</CtgyPurp></PmtTpInf>")
	}
	if h.Version == Pain00103 {
		x.leaf("ReqdExctnDt", date(h.ExecuteOn))
	} else {
		x.raw("<ReqdExctnDt>")
		x.leaf("Dt", date(h.ExecuteOn))
		x.raw("</ReqdExctnDt>")
	}
	x.raw("<Dbtr>")
	x.leaf("Nm", foldCut(h.Debtor, 140))
	x.raw("</Dbtr><DbtrAcct><Id><Othr>")
	x.leaf("Id", h.DebtorAccount)
	x.raw("</Othr></Id><Ccy>VND</Ccy></DbtrAcct><DbtrAgt>")
	x.member(h.DebtorBIN)
	x.raw("</DbtrAgt>\n")
}

// transfer writes a checked transfer whose texts are folded.
func (x *xmlWriter) transfer(t *Transfer) {
	x.raw("<CdtTrfTxInf><PmtId>")
	x.leaf("InstrId", t.InstructionID)
	x.leaf("EndToEndId", t.EndToEndID)
	x.raw(`</PmtId><Amt><InstdAmt Ccy="VND">`)
	x.int(int64(t.Amount))
	x.raw("</InstdAmt></Amt><CdtrAgt>")
	x.member(t.BIN)
	x.raw("</CdtrAgt><Cdtr>")
	x.leaf("Nm", t.Name)
	x.raw("</Cdtr><CdtrAcct><Id><Othr>")
	x.leaf("Id", t.Account)
	x.raw("</Othr></Id></CdtrAcct>")
	if t.Purpose != "" {
		x.raw("<Purp>")
		x.leaf("Cd", t.Purpose)
		x.raw("</Purp>")
	}
	if t.Memo != "" {
		x.raw("<RmtInf>")
		x.leaf("Ustrd", t.Memo)
		x.raw("</RmtInf>")
	}
	x.raw("</CdtTrfTxInf>\n")
}

// member writes a bank by its BIN as a clearing system member: Vietnamese banks have
// no IBAN and take transfers by BIN.
func (x *xmlWriter) member(bin string) {
	x.raw("<FinInstnId><ClrSysMmbId>")
	x.leaf("MmbId", bin)
	x.raw("</ClrSysMmbId></FinInstnId>")
}

func (h *Initiation) check() error {
	bad := func(field, problem string) error { return &FieldError{Field: field, Problem: problem} }
	switch {
	case h.Version != Pain00103 && h.Version != Pain00109:
		return bad("Version", fmt.Sprintf("pain.%s is not written here, use %s or %s", h.Version, Pain00109, Pain00103))
	case !identifier(h.MessageID):
		return bad("MsgId", badIdentifier)
	case !identifier(h.BatchID):
		return bad("PmtInfId", badIdentifier)
	case h.CreatedAt.IsZero():
		return bad("CreDtTm", "is missing")
	case h.ExecuteOn.IsZero():
		return bad("ReqdExctnDt", "is missing")
	case Fold(h.Debtor) == "":
		return bad("Dbtr/Nm", "is missing")
	case Fold(h.Initiator) == "":
		return bad("InitgPty/Nm", "is missing")
	case !digits(h.DebtorBIN, 6):
		return bad("DbtrAgt", badBIN)
	case !account(h.DebtorAccount):
		return bad("DbtrAcct", badAccount)
	case h.CategoryPurpose != "" && !code(h.CategoryPurpose):
		return bad("CtgyPurp", badCode)
	case h.N <= 0:
		return bad("NbOfTxs", "a message needs at least one transfer")
	case h.Total > maxAmount:
		return bad("CtrlSum", "has more than 18 digits")
	}
	return nil
}

func (t *Transfer) check(n int) error {
	bad := func(field, problem string) error { return &FieldError{n, t.EndToEndID, field, problem} }
	switch {
	case !identifier(t.EndToEndID):
		return bad("EndToEndId", badIdentifier)
	case t.InstructionID != "" && !identifier(t.InstructionID):
		return bad("InstrId", badIdentifier)
	case t.Amount <= 0:
		return bad("InstdAmt", fmt.Sprintf("%d is not a positive amount of whole đồng", t.Amount))
	case t.Amount > maxAmount:
		return bad("InstdAmt", "has more than 18 digits")
	case !digits(t.BIN, 6):
		return bad("CdtrAgt", badBIN)
	case !account(t.Account):
		return bad("CdtrAcct", badAccount)
	case t.Name == "":
		return bad("Cdtr/Nm", "is missing")
	case t.Purpose != "" && !code(t.Purpose):
		return bad("Purp", badCode)
	}
	return nil
}

// maxAmount is the standard's totalDigits 18.
const maxAmount money.VND = 999_999_999_999_999_999

const (
	badIdentifier = "must be 1 to 35 characters of the bank's set (letters without accents, digits, / - ? : ( ) . , ' +), without a slash at either end"
	badBIN        = "must be the bank's BIN, six digits"
	badAccount    = "must be an account number of 4 to 34 letters and digits"
	badCode       = "must be a code of 1 to 4 letters or digits"
)

// identifier is Max35Text in the characters that survive every bank.
func identifier(s string) bool {
	return len(s) >= 1 && len(s) <= 35 && isFolded(s) && s[0] != '/' && s[len(s)-1] != '/'
}

func account(s string) bool {
	if len(s) < 4 || len(s) > 34 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z') {
			return false
		}
	}
	return true
}

func digits(s string, n int) bool {
	if len(s) != n {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func code(s string) bool {
	if len(s) < 1 || len(s) > 4 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z') {
			return false
		}
	}
	return true
}
