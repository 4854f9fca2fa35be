package beneficiaries

import "ansinh.vn/identity"

// ParseNumber reads a personal number as people write it; false when it is none.
func ParseNumber(text string) (string, bool) {
	doc, err := identity.ParseDocument(text)
	return string(doc.Number), err == nil && doc.Number != ""
}

// SameName tells whether two spellings are one name, marks and case aside.
func SameName(a, b string) bool { return nameKey(a) == nameKey(b) }
