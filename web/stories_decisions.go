package web

import (
	"time"

	"ansinh.vn/beneficiaries"
	"ansinh.vn/money"
	"ansinh.vn/payout"
)

// decisionStories are the pages about decisions, payees, public lists, the calendar and
// programmes.
func decisionStories() []story {
	waiting := sampleDecision(sampleChief)
	made := sampleDecision(sampleClerk)
	made.Decision.Number, made.Decision.SignedOn, made.Decision.ConfirmedAt = "412/QĐ-UBND", ptr(money.Day(2026, 10, 21)), ptr(sampleNow)
	made.Decision.ConfirmedBy, made.Signer = "staff:chutich.31825", &made.Signers[1]
	public := samplePublicList()
	list := decisionsPage{Decisions: []beneficiaries.Ruling{waiting.Decision, made.Decision}, States: []string{"draft", "confirmed", "refused"}, MayDraft: true}
	return []story{
		{"decisions", "decisions", view{Title: "Quyết định", Person: sampleClerk, Data: list}},
		{"decisions-new", "decision-new", view{Title: "Soạn quyết định", Person: sampleClerk, Data: decisionFormPage{Person: sampleCollector(), Rights: waiting.Rights, Kinds: draftKinds,
			Offices: []officeName{{"31843", "Xã Hồng Dân"}}, Schemes: []schemeCategories{{"btxh", beneficiaries.Categories("btxh")}},
			In: map[string]string{"month": "2026-12", "kind": "suspend"}, Problem: describe(&beneficiaries.RuledError{Reason: "a suspension needs its ground"})}}},
		{"decisions-confirm", "decision", view{Title: "Tạm dừng", Person: sampleChief, Data: waiting}},
		{"decisions-made", "decision", view{Title: "Tạm dừng", Person: sampleClerk, Data: made}},
		{"decisions-print", "decision-print", view{Title: "Quyết định", Bare: true, Scripts: []string{"print.js"}, Data: made}},
		{"payees", "payees", view{Title: "Người nhận", Person: sampleClerk, Data: payeesPage{MayAct: true, Waiting: true, Me: "staff:canbo.31825", Changes: samplePayees()}}},
		{"payees-new", "payee-new", view{Title: "Đổi người nhận", Person: sampleClerk, Data: payeeFormPage{Person: sampleCollector(), In: map[string]string{"kind": "guardian", "ground": "child", "way": "cash"}}}},
		{"public-lists", "public-lists", view{Title: "Niêm yết", Person: sampleClerk, Data: publicListsPage{Lists: []beneficiaries.PublicList{public}, MayPost: true, Waiting: 2}}},
		{"public-lists-one", "public-list", view{Title: "Niêm yết", Person: sampleClerk, Data: publicListPage{List: public, MayTake: true, MayReply: true, Running: true}}},
		{"public-lists-print", "public-list-print", view{Title: "Niêm yết", Bare: true, Scripts: []string{"print.js"}, Data: publicListPage{List: public}}},
		{"calendar", "calendar", view{Title: "Lịch", Person: sampleClerk, Data: sampleCalendar()}},
		{"programmes", "programmes", view{Title: "Chương trình", Person: sampleChief, Data: programmesPage{[]payout.Programme{sampleProgramme()}}}},
		{"programmes-one", "programme", view{Title: "Quà Tết", Person: sampleChief, Data: programmePage{Programme: sampleProgramme(), Runs: []payout.Run{sampleRun()},
			Odd: []payout.Discrepancy{{Person: 31, Name: "Kim Sa Rương", Listed: 600_000, Paid: 600_000, Right: 600_000, Outcome: "not_found"},
				{Person: 32, Name: "Lâm Mỹ Phụng", Listed: 600_000, Paid: 600_000, Right: 0, Outcome: "match", Words: "Đã nhận ở xã khác", Checked: true}}}}},
	}
}

func sampleCollector() beneficiaries.PersonDetail {
	return beneficiaries.PersonDetail{Person: beneficiaries.Person{ID: 17, Name: "Thạch Thị Phượng", Birth: "1954-03-12", Number: "0951******23", Hamlet: "Khóm 7", OfficeName: sampleOffice}}
}

func sampleDecision(who any) decisionPage {
	until := money.Day(2026, 12, 31)
	d := decisionPage{Decision: beneficiaries.Ruling{ID: 41, Office: "31825", OfficeName: sampleOffice, Kind: beneficiaries.RuleSuspend, Person: 17, Name: "Thạch Thị Phượng",
		Entitlements: []int64{5}, From: money.NewMonth(2026, time.November), Ground: "uncollected", Reason: "Ba tháng liên tục không nhận trợ cấp", DraftedBy: "rule", DraftedAt: sampleNow},
		Effect: payout.Effect{KnownOn: "2026-10-21", Monthly: -1_080_000, Clawback: 0, Months: []payout.MonthEffect{
			{Month: money.NewMonth(2026, time.November), Before: 1_080_000}, {Month: money.NewMonth(2026, time.December), Before: 1_080_000}}},
		Rights:  []beneficiaries.HeldRight{{Entitlement: beneficiaries.Entitlement{ID: 5, Scheme: "btxh", Category: "KT_N", FirstMonth: money.NewMonth(2024, time.May)}}},
		Signers: []beneficiaries.Signer{{ID: 1, Name: "Lê Văn Út", Capacity: "chairman"}, {ID: 2, Name: "Phạm Văn Tư", Capacity: "acting", AuthorisationNo: "7/GUQ-UBND", ValidUntil: &until}},
		Shown:   "563eabf0cd0b84d7", On: "2026-10-21"}
	d.MayConfirm = who == sampleChief
	d.MayRefuse = d.MayConfirm
	return d
}

func samplePayees() []beneficiaries.PayeeChange {
	until := money.Day(2027, 10, 1)
	return []beneficiaries.PayeeChange{
		{ID: 3, Person: 17, PersonName: "Thạch Thị Phượng", Kind: "recipient", Name: "Thạch Sóc Kha", Number: "0951******09", Relation: "con", AuthorisationNo: "12/UQ", AuthorisedUntil: &until,
			Way: "bank", Bank: "970405", Account: "7300*****34", Holder: "THACH SOC KHA", HolderVerdict: "same", Reason: "Đau yếu, không đi lại được", ProposedBy: "staff:ketoan.31825", ProposedAt: sampleNow},
		{ID: 2, Person: 18, PersonName: "Danh Thị Nhỏ", Kind: "guardian", Ground: "child", Name: "Danh Thị Mẹ", Relation: "mẹ", AuthorisationNo: "Giấy khai sinh 12/2016", Way: "cash",
			Reason: "Trẻ em dưới 16 tuổi", ProposedBy: "staff:canbo.31825", ProposedAt: sampleNow},
	}
}

func samplePublicList() beneficiaries.PublicList {
	return beneficiaries.PublicList{ID: 4, Office: "31825", OfficeName: sampleOffice, Title: "Danh sách đề nghị hưởng trợ giúp xã hội", Place: "Trụ sở Ủy ban nhân dân",
		PostedOn: money.Day(2026, 10, 20), UntilOn: money.Day(2026, 10, 22), N: 2,
		Rows: []beneficiaries.PublicRow{{N: 1, Decision: 42, Name: "Kim Sa Rương", BirthYear: "1949", Hamlet: "Khóm 3", Number: "0951******77", Category: "Khuyết tật nặng", From: money.NewMonth(2026, time.November)},
			{N: 2, Decision: 43, Name: "Nguyễn Văn Bảy", BirthYear: "1951", Hamlet: "Khóm 7", Number: "0951******12", Category: "Trợ cấp hưu trí xã hội", From: money.NewMonth(2026, time.November)}},
		Objections: []beneficiaries.Objection{{ID: 1, Decision: 43, Words: "Ông Bảy đang có lương hưu", TakenBy: "staff:canbo.31825", TakenAt: sampleNow}}}
}

func sampleCalendar() calendarPage {
	c := calendarPage{Calendar: payout.Calendar{Office: "31825", Month: sampleMonth - 1, Today: money.Day(2026, 10, 21)}, OfficeName: sampleOffice, Before: sampleMonth - 2, After: sampleMonth, Late: 1}
	c.Tasks = []payout.Task{
		{Kind: "report", VI: "Báo cáo chi trả tháng 10/2026", EN: "Report of 2026-10", Due: money.Day(2026, 10, 20), Of: 1, Late: true},
		{Kind: "decision_suspend", VI: "Quyết định tạm dừng chờ ký", EN: "A suspension waits for its signature", Due: money.Day(2026, 10, 28), Person: 17, Name: "Thạch Thị Phượng", Of: 1, Ref: "decision:41"},
		{Kind: "list", VI: "Chuyển danh sách và kinh phí tháng 11/2026", EN: "List and money of 2026-11 handed over", Due: money.Day(2026, 10, 25), Done: 1, Of: 1}}
	return c
}

func sampleProgramme() payout.Programme {
	return payout.Programme{Code: "tet2027", Name: "Quà Tết Đinh Mùi 2027", Kind: payout.Gift, DecisionNo: "9/QĐ-CTN", DecidedOn: money.Day(2026, 12, 20), SignedBy: "Chủ tịch nước",
		Month: money.NewMonth(2027, time.January), ListedOn: money.Day(2026, 12, 25), Amounts: map[string]money.VND{"ncc": 600_000, "btxh": 300_000},
		DraftedBy: "staff:ketoan.31825", ConfirmedBy: "staff:chutich.31825", ConfirmedAt: &sampleNow, N: 443, Total: 151_200_000, PaidN: 440, Paid: 150_000_000, Wrong: 1}
}
