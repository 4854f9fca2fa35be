package population

import (
	"strings"

	"ansinh.vn/identity"
)

var (
	southFamilies = strings.Fields("Nguyễn Nguyễn Nguyễn Nguyễn Nguyễn Nguyễn Trần Trần Trần Lê Lê Phạm Phạm Huỳnh Huỳnh Phan Võ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Trương Mai Tạ Cao Lâm Đoàn Hứa Quách Tăng Châu")
	khmerFamilies = strings.Fields("Danh Danh Danh Thạch Sơn Kim Lâm Kiên Hữu Trà Liêu")
	southMen      = strings.Fields("Ân An Bình Cảnh Chiến Cường Dũng Đạt Đức Được Giang Hải Hiếu Hoàng Hòa Hùng Hưng Khánh Khải Kiệt Lâm Lộc Lợi Long Mạnh Minh Nam Nghĩa Nhân Nhựt Phong Phúc Phước Quang Quân Sang Sáu Sơn Tài Tám Tâm Tân Thành Thắng Thịnh Thuận Tiến Toàn Trí Trung Trường Tư Tuấn Út Vinh Vũ Xuân Bảy Năm Chín Hậu Đông Lực Lượm Nhiều Mười")
	southWomen    = strings.Fields("Ánh Anh Ba Bé Bích Châu Chi Cúc Diễm Dung Duyên Đào Điệp Gấm Giàu Hà Hạnh Hằng Hiền Hoa Hồng Huệ Hương Hường Kiều Lan Lành Lê Liên Loan Lý Mai Mỹ Mười Nga Ngân Ngọc Nguyệt Nhung Như Oanh Phượng Phụng Quyên Sáu Sương Tám Thanh Thảo Thu Thúy Thủy Tiên Trang Trinh Tuyết Tư Út Vân Vui Xinh Xuân Yến Yên Nhiên Lụa")
	khmerWords    = strings.Fields("Sóc Kha Thol Phol Ny Som Huôl Sa Vuông Rét Khêne Chanh Sà Rươne Sương Đa Phia Sô Rích Sết Thươl Keo Hiêng Phép Som Ươl")
	southMiddle   = strings.Fields("Văn Văn Văn Văn Hữu Minh Quốc Thanh Hoàng Công Đức Tấn Chí Ngọc Trung Phước Thành Duy Tuấn Nhựt")
	southMiddleF  = strings.Fields("Thị Thị Thị Thị Thị Thị Ngọc Mỹ Kim Thanh Bích Hồng Thúy Cẩm Diễm Thu Tuyết Như")

	// The river's names fall off faster, old and young have their own, and two
	// family names or two given names are common.
	riverFamilies = strings.Fields("Nguyễn Trần Lê Phạm Huỳnh Võ Phan Trương Bùi Đặng Đỗ Ngô Hồ Dương Đinh Đoàn Lâm Mai Trịnh Cao Lý Hoàng Lương Vũ Tô Lưu Đào Hà Thái Châu Tạ Phùng Quách Từ Kiều La Tôn Vương Nhan Thạch Ông Mạc Tiêu Giang Triệu Liêu Hầu Khưu Âu Điền Diệp Lữ Nghiêm Thân Tống Ung Viên Xa Bành Cổ")
	riverOldMen   = strings.Fields("Hai Ba Tư Năm Sáu Bảy Tám Chín Mười Út Lớn Nhỏ Đực Hên Cu Thợ Sang Giàu Lành Đức Phước Thọ Hòa Thuận Nghĩa Ngãi Lễ Trí Tín Dũng Hiền Tường Mẫn Nhường Luông Rớt Mót Chót Lùn Tèo")
	riverOldWomen = strings.Fields("Hai Ba Tư Năm Sáu Bảy Tám Chín Mười Út Bé Gái Lớn Nhỏ Thêu Vá Lụa Gấm Đào Lựu Mận Huệ Cúc Lài Sen Súng Bông Nở Tươi Thắm Mơ Tý Sửu Dần Mẹo Thìn Tỵ Ngọ Mùi Thân Dậu Tuất Hợi")
	riverMen      = strings.Fields("Khang Bảo Huy Khoa Phúc Đạt Duy Khôi Nhân Thịnh Vinh Phát Tín Kiệt Hậu Trọng Nguyên Quân Long Hưng Nghĩa Thái Luân Toàn Vũ Lộc Triết Danh Hào Quý Kha Khải Việt Cơ Đăng Hoàng Sơn Lam Tùng Bách Giáp Ất Bính Đinh Mậu")
	riverWomen    = strings.Fields("Vy Nhi Ngân Trân Thư Như Thảo Hân Ngọc Trâm My Tiên Quỳnh Uyên Yến Tuyền Châu Anh Linh Trang Hà Phương Giang Khanh Diệu Hiền Trúc Đào Lê Liễu Mộng Tường Nguyệt Hoa Thơ Xuyến Ngà Lam Thi Ánh")
	riverMiddles  = strings.Fields("Văn Minh Hoàng Thanh Quốc Hữu Gia Tấn Đức Ngọc Công Anh Thành Chí Trung Phước Bá Đình Xuân Vĩnh Trọng Nhật Thế Phú Kim Đăng Hồng Thiện An Khánh Duy")
	riverMiddlesF = strings.Fields("Thị Ngọc Kim Thanh Mỹ Thu Bích Hồng Thúy Cẩm Tuyết Như Diễm Phương Minh Kiều Ánh Xuân Lan Hoàng Bảo Khánh Huỳnh Yến Tường Quế Thùy Tú Trúc Băng")
	hoaNames      = strings.Fields("Muối Kía Xìn Chía Há Khén Lến Xiếu Hia Cuối Dũ Phò Sến Xú Lềnh Pẩu Ngầu Mành Xồi Chảy")
)

// southName is a full name of the south.
func (w *World) southName(sex identity.Sex, family string, khmer bool) string {
	name := []string{family}
	middle, given := southMiddle, southMen
	if sex == identity.Female {
		middle, given = southMiddleF, southWomen
	}
	if khmer && w.chance(0.7) {
		if sex == identity.Female && w.chance(0.8) {
			name = append(name, "Thị")
		}
		if w.chance(0.4) {
			name = append(name, w.pick(khmerWords))
		}
		return strings.Join(append(name, w.pick(khmerWords)), " ")
	}
	if w.chance(0.93) {
		name = append(name, w.pick(middle))
	}
	if w.chance(0.15) {
		name = append(name, w.pick(middle[5:]))
	}
	return strings.Join(append(name, w.pick(given)), " ")
}

// riverName is a full name of the river, by generation.
func (w *World) riverName(sex identity.Sex, family, ethnic string, year int) string {
	male, old := sex == identity.Male, year < 1965
	middle, given := riverMiddlesF, riverWomen
	switch {
	case male && old:
		middle, given = riverMiddles, riverOldMen
	case male:
		middle, given = riverMiddles, riverMen
	case old:
		given = riverOldWomen
	}
	name := []string{family}
	switch {
	case ethnic == "Khmer" && w.chance(0.8):
		if !male && w.chance(0.6) {
			name = append(name, "Thị")
		}
		for range w.between(1, 2) {
			name = append(name, w.zipf(khmerWords))
		}
		return strings.Join(name, " ")
	case ethnic == "Hoa" && w.chance(0.5):
		return strings.Join(append(name, w.zipf(hoaNames)), " ")
	case old && !male && w.chance(0.85):
		name = append(name, "Thị")
	case old && male && w.chance(0.7):
		name = append(name, "Văn")
	case old && w.chance(0.6): // "Lê Út"
	default:
		if w.chance(0.08) {
			name = append(name, w.zipf(riverFamilies)) // the mother's family name
		}
		if !male && w.chance(0.4) {
			name = append(name, "Thị")
		}
		name = append(name, w.zipf(middle))
	}
	return strings.Join(append(name, w.zipf(given)), " ")
}
