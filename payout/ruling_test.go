package payout

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/beneficiaries"
	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// rules adds the signers of both offices.
func (b *bundle) signers() (here, there int64) {
	b.Helper()
	here, err := beneficiaries.AddSigner(b.ctx, b.pool, beneficiaries.Signer{Office: office, Name: "Lê Văn Út", Capacity: "chairman", ValidFrom: day("2025-07-01")}, "staff:clerk.vinhloc", b.now)
	b.check(err)
	there, err = beneficiaries.AddSigner(b.ctx, b.pool, beneficiaries.Signer{Office: "31867", Name: "Trần Thị Bảy", Capacity: "chairman", ValidFrom: day("2025-07-01")}, "staff:clerk.vinhloc", b.now)
	b.check(err)
	return here, there
}

func (b *bundle) draft(r beneficiaries.Ruling) beneficiaries.RulingID {
	b.Helper()
	if r.Reason == "" {
		r.Reason = "theo hồ sơ"
	}
	id, err := beneficiaries.DraftRuling(b.ctx, b.pool, r, "staff:clerk.vinhloc", b.now)
	b.check(err)
	return id
}

// ruling drafts and confirms.
func (b *bundle) ruling(r beneficiaries.Ruling, signer int64) Effect {
	b.Helper()
	e, err := b.confirm(b.draft(r), signer, "staff:chairman.vinhloc")
	b.check(err)
	return e
}

func (b *bundle) confirm(id beneficiaries.RulingID, signer int64, by string) (Effect, error) {
	e, err := EffectOf(b.ctx, b.pool, id, b.now)
	if err != nil {
		return e, err
	}
	b.rulings++
	return e, ConfirmRuling(b.ctx, b.pool, beneficiaries.Confirmation{Ruling: id, Number: rulingNo(b.rulings), SignedOn: bookDay(b.now), Signer: signer,
		By: by, Now: b.now}, e.Token())
}

func rulingNo(n int) string { return money.VND(n).String() + "/QĐ-UBND" }

// owedTo is what a run would pay a person now, by month.
func (b *bundle) owedTo(p PersonID, of string, m string) map[string]money.VND {
	b.Helper()
	got := map[string]money.VND{}
	r, err := b.tryPrepare(func(in *PrepareInput) {
		in.Office, in.Month, in.KnownOn = of, month(m), bookDay(b.now)
	})
	if errors.Is(err, ErrNothing) {
		return got
	}
	b.check(err)
	rows, err := b.pool.Query(b.ctx, `select to_char(i.month, 'YYYY-MM'), sum(i.amount)::bigint from payment p join payment_item i on i.payment_id = p.id
		where p.run_id = $1 and p.person_id = $2 group by 1`, r.ID, p)
	b.check(err)
	var key string
	var v money.VND
	_, err = pgx.ForEachRow(rows, []any{&key, &v}, func() error { got[key] = v; return nil })
	b.check(err)
	b.check(Void(b.ctx, b.pool, r.ID, b.clerk, "chỉ để xem", b.now))
	return got
}

func (b *bundle) wants(got map[string]money.VND, want string) {
	b.Helper()
	out, err := json.Marshal(got)
	b.check(err)
	if string(out) != want {
		b.Errorf("owed %s, want %s", out, want)
	}
}

func TestADecisionSuspendsAndResumesWithWhatWasSuspended(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	here, _ := b.signers()
	p := b.person(receives())
	b.wants(b.owedTo(p, office, "2026-11"), `{"2026-07":60000,"2026-08":60000,"2026-09":60000,"2026-10":60000,"2026-11":810000}`)

	e := b.ruling(beneficiaries.Ruling{Kind: beneficiaries.RuleSuspend, Person: beneficiaries.PersonID(p), From: month("2026-10"), Ground: "detained"}, here)
	if e.Monthly != -810_000 || e.Clawback != 750_000 || len(e.Months) != 2 || e.Months[0] != (MonthEffect{month("2026-10"), 810_000, 0, 750_000}) {
		t.Errorf("effect %+v", e)
	}
	b.wants(b.owedTo(p, office, "2026-11"), `{"2026-07":60000,"2026-08":60000,"2026-09":60000,"2026-10":-750000}`)

	b.ruling(beneficiaries.Ruling{Kind: beneficiaries.RuleResume, Person: beneficiaries.PersonID(p), From: month("2026-11")}, here)
	b.wants(b.owedTo(p, office, "2026-12"), `{"2026-07":60000,"2026-08":60000,"2026-09":60000,"2026-10":-750000,"2026-11":810000,"2026-12":810000}`)
	if s := b.paymentOf(p).Lines[3].Explanation; !strings.Contains(s, "Quyết định số 1/QĐ-UBND ngày 20/10/2026") {
		t.Errorf("explained as %q", s)
	}
}

func TestAStopAndAChangeActFromTheirMonth(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	here, _ := b.signers()
	p := b.person(receives())
	rights, err := beneficiaries.RightsOf(b.ctx, b.pool, beneficiaries.PersonID(p))
	b.check(err)
	e := b.ruling(beneficiaries.Ruling{Kind: beneficiaries.RuleChange, Person: beneficiaries.PersonID(p), Entitlements: []int64{rights[0].ID}, From: month("2026-09"),
		Scheme: "btxh", Category: "KT_DBN"}, here)
	if e.Monthly != 270_000 || e.Arrears != 2*270_000 {
		t.Errorf("effect %+v", e)
	}
	b.wants(b.owedTo(p, office, "2026-11"), `{"2026-07":60000,"2026-08":60000,"2026-09":330000,"2026-10":330000,"2026-11":1080000}`)
	b.ruling(beneficiaries.Ruling{Kind: beneficiaries.RuleStop, Person: beneficiaries.PersonID(p), From: month("2026-11")}, here)
	b.wants(b.owedTo(p, office, "2026-12"), `{"2026-07":60000,"2026-08":60000,"2026-09":330000,"2026-10":330000}`)
}

func TestATransferPaysEachMonthOnceInItsCommune(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	here, there := b.signers()
	p := b.person(receives())
	b.ruling(beneficiaries.Ruling{Kind: beneficiaries.RuleTransfer, Person: beneficiaries.PersonID(p), From: month("2026-12"), ToOffice: "31867"}, here)
	b.wants(b.owedTo(p, "31867", "2026-12"), `{}`) // not received yet
	received := func(signer int64, by string) {
		t.Helper()
		drafts, err := beneficiaries.Rulings(b.ctx, b.pool, beneficiaries.RulingFilter{State: "draft", Kind: beneficiaries.RuleReceive})
		b.check(err)
		if len(drafts) != 1 || drafts[0].DraftedBy != "rule" {
			t.Fatalf("drafts %+v", drafts)
		}
		_, err = b.confirm(drafts[0].ID, signer, by)
		b.check(err)
	}
	received(there, "staff:chairman.phuoclong")
	b.wants(b.owedTo(p, office, "2026-12"), `{"2026-07":60000,"2026-08":60000,"2026-09":60000,"2026-10":60000,"2026-11":810000}`)
	b.wants(b.owedTo(p, "31867", "2026-12"), `{"2026-12":810000}`)

	// and back again, after January
	if _, err := beneficiaries.DraftRuling(b.ctx, b.pool, beneficiaries.Ruling{Kind: beneficiaries.RuleTransfer, Office: office, Person: beneficiaries.PersonID(p),
		From: month("2027-02"), ToOffice: office, Reason: "x"}, "staff:clerk.vinhloc", b.now); err == nil {
		t.Error("transferred by an office that is not theirs any more")
	}
	id := b.draft(beneficiaries.Ruling{Kind: beneficiaries.RuleTransfer, Person: beneficiaries.PersonID(p), From: month("2027-02"), ToOffice: office})
	_, err := b.confirm(id, there, "staff:chairman.phuoclong")
	b.check(err)
	received(here, "staff:chairman.vinhloc")
	b.wants(b.owedTo(p, "31867", "2027-02"), `{"2026-12":810000,"2027-01":810000}`)
	b.wants(b.owedTo(p, office, "2027-02"), `{"2026-07":60000,"2026-08":60000,"2026-09":60000,"2026-10":60000,"2026-11":810000,"2027-02":810000}`)
	var holds []string
	b.scan(&holds, `select hold_reasons from payable_on('2026-10-20') where person_id = $1`, p)
	if len(holds) > 0 {
		t.Errorf("held: %v", holds)
	}
}

func TestADecisionIsMadeByAnotherPersonAndASignerOfTheDay(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	here, there := b.signers()
	acting := beneficiaries.Signer{Office: office, Name: "Phạm Văn Tư", Capacity: "acting", ValidFrom: day("2026-10-01")}
	if _, err := beneficiaries.AddSigner(b.ctx, b.pool, acting, "x", b.now); err == nil {
		t.Error("acts without an authorisation")
	}
	ends := day("2026-10-15")
	acting.AuthorisationNo, acting.ValidUntil = "7/GUQ-UBND", &ends
	past, err := beneficiaries.AddSigner(b.ctx, b.pool, acting, "x", b.now)
	b.check(err)
	p := b.person(receives())
	id := b.draft(beneficiaries.Ruling{Kind: beneficiaries.RuleStop, Person: beneficiaries.PersonID(p), From: month("2026-11")})
	for name, c := range map[string]struct {
		signer int64
		by     string
		want   string
	}{
		"by who drafted it":            {here, "staff:clerk.vinhloc", "cannot confirm"},
		"by the chairman of another":   {here, "staff:chairman.phuoclong", "chairman of the office"},
		"signed by another's chairman": {there, "staff:chairman.vinhloc", "may not sign"},
		"signed after the paper ended": {past, "staff:chairman.vinhloc", "may not sign"},
	} {
		if _, err := b.confirm(id, c.signer, c.by); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := ConfirmRuling(b.ctx, b.pool, beneficiaries.Confirmation{Ruling: id, Number: "1", SignedOn: day("2026-10-20"), Signer: here, By: "staff:chairman.vinhloc", Now: b.now},
		"seen long ago"); !errors.Is(err, ErrEffect) {
		t.Errorf("another effect than was shown: %v", err)
	}
	_, err = b.confirm(id, here, "staff:chairman.vinhloc")
	b.check(err)
	if _, err := b.confirm(id, here, "staff:chairman.vinhloc"); err == nil {
		t.Error("confirmed twice")
	}
	// nor can anybody get around it with rows
	owner := pgOwner(b)
	for name, sql := range map[string]string{
		"a decision changed":     `update decision set from_month = '2026-01-01'`,
		"a decision deleted":     `delete from decision`,
		"a step of one's own":    `insert into entitlement_step (decision_id, entitlement_id, from_month, in_force) select d.id, e.id, d.from_month, false from decision d, entitlement e limit 1`,
		"an entitlement granted": `insert into entitlement (person_id, office, scheme, category, first_month, decision_id, decided) select person_id, office, 'btxh', 'KT_DBN', from_month, id, true from decision limit 1`,
		"a step taken back":      `delete from entitlement_step`,
	} {
		if _, err := owner.Exec(b.ctx, sql); err == nil {
			t.Errorf("%s", name)
		}
	}
	b.exec(`update entitlement set first_month = '2020-01-01', last_month = '2020-01-01'`)
	if n := b.count(`select count(*) from entitlement where first_month = '2020-01-01'`); n != 0 {
		t.Error("a list changed what is decided")
	}
}

func TestTwoCommunesNeverOweTheSameMonth(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	here, _ := b.signers()
	p := b.person(receives())
	// as another commune's list would bring it
	b.check(pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) error {
		var list, row int64
		if err := tx.QueryRow(b.ctx, `insert into list (kind, office, scheme, version, file_name, sha256, size, imported_by, imported_at, received, imported)
			values ('list', '31867', 'btxh', 1, 'x', sha256('x'), 1, 'test', now(), 1, 1) returning id`).Scan(&list); err != nil {
			return err
		}
		if err := tx.QueryRow(b.ctx, `insert into list_row (list_id, row_no, state, person_id, cells) values ($1, 1, 'imported', $2, '') returning id`, list, p).Scan(&row); err != nil {
			return err
		}
		if _, err := tx.Exec(b.ctx, `insert into entitlement (person_id, office, scheme, category, first_month, list_id, row_id)
			values ($1, '31867', 'btxh', 'KT_N', '2026-09-01', $2, $3)`, p, list, row); err != nil {
			return err
		}
		_, err := tx.Exec(b.ctx, `update list set done = true where id = $1`, list)
		return err
	}))
	rights, err := beneficiaries.RightsOf(b.ctx, b.pool, beneficiaries.PersonID(p))
	b.check(err)
	id := b.draft(beneficiaries.Ruling{Kind: beneficiaries.RuleChange, Person: beneficiaries.PersonID(p), Entitlements: []int64{rights[0].ID}, From: month("2026-11"),
		Scheme: "btxh", Category: "KT_DBN"})
	if _, err := b.confirm(id, here, "staff:chairman.vinhloc"); err == nil || !strings.Contains(err.Error(), "two communes") {
		t.Errorf("two communes for one month: %v", err)
	}
}
