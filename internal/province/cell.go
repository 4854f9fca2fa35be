package province

import (
	"fmt"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"

	"ansinh.vn/money"
)

// cell is the value of one column of a line.
func (c *clerk) cell(key string, l *line, n int, ss sheetStyles) any {
	text := func(s string) any {
		if s == "" {
			return nil
		}
		return excelize.Cell{StyleID: ss.text, Value: c.style.encode(s)}
	}
	switch key {
	case "stt":
		return n
	case "name":
		return text(l.name)
	case "birth":
		return dated(l.birth, ss)
	case "sex":
		return text(l.sex)
	case "number":
		return dated(l.number, ss)
	case "ethnic":
		return text(l.ethnic)
	case "hamlet":
		return text(l.hamlet)
	case "commune":
		return text(l.commune)
	case "address":
		return text(l.address)
	case "category":
		if c.style.words {
			return text(l.category)
		}
		return plain(l.category)
	case "coefficient":
		return plain(l.coefficient)
	case "children":
		return positive(int64(l.e.Children))
	case "injury":
		return positive(int64(l.e.InjuryPercent))
	case "first":
		return plain(l.first)
	case "decision":
		return plain(l.decisionNo)
	case "decided":
		return c.date(l.decisionOn, ss)
	case "amount":
		if c.style.textAmounts && l.e.Paid > 0 {
			return dotted(int64(l.e.Paid))
		}
		return positive(int64(l.e.Paid))
	case "through":
		return plain(l.through)
	}
	return c.payeeCell(key, l, ss)
}

func (c *clerk) payeeCell(key string, l *line, ss sheetStyles) any {
	pay := &l.payee
	switch key {
	case "way":
		if pay.Bank != "" {
			return []string{"TK", "Chuyển khoản", "Tài khoản"}[c.style.variant%3]
		}
		return "Tiền mặt"
	case "holder":
		return plain(pay.Holder)
	case "account":
		return plain(pay.Account)
	case "bank":
		if c.style.binColumn {
			return plain(pay.Bank)
		}
		return plain(pay.BankName)
	}
	rec := pay.Recipient
	if rec == nil {
		return nil
	}
	switch key {
	case "recipient":
		if c.style.encoding != 0 {
			return excelize.Cell{StyleID: ss.text, Value: c.style.encode(rec.Name)}
		}
		return rec.Name
	case "recipientNumber":
		return string(rec.Number)
	case "authorisation":
		return plain(rec.Authorisation)
	case "until":
		return c.date(rec.Until, ss)
	}
	return nil
}

func (c *clerk) date(day time.Time, ss sheetStyles) any {
	switch {
	case day.IsZero():
		return nil
	case c.style.dates == dateCell:
		return dated(day, ss)
	case c.style.dates == dateDash:
		return day.Format("02-01-2006")
	}
	return day.Format("02/01/2006")
}

// dated gives days as spreadsheet days, which count from 1899-12-30, and whole
// numbers without the notation that spreadsheets like for long ones.
func dated(v any, ss sheetStyles) any {
	switch v := v.(type) {
	case time.Time:
		return excelize.Cell{StyleID: ss.date, Value: int(v.Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Hours() / 24)}
	case int64:
		return excelize.Cell{StyleID: ss.whole, Value: v}
	case string:
		return plain(v)
	}
	return nil
}

func plain(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func positive(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

// dotted is 500.000.
func dotted(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "." + s[i:]
	}
	return s
}

func atoi(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		panic("province: not a number: " + s)
	}
	return n
}

// month is 07/2025, as lists write it.
func month(m money.Month) string {
	if m.IsZero() {
		return ""
	}
	return fmt.Sprintf("%02d/%d", m.Month(), m.Year())
}
