package identity

import "strconv"

// query is a list row in the form that matching needs.
type query struct {
	form     *form
	number   uint64
	old      uint32
	digits   string // as typed or repaired; of 12 digits unless it could not be read as a number
	prefix   string
	nine     string // the digits of the old number, or of another country's
	birth    dayKey
	garbled  string // digits of a date that could not be read
	century  bool   // the year had two digits and may be of the century before
	firstDay bool   // 1 January, which often means that only the year is known
	iso      bool   // the date was a spreadsheet's own, or written year first
	sure     bool   // communes has one, beyond doubt
	sex      byte
	ethnic   uint16
	group    int32 // the sheet
	hamlet   uint32
	communes [3]uint32
	fallback uint32  // the sheet's commune
	owner    uint32  // household of the person who has the number, if another fits better
	held     bool    // somebody in the register has the number
	rest     float32 // log2 of what is left for people who are not among the candidates
	slid     int32   // person whose number stands in a neighbouring row, -1 when none
}

// compare tells how q and person i compare. surprise is the sum of -log2 of the
// chances that a random person agrees so; the weights of the levels are added
// to it when they are known.
func (ix *Index) compare(q *query, pt *pattern, i int32) (v vector, surprise float64) {
	p := &ix.people[i]
	name, u := ix.compareName(q.form, p.form, pt)
	v[fName] = name
	surprise -= log2(u)
	birth, u := ix.compareBirth(q, p.birth)
	v[fBirth] = birth
	surprise -= log2(u)
	if q.sex != 0 && p.sex != 0 {
		share := of(ix.counts.sex[p.sex], ix.counts.sexes)
		v[fSex] = sSame
		if q.sex != p.sex {
			v[fSex], share = sDiffer, 1-of(ix.counts.sex[q.sex], ix.counts.sexes)
		}
		surprise -= log2(share)
	}
	surprise -= ix.comparePlace(q, p, &v)
	number, u := ix.compareNumber(q, p, i)
	v[fNumber] = number
	if (number == kSame || number == kOldSame) && !v.witnessed() {
		v[fNumber] = kStranger
		return v, ix.strangers(&v)
	}
	surprise -= log2(u)
	if q.ethnic != 0 && p.ethnic != 0 {
		share := of(ix.counts.ethnic[p.ethnic], ix.counts.ethnics)
		v[fEthnic] = sSame
		if q.ethnic != p.ethnic {
			v[fEthnic], share = sDiffer, 1-of(ix.counts.ethnic[q.ethnic], ix.counts.ethnics)
		}
		surprise -= log2(max(share, 1e-3))
	}
	return v, surprise
}

// wrongOwner is how many numbers on lists are somebody else's whom name and birth
// happen to bear out.
const wrongOwner = 0.05

// strangersNumber is how many numbers on lists are somebody else's, until it is
// learned.
const strangersNumber = 0.05

// relativeAgrees is how often a relative, whose number a row may bear, agrees with
// the row at each level of name, birth and sex. They live in the same place.
var relativeAgrees = [fieldCount][16]float64{
	fName: {nMissing: 1, nMark: .01, nBare: .01, nPlain: .01, nSound: .005, nMiddle: .01, nSlip1: .005, nSlip2: .005, nNear: .01, nWild: .01, nEnds: .02,
		nGivenMiddle: .005, nGiven: .015, nFamily: .5, nDiffer: .4},
	fBirth: {bMissing: 1, bFull: .004, bSwap: .004, bOneOff: .004, bYear: .01, bDayMonth: .005, bNear: .04, bDiffer: .93, bYearOnly: .015, bNearOnly: .04, bFarOnly: .94},
	fSex:   {sMissing: 1, sSame: .5, sDiffer: .5},
}

// strangers is the surprise of a number that is equal where neither name nor birth
// bears it out. The other explanation is no random person but a relative of the
// owner, or whoever's number slid into the row: a number alone never links, and
// living in the same place says nothing.
func (ix *Index) strangers(v *vector) float64 {
	surprise := -log2(strangersNumber / (ix.counts.n + 1000))
	for _, f := range [...]int{fName, fBirth, fSex} {
		surprise -= log2(relativeAgrees[f][v[f]])
	}
	return surprise
}

func (ix *Index) compareName(q, p *form, pt *pattern) (level uint8, chance float64) {
	c := &ix.counts
	if q.glued == "" || p.glued == "" {
		return nMissing, 1
	}
	level = nameLevel(q, p, pt)
	if level == nSlip1 || level == nSlip2 {
		level = ix.slipLevel(q, p, level)
	}
	switch level {
	case nMark:
		return level, c.share(c.mark[p.hMark])
	case nBare, nPlain:
		return level, c.share(c.plain[p.hPlain])
	case nSound:
		return level, c.share(c.sound[p.hSound])
	case nWild:
		return level, min(3*c.share(c.plain[p.hPlain]), 0.5)
	case nMiddle, nSlip1, nSlip2, nNear, nEnds:
		// Names whose ends are common have more neighbours, but not in proportion.
		rare := float64(c.ends[p.hEnds]) / c.n / c.meanEnds
		return level, min(ix.random[level]*min(max(sqrt(rare), 0.05), 4), 0.5)
	}
	return level, ix.random[level]
}

// nameLevel compares two names; pt holds q's letters without blanks.
func nameLevel(q, p *form, pt *pattern) uint8 {
	switch {
	case q.hMark == p.hMark:
		return nMark
	case q.hPlain == p.hPlain:
		if q.bare != p.bare {
			return nBare
		}
		return nPlain
	case q.wild:
		if wildMatch(q.plain, p.plain) {
			return nWild
		}
		return nDiffer
	}
	if q.hSound == p.hSound {
		return nSound
	}
	a, b := q.parts, p.parts
	ends := q.hEnds == p.hEnds && len(a) > 1 && len(b) > 1
	if ends && (len(a) == 2 || len(b) == 2 || initialsFit(a, b)) || sameWords(a, b) {
		return nMiddle
	}
	switch pt.slips(p.glued, 2) {
	case 1:
		if len(p.glued) >= 5 {
			return nSlip1
		}
	case 2:
		if len(p.glued) >= 9 {
			return nSlip2
		}
	}
	if ends {
		if subset(a, b) || subset(b, a) {
			return nMiddle
		}
		return nEnds
	}
	if q.hGiven == p.hGiven {
		if len(a) > 2 && len(b) > 2 && a[len(a)-2] == b[len(b)-2] {
			return nGivenMiddle
		}
		return nGiven
	}
	if len(a) == 2 && len(b) == 2 && exchanged(a, b) {
		return nSlip2
	}
	if q.hFamily == p.hFamily {
		return nFamily
	}
	return nDiffer
}

// exchanged reports two words in the other order, with up to two slips.
func exchanged(a, b []string) bool {
	if d := len(a[0]) - len(b[1]); d < -1 || d > 1 || len(a[0]) < 3 || len(a[1]) < 3 {
		return false
	}
	var pt pattern
	pt.set(a[0])
	n := pt.slips(b[1], 2)
	if n > 2 {
		return false
	}
	pt.set(a[1])
	return n+pt.slips(b[0], 2) <= 2
}

// slipLevel tells a name typed wrong from another name: where every word that
// differs is a name in use on both sides, or a short word differs in two letters,
// it is as likely a brother's or a sister's.
func (ix *Index) slipLevel(q, p *form, level uint8) uint8 {
	if len(q.parts) != len(p.parts) {
		return level
	}
	inUse := true
	var pt pattern
	for i, w := range q.parts {
		theirs := p.parts[i]
		if w == theirs {
			continue
		}
		if level == nSlip2 && min(len(w), len(theirs)) <= 4 {
			pt.set(w)
			if pt.slips(theirs, 2) == 2 {
				return nNear
			}
		}
		inUse = inUse && ix.counts.words[w] > 1 && ix.counts.words[theirs] > 1
	}
	if inUse {
		return nNear
	}
	return level
}

// initialsFit reports words that are equal or one the initial of the other.
func initialsFit(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	initials := 0
	for i := range a {
		switch {
		case a[i] == b[i]:
		case (len(a[i]) == 1 || len(b[i]) == 1) && a[i][0] == b[i][0]:
			initials++
		default:
			return false
		}
	}
	return initials > 0
}

// sameWords reports the same words in another order.
func sameWords(a, b []string) bool {
	if len(a) != len(b) || len(a) < 2 {
		return false
	}
	return subset(a, b)
}

// subset reports whether every word of a is in b, each as often.
func subset(a, b []string) bool {
	if len(a) > len(b) || len(b) > 16 {
		return false
	}
	used := uint(0)
	for _, w := range a {
		found := false
		for j, x := range b {
			if w == x && used&(1<<j) == 0 {
				used |= 1 << j
				found = true
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}

func (ix *Index) compareBirth(q *query, p dayKey) (level uint8, chance float64) {
	if p == 0 {
		return bMissing, 1
	}
	if q.garbled != "" && p.full() {
		var a, b [12]byte
		day := uint64(p.day()*1_000_000 + p.month()*10_000 + p.year())
		iso := uint64(p.year()*10_000 + p.month()*100 + p.day())
		if theirs := twelveDigits(&a, day)[4:]; q.garbled == theirs || digitSlip(q.garbled, theirs) || digitSlip(q.garbled, twelveDigits(&b, iso)[4:]) {
			return bOneOff, min(0.115*ix.counts.year(p.year()), 0.01)
		}
	}
	if n := len(q.garbled); n == 3 || n == 5 {
		if year := strconv.Itoa(p.year()); digitSlip(q.garbled, year) {
			return bYearOnly, min(5*ix.counts.year(p.year()), 0.3)
		}
	}
	if q.birth == 0 {
		return bMissing, 1
	}
	year := q.birth.year()
	if q.century && year-100 == p.year() {
		year -= 100
	}
	share := ix.counts.year(p.year())
	apart := year - p.year()
	if !q.birth.full() || !p.full() || q.firstDay { // 1 January stands for a year alone far too often
		switch {
		case apart == 0 && (q.birth.month() == p.month() || q.birth.month() == 0 || p.month() == 0 || q.firstDay || p&511 == 1<<5|1):
			return bYearOnly, share
		case apart >= -1 && apart <= 1:
			return bNearOnly, min(2*share, 0.9)
		}
		return bFarOnly, 1
	}
	sameDay, sameMonth := q.birth.day() == p.day(), q.birth.month() == p.month()
	switch {
	case apart == 0 && sameDay && sameMonth:
		return bFull, share * ix.counts.day(p)
	case apart == 0 && q.birth.day() == p.month() && q.birth.month() == p.day():
		return bSwap, share * ix.counts.day(p)
	case apart == 0 && (sameDay || sameMonth):
		return bOneOff, share * 0.115
	case apart == 0:
		return bYear, share * 0.88
	case sameDay && sameMonth:
		return bDayMonth, ix.counts.day(p)
	case apart == 1 || apart == -1:
		return bNear, min(2*share, 0.9)
	}
	return bDiffer, 1
}

func (ix *Index) compareNumber(q *query, p *person, i int32) (level uint8, chance float64) {
	one := 1 / (ix.counts.n + 1000)
	if q.number != 0 && p.number == q.number {
		return kSame, wrongOwner * one
	}
	if q.slid == i {
		return kSlid, min(3*one, 0.01)
	}
	if q.old != 0 && p.old != 0 {
		if q.old == p.old {
			return kOldSame, wrongOwner * one
		}
		if q.number == 0 || q.number>>63 == 1 {
			var buf [12]byte
			if theirs := oldDigits(&buf, p.old); q.nine != "" && theirs != "" && digitSlip(q.nine, theirs) {
				return kOldSlip, min(30*one, 0.01)
			}
			return kOldDiffer, 1
		}
	}
	if q.owner != 0 && q.owner == p.household {
		return kRelative, min(5*one, 0.05)
	}
	if p.number == 0 {
		return kMissing, 1
	}
	switch {
	case q.digits != "" && p.number < 1<<63:
		var buf [12]byte
		theirs := twelveDigits(&buf, p.number)
		if digitSlip(q.digits, theirs) {
			return kSlip, min(2*one, 0.01)
		}
		if len(q.digits) == 12 && twoWrong(q.digits, theirs) {
			return kTwo, min(40*one, 0.01)
		}
		return q.otherwise(p), 1
	case q.number != 0:
		return q.otherwise(p), 1
	case q.prefix != "" && p.number < 1<<63:
		var buf [12]byte
		if twelveDigits(&buf, p.number)[:len(q.prefix)] == q.prefix {
			return kPrefixSame, 0.05
		}
		return kPrefixDiffer, 0.95
	}
	return kMissing, 1
}

// otherwise is the level of a number that is not this person's: somebody else's,
// as that of a relative may be, or nobody's, as that of people whom the register
// does not know.
func (q *query) otherwise(p *person) uint8 {
	switch {
	case q.held:
		return kDiffer
	case q.number != 0 && q.number < 1<<63 && p.number < 1<<63 && q.number/1_000_000%1000 != p.number/1_000_000%1000:
		return kForeign
	}
	return kUnknown
}

// twelveDigits writes a number into buf.
func twelveDigits(buf *[12]byte, n uint64) string {
	for i := 11; i >= 0; i-- {
		buf[i] = byte('0' + n%10)
		n /= 10
	}
	return string(buf[:])
}

func twoWrong(a, b string) bool {
	n := 0
	for i := range len(a) {
		if a[i] != b[i] {
			n++
		}
	}
	return n <= 2
}

// comparePlace sets the levels of commune and hamlet and gives the log2 of the
// chance of both.
func (ix *Index) comparePlace(q *query, p *person, v *vector) float64 {
	if p.commune == 0 {
		return 0
	}
	c := &ix.counts
	share := c.place
	if q.communes[0] == 0 {
		if q.fallback == 0 {
			return 0
		}
		if q.fallback == p.commune {
			v[fCommune] = cSheet
			return log2(share(p.commune)) + ix.compareHamlet(q, p, v)
		}
		v[fCommune] = cElsewhere
		return log2(1 - share(q.fallback))
	}
	sum := 0.0
	for _, k := range q.communes {
		if k != 0 {
			sum += share(k)
		}
	}
	sum = min(sum, 0.99)
	for _, k := range q.communes {
		if k == p.commune {
			v[fCommune] = cPossible
			if q.sure {
				v[fCommune] = cSame
			}
			return log2(sum) + ix.compareHamlet(q, p, v)
		}
	}
	if q.fallback == p.commune {
		v[fCommune] = cTable
		return log2(share(p.commune)) + ix.compareHamlet(q, p, v)
	}
	v[fCommune] = cDiffer
	return log2(1 - sum)
}

func (ix *Index) compareHamlet(q *query, p *person, v *vector) float64 {
	if q.hamlet == 0 || p.hamlet == 0 {
		return 0
	}
	c := &ix.counts
	here := c.commune[uint64(p.commune)]
	if q.hamlet == p.hamlet {
		v[fHamlet] = hSame
		return log2(of(c.hamlet[mix(uint64(p.commune), uint64(p.hamlet))], here))
	}
	v[fHamlet] = hDiffer
	return log2(1 - min(of(c.hamlet[mix(uint64(p.commune), uint64(q.hamlet))], here), 0.9))
}
