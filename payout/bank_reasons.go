package payout

// reasonClass is what a bank's reason asks of us.
type reasonClass uint8

const (
	askOperator reasonClass = iota // a fault of data, format or time: ours or the bank's
	askAccount                     // this account does not take money: hold until it is changed
	askDeath                       // the person is said to be dead: hold, look, open a case
	askPerson                      // somebody has to speak with the person, or with compliance
	askFraud                       // freeze: hold this account, open a case
)

// reason is an ISO 20022 external reason code with what to do next.
type reason struct {
	class  reasonClass
	again  bool // the same order may be sent once more when the cause is mended
	vi, en string
}

// reasons are the codes of the external status-reason set that transfers of benefits
// meet (edition of 12 May 2025), and those of the return set that mean the same.
var reasons = map[string]reason{
	"AC01": {askAccount, false, "Số tài khoản sai; giữ lại và xin số tài khoản đúng", "Wrong account number; hold and ask for the right one"},
	"AC03": {askAccount, false, "Tài khoản không hợp lệ hoặc thiếu; giữ lại và xin số tài khoản đúng", "Account invalid or missing; hold and ask for the right one"},
	"AC04": {askAccount, false, "Tài khoản đã đóng; cần tài khoản mới", "Account closed; a new one is needed"},
	"AC06": {askAccount, false, "Tài khoản bị khóa; gọi cho người hưởng", "Account blocked; call the person"},
	"AC07": {askAccount, false, "Tài khoản người nhận đã đóng; cần tài khoản mới", "Payee's account closed; a new one is needed"},
	"AC14": {askAccount, false, "Loại tài khoản không nhận được; sửa lại hoặc xin tài khoản khác", "Account type invalid; correct it or ask for another"},
	"AC16": {askAccount, false, "Số thẻ không hợp lệ; xin số tài khoản thay cho số thẻ", "Card number invalid; ask for an account number instead"},
	"AG01": {askAccount, false, "Tài khoản này không được phép nhận; giữ lại, cần tài khoản khác", "Forbidden on this account; hold, another is needed"},
	"AG02": {askOperator, true, "Mã nghiệp vụ ngân hàng sai; báo người vận hành sửa rồi gửi lại", "Wrong bank operation code; the operator corrects it and sends again"},
	"AG03": {askOperator, true, "Loại giao dịch không được hỗ trợ; báo người vận hành sửa rồi gửi lại", "Transaction type not supported; the operator corrects it and sends again"},
	"AM01": {askOperator, false, "Số tiền bằng không; lỗi dữ liệu, báo người vận hành", "Amount is zero; a fault of data for the operator"},
	"AM02": {askOperator, false, "Số tiền vượt mức tối đa; đổi kênh chi hoặc hỏi ngân hàng", "Above the maximum; use another rail or ask the bank"},
	"AM06": {askOperator, false, "Số tiền dưới mức tối thiểu; đổi kênh chi hoặc hỏi ngân hàng", "Below the minimum; use another rail or ask the bank"},
	"AM04": {askOperator, true, "Tài khoản cơ quan không đủ tiền; làm việc với kho bạc, đủ tiền rồi gửi lại", "Agency account short of money; settle it with the treasury, then send again"},
	"AM05": {askOperator, false, "Trùng lệnh; tìm lệnh đầu tiên, không gửi lại", "Duplicate; find the first, never resend"},
	"DUPL": {askOperator, false, "Trùng lệnh; tìm lệnh đầu tiên, không gửi lại", "Duplicate; find the first, never resend"},
	"DU03": {askOperator, false, "Trùng giao dịch; tìm giao dịch đầu tiên, không gửi lại", "Duplicate transaction; find the first, never resend"},
	"AM07": {askPerson, false, "Bị cơ quan quản lý phong tỏa; chuyển bộ phận pháp chế", "Blocked by the regulator; to compliance"},
	"AM09": {askOperator, false, "Số tiền không như thỏa thuận; dừng cả lô và đối chiếu", "Amount not as agreed; stop the batch and compare"},
	"AM10": {askOperator, true, "Tổng kiểm tra sai; dừng cả lô, báo người vận hành rồi gửi lại", "Control sum wrong; stop the batch, have it corrected, then send again"},
	"AM14": {askOperator, true, "Vượt hạn mức đã thỏa thuận; chia tệp hoặc chờ sang ngày rồi gửi lại", "Above the agreed limit; split the file or wait, then send again"},
	"AM21": {askOperator, true, "Vượt hạn mức của khách hàng; chia tệp hoặc chờ sang ngày rồi gửi lại", "Above the client's limit; split the file or wait, then send again"},
	"AM23": {askOperator, true, "Vượt hạn mức thanh toán; chia tệp hoặc chờ sang ngày rồi gửi lại", "Above the settlement limit; split the file or wait, then send again"},
	"BE01": {askAccount, false, "Tên hoặc số định danh không khớp tài khoản; xem lại danh tính, không gửi lại", "Name or id does not fit the account; review identity, do not retry"},
	"BE04": {askAccount, false, "Thiếu địa chỉ người nhận; bổ sung rồi chi đợt sau", "Payee's address missing; complete it"},
	"BE05": {askOperator, true, "Ngân hàng không nhận ra bên gửi lệnh; người vận hành kiểm tra hợp đồng rồi gửi lại", "Initiator not recognised; the operator checks the contract, then sends again"},
	"BE06": {askDeath, false, "Ngân hàng không còn khách hàng này; kiểm tra còn sống hay không", "Customer no longer known; check whether alive"},
	"BE07": {askOperator, true, "Thiếu địa chỉ cơ quan chi trả; bổ sung rồi gửi lại", "Debtor's address missing; complete it, then send again"},
	"BE22": {askAccount, false, "Thiếu tên người nhận; bổ sung rồi chi đợt sau", "Payee's name missing; complete it"},
	"BE23": {askAccount, false, "Bí danh tài khoản không tồn tại; xin số tài khoản", "Account proxy unknown; ask for an account number"},
	"MD07": {askDeath, false, "Chủ tài khoản đã chết; dừng chi, mở hồ sơ, không gửi lại", "Account holder deceased; stop, open a case, do not retry"},
	"MD06": {askPerson, false, "Khách hàng yêu cầu trả lại; hỏi người hưởng", "Returned on the customer's request; ask the person"},
	"MS02": {askPerson, true, "Khách hàng từ chối, không nêu lý do; hỏi người hưởng, có thể gửi lại một lần", "Refused by the customer without reason; ask the person, may be sent once more"},
	"MS03": {askPerson, true, "Ngân hàng không nêu lý do; hỏi ngân hàng, có thể gửi lại một lần", "No reason given by the bank; ask the bank, may be sent once more"},
	"NARR": {askPerson, false, "Lý do ghi bằng lời; đọc và xử lý", "Reason in words; read and act"},
	"NOAS": {askPerson, false, "Người nhận không trả lời; liên hệ người hưởng", "No answer from the payee; contact the person"},
	"RC01": {askAccount, false, "Mã ngân hàng sai dạng; sửa mã ngân hàng", "Bank identifier has a wrong form; correct it"},
	"RC04": {askAccount, false, "Mã ngân hàng người nhận sai; sửa mã ngân hàng", "Payee's bank identifier wrong; correct it"},
	"RC11": {askOperator, false, "Ngân hàng trung gian sai; hỏi ngân hàng", "Intermediary bank wrong; ask the bank"},
	"CNOR": {askAccount, false, "Ngân hàng người nhận không tham gia; cần tài khoản ở ngân hàng khác", "Payee's bank not registered; an account elsewhere is needed"},
	"DNOR": {askOperator, false, "Ngân hàng của cơ quan không tham gia; hỏi ngân hàng", "Debtor's bank not registered; ask the bank"},
	"RF01": {askOperator, true, "Mã lệnh trùng trong tệp; lỗi phần mềm, báo người vận hành", "Reference not unique in the message; a software fault"},
	"DU01": {askOperator, true, "Mã tệp đã dùng; lỗi phần mềm, hỏi ngân hàng về tệp đầu tiên trước khi gửi lại", "Message id used before; a software fault: ask about the first before sending again"},
	"RR01": {askPerson, false, "Thiếu thông tin tài khoản người gửi theo quy định; chuyển bộ phận pháp chế", "Regulatory data missing: debtor's account; to compliance"},
	"RR02": {askPerson, false, "Thiếu tên, địa chỉ người gửi theo quy định; chuyển bộ phận pháp chế", "Regulatory data missing: debtor's name or address; to compliance"},
	"RR03": {askPerson, false, "Thiếu tên, địa chỉ người nhận theo quy định; chuyển bộ phận pháp chế", "Regulatory data missing: creditor's name or address; to compliance"},
	"RR04": {askPerson, false, "Lý do theo quy định của cơ quan quản lý; chuyển bộ phận pháp chế", "Regulatory reason; to compliance"},
	"NOCM": {askAccount, false, "Tài khoản không đáp ứng quy định; cần tài khoản khác", "Account does not comply; another is needed"},
	"FR01": {askFraud, false, "Trả lại vì nghi gian lận; phong tỏa và điều tra", "Returned as fraud; freeze and investigate"},
	"FRAD": {askFraud, false, "Nguồn gian lận; phong tỏa và điều tra", "Fraudulent origin; freeze and investigate"},
	"FOCR": {askOperator, false, "Trả lại theo yêu cầu hủy của ta; khép theo yêu cầu đó", "Returned after our cancellation; close against it"},
	"CUST": {askOperator, false, "Hủy theo yêu cầu bên gửi; khép theo yêu cầu đó", "Cancelled by the debtor; close against it"},
	"RUTA": {askOperator, false, "Trả lại sau tra soát, không khắc phục được; khép hồ sơ tra soát", "Returned, no remedy possible; close the inquiry"},
	"UPAY": {askPerson, false, "Khoản chi không có cơ sở; xem lại hồ sơ", "Payment not justified; look at the file"},
	"TM01": {askOperator, true, "Quá giờ cắt; gửi lại ngày làm việc sau", "After cut-off; send again next day"},
	"DT01": {askOperator, true, "Ngày thực hiện sai; gửi lại ngày làm việc sau", "Invalid date; send again next day"},
	"DT04": {askOperator, true, "Không nhận ngày tương lai; gửi lại đúng ngày", "Future date not supported; send again on the day"},
	"ED05": {askOperator, true, "Thanh toán không thành; gửi lại ngày làm việc sau", "Settlement failed; send again next day"},
	"ED06": {askOperator, true, "Hệ thống thanh toán ngừng; gửi lại ngày làm việc sau", "Settlement system down; send again next day"},
	"FF01": {askOperator, true, "Tệp sai định dạng; báo lỗi phần mềm, sửa rồi gửi lại", "File format wrong; a software fault, mend it and send again"},
	"CH17": {askOperator, true, "Tệp có phần tử không được phép; báo lỗi phần mềm, sửa rồi gửi lại", "Element not admitted; a software fault, mend it and send again"},
	"TA01": {askOperator, true, "Truyền tệp bị ngắt; gửi lại", "Transmission aborted; send again"},
	"TD03": {askOperator, true, "Tệp không đầy đủ; báo lỗi phần mềm, sửa rồi gửi lại", "File incomplete; a software fault, mend it and send again"},
	"SP01": {askPerson, false, "Người giữ tài khoản dừng khoản chi; hỏi người hưởng", "Stopped by the holder; ask the person"},
	"SVNR": {askPerson, false, "Không rút được bằng thẻ; hỏi người hưởng", "Card service did not pay; ask the person"},
}

// returnReasons are the codes that mean something else in the set of returns.
var returnReasons = map[string]reason{
	"AC03": {askAccount, false, "Số tài khoản quốc tế sai; giữ lại và xin số tài khoản đúng", "Wrong IBAN; hold and ask for the right account"},
	"AC14": {askAccount, false, "Ngân hàng nhận không hợp lệ; sửa mã ngân hàng", "Agent invalid; correct the bank"},
	"AC16": {askAccount, false, "Tài khoản bị kê biên; giữ lại, kiểm tra pháp lý", "Account in sequestration; hold, check legally"},
}

// reasonOf finds a code in the set of what happened: returns and statuses are two sets.
func reasonOf(kind OutcomeKind, code string) (r reason, known bool) {
	if kind == OutcomeReturned {
		if r, known = returnReasons[code]; known {
			return r, true
		}
	}
	r, known = reasons[code]
	return r, known
}

// ReasonWords says what a bank's reason code means and what to do next, in Vietnamese
// and English, after a refusal before the debit or after a return; a code that nobody
// knows is shown as it is.
func ReasonWords(kind OutcomeKind, code string) (vi, en string) {
	if r, ok := reasonOf(kind, code); ok {
		return r.vi, r.en
	}
	return "Mã " + code + ": hỏi ngân hàng", "Code " + code + ": ask the bank"
}
