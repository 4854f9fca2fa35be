package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"ansinh.vn/beneficiaries"
	"ansinh.vn/money"
)

// A clerk drafts, sees the effect, and the chairman makes the decision; both papers print.
func TestADecisionFromDraftToPaper(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.people(2)
	var person int64
	b.ok(b.pool.QueryRow(b.ctx, `select min(id) from person`).Scan(&person))
	_, err := beneficiaries.AddSigner(b.ctx, b.pool, beneficiaries.Signer{Office: office, Name: "Lê Văn Út", Capacity: "chairman", ValidFrom: money.Day(2025, 7, 1)}, "staff:clerk", testNow)
	b.ok(err)
	clerk, chairman, elsewhere := b.as("clerk"), b.as("chairman"), b.as("elsewhere")

	if page := clerk.see("/people/"+id(person), nil, http.StatusOK); !strings.Contains(page.body, "/decisions/new?person="+id(person)) {
		t.Error("no way from the person to a decision")
	}
	elsewhere.see("/decisions/new?person="+id(person), nil, http.StatusNotFound)
	form := url.Values{"person": {id(person)}, "kind": {"suspend"}, "month": {"2026-10"}, "reason": {"bị tạm giam"}}
	if a := clerk.see("/decisions", form, http.StatusUnprocessableEntity); !strings.Contains(a.body, "Chọn căn cứ tạm dừng") || !strings.Contains(a.body, "bị tạm giam") {
		t.Errorf("a suspension without ground: %s", a.body)
	}
	form.Set("ground", "detained")
	clerk.see("/decisions", form, http.StatusSeeOther)
	path := "/decisions/1"
	for _, c := range []*browser{elsewhere} {
		c.see(path, nil, http.StatusNotFound)
		c.see(path+"/print", nil, http.StatusNotFound)
		c.see(path+"/confirm", url.Values{"x": {"y"}}, http.StatusNotFound)
	}
	if a := clerk.see(path, nil, http.StatusOK); strings.Contains(a.body, "/confirm") || !strings.Contains(a.body, "1.080.000") || !strings.Contains(a.body, "1.000.000") {
		t.Errorf("the clerk sees: %s", a.body)
	}
	page := chairman.see(path, nil, http.StatusOK)
	shown := regexp.MustCompile(`name="shown" value="([0-9a-f]+)"`).FindStringSubmatch(page.body)
	if shown == nil {
		t.Fatalf("the chairman cannot confirm: %s", page.body)
	}
	confirm := url.Values{"shown": {"0000"}, "number": {"412/QĐ-UBND"}, "on": {"2026-10-20"}, "signer": {"1"}}
	if a := chairman.see(path+"/confirm", confirm, http.StatusConflict); !strings.Contains(a.body, "412/QĐ-UBND") {
		t.Error("what was typed is lost")
	}
	confirm.Set("shown", shown[1])
	chairman.see(path+"/confirm", confirm, http.StatusSeeOther)
	paper := chairman.see(path+"/print", nil, http.StatusOK)
	for _, want := range []string{"412/QĐ-UBND", "Ngày 20/10/2026", "tạm dừng trợ cấp", "Truy thu: 1.000.000", "Lê Văn Út"} {
		if !strings.Contains(strings.ReplaceAll(paper.body, "\u00a0", " "), want) {
			t.Errorf("the paper lacks %q", want)
		}
	}
	chairman.see(path+"/confirm", confirm, http.StatusConflict)
}

func TestAGrantHangsOutBeforeItIsSigned(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.people(1)
	_, err := beneficiaries.AddSigner(b.ctx, b.pool, beneficiaries.Signer{Office: office, Name: "Lê Văn Út", Capacity: "chairman", ValidFrom: money.Day(2025, 7, 1)}, "staff:clerk", testNow)
	b.ok(err)
	clerk, chairman := b.as("clerk"), b.as("chairman")
	for _, category := range []string{"btxh.DONTHAN", "btxh.HIV"} {
		clerk.see("/decisions", url.Values{"person": {"1"}, "kind": {"grant"}, "month": {"2026-11"}, "reason": {"đủ điều kiện"}, "category": {category}, "children": {"2"}}, http.StatusSeeOther)
	}
	clerk.see("/public-lists", url.Values{"place": {"Trụ sở"}}, http.StatusSeeOther)
	paper := clerk.see("/public-lists/1/print", nil, http.StatusOK).body
	if !strings.Contains(paper, "Nguyễn Thị Út Hoà") || strings.Contains(paper, "HIV") || strings.Contains(paper, "095145000000") || !strings.Contains(paper, "đến hết ngày 22/10/2026") {
		t.Errorf("hangs out: %s", paper)
	}
	sign := func(n, day string, want int) answer {
		t.Helper()
		page := chairman.see("/decisions/"+n, nil, http.StatusOK)
		shown := regexp.MustCompile(`name="shown" value="([0-9a-f]+)"`).FindStringSubmatch(page.body)
		return chairman.see("/decisions/"+n+"/confirm", url.Values{"shown": {shown[1]}, "number": {n + "/QĐ"}, "on": {day}, "signer": {"1"}}, want)
	}
	if a := sign("1", "2026-10-20", http.StatusUnprocessableEntity); !strings.Contains(a.body, "chưa niêm yết đủ hai ngày") {
		t.Errorf("signed the day it hung out: %s", a.body)
	}
	sign("2", "2026-10-20", http.StatusSeeOther) // nothing about HIV hangs out
	clerk.see("/public-lists/1/objections", url.Values{"row": {"1"}, "words": {"đã tái hôn"}}, http.StatusSeeOther)
	b.server.cfg.Clock = func() time.Time { return testNow.AddDate(0, 0, 3) }
	if a := sign("1", "2026-10-22", http.StatusUnprocessableEntity); !strings.Contains(a.body, "còn ý kiến chưa trả lời") {
		t.Errorf("signed over an objection: %s", a.body)
	}
	chairman.see("/public-lists/1/answers", url.Values{"objection": {"1"}, "answer": {"đã xác minh, không đúng"}}, http.StatusSeeOther)
	sign("1", "2026-10-22", http.StatusSeeOther)
	// whoever reads the calendar and the payees sees their office only
	for _, path := range []string{"/calendar", "/payees", "/programmes", "/public-lists", "/decisions"} {
		clerk.see(path, nil, http.StatusOK)
		if a := b.as("elsewhere").see(path, nil, http.StatusOK); strings.Contains(a.body, "Nguyễn Thị Út Hoà") {
			t.Errorf("%s shows another office's person", path)
		}
	}
}

func TestAPayeeIsChangedByTwoPeople(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.people(1)
	clerk, accountant := b.as("clerk"), b.as("accountant")
	form := url.Values{"person": {"1"}, "kind": {"recipient"}, "name": {"Thạch Sóc Kha"}, "number": {"095200000009"}, "paper": {"12/UQ"}, "until": {"2028-01-01"}, "way": {"cash"}, "reason": {"đau yếu"}}
	if a := clerk.see("/payees", form, http.StatusUnprocessableEntity); !strings.Contains(a.body, "tối đa 12 tháng") || !strings.Contains(a.body, "12/UQ") {
		t.Errorf("an authorisation for years: %s", a.body)
	}
	form.Set("until", "2027-10-01")
	clerk.see("/payees", form, http.StatusSeeOther)
	if a := clerk.see("/payees", nil, http.StatusOK); strings.Contains(a.body, "095200000009") || !strings.Contains(a.body, "Chờ người thứ hai") {
		t.Errorf("the list: %s", a.body)
	}
	var change int64
	b.ok(b.pool.QueryRow(b.ctx, `select id from payee_change`).Scan(&change))
	accept := url.Values{"accept": {"yes"}}
	clerk.see("/payees/"+id(change), accept, http.StatusConflict)
	b.as("elsewhere").see("/payees/"+id(change), accept, http.StatusNotFound)
	accountant.see("/payees/"+id(change), accept, http.StatusSeeOther)
	var kind string
	b.ok(b.pool.QueryRow(b.ctx, `select kind from payee where ended_at is null`).Scan(&kind))
	if kind != "recipient" {
		t.Errorf("collects: %s", kind)
	}
}
