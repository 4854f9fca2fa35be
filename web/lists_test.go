package web

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// upload posts a file with the fields of its form.
func (c *browser) upload(path, name string, content []byte, form url.Values) answer {
	c.b.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for k, vs := range form {
		for _, v := range vs {
			c.b.ok(w.WriteField(k, v))
		}
	}
	part, err := w.CreateFormFile("file", name)
	c.b.ok(err)
	_, err = part.Write(content)
	c.b.ok(err)
	c.b.ok(w.Close())
	r, err := http.NewRequestWithContext(c.b.ctx, "POST", c.b.url+path, &body)
	c.b.ok(err)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return c.send(r)
}

const uploaded = "TRỢ CẤP XÃ HỘI - PHƯỜNG BẠC LIÊU\nHọ và tên,Ngày sinh,Số định danh,Ấp,Điện thoại,Đối tượng,Hưởng từ tháng,Hình thức,Số tài khoản,Ngân hàng,Chủ tài khoản\n" +
	"Danh Sóc Kha,1950,095150000001,Khóm 7,0912345678,KT_N,05/2024,TK,7300205001234,Agribank,DANH SOC KHA\n" +
	"Thạch Thol,1960,,Khóm 7,,KT_N,05/2024,TK,7300205001234,Agribank,DANH SOC KHA\n" +
	"Sơn Thị Ny,1940,095140000003,Khóm 9,,không rõ,05/2024,TM,,,\n"

func TestAListIsUploadedCorrectedAndAccepted(t *testing.T) {
	t.Parallel()
	b := open(t)
	c := b.as("clerk")
	c.see("/lists", nil, http.StatusOK).wants(t, "Nhập tệp mới", "Chưa nhận danh sách nào")
	for _, bad := range []struct{ name, content, says string }{
		{"x.pdf", "%PDF-1.7", "là tệp PDF"}, {"x.csv", "", "tệp rỗng"}, {"31843.csv", strings.Replace(uploaded, "PHƯỜNG BẠC LIÊU", "XÃ HỒNG DÂN", 1), "tiêu đề ghi Xã Hồng Dân"},
	} {
		a := c.upload("/lists", bad.name, []byte(bad.content), nil)
		if a.StatusCode != 422 {
			t.Errorf("%s: %d", bad.name, a.StatusCode)
		}
		a.wants(t, "Không nhận tệp này", bad.says)
		checkPage(t, bad.name, a.body)
	}
	if a := b.as("accountant").upload("/lists", "x.csv", []byte(uploaded), nil); a.StatusCode != 403 {
		t.Errorf("an accountant uploads: %d", a.StatusCode)
	}
	a := c.upload("/lists", `C:\Users\lan\tháng 11.csv`, []byte(uploaded), url.Values{"sender": {"Phòng Văn hoá – Xã hội"}})
	if a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/lists/1" {
		t.Fatalf("%d to %q\n%s", a.StatusCode, a.Header.Get("Location"), a.body)
	}
	page := c.see("/lists/1", nil, http.StatusOK)
	checkPage(t, "list", page.body)
	page.wants(t, "Nhận 3 dòng", "tháng 11.csv", "Phòng Văn hoá", "F5", "không có nhóm đối tượng", "Chờ một người khác")
	if a := c.upload("/lists", "khác tên.csv", []byte(uploaded), nil); a.Header.Get("Location") != "/lists/1" {
		t.Errorf("the same file twice goes to %q", a.Header.Get("Location"))
	}
	c.see("/lists/1", nil, http.StatusOK).wants(t, "đã nhập trước đây")

	// the row that waits, as a spreadsheet, corrected and back
	file := c.see("/lists/1/quarantine", nil, http.StatusOK)
	if got := file.Header.Get("Content-Disposition"); !strings.Contains(got, ".xlsx") {
		t.Errorf("disposition %q", got)
	}
	b.as("accountant").see("/lists/1/quarantine", nil, http.StatusForbidden)
	x, err := excelize.OpenReader(strings.NewReader(file.body))
	b.ok(err)
	sheetName := x.GetSheetName(0)
	rows, err := x.GetRows(sheetName)
	b.ok(err)
	for i, h := range rows[0] {
		if h == "Đối tượng" {
			at, _ := excelize.CoordinatesToCellName(i+1, 2)
			b.ok(x.SetCellValue(sheetName, at, "KT_N"))
		}
	}
	buf, err := x.WriteToBuffer()
	b.ok(err)
	if a := c.upload("/lists", "đã sửa.xlsx", buf.Bytes(), nil); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("corrected: %d %s", a.StatusCode, a.body)
	}
	c.see("/lists/1", nil, http.StatusOK).wants(t, "Không còn dòng nào chờ sửa")
	c.see("/lists/1/quarantine", nil, http.StatusNotFound)

	// who imported it does not accept it
	c.see("/lists/1/verdict", url.Values{"accept": {"yes"}}, http.StatusConflict).wants(t, "không được tự chấp nhận")
	chair := b.as("chairman")
	chair.see("/lists/1/verdict", url.Values{"accept": {"no"}}, http.StatusUnprocessableEntity).wants(t, "Từ chối thì phải ghi lý do")
	chair.see("/lists/1", nil, http.StatusOK).wants(t, "Chấp nhận danh sách này?")
	chair.see("/lists/1/verdict", url.Values{"accept": {"yes"}}, http.StatusSeeOther)
	chair.see("/lists/1", nil, http.StatusOK).wants(t, "Đã chấp nhận", "staff:chairman")
	chair.see("/lists/1/verdict", url.Values{"accept": {"yes"}}, http.StatusConflict)

	// the next version says what changed, and gives it as a file
	next := strings.Replace(uploaded, "05/2024,TK,7300205001234,Agribank,DANH SOC KHA\nThạch", "05/2024,TK,7300205009999,Agribank,DANH SOC KHA\nThạch", 1)
	a = c.upload("/lists", "tháng 12.csv", []byte(next), nil)
	page = c.see(a.Header.Get("Location"), nil, http.StatusOK)
	page.wants(t, "So với bản trước", "Số tài khoản", "Agribank 7300*******99", "Thay đổi: 1")
	if strings.Contains(page.body, "7300205009999") {
		t.Error("a whole account number on the page")
	}
	changes := c.see(a.Header.Get("Location")+"/changes", nil, http.StatusOK)
	x, err = excelize.OpenReader(strings.NewReader(changes.body))
	b.ok(err)
	if rows, err = x.GetRows("Thay đổi"); err != nil || len(rows) < 2 || rows[1][1] == "" {
		t.Errorf("changes: %v, %v", rows, err)
	}
	var kinds string
	b.ok(b.pool.QueryRow(b.ctx, `select string_agg(kind, ' ' order by id) from audit_event where kind like 'list.%'`).Scan(&kinds))
	if kinds != "list.imported list.quarantine.exported list.imported list.accepted list.imported" {
		t.Errorf("traces: %s", kinds)
	}
}

func TestAccountsPeopleAndQuality(t *testing.T) {
	t.Parallel()
	b := open(t)
	c := b.as("clerk")
	c.upload("/lists", "a.csv", []byte(uploaded), nil)
	b.exec(b.pool, `insert into list_verdict (list_id, accepted, decided_by, decided_at) values (1, true, 'staff:chairman', now())`)

	page := c.see("/accounts", nil, http.StatusOK)
	checkPage(t, "accounts", page.body)
	page.wants(t, "1 tài khoản chưa có lý do", "Thạch Thol", "7300*******34", "Khác tên")
	var payee string
	b.ok(b.pool.QueryRow(b.ctx, `select min(id)::text from payee where way = 'bank'`).Scan(&payee))
	c.see("/accounts/shared", url.Values{"payee": {payee}}, http.StatusUnprocessableEntity).wants(t, "Cần ghi lý do")
	b.as("elsewhere").see("/accounts/shared", url.Values{"payee": {payee}, "reason": {"x"}}, http.StatusNotFound)
	c.see("/accounts/shared", url.Values{"payee": {payee}, "reason": {"Cha con ở chung nhà"}}, http.StatusSeeOther)
	c.see("/accounts", nil, http.StatusOK).wants(t, "Cha con ở chung nhà", "cho 2 người")

	for text, want := range map[string]string{"095150000001": "Danh Sóc Kha", "7300205001234": "Thạch Thol", "thach th": "Thạch Thol"} {
		found := c.see("/people", url.Values{"text": {text}}, http.StatusOK)
		found.wants(t, want)
		if strings.Contains(found.body, "095150000001") {
			t.Errorf("searching %q shows the whole number", text)
		}
	}
	c.see("/people", url.Values{"text": {"không ai"}}, http.StatusOK).wants(t, "Không tìm thấy ai")
	if a := b.as("elsewhere").see("/people", url.Values{"text": {"095150000001"}}, http.StatusOK); strings.Contains(a.body, "Danh Sóc Kha") {
		t.Error("found by another office")
	}
	var kha string
	b.ok(b.pool.QueryRow(b.ctx, `select id::text from person where name = 'Danh Sóc Kha'`).Scan(&kha))
	one := c.see("/people/"+kha, nil, http.StatusOK)
	checkPage(t, "person", one.body)
	one.wants(t, "0951******01", "7300*******34", "Chưa ai")
	b.as("elsewhere").see("/people/"+kha, nil, http.StatusNotFound)
	b.as("chairman").see("/people/"+kha+"/number", url.Values{"reason": {"x"}}, http.StatusForbidden)
	c.see("/people/"+kha+"/number", url.Values{"reason": {" "}}, http.StatusUnprocessableEntity)
	c.see("/people/"+kha+"/number", url.Values{"reason": {"Đối chiếu với thẻ"}}, http.StatusOK).wants(t, "095150000001", "Lần xem này đã ghi vào nhật ký")
	var khaPayee string
	b.ok(b.pool.QueryRow(b.ctx, `select id::text from payee where person_id = $1::bigint`, kha).Scan(&khaPayee))
	c.see("/people/"+kha+"/number", url.Values{"reason": {"Hỏi ngân hàng"}, "payee": {khaPayee}}, http.StatusOK).wants(t, "7300205001234")
	c.see("/people/"+kha+"/number", url.Values{"reason": {"x"}, "payee": {"999"}}, http.StatusNotFound)
	after := c.see("/people/"+kha, nil, http.StatusOK)
	after.wants(t, "staff:clerk", "Đối chiếu với thẻ", "Hỏi ngân hàng")
	if strings.Contains(after.body, "095150000001") {
		t.Error("the whole number stays on the page")
	}

	q := c.see("/quality", nil, http.StatusOK)
	checkPage(t, "quality", q.body)
	q.wants(t, "Thiếu số định danh", "Dòng còn tạm gác", "Chưa đối chiếu", "Trợ giúp xã hội")
	if a := b.as("elsewhere").see("/quality", nil, http.StatusOK); strings.Contains(a.body, "Phường Bạc Liêu") {
		t.Error("another office's quality is shown")
	}
}

func TestAnOutreachIsPlannedPrintedAndNoted(t *testing.T) {
	t.Parallel()
	b := open(t)
	c := b.as("clerk")
	c.upload("/lists", "a.csv", []byte(uploaded), nil)
	c.see("/outreach", nil, http.StatusOK).wants(t, "Còn thiếu", "Lập danh sách mới")
	c.see("/outreach", url.Values{"title": {"Đợt 11"}, "starts": {"2026-11-01"}, "ends": {"2026-10-01"}, "percent": {"80"}}, http.StatusUnprocessableEntity).wants(t, "Kế hoạch chưa hợp lý", "Đợt 11")
	c.see("/outreach", url.Values{"title": {"Đợt 11"}, "starts": {"2026-11-01"}, "ends": {"2026-11-30"}, "percent": {"80"}}, http.StatusSeeOther)
	var plan, thol string
	b.ok(b.pool.QueryRow(b.ctx, `select max(id)::text from outreach`).Scan(&plan))
	b.ok(b.pool.QueryRow(b.ctx, `select id::text from person where name = 'Thạch Thol'`).Scan(&thol))
	path := "/outreach/" + plan
	checkPage(t, "outreach", c.see(path, nil, http.StatusOK).body)
	day := url.Values{"kind": {"quay"}, "place": {"Bến tàu Nhà Mát"}, "on": {"2026-11-10"}, "from": {"08:00"}, "to": {"10:00"}, "minutes": {"15"}, "desks": {"1"}}
	early := url.Values{"kind": {"quay"}, "place": {"Bến tàu"}, "on": {"2026-10-10"}, "from": {"08:00"}, "to": {"10:00"}, "minutes": {"15"}, "desks": {"1"}}
	c.see(path+"/stops", early, http.StatusUnprocessableEntity).wants(t, "Kế hoạch chưa hợp lý")
	c.see(path+"/stops", day, http.StatusSeeOther)
	c.see(path, nil, http.StatusOK).wants(t, "Bến tàu Nhà Mát", "08:00", "Chưa có số định danh", "0 / 1")
	print := c.see(path+"/print", nil, http.StatusOK)
	checkPage(t, "outreach-print", print.body)
	print.wants(t, "Thạch Thol", "Lấy số định danh trên thẻ", "10/11/2026")
	visit := path + "/people/" + thol
	checkPage(t, "visit", c.see(visit, nil, http.StatusOK).body)
	c.see(visit, url.Values{"result": {"met"}, "number": {"123"}}, http.StatusUnprocessableEntity).wants(t, "Số vừa nhập không dùng được")
	c.see(visit, url.Values{"result": {"met"}, "number": {"095150000001"}}, http.StatusConflict).wants(t, "đã thuộc về một hồ sơ khác")
	c.see(visit, url.Values{"result": {"met"}, "number": {"095060000002"}, "phone": {"0912 345 679"}}, http.StatusSeeOther)
	c.see(path, nil, http.StatusOK).wants(t, "Đã ghi kết quả", "1 / 1")
	e := b.as("elsewhere")
	for _, p := range []string{path, path + "/print", visit} {
		e.see(p, nil, http.StatusNotFound)
	}
	e.see(path+"/stops", day, http.StatusNotFound)
	e.see(visit, url.Values{"result": {"met"}}, http.StatusNotFound)
	b.as("auditor").see(visit, url.Values{"result": {"met"}}, http.StatusForbidden)
}
