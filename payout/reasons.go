package payout

import "ansinh.vn/beneficiaries"

// holdWords are the reasons that only a run knows.
var holdWords = map[string][2]string{
	HoldJump:        {"Số tiền khác xa tháng trước mà không có quyết định nào giải thích", "Far from last month's amount and no decision explains it"},
	HoldMost:        {"Vượt mức tối đa cho một người trong một đợt", "Above the most that one person gets in a run"},
	HoldBounced:     {"Tài khoản này đã trả lại tiền; cần tài khoản khác", "This account sent money back; another is needed"},
	HoldDeath:       {"Ngân hàng báo chủ tài khoản đã chết; cần xác minh", "The bank says the holder died; to be verified"},
	HoldCooling:     {"Tài khoản mới đổi vài ngày trước; xác nhận bằng kênh khác", "The account changed days ago; confirm it by another channel"},
	HoldDetail:      {"Thiếu số con, tỷ lệ tổn thương hoặc thâm niên", "Number of children, percentage of injury or seniority missing"},
	HoldByHand:      {"Cán bộ giữ lại", "Held by hand"},
	HoldSuspended:   {"Đang tạm dừng trợ cấp; phần chưa nhận chờ đến khi được hưởng lại", "Suspended; what was not received waits until it is resumed"},
	HoldUncollected: {"Ba tháng liền không nhận; tạm dừng chi, cần quyết định", "Not collected for three months; suspended by rule, a decision is needed"},

	HoldPayee:    {"Biết tin người hưởng đã mất sau khi lập đợt", "Known to have died since the run was computed"},
	HoldStaff:    {"Tài khoản nhận tiền là tài khoản của cán bộ; chuyển người khác kiểm tra", "The account is that of somebody who works here; somebody else looks into it"},
	HoldVendor:   {"Tài khoản nhận tiền là tài khoản của tiểu thương; kiểm tra trước khi chi", "The account is that of a market vendor; look before paying"},
	HoldAge:      {"Ngày sinh không thể đúng với chính sách đang hưởng", "The birth date cannot be right for this support"},
	SeeReused:    {"Tài khoản này trước đây của người khác", "The account was another person's before"},
	SeeOften:     {"Đổi tài khoản nhiều lần trong nửa năm", "The third account within half a year"},
	SeeRecipient: {"Một người nhận thay cho từ ba người trở lên", "One recipient collects for three people or more"},
	SeeStaff:     {"Người nhận thay trùng tên với cán bộ của đơn vị", "The recipient has the name of somebody who works here"},
	SeeNoLife:    {"Lâu chưa đối chiếu dân cư, cũng chưa thấy đến nhận: thăm hộ", "No register check and no visit for long: visit the home"},
	SeeAge:       {"Tuổi ít gặp ở chính sách này; xem lại hồ sơ", "An unusual age for this support; look at the file"},
	SeeAccount:   {"Tài khoản khác lần chi trước", "Another account than last time"},
	SeeNew:       {"Chi lần đầu", "First payment"},
	SeeClawback:  {"Có khoản đã chi thừa", "Something was overpaid"},
	SeeCarried:   {"Gộp khoản chưa nhận của đợt trước", "Takes over an earlier payment that was not received"},
	SeeUnchecked: {"Chi khẩn cấp trước, đối chiếu sau", "Paid first as an emergency, checked afterwards"},
	SeeTentative: {"Dùng mức tạm tính chưa xác nhận", "Uses a rate that nobody has confirmed"},
}

// HoldWords says why a payment is held or should be looked at, in Vietnamese and English.
func HoldWords(code string) (vi, en string) {
	if w, ok := holdWords[code]; ok {
		return w[0], w[1]
	}
	return beneficiaries.HoldReason(code).Words()
}
