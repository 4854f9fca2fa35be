package beneficiaries

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestAGuardianCollectsUntilSixteenAndARecipientForAYear(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.matched(fields{"Họ và tên": "Danh Thị Nhỏ", "Số định danh": "095211000001", "Ngày sinh": "15/11/2010", "Nhóm đối tượng": "KT_N"},
		fields{"Họ và tên": "Thạch Thol", "Số định danh": "095150000002"})
	for _, sql := range []string{
		`insert into office (code, name, kind) values ('31825', 'Vĩnh Lộc', 'Xã')`,
		`insert into staff (login, name, office, roles, password_hash, created_at, created_by)
		 select login, login, office, '{clerk}', '$argon2id$v=19$x', now(), 'test' from (values ('lan', '31843'), ('tam', '31843'), ('xa', '31825')) s(login, office)`,
	} {
		_, err := b.pool.Exec(b.ctx, sql)
		b.ok(err)
	}
	child, adult := b.person("Danh Thị Nhỏ"), b.person("Thạch Thol")
	mother := PayeeChange{Person: child, Kind: PayeeGuardian, Ground: "child", Name: "Danh Thị Mẹ", Relation: "mẹ", AuthorisationNo: "Giấy khai sinh 12/2010",
		Way: "bank", Bank: "970405", Account: "7300205001234", Holder: "DANH THI ME", Reason: "trẻ em dưới 16 tuổi"}
	id, err := ProposePayee(b.ctx, b.pool, b.box, mother, "staff:lan", listedOn)
	b.ok(err)
	if err := ConfirmPayee(b.ctx, b.pool, id, "staff:lan", listedOn); !errors.Is(err, ErrOwnPayee) {
		t.Errorf("confirmed by who proposed it: %v", err)
	}
	if err := ConfirmPayee(b.ctx, b.pool, id, "staff:xa", listedOn); err == nil {
		t.Error("confirmed by another office")
	}
	b.ok(ConfirmPayee(b.ctx, b.pool, id, "staff:tam", listedOn))
	if got := b.holds("Danh Thị Nhỏ", "2026-11-14"); got != "" {
		t.Errorf("the day before sixteen: %q", got)
	}
	if got := b.holds("Danh Thị Nhỏ", "2026-11-15"); got != "authorisation_expired" {
		t.Errorf("at sixteen: %q", got)
	}
	year, late := listedOn.AddDate(1, 0, 0), listedOn.AddDate(1, 0, 1)
	nephew := PayeeChange{Person: adult, Kind: PayeeRecipient, Name: "Thạch Cháu", Number: "095200000009", AuthorisationNo: "3/UQ", AuthorisedUntil: &late, Way: "cash", Reason: "đau yếu"}
	for name, wrong := range map[string]func(c *PayeeChange){
		"12 months":    func(c *PayeeChange) {},
		"needs a name": func(c *PayeeChange) { c.AuthorisedUntil = nil },
		"12 digits":    func(c *PayeeChange) { c.Number, c.AuthorisedUntil = "12", &year },
		"its reason":   func(c *PayeeChange) { c.Reason = " " },
		"no end":       func(c *PayeeChange) { c.Kind, c.Ground = PayeeGuardian, "incapacitated" },
		"under 16":     func(c *PayeeChange) { c.Kind, c.Ground, c.AuthorisedUntil = PayeeGuardian, "child", nil },
		"no way":       func(c *PayeeChange) { c.Way, c.AuthorisedUntil = "pigeon", &year },
		"the bank":     func(c *PayeeChange) { c.Way, c.AuthorisedUntil = "bank", &year },
	} {
		c := nephew
		wrong(&c)
		if _, err := ProposePayee(b.ctx, b.pool, b.box, c, "staff:lan", listedOn); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	nephew.AuthorisedUntil = &year
	id, err = ProposePayee(b.ctx, b.pool, b.box, nephew, "staff:lan", listedOn)
	b.ok(err)
	b.ok(ConfirmPayee(b.ctx, b.pool, id, "staff:tam", listedOn))
	if got := b.holds("Thạch Thol", year.Format(time.DateOnly)) + b.holds("Thạch Thol", late.Format(time.DateOnly)); got != "authorisation_expired" {
		t.Errorf("through the year and after it: %q", got)
	}
	c, err := PayeeChangeByID(b.ctx, b.pool, b.box, id)
	b.ok(err)
	if c.State() != "confirmed" || c.Number != "0952******09" {
		t.Errorf("%+v", c)
	}
	// back to the person, and no row of one's own
	id, err = ProposePayee(b.ctx, b.pool, b.box, PayeeChange{Person: adult, Kind: PayeeSelf, Way: "cash", Reason: "tự nhận lại"}, "staff:lan", listedOn)
	b.ok(err)
	if _, err := b.pool.Exec(b.ctx, `insert into payee (person_id, kind, name, way, change_id, since) values ($1, 'self', 'Thạch Thol', 'cash', $2, $3)`, adult, id, listedOn); err == nil {
		t.Error("a payee whom nobody confirmed")
	}
	b.ok(RefusePayee(b.ctx, b.pool, id, "không cần nữa", "staff:tam", listedOn))
}
