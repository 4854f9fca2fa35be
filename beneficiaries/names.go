package beneficiaries

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"ansinh.vn/identity"
)

// likeness of two names as two writings of one person's.
type likeness int

const (
	otherName likeness = iota
	nearName
	sameName
)

// likeNames compares names without marks: equal, or near enough to be one
// person's by a slip, an accent of the south, the order of the words or a
// middle name left out.
func likeNames(a, b string) likeness {
	ka, kb := identity.SearchKey(a), identity.SearchKey(b)
	switch {
	case ka == "" || kb == "":
		return otherName
	case strings.ReplaceAll(ka, " ", "") == strings.ReplaceAll(kb, " ", ""):
		return sameName
	case identity.SoundKey(a) == identity.SoundKey(b):
		return nearName
	}
	wa, wb := strings.Fields(ka), strings.Fields(kb)
	if len(wa) > 2 && len(wb) > 2 && sameWords(wa, wb) {
		return nearName
	}
	// "Nguyen Van An" and "Nguyen An": first and last word agree, the rest is a part
	if len(wa) != len(wb) && len(wa) > 1 && len(wb) > 1 && wa[0] == wb[0] && wa[len(wa)-1] == wb[len(wb)-1] && partOf(wa, wb) {
		return nearName
	}
	if min(len(ka), len(kb)) >= 8 && slips(ka, kb) <= 1 || min(len(ka), len(kb)) >= 14 && slips(ka, kb) <= 2 {
		return nearName
	}
	return otherName
}

func sameWords(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// partOf reports whether the shorter is the longer with words left out.
func partOf(a, b []string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i := 0
	for _, w := range b {
		if i < len(a) && a[i] == w {
			i++
		}
	}
	return i == len(a)
}

// slips counts the letters to add, drop, change or exchange with a neighbour to
// make b of a, up to 3.
func slips(a, b string) int {
	if len(a)-len(b) > 3 || len(b)-len(a) > 3 {
		return 3
	}
	before, prev, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := prev[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			row[j] = min(change, prev[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, prev, row = prev, row, before
	}
	return min(prev[len(b)], 3)
}

func compose(s string) string { return norm.NFC.String(s) }
