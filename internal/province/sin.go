package province

import "strings"

// Sin is a set of what is wrong, or merely unusual, in one row of a list.
type Sin uint64

// The sins of the lists (and of what happened to people since).
const (
	LostZero        Sin = 1 << iota // the number stands as a number, without its zero
	OldNumberOnly                   // the nine-digit card instead of the personal number
	NoNumber                        // the number is missing
	RelativesNumber                 // the number is someone else's of the household
	NumberSlip                      // one digit is wrong
	NumberSpaced                    // blanks or dots within the number
	Scientific                      // 9.51540E+10
	LegacyTCVN3                     // text columns typed in TCVN3
	LegacyVNI                       // text columns typed in VNI
	Decomposed                      // marks as characters of their own
	TonePlaced                      // hoà for hòa
	NoMarks                         // the name without any mark
	Capitals                        // the name in capitals
	Misspelt                        // one letter of the name is wrong
	RegionalPair                    // Hoàng for Huỳnh
	Spaced                          // blanks too many in the name
	Titled                          // "Bà" before the name
	YearOnly                        // the year alone, though the day is registered
	FalseFirst                      // 01/01 for a year
	ZeroDay                         // 00/00/1942
	WrongYear                       // the year of birth is off by one or two
	DaySwapped                      // day and month exchanged
	TwoDigitYear                    // 15/10/54
	NoBirth                         // no date of birth
	OldAddress                      // commune and district of before July 2025
	NoAddress                       // no place at all
	Repeated                        // the same person once more in the same list
	Elsewhere                       // the same person on another commune's list too
	Dead                            // died before the lists and the register knew it in time
	DiesLater                       // died, or was registered dead, after the register was asked
	MovedAway                       // moved, known in time
	AwayFromHome                    // missing, abroad or detained, known in time
	Unknown                         // not in the register at all
	BlankName                       // nobody's row: must be quarantined
	BlankCategory                   // owed under nothing: must be quarantined
	BlankMonth                      // from no month: must be quarantined
	WrongCategory                   // a category that does not exist: must be quarantined
	OtherHolder                     // the account is held by someone unnamed
	SharedAccount                   // another person's account
	NoAccount                       // to an account, but none given
	Lapsed                          // the authorisation has run out
)

var sinNames = []string{
	"lost_zero", "old_number", "no_number", "relatives_number", "number_slip", "number_spaced", "scientific",
	"tcvn3", "vni", "decomposed", "tone_placed", "no_marks", "capitals", "misspelt", "regional_pair", "spaced", "titled",
	"year_only", "false_first", "zero_day", "wrong_year", "day_swapped", "two_digit_year", "no_birth",
	"old_address", "no_address", "repeated", "elsewhere", "dead", "dies_later", "moved", "away", "unknown",
	"blank_name", "blank_category", "blank_month", "wrong_category", "other_holder", "shared_account", "no_account", "lapsed",
}

// Quarantined are the sins that leave a row without what it must say.
const Quarantined = BlankName | BlankCategory | BlankMonth | WrongCategory

// Has reports whether any of the sins is among s.
func (s Sin) Has(any Sin) bool { return s&any != 0 }

// String names the sins with a space between.
func (s Sin) String() string {
	var out []string
	for i, name := range sinNames {
		if s&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	return strings.Join(out, " ")
}
