package web

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

func TestBooksToPrintAndAsSpreadsheet(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.fund(5_000_000)
	b.twoPaid()
	books := b.as("accountant")
	checkPage(t, "books", books.see("/books", nil, http.StatusOK).body)
	period := "&from=2026-10-01&to=2026-10-31"
	trial := books.see("/books/form?form=trial"+period, nil, http.StatusOK)
	checkPage(t, "book", trial.body)
	trial.wants(t, "Bảng cân đối số phát sinh", "Phường Bạc Liêu", "Phải trả khác", "5.000.000", "1.934.000", "6.934.000", "Kế toán trưởng")
	books.see("/books/form?form=journal"+period, nil, http.StatusOK).wants(t, "Sổ nhật ký chung", "Đã duyệt chi cho người hưởng", "1.934.000", "6.934.000")
	general := books.see("/books/form?form=ledger&account=3388"+period, nil, http.StatusOK)
	general.wants(t, "Tài khoản 3388", "Số dư đầu kỳ", "Số dư cuối kỳ", "1.934.000")
	for _, page := range []answer{trial, general} {
		if strings.Contains(page.body, "p901") {
			t.Error("a form names a person's account")
		}
	}
	for _, bad := range []string{"form=trial&from=2026-10-31&to=2026-10-01", "form=trial&from=x&to=y", "form=trial"} {
		books.see("/books/form?"+bad, nil, http.StatusUnprocessableEntity)
	}
	books.see("/books/form?form=other"+period, nil, http.StatusNotFound)
	// another office sees its own, which is nothing
	if body := b.as("elsewhere").see("/books/form?form=trial"+period, nil, http.StatusOK).body; strings.Contains(body, "5.000.000") {
		t.Error("another office's books are shown")
	}
	for _, form := range BookForms {
		var out bytes.Buffer
		b.ok(Book{Form: form, Period: ledger.Period{From: money.Day(2026, time.October, 1), To: money.Day(2026, time.October, 31)}}.Spreadsheet(b.ctx, b.pool, &out))
		file, err := excelize.OpenReader(&out)
		b.ok(err)
		rows, err := file.GetRows(file.GetSheetList()[0])
		b.ok(err)
		if len(rows) < 3 || len(rows[0]) != len(bookShapes[form].columns) {
			t.Errorf("%s: %q", form, rows)
		}
		b.ok(file.Close())
	}
}
