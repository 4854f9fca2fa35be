package text

import (
	"maps"
	"slices"
)

// Word is one thing said in the languages of the province. KM is filled where a
// page is shown in Khmer: the market.
type Word struct {
	VI, EN, KM string
	// Tone is how it looks, never the only sign of what it means: "good", "warn",
	// "bad", "busy" or "" for neutral.
	Tone string
}

// Lookup finds the word of a kind and key. Example: Lookup("run", "approved").
// What the catalogue does not know is shown as it is, so that nothing is hidden.
func Lookup(kind, key string) Word {
	if w, ok := catalogue[kind][key]; ok {
		return w
	}
	return Word{VI: key, EN: key}
}

// Known reports whether the catalogue has the word.
func Known(kind, key string) bool {
	_, ok := catalogue[kind][key]
	return ok
}

// Kinds lists the kinds of words, sorted.
func Kinds() []string { return slices.Sorted(maps.Keys(catalogue)) }

// Keys lists the keys of a kind, sorted.
func Keys(kind string) []string { return slices.Sorted(maps.Keys(catalogue[kind])) }

var catalogue = map[string]map[string]Word{
	"role": {
		"clerk":        {VI: "Chuyên viên", EN: "Clerk"},
		"accountant":   {VI: "Kế toán", EN: "Accountant"},
		"chairman":     {VI: "Người duyệt", EN: "Approver"},
		"auditor":      {VI: "Thanh tra", EN: "Auditor"},
		"operator":     {VI: "Vận hành", EN: "Operator"},
		"vendor-admin": {VI: "Quản lý chợ", EN: "Market admin"},
	},
	"entry": {
		"run.approved":       {VI: "Đã duyệt chi cho người hưởng", EN: "Approved for the beneficiary"},
		"run.instructed":     {VI: "Đã gửi lệnh chi", EN: "Sent to be paid"},
		"payment.debited":    {VI: "Ngân hàng đã trích tiền chi", EN: "Debited by the bank"},
		"payment.returned":   {VI: "Ngân hàng trả tiền lại", EN: "Returned by the bank"},
		"payment.rejected":   {VI: "Ngân hàng từ chối lệnh chi", EN: "Refused by the bank"},
		"payment.cancelled":  {VI: "Đã huỷ khoản chi", EN: "Payment cancelled"},
		"cash.uncollected":   {VI: "Chưa đến nhận tiền", EN: "Not collected"},
		"funds.received":     {VI: "Nhận kinh phí", EN: "Funds received"},
		"recovery.received":  {VI: "Thu hồi tiền đã chi thừa", EN: "Overpayment recovered"},
		"reversal":           {VI: "Bút toán đảo", EN: "Reversal"},
		"settlement.made":    {VI: "Thanh toán cho tiểu thương", EN: "Vendors paid"},
		"settlement.settled": {VI: "Tiểu thương đã nhận tiền", EN: "Vendor paid by the bank"},
		"voucher.issued":     {VI: "Phát phiếu mua hàng", EN: "Voucher issued"},
		"voucher.redeemed":   {VI: "Dùng phiếu mua hàng", EN: "Voucher redeemed"},
		"voucher.expired":    {VI: "Phiếu hết hạn, trả lại tiền", EN: "Voucher expired, money given back"},
	},
	"life-event": {
		"death":               {VI: "Báo tử", EN: "Death", Tone: "bad"},
		"move":                {VI: "Chuyển đi", EN: "Move", Tone: "warn"},
		"change_of_residence": {VI: "Chuyển đi", EN: "Move", Tone: "warn"},
		"absence":             {VI: "Vắng mặt", EN: "Absence", Tone: "warn"},
		"alive":               {VI: "Còn sống", EN: "Alive", Tone: "good"},
	},
	"standing": {
		"missing":  {VI: "mất tích", EN: "missing"},
		"abroad":   {VI: "đã xuất cảnh", EN: "abroad"},
		"detained": {VI: "đang chấp hành án", EN: "detained"},
	},
	"subscription": {
		"asked":   {VI: "Chờ xác nhận", EN: "Asked", Tone: "busy"},
		"active":  {VI: "Đang nhận tin", EN: "Active", Tone: "good"},
		"refused": {VI: "Bị từ chối", EN: "Refused", Tone: "bad"},
		"ended":   {VI: "Đã thôi", EN: "Ended"},
	},
	"run": {
		"draft":      {VI: "Nháp", EN: "Draft"},
		"computed":   {VI: "Đã tính", EN: "Computed", Tone: "busy"},
		"submitted":  {VI: "Đã trình", EN: "Submitted", Tone: "busy"},
		"approved":   {VI: "Đã duyệt", EN: "Approved", Tone: "good"},
		"instructed": {VI: "Đã gửi ngân hàng", EN: "Sent to bank", Tone: "busy"},
		"closed":     {VI: "Đã xong", EN: "Closed", Tone: "good"},
		"rejected":   {VI: "Bị trả lại", EN: "Rejected", Tone: "bad"},
		"void":       {VI: "Đã huỷ", EN: "Void", Tone: "bad"},
	},
	"payment": {
		"held":        {VI: "Tạm giữ", EN: "Held", Tone: "warn"},
		"ready":       {VI: "Chờ chi", EN: "Ready"},
		"instructed":  {VI: "Đã gửi", EN: "In transit", Tone: "busy"},
		"settled":     {VI: "Đã chi", EN: "Paid", Tone: "good"},
		"returned":    {VI: "Bị trả về", EN: "Returned", Tone: "bad"},
		"carried":     {VI: "Chuyển tháng sau", EN: "Carried over", Tone: "warn"},
		"cancelled":   {VI: "Đã huỷ", EN: "Cancelled"},
		"collected":   {VI: "Đã nhận tiền mặt", EN: "Collected", Tone: "good"},
		"uncollected": {VI: "Chưa đến nhận", EN: "Not collected", Tone: "warn"},
	},
	"instruction": {
		"made":        {VI: "Đã lập", EN: "Made"},
		"debited":     {VI: "Đã ghi nợ", EN: "Debited", Tone: "good"},
		"rejected":    {VI: "Bị từ chối", EN: "Rejected", Tone: "bad"},
		"returned":    {VI: "Bị hoàn trả", EN: "Returned", Tone: "bad"},
		"collected":   {VI: "Đã nhận tiền mặt", EN: "Collected", Tone: "good"},
		"uncollected": {VI: "Chưa đến nhận", EN: "Not collected", Tone: "warn"},
	},
	"reason": {
		"amount_jump":      {VI: "Số tiền khác xa tháng trước mà không có quyết định", EN: "Far from last month without a decision"},
		"above_limit":      {VI: "Số tiền vượt mức một người thường nhận", EN: "More than one person should get at once"},
		"account_bounced":  {VI: "Tài khoản này đã trả tiền về; cần tài khoản khác", EN: "This account sent money back"},
		"death_reported":   {VI: "Ngân hàng báo người nhận đã mất; cần xác minh", EN: "The bank told of a death"},
		"account_new":      {VI: "Tài khoản mới đổi mấy ngày trước; gọi xác nhận với người hưởng", EN: "The account changed a few days ago"},
		"detail_missing":   {VI: "Thiếu số con, tỷ lệ thương tật hoặc thâm niên", EN: "A number of children, percentage or units is missing"},
		"held_by_hand":     {VI: "Cán bộ giữ lại", EN: "Held by hand"},
		"deceased_since":   {VI: "Biết tin mất sau khi lập đợt", EN: "A death became known since"},
		"account_changed":  {VI: "Đổi tài khoản so với lần trước", EN: "Another account than last time"},
		"first_payment":    {VI: "Lần chi đầu tiên", EN: "First payment"},
		"clawback":         {VI: "Có khoản đã chi thừa", EN: "Something was overpaid"},
		"carried":          {VI: "Kèm khoản chuyển từ đợt trước", EN: "An earlier payment comes along"},
		"provisional_rate": {VI: "Tính theo mức chưa được xác nhận", EN: "A rate that nobody has confirmed"},
	},
	"rail": {
		"bank":    {VI: "Tài khoản", EN: "Bank account"},
		"cash":    {VI: "Tiền mặt", EN: "Cash"},
		"voucher": {VI: "Phiếu mua hàng", EN: "Voucher"},
	},
	"kind": {
		"regular":  {VI: "Thường kỳ", EN: "Regular"},
		"arrears":  {VI: "Truy lĩnh", EN: "Arrears"},
		"clawback": {VI: "Thu hồi", EN: "Clawback", Tone: "warn"},
		"funeral":  {VI: "Mai táng phí", EN: "Funeral support"},
	},
	"ruling": {
		"grant":    {VI: "Hưởng trợ cấp", EN: "Grant"},
		"change":   {VI: "Điều chỉnh", EN: "Change"},
		"suspend":  {VI: "Tạm dừng", EN: "Suspension"},
		"resume":   {VI: "Hưởng lại", EN: "Resumption"},
		"stop":     {VI: "Thôi hưởng", EN: "Stop"},
		"transfer": {VI: "Thôi chi, chuyển xã", EN: "Transfer"},
		"receive":  {VI: "Tiếp nhận từ xã khác", EN: "Reception"},
	},
	"ruling_act": { // as the paper says it
		"grant":    {VI: "hưởng trợ cấp", EN: "grant of support"},
		"change":   {VI: "điều chỉnh trợ cấp", EN: "change of support"},
		"suspend":  {VI: "tạm dừng trợ cấp", EN: "suspension of support"},
		"resume":   {VI: "hưởng lại trợ cấp", EN: "resumption of support"},
		"stop":     {VI: "thôi hưởng trợ cấp", EN: "end of support"},
		"transfer": {VI: "thôi chi trả trợ cấp và chuyển hồ sơ", EN: "end of payment here, transfer"},
		"receive":  {VI: "tiếp nhận hồ sơ và chi trả trợ cấp", EN: "reception and payment"},
	},
	"ruling_state": {
		"draft":     {VI: "Dự thảo", EN: "Draft", Tone: "warn"},
		"confirmed": {VI: "Đã ban hành", EN: "Made", Tone: "good"},
		"refused":   {VI: "Không ban hành", EN: "Refused"},
	},
	"ground": {
		"uncollected":        {VI: "Ba tháng liền không nhận", EN: "Not collected for three months"},
		"detained":           {VI: "Bị tạm giam từ một tháng", EN: "Detained for a month or more"},
		"refused_assessment": {VI: "Từ chối đánh giá lại", EN: "Refused to be assessed again"},
		"other":              {VI: "Lý do khác", EN: "Another ground"},
		"child":              {VI: "Trẻ em dưới 16 tuổi", EN: "Child under 16"},
		"incapacitated":      {VI: "Mất năng lực hành vi dân sự", EN: "Incapacitated"},
	},
	"signer": {
		"chairman": {VI: "Chủ tịch", EN: "Chairman"},
		"acting":   {VI: "Ký thay Chủ tịch", EN: "For the chairman"},
	},
	"programme": {
		"gift":      {VI: "Quà, hỗ trợ một lần", EN: "Gift"},
		"emergency": {VI: "Cứu trợ khẩn cấp", EN: "Emergency"},
	},
	"scheme": {
		"btxh": {VI: "Trợ giúp xã hội", EN: "Social assistance"},
		"htxh": {VI: "Trợ cấp hưu trí xã hội", EN: "Social pension"},
		"ncc":  {VI: "Người có công", EN: "Merit"},
	},
	"outcome": {
		"match":      {VI: "Khớp", EN: "Match", Tone: "good"},
		"mismatch":   {VI: "Lệch thông tin", EN: "Mismatch", Tone: "warn"},
		"review":     {VI: "Cần xem lại", EN: "Review", Tone: "warn"},
		"not_found":  {VI: "Không tìm thấy", EN: "Not found", Tone: "bad"},
		"duplicate":  {VI: "Trùng", EN: "Duplicate", Tone: "bad"},
		"deceased":   {VI: "Đã mất", EN: "Deceased", Tone: "bad"},
		"moved":      {VI: "Đã chuyển đi", EN: "Moved", Tone: "warn"},
		"absent":     {VI: "Vắng mặt", EN: "Absent", Tone: "warn"},
		"old_number": {VI: "Số cũ", EN: "Old number", Tone: "warn"},
		"unchecked":  {VI: "Chưa đối chiếu", EN: "Not checked"},
	},
	"charge": {
		"waiting":   {VI: "CHƯA NHẬN", EN: "Not received yet", KM: "មិនទាន់ទទួល", Tone: "busy"},
		"paid":      {VI: "ĐÃ NHẬN ĐỦ", EN: "Paid in full", KM: "បានទទួលគ្រប់", Tone: "good"},
		"short":     {VI: "THIẾU TIỀN", EN: "Paid too little", KM: "ខ្វះប្រាក់", Tone: "bad"},
		"over":      {VI: "THỪA TIỀN", EN: "Paid too much", KM: "លើសប្រាក់", Tone: "warn"},
		"late":      {VI: "NHẬN MUỘN", EN: "Paid late", KM: "ទទួលយឺត", Tone: "warn"},
		"expired":   {VI: "HẾT HẠN", EN: "Expired", KM: "ផុតកំណត់", Tone: ""},
		"cancelled": {VI: "ĐÃ HUỶ", EN: "Cancelled", KM: "បានបោះបង់", Tone: ""},
		"received":  {VI: "ĐÃ NHẬN", EN: "Received", KM: "បានទទួល", Tone: "good"},
		"unknown":   {VI: "CHƯA BIẾT", EN: "Not known", KM: "មិនដឹង", Tone: "unknown"},
	},
	"warning": {
		"tiny":         {VI: "Chú ý: chỉ nhận dưới 1.000 đồng!", EN: "Less than 1,000 đồng came"},
		"thousandfold": {VI: "Chú ý: thiếu ba số 0, không phải nghìn đồng!", EN: "A thousandth of what was asked"},
		"twice":        {VI: "Khách đã trả hai lần, trả lại một lần.", EN: "Paid twice"},
		"small-ask":    {VI: "Số tiền dưới 1.000 đồng, có thiếu số 0 không?", EN: "Less than 1,000 đồng is asked for"},
		"biometrics":   {VI: "Trên 10 triệu, ngân hàng của khách sẽ hỏi khuôn mặt.", EN: "Above 10 million the payer's bank asks for their face"},
		"bank-limit":   {VI: "Từ 500 triệu, chuyển nhanh không nhận.", EN: "NAPAS 247 carries less than 500 million"},
	},
	"taking": {
		"charge":  {VI: "Theo mã", EN: "Charge"},
		"stall":   {VI: "Thẻ sạp", EN: "Stall card", Tone: "good"},
		"vendor":  {VI: "Vào tài khoản", EN: "To the account", Tone: "good"},
		"voucher": {VI: "Phiếu mua hàng", EN: "Voucher", Tone: "good"},
	},
	"voucher": {
		"inactive":  {VI: "Chưa kích hoạt", EN: "Inactive"},
		"active":    {VI: "Đang dùng", EN: "Active", Tone: "good"},
		"suspended": {VI: "Tạm khoá", EN: "Suspended", Tone: "warn"},
		"redeemed":  {VI: "Đã dùng hết", EN: "Redeemed"},
		"expired":   {VI: "Hết hạn", EN: "Expired", Tone: "warn"},
		"cancelled": {VI: "Đã huỷ", EN: "Cancelled", Tone: "bad"},
	},
	"break": {
		"unmatched":               {VI: "Chưa khớp", EN: "Unmatched", Tone: "warn"},
		"unknown-credit":          {VI: "Tiền lạ vào", EN: "Unknown credit", Tone: "warn"},
		"amount-differs":          {VI: "Lệch số tiền", EN: "Amount differs", Tone: "bad"},
		"duplicate-debit":         {VI: "Ghi nợ hai lần", EN: "Duplicate debit", Tone: "bad"},
		"ambiguous":               {VI: "Nhiều khả năng", EN: "Ambiguous", Tone: "warn"},
		"return-without-original": {VI: "Hoàn trả không rõ gốc", EN: "Return without original", Tone: "bad"},
		"stale-in-transit":        {VI: "Treo quá hạn", EN: "Stale in transit", Tone: "warn"},
		"notice-without-line":     {VI: "Báo có tiền, sao kê không có", EN: "Notice without a line", Tone: "bad"},
		"missing-statement":       {VI: "Thiếu sao kê", EN: "Missing statement", Tone: "bad"},
		"opening-balance":         {VI: "Lệch số dư đầu kỳ", EN: "Opening balance", Tone: "bad"},
	},
	"settling": {
		"open":     {VI: "Chưa xử lý", EN: "Open", Tone: "warn"},
		"proposed": {VI: "Chờ người thứ hai", EN: "Waits for a second person", Tone: "busy"},
		"settled":  {VI: "Đã xử lý", EN: "Settled", Tone: "good"},
	},
	"change": {
		"added":           {VI: "Thêm", EN: "Added"},
		"gone":            {VI: "Bớt", EN: "Gone"},
		"up":              {VI: "Tăng", EN: "Up"},
		"down":            {VI: "Giảm", EN: "Down"},
		"same":            {VI: "Không đổi", EN: "Same"},
		"changed":         {VI: "Thay đổi", EN: "Changed"},
		"held":            {VI: "Tạm giữ", EN: "Held"},
		"account_changed": {VI: "Đổi tài khoản", EN: "Account changed", Tone: "warn"},
	},
	"field": {
		"number":  {VI: "Số định danh", EN: "Number"},
		"name":    {VI: "Họ tên", EN: "Name"},
		"birth":   {VI: "Ngày sinh", EN: "Birth"},
		"sex":     {VI: "Giới tính", EN: "Sex"},
		"commune": {VI: "Xã/phường", EN: "Commune"},
		"hamlet":  {VI: "Ấp/khóm", EN: "Hamlet"},
		"ethnic":  {VI: "Dân tộc", EN: "Ethnicity"},
	},
	"verdict": {
		"accepted": {VI: "Đã chấp nhận", EN: "Accepted", Tone: "good"},
		"refused":  {VI: "Bị từ chối", EN: "Refused", Tone: "bad"},
		"waiting":  {VI: "Chờ chấp nhận", EN: "Waits", Tone: "warn"},
	},
	"holder": {
		"same":      {VI: "Đúng tên", EN: "Same name", Tone: "good"},
		"near":      {VI: "Gần giống", EN: "Nearly", Tone: "warn"},
		"different": {VI: "Khác tên", EN: "Another name", Tone: "bad"},
		"none":      {VI: "Không ghi tên", EN: "No name"},
	},
	"payee": {
		"self":      {VI: "Người hưởng tự nhận", EN: "The person"},
		"recipient": {VI: "Người được ủy quyền", EN: "Authorised recipient"},
		"guardian":  {VI: "Người giám hộ", EN: "Guardian"},
		"parent":    {VI: "Cha, mẹ", EN: "Parent"},
	},
	"repair": {
		"lost_zero":   {VI: "thêm số 0 bị mất ở đầu", EN: "lost zero"},
		"scientific":  {VI: "số viết kiểu 9,5E+10", EN: "scientific number"},
		"look_alike":  {VI: "chữ O viết thay số 0", EN: "look-alike letters"},
		"separators":  {VI: "bỏ dấu cách, dấu chấm trong số", EN: "separators"},
		"unicode":     {VI: "dựng lại dấu", EN: "Unicode form"},
		"encoding":    {VI: "mã chữ cũ (TCVN3, VNI…)", EN: "old encoding"},
		"title":       {VI: "bỏ “ông, bà” trước tên", EN: "title before the name"},
		"note":        {VI: "bỏ ghi chú trong ô tên", EN: "note in the name"},
		"spacing":     {VI: "khoảng trắng thừa, chữ dính", EN: "spacing"},
		"case":        {VI: "chữ hoa, chữ thường", EN: "letter case"},
		"telex":       {VI: "phím gõ Telex còn sót", EN: "Telex left-overs"},
		"date_order":  {VI: "tháng viết trước ngày", EN: "month before day"},
		"two_digits":  {VI: "năm viết hai chữ số", EN: "two-digit year"},
		"serial":      {VI: "ngày viết bằng số của Excel", EN: "a spreadsheet's day number"},
		"impossible":  {VI: "ngày không có thật, giữ năm", EN: "impossible day"},
		"year_only":   {VI: "chỉ có năm sinh", EN: "year alone"},
		"slid":        {VI: "số định danh lệch một dòng", EN: "a number one row off"},
		"slid_column": {VI: "dòng lệch một cột", EN: "a row one column off"},
		"group":       {VI: "lấy theo dòng tiêu đề nhóm", EN: "from the group's heading"},
		"old_commune": {VI: "xã trước tháng 7/2025", EN: "a former commune"},
		"reused_code": {VI: "mã xã nay chỉ nơi khác", EN: "a code used anew"},
		"unreadable":  {VI: "dấu đã mất", EN: "marks lost"},
	},
	"todo": {
		"number":     {VI: "Lấy số định danh trên thẻ", EN: "Take down the number"},
		"e_identity": {VI: "Làm định danh điện tử mức 2", EN: "Make an e-identity"},
		"account":    {VI: "Mở tài khoản, lấy số tài khoản", EN: "Open an account"},
		"phone":      {VI: "Lấy số điện thoại (của mình hoặc người nhà)", EN: "Take down a phone number"},
	},
	"visit": {
		"met":     {VI: "Đã gặp, đã làm", EN: "Met", Tone: "good"},
		"away":    {VI: "Đi vắng, hẹn lại", EN: "Away", Tone: "warn"},
		"refused": {VI: "Không đồng ý", EN: "Refused"},
		"cannot":  {VI: "Không làm được", EN: "Cannot"},
	},
	"stop": {
		"home":         {VI: "Đến từng nhà", EN: "Home visits"},
		"pagoda":       {VI: "Chùa", EN: "Pagoda"},
		"quay":         {VI: "Bến tàu", EN: "Quay"},
		"hamlet_house": {VI: "Nhà văn hoá ấp", EN: "Hamlet house"},
		"office":       {VI: "Trụ sở xã", EN: "Commune office"},
	},
	"list": {
		"list":       {VI: "Danh sách", EN: "List"},
		"correction": {VI: "Bản sửa", EN: "Correction"},
		"accounts":   {VI: "Tài khoản", EN: "Accounts"},
	},
}
