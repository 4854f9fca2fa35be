package beneficiaries

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"ansinh.vn/identity"
	"ansinh.vn/identity/registry"
	"ansinh.vn/internal/secret"
)

// asked is a person as they are asked about, numbers in the clear: it never
// leaves memory.
type asked struct {
	id      PersonID
	number  string // 12 digits, "" when none
	old     string // nine digits
	name    string
	birth   string
	sex     string
	ethnic  string
	office  string
	hamlet  string
	address string

	byNumber *registry.Answer // the answer to the number, kept while the name is asked
}

// verdict is what the register's answers about one person come to.
type verdict struct {
	person   *asked
	outcome  Outcome
	evidence Evidence
	record   *registry.Record // linked: the person in the register
	asOf     string
}

// query is the first question about a person: by number if there is one.
func (a *asked) query() registry.Query {
	id := fmt.Sprint(int64(a.id))
	switch {
	case a.number != "":
		return registry.Query{ID: id, Number: a.number}
	case a.old != "":
		return registry.Query{ID: id, OldNumber: a.old}
	}
	return a.byName()
}

// byName asks by name and birth. Without a whole date the register is asked
// for the commune only: there are too many of one name and year in a province.
func (a *asked) byName() registry.Query {
	q := registry.Query{ID: fmt.Sprint(int64(a.id)), Name: a.name, Birth: a.birth}
	if len(a.birth) < len("2006-01-02") {
		q.Commune = a.office
	}
	return q
}

// comparison is a register record beside the person on the list.
type comparison struct {
	record registry.Record
	fields []identity.Agreement
	level  map[string]identity.Level
	weight float64 // log2 of the likelihood ratio
}

func compare(a *asked, r registry.Record, opt identity.Options) comparison {
	c := comparison{record: r, level: map[string]identity.Level{}}
	c.fields, _ = identity.Compare(a.row(), identityRecord(r), opt)
	for _, f := range c.fields {
		c.level[f.Field] = f.Level
		c.weight += usual[f.Field][f.Level]
	}
	return c
}

// usual are common weights of agreement in log2, learned on no data of this
// register: they order candidates and give a clerk a feeling, and decide nothing.
var usual = map[string]map[identity.Level]float64{
	identity.FieldNumber:  {identity.Same: 16, identity.Close: 14, identity.Partly: 4, identity.Differs: -3},
	identity.FieldName:    {identity.Same: 10, identity.Close: 7, identity.Partly: 2, identity.Differs: -8},
	identity.FieldBirth:   {identity.Same: 14, identity.Close: 6, identity.Partly: 4, identity.Differs: -8},
	identity.FieldSex:     {identity.Same: 1, identity.Differs: -8},
	identity.FieldCommune: {identity.Same: 5, identity.Close: 4, identity.Partly: -2, identity.Differs: -4},
	identity.FieldHamlet:  {identity.Same: 4, identity.Differs: -2},
	identity.FieldEthnic:  {identity.Same: 0.3, identity.Differs: -2},
}

// plainlySame is the common case, decided without weighing: the name agrees but
// for marks, the birth as far as both sides know it, and the sex.
func plainlySame(a *asked, r registry.Record) (fields []Field, ok bool) {
	if identity.PlainKey(a.name) != identity.PlainKey(r.Name) || a.sex != "" && r.Sex != "" && a.sex != r.Sex {
		return nil, false
	}
	n := min(len(a.birth), len(r.Birth))
	if a.birth[:n] != r.Birth[:n] {
		return nil, false
	}
	if identity.MarkKey(a.name) != identity.MarkKey(r.Name) {
		fields = append(fields, Field{Name: identity.FieldName, Level: levelNames[identity.Close], Listed: a.name, Register: r.Name, Words: "họ tên trùng, khác dấu"})
	}
	if len(a.birth) != len(r.Birth) {
		fields = append(fields, Field{Name: identity.FieldBirth, Level: levelNames[identity.Close], Listed: a.birth, Register: r.Birth, Words: "ngày sinh trùng trong phần cả hai bên ghi"})
	}
	return fields, true
}

// byNumberSame reports whether the record behind a number is the person: the
// number alone never decides, because a relative's number is often given.
func (c comparison) byNumberSame() bool {
	name, birth := c.level[identity.FieldName], c.level[identity.FieldBirth]
	switch {
	case name == identity.Same:
		return birth != identity.Differs
	case name == identity.Close:
		return birth == identity.Same || birth == identity.Close
	}
	return false
}

// byNameSame reports whether a record found by name is the person beyond doubt,
// as long as no other is: a number with one slip, or a whole date of birth in
// the same commune, or where only the year is known the same hamlet too.
func (c comparison) byNameSame(a *asked) bool {
	name, birth := c.level[identity.FieldName], c.level[identity.FieldBirth]
	if name != identity.Same && name != identity.Close || birth != identity.Same && birth != identity.Close || c.level[identity.FieldSex] == identity.Differs {
		return false
	}
	if a.number != "" && slips(a.number, c.record.Number) == 1 {
		return true
	}
	here := c.level[identity.FieldCommune] == identity.Same
	if len(a.birth) == len(time.DateOnly) && len(c.record.Birth) == len(time.DateOnly) {
		return here && birth == identity.Same
	}
	return here && name == identity.Same && c.level[identity.FieldHamlet] == identity.Same
}

// speaksAgainst reports whether who is behind a number leaves room for another
// to be meant: a name of their own, and not by chance the birth too.
func (c *comparison) speaksAgainst(found comparison) bool {
	if c == nil || c.record.Number == found.record.Number {
		return false
	}
	switch c.level[identity.FieldName] {
	case identity.Same, identity.Close:
		return true
	}
	return c.level[identity.FieldBirth] == identity.Same && found.level[identity.FieldName] != identity.Same
}

// judgeNumber decides by the answer to a number; false asks on by name.
func judgeNumber(a *asked, answer registry.Answer, opt identity.Options) (verdict, bool) {
	v := verdict{person: a, evidence: Evidence{Asked: "number", Message: answer.Message}, asOf: dayText(answer.AsOf)}
	if a.number == "" {
		v.evidence.Asked = "old_number"
	}
	if answer.Reason != "" || len(answer.Records) != 1 {
		return v, false
	}
	if fields, ok := plainlySame(a, answer.Records[0]); ok {
		v.evidence.Fields = fields
		v.link(answer.Records[0])
		return v, true
	}
	c := compare(a, answer.Records[0], opt)
	if !c.byNumberSame() {
		return v, false
	}
	v.linkCompared(c)
	return v, true
}

// judgeName decides by the answers to number and name together.
func judgeName(a *asked, answer registry.Answer, opt identity.Options, box *secret.Box) verdict {
	v := verdict{person: a, evidence: Evidence{Asked: "name", Message: answer.Message}, asOf: dayText(answer.AsOf)}
	var found []comparison
	for _, r := range answer.Records {
		c := compare(a, r, opt)
		if c.level[identity.FieldName] != identity.Differs {
			found = append(found, c)
		}
	}
	slices.SortStableFunc(found, func(x, y comparison) int { return cmp.Compare(y.weight, x.weight) })
	var sure []comparison
	for _, c := range found {
		if c.byNameSame(a) {
			sure = append(sure, c)
		}
	}
	behind := a.behindNumber(opt)
	if len(sure) == 1 && !behind.speaksAgainst(sure[0]) {
		v.linkCompared(sure[0])
		switch {
		case a.number == "":
			v.why("tìm thấy theo họ tên, ngày sinh và nơi ở; danh sách không có số định danh dùng được")
		case behind != nil:
			v.why("số định danh trên danh sách là của người khác; đúng người theo họ tên, ngày sinh và nơi ở")
		default:
			v.why("số định danh trên danh sách không có trong sổ; đúng người theo họ tên, ngày sinh và nơi ở")
		}
		return v
	}
	if behind != nil && len(sure) == 0 {
		found = slices.DeleteFunc(found, func(c comparison) bool { return c.record.Number == behind.record.Number })
		found = append([]comparison{*behind}, found...)
	}
	scores := posteriors(found)
	v.evidence.Candidates = candidates(found, scores, box)
	if len(found) > 0 {
		v.evidence.Fields, v.evidence.Score = fieldsOf(found[0], a), scores[0]
	}
	switch {
	case answer.Reason == registry.TooMany:
		v.outcome = Review
		v.why("sổ đăng ký có quá nhiều người cùng họ tên và ngày sinh như vậy; cần số định danh")
	case answer.Reason != "":
		v.outcome = Review
		v.why("sổ đăng ký không nhận câu hỏi này (" + answer.Reason + " " + answer.Said + ")")
	case len(sure) > 1:
		v.outcome = Review
		v.why(fmt.Sprintf("có %d người trùng họ tên và ngày sinh; cần cán bộ chọn", len(sure)))
	case behind != nil:
		v.outcome = Mismatch
		for _, f := range behind.fields {
			if f.Level == identity.Differs || f.Level == identity.Partly {
				v.why(f.Words)
			}
		}
		if len(v.evidence.Why) == 0 {
			v.why("thông tin không khớp với người mang số định danh này")
		}
	case len(found) > 0:
		v.outcome = Review
		v.why("có người gần giống trong sổ đăng ký nhưng chưa đủ chắc chắn; cần cán bộ xem")
	default:
		v.outcome = NotFound
		v.why("không có ai mang số định danh hay họ tên, ngày sinh này trong sổ đăng ký")
	}
	return v
}

// behindNumber is who the register has under the person's number, nil when
// nobody or more than one.
func (a *asked) behindNumber(opt identity.Options) *comparison {
	if a.byNumber == nil || len(a.byNumber.Records) != 1 {
		return nil
	}
	c := compare(a, a.byNumber.Records[0], opt)
	return &c
}

func (v *verdict) why(text string) { v.evidence.Why = append(v.evidence.Why, text) }

// linkCompared links a record with what differs as evidence; what agrees needs none.
func (v *verdict) linkCompared(c comparison) {
	v.evidence.Score = posteriors([]comparison{c})[0]
	for _, f := range fieldsOf(c, v.person) {
		if f.Level != levelNames[identity.Same] && f.Level != levelNames[identity.Missing] {
			v.evidence.Fields = append(v.evidence.Fields, f)
		}
	}
	v.link(c.record)
}

// link takes the record as the person and reads their standing.
func (v *verdict) link(r registry.Record) {
	v.record = &r
	switch {
	case r.Died != "":
		v.outcome, v.evidence.Since = Deceased, r.Died
		v.why("sổ dân cư ghi đã chết ngày " + spoken(r.Died))
	case r.Standing == registry.Missing || r.Standing == registry.Abroad || r.Standing == registry.Detained:
		v.outcome, v.evidence.Since, v.evidence.Absent = Absent, r.MovedOn, r.Standing
		since := ""
		if r.MovedOn != "" {
			since = " từ ngày " + spoken(r.MovedOn)
		}
		v.why("sổ dân cư ghi " + map[string]string{registry.Missing: "mất tích", registry.Abroad: "đã xuất cảnh", registry.Detained: "đang chấp hành án"}[r.Standing] + since)
	case r.Standing == registry.Moved || r.Commune != "" && r.Commune != v.person.office:
		v.outcome, v.evidence.Since, v.evidence.MovedTo = Moved, r.MovedOn, first(r.MovedTo, r.CommuneName)
		v.why("sổ dân cư ghi đã chuyển đến " + first(v.evidence.MovedTo, "nơi khác"))
	case v.person.number == "" && v.person.old != "":
		v.outcome = OldNumber
	default:
		v.outcome = Match
	}
}

// spoken is a day as people read it: 14/09/2026.
func spoken(iso string) string {
	day, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return iso
	}
	return day.Format("02/01/2006")
}

// population is how many people a register of one province holds, and listed
// how likely a person on a list is in it: the prior of a posterior.
const (
	population = 1_200_000
	listed     = 0.97
)

// posteriors are the probabilities that each record is the person, all of them
// and "none" together making one.
func posteriors(cs []comparison) []float64 {
	odds := make([]float64, len(cs))
	sum := 1 - listed
	for i, c := range cs {
		odds[i] = math.Exp2(min(c.weight, 200)) * listed / population
		sum += odds[i]
	}
	for i := range odds {
		odds[i] = math.Round(odds[i]/sum*1e4) / 1e4
	}
	return odds
}

// candidates are up to three records for a clerk, best first, numbers sealed.
func candidates(cs []comparison, scores []float64, box *secret.Box) (out []Candidate) {
	for i, c := range cs {
		if i == 3 {
			break
		}
		r := c.record
		out = append(out, Candidate{
			Number: secret.Mask(r.Number), Sealed: box.Seal(secret.PersonNumber, r.Number), Name: r.Name, Birth: r.Birth, Sex: r.Sex,
			Commune: r.CommuneName, Code: r.Commune, Hamlet: r.Hamlet, Standing: r.Standing, Died: r.Died, MovedTo: r.MovedTo, Since: r.MovedOn,
			Score: scores[i], Ethnicity: r.Ethnicity,
		})
	}
	return out
}

var levelNames = map[identity.Level]string{
	identity.Missing: "missing", identity.Same: "same", identity.Close: "close", identity.Partly: "partly", identity.Differs: "differs",
}

// fieldsOf sets the list beside the register, field by field; numbers masked.
func fieldsOf(c comparison, a *asked) []Field {
	number := a.number
	if number == "" {
		number = a.old
	}
	listed := map[string]string{identity.FieldNumber: secret.Mask(number), identity.FieldName: a.name, identity.FieldBirth: a.birth,
		identity.FieldSex: identity.Sex(a.sex).Words(), identity.FieldEthnic: a.ethnic, identity.FieldCommune: communeName(a.office), identity.FieldHamlet: a.hamlet}
	r := c.record
	register := map[string]string{identity.FieldNumber: secret.Mask(r.Number), identity.FieldName: r.Name, identity.FieldBirth: r.Birth,
		identity.FieldSex: identity.Sex(r.Sex).Words(), identity.FieldEthnic: r.Ethnicity, identity.FieldCommune: r.CommuneName, identity.FieldHamlet: r.Hamlet}
	out := make([]Field, 0, len(c.fields))
	for _, f := range c.fields {
		out = append(out, Field{Name: f.Field, Level: levelNames[f.Level], Listed: listed[f.Field], Register: register[f.Field], Words: f.Words})
	}
	return out
}
