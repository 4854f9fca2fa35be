package province

import "strconv"

// categoryWords is how lists call a category that write no codes.
var categoryWords = map[string]string{
	"TE_KNND":         "Trẻ em không có nguồn nuôi dưỡng",
	"K2":              "Người không có nguồn nuôi dưỡng đủ 16 tuổi đang học",
	"TE_HIV":          "Trẻ em nhiễm HIV thuộc hộ nghèo",
	"DONTHAN":         "Người đơn thân nghèo nuôi con",
	"NCT_A":           "Người cao tuổi nghèo không có người phụng dưỡng",
	"NCT_D":           "Người cao tuổi được nhận nuôi dưỡng tại cộng đồng",
	"KT_DBN":          "Người khuyết tật đặc biệt nặng",
	"KT_N":            "Người khuyết tật nặng",
	"TE_U3":           "Trẻ em dưới 3 tuổi hộ nghèo vùng đặc biệt khó khăn",
	"HIV":             "Người nhiễm HIV hộ nghèo",
	"CS_HO_KTDBN":     "Hộ gia đình chăm sóc người khuyết tật đặc biệt nặng",
	"CS_KT_THAI_1":    "Người khuyết tật nuôi con dưới 36 tháng tuổi",
	"CS_NHAN_TE_4_16": "Nhận nuôi dưỡng trẻ em từ 4 đến dưới 16 tuổi",
	"HTXH":            "Trợ cấp hưu trí xã hội",

	"TB_A": "Thương binh", "TB_B": "Thương binh loại B",
	"TB81_PC": "Phụ cấp thương binh từ 81%", "TB81_PV": "Người phục vụ thương binh từ 81%", "TB61_TUAT": "Tuất thương binh từ 61%",
	"LS_TN1": "Thân nhân của 01 liệt sĩ", "LS_TN2": "Thân nhân của 02 liệt sĩ", "LS_VC_TAIGIA": "Vợ hoặc chồng liệt sĩ tái giá",
	"BMVNAH": "Bà mẹ Việt Nam anh hùng", "BMVNAH_PC": "Phụ cấp Bà mẹ Việt Nam anh hùng", "BMVNAH_PV": "Người phục vụ Bà mẹ Việt Nam anh hùng",
	"BB41_50": "Bệnh binh 41-50%", "BB51_60": "Bệnh binh 51-60%", "BB61_70": "Bệnh binh 61-70%", "BB71_80": "Bệnh binh 71-80%",
	"BB81_90": "Bệnh binh 81-90%", "BB81_PC": "Phụ cấp bệnh binh từ 81%", "BB81_PV": "Người phục vụ bệnh binh từ 81%",
	"BB61_TUAT": "Tuất bệnh binh từ 61%", "CDHH21_40": "Nhiễm chất độc hóa học 21-40%", "CDHH41_60": "Nhiễm chất độc hóa học 41-60%",
	"CDHH61_80": "Nhiễm chất độc hóa học 61-80%", "CDHH81": "Nhiễm chất độc hóa học từ 81%", "CDHH81_PC": "Phụ cấp nhiễm chất độc hóa học từ 81%",
	"CDHH81_PV": "Người phục vụ người nhiễm chất độc hóa học từ 81%", "CDHH_CON61_80": "Con của người nhiễm chất độc hóa học 61-80%",
	"CDHH_CON81": "Con của người nhiễm chất độc hóa học từ 81%", "TUDAY": "Người hoạt động cách mạng bị địch bắt tù, đày",
	"GIUPDO_TQGC": "Có công giúp đỡ cách mạng (Tổ quốc ghi công)", "GIUPDO_HCKC": "Có công giúp đỡ cách mạng (Huân chương Kháng chiến)",
	"TKN45B": "Cán bộ tiền khởi nghĩa",
}

// coefficientText is the coefficient as lists print it, by NĐ 20/2021 Đ6 and Đ20.
// It is for the reader of the list only; nothing is computed from it.
func coefficientText(category string, age int) string {
	halves := map[string]int{
		"K2": 3, "DONTHAN": 2, "NCT_D": 6, "TE_U3": 3, "HIV": 3, "CS_HO_KTDBN": 2, "CS_KT_THAI_1": 3, "CS_NHAN_TE_4_16": 3,
		"TE_KNND": 3, "TE_HIV": 4, "NCT_A": 3, "KT_DBN": 4, "KT_N": 3,
	}[category]
	switch {
	case category == "TE_KNND" && age < 4, category == "TE_HIV" && age < 4:
		halves = 5
	case category == "NCT_A" && age >= 80:
		halves = 4
	case (category == "KT_DBN" || category == "KT_N") && (age < 16 || age >= 60):
		halves++
	}
	if halves%2 == 0 {
		return strconv.Itoa(halves/2) + ",0"
	}
	return strconv.Itoa(halves/2) + ",5"
}
