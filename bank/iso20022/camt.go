package iso20022

import (
	"time"

	"github.com/shopspring/decimal"
)

// Statement is a camt.053 statement, a camt.052 report or a camt.054 notification
// without its entries.
type Statement struct {
	Kind      string // "camt053", "camt054", "camt052"
	Version   string // "053.001.08"; "" without a namespace
	MessageID string // GrpHdr/MsgId
	ID        string
	Sequence  string // ElctrncSeqNb
	LegalSeq  string // LglSeqNb
	Page      string // MsgPgntn/PgNb or StmtPgntn/PgNb
	LastPage  bool
	CreatedAt time.Time
	From, To  time.Time // zero when absent
	Copy      string    // CpyDplctInd: COPY, CODU, DUPL
	Account   Account
	Balances  []Balance
	Info      string // AddtlStmtInf
}

// Account is whose money a statement tells about, or a party's account.
type Account struct {
	Number   string // IBAN, or Othr/Id
	IBAN     bool
	BIN      string // clearing member of its bank
	BIC      string
	Bank     string // name of its bank
	Currency string
	Name     string
}

// Balance is one Bal, its amount signed: negative means the account is in debt.
type Balance struct {
	Code     string // OPBD, CLBD, PRCD, …; proprietary ones as they came
	Amount   decimal.Decimal
	Currency string
	On       time.Time
}

// Entry is one Ntry. The sign is Credit alone; Reversal only says that it undoes
// another entry.
type Entry struct {
	Ref         string // NtryRef
	Amount      decimal.Decimal
	Currency    string
	Credit      bool
	NoDirection bool   // CdtDbtInd was missing; read as credit
	Reversal    bool   // RvslInd
	Status      string // BOOK, PDNG, INFO, FUTR; "" reads as BOOK
	BookedOn    time.Time
	ValueOn     time.Time
	ServicerRef string // AcctSvcrRef
	Code        TransactionCode
	Info        string // AddtlNtryInf
	Charges     []Charge
	Batches     []Batch
	Details     []Detail
}

// Booked tells whether the entry moves the booked balance.
func (e *Entry) Booked() bool { return e.Status == "" || e.Status == "BOOK" }

// Signed returns the amount with the sign it has on the account.
func (e *Entry) Signed() decimal.Decimal {
	if e.Credit {
		return e.Amount
	}
	return e.Amount.Neg()
}

// TransactionCode is BkTxCd: the ISO domain, family and sub-family, the bank's own
// code, or both.
type TransactionCode struct {
	Domain, Family, SubFamily string
	Proprietary, Issuer       string
}

// Charge is one fee inside an entry or a transaction.
type Charge struct {
	Amount   decimal.Decimal
	Currency string
	Credit   bool
	Included bool
}

// Batch says that an entry books many transactions at once.
type Batch struct {
	MessageID string
	PaymentID string // PmtInfId
	N         int    // NbOfTxs; 0 when absent
	Total     decimal.NullDecimal
	Credit    bool
}

// Detail is one TxDtls.
type Detail struct {
	MessageID     string
	ServicerRef   string
	PaymentID     string // PmtInfId
	InstructionID string
	EndToEndID    string
	TransactionID string // TxId
	Mandate       string
	Amount        decimal.NullDecimal
	Currency      string
	Credit        bool
	Code          TransactionCode
	Debtor        Account
	Creditor      Account
	Memo          []string // RmtInf/Ustrd
	Reference     string   // RmtInf/Strd/CdtrRefInf/Ref
	Purpose       string
	Return        *Return
	Charges       []Charge
	Info          string // AddtlTxInf

	direction string // CdtDbtInd as it came; without one, the entry's counts
}

// Return is RtrInf: this transaction gives back an earlier one.
type Return struct {
	Reason Reason
	Code   TransactionCode // OrgnlBkTxCd
}
