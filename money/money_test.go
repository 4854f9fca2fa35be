package money_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"ansinh.vn/money"
)

func TestWords(t *testing.T) {
	t.Parallel()
	for v, want := range map[money.VND]string{
		0:                 "không đồng",
		1:                 "một đồng",
		5:                 "năm đồng",
		10:                "mười đồng",
		15:                "mười lăm đồng",
		21:                "hai mươi mốt đồng",
		105:               "một trăm lẻ năm đồng",
		200:               "hai trăm đồng",
		200_000:           "hai trăm nghìn đồng",
		540_000:           "năm trăm bốn mươi nghìn đồng",
		1_080_000:         "một triệu không trăm tám mươi nghìn đồng",
		1_005_000:         "một triệu không trăm lẻ năm nghìn đồng",
		10_800_000:        "mười triệu tám trăm nghìn đồng",
		2_000_000_005:     "hai tỷ không trăm lẻ năm đồng",
		1_000_000_000_000: "một nghìn tỷ đồng",
		-160_000:          "âm một trăm sáu mươi nghìn đồng",
	} {
		if got := v.Words(); got != want {
			t.Errorf("Words(%d) = %q, want %q", v, got, want)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]money.VND{
		"540000": 540000, "540.000": 540000, "540,000 đ": 540000, "1 350 000 VND": 1350000,
		"1.350.000,00": 1350000, "540000.00": 540000, "-160.000": -160000, "0": 0, " 5.000đ ": 5000,
	} {
		if got, err := money.Parse(in); err != nil || got != want {
			t.Errorf("Parse(%q) = %v, %v; want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "đ", "5.00.000", "1,350.5", "54O000", "1e6", "0.5", "12.34", "1.350,000.00.0", "99999999999999999999", "1.3500"} {
		if got, err := money.Parse(in); err == nil {
			t.Errorf("Parse(%q) = %v, want a refusal", in, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"540.000 đ", "1,350,000.00", "-5", "1 000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := money.Parse(s)
		if err != nil {
			return
		}
		if again, err := money.Parse(v.Format()); err != nil || again != v {
			t.Fatalf("Parse(%q) = %d, but its own form %q gives %d, %v", s, v, v.Format(), again, err)
		}
	})
}

func TestFormsRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := money.VND(rapid.Int64Range(-1e15, 1e15).Draw(t, "v"))
		for _, s := range []string{v.String(), v.Grouped(), v.Format()} {
			if got, err := money.Parse(s); err != nil || got != v {
				t.Fatalf("Parse(%q) = %v, %v", s, got, err)
			}
		}
		if w := v.Words(); !strings.HasSuffix(w, " đồng") || strings.Contains(w, "  ") {
			t.Fatalf("Words(%d) = %q", v, w)
		}
	})
}

func TestArithmeticIsChecked(t *testing.T) {
	t.Parallel()
	if _, err := money.VND(math.MaxInt64).Add(1); err == nil {
		t.Error("MaxInt64 + 1 did not fail")
	}
	if _, err := money.VND(math.MinInt64).Sub(1); err == nil {
		t.Error("MinInt64 - 1 did not fail")
	}
	if _, err := money.VND(math.MaxInt64 / 2).MulInt(3); err == nil {
		t.Error("MaxInt64/2 × 3 did not fail")
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		sum, err := money.VND(a).Add(money.VND(b))
		exact := decimal.NewFromInt(a).Add(decimal.NewFromInt(b))
		if fits := exact.Equal(decimal.NewFromInt(exact.IntPart())) && exact.LessThanOrEqual(decimal.NewFromInt(math.MaxInt64)) && exact.GreaterThanOrEqual(decimal.NewFromInt(math.MinInt64)); fits != (err == nil) {
			t.Fatalf("%d + %d: fits %v, err %v", a, b, fits, err)
		}
		if err == nil && !sum.Decimal().Equal(exact) {
			t.Fatalf("%d + %d = %d", a, b, sum)
		}
	})
}

func TestRoundHalvesAwayFromZeroAndWholeRefusesFractions(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]money.VND{"0.5": 1, "-0.5": -1, "1.49": 1, "810000": 810000} {
		if got, err := money.Round(decimal.RequireFromString(in)); err != nil || got != want {
			t.Errorf("Round(%s) = %v, %v; want %v", in, got, err, want)
		}
	}
	if _, err := money.Whole(decimal.RequireFromString("1.5")); err == nil {
		t.Error("Whole(1.5) did not fail")
	}
	if _, err := money.Round(decimal.RequireFromString("1e30")); err == nil {
		t.Error("Round(1e30) did not fail")
	}
}

func TestMonth(t *testing.T) {
	t.Parallel()
	m := money.NewMonth(2026, time.November)
	if m.String() != "2026-11" || m.Add(2).String() != "2027-01" || m.Add(-11).String() != "2025-12" {
		t.Errorf("months: %s %s %s", m, m.Add(2), m.Add(-11))
	}
	if got := m.Add(-9).Last(); got != money.Day(2026, time.February, 28) {
		t.Errorf("last of February 2026 = %s", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		m := money.NewMonth(rapid.IntRange(1, 9999).Draw(t, "year"), time.Month(rapid.IntRange(1, 12).Draw(t, "month")))
		back, err := money.ParseMonth(m.String())
		if err != nil || back != m {
			t.Fatalf("ParseMonth(%s) = %v, %v", m, back, err)
		}
		v, err := m.Value()
		var scanned money.Month
		if err != nil || scanned.Scan(v) != nil || scanned != m {
			t.Fatalf("Scan(Value(%s)) = %v", m, scanned)
		}
	})
	if _, err := money.ParseMonth("2026-13"); err == nil {
		t.Error("2026-13 was taken for a month")
	}
}
