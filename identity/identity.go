// Package identity knows people as Vietnamese offices write them down: personal
// numbers, names, dates of birth, sexes, identity-card codes and places, and it
// finds the person of a list row in the population register.
//
// It never touches a database, a clock, a network or a file: what it needs, the
// year of today included, comes in as an argument, and the same input gives the
// same answer whatever the number of processors.
package identity

import "strings"

// Field names used in repairs, reasons and agreements. They are the column names
// of the list contract, so that a clerk finds the cell that is meant.
const (
	FieldNumber  = "so_giay_to"
	FieldName    = "ho_ten"
	FieldBirth   = "ngay_sinh"
	FieldSex     = "gioi_tinh"
	FieldEthnic  = "dan_toc"
	FieldCommune = "xa"
	FieldHamlet  = "ap"
)

// Repair is one change made to a cell while cleaning it. Cleaning never loses
// what was typed: From holds it.
// Example: {so_giay_to lost_zero 95154000123 095154000123}.
type Repair struct {
	Field string // one of the Field constants
	Kind  string // one of the Repair kinds
	From  string // as typed
	To    string // as understood
}

// Kinds of repair.
const (
	RepairLostZero   = "lost_zero"   // a spreadsheet dropped leading zeros
	RepairScientific = "scientific"  // 9,5154E+10
	RepairLookAlike  = "look_alike"  // the letter O for 0, l for 1
	RepairSeparators = "separators"  // blanks, dots, an apostrophe, ".0"
	RepairUnicode    = "unicode"     // decomposed, half composed, zero-width, Eth for Đ
	RepairEncoding   = "encoding"    // TCVN3, VNI, VISCII, Windows-1258, UTF-8 read wrong
	RepairTitle      = "title"       // "Ông", "Bà" before a name
	RepairNote       = "note"        // "(đã chết)", "1." around a name
	RepairSpacing    = "spacing"     // blanks too many, or words glued together
	RepairCase       = "case"        // all capitals or none
	RepairTelex      = "telex"       // keystrokes of an input method left in the word
	RepairDateOrder  = "date_order"  // month before day
	RepairTwoDigit   = "two_digits"  // a year of two digits
	RepairSerial     = "serial"      // a spreadsheet's day number
	RepairImpossible = "impossible"  // 31/02: only the year is kept
	RepairYearOnly   = "year_only"   // 00/00/1942
	RepairSlid       = "slid"        // the value stands in the neighbouring row
	RepairOldCommune = "old_commune" // a unit of before July 2025
	RepairReusedCode = "reused_code" // a code that means another unit since July 2025
	RepairUnreadable = "unreadable"  // marks lost for good: Nguy?n
)

// Sex is "M", "F" or empty when unknown.
type Sex string

// The two sexes that the register records.
const (
	Male   Sex = "M"
	Female Sex = "F"
)

// ParseSex reads the forms that lists use: Nam, Nữ, M, F, male, female, 1, 0, x.
// Unknown text gives the empty Sex and false; an empty cell gives empty and true.
func ParseSex(raw string) (Sex, bool) {
	switch strings.ToLower(strings.Join(words(Fold(cleanText(raw))), " ")) {
	case "":
		return "", true
	case "nam", "m", "male", "trai", "ong", "1", "n.", "boy", "man":
		return Male, true
	case "nu", "f", "female", "gai", "ba", "0", "2", "phu nu", "girl", "woman":
		return Female, true
	}
	return "", false
}

// Words gives the Vietnamese word for the sex, empty when unknown.
func (s Sex) Words() string {
	switch s {
	case Male:
		return "Nam"
	case Female:
		return "Nữ"
	}
	return ""
}
