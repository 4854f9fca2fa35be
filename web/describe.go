package web

import (
	"errors"
	"net/http"

	"ansinh.vn/beneficiaries"
	"ansinh.vn/internal/text"
	"ansinh.vn/ledger"
	"ansinh.vn/markets"
	"ansinh.vn/payout"
	"ansinh.vn/reconcile"
)

// known pairs the errors of the rooms with what people are told.
var known = []struct {
	err    error
	status int
	vi     string
	next   string
}{
	{payout.ErrOwnRun, 409, "Người lập đợt không được tự duyệt, cũng không được tự thả khoản bị giữ", "Nhờ một người khác."},
	{payout.ErrTwice, 409, "Anh/chị đã ký đợt này rồi", "Cần chữ ký của người khác."},
	{payout.ErrState, 409, "Đợt không còn ở bước cho phép việc này", "Tải lại trang để xem đợt đang ở bước nào."},
	{payout.ErrStale, 409, "Đợt đã thay đổi sau khi anh/chị xem", "Tải lại trang, xem lại rồi ký."},
	{payout.ErrSignature, 422, "Chữ ký không khớp với đợt và khoá", "Chọn đúng khoá của anh/chị rồi ký lại."},
	{payout.ErrKey, 422, "Khoá này chưa đăng ký, hoặc đã bị thu hồi", "Đăng ký khoá ở trang cá nhân và nhờ người khác xác nhận."},
	{payout.ErrProvisional, 409, "Đợt dùng mức hưởng chưa ai xác nhận theo văn bản", "Xác nhận mức bằng lệnh ansinh rates confirm rồi duyệt."},
	{payout.ErrOverlap, 409, "Một đợt khác đã lấy những tháng này", "Lập lại đợt."},
	{payout.ErrNothing, 409, "Không có khoản nào để làm", "Kiểm tra lại các khoản đang bị giữ."},
	{reconcile.ErrOwnProposal, 409, "Người đề nghị không được tự xác nhận", "Nhờ một người khác xác nhận."},
	{reconcile.ErrNotOpen, 409, "Khoản này không còn chờ việc đó", "Tải lại trang để xem trạng thái mới."},
	{beneficiaries.ErrSettled, 409, "Người này không còn chờ quyết định", "Có thể đồng nghiệp vừa xử lý; tải lại trang."},
	{beneficiaries.ErrDecision, 422, "Không thể quyết định như vậy với trường hợp này", "Chọn cách xử lý khác."},
	{beneficiaries.ErrTaken, 409, "Số định danh này đã thuộc về một hồ sơ khác", "Đề nghị gộp hai hồ sơ."},
	{beneficiaries.ErrOwnMerge, 409, "Người đề nghị gộp không được tự xác nhận", "Nhờ một người khác xác nhận."},
	{beneficiaries.ErrOwnList, 409, "Người nhập danh sách không được tự chấp nhận", "Nhờ một người khác xem và chấp nhận."},
	{beneficiaries.ErrListDecided, 409, "Danh sách này đã có người quyết định", "Tải lại trang để xem ai và khi nào."},
	{beneficiaries.ErrNobody, 422, "Không có ai phù hợp", "Chọn ấp, việc hoặc ngày khác."},
	{beneficiaries.ErrPlan, 422, "Kế hoạch chưa hợp lý", "Xem lại ngày, giờ, chỉ tiêu và nơi đến."},
	{beneficiaries.ErrNumber, 422, "Số vừa nhập không dùng được", "Số định danh có 12 chữ số; điện thoại có 10 chữ số."},
	{beneficiaries.ErrOwnCorrection, 409, "Người đề nghị đính chính không được tự xác nhận", "Nhờ một người khác xác nhận."},
	{beneficiaries.ErrNoCorrection, 404, "Không còn đề nghị nào ở đây", "Có thể đồng nghiệp vừa xử lý; tải lại trang."},
	{beneficiaries.ErrReason, 422, "Cần ghi lý do", "Ghi lý do rồi làm lại."},
	{beneficiaries.ErrOwnRuling, 409, "Người soạn quyết định không được tự ban hành", "Trình chủ tịch, hoặc nhờ người khác soạn."},
	{beneficiaries.ErrRuled, 409, "Quyết định này đã được xử lý", "Tải lại trang."},
	{beneficiaries.ErrOwnPayee, 409, "Người đề nghị không được tự xác nhận", "Nhờ một người khác xác nhận."},
	{payout.ErrEffect, 409, "Tác động của quyết định đã khác lúc anh/chị xem", "Tải lại trang, xem lại các tháng rồi ban hành."},
	{payout.ErrOwnProgramme, 409, "Người lập chương trình không được tự xác nhận", "Nhờ một người khác xác nhận."},
	{ledger.ErrMonthClosed, 409, "Tháng kế toán đã khoá sổ", "Ghi vào tháng đang mở, hoặc hỏi kế toán."},
	{ledger.ErrKeyReused, 409, "Mã yêu cầu này đã dùng cho việc khác", "Làm lại từ đầu."},
}

// describeRooms turns an error of the rooms below into words; nil when it is none.
func describeRooms(err error) *problem {
	for _, k := range known {
		if errors.Is(err, k.err) {
			return &problem{Status: k.status, VI: k.vi, EN: k.err.Error(), Next: k.next}
		}
	}
	var ruled *beneficiaries.RuledError
	var funds *payout.ErrFunds
	var short ledger.ErrShort
	var payoutRefusal *payout.Refusal
	var breakRefusal *reconcile.Refusal
	switch {
	case errors.Is(err, payout.ErrNotFound), errors.Is(err, beneficiaries.ErrNoPerson), errors.Is(err, beneficiaries.ErrNoList), errors.Is(err, beneficiaries.ErrNoOutreach), errors.Is(err, ledger.ErrNoEntry), errors.Is(err, markets.ErrNotFound):
		return errNoPage
	case errors.Is(err, beneficiaries.ErrNoRuling), errors.Is(err, beneficiaries.ErrNoPublicList), errors.Is(err, payout.ErrNoProgramme):
		return errNoPage
	case errors.As(err, &ruled):
		return refuse(ruled.Words(), ruled.Reason, "Sửa lại theo lý do rồi làm lại.")
	case errors.As(err, &funds):
		return &problem{Status: http.StatusConflict, VI: "Kinh phí không đủ: còn " + text.VND(funds.Balance) + ", thiếu " + text.VND(funds.Short),
			EN: funds.Error(), Next: "Ghi nhận kinh phí về rồi duyệt lại."}
	case errors.As(err, &short):
		return &problem{Status: http.StatusConflict, VI: "Tài khoản không đủ tiền, thiếu " + text.VND(short.Short), EN: short.Error(), Next: "Kiểm tra lại số tiền."}
	case errors.As(err, &payoutRefusal):
		return refuse("Không làm được việc này với đợt", payoutRefusal.Reason, "Sửa lại theo lý do rồi làm lại.")
	case errors.As(err, &breakRefusal):
		return refuse("Không xử lý được như vậy", breakRefusal.Reason, "Chọn cách khác.")
	}
	if r := markets.RefusalOf(err); r != nil {
		return marketProblem(r)
	}
	return nil
}

// marketProblem words a refusal of the market by its stable code.
func marketProblem(r *markets.Refusal) *problem {
	w, ok := marketWords[r.Why]
	if !ok {
		w = struct {
			status   int
			vi, next string
		}{http.StatusUnprocessableEntity, "Không làm được", "Kiểm tra lại rồi thử lần nữa."}
	}
	return &problem{Status: w.status, VI: w.vi, EN: r.Text, Next: w.next}
}

var marketWords = map[string]struct {
	status   int
	vi, next string
}{
	"sign-in":              {401, "Số điện thoại và mã PIN không khớp", "Nhập lại; quên PIN thì đến văn phòng chợ."},
	"locked":               {429, "Đã nhập sai PIN quá nhiều lần", "Đợi 15 phút, hoặc đến văn phòng chợ."},
	"key-reused":           {409, "Yêu cầu này đã dùng cho việc khác", "Làm lại từ đầu."},
	"amount":               {422, "Số tiền chưa đúng", "Nhập số tiền lớn hơn 0."},
	"not-your-stall":       {403, "Sạp này là của người khác", "Chọn sạp của mình."},
	"virtual-account-used": {409, "Tài khoản ảo này đã gắn với lần thu khác", "Dùng tài khoản ảo khác."},
	"voucher-unknown":      {404, "Không có phiếu này", "Kiểm tra lại mã trên phiếu."},
	"voucher-inactive":     {409, "Phiếu chưa kích hoạt", "Người hưởng đến văn phòng xã để kích hoạt."},
	"voucher-suspended":    {409, "Phiếu đang bị khoá", "Người hưởng đến văn phòng xã."},
	"voucher-redeemed":     {409, "Phiếu đã dùng hết", "Thu bằng cách khác."},
	"voucher-expired":      {409, "Phiếu đã hết hạn", "Số tiền còn lại trả về cho người hưởng; đến văn phòng xã."},
	"voucher-cancelled":    {409, "Phiếu đã huỷ", "Người hưởng đến văn phòng xã."},
	"voucher-early":        {409, "Phiếu chưa đến ngày dùng", "Xem ngày ghi trên phiếu."},
	"voucher-market":       {409, "Phiếu chỉ dùng được ở chợ khác", "Xem tên chợ ghi trên phiếu."},
	"voucher-pin":          {403, "Sai mã PIN", "Để chủ phiếu tự bấm lại; sai năm lần phiếu sẽ bị khoá."},
	"voucher-limit":        {409, "Quá hạn mức một lần mua hoặc một ngày", "Giảm số tiền."},
	"voucher-short":        {409, "Phiếu không đủ tiền", "Xem phiếu còn bao nhiêu rồi thu phần còn thiếu bằng cách khác."},
	"vendor-suspended":     {403, "Tài khoản tiểu thương đang tạm khoá", "Đến văn phòng chợ."},
}
