package web

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/bank/notice"
	"ansinh.vn/ledger"
	"ansinh.vn/markets"
	"ansinh.vn/money"
)

// tell sends a signed notice of money to the vendor, as a bank's provider does.
func (b *bundle) tell(amount money.VND, memo string, change func(h http.Header, body []byte) []byte) answer {
	b.Helper()
	b.events++
	return b.tellAs(fmt.Sprint(b.events), amount, memo, change)
}

func (b *bundle) tellAs(event string, amount money.VND, memo string, change func(h http.Header, body []byte) []byte) answer {
	b.Helper()
	h, body, err := notice.Sign("hmac", []byte(hmacKey), notice.Notice{EventID: event, In: true, Amount: amount, BIN: "970405",
		Account: account, Memo: memo, Reference: "FT" + event, OccurredAt: testNow}, testNow)
	b.ok(err)
	if change != nil {
		body = change(h, body)
	}
	r, err := http.NewRequestWithContext(b.ctx, "POST", b.url+"/notices/hmac", bytes.NewReader(body))
	b.ok(err)
	r.Header = h
	return b.browser().send(r)
}

func (b *bundle) charge(amount money.VND) markets.Charge {
	b.Helper()
	c, err := markets.CreateCharge(b.ctx, b.pool, b.box, markets.ChargeInput{Vendor: b.vendor, Stall: b.stall, Amount: amount,
		Key: fmt.Sprint(amount, time.Now().UnixNano()), Now: testNow})
	b.ok(err)
	return c
}

func TestANoticeMustBeSigned(t *testing.T) {
	t.Parallel()
	b := open(t)
	c := b.charge(185_000)
	for name, change := range map[string]func(h http.Header, body []byte) []byte{
		"another amount": func(_ http.Header, body []byte) []byte {
			return bytes.Replace(body, []byte("185000"), []byte("985000"), 1)
		},
		"no signature": func(h http.Header, body []byte) []byte { h.Del("X-Signature"); return body },
		"an old time":  func(h http.Header, body []byte) []byte { h.Set("X-Timestamp", "1700000000"); return body },
		"empty":        func(http.Header, []byte) []byte { return nil },
	} {
		if a := b.tell(185_000, c.Reference, change); a.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %d %s", name, a.StatusCode, a.body)
		}
	}
	for path, want := range map[string]int{"/notices/nobody": 404, "/notices/payos": 503} {
		if a := b.browser().do("POST", path, url.Values{"a": {"b"}}); a.StatusCode != want {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}
	huge := func(h http.Header, _ []byte) []byte { return make([]byte, notice.MaxBody+1) }
	if a := b.tell(1, "", huge); a.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a huge notice: %d", a.StatusCode)
	}
	var kept int
	b.ok(b.pool.QueryRow(b.ctx, `select count(*) from bank_notice`).Scan(&kept))
	if kept != 0 {
		t.Errorf("%d refused notices were kept", kept)
	}
}

func TestANoticeIsKeptAndToldTwiceIsOnce(t *testing.T) {
	t.Parallel()
	b := open(t)
	c := b.charge(185_000)
	for range 3 {
		if a := b.tellAs("7", 185_000, "CK "+c.Reference, nil); a.StatusCode != http.StatusOK || a.body != notice.Reply("hmac") {
			t.Fatalf("%d %s", a.StatusCode, a.body)
		}
	}
	vendor := b.as("vendor")
	a := vendor.see(fmt.Sprintf("/cho/charges/%d", c.ID), nil, http.StatusOK)
	checkPage(t, "cho-charge", a.body)
	a.wants(t, "ĐÃ NHẬN ĐỦ", "បានទទួលគ្រប់", "185.000 đ")
	day := vendor.see("/cho/day", nil, http.StatusOK)
	checkPage(t, "day", day.body)
	day.wants(t, "Một trăm tám mươi lăm nghìn đồng")
	vendor.see("/cho/day.csv", nil, http.StatusOK).wants(t, "185000")
	var n int
	b.ok(b.pool.QueryRow(b.ctx, `select count(*) from bank_notice`).Scan(&n))
	if n != 1 {
		t.Errorf("%d notices kept", n)
	}
}

// stream reads the states of a charge as a browser's EventSource does.
func (b *bundle) stream(c *browser, id markets.ChargeID) <-chan liveState {
	b.Helper()
	r, err := http.NewRequestWithContext(b.ctx, "GET", fmt.Sprintf("%s/cho/charges/%d/events", b.url, id), nil)
	b.ok(err)
	w, err := c.client.Do(r)
	b.ok(err)
	b.Cleanup(func() { w.Body.Close() })
	if w.StatusCode != http.StatusOK || w.Header.Get("Content-Type") != "text/event-stream" {
		b.Fatalf("events: %d %s", w.StatusCode, w.Header.Get("Content-Type"))
	}
	states := make(chan liveState, 16)
	go func() {
		defer close(states)
		lines := bufio.NewScanner(w.Body)
		for lines.Scan() {
			data, ok := strings.CutPrefix(lines.Text(), "data: {")
			var s liveState
			if ok && json.Unmarshal([]byte("{"+data), &s) == nil {
				states <- s
			}
		}
	}()
	return states
}

// until waits for a state; the deadline only ends a test that is broken.
func until(t *testing.T, states <-chan liveState, want string) liveState {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		select {
		case s, ok := <-states:
			if !ok {
				t.Fatalf("the stream ended before %s", want)
			}
			if s.State == want {
				return s
			}
		case <-deadline:
			t.Fatalf("nothing was heard of %s", want)
		}
	}
}

func TestTheVendorHearsTheVerdict(t *testing.T) {
	t.Parallel()
	b := open(t)
	vendor := b.as("vendor")
	c := b.charge(200_000)
	states := b.stream(vendor, c.ID)
	if s := until(t, states, "waiting"); s.Line == "" || s.Final {
		t.Errorf("waiting: %+v", s)
	}
	b.tell(200, c.Reference, nil)
	s := until(t, states, "short")
	if s.Tone != "bad" || !strings.Contains(s.Line, "thiếu ba số 0") || s.Final {
		t.Errorf("200 đồng for 200,000: %+v", s)
	}
	b.tell(199_800, c.Reference, nil)
	if s := until(t, states, "paid"); s.Tone != "good" || !s.Final {
		t.Errorf("paid: %+v", s)
	}
}

func TestManyPagesHearOneCharge(t *testing.T) {
	t.Parallel()
	b := open(t)
	vendor := b.as("vendor")
	c := b.charge(50_000)
	var wait sync.WaitGroup
	for range 20 {
		states := b.stream(vendor, c.ID)
		wait.Go(func() { until(t, states, "paid") })
	}
	b.tell(50_000, c.Reference, nil)
	wait.Wait()
}

func TestClosingTheServerEndsItsStreams(t *testing.T) {
	t.Parallel()
	b := open(t)
	states := b.stream(b.as("vendor"), b.charge(1_000).ID)
	until(t, states, "waiting")
	b.server.Close()
	for range states { // ends, or the test runs into its timeout
	}
}

func TestChargingFromTheKeypad(t *testing.T) {
	t.Parallel()
	b := open(t)
	vendor := b.as("vendor")
	page := vendor.see("/cho", nil, http.StatusOK)
	checkPage(t, "cho", page.body)
	form := url.Values{"amount": {"185.000"}, "key": {"k1"}, "stall": {id(int64(b.stall))}}
	first := vendor.see("/cho/charges", form, http.StatusSeeOther).Header.Get("Location")
	if again := vendor.see("/cho/charges", form, http.StatusSeeOther).Header.Get("Location"); again != first {
		t.Errorf("a double tap made %s and %s", first, again)
	}
	charge := vendor.see(first, nil, http.StatusOK)
	charge.wants(t, "185.000 đ", "Một trăm tám mươi lăm nghìn đồng", "<svg", "CHƯA NHẬN")
	vendor.see(first+"/state", nil, http.StatusOK).wants(t, `"state":"waiting"`)
	for _, bad := range []string{"", "0", "-5", "12,5", "abc", "99999999999999999999"} {
		form := url.Values{"amount": {bad}, "key": {"k" + bad}}
		vendor.see("/cho/charges", form, http.StatusUnprocessableEntity).wants(t, "Số tiền chưa đúng")
	}
	vendor.see(first+"/cancel", url.Values{}, http.StatusSeeOther)
	vendor.see(first, nil, http.StatusOK).wants(t, "ĐÃ HUỶ")
}

func TestAVendorSeesOnlyTheirOwn(t *testing.T) {
	t.Parallel()
	b := open(t)
	mine := b.charge(10_000)
	var second markets.VendorID
	b.tx(func(tx pgx.Tx) {
		var err error
		second, err = markets.AddVendor(b.ctx, tx, b.box, markets.NewVendor{Name: "Lý Văn Tư", Phone: "0912345672", BankBIN: "970405", Account: "1900207654321"}, "test", testNow)
		b.ok(err)
		b.ok(markets.SetPIN(b.ctx, tx, second, "918273", "test", testNow))
	})
	c := b.browser()
	c.see("/cho/sign-in", url.Values{"phone": {"0912 345 672"}, "pin": {"918273"}}, http.StatusSeeOther)
	path := fmt.Sprintf("/cho/charges/%d", mine.ID)
	for _, p := range []string{path, path + "/state", path + "/events", fmt.Sprintf("/cho/cards/%d", b.stall)} {
		c.see(p, nil, http.StatusNotFound)
	}
	c.see(path+"/cancel", url.Values{}, http.StatusNotFound)
	c.see("/cho/charges", url.Values{"amount": {"5000"}, "key": {"x"}, "stall": {id(int64(b.stall))}}, http.StatusForbidden)
	b.exec(b.pool, `update vendor set state = 'suspended' where id = $1`, second)
	c.see("/cho", nil, http.StatusSeeOther)
}

func TestAWrongPINIsCounted(t *testing.T) {
	t.Parallel()
	b := open(t)
	c := b.browser()
	for range 5 {
		c.see("/cho/sign-in", url.Values{"phone": {phone}, "pin": {"000000"}}, http.StatusUnauthorized)
	}
	c.see("/cho/sign-in", url.Values{"phone": {phone}, "pin": {pin}}, http.StatusTooManyRequests)
}

func TestTheStallCard(t *testing.T) {
	t.Parallel()
	b := open(t)
	for caller, path := range map[string]string{"vendor": "/cho/cards/", "vendor-admin": "/stalls/"} {
		path += id(int64(b.stall))
		if caller == "vendor-admin" {
			path += "/card"
		}
		a := b.as(caller).see(path, nil, http.StatusOK)
		checkPage(t, "card", a.body)
		a.wants(t, "QAY-017", "TRAN THI SAU", "4567", "Chợ Phường 3", `lang="km"`)
		if strings.Contains(a.body, account) {
			t.Error("the card's page shows the whole account in words")
		}
	}
	b.as("vendor-admin").see("/markets", nil, http.StatusOK).wants(t, "QAY-017", "Trần Thị Sáu")
}

// issue makes a voucher of what is owed to a new person.
func (b *bundle) issue(amount money.VND) (v markets.Issued) {
	b.Helper()
	b.people(1)
	b.tx(func(tx pgx.Tx) {
		var person int64
		var market markets.MarketID
		b.ok(tx.QueryRow(b.ctx, `select (select max(id) from person), (select min(id) from market)`).Scan(&person, &market))
		payable, expense := "3388.p"+id(person), "611."+office+".btxh"
		ids, err := ledger.Ensure(b.ctx, tx, []ledger.Account{{Code: payable, Name: "Phải trả", Type: "liability", Office: office},
			{Code: expense, Name: "Chi", Type: "expense", Office: office, Scheme: "btxh"}})
		b.ok(err)
		_, err = ledger.Post(b.ctx, tx, ledger.Entry{Key: "test:owed", On: money.Day(2026, 10, 20), Kind: "test", At: testNow,
			Transfers: []ledger.Transfer{{Debit: ids[expense], Credit: ids[payable], Amount: amount}}})
		b.ok(err)
		v, err = markets.IssueVoucher(b.ctx, tx, b.box, markets.IssueInput{PersonID: person, Office: office, PaymentRef: "payment:1", Amount: amount,
			Market: market, From: money.Day(2026, 10, 1), Until: money.Day(2026, 12, 31), By: "test", Now: testNow})
		b.ok(err)
	})
	return v
}
