package web

import "ansinh.vn/payout"

func sampleCases() casesPage {
	d := casesPage{MayClose: true}
	for _, c := range []payout.Case{
		{ID: 4, Kind: payout.CaseDeath, Person: 812, Name: "Danh Sóc Kha", Payment: ptr(payout.PaymentID(31)), Reason: "MD07", Amount: 540_000, Note: "CHU TAI KHOAN DA MAT", OpenedAt: sampleNow},
		{ID: 6, Kind: payout.CaseAccount, Person: 977, Name: "Trần Thị Mười", Payment: ptr(payout.PaymentID(44)), Reason: "AC04", Returned: true, Amount: 1_080_000, OpenedAt: sampleNow},
		{ID: 7, Kind: payout.CaseClawback, Person: 640, Name: "Lâm Văn Tư", Payment: ptr(payout.PaymentID(52)), Amount: 1_620_000, OpenedAt: sampleNow},
	} {
		vi, en := c.What()
		d.Cases = append(d.Cases, caseRow{c, vi, en})
	}
	return d
}

func sampleDebt() recoveryPage {
	return recoveryPage{Number: "0951******12", Today: "2026-10-21", MayPropose: true, MayReceive: true, MayAnswer: true, DebtDetail: payout.DebtDetail{
		Debt: payout.Debt{Person: 640, Name: "Lâm Văn Tư", Office: "31825", DiedOn: &sampleNow, Found: 2_160_000, SetOff: 540_000, Returned: 300_000, Rest: 1_320_000, Waiting: 1},
		Decisions: []payout.RecoveryDecision{{ID: 3, Person: 640, Office: "31825", Kind: payout.WriteOff, State: "proposed", DecisionNo: "118/QĐ-UBND", DecidedOn: sampleNow,
			Signer: "Lê Văn Út", Amount: 1_320_000, Reason: "Hộ nghèo, không còn người thừa kế", ProposedBy: sampleClerk.Name}},
		Receipts: []payout.ReceiptView{{ID: 1, Way: "cash", ReceiptNo: "PT 12", Scheme: payout.BTXH, Amount: 300_000, On: sampleNow, Note: "Con gái nộp thay"}},
		Payments: []payout.SetOffView{{Payment: 31, Run: 5, Month: sampleMonth, Clawback: 2_160_000, SetOff: 540_000, State: payout.Settled}}}}
}
