package units

import (
	"slices"
	"strings"
)

// Address is what a written address says about where someone lives today.
type Address struct {
	Hamlet   string    // ấp or khóm as written, "" when none stands there
	Communes []Commune // of today; one: sure; several: a name of before and after, or a divided unit
	Former   []Former  // the units of before July 2025 that it may mean
	District string    // as written, "" when none stands there
}

// ReadAddress reads an address as clerks write it, of before the merger or
// after: "Ấp Cầu Đỏ, Vĩnh Lộc, Hồng Dân, Bạc Liêu", "khóm 3 - P. Hiệp Thành".
// A district makes it an old address. Without one, a name that stands for an old
// and a new unit gives both, and Communes has all of them.
func ReadAddress(text string) Address {
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == '-' || r == '–' || r == '\n' })
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	parts = slices.DeleteFunc(parts, func(p string) bool { return p == "" })

	var a Address
	if len(parts) > 1 && isProvince(parts[len(parts)-1]) {
		parts = parts[:len(parts)-1]
	}
	if len(parts) > 0 && isHamlet(parts[0]) {
		a.Hamlet, parts = parts[0], parts[1:]
	}
	if len(parts) > 1 && isDistrict(parts[len(parts)-1]) {
		a.District, parts = parts[len(parts)-1], parts[:len(parts)-1]
	}
	// The commune is the last part that names one.
	for i := len(parts) - 1; i >= 0; i-- {
		if a.District == "" {
			a.Communes = Named(parts[i])
		}
		a.Former = FormerNamed(parts[i], a.District)
		for _, f := range a.Former {
			for _, c := range f.Became() {
				if !slices.Contains(a.Communes, c) {
					a.Communes = append(a.Communes, c)
				}
			}
		}
		if len(a.Communes) > 0 {
			if i > 0 && a.Hamlet == "" {
				a.Hamlet = parts[i-1]
			}
			break
		}
	}
	return a
}

func isHamlet(part string) bool {
	key := bare(markedKey(part))
	for _, word := range []string{"ap ", "khom ", "k "} {
		if strings.HasPrefix(key, word) {
			return true
		}
	}
	return false
}

func isProvince(part string) bool {
	key := expandKind(markedKey(part))
	kind, rest := cutKind(key)
	if kind != "" && kind != "tinh" {
		return false
	}
	return bare(rest) == "bac lieu" || bare(rest) == "ca mau"
}

func isDistrict(part string) bool {
	kind, _ := cutKind(expandKind(markedKey(part)))
	if kind == "xa" || kind == "phuong" || kind == "thi tran" {
		return false
	}
	return len(lookup(formerByDistrict, part)) > 0
}
