package beneficiaries

// Evidence is what a register outcome rests on, as kept with the person. It
// never holds a full number: numbers are masked for reading, sealed for use.
type Evidence struct {
	Register   string      `json:"register,omitempty"`   // which register. Example: "sandbox"
	Message    string      `json:"message,omitempty"`    // message id of its answer
	Asked      string      `json:"asked,omitempty"`      // "number", "old_number" or "name"
	AsOf       string      `json:"as_of,omitempty"`      // YYYY-MM-DD for which the answer holds
	Score      float64     `json:"score,omitempty"`      // posterior of the best candidate in [0,1]
	Why        []string    `json:"why,omitempty"`        // Vietnamese, most important first
	Fields     []Field     `json:"fields,omitempty"`     // the linked or best record against the list
	Candidates []Candidate `json:"candidates,omitempty"` // up to three, best first
	With       []PersonID  `json:"with,omitempty"`       // duplicate: the other persons
	MovedTo    string      `json:"moved_to,omitempty"`
	Since      string      `json:"since,omitempty"`  // day of death, move or absence
	Absent     string      `json:"absent,omitempty"` // missing, abroad or detained
	Settled    string      `json:"settled,omitempty"`
}

// Field is one field of the list beside the same of the register.
type Field struct {
	Name     string `json:"name"`  // an identity.Field constant
	Level    string `json:"level"` // same, close, partly, differs, missing
	Listed   string `json:"listed"`
	Register string `json:"register"`
	Words    string `json:"words"`
}

// Candidate is a person of the register who may be the one on the list.
type Candidate struct {
	Number    string  `json:"number"` // masked
	Sealed    []byte  `json:"sealed"` // the number under secret.PersonNumber
	Old       []byte  `json:"old,omitempty"`
	Name      string  `json:"name"`
	Birth     string  `json:"birth"`
	Sex       string  `json:"sex"`
	Commune   string  `json:"commune"` // name of the commune
	Code      string  `json:"code"`
	Hamlet    string  `json:"hamlet"`
	Standing  string  `json:"standing,omitempty"`
	Died      string  `json:"died,omitempty"`
	MovedTo   string  `json:"moved_to,omitempty"`
	Since     string  `json:"since,omitempty"`
	Score     float64 `json:"score"`
	Fields    []Field `json:"fields,omitempty"`
	Ethnicity string  `json:"ethnicity,omitempty"`
}
