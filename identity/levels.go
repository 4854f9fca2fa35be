package identity

// The fields that are weighed, in the order of vector.
const (
	fName = iota
	fBirth
	fNumber
	fSex
	fCommune
	fHamlet
	fEthnic
	fieldCount
)

// vector is how a row and a person compare, a level a field.
type vector [8]uint8

// Levels of the name.
const (
	nMissing     = iota
	nMark        // same, marks and all
	nBare        // same, one side written without any mark
	nPlain       // same but for marks
	nSound       // same as the south says it
	nMiddle      // family and given name same, middle left out, an initial, or in another order
	nSlip1       // one typing slip
	nSlip2       // two, in different words or long ones
	nNear        // one slip, or two, that makes another name in use of it: Ba and Bé
	nWild        // fits what is readable of it
	nEnds        // family and given name same, middle another
	nGivenMiddle // given name and a middle word same, family another
	nGiven       // given name same
	nFamily      // family name same
	nDiffer
	nLevels
)

// Levels of the birth. The first group compares two full dates, the second
// knows only the year of one side.
const (
	bMissing = iota
	bFull
	bSwap     // day and month exchanged
	bOneOff   // year same, and one of day and month
	bYear     // year same, day and month not
	bDayMonth // day and month same, year not
	bNear     // a year apart
	bDiffer
	bYearOnly
	bNearOnly
	bFarOnly
	bLevels
)

// Levels of the number.
const (
	kMissing  = iota
	kSame     // and the name or the birth bears it out
	kStranger // same, but neither name nor birth bears it out
	kSlip     // one slip
	kTwo      // two digits wrong
	kRelative // it is the number of somebody in this person's household
	kSlid     // the neighbouring row has this person's number
	kDiffer   // it is somebody else's
	kUnknown  // nobody has it
	kForeign  // nobody has it, and its digits say another sex or year of birth
	kOldSame
	kOldSlip
	kOldDiffer
	kPrefixSame // what survived of the number fits
	kPrefixDiffer
	kLevels
)

// Levels of sex and ethnicity.
const (
	sMissing = iota
	sSame
	sDiffer
	sLevels
)

// Levels of the commune.
const (
	cMissing   = iota
	cSame      // the one commune named
	cPossible  // one of several that the words can mean
	cTable     // none of them, but the one that the sheet is of
	cDiffer    // none of them
	cSheet     // none is named, but the sheet is of this commune
	cElsewhere // none is named, and the sheet is of another
	cLevels
)

// Levels of the hamlet, compared only within one commune.
const (
	hMissing = iota
	hSame
	hDiffer
	hLevels
)

// groups are levels that exclude each other given what both sides have; the
// chances of a group sum to one.
var groups = [fieldCount][][]uint8{
	fName:    {{nMark, nBare, nPlain, nSound, nMiddle, nSlip1, nSlip2, nNear, nWild, nEnds, nGivenMiddle, nGiven, nFamily, nDiffer}},
	fBirth:   {{bFull, bSwap, bOneOff, bYear, bDayMonth, bNear, bDiffer}, {bYearOnly, bNearOnly, bFarOnly}},
	fNumber:  {{kSame, kStranger, kSlip, kTwo, kRelative, kSlid, kDiffer, kUnknown, kForeign}, {kOldSame, kOldSlip, kOldDiffer}, {kPrefixSame, kPrefixDiffer}},
	fSex:     {{sSame, sDiffer}},
	fCommune: {{cSame, cPossible, cTable, cDiffer}, {cSheet, cElsewhere}},
	fHamlet:  {{hSame, hDiffer}},
	fEthnic:  {{sSame, sDiffer}},
}

// contradicts reports a birth that speaks against the person.
func contradicts(birth uint8) bool {
	return birth == bNear || birth == bDiffer || birth == bNearOnly || birth == bFarOnly
}

// witnessed reports whether name or birth, or both in part and the home, bear out
// that a number which is equal is this person's own and not a relative's.
func (v vector) witnessed() bool {
	birth := v[fBirth]
	switch name := v[fName]; {
	case name == nMark || name == nBare:
		return true
	case name >= nPlain && name <= nSlip1 && v[fHamlet] == hSame:
		return true
	case name >= nPlain && name <= nEnds:
		return !contradicts(birth) && birth != bMissing || birth == bMissing && (name <= nSlip1 || v[fHamlet] == hSame)
	case v[fSex] == sDiffer:
		return false
	case birth == bFull || birth == bSwap:
		return true
	case birth == bYearOnly || birth == bOneOff:
		return v[fSex] == sSame && v[fHamlet] == hSame && (name == nMissing || name < nDiffer)
	}
	return false
}

// certain reports a number that is equal and so well borne out that no other
// person need be looked at.
func (v vector) certain() bool {
	if v[fNumber] != kSame && v[fNumber] != kOldSame {
		return false
	}
	name, birth := v[fName], v[fBirth]
	if name == nMissing || name > nSlip1 || v[fSex] == sDiffer && birth != bFull {
		return false
	}
	switch birth {
	case bFull, bSwap, bOneOff, bYearOnly:
		return true
	case bYear, bDayMonth, bMissing:
		return name <= nPlain
	}
	return false
}

// linkable reports whether the evidence is of a kind that may link without a
// person looking: two of name, birth, number and home must speak for it. A birth
// that contradicts needs the number, or the name to the letter and the home; a
// name that is another's needs the number, or the full birth and the home.
func (c *candidate) linkable() bool {
	n, v := 0, c.v
	number, home := false, v[fHamlet] == hSame || c.near
	switch v[fNumber] {
	case kSame, kSlip, kOldSame, kOldSlip, kSlid:
		number = true
		n++
	case kStranger:
		number, home = v[fName] < nDiffer, false
		n++
	case kRelative, kTwo:
		n++
	}
	name, birth := v[fName], v[fBirth]
	switch {
	case name >= nMark && name <= nEnds:
		n++
	case name > nGiven && !number && !(home && name == nFamily && birth == bFull && v[fSex] != sDiffer):
		return false
	}
	switch {
	case contradicts(birth):
		if !number && !(home && name >= nMark && name <= nPlain && (birth == bNear || birth == bNearOnly)) {
			return false
		}
	case birth != bMissing:
		n++
	}
	if home {
		n++
	}
	return n >= 2
}

// weighed is how many fields count, from the first: where a relative's number may
// stand in the row, their common place says nothing.
func (v vector) weighed() int {
	if v[fNumber] == kStranger {
		return fSex + 1
	}
	return fieldCount
}
