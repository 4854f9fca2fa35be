package payout

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"ansinh.vn/beneficiaries"
	"ansinh.vn/internal/pg"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
	"ansinh.vn/verify"
)

// Whatever decisions say, one after another: cutting gives the months that asking each
// month gives, in stretches that never overlap, and suspending and resuming from the same
// month changes nothing.
func TestCuttingIsAskingEachMonth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		first := month("2026-01")
		e := entitled{first: first, last: first.Add(rapid.IntRange(0, 24).Draw(t, "length"))}
		var steps []step
		for range rapid.IntRange(0, 8).Draw(t, "decisions") {
			steps = append(steps, step{from: first.Add(rapid.IntRange(-2, 26).Draw(t, "from")), inForce: rapid.Bool().Draw(t, "in force")})
		}
		asked := func(steps []step, m money.Month) bool {
			on := m >= e.first && m <= e.last
			now := true
			for _, s := range steps {
				if s.from <= m {
					now = s.inForce
				}
			}
			return on && now
		}
		count := func(pieces []entitled, m money.Month) (n int) {
			for _, p := range pieces {
				if m >= p.first && m <= p.last {
					n++
				}
			}
			return n
		}
		pieces := cut(nil, e, steps, false)
		if !slices.ContainsFunc(pieces, func(p entitled) bool { return p.first == e.first }) {
			t.Fatalf("the first month is lost: %+v", pieces)
		}
		m := first.Add(rapid.IntRange(-3, 30).Draw(t, "suspended from"))
		neutral := cut(nil, e, append(append([]step{}, steps...), step{from: m}, step{from: m, inForce: true}), false)
		open := cut(nil, e, append(append([]step{}, steps...), step{from: first, inForce: true}), false)
		for x := first.Add(-3); x <= first.Add(30); x++ {
			want := 0
			if asked(steps, x) {
				want = 1
			}
			if n := count(pieces, x); n != want {
				t.Fatalf("%s: %d times, want %d in %+v", x, n, want, pieces)
			}
			if x < m && count(neutral, x) != want {
				t.Fatalf("%s: suspended and resumed from %s changed it", x, m)
			}
			if in := x >= e.first && x <= e.last; (count(open, x) == 1) != in {
				t.Fatalf("%s: opened again, but %d", x, count(open, x))
			}
		}
	})
}

// act is one decision that somebody may think of: most are refused.
type act struct {
	kind  beneficiaries.RulingKind
	from  int // months from the run's
	ahead bool
}

var acts = rapid.Custom(func(t *rapid.T) act {
	return act{rapid.SampledFrom([]beneficiaries.RulingKind{beneficiaries.RuleSuspend, beneficiaries.RuleResume, beneficiaries.RuleResume, beneficiaries.RuleStop,
		beneficiaries.RuleChange, beneficiaries.RuleTransfer, beneficiaries.RuleReceive, beneficiaries.RuleReceive, beneficiaries.RuleGrant}).Draw(t, "kind"),
		rapid.IntRange(-3, 2).Draw(t, "from"), rapid.Bool().Draw(t, "ahead")}
})

// A life of random decisions in two communes, with a run of each every month: what was paid
// for a month in the end is what is owed for it in the end, no two communes owe the same
// month, and every run is still derived from what it knew.
func TestALifeOfDecisions(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	here, there := b.signers()
	signer := map[string]int64{office: here, "31867": there}
	chair := map[string]string{office: "staff:chairman.vinhloc", "31867": "staff:chairman.phuoclong"}
	b.exec(`insert into setting (key, value) values ('decision.posting', 'false')`)
	for _, o := range []string{office, "31867"} {
		b.check(pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) error { return b.fundOf(tx, o, 10_000_000_000) }))
	}
	var people []PersonID
	for range 14 {
		people = append(people, b.person(receives()))
	}
	made := map[beneficiaries.RulingKind]int{}
	for i := range 7 {
		m := month("2026-11").Add(i)
		b.now = m.Add(-1).First().AddDate(0, 0, 19)
		for j, p := range people {
			for k := range 2 {
				a := acts.Example(1000*i + 10*j + k)
				if b.try(a, p, m, signer, chair) {
					made[a.kind]++
				}
			}
		}
		for _, o := range []string{office, "31867"} {
			r, err := b.tryPrepare(func(in *PrepareInput) { in.Office, in.Month, in.KnownOn = o, m, bookDay(b.now) })
			if errors.Is(err, ErrNothing) {
				continue
			}
			b.check(err)
			r, err = Submit(b.ctx, b.pool, r.ID, b.clerk, b.now)
			if errors.Is(err, ErrNothing) {
				continue
			}
			b.check(err)
			_, err = b.approve(r, b.second)
			b.check(err)
		}
	}
	t.Logf("decisions made: %v", made)
	for _, kind := range beneficiaries.RulingKinds {
		if made[kind] == 0 {
			t.Errorf("no %s was made", kind)
		}
	}
	settings, err := LoadSettings(b.ctx, b.pool)
	b.check(err)
	last := month("2027-05")
	c := NewCalc(EmbeddedRates(), settings.rules(), bookDay(b.now), false, last)
	for _, p := range people {
		who, ents, err := readStanding(b.ctx, b.pool, c, int64(p))
		b.check(err)
		final, _, err := withPlan(b.ctx, b.pool, c, who, ents, beneficiaries.Plan{})
		b.check(err)
		paid, err := paidByMonth(b.ctx, b.pool, int64(p))
		b.check(err)
		for m := settings.Opening; m <= last; m++ {
			owed, err := owes(c, final, m)
			b.check(err)
			if owed != paid[m] {
				t.Errorf("person %d, %s: owed %d, paid %d", p, m, owed, paid[m])
			}
		}
	}
	if n := b.count(`
		select count(*) from generate_series('2026-07-01'::date, '2027-12-01', interval '1 month') m, person p
		where (select count(distinct e.office) from entitlement e where e.person_id = p.id and entitlement_in_force(e, m::date)) > 1`); n != 0 {
		t.Errorf("%d months are owed by two communes", n)
	}
	report, err := verify.Run(b.ctx, b.pool, verify.Options{})
	b.check(err)
	for _, d := range report.Differences {
		t.Errorf("%+v", d)
	}
	for _, note := range report.Notes {
		if strings.Contains(note, "changed after their run") {
			t.Errorf("not derived: %s", note)
		}
	}
}

// try makes a decision if it can be made.
func (b *bundle) try(a act, p PersonID, m money.Month, signer map[string]int64, chair map[string]string) bool {
	b.Helper()
	r := beneficiaries.Ruling{Kind: a.kind, Person: beneficiaries.PersonID(p), From: max(m.Add(a.from), month("2026-08")), Reason: "thử", Ground: "other"}
	var of string
	b.scan(&of, `select office from person where id = $1`, p)
	switch a.kind {
	case beneficiaries.RuleTransfer:
		r.ToOffice = map[string]string{office: "31867", "31867": office}[of]
	case beneficiaries.RuleChange, beneficiaries.RuleGrant:
		r.Scheme, r.Category = "btxh", "KT_DBN"
		if a.ahead {
			r.Category = "KT_N"
		}
		if a.kind == beneficiaries.RuleChange {
			rights, err := beneficiaries.RightsOf(b.ctx, b.pool, r.Person)
			b.check(err)
			r.Entitlements = []int64{rights[len(rights)-1].ID}
		}
	}
	var id beneficiaries.RulingID
	var no *beneficiaries.RuledError
	if a.kind == beneficiaries.RuleReceive {
		waiting, err := beneficiaries.Rulings(b.ctx, b.pool, beneficiaries.RulingFilter{Person: r.Person, State: "draft", Kind: a.kind})
		b.check(err)
		if len(waiting) == 0 {
			return false
		}
		id = waiting[0].ID
	} else {
		var err error
		if id, err = beneficiaries.DraftRuling(b.ctx, b.pool, r, "staff:clerk.vinhloc", b.now); errors.As(err, &no) {
			return false
		}
		b.check(err)
	}
	_, err := b.confirm(id, signer[of], chair[of])
	if errors.As(err, &no) {
		if a.kind != beneficiaries.RuleReceive {
			b.check(beneficiaries.RefuseRuling(b.ctx, b.pool, id, "không được", "staff:clerk.vinhloc", b.now))
		}
		return false
	}
	b.check(err)
	return true
}

func (b *bundle) fundOf(tx pgx.Tx, of string, amount money.VND) error {
	ids, err := ledger.Ensure(b.ctx, tx, []ledger.Account{bankAccount(of), fund(of, BTXH)})
	if err != nil {
		return err
	}
	_, err = ledger.Post(b.ctx, tx, ledger.Entry{Key: "funds:" + of, On: day("2026-10-20"), Kind: "funds.received",
		Transfers: []ledger.Transfer{{Debit: ids[bankAccount(of).Code], Credit: ids[fund(of, BTXH).Code], Amount: amount}}})
	return err
}
