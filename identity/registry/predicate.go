package registry

import (
	"errors"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"ansinh.vn/identity"
)

// operator is the standard's word for the operator; the dollar and the longer words
// of query languages are understood.
func (p predicate) operator() string {
	op := strings.TrimPrefix(p.Operator, "$")
	switch op {
	case "gte":
		return "ge"
	case "lte":
		return "le"
	}
	return op
}

// test makes the predicate's test. A date fits as far as both sides are precise.
func (p predicate) test() (test, error) {
	name, ok := attributeName(p.Attribute)
	if !ok {
		return nil, filterErrorf("attribute %q is not one that can be asked for", p.Attribute)
	}
	get := attributes[name]
	op := p.operator()
	if op == "in" {
		var values []jsontext.Value
		if err := json.Unmarshal(p.Value, &values); err != nil {
			return nil, filterErrorf("the operator in takes a list")
		}
		var tests []test
		for _, v := range values {
			t, err := predicate{p.Attribute, v, "eq"}.test()
			if err != nil {
				return nil, err
			}
			tests = append(tests, t)
		}
		return some(tests), nil
	}
	want, err := text(p.Value)
	if err != nil {
		return nil, filterErrorf("%s: %v", p.Attribute, err)
	}
	if op == "eq" {
		switch name {
		case attrName, attrGiven, attrSurname:
			key := identity.SearchKey(want)
			return func(r Record) bool { return identity.SearchKey(get(r)) == key }, nil
		case attrBirth, attrDeath:
			return func(r Record) bool { have := get(r); return have != "" && samePrecision(have, want) }, nil
		}
		return func(r Record) bool { return get(r) == want }, nil
	}
	// Dates in ISO form and numbers of one length compare as text.
	sign, ok := map[string]func(int) bool{
		"gt": func(c int) bool { return c > 0 }, "ge": func(c int) bool { return c >= 0 },
		"lt": func(c int) bool { return c < 0 }, "le": func(c int) bool { return c <= 0 },
	}[op]
	if !ok {
		return nil, filterErrorf("operator %q is not gt, lt, eq, ge, le or in", p.Operator)
	}
	return func(r Record) bool { have := get(r); return have != "" && sign(strings.Compare(have, want)) }, nil
}

var attributes = map[string]func(Record) string{
	UIN: func(r Record) string { return r.Number }, CMND: func(r Record) string { return r.OldNumber },
	attrName:    func(r Record) string { return r.Name },
	attrGiven:   func(r Record) string { return splitName(r.Name).Given },
	attrSurname: func(r Record) string { return splitName(r.Name).Surname },
	attrBirth:   func(r Record) string { return r.Birth },
	attrSex:     func(r Record) string { return sexWord(r.Sex) },
	attrCommune: func(r Record) string { return r.Commune }, attrHousehold: func(r Record) string { return r.Household },
	attrDeath: func(r Record) string { return r.Died },
}

// aliases are other names under which the standard's profiles ask for the same.
var aliases = map[string]string{
	"uin": UIN, "identifier_value": UIN, "cmnd": CMND, "full_name": attrName, "sur_name": attrSurname, "family_name": attrSurname,
	"birthdate": attrBirth, "date_of_birth": attrBirth, "dob": attrBirth, "yob": attrBirth, "gender": attrSex,
	"deathdate": attrDeath, "date_of_death": attrDeath, "sub_region_code": attrCommune, "address.sub_region_code": attrCommune,
}

func attributeName(name string) (string, bool) {
	if other, ok := aliases[strings.ToLower(name)]; ok {
		name = other
	}
	_, ok := attributes[name]
	return name, ok
}

func attributeOf(name string) (func(Record) string, bool) {
	name, ok := attributeName(name)
	return attributes[name], ok
}

// samePrecision compares two dates as far as the less precise one goes.
func samePrecision(a, b string) bool {
	n := min(len(a), len(b))
	return n >= 4 && a[:n] == b[:n]
}

// text reads a JSON string, or a number or boolean as it is written.
func text(v jsontext.Value) (string, error) {
	switch v.Kind() {
	case '"':
		var s string
		err := json.Unmarshal(v, &s)
		return s, err
	case '0', 't', 'f':
		return string(v), nil
	}
	return "", errors.New("a value that is no text")
}
