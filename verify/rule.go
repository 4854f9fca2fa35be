package verify

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"ansinh.vn/money"
)

// knowledge is the rates as a run knew them.
type knowledge struct {
	*edition
	day       time.Time
	tentative bool            // provisional rates count
	confirmed map[string]bool // provisional sets that somebody had confirmed
	merit     bool            // setting merit_competes
	found     map[asked]*rate
}

type asked struct {
	name         string
	month        money.Month
	age, percent int
}

// right is one decision: a person, a category, from a month to a month.
type right struct {
	scheme, category string
	first, last      money.Month // last 0 is open
	children, percent,
	units int // −1 where the decision does not say
	decided time.Time

	id           int64
	grantedAfter int64    // runs up to this one did not know it; −1: it came by a list
	rulings      []ruling // that the run knew, oldest first
}

// claim is one category and what it comes to in a month.
type claim struct {
	scheme, category string
	amount           money.VND
}

// latest is the row that counts: valid and known, of several the newest.
func (k *knowledge) latest(rows []rate, q asked, fits func(*rate) bool) *rate {
	if r, ok := k.found[q]; ok {
		return r
	}
	var best *rate
	for i := range rows {
		r := &rows[i]
		if money.MonthOf(r.valid) > q.month || r.known.After(k.day) || (r.until != 0 && r.until < q.month) ||
			(r.provisional != "" && !k.tentative && !k.confirmed[r.provisional]) || !fits(r) {
			continue
		}
		if best == nil || cmp.Or(best.valid.Compare(r.valid), best.known.Compare(r.known)) <= 0 {
			best = r
		}
	}
	k.found[q] = best
	return best
}

func (k *knowledge) level(name string, m money.Month) *rate {
	return k.latest(k.levels[name], asked{name: name, month: m, age: -9}, func(*rate) bool { return true })
}

const noAge = -2 // the birth is not known

// due is what somebody is owed for a month, by category: the rule of NĐ 20/2021, NĐ
// 335/2026, NĐ 176/2025 and Pháp lệnh 02/2020, written a second time.
func (k *knowledge) due(rights []right, born, died, m money.Month) []claim {
	age := noAge
	if born != 0 {
		age = -1
		if m >= born {
			age = min(int(m-born)/12, 125)
		}
	}
	group := map[string][]claim{} // by the way it combines
	for _, r := range rights {
		if m < r.first || (r.last != 0 && m > r.last) || r.decided.After(k.day) || r.ceased(m) {
			continue
		}
		how, amount := k.worth(r, age, m)
		if how == "one_off" {
			if m != r.first {
				continue
			}
		} else if died != 0 && m > died {
			continue
		}
		if amount != 0 {
			group[how] = append(group[how], claim{r.scheme, r.category, amount})
		}
	}
	for _, list := range group {
		slices.SortStableFunc(list, func(a, b claim) int {
			return cmp.Or(cmp.Compare(b.amount, a.amount), cmp.Compare(a.category, b.category))
		})
	}
	top := func(n int, hows ...string) (best []claim) {
		for _, how := range hows {
			best = append(best, group[how]...)
		}
		slices.SortStableFunc(best, func(a, b claim) int {
			return cmp.Or(cmp.Compare(b.amount, a.amount), cmp.Compare(a.category, b.category))
		})
		return best[:min(n, len(best))]
	}
	// NĐ 20/2021 Đ6.2: of several the highest, but a single parent's part is added to it
	// where that is more
	social := top(1, "base", "base_with_single_parent")
	if two := append(top(1, "single_parent"), top(1, "base_with_single_parent")...); total(two) > total(social) {
		social = two
	}
	if pension := top(1, "pension"); total(pension) > total(social) {
		social = pension
	}
	merit := slices.Concat(group["merit"], top(1, "caretaker"), top(2, "survivor"))
	if k.merit {
		if total(merit) >= total(social) {
			social = nil
		} else {
			merit = nil
		}
	}
	return slices.Concat(social, merit, group["care"], top(1, "care_mother"), group["one_off"])
}

func total(claims []claim) (sum money.VND) {
	for _, c := range claims {
		sum += c.amount
	}
	return sum
}

// worth is what one right alone comes to in a month, and how it combines with others.
func (k *knowledge) worth(r right, age int, m money.Month) (how string, amount money.VND) {
	switch r.scheme {
	case "htxh":
		if l := k.level("htxh_amount", m); l != nil {
			amount = l.amount
		}
		return "pension", amount
	case "btxh":
		rows := k.family[r.category]
		if len(rows) == 0 {
			return "", 0
		}
		how = rows[len(rows)-1].group
		row := k.latest(rows, asked{"btxh " + r.category, m, age, 0}, func(x *rate) bool {
			if age == noAge {
				return x.from < 0 && x.to < 0
			}
			return (x.from < 0 || x.from <= age) && (x.to < 0 || age < x.to)
		})
		level := k.level("btxh_level", m)
		if row == nil || level == nil {
			return how, 0
		}
		times := int64(1)
		if how == "single_parent" {
			times = said(r.children)
		}
		product := decimal.NewFromInt(int64(level.amount)).Mul(row.coefficient).Mul(decimal.NewFromInt(times))
		return how, money.VND(product.Round(0).IntPart())
	}
	how = "merit"
	switch {
	case strings.HasSuffix(r.category, "_PV"):
		how = "caretaker"
	case strings.HasSuffix(r.category, "_TUAT"):
		how = "survivor"
	}
	rows := k.code[r.category]
	percent := 0
	if slices.ContainsFunc(rows, func(x rate) bool { return x.percent > 0 }) {
		percent = int(said(r.percent))
	}
	row := k.latest(rows, asked{"ncc " + r.category, m, noAge, percent}, func(x *rate) bool { return x.percent == percent })
	if row == nil {
		return how, 0
	}
	amount = row.amount
	if row.perUnit {
		amount *= money.VND(said(r.units))
	}
	return how, amount
}

// said is a count of a decision; one that is missing is computed as one, and held.
func said(n int) int64 {
	if n < 0 {
		return 1
	}
	return int64(n)
}
