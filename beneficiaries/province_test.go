package beneficiaries

import (
	"fmt"
	"strings"
	"testing"

	"ansinh.vn/internal/province"
	"ansinh.vn/internal/secret"
)

// TestProvinceListsAreReadAsTheyWereMeant imports what 64 communes write, asks
// the register, and holds every row against the truth behind it.
func TestProvinceListsAreReadAsTheyWereMeant(t *testing.T) {
	t.Parallel()
	l := live(t, 1500)
	l.importAll()
	for i, got := range l.lists {
		f := l.truth.Files[i]
		if got.Office != f.Office || got.Scheme != f.Scheme {
			t.Errorf("%s: taken for a list of %s %s", f.Name, got.Office, got.Scheme)
		}
		if got.Received != len(f.Rows) || got.Received != got.Imported+got.Quarantined {
			t.Errorf("%s: received %d = %d + %d, written %d", f.Name, got.Received, got.Imported, got.Quarantined, len(f.Rows))
		}
	}
	result := l.synced(l.register("some"))
	rows := 0
	for i, f := range l.truth.Files {
		rows += l.checkRows(f, l.lists[i].List)
	}
	counts, err := Counts(l.ctx, l.pool)
	l.ok(err)
	c := Total(counts)
	if c.Received != rows || c.Received != c.Imported+c.Quarantined || c.Imported != c.People+c.Repeated || c.People != c.Payable+c.Held || c.People != result.Asked {
		t.Errorf("counts do not close over %d rows and %d people asked: %+v", rows, result.Asked, c)
	}
	if share := float64(c.Payable) / float64(c.People); share < 0.95 {
		t.Errorf("only %.3f of the people are payable: %+v", share, c)
	}
	l.noNumberReadable()
}

// checkRows compares every row of a list with what it was written from.
func (l *lived) checkRows(f province.File, list ListID) int {
	l.Helper()
	rows, err := l.pool.Query(l.ctx, `
		select r.row_no, r.state, coalesce(p.number_enc, ''), coalesce(p.register_outcome, ''), coalesce(e.category, ''), coalesce(e.first_month::text, ''),
		       coalesce(e.children, 0), coalesce(e.injury_percent, 0), coalesce(y.way, ''), r.duplicate_of is not null
		  from list_row r
		  left join person p on p.id = r.person_id
		  left join entitlement e on e.row_id = r.id
		  left join payee y on y.person_id = p.id and y.ended_at is null
		 where r.list_id = $1 order by r.row_no`, list)
	l.ok(err)
	defer rows.Close()
	n := 0
	for rows.Next() {
		var no, children, injury int
		var state, outcome, category, first, way string
		var sealed []byte
		var repeated bool
		l.ok(rows.Scan(&no, &state, &sealed, &outcome, &category, &first, &children, &injury, &way, &repeated))
		row := f.Rows[no-f.FirstRow]
		one, meant := l.world.People[row.Person], l.world.Entitlements[row.Entitlement]
		where := fmt.Sprintf("%s row %d (%s)", f.Name, no, row.Sins)
		n++
		if state == "quarantined" {
			if !row.Sins.Has(province.Quarantined) && row.Sins&^(province.OldAddress|province.TwoDigitYear) != 0 {
				l.Logf("%s: quarantined", where)
			}
			continue
		}
		if row.Sins.Has(province.Quarantined) {
			l.Errorf("%s: taken although it lacks what it must say", where)
		}
		if !repeated && (category != meant.Category || first != meant.FirstMonth.First().Format("2006-01-02") || children != meant.Children || injury != meant.InjuryPercent) {
			l.Errorf("%s: read as %s from %s, %d children, %d %%; meant %s from %s, %d, %d", where, category, first, children, injury,
				meant.Category, meant.FirstMonth, meant.Children, meant.InjuryPercent)
		}
		number := ""
		if len(sealed) > 0 {
			var err error
			number, err = l.box.Open(secret.PersonNumber, sealed)
			l.ok(err)
		}
		switch Outcome(outcome) {
		case Match, OldNumber, Moved, Deceased, Absent:
			if number != string(one.Number) {
				l.Errorf("%s: %s, but linked to somebody else", where, outcome)
			}
		}
		switch {
		case row.Sins.Has(province.Unknown):
			if Outcome(outcome).Payable() {
				l.Errorf("%s: nobody the register knows, yet %s", where, outcome)
			}
		case row.Sins.Has(province.Dead) && outcome != string(Deceased) && outcome != string(Duplicate):
			l.Errorf("%s: dead, yet %s", where, outcome)
		case row.Sins.Has(province.AwayFromHome) && Outcome(outcome).Payable():
			l.Errorf("%s: away, yet %s", where, outcome)
		}
	}
	l.ok(rows.Err())
	if n != len(f.Rows) {
		l.Errorf("%s: %d rows kept of %d", f.Name, n, len(f.Rows))
	}
	return n
}

// noNumberReadable looks through every table for a number in the clear.
func (b *bundle) noNumberReadable() {
	b.Helper()
	numbers := map[string]bool{}
	rows, err := b.pool.Query(b.ctx, `select number_enc, $1 from person where number_enc is not null union all select account_enc, $2 from payee where account_enc is not null`,
		secret.PersonNumber, secret.AccountNumber)
	b.ok(err)
	for rows.Next() {
		var sealed []byte
		var label string
		b.ok(rows.Scan(&sealed, &label))
		plain, err := b.box.Open(label, sealed)
		b.ok(err)
		numbers[plain] = true
	}
	for _, table := range []string{"person", "list", "list_row", "list_change", "entitlement", "payee", "paid_before", "sync", "life_event", "review_decision", "audit_event"} {
		rows, err := b.pool.Query(b.ctx, `select t::text from `+table+` t`)
		b.ok(err)
		for rows.Next() {
			var text string
			b.ok(rows.Scan(&text))
			for _, digits := range strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' }) {
				if len(digits) > 8 && numbers[digits] {
					b.Errorf("table %s holds the number %s in the clear: %.200s", table, secret.Mask(digits), text)
				}
			}
		}
		b.ok(rows.Err())
	}
}
