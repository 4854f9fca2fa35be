package identity

import (
	"fmt"
	"sort"
	"strings"
)

var fieldNames = [fieldCount]string{FieldName, FieldBirth, FieldNumber, FieldSex, FieldCommune, FieldHamlet, FieldEthnic}

// levelWords say each level to a clerk, and levelOf orders them for programs.
var levelWords = [fieldCount][]string{
	fName: {nMissing: "", nMark: "họ tên trùng", nBare: "họ tên trùng, một bên không dấu", nPlain: "họ tên trùng, khác dấu", nSound: "họ tên đọc gần như nhau",
		nMiddle: "họ và tên trùng, chữ đệm thiếu, viết tắt hoặc đổi chỗ", nSlip1: "họ tên lệch một chữ cái", nSlip2: "họ tên lệch hai chữ cái", nNear: "họ tên lệch một, hai chữ cái thành một tên khác", nWild: "họ tên khớp phần đọc được",
		nEnds: "họ và tên trùng, chữ đệm khác", nGivenMiddle: "tên và chữ đệm trùng, họ khác", nGiven: "chỉ tên trùng", nFamily: "chỉ họ trùng", nDiffer: "họ tên khác"},
	fBirth: {bMissing: "", bFull: "ngày sinh trùng", bSwap: "ngày và tháng sinh đổi chỗ", bOneOff: "năm sinh trùng, ngày hoặc tháng lệch", bYear: "năm sinh trùng, ngày và tháng khác",
		bDayMonth: "ngày và tháng sinh trùng, năm khác", bNear: "năm sinh lệch một năm", bDiffer: "ngày sinh khác", bYearOnly: "năm sinh trùng (một bên chỉ có năm)",
		bNearOnly: "năm sinh lệch một năm (một bên chỉ có năm)", bFarOnly: "năm sinh khác"},
	fNumber: {kMissing: "", kSame: "số định danh trùng", kStranger: "số định danh trùng, nhưng họ tên và ngày sinh chưa đủ khớp để tin số", kSlip: "số định danh lệch một chữ số", kTwo: "số định danh lệch hai chữ số",
		kRelative: "số định danh là của người cùng hộ", kSlid: "số định danh nằm ở dòng bên cạnh", kDiffer: "số định danh khác", kUnknown: "số định danh khác, không có trong sổ đăng ký", kForeign: "số định danh khác, không có trong sổ đăng ký, ghi giới tính hoặc năm sinh khác", kOldSame: "số CMND cũ trùng", kOldSlip: "số CMND cũ lệch một chữ số",
		kOldDiffer: "số CMND cũ khác", kPrefixSame: "phần còn lại của số định danh khớp", kPrefixDiffer: "phần còn lại của số định danh không khớp"},
	fSex:     {sMissing: "", sSame: "giới tính trùng", sDiffer: "giới tính khác"},
	fCommune: {cMissing: "", cSame: "xã trùng", cPossible: "xã có thể trùng (tên dùng cho nhiều nơi)", cTable: "khác xã ghi trong ô, nhưng cùng xã với các dòng khác của bảng", cDiffer: "xã khác", cSheet: "xã trùng với các dòng khác của bảng", cElsewhere: "xã khác với các dòng khác của bảng"},
	fHamlet:  {hMissing: "", hSame: "ấp, khóm trùng", hDiffer: "ấp, khóm khác"},
	fEthnic:  {sMissing: "", sSame: "dân tộc trùng", sDiffer: "dân tộc khác"},
}

var levelOf = [fieldCount][]Level{
	fName:    {Missing, Same, Close, Close, Close, Close, Close, Close, Close, Close, Partly, Partly, Partly, Partly, Differs},
	fBirth:   {Missing, Same, Close, Close, Partly, Partly, Partly, Differs, Close, Partly, Differs},
	fNumber:  {Missing, Same, Same, Close, Partly, Differs, Differs, Differs, Differs, Differs, Same, Close, Differs, Partly, Differs},
	fSex:     {Missing, Same, Differs},
	fCommune: {Missing, Same, Close, Partly, Differs, Close, Partly},
	fHamlet:  {Missing, Same, Differs},
	fEthnic:  {Missing, Same, Differs},
}

// agreements are the fields of a comparison that both sides have, in the order
// number, name, birth, sex, commune, hamlet, ethnicity.
func agreements(v vector) []Agreement {
	out := make([]Agreement, 0, fieldCount)
	for _, f := range [...]int{fNumber, fName, fBirth, fSex, fCommune, fHamlet, fEthnic} {
		l := v[f]
		out = append(out, Agreement{Field: fieldNames[f], Level: levelOf[f][l], Words: levelWords[f][l]})
	}
	return out
}

// sayings are the words of a comparison.
func sayings(v vector) (out []string) {
	for _, a := range agreements(v) {
		if a.Words != "" {
			out = append(out, a.Words)
		}
	}
	return out
}

// reasons say in Vietnamese why a row was decided as it was.
func (m *matching) reasons(i int, outcome Outcome, why string) []string {
	var out []string
	add := func(s string) {
		if s != "" {
			out = append(out, s)
		}
	}
	add(why)
	cands := m.cands[i]
	if outcome == NotFound {
		add(m.whyNobody(i))
		if len(cands) == 0 {
			return out
		}
	}
	best := &cands[0]
	if outcome == Review && why == "" {
		add(m.whyReview(i))
	}
	for _, f := range [...]int{fNumber, fName, fBirth, fSex, fCommune, fHamlet} {
		l := best.v[f]
		if (f == fSex || f == fHamlet) && levelOf[f][l] == Same && outcome != Review {
			continue // agreeing is expected there
		}
		add(levelWords[f][l])
	}
	if outcome == Review || outcome == NotFound {
		add(m.lacks(i))
	}
	if best.near {
		add("người cùng hộ đứng gần trong bảng")
	}
	if outcome == Deceased {
		s := "sổ đăng ký ghi đã chết"
		if on, err := ParseBirth(m.ix.died[best.person]); err == nil && !on.IsZero() {
			s += " ngày " + on.Words()
		}
		add(s)
	}
	add(m.repairWords(i))
	return out
}

// lacks says what the row does not give, for whoever has to ask.
func (m *matching) lacks(i int) string {
	q, r := &m.queries[i], &m.rows[i]
	var out []string
	if q.number == 0 && q.old == 0 && q.digits == "" {
		out = append(out, "số định danh")
	}
	if q.birth == 0 && q.garbled == "" {
		out = append(out, "ngày sinh")
	}
	if r.Commune == "" && r.Address == "" {
		out = append(out, "nơi ở")
	}
	if len(out) == 0 {
		return ""
	}
	return "dòng thiếu " + strings.Join(out, ", ")
}

func (m *matching) whyNobody(i int) string {
	q := &m.queries[i]
	switch {
	case q.form.glued == "" && q.number == 0 && q.old == 0:
		return "dòng không có họ tên và không có số đọc được"
	case len(m.cands[i]) == 0:
		return "không ai trong sổ đăng ký gần với dòng này"
	}
	return "người gần nhất trong sổ đăng ký vẫn quá khác"
}

func (m *matching) whyReview(i int) string {
	c := m.cands[i]
	switch {
	case c[0].v[fNumber] == kStranger:
		if m.queries[i].form.glued == "" {
			return "dòng không có họ tên để đối chiếu với người mang số này"
		}
		return "số này có thể là của người thân hoặc của dòng khác"
	case c[0].taken:
		return "người này đã có ở một dòng khác của danh sách"
	case len(c) > 1 && m.post[i] < m.from && m.sum(i)-m.post[i] > 0.02:
		return "có từ hai người trở lên cùng khớp"
	case !c[0].linkable():
		return "chưa đủ căn cứ: cần hai trong bốn là số, họ tên, ngày sinh, nơi ở"
	}
	return "khớp chưa đủ chắc chắn"
}

var repairNames = map[string]string{
	RepairLostZero: "thêm số 0 đầu bị mất", RepairScientific: "mở dạng 9,5E+10", RepairLookAlike: "đổi chữ O, l thành số 0, 1", RepairSeparators: "bỏ dấu cách, dấu chấm trong số",
	RepairUnicode: "chuẩn hóa Unicode", RepairEncoding: "chuyển bảng mã", RepairTitle: "bỏ danh xưng", RepairNote: "bỏ ghi chú quanh họ tên", RepairSpacing: "sửa khoảng trắng",
	RepairTelex: "sửa dấu gõ dở", RepairDateOrder: "đổi chỗ ngày và tháng", RepairTwoDigit: "hiểu năm hai chữ số", RepairSerial: "đọc số ngày của bảng tính",
	RepairSlid: "lấy giá trị bị lệch dòng về đúng dòng", RepairImpossible: "ngày không có thật, chỉ dùng năm", RepairOldCommune: "đổi xã cũ sang xã mới", RepairReusedCode: "mã xã trước và sau tháng 7/2025 là hai nơi khác nhau", RepairYearOnly: "ngày 01/01 chỉ dùng năm", RepairUnreadable: "họ tên có chữ mất dấu ?",
}

// repairWords name the repairs of a row that a clerk may want to know of.
func (m *matching) repairWords(i int) string {
	var names []string
	seen := map[string]bool{}
	for _, r := range m.repairs[i] {
		if w := repairNames[r.Kind]; w != "" && !seen[w] && r.Kind != RepairSpacing && r.Kind != RepairUnicode {
			seen[w] = true
			names = append(names, w)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "đã sửa: " + strings.Join(names, ", ")
}

// list gives the learned chances in a fixed order.
func (w *weights) list() []LearnedWeight {
	var out []LearnedWeight
	for f := range groups {
		for _, g := range groups[f] {
			for _, l := range g {
				out = append(out, LearnedWeight{fieldNames[f], levelWords[f][l], round(exp2(w.log[f][l]))})
			}
		}
	}
	return out
}

// String shows the outcomes in words, for logs and tests.
func (r Report) String() string {
	var keys []string
	for o := range r.Outcomes {
		keys = append(keys, string(o))
	}
	sort.Strings(keys)
	var b strings.Builder
	fmt.Fprintf(&b, "%d rows", r.Rows)
	for _, k := range keys {
		fmt.Fprintf(&b, ", %s %d", k, r.Outcomes[Outcome(k)])
	}
	return b.String()
}
