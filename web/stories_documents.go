package web

import (
	"ansinh.vn/money"
	"ansinh.vn/payout"
)

func sampleDocuments() documentsPage {
	sum := make([]byte, 32)
	return documentsPage{Run: sampleRun(), Office: sampleOffice, Papers: papers, MayKeep: true, Kept: []payout.KeptDocument{
		{ID: 2, Run: 5, Kind: payout.Withdrawal, FileName: "withdrawal-31825-2026-11-5.xlsx", SHA256: sum, Total: 1_836_540_000, MadeBy: sampleBooks.Name, MadeAt: sampleNow,
			Signed: []payout.KeptSigning{{ID: 1, FileName: "withdrawal-31825-2026-11-5.xlsx.p7m", SHA256: sum, Note: "Ký số của chủ tài khoản", KeptBy: sampleBooks.Name, KeptAt: sampleNow}}},
		{ID: 1, Run: 5, Kind: payout.PaymentList, FileName: "payment-list-31825-2026-11-5.xlsx", SHA256: sum, Total: 1_836_540_000, MadeBy: sampleClerk.Name, MadeAt: sampleNow}}}
}

func sampleDocument() documentPage {
	columns := func(names ...string) (list []payout.DocumentColumn) {
		for _, n := range names {
			list = append(list, payout.DocumentColumn{Name: n, Width: 16})
		}
		return list
	}
	return documentPage{Last: true, Document: payout.Document{Kind: payout.PaymentList, Run: sampleRun(), Office: sampleOffice, Title: "Danh sách chi trả trợ cấp", Total: 1_860_000,
		Facts: []payout.DocumentFact{{Label: "Đơn vị", Value: sampleOffice}, {Label: "Tháng", Value: "11/2026"}, {Label: "Số người nhận", Value: "2"}},
		Tables: []payout.DocumentTable{{Title: "Người hưởng",
			Columns: columns("STT", "Họ và tên", "Năm sinh", "Ấp/khóm", "Số định danh", "Đối tượng", "Thực nhận", "Hình thức", "Ký nhận"),
			Rows: [][]any{{1, "Danh Thị Sa Ruône", "1956", "Khóm 3", "0951******12", "KT_N", money.VND(1_320_000), "Tài khoản", ""},
				{2, "Nguyễn Văn Bảy", "1944", "Khóm 7", "0951******78", "HTXH", money.VND(540_000), "Tiền mặt", ""}},
			Sum: []any{"", "Tổng cộng", "", "", "", "", money.VND(1_860_000), "", ""}}},
		Signers: []string{"Người lập", "Kế toán", "Chủ tịch Ủy ban nhân dân"}}}
}
