package province

import (
	_ "embed"
	"encoding/csv"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// legacyCSV has each Vietnamese letter as it looks when text typed in a TCVN3 or
// VNI font is read as Windows-1252.
//
//go:embed legacy.csv
var legacyCSV string

var toTCVN3, toVNI = legacy()

func legacy() (tcvn3, vni *strings.Replacer) {
	rows, err := csv.NewReader(strings.NewReader(legacyCSV)).ReadAll()
	if err != nil {
		panic("province: legacy.csv: " + err.Error())
	}
	var t, v []string
	for _, row := range rows[1:] {
		t = append(t, row[0], row[1])
		v = append(v, row[0], row[2])
	}
	return strings.NewReplacer(t...), strings.NewReplacer(v...)
}

// newTone puts the tone of oa, oe and uy at the end of a syllable where the
// reformed spelling has it: hoà for hòa.
var newTone = strings.NewReplacer(
	"òa", "oà", "óa", "oá", "ỏa", "oả", "õa", "oã", "ọa", "oạ",
	"òe", "oè", "óe", "oé", "ỏe", "oẻ", "õe", "oẽ", "ọe", "oẹ",
	"ùy", "uỳ", "úy", "uý", "ủy", "uỷ", "ũy", "uỹ", "ụy", "uỵ",
)

func decomposed(s string) string { return norm.NFD.String(s) }

// pairs are the same name in the south and elsewhere.
var pairs = [][2]string{
	{"Huỳnh", "Hoàng"}, {"Võ", "Vũ"}, {"Phước", "Phúc"}, {"Nhựt", "Nhật"}, {"Đường", "Đàng"}, {"Tánh", "Tính"},
	{"Bửu", "Bảo"}, {"Quí", "Quý"}, {"Hường", "Hồng"}, {"Mỹ", "Mĩ"}, {"Thúy", "Thuý"},
}

func regional(name string) (string, bool) {
	tokens := strings.Split(name, " ")
	for i, token := range tokens {
		for _, p := range pairs {
			if token == p[0] {
				tokens[i] = p[1]
				return strings.Join(tokens, " "), true
			}
			if token == p[1] {
				tokens[i] = p[0]
				return strings.Join(tokens, " "), true
			}
		}
	}
	return name, false
}
