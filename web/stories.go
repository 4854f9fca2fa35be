package web

import (
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"ansinh.vn/audit"
	"ansinh.vn/beneficiaries"
	"ansinh.vn/money"
	"ansinh.vn/payout"
	"ansinh.vn/reconcile"
	"ansinh.vn/staff"
)

var (
	sampleNow   = time.Date(2026, time.October, 21, 2, 30, 0, 0, time.UTC)
	sampleMonth = money.NewMonth(2026, time.November)
	sampleClerk = &staff.Person{ID: 1, Login: "canbo.31825", Name: "Trần Thị Bé Năm", Office: "31825", Roles: []staff.Role{staff.Clerk}}
	sampleChief = &staff.Person{ID: 2, Login: "chutich.31825", Name: "Lê Văn Út", Office: "31825", Roles: []staff.Role{staff.Chairman}}
	sampleBooks = &staff.Person{ID: 3, Login: "ketoan.31825", Name: "Danh Thị Sa Ruône", Office: "31825", Roles: []staff.Role{staff.Accountant}}
	sampleAdmin = &staff.Person{ID: 4, Login: "vanhanh", Name: "Quách Mỹ Linh", Roles: []staff.Role{staff.Operator, staff.VendorAdmin}}
)

const sampleOffice = "Phường Bạc Liêu"

func ptr[T any](v T) *T { return &v }

// stories are in the order of the index; the market's follow those of the office.
func stories() []story {
	wrong := describe(staff.ErrSignIn)
	return append([]story{
		{"sign-in", "signin", view{Title: "Đăng nhập", Data: signInPage{Next: "/", Demo: []DemoSignIn{
			{"Lê Văn Út", "Người duyệt", "chutich.31825", "mưa thuận gió hòa"}, {"Trần Thị Bé Năm", "Chuyên viên", "canbo.31825", "mưa thuận gió hòa"}}}}},
		{"sign-in-wrong", "signin", view{Title: "Đăng nhập", Data: signInPage{Next: "/", Login: "chutich.31825", Problem: wrong}}},
		{"home", "home", view{Title: "Trang chủ", Person: sampleChief, Data: sampleHome()}},
		{"lists", "lists", view{Title: "Danh sách", Person: sampleClerk, Data: sampleLists()}},
		{"lists-one", "list", view{Title: "Danh sách", Person: sampleClerk, Flash: "Đã nhập danh sách.", FlashEN: "Imported.", Data: sampleList()}},
		{"reviews", "reviews", view{Title: "Cần xem lại", Person: sampleClerk, Data: sampleReviews()}},
		{"reviews-one", "review", view{Title: "Cần xem lại", Person: sampleClerk, Data: sampleReview()}},
		{"runs", "runs", view{Title: "Đợt chi trả", Person: sampleChief, Data: runsPage{Runs: []payout.Run{sampleRun()}, Offices: map[string]string{"31825": sampleOffice}}}},
		{"runs-approve", "run", view{Title: "Đợt 11/2026", Person: sampleChief, Scripts: []string{"approve.js"}, Data: sampleRunPage(true)}},
		{"runs-own", "run", view{Title: "Đợt 11/2026", Person: sampleChief, Data: sampleRunPage(false)}},
		{"payments", "payments", view{Title: "Khoản chi", Person: sampleClerk, Data: paymentsPage{Run: sampleRun(), Office: sampleOffice, Rows: samplePayments()}}},
		{"payments-up", "payments", view{Title: "Khoản chi", Person: sampleClerk, Data: paymentsPage{Run: sampleRun(), Office: sampleOffice, Change: "up", Changed: sampleChanged()}}},
		{"payments-one", "payment", view{Title: "Khoản chi", Person: sampleClerk, Data: samplePayment()}},
		{"documents", "documents", view{Title: "Giấy tờ của đợt", Person: sampleBooks, Data: sampleDocuments()}},
		{"documents-list", "document", view{Title: "Danh sách chi trả", Bare: true, Scripts: []string{"print.js"}, Data: sampleDocument()}},
		{"cases", "cases", view{Title: "Việc cần xác minh", Person: sampleClerk, Data: sampleCases()}},
		{"recoveries", "recoveries", view{Title: "Thu hồi", Person: sampleBooks, Data: recoveriesPage{Debts: []payout.Debt{sampleDebt().Debt}}}},
		{"recoveries-one", "recovery", view{Title: "Thu hồi", Person: sampleChief, Data: sampleDebt()}},
		{"breaks", "breaks", view{Title: "Chênh lệch", Person: sampleBooks, Data: breaksPage{N: 2, In: 1_500_000, Out: 11_000, Oldest: 12, Proposed: 1, Breaks: sampleBreaks()}}},
		{"closings", "closings", view{Title: "Đối chiếu ngân hàng", Person: sampleBooks, Data: closingsPage{Positions: []reconcile.Position{{ID: 4, Office: "31825",
			Account: "******7890", On: money.Day(2026, 10, 20), Bank: 1_836_540_000, Books: 1_836_540_000, Suspense: 1_500_000, Agrees: true}}}}},
		{"closing", "closing", view{Title: "Bảng đối chiếu", Person: sampleBooks, Bare: true, Data: sampleClosing()}},
		{"breaks-one", "break", view{Title: "Chênh lệch", Person: sampleBooks, Data: breakPageData{Break: sampleBreaks()[0], MayPropose: true, Ways: waysFor(sampleBreaks()[0])}}},
		{"breaks-confirm", "break", view{Title: "Chênh lệch", Person: sampleChief, Data: breakPageData{Break: sampleBreaks()[1], MayConfirm: true, ProposedBy: sampleBooks.Name}}},
		{"entry", "entry", view{Title: "Bút toán 77", Person: sampleBooks, Data: sampleEntry()}},
		{"books", "books", view{Title: "Sổ kế toán", Person: sampleBooks, Data: booksChoice{From: sampleMonth.First(), To: sampleMonth.First().AddDate(0, 0, 29), Accounts: []string{"112", "3388", "366"}}}},
		{"books-trial", "book", view{Title: "Bảng cân đối số phát sinh", Bare: true, Data: sampleBook()}},
		{"receipt", "receipt", view{Title: "Biên nhận có chứng cứ", Bare: true, Data: sampleReceipt()}},
		{"me", "me", view{Title: "Lê Văn Út", Person: sampleChief, Scripts: []string{"keys.js"}, Data: mePage{Person: *sampleChief, Keys: sampleKeys(), Waiting: sampleRequests()}}},
		{"staff", "staff", view{Title: "Nhân sự", Person: sampleAdmin, Data: staffPage{People: []staff.Person{*sampleChief, *sampleClerk, *sampleAdmin}, MayEnd: true,
			Waiting: []waitingKey{{sampleRequests()[0], false}}}}},
		{"problem", "problem", view{Title: errNoPage.VI, Person: sampleClerk, Data: errNoPage}},
	}, append(append(append(peopleStories(), decisionStories()...), registerStories()...), marketStories()...)...)
}

func sampleHome() homePage {
	return homePage{Office: sampleOffice, Month: sampleMonth, RunID: 5, Total: 1_836_540_000, Received: 2140, Open: 3, Reviews: 17, Breaks: 2, BreakSum: 1_511_000, Keys: 1,
		Runs: []runState{{"submitted", 1, 2093, 1_836_540_000}},
		Due: []due{{VI: "Báo cáo chi trả tháng 10/2026", EN: "Report this month", By: money.Day(2026, 10, 20), Of: 1, Late: true, Days: -1},
			{VI: "Trình đợt tháng 11/2026", EN: "Submit next month's run", By: money.Day(2026, 10, 25), Done: 1, Of: 1, Days: 4}},
		SeeLists: true, SeeReviews: true, SeeRuns: true, SeeBreaks: true, SeeStaff: true}
}

func sampleLists() listsPage {
	d := listsPage{Lists: []beneficiaries.List{sampleList().List, {ID: 57, Kind: "list", OfficeName: ptr("Xã Vĩnh Lộc"), Scheme: ptr("htxh"),
		FileName: "htxh-31843-2026-10.xlsx", ImportedAt: sampleNow, Received: 812, Imported: 812}}}
	d.Waiting, d.MayUpload, d.AnyOffice = d.Lists[:1], true, true
	for _, l := range d.Lists {
		d.Sum.Received += l.Received
		d.Sum.Imported += l.Imported
		d.Sum.Quarantined += l.Quarantined
		d.Sum.Open += l.Open
	}
	return d
}

func sampleList() listPage {
	return listPage{List: beneficiaries.List{ID: 58, Kind: "list", Office: ptr("31825"), OfficeName: ptr(sampleOffice), Scheme: ptr("btxh"), Version: 2,
		Previous: ptr(beneficiaries.ListID(41)), FileName: "btxh-31825-2026-10.xlsx", SHA256: make([]byte, 32), ImportedBy: "staff:canbo.31825", ImportedAt: sampleNow,
		Received: 1328, Imported: 1325, Quarantined: 3, Open: 3, Sender: "Phòng Văn hoá – Xã hội", Waits: true, Remarks: 14,
		Repairs: map[string]int{"lost_zero": 41, "encoding": 320}, Changes: map[string]int{"added": 31, "changed": 6, "gone": 12}},
		Quarantine: []beneficiaries.QuarantinedRow{
			{Row: 17, Cell: "D17", Reason: "Ngày sinh 31/02/1951 không có trong lịch"},
			{Row: 208, Cell: "C208", Reason: "Số định danh có 11 chữ số; cần 12, hoặc 9 nếu là CMND cũ"},
			{Row: 955, Cell: "G955", Reason: "Không rõ đối tượng “nuôi con nhỏ”; ghi theo mã hoặc tên trong nghị định"}},
		Changes: []listChange{{beneficiaries.Change{Person: 7, Name: "Kim Thị Sóc Kha", Category: "KT_N", Change: "added"}, "Khuyết tật nặng", nil},
			{beneficiaries.Change{Person: 8, Name: "Nguyễn Văn Đực", Category: "KT_N", Change: "changed"}, "Khuyết tật nặng",
				[]changedField{{"Số tài khoản", "Agribank", "VietinBank 1080******17"}}}},
		MayDecide: true, MayUpload: true}
}

func samplePerson() beneficiaries.Person {
	return beneficiaries.Person{ID: 48213, Name: "Nguyễn Thị Út Hoà", Birth: "1947-03", Sex: "F", Number: "0951******23", Office: "31825", OfficeName: sampleOffice,
		Hamlet: "Khóm 7", Outcome: beneficiaries.Review, CheckedAt: ptr(sampleNow)}
}

func sampleEvidence() beneficiaries.Evidence {
	field := func(name, level, listed, register string) beneficiaries.Field {
		return beneficiaries.Field{Name: name, Level: level, Listed: listed, Register: register}
	}
	return beneficiaries.Evidence{Why: []string{"Hai người trong sổ dân cư đều gần giống", "Năm sinh lệch một năm"}, Candidates: []beneficiaries.Candidate{
		{Number: "0951******23", Name: "Nguyễn Thị Út Hòa", Birth: "1947-03-12", Score: .81, Fields: []beneficiaries.Field{
			field("name", "same", "Nguyễn Thị Út Hoà", "Nguyễn Thị Út Hòa"), field("birth", "same", "03/1947", "12/03/1947"), field("hamlet", "differs", "Khóm 7", "Khóm 9")}},
		{Number: "0951******71", Name: "Nguyễn Thị Hoa", Birth: "1948-05-01", Score: .14, Fields: []beneficiaries.Field{
			field("name", "close", "Nguyễn Thị Út Hoà", "Nguyễn Thị Hoa"), field("birth", "differs", "03/1947", "01/05/1948"), field("hamlet", "same", "Khóm 7", "Khóm 7")}}}}
}

func sampleReviews() reviewsPage {
	return reviewsPage{Counts: []outcomeCount{{"review", 9}, {"mismatch", 5}, {"not_found", 2}, {"duplicate", 1}},
		Cases: []beneficiaries.ReviewCase{{Person: samplePerson(), Evidence: sampleEvidence()}}}
}

func sampleReview() reviewPage {
	d := reviewPage{Person: beneficiaries.PersonDetail{Person: samplePerson(), Evidence: sampleEvidence(), Entitlements: []beneficiaries.Entitlement{
		{Scheme: "btxh", Category: "NCT_A", FirstMonth: sampleMonth.Add(-30), DecisionNo: "412/QĐ-UBND", DecisionOn: ptr(money.Day(2024, 4, 18))}}}, MaySet: true}
	for i, c := range d.Person.Evidence.Candidates {
		d.Options = append(d.Options, candidate{i + 1, c, int(c.Score*100 + .5)})
	}
	return d
}

func sampleRun() payout.Run {
	return payout.Run{ID: 5, Office: "31825", Month: sampleMonth, Schemes: []string{"btxh", "htxh", "ncc"}, State: payout.RunSubmitted, KnownOn: money.Day(2026, 10, 20),
		Digest: []byte("12345678901234567890123456789012"), N: 2093, Total: 1_836_540_000, HeldN: 47, HeldTotal: 41_040_000, ApprovalsNeeded: 1, PreparedBy: 1, PreparedAt: sampleNow}
}

func sampleRunPage(may bool) runPage {
	d := runPage{Run: sampleRun(), Office: sampleOffice, MayReject: true,
		Compare: payout.Difference{Month: sampleMonth.Add(-1), Outside: true, Before: 1_384_200_000, Now: 1_836_540_000,
			Rows: []payout.DifferenceRow{{Change: payout.Added, N: 31, Now: 18_360_000}, {Change: payout.Gone, N: 12, Before: 7_200_000},
				{Change: payout.Out, N: 47, Before: 38_000_000}, {Change: payout.Up, N: 2051, Before: 1_330_000_000, Now: 1_809_720_000, Arrears: 375_000_000},
				{Change: payout.Down, N: 1, Before: 1_000_000, Now: 460_000}, {Change: payout.Same, N: 10, Before: 8_000_000, Now: 8_000_000}},
			AccountChanged: payout.Sum{Key: "account_changed", N: 4, Total: 3_240_000}},
		Sums: sums{Rows: []payout.KindSums{{Scheme: "btxh", Regular: 1_012_500_000, Arrears: 300_000_000, Clawback: -540_000, Funeral: 10_800_000, Total: 1_322_760_000}, {Scheme: "htxh", Regular: 438_000_000, Arrears: 75_000_000, Total: 513_000_000}},
			All: payout.KindSums{Regular: 1_450_500_000, Arrears: 375_000_000, Clawback: -540_000, Funeral: 10_800_000, Total: 1_835_760_000}, Carried: 780_000, ToPay: 1_836_540_000},
		Rails:     []payout.Sum{{Key: "bank", N: 1640, Total: 1_450_000_000}, {Key: "cash", N: 453, Total: 386_540_000}},
		Held:      []payout.Sum{{Key: "review", N: 21, Total: 17_100_000}, {Key: "no_account", N: 14, Total: 11_340_000}, {Key: "deceased", N: 8, Total: 7_560_000}, {Key: "account_new", N: 4, Total: 5_040_000}},
		Attention: []payout.Sum{{Key: "account_changed", N: 4, Total: 3_240_000}, {Key: "first_payment", N: 31, Total: 18_360_000}},
		Moments: []moment{{Title: "Lập đợt", EN: "Prepared", By: sampleClerk.Name, At: sampleNow.Add(-26 * time.Hour), Done: true},
			{Title: "Trình duyệt", EN: "Submitted", By: sampleClerk.Name, At: sampleNow.Add(-25 * time.Hour), Done: true},
			{Title: "Đủ chữ ký, ghi sổ", EN: "Posted to the ledger"}, {Title: "Gửi ngân hàng, bưu điện", EN: "Sent to bank and post office"}, {Title: "Xong", EN: "Closed"}}}
	if d.MayApprove = may; may {
		d.Plain = string(payout.Statement(d.Run, 2))
	} else {
		d.WhyNot = "Anh/chị là người lập đợt này nên không được tự duyệt."
	}
	return d
}

func samplePayments() []paymentRow {
	row := func(p payout.PaymentView, number, account string) paymentRow { return paymentRow{p, number, account} }
	return []paymentRow{
		row(payout.PaymentView{ID: 1804, Name: "Nguyễn Thị Út Hoà", PayeeKind: "self", Rail: "bank", Amount: 1_240_000, State: "ready"}, "0951******23", "0700******18"),
		row(payout.PaymentView{ID: 1805, Name: "Danh Sóc Kha", PayeeKind: "recipient", PayeeName: "Thạch Thị Phượng", Rail: "cash", Amount: 1_400_000, State: "ready", Attention: []string{"account_changed"}}, "0951******44", ""),
		row(payout.PaymentView{ID: 1806, Name: "Trần Văn Tám", PayeeKind: "self", Rail: "bank", Amount: 810_000, State: "held", HoldReasons: []string{"no_account", "review"}}, "0961******07", "")}
}

func sampleChanged() []changedRow {
	return []changedRow{{payout.ChangedPerson{Person: 48213, Name: "Nguyễn Thị Út Hoà", Payment: ptr(payout.PaymentID(1804)), Before: 1_000_000, Now: 1_240_000}, "0951******23"},
		{payout.ChangedPerson{Person: 48217, Name: "Lâm Văn Hiển", Before: 750_000}, "0961******55"}}
}

func samplePayment() paymentPage {
	line := func(back int, kind payout.Kind, amount money.VND, why string) payout.LineView {
		return payout.LineView{Scheme: "btxh", Category: "NCT_A", Month: sampleMonth.Add(-back), Amount: amount, Kind: kind, Article: "NĐ 335/2026/NĐ-CP Đ8", Explanation: why}
	}
	return paymentPage{Row: samplePayments()[0], Run: sampleRun(), Lines: []payout.LineView{
		line(2, payout.Arrears, 80_000, "Truy lĩnh tháng 9/2026: mức chuẩn 540.000 đ × hệ số 2, đã chi 1.000.000 đ, còn được lĩnh 80.000 đ."),
		line(1, payout.Arrears, 80_000, "Truy lĩnh tháng 10/2026: mức chuẩn 540.000 đ × hệ số 2, đã chi 1.000.000 đ, còn được lĩnh 80.000 đ."),
		line(0, payout.Regular, 1_080_000, "Tháng 11/2026: mức chuẩn 540.000 đ × hệ số 2.")},
		Instructions: []payout.InstructionView{{EndToEndID: "AS202611-1804-A1", Message: "AS-202611-31825-1", Amount: 1_240_000, State: "debited"}}}
}

func sampleBreaks() []reconcile.Break {
	return []reconcile.Break{
		{ID: 3, Kind: "unknown-credit", Subject: "line:812", Office: "31825", OfficeName: sampleOffice, Amount: 1_500_000, OpenedOn: money.Day(2026, 10, 9), Age: 12,
			State: "open", Memo: "CHUYEN TIEN UNG HO", Party: "CTY TNHH THUY SAN BAC LIEU", BankRef: "FT26282000931"},
		{ID: 4, Kind: "unmatched", Subject: "line:813", Office: "31825", OfficeName: sampleOffice, Amount: -11_000, OpenedOn: money.Day(2026, 10, 20), Age: 1,
			State: "proposed", Action: "fee", Note: "Phí chuyển tiền tháng 10", ProposedBy: ptr(int64(3)), Memo: "THU PHI DICH VU", BankRef: "FT26293000017"}}
}

func sampleEntry() entryPage {
	return entryPage{ID: 77, On: money.Day(2026, 10, 21), Kind: "run.approved", Memo: "Chi trả tháng 11/2026, 31825", Ref: "run:5", By: "staff:chutich.31825", N: 2096,
		Total: 3_673_080_000, PostedAt: sampleNow, Root: make([]byte, 32), Fits: true, Proof: &audit.Receipt{Leaf: 5121, Checkpoint: "ansinh.vn/log/1f0a9c3d\n5122\n…\n"},
		Transfers: []transferRow{{0, "611.31825.btxh", "3388.p48213", 700_000, "payment:1804"}, {2095, "366.31825.btxh", "511.31825.btxh", 1_323_540_000, "run:5"}}}
}

// sampleReceipt is as large as one of a province's log of a million events.
func sampleReceipt() receiptPage {
	hash := func(i int) string { h := tlog.RecordHash([]byte{byte(i)}); return h.String() }
	r := audit.Receipt{Leaf: 512_133, Part: &audit.Part{N: 1804, Size: 2096, Record: `{"n":1804,"debit":48213,"credit":12,"amount":700000,"ref":"payment:1804","salt":"` + hash(0)[:24] + `"}`},
		Event:      `{"id":512134,"at":"2026-10-21T02:30:00.000000Z","actor":"staff:ketoan.31825","kind":"ledger.entry","subject":"entry:77","payload":{"n": 2096, "by": "staff:ketoan.31825", "on": "2026-10-21", "key": "message:AS202611-5-1:sent", "ref": "message:AS202611-5-1", "hash": "` + hash(1) + `", "kind": "run.instructed", "memo": "Gửi chi trả tháng 11/2026, 31825", "root": "` + hash(2) + `", "entry": 77, "total": 1836540000},"salt":"` + hash(3)[:24] + `"}`,
		Checkpoint: "ansinh.vn/log/1f0a9c3d\n1000000\n" + hash(4) + "\n\n— ansinh.vn/log/1f0a9c3d " + hash(5) + hash(6) + "\n— thanhtra.example.vn/chung-kien " + hash(7) + hash(8) + "\n"}
	for i := range 20 {
		r.Proof = append(r.Proof, hash(10+i))
		if i < 12 {
			r.Part.Proof = append(r.Part.Proof, hash(50+i))
		}
	}
	symbol, err := receiptQR(&r)
	if err != nil {
		panic(err) // the sample is ours
	}
	return receiptPage{Name: "Nguyễn Thị Sáu", Entry: 77, N: 1804, Kind: "run.instructed", On: money.Day(2026, 10, 21), Amount: 700_000, About: "payment:1804",
		Debit: "3388.p48213", Credit: "3389.r3", Holds: true, Origin: "ansinh.vn/log/1f0a9c3d", Leaf: r.Leaf, Size: 1_000_000,
		SignedBy: []string{"ansinh.vn/log/1f0a9c3d", "thanhtra.example.vn/chung-kien"}, Fingerprint: "6A3F 09C1 77D2 E4B8", QR: symbol, JSON: "/entries/77", Printable: true}
}

func sampleBook() bookPage {
	shape := bookShapes["trial"]
	return bookPage{Title: shape.title, EN: shape.en, Model: shape.model, Office: sampleOffice, From: sampleMonth.First(), To: sampleMonth.First().AddDate(0, 0, 29), Columns: shape.columns,
		Sheet: "/books/form", Printable: true, Rows: []bookRow{
			{Values: []any{"112", accountName("112"), money.VND(120_634_000), nil, money.VND(1_836_540_000), money.VND(1_825_000_000), money.VND(132_174_000), nil}},
			{Values: []any{"3388", accountName("3388"), nil, money.VND(10_806_000), money.VND(1_825_000_000), money.VND(1_836_540_000), nil, money.VND(22_346_000)}},
			{Values: []any{"366", accountName("366"), nil, money.VND(109_828_000), nil, nil, nil, money.VND(109_828_000)}},
			{[]any{nil, "Cộng", money.VND(120_634_000), money.VND(120_634_000), money.VND(3_661_540_000), money.VND(3_661_540_000), money.VND(132_174_000), money.VND(132_174_000)}, true}}}
}

func sampleKeys() []staff.Key {
	return []staff.Key{{ID: 4, Public: []byte("a"), Label: "Máy ở phòng làm việc", EnrolledAt: sampleNow}, {ID: 2, Public: []byte("b"), Label: "Máy cũ", EnrolledAt: sampleNow, RevokedAt: ptr(sampleNow)}}
}

func sampleRequests() []staff.Request {
	return []staff.Request{{ID: 9, Staff: 2, Login: "chutich.31825", Name: "Lê Văn Út", Public: []byte("c"), RequestedAt: sampleNow}}
}

func sampleClosing() closingPage {
	d := closingPage{Before: "2026-10-19", After: "2026-10-21", MayClose: true, Sheet: reconcile.Sheet{Account: 4, Office: "31825", OfficeName: sampleOffice,
		Number: "******7890", Day: money.Day(2026, 10, 20), Bank: 1_846_540_000, Explained: 10_000_000, Books: 1_836_540_000, Transit: 12_960_000, Ready: true,
		Items:    []reconcile.SheetItem{{Break: 1, Kind: "opening-balance", Amount: 10_000_000, Since: money.Day(2026, 10, 1), Age: 19, Note: "số dư mang sang từ trước khi dùng phần mềm"}},
		Suspense: []reconcile.SheetItem{{Break: 3, Kind: "unknown-credit", Amount: 1_500_000, Since: money.Day(2026, 10, 9), Age: 11, Owner: sampleBooks.Name, Note: "UNG HO QUY VI NGUOI NGHEO"}}}}
	d.divide()
	return d
}
