// Package beneficiaries owns the people whom the schemes' lists name: lists as
// received, persons, entitlements, payees and accounts, what the population
// register says about each person, clerks' decisions about it, and deaths and
// moves as they become known. It is the only writer of those tables.
//
// It never computes what is owed, never moves money, and never shows a full
// personal or account number without recording who saw it.
package beneficiaries

import (
	"fmt"
	"time"
)

// PersonID is the surrogate key of a person; it appears in account names and
// references instead of the personal number. Example: 48213.
type PersonID int64

// ListID is one version of one scheme's list of one office. Example: 57.
type ListID int64

// RowID is one row of a list as received. Example: 190211.
type RowID int64

// PayeeID is one way of collecting for a person; a changed account is another
// payee. Example: 48390.
type PayeeID int64

// Outcome is what the register's answer about a person comes to.
type Outcome string

// The outcomes of asking the register.
const (
	Match     Outcome = "match"      // trùng khớp
	Mismatch  Outcome = "mismatch"   // sai lệch thông tin
	Review    Outcome = "review"     // cần cán bộ xem xét
	NotFound  Outcome = "not_found"  // không tìm thấy
	Duplicate Outcome = "duplicate"  // trùng số định danh, hoặc trùng người
	Deceased  Outcome = "deceased"   // đã chết
	Moved     Outcome = "moved"      // chuyển đi
	Absent    Outcome = "absent"     // mất tích, xuất cảnh, đang chấp hành án
	OldNumber Outcome = "old_number" // chỉ có CMND 9 số, đã nhận ra người
	Unchecked Outcome = "unchecked"  // chưa đối chiếu
)

// Outcomes lists them all in the order in which summaries show them.
var Outcomes = []Outcome{Match, OldNumber, Moved, Mismatch, Review, NotFound, Duplicate, Deceased, Absent, Unchecked}

// Payable reports whether the outcome alone lets a person be paid. Moved is:
// the old office pays until the stop decision (NĐ 335/2026 Đ8).
func (o Outcome) Payable() bool { return o == Match || o == OldNumber || o == Moved }

// Words is the outcome as a page shows it, in Vietnamese and English.
func (o Outcome) Words() (vi, en string) {
	switch o {
	case Match:
		return "Trùng khớp", "Agrees with the register"
	case Mismatch:
		return "Sai lệch thông tin", "Differs from the register"
	case Review:
		return "Cần xem xét", "Needs a clerk's eye"
	case NotFound:
		return "Không tìm thấy trong sổ đăng ký dân cư", "Not found in the register"
	case Duplicate:
		return "Trùng số định danh hoặc trùng người", "Same number or same person twice"
	case Deceased:
		return "Đã chết", "Deceased"
	case Moved:
		return "Đã chuyển đi", "Moved away"
	case Absent:
		return "Mất tích, xuất cảnh hoặc đang chấp hành án", "Missing, abroad or detained"
	case OldNumber:
		return "Trùng khớp, danh sách chỉ có CMND 9 số", "Agrees; the list has an old number only"
	case Unchecked:
		return "Chưa đối chiếu", "Not checked yet"
	}
	return string(o), string(o)
}

// HoldReason is a code in payable.hold_reasons: an outcome that is not payable,
// or one of the constants here.
type HoldReason string

// Reasons to hold a payment beside the outcomes.
const (
	HoldStopped       HoldReason = "stopped"
	HoldNotListed     HoldReason = "not_listed"
	HoldTwoOffices    HoldReason = "two_offices"
	HoldNoPayee       HoldReason = "no_payee"
	HoldNoAccount     HoldReason = "no_account"
	HoldHolder        HoldReason = "holder_mismatch"
	HoldShared        HoldReason = "shared_account"
	HoldAuthorisation HoldReason = "authorisation_expired"
	HoldIncomplete    HoldReason = "authorisation_incomplete"
	HoldNotAccepted   HoldReason = "list_not_accepted"
)

// Words says why and what to do, in Vietnamese and English.
func (h HoldReason) Words() (vi, en string) {
	switch h {
	case HoldStopped:
		return "Cán bộ đã quyết định dừng chi trả", "A clerk decided to stop payment"
	case HoldNotListed:
		return "Không còn trong danh sách mới nhất; cần quyết định thôi hưởng hoặc bổ sung lại danh sách",
			"No longer on the newest list; needs a stop decision or a place on the list"
	case HoldTwoOffices:
		return "Có tên hưởng ở hai xã; cần một xã dừng", "Listed by two communes; one has to stop"
	case HoldNoPayee:
		return "Chưa có người nhận", "Nobody to collect"
	case HoldNoAccount:
		return "Chưa có số tài khoản hoặc không rõ ngân hàng", "No account number, or the bank is not known"
	case HoldHolder:
		return "Tên chủ tài khoản khác tên người hưởng và người nhận thay", "The account holder is neither the person nor the recipient"
	case HoldShared:
		return "Nhiều người dùng chung một tài khoản; cần ghi lý do", "Several people share one account; a reason is needed"
	case HoldAuthorisation:
		return "Giấy ủy quyền nhận thay đã hết hạn, không ghi hạn hoặc ghi quá 12 tháng", "The recipient's authorisation has expired, has no end date or one beyond 12 months"
	case HoldIncomplete:
		return "Người nhận thay chưa có số định danh hoặc số giấy ủy quyền", "The recipient's number or the authorisation is missing"
	case HoldNotAccepted:
		return "Danh sách mới đưa vào chưa được người thứ hai chấp nhận", "The list that brought this is not accepted yet"
	case HoldReason(Moved), HoldReason(Match), HoldReason(OldNumber):
		return string(h), string(h)
	}
	return Outcome(h).Words()
}

// RefusedError is input that was refused whole: nothing of it is in the
// database. Its text says what, where and what to do.
type RefusedError struct {
	File  string
	Where string // sheet and cell, "" for the whole file
	What  string
	Do    string
	Err   error
}

func (e *RefusedError) Error() string {
	s := e.File
	if e.Where != "" {
		s += " [" + e.Where + "]"
	}
	s += ": " + e.What
	if e.Do != "" {
		s += "; " + e.Do
	}
	if e.Err != nil {
		s = fmt.Sprintf("%s (%v)", s, e.Err)
	}
	return s
}

func (e *RefusedError) Unwrap() error { return e.Err }

// Refused marks the error as one of input, not of the program.
func (e *RefusedError) Refused() bool { return true }

// day cuts a moment to its calendar day, in the form of date columns.
func day(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}
