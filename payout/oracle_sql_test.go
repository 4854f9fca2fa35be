package payout

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pgtest"
	"ansinh.vn/money"
)

// The rules once more as relations: PostgreSQL is asked who is owed what, out of the
// same files, and has to come to the same lines.
const relational = `
with knows as (select * from o_ent where decided <= @day),
span as (select no, generate_series(min(first), @month::date, '1 month')::date m from knows group by no),
lived as (
    select s.no, s.m, p.died is null or p.died > @day or s.m <= date_trunc('month', p.died) alive,
           floor((extract(year from s.m) * 12 + extract(month from s.m) - p.born) / 12) age
    from span s join o_person p using (no)),
level as (
    select distinct on (rate, m) rate, m, amount from o_level l, (select distinct m from span) x
    where l.known <= @day and date_trunc('month', l.valid) <= m and (l.status = 'confirmed' or @provisional)
    order by rate, m, l.valid desc),
-- every entitlement in every month in which it counts, with its own amount
mine as (
    select l.*, e.id, e.scheme, e.category, e.first, e.children, e.percent, e.units
    from lived l join knows e on e.no = l.no and l.m between e.first and coalesce(e.last, '9999-01-01')),
social as (
    select distinct on (x.id, x.m) x.no, x.m, x.category, x.alive, x.first, k.grp,
           (l.amount * k.coefficient * case when k.per = 'child' then x.children else 1 end)::bigint amount
    from mine x join o_coef k on k.family = x.category join level l on l.m = x.m and l.rate = 'btxh_level'
    where x.scheme = 'btxh' and k.known <= @day and date_trunc('month', k.valid) <= x.m and (k.until is null or k.until >= x.m)
      and (k.age_from is null or x.age >= k.age_from) and (k.age_to is null or x.age < k.age_to)
    order by x.id, x.m, k.valid desc),
best as (
    select distinct on (no, m, part) no, m, part, category, amount
    from social cross join lateral (values
        (case when grp in ('base', 'base_with_single_parent') then 'base' end),
        (case when grp = 'base_with_single_parent' then 'with' end),
        (case when grp in ('single_parent', 'care_mother') then grp end)) g(part)
    where part is not null and alive and amount > 0
    order by no, m, part, amount desc, category collate "C"),
pension as (
    select x.no, x.m, min(x.category collate "C") category, max(l.amount) amount
    from mine x join level l on l.m = x.m and l.rate = 'htxh_amount' where x.scheme = 'htxh' and x.alive group by x.no, x.m),
merit as (
    select x.no, x.m, x.category, r.amount,
           case when x.category like '%\_PV' then 'PV' when x.category like '%\_TUAT' then 'TUAT' else 'adds' end part,
           row_number() over (partition by x.no, x.m, case when x.category like '%\_PV' then 'PV' when x.category like '%\_TUAT' then 'TUAT' else 'adds' end
                              order by r.amount desc, x.category collate "C") place
    from mine x cross join lateral (
        select k.amount * case when k.per = 'seniority_unit' then x.units else 1 end amount
        from o_merit k
        where k.code = x.category and (k.percent is null or k.percent = x.percent) and k.known <= @day
          and date_trunc('month', k.valid) <= x.m and (k.status = 'confirmed' or @provisional)
        order by k.valid desc limit 1) r
    where x.scheme = 'ncc' and x.alive and r.amount > 0),
contest as (
    select no, m, coalesce(b.amount, 0) base, coalesce(p.amount, 0) + coalesce(w.amount, 0) parent, coalesce(n.amount, 0) pension
    from (select distinct no, m from span) x
    left join (select * from best where part = 'base') b using (no, m)
    left join (select * from best where part = 'with') w using (no, m)
    left join (select * from best where part = 'single_parent') p using (no, m)
    left join pension n using (no, m)),
wins as (
    select *, case when pension > greatest(base, parent) then 'pension' when parent > base then 'parent' else 'base' end winner from contest),
won as (
    select w.no, w.m, 'htxh' scheme, n.category, n.amount from wins w join pension n using (no, m) where winner = 'pension'
    union all
    select w.no, w.m, 'btxh', b.category, b.amount from wins w join best b using (no, m)
    where (winner = 'base' and part = 'base') or (winner = 'parent' and part in ('single_parent', 'with'))),
merited as (select no, m, category, amount from merit where part = 'adds' or (part = 'PV' and place = 1) or (part = 'TUAT' and place <= 2)),
-- the setting under which merit and the others exclude each other
sides as (
    select no, m, sum(social) social, sum(merit) merit
    from (select no, m, amount social, 0 merit from won union all select no, m, 0, amount from merited) x
    where @competes group by no, m having sum(merit) > 0),
owed as (
    select no, m, scheme, category, amount from won left join sides s using (no, m) where s.no is null or s.merit < s.social
    union all
    select no, m, 'ncc', category, amount from merited left join sides s using (no, m) where s.no is null or s.merit >= s.social
    union all
    select no, m, 'btxh', category, amount from social where (alive and grp = 'care') or (grp = 'one_off' and m = first)
    union all
    select no, m, 'btxh', category, amount from best where part = 'care_mother'),
balance as (
    select no, m, scheme, category, sum(amount)::bigint amount
    from (select * from owed union all
          select d.no, d.m, d.scheme, d.category, -d.amount from o_paid d join span using (no, m)) x
    group by no, m, scheme, category)
select concat_ws(',', no, scheme, category, to_char(m, 'YYYY-MM'), amount,
    case when category = 'MAITANG' and amount > 0 then 'funeral' when m = @month then 'regular' when amount > 0 then 'arrears' else 'clawback' end)
from balance where amount <> 0
order by no collate "C", m, array_position(array['btxh', 'htxh', 'ncc'], scheme), category collate "C"`

// crowd is people, their entitlements and what they were paid, as CSV without headers.
type crowd struct {
	r                    *rand.Rand
	people, rights, paid strings.Builder
	rightRows            []string
}

// draw makes n people with everything that may happen to somebody.
func (c *crowd) draw(n int, from, to money.Month) {
	r := EmbeddedRates()
	span := int(to - from)
	pick := func(list ...string) string { return list[c.r.IntN(len(list))] }
	for i := range n {
		no := fmt.Sprintf("%012d", i*7)
		birth := fmt.Sprintf("%d-%02d-%02d", 1926+c.r.IntN(101), 1+c.r.IntN(12), 1+c.r.IntN(28))
		birth = birth[:[]int{0, 4, 4, 7, 7, 10, 10, 10, 10, 10}[c.r.IntN(10)]]
		died := ""
		if c.r.IntN(4) == 0 {
			died = from.Add(c.r.IntN(span+3)).First().AddDate(0, 0, c.r.IntN(28)).Format(time.DateOnly)
		}
		fmt.Fprintf(&c.people, "%s,%s,%s,%s\n", no, birth, died, pick("M", "F", ""))
		for j := range c.r.IntN(6) {
			scheme := pick("btxh", "btxh", "btxh", "htxh", "ncc", "ncc")
			category := map[string]string{
				"btxh": pick(r.names...), "htxh": []string{"HTXH", "HTXH75"}[i%2],
				"ncc": pick(pick(r.meritIDs...), pick("TB_A", "TB_B"), pick("LS_TUAT_ND", "TB61_TUAT", "TKN45B_TUAT", "TB81_PV", "BMVNAH_PV", "TB81DBN_PV"))}[scheme]
			first := from.Add(c.r.IntN(span + 4))
			last := ""
			if c.r.IntN(3) == 0 {
				last = first.Add(c.r.IntN(20)).String()
			}
			decided := first.Add(c.r.IntN(9)-3).First().AddDate(0, 0, c.r.IntN(28)).Format(time.DateOnly)
			c.rightRows = append(c.rightRows, fmt.Sprintf("%d,%s,%s,%s,%s,%s,%d,%d,%d,%s\n", j, no, scheme, category, first, last,
				c.r.IntN(4), 18+c.r.IntN(83), c.r.IntN(5), decided))
		}
		for range c.r.IntN(3) - 1 { // paid without a reason, or too much
			fmt.Fprintf(&c.paid, "%s,btxh,%s,%s,%d\n", no, pick(r.names...), from.Add(c.r.IntN(span+6)), 10_000*(c.r.IntN(200)-20))
		}
	}
	c.rights.WriteString(strings.Join(c.rightRows, ""))
}

// earlier pays what a run of an earlier month, which knew less, would have.
func (c *crowd) earlier(t *testing.T, in CalculateInput) {
	some := slices.DeleteFunc(slices.Clone(c.rightRows), func(string) bool { return c.r.IntN(8) == 0 })
	out, _, err := calculate(c.people.String(), strings.Join(some, ""), "", func(x *CalculateInput) {
		x.Month, x.KnownOn, x.Rules = in.Month.Add(-1-c.r.IntN(5)), in.KnownOn.AddDate(0, -c.r.IntN(8), 0), in.Rules
	})
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.SplitAfter(out, "\n")
	for _, row := range rows[1 : len(rows)-1] {
		if c.r.IntN(12) > 0 {
			c.paid.WriteString(strings.Join(strings.SplitN(row, ",", 6)[:5], ",") + "\n")
		}
	}
}

// load brings a crowd and the rates into tables of their own.
func (c *crowd) load(ctx context.Context, tx pgx.Tx, rules Rules) error {
	_, err := tx.Exec(ctx, `
		set local enable_nestloop = off; set local jit = off; set local work_mem = '64MB';
		create temp table o_person (no text, birth text, died date, sex text, born int) on commit drop;
		create temp table o_ent (id int, no text, scheme text, category text, first date, last date, children int, percent int, units int, decided date) on commit drop;
		create temp table o_paid (no text, scheme text, category text, m date, amount bigint) on commit drop;
		create temp table o_level (rate text, valid date, known date, amount numeric, status text, instrument text) on commit drop;
		create temp table o_coef (family text, code text, label text, age_from int, age_to int, coefficient numeric, per text, grp text,
		    valid date, until date, known date, article text) on commit drop;
		create temp table o_merit (code text, label text, per text, valid date, known date, amount bigint, status text, instrument text, percent int) on commit drop;
		create temp table o_injury (code text, percent int, valid date, known date, amount bigint, status text, instrument text) on commit drop`)
	if err != nil {
		return err
	}
	days := func(text string, columns ...int) string { // a month is its first day
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil {
			panic(err)
		}
		var b strings.Builder
		w := csv.NewWriter(&b)
		for i, row := range rows {
			for _, at := range columns {
				if row[at] != "" {
					row[at] += "-01"
				}
			}
			if len(row) == 10 {
				row[0] = strconv.Itoa(i) // of the whole file, for the relations
			}
			_ = w.Write(row)
		}
		w.Flush()
		return b.String()
	}
	for table, text := range map[string]string{
		"o_person (no, birth, died, sex)": c.people.String(), "o_ent": days(c.rights.String(), 4, 5), "o_paid": days(c.paid.String(), 3),
		"o_level": rateText("levels.csv"), "o_coef": rateText("btxh.csv"),
		"o_merit (code, label, per, valid, known, amount, status, instrument)": rateText("ncc.csv"), "o_injury": rateText("ncc_injury.csv"),
	} {
		if _, err := tx.Conn().PgConn().CopyFrom(ctx, strings.NewReader(text), "copy "+table+" from stdin (format csv)"); err != nil {
			return fmt.Errorf("%s: %w", table, err)
		}
	}
	_, err = tx.Exec(ctx, `
		update o_person set born = case length(birth)
		    when 4 then birth::int * 12 + $1
		    when 7 then left(birth, 4)::int * 12 + right(birth, 2)::int + $2
		    else left(birth, 4)::int * 12 + substr(birth, 6, 2)::int end
		where birth <> ''`, int(max(rules.YearBirth, 1)), rules.MonthBirth)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		update o_coef set until = date_trunc('month', until)::date where until is not null;
		insert into o_merit (code, percent, valid, known, amount, status) select code, percent, valid, known, amount, status from o_injury;
		analyze o_person, o_ent, o_paid, o_coef, o_merit`)
	return err
}

func rateText(name string) string {
	b, err := rateFiles.ReadFile("rates/" + name)
	if err != nil {
		panic(err)
	}
	_, rows, _ := strings.Cut(string(b), "\n")
	return rows
}

func TestCalculateAgreesWithTheRulesAsRelations(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	for i, c := range []struct {
		month, known string
		provisional  bool
		rules        Rules
	}{
		{"2026-11", "2026-10-20", false, Rules{}},
		{"2026-10", "2026-10-04", false, Rules{YearBirth: time.July, MonthBirth: 1}},
		{"2027-02", "2027-01-20", true, Rules{}},
		{"2025-09", "2025-09-01", false, Rules{}},
		{"2026-08", "2026-10-05", false, Rules{MeritCompetes: true}},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			m, people := month(c.month), crowd{r: rand.New(rand.NewPCG(uint64(i), 2026))}
			in := CalculateInput{Month: m, KnownOn: day(c.known), WithProvisional: c.provisional, Rules: c.rules}
			people.draw(oracleSize, m.Add(-20), m)
			people.earlier(t, in)
			in.People = Named{"P", strings.NewReader(peopleHead + people.people.String())}
			in.Entitlements = Named{"E", strings.NewReader(rightsHead + people.rights.String())}
			in.Paid = Named{"D", strings.NewReader(paidHead + people.paid.String())}
			var out bytes.Buffer
			done, err := Calculate(in, &out)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Split(strings.TrimSpace(out.String()), "\n")[1:]
			for i, row := range got { // all but article and explanation
				got[i] = strings.Join(strings.SplitN(row, ",", 7)[:6], ",")
			}
			tx, err := pool.Begin(ctx)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = tx.Rollback(ctx) }()
			if err := people.load(ctx, tx, c.rules); err != nil {
				t.Fatal(err)
			}
			rows, err := tx.Query(ctx, relational, pgx.StrictNamedArgs{"month": m, "day": in.KnownOn, "provisional": c.provisional, "competes": c.rules.MeritCompetes})
			if err != nil {
				t.Fatal(err)
			}
			want, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				t.Fatal(err)
			}
			if len(want) < oracleSize {
				t.Fatalf("only %d lines", len(want))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("(-relations +function) of %d lines for %d people:\n%.4000s", len(want), done.People, diff)
			}
		})
	}
}

// oracleSize is how many people each case has.
const oracleSize = 600
