package identity

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func TestNumbersAsSpreadsheetsLeaveThem(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"095154000123":           "095154000123",
		"95154000123":            "095154000123 lost_zero",
		"1154000123":             "001154000123 lost_zero",
		"'095154000123":          "095154000123",
		"095 154 000 123":        "095154000123 separators",
		"095.154.000.123":        "095154000123 separators",
		"O95l54OOO123":           "095154000123 look_alike",
		"95154000123.0":          "095154000123 separators lost_zero",
		"9.5154000123E+10":       "095154000123 scientific lost_zero",
		"9,5154000123E10":        "095154000123 scientific lost_zero",
		"CCCD: 095154000123":     "095154000123",
		"095154000123/385000123": "095154000123 385000123 separators",
		"385000123":              "385000123",
		"38500012":               "038500012 lost_zero",
		"０９５１５４０００１２３":           "095154000123",
		"":                       "",
		"-":                      "",
	} {
		d, err := ParseDocument(raw)
		got := strings.TrimSpace(string(d.Number) + " " + string(d.Old))
		for _, r := range d.Repairs {
			got += " " + r.Kind
		}
		if err != nil || strings.TrimSpace(got) != want {
			t.Errorf("%q: %q %v, want %q", raw, got, err, want)
		}
	}
	for raw, why := range map[string]string{
		"9.5154E+10":    "chữ số cuối đã mất",
		"0912345678":    "có 10 chữ số",
		"0951540001234": "có 13 chữ số",
		"không có":      "không có chữ số nào",
		"000000000000":  "chỉ có số 0",
		"12345":         "có 5 chữ số",
	} {
		if d, err := ParseDocument(raw); err == nil || d.Number != "" || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %+v %v", raw, d, err)
		}
	}
}

func TestPersonNumberSaysWhatItHolds(t *testing.T) {
	t.Parallel()
	n := PersonNumber("095154000123")
	code, province := n.Province()
	if got := []any{code, province, n.Sex(), n.BirthYear(), n.Mask()}; !cmp.Equal(got, []any{"095", "Bạc Liêu", Female, 1954, "0951******23"}) {
		t.Error(got)
	}
	if d := n.Doubts(Female, Birth{Year: 1954}); d != nil {
		t.Error(d)
	}
	if d := PersonNumber("999254000123").Doubts(Female, Birth{Year: 1954}); len(d) != 3 {
		t.Error(d)
	}
	if PersonNumber("123").Mask() != "*23" || PersonNumber("095254000123").BirthYear() != 2054 {
		t.Error("mask or century")
	}
}

func TestDatesOfBirthInEveryForm(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"15/10/1942": "1942-10-15", "15-10-1942": "1942-10-15", "15.10.1942": "1942-10-15", "5/1/1942": "1942-01-05",
		"1942-10-15": "1942-10-15", "1942/10/15": "1942-10-15", "1942-10-15 00:00:00": "1942-10-15", "1942-10-15T00:00:00Z": "1942-10-15",
		"15101942": "1942-10-15", "19421015": "1942-10-15", "1942": "1942", "năm 1942": "1942", "sinh năm 1942": "1942", "NS 1942": "1942",
		"00/00/1942": "1942 year_only", "1942-00-00": "1942 year_only", "00/10/1942": "1942-10", "10/1942": "1942-10", "1942-10": "1942-10", "10.1942": "1942-10",
		"15627": "1942-10-13 serial", "15627.0": "1942-10-13 serial", "15/10/42": "1942-10-15 two_digits", "15101942.0": "1942-10-15",
		"ngày 15 tháng 10 năm 1942": "1942-10-15", "15-Oct-1942": "1942-10-15", "15-Oct-42": "1942-10-15 two_digits", "Oct 15 1942": "1942-10-15",
		"10/25/1942": "1942-10-25 date_order", "31/02/1950": "1950 impossible", "29/02/1948": "1948-02-29", "15/l0/1942": "1942-10-15", "l5/1O/1942": "1942-10-15",
		"": "", "-": "", "00/00/0000": "", "khoảng 1942": "1942",
	} {
		b, repairs, err := Dates{Today: 2026}.Parse(raw)
		got := b.String()
		for _, r := range repairs {
			got += " " + r.Kind
		}
		if err != nil || got != want {
			t.Errorf("%q: %q %v, want %q", raw, got, err, want)
		}
	}
	for _, raw := range []string{"hôm qua", "15/10", "99/99/1942/3", "1742", "15/10/2942", "123456789"} {
		if b, _, err := (Dates{Today: 2026}).Parse(raw); err == nil {
			t.Errorf("%q: %v", raw, b)
		}
	}
	us := Dates{Order: MonthFirst, Today: 2026}
	if b, _, _ := us.Parse("10/05/1942"); b.String() != "1942-10-05" {
		t.Error(b)
	}
	if b, _, _ := (Dates{Today: 2026}).Parse("15/10/20"); b.Year != 2020 || !b.Century {
		t.Error(b)
	}
}

func TestAgeCountsAllOfTheMonthOfTheBirthday(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		birth Birth
		month time.Month
		want  int
	}{{Birth{1950, 11, 30, false}, 11, 76}, {Birth{1950, 12, 1, false}, 11, 75}, {Birth{Year: 1950}, 1, 76}, {Birth{Year: 1950, Month: 3}, 2, 75}} {
		if got := c.birth.AgeIn(2026, c.month); got != c.want {
			t.Errorf("%v in %v: %d", c.birth, c.month, got)
		}
	}
}

func TestNamesAreCleanedAndNothingIsInvented(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"Nguyễn Văn Ân":                  "Nguyễn Văn Ân",
		"  NGUYỄN   VĂN  ÂN ":            "Nguyễn Văn Ân",
		"nguyễn văn ân":                  "Nguyễn Văn Ân",
		"Ông Nguyễn Văn Ân":              "Nguyễn Văn Ân",
		"Bà: Lê Thị Tư":                  "Lê Thị Tư",
		"Mẹ VNAH Trần Thị Sáu":           "Trần Thị Sáu",
		"1. Danh Thị Sà Rươne (đã chết)": "Danh Thị Sà Rươne",
		"Danh Som - con bà Tư":           "Danh Som",
		"Trần Hồ Ngọc, vợ ông Ba":        "Trần Hồ Ngọc",
		"NguyễnVănÂn":                    "Nguyễn Văn Ân",
		"Nguyeexn Vawn Aan":              "Nguyễn Văn Ân",
		"Nguye64n Va8n An":               "Nguyễn Văn An",
		"Ðặng Thị Hường":                 "Đặng Thị Hường",
		"Nguyá»…n VÄƒn Ã‚n":              "Nguyễn Văn Ân",
		"Nguyễn Thị Hoà":                 "Nguyễn Thị Hoà",
		"Nguyễn Thị Hòa":                 "Nguyễn Thị Hòa",
		"Lý Mỹ":                          "Lý Mỹ",
		"Cô Thị Ba":                      "Cô Thị Ba",
		"Ông Ích Khiêm":                  "Ông Ích Khiêm",
		"Thạch Huôl":                     "Thạch Huôl",
		"Nguyễn Văn H0àng":               "Nguyễn Văn Hoàng",
		"":                               "",
	} {
		if want == "" && raw != "" {
			continue
		}
		if got, _ := CleanName(raw); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}

func TestSpellingsOfOneNameShareAKey(t *testing.T) {
	t.Parallel()
	same := func(key func(string) string, a, b string, want bool) {
		t.Helper()
		if (key(a) == key(b)) != want {
			t.Errorf("%q %q: %q %q", a, b, key(a), key(b))
		}
	}
	same(MarkKey, "Nguyễn Thị Hòa", "nguyễn thị hoà", true)
	same(MarkKey, "Thủy", "Thuỷ", true)
	same(MarkKey, "Hoa", "Hòa", false)
	same(SearchKey, "Lý Mỹ Quý", "Lí Mĩ Quí", true)
	same(SearchKey, "Thúy", "Thúi", false)
	same(SoundKey, "Huỳnh Phước Võ", "Hoàng Phúc Vũ", true)
	same(SoundKey, "Xương", "Sương", true)
	same(SoundKey, "Tân", "Tâng", true)
	same(SoundKey, "An", "Ang", false) // too short to lose a letter
	same(SoundKey, "Lan", "Loan", false)
}

// vietnameseName draws names of syllables with all marks.
func vietnameseName(t *rapid.T) string {
	var vowels []rune
	for r := range letters {
		if r != 'đ' {
			vowels = append(vowels, r)
		}
	}
	runes := append(vowels, []rune("bcdđghklmnpqrstvx")...)
	for i := range runes { // the order of a map is not the same twice
		for j := i + 1; j < len(runes); j++ {
			if runes[j] < runes[i] {
				runes[i], runes[j] = runes[j], runes[i]
			}
		}
	}
	word := rapid.StringOfN(rapid.SampledFrom(runes), 1, 6, -1)
	return strings.Join(rapid.SliceOfN(word, 1, 5).Draw(t, "words"), " ")
}

func TestCleaningIsIdempotentAndFormsOfUnicodeAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.Custom(vietnameseName), rapid.String()).Draw(t, "name")
		once, _ := CleanName(name)
		twice, repairs := CleanName(once)
		if once != twice || len(repairs) > 0 && repairs[0].Kind != RepairUnreadable {
			t.Fatalf("%q → %q → %q %v", name, once, twice, repairs)
		}
		if !norm.NFC.IsNormalString(once) {
			t.Fatalf("%q is not composed", once)
		}
		for _, key := range []func(string) string{MarkKey, PlainKey, SearchKey, SoundKey} {
			if a, b := key(name), key(norm.NFD.String(name)); a != b {
				t.Fatalf("%q: %q composed, %q decomposed", name, a, b)
			}
		}
		for _, c := range []byte(Fold(name)) {
			if c >= 0x80 {
				t.Fatalf("Fold(%q) is not ASCII", name)
			}
		}
	})
}

func TestEveryLetterInEveryEncoding(t *testing.T) {
	t.Parallel()
	n := 0
	for _, line := range strings.Split(strings.TrimSpace(encodingsCSV), "\n")[1:] {
		n++
		f := strings.Split(line, ",")
		letter := f[0]
		for e, code := range map[Encoding]string{TCVN3: f[1], VNI: f[2], VISCII: f[4], Windows1258: f[5]} {
			raw, err := hex.DecodeString(code)
			if err != nil {
				t.Fatal(err)
			}
			if got := e.Decode(ShowBytes(raw)); got != letter {
				t.Errorf("%v: %s decodes to %q", e, code, got)
			}
			if got := e.Decode(e.Encode("x" + letter + "x")); got != "x"+letter+"x" {
				t.Errorf("%v: %s comes back as %q", e, letter, got)
			}
		}
		if raw, _ := hex.DecodeString(f[3]); raw[0] >= 0x80 && TCVN3.Decode(ShowBytes(raw)) != letter {
			t.Errorf("TCVN 5712: %s decodes to %q", f[3], TCVN3.Decode(ShowBytes(raw)))
		}
		for _, form := range []string{norm.NFD.String(letter), Mojibake.Encode(letter)} {
			if got := detectCell(form, DetectEncoding([]string{form})).Decode(form); got != letter && form != Mojibake.Encode(letter) {
				t.Errorf("%q: %q", form, got)
			}
		}
	}
	if n != 134 {
		t.Errorf("%d letters, want 134", n)
	}
}

func TestTheColumnDecidesTheEncoding(t *testing.T) {
	t.Parallel()
	names := []string{"Nguyễn Văn Hồ", "Danh Thị Sà Rươne", "Đặng Thị Hường", "Trần Hòa", "Lâm Thị Mỹ Lệ", "Thạch Sóc Kha", "Võ Văn Đủ"}
	for e := Unicode; e <= Mojibake; e++ {
		var column []string
		for _, n := range names {
			column = append(column, e.Encode(n))
		}
		if got := DetectEncoding(column); got != e {
			t.Errorf("%v taken for %v", e, got)
		}
		for i, cell := range column {
			if got := decodeCell(cell, e); got != names[i] {
				t.Errorf("%v: %q reads %q, want %q", e, cell, got, names[i])
			}
		}
	}
	// "Hoà" is a name in Unicode and Hồ in VNI: only the column can tell.
	if DetectEncoding([]string{"Nguyeãn Vaên Hoà", "Traàn Thò Hoà"}) != VNI || DetectEncoding([]string{"Nguyễn Văn Hoà", "Trần Thị Hoà"}) != Unicode {
		t.Error("Hoà")
	}
	// One cell of another font in a column that is Unicode.
	if got := decodeCell("NguyÔn ThÞ H\u00adêng", Unicode); got != "Nguyễn Thị Hường" {
		t.Error(got)
	}
}

func TestCardOfTheCounter(t *testing.T) {
	t.Parallel()
	got, err := ParseCard("095094000123|385000123|Danh Sóc Kha|15101994|Nam|Ấp Cầu Đỏ, Vĩnh Lộc, Hồng Dân, Bạc Liêu|09082021\r\n")
	want := Card{Number: "095094000123", Old: "385000123", Name: "Danh Sóc Kha", Birth: Birth{1994, 10, 15, false}, Sex: Male,
		Address: "Ấp Cầu Đỏ, Vĩnh Lộc, Hồng Dân, Bạc Liêu", Issued: Birth{2021, 8, 9, false}, Rest: []string{}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if c, err := ParseCard("095150000123||Danh Som|00001950|Nam|Ấp 1"); err != nil || c.Birth.String() != "1950" || c.Old != "" {
		t.Error(c, err)
	}
	for text, why := range map[string]string{
		"xin chào": "không phải mã QR", "095094000123||Danh": "chỉ có 3 phần", "123|||||": "12 chữ số",
		"095094000123|12|Danh Som|15101994|Nam|": "9 chữ số", "095094000123||Danh Som|31021994|Nam|": "ngày sinh",
		"GD47520123|4e677579|15/10/1994|1|x|y|z": "bảo hiểm y tế",
	} {
		if _, err := ParseCard(text); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestSexes(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]Sex{"Nam": Male, "NỮ": Female, "nu": Female, "F": Female, "m": Male, "": "", "Nu\u031b\u0303": Female} {
		if got, ok := ParseSex(raw); got != want || !ok {
			t.Errorf("%q: %q %v", raw, got, ok)
		}
	}
	if _, ok := ParseSex("không rõ"); ok {
		t.Error("không rõ")
	}
}

func FuzzParseDocument(f *testing.F) {
	for _, s := range []string{"095154000123", "9.5E+10", "O95", "1/2", "'"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDocument(s)
		if d.Number != "" && !d.Number.Valid() || d.Old != "" && (len(d.Old) != 9 || !allDigits(string(d.Old))) || err != nil && d.Number != "" {
			t.Fatalf("%q: %+v %v", s, d, err)
		}
	})
}

func FuzzBirth(f *testing.F) {
	for _, s := range []string{"15/10/1942", "15627", "00/00/1942", "15-Oct-42", "29/02/2000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, order := range []DateOrder{DayFirst, MonthFirst} {
			b, _, err := Dates{Order: order, Today: 2026}.Parse(s)
			if err != nil && !b.IsZero() || b.Year > 2027 || b.Day > 0 && !realDay(b.Year, b.Month, b.Day) {
				t.Fatalf("%q: %v %v", s, b, err)
			}
			if again, err := ParseBirth(b.String()); err != nil || again.String() != b.String() {
				t.Fatalf("%q: %v read again is %v %v", s, b, again, err)
			}
		}
	})
}

func FuzzNameAndCard(f *testing.F) {
	for _, s := range []string{"Ông Nguyễn Văn Ân", "095094000123||A|15101994|Nam|x", "Nguyá»…n", "?", "ß1."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once, _ := CleanName(s)
		if twice, _ := CleanName(once); twice != once {
			t.Fatalf("%q → %q → %q", s, once, twice)
		}
		for e := Unicode; e <= Mojibake; e++ {
			e.Decode(s)
		}
		newForm(once)
		_, _ = ParseCard(s)
		NewGazetteer(nil).Resolve(s, s)
	})
}
