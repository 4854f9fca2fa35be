// Package registry asks the population register that stands behind e-identity
// about people, in the Digital Convergence Initiative's registry API v1.0.0
// (sync search), or by extract files where no line to it exists. It also holds
// a sandbox register that speaks the same protocol over HTTP.
//
// It never decides whether an answer is the person who was asked for, and it
// never hands on a part of an answer as if it were the whole.
package registry

import "time"

// Version is the DCI message version that this package speaks.
const Version = "1.0.0"

// Identifier types of a query and of a record. UIN is the standard's own, for
// the 12-digit personal number; the nine-digit identity card of before 2021
// has no code in the standard.
const (
	UIN  = "UIN"
	CMND = "CMND"
)

// Standing of a person in the register, beyond being alive or not.
const (
	Resident = "resident" // lives at the address given
	Moved    = "moved"    // registered elsewhere since MovedOn; MovedTo says where
	Missing  = "missing"  // declared missing (mất tích)
	Abroad   = "abroad"   // left the country (xuất cảnh)
	Detained = "detained" // serving a sentence (đang chấp hành án)
)

// Record is one person as the register knows them on the day it answers.
type Record struct {
	Number      string // 12 digits. Example: 095154000123
	OldNumber   string // nine-digit CMND once held, "" when none is known
	Name        string // full name in Vietnamese order, NFC. Example: Danh Thị Sà Rươne
	Birth       string // YYYY, YYYY-MM or YYYY-MM-DD: as precise as it is registered
	Sex         string // "M", "F", "" when unknown
	Ethnicity   string // Kinh, Khmer, Hoa; "" when not given
	Died        string // YYYY-MM-DD, "" for the living
	Commune     string // code of the commune of residence since July 2025. Example: 31825
	CommuneName string // Example: Phường Bạc Liêu
	Hamlet      string // ấp or khóm. Example: Ấp Cầu Đỏ
	Household   string // the register's own household key, "" when not given
	Standing    string // Resident, Moved, Missing, Abroad or Detained
	MovedTo     string // where to, in words, when the person left the province
	MovedOn     string // YYYY-MM-DD of the move or of the absence, "" otherwise
}

// Query asks for people by number, by old number, or by those of name, birth and
// commune that are filled; a commune alone asks for nobody. The first of these
// decides.
type Query struct {
	ID        string // the caller's own key, given back in Answer; unique in a call
	Number    string // 12 digits
	OldNumber string // nine digits
	Name      string // full name as known to the caller; compared without marks and case
	Birth     string // YYYY[-MM[-DD]], "" to leave open; a year fits any day of it
	Commune   string // commune code, "" to search the whole register
}

// Answer is the whole answer of the register to one Query.
type Answer struct {
	ID      string
	Records []Record  // all that fit; empty means that the register knows nobody such
	Reason  string    // reason code when this query was rejected, such as TooMany; "" otherwise
	Said    string    // the register's own words to Reason
	AsOf    time.Time // the moment for which the register gave the answer
	Message string    // message id of the answer, as evidence
}

// Reason codes of the standard for one search.
const (
	ReferenceInvalid   = "rjct.reference_id.invalid"
	ReferenceDuplicate = "rjct.reference_id.duplicate"
	TimestampInvalid   = "rjct.timestamp.invalid"
	CriteriaInvalid    = "rjct.search_criteria.invalid"
	FilterInvalid      = "rjct.filter.invalid"
	SortInvalid        = "rjct.sort.invalid"
	PaginationInvalid  = "rjct.pagination.invalid"
	TooMany            = "rjct.search.too_many_records_found"
)

// Reason codes of the standard for a message as a whole.
const (
	VersionInvalid     = "rjct.version.invalid"
	MessageDuplicate   = "rjct.message_id.duplicate"
	MessageTimeInvalid = "rjct.message_ts.invalid"
	ActionInvalid      = "rjct.action.invalid"
	ActionNotSupported = "rjct.action.not_supported"
	CountInvalid       = "rjct.total_count.invalid"
	CountExceeded      = "rjct.total_count.limit_exceeded"
)
