package iso20022

import (
	"time"

	"github.com/shopspring/decimal"
)

// Status is an external status code of a group, a batch or a transaction. RJCT, ACCC
// and CANC are final; ACSC is not proof that the beneficiary has the money.
type Status string

// The statuses that the code tells apart; others are kept as they came.
const (
	Received    Status = "RCVD"
	Technical   Status = "ACTC" // syntax and authentication are good
	Profile     Status = "ACCP" // and the customer's profile
	Processing  Status = "ACSP" // accepted for execution
	WithChange  Status = "ACWC"
	Settled     Status = "ACSC" // on the debtor's side
	Credited    Status = "ACCC" // on the creditor's account
	Pending     Status = "PDNG"
	PartAccept  Status = "PART"
	Rejected    Status = "RJCT"
	Cancelled   Status = "CANC"
	NoSuchState Status = ""
)

// Reason says why: an external code, a proprietary one, or text.
type Reason struct {
	Code        string // such as AC04
	Proprietary string
	Info        []string // AddtlInf
}

// StatusReport is a pain.002 without its transactions.
type StatusReport struct {
	Version   Version // "" means Pain00210 when written
	MessageID string
	CreatedAt time.Time
	Initiator string

	OriginalMessageID string
	OriginalName      string // such as pain.001.001.09
	OriginalN         int    // 0 when absent
	OriginalTotal     decimal.NullDecimal
	Group             Status
	Reasons           []Reason
	Counts            []StatusCount // NbOfTxsPerSts
	Batches           []BatchStatus // without their transactions
}

// StatusCount says how many transactions are in a status.
type StatusCount struct {
	Status Status
	N      int
	Total  decimal.NullDecimal
}

// BatchStatus is one OrgnlPmtInfAndSts.
type BatchStatus struct {
	ID      string // OrgnlPmtInfId
	N       int
	Total   decimal.NullDecimal
	Status  Status
	Reasons []Reason
	Counts  []StatusCount
}

// TransactionStatus is one TxInfAndSts.
type TransactionStatus struct {
	BatchID       string
	EndToEndID    string
	InstructionID string
	Status        Status
	Reasons       []Reason
	ServicerRef   string // AcctSvcrRef
	Amount        decimal.NullDecimal
	Currency      string
}
