package reconcile_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/bank"
	"ansinh.vn/bank/sandbox"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/pgtest"
	"ansinh.vn/internal/secret"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
	"ansinh.vn/payout"
	"ansinh.vn/reconcile"
)

const (
	office  = "31825"
	account = "1234567890"
	month   = "2026-11"
)

// bundle is an office with people to pay, and a sandbox bank reached over HTTP.
type bundle struct {
	*testing.T
	ctx                   context.Context
	pool                  *pgxpool.Pool
	box                   *secret.Box
	store                 *reconcile.Store
	now                   time.Time
	clerk, chairman       int64
	key                   []byte
	bankAccount, postRail bank.RailAccountID
	server                *httptest.Server
	run                   payout.RunID
}

func newBundle(t *testing.T, seed uint64, faults sandbox.Faults) *bundle {
	t.Helper()
	return newBankOf(t, sandbox.Config{Seed: seed, Faults: &faults})
}

func newBankOf(t *testing.T, cfg sandbox.Config) *bundle {
	t.Helper()
	b := &bundle{T: t, ctx: t.Context(), pool: pgtest.New(t), box: secret.ForTest(t), now: time.Date(2026, 10, 20, 3, 0, 0, 0, time.UTC)}
	b.store = &reconcile.Store{Pool: b.pool}
	b.exec(`insert into office (code, name, kind) values ($1, 'Phường Bạc Liêu', 'Phường')`, office)
	b.clerk, b.chairman = b.hire("canbo", "clerk"), b.hire("chutich", "chairman")
	b.enrol()
	b.scan(&b.bankAccount, `insert into rail_account (office, kind, bank_bin, account_no, name) values ($1, 'bank', '970436', $2, 'UBND') returning id`, office, account)
	b.scan(&b.postRail, `insert into rail_account (office, kind, name) values ($1, 'post', 'Bưu điện') returning id`, office)
	cfg.Token, cfg.Day = "secret", "2026-10-20"
	peer, err := sandbox.New(cfg)
	b.check(err)
	b.server = httptest.NewServer(peer.Handler())
	t.Cleanup(func() { b.server.Close(); b.check(peer.Close()) })
	b.ask("POST", "/accounts", map[string]string{"bank": "970436", "account": account, "name": "UBND", "kind": "agency"})
	return b
}

func (b *bundle) check(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bundle) exec(sql string, args ...any) {
	b.Helper()
	_, err := b.pool.Exec(b.ctx, sql, args...)
	b.check(err)
}

func (b *bundle) scan(to any, sql string, args ...any) {
	b.Helper()
	b.check(b.pool.QueryRow(b.ctx, sql, args...).Scan(to))
}

func (b *bundle) hire(login, role string) (id int64) {
	b.scan(&id, `insert into staff (login, name, office, roles, password_hash, created_at, created_by)
		values ($1, $1, $2, array[$3], '$argon2id$v=19$x', $4, 'test') returning id`, login, office, role, b.now)
	return id
}

func (b *bundle) enrol() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	b.check(err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	b.check(err)
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	b.check(err)
	b.key = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	b.exec(`with r as (insert into staff_key_request (staff_id, kind, public_key, requested_at) values ($1, 'es256', $2, $3) returning id)
		insert into staff_key (staff_id, request_id, kind, public_key, requested_at, enrolled_at, confirmed_by)
		select $1, id, 'es256', $2, $3, $3, $4 from r`, b.chairman, public, b.now, b.clerk)
}

// people puts n persons with severe disability on a list, every third paid in cash.
func (b *bundle) people(n int) {
	b.Helper()
	b.check(pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) error {
		var list int64
		if err := tx.QueryRow(b.ctx, `insert into list (kind, office, scheme, version, file_name, sha256, size, imported_by, imported_at)
			values ('list', $1, 'btxh', 1, 'ds.xlsx', sha256('x'), 1, 'test', $2) returning id`, office, b.now).Scan(&list); err != nil {
			return err
		}
		for i := range n {
			if err := b.person(tx, list, i); err != nil {
				return err
			}
		}
		_, err := tx.Exec(b.ctx, `update list set received = $2, imported = $2, done = true where id = $1`, list, n)
		return err
	}))
}

func (b *bundle) person(tx pgx.Tx, list int64, i int) error {
	number, no := fmt.Sprintf("0951%08d", i), fmt.Sprintf("9704%08d", i)
	var id, row int64
	if err := tx.QueryRow(b.ctx, `
		insert into person (number_enc, number_idx, name, name_key, birth, sex, office, hamlet, register_outcome, checked_at, first_list)
		values ($1, $2, $3, $3, '1980-05-02', 'F', $4, 'Khóm 1', 'match', $5, $6) returning id`,
		b.box.Seal(secret.PersonNumber, number), b.box.Index(secret.PersonNumber, number), fmt.Sprintf("Nguyễn Thị Số %d", i), office, b.now, list).Scan(&id); err != nil {
		return err
	}
	if err := tx.QueryRow(b.ctx, `insert into list_row (list_id, row_no, state, person_id, cells) values ($1, $2, 'imported', $3, '') returning id`,
		list, i+1, id).Scan(&row); err != nil {
		return err
	}
	if _, err := tx.Exec(b.ctx, `insert into entitlement (person_id, office, scheme, category, first_month, decision_on, list_id, row_id)
		values ($1, $2, 'btxh', 'KT_N', '2025-01-01', '2025-01-05', $3, $4)`, id, office, list, row); err != nil {
		return err
	}
	since := b.now.AddDate(-1, 0, 0)
	if i%3 == 2 {
		_, err := tx.Exec(b.ctx, `insert into payee (person_id, kind, name, way, list_id, since) select id, 'self', name, 'cash', $2, $3 from person where id = $1`, id, list, since)
		return err
	}
	_, err := tx.Exec(b.ctx, `
		insert into payee (person_id, kind, name, way, bank_bin, account_enc, account_idx, holder_name, holder_verdict, list_id, since)
		select id, 'self', name, 'bank', '970415', $2, $3, 'NGUYEN THI SO', 'same', $4, $5 from person where id = $1`,
		id, b.box.Seal(secret.AccountNumber, no), b.box.Index(secret.AccountNumber, "970415:"+no), list, since)
	return err
}

// ask talks to the sandbox bank's own endpoints; "" means that it does not have that.
func (b *bundle) ask(method, path string, body any) []byte {
	b.Helper()
	var buf bytes.Buffer
	if body != nil {
		b.check(json.NewEncoder(&buf).Encode(body))
	}
	req, err := http.NewRequestWithContext(b.ctx, method, b.server.URL+path, &buf)
	b.check(err)
	req.Header.Set("Authorization", "Bearer secret")
	res, err := http.DefaultClient.Do(req)
	b.check(err)
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	b.check(err)
	if res.StatusCode == http.StatusNotFound {
		return nil
	}
	if res.StatusCode/100 != 2 {
		b.Fatalf("%s %s: %s %s", method, path, res.Status, answer)
	}
	return answer
}

// to moves the clocks to nine in the morning of a day.
func (b *bundle) to(on string) {
	b.Helper()
	t, err := money.ParseDay(on)
	b.check(err)
	b.now = t.Add(2 * time.Hour)
	b.ask("POST", "/clock", map[string]string{"at": b.now.Format(time.RFC3339)})
}

// statement is the bank's camt.053 of a day that is over.
func (b *bundle) statement(on string) []byte {
	return b.ask("GET", "/accounts/970436-"+account+"/statements/"+on, nil)
}

func (b *bundle) take(name string, content []byte) reconcile.Imported {
	b.Helper()
	done, err := b.store.ImportStatements(b.ctx, name, content, "staff:ketoan", b.now)
	b.check(err)
	return done
}

func (b *bundle) reconcile() reconcile.Summary {
	b.Helper()
	sum, err := b.store.Reconcile(b.ctx, "worker", b.now, nil)
	b.check(err)
	return sum
}

// day imports a day's statement, if there was one, and reconciles.
func (b *bundle) day(on string) reconcile.Summary {
	b.Helper()
	if content := b.statement(on); content != nil {
		b.take(on+".xml", content)
	}
	return b.reconcile()
}

// fund has the treasury pay what the office asks for.
func (b *bundle) fund(v money.VND) string {
	b.Helper()
	m, err := money.ParseMonth(month)
	b.check(err)
	reference, err := b.store.RequestFunds(b.ctx, reconcile.FundsRequest{Office: office, Scheme: "btxh", Month: m, Amount: v, By: "staff:ketoan", Now: b.now})
	b.check(err)
	b.ask("POST", "/credit", map[string]any{"bank": "970436", "account": account, "amount": v, "memo": "KBNN chuyen " + reference, "name": "KHO BAC"})
	return reference
}

// send lives the month until the bank has the file: funds, approval, orders.
func (b *bundle) send() (messages []string) {
	b.Helper()
	m, err := money.ParseMonth(month)
	b.check(err)
	known, err := money.ParseDay("2026-10-20")
	b.check(err)
	r, err := payout.Prepare(b.ctx, b.pool, payout.PrepareInput{Box: b.box, Office: office, Month: m, KnownOn: known, By: payout.StaffID(b.clerk), Now: b.now})
	b.check(err)
	r, err = payout.Submit(b.ctx, b.pool, r.ID, payout.StaffID(b.clerk), b.now)
	b.check(err)
	b.run = r.ID
	b.fund(r.Total + 1_000_000)
	b.to("2026-10-21")
	if sum := b.day("2026-10-20"); sum.Matched["funds"] != 1 {
		b.Fatalf("the funds were not recognised: %+v", sum)
	}
	a, err := payout.Sign(b.ctx, b.pool, r, payout.StaffID(b.chairman), b.key)
	b.check(err)
	_, err = payout.Approve(b.ctx, b.pool, a, b.now)
	b.check(err)
	b.to("2026-11-02")
	for _, rail := range []bank.RailAccountID{b.bankAccount, b.postRail} {
		on, err := money.ParseDay("2026-11-02")
		b.check(err)
		s, err := payout.Instruct(b.ctx, b.pool, b.box, payout.InstructInput{Run: r.ID, Account: rail, RequestedOn: on, By: payout.StaffID(b.clerk), Now: b.now})
		b.check(err)
		for _, id := range s.Messages {
			if rail == b.postRail {
				id, err = b.store.OrderPostTransfer(b.ctx, reconcile.PostTransfer{List: id, BIN: "970449", Account: "0096000000099", Name: "Bưu điện",
					RequestedOn: on, By: "staff:ketoan", Now: b.now})
				b.check(err)
			}
			b.hand(id)
			messages = append(messages, id)
		}
	}
	return messages
}

// hand sends a message; an answer that was lost is asked for.
func (b *bundle) hand(id string) {
	b.Helper()
	rail := &bank.HTTPRail{Base: b.server.URL, Token: "secret"}
	_, err := bank.Send(b.ctx, b.pool, rail, id, b.now)
	if err != nil {
		_, err = bank.Ask(b.ctx, b.pool, rail, id, b.now)
	}
	b.check(err)
}

func (b *bundle) balance(code string) money.VND {
	b.Helper()
	v, err := ledger.Balance(b.ctx, b.pool, code)
	b.check(err)
	return v
}

func (b *bundle) breaks() []reconcile.Break {
	b.Helper()
	list, err := reconcile.Breaks(b.ctx, b.pool, reconcile.BreakFilter{}, b.now)
	b.check(err)
	return list
}

// agrees checks that the books say what the bank says.
func (b *bundle) agrees() {
	b.Helper()
	positions, err := reconcile.Positions(b.ctx, b.pool)
	b.check(err)
	if len(positions) != 1 || !positions[0].Agrees || positions[0].Unmatched != 0 {
		b.Fatalf("the books do not agree with the bank: %+v", positions)
	}
}
