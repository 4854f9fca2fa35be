package mt940_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"ansinh.vn/bank/mt940"
)

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

var decimals = cmp.Comparer(func(a, b decimal.Decimal) bool { return a.Equal(b) })

func readAll(text string) (all []*mt940.Statement, err error) {
	err = mt940.Read(strings.NewReader(text), func(st *mt940.Statement) error { all = append(all, st); return nil })
	return all, err
}

// around puts an entry into a statement.
func around(lines ...string) string {
	return ":20:R\n:25:1\n:28C:1/1\n:60F:C260101VND100,\n" + strings.Join(lines, "\n") + "\n:62F:C260102VND100,\n"
}

func TestEntriesOfEveryDialect(t *testing.T) {
	t.Parallel()
	amount := decimal.RequireFromString
	for name, c := range map[string]struct {
		lines []string
		want  mt940.Entry
	}{
		"plain":                   {[]string{":61:2601020102D250,00NTRFNONREF//B4E07"}, mt940.Entry{Amount: amount("250"), Type: "NTRF", BankRef: "B4E07"}},
		"no entry date":           {[]string{":61:260102C1,5NMSCREF1"}, mt940.Entry{Credit: true, Amount: amount("1.5"), Type: "NMSC", CustomerRef: "REF1"}},
		"funds code":              {[]string{":61:2601020102CR3,NTRFX"}, mt940.Entry{Credit: true, Amount: amount("3"), Type: "NTRF", CustomerRef: "X"}},
		"reversal of a credit":    {[]string{":61:2601020102RCR204,88NRTINONREF"}, mt940.Entry{Reversal: true, Amount: amount("204.88"), Type: "NRTI"}},
		"reversal of a debit":     {[]string{":61:2601020102RD204,88NRTINONREF"}, mt940.Entry{Reversal: true, Credit: true, Amount: amount("204.88"), Type: "NRTI"}},
		"leading zeros":           {[]string{":61:2601020102D000000000473,17N030NONREF"}, mt940.Entry{Amount: amount("473.17"), Type: "N030"}},
		"wrapped before //":       {[]string{":61:2601020102C100,00NTRFVERYLONG", "//BANKREF"}, mt940.Entry{Credit: true, Amount: amount("100"), Type: "NTRF", CustomerRef: "VERYLONG", BankRef: "BANKREF"}},
		"second line":             {[]string{":61:2601020102C1,NTRFA//B", "/OCMT/EUR1,/"}, mt940.Entry{Credit: true, Amount: amount("1"), Type: "NTRF", CustomerRef: "A", BankRef: "B", Extra: "/OCMT/EUR1,/"}},
		"blank before the type":   {[]string{":61:2601020102D12,35 NRTIKREF+"}, mt940.Entry{Amount: amount("12.35"), Type: "NRTI", CustomerRef: "KREF+"}},
		"narrative behind":        {[]string{":61:2601020102C1,NTRF", ":86:ONE", "TWO", ":86:THREE"}, mt940.Entry{Credit: true, Amount: amount("1"), Type: "NTRF", Narrative: []string{"ONE", "TWO", "THREE"}}},
		"narrative before":        {[]string{":86:ONE", ":61:2601020102C1,NTRF"}, mt940.Entry{Credit: true, Amount: amount("1"), Type: "NTRF", Narrative: []string{"ONE"}}},
		"a time, not a tag":       {[]string{":61:2601020102C1,NTRF", ":86:AT 12:00", ":00:00/"}, mt940.Entry{Credit: true, Amount: amount("1"), Type: "NTRF", Narrative: []string{"AT 12:00", ":00:00/"}}},
		"a dash inside narrative": {[]string{":61:2601020102C1,NTRF", ":86:END", "-ID: 1"}, mt940.Entry{Credit: true, Amount: amount("1"), Type: "NTRF", Narrative: []string{"END", "-ID: 1"}}},
	} {
		all, err := readAll(around(c.lines...))
		if err != nil || len(all) != 1 || len(all[0].Entries) != 1 {
			t.Errorf("%s: %v %v", name, all, err)
			continue
		}
		got := all[0].Entries[0]
		c.want.ValueOn, c.want.BookedOn, c.want.Line = day(2026, 1, 2), day(2026, 1, 2), got.Line
		if diff := cmp.Diff(c.want, got, decimals); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestEntryDateFallsIntoTheNearestYear(t *testing.T) {
	t.Parallel()
	for entry, want := range map[string]time.Time{"2601011231": day(2025, 12, 31), "2512310101": day(2026, 1, 1), "2602280301": day(2026, 3, 1)} {
		all, err := readAll(around(":61:" + entry + "C1,NTRF"))
		if err != nil || !all[0].Entries[0].BookedOn.Equal(want) {
			t.Errorf("%s: %v %v, want %v", entry, all[0].Entries[0].BookedOn, err, want)
		}
	}
}

func TestMoneyIsNeverSkipped(t *testing.T) {
	t.Parallel()
	for _, line := range []string{":61:26010201X1,NTRF", ":61:260102C,NTRF", ":61:garbage", ":61:260102C1.2.3,NTRF", ":60F:C260101VND", ":62F:X260101VND1,"} {
		_, err := readAll(around(line))
		var refused *mt940.Error
		if !errors.As(err, &refused) || refused.Line != 5 {
			t.Errorf("%s: %v, want a refusal of line 5", line, err)
		}
	}
}

func TestNarrativesAreTakenApart(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]mt940.Narrative{
		"/EREF/EV1234/CNTP/NL91ABNA/ABNANL2A/ACME BV///REMI/USTD//INVOICE 42/":              {Text: "INVOICE 42", EndToEndID: "EV1234", Name: "ACME BV", Account: "NL91ABNA", Bank: "ABNANL2A"},
		"166?00GUTSCHRIFT?20EREF+E2E-1 SVWZ+Miete?21 November?30BANK?31123?32KARL?33 MAIER": {Code: "166", Text: "Miete November", EndToEndID: "E2E-1", Name: "KARL MAIER", Account: "123", Bank: "BANK"},
		"CHUYEN TIEN AS7K2M9P": {Text: "CHUYEN TIEN AS7K2M9P"},
	} {
		e := mt940.Entry{Narrative: []string{text}}
		if diff := cmp.Diff(want, e.Parse()); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

// A statement that a bank could write is read back as it was.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		type entry struct {
			Credit bool
			Amount int64
			Memo   string
		}
		entries := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) entry {
			return entry{rapid.Bool().Draw(t, "credit"), rapid.Int64Range(1, 1e13).Draw(t, "cents"), rapid.StringMatching(`[A-Z0-9][A-Z0-9 .]{0,30}[A-Z0-9]`).Draw(t, "memo")}
		}), 0, 20).Draw(t, "entries")
		eol := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "line end")
		var b bytes.Buffer
		line := func(format string, args ...any) { fmt.Fprintf(&b, format+eol, args...) }
		line("{1:F01BFTVVNVXAXXX0000000000}{2:I940BFTVVNVXXXXXN}{4:")
		line(":20:REF")
		line(":25:1020304050")
		line(":28C:1/1")
		balance := int64(0)
		line(":60F:C261101VND0,00")
		for _, e := range entries {
			mark := "D"
			if e.Credit {
				mark, balance = "C", balance+2*e.Amount
			}
			balance -= e.Amount
			line(":61:2611021102%s%d,%02dNTRFNONREF//FT1", mark, e.Amount/100, e.Amount%100)
			line(":86:%s", e.Memo)
		}
		mark := "C"
		if balance < 0 {
			mark = "D"
		}
		closing := max(balance, -balance)
		line(":62F:%s261102VND%d,%02d", mark, closing/100, closing%100)
		line("-}")
		all, err := readAll(b.String())
		if err != nil || len(all) != 1 {
			t.Fatalf("%v %v", all, err)
		}
		if !all[0].Closing.Decimal.Equal(decimal.New(balance, -2)) {
			t.Fatalf("closing %s, want %d cents", all[0].Closing.Decimal, balance)
		}
		var got []entry
		for i := range all[0].Entries {
			e := &all[0].Entries[i]
			got = append(got, entry{e.Credit, e.Amount.Shift(2).IntPart(), e.Parse().Text})
		}
		if len(got)+len(entries) > 0 {
			if diff := cmp.Diff(entries, got); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

func FuzzRead(f *testing.F) {
	files, _ := filepath.Glob("../../../shared/fixtures/statements/mt940/*")
	for _, name := range files {
		if content, err := os.ReadFile(name); err == nil && len(content) < 4<<10 {
			f.Add(content)
		}
	}
	f.Add([]byte(around(":61:2601020102C1,NTRF", ":86:x")))
	f.Fuzz(func(t *testing.T, content []byte) {
		n := 0
		err := mt940.Read(bytes.NewReader(content), func(st *mt940.Statement) error {
			n++
			for i := range st.Entries {
				if st.Entries[i].Amount.IsNegative() {
					t.Fatal("a negative amount")
				}
				st.Entries[i].Parse()
			}
			return nil
		})
		var refused *mt940.Error
		if err != nil && !errors.As(err, &refused) {
			t.Fatal(err)
		}
		if err == nil && n == 0 {
			t.Fatal("neither a statement nor an error")
		}
	})
}
