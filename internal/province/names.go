package province

import (
	"math/rand/v2"

	"ansinh.vn/identity"
)

// Names are built as in the far south: Kinh family name, middle name that tells
// the sex among the old, given name by generation; Khmer names spelt in
// Vietnamese letters, women with Thị as middle or as family name; Hoa names.

func w(weight float64, value string) weighted[string] { return weighted[string]{weight, value} }

var familyNames = map[string]urn[string]{
	"Kinh": newUrn(w(29, "Nguyễn"), w(13, "Trần"), w(9, "Lê"), w(6.5, "Phạm"), w(6, "Huỳnh"), w(4.6, "Võ"),
		w(4.4, "Phan"), w(3, "Trương"), w(2.2, "Đặng"), w(2.1, "Ngô"), w(2, "Hồ"), w(2, "Bùi"), w(2, "Dương"),
		w(1.9, "Lâm"), w(1.6, "Đỗ"), w(1.3, "Lý"), w(1.2, "Đoàn"), w(1, "Mai"), w(.9, "Tô"), w(.9, "Cao"),
		w(.8, "Lưu"), w(.7, "Hứa"), w(.7, "Châu"), w(.7, "Thái"), w(.6, "Quách"), w(.6, "Trịnh"), w(.6, "Đinh"),
		w(.5, "Tạ"), w(.5, "Hà"), w(.4, "Kiều"), w(.4, "Vũ"), w(.4, "Hoàng"), w(.3, "Tiêu"), w(.3, "La"),
		w(.3, "Phùng"), w(.2, "Mạch"), w(.2, "Ong"), w(.2, "Giang"), w(.2, "Từ"), w(.2, "Lương"), w(.1, "Nhan")),
	"Khmer": newUrn(w(30, "Danh"), w(16, "Thạch"), w(9, "Sơn"), w(8, "Kim"), w(7, "Lý"), w(6, "Lâm"), w(6, "Trần"),
		w(5, "Hữu"), w(4, "Châu"), w(4, "Kiên"), w(3, "Liêu"), w(3, "Tăng"), w(2, "Đào"), w(2, "Trà")),
	"Hoa": newUrn(w(18, "Trần"), w(14, "Lâm"), w(9, "Quách"), w(9, "Lý"), w(8, "Tăng"), w(7, "Ngô"), w(6, "Huỳnh"),
		w(6, "Châu"), w(6, "Trương"), w(5, "Vương"), w(4, "Mã"), w(4, "Thái"), w(4, "Dương"), w(3, "Tạ"), w(2, "Ong")),
}

var (
	menMiddleOld   = newUrn(w(62, "Văn"), w(6, "Hữu"), w(5, "Minh"), w(4, "Thanh"), w(4, "Công"), w(3, "Ngọc"), w(3, "Thành"), w(2, "Quang"), w(2, "Đức"), w(2, "Bá"), w(2, "Tấn"), w(5, ""))
	menMiddle      = newUrn(w(34, "Văn"), w(9, "Minh"), w(7, "Hoàng"), w(7, "Thanh"), w(5, "Quốc"), w(5, "Hữu"), w(4, "Chí"), w(4, "Tấn"), w(4, "Trọng"), w(3, "Công"), w(3, "Hoài"), w(3, "Nhựt"), w(3, "Gia"), w(3, "Tuấn"), w(2, "Phúc"), w(2, "Vũ"), w(2, ""))
	womenMiddleOld = newUrn(w(80, "Thị"), w(4, "Ngọc"), w(3, "Kim"), w(2, "Mỹ"), w(2, "Tuyết"), w(2, "Thanh"), w(7, ""))
	womenMiddle    = newUrn(w(38, "Thị"), w(9, "Ngọc"), w(8, "Mỹ"), w(7, "Thị Mỹ"), w(5, "Kim"), w(5, "Thanh"), w(4, "Thúy"), w(4, "Bích"), w(4, "Thị Ngọc"), w(4, "Hồng"), w(3, "Cẩm"), w(3, "Huỳnh"), w(3, "Kiều"), w(3, "Thị Kim"))

	menGivenOld   = words("Hai", "Ba", "Tư", "Năm", "Sáu", "Bảy", "Tám", "Chín", "Mười", "Út", "Hùng", "Dũng", "Thắng", "Sơn", "Đực", "Bé", "Lợi", "Phước", "Thành", "Hòa", "Minh", "Nhỏ", "Lượm", "Đen", "Hiền", "Quang", "Tánh", "Chiến", "Thọ", "Nghĩa", "Tâm", "Kiệt", "Dân", "Xuyên", "Rẫy", "Cò", "Mừng", "Bền", "Nhơn", "Khởi", "Phú", "Hoàng", "Liêm", "Đường", "Thới", "Vui")
	menGiven      = words("Khang", "Phúc", "Huy", "Duy", "Khánh", "Tuấn", "Hải", "Nam", "Tùng", "Phát", "Thịnh", "An", "Bảo", "Đăng", "Nhân", "Hiếu", "Toàn", "Linh", "Vinh", "Lâm", "Cường", "Đạt", "Kha", "Khoa", "Nguyên", "Tài", "Thuận", "Trí", "Trung", "Vũ", "Nghĩa", "Quí", "Giang", "Tính", "Nhựt", "Hậu", "Luân", "Thái", "Hào", "Kiệt")
	womenGivenOld = words("Hai", "Ba", "Tư", "Năm", "Sáu", "Bảy", "Tám", "Chín", "Mười", "Út", "Lan", "Hoa", "Cúc", "Mai", "Đào", "Liễu", "Huệ", "Bông", "Nở", "Lượm", "Thơm", "Hường", "Phượng", "Bé", "Gái", "Hạnh", "Liên", "Tuyết", "Nga", "Hồng", "Sương", "Xuân", "Diệp", "Thủy", "Hoà", "Điệp", "Em", "Khéo", "Đẹp", "Nhàn", "Thu", "Vân", "Yến", "Chi", "Lành", "Mến")
	womenGiven    = words("Trân", "Ngân", "Như", "Nhi", "Vy", "Thảo", "Trinh", "My", "Tiên", "Hân", "Linh", "Diễm", "Tuyền", "Quyên", "Thư", "Yến", "Phương", "Duyên", "Hằng", "Oanh", "Loan", "Thùy", "Trúc", "Xuyến", "Nguyên", "Kiều", "Đoan", "Ngọc", "Giàu", "Ly", "Hương", "Trang", "Nhung", "Tú", "Châu", "Tâm", "Khuê", "Thúy", "Muội", "Huyền")

	khmerMen   = words("Sóc Kha", "Thol", "Phol", "Ny", "Som", "Huôl", "Sa Vuông", "Đa Rét", "Khêne", "Chanh Đa", "Đa Ra", "Sóc Khone", "Sà Rinh", "Viêl", "Ươl", "Hươnl", "Thươl", "Dươl", "Sươl", "Khươl", "Nguôn", "Cươl", "Hol", "Kol", "Sô Thone", "Phi Rum", "Sa Rôn", "Đà Rô", "Minh", "Út", "Hiền", "Sóc Phe")
	khmerWomen = words("Sà Rươne", "Sô Phia", "Sóc Kha", "Ny", "Chanh Tha", "Sa Rinh", "Sô Thi", "Khêne", "Huôi", "Sa Mone", "Đa Vy", "Phol Ly", "Sóc Chia", "Sa Quyl", "Thiêl", "Nhươl", "Phươl", "Sà Viêne", "Chanh Ny", "Som", "Út", "Sen", "Mỹ", "Lanh", "Sa Bươl", "Dal")
	hoaMen     = words("Hia", "Phát", "Quyền", "Vinh", "Phú", "Quý", "Kía", "Xìn", "Chía", "Hưng", "Cường", "Há", "Tài", "Bửu", "Khén", "Sanh", "Tấn", "Nguyên", "Kiến", "Xiếu", "Hên", "Lến")
	hoaWomen   = words("Muối", "Mùi", "Ngọ", "Cẩm", "Xiếu", "Há", "Kía", "Huôi", "Lệ", "Phụng", "Hia", "Dung", "Phấn", "Châu", "Hoa", "Mỹ", "Ngà", "Lìn", "Xuân")
)

// givenName is everything behind the family name.
func givenName(r *rand.Rand, ethnic string, sex identity.Sex, born int) string {
	old := born < 1972 || (born < 1985 && chance(r, .4))
	join := func(middle, given string) string {
		if middle == "" {
			return given
		}
		return middle + " " + given
	}
	male := sex == identity.Male
	switch {
	case ethnic == "Khmer" && !chance(r, .25) && male:
		return khmerMen.draw(r)
	case ethnic == "Khmer" && !chance(r, .25):
		if chance(r, .6) {
			return "Thị " + khmerWomen.draw(r)
		}
		return khmerWomen.draw(r)
	case ethnic == "Hoa" && chance(r, .5) && male:
		return join(menMiddleOld.draw(r), hoaMen.draw(r))
	case ethnic == "Hoa" && chance(r, .5):
		return join(womenMiddleOld.draw(r), hoaWomen.draw(r))
	case male && old:
		return join(menMiddleOld.draw(r), menGivenOld.draw(r))
	case male:
		return join(menMiddle.draw(r), menGiven.draw(r))
	case old:
		return join(womenMiddleOld.draw(r), womenGivenOld.draw(r))
	}
	return join(womenMiddle.draw(r), womenGiven.draw(r))
}
