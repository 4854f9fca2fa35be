package web

import (
	"ansinh.vn/beneficiaries"
)

func registerStories() []story {
	died := sampleNow.AddDate(0, 0, -5)
	sum := []byte("0123456789abcdef0123456789abcdef")
	state := beneficiaries.RegisterState{People: 2140, Checked: 2093, Never: 12, OldestOn: ptr(sampleNow.AddDate(0, -1, -3)), Runs: []beneficiaries.SyncRun{
		{ID: 9, Register: "dan-cu.sandbox", StartedBy: "staff:canbo.31825", StartedAt: sampleNow, Asked: 1200, Waiting: 3,
			Outcomes: map[beneficiaries.Outcome]int{beneficiaries.Match: 1180, beneficiaries.Review: 12, beneficiaries.Deceased: 8}},
		{ID: 8, Register: "extract:00ff", StartedBy: "staff:canbo.31825", StartedAt: sampleNow.AddDate(0, 0, -9), FinishedAt: &sampleNow, Asked: 96,
			Outcomes: map[beneficiaries.Outcome]int{beneficiaries.Match: 90, beneficiaries.NotFound: 6}}}}
	sent := []beneficiaries.SentExtract{
		{ID: 12, Office: "31825", OfficeName: sampleOffice, FileName: "doi-chieu.xlsx", SHA256: sum, People: 48, SentTo: "Công an phường Bạc Liêu", By: "staff:canbo.31825", At: sampleNow},
		{ID: 11, Office: "31825", OfficeName: sampleOffice, FileName: "doi-chieu.xlsx", SHA256: sum, People: 97, SentTo: "Công an phường Bạc Liêu", By: "staff:canbo.31825", At: sampleNow.AddDate(0, 0, -9),
			Returns: []beneficiaries.ReturnedExtract{{ID: 3, Extract: 11, SHA256: sum, CheckedBy: "Trung tá Nguyễn Văn A", TrueOn: sampleNow.AddDate(0, 0, -8), Answered: 96, Unanswered: 1,
				By: "staff:canbo.31825", At: sampleNow.AddDate(0, 0, -7)}}}}
	subs := []beneficiaries.Subscription{{ID: 1, Event: "death", State: "active", AskedAt: sampleNow}, {ID: 2, Event: "change_of_residence", Office: "31825", State: "asked", AskedAt: sampleNow}}
	event := func(id int64, kind, name string) beneficiaries.KnownEvent {
		return beneficiaries.KnownEvent{ID: id, Person: 7, Name: name, Office: "31825", OfficeName: sampleOffice, Kind: kind, On: &died, KnownOn: sampleNow, Source: "register:dan-cu.sandbox"}
	}
	moved := event(4, "move", "Lâm Mỹ Phụng")
	moved.Detail, moved.Open = map[string]string{"to": "Phường Ninh Kiều, Cần Thơ"}, true
	abroad := event(3, "absence", "Sơn Thị Ny")
	abroad.Detail = map[string]string{"standing": "abroad"}
	wrong := event(2, "death", "Thạch Thị Phượng")
	wrong.Correction = 1
	back := event(1, "death", "Quách Thị Bé")
	back.ReversedAt = &sampleNow
	correction := beneficiaries.Correction{ID: 1, Event: 2, Name: "Thạch Thị Phượng", Died: &died, Source: "register:dan-cu.sandbox", Reason: "Đã gặp bà tại nhà, người mất trùng tên",
		ProposedBy: "staff:canbo.31825", ProposedAt: sampleNow}
	offers := []beneficiaries.FuneralOffer{{ID: 5, Person: 7, Name: "Trần Văn Tám", OfficeName: sampleOffice, Died: &died, State: "open"},
		{ID: 6, Person: 8, Name: "Danh Sóc Kha", OfficeName: sampleOffice, Died: &died, State: "open", Draft: 41}}
	all := []beneficiaries.KnownEvent{event(5, "death", "Trần Văn Tám"), moved, abroad, wrong, back}
	return []story{
		{"register", "register", view{Title: "Sổ dân cư", Person: sampleClerk, Data: registerPage{State: state, Extracts: sent, Subscriptions: subs, Today: "2026-10-21", MayAct: true}}},
		{"register-refused", "register", view{Title: "Sổ dân cư", Person: sampleClerk, Data: registerPage{Today: "2026-10-21", MayAct: true,
			Problem: refuse("Không nhận tệp này: ô G17: “chắc đúng” không phải một kết quả", "Refused", "Sửa ô đó rồi nhập lại cả tệp.")}}},
		{"life-events", "life-events", view{Title: "Báo tử, chuyển đi", Person: sampleClerk, Data: eventsPage{Events: all, Offers: offers, Month: sampleMonth, MayAct: true,
			Corrections: []waitingCorrection{{correction, true, false}}}}},
		{"life-events-second", "life-events", view{Title: "Báo tử, chuyển đi", Person: sampleChief, Data: eventsPage{Events: all[:2], Month: sampleMonth, Kind: "death",
			Corrections: []waitingCorrection{{correction, false, true}}}}},
	}
}
