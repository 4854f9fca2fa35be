package payout

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"ansinh.vn/money"
)

// naive is the function once more, written straight from its rules over the rate files,
// without a thought for speed.
type naive struct {
	levels, btxh, ncc, injury []map[string]string
}

func newNaive() naive {
	read := func(name string) (rows []map[string]string) {
		b, err := rateFiles.ReadFile("rates/" + name)
		if err != nil {
			panic(err)
		}
		all, err := csv.NewReader(strings.NewReader(string(b))).ReadAll()
		if err != nil {
			panic(err)
		}
		for _, rec := range all[1:] {
			row := map[string]string{}
			for i, h := range all[0] {
				row[h] = rec[i]
			}
			rows = append(rows, row)
		}
		return rows
	}
	return naive{read("levels.csv"), read("btxh.csv"), read("ncc.csv"), read("ncc_injury.csv")}
}

// best picks, of the rows that count for the month as known on the day, the one that is
// valid from the latest day.
func best(rows []map[string]string, m, known string, provisional bool, fits func(map[string]string) bool) map[string]string {
	var found map[string]string
	for _, r := range rows {
		if r["known_from"] > known || r["valid_from"][:7] > m || (r["valid_to"] != "" && r["valid_to"][:7] < m) ||
			(r["status"] == "provisional" && !provisional) || !fits(r) {
			continue
		}
		if found == nil || r["valid_from"] > found["valid_from"] {
			found = r
		}
	}
	return found
}

func number64(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

// owed is by "scheme category".
func (o naive) owed(birth, died string, ents []Entitlement, m money.Month, known string, provisional bool) map[string]int64 {
	out := map[string]int64{}
	mm := m.String()
	level := best(o.levels, mm, known, provisional, func(r map[string]string) bool { return r["rate"] == "btxh_level" })
	pension := best(o.levels, mm, known, provisional, func(r map[string]string) bool { return r["rate"] == "htxh_amount" })
	age, knows := 0, birth != ""
	if knows {
		b := (birth + "-01")[:7]
		bm := month(b)
		age = int(m - bm)
		if age < 0 {
			age -= 11
		}
		age /= 12
	}
	fits := func(r map[string]string) bool {
		if r["age_from"] == "" && r["age_to"] == "" {
			return true
		}
		return knows && (r["age_from"] == "" || age >= int(number64(r["age_from"]))) && (r["age_to"] == "" || age < int(number64(r["age_to"])))
	}
	type found struct {
		cat    string
		amount int64
	}
	var base, with4, parent, mother, caretakers, survivors []found
	hasPension := ""
	for _, e := range ents {
		if e.DecisionOn.Format("2006-01-02") > known || m < e.FirstMonth || (e.LastMonth != 0 && m > e.LastMonth) {
			continue
		}
		alive := died == "" || died > known || mm <= died[:7]
		switch e.Scheme {
		case BTXH:
			r := best(o.btxh, mm, known, provisional, func(r map[string]string) bool { return r["family"] == e.Category && fits(r) })
			if r == nil || level == nil {
				continue
			}
			n := int64(1)
			if r["per"] == "child" {
				n = int64(e.Children)
			}
			a := decimal.NewFromInt(number64(level["amount"])).Mul(decimal.RequireFromString(r["coefficient"])).Mul(decimal.NewFromInt(n)).Round(0).IntPart()
			x := found{e.Category, a}
			if r["group"] == "one_off" {
				if m == e.FirstMonth {
					out["btxh "+e.Category] += a
				}
				continue
			}
			if !alive {
				continue
			}
			switch r["group"] {
			case "base":
				base = append(base, x)
			case "base_with_single_parent":
				base, with4 = append(base, x), append(with4, x)
			case "single_parent":
				parent = append(parent, x)
			case "care":
				out["btxh "+e.Category] += a
			case "care_mother":
				mother = append(mother, x)
			}
		case HTXH:
			if alive && (hasPension == "" || e.Category < hasPension) {
				hasPension = e.Category
			}
		case NCC:
			if !alive {
				continue
			}
			r := best(o.ncc, mm, known, provisional, func(r map[string]string) bool { return r["code"] == e.Category })
			if strings.HasPrefix(e.Category, "TB_") {
				r = best(o.injury, mm, known, provisional, func(r map[string]string) bool {
					return r["code"] == e.Category && r["injury_percent"] == strconv.Itoa(e.InjuryPercent)
				})
			}
			if r == nil {
				continue
			}
			a := number64(r["amount"])
			if r["per"] == "seniority_unit" {
				a *= int64(e.SeniorityUnits)
			}
			switch {
			case strings.HasSuffix(e.Category, "_PV"):
				caretakers = append(caretakers, found{e.Category, a})
			case strings.HasSuffix(e.Category, "_TUAT"):
				survivors = append(survivors, found{e.Category, a})
			default:
				out["ncc "+e.Category] += a
			}
		}
	}
	top := func(list []found) []found {
		slices.SortStableFunc(list, func(a, b found) int {
			if a.amount != b.amount {
				return int(b.amount - a.amount)
			}
			return strings.Compare(a.cat, b.cat)
		})
		return list
	}
	first := func(list []found) (x found) {
		if len(list) > 0 {
			x = top(list)[0]
		}
		return x
	}
	give := func(scheme string, x found) {
		if x.amount > 0 {
			out[scheme+" "+x.cat] += x.amount
		}
	}
	give("btxh", first(mother))
	give("ncc", first(caretakers))
	for i, x := range top(survivors) {
		if i < 2 {
			give("ncc", x)
		}
	}
	social := []found{first(base)}
	if first(parent).amount+first(with4).amount > social[0].amount {
		social = []found{first(parent), first(with4)}
	}
	var total int64
	for _, x := range social {
		total += x.amount
	}
	if hasPension != "" && pension != nil && number64(pension["amount"]) > total {
		give("htxh", found{hasPension, number64(pension["amount"])})
	} else {
		for _, x := range social {
			give("btxh", x)
		}
	}
	for k, v := range out {
		if v == 0 {
			delete(out, k)
		}
	}
	return out
}

// lines is owed minus paid, as "month scheme category kind" → amount.
func (o naive) lines(birth, died string, ents []Entitlement, paid []Paid, m money.Month, known string, provisional bool) map[string]int64 {
	out := map[string]int64{}
	start := money.Month(1 << 30)
	for _, e := range ents {
		if e.DecisionOn.Format("2006-01-02") <= known {
			start = min(start, e.FirstMonth)
		}
	}
	for at := start; at <= m; at++ {
		left := o.owed(birth, died, ents, at, known, provisional)
		for _, p := range paid {
			if p.Month == at {
				left[fmt.Sprintf("%s %s", p.Scheme, p.Category)] -= int64(p.Amount)
			}
		}
		for k, v := range left {
			kind := "regular"
			switch {
			case v == 0:
				continue
			case k == "btxh MAITANG" && v > 0:
				kind = "funeral"
			case at == m:
			case v > 0:
				kind = "arrears"
			default:
				kind = "clawback"
			}
			out[fmt.Sprintf("%s %s %s", at, k, kind)] = v
		}
	}
	return out
}

var (
	drawMonth = rapid.Custom(func(t *rapid.T) money.Month {
		return month("2021-01").Add(rapid.IntRange(0, 71).Draw(t, "month"))
	})
	drawDay = rapid.Custom(func(t *rapid.T) string {
		return fmt.Sprintf("%s-%02d", drawMonth.Draw(t, "of"), rapid.IntRange(1, 28).Draw(t, "day"))
	})
	drawBirth = rapid.Custom(func(t *rapid.T) string {
		s := fmt.Sprintf("%04d-%02d-%02d", rapid.IntRange(1920, 2026).Draw(t, "year"), rapid.IntRange(1, 12).Draw(t, "m"), rapid.IntRange(1, 28).Draw(t, "d"))
		return s[:rapid.SampledFrom([]int{0, 4, 7, 10, 10, 10}).Draw(t, "known")]
	})
	drawRight = rapid.Custom(func(t *rapid.T) Entitlement {
		r := EmbeddedRates()
		e := Entitlement{Scheme: rapid.SampledFrom([]Scheme{BTXH, BTXH, BTXH, HTXH, NCC}).Draw(t, "scheme"), FirstMonth: drawMonth.Draw(t, "first"),
			Children: rapid.IntRange(0, 4).Draw(t, "children"), InjuryPercent: rapid.IntRange(15, 100).Draw(t, "percent"), SeniorityUnits: rapid.IntRange(0, 6).Draw(t, "units")}
		switch e.Scheme {
		case BTXH:
			e.Category = rapid.SampledFrom(r.names).Draw(t, "family")
		case NCC:
			e.Category = rapid.SampledFrom(r.meritIDs).Draw(t, "code")
		default:
			e.Category = "HTXH"
		}
		if rapid.Bool().Draw(t, "ends") {
			e.LastMonth = e.FirstMonth.Add(rapid.IntRange(0, 40).Draw(t, "months"))
		}
		e.DecisionOn = day(drawDay.Draw(t, "decided"))
		return e
	})
	drawRights = rapid.SliceOfN(drawRight, 0, 5)
	drawPaid   = rapid.Custom(func(t *rapid.T) Paid {
		e := drawRight.Draw(t, "of")
		return Paid{e.Scheme, e.Category, drawMonth.Draw(t, "month"), money.VND(rapid.IntRange(0, 200).Draw(t, "paid") * 10_000)}
	})
)

// difference runs the subtraction for one person.
func difference(t interface{ Fatal(...any) }, birth, died string, ents []Entitlement, paid []Paid, m money.Month, known string, provisional bool) []line {
	c := NewCalc(EmbeddedRates(), Rules{}, day(known), provisional, m)
	p := Person{Birth: born(birth)}
	if died != "" {
		p.Died = day(died)
	}
	who := person{born: p.Birth.counts(c.rules), last: c.lastMonth(p)}
	for _, e := range ents {
		x, ok, err := c.compile(e)
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			who.ents = append(who.ents, x)
		}
	}
	for _, x := range paid {
		cat, err := c.category(x.Scheme, x.Category)
		if err != nil {
			t.Fatal(err)
		}
		who.paid = append(who.paid, settledMonth{category: cat, name: x.Category, month: x.Month, amount: x.Amount})
	}
	s := subtraction{Calc: c}
	lines, err := s.run(who, 0, m)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func TestSubtractionAgreesWithTheRulesReadNaively(t *testing.T) {
	t.Parallel()
	oracle := newNaive()
	rapid.Check(t, func(t *rapid.T) {
		birth, ents := drawBirth.Draw(t, "birth"), drawRights.Draw(t, "rights")
		died := ""
		if rapid.IntRange(0, 3).Draw(t, "dies") == 0 {
			died = drawDay.Draw(t, "died")
		}
		m, known := drawMonth.Draw(t, "month"), drawDay.Draw(t, "known")
		paid := rapid.SliceOfN(drawPaid, 0, 6).Draw(t, "paid")
		if len(ents) > 0 && rapid.Bool().Draw(t, "paid before") { // what an earlier run would have paid
			for _, l := range difference(t, birth, "", ents, nil, m-1, drawDay.Draw(t, "known before"), false) {
				paid = append(paid, Paid{Schemes[l.scheme], l.name, l.month, l.amount})
			}
		}
		provisional := rapid.Bool().Draw(t, "provisional")
		got := map[string]int64{}
		for _, l := range difference(t, birth, died, ents, paid, m, known, provisional) {
			got[fmt.Sprintf("%s %s %s %s", l.month, Schemes[l.scheme], l.name, l.kind)] = int64(l.amount)
		}
		want := oracle.lines(birth, died, ents, paid, m, known, provisional)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("birth %q died %q month %s known %s\nrights %+v\npaid %+v\n(-naive +got):\n%s", birth, died, m, known, ents, paid, diff)
		}
	})
}
