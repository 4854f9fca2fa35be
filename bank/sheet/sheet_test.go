package sheet_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"ansinh.vn/bank/sheet"
	"ansinh.vn/money"
)

type rows = [][]any

// book writes rows as the sheet of an .xlsx file.
func book(t testing.TB, title string, content rows) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	if err := f.SetSheetName("Sheet1", title); err != nil {
		t.Fatal(err)
	}
	for i, row := range content {
		if err := f.SetSheetRow(title, fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "saoke.xlsx")
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	return path
}

func file(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(path string) (all []*sheet.Statement, err error) {
	err = sheet.Read(path, filepath.Base(path), func(st *sheet.Statement) error { all = append(all, st); return nil })
	return all, err
}

// text writes what was understood, one line a row.
func text(all []*sheet.Statement) string {
	var b strings.Builder
	for _, st := range all {
		fmt.Fprintf(&b, "%s %s %s..%s proven=%v\n", st.Profile, st.Account, show(st.Opening), show(st.Closing), st.Proven)
		for _, l := range st.Lines {
			fmt.Fprintf(&b, "  %s -%s +%s fee %s tax %s = %s [%s] %s", l.On.Format("2006-01-02"), l.Debit, l.Credit, l.Fee, l.Tax, show(l.Balance), l.Ref, l.Memo)
			if l.PartyAccount != "" || l.PartyName != "" {
				fmt.Fprintf(&b, " <%s %s>", l.PartyAccount, l.PartyName)
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func show(d decimal.NullDecimal) string {
	if !d.Valid {
		return "?"
	}
	return d.Decimal.String()
}

func TestLayoutsOfVietnameseBanks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		title string
		rows  rows
		want  string
	}{
		"Vietcombank CashUp, two accounts in a sheet": {"VCBACCOUNTDETAIL_20261103", rows{
			{"SAO KÊ TÀI KHOẢN\nSTATEMENT OF ACCOUNT"},
			{"Số tài khoản/\nAccount No", nil, "1020304050"},
			{"Tên tài khoản/Account name", nil, "UBND XÃ LƯƠNG THẾ TRÂN"},
			{"Số dư đầu kỳ/\nOpening balance", nil, "3,359,662,231 VND"},
			{"STT\nNo.", "Ngày/TNX Date\n- Số CT/Doc No", "Ghi nợ\nDebit", "Ghi có\nCredit", "Số dư\nBalance", "Diễn giải\nTransactions in detail"},
			{"1", "02/11/2026   5078-00123", "540,000", nil, "3,359,122,231", "AS7K2M9P Tro cap"},
			{"2", "02/11/2026   5078-00124", nil, "1,000", "3,359,123,231", "Lai"},
			{"Số dư cuối kỳ/Closing balance", nil, "3,359,123,231 VND"},
			{"SAO KÊ TÀI KHOẢN\nSTATEMENT OF ACCOUNT"},
			{"Số tài khoản/\nAccount No", nil, "1020304051"},
			{"STT\nNo.", "Ngày/TNX Date\n- Số CT/Doc No", "Ghi nợ\nDebit", "Ghi có\nCredit", "Số dư\nBalance", "Diễn giải\nTransactions in detail"},
			{"1", "02/11/2026   5078-00125", nil, "7,000", "7,000", "Nop tien"},
		}, `vietcombank 1020304050 3359662231..3359123231 proven=true
  2026-11-02 -540000 +0 fee 0 tax 0 = 3359122231 [5078-00123] AS7K2M9P Tro cap
  2026-11-02 -0 +1000 fee 0 tax 0 = 3359123231 [5078-00124] Lai
vietcombank 1020304051 0..7000 proven=true
  2026-11-02 -0 +7000 fee 0 tax 0 = 7000 [5078-00125] Nop tien
`},
		"BIDV, no reference, an old account beside the real one": {"Sheet1", rows{
			{"BÁO CÁO CHI TIẾT SỐ DƯ TÀI KHOẢN"},
			{"Số tài khoản", "74110000123456"},
			{"Số tài khoản cũ", "7411000000111"},
			{"STT", "Ngày hiệu lực", "Ghi nợ", "Ghi có", "Số dư", "Mô tả"},
			{nil, "Dư đầu", nil, nil, "1.000.000"},
			{1, "02/11/2026 08:15:00", "200.000", nil, "800.000", "Chi"},
			{2, "03/11/2026 09:00:00", nil, "50.000", "850.000", "Thu"},
			{nil, "Dư cuối", nil, nil, "850.000"},
		}, `bidv 74110000123456 1000000..850000 proven=true
  2026-11-02 -200000 +0 fee 0 tax 0 = 800000 [] Chi
  2026-11-03 -0 +50000 fee 0 tax 0 = 850000 [] Thu
`},
		"VietinBank, a day written once, newest first": {"LSGD", rows{
			{"LỊCH SỬ GIAO DỊCH - TRANSACTION HISTORY"},
			{"Số tài khoản/Account number:", "113000123456"},
			{"STT/No", "Ngày hạch toán/Accounting date", "Mô tả giao dịch/Transaction description", "Nợ/Debit", "Có/Credit", "Số dư TK/Account balance", "Số giao dịch/Transaction number"},
			{1, "03-11-2026 10:00:00", "Thu ba", nil, 300, 1300, "T3"},
			{2, nil, "Thu hai", nil, 500, 1000, "T2"},
			{3, "02-11-2026 10:00:00", "Chi mot", 500, nil, 500, "T1"},
		}, `vietinbank 113000123456 1000..1300 proven=true
  2026-11-02 -500 +0 fee 0 tax 0 = 500 [T1] Chi mot
  2026-11-03 -0 +500 fee 0 tax 0 = 1000 [T2] Thu hai
  2026-11-03 -0 +300 fee 0 tax 0 = 1300 [T3] Thu ba
`},
		"MB, a total without a date": {"Sao ke", rows{
			{"NGÂN HÀNG TMCP QUÂN ĐỘI"}, {"SAO KÊ CHI TIẾT TÀI KHOẢN"}, {"Tài khoản số: 0680112233445"},
			{"Ngày giao dịch/\nTransaction", "Ngày hạch toán/\nPosting", "Phát sinh nợ/\nDebit", "Phát sinh có/\nCredit", "Số dư/\nBalance", "Nội dung/\nDescription"},
			{"01/11/2026", "02/11/2026", "1,000", "0", "9,000", "Chi A"},
			{"02/11/2026", "02/11/2026", "0", "4,000", "13,000", "Thu B"},
			{"Tổng cộng/Total", nil, "1,000", "4,000"},
		}, `mb 0680112233445 10000..13000 proven=true
  2026-11-02 -1000 +0 fee 0 tax 0 = 9000 [] Chi A
  2026-11-02 -0 +4000 fee 0 tax 0 = 13000 [] Thu B
`},
		"Techcombank, debits negative, fee and VAT in their own columns": {"TRANSACTION ENQUIRY", rows{
			{"TRANSACTION ENQUIRY"}, {"Số tài khoản/Account No: 19031234567011"},
			{"Ngày yêu cầu/Requesting date", "Ngày giao dịch/Transaction date", "Số bút toán/Reference", "NH đối tác/Remitter bank", "TK đối ứng/Offset account", "Tên đối ứng/Offset name", "Diễn giải/Description", "Nợ/Debit", "Có/Credit", "Phí/Lãi Fee/Interest", "Thuế/VAT", "Số dư/Balance"},
			{"01/11/2026", "02/11/2026", "FT26306001", "VCB", "0123456789", "TRAN VAN A", "Chi", "-540,000", nil, "-1,000", "-100", "458,900"},
			{"02/11/2026", "02/11/2026", "FT26306002", "BIDV", "9876543210", "LE THI B", "Hoan", nil, "540,000", nil, nil, "998,900"},
		}, `techcombank 19031234567011 1000000..998900 proven=true
  2026-11-02 -540000 +0 fee 1000 tax 100 = 458900 [FT26306001] Chi <0123456789 TRAN VAN A>
  2026-11-02 -0 +540000 fee 0 tax 0 = 998900 [FT26306002] Hoan <9876543210 LE THI B>
`},
		"MSB, no balance column": {"MSB", rows{
			{"NGÂN HÀNG TMCP HÀNG HẢI VIỆT NAM"}, {"Số tài khoản: 03001012345678"}, {"Số dư đầu kỳ: 1.000"},
			{"Ngày giao dịch", "Số bút toán", "Người hưởng/chuyển", "Diễn giải", "Nợ", "Có"},
			{"02/11/2026", "B1", "NGUYEN VAN C", "Thu", nil, "500"},
			{"Số dư cuối kỳ: 1.500"},
		}, `msb 03001012345678 1000..1500 proven=false
  2026-11-02 -0 +500 fee 0 tax 0 = ? [B1] Thu < NGUYEN VAN C>
`},
	} {
		all, err := read(book(t, c.title, c.rows))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got := text(all); got != c.want {
			t.Errorf("%s:\n%swant\n%s", name, got, c.want)
		}
	}
}

func TestWebPageCalledXLS(t *testing.T) {
	t.Parallel()
	path := file(t, "saoke.xls", `<html><head><meta charset="utf-8"><style>td{color:red}</style></head><body>
<table><tr><td colspan=3>Vietcombank<br>Số tài khoản: 1020304050</td></tr></table>
<table><tr><th>Ngày hiệu lực<br/>Effective date</th><th>Số tham chiếu</th><th>Số tiền ghi nợ/Debit</th><th>Số tiền ghi có/Credit</th><th>Số dư</th><th>Nội dung chi tiết</th></tr>
<tr><td>02/11/2026<td>R1<td>&nbsp;<td>1,000<td>1,000<td>A &amp; B</tr>
<tr><td>02/11/2026</td><td>R2</td><td>400</td><td></td><td>600</td><td>C</td></tr></table></body></html>`)
	all, err := read(path)
	if err != nil {
		t.Fatal(err)
	}
	want := "vietcombank 1020304050 0..600 proven=true\n  2026-11-02 -0 +1000 fee 0 tax 0 = 1000 [R1] A & B\n  2026-11-02 -400 +0 fee 0 tax 0 = 600 [R2] C\n"
	if got := text(all); got != want {
		t.Errorf("%swant\n%s", got, want)
	}
}

func TestSignedAmountsInCSV(t *testing.T) {
	t.Parallel()
	all, err := read(file(t, "simple.csv", "Ngày giao dịch;Số tham chiếu;Số tiền;Số dư;Mô tả\n02/11/2026;R1;+1.000;1.000;Thu\n03/11/2026;R2;-400;600;Chi\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := "other  0..600 proven=true\n  2026-11-02 -0 +1000 fee 0 tax 0 = 1000 [R1] Thu\n  2026-11-03 -400 +0 fee 0 tax 0 = 600 [R2] Chi\n"
	if got := text(all); got != want {
		t.Errorf("%swant\n%s", got, want)
	}
}

// A wrong mapping, a lost row or a changed figure breaks the running balance.
func TestFileThatDoesNotAddUpIsRefusedWithItsRow(t *testing.T) {
	t.Parallel()
	head := []any{"Ngày giao dịch", "Ghi nợ", "Ghi có", "Số dư", "Diễn giải"}
	for name, c := range map[string]struct {
		rows rows
		row  int
	}{
		"a lost row":         {rows{head, {"02/11/2026", nil, 5, 5, "a"}, {"02/11/2026", nil, 5, 15, "b"}, {"02/11/2026", nil, 5, 20, "c"}}, 3},
		"a changed amount":   {rows{head, {"02/11/2026", nil, 5, 5, "a"}, {"02/11/2026", nil, 7, 10, "b"}, {"02/11/2026", 1, nil, 9, "c"}}, 3},
		"a wrong opening":    {rows{{"Số dư đầu kỳ", 3}, head, {"02/11/2026", nil, 5, 5, "a"}}, 3},
		"a wrong closing":    {rows{head, {"02/11/2026", nil, 5, 5, "a"}, {"Số dư cuối kỳ", nil, nil, 6}}, 2},
		"not an amount":      {rows{head, {"02/11/2026", nil, "năm", 5, "a"}}, 2},
		"no heading at all":  {rows{{"Kính gửi"}, {"02/11/2026", 1, 2, 3}}, 0},
		"an empty workbook ": {rows{}, 0},
	} {
		_, err := read(book(t, "S", c.rows))
		var refused *sheet.Error
		if !errors.As(err, &refused) || refused.Row != c.row {
			t.Errorf("%s: %v, want a refusal of row %d", name, err, c.row)
		}
	}
}

// Whatever the order, the opening balance and the rows, a file that adds up is read
// and proven, and every amount is found again.
func TestFilesThatAddUpAreProven(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		opening := rapid.Int64Range(0, 1e13).Draw(rt, "opening")
		changes := rapid.SliceOfN(rapid.Int64Range(-1e12, 1e12).Filter(func(v int64) bool { return v != 0 }), 1, 30).Draw(rt, "changes")
		grouping := rapid.SampledFrom([]string{",", ".", ""}).Draw(rt, "thousands")
		var lines []string
		balance := opening
		for i, c := range changes {
			balance += c
			debit, credit := "", group(c, grouping)
			if c < 0 {
				debit, credit = group(-c, grouping), ""
			}
			lines = append(lines, fmt.Sprintf("0%d/11/2026|%s|%s|%s|memo %d", 1+i/10, debit, credit, group(balance, grouping), i))
		}
		if rapid.Bool().Draw(rt, "newest first") {
			for i, j := 0, len(lines)-1; i < j; i, j = i+1, j-1 {
				lines[i], lines[j] = lines[j], lines[i]
			}
		}
		path := filepath.Join(t.TempDir(), "f.csv")
		if err := os.WriteFile(path, []byte("Ngày|Ghi nợ|Ghi có|Số dư|Nội dung\n"+strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
			rt.Fatal(err)
		}
		all, err := read(path)
		if err != nil || len(all) != 1 || !all[0].Proven {
			rt.Fatalf("%v %v", text(all), err)
		}
		st := all[0]
		if st.Opening.Decimal.IntPart() != opening || st.Closing.Decimal.IntPart() != balance || len(st.Lines) != len(changes) {
			rt.Fatalf("read %s, want %d..%d with %d lines", text(all), opening, balance, len(changes))
		}
	})
}

func group(v int64, sep string) string {
	s := money.VND(v).String()
	if sep == "" {
		return s
	}
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	var b strings.Builder
	for i, c := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteString(sep)
		}
		b.WriteRune(c)
	}
	return sign + b.String()
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("Ngày,Ghi nợ,Ghi có,Số dư,Nội dung\n02/11/2026,,5,5,a\n"))
	f.Add([]byte("<table><tr><td>Ngày<td>Nợ<td>Có<td>Diễn giải<tr><td>02/11/2026<td><td>1.000<td>x</table>"))
	f.Add([]byte("Số dư đầu kỳ: 1\nNgày;Số tiền;Mô tả\n2026-11-02;-1E3;x\nTổng;1\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		all, err := read(path)
		var refused interface{ Refused() bool }
		if err != nil && !(errors.As(err, &refused) && refused.Refused()) {
			t.Fatal(err)
		}
		for _, st := range all {
			for _, l := range st.Lines {
				if l.Debit.IsNegative() || l.Credit.IsNegative() || l.On.IsZero() {
					t.Fatalf("%+v", l)
				}
			}
		}
	})
}
