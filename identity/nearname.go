package identity

import "strings"

// nearNames finds the known name that an unknown one is a slip of. Names that are
// one slip apart share a form with at most one letter left out.
type nearNames map[uint64]string

// add makes a name known, with its blanks left out as typing slips do.
func (n nearNames) add(name string) {
	if n.short(name) {
		return
	}
	leaveOut(name, func(key uint64) {
		if known, ok := n[key]; ok && known != name {
			name := "" // two names are as near: neither is meant for sure
			n[key] = name
			return
		}
		n[key] = name
	})
}

// find is the one known name that is a slip from name, "" when there is none.
func (n nearNames) find(name string) (found string) {
	if len(n) == 0 || n.short(name) {
		return ""
	}
	several := false
	leaveOut(name, func(key uint64) {
		if known := n[key]; known != "" && sameDigits(known, name) {
			several = several || found != "" && found != known
			found = known
		}
	})
	if several {
		return ""
	}
	return found
}

func (nearNames) short(name string) bool { return len(name) < 5 }

// leaveOut calls do for the key of a name and of the name without each of its letters.
func leaveOut(name string, do func(key uint64)) {
	name = strings.ReplaceAll(name, " ", "")
	do(hashOf(13, name))
	b := make([]byte, 0, len(name))
	for i := range len(name) {
		do(hashOf(13, string(append(append(b[:0], name[:i]...), name[i+1:]...))))
	}
}

// sameDigits reports whether the digits in two names are the same: Ấp 12 is no
// slip of Ấp 13.
func sameDigits(a, b string) bool {
	digits := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, s)
	}
	return digits(a) == digits(b)
}
