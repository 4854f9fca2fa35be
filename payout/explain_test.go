package payout

import (
	"strings"
	"testing"
)

// What a line says, read aloud.
func TestSentencesSayWhatHappened(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		birth, died string
		rights      []Entitlement
		paid        []Paid
		month, want string
	}{
		"a literal rate is said once": {rights: []Entitlement{right(NCC, "LS_TN1", from("2026-07"))}, month: "2026-07",
			want: "Tháng 07/2026: mức quy định 2.789.000 đ; bắt đầu hưởng từ tháng này."},
		"a rate of merit that rose": {rights: []Entitlement{right(NCC, "LS_TN1", from("2026-07"))}, paid: []Paid{{NCC, "LS_TN1", month("2026-07"), 2_055_000}}, month: "2026-07",
			want: "Tháng 07/2026: được hưởng mức quy định 2.789.000 đ, đã chi 2.055.000 đ, còn được lĩnh 734.000 đ; mức quy định đổi từ 2.055.000 đ thành 2.789.000 đ theo NĐ 77/2024/NĐ-CP."},
		"decided, and no rate for it": {birth: "1944", rights: []Entitlement{right(BTXH, "NCT_C", from("2026-07"))}, paid: []Paid{{BTXH, "NCT_C", month("2026-07"), 500_000}}, month: "2026-07",
			want: "Truy thu tháng 07/2026: được hưởng 0 đ, đã chi 500.000 đ, chi thừa 500.000 đ; đối tượng này không có mức hưởng cho tháng và độ tuổi này."},
		"not decided": {rights: []Entitlement{right(NCC, "LS_TN1", from("2026-07"))}, paid: []Paid{{BTXH, "KT_N", month("2026-07"), 500_000}, {NCC, "LS_TN1", month("2026-07"), 2_789_000}}, month: "2026-07",
			want: "Truy thu tháng 07/2026: được hưởng 0 đ, đã chi 500.000 đ, chi thừa 500.000 đ; không có quyết định cho hưởng tháng này."},
		"a funeral paid in the wrong month": {died: "2026-06-02", rights: []Entitlement{right(BTXH, "MAITANG", from("2026-07"))},
			paid: []Paid{{BTXH, "MAITANG", month("2026-07"), 10_000_000}, {BTXH, "MAITANG", month("2026-08"), 10_000_000}}, month: "2026-08",
			want: "Truy thu tháng 08/2026: được hưởng 0 đ, đã chi 10.000.000 đ, chi thừa 10.000.000 đ; khoản chi một lần, không thuộc tháng này."},
	} {
		birth := c.birth
		if birth == "" {
			birth = "1980"
		}
		lines := difference(t, birth, c.died, c.rights, c.paid, month(c.month), "2026-09-20", false)
		var said []string
		for i := range lines {
			s := subtraction{Calc: NewCalc(EmbeddedRates(), Rules{}, day("2026-09-20"), false, month(c.month))}
			said = append(said, s.sentence(&lines[i]).text)
		}
		if len(said) == 0 || said[len(said)-1] != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(said, "\n"), c.want)
		}
	}
}
