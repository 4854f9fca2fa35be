package payout

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
)

// now writes how somebody is paid from a moment on, as beneficiaries would.
func (b *bundle) repay(id PersonID, account string, since time.Time) {
	b.Helper()
	b.check(pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) error { return b.payee(tx, id, false, account, since) }))
}

func (b *bundle) owner(sql string, args ...any) {
	b.Helper()
	_, err := pgOwner(b).Exec(b.ctx, sql, args...)
	b.check(err)
}

// vendorOn makes a vendor who is paid on an account.
func (b *bundle) vendorOn(account string) {
	b.Helper()
	b.owner(`insert into vendor (name, phone, bank_bin, account_enc, account_idx, account_changed_at, holder_name, created_at, created_by)
		values ('Trần Bán', '09' || lpad($1, 8, '0'), '970415', $2, $3, now(), 'TRAN BAN', now(), 'test')`,
		account[len(account)-6:], b.box.Seal(secret.AccountNumber, account), b.box.Index(secret.AccountNumber, account))
}

// collector makes somebody with a number collect for a person.
func (b *bundle) collector(id PersonID, name, number string) {
	b.Helper()
	b.owner(`update payee set kind = 'recipient', name = $2, number_enc = $3, number_idx = $4, authorisation_no = '1/UQ', authorised_until = '2027-03-01'
		where person_id = $1 and ended_at is null`, id, name, b.box.Seal(secret.PersonNumber, number), b.box.Index(secret.PersonNumber, number))
}

// planted is one kind of fraud, how it is planted on an honest person, and what must
// stop it or show it.
type planted struct {
	code string
	hard bool
	on   func(b *bundle, i int) PersonID
}

func (b *bundle) account(i int) string { return fmt.Sprintf("8888%06d", i) }

var frauds = []planted{
	{"not_found", true, func(b *bundle, _ int) PersonID {
		return b.person(receives(func(s *someone) { s.outcome = "not_found" }))
	}},
	{"deceased", true, func(b *bundle, _ int) PersonID {
		return b.person(receives(func(s *someone) { s.outcome, s.died = "deceased", "2026-10-02" }))
	}},
	{"duplicate", true, func(b *bundle, _ int) PersonID {
		return b.person(receives(func(s *someone) { s.outcome = "duplicate" }))
	}},
	{"shared_account", true, func(b *bundle, i int) PersonID {
		return b.person(receives(func(s *someone) { s.account = b.account(i / 2) }))
	}},
	{"no_payee", true, func(b *bundle, _ int) PersonID {
		id := b.person(receives())
		b.owner(`update payee set ended_at = now() where person_id = $1`, id)
		return id
	}},
	{"no_account", true, func(b *bundle, _ int) PersonID {
		id := b.person(receives())
		b.owner(`update payee set account_enc = null, account_idx = null where person_id = $1`, id)
		return id
	}},
	{"authorisation_expired", true, func(b *bundle, i int) PersonID {
		id := b.person(receives())
		b.collector(id, "Lê Nhận", fmt.Sprintf("0951990%05d", i))
		b.owner(`update payee set authorised_until = '2026-10-01' where person_id = $1`, id)
		return id
	}},
	{HoldJump, true, func(b *bundle, _ int) PersonID {
		return b.person(someone{rights: []Entitlement{right(BTXH, "DONTHAN", children(9))}, paid: 500_000})
	}},
	{HoldStaff, true, func(b *bundle, i int) PersonID {
		b.check(DeclareStaffAccount(b.ctx, b.pool, b.box, b.clerk, "970415", b.account(1000+i), b.second, b.now))
		return b.person(receives(func(s *someone) { s.account = b.account(1000 + i) }))
	}},
	{HoldVendor, true, func(b *bundle, i int) PersonID {
		b.vendorOn(b.account(2000 + i))
		return b.person(receives(func(s *someone) { s.account = b.account(2000 + i) }))
	}},
	{HoldCooling, true, func(b *bundle, i int) PersonID { // from cash at the post office to an account, days before
		id := b.person(receives(inCash))
		b.repay(id, b.account(3000+i), b.now.AddDate(0, 0, -1-i%6))
		return id
	}},
	{HoldAge, true, func(b *bundle, _ int) PersonID {
		return b.person(someone{birth: "1991", rights: []Entitlement{right(HTXH, "HTXH")}, paid: 500_000})
	}},
	{SeeReused, false, func(b *bundle, i int) PersonID {
		other := b.person(receives())
		b.repay(other, b.account(4000+i), b.now.AddDate(0, 0, -50))
		b.repay(other, b.account(5000+i), b.now.AddDate(0, 0, -40))
		return b.person(receives(func(s *someone) { s.account = b.account(4000 + i) }))
	}},
	{SeeOften, false, func(b *bundle, i int) PersonID {
		id := b.person(receives())
		b.repay(id, b.account(6000+i), b.now.AddDate(0, 0, -40))
		b.repay(id, b.account(7000+i), b.now.AddDate(0, 0, -20))
		return id
	}},
	{SeeRecipient, false, func(b *bundle, i int) PersonID {
		id := b.person(receives(inCash))
		b.collector(id, "Lê Gom", "095199900001")
		return id
	}},
	{SeeStaff, false, func(b *bundle, i int) PersonID {
		id := b.person(receives(inCash))
		b.collector(id, "Clerk.Vinhloc", fmt.Sprintf("0951980%05d", i))
		return id
	}},
	{SeeNoLife, false, func(b *bundle, _ int) PersonID {
		id := b.person(receives())
		b.owner(`update person set checked_at = checked_at - interval '14 months' where id = $1`, id)
		return id
	}},
	{SeeAge, false, func(b *bundle, _ int) PersonID {
		return b.person(someone{birth: "1964", rights: []Entitlement{right(HTXH, "HTXH")}, paid: 500_000})
	}},
}

// Planted among honest people, some of whose circumstances look like fraud, every planted
// case of the hard gates is stopped and every softer one is shown; of the honest at most
// one in a hundred is stopped.
func TestPlantedFraudIsFound(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	const each, honest = 4, 200
	guilty := map[PersonID]planted{}
	for _, f := range frauds {
		for i := range each {
			guilty[f.on(b, i)] = f
		}
	}
	innocent := map[PersonID]bool{}
	for i := range honest {
		s := receives()
		if i%5 == 0 {
			s.cash = true
		}
		if i%10 == 3 { // a new decision explains a jump
			s.rights[0].DecisionOn, s.paid = day("2026-10-01"), 300_000
		}
		id := b.person(s)
		innocent[id] = true
		switch i % 10 {
		case 5: // changed the account some weeks ago
			b.repay(id, b.account(9000+i), b.now.AddDate(0, 0, -30))
		case 6: // a couple on one account, accepted by a clerk
			b.repay(id, b.account(10000+i/20), b.now.AddDate(0, 0, -60))
			b.owner(`update payee set shared_reason = 'vợ chồng' where person_id = $1 and ended_at is null`, id)
		case 7: // a daughter collects
			b.collector(id, "Danh Thị Con", fmt.Sprintf("0951970%05d", i))
		}
	}
	b.prepare()
	found, shown, blocked, marked := map[string]int{}, map[string]int{}, 0, 0
	list, err := Payments(b.ctx, b.pool, PaymentFilter{Run: 1, Limit: 10_000})
	b.check(err)
	for _, p := range list {
		if innocent[p.Person] {
			if p.State == Held {
				blocked++
				t.Logf("honest person %d is held: %v", p.Person, p.HoldReasons)
			}
			if slices.ContainsFunc(p.Attention, func(a string) bool {
				return slices.ContainsFunc(frauds, func(f planted) bool { return f.code == a })
			}) {
				marked++
			}
			continue
		}
		f, planted := guilty[p.Person]
		if !planted {
			continue
		}
		if f.hard && p.State == Held && slices.Contains(p.HoldReasons, f.code) {
			found[f.code]++
		}
		if !f.hard && slices.Contains(p.Attention, f.code) {
			shown[f.code]++
		}
	}
	var report strings.Builder
	for _, f := range frauds {
		n := found[f.code] + shown[f.code]
		fmt.Fprintf(&report, "%-22s hard %-5v recall %d/%d\n", f.code, f.hard, n, each)
		if n != each {
			t.Errorf("%s: %d of %d found", f.code, n, each)
		}
		if vi, en := HoldWords(f.code); vi == "" || en == "" || vi == f.code {
			t.Errorf("%s has no words", f.code)
		}
	}
	t.Logf("%shonest: %d, held %d (%.1f %%), shown for attention %d (%.1f %%)", report.String(), honest, blocked, 100*float64(blocked)/honest, marked, 100*float64(marked)/honest)
	if blocked*100 > honest {
		t.Errorf("%d of %d honest people are held", blocked, honest)
	}
	b.nothingIsLost()
}

// Without the keys nothing can be compared: preparing refuses rather than letting through.
func TestPrepareNeedsTheKeysToGuardAccounts(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.person(receives())
	b.vendorOn("123456789")
	if _, err := b.tryPrepare(func(in *PrepareInput) { in.Box = nil }); err == nil || !strings.Contains(err.Error(), "needs the keys") {
		t.Errorf("prepared without keys: %v", err)
	}
	b.prepare()
}
