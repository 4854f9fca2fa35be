package population

import "strings"

// Fault is a set of what is wrong, or merely unusual, in a row.
type Fault uint64

// The faults of rows.
const (
	NoNumber Fault = 1 << iota
	OldNumber
	NumberSlip
	NumberTwoSlips
	RelativesNumber
	StrangersNumber // of somebody who lives elsewhere
	LookAlike
	SpacedNumber
	Scientific
	LostZero
	SlidNumber // stands beside another row
	SlidName
	NoMarks
	OtherMark
	Regional // Hoàng for Huỳnh
	LetterSlip
	TwoSlips
	NoMiddle
	InitialMiddle
	OtherMiddle
	OtherOrder
	Unreadable // Nguy?n
	Titled
	Noted
	Glued
	OtherName // the name in use is another than the registered one
	Telex
	NoBirth
	YearOnly
	FalseFirst // 01/01
	ZeroDay    // 00/00/1942
	WrongYear
	WrongDay
	DaySwapped
	BirthSlip
	TwoDigitYear
	MonthFirst
	DayNumber // a spreadsheet's
	WrongSex
	NoPlace
	OldPlace // a unit of before July 2025
	WrongPlace
	PlaceSlip
	PlaceCode
	Legacy // an encoding of before Unicode, or a Unicode form that is not composed
	TonePlaced
	Repeated // the person stands in the list before
	Absent   // not in the register
)

var faultNames = strings.Fields(`no_number old_number number_slip number_two_slips relatives_number strangers_number look_alike spaced_number scientific lost_zero
slid_number slid_name no_marks other_mark regional letter_slip two_slips no_middle initial_middle other_middle other_order unreadable titled noted glued other_name telex
no_birth year_only false_first zero_day wrong_year wrong_day day_swapped birth_slip two_digit_year month_first day_number wrong_sex
no_place old_place wrong_place place_slip place_code legacy tone_placed repeated absent`)

// Has reports whether any of the faults is among f.
func (f Fault) Has(any Fault) bool { return f&any != 0 }

// Each calls do with the name of every fault in f.
func (f Fault) Each(do func(name string)) {
	for i, name := range faultNames {
		if f&(1<<i) != 0 {
			do(name)
		}
	}
}

// String names the faults with a blank between.
func (f Fault) String() string {
	var out []string
	f.Each(func(name string) { out = append(out, name) })
	return strings.Join(out, " ")
}
