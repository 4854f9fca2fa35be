package province

import (
	"fmt"

	"ansinh.vn/internal/units"
)

// khmerShare is the part of Khmer households where there are many; elsewhere
// it is 1.5 % in the former Cà Mau and 3 % in the former Bạc Liêu.
var khmerShare = map[string]float64{
	"31834": .22, "31840": .20, "31843": .18, "31849": .12, "31858": .35, "31864": .38, "31867": .12,
	"31894": .16, "31900": .10, "31906": .28, "31927": .14, "31891": .08, "31942": .07, "31972": .03,
	"32065": .07, "32069": .05, "32083": .08, "32092": .09, "32104": .06, "32110": .06, "32047": .06, "32152": .04,
}

var hoaShare = map[string]float64{"31825": .13, "31834": .06, "31840": .06, "31942": .05, "31972": .04, "32002": .04, "32191": .03}

func (b *builder) ethnic() string {
	khmer, hoa := khmerShare[b.commune.Code], hoaShare[b.commune.Code]
	if khmer == 0 {
		khmer = .015
		if b.commune.FormerProvince == "95" {
			khmer = .03
		}
	}
	if hoa == 0 {
		hoa = .008
	}
	switch x := b.Float64(); {
	case x < khmer:
		return "Khmer"
	case x < khmer+hoa:
		return "Hoa"
	}
	return "Kinh"
}

var hamletNames = words("Cầu Đỏ", "Bình Tốt", "Phước Thọ", "Ninh Lợi", "Ngan Dừa", "Cây Dương", "Xẻo Gừa", "Vàm Lẽo",
	"Thống Nhất", "Hòa Thạnh", "Kinh Tư", "Giồng Nhãn", "Cái Tràm", "Bửu Đông", "Trà Ban", "Nhà Dài", "Rạch Rập", "Cái Keo",
	"Tân Tạo", "Phước Trường", "Biển Tây", "Kinh Xáng", "Vĩnh Mới", "Xóm Lung", "Bà Điều", "Tắc Vân", "Vàm Đầm", "Nhà Cũ",
	"Mai Hoa", "Rau Dừa", "Chống Mỹ", "Tân Lập", "Kinh Hai", "Xẻo Lá", "Cái Nai", "Ô Rô", "Xóm Chùa", "Lung Lá", "Cỏ Thum")

// hamlets names the commune's ấp or khóm, some by number and some by name.
func hamlets(seed uint64, c units.Commune) []string {
	r := stream(seed, 2, hash(c.Code))
	word, n := "Ấp", min(max(c.Population/2200, 6), 24)
	if c.Kind == "Phường" {
		word = "Khóm"
	}
	out := make([]string, 0, n)
	taken := map[string]bool{}
	for len(out) < n {
		name := fmt.Sprintf("%s %d", word, len(out)+1)
		if word == "Ấp" && chance(r, .65) {
			name = word + " " + hamletNames.draw(r)
			if chance(r, .25) {
				name += " " + pick(r, []string{"A", "B"})
			}
		}
		if !taken[name] {
			taken[name] = true
			out = append(out, name)
		}
	}
	return out
}

// hash is FNV-1a, to make a stream of randomness for a name.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}
