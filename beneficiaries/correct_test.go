package beneficiaries

import (
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/identity/registry"
	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// deadByNotice is a person whom the register told to be dead, the event acted on.
func (b *bundle) deadByNotice(name, number string) (PersonID, int64) {
	b.Helper()
	b.list(fields{"Họ và tên": name, "Số định danh": number})
	b.synced(b.knows(registryRecord(number, name, "1950-10-15", "F")))
	cb := registry.Callback{Message: "death-" + number, Action: "notify", At: syncedOn, Events: []registry.Event{{Kind: registry.EventDeath, At: syncedOn.AddDate(0, 0, 3),
		Record: registry.Record{Number: number, Name: name, Birth: "1950-10-15", Sex: "F", Died: "2026-10-14", Standing: registry.Resident, Commune: "31843"}}}}
	b.ok(TakeCallback(b.ctx, b.pool, b.box, "sandbox", cb, []byte("death of "+number), syncedOn.AddDate(0, 0, 3)))
	events, err := WaitingEvents(b.ctx, b.pool, 10)
	b.ok(err)
	if len(events) != 1 || events[0].Kind != "death" {
		b.Fatalf("events %+v", events)
	}
	b.ok(pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) error {
		for range 2 { // told twice
			if err := OfferFuneral(b.ctx, tx, events[0], syncedOn); err != nil {
				return err
			}
		}
		return HandleLifeEvent(b.ctx, tx, events[0].ID, syncedOn)
	}))
	return events[0].Person, events[0].ID
}

func TestADeathThatWasToldIsTakenBackByTwo(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	p, event := b.deadByNotice("Danh Sóc Kha", "095150000001")
	if b.holds("Danh Sóc Kha", "2026-10-20") != "deceased" {
		t.Fatal("a death by notice does not hold")
	}
	offers, err := FuneralOffers(b.ctx, b.pool, "31843")
	b.ok(err)
	if len(offers) != 1 || offers[0].Person != p || offers[0].Died.Format(time.DateOnly) != "2026-10-14" {
		t.Errorf("offers %+v", offers)
	}
	if _, err := ProposeCorrection(b.ctx, b.pool, event, " ", "staff:lan", syncedOn); !errors.Is(err, ErrReason) {
		t.Errorf("without a reason: %v", err)
	}
	id, err := ProposeCorrection(b.ctx, b.pool, event, "Đã gặp cụ tại nhà, trùng tên với người mất", "staff:lan", syncedOn)
	b.ok(err)
	if _, err := ProposeCorrection(b.ctx, b.pool, event, "lần nữa", "staff:tam", syncedOn); !errors.Is(err, ErrSettled) {
		t.Errorf("a second proposal: %v", err)
	}
	if err := DecideCorrection(b.ctx, b.pool, id, true, "staff:lan", syncedOn); !errors.Is(err, ErrOwnCorrection) {
		t.Errorf("alone: %v", err)
	}
	// nor by writing rows
	for _, sql := range []string{
		`update person set died_on = null where id = $1`,
		`update life_event set reversed_at = now() where person_id = $1`,
		`update event_correction set accepted = true, decided_by = proposed_by, decided_at = now() where person_id = $1`,
	} {
		if _, err := b.pool.Exec(b.ctx, sql, p); err == nil {
			t.Errorf("%s went through", sql)
		}
	}
	b.ok(DecideCorrection(b.ctx, b.pool, id, true, "staff:chutich", syncedOn.AddDate(0, 0, 4)))
	if err := DecideCorrection(b.ctx, b.pool, id, false, "staff:chutich", syncedOn); !errors.Is(err, ErrNoCorrection) {
		t.Errorf("decided twice: %v", err)
	}
	if s := b.one(`select register_outcome || ' ' || (died_on is null) from person where id = $1`, p); s != "unchecked true" || b.holds("Danh Sóc Kha", "2026-10-20") != "unchecked" {
		t.Errorf("%s, held for %q: nobody is paid before the register has said that they live", s, b.holds("Danh Sóc Kha", "2026-10-20"))
	}
	events, err := WaitingEvents(b.ctx, b.pool, 10)
	b.ok(err)
	if len(events) != 1 || events[0].Kind != "alive" || events[0].Person != p {
		t.Errorf("handed on: %+v", events)
	}
	if s := b.one(`select state from funeral_offer`); s != "withdrawn" {
		t.Errorf("the offer is %s", s)
	}
	if r := b.synced(b.knows(registryRecord("095150000001", "Danh Sóc Kha", "1950-10-15", "F"))); r.Asked != 1 || b.holds("Danh Sóc Kha", "2026-10-20") != "" {
		t.Errorf("asked again: %+v, held for %q", r, b.holds("Danh Sóc Kha", "2026-10-20"))
	}
	// and the same death, told anew, is news again
	cb := registry.Callback{Message: "death-2", Action: "notify", At: syncedOn, Events: []registry.Event{{Kind: registry.EventDeath, At: syncedOn.AddDate(0, 0, 9),
		Record: registry.Record{Number: "095150000001", Name: "Danh Sóc Kha", Birth: "1950-10-15", Sex: "F", Died: "2026-10-14", Standing: registry.Resident, Commune: "31843"}}}}
	b.ok(TakeCallback(b.ctx, b.pool, b.box, "sandbox", cb, []byte("again"), syncedOn.AddDate(0, 0, 9)))
	if b.holds("Danh Sóc Kha", "2026-10-25") != "deceased" {
		t.Error("a death told anew does not hold")
	}
}

func TestTheRegisterCorrectsItself(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	p, event := b.deadByNotice("Lâm Mỹ Phụng", "095150000002")
	back := registry.Callback{Message: "m2", Action: "notify", At: syncedOn, Events: []registry.Event{{Kind: registry.EventDeath, At: syncedOn.AddDate(0, 0, 5),
		Record: registry.Record{Number: "095150000002", Name: "Lâm Mỹ Phụng", Birth: "1950-10-15", Sex: "F", Standing: registry.Resident, Commune: "31843"}}}}
	b.ok(TakeCallback(b.ctx, b.pool, b.box, "sandbox", back, []byte("alive"), syncedOn.AddDate(0, 0, 5)))
	if s := b.one(`select register_outcome || ' ' || (died_on is null) from person where id = $1`, p); s != "match false" || b.holds("Lâm Mỹ Phụng", "2026-10-20") != "deceased" {
		t.Errorf("%s, held for %q: a death is not taken back by a machine", s, b.holds("Lâm Mỹ Phụng", "2026-10-20"))
	}
	id, err := ProposeCorrection(b.ctx, b.pool, event, "Sổ dân cư đã đính chính", "staff:lan", syncedOn)
	b.ok(err)
	b.ok(DecideCorrection(b.ctx, b.pool, id, true, "staff:chutich", syncedOn))
	if b.holds("Lâm Mỹ Phụng", "2026-10-20") != "" {
		t.Errorf("held for %q although the register says that they live", b.holds("Lâm Mỹ Phụng", "2026-10-20"))
	}
	// an older notice that comes late does not kill them again
	late := registry.Callback{Message: "m3", Action: "notify", At: syncedOn, Events: []registry.Event{{Kind: registry.EventDeath, At: syncedOn.AddDate(0, 0, 2),
		Record: registry.Record{Number: "095150000002", Name: "Lâm Mỹ Phụng", Birth: "1950-10-15", Sex: "F", Died: "2026-10-14", Standing: registry.Resident, Commune: "31843"}}}}
	b.ok(TakeCallback(b.ctx, b.pool, b.box, "sandbox", late, []byte("late"), syncedOn.AddDate(0, 0, 6)))
	if b.holds("Lâm Mỹ Phụng", "2026-10-20") != "" {
		t.Error("a notice of before the correction acted after it")
	}
}

func TestAFuneralIsOfferedAndDecidedByPeople(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	p, _ := b.deadByNotice("Sơn Thị Ny", "095150000003")
	offers, err := FuneralOffers(b.ctx, b.pool, "")
	b.ok(err)
	if n := b.one(`select count(*) from entitlement where category = 'MAITANG'`); n != "0" || len(offers) != 1 {
		t.Fatalf("%s entitlements, %d offers: nothing comes by itself", n, len(offers))
	}
	draft, err := DraftFuneral(b.ctx, b.pool, offers[0].ID, money.NewMonth(2026, time.November), "staff:lan", syncedOn)
	b.ok(err)
	r, err := RulingByID(b.ctx, b.pool, draft)
	b.ok(err)
	if r.Person != p || r.Category != FuneralCategory || r.Kind != RuleGrant || r.State() != "draft" || r.From != r.Last {
		t.Errorf("draft %+v", r)
	}
	if o, err := FuneralOfferByID(b.ctx, b.pool, offers[0].ID); err != nil || o.State != "open" || o.Draft != int64(draft) {
		t.Errorf("offer %+v, %v", o, err)
	}
	if err := DeclineFuneral(b.ctx, b.pool, offers[0].ID, "", "staff:lan", syncedOn); !errors.Is(err, ErrReason) {
		t.Errorf("declined without a reason: %v", err)
	}
	b.ok(DeclineFuneral(b.ctx, b.pool, offers[0].ID, "Bảo hiểm xã hội đã chi mức cao hơn", "staff:lan", syncedOn))
	if err := DeclineFuneral(b.ctx, b.pool, offers[0].ID, "lần nữa", "staff:lan", syncedOn); !errors.Is(err, ErrSettled) {
		t.Errorf("twice: %v", err)
	}
}
