package verify_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/bank"
	"ansinh.vn/internal/secret"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
	"ansinh.vn/payout"
)

const office = "31825"

// month is a house in which an office has lived a month with a handful of people: paid
// by bank in one debit, one of them returned, one in cash.
type month struct {
	*house
	box             *secret.Box
	at              time.Time
	clerk, chairman payout.StaffID
	key             []byte
	bank, post      bank.RailAccountID
	list, lines     int64
	closing         money.VND
	run             payout.RunID
}

func liveMonth(t *testing.T) *month {
	t.Helper()
	m := &month{house: newHouse(t), box: secret.ForTest(t), at: time.Date(2026, 10, 20, 3, 0, 0, 0, time.UTC)}
	m.exec(`insert into office (code, name, kind) values ($1, 'Vĩnh Lộc', 'Xã')`, office)
	m.clerk, m.chairman = m.staff("clerk", "clerk"), m.staff("chairman", "chairman")
	m.enrol()
	m.bank, m.post = m.rail("bank", "970436", "1234567890"), m.rail("post", "", "")
	m.tx(m.people)
	m.statement()
	for _, scheme := range payout.Schemes {
		m.line(true, 100_000_000, "funds", "ASKP-"+string(scheme), func(ctx context.Context, tx pgx.Tx, ref string) error {
			return m.post2(ctx, tx, ref, "112."+office, "366."+office+"."+string(scheme), 100_000_000)
		})
	}
	m.pay()
	return m
}

func (m *month) exec(sql string, args ...any) {
	m.Helper()
	if _, err := m.pool.Exec(m.Context(), sql, args...); err != nil {
		m.Fatalf("%s: %v", sql, err)
	}
}

func (m *month) row(to any, sql string, args ...any) {
	m.Helper()
	if err := m.pool.QueryRow(m.Context(), sql, args...).Scan(to); err != nil {
		m.Fatalf("%s: %v", sql, err)
	}
}

func (m *month) must(err error) {
	m.Helper()
	if err != nil {
		m.Fatal(err)
	}
}

func (m *month) staff(login, role string) (id payout.StaffID) {
	m.row(&id, `insert into staff (login, name, office, roles, password_hash, created_at, created_by)
		values ($1, $1, $2, array[$3], '$argon2id$v=19$x', $4, 'test') returning id`, login, office, role, m.at)
	return id
}

func (m *month) enrol() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	m.must(err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	m.must(err)
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	m.must(err)
	m.key = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	m.tx(func(ctx context.Context, tx pgx.Tx) error {
		sum := fmt.Sprintf("%x", sha256.Sum256(public))
		return audit.Record(ctx, tx, audit.Event{Kind: "staff.key_enrolled", Subject: fmt.Sprintf("staff:%d", m.chairman),
			Payload: map[string]any{"key": 1, "fingerprint": sum[0:4] + " " + sum[4:8] + " " + sum[8:12] + " " + sum[12:16]}})
	})
	m.exec(`with r as (insert into staff_key_request (staff_id, kind, public_key, requested_at) values ($1, 'es256', $2, $3) returning id)
		insert into staff_key (staff_id, request_id, kind, public_key, requested_at, enrolled_at, confirmed_by)
		select $1, id, 'es256', $2, $3, $3, $4 from r`, m.chairman, public, m.at, m.clerk)
}

func (m *month) rail(kind, bin, account string) (id bank.RailAccountID) {
	m.row(&id, `insert into rail_account (office, kind, bank_bin, account_no, name) values ($1, $2, nullif($3, ''), nullif($4, ''), 'UBND xa') returning id`,
		office, kind, bin, account)
	return id
}

// people import one list: each has one decision and was paid a monthly amount until October.
func (m *month) people(ctx context.Context, tx pgx.Tx) error {
	err := tx.QueryRow(ctx, `
		insert into list (kind, office, scheme, version, file_name, sha256, size, imported_by, imported_at)
		values ('list', $1, 'btxh', 1, 'ds.xlsx', sha256('x'), 1, 'test', $2) returning id`, office, m.at).Scan(&m.list)
	if err != nil {
		return err
	}
	for i, p := range []struct {
		birth, way, scheme, category, first string
		paid                                money.VND
	}{
		{"1980-05-02", "bank", "btxh", "KT_N", "2026-07-01", 750_000},
		{"1951", "bank", "htxh", "HTXH", "2026-07-01", 500_000},
		{"1948-02", "bank", "ncc", "TB81_PV", "2026-09-01", 0},
		{"2024-10-15", "bank", "btxh", "TE_U3", "2026-07-01", 750_000},
		{"1940-01-01", "cash", "btxh", "NCT_D", "2026-07-01", 1_500_000},
		{"1975-06-30", "bank", "btxh", "KT_DBN", "2026-12-01", 0}, // begins later: nothing yet
	} {
		var id, row int64
		name, account := fmt.Sprintf("nguyen thi %d", i+1), fmt.Sprintf("97040000%d", i+1)
		err := tx.QueryRow(ctx, `insert into person (number_enc, number_idx, name, name_key, birth, sex, office, register_outcome, checked_at, first_list)
			values ($1, $2, $3, $3, $4, 'F', $5, 'match', $6, $7) returning id`,
			m.box.Seal(secret.PersonNumber, name), m.box.Index(secret.PersonNumber, name), name, p.birth, office, m.at, m.list).Scan(&id)
		if err != nil {
			return err
		}
		err = tx.QueryRow(ctx, `insert into list_row (list_id, row_no, state, person_id, cells) values ($1, $2, 'imported', $3, '') returning id`,
			m.list, i+1, id).Scan(&row)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `insert into entitlement (person_id, office, scheme, category, first_month, decision_on, list_id, row_id)
			values ($1, $2, $3, $4, $5::text::date, '2026-06-01', $6, $7)`, id, office, p.scheme, p.category, p.first, m.list, row); err != nil {
			return err
		}
		if p.paid > 0 {
			if _, err := tx.Exec(ctx, `insert into paid_before (person_id, scheme, category, first_month, last_month, amount, list_id)
				values ($1, $2, $3, $4::text::date, '2026-10-01', $5, $6)`, id, p.scheme, p.category, p.first, p.paid, m.list); err != nil {
				return err
			}
		}
		if _, err = tx.Exec(ctx, `
			insert into payee (person_id, kind, name, way, bank_bin, account_enc, account_idx, holder_name, holder_verdict, list_id, since)
			select $1, 'self', name, $2, case when $2 = 'bank' then '970415' end, case when $2 = 'bank' then $3::bytea end,
				case when $2 = 'bank' then $4::bytea end, 'NGUYEN THI', 'same', $5, $6 from person where id = $1`,
			id, p.way, m.box.Seal(secret.AccountNumber, account), m.box.Index(secret.AccountNumber, account), m.list, m.at.AddDate(0, -2, 0)); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, "update list set received = 6, imported = 6, done = true where id = $1", m.list)
	return err
}

// statement begins the bank's statement; line adds to it and to what it closes with.
func (m *month) statement() {
	m.exec(`with f as (insert into statement_file (sha256, name, content, received_at, received_by) values (sha256('f'), 'f', 'f', $1, 'test') returning id)
		insert into statement (file_id, rail_account_id, format, statement_id, from_day, to_day, opening, closing, entries, state, accepted_at, chain_no)
		select id, $2, 'camt.053', 's', '2026-10-20', '2026-11-03', 0, 0, 0, 'accepted', $1, 1 from f`, m.at, m.bank)
}

func (m *month) line(credit bool, amount money.VND, rule, target string, book func(ctx context.Context, tx pgx.Tx, ref string) error) {
	m.Helper()
	m.lines++
	m.tx(func(ctx context.Context, tx pgx.Tx) error {
		var id int64
		key := sha256.Sum256(fmt.Appendf(nil, "%t\x00%d\x0020261102\x00R%d\x00\x00\x00ck", credit, amount, m.lines))
		err := tx.QueryRow(ctx, `
			insert into statement_line (statement_id, rail_account_id, n, credit, amount, reversal, booked_on, value_on, bank_ref, code, memo, info,
				end_to_end_id, batch_message, batch_n, return_code, return_info, party, party_account, line_key, occurrence)
			values (1, $1, $2, $3, $4, false, '2026-11-02', '2026-11-02', 'R' || $2::int, '', 'ck', '', '', '', 0, '', '', '', '',
				substr($5::bytea, 1, 16), 1) returning id`,
			m.bank, m.lines, credit, amount, key[:]).Scan(&id)
		if err != nil {
			return err
		}
		ref := fmt.Sprintf("line:%d", id)
		if err := book(ctx, tx, ref); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `insert into match (line_id, rule, version, target, amount, entry_ref, matched_at, matched_by)
			values ($1, $2, 1, $3, $4, $5, $6, 'test')`, id, rule, target, amount, ref, m.at)
		return err
	})
	if !credit {
		amount = -amount
	}
	m.closing += amount
}

// post2 books an amount between two accounts under a line's reference.
func (m *month) post2(ctx context.Context, tx pgx.Tx, ref, debit, credit string, amount money.VND) error {
	kind := map[byte]string{'1': "asset", '3': "liability", '5': "revenue", '6': "expense"}
	ids, err := ledger.Ensure(ctx, tx, []ledger.Account{
		{Code: debit, Type: kind[debit[0]]}, {Code: credit, Type: kind[credit[0]], NoOverdraft: credit[:3] == "366"}})
	if err != nil {
		return err
	}
	_, err = ledger.Post(ctx, tx, ledger.Entry{Key: ref, On: money.Day(2026, 11, 2), Kind: "line", Ref: ref,
		Transfers: []ledger.Transfer{{Debit: ids[debit], Credit: ids[credit], Amount: amount, Ref: ref}}})
	return err
}

// pay runs November: prepared, approved, sent, debited at once but one returned.
func (m *month) pay() {
	ctx := m.Context()
	r, err := payout.Prepare(ctx, m.pool, payout.PrepareInput{Office: office, Month: money.NewMonth(2026, 11), KnownOn: money.Day(2026, 10, 20), By: m.clerk, Now: m.at})
	m.must(err)
	m.run = r.ID
	r, err = payout.Submit(ctx, m.pool, r.ID, m.clerk, m.at)
	m.must(err)
	signed, err := payout.Sign(ctx, m.pool, r, m.chairman, m.key)
	m.must(err)
	_, err = payout.Approve(ctx, m.pool, signed, m.at)
	m.must(err)
	sent, err := payout.Instruct(ctx, m.pool, m.box, payout.InstructInput{Run: r.ID, Account: m.bank, RequestedOn: money.Day(2026, 11, 2), By: m.clerk, Now: m.at})
	m.must(err)
	_, err = payout.Instruct(ctx, m.pool, m.box, payout.InstructInput{Run: r.ID, Account: m.post, RequestedOn: money.Day(2026, 11, 2), By: m.clerk, Now: m.at})
	m.must(err)
	m.line(false, sent.Total, "batch-debit", sent.Messages[0], func(ctx context.Context, tx pgx.Tx, ref string) error {
		_, err := payout.RecordDebits(ctx, tx, sent.Messages[0], money.Day(2026, 11, 2), ref, "test", m.at)
		return err
	})
	var back string
	var amount money.VND
	m.must(m.pool.QueryRow(ctx, `select end_to_end_id, amount from instruction where payment_id = 1`).Scan(&back, &amount))
	m.line(true, amount, "return", back, func(ctx context.Context, tx pgx.Tx, ref string) error {
		return payout.RecordOutcome(ctx, tx, payout.Outcome{EndToEndID: back, Kind: payout.OutcomeReturned, Reason: "AC04", Amount: amount,
			On: money.Day(2026, 11, 3), Ref: ref, By: "test", Now: m.at})
	})
	m.line(false, 11_000, "fee", "6118."+office, func(ctx context.Context, tx pgx.Tx, ref string) error {
		return m.post2(ctx, tx, ref, "6118."+office, "112."+office, 11_000)
	})
	m.tamper(fmt.Sprintf("update statement set closing = %d", m.closing))
	m.checkpoint()
}

func TestVerifyAgreesWithAnHonestMonth(t *testing.T) {
	t.Parallel()
	m := liveMonth(t)
	r := m.verify()
	if !r.Agrees || len(r.Notes) > 0 {
		t.Errorf("differences %v, notes %v", r.Differences, r.Notes)
	}
	want := map[string]int64{"runs": 1, "payments": 5, "payments derived from decisions and rates": 5, "orders": 5, "statement lines": 6}
	for _, c := range r.Checked {
		if n, ok := want[c.What]; ok && n != c.N {
			t.Errorf("%d %s, want %d", c.N, c.What, n)
		}
	}
}

// A month's rows are changed one after another behind the triggers' back.
func TestVerifyFindsATamperedMonth(t *testing.T) {
	t.Parallel()
	type tampering struct{ sql, table, id, what string }
	for name, cases := range map[string][]tampering{
		"payments": {
			{"update payment set amount = amount + 1000, owed = owed + 1000 where id = 2", "payment", "2", "owed, as the sum of its lines"},
			{"update payment set account_idx = sha256('thief') where id = 3", "payment", "3", "hash of the payment"},
			{"update payment set state = 'settled' where id = 1", "payment", "1", "order behind its state"},
			{"update payment_item set amount = amount + 5 where payment_id = 4 and month = '2026-11-01'", "payment_item", "4", "2026-11 btxh"},
			{"update payment_item set kind = 'regular' where payment_id = 5 and month = '2026-07-01'", "payment_item", "5", "2026-07 btxh"},
			{"insert into payment_item values (77, 'btxh', 'KT_N', '2026-11-01', 5, 0, 'regular', 1)", "payment_item", "77", "its payment"},
		},
		"decisions": {
			{"update entitlement set category = 'KT_DBN' where id = 1", "payment_item", "1", "KT_DBN"},
			{"update person set birth = '2000' where id = 5", "payment_item", "5", "NCT_D"},
			{"update paid_before set amount = 0 where person_id = 2", "payment_item", "2", "htxh"},
			{"update entitlement set first_month = '2026-10-01' where id = 6", "payment_item", "of person 6 in run 1", "2026-11 btxh KT_DBN"},
		},
		"rates": {
			{`update rate_edition set files = jsonb_set(files, '{levels.csv}', to_jsonb(replace(files ->> 'levels.csv', '540000', '550000')))`, "payment_item", "1", "2026-11 btxh KT_N"},
		},
		"run": {
			{"update run set total = total + 1 where id = 1", "run", "1", "total"},
			{"update run set known_on = '2026-10-21' where id = 1", "run", "1", "digest"},
		},
		"approval": {
			{"update approval set signature = '\\x30060201010201ff'", "approval", "1 by staff 2", "signature"},
			{"update approval set statement = 'x'", "approval", "1 by staff 2", "statement"},
			{"update staff_key set public_key = '\\x00'", "run", "1", "valid approvals"},
		},
		"signers": {
			{"update staff_key set revoked_at = now(), revoked_by = 1", "staff_key", "1", "revoked"},
			{"update staff_key set public_key = public_key || '\\x00'::bytea", "staff_key", "1", "fingerprint in the log"},
			{"update staff_key_request set public_key = public_key || '\\x01'::bytea", "staff_key", "1", "public key of the request"},
			{"delete from approval", "approval", "1 by staff:chairman", "approval in the log"},
			{"update run set n = n + 1", "run", "1", "number and total when it was submitted"},
			{"update run set month = '2026-12-01'", "run", "1", "what was prepared"},
		},
		"sources": {
			{"update list set received = 7, quarantined = 1", "list", "1", "imported and quarantined"},
			{"update list_row set person_id = 2 where person_id = 1", "entitlement", "1", "person of the row"},
			{"delete from list_row where person_id = 6", "entitlement", "6", "row that it came by"},
			{"update person set died_on = '2026-10-01' where id = 2", "person", "2", "event of the death"},
			{"insert into life_event (person_id, kind, known_on, source, recorded_by, recorded_at) values (4, 'death', '2026-10-01', 'x', 'x', now())", "life_event", "1", "its event in the log"},
			{"update person set settled = 'pay', settled_by = 'x', settled_at = now() where id = 3", "person", "3", "settled"},
			{"update person set merged_into = 3 where id = 6", "person", "6", "merged"},
			{"update payee set account_idx = sha256('thief') where person_id = 2", "payment", "2", "account of its payee"},
			{"update payee set person_id = 4, ended_at = now() where person_id = 3", "payment", "3", "person of its payee"},
			{"update rate_edition set files = files || '{\"ncc.csv\": \"x\"}'", "rate_edition", "", "digest of its files"},
			{"insert into rate_confirmation values ('s', sha256('x'), 1, now(), 'x')", "rate_confirmation", "s", "confirmation in the log"},
			{"insert into funds_request values ('ASKP00000000', '31825', 'btxh', 5, '2026-11-01', 'x')", "funds_request", "ASKP00000000", "request in the log"},
		},
		"told": {
			{"update statement_line set memo = 'x' where id = 2", "statement_line", "2", "key of its words"},
			{"update instruction set state = 'uncollected' where rail_account_id = 2", "balance", "3389.r2", "post office"},
			{"update bank_message set n = n + 1, total = total + 1 where id = 2", "bank_message", "", "number and total in the log"},
			{"insert into bank_rejection values ('AS202611-2-A1', 1, 'AC04', now())", "bank_rejection", "AS202611-2-A1", "order that was refused"},
			{"insert into recon_break (kind, subject, line_id, office, amount, opened_on, state, action, proposed_by, settled_by, settled_at) values ('unmatched', 'line:2', 2, '31825', 5, '2026-11-02', 'settled', 'fee', 1, 2, now())", "recon_break", "1", "who settled it"},
			{"insert into recon_break (kind, subject, line_id, office, amount, opened_on) values ('unknown-credit', 'line:3', 3, '31825', 5, '2026-11-02')", "recon_break", "2", "amount of its line"},
			{"update match set rule = 'suspense' where line_id = 1", "statement_line", "1", "break that says why"},
			{"insert into payment_carry values (1, 2, 5, true)", "payment_carry", "1 to 2", "amount of the payment"},
		},
		"orders": {
			{"update instruction set amount = amount + 1 where payment_id = 2", "instruction", "AS202611-2-A1", "order of payment 2"},
			{"update bank_message set total = total + 5 where id = 1", "bank_message", "", "number and total of its orders"},
			{"delete from match where rule = 'return'", "instruction", "AS202611-1-A1", "statement line of its return"},
			{"update instruction set state = 'rejected' where payment_id = 3", "instruction", "AS202611-3-A1", "refusal"},
		},
		"statement": {
			{"update statement_line set amount = amount + 1 where id = 4", "match", "4", "amount of its line"},
			{"update statement set closing = closing - 1", "balance", "112.31825", "closing balances"},
			{"update statement_file set content = 'y'", "statement_file", "1", "hash of its bytes"},
			{"insert into closed_day values (1, '2026-11-02', 5, 5, 0, 'x', sha256('x'), 1, now())", "closed_day", "1 on 2026-11-02", "balance by the statements"},
			{"update closed_day set books = 6, explained = -1", "closed_day", "1 on 2026-11-02", "balance of the books"},
			{"update closed_day set closed_at = now()", "closed_day", "1 on 2026-11-02", "event in the log"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := liveMonth(t)
			var statements []string
			for _, c := range cases {
				statements = append(statements, c.sql)
			}
			m.tamper(statements...)
			r := m.verify()
			for _, c := range cases {
				if !found(r, c.table, c.id, c.what) {
					t.Errorf("not found: %s", c.sql)
				}
			}
			if t.Failed() {
				for _, d := range r.Differences {
					t.Log(d)
				}
			}
		})
	}
}
