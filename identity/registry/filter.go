package registry

import (
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// filter is what a query asks for, read from the wire. The first fields are what
// an index can find; tests hold all that must be so.
type filter struct {
	number, oldNumber string
	name, birth       string
	tests             []test
}

type test = func(Record) bool

func (f *filter) fits(r Record) bool { return all(f.tests)(r) }

func all(tests []test) test {
	return func(r Record) bool {
		for _, t := range tests {
			if !t(r) {
				return false
			}
		}
		return true
	}
}

func some(tests []test) test {
	return func(r Record) bool { return slices.ContainsFunc(tests, func(t test) bool { return t(r) }) }
}

// filterError is a predicate that cannot be tested, in a query that is otherwise one.
type filterError struct{ said string }

func (e *filterError) Error() string { return e.said }

func filterErrorf(format string, args ...any) error {
	return &filterError{fmt.Sprintf(format, args...)}
}

// readFilter reads the query of a search.
func readFilter(kind string, query jsontext.Value) (*filter, error) {
	if len(query) == 0 {
		return nil, errors.New("there is no query")
	}
	switch kind {
	case byIdentifier:
		return readIdentifier(query)
	case byPredicate:
		return readPredicates(query)
	case byExpression:
		return readExpression(query)
	case "":
		return nil, errors.New("there is no query_type")
	}
	return nil, fmt.Errorf("query_type %q; this register takes %s, %s and %s", kind, byIdentifier, byExpression, byPredicate)
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
		return nil, fmt.Errorf("identifier type %q; this register knows %s and %s", q.Type, UIN, CMND)
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
		case "and", "":
			f.must(c.One, one)
			f.must(*c.Two, two)
		case "or":
			f.tests = append(f.tests, some([]test{one, two}))
		case "not":
			f.must(c.One, one)
			f.tests = append(f.tests, func(r Record) bool { return !two(r) })
		default:
			return nil, filterErrorf("condition %q", c.Condition)
		}
	}
	return f, nil
}

// must adds a predicate that has to hold, and lets an index use it.
func (f *filter) must(p predicate, test test) {
	f.tests = append(f.tests, test)
	if p.operator() != "eq" {
		return
	}
	value, _ := text(p.Value)
	switch name, _ := attributeName(p.Attribute); name {
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

// readExpression reads the form that registers built on the standard use for filters:
// {"value":{"expression":{"query":{attribute:{operator:value}}}}}, with lists under
// $and and $or and an object under $not, and with less of the wrapping.
func readExpression(query jsontext.Value) (*filter, error) {
	inner := query
	for _, name := range []string{"value", "expression", "query"} {
		var members map[string]jsontext.Value
		if err := json.Unmarshal(inner, &members); err != nil {
			return nil, errors.New("the expression is no object; this register takes no other language")
		}
		if v, ok := members[name]; ok {
			inner = v
		}
	}
	f := &filter{}
	if err := f.expression(inner, 0); err != nil {
		return nil, err
	}
	if len(f.tests) == 0 {
		return nil, errors.New("the expression has no query")
	}
	return f, nil
}

func (f *filter) expression(object jsontext.Value, depth int) error {
	var members map[string]jsontext.Value
	if err := json.Unmarshal(object, &members); err != nil || depth > 8 {
		return filterErrorf("an expression that is no object, or too deep")
	}
	names := make([]string, 0, len(members))
	for name := range members {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		switch name {
		case "$and", "and", "$or", "or":
			parts, err := expressions(members[name], depth)
			if err != nil {
				return err
			}
			if name == "$or" || name == "or" {
				tests := make([]test, len(parts))
				for i, p := range parts {
					tests[i] = p.fits
				}
				f.tests = append(f.tests, some(tests))
				continue
			}
			for _, p := range parts {
				f.number, f.oldNumber = or(f.number, p.number), or(f.oldNumber, p.oldNumber)
				f.name, f.birth = or(f.name, p.name), or(f.birth, p.birth)
				f.tests = append(f.tests, p.tests...)
			}
		case "$not", "not":
			part := &filter{}
			if err := part.expression(members[name], depth+1); err != nil {
				return err
			}
			f.tests = append(f.tests, func(r Record) bool { return !part.fits(r) })
		default:
			if err := f.attribute(name, members[name]); err != nil {
				return err
			}
		}
	}
	return nil
}

func expressions(list jsontext.Value, depth int) ([]*filter, error) {
	var parts []jsontext.Value
	if err := json.Unmarshal(list, &parts); err != nil || len(parts) == 0 {
		return nil, filterErrorf("$and and $or take a list of expressions")
	}
	out := make([]*filter, len(parts))
	for i, p := range parts {
		out[i] = &filter{}
		if err := out[i].expression(p, depth+1); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// attribute reads {operator:value}, or a value alone, which must be equal.
func (f *filter) attribute(name string, value jsontext.Value) error {
	if value.Kind() != '{' {
		value = append(append(jsontext.Value(`{"eq":`), value...), '}')
	}
	var operators map[string]jsontext.Value
	if err := json.Unmarshal(value, &operators); err != nil || len(operators) == 0 {
		return filterErrorf("no operator for %q", name)
	}
	for op, v := range operators {
		p := predicate{Attribute: name, Operator: op, Value: v}
		test, err := p.test()
		if err != nil {
			return err
		}
		f.must(p, test)
	}
	return nil
}
