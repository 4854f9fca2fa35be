package registry

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"
)

// schema is as much of JSON Schema as the standard's messages need.
type schema struct {
	Ref        string             `json:"$ref"`
	Type       string             `json:"type"`
	Required   []string           `json:"required"`
	Properties map[string]*schema `json:"properties"`
	Items      *schema            `json:"items"`
	Enum       []string           `json:"enum"`
	OneOf      []*schema          `json:"oneOf"`
	Pattern    string             `json:"pattern"`
	Format     string             `json:"format"`
	MinLength  int                `json:"minLength"`
	MaxLength  int                `json:"maxLength"`
}

var dci = sync.OnceValue(func() map[string]*schema {
	b, err := os.ReadFile("testdata/dci-v1.0.0.schema.json")
	if err != nil {
		panic(err)
	}
	raw := map[string]json.RawMessage{}
	if err := json.Unmarshal(b, &raw); err != nil {
		panic(err)
	}
	delete(raw, "note")
	out := map[string]*schema{}
	for name, r := range raw {
		out[name] = new(schema)
		if err := json.Unmarshal(r, out[name]); err != nil {
			panic(name + ": " + err.Error())
		}
	}
	return out
})

// hasForm asserts that a decoded message has the form of the standard.
func hasForm(t *testing.T, name string, v any) {
	t.Helper()
	if err := dci()[name].check(v, name); err != nil {
		b, _ := json.Marshal(v)
		t.Errorf("%v\n%s", err, b)
	}
}

func (s *schema) check(v any, at string) error {
	if s.Ref != "" {
		return dci()[s.Ref].check(v, at)
	}
	if len(s.OneOf) > 0 {
		fits, first := 0, error(nil)
		for _, one := range s.OneOf {
			if err := one.check(v, at); err == nil {
				fits++
			} else if first == nil {
				first = err
			}
		}
		if fits != 1 {
			return fmt.Errorf("%s fits %d of %d forms; %w", at, fits, len(s.OneOf), first)
		}
		return nil
	}
	switch s.Type {
	case "object":
		m, ok := v.(map[string]any)
		if !ok {
			return fmt.Errorf("%s is no object: %v", at, v)
		}
		for _, name := range s.Required {
			if _, ok := m[name]; !ok {
				return fmt.Errorf("%s has no %s", at, name)
			}
		}
		for name, p := range s.Properties {
			if inner, ok := m[name]; ok {
				if err := p.check(inner, at+"."+name); err != nil {
					return err
				}
			}
		}
	case "array":
		l, ok := v.([]any)
		if !ok {
			return fmt.Errorf("%s is no list: %v", at, v)
		}
		for i, inner := range l {
			if err := s.Items.check(inner, fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
	case "integer":
		if n, ok := v.(float64); !ok || n != float64(int64(n)) {
			return fmt.Errorf("%s is no whole number: %v", at, v)
		}
	case "boolean":
		if _, ok := v.(bool); !ok {
			return fmt.Errorf("%s is neither true nor false: %v", at, v)
		}
	case "string":
		return s.checkText(v, at)
	}
	return nil
}

func (s *schema) checkText(v any, at string) error {
	text, ok := v.(string)
	n := len([]rune(text))
	switch {
	case !ok:
		return fmt.Errorf("%s is no text: %v", at, v)
	case s.Enum != nil && !slices.Contains(s.Enum, text):
		return fmt.Errorf("%s is %q, which is none of %q", at, text, s.Enum)
	case n < s.MinLength || s.MaxLength > 0 && n > s.MaxLength:
		return fmt.Errorf("%s has %d characters", at, n)
	case s.Pattern != "" && !regexp.MustCompile(s.Pattern).MatchString(text):
		return fmt.Errorf("%s is %q", at, text)
	case s.Format == "date-time":
		if _, err := time.Parse(time.RFC3339, text); err != nil {
			return fmt.Errorf("%s is no time: %q", at, text)
		}
	}
	return nil
}
