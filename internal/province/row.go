package province

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"ansinh.vn/identity"
	"ansinh.vn/internal/units"
)

// line is one row of a list before it is laid out.
type line struct {
	person, entitlement int32
	sins                Sin

	name, sex, ethnic, hamlet, commune, address, category string
	number, birth                                         any
	first, through                                        string
	coefficient                                           string
	e                                                     Entitlement
	decisionNo                                            string
	decisionOn                                            time.Time
	payee                                                 Payee
}

// clerk writes the rows of one list in one hand.
type clerk struct {
	*Province
	*rand.Rand
	style  style
	office units.Commune
	before []units.Former // what the commune was made of
}

// row writes one entitlement down, with what goes wrong on the way.
func (c *clerk) row(at int32) line {
	e := c.Entitlements[at]
	one := &c.People[e.Person]
	l := line{
		person: e.Person, entitlement: at, e: e, sins: c.fate(one),
		name: one.Name, sex: one.Sex.Words(), ethnic: one.Ethnic, category: e.Category,
		first: month(e.FirstMonth), through: month(e.PaidThrough),
		decisionNo: e.DecisionNo, decisionOn: e.DecisionOn, payee: *one.Payee,
	}
	if c.style.words {
		l.category = categoryWords[e.Category]
	}
	if e.Scheme == SocialAssistance {
		l.coefficient = coefficientText(e.Category, one.Age(c.Month))
	}
	c.number(&l, one)
	c.named(&l, one)
	c.born(&l, one)
	c.place(&l, one)
	c.pay(&l)
	c.blanks(&l)
	return l
}

// fate is what happened to the person that the clerk has not heard of.
func (c *clerk) fate(one *Person) (s Sin) {
	asked := DayOf(c.Listed) + 3
	switch known := one.KnownOn <= asked; {
	case one.Died != 0 && known:
		s |= Dead
	case one.Died != 0:
		s |= DiesLater
	case one.Standing == moved && known:
		s |= MovedAway
	case one.Standing != "" && known:
		s |= AwayFromHome
	}
	if one.Unregistered {
		s |= Unknown
	}
	return s
}

func (c *clerk) number(l *line, one *Person) {
	number := string(one.Number)
	switch x := c.Float64(); {
	case x < .020:
		number = ""
		l.sins |= NoNumber
	case x < .045 && one.OldNumber != "":
		number = string(one.OldNumber)
		l.sins |= OldNumberOnly
	case x > .988 && x < .998:
		number = c.slip(number)
		l.sins |= NumberSlip
	case x > .980 && x < .988:
		if rel := c.relative(l.person); rel != "" {
			number = rel
			l.sins |= RelativesNumber
		}
	case x > .970 && x < .980:
		number = number[:3] + " " + number[3:6] + " " + number[6:]
		if chance(c.Rand, .4) {
			number = strings.ReplaceAll(number, " ", ".")
		}
		l.sins |= NumberSpaced
	case x > .9995:
		l.number = fmt.Sprintf("%.5fE+10", float64(atoi(number[1:]))/1e10)
		l.sins |= Scientific
		return
	}
	if number != "" && digits(number) && (c.style.numericNumbers || chance(c.Rand, .008)) {
		l.number = atoi(number)
		if number[0] == '0' {
			l.sins |= LostZero
		}
		return
	}
	l.number = number
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// slip changes one digit, or exchanges two.
func (c *clerk) slip(number string) string {
	b := []byte(number)
	i := between(c.Rand, 4, len(b)-2)
	if chance(c.Rand, .35) && b[i] != b[i+1] {
		b[i], b[i+1] = b[i+1], b[i]
		return string(b)
	}
	b[i] = '0' + (b[i]-'0'+byte(between(c.Rand, 1, 9)))%10
	return string(b)
}

// relative is the number of somebody else in the household, "" for who lives alone.
func (c *clerk) relative(person int32) string {
	home := c.People[person].Household
	for _, k := range []int32{person + 1, person - 1, person + 2} {
		if k >= 0 && k < int32(len(c.People)) && c.People[k].Household == home {
			return string(c.People[k].Number)
		}
	}
	return ""
}

func (c *clerk) named(l *line, one *Person) {
	switch x := c.Float64(); {
	case x < .010:
		l.name = unmarked(l.name)
		l.sins |= NoMarks
	case x < .016:
		if other, ok := regional(l.name); ok {
			l.name = other
			l.sins |= RegionalPair
		}
	case x < .022:
		if other, ok := c.misspell(l.name); ok {
			l.name = other
			l.sins |= Misspelt
		}
	case x < .032:
		l.name = strings.Replace(l.name, " ", "  ", 1) + " "
		l.sins |= Spaced
	case x < .036 && one.Age(c.Month) > 50:
		title := "Ông "
		if one.Sex == identity.Female {
			title = "Bà "
		}
		l.name = title + l.name
		l.sins |= Titled
	}
	if chance(c.Rand, c.style.newTone) {
		if other := newTone.Replace(l.name); other != l.name {
			l.name = other
			l.sins |= TonePlaced
		}
	}
	if c.style.capitals {
		l.name = strings.ToUpper(l.name)
		l.sins |= Capitals
	}
}

// misspell exchanges letters as southern ears do, in one syllable.
func (c *clerk) misspell(name string) (string, bool) {
	swaps := [][2]string{{"ng ", "n "}, {"n ", "ng "}, {"iên", "iêng"}, {"ươn", "ương"}, {"Tr", "Ch"}, {"S", "X"}, {"D", "Gi"}, {"i ", "y "}, {"ê", "e"}, {"ô", "o"}}
	start := c.IntN(len(swaps))
	for i := range swaps {
		s := swaps[(start+i)%len(swaps)]
		if at := strings.LastIndex(name+" ", s[0]); at > 0 {
			return strings.TrimSpace((name + " ")[:at] + s[1] + (name + " ")[at+len(s[0]):]), true
		}
	}
	return name, false
}

func (c *clerk) born(l *line, one *Person) {
	b := one.Birth
	switch x := c.Float64(); {
	case x < .003:
		l.birth = ""
		l.sins |= NoBirth
		return
	case x < .009:
		b.Year += []int{-2, -1, 1, 2}[c.IntN(4)]
		l.sins |= WrongYear
	case x < .012 && b.Day > 0 && b.Day <= 12 && b.Day != b.Month:
		b.Day, b.Month = b.Month, b.Day
		l.sins |= DaySwapped
	case x < .012+.04 && b.Month > 0 && b.Year < 1980:
		b.Month, b.Day = 0, 0
		l.sins |= YearOnly
	}
	if b.Month == 0 {
		l.birth = c.yearAlone(l, b.Year)
		return
	}
	day := time.Date(b.Year, time.Month(b.Month), b.Day, 0, 0, 0, 0, time.UTC)
	switch c.style.dates {
	case dateCell:
		l.birth = day
	case dateDash:
		l.birth = day.Format("02-01-2006")
	case dateShort:
		l.birth = day.Format("02/01/06")
		l.sins |= TwoDigitYear
	case datePlain:
		l.birth = day.Format("2/1/2006")
	default:
		l.birth = day.Format("02/01/2006")
	}
}

func (c *clerk) yearAlone(l *line, year int) any {
	switch c.style.years {
	case yearFalse:
		l.sins |= FalseFirst
		if c.style.dates == dateCell {
			return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
		}
		return fmt.Sprintf("01/01/%d", year)
	case yearZeros:
		l.sins |= ZeroDay
		return fmt.Sprintf("00/00/%d", year)
	case yearNumber:
		return int64(year)
	}
	return fmt.Sprint(year)
}

func (c *clerk) place(l *line, one *Person) {
	if chance(c.Rand, .002) {
		l.sins |= NoAddress
		return
	}
	l.hamlet, l.commune = one.Hamlet, c.office.Name
	if one.Commune != c.office.Code { // moved: the clerk writes where they lived
		l.hamlet = hamlets(c.Seed, c.office)[int(one.Household)%6]
	}
	if !c.style.oldAddress && !chance(c.Rand, .03) {
		l.address = l.hamlet + ", " + l.commune
		return
	}
	l.sins |= OldAddress
	old := c.before[int(hash(l.hamlet)%uint64(len(c.before)))] // one hamlet lay in one commune
	l.commune = old.Name
	l.address = fmt.Sprintf("%s, %s, %s", l.hamlet, old.Name, old.District)
	if chance(c.Rand, .3) {
		l.address = fmt.Sprintf("%s, %s, %s, %s", l.hamlet, short(old.Name), short(old.District), formerProvinces[old.Province])
	}
}

var formerProvinces = map[string]string{"95": "Bạc Liêu", "96": "Cà Mau"}

// short leaves out the kind of a unit, but for those called by a number.
func short(name string) string {
	for _, kind := range []string{"Xã ", "Thị trấn ", "Huyện ", "Phường "} {
		if rest, ok := strings.CutPrefix(name, kind); ok && !digits(rest) {
			return rest
		}
	}
	return name
}

func (c *clerk) pay(l *line) {
	if l.payee.Recipient != nil && !l.payee.Recipient.Until.IsZero() && l.payee.Recipient.Until.Before(c.Listed) {
		l.sins |= Lapsed
	}
	if l.payee.Account == "" {
		return
	}
	switch x := c.Float64(); {
	case x < .002:
		l.payee.Account = ""
		l.sins |= NoAccount
	case x < .005:
		l.payee.Holder = bankName(c.People[c.IntN(len(c.People))].Name)
		l.sins |= OtherHolder
	}
}

// blanks leaves out what a row cannot do without.
func (c *clerk) blanks(l *line) {
	switch x := c.Float64(); {
	case x < .0008:
		l.name = ""
		l.sins |= BlankName
	case x < .0016:
		l.category = ""
		l.sins |= BlankCategory
	case x < .0024:
		l.first = ""
		l.sins |= BlankMonth
	case x < .0028:
		l.category = pick(c.Rand, []string{"Đối tượng khác", "?", "xem lại"})
		l.sins |= WrongCategory
	}
}
