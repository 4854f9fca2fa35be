package payout

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	peopleHead = "person_number,date_of_birth,date_of_death,sex\n"
	rightsHead = "entitlement_id,person_number,scheme,category,first_month,last_month,children,injury_percent,seniority_units,decision_on\n"
	paidHead   = "person_number,scheme,category,month,amount\n"
)

func calculate(people, rights, paid string, change ...func(*CalculateInput)) (string, Calculated, error) {
	in := CalculateInput{People: Named{"P.csv", strings.NewReader(peopleHead + people)}, Entitlements: Named{"E.csv", strings.NewReader(rightsHead + rights)},
		Paid: Named{"D.csv", strings.NewReader(paidHead + paid)}, Month: month("2026-11"), KnownOn: day("2026-10-20")}
	for _, c := range change {
		c(&in)
	}
	var out bytes.Buffer
	done, err := Calculate(in, &out)
	return out.String(), done, err
}

func TestCalculateWritesTheContract(t *testing.T) {
	t.Parallel()
	got, done, err := calculate(
		"B,1946-03,,M\nA,1980-05-02,,F\nC,1950,2026-09-12,M\nD,1966-11-20,,F\n",
		"1,A,btxh,KT_N,2026-07,,,,,2026-07-01\n2,B,htxh,HTXH,2026-11,,,,,2026-10-19\n3,C,ncc,TB_A,2024-01,,,61,,2024-01-02\n4,C,btxh,MAITANG,2026-10,,,,,2026-10-02\n"+
			"5,D,btxh,DONTHAN,2026-10,,2,,,2026-10-01\n6,D,btxh,KT_N,2026-10,,,,,2026-10-01\n7,B,btxh,NCT_C,2026-11,,,,,2026-10-19\n",
		"A,btxh,KT_N,2026-07,750000\nA,btxh,KT_N,2026-08,750000\nA,btxh,KT_N,2026-09,810000\nC,ncc,TB_A,2026-10,5450000\nC,ncc,TB_A,2026-09,5450000\n"+
			"D,btxh,KT_N,2026-10,810000\nD,btxh,DONTHAN,2026-10,540000\n",
		func(in *CalculateInput) { in.Month = month("2026-11") })
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for _, l := range strings.SplitAfter(got, "\n") {
		if !strings.HasPrefix(l, "C,ncc,TB_A,2024") && !strings.HasPrefix(l, "C,ncc,TB_A,2025") && !strings.HasPrefix(l, "C,ncc,TB_A,2026-0") {
			kept = append(kept, l)
		}
	}
	const nd = `"NĐ 20/2021 Đ5.6, Đ6; NĐ 335/2026/NĐ-CP"`
	want := "person_number,scheme,category,month,amount,kind,article,explanation\n" +
		`A,btxh,KT_N,2026-07,60000,arrears,` + nd + `,"Truy lĩnh tháng 07/2026: được hưởng mức chuẩn 540.000 đ × hệ số 1,5 = 810.000 đ, đã chi 750.000 đ, còn được lĩnh 60.000 đ; mức đổi từ 500.000 đ thành 540.000 đ theo NĐ 335/2026/NĐ-CP."` + "\n" +
		`A,btxh,KT_N,2026-08,60000,arrears,` + nd + `,"Truy lĩnh tháng 08/2026: được hưởng mức chuẩn 540.000 đ × hệ số 1,5 = 810.000 đ, đã chi 750.000 đ, còn được lĩnh 60.000 đ; mức đổi từ 500.000 đ thành 540.000 đ theo NĐ 335/2026/NĐ-CP."` + "\n" +
		`A,btxh,KT_N,2026-10,810000,arrears,` + nd + `,"Truy lĩnh tháng 10/2026: mức chuẩn 540.000 đ × hệ số 1,5 = 810.000 đ; tháng này chưa chi."` + "\n" +
		`A,btxh,KT_N,2026-11,810000,regular,` + nd + `,"Tháng 11/2026: mức chuẩn 540.000 đ × hệ số 1,5 = 810.000 đ."` + "\n" +
		`B,htxh,HTXH,2026-11,540000,regular,"NĐ 335/2026/NĐ-CP Đ31","Tháng 11/2026: trợ cấp hưu trí xã hội 540.000 đ; bắt đầu hưởng từ tháng này."` + "\n" +
		`C,btxh,MAITANG,2026-10,10800000,funeral,"NĐ 20/2021 Đ11; NĐ 335/2026/NĐ-CP","Hỗ trợ chi phí mai táng, tháng 10/2026: mức chuẩn 540.000 đ × hệ số 20 = 10.800.000 đ."` + "\n" +
		`C,ncc,TB_A,2026-10,-5450000,clawback,"Pháp lệnh 02/2020/UBTVQH14 Đ6","Truy thu tháng 10/2026: được hưởng 0 đ, đã chi 5.450.000 đ, chi thừa 5.450.000 đ; người hưởng đã mất, chỉ hưởng đến hết tháng 09/2026."` + "\n" +
		`D,btxh,DONTHAN,2026-10,540000,arrears,"NĐ 20/2021 Đ5.4, Đ6; NĐ 335/2026/NĐ-CP","Truy lĩnh tháng 10/2026: được hưởng mức chuẩn 540.000 đ × hệ số 1 × 2 con = 1.080.000 đ, đã chi 540.000 đ, còn được lĩnh 540.000 đ; số đã chi khác số được hưởng."` + "\n" +
		`D,btxh,DONTHAN,2026-11,1080000,regular,"NĐ 20/2021 Đ5.4, Đ6; NĐ 335/2026/NĐ-CP","Tháng 11/2026: mức chuẩn 540.000 đ × hệ số 1 × 2 con = 1.080.000 đ."` + "\n" +
		`D,btxh,KT_N,2026-11,1080000,regular,` + nd + `,"Tháng 11/2026: mức chuẩn 540.000 đ × hệ số 2 = 1.080.000 đ; hệ số đổi từ 1,5 thành 2 do đủ 60 tuổi."` + "\n"
	if diff := cmp.Diff(want, strings.Join(kept, "")); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
	if done.People != 4 || done.Entitlements != 7 || done.Paid != 7 {
		t.Errorf("counts %+v", done)
	}
}

func TestCalculateRefusesBadInputWithItsPlace(t *testing.T) {
	t.Parallel()
	const ok = "A,1980,,F\n"
	for name, c := range map[string]struct{ people, rights, paid, want string }{
		"birth":            {"A,1980-13,,F\n", "", "", "P.csv, line 2, column date_of_birth"},
		"death":            {ok + "B,1980,2026-02-30,M\n", "", "", "P.csv, line 3, column date_of_death"},
		"person twice":     {ok + ok, "", "", "P.csv, line 3, column person_number"},
		"no number":        {",1980,,F\n", "", "", "P.csv, line 2, column person_number"},
		"a cell too few":   {"A,1980,F\n", "", "", "P.csv, line 2"},
		"a quote too many": {"A,\"1980,,F\n", "", "", "P.csv, line"},
		"nobody's right":   {ok, "1,B,btxh,KT_N,2026-07,,,,,2026-07-01\n", "", "E.csv, line 2, column person_number"},
		"scheme":           {ok, "1,A,bhxh,KT_N,2026-07,,,,,2026-07-01\n", "", "E.csv, line 2, column scheme"},
		"category":         {ok, "1,A,btxh,KTN,2026-07,,,,,2026-07-01\n", "", "E.csv, line 2, column category"},
		"first month":      {ok, "1,A,btxh,KT_N,07/2026,,,,,2026-07-01\n", "", "E.csv, line 2, column first_month"},
		"last month":       {ok, "1,A,btxh,KT_N,2026-07,2026,,,,2026-07-01\n", "", "E.csv, line 2, column last_month"},
		"negative month":   {ok, "1,A,btxh,KT_N,-026-07,,,,,2026-07-01\n", "", "E.csv, line 2, column first_month"},
		"month 13":         {ok, "1,A,btxh,KT_N,2026-13,,,,,2026-07-01\n", "", "E.csv, line 2, column first_month"},
		"children":         {ok, "1,A,btxh,DONTHAN,2026-07,,x,,,2026-07-01\n", "", "E.csv, line 2, column children"},
		"no children":      {ok, "1,A,btxh,DONTHAN,2026-07,,,,,2026-07-01\n", "", "E.csv, line 2, column children"},
		"no percentage":    {ok, "1,A,ncc,TB_A,2026-07,,,,,2026-07-01\n", "", "E.csv, line 2, column injury_percent"},
		"no units":         {ok, "1,A,ncc,TKN45A_THOATLY_PC,2026-07,,,,,2026-07-01\n", "", "E.csv, line 2, column seniority_units"},
		"decision":         {ok, "1,A,btxh,KT_N,2026-07,,,,,\n", "", "E.csv, line 2, column decision_on"},
		"right twice":      {ok, "1,A,btxh,KT_N,2026-07,,,,,2026-07-01\n1,A,btxh,KT_N,2026-07,,,,,2026-07-01\n", "", "E.csv, line 3, column entitlement_id"},
		"amount":           {ok, "", "A,btxh,KT_N,2026-07,750.000\n", "D.csv, line 2, column amount"},
		"month":            {ok, "", "A,btxh,KT_N,2026-7,750000\n", "D.csv, line 2, column month"},
		"nobody's money":   {ok, "", "B,btxh,KT_N,2026-07,750000\n", "D.csv, line 2, column person_number"},
		"paid category":    {ok, "", "A,btxh,KTN,2026-07,750000\n", "D.csv, line 2, column category"},
	} {
		out, _, err := calculate(c.people, c.rights, c.paid)
		var refused *Refusal
		if !errors.As(err, &refused) || !strings.HasPrefix(refused.Reason, c.want) || out != "" {
			t.Errorf("%s: %v, output %q; want a refusal at %s and nothing written", name, err, out, c.want)
		}
	}
	_, err := Calculate(CalculateInput{People: Named{"P.csv", strings.NewReader("so,ngay\n")}}, &bytes.Buffer{})
	if err == nil || !strings.Contains(err.Error(), `P.csv, line 1: there is no column "person_number"`) {
		t.Errorf("no heading: %v", err)
	}
}

func TestAnEntitlementThatEndsBeforeItBeginsOwesNothing(t *testing.T) {
	t.Parallel()
	out, _, err := calculate("A,1980,,F\n", "1,A,btxh,KT_N,2026-07,2026-06,,,,2026-07-01\n", "")
	if err != nil || strings.Count(out, "\n") != 1 {
		t.Errorf("%v, output %q; want a heading alone", err, out)
	}
}

func TestCalculateIsOrderFreeAndAdditive(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 11))
	var people, rights, paid []string
	families := EmbeddedRates().names
	for i := range 3000 {
		people = append(people, fmt.Sprintf("%012d,%d-%02d,,F\n", i, 1930+r.IntN(95), 1+r.IntN(12)))
		for j := range 1 + r.IntN(2) {
			rights = append(rights, fmt.Sprintf("%d-%d,%012d,btxh,%s,2026-%02d,,1,,,2026-01-02\n", i, j, i, families[r.IntN(len(families))], 1+r.IntN(10)))
		}
		paid = append(paid, fmt.Sprintf("%012d,btxh,KT_N,2026-%02d,%d\n", i, 1+r.IntN(9), 10_000*r.IntN(90)))
	}
	text := func(rows []string) string { return strings.Join(rows, "") }
	whole, done, err := calculate(text(people), text(rights), text(paid))
	if err != nil {
		t.Fatal(err)
	}
	half := func(keep func(int) bool) string {
		in := func(rows []string, key func(string) string) (kept []string) {
			for _, row := range rows {
				var i int
				if _, err := fmt.Sscan(strings.TrimLeft(key(row), "0")+" ", &i); err != nil && strings.Trim(key(row), "0") != "" {
					t.Fatal(err)
				}
				if keep(i) {
					kept = append(kept, row)
				}
			}
			return kept
		}
		first := func(row string) string { return strings.Split(row, ",")[0] }
		out, _, err := calculate(text(in(people, first)), text(in(rights, func(row string) string { return strings.Split(row, ",")[1] })), text(in(paid, first)))
		if err != nil {
			t.Fatal(err)
		}
		return strings.SplitN(out, "\n", 2)[1]
	}
	if parts := strings.SplitN(whole, "\n", 2)[1]; parts != half(func(i int) bool { return i < 1500 })+half(func(i int) bool { return i >= 1500 }) {
		t.Error("two halves are not the whole")
	}
	shuffle := func(rows []string) []string {
		rows = slices.Clone(rows)
		r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		return rows
	}
	again, _, err := calculate(text(shuffle(people)), text(shuffle(rights)), text(shuffle(paid)))
	if err != nil || again != whole {
		t.Errorf("another order of rows gave another output (%v)", err)
	}
	if done.Lines == 0 || strings.Count(whole, "\n") != int(done.Lines)+1 {
		t.Errorf("%d lines counted, %d written", done.Lines, strings.Count(whole, "\n")-1)
	}
}

func FuzzCalculate(f *testing.F) {
	f.Add("A,1980,,F\n", "1,A,btxh,KT_N,2026-07,,,,,2026-07-01\n", "A,btxh,KT_N,2026-07,750000\n")
	f.Add("A,,2026-01-01,\n", "1,A,ncc,TB_A,2026-07,2026-08,,61,,2026-07-01\n", "")
	f.Fuzz(func(t *testing.T, people, rights, paid string) {
		_, _, err := calculate(people, rights, paid)
		var refused *Refusal
		if err != nil && !errors.As(err, &refused) {
			t.Fatal(err)
		}
	})
}

func FuzzReadCashResults(f *testing.F) {
	const head = "end_to_end_id,collected,on,note\n"
	f.Add(head + "AS202611-1-A1,có,2026-11-10,\nAS202611-2-A1,no,2026-11-18,đi vắng\n")
	f.Add(head + "AS202611-1-A1,maybe,2026-11-10,\n")
	f.Fuzz(func(t *testing.T, text string) {
		results, err := ReadCashResults(Named{"bd.csv", strings.NewReader(text)})
		var refused *Refusal
		if err != nil && !errors.As(err, &refused) {
			t.Fatal(err)
		}
		for _, r := range results {
			if r.EndToEndID == "" || r.On.IsZero() {
				t.Fatalf("%+v", r)
			}
		}
	})
}
