package web

import (
	"net/http"
	"net/url"
	"testing"

	"ansinh.vn/money"
	"ansinh.vn/staff"
)

func TestHomeAndListsAndReviews(t *testing.T) {
	t.Parallel()
	b := open(t)
	run := b.submitted()
	b.exec(b.pool, `update person set register_outcome = 'mismatch', register_evidence = '{"why": ["Năm sinh lệch"], "fields": [{"name": "birth", "level": "differs", "listed": "1940", "register": "1941"}]}'
		where id = (select min(id) from person)`)
	c := b.as("clerk")
	home := c.see("/", nil, http.StatusOK)
	checkPage(t, "home", home.body)
	home.wants(t, "Phường Bạc Liêu", "8.400.000 đ", "/runs/"+id(int64(run.ID)), "Đã trình", "25/10/2026", "0/1") // submitted is not yet handed over
	lists := c.see("/lists", nil, http.StatusOK)
	checkPage(t, "lists", lists.body)
	lists.wants(t, "btxh-31825-2026-10.xlsx")
	list := c.see("/lists/1", nil, http.StatusOK)
	checkPage(t, "list", list.body)
	list.wants(t, "D2", "Ngày sinh 31/02/1951 không có trong lịch")
	queue := c.see("/reviews?outcome=mismatch", nil, http.StatusOK)
	checkPage(t, "reviews", queue.body)
	queue.wants(t, "Năm sinh lệch")
	c.see("/reviews?outcome=deceased", nil, http.StatusNotFound)

	var person int64
	b.ok(b.pool.QueryRow(b.ctx, `select id from person where register_outcome = 'mismatch'`).Scan(&person))
	page := "/reviews/" + id(person)
	review := c.see(page, nil, http.StatusOK)
	checkPage(t, "review", review.body)
	review.wants(t, "1941", "KT_N")
	b.as("auditor").see(page, url.Values{"decision": {"pay"}, "reason": {"x"}}, http.StatusForbidden)
	c.see(page, url.Values{"decision": {"pay"}}, http.StatusUnprocessableEntity).wants(t, "Chưa đủ để quyết định")
	c.see(page, url.Values{"decision": {"pay"}, "reason": {"Đã xem giấy khai sinh"}}, http.StatusSeeOther)
	c.see("/reviews", nil, http.StatusOK).wants(t, "Đã ghi quyết định")
	c.see(page, url.Values{"decision": {"pay"}, "reason": {"lần nữa"}}, http.StatusConflict)
}

func TestABreakTakesTwoPeople(t *testing.T) {
	t.Parallel()
	b := open(t)
	var brk int64
	b.ok(b.pool.QueryRow(b.ctx, `insert into recon_break (kind, subject, office, amount, opened_on, note)
		values ('stale-in-transit', 'instruction:x', $1, -540000, '2026-10-08', 'Quá 10 ngày chưa thấy ghi nợ') returning id`, office).Scan(&brk))
	books, chair := b.as("accountant"), b.as("chairman")
	list := books.see("/breaks", nil, http.StatusOK)
	checkPage(t, "breaks", list.body)
	list.wants(t, "Treo quá hạn", "−540.000 đ", "12 ngày")
	page := "/breaks/" + id(brk)
	checkPage(t, "break", books.see(page, nil, http.StatusOK).body)
	books.see(page+"/propose", url.Values{"action": {"note"}}, http.StatusUnprocessableEntity).wants(t, "Chưa đủ")
	books.see(page+"/propose", url.Values{"action": {"note"}, "note": {"Ngân hàng xác nhận đã chi ngày 09/10"}}, http.StatusSeeOther)
	books.see(page, nil, http.StatusOK).wants(t, "cần một người khác xác nhận")
	books.see(page+"/confirm", url.Values{}, http.StatusConflict).wants(t, "Nhờ một người khác")
	chair.see(page, nil, http.StatusOK).wants(t, "Ngân hàng xác nhận", "Người accountant")
	chair.see(page+"/confirm", url.Values{}, http.StatusSeeOther)
	chair.see("/breaks", nil, http.StatusOK).wants(t, "Đã xử lý chênh lệch", "Mọi dòng sao kê đều đã có giải thích")
	chair.see("/breaks?settled=1", nil, http.StatusOK).wants(t, "Đã xử lý")
}

func TestAnEntryWithItsTransfers(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.fund(5_000_000)
	var entry int64
	b.ok(b.pool.QueryRow(b.ctx, `select max(entry_id) from entry_key`).Scan(&entry))
	a := b.as("auditor").see("/entries/"+id(entry), nil, http.StatusOK)
	checkPage(t, "entry", a.body)
	a.wants(t, "5.000.000 đ", "112.31825", "366.31825.btxh", "ansinh proof entry")
}

func TestPersonalPages(t *testing.T) {
	t.Parallel()
	b := open(t)
	for _, r := range staff.Roles {
		c := b.as(string(r))
		checkPage(t, "me", c.see("/me", nil, http.StatusOK).body)
		checkPage(t, "home", c.see("/", nil, http.StatusOK).body)
	}
	a := b.as("operator").see("/staff", nil, http.StatusOK)
	checkPage(t, "staff", a.body)
	a.wants(t, "elsewhere", "Người duyệt")
	b.as("operator").see("/staff/operator/disable", url.Values{}, http.StatusConflict)
}

func TestAVoucherAtAStall(t *testing.T) {
	t.Parallel()
	b := open(t)
	v := b.issue(400_000)
	c := b.as("vendor")
	checkPage(t, "voucher", c.see("/cho/voucher", nil, http.StatusOK).body)
	c.see("/cho/voucher", url.Values{"token": {v.Token}, "look": {"1"}}, http.StatusOK).wants(t, "400.000 đ", "Đang dùng")
	c.see("/cho/voucher", url.Values{"token": {v.Token}, "pin": {"000000"}, "amount": {"65000"}, "key": {"a"}}, http.StatusForbidden).wants(t, "Sai mã PIN")
	take := url.Values{"token": {v.Token}, "pin": {v.PIN}, "amount": {"65.000"}, "key": {"b"}, "stall": {id(int64(b.stall))}}
	for range 2 { // a double tap redeems once
		c.see("/cho/voucher", take, http.StatusOK).wants(t, "ĐÃ NHẬN 65.000 đ", "còn 335.000 đ")
	}
	c.see("/cho/voucher", url.Values{"token": {v.Token}, "pin": {v.PIN}, "amount": {"999999"}, "key": {"c"}}, http.StatusConflict).wants(t, "không đủ tiền")
	c.see("/cho/voucher", url.Values{"token": {"ASVNOSUCH99"}, "look": {"1"}}, http.StatusNotFound).wants(t, "Không có phiếu này")
	holder := b.browser()
	checkPage(t, "phieu", holder.see("/phieu", nil, http.StatusOK).body)
	holder.see("/phieu", url.Values{"token": {v.Serial}}, http.StatusOK).wants(t, "335.000 đ", "Chợ Phường 3")
	b.as("vendor-admin").see("/markets", nil, http.StatusOK).wants(t, "Đang dùng")

	auth := map[string]string{"Idempotency-Key": "api-1"}
	var left struct{ Left money.VND }
	c.call("POST", "/vouchers/redeem", map[string]any{"token": v.Token, "pin": v.PIN, "amount": 35_000}, auth, http.StatusCreated, &left)
	c.call("POST", "/vouchers/redeem", map[string]any{"token": v.Token, "pin": v.PIN, "amount": 35_000}, auth, http.StatusCreated, &left)
	if left.Left != 300_000 {
		t.Errorf("after the same redemption twice %d are left", left.Left)
	}
	c.call("POST", "/vouchers/balance", map[string]any{"token": v.Token}, nil, http.StatusOK, &left)
	if left.Left != 300_000 {
		t.Errorf("the balance is %d", left.Left)
	}
}

func TestGuessingSerialsIsSlowedDown(t *testing.T) {
	t.Parallel()
	b := open(t)
	c := b.browser()
	for range 30 {
		c.see("/phieu", url.Values{"token": {"ASVNOSUCH99"}}, http.StatusNotFound)
	}
	c.see("/phieu", url.Values{"token": {"ASVNOSUCH99"}}, http.StatusTooManyRequests)
}

func TestHealthReadinessMetrics(t *testing.T) {
	t.Parallel()
	b := open(t)
	c := b.browser()
	c.see("/healthz", nil, http.StatusOK)
	c.see("/readyz", nil, http.StatusOK)
	c.see("/metrics", nil, http.StatusOK).wants(t, "ansinh_http_request_seconds", "ansinh_event_streams")
	r, err := http.NewRequest("GET", b.url+"/metrics", nil)
	b.ok(err)
	r.Header.Set("X-Forwarded-For", "203.0.113.9")
	if a := c.send(r); a.StatusCode != http.StatusNotFound {
		t.Errorf("metrics through a proxy: %d", a.StatusCode)
	}
	b.pool.Close()
	c.see("/healthz", nil, http.StatusOK)
	c.see("/readyz", nil, http.StatusServiceUnavailable)
}
