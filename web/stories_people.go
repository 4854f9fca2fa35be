package web

import (
	"net/url"
	"time"

	"ansinh.vn/beneficiaries"
	"ansinh.vn/money"
)

// peopleStories are the pages about lists, people and who is to be reached.
func peopleStories() []story {
	tooLate := refuse("Không nhận tệp này: tệp được đặt mật khẩu", "The file was refused; nothing of it was taken", "Bỏ mật khẩu, lưu lại rồi gửi.")
	refused := sampleLists()
	refused.Problem = tooLate
	own := sampleList()
	own.OwnList = true
	return []story{
		{"lists-refused", "lists", view{Title: "Danh sách", Person: sampleClerk, Data: refused}},
		{"lists-own", "list", view{Title: "Danh sách", Person: sampleClerk, Data: own}},
		{"people", "people", view{Title: "Tra cứu", Person: sampleClerk, Data: peoplePage{Text: "nguyen thi", Asked: true, People: []beneficiaries.Person{samplePerson()}}}},
		{"people-nobody", "people", view{Title: "Tra cứu", Person: sampleClerk, Data: peoplePage{Asked: true}}},
		{"people-one", "person", view{Title: "Nguyễn Thị Út Hoà", Person: sampleClerk, Data: samplePersonPage()}},
		{"accounts", "accounts", view{Title: "Tài khoản người hưởng", Person: sampleClerk, Data: sampleAccounts()}},
		{"quality", "quality", view{Title: "Chất lượng dữ liệu", Person: sampleClerk, Data: sampleQuality()}},
		{"outreach", "outreaches", view{Title: "Đến tận nơi", Person: sampleClerk, Data: sampleOutreaches()}},
		{"outreach-one", "outreach", view{Title: "Tháng 11: làm VNeID và mở tài khoản", Person: sampleClerk, Data: sampleOutreach()}},
		{"outreach-visit", "visit", view{Title: "Danh Sóc Kha", Person: sampleClerk, Data: visitPage{Plan: samplePlan(), Person: sampleReach()[0], Results: visitResults, Form: url.Values{}}}},
		{"outreach-print", "outreach-print", view{Title: "Danh sách đến tận nơi", Person: sampleClerk, Bare: true, Scripts: []string{"print.js"},
			Data: outreachPrint{Plan: samplePlan(), Sheets: []stopSheet{{sampleStops()[0], sampleReach()}, {People: sampleReach()[2:]}}}}},
	}
}

func samplePersonPage() personPage {
	p := sampleReview().Person
	p.Payees = []beneficiaries.Payee{
		{ID: 9, Kind: "recipient", Name: "Thạch Thị Phượng", Relation: "con gái", AuthorisationNo: "12/GUQ", AuthorisedUntil: ptr(money.Day(2027, 6, 1)), Way: "bank", BankBIN: "970405",
			Account: "7300*******11", HolderName: "THACH THI PHUONG", HolderVerdict: "same", HolderWhy: "trùng tên người nhận thay", SharedWith: 1, Since: sampleNow},
		{ID: 4, Kind: "self", Name: p.Name, Way: "cash", HolderVerdict: "none", Since: sampleNow.AddDate(-1, 0, 0), EndedAt: ptr(sampleNow)}}
	p.Rows = []beneficiaries.PersonRow{{List: 58, FileName: "btxh-31825-2026-10.xlsx", Scheme: "btxh", Row: 212, ImportedAt: sampleNow,
		Repairs:  []beneficiaries.CellRepair{{Column: "so_giay_to", Kind: "lost_zero", From: "9514******3", To: "0951******23"}},
		Warnings: []string{"địa chỉ ghi Xã Vĩnh Lộc, không thuộc Phường Bạc Liêu"}}}
	p.HoldReasons = []beneficiaries.HoldReason{"review", beneficiaries.HoldShared}
	return personPage{Person: p, MaySee: true, MayDraft: true, Number: "095147000123", Views: []beneficiaries.View{{At: sampleNow, By: "staff:canbo.31825", Kind: "number", Reason: "Đối chiếu với thẻ căn cước"}}}
}

func sampleAccounts() accountsPage {
	user := func(id int64, name, reason string) beneficiaries.SharedByUser {
		return beneficiaries.SharedByUser{Person: beneficiaries.PersonID(id), Name: name, Office: "31825", Hamlet: "Khóm 7", Kind: "recipient", Verdict: "same", Reason: reason, Since: sampleNow}
	}
	return accountsPage{Days: changedDays, MayAct: true, Open: 1, Shared: []beneficiaries.SharedAccount{
		{Payee: 31, BankBIN: "970405", Account: "7300*******11", Holder: "THACH THI PHUONG", Open: true, Users: []beneficiaries.SharedByUser{user(5, "Danh Sóc Kha", ""), user(6, "Danh Thol", "")}},
		{Payee: 40, BankBIN: "970415", Account: "1080******17", Holder: "LAM MY PHUNG", Users: []beneficiaries.SharedByUser{user(8, "Lâm Gia Bảo", "Mẹ nhận cho hai con"), user(9, "Lâm Gia Hân", "Mẹ nhận cho hai con")}}},
		Changed: []beneficiaries.ChangedAccount{{Person: 12, Name: "Trần Văn Tám", Office: "31825", Way: "bank", BankBIN: "970405", Account: "7300*******44", Holder: "NGO VAN TEO", Verdict: "different",
			Why: "chủ tài khoản “NGO VAN TEO” không phải “Trần Văn Tám”", Since: sampleNow, List: 58, FileName: "btxh-31825-2026-10.xlsx", By: "staff:canbo.31825", Before: "VietinBank 1080******17"},
			{Person: 13, Name: "Kim Sa Rương", Office: "31825", Way: "cash", Verdict: "none", Since: sampleNow, List: 58, FileName: "btxh-31825-2026-10.xlsx", By: "staff:canbo.31825", Before: "Agribank 7300*******88"}}}
}

func sampleQuality() qualityPage {
	old := time.Date(2026, 8, 2, 0, 0, 0, 0, time.UTC)
	return qualityOf([]beneficiaries.Quality{
		{Office: "31825", Name: "Phường Bạc Liêu", Scheme: "btxh", People: 1297, Right: 1241, Complete: 902, Clean: 1288, Alive: 1290, Mismatch: 31, Review: 12, NotFound: 8, Unchecked: 5, Ended: 6,
			NoNumber: 22, NoBirth: 310, NoSex: 4, NoHamlet: 61, NoPayee: 14, Twice: 2, Claimed: 3, TwoOffices: 1, Shared: 2, Holder: 3, Waiting: 3, Oldest: &old},
		{Office: "31825", Name: "Phường Bạc Liêu", Scheme: "htxh", People: 812, Right: 812, Complete: 640, Clean: 811, Alive: 812, NoBirth: 172, Holder: 1}})
}

func samplePlan() beneficiaries.Outreach {
	return beneficiaries.Outreach{ID: 4, Office: "31825", OfficeName: "Phường Bạc Liêu", Title: "Tháng 11: làm VNeID và mở tài khoản", StartsOn: money.Day(2026, 11, 1), EndsOn: money.Day(2026, 11, 30),
		Percent: 80, MadeBy: "staff:canbo.31825", People: 146, Target: 117, Met: 61, Partly: 22, Reached: 90, Away: 7, Placed: 120}
}

func sampleOutreaches() outreachesPage {
	return outreachesPage{MayPlan: true, Form: url.Values{}, Needs: []beneficiaries.NeedCount{{Office: "31825", Name: "Phường Bạc Liêu", People: 2109, Lacking: 214, Number: 22, EIdentity: 120, Account: 96, Phone: 131, NobodySaid: 301}},
		Plans: []outreachRow{{samplePlan(), 40}}}
}

func sampleStops() []beneficiaries.Stop {
	return []beneficiaries.Stop{
		{ID: 3, Outreach: 4, Kind: "pagoda", Place: "Chùa Cos Đon, khóm 7", On: money.Day(2026, 11, 10), From: "07:30", To: "11:00", Minutes: 10, Desks: 2, Room: 42, Placed: 38, Done: 31},
		{ID: 5, Outreach: 4, Kind: "home", Place: "Khóm 9", On: money.Day(2026, 11, 12), From: "13:30", To: "16:30", Minutes: 30, Desks: 1, Room: 6, Placed: 6}}
}

func sampleReach() []beneficiaries.ToReach {
	on := money.Day(2026, 11, 10)
	return []beneficiaries.ToReach{
		{Person: 5, Name: "Danh Sóc Kha", Birth: "1950", Sex: "M", Number: "0950******01", Hamlet: "Khóm 7", Address: "Số 12, khóm 7", Needs: []string{"e_identity", "account", "phone"}, Still: []string{"account"}, Stop: 3, On: &on, At: "07:30", Desk: 1, Place: "Chùa Cos Đon, khóm 7", Result: "met"},
		{Person: 6, Name: "Thạch Thị Sà Rươne", Birth: "1947-03-12", Sex: "F", Hamlet: "Khóm 7", Phone: "0912345678", Needs: []string{"number"}, Still: []string{"number"}, Stop: 3, On: &on, At: "07:30", Desk: 2, Place: "Chùa Cos Đon, khóm 7", Result: "away"},
		{Person: 7, Name: "Lâm Văn Hiển", Birth: "1939", Sex: "M", Number: "0960******55", Hamlet: "Khóm 9", Needs: []string{"e_identity"}, Still: []string{"e_identity"}}}
}

func sampleHamlets() []beneficiaries.HamletCount {
	return []beneficiaries.HamletCount{{Hamlet: "Khóm 7", People: 80, Waiting: 12}, {Hamlet: "Khóm 9", People: 66, Waiting: 14}}
}

func sampleOutreach() outreachPage {
	p := samplePlan()
	return outreachPage{Plan: p, Days: 40, Met: shareOf(p.Met, p.People), Stops: sampleStops(), Hamlets: sampleHamlets(), People: sampleReach(), MayPlan: true,
		StopKinds: beneficiaries.StopKinds, Form: url.Values{}}
}
