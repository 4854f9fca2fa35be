package beneficiaries

import "ansinh.vn/internal/sheet"

// What the columns of a list mean; the order is that of listColumnNames.
const (
	fRowRef = iota // "Mã dòng" of a quarantine spreadsheet
	fNumber
	fName
	fBirth
	fSex
	fEthnic
	fHamlet
	fCommune
	fAddress
	fPhone
	fEIdentity
	fCategory
	fDecisionNo
	fDecisionOn
	fFirstMonth
	fLastMonth
	fChildren
	fInjury
	fSeniority
	fAmount
	fPaidThrough
	fWay
	fBank
	fAccount
	fHolder
	fRecipient
	fRecipientNumber
	fRelation
	fAuthorisation
	fAuthorisedUntil
	fSharedReason
	fNote
	fieldCount
)

// listColumnNames is the vocabulary of a scheme's list: what clerks call the
// columns. No layout is laid down by law; this one covers CV 5234/LĐTBXH-TTTT
// and NĐ 20/2021 Đ34.
var listColumnNames = sheet.Columns{
	fRowRef:          {Key: "ma_dong", Names: []string{"Mã dòng"}},
	fNumber:          {Key: "so_giay_to", Names: []string{"Số định danh cá nhân", "Số định danh", "Số định danh cá nhân/CCCD", "Số CCCD", "CCCD", "Số căn cước", "Căn cước", "CMND", "Số CMND", "CMND/CCCD", "Số ĐDCN", "ĐDCN", "Mã định danh", "Số giấy tờ", "Số giấy tờ tùy thân"}},
	fName:            {Key: "ho_ten", Required: true, Names: []string{"Họ và tên", "Họ tên", "Họ, chữ đệm và tên", "Tên đối tượng", "Họ và tên đối tượng", "Họ và tên người hưởng", "Tên người hưởng"}},
	fBirth:           {Key: "ngay_sinh", Names: []string{"Ngày sinh", "Ngày, tháng, năm sinh", "Ngày tháng năm sinh", "Năm sinh", "Sinh ngày", "NTNS"}},
	fSex:             {Key: "gioi_tinh", Names: []string{"Giới tính", "Nam/Nữ", "Nam/nữ", "Phái", "Giới"}},
	fEthnic:          {Key: "dan_toc", Names: []string{"Dân tộc"}},
	fHamlet:          {Key: "ap", Names: []string{"Ấp/Khóm", "Ấp", "Khóm", "Khóm/Ấp", "Ấp, khóm", "Khu phố", "Thôn"}},
	fCommune:         {Key: "xa", Names: []string{"Xã/Phường", "Xã, phường", "Phường/Xã", "Xã", "Phường", "Tên xã", "Đơn vị hành chính"}},
	fAddress:         {Key: "dia_chi", Names: []string{"Địa chỉ", "Nơi ở", "Nơi ở hiện nay", "Nơi cư trú", "Nơi thường trú", "Thường trú", "Chỗ ở", "Hộ khẩu thường trú"}},
	fPhone:           {Key: "dien_thoai", Names: []string{"Điện thoại", "Số điện thoại", "SĐT"}},
	fEIdentity:       {Key: "dinh_danh_dien_tu", Names: []string{"Định danh điện tử", "Tài khoản định danh điện tử", "Tài khoản định danh", "VNeID", "Tài khoản VNeID", "Có VNeID", "Kích hoạt VNeID", "Mức định danh", "Mức độ định danh", "Định danh mức 2"}},
	fCategory:        {Key: "doi_tuong", Names: []string{"Đối tượng", "Nhóm đối tượng", "Loại đối tượng", "Mã đối tượng", "Diện đối tượng", "Diện hưởng", "Đối tượng hưởng", "Diện chính sách", "Loại trợ cấp", "Chế độ"}},
	fDecisionNo:      {Key: "so_quyet_dinh", Names: []string{"Số quyết định", "Quyết định số", "Số QĐ", "QĐ số", "Quyết định", "Quyết định số", "Mã hồ sơ/quyết định", "Mã hồ sơ", "Số hồ sơ"}},
	fDecisionOn:      {Key: "ngay_quyet_dinh", Names: []string{"Ngày quyết định", "Quyết định ngày", "Ngày QĐ", "Ngày ký", "Ngày ký QĐ", "Ngày ban hành", "Ngày ra quyết định"}},
	fFirstMonth:      {Key: "huong_tu", Names: []string{"Hưởng từ tháng", "Hưởng từ", "Tháng hưởng", "Tháng bắt đầu hưởng", "Tháng bắt đầu", "Thời điểm hưởng", "Thời gian hưởng", "Từ tháng", "Bắt đầu hưởng"}},
	fLastMonth:       {Key: "huong_den", Names: []string{"Hưởng đến tháng", "Hưởng đến", "Tháng thôi hưởng", "Thôi hưởng", "Tháng kết thúc"}},
	fChildren:        {Key: "so_con", Names: []string{"Số con", "Số con đang nuôi", "Số con được tính", "Số trẻ"}},
	fInjury:          {Key: "ty_le", Names: []string{"Tỷ lệ", "Tỉ lệ", "Tỷ lệ thương tật", "Tỷ lệ thương tật (%)", "Tỷ lệ tổn thương cơ thể (%)", "Tỷ lệ tổn thương", "Tỷ lệ tổn thương cơ thể", "% thương tật", "Mức suy giảm"}},
	fSeniority:       {Key: "tham_nien", Names: []string{"Thâm niên", "Số thâm niên", "Số năm thâm niên"}},
	fAmount:          {Key: "muc_huong", Sum: true, Names: []string{"Mức hưởng", "Mức đang hưởng", "Mức trợ cấp", "Mức hưởng hằng tháng", "Mức hưởng hàng tháng", "Trợ cấp hằng tháng", "Trợ cấp tháng", "Mức chi", "Số tiền"}},
	fPaidThrough:     {Key: "da_chi_den", Names: []string{"Đã chi đến tháng", "Đã chi trả đến tháng", "Đã chi trả đến", "Đã chi đến", "Chi đến tháng", "Đã nhận đến tháng", "Đã hưởng đến", "Đã trả đến"}},
	fWay:             {Key: "hinh_thuc", Names: []string{"Hình thức", "Hình thức nhận", "Hình thức chi trả", "Cách nhận", "Phương thức chi trả"}},
	fBank:            {Key: "ngan_hang", Names: []string{"Ngân hàng", "Tên ngân hàng", "Tại ngân hàng", "Mở tại ngân hàng", "Nơi mở tài khoản", "Mã ngân hàng", "BIN ngân hàng"}},
	fAccount:         {Key: "so_tai_khoan", Names: []string{"Số tài khoản", "Tài khoản", "Số TK", "STK"}},
	fHolder:          {Key: "chu_tai_khoan", Names: []string{"Chủ tài khoản", "Tên chủ tài khoản", "Tên chủ TK", "Chủ TK", "Tên tài khoản", "Họ tên chủ tài khoản"}},
	fRecipient:       {Key: "nguoi_nhan_thay", Names: []string{"Người nhận thay", "Người nhận thay họ và tên", "Người nhận thay họ tên", "Người nhận", "Họ tên người nhận thay", "Họ và tên người nhận thay", "Tên người nhận thay", "Người được ủy quyền", "Người nhận hộ", "Người giám hộ"}},
	fRecipientNumber: {Key: "so_giay_to_nguoi_nhan", Names: []string{"Số định danh người nhận thay", "Người nhận thay số định danh", "Người nhận thay số CCCD", "Số định danh người nhận", "CCCD người nhận thay", "CCCD người nhận", "Số CCCD người nhận thay", "Số CCCD người nhận", "ĐDCN người nhận thay", "Số ĐDCN người nhận thay", "Số giấy tờ người nhận thay", "Giấy tờ người nhận", "Số định danh người được ủy quyền"}},
	fRelation:        {Key: "quan_he", Names: []string{"Quan hệ", "Mối quan hệ", "Quan hệ với đối tượng", "Quan hệ với người hưởng"}},
	fAuthorisation:   {Key: "giay_uy_quyen", Names: []string{"Giấy ủy quyền", "Số giấy ủy quyền", "Giấy ủy quyền số", "Số ủy quyền", "Ủy quyền số", "Ủy quyền"}},
	fAuthorisedUntil: {Key: "uy_quyen_den", Names: []string{"Ủy quyền đến", "Ủy quyền đến ngày", "Hạn ủy quyền", "Thời hạn ủy quyền", "Hết hạn ủy quyền", "Ngày hết hạn ủy quyền", "Giấy ủy quyền có hạn đến"}},
	fSharedReason:    {Key: "ly_do_dung_chung", Names: []string{"Lý do dùng chung tài khoản", "Lý do dùng chung", "Lý do chung tài khoản"}},
	fNote:            {Key: "ghi_chu", Names: []string{"Ghi chú", "Chú thích"}},
}

// ColumnTitle is what a list usually calls a column; a key that is none comes back
// as it is.
func ColumnTitle(key string) string {
	for _, c := range listColumnNames {
		if c.Key == key {
			return c.Names[0]
		}
	}
	return key
}
