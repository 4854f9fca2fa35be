package web

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/xuri/excelize/v2"

	"ansinh.vn/beneficiaries"
	"ansinh.vn/identity/registry"
)

// sandboxed is a sandbox register over HTTP that knows the bundle's people, and the
// web with its callback door open.
func sandboxed(t *testing.T, b *bundle) (*registry.Server, *registry.Client, string) {
	t.Helper()
	var people []registry.Record
	for i, name := range []string{"Nguyễn Thị Út Hoà", "Danh Sóc Kha"} {
		people = append(people, registry.Record{Number: "095145000000"[:11] + string(rune('0'+i)), Name: name, Birth: "1940-05-01", Sex: "F", Commune: office, Standing: registry.Resident})
	}
	population := registry.NewPopulation(len(people), func(i int, day time.Time) (registry.Record, bool) {
		r := people[i]
		if i == 1 && day.After(testNow) {
			r.Died = "2026-10-19"
		}
		return r, true
	})
	server, access, err := registry.Sandbox(5, population, "")
	b.ok(err)
	server.Again = time.Millisecond
	line := httptest.NewServer(server.Handler())
	t.Cleanup(line.Close)
	access.URL = line.URL
	client, err := access.Client()
	b.ok(err)
	now := testNow
	client.Now = func() time.Time { return now }
	site := New(Config{Pool: b.pool, Secrets: b.box, Clock: func() time.Time { return now }, Log: b.server.log, Register: client, RegisterName: access.ReceiverID})
	front := httptest.NewServer(site)
	t.Cleanup(func() { server.Wait(); front.Close(); site.Close() })
	return server, client, front.URL
}

func TestTheRegisterTellsOfADeathAtOurDoor(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.people(2)
	server, client, front := sandboxed(t, b)
	b.ok(beneficiaries.Subscribe(b.ctx, b.pool, beneficiaries.Subscribing{Register: client, Name: registry.SandboxID, Callback: front + "/registry/on-subscribe",
		Event: registry.EventDeath, By: "staff:clerk", Now: testNow}))
	server.Wait()
	subs, err := beneficiaries.Subscriptions(b.ctx, b.pool)
	b.ok(err)
	if len(subs) != 1 || subs[0].State != "active" || subs[0].Code == "" {
		t.Fatalf("%+v", subs)
	}
	if n := server.Notify(testNow, testNow.Add(time.Minute)); n != 1 {
		t.Fatalf("%d events told", n)
	}
	server.Wait()
	var outcome string
	var waiting int
	b.ok(b.pool.QueryRow(b.ctx, `select p.register_outcome, (select count(*) from life_event where handled_at is null) from person p where p.name = 'Danh Sóc Kha'`).Scan(&outcome, &waiting))
	if outcome != "deceased" || waiting != 1 {
		t.Errorf("%s, %d events wait", outcome, waiting)
	}
	// forged, replayed to another, or to a closed door
	for body, want := range map[string]int{`{}`: 400, `{"signature":"","header":{},"message":{}}`: 403, `not json`: 400} {
		resp, err := http.Post(front+"/registry/notify", "application/json", strings.NewReader(body))
		b.ok(err)
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: %d, want %d", body, resp.StatusCode, want)
		}
	}
	resp, err := http.Post(b.url+"/registry/notify", "application/json", strings.NewReader(`{}`))
	b.ok(err)
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("without a register the door answers %d", resp.StatusCode)
	}
}

func TestADeathIsTakenBackOnThePage(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.people(1)
	var event int64
	b.tx(func(tx pgx.Tx) {
		var person int64
		b.ok(tx.QueryRow(b.ctx, `select min(id) from person`).Scan(&person))
		_, err := beneficiaries.RecordLifeEvent(b.ctx, tx, beneficiaries.LifeEvent{Person: beneficiaries.PersonID(person), Kind: "death", On: testNow.AddDate(0, 0, -2), KnownOn: testNow,
			Source: "register:dan-cu", By: "system", At: testNow})
		b.ok(err)
		events, err := beneficiaries.WaitingEvents(b.ctx, tx, 1)
		b.ok(err)
		event = events[0].ID
		b.ok(beneficiaries.OfferFuneral(b.ctx, tx, events[0], testNow))
	})
	c, chief := b.as("clerk"), b.as("chairman")
	page := c.see("/life-events", nil, http.StatusOK)
	checkPage(t, "life-events", page.body)
	page.wants(t, "Nguyễn Thị Út Hoà", "Báo tử", "hỗ trợ mai táng", "18/10/2026")
	c.see("/life-events?kind=marriage", nil, http.StatusNotFound)
	correct := "/life-events/" + id(event) + "/correct"
	c.see(correct, url.Values{}, http.StatusUnprocessableEntity).wants(t, "Cần ghi lý do")
	chief.see(correct, url.Values{"reason": {"x"}}, http.StatusForbidden)
	b.as("elsewhere").see(correct, url.Values{"reason": {"x"}}, http.StatusNotFound)
	c.see(correct, url.Values{"reason": {"Đã gặp cụ tại nhà"}}, http.StatusSeeOther)
	c.see("/life-events", nil, http.StatusOK).wants(t, "Người đề nghị không tự xác nhận")
	c.see("/corrections/1", url.Values{"accept": {"yes"}}, http.StatusConflict)
	b.as("elsewhere").see("/corrections/1", url.Values{"accept": {"yes"}}, http.StatusNotFound)
	chief.see("/corrections/1", url.Values{"accept": {"yes"}}, http.StatusSeeOther)
	c.see("/life-events", nil, http.StatusOK).wants(t, "đã đính chính", "Còn sống")
	var died *time.Time
	b.ok(b.pool.QueryRow(b.ctx, `select died_on from person`).Scan(&died))
	if died != nil {
		t.Error("still dead")
	}
}

func TestAListGoesToThePoliceAndComesBackByPage(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.people(2)
	b.exec(b.pool, `update person set checked_at = null, register_outcome = 'unchecked'`)
	c := b.as("clerk")
	checkPage(t, "register", c.see("/register", nil, http.StatusOK).body)
	c.see("/register/extracts", url.Values{"who": {"everybody"}}, http.StatusUnprocessableEntity)
	b.as("auditor").see("/register/extracts", url.Values{"who": {"all"}}, http.StatusForbidden)
	book := c.see("/register/extracts", url.Values{"who": {"never"}, "to": {"Công an phường Bạc Liêu"}}, http.StatusOK)
	f, err := excelize.OpenReader(strings.NewReader(book.body))
	b.ok(err)
	for cell, value := range map[string]string{"G6": "Trùng khớp", "G7": "Đã chết", "K7": "18/10/2026"} {
		b.ok(f.SetCellValue(f.GetSheetName(0), cell, value))
	}
	var filled bytes.Buffer
	b.ok(f.Write(&filled))
	upload := func(content []byte, on string) answer {
		return c.upload("/register/checked", `C:\tải về\doi-chieu.xlsx`, content, url.Values{"on": {on}, "checked_by": {"Trung tá Nguyễn Văn A"}})
	}
	for name, tt := range map[string]struct {
		content []byte
		on      string
		says    string
	}{
		"no day":     {filled.Bytes(), "", "Chưa rõ ngày đối chiếu"},
		"the future": {filled.Bytes(), "2027-01-01", "tương lai"},
		"junk":       {[]byte("PK\x03\x04"), "2026-10-19", "không mở được"},
		"not ours":   {[]byte("Mã đối chiếu,Kết quả\n1-2-AAAA,Trùng khớp\n"), "2026-10-19", "không phải của hệ thống này"},
	} {
		if a := upload(tt.content, tt.on); a.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", name, a.StatusCode)
		} else {
			a.wants(t, tt.says)
		}
	}
	if a := upload(filled.Bytes(), "2026-10-19"); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	page := c.see("/register", nil, http.StatusOK)
	page.wants(t, "Đã nhập kết quả của 2 người", "Trung tá Nguyễn Văn A", "19/10/2026", "Công an phường Bạc Liêu", "Tệp công an gửi lại")
	b.as("elsewhere").see("/register", nil, http.StatusOK)
	var outcomes string
	b.ok(b.pool.QueryRow(b.ctx, `select string_agg(register_outcome, ' ' order by id) from person`).Scan(&outcomes))
	if outcomes != "match deceased" {
		t.Error(outcomes)
	}
}
