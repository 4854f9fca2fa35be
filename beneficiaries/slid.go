package beneficiaries

import (
	"strings"
	"unicode"

	"ansinh.vn/identity"
	"ansinh.vn/internal/secret"
	"ansinh.vn/internal/sheet"
)

// RepairSlidColumn: the cells of a row stand one column too far.
const RepairSlidColumn = "slid_column"

// slidRun is how many rows in a run must fit their neighbour's birth and sex, and
// not their own, before a column is taken to have slid: by chance it is one in a
// hundred, each.
const slidRun = 4

// straighten brings back the numbers of a column that slid by a row: somebody
// inserted or deleted one cell. What a number says of birth and sex tells whose it
// is. The register is still asked under name and birth.
func straighten(lines []line) {
	for _, step := range []int{1, -1} { // slid down: a number is of the row above
		for i := 0; i < len(lines); {
			from, to, ok := slidFrom(lines, i, step)
			if ok {
				moveBack(lines, from, to, step)
			}
			i = max(to, i+1)
		}
	}
	for i := range lines {
		l := &lines[i]
		if l.sex == "" && l.person.Valid() {
			l.sex = l.person.Sex()
		}
		for _, doubt := range l.person.Doubts(l.sex, l.birth) {
			l.warn("%s", doubt)
		}
	}
}

// slidFrom finds the run at row i: [from, to) fit their neighbours.
func slidFrom(lines []line, i, step int) (from, to int, ok bool) {
	from, to = -1, i
	apart, last := 0, i
	for ; to < len(lines); to++ {
		at := to - step
		if at < 0 || at >= len(lines) || lines[at].sheet != lines[to].sheet || !tells(lines[to].person, &lines[at]) {
			break
		}
		if !tells(lines[to].person, &lines[to]) {
			if from < 0 {
				from = to
			}
			apart++
			last = to
		}
	}
	if apart < slidRun || from < 0 || 2*apart < last+1-from {
		return 0, to, false
	}
	return from, last + 1, true
}

// tells reports whether a number says the birth and the sex of a row.
func tells(n identity.PersonNumber, l *line) bool {
	return n.Valid() && l.birth.Year != 0 && n.BirthYear() == l.birth.Year && (l.sex == "" || l.sex == n.Sex())
}

func moveBack(lines []line, from, to, step int) {
	numbers := make([]identity.PersonNumber, to-from)
	for i := range numbers {
		numbers[i], lines[from+i].person = lines[from+i].person, ""
	}
	for i, n := range numbers {
		l := &lines[from+i-step]
		if l.person != "" && tells(l.person, l) {
			continue // at the edge: a row that has its own
		}
		l.person = n
		l.note([]identity.Repair{{Field: identity.FieldNumber, Kind: identity.RepairSlid, To: string(n)}})
		l.warn("cột số định danh bị lệch một dòng; số %s được đưa về dòng này, chờ đối chiếu", secret.Mask(string(n)))
	}
	for i := from; i < to; i++ {
		if l := &lines[i]; l.person == "" {
			l.warn("cột số định danh bị lệch một dòng; dòng này không còn số")
		}
	}
}

// inPlace is the row as it was meant: where its cells stand one column too far,
// by one inserted or deleted cell, they are read from there.
func inPlace(r sheet.Row) (sheet.Row, bool) {
	if name := r.Value(fName); looksLikeName(name) || digitsIn(name) < 6 && !looksLikeName(r.Value(fNumber)) {
		return r, false
	}
	for _, by := range []int{1, -1} {
		s := r.Shifted(by)
		doc, err := identity.ParseDocument(s.Value(fNumber))
		_, _, bad := identity.Dates{}.Parse(s.Value(fBirth))
		if looksLikeName(s.Value(fName)) && err == nil && bad == nil && (doc.Number != "" || doc.Old != "") {
			return s, true
		}
	}
	return r, false
}

// looksLikeName reports words and no digits.
func looksLikeName(text string) bool {
	return digitsIn(text) == 0 && len(strings.Fields(text)) >= 2 && strings.IndexFunc(text, unicode.IsLetter) >= 0
}

func digitsIn(text string) (n int) {
	for _, r := range text {
		if r >= '0' && r <= '9' {
			n++
		}
	}
	return n
}
