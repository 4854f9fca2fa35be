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
		"unknown":   {VI: "CHƯA BIẾT", EN: "Not known", KM: "មិនដឹង", Tone: "unknown"},
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
		"unmatched":         {VI: "Chưa khớp", EN: "Unmatched", Tone: "warn"},
		"amount_differs":    {VI: "Lệch số tiền", EN: "Amount differs", Tone: "bad"},
		"duplicate_debit":   {VI: "Ghi nợ hai lần", EN: "Duplicate debit", Tone: "bad"},
		"unknown_credit":    {VI: "Tiền lạ vào", EN: "Unknown credit", Tone: "warn"},
		"unknown_debit":     {VI: "Tiền lạ ra", EN: "Unknown debit", Tone: "bad"},
		"orphan_return":     {VI: "Hoàn trả không gốc", EN: "Return without original", Tone: "bad"},
		"stale_in_transit":  {VI: "Treo quá hạn", EN: "Stale in transit", Tone: "warn"},
		"missing_statement": {VI: "Thiếu sao kê", EN: "Missing statement", Tone: "bad"},
		"notice_only":       {VI: "Có báo, chưa có sao kê", EN: "Notice without line", Tone: "warn"},
		"ambiguous":         {VI: "Nhiều khả năng", EN: "Ambiguous", Tone: "warn"},
	},
}
