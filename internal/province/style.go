package province

import "math/rand/v2"

// style is one clerk's way of keeping one list.
type style struct {
	encoding       Sin // 0, LegacyTCVN3, LegacyVNI or Decomposed: of the text columns
	capitals       bool
	numericNumbers bool // personal numbers typed into cells of the kind "number"
	dates          int
	years          int
	words          bool // categories in words
	oldAddress     bool
	splitAddress   bool // hamlet and commune in columns of their own
	ethnic         bool
	twoLines       bool // heading over two rows, with merged cells
	textAmounts    bool
	binColumn      bool // the bank by its BIN
	footer         bool
	note           bool
	titles         int     // rows above the heading
	variant        int     // which wording of each heading
	newTone        float64 // how many names have the tone as in hoà
}

// How dates are written.
const (
	dateSlash = iota // 05/02/1951
	dateCell         // a spreadsheet date
	dateDash         // 05-02-1951
	datePlain        // 5/2/1951
	dateShort        // 05/02/51
)

// How a year alone is written.
const (
	yearText   = iota // "1942"
	yearNumber        // 1942
	yearFalse         // 01/01/1942
	yearZeros         // 00/00/1942
)

func newStyle(r *rand.Rand) style {
	s := style{
		capitals: chance(r, .18), numericNumbers: chance(r, .22), words: chance(r, .3),
		oldAddress: chance(r, .35), splitAddress: chance(r, .4), ethnic: chance(r, .4),
		twoLines: chance(r, .45), textAmounts: chance(r, .25), binColumn: chance(r, .3),
		footer: chance(r, .5), note: chance(r, .6), titles: between(r, 3, 6), variant: between(r, 0, 5),
		dates: newUrn(weighted[int]{55, dateSlash}, weighted[int]{22, dateCell}, weighted[int]{8, dateDash}, weighted[int]{12, datePlain}, weighted[int]{3, dateShort}).draw(r),
		years: newUrn(weighted[int]{40, yearText}, weighted[int]{22, yearNumber}, weighted[int]{25, yearFalse}, weighted[int]{13, yearZeros}).draw(r),
	}
	switch x := r.Float64(); {
	case x < .04:
		s.encoding = LegacyTCVN3
	case x < .07:
		s.encoding = LegacyVNI
	case x < .11:
		s.encoding = Decomposed
	}
	if s.encoding == LegacyTCVN3 || s.encoding == LegacyVNI {
		s.capitals = false // its capitals are another font's small letters
	}
	if chance(r, .4) {
		s.newTone = .9
	} else {
		s.newTone = .05
	}
	return s
}

// encode writes text as the list's font stores it.
func (s style) encode(text string) string {
	switch s.encoding {
	case LegacyTCVN3:
		return toTCVN3.Replace(text)
	case LegacyVNI:
		return toVNI.Replace(text)
	case Decomposed:
		return decomposed(text)
	}
	return text
}

// column is one column of a list with the wordings of its heading.
type column struct {
	key   string
	heads []string
	group string // the heading above, when there are two rows of them
	under string // the wording below it
	width float64
}

var columns = []column{
	{"stt", []string{"STT", "TT", "Số TT"}, "", "", 6},
	{"name", []string{"Họ và tên", "Họ tên", "Họ và tên người hưởng", "Họ và tên đối tượng"}, "", "", 26},
	{"birth", []string{"Ngày sinh", "Ngày, tháng, năm sinh", "Ngày tháng năm sinh"}, "", "", 12},
	{"sex", []string{"Giới tính", "Nam/Nữ"}, "", "", 8},
	{"number", []string{"Số định danh", "Số CCCD", "Số định danh cá nhân/CCCD", "Số định danh cá nhân"}, "", "", 16},
	{"ethnic", []string{"Dân tộc"}, "", "", 8},
	{"hamlet", []string{"Ấp/khóm", "Ấp (khóm)"}, "", "", 16},
	{"commune", []string{"Xã/phường", "Xã, phường"}, "", "", 20},
	{"address", []string{"Nơi ở", "Địa chỉ", "Nơi thường trú", "Nơi ở hiện nay"}, "", "", 38},
	{"category", []string{"Nhóm đối tượng", "Đối tượng", "Diện hưởng", "Loại đối tượng"}, "", "", 18},
	{"coefficient", []string{"Hệ số", "Hệ số trợ cấp"}, "", "", 7},
	{"children", []string{"Số con", "Số con đang nuôi"}, "", "", 7},
	{"injury", []string{"Tỷ lệ thương tật (%)", "Tỷ lệ tổn thương cơ thể (%)"}, "", "", 9},
	{"first", []string{"Hưởng từ tháng", "Từ tháng", "Thời điểm hưởng"}, "", "", 10},
	{"decision", []string{"Số QĐ", "Số quyết định"}, "Quyết định", "Số", 16},
	{"decided", []string{"Ngày QĐ", "Ngày quyết định"}, "Quyết định", "Ngày", 12},
	{"amount", []string{"Mức hưởng", "Mức trợ cấp", "Mức hưởng hằng tháng"}, "", "", 12},
	{"through", []string{"Đã chi đến tháng", "Đã chi trả đến tháng"}, "", "", 10},
	{"way", []string{"Hình thức", "Hình thức chi trả", "Hình thức nhận"}, "", "", 10},
	{"holder", []string{"Tên chủ tài khoản", "Tên chủ TK", "Chủ tài khoản"}, "Tài khoản ngân hàng", "Tên chủ tài khoản", 24},
	{"account", []string{"Số tài khoản", "Số TK"}, "Tài khoản ngân hàng", "Số tài khoản", 18},
	{"bank", []string{"Ngân hàng", "Tên ngân hàng"}, "Tài khoản ngân hàng", "Ngân hàng", 14},
	{"recipient", []string{"Người nhận thay", "Họ tên người nhận thay"}, "Người nhận thay", "Họ và tên", 22},
	{"recipientNumber", []string{"Số định danh người nhận thay", "CCCD người nhận thay"}, "Người nhận thay", "Số định danh", 16},
	{"authorisation", []string{"Số giấy ủy quyền", "Giấy ủy quyền số"}, "Người nhận thay", "Số giấy ủy quyền", 12},
	{"until", []string{"Ủy quyền đến ngày", "Hạn ủy quyền"}, "Người nhận thay", "Hạn ủy quyền", 12},
	{"note", []string{"Ghi chú"}, "", "", 14},
}

// columns are those that this list has.
func (s style) columns(scheme string) []column {
	var out []column
	for _, c := range columns {
		skip := false
		switch c.key {
		case "ethnic":
			skip = !s.ethnic
		case "hamlet", "commune":
			skip = !s.splitAddress
		case "address":
			skip = s.splitAddress
		case "coefficient", "children":
			skip = scheme != SocialAssistance
		case "injury":
			skip = scheme != Merit
		case "note":
			skip = !s.note
		}
		if !skip {
			out = append(out, c)
		}
	}
	if s.variant%3 == 1 { // the number before the date of birth
		for i, c := range out {
			if c.key == "number" {
				copy(out[3:i+1], out[2:i])
				out[2] = c
				break
			}
		}
	}
	return out
}

func (s style) head(c column) string { return c.heads[s.variant%len(c.heads)] }
