package markets

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/bank"
	"ansinh.vn/bank/iso20022"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
	"ansinh.vn/internal/text"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

// SettleInput pays vendors what the vouchers of one office owe them.
type SettleInput struct {
	Office        string
	RailAccountID bank.RailAccountID // 0: the office's bank account
	// RetryReturned pays what came back again even though the vendor's account is still
	// the same; without it a returned amount waits until the account is changed.
	RetryReturned bool
	By            string
	Now           time.Time
}

// Settlement is one bank message to vendors, made and not yet sent: bank.Send does that.
type Settlement struct {
	ID        SettlementID `json:"id"`
	Office    string       `json:"office"`
	MessageID string       `json:"message_id"` // "" when nothing was owed
	N         int          `json:"n"`          // vendors
	Total     money.VND    `json:"total"`
}

// share is what one vendor gets in a settlement.
type share struct {
	vendor  VendorID
	amount  money.VND
	bin     string
	account []byte
	holder  string
	id      string // end-to-end id
}

// Settle nets what each active vendor is owed by an office's vouchers (redemptions that
// were not settled, and what came back to a changed account), writes one pain.001 and
// posts 3386 → 3389. With nothing owed it makes nothing and returns N = 0.
func Settle(ctx context.Context, pool *pgxpool.Pool, box *secret.Box, in SettleInput) (s Settlement, err error) {
	defer wrap(&err, "settle vendors of office %s", in.Office)
	err = pg.Tx(ctx, pool, func(tx pgx.Tx) (err error) {
		s, err = settle(ctx, tx, box, in)
		return err
	})
	return s, err
}

func settle(ctx context.Context, tx pgx.Tx, box *secret.Box, in SettleInput) (s Settlement, err error) {
	s.Office = in.Office
	if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(26012, hashtext($1))`, in.Office); err != nil {
		return s, err
	}
	from, err := bank.AccountOf(ctx, tx, in.Office, "bank")
	if in.RailAccountID != 0 {
		from, err = bank.AccountByID(ctx, tx, in.RailAccountID)
	}
	if errors.Is(err, bank.ErrNoAccount) || err == nil && (from.Office != in.Office || from.Kind != "bank") {
		return s, refuse("no-account", "office %s has no such bank account to pay vendors from", in.Office)
	}
	if err != nil {
		return s, err
	}
	var number int64
	if err := tx.QueryRow(ctx, `select nextval('market_code')`).Scan(&number); err != nil {
		return s, err
	}
	month := money.MonthOf(in.Now.In(text.Vietnam))
	stamp := fmt.Sprintf("%04d%02d", month.Year(), int(month.Month()))
	// with the vendor's number on six digits behind; a payment's id never has the 0 in
	// front, so the two can stand in one memo
	shares, err := gather(ctx, tx, in, fmt.Sprintf("AS%s-0%d", stamp, number))
	if err != nil || len(shares) == 0 {
		return s, err
	}
	s.N = len(shares)
	for _, sh := range shares {
		if s.Total, err = s.Total.Add(sh.amount); err != nil {
			return s, err
		}
	}
	s.MessageID = fmt.Sprintf("AS-%s-%s-M%d", stamp, in.Office, number)
	message, err := s.message(box, from, shares, in.Now)
	if err != nil {
		return s, err
	}
	key, err := bank.Make(ctx, tx, message, in.Now)
	if err != nil {
		return s, err
	}
	if err := s.store(ctx, tx, from, key, shares, in); err != nil {
		return s, err
	}
	return s, s.post(ctx, tx, from, shares, in)
}

// gather marks what each vendor is owed as this settlement's and sums what it marked, so
// that a redemption that comes in meanwhile is either counted or left for the next.
func gather(ctx context.Context, tx pgx.Tx, in SettleInput, prefix string) ([]share, error) {
	rows, err := tx.Query(ctx, `
		with redeemed as (
			update redemption r set end_to_end_id = @prefix || to_char(r.vendor_id, 'FM000000') || '-A1' from vendor v
			where v.id = r.vendor_id and v.state = 'active' and r.office = @office and r.end_to_end_id is null
			returning r.vendor_id, r.amount
		), carried as (
			update settlement_line l
			set state = 'carried', carried_to = @prefix || to_char(l.vendor_id, 'FM000000') || '-A1', changed_at = @now
			from settlement t, vendor v
			where t.id = l.settlement_id and v.id = l.vendor_id and v.state = 'active' and t.office = @office
				and l.state in ('rejected', 'returned') and (@retry or v.account_changed_at > l.changed_at)
			returning l.vendor_id, l.amount
		), owed as (
			select vendor_id, sum(amount)::bigint as amount
			from (select * from redeemed union all select * from carried) x group by vendor_id
		)
		select v.id, o.amount, v.bank_bin, v.account_enc, v.holder_name, @prefix || to_char(v.id, 'FM000000') || '-A1'
		from owed o join vendor v on v.id = o.vendor_id order by v.id`,
		pgx.StrictNamedArgs{"prefix": prefix, "office": in.Office, "now": in.Now, "retry": in.RetryReturned})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (s share, err error) {
		return s, row.Scan(&s.vendor, &s.amount, &s.bin, &s.account, &s.holder, &s.id)
	})
}

func (s *Settlement) message(box *secret.Box, from bank.RailAccount, shares []share, now time.Time) (m bank.Message, err error) {
	var file bytes.Buffer
	err = iso20022.WritePain001(&file, iso20022.Initiation{
		MessageID: s.MessageID, CreatedAt: now, Initiator: from.Name, ExecuteOn: dayOf(now),
		SingleEntries: true, Debtor: from.Name, DebtorBIN: from.BIN, DebtorAccount: from.Account, N: s.N, Total: s.Total,
	}, func(yield func(iso20022.Transfer, error) bool) {
		for _, sh := range shares {
			account, err := box.Open(secret.AccountNumber, sh.account)
			if !yield(iso20022.Transfer{EndToEndID: sh.id, Amount: sh.amount, BIN: sh.bin, Account: account, Name: sh.holder,
				Memo: sh.id + " phieu mua hang " + dayOf(now).Format("02/01/2006")}, err) {
				return
			}
		}
	})
	return bank.Message{ID: s.MessageID, Kind: "pain001", Content: file.Bytes(), N: s.N, Total: s.Total, Account: from}, err
}

func (s *Settlement) store(ctx context.Context, tx pgx.Tx, from bank.RailAccount, message int64, shares []share, in SettleInput) error {
	if err := tx.QueryRow(ctx, `
		insert into settlement (office, rail_account_id, bank_message_id, on_day, n, total, made_at, made_by)
		values (@office, @rail, @message, @day, @n, @total, @now, @by) returning id`,
		pgx.StrictNamedArgs{"office": in.Office, "rail": from.ID, "message": message, "day": dayOf(in.Now), "n": s.N, "total": s.Total,
			"now": in.Now, "by": in.By}).Scan(&s.ID); err != nil {
		return err
	}
	vendors, amounts, ids := make([]int64, len(shares)), make([]int64, len(shares)), make([]string, len(shares))
	for i, sh := range shares {
		vendors[i], amounts[i], ids[i] = int64(sh.vendor), int64(sh.amount), sh.id
	}
	_, err := tx.Exec(ctx, `
		insert into settlement_line (end_to_end_id, settlement_id, bank_message_id, rail_account_id, vendor_id, amount, changed_at)
		select id, @settlement, @message, @rail, vendor, amount, @now
		from unnest(@ids::text[], @vendors::bigint[], @amounts::bigint[]) as x(id, vendor, amount)`,
		pgx.StrictNamedArgs{"settlement": s.ID, "message": message, "rail": from.ID, "now": in.Now,
			"ids": ids, "vendors": vendors, "amounts": amounts})
	return err
}

func (s *Settlement) post(ctx context.Context, tx pgx.Tx, from bank.RailAccount, shares []share, in SettleInput) error {
	accounts := []ledger.Account{inTransit(from)}
	for _, sh := range shares {
		accounts = append(accounts, owedToVendor(sh.vendor))
	}
	numbers, err := ensure(ctx, tx, accounts...)
	if err != nil {
		return err
	}
	transfers := make([]ledger.Transfer, len(shares))
	for i, sh := range shares {
		transfers[i] = ledger.Transfer{Debit: numbers[i+1], Credit: numbers[0], Amount: sh.amount, Ref: sh.id}
	}
	ref := fmt.Sprintf("settlement:%d", s.ID)
	if _, err := ledger.Post(ctx, tx, ledger.Entry{Key: "settlement:" + s.MessageID, On: dayOf(in.Now), Kind: "settlement.made",
		Ref: ref, By: in.By, At: in.Now, Transfers: transfers}); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{At: in.Now, Actor: cmp.Or(in.By, "system"), Kind: "settlement.made", Subject: ref, Payload: s})
}

// VendorLine is one redemption of a vendor with how it was settled, for the vendor to
// check against their own list.
type VendorLine struct {
	At         time.Time `json:"at"`
	Amount     money.VND `json:"amount"`
	Serial     string    `json:"serial"`
	Settlement string    `json:"settlement"` // end-to-end id of the transfer that carries it now; "" when none yet
	State      string    `json:"state"`      // "owed", or the transfer's state
}

// VendorStatement lists a vendor's redemptions of a period, each with its transfer.
func VendorStatement(ctx context.Context, q pg.Queryer, vendor VendorID, from, until time.Time) (_ []VendorLine, err error) {
	defer wrap(&err, "statement of vendor %d", vendor)
	rows, err := q.Query(ctx, `
		with recursive chain as (
			select end_to_end_id as first, end_to_end_id as last, state from settlement_line where vendor_id = $1
			union all
			select c.first, l.end_to_end_id, l.state from chain c
			join settlement_line o on o.end_to_end_id = c.last
			join settlement_line l on l.end_to_end_id = o.carried_to
		)
		select r.at, r.amount, v.serial, coalesce(c.last, '') as settlement, coalesce(c.state, 'owed') as state
		from redemption r join voucher v on v.id = r.voucher_id
		left join chain c on c.first = r.end_to_end_id and c.state <> 'carried'
		where r.vendor_id = $1 and r.on_day between $2 and $3 order by r.at, r.id`, vendor, from, until)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[VendorLine])
}
