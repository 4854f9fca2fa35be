package payout

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"ansinh.vn/money"
)

func TestSimulateComparesAYear(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	long := func(scheme Scheme, category string) Entitlement {
		e := right(scheme, category)
		e.FirstMonth, e.DecisionOn = money.NewMonth(2025, 1), money.Day(2025, 1, 5)
		return e
	}
	b.person(someone{rights: []Entitlement{long(BTXH, "KT_N")}})                                           // 1.5
	b.person(someone{birth: "1940", rights: []Entitlement{long(HTXH, "HTXH"), long(BTXH, "CS_HO_KTDBN")}}) // pension, and 1.0 on top
	b.person(someone{died: "2026-03-10", outcome: "deceased", rights: []Entitlement{long(BTXH, "KT_N")}})  // three months
	b.person(someone{birth: "1940", rights: []Entitlement{long(HTXH, "HTXH"), long(BTXH, "NCT_D")}})       // 3.0 wins over the pension
	later := long(BTXH, "KT_N")
	later.DecisionOn = money.Day(2026, 11, 1)
	b.person(someone{rights: []Entitlement{later}}) // not known yet

	in := SimulateInput{Year: 2026, KnownOn: money.Day(2026, 10, 20),
		Proposal: Proposal{From: money.NewMonth(2026, 7), Levels: map[Scheme]money.VND{BTXH: 600_000}}}
	simulate := func() Simulation {
		t.Helper()
		s, err := Simulate(b.ctx, b.pool, in)
		b.check(err)
		return s
	}
	s := simulate()
	// today: 500,000 for six months and 540,000 for six; coefficients 1.5 + 1.0 + 3.0, and 1.5 × 3 months of the dead
	today := money.VND(6*500_000+6*540_000)*55/10 + 3*750_000
	want := []Cost{
		{Office: office, Name: "Vĩnh Lộc", Scheme: BTXH, People: 4, Today: today, Proposed: today + 6*60_000*55/10, Change: 6 * 60_000 * 55 / 10},
		{Office: office, Name: "Vĩnh Lộc", Scheme: HTXH, People: 1, Today: 6*500_000 + 6*540_000, Proposed: 6*500_000 + 6*540_000},
	}
	if diff := cmp.Diff(want, s.Rows); diff != "" {
		t.Error(diff)
	}
	total := Cost{People: 4, Today: want[0].Today + want[1].Today, Proposed: want[0].Proposed + want[1].Proposed, Change: want[0].Change}
	if diff := cmp.Diff(total, s.Total); diff != "" {
		t.Error(diff)
	}
	if s.Year != 2026 || s.From != "2026-07" || s.KnownOn != "2026-10-20" || len(s.Schemes) != 3 {
		t.Errorf("%+v", s)
	}
	if b.count(`select (select count(*) from rate_edition) + (select count(*) from audit_event)`) != 0 {
		t.Error("something was written")
	}

	in.Levels = map[Scheme]money.VND{BTXH: 540_000, HTXH: 540_000} // what holds already
	if c := simulate().Total.Change; c != 0 {
		t.Errorf("the level of today costs %d more", c)
	}
	in.Levels = map[Scheme]money.VND{HTXH: 2_000_000} // now above 3.0 × 540,000
	if c := simulate().Total.Change; c != 6*(2_000_000-540_000)+6*(2_000_000-3*540_000) {
		t.Errorf("a pension that wins changes %d", c)
	}
	in.Levels, in.Coefficients = nil, map[string]decimal.Decimal{"KT_N": decimal.NewFromInt(2)}
	if c := simulate().Total.Change; c != 6*540_000/2 {
		t.Errorf("a coefficient of 2.0 changes %d", c)
	}
	in.From = money.NewMonth(2026, 1) // and for the dead, while they lived
	if c := simulate().Total.Change; c != (6*500_000+6*540_000)/2+3*250_000 {
		t.Errorf("a coefficient of 2.0 from January changes %d", c)
	}
	in.Coefficients = map[string]decimal.Decimal{"KT_N.KT_N_TE": decimal.NewFromInt(3)} // children: there is none
	if c := simulate().Total.Change; c != 0 {
		t.Errorf("a row for children changes %d", c)
	}
}

func TestSimulateChangesMeritByProportion(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	long := func(category string, percent int) Entitlement {
		e := right(NCC, category)
		e.FirstMonth, e.DecisionOn, e.InjuryPercent = money.NewMonth(2025, 1), money.Day(2025, 1, 5), percent
		return e
	}
	b.person(someone{birth: "1940", rights: []Entitlement{long("LS_TN1", 0), long("BMVNAH_PC", 0)}}) // 2,789,000 and 2,337,000
	in := SimulateInput{Year: 2026, KnownOn: money.Day(2026, 10, 20),
		Proposal: Proposal{From: money.NewMonth(2026, 7), Levels: map[Scheme]money.VND{NCC: 3_012_000}}}
	change := func() money.VND {
		t.Helper()
		s, err := Simulate(b.ctx, b.pool, in)
		b.check(err)
		return s.Total.Change
	}
	// 2,337,000 × 3,012 ÷ 2,789 = 2,523,862, in thousands 2,524,000
	if c := change(); c != 6*(3_012_000-2_789_000+2_524_000-2_337_000) {
		t.Errorf("a level of 3,012,000 changes %d", c)
	}
	in.Levels, in.Amounts = nil, map[string]money.VND{"BMVNAH_PC": 3_000_000}
	if c := change(); c != 6*(3_000_000-2_337_000) {
		t.Errorf("one amount changes %d", c)
	}
	in.Levels = map[Scheme]money.VND{NCC: 2_789_000} // what holds already, and the one amount
	if c := change(); c != 6*(3_000_000-2_337_000) {
		t.Errorf("today's level and one amount change %d", c)
	}
	in.Levels, in.Amounts = map[Scheme]money.VND{NCC: 2_789_000}, nil
	if c := change(); c != 0 {
		t.Errorf("today's level changes %d", c)
	}
	for _, amounts := range []map[string]money.VND{{"TB_A": 1}, {"NOBODY": 1}, {"LS_TN1": 0}} {
		in.Levels, in.Amounts = nil, amounts
		if _, err := Simulate(b.ctx, b.pool, in); !isRefusal(err) {
			t.Errorf("%v: %v", amounts, err)
		}
	}
}

func TestSimulateRefusesWhatMeansNothing(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	ok := Proposal{From: money.NewMonth(2026, 7)}
	for name, p := range map[string]Proposal{
		"scheme":      {From: ok.From, Levels: map[Scheme]money.VND{NCC: 1}},
		"level":       {From: ok.From, Levels: map[Scheme]money.VND{BTXH: 0}},
		"family":      {From: ok.From, Coefficients: map[string]decimal.Decimal{"NOBODY": decimal.NewFromInt(1)}},
		"coefficient": {From: ok.From, Coefficients: map[string]decimal.Decimal{"KT_N": decimal.RequireFromString("1.00001")}},
		"year":        {From: money.NewMonth(2025, 12)},
	} {
		_, err := Simulate(b.ctx, b.pool, SimulateInput{Year: 2026, KnownOn: money.Day(2026, 10, 20), Proposal: p})
		var refused *Refusal
		if !errors.As(err, &refused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Simulate(b.ctx, b.pool, SimulateInput{Year: 2026, KnownOn: money.Day(2026, 10, 20), Proposal: ok}); err != nil {
		t.Error(err)
	}
}
