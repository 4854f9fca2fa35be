package registry

import (
	"errors"
	"fmt"
	"strings"
)

// wirePerson is a person in the standard's words. What the standard has no word
// for stands in additional_attributes.
type wirePerson struct {
	Attributes  []attribute  `json:"additional_attributes,omitempty"`
	Address     []address    `json:"address,omitempty"`
	Birth       string       `json:"birth_date,omitempty"`
	Death       string       `json:"death_date,omitempty"`
	Identifiers []identifier `json:"identifier"`
	Name        wireName     `json:"name"`
	Sex         string       `json:"sex,omitempty"`
}

type identifier struct {
	Type  string `json:"identifier_type"`
	Value string `json:"identifier_value"`
}

type wireName struct {
	Given   string `json:"given_name,omitempty"`  // the last word
	Second  string `json:"second_name,omitempty"` // the words between
	Surname string `json:"surname,omitempty"`     // the first word
}

type address struct {
	Line1    string `json:"address_line1,omitempty"`   // hamlet
	Locality string `json:"locality,omitempty"`        // commune by name
	Code     string `json:"sub_region_code,omitempty"` // commune by code
}

type attribute struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Names in additional_attributes.
const (
	extHousehold = "household_id"
	extEthnicity = "ethnicity"
	extStanding  = "residence_status"
	extMovedTo   = "moved_to"
	extMovedOn   = "moved_on"
)

// sexWord is the standard's word for a sex.
func sexWord(sex string) string {
	switch sex {
	case "M":
		return "male"
	case "F":
		return "female"
	}
	return "unknown"
}

func toWire(r Record) wirePerson {
	w := wirePerson{
		Identifiers: []identifier{{UIN, r.Number}}, Name: splitName(r.Name), Birth: r.Birth, Death: r.Died,
		Address: []address{{Line1: r.Hamlet, Locality: r.CommuneName, Code: r.Commune}},
		Sex:     sexWord(r.Sex),
	}
	if r.OldNumber != "" {
		w.Identifiers = append(w.Identifiers, identifier{CMND, r.OldNumber})
	}
	for _, a := range []attribute{
		{extEthnicity, r.Ethnicity}, {extHousehold, r.Household}, {extMovedOn, r.MovedOn}, {extMovedTo, r.MovedTo}, {extStanding, r.Standing},
	} {
		if a.Value != "" {
			w.Attributes = append(w.Attributes, a)
		}
	}
	return w
}

// record turns a person of the wire into ours; one without a number or a name
// is not an answer that anything may be built on.
func (w wirePerson) record() (Record, error) {
	r := Record{Name: w.Name.full(), Birth: w.Birth, Died: w.Death, Standing: Resident}
	for _, id := range w.Identifiers {
		switch id.Type {
		case UIN:
			r.Number = id.Value
		case CMND:
			r.OldNumber = id.Value
		}
	}
	switch w.Sex {
	case "male":
		r.Sex = "M"
	case "female":
		r.Sex = "F"
	}
	if len(w.Address) > 0 {
		r.Hamlet, r.CommuneName, r.Commune = w.Address[0].Line1, w.Address[0].Locality, w.Address[0].Code
	}
	for _, a := range w.Attributes {
		switch a.Name {
		case extHousehold:
			r.Household = a.Value
		case extEthnicity:
			r.Ethnicity = a.Value
		case extStanding:
			r.Standing = a.Value
		case extMovedTo:
			r.MovedTo = a.Value
		case extMovedOn:
			r.MovedOn = a.Value
		}
	}
	switch {
	case r.Number == "":
		return Record{}, errors.New("a record without a personal number")
	case r.Name == "":
		return Record{}, errors.New("a record without a name")
	case !isDate(r.Birth) || !isDate(r.Died):
		return Record{}, fmt.Errorf("a record with dates %q and %q", r.Birth, r.Died)
	}
	return r, nil
}

// splitName puts a Vietnamese name into the standard's three parts: family name
// first, given name last. A name of one word is a given name.
func splitName(name string) wireName {
	words := strings.Fields(name)
	switch n := len(words); n {
	case 0:
		return wireName{}
	case 1:
		return wireName{Given: words[0]}
	default:
		return wireName{Surname: words[0], Second: strings.Join(words[1:n-1], " "), Given: words[n-1]}
	}
}

func (n wireName) full() string {
	return strings.Join(strings.Fields(n.Surname+" "+n.Second+" "+n.Given), " ")
}

// isDate accepts YYYY, YYYY-MM and YYYY-MM-DD, and nothing at all.
func isDate(s string) bool {
	if s == "" {
		return true
	}
	for i, c := range []byte(s) {
		if (i == 4 || i == 7) != (c == '-') || c != '-' && (c < '0' || c > '9') {
			return false
		}
	}
	return len(s) == 4 || len(s) == 7 || len(s) == 10
}
