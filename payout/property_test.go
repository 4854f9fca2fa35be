package payout

import (
	"cmp"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ansinh.vn/money"
)

// pay turns lines into what was then paid.
func pay(paid []Paid, lines []line) []Paid {
	for _, l := range lines {
		paid = append(paid, Paid{Schemes[l.scheme], l.name, l.month, l.amount})
	}
	return paid
}

func total(lines []line) (sum money.VND) {
	for _, l := range lines {
		sum += l.amount
	}
	return sum
}

func TestCalculatingAgainAfterPayingGivesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		birth, ents, m, known := drawBirth.Draw(t, "birth"), drawRights.Draw(t, "rights"), drawMonth.Draw(t, "month"), drawDay.Draw(t, "known")
		paid := rapid.SliceOfN(drawPaid, 0, 4).Draw(t, "paid")
		paid = pay(paid, difference(t, birth, "", ents, paid, m, known, false))
		if again := difference(t, birth, "", ents, paid, m, known, false); len(again) != 0 {
			t.Fatalf("again: %+v", again)
		}
	})
}

func TestPayingLateNeverChangesTheTotal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		birth, ents, m, known := drawBirth.Draw(t, "birth"), drawRights.Draw(t, "rights"), drawMonth.Draw(t, "month"), drawDay.Draw(t, "known")
		died := ""
		if rapid.Bool().Draw(t, "dies") {
			died = drawDay.Draw(t, "died")
		}
		at := total(difference(t, birth, died, ents, nil, m, known, false))
		var paid []Paid
		var sum money.VND
		for i := rapid.IntRange(1, 6).Draw(t, "runs"); i >= 0; i-- { // a run now and then, each by what was known then
			if i > 0 {
				early := min(known, drawDay.Draw(t, "known then"))
				lines := difference(t, birth, died, ents, paid, m.Add(-i), early, false)
				paid, sum = pay(paid, lines), sum+total(lines)
				continue
			}
			sum += total(difference(t, birth, died, ents, paid, m, known, false))
		}
		if sum != at {
			t.Fatalf("at once %d, in parts %d", at, sum)
		}
	})
}

func TestOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		birth, ents, m, known := drawBirth.Draw(t, "birth"), drawRights.Draw(t, "rights"), drawMonth.Draw(t, "month"), drawDay.Draw(t, "known")
		paid := rapid.SliceOfN(drawPaid, 0, 6).Draw(t, "paid")
		show := func(lines []line) (out []string) {
			c := NewCalc(EmbeddedRates(), Rules{}, day(known), false, m)
			for i := range lines {
				out = append(out, string(c.appendExplanation(c.appendArticle([]byte(lines[i].name), &lines[i]), &lines[i])))
			}
			return out
		}
		first := show(difference(t, birth, "", ents, paid, m, known, false))
		ents, paid = rapid.Permutation(ents).Draw(t, "rights again"), rapid.Permutation(paid).Draw(t, "paid again")
		if diff := gocmp.Diff(first, show(difference(t, birth, "", ents, paid, m, known, false))); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestABackDatedRatePaysExactlyTheDifference(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		birth, m := drawBirth.Draw(t, "birth"), month("2026-07").Add(rapid.IntRange(0, 8).Draw(t, "month"))
		family := rapid.SampledFrom([]string{"TE_KNND", "TE_HIV", "DONTHAN", "NCT_D", "KT_DBN", "KT_N", "TE_U3", "HIV", "CS_HO_KTDBN"}).Draw(t, "family")
		e := right(BTXH, family, children(rapid.IntRange(1, 3).Draw(t, "children")))
		before := difference(t, birth, "", []Entitlement{e}, nil, m, "2026-10-04", false)
		lines := difference(t, birth, "", []Entitlement{e}, pay(nil, before), m, "2026-10-05", false)
		var owed money.VND
		for _, l := range before {
			if l.month >= month("2026-07") {
				owed += l.amount / 500_000 * 40_000 * 1
				owed += l.amount % 500_000 * 40_000 / 500_000
			}
		}
		if got := total(lines); got != owed {
			t.Fatalf("difference %d, want %d", got, owed)
		}
		for _, l := range lines {
			if l.month < month("2026-07") || (l.kind == Regular) != (l.month == m) {
				t.Fatalf("line %+v", l)
			}
		}
	})
}

func TestLinesStandInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lines := difference(t, drawBirth.Draw(t, "birth"), "", drawRights.Draw(t, "rights"), rapid.SliceOfN(drawPaid, 0, 6).Draw(t, "paid"),
			drawMonth.Draw(t, "month"), drawDay.Draw(t, "known"), false)
		if !slices.IsSortedFunc(lines, func(a, b line) int {
			return cmp.Or(cmp.Compare(a.month, b.month), cmp.Compare(a.scheme, b.scheme), cmp.Compare(a.name, b.name))
		}) {
			t.Fatalf("%+v", lines)
		}
	})
}

func TestASentenceOutOfMemoryIsTheSentence(t *testing.T) {
	t.Parallel()
	var s *subtraction
	rapid.Check(t, func(t *rapid.T) {
		birth, ents, m := drawBirth.Draw(t, "birth"), drawRights.Draw(t, "rights"), drawMonth.Draw(t, "month")
		paid := rapid.SliceOfN(drawPaid, 0, 6).Draw(t, "paid")
		c := NewCalc(EmbeddedRates(), Rules{}, day("2026-11-01"), true, month("2027-06"))
		if s == nil {
			s = &subtraction{Calc: c}
		}
		lines := difference(t, birth, rapid.SampledFrom([]string{"", "2026-03-03"}).Draw(t, "died"), ents, paid, m, "2026-11-01", true)
		for i := range lines {
			l := &lines[i]
			for range 2 {
				if got, want := s.sentence(l), string(s.appendArticle(nil, l))+"\x00"+string(s.appendExplanation(nil, l)); got.reason != want || got.article+"\x00"+got.text != want {
					t.Fatalf("%q, want %q", got.reason, want)
				}
			}
		}
	})
}
