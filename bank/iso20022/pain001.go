package iso20022

import (
	"time"

	"ansinh.vn/money"
)

// Version is the message version without its name. Example: "001.001.09".
type Version string

// The versions of pain.001 that WritePain001 writes, and of pain.002 that
// WritePain002 writes.
const (
	Pain00103 Version = "001.001.03"
	Pain00109 Version = "001.001.09"
	Pain00203 Version = "002.001.03"
	Pain00210 Version = "002.001.10"
)

// Initiation is the head of one pain.001: one debtor account, one execution day, one
// batch. N and Total are promises about the transfers that follow.
type Initiation struct {
	Version         Version   // "" means Pain00109
	MessageID       string    // MsgId, ≤ 35 characters, unique for ever
	BatchID         string    // PmtInfId, ≤ 35; "" means MessageID
	CreatedAt       time.Time // CreDtTm
	Initiator       string    // InitgPty/Nm, folded to ASCII
	ExecuteOn       time.Time // ReqdExctnDt
	SingleEntries   bool      // BtchBookg false: a statement line a transfer
	Debtor          string    // Dbtr/Nm, folded to ASCII
	DebtorBIN       string    // six digits
	DebtorAccount   string    // Othr/Id
	CategoryPurpose string    // such as SSBE; "" leaves it out
	N               int       // NbOfTxs
	Total           money.VND // CtrlSum
}

// Transfer is one credit transfer (CdtTrfTxInf).
type Transfer struct {
	EndToEndID    string // ≤ 35 characters, unique for ever
	InstructionID string // "" leaves it out
	Amount        money.VND
	BIN           string // the creditor's bank, six digits, as clearing member
	Account       string // Othr/Id
	Name          string // Cdtr/Nm, folded to ASCII, cut to 140
	Memo          string // RmtInf/Ustrd, folded to ASCII, cut to 140
	Purpose       string // Purp/Cd such as SSBE; "" leaves it out
}
