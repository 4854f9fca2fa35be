package payout

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/bank"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/pgtest"
	"ansinh.vn/internal/secret"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

const office = "31825"

// bundle is a database with an office, its staff and its accounts.
type bundle struct {
	*testing.T
	ctx  context.Context
	pool *pgxpool.Pool
	box  *secret.Box
	now  time.Time

	clerk, chairman, second, elsewhere StaffID
	keys                               map[StaffID][]byte // private keys, PEM
	bank, post                         bank.RailAccountID
	list                               int64
	rows, rulings                      int
}

func newBundle(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{T: t, ctx: t.Context(), pool: pgtest.New(t), box: secret.ForTest(t), keys: map[StaffID][]byte{},
		now: time.Date(2026, 10, 20, 3, 0, 0, 0, time.UTC)}
	b.exec(`insert into office (code, name, kind) values ('31825', 'Vĩnh Lộc', 'Xã'), ('31867', 'Phước Long', 'Xã')`)
	b.clerk = b.staff("clerk.vinhloc", office, "clerk", "chairman")
	b.chairman = b.staff("chairman.vinhloc", office, "chairman")
	b.second = b.staff("chairman.province", "", "chairman", "accountant")
	b.elsewhere = b.staff("chairman.phuoclong", "31867", "chairman")
	for _, s := range []StaffID{b.clerk, b.chairman, b.second, b.elsewhere} {
		b.enrol(s)
	}
	b.bank = b.rail("bank", "970436", "1234567890")
	b.post = b.rail("post", "", "")
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

// count answers a question that is a number.
func (b *bundle) count(sql string, args ...any) (n int64) {
	b.Helper()
	b.scan(&n, sql, args...)
	return n
}

func (b *bundle) staff(login, office string, roles ...string) (id StaffID) {
	b.scan(&id, `insert into staff (login, name, office, roles, password_hash, created_at, created_by)
		values ($1, $1, nullif($2, ''), $3, '$argon2id$v=19$x', $4, 'test') returning id`, login, office, roles, b.now)
	return id
}

func (b *bundle) enrol(s StaffID) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	b.check(err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	b.check(err)
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	b.check(err)
	b.keys[s] = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	b.exec(`with r as (insert into staff_key_request (staff_id, kind, public_key, requested_at) values ($1, 'es256', $2, $3) returning id)
		insert into staff_key (staff_id, request_id, kind, public_key, requested_at, enrolled_at, confirmed_by)
		select $1, id, 'es256', $2, $3, $3, (select max(id) from staff where id <> $1) from r`, s, public, b.now)
}

func (b *bundle) rail(kind, bin, account string) (id bank.RailAccountID) {
	b.scan(&id, `insert into rail_account (office, kind, bank_bin, account_no, name) values ($1, $2, nullif($3, ''), nullif($4, ''), 'UBND xa Vinh Loc') returning id`,
		office, kind, bin, account)
	return id
}

// someone describes a person of the office; zero values are an alive woman of 46 with a
// checked number and her own account.
type someone struct {
	birth   string
	died    string
	cash    bool
	account string
	outcome string
	rights  []Entitlement
	paid    money.VND // a month, for July to October 2026, in the first right's category
}

func (b *bundle) person(s someone) (id PersonID) {
	b.Helper()
	b.rows++
	if s.birth == "" {
		s.birth = "1980-05-02"
	}
	if s.outcome == "" {
		s.outcome = "match"
	}
	if s.account == "" {
		s.account = fmt.Sprintf("9704%08d", b.rows)
	}
	number := fmt.Sprintf("0951%08d", b.rows)
	b.check(pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) error {
		var row int64
		err := tx.QueryRow(b.ctx, `
			insert into list (kind, office, scheme, version, file_name, sha256, size, imported_by, imported_at)
			values ('list', $1, 'btxh', $2, 'ds.xlsx', sha256($3::bytea), 1, 'test', $4) returning id`, office, b.rows, number, b.now).Scan(&b.list)
		if err != nil {
			return err
		}
		err = tx.QueryRow(b.ctx, `
			insert into person (number_enc, number_idx, name, name_key, birth, sex, office, hamlet, died_on, register_outcome, checked_at, first_list)
			values ($1, $2, $3, $3, $4, 'F', $5, 'Ấp 1', nullif($6, '')::date, $7, $8, $9) returning id`,
			b.box.Seal(secret.PersonNumber, number), b.box.Index(secret.PersonNumber, number), fmt.Sprintf("Nguyễn Thị Số %d", b.rows),
			s.birth, office, s.died, s.outcome, b.now, b.list).Scan(&id)
		if err != nil {
			return err
		}
		err = tx.QueryRow(b.ctx, `insert into list_row (list_id, row_no, state, person_id, cells) values ($1, $2, 'imported', $3, '') returning id`,
			b.list, b.rows, id).Scan(&row)
		if err != nil {
			return err
		}
		for _, e := range s.rights {
			_, err := tx.Exec(b.ctx, `
				insert into entitlement (person_id, office, scheme, category, first_month, last_month, children, decision_on, list_id, row_id)
				values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, id, office, e.Scheme, e.Category, e.FirstMonth, e.LastMonth, e.Children, e.DecisionOn, b.list, row)
			if err != nil {
				return err
			}
		}
		if s.paid > 0 {
			_, err := tx.Exec(b.ctx, `insert into paid_before (person_id, scheme, category, first_month, last_month, amount, list_id)
				values ($1, $2, $3, '2026-07-01', '2026-10-01', $4, $5)`, id, s.rights[0].Scheme, s.rights[0].Category, s.paid, b.list)
			if err != nil {
				return err
			}
		}
		if err := b.payee(tx, id, s.cash, s.account, b.now.AddDate(0, -2, 0)); err != nil {
			return err
		}
		_, err = tx.Exec(b.ctx, `update list set received = 1, imported = 1, done = true where id = $1`, b.list)
		return err
	}))
	return id
}

// payee writes how a person is paid from a moment on.
func (b *bundle) payee(tx pgx.Tx, id PersonID, cash bool, account string, since time.Time) error {
	if _, err := tx.Exec(b.ctx, `update payee set ended_at = $2 where person_id = $1 and ended_at is null`, id, since); err != nil {
		return err
	}
	if cash {
		_, err := tx.Exec(b.ctx, `insert into payee (person_id, kind, name, way, list_id, since) select id, 'self', name, 'cash', $2, $3 from person where id = $1`, id, b.list, since)
		return err
	}
	_, err := tx.Exec(b.ctx, `
		insert into payee (person_id, kind, name, way, bank_bin, account_enc, account_idx, holder_name, holder_verdict, list_id, since)
		select id, 'self', name, 'bank', '970415', $2, $3, 'NGUYEN THI SO', 'same', $4, $5 from person where id = $1`,
		id, b.box.Seal(secret.AccountNumber, account), b.box.Index(secret.AccountNumber, "970415:"+account), b.list, since)
	return err
}

// receives makes somebody entitled to severe disability support, paid at the old level
// until October: 810,000 a month, 4 × 60,000 of arrears.
func receives(change ...func(*someone)) someone {
	s := someone{rights: []Entitlement{right(BTXH, "KT_N")}, paid: 750_000}
	for _, c := range change {
		c(&s)
	}
	return s
}

func inCash(s *someone) { s.cash = true }

// monthDue is what receives is owed in November 2026: its month and four arrears.
const monthDue money.VND = 810_000 + 4*60_000

func (b *bundle) funds(s Scheme, amount money.VND) {
	b.Helper()
	b.check(pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) error {
		ids, err := ledger.Ensure(b.ctx, tx, []ledger.Account{bankAccount(office), fund(office, s)})
		if err != nil {
			return err
		}
		var n int
		if err := tx.QueryRow(b.ctx, `select count(*) from entry`).Scan(&n); err != nil {
			return err
		}
		_, err = ledger.Post(b.ctx, tx, ledger.Entry{Key: fmt.Sprintf("funds:%d", n), On: day("2026-10-20"), Kind: "funds.received",
			Transfers: []ledger.Transfer{{Debit: ids[bankAccount(office).Code], Credit: ids[fund(office, s).Code], Amount: amount}}})
		return err
	}))
}

func (b *bundle) prepare(change ...func(*PrepareInput)) Run {
	b.Helper()
	r, err := b.tryPrepare(change...)
	b.check(err)
	return r
}

func (b *bundle) tryPrepare(change ...func(*PrepareInput)) (Run, error) {
	in := PrepareInput{Box: b.box, Office: office, Month: month("2026-11"), KnownOn: day("2026-10-20"), By: b.clerk, Now: b.now}
	for _, c := range change {
		c(&in)
	}
	return Prepare(b.ctx, b.pool, in)
}

func (b *bundle) submit(r Run) Run {
	b.Helper()
	r, err := Submit(b.ctx, b.pool, r.ID, b.clerk, b.now)
	b.check(err)
	return r
}

// approve signs as somebody.
func (b *bundle) approve(r Run, who StaffID) (Run, error) {
	b.Helper()
	a, err := Sign(b.ctx, b.pool, r, who, b.keys[who])
	b.check(err)
	return Approve(b.ctx, b.pool, a, b.now)
}

// approved prepares, submits and approves a run with enough funds.
func (b *bundle) approved(change ...func(*PrepareInput)) Run {
	b.Helper()
	r := b.submit(b.prepare(change...))
	for _, s := range Schemes {
		b.funds(s, 1_000_000_000)
	}
	r, err := b.approve(r, b.chairman)
	b.check(err)
	return r
}

func (b *bundle) instruct(r Run, account bank.RailAccountID) Sending {
	b.Helper()
	s, err := Instruct(b.ctx, b.pool, b.box, InstructInput{Run: r.ID, Account: account, RequestedOn: day("2026-11-02"), By: b.clerk, Now: b.now})
	b.check(err)
	return s
}

func (b *bundle) balance(code string) money.VND {
	b.Helper()
	v, err := ledger.Balance(b.ctx, b.pool, code)
	b.check(err)
	return v
}

func (b *bundle) owes(p PersonID) money.VND { return b.balance(payable(int64(p)).Code) }

// paymentOf is a person's newest payment.
func (b *bundle) paymentOf(p PersonID) PaymentDetail {
	b.Helper()
	var id PaymentID
	b.scan(&id, `select id from payment where person_id = $1 order by id desc limit 1`, p)
	d, err := GetPayment(b.ctx, b.pool, id)
	b.check(err)
	return d
}

// outcome tells what the bank did with a person's newest order.
func (b *bundle) outcome(p PersonID, kind OutcomeKind, reason string) error {
	d := b.paymentOf(p)
	return pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) error {
		return RecordOutcome(b.ctx, tx, Outcome{EndToEndID: d.Instructions[len(d.Instructions)-1].EndToEndID, Kind: kind, Reason: reason, Amount: d.Amount,
			On: day("2026-11-03"), Ref: "line:1", By: "test", Now: b.now})
	})
}

// nothingIsLost checks what must be true of every state of the books.
func (b *bundle) nothingIsLost() {
	b.Helper()
	for name, sql := range map[string]string{
		"what is owed stands in 3388": `
			select count(*) from (
			    select p.person_id, sum(p.amount) owed from payment p join run r on r.id = p.run_id
			    where (p.state = 'ready' and r.state in ('approved', 'instructed')) or p.state in ('returned', 'uncollected')
			    group by p.person_id) o
			full join (
			    select substr(a.code, 7)::bigint person_id, b.credits - b.debits owed from account a join balance b on b.account_id = a.id where a.code like '3388.p%'
			) l using (person_id)
			where coalesce(o.owed, 0) <> coalesce(l.owed, 0)`,
		"what is in transit, or was paid out in cash, stands in 3389": `
			select (select coalesce(sum(amount), 0) from instruction where state in ('made', 'collected'))
			     - (select coalesce(sum(b.credits - b.debits), 0) from account a join balance b on b.account_id = a.id where a.code like '3389.r%')`,
		"what was approved stands in 611": `
			select (select coalesce(sum(p.owed - p.clawback), 0) from payment p join run r on r.id = p.run_id
			        where r.state in ('approved', 'instructed', 'closed') and p.state not in ('held', 'cancelled'))
			     + (select coalesce(sum(amount), 0) from recovery where kind = 'write_off' and confirmed_at is not null)
			     - (select coalesce(sum(b.debits - b.credits), 0) from account a join balance b on b.account_id = a.id where a.code like '611.%')`,
		"what was overpaid and not taken back stands in 1388": `
			select (select coalesce(sum(p.clawback - p.set_off), 0) from payment p join run r on r.id = p.run_id
			        where r.state in ('approved', 'instructed', 'closed') and p.state not in ('held', 'cancelled'))
			     - (select coalesce(sum(amount), 0) from recovery_receipt)
			     - (select coalesce(sum(amount), 0) from recovery where kind = 'write_off' and confirmed_at is not null)
			     - (select coalesce(sum(b.debits - b.credits), 0) from account a join balance b on b.account_id = a.id where a.code like '1388.%')`,
		"what the budget gave beyond what was spent is what people owe back": `
			select coalesce(sum(case when a.code like '511.%' then b.credits - b.debits when a.code like '611.%' or a.code like '1388.%' then b.credits - b.debits end), 0)
			from account a join balance b on b.account_id = a.id`,
		"runs count their payments": `
			select count(*) from run r,
			    lateral (select count(*)::int n, coalesce(sum(amount), 0)::bigint total from payment where run_id = r.id and state = 'ready') p
			where r.state in ('computed', 'submitted') and (r.n, r.total) <> (p.n, p.total)`,
		"lines make the payment": `
			select count(*) from payment p, lateral (
			    select coalesce(sum(amount) filter (where amount > 0), 0)::bigint owed, coalesce(-sum(amount) filter (where amount < 0), 0)::bigint clawback,
			           coalesce(sum(set_off), 0)::bigint set_off
			    from payment_item where payment_id = p.id) i
			where (p.owed, p.clawback) <> (i.owed, i.clawback) or i.set_off <> p.set_off`,
	} {
		if n := b.count(sql); n != 0 {
			b.Errorf("%s: off by %d", name, n)
		}
	}
}

func pgOwner(b *bundle) *pgxpool.Pool { return pgtest.Owner(b.T, b.pool) }
