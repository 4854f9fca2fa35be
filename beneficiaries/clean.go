package beneficiaries

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"ansinh.vn/identity"
	"ansinh.vn/internal/secret"
	"ansinh.vn/internal/sheet"
	"ansinh.vn/internal/units"
	"ansinh.vn/money"
)

// CellRepair is one change made to a cell while it was read. It never holds a
// full number.
type CellRepair struct {
	Column string `json:"column"`         // column key. Example: ho_ten
	Kind   string `json:"kind"`           // an identity.Repair kind
	From   string `json:"from,omitempty"` // as typed; numbers masked
	To     string `json:"to,omitempty"`
}

// line is one row of a list as understood.
type line struct {
	sheet    string
	number   int // of the row
	cells    []string
	repairs  []CellRepair
	warnings []string
	cell     string // quarantine: the cell at fault
	reason   string // quarantine: why; "" for a row that is taken
	mends    RowID  // the quarantined row that this one corrects

	person      identity.PersonNumber
	old         identity.OldNumber
	name        string
	birth       identity.Birth
	sex         identity.Sex
	eIdentity   *bool // nil: the row does not say
	ethnic      string
	hamlet      string
	address     string
	phone       string
	category    string
	decisionNo  string
	decisionOn  time.Time
	first, last money.Month
	children    *int
	injury      *int
	seniority   *int
	paid        money.VND   // a month, until paidThrough
	paidThrough money.Month // zero: nothing was paid
	payee       payeeLine
}

// cleaner reads the rows of one sheet: its columns are judged once, by sample.
type cleaner struct {
	office    string
	scheme    string
	oneGroup  string                   // the category of everybody, where the list has no such column
	group     group                    // of the rows being read
	addresses map[string]units.Address // read before: a hamlet's rows repeat theirs
	encodings [fieldCount]byFont
	dates     [fieldCount]identity.Dates
	now       time.Time
}

// manyAddresses bounds how many are remembered of one sheet.
const manyAddresses = 10_000

// sampleSize is how many rows of a sheet its columns are judged by.
const sampleSize = 2000

// textFields may be typed in a legacy font; dateFields hold days or months.
var (
	textFields = []int{fName, fSex, fEIdentity, fEthnic, fHamlet, fCommune, fAddress, fCategory, fWay, fBank, fHolder, fRecipient, fRelation, fSharedReason, fNote}
	dateFields = []int{fBirth, fDecisionOn, fFirstMonth, fLastMonth, fPaidThrough, fAuthorisedUntil}
)

// newCleaner judges the columns of a sheet by a sample of its rows: encoding and
// day order belong to a column, not to a cell.
func newCleaner(office, scheme string, sample []sheet.Row, now time.Time) *cleaner {
	c := &cleaner{office: office, scheme: scheme, now: now, addresses: map[string]units.Address{}}
	column := func(f int) []string {
		var texts []string
		for _, r := range sample {
			if v := r.Value(f); v != "" {
				texts = append(texts, v)
			}
		}
		return texts
	}
	for _, f := range textFields {
		c.encodings[f] = judgeEncoding(sample, f)
	}
	for _, f := range dateFields {
		c.dates[f] = identity.Dates{Order: dateOrder(column(f)), Today: now.Year()}
		if f != fBirth {
			c.dates[f].Today = now.Year() + 3 // authorisations end in years to come
		}
	}
	return c
}

// legacy names the encodings of the columns that are not Unicode.
func (c *cleaner) legacy() map[string]string {
	out := map[string]string{}
	for _, f := range textFields {
		if e, same := c.encodings[f].one(); same && e != identity.Unicode {
			out[listColumnNames[f].Key] = e.String()
		}
	}
	return out
}

// dateOrder decides by the dates that can be read one way only.
func dateOrder(texts []string) identity.DateOrder {
	dayFirst, monthFirst := 0, 0
	for _, t := range texts {
		parts := strings.FieldsFunc(t, func(r rune) bool { return strings.ContainsRune("/-. ", r) })
		if len(parts) < 3 || len(parts[0]) > 2 {
			continue
		}
		a, errA := strconv.Atoi(parts[0])
		b, errB := strconv.Atoi(parts[1])
		switch {
		case errA != nil || errB != nil:
		case a > 12 && b <= 12:
			dayFirst++
		case b > 12 && a <= 12:
			monthFirst++
		}
	}
	if monthFirst > dayFirst {
		return identity.MonthFirst
	}
	return identity.DayFirst
}

// clean reads one row. It never fails: what cannot be taken comes back with its
// cell and its reason.
func (c *cleaner) clean(r sheet.Row) line {
	l := line{sheet: r.Sheet, number: r.Number, cells: r.Cells()}
	l.mends = parseRowRef(r.Value(fRowRef))
	r, slid := inPlace(r)
	if slid {
		l.repairs = append(l.repairs, CellRepair{Column: listColumnNames[fName].Key, Kind: RepairSlidColumn})
		l.warn("các ô của dòng này lệch một cột so với tiêu đề")
	}
	refuse := func(f int, why string, args ...any) {
		if l.reason == "" {
			l.cell, l.reason = r.Ref(listColumnNames[f].Key), fmt.Sprintf(why, args...)
		}
	}
	text := func(f int) string {
		raw := r.Value(f)
		if e := c.encodings[f][r.Font(f)]; e != identity.Unicode && raw != "" {
			if fixed := e.Decode(raw); fixed != raw {
				l.repairs = append(l.repairs, CellRepair{listColumnNames[f].Key, identity.RepairEncoding, raw, fixed})
				raw = fixed
			}
		}
		return raw
	}
	l.note(c.nameOf(&l, text(fName), refuse))
	c.documentOf(&l, r)
	c.birthOf(&l, r, refuse)
	c.sexOf(&l, r, text)
	l.ethnic, l.hamlet, l.address = plainText(text(fEthnic)), plainText(text(fHamlet)), plainText(text(fAddress))
	if commune := plainText(text(fCommune)); l.address == "" && commune != "" {
		l.address = strings.Trim(l.hamlet+", "+commune, ", ")
	}
	c.placeOf(&l)
	c.eIdentityOf(&l, r, text)
	l.phone = strings.Join(strings.FieldsFunc(r.Value(fPhone), func(r rune) bool { return r < '0' || r > '9' }), "")
	c.entitlementOf(&l, r, text, refuse)
	l.payee = c.payeeOf(&l, r, text)
	return l
}

// placeOf finds the hamlet in the address, and warns of a commune that is not the
// list's: the person may have moved, or stands on the wrong list.
func (c *cleaner) placeOf(l *line) {
	if l.address == "" && c.group.commune != "" {
		l.address = strings.Trim(first(l.hamlet, c.group.hamlet)+", "+c.group.commune, ", ")
	}
	defer func() {
		if l.hamlet == "" && c.group.hamlet != "" {
			l.hamlet = c.group.hamlet
			l.repairs = append(l.repairs, CellRepair{Column: listColumnNames[fHamlet].Key, Kind: RepairGroup, To: l.hamlet})
		}
	}()
	if l.address == "" {
		return
	}
	at, known := c.addresses[l.address]
	if !known {
		if at = units.ReadAddress(l.address); len(c.addresses) < manyAddresses {
			c.addresses[l.address] = at
		}
	}
	if l.hamlet == "" {
		l.hamlet = at.Hamlet
	}
	for _, commune := range at.Communes {
		if commune.Code == c.office {
			return
		}
	}
	if len(at.Communes) > 0 {
		l.warn("địa chỉ ghi %s, không thuộc %s", at.Communes[0].Name, communeName(c.office))
	}
}

// sexOf reads the sex: a word, a tick under "Nam" or "Nữ", or the column under
// which the year of birth stands.
func (c *cleaner) sexOf(l *line, r sheet.Row, text func(int) string) {
	raw := text(fSex)
	if part := r.Part(fSex); part != "" && len([]rune(raw)) <= 2 {
		raw = part
	}
	var ok bool
	if l.sex, ok = identity.ParseSex(raw); !ok {
		l.warn("giới tính “%s” không rõ", raw)
	}
	if part := r.Part(fBirth); l.sex == "" && part != "" {
		l.sex, _ = identity.ParseSex(part)
	}
}

// eIdentityOf reads whether the person has an e-identity of level 2.
func (c *cleaner) eIdentityOf(l *line, r sheet.Row, text func(int) string) {
	switch key := identity.PlainKey(text(fEIdentity)); key {
	case "":
	case "co", "x", "roi", "da co", "da kich hoat", "muc 2", "2", "muc do 2", "da cap", "vneid":
		l.eIdentity = ptr(true)
	case "khong", "chua", "chua co", "muc 1", "1", "muc do 1", "0", "chua kich hoat", "khong co", "chua cap":
		l.eIdentity = ptr(false)
	default:
		l.warn("ô %s: “%s” không rõ là có hay chưa có định danh điện tử", r.Ref(listColumnNames[fEIdentity].Key), r.Value(fEIdentity))
	}
}

func (c *cleaner) nameOf(l *line, raw string, refuse func(int, string, ...any)) []identity.Repair {
	name, repairs := identity.CleanName(raw)
	l.name = name
	switch {
	case strings.TrimSpace(raw) == "":
		refuse(fName, "thiếu họ tên")
	case strings.HasPrefix(raw, "#"): // #REF!, #N/A
		refuse(fName, "ô họ tên là công thức bị lỗi: %s", raw)
	case nameKey(name) == "" || strings.Trim(nameKey(name), "0123456789 ?") == "":
		refuse(fName, "họ tên “%s” không đọc được", raw)
	case strings.Contains(name, "?"):
		l.warn("họ tên “%s” bị mất dấu", name)
	}
	return repairs
}

// documentOf reads the number. One that cannot be read does not cost the person
// their place: the register is asked by name and birth.
func (c *cleaner) documentOf(l *line, r sheet.Row) {
	d, err := identity.ParseDocument(r.Value(fNumber))
	if err != nil {
		why := err.Error()
		if e, ok := err.(*identity.DocumentError); ok { // without the digits themselves
			why = e.Why
		}
		l.warn("ô %s: số giấy tờ không dùng được: %s", r.Ref(listColumnNames[fNumber].Key), why)
	}
	l.person, l.old = d.Number, d.Old
	l.note(d.Repairs)
}

func (c *cleaner) birthOf(l *line, r sheet.Row, refuse func(int, string, ...any)) {
	birth, repairs, err := c.dates[fBirth].Parse(r.Value(fBirth))
	if err != nil {
		refuse(fBirth, "%v", err)
		return
	}
	if birth.IsZero() {
		l.warn("thiếu ngày sinh")
	}
	l.birth = birth
	l.note(repairs)
}

// entitlementOf reads what the person is owed for, from when, and what was paid.
func (c *cleaner) entitlementOf(l *line, r sheet.Row, text func(int) string, refuse func(int, string, ...any)) {
	switch raw := text(fCategory); {
	case c.oneGroup != "":
		l.category = c.oneGroup
	case raw == "" && c.group.category != "":
		l.category = c.group.category
		l.repairs = append(l.repairs, CellRepair{Column: listColumnNames[fCategory].Key, Kind: RepairGroup, To: l.category})
	case raw == "":
		refuse(fCategory, "thiếu nhóm đối tượng")
	default:
		var ok bool
		if l.category, ok = findCategory(c.scheme, plainText(raw)); !ok {
			refuse(fCategory, "không có nhóm đối tượng “%s” trong chính sách này", raw)
		}
	}
	month := func(f int, needed bool) money.Month {
		b, _, err := c.dates[f].Parse(r.Value(f))
		switch {
		case err != nil || !b.IsZero() && b.Month == 0:
			refuse(f, "“%s” không phải là tháng; ghi như 07/2025", r.Value(f))
		case b.IsZero() && needed:
			refuse(f, "thiếu tháng bắt đầu hưởng")
		case !b.IsZero():
			return money.NewMonth(b.Year, time.Month(b.Month))
		}
		return 0
	}
	l.first, l.last = month(fFirstMonth, true), month(fLastMonth, false)
	if l.last != 0 && l.last < l.first {
		refuse(fLastMonth, "tháng thôi hưởng %s trước tháng bắt đầu %s", l.last, l.first)
	}
	l.decisionNo = plainText(r.Value(fDecisionNo))
	if on, err := c.dayOf(fDecisionOn, r); err != nil {
		l.warn("ngày quyết định “%s” không đọc được", r.Value(fDecisionOn))
	} else {
		l.decisionOn = on
	}
	whole := func(f, most int) *int {
		raw := strings.TrimSuffix(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(r.Value(f)), "%")), ".0")
		if raw == "" {
			return nil
		}
		n, err := strconv.Atoi(upTo(raw, " "))
		if err != nil || n < 0 || n > most {
			refuse(f, "“%s” không phải là số từ 0 đến %d", r.Value(f), most)
			return nil
		}
		return &n
	}
	l.children, l.injury, l.seniority = whole(fChildren, 30), whole(fInjury, 100), whole(fSeniority, 100)
	switch {
	case l.category == "DONTHAN" && (l.children == nil || *l.children == 0):
		refuse(fChildren, "người đơn thân nuôi con phải ghi số con")
	case (l.category == "TB_A" || l.category == "TB_B") && l.injury == nil:
		refuse(fInjury, "thương binh phải ghi tỷ lệ thương tật")
	}
	l.paidThrough = month(fPaidThrough, false)
	if raw := r.Value(fAmount); raw != "" {
		paid, err := money.Parse(raw)
		if err != nil || paid < 0 {
			refuse(fAmount, "mức hưởng “%s” không phải là số tiền", raw)
		}
		l.paid = paid
	} else if l.paidThrough != 0 {
		refuse(fAmount, "đã chi đến tháng %s nhưng không ghi mức hưởng", l.paidThrough)
	}
}

// dayOf reads a whole day; the zero time for an empty cell.
func (c *cleaner) dayOf(f int, r sheet.Row) (time.Time, error) {
	b, _, err := c.dates[f].Parse(r.Value(f))
	if err != nil || b.IsZero() {
		return time.Time{}, err
	}
	if b.Day == 0 { // a month alone ends with its last day
		return money.NewMonth(b.Year, time.Month(max(b.Month, 1))).Last(), nil
	}
	return money.Day(b.Year, time.Month(b.Month), b.Day), nil
}

func (l *line) warn(format string, args ...any) {
	l.warnings = append(l.warnings, fmt.Sprintf(format, args...))
}

// note keeps what identity repaired; of numbers only a mask.
func (l *line) note(repairs []identity.Repair) {
	for _, r := range repairs {
		kept := CellRepair{Column: r.Field, Kind: r.Kind, From: r.From, To: r.To}
		if r.Field == identity.FieldNumber {
			kept.From, kept.To = secret.Mask(r.From), secret.Mask(r.To)
		}
		l.repairs = append(l.repairs, kept)
	}
}

// plainText is text in one Unicode form with single blanks.
func plainText(s string) string {
	return strings.Join(strings.Fields(compose(s)), " ")
}

// rowRef is what stands in "Mã dòng" of a quarantine spreadsheet; parseRowRef
// reads it back, 0 for anything else.
func rowRef(id RowID) string { return fmt.Sprintf("D%d", id) }

func parseRowRef(text string) RowID {
	n, err := strconv.ParseInt(strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(text)), "D"), 10, 64)
	if err != nil || n < 1 {
		return 0
	}
	return RowID(n)
}
