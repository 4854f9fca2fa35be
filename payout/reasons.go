package payout

import "ansinh.vn/beneficiaries"

// reasonClass is what a bank's reason asks of us.
type reasonClass uint8

const (
	askOperator reasonClass = iota // a fault of data, format or time: ours or the bank's
	askAccount                     // this account does not take money: hold until it is changed
	askDeath                       // the person is said to be dead: hold, look, open a case
	askPerson                      // somebody has to speak with the person
)

// reason is an ISO 20022 external reason code with what to do next.
type reason struct {
	class  reasonClass
	vi, en string
}

// reasons are the codes of the external sets for returns and statuses that transfers of
// benefits meet.
var reasons = map[string]reason{
	"AC01": {askAccount, "Số tài khoản sai; giữ lại và xin số tài khoản đúng", "Wrong account number; hold and ask for the right one"},
	"AC03": {askAccount, "Tài khoản không hợp lệ; giữ lại và xin số tài khoản đúng", "Account not valid; hold and ask for the right one"},
	"AC04": {askAccount, "Tài khoản đã đóng; cần tài khoản mới", "Account closed; a new one is needed"},
	"AC06": {askAccount, "Tài khoản bị khóa; gọi cho người hưởng", "Account blocked; call the person"},
	"AC07": {askAccount, "Tài khoản người nhận đã đóng; cần tài khoản mới", "Payee's account closed; a new one is needed"},
	"AC14": {askAccount, "Loại tài khoản không nhận được; cần tài khoản khác", "Account type cannot receive; another is needed"},
	"AC16": {askAccount, "Tài khoản bị phong tỏa; kiểm tra pháp lý", "Account in sequestration; check legally"},
	"AG01": {askAccount, "Tài khoản không được phép nhận; cần tài khoản khác", "Not allowed on this account; another is needed"},
	"BE01": {askAccount, "Tên không khớp tài khoản; xem lại danh tính, không gửi lại", "Name does not fit the account; review identity, do not retry"},
	"BE06": {askDeath, "Ngân hàng không còn khách hàng này; kiểm tra còn sống hay không", "Customer no longer known; check whether alive"},
	"MD07": {askDeath, "Chủ tài khoản đã chết; dừng, mở hồ sơ, không gửi lại", "Account holder deceased; stop, open a case, do not retry"},
	"MD06": {askPerson, "Khách hàng yêu cầu trả lại; hỏi người hưởng", "Returned on the customer's request; ask the person"},
	"MS02": {askPerson, "Khách hàng từ chối, không nêu lý do; hỏi người hưởng", "Refused by the customer without reason; ask the person"},
	"MS03": {askPerson, "Ngân hàng không nêu lý do; hỏi ngân hàng", "No reason given by the bank; ask the bank"},
	"NOAS": {askPerson, "Người nhận không trả lời; liên hệ người hưởng", "No answer from the payee; contact the person"},
	"NARR": {askPerson, "Lý do ghi bằng lời; đọc và xử lý", "Reason in words; read and act"},
	"FR01": {askPerson, "Trả lại vì nghi gian lận; dừng và điều tra", "Returned as fraud; stop and investigate"},
	"FRAD": {askPerson, "Nguồn gian lận; dừng và điều tra", "Fraudulent origin; stop and investigate"},
	"UPAY": {askPerson, "Khoản chi không có cơ sở; xem lại hồ sơ", "Payment not justified; look at the file"},
	"SP01": {askPerson, "Người giữ tài khoản dừng khoản chi; hỏi người hưởng", "Stopped by the holder; ask the person"},
	"AM04": {askOperator, "Tài khoản cơ quan không đủ tiền; liên hệ kho bạc", "Agency account short of money; see the treasury"},
	"AM05": {askOperator, "Trùng lệnh; tìm lệnh đầu tiên, không gửi lại", "Duplicate; find the first, never resend"},
	"DUPL": {askOperator, "Trùng lệnh; tìm lệnh đầu tiên, không gửi lại", "Duplicate; find the first, never resend"},
	"AM09": {askOperator, "Số tiền không như thỏa thuận; dừng lô", "Amount not as agreed; stop the batch"},
	"AM02": {askOperator, "Số tiền vượt mức cho phép; chia nhỏ hoặc đổi kênh", "Amount above the maximum; split or use another rail"},
	"RC01": {askOperator, "Mã ngân hàng sai; sửa mã ngân hàng", "Bank identifier wrong; correct it"},
	"RC04": {askOperator, "Mã ngân hàng người nhận sai; sửa mã ngân hàng", "Payee's bank identifier wrong; correct it"},
	"CNOR": {askOperator, "Ngân hàng người nhận không tham gia; đổi ngân hàng", "Payee's bank not registered; use another"},
	"TM01": {askOperator, "Quá giờ cắt; gửi lại ngày sau", "After cut-off; send again next day"},
	"FF01": {askOperator, "Tệp sai định dạng; báo lỗi phần mềm", "File format wrong; report a software fault"},
}

// ReasonWords says what a bank's reason code means and what to do next, in Vietnamese
// and English; a code that nobody knows is shown as it is.
func ReasonWords(code string) (vi, en string) {
	if r, ok := reasons[code]; ok {
		return r.vi, r.en
	}
	return "Mã " + code + ": hỏi ngân hàng", "Code " + code + ": ask the bank"
}

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
	SeeTentative: {"Dùng mức tạm tính chưa xác nhận", "Uses a rate that nobody has confirmed"},
}

// HoldWords says why a payment is held or should be looked at, in Vietnamese and English.
func HoldWords(code string) (vi, en string) {
	if w, ok := holdWords[code]; ok {
		return w[0], w[1]
	}
	return beneficiaries.HoldReason(code).Words()
}
