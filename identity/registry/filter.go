package registry

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"ansinh.vn/identity"
)

// filter is what a query asks for, read from the wire. The first fields are what
// an index can find; tests hold all that must be so.
type filter struct {
	number, oldNumber string
	name, birth       string
	tests             []func(Record) bool
}

func (f *filter) fits(r Record) bool {
	for _, t := range f.tests {
		if !t(r) {
			return false
		}
	}
	return true
}

// readFilter reads the query of a search.
func readFilter(kind string, query jsontext.Value) (*filter, error) {
	switch kind {
	case byIdentifier:
		return readIdentifier(query)
	case byPredicate:
		return readPredicates(query)
	case byExpression:
		return readExpression(query)
	}
	return nil, fmt.Errorf("query_type %q", kind)
}

func readIdentifier(query jsontext.Value) (*filter, error) {
	var q identifierQuery
	if err := json.Unmarshal(query, &q); err != nil {
		return nil, err
	}
	value, err := text(q.Value)
	if err != nil || value == "" {
		return nil, errors.New("the identifier has no value")
	}
	f := &filter{}
	switch q.Type {
	case UIN:
		f.number = value
		f.tests = append(f.tests, func(r Record) bool { return r.Number == value })
	case CMND:
		f.oldNumber = value
		f.tests = append(f.tests, func(r Record) bool { return r.OldNumber == value })
	default:
		return nil, fmt.Errorf("identifier type %q", q.Type)
	}
	return f, nil
}

func readPredicates(query jsontext.Value) (*filter, error) {
	var list []condition
	if err := json.Unmarshal(query, &list); err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errors.New("no predicate")
	}
	slices.SortStableFunc(list, func(a, b condition) int {
		switch {
		case a.Number < b.Number:
			return -1
		case a.Number > b.Number:
			return 1
		}
		return 0
	})
	f := &filter{}
	for _, c := range list {
		one, err := c.One.test()
		if err != nil {
			return nil, err
		}
		if c.Two == nil {
			f.must(c.One, one)
			continue
		}
		two, err := c.Two.test()
		if err != nil {
			return nil, err
		}
		switch c.Condition {
		case "and":
			f.must(c.One, one)
			f.must(*c.Two, two)
		case "or":
			f.tests = append(f.tests, func(r Record) bool { return one(r) || two(r) })
		case "not":
			f.must(c.One, one)
			f.tests = append(f.tests, func(r Record) bool { return !two(r) })
		default:
			return nil, fmt.Errorf("condition %q", c.Condition)
		}
	}
	return f, nil
}

// must adds a predicate that has to hold, and lets an index use it.
func (f *filter) must(p predicate, test func(Record) bool) {
	f.tests = append(f.tests, test)
	if p.Operator != "eq" {
		return
	}
	value, _ := text(p.Value)
	switch p.Attribute {
	case UIN:
		f.number = value
	case CMND:
		f.oldNumber = value
	case attrName:
		f.name = value
	case attrBirth:
		f.birth = value
	}
}

// readExpression reads {"value":{"expression":{"query":{attribute:{operator:value}}}}},
// the form that registers built on the standard use for simple filters.
func readExpression(query jsontext.Value) (*filter, error) {
	var q struct {
		Value struct {
			Expression struct {
				Query map[string]map[string]jsontext.Value `json:"query"`
			} `json:"expression"`
		} `json:"value"`
	}
	if err := json.Unmarshal(query, &q); err != nil {
		return nil, err
	}
	names := make([]string, 0, len(q.Value.Expression.Query))
	for name := range q.Value.Expression.Query {
		names = append(names, name)
	}
	if len(names) == 0 {
		return nil, errors.New("the expression has no query")
	}
	slices.Sort(names)
	f := &filter{}
	for _, name := range names {
		for op, value := range q.Value.Expression.Query[name] {
			p := predicate{Attribute: name, Operator: strings.TrimPrefix(op, "$"), Value: value}
			test, err := p.test()
			if err != nil {
				return nil, err
			}
			f.must(p, test)
		}
	}
	return f, nil
}

// test makes the predicate's test. A date fits as far as both sides are precise.
func (p predicate) test() (func(Record) bool, error) {
	get, ok := attributes[p.Attribute]
	if !ok {
		return nil, fmt.Errorf("attribute %q", p.Attribute)
	}
	if p.Operator == "in" {
		var values []jsontext.Value
		if err := json.Unmarshal(p.Value, &values); err != nil {
			return nil, err
		}
		var tests []func(Record) bool
		for _, v := range values {
			t, err := predicate{p.Attribute, v, "eq"}.test()
			if err != nil {
				return nil, err
			}
			tests = append(tests, t)
		}
		return func(r Record) bool {
			for _, t := range tests {
				if t(r) {
					return true
				}
			}
			return false
		}, nil
	}
	want, err := text(p.Value)
	if err != nil {
		return nil, err
	}
	if p.Operator == "eq" {
		switch p.Attribute {
		case attrName:
			key := identity.SearchKey(want)
			return func(r Record) bool { return identity.SearchKey(r.Name) == key }, nil
		case attrBirth, attrDeath:
			return func(r Record) bool { have := get(r); return have != "" && samePrecision(have, want) }, nil
		}
		return func(r Record) bool { return get(r) == want }, nil
	}
	// Dates in ISO form and numbers of one length compare as text.
	sign, ok := map[string]func(int) bool{
		"gt": func(c int) bool { return c > 0 }, "ge": func(c int) bool { return c >= 0 },
		"lt": func(c int) bool { return c < 0 }, "le": func(c int) bool { return c <= 0 },
	}[p.Operator]
	if !ok {
		return nil, fmt.Errorf("operator %q", p.Operator)
	}
	return func(r Record) bool { have := get(r); return have != "" && sign(strings.Compare(have, want)) }, nil
}

var attributes = map[string]func(Record) string{
	UIN: func(r Record) string { return r.Number }, CMND: func(r Record) string { return r.OldNumber },
	attrName: func(r Record) string { return r.Name }, attrBirth: func(r Record) string { return r.Birth },
	attrSex:     func(r Record) string { return map[string]string{"M": "male", "F": "female"}[r.Sex] },
	attrCommune: func(r Record) string { return r.Commune }, attrHousehold: func(r Record) string { return r.Household },
	attrDeath: func(r Record) string { return r.Died },
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
