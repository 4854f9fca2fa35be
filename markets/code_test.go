package markets

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var anyCode = rapid.Custom(func(t *rapid.T) string {
	kind := rapid.SampledFrom([]byte{codeCharge, codeStall, codeVoucher}).Draw(t, "kind")
	return makeCode(kind, rapid.Int64Range(1, bodies-1).Draw(t, "n"))
})

func TestCodesAreDifferentAndWellFormed(t *testing.T) {
	t.Parallel()
	seen := map[string]int64{}
	for n := int64(1); n <= 50_000; n++ {
		c := makeCode(codeCharge, n)
		if !isCode(c, "C") || isCode(c, "TV") {
			t.Fatalf("%d: %s is not a charge's code", n, c)
		}
		if m, twice := seen[c]; twice {
			t.Fatalf("%d and %d are both %s", m, n, c)
		}
		seen[c] = n
	}
}

// TestCodeCheckFindsEveryTypo: one wrong character, or two that changed places.
func TestCodeCheckFindsEveryTypo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		code := []byte(anyCode.Draw(t, "code"))
		i := rapid.IntRange(2, codeLength-1).Draw(t, "i")
		wrong := append([]byte{}, code...)
		if rapid.Bool().Draw(t, "swap") {
			j := rapid.IntRange(3, codeLength-1).Draw(t, "j")
			if i == 2 || wrong[i] == wrong[j] {
				return
			}
			wrong[i], wrong[j] = wrong[j], wrong[i]
		} else {
			letters := alphabet
			if i == 2 {
				letters = string([]byte{codeCharge, codeStall, codeVoucher})
			}
			wrong[i] = rapid.SampledFrom([]byte(letters)).Draw(t, "letter")
			if wrong[i] == code[i] {
				return
			}
		}
		if isCode(string(wrong), "CTV") {
			t.Fatalf("%s passes for %s", wrong, code)
		}
	})
}

// TestCodeSurvivesMemos: banks upper-case, wrap, strip and surround it.
func TestCodeSurvivesMemos(t *testing.T) {
	t.Parallel()
	c := makeCode(codeCharge, 4711)
	s := makeCode(codeStall, 12)
	for memo, want := range map[string][]string{
		c:                  {c},
		strings.ToLower(c): {c},
		"MBVCB.3278907687.563851." + c + ".CT tu 0909123456 NGUYEN VAN A toi 1900201234567 TRAN THI SAU tai Agribank": {c},
		"CT DEN:427518129332 " + c[:5] + " " + c[5:] + " thanh toan":                                                  {c},
		c[:4] + "\n" + c[4:]:     {c},
		c + "-" + s:              {c, s},
		c + " " + c:              {c},
		"tra tien ca " + c + "9": {c},
		"ASC0000000000":          nil,
		c[:10]:                   nil,
		"tien cá chợ":            nil,
		"":                       nil,
	} {
		if d := cmp.Diff(want, findCodes(memo)); d != "" {
			t.Errorf("%q: %s", memo, d)
		}
	}
}

func FuzzFindCodes(f *testing.F) {
	f.Add("MBVCB.3278907687." + makeCode(codeCharge, 1) + ".CT tu")
	f.Add("ASCASCASC")
	f.Add("\xff\xfeASC")
	f.Fuzz(func(t *testing.T, memo string) {
		for _, c := range findCodes(memo) {
			if !isCode(c, "CT") || !strings.Contains(squeeze(memo), c) {
				t.Errorf("%q gives %q", memo, c)
			}
		}
	})
}
