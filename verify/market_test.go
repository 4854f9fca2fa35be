package verify_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

// marketDay is a month in which, besides, a stall took money by QR and by a voucher and
// was settled.
func marketDay(t *testing.T) *month {
	t.Helper()
	m := liveMonth(t)
	for _, sql := range []string{
		`insert into market (name, office, created_at, created_by) values ('Chợ', '31825', now(), 'x')`,
		`insert into vendor (name, phone, bank_bin, account_enc, account_idx, account_changed_at, holder_name, created_at, created_by)
			values ('Năm', '0912345678', '970405', '\x00', substr(sha256('a'), 1, 16), now(), 'NAM', now(), 'x')`,
		`insert into stall (market_id, vendor_id, label, created_at, created_by) values (1, 1, 'A1', now(), 'x')`,
		`insert into charge (vendor_id, stall_id, reference, key, amount, payload_enc, state, received, payments, created_at, expires_at, changed_at)
			values (1, 1, 'ASC22222222', 'k', 45000, '\x00', 'paid', 45000, 1, now(), now() + interval '1 hour', now())`,
		`insert into bank_notice (provider, event_id, received_at, raw, headers, amount, direction) values ('hmac', 'e1', now(), '\x00', '{}', 45000, 'in')`,
		`insert into receipt (vendor_id, stall_id, charge_id, outcome, amount, account_idx, received_at) values (1, 1, 1, 'charge', 45000, '\x00', now())`,
		`insert into receipt_evidence (receipt_id, source, notice_id, seen_at) values (1, 'hmac', 1, now())`,
		`insert into charge_event (charge_id, at, to_state, received, receipt_id, by_who) values (1, now(), 'paid', 45000, 1, 'x')`,
		`insert into voucher (serial, token_idx, pin_mac, person_id, office, payment_ref, amount, state, valid_from, valid_until, issued_at, issued_by, changed_at)
			values ('ASV22222222', substr(sha256('t'), 1, 16), substr(sha256('p'), 1, 16), 1, '31825', 'payment:1', 100000, 'active', '2026-11-01', '2026-12-01', now(), 'x', now())`,
		`insert into voucher_event (voucher_id, at, to_state, by_who) values (1, now(), 'active', 'x')`,
		`insert into bank_message (rail_account_id, message_id, kind, sha256, content, n, total, made_at) values (1, 'ASV1', 'pain001', sha256('x'), 'x', 1, 30000, now())`,
		`insert into settlement (office, rail_account_id, bank_message_id, on_day, n, total, made_at, made_by) select '31825', 1, id, '2026-11-03', 1, 30000, now(), 'x' from bank_message where message_id = 'ASV1'`,
		`insert into settlement_line (end_to_end_id, settlement_id, bank_message_id, rail_account_id, vendor_id, amount, changed_at) select 'ASV1-1', 1, bank_message_id, 1, 1, 30000, now() from settlement`,
		`insert into redemption (key, voucher_id, vendor_id, stall_id, office, amount, left_after, at, on_day, end_to_end_id) values ('r1', 1, 1, 1, '31825', 30000, 70000, now(), '2026-11-03', 'ASV1-1')`,
	} {
		m.exec(sql)
	}
	m.tx(func(ctx context.Context, tx pgx.Tx) error {
		codes := []ledger.Account{{Code: "3388.p1", Type: "liability"}, {Code: "3387.v1", Type: "liability", NoOverdraft: true}, {Code: "3386.m1", Type: "liability"}, {Code: "3389.r1", Type: "liability", Office: office}}
		ids, err := ledger.Ensure(ctx, tx, codes)
		for i, x := range []struct {
			key    string
			amount money.VND
		}{{"voucher:1:issued", 100_000}, {"redemption:r1", 30_000}, {"settlement:ASV1", 30_000}} {
			if err != nil {
				return err
			}
			_, err = ledger.Post(ctx, tx, ledger.Entry{Key: x.key, On: money.Day(2026, 11, 3), Kind: "market", Transfers: []ledger.Transfer{
				{Debit: ids[codes[i].Code], Credit: ids[codes[i+1].Code], Amount: x.amount}}})
		}
		return err
	})
	m.checkpoint()
	return m
}

// Every kind of row of a market day is changed behind the triggers' back.
func TestVerifyFindsATamperedMarketDay(t *testing.T) {
	t.Parallel()
	m := marketDay(t)
	if r := m.verify(); !r.Agrees {
		t.Fatalf("differences %v", r.Differences)
	}
	for _, c := range []struct{ sql, table, id, what string }{
		{"update charge set received = 45001, amount = 45001", "charge", "1", "money received"},
		{"update charge_event set to_state = 'short'", "charge", "1", "state of its last event"},
		{"update bank_notice set amount = 44000", "receipt", "1", "amount that was told"},
		{"delete from receipt_evidence", "receipt", "1", "notice or statement line"},
		{"update receipt set charge_id = null, outcome = 'stall'", "charge_event", "1", "receipt of that charge"},
		{"update voucher set amount = 200000", "voucher", "1", "amount of the entry that issued it"},
		{"update voucher_event set to_state = 'suspended'", "voucher", "1", "state of its last event"},
		{"update redemption set left_after = 60000", "redemption", "1", "what was left"},
		{"update redemption set amount = 20000", "redemption", "1", "its entry"},
		{"update settlement set total = 40000", "settlement", "1", "number and total"},
		{"update settlement_line set amount = 31000", "settlement_line", "ASV1-1", "redemptions and earlier lines"},
		{"update redemption set key = 'r2'", "entry", "", "redemption of redemption:r1"},
		{"update settlement_line set state = 'settled'", "settlement_line", "ASV1-1", "statement line of its debit"},
		{"update redemption set end_to_end_id = null", "settlement_line", "ASV1-1", "redemptions and earlier lines"},
	} {
		m.tamper(c.sql)
		if r := m.verify(); !found(r, c.table, c.id, c.what) {
			t.Errorf("not found: %s: %v", c.sql, r.Differences)
		}
	}
}
