package payout

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ansinh.vn/money"
)

func month(s string) money.Month {
	m, err := money.ParseMonth(s)
	if err != nil {
		panic(err)
	}
	return m
}

func day(s string) time.Time {
	d, err := money.ParseDay(s)
	if err != nil {
		panic(err)
	}
	return d
}

func born(s string) Birth {
	b, ok := ParseBirth(s)
	if !ok {
		panic(s)
	}
	return b
}

// right is an open entitlement from January 2022 by a decision of that month.
func right(s Scheme, category string, change ...func(*Entitlement)) Entitlement {
	e := Entitlement{Scheme: s, Category: category, FirstMonth: month("2022-01"), DecisionOn: day("2022-01-05"), Children: 1, SeniorityUnits: 1, InjuryPercent: 61}
	for _, c := range change {
		c(&e)
	}
	return e
}

func from(m string) func(*Entitlement)    { return func(e *Entitlement) { e.FirstMonth = month(m) } }
func until(m string) func(*Entitlement)   { return func(e *Entitlement) { e.LastMonth = month(m) } }
func decided(d string) func(*Entitlement) { return func(e *Entitlement) { e.DecisionOn = day(d) } }
func children(n int) func(*Entitlement)   { return func(e *Entitlement) { e.Children = n } }
func percent(n int) func(*Entitlement)    { return func(e *Entitlement) { e.InjuryPercent = n } }
func units(n int) func(*Entitlement)      { return func(e *Entitlement) { e.SeniorityUnits = n } }

func TestOwed(t *testing.T) {
	t.Parallel()
	rights := func(e ...Entitlement) []Entitlement { return e }
	for name, c := range map[string]struct {
		birth, died string
		ents        []Entitlement
		month       string
		known       string // "" is 2026-10-20
		want        map[string]money.VND
	}{
		"level × coefficient":                     {birth: "1980-05-02", ents: rights(right(BTXH, "KT_N")), month: "2026-11", want: map[string]money.VND{"KT_N": 810_000}},
		"the level known on the day":              {birth: "1980", ents: rights(right(BTXH, "KT_N")), month: "2026-11", known: "2026-10-04", want: map[string]money.VND{"KT_N": 750_000}},
		"a back-dated level reaches July":         {birth: "1980", ents: rights(right(BTXH, "KT_N")), month: "2026-07", want: map[string]money.VND{"KT_N": 810_000}},
		"… and not June":                          {birth: "1980", ents: rights(right(BTXH, "KT_N")), month: "2026-06", want: map[string]money.VND{"KT_N": 750_000}},
		"the first level":                         {birth: "1980", ents: rights(right(BTXH, "KT_N")), month: "2024-06", want: map[string]money.VND{"KT_N": 540_000}},
		"before the first month":                  {birth: "1980", ents: rights(right(BTXH, "KT_N", from("2026-12"))), month: "2026-11"},
		"after the last month":                    {birth: "1980", ents: rights(right(BTXH, "KT_N", until("2026-10"))), month: "2026-11"},
		"in the last month":                       {birth: "1980", ents: rights(right(BTXH, "KT_N", until("2026-11"))), month: "2026-11", want: map[string]money.VND{"KT_N": 810_000}},
		"decided on the day":                      {birth: "1980", ents: rights(right(BTXH, "KT_N", decided("2026-10-20"))), month: "2026-11", want: map[string]money.VND{"KT_N": 810_000}},
		"decided after the day":                   {birth: "1980", ents: rights(right(BTXH, "KT_N", decided("2026-10-21"))), month: "2026-11"},
		"the month of death in full":              {birth: "1980", died: "2026-10-01", ents: rights(right(BTXH, "KT_N")), month: "2026-10", want: map[string]money.VND{"KT_N": 810_000}},
		"the month after a death":                 {birth: "1980", died: "2026-10-19", ents: rights(right(BTXH, "KT_N")), month: "2026-11"},
		"a death not yet known":                   {birth: "1980", died: "2026-10-21", ents: rights(right(BTXH, "KT_N")), month: "2026-11", want: map[string]money.VND{"KT_N": 810_000}},
		"16 in the month of the birthday":         {birth: "2010-11-30", ents: rights(right(BTXH, "KT_N")), month: "2026-11", want: map[string]money.VND{"KT_N": 810_000}},
		"15 the month before":                     {birth: "2010-11-30", ents: rights(right(BTXH, "KT_N")), month: "2026-10", want: map[string]money.VND{"KT_N": 1_080_000}},
		"60 counts from January of a year":        {birth: "1966", ents: rights(right(BTXH, "KT_N")), month: "2026-01", want: map[string]money.VND{"KT_N": 1_000_000}},
		"60 counts from a given month":            {birth: "1966-02", ents: rights(right(BTXH, "KT_N")), month: "2026-01", want: map[string]money.VND{"KT_N": 750_000}},
		"no age, no row":                          {ents: rights(right(BTXH, "KT_N"), right(BTXH, "CS_HO_KTDBN")), month: "2026-11", want: map[string]money.VND{"CS_HO_KTDBN": 540_000}},
		"before birth":                            {birth: "2026-12", ents: rights(right(BTXH, "TE_U3")), month: "2026-11"},
		"age on the upper bound":                  {birth: "2023-11-09", ents: rights(right(BTXH, "TE_U3")), month: "2026-11"},
		"a row that ended, by its month":          {birth: "1948", ents: rights(right(BTXH, "NCT_A")), month: "2026-10", known: "2026-10-04", want: map[string]money.VND{"NCT_A": 750_000}},
		"the later row of the same month":         {birth: "1948", ents: rights(right(BTXH, "NCT_A")), month: "2026-10", want: map[string]money.VND{"NCT_A": 1_080_000}},
		"a row that ended, the next not known":    {birth: "1948", ents: rights(right(BTXH, "NCT_A")), month: "2026-11", known: "2026-10-04"},
		"of base families the highest":            {birth: "1980", ents: rights(right(BTXH, "KT_N"), right(BTXH, "KT_DBN"), right(BTXH, "HIV")), month: "2026-11", want: map[string]money.VND{"KT_DBN": 1_080_000}},
		"a single parent by children":             {birth: "1990", ents: rights(right(BTXH, "DONTHAN", children(3))), month: "2026-11", want: map[string]money.VND{"DONTHAN": 1_620_000}},
		"… and the highest beside it":             {birth: "1990", ents: rights(right(BTXH, "DONTHAN", children(2)), right(BTXH, "KT_N"), right(BTXH, "HIV")), month: "2026-11", want: map[string]money.VND{"DONTHAN": 1_080_000, "HIV": 810_000}},
		"… but not beside another base family":    {birth: "2008", ents: rights(right(BTXH, "DONTHAN"), right(BTXH, "K2")), month: "2026-11", want: map[string]money.VND{"K2": 810_000}},
		"… unless it comes to more":               {birth: "2008", ents: rights(right(BTXH, "DONTHAN", children(2)), right(BTXH, "K2")), month: "2026-11", want: map[string]money.VND{"DONTHAN": 1_080_000}},
		"care adds up":                            {birth: "1970", ents: rights(right(BTXH, "KT_N"), right(BTXH, "CS_HO_KTDBN"), right(BTXH, "CS_NHAN_KTDBN")), month: "2026-11", want: map[string]money.VND{"KT_N": 810_000, "CS_HO_KTDBN": 540_000, "CS_NHAN_KTDBN": 810_000}},
		"care for two":                            {birth: "1970", ents: rights(right(BTXH, "CS_HO_KTDBN"), right(BTXH, "CS_HO_KTDBN", from("2023-01"))), month: "2026-11", want: map[string]money.VND{"CS_HO_KTDBN": 1_080_000}},
		"of mother's care the highest":            {birth: "1990", ents: rights(right(BTXH, "CS_KT_THAI_1"), right(BTXH, "CS_KT_THAI_2")), month: "2026-11", want: map[string]money.VND{"CS_KT_THAI_2": 1_080_000}},
		"a funeral in its month, death or not":    {birth: "1940", died: "2026-09-30", ents: rights(right(BTXH, "MAITANG", from("2026-10"))), month: "2026-10", want: map[string]money.VND{"MAITANG": 10_800_000}},
		"… and in no other":                       {birth: "1940", died: "2026-09-30", ents: rights(right(BTXH, "MAITANG", from("2026-10"))), month: "2026-11"},
		"an emergency":                            {birth: "1990", ents: rights(right(BTXH, "KC_BITHUONG", from("2026-11"))), month: "2026-11", want: map[string]money.VND{"KC_BITHUONG": 5_400_000}},
		"the social pension":                      {birth: "1950", ents: rights(right(HTXH, "HTXH")), month: "2026-11", want: map[string]money.VND{"HTXH": 540_000}},
		"the higher of pension and assistance":    {birth: "1946", ents: rights(right(HTXH, "HTXH"), right(BTXH, "KT_N")), month: "2026-11", want: map[string]money.VND{"KT_N": 1_080_000}},
		"assistance when they are equal":          {birth: "1990", ents: rights(right(HTXH, "HTXH"), right(BTXH, "DONTHAN")), month: "2026-11", want: map[string]money.VND{"DONTHAN": 540_000}},
		"care and one-offs beside the pension":    {birth: "1950", ents: rights(right(HTXH, "HTXH"), right(BTXH, "CS_HO_KTDBN"), right(BTXH, "KC_CHET", from("2026-11"))), month: "2026-11", want: map[string]money.VND{"HTXH": 540_000, "CS_HO_KTDBN": 540_000, "KC_CHET": 27_000_000}},
		"merit is a literal table":                {birth: "1950", ents: rights(right(NCC, "LS_TN1")), month: "2026-11", want: map[string]money.VND{"LS_TN1": 2_789_000}},
		"merit by injury":                         {birth: "1950", ents: rights(right(NCC, "TB_A", percent(61))), month: "2026-11", want: map[string]money.VND{"TB_A": 5_450_000}},
		"an injury without a row":                 {birth: "1950", ents: rights(right(NCC, "TB_A", percent(20))), month: "2026-11"},
		"merit per unit of seniority":             {birth: "1920", ents: rights(right(NCC, "TKN45A_THOATLY"), right(NCC, "TKN45A_THOATLY_PC", units(4))), month: "2026-11", want: map[string]money.VND{"TKN45A_THOATLY": 3_117_000, "TKN45A_THOATLY_PC": 2_116_000}},
		"merit adds up":                           {birth: "1950", ents: rights(right(NCC, "TB_A", percent(81)), right(NCC, "BB81_90"), right(NCC, "TB81_PC")), month: "2026-11", want: map[string]money.VND{"TB_A": 7_240_000, "BB81_90": 6_378_000, "TB81_PC": 1_399_000}},
		"of caretakers the highest":               {birth: "1950", ents: rights(right(NCC, "TB81_PV"), right(NCC, "BB81DBN_PV")), month: "2026-11", want: map[string]money.VND{"BB81DBN_PV": 3_582_000}},
		"of survivors the two highest":            {birth: "1950", ents: rights(right(NCC, "TKN45B_TUAT"), right(NCC, "TKN45A_TUAT"), right(NCC, "TB61_TUAT"), right(NCC, "TB61_TUAT_ND")), month: "2026-11", want: map[string]money.VND{"TKN45A_TUAT": 2_789_000, "TB61_TUAT": 1_565_000, "TB61_TUAT_ND": 2_231_000}},
		"twice the survivor of an invalid":        {birth: "1950", ents: rights(right(NCC, "TB61_TUAT"), right(NCC, "TB61_TUAT"), right(NCC, "BB61_TUAT")), month: "2026-11", want: map[string]money.VND{"BB61_TUAT": 1_565_000, "TB61_TUAT": 1_565_000}},
		"merit and assistance stand side by side": {birth: "1950", ents: rights(right(NCC, "LS_TN1"), right(BTXH, "KT_N"), right(HTXH, "HTXH")), month: "2026-11", want: map[string]money.VND{"LS_TN1": 2_789_000, "KT_N": 1_080_000}},
		"before the first rate":                   {birth: "1950", ents: rights(right(BTXH, "KT_N", from("2020-01"))), month: "2020-05"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			known := day("2026-10-20")
			if c.known != "" {
				known = day(c.known)
			}
			p := Person{Birth: born(c.birth)}
			if c.died != "" {
				p.Died = day(c.died)
			}
			dues, err := Owed(EmbeddedRates(), Rules{}, p, c.ents, month(c.month), known)
			if err != nil {
				t.Fatal(err)
			}
			var got map[string]money.VND
			for _, d := range dues {
				if got == nil {
					got = map[string]money.VND{}
				}
				got[d.Category] = d.Amount
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("owed (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRulesThatMayBeChosen(t *testing.T) {
	t.Parallel()
	owed := func(rules Rules, birth string, m string, ents ...Entitlement) (total money.VND) {
		dues, err := Owed(EmbeddedRates(), rules, Person{Birth: born(birth)}, ents, month(m), day("2026-10-20"))
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range dues {
			total += d.Amount
		}
		return total
	}
	if got := owed(Rules{YearBirth: time.July}, "1966", "2026-06", right(BTXH, "KT_N")); got != 750_000 {
		t.Errorf("a year counted from July: %d", got)
	}
	if got := owed(Rules{MonthBirth: 1}, "1966-01", "2026-01", right(BTXH, "KT_N")); got != 750_000 {
		t.Errorf("a month counted from the next: %d", got)
	}
	if got := owed(Rules{MeritCompetes: true}, "1946", "2026-11", right(NCC, "LS_TN1"), right(BTXH, "KT_N"), right(BTXH, "CS_HO_KTDBN")); got != 2_789_000+540_000 {
		t.Errorf("merit competing: %d", got)
	}
	if got := owed(Rules{MeritCompetes: true}, "1946", "2026-11", right(NCC, "HOC_50"), right(BTXH, "NCT_D")); got != 1_620_000 {
		t.Errorf("assistance winning over merit: %d", got)
	}
}

func TestProvisionalRatesCountOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	for provisional, want := range map[bool]money.VND{false: 2_789_000, true: 3_012_000} {
		c := NewCalc(EmbeddedRates(), Rules{}, day("2026-10-20"), provisional, month("2026-11"))
		x, _, err := c.compile(right(NCC, "LS_TN1"))
		if err != nil {
			t.Fatal(err)
		}
		dues, err := c.owed(nil, 0, 1<<30, []entitled{x}, month("2026-11"))
		if err != nil || len(dues) != 1 || dues[0].amount != want {
			t.Errorf("provisional %t: %v, %v; want %d", provisional, dues, err, want)
		}
	}
	sets := map[string][]byte{}
	for _, s := range EmbeddedRates().Sets {
		if s.Table == "ncc" && s.Provisional {
			sets[s.ID] = s.SHA256
		}
	}
	dues, err := Owed(EmbeddedRates().Confirmed(sets), Rules{}, Person{}, []Entitlement{right(NCC, "LS_TN1")}, month("2026-11"), day("2026-10-20"))
	if err != nil || len(dues) != 1 || dues[0].Amount != 3_012_000 {
		t.Errorf("after confirmation: %v, %v", dues, err)
	}
	for id := range sets {
		sets[id] = []byte("another table")
	}
	dues, err = Owed(EmbeddedRates().Confirmed(sets), Rules{}, Person{}, []Entitlement{right(NCC, "LS_TN1")}, month("2026-11"), day("2026-10-20"))
	if err != nil || len(dues) != 1 || dues[0].Amount != 2_789_000 {
		t.Errorf("a confirmation of other rows: %v, %v", dues, err)
	}
}
