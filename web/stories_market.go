package web

import (
	"time"

	"ansinh.vn/markets"
	"ansinh.vn/money"
)

const sampleVendor = "Danh Thị Sa Ruône"

// samplePayload is a published example of a VietQR transfer.
const samplePayload = "00020101021238570010A00000072701270006970403011200110123456780208QRIBFTTA530370454061800005802VN62340107NPS68690819thanh toan don hang63042E2E"

func marketStories() []story {
	list := []story{
		{"cho-sign-in", "cho-signin", view{Title: "Tiểu thương đăng nhập", Data: vendorDoor{}}},
		{"cho", "cho", view{Title: "Thu tiền", Vendor: sampleVendor, Scripts: []string{"keypad.js"}, Data: keypadPage{Pad: padKeys, Amount: "185.000", Stalls: sampleStalls()}}},
	}
	for _, c := range sampleCharges() {
		d, err := chargeData(c)
		if err != nil {
			panic(err) // the sample payload always fits into a code
		}
		list = append(list, story{"cho-charge-" + string(c.State), "charge", view{Title: "Thu tiền", Vendor: sampleVendor, Data: d}})
	}
	unknown := chargePage{Amount: 185_000, Reference: "ASC7K2M9QRT", Live: liveState{State: "unknown", Tone: "unknown", VI: "CHƯA BIẾT", EN: "Not known", KM: "មិនដឹង",
		Line: "Mất mạng. Đừng giao hàng cho đến khi màn hình này báo đã nhận."}, ExpiresAt: sampleNow}
	return append(list,
		story{"cho-charge-unknown", "charge", view{Title: "Thu tiền", Vendor: sampleVendor, Data: unknown}},
		story{"cho-day", "day", view{Title: "Hôm nay", Vendor: sampleVendor, Data: dayData(sampleDay(), money.Day(2026, 10, 21))}},
		story{"cho-voucher", "voucher", view{Title: "Phiếu", Vendor: sampleVendor, Data: voucherPage{Stalls: sampleStalls(), Balance: sampleVoucher()}}},
		story{"cho-voucher-taken", "voucher", view{Title: "Phiếu", Vendor: sampleVendor, Data: voucherPage{Redemption: &markets.Redemption{Amount: 65_000, Left: 335_000}}}},
		story{"cho-cards", "cards", view{Title: "Thẻ sạp", Vendor: sampleVendor, Data: cardsPage{sampleStalls()}}},
		story{"cho-card", "card", view{Title: "Thẻ sạp", Bare: true, Scripts: []string{"print.js"}, Data: sampleCard()}},
		story{"phieu", "phieu", view{Title: "Phiếu mua hàng", Data: balancePage{Token: "ASV7K2M9QRT", Voucher: sampleVoucher(), Market: "Chợ Phường 3"}}},
		story{"markets", "markets", view{Title: "Chợ", Person: sampleAdmin, Data: marketsPage{Today: 2_480_000, Vouchers: []voucherSum{{"active", 12, 4_800_000}},
			Stalls: []stallRow{{1, "Chợ Phường 3", "QAY-017", sampleVendor, 2, 14, 13, 2_480_000}, {2, "Chợ Phường 3", "CA-004", "Lâm Mỹ Phụng", 0, 0, 0, 0}}}}},
	)
}

func sampleStalls() []markets.Stall {
	return []markets.Stall{{ID: 1, Label: "QAY-017", Place: "Chợ Phường 3"}}
}

func sampleCharges() []markets.Charge {
	var list []markets.Charge
	for _, c := range []struct {
		state    markets.State
		received money.VND
		warning  string
	}{{"waiting", 0, ""}, {"paid", 185_000, ""}, {"short", 185, "thousandfold"}, {"over", 370_000, "twice"}, {"late", 185_000, ""}, {"expired", 0, ""}, {"cancelled", 0, ""}} {
		list = append(list, markets.Charge{Payload: samplePayload, ChargeState: markets.ChargeState{ID: 17, Reference: "ASC7K2M9QRT", Amount: 185_000,
			Received: c.received, State: c.state, Warning: c.warning, ExpiresAt: sampleNow.Add(15 * time.Minute)}})
	}
	return list
}

func sampleDay() markets.Day {
	d := markets.Day{Count: 3, Total: 640_000, Vouchers: 65_000, Unconfirmed: 90_000, Lines: []markets.DayLine{
		{At: sampleNow.Add(-2 * time.Hour), Kind: "charge", ID: 15, Asked: 185_000, Received: 185_000, State: "paid"},
		{At: sampleNow.Add(-time.Hour), Kind: "stall", ID: 3, Received: 390_000, State: "received"},
		{At: sampleNow.Add(-30 * time.Minute), Kind: "voucher", ID: 2, Received: 65_000, State: "received"},
		{At: sampleNow, Kind: "charge", ID: 17, Asked: 90_000, State: "waiting"}}}
	d.ByHour[7], d.ByHour[8], d.ByHour[9] = 185_000, 390_000, 65_000
	return d
}

func sampleVoucher() *markets.Voucher {
	return &markets.Voucher{Amount: 400_000, Left: 335_000, State: "active", From: money.Day(2026, 10, 1), Until: money.Day(2026, 12, 31), PerPurchase: 200_000}
}

func sampleCard() cardPage {
	d, err := cardData(markets.StallCard{Label: "QAY-017", Place: "Chợ Phường 3", Version: 2, Code: "AST7K2M9QRT", Payload: samplePayload,
		HolderName: "DANH THI SA RUONE", Tail: "5678"}, "a6")
	if err != nil {
		panic(err) // the sample payload always fits into a code
	}
	return d
}
