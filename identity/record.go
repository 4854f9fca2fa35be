package identity

// Record is one person of the population register.
type Record struct {
	Number      PersonNumber // or, in registers of other countries, any unique key
	OldNumber   string       // nine-digit CMND once held, or empty
	Name        string       // full name, family name first
	Birth       Birth
	Sex         Sex
	Ethnic      string // Kinh, Khmer, Hoa; empty when not given
	CommuneCode string // of the unit of today, empty when not given
	Commune     string // its name
	Hamlet      string // ấp or khóm
	Household   string // the register's household key, empty when not given
	Deceased    bool
	DiedOn      string // YYYY-MM-DD or empty
}

// Row is one row of a list, every cell as it was typed.
type Row struct {
	ID       string // the caller's own key, given back in Result
	List     string // danh_sach: within one list a person may stand once
	Sheet    string // bang: columns are judged (encoding, day order) by list and sheet
	Document string // personal number or old identity-card number
	Name     string
	Birth    string
	Sex      string
	Ethnic   string
	Address  string // may name hamlet and commune
	Commune  string
}

// Outcome is what matching decided about a row.
type Outcome string

// The outcomes of matching.
const (
	Match     Outcome = "match"     // this person, alive
	Deceased  Outcome = "deceased"  // this person, dead in the register
	Duplicate Outcome = "duplicate" // this person, linked by an earlier row of the same list
	Review    Outcome = "review"    // a clerk decides between the candidates
	NotFound  Outcome = "not_found" // nobody in the register fits
)

// Agreement is how one field of a row compares with a record.
type Agreement struct {
	Field string // one of the Field constants
	Level Level  // how well it agrees
	Words string // in Vietnamese, for the clerk. Example: "họ tên trùng, khác dấu"
}

// Level orders how well a field agrees, best first.
type Level uint8

// Levels of agreement, common to all fields.
const (
	Missing Level = iota // a side is empty: says nothing
	Same                 // equal after cleaning
	Close                // equal but for marks, spelling, precision or one slip
	Partly               // a part agrees: the year, the family name
	Differs              // contradicts
)

// Candidate is a person who might be the one meant.
type Candidate struct {
	Number PersonNumber
	Score  float64 // posterior in [0,1]
	Fields []Agreement
}

// Result is the answer for one row.
type Result struct {
	RowID      string
	Outcome    Outcome
	Number     PersonNumber // for Match, Deceased and Duplicate
	Score      float64      // posterior of the best candidate in [0,1]
	Candidates []Candidate  // up to three, best first; the linked person is the first
	Reasons    []string     // Vietnamese, most important first
	Repairs    []Repair
	FirstRow   string // for Duplicate: the ID of the row that holds the person
}
