package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/bank"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
	"ansinh.vn/payout"
)

// The account that the office of benches pays from.
const (
	benchBIN     = "970436"
	benchAccount = "1234567890"
	benchCode    = "31825"
)

// benchOffice is an office with people to pay, the staff to do it, and a history of
// twelve paid months.
type benchOffice struct {
	*benchServer
	box      *secret.Box
	now      time.Time
	clerk    payout.StaffID
	chairmen []payout.StaffID
	key      map[payout.StaffID][]byte
	account  bank.RailAccountID
	month    money.Month
}

func (s *benchServer) office(ctx context.Context, people int) (o *benchOffice, err error) {
	o = &benchOffice{benchServer: s, now: time.Date(2026, time.October, 20, 3, 0, 0, 0, time.UTC),
		month: money.NewMonth(2026, time.November), key: map[payout.StaffID][]byte{}}
	if o.box, err = secret.Open(s.dir); err != nil {
		return nil, err
	}
	err = pg.Tx(ctx, s.pool, func(tx pgx.Tx) error {
		var b pgx.Batch
		b.Queue(`insert into office (code, name, kind) values ($1, 'UBND Phường Bạc Liêu', 'Phường')`, benchCode)
		b.Queue(`insert into setting (key, value) values ('opening_month', to_jsonb($1::text))
			on conflict (key) do update set value = excluded.value`, o.month.Add(-12).String())
		if err := tx.SendBatch(ctx, &b).Close(); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, `
			insert into rail_account (office, kind, bank_bin, account_no, name) values ($1, 'bank', $2, $3, 'UBND PHUONG BAC LIEU') returning id`,
			benchCode, benchBIN, benchAccount).Scan(&o.account)
		if err != nil {
			return err
		}
		if err := o.hire(ctx, tx); err != nil {
			return err
		}
		return o.list(ctx, tx, people)
	})
	if err != nil {
		return nil, err
	}
	return o, s.analyze(ctx, "person", "payee", "list_row", "entitlement", "paid_before")
}

// hire makes a clerk, and as many chairmen with keys as any total asks for.
func (o *benchOffice) hire(ctx context.Context, tx pgx.Tx) error {
	one := func(login, role string) (id payout.StaffID, err error) {
		err = tx.QueryRow(ctx, `
			insert into staff (login, name, office, roles, password_hash, created_at, created_by)
			values ($1, $1, $2, array[$3], '$argon2id$v=19$none', $4, 'bench') returning id`, login, benchCode, role, o.now).Scan(&id)
		return id, err
	}
	clerk, err := one("bench", "clerk")
	if err != nil {
		return err
	}
	o.clerk = clerk
	for i := range 5 {
		id, err := one(fmt.Sprintf("bench%d", i+1), "chairman")
		if err != nil {
			return err
		}
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return err
		}
		private, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return err
		}
		public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			with r as (insert into staff_key_request (staff_id, kind, public_key, requested_at) values ($1, 'es256', $2, $3) returning id)
			insert into staff_key (staff_id, request_id, kind, public_key, requested_at, enrolled_at, confirmed_by)
			select $1, id, 'es256', $2, $3, $3, $4 from r`, id, public, o.now, clerk)
		if err != nil {
			return err
		}
		o.chairmen, o.key[id] = append(o.chairmen, id), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	}
	return nil
}

// list puts people on a list as an import does: each with a severe disability and an
// account of their own, three in ten with care support on top, paid for twelve months.
func (o *benchOffice) list(ctx context.Context, tx pgx.Tx, people int) error {
	var list int64
	err := tx.QueryRow(ctx, `
		insert into list (kind, office, scheme, version, file_name, sha256, size, imported_by, imported_at)
		values ('list', $1, 'btxh', 1, 'bench.xlsx', sha256('bench'), 1, 'bench', $2) returning id`, benchCode, o.now).Scan(&list)
	if err != nil {
		return err
	}
	const chunk = 10_000
	for from := 0; from < people; from += chunk {
		n := min(chunk, people-from)
		sealed, index, account, accountIndex := make([][]byte, n), make([][]byte, n), make([][]byte, n), make([][]byte, n)
		for i := range n {
			number, no := fmt.Sprintf("0951%08d", from+i), fmt.Sprintf("9704%08d", from+i)
			sealed[i], index[i] = o.box.Seal(secret.PersonNumber, number), o.box.Index(secret.PersonNumber, number)
			account[i], accountIndex[i] = o.box.Seal(secret.AccountNumber, no), o.box.Index(secret.AccountNumber, "970415:"+no)
		}
		var b pgx.Batch
		b.Queue(`
			insert into person (number_enc, number_idx, name, name_key, birth, sex, office, hamlet, register_outcome, checked_at, first_list)
			select enc, idx, 'Nguyễn Thị Số', 'nguyen thi so', '1980-05-02', 'F', $3, 'Khóm 1', 'match', $4, $5
			from unnest($1::bytea[], $2::bytea[]) p(enc, idx)`, sealed, index, benchCode, o.now, list)
		b.Queue(`
			insert into payee (person_id, kind, name, way, bank_bin, account_enc, account_idx, holder_name, holder_verdict, list_id, since)
			select p.id, 'self', p.name, 'bank', '970415', a.enc, a.idx, 'NGUYEN THI SO', 'same', $3, $4
			from unnest($1::bytea[], $2::bytea[]) with ordinality a(enc, idx, n)
			join (select id, name, row_number() over (order by id) n from person where id > $5) p using (n)`,
			account, accountIndex, list, o.now.AddDate(-1, 0, 0), from)
		if err := tx.SendBatch(ctx, &b).Close(); err != nil {
			return err
		}
	}
	var b pgx.Batch
	b.Queue(`insert into list_row (list_id, row_no, state, person_id, cells) select $1, id, 'imported', id, '' from person order by id`, list)
	b.Queue(`
		insert into entitlement (person_id, office, scheme, category, first_month, decision_on, list_id, row_id)
		select r.person_id, $1, 'btxh', c.category, $2, $2, $3, r.id
		from list_row r join (values ('KT_N'), ('CS_HO_KTDBN')) c(category) on c.category = 'KT_N' or r.person_id % 10 < 3
		order by r.person_id`, benchCode, o.month.Add(-12).First(), list)
	b.Queue(`
		insert into paid_before (person_id, scheme, category, first_month, last_month, amount, list_id)
		select person_id, scheme, category, first_month, $1, case category when 'KT_N' then 750000 else 500000 end, list_id
		from entitlement`, o.month.Add(-1).First())
	b.Queue(`update list set received = $2, imported = $2, done = true where id = $1`, list, people)
	return tx.SendBatch(ctx, &b).Close()
}

// send takes a prepared run until its orders are with the bank.
func (o *benchOffice) send(ctx context.Context, run payout.RunID) error {
	r, err := payout.Submit(ctx, o.pool, run, o.clerk, o.now)
	if err != nil {
		return err
	}
	if err := o.fund(ctx, r.Total); err != nil {
		return err
	}
	for _, chairman := range o.chairmen[:r.ApprovalsNeeded] {
		signed, err := payout.Sign(ctx, o.pool, r, chairman, o.key[chairman])
		if err != nil {
			return err
		}
		if r, err = payout.Approve(ctx, o.pool, signed, o.now); err != nil {
			return err
		}
	}
	sent, err := payout.Instruct(ctx, o.pool, o.box, payout.InstructInput{Run: run, Account: o.account, RequestedOn: benchDay, By: o.clerk, Now: o.now})
	if err != nil {
		return err
	}
	spool := &bank.FileRail{Out: o.dir}
	for _, id := range sent.Messages {
		if _, err := bank.Send(ctx, o.pool, spool, id, benchDay); err != nil {
			return err
		}
	}
	return nil
}

// fund gives the office the money of a run.
func (o *benchOffice) fund(ctx context.Context, total money.VND) error {
	return pg.Tx(ctx, o.pool, func(tx pgx.Tx) error {
		own := ledger.Account{Code: "112." + benchCode, Name: "Tiền gửi ngân hàng " + benchCode, Type: "asset", Office: benchCode}
		fund := ledger.Account{Code: "366." + benchCode + ".btxh", Name: "Kinh phí btxh", Type: "liability", NoOverdraft: true,
			Office: benchCode, Fund: "btxh", Scheme: "btxh"}
		ids, err := ledger.Ensure(ctx, tx, []ledger.Account{own, fund})
		if err != nil {
			return err
		}
		_, err = ledger.Post(ctx, tx, ledger.Entry{Key: "bench:funds", On: money.Day(2026, time.October, 20), Kind: "funds.received",
			Transfers: []ledger.Transfer{{Debit: ids[own.Code], Credit: ids[fund.Code], Amount: total}}})
		return err
	})
}
