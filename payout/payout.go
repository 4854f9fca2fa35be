// Package payout owns what people are owed and how it is paid: the rates and the rules,
// the runs of an office for a month with their payments and lines, the approvals, the
// instructions to bank and post office, and what became of them. It never decides who
// is entitled (beneficiaries does) and never moves money but through the ledger.
package payout

import (
	"time"

	"ansinh.vn/bank"
	"ansinh.vn/internal/secret"
	"ansinh.vn/money"
)

// RunID names one run. Example: 42.
type RunID int64

// PaymentID names what one payee gets in one run. Example: 1804.
type PaymentID int64

// PersonID is the surrogate number of a person in beneficiaries. Example: 95001.
type PersonID int64

// StaffID names who acts; the audit log writes it as "staff:" and the login.
type StaffID int64

// KeyID names an enrolled signing key of a member of staff.
type KeyID int64

// Scheme is a policy with its own decree and fund.
type Scheme string

// The schemes, in the order in which everything lists them.
const (
	BTXH Scheme = "btxh" // social assistance and care support, NĐ 20/2021, NĐ 335/2026
	HTXH Scheme = "htxh" // social pension, NĐ 176/2025
	NCC  Scheme = "ncc"  // merit, Pháp lệnh 02/2020
)

// Schemes lists all of them.
var Schemes = []Scheme{BTXH, HTXH, NCC}

// Kind says what a line is for.
type Kind string

// The kinds of a line.
const (
	Regular  Kind = "regular"  // the run's own month
	Arrears  Kind = "arrears"  // an earlier month, owed more than was paid
	Clawback Kind = "clawback" // an earlier month, paid more than was owed; negative
	Funeral  Kind = "funeral"  // the one-off funeral support
)

// RunState is how far a run has come.
type RunState string

// The states of a run; the database allows only the steps between them.
const (
	RunDraft      RunState = "draft"      // being computed, inside one transaction
	RunComputed   RunState = "computed"   // can be looked at; holds and releases
	RunSubmitted  RunState = "submitted"  // frozen, waits for approvals
	RunApproved   RunState = "approved"   // in the books, not yet sent
	RunInstructed RunState = "instructed" // with the bank and the post office
	RunClosed     RunState = "closed"     // every payment has its end
	RunRejected   RunState = "rejected"   // refused with a reason; its months are free again
	RunVoid       RunState = "void"       // withdrawn; its entries are reversed
)

// PaymentState is how far a payment has come.
type PaymentState string

// The states of a payment.
const (
	Held        PaymentState = "held"        // stays out, with its reasons
	Ready       PaymentState = "ready"       // will be paid
	Instructed  PaymentState = "instructed"  // in a message to the bank, or on the cash list
	Settled     PaymentState = "settled"     // the statement shows the debit, or nothing was left to pay
	Returned    PaymentState = "returned"    // refused or sent back; owed again
	Carried     PaymentState = "carried"     // a later payment has taken it over
	Cancelled   PaymentState = "cancelled"   // stopped or voided; its months are free again
	Collected   PaymentState = "collected"   // paid out in cash
	Uncollected PaymentState = "uncollected" // nobody came; owed again
)

// Run is one office's payout for one month.
type Run struct {
	ID              RunID       `json:"id"`
	Office          string      `json:"office"`
	Month           money.Month `json:"month"`
	Schemes         []string    `json:"schemes"`
	State           RunState    `json:"state"`
	KnownOn         time.Time   `json:"known_on"`
	WithProvisional bool        `json:"with_provisional"`
	ProvisionalSets []string    `json:"provisional_sets"` // rate sets used that were provisional when computed
	Digest          []byte      `json:"digest"`           // nil until submitted
	N               int         `json:"n"`                // payments that are not held
	Total           money.VND   `json:"total"`            // what they come to
	HeldN           int         `json:"held_n"`
	HeldTotal       money.VND   `json:"held_total"`
	Approvals       int         `json:"approvals"`        // given
	ApprovalsNeeded int         `json:"approvals_needed"` // 0 until submitted
	PreparedBy      StaffID     `json:"prepared_by"`
	PreparedAt      time.Time   `json:"prepared_at"`
	SubmittedBy     *StaffID    `json:"submitted_by"`
	SubmittedAt     *time.Time  `json:"submitted_at"`
	ApprovedAt      *time.Time  `json:"approved_at"`
	Reason          string      `json:"reason"`    // why it was rejected or voided
	Months          int         `json:"months"`    // that it pays, from Month on: 1, or 2 before Tết
	MonthsBy        string      `json:"months_by"` // the paper that allows two
}

// LastMonth is the last month that the run pays.
func (r Run) LastMonth() money.Month { return r.Month.Add(r.Months - 1) }

// PrepareInput says which run to compute.
type PrepareInput struct {
	Office          string
	Month           money.Month
	Schemes         []Scheme // empty means all; or one programme
	KnownOn         time.Time
	By              StaffID
	WithProvisional bool
	Months          int         // 0 and 1 pay the month, 2 the next one with it
	MonthsBy        string      // the paper that allows two together (TT 44/2022 Đ8.3)
	Box             *secret.Box // opens the accounts of staff and vendors; needed where there are any
	Now             time.Time
}

// lastMonth is the last month that the run will pay.
func (in *PrepareInput) lastMonth() money.Month { return in.Month.Add(in.Months - 1) }

// Approval is one person's signature over a run.
type Approval struct {
	Run       RunID
	Staff     StaffID
	Key       KeyID
	Signature []byte // ECDSA P-256 over SHA-256 of Statement, ASN.1 DER
}

// InstructInput says which part of an approved run is sent, and by which rail account.
type InstructInput struct {
	Run         RunID
	Account     bank.RailAccountID
	RequestedOn time.Time // the day the bank is asked to execute
	By          StaffID
	Now         time.Time
}

// Instruction is one order to pay.
type Instruction struct {
	EndToEndID string
	Payment    PaymentID
	Attempt    int
	Amount     money.VND
}

// OutcomeKind says what the bank or its statement told about one instruction.
type OutcomeKind string

// What may become of an instruction.
const (
	OutcomeRejected OutcomeKind = "rejected" // refused before the debit (pain.002)
	OutcomeDebited  OutcomeKind = "debited"  // the statement shows the debit
	OutcomeReturned OutcomeKind = "returned" // the statement shows the money coming back
)

// Outcome is what reconcile found out about one instruction.
type Outcome struct {
	EndToEndID string
	Kind       OutcomeKind
	Reason     string // ISO 20022 reason code such as AC04, "" for a debit
	Info       string // the bank's own words
	Amount     money.VND
	On         time.Time // booking day
	Ref        string    // the bank's reference, opaque; part of the entry's key
	By         string    // actor as the audit log names it
	Now        time.Time
}

// CashResult is one row of the list that the post office gives back.
type CashResult struct {
	EndToEndID string
	Collected  bool
	On         time.Time
	Note       string
}

// LifeEvent is something that happened to a person and was learned on a day.
type LifeEvent struct {
	Person  PersonID
	Kind    string // "death", "absence", "move" or "alive"
	On      time.Time
	KnownOn time.Time
	By      string // actor as the audit log names it
	Now     time.Time
}
