package web

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestThePapersOfARun(t *testing.T) {
	t.Parallel()
	b := open(t)
	run := b.submitted()
	c := b.as("accountant")
	c.see(runPath(run), nil, http.StatusOK).wants(t, runPath(run)+"/documents")
	papers := runPath(run) + "/documents"
	page := c.see(papers, nil, http.StatusOK)
	checkPage(t, "documents", page.body)
	page.wants(t, "Danh sách chi trả", "Đề nghị rút kinh phí", "Chưa lập giấy tờ nào")
	list := c.see(papers+"/payment-list", nil, http.StatusOK)
	checkPage(t, "document", list.body)
	list.wants(t, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "8.400.000 đ", "Bằng chữ: Tám triệu bốn trăm nghìn đồng", "Chủ tịch Ủy ban nhân dân")
	if strings.Contains(list.body, "095145000") || strings.Contains(list.body, "07000000") {
		t.Error("a paper shows a whole number")
	}
	for _, kind := range []string{"summary", "changes", "withdrawal"} {
		checkPage(t, kind, c.see(papers+"/"+kind, nil, http.StatusOK).body)
	}
	c.see(papers+"/uncollected", nil, http.StatusConflict).wants(t, "danh sách chưa nhận cần đợt đã gửi đi")
	c.see(papers+"/uncollected/file", nil, http.StatusConflict)
	c.see(papers+"/cheque", nil, http.StatusNotFound)
	c.see(papers+"/payment-list?after=x", nil, http.StatusConflict)
	sheet := c.see(papers+"/changes/file", nil, http.StatusOK)
	if !strings.HasPrefix(sheet.body, "PK") || !strings.Contains(sheet.Header.Get("Content-Disposition"), "changes-31825-2026-11") {
		t.Errorf("not a spreadsheet: %q", sheet.Header)
	}

	c.see(papers+"/withdrawal", url.Values{"x": {""}}, http.StatusSeeOther)
	kept := c.see(papers, nil, http.StatusOK)
	kept.wants(t, "/documents/1/file", "Chưa có tệp đã ký")
	original := c.see("/documents/1/file", nil, http.StatusOK).body
	b.as("auditor").see(papers+"/withdrawal", url.Values{"x": {""}}, http.StatusForbidden)
	for _, c := range []struct{ content, tells string }{{original, "Chưa lưu"}, {"signed", "Đã lưu tệp đã ký"}} {
		b.signing("accountant", "/documents/1/signed", []byte(c.content)).wants(t, c.tells)
	}
	signed := b.as("auditor").see("/documents/1/file?signed=1", nil, http.StatusOK)
	if signed.body != "signed" || !strings.Contains(signed.Header.Get("Content-Disposition"), "giay-rut.p7m") || signed.Header.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("%q as %v", signed.body, signed.Header)
	}
	c.see("/documents/99/file", nil, http.StatusNotFound)
}

// signing sends a signed file and gives the page that follows.
func (b *bundle) signing(role, path string, content []byte) answer {
	b.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", `C:\ky\giay-rut.p7m`)
	b.ok(err)
	_, err = part.Write(content)
	b.ok(err)
	b.ok(w.Close())
	c := b.as(role)
	r, err := http.NewRequestWithContext(b.ctx, http.MethodPost, b.url+path, &form)
	b.ok(err)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	a, err := c.client.Do(r)
	b.ok(err)
	b.ok(a.Body.Close())
	return c.see(a.Header.Get("Location"), nil, http.StatusOK)
}
