package province

import (
	"fmt"
	"math/rand/v2"
	"time"

	"ansinh.vn/identity"
	"ansinh.vn/money"
)

// need is a kind of person on a list: what they are owed and who fits it.
type need struct {
	scheme   string
	category string
	sex      identity.Sex // "" either
	ages     [2]int       // whole years in the month of the lists, both included
	firsts   [2]int       // years in which the entitlement may have begun
	plus     []weighted[string]
	// plus are further categories of the same scheme, each with its chance.
}

// needs are drawn by share: about 46 % social assistance, 40 % social pension,
// 14 % people with merit.
var needs = newUrn(
	weighted[need]{19.5, need{SocialAssistance, "KT_N", "", [2]int{1, 88}, [2]int{2012, 2026}, nil}},
	weighted[need]{7.5, need{SocialAssistance, "KT_DBN", "", [2]int{1, 92}, [2]int{2012, 2026}, []weighted[string]{{.92, "CS_HO_KTDBN"}}}},
	weighted[need]{5.5, need{SocialAssistance, "NCT_A", "", [2]int{60, 90}, [2]int{2014, 2026}, nil}},
	weighted[need]{4.2, need{SocialAssistance, "DONTHAN", identity.Female, [2]int{21, 52}, [2]int{2017, 2026}, []weighted[string]{{.05, "KT_N"}, {.01, "HIV"}}}},
	weighted[need]{.6, need{SocialAssistance, "DONTHAN", identity.Male, [2]int{26, 58}, [2]int{2018, 2026}, []weighted[string]{{.08, "KT_N"}}}},
	weighted[need]{3.3, need{SocialAssistance, "TE_KNND", "", [2]int{0, 14}, [2]int{2012, 2026}, nil}},
	weighted[need]{1.0, need{SocialAssistance, "K2", "", [2]int{17, 20}, [2]int{2022, 2026}, nil}},
	weighted[need]{2.4, need{SocialAssistance, "TE_U3", "", [2]int{0, 1}, [2]int{2024, 2026}, nil}},
	weighted[need]{.7, need{SocialAssistance, "HIV", "", [2]int{19, 58}, [2]int{2015, 2026}, nil}},
	weighted[need]{.1, need{SocialAssistance, "TE_HIV", "", [2]int{4, 14}, [2]int{2018, 2026}, nil}},
	weighted[need]{.3, need{SocialAssistance, "NCT_D", "", [2]int{66, 90}, [2]int{2016, 2026}, nil}},
	weighted[need]{.5, need{SocialAssistance, "KT_N", identity.Female, [2]int{21, 40}, [2]int{2015, 2026}, []weighted[string]{{1, "CS_KT_THAI_1"}}}},
	weighted[need]{.4, need{SocialAssistance, "CS_NHAN_TE_4_16", identity.Female, [2]int{35, 68}, [2]int{2017, 2026}, nil}},

	weighted[need]{33, need{SocialPension, "HTXH", "", [2]int{75, 101}, [2]int{2025, 2026}, nil}},
	weighted[need]{7, need{SocialPension, "HTXH", "", [2]int{70, 74}, [2]int{2025, 2026}, nil}},

	weighted[need]{3.4, need{Merit, "TB_A", identity.Male, [2]int{58, 92}, [2]int{1991, 2022}, []weighted[string]{{.04, "CDHH41_60"}, {.02, "TUDAY"}}}},
	weighted[need]{.5, need{Merit, "TB_B", identity.Male, [2]int{52, 80}, [2]int{1991, 2022}, nil}},
	weighted[need]{3.2, need{Merit, "LS_TN1", identity.Female, [2]int{64, 98}, [2]int{1991, 2023}, nil}},
	weighted[need]{.6, need{Merit, "LS_TN1", identity.Male, [2]int{60, 96}, [2]int{1991, 2023}, nil}},
	weighted[need]{.2, need{Merit, "LS_TN2", identity.Female, [2]int{78, 100}, [2]int{1991, 2020}, nil}},
	weighted[need]{.12, need{Merit, "BMVNAH", identity.Female, [2]int{86, 104}, [2]int{1994, 2018}, []weighted[string]{{1, "BMVNAH_PC"}, {.9, "BMVNAH_PV"}}}},
	weighted[need]{.3, need{Merit, "BB41_50", identity.Male, [2]int{58, 86}, [2]int{1991, 2018}, nil}},
	weighted[need]{.35, need{Merit, "BB51_60", identity.Male, [2]int{58, 86}, [2]int{1991, 2018}, nil}},
	weighted[need]{.7, need{Merit, "BB61_70", identity.Male, [2]int{58, 86}, [2]int{1991, 2018}, nil}},
	weighted[need]{.3, need{Merit, "BB71_80", identity.Male, [2]int{60, 88}, [2]int{1991, 2018}, nil}},
	weighted[need]{.12, need{Merit, "BB81_90", identity.Male, [2]int{60, 90}, [2]int{1991, 2018}, []weighted[string]{{1, "BB81_PC"}, {.8, "BB81_PV"}}}},
	weighted[need]{.35, need{Merit, "CDHH21_40", "", [2]int{66, 88}, [2]int{2008, 2024}, nil}},
	weighted[need]{.5, need{Merit, "CDHH41_60", "", [2]int{66, 88}, [2]int{2006, 2022}, nil}},
	weighted[need]{.4, need{Merit, "CDHH61_80", "", [2]int{66, 90}, [2]int{2006, 2022}, nil}},
	weighted[need]{.1, need{Merit, "CDHH81", "", [2]int{68, 90}, [2]int{2006, 2022}, []weighted[string]{{1, "CDHH81_PC"}, {.7, "CDHH81_PV"}}}},
	weighted[need]{.35, need{Merit, "CDHH_CON61_80", "", [2]int{28, 54}, [2]int{2006, 2023}, nil}},
	weighted[need]{.15, need{Merit, "CDHH_CON81", "", [2]int{28, 54}, [2]int{2006, 2023}, nil}},
	weighted[need]{.9, need{Merit, "TUDAY", "", [2]int{70, 96}, [2]int{2007, 2024}, nil}},
	weighted[need]{.25, need{Merit, "GIUPDO_TQGC", "", [2]int{90, 102}, [2]int{1996, 2018}, nil}},
	weighted[need]{1.2, need{Merit, "GIUPDO_HCKC", "", [2]int{78, 100}, [2]int{1996, 2024}, nil}},
	weighted[need]{.4, need{Merit, "TB61_TUAT", identity.Female, [2]int{58, 92}, [2]int{2000, 2025}, nil}},
	weighted[need]{.15, need{Merit, "BB61_TUAT", identity.Female, [2]int{58, 90}, [2]int{2000, 2025}, nil}},
	weighted[need]{.12, need{Merit, "LS_VC_TAIGIA", identity.Female, [2]int{70, 94}, [2]int{2013, 2024}, nil}},
	weighted[need]{.01, need{Merit, "TKN45B", "", [2]int{98, 104}, [2]int{1996, 2010}, nil}},
)

// turning lists the ages at which social assistance changes its coefficient;
// nobody reaches one in the months that the list sums up in one amount.
var turning = []int{3, 4, 16, 60, 75, 80}

// entitle puts the person on a list for the need, with what goes with it.
func (b *builder) entitle(at int32, n need) {
	person := &b.People[at]
	if person.Office == "" {
		person.Office = b.commune.Code
		b.listed++
	}
	first := b.firstMonth(person, n)
	e := Entitlement{Person: at, Scheme: n.scheme, Category: n.category, FirstMonth: first}
	switch n.category {
	case "DONTHAN":
		e.Children = b.children
	case "TB_A", "TB_B":
		e.InjuryPercent = injury(b.Rand)
	}
	b.decide(&e, person)
	for _, also := range n.plus {
		if chance(b.Rand, also.weight) {
			second := Entitlement{Person: at, Scheme: n.scheme, Category: also.value, FirstMonth: first}
			b.decide(&second, person)
		}
	}
	if e.InjuryPercent >= 81 {
		for _, also := range []weighted[string]{{1, "TB81_PC"}, {.7, "TB81_PV"}} {
			if chance(b.Rand, also.weight) {
				second := Entitlement{Person: at, Scheme: n.scheme, Category: also.value, FirstMonth: first}
				b.decide(&second, person)
			}
		}
	}
}

// decide gives the entitlement its decision and what was paid on it, and keeps it.
func (b *builder) decide(e *Entitlement, person *Person) {
	e.DecisionOn = e.FirstMonth.First().AddDate(0, 0, between(b.Rand, 1, 26))
	if e.DecisionOn.After(b.Province.Listed) {
		e.DecisionOn = b.Province.Listed.AddDate(0, 0, -between(b.Rand, 0, 7))
	}
	e.DecisionNo = fmt.Sprintf("%d/QĐ-UBND", between(b.Rand, 1, 2400))
	until := b.Month.Add(-1)
	if chance(b.Rand, .003) {
		until = until.Add(-1) // last month's money was not collected
	}
	if b.paid != nil && e.FirstMonth <= until && e.DecisionOn.Before(until.First()) {
		if e.Paid = b.paid(*e, person); e.Paid > 0 {
			e.PaidThrough = until
		}
	}
	b.Entitlements = append(b.Entitlements, *e)
}

// firstMonth draws when the entitlement began. About 2 % are new this month and
// were never paid; the social pension began in July 2025 for whoever was old enough.
func (b *builder) firstMonth(person *Person, n need) money.Month {
	last := b.Month.Add(-2)
	if chance(b.Rand, .02) {
		return b.Month.Add(-1)
	}
	if n.scheme == SocialPension {
		began := money.NewMonth(2025, time.July)
		if person.Age(began) >= n.ages[0] && chance(b.Rand, .9) {
			return began
		}
		turned := money.NewMonth(person.Birth.Year+n.ages[0], time.Month(max(person.Birth.Month, 1)))
		return min(max(began, turned).Add(between(b.Rand, 0, 3)), last)
	}
	lo := max(n.firsts[0], person.Birth.Year+n.ages[0])
	if n.category == "KT_N" || n.category == "KT_DBN" || n.category == "TE_KNND" || n.category == "TE_U3" || n.category == "TE_HIV" {
		lo = max(n.firsts[0], person.Birth.Year+1)
	}
	hi := max(lo, n.firsts[1])
	m := money.NewMonth(between(b.Rand, lo, hi), time.Month(between(b.Rand, 1, 12)))
	born := money.NewMonth(person.Birth.Year, time.Month(max(person.Birth.Month, 1)))
	return max(min(m, last), min(born.Add(1), last))
}

func injury(r *rand.Rand) int {
	switch x := r.Float64(); {
	case x < .62:
		return between(r, 21, 40)
	case x < .86:
		return between(r, 41, 60)
	case x < .96:
		return between(r, 61, 80)
	}
	return between(r, 81, 95)
}
