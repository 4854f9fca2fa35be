package payout

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"strings"
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

// Sending is what Instruct made, or found already made.
type Sending struct {
	Messages []string  `json:"messages"` // ids, in order
	N        int       `json:"n"`        // transfers in them
	Total    money.VND `json:"total"`
	Stopped  int       `json:"stopped"` // payments that were cancelled instead: a death, an account that is none
	Again    bool      `json:"again"`   // all had been made before
}

// Instruct makes the orders of an approved run that go by a rail account: the bank's
// messages for payments to accounts, the list for those in cash. Orders, messages,
// entries and states are one transaction, and the ids are a pure function of run and
// payment: killed anywhere and started again it makes each order once. The messages are
// then handed over by bank.Send.
func Instruct(ctx context.Context, pool *pgxpool.Pool, box *secret.Box, in InstructInput) (s Sending, err error) {
	defer pg.Wrap(&err, "payout: instruct run %d", in.Run)
	settings, err := LoadSettings(ctx, pool)
	if err != nil {
		return s, err
	}
	err = bulkTx(ctx, pool, func(tx pgx.Tx) error {
		who, err := actor(ctx, tx, in.By)
		if err != nil {
			return err
		}
		r, err := lockRun(ctx, tx, in.Run)
		if err != nil {
			return err
		}
		if r.State != RunApproved && r.State != RunInstructed && r.State != RunClosed {
			return ErrState
		}
		account, err := railAccount(ctx, tx, in.Account)
		if err != nil {
			return err
		}
		if account.Office != r.Office {
			return refuse("rail account %d belongs to office %s, not to %s", account.ID, account.Office, r.Office)
		}
		o := &ordering{in: in, run: r, account: account, box: box, by: who, settings: settings}
		s, err = o.do(ctx, tx)
		return err
	})
	return s, err
}

func railAccount(ctx context.Context, q pg.Queryer, id bank.RailAccountID) (a bank.RailAccount, err error) {
	err = q.QueryRow(ctx, `
		select id, office, kind, coalesce(bank_bin, ''), coalesce(account_no, ''), name from rail_account where id = $1`, id).
		Scan(&a.ID, &a.Office, &a.Kind, &a.BIN, &a.Account, &a.Name)
	if errors.Is(err, pgx.ErrNoRows) {
		err = refuse("there is no rail account %d", id)
	}
	return a, err
}

// ordering is one call of Instruct.
type ordering struct {
	in      InstructInput
	run     Run
	account bank.RailAccount
	box     *secret.Box
	by      string

	settings Settings
}

// order is a payment about to be ordered.
type order struct {
	payment PaymentID
	person  int64
	name    string
	bin     string
	sealed  []byte
	amount  money.VND
	schemes []string
	attempt int
	account string // opened
}

// EndToEndID names an order for ever: the run's month, the payment, the attempt.
// Example: "AS202611-1804-A1".
func EndToEndID(month money.Month, payment PaymentID, attempt int) string {
	return fmt.Sprintf("AS%04d%02d-%d-A%d", month.Year(), month.Month(), payment, attempt)
}

func (o *ordering) do(ctx context.Context, tx pgx.Tx) (s Sending, err error) {
	if s.Stopped, err = o.stopTheDead(ctx, tx); err != nil {
		return s, err
	}
	orders, malformed, err := o.read(ctx, tx)
	if err != nil {
		return s, err
	}
	s.Stopped += malformed
	if malformed > 0 || s.Stopped > 0 {
		if err := cancelStopped(ctx, tx, o.run.ID, o.by, o.in.Now); err != nil {
			return s, err
		}
	}
	if len(orders) == 0 {
		if done, err := o.nothingToOrder(ctx, tx); done || err != nil {
			return s, err
		}
		again, err := o.made(ctx, tx)
		again.Stopped = s.Stopped
		if err == nil && len(again.Messages) == 0 && s.Stopped == 0 {
			err = ErrNothing
		}
		return again, err
	}
	if o.run.State == RunApproved {
		if err := o.begin(ctx, tx); err != nil {
			return s, err
		}
	}
	var before int
	err = tx.QueryRow(ctx, `select count(distinct bank_message_id) from instruction where run_id = $1 and rail_account_id = $2`,
		o.run.ID, o.account.ID).Scan(&before)
	if err != nil {
		return s, err
	}
	for _, part := range o.settings.split(orders) {
		before++
		// 35 characters are enough for a run number of ten digits
		id := fmt.Sprintf("AS-%04d%02d-%s-%d-%s%d", o.run.Month.Year(), o.run.Month.Month(), o.run.Office, o.run.ID, o.account.Kind[:1], before)
		total, err := o.message(ctx, tx, id, part)
		if err != nil {
			return s, err
		}
		s.Messages = append(s.Messages, id)
		s.N += len(part)
		s.Total += total
	}
	return s, nil
}

// made finds what an earlier call has made.
func (o *ordering) made(ctx context.Context, q pg.Queryer) (s Sending, err error) {
	rows, err := q.Query(ctx, `
		select m.message_id, m.n, m.total from bank_message m
		where m.id in (select bank_message_id from instruction where run_id = $1 and rail_account_id = $2) order by m.id`, o.run.ID, o.account.ID)
	if err != nil {
		return s, err
	}
	var id string
	var n int
	var total money.VND
	_, err = pgx.ForEachRow(rows, []any{&id, &n, &total}, func() error {
		s.Messages, s.N, s.Total, s.Again = append(s.Messages, id), s.N+n, s.Total+total, true
		return nil
	})
	return s, err
}

// stopTheDead marks payments of people known to be dead, but for those that a person
// released knowing it; the statement counts them.
func (o *ordering) stopTheDead(ctx context.Context, tx pgx.Tx) (int, error) {
	tag, err := tx.Exec(ctx, `
		update payment p set stopped = $2, changed_at = $3 from person q
		where p.run_id = $1 and q.id = p.person_id and p.state = 'ready' and p.amount > 0 and p.released_by is null and p.stopped = ''
		  and (q.died_on is not null or q.register_outcome = 'deceased')`, o.run.ID, stoppedByDeath, o.in.Now)
	return int(tag.RowsAffected()), err
}

var accountShape = regexp.MustCompile(`^[0-9A-Z]{4,34}$`)

// read returns what is ready for this rail, in the order of payments. A payment whose
// account is no account is stopped, so that it does not stop everybody's message.
func (o *ordering) read(ctx context.Context, tx pgx.Tx) (orders []order, malformed int, err error) {
	rail := "bank"
	if o.account.Kind == "post" {
		rail = "cash"
	}
	rows, err := tx.Query(ctx, `
		select p.id, p.person_id, coalesce(nullif(p.holder_name, ''), p.payee_name), coalesce(p.bank_bin, ''), p.account_enc, p.amount,
		       array(select distinct scheme from payment_item i where i.payment_id = p.id order by scheme),
		       1 + (select count(*) from instruction i where i.payment_id = p.id)
		from payment p
		where p.run_id = $1 and p.state = 'ready' and p.amount > 0 and p.rail = $2 and p.stopped = ''
		order by p.id`, o.run.ID, rail)
	if err != nil {
		return nil, 0, err
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (x order, err error) {
		return x, row.Scan(&x.payment, &x.person, &x.name, &x.bin, &x.sealed, &x.amount, &x.schemes, &x.attempt)
	})
	if err != nil || rail == "cash" {
		return all, 0, err
	}
	var bad []int64
	orders = all[:0]
	for _, x := range all {
		if x.account, err = o.box.Open(secret.AccountNumber, x.sealed); err != nil {
			return nil, 0, fmt.Errorf("payment %d: %w", x.payment, err)
		}
		if !accountShape.MatchString(x.account) || len(x.bin) != 6 || iso20022.Fold(x.name) == "" {
			bad = append(bad, int64(x.payment))
			continue
		}
		orders = append(orders, x)
	}
	if len(bad) == 0 {
		return orders, 0, nil
	}
	if _, err := tx.Exec(ctx, `update payment set stopped = 'malformed account', changed_at = $2 where id = any($1)`, bad, o.in.Now); err != nil {
		return nil, 0, err
	}
	_, err = tx.Exec(ctx, `
		insert into payment_case (kind, person_id, payment_id, account_idx, reason_code, amount, note, opened_at, opened_by)
		select 'account', person_id, id, account_idx, 'AC01', amount, 'not the form of an account number', $2, $3 from payment where id = any($1)
		on conflict on constraint payment_case_once do nothing`, bad, o.in.Now, o.by)
	return orders, len(bad), err
}

// message writes one message with its orders, its entry and the payments' new state.
func (o *ordering) message(ctx context.Context, tx pgx.Tx, id string, part []order) (total money.VND, err error) {
	for _, x := range part {
		if total, err = total.Add(x.amount); err != nil {
			return 0, err
		}
	}
	m := bank.Message{ID: id, N: len(part), Total: total, Account: o.account}
	if o.account.Kind == "post" {
		m.Kind = "list"
		m.Content, err = o.cashList(ctx, tx, part)
	} else {
		m.Kind = "pain001"
		m.Content, err = o.pain001(id, part, total)
	}
	if err != nil {
		return 0, err
	}
	key, err := bank.Make(ctx, tx, m, o.in.Now)
	if err != nil {
		return 0, err
	}
	if err := o.write(ctx, tx, key, part); err != nil {
		return 0, err
	}
	accounts := make([]ledger.Account, 0, len(part)+1)
	accounts = append(accounts, inTransit(o.account.ID, o.run.Office))
	for _, x := range part {
		accounts = append(accounts, payable(x.person))
	}
	ids, err := ledger.Ensure(ctx, tx, accounts)
	if err != nil {
		return 0, err
	}
	_, _, err = ledger.PostAll(ctx, tx, ledger.Entry{Key: "message:" + id + ":sent", On: bookDay(o.in.Now), Kind: "run.instructed",
		Memo: fmt.Sprintf("Gửi chi trả tháng %s, %s", text.Month(o.run.Month), o.run.Office), Ref: "message:" + id, By: o.by, At: o.in.Now},
		func(yield func(ledger.Transfer, error) bool) {
			for i, x := range part {
				if !yield(ledger.Transfer{Debit: ids[accounts[i+1].Code], Credit: ids[accounts[0].Code], Amount: x.amount, Ref: x.payment.subject()}, nil) {
					return
				}
			}
		})
	if err != nil {
		return 0, err
	}
	return total, audit.Record(ctx, tx, audit.Event{At: o.in.Now, Actor: o.by, Kind: "run.instructed", Subject: o.run.ID.subject(),
		Payload: map[string]any{"message": id, "rail_account": o.account.ID, "n": len(part), "total": total,
			"requested_on": o.in.RequestedOn.Format(time.DateOnly)}})
}

func (o *ordering) write(ctx context.Context, tx pgx.Tx, message int64, part []order) error {
	at := 0
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"instruction"},
		[]string{"end_to_end_id", "payment_id", "run_id", "attempt", "bank_message_id", "rail_account_id", "amount"},
		pgx.CopyFromFunc(func() ([]any, error) {
			if at == len(part) {
				return nil, nil
			}
			x := part[at]
			at++
			return []any{EndToEndID(o.run.Month, x.payment, x.attempt), int64(x.payment), int64(o.run.ID), x.attempt, message, int64(o.account.ID), int64(x.amount)}, nil
		}))
	if err != nil {
		return err
	}
	ids := make([]int64, len(part))
	for i, x := range part {
		ids[i] = int64(x.payment)
	}
	_, err = tx.Exec(ctx, `update payment p set state = 'instructed', changed_at = $2 from unnest($1::bigint[]) c(id) where p.id = c.id`, ids, o.in.Now)
	return err
}

// purposes are ISO 20022 purpose codes by scheme; whether banks in Việt Nam carry them
// is not known.
var purposes = map[string]string{string(BTXH): "SSBE", string(HTXH): "PENS", string(NCC): "GWLT"}

func (o *ordering) pain001(id string, part []order, total money.VND) ([]byte, error) {
	var b bytes.Buffer
	head := iso20022.Initiation{MessageID: id, CreatedAt: o.in.Now, Initiator: o.account.Name, ExecuteOn: o.in.RequestedOn,
		Debtor: o.account.Name, DebtorBIN: o.account.BIN, DebtorAccount: o.account.Account, CategoryPurpose: "SSBE", N: len(part), Total: total}
	err := iso20022.WritePain001(&b, head, o.transfers(part))
	return b.Bytes(), err
}

func (o *ordering) transfers(part []order) iter.Seq2[iso20022.Transfer, error] {
	memo := " tro cap thang " + strings.ReplaceAll(text.Month(o.run.Month), "/", " ")
	return func(yield func(iso20022.Transfer, error) bool) {
		for _, x := range part {
			t := iso20022.Transfer{EndToEndID: EndToEndID(o.run.Month, x.payment, x.attempt), Amount: x.amount, BIN: x.bin,
				Account: x.account, Name: x.name, Purpose: "SSBE"}
			t.Memo = t.EndToEndID + memo
			if len(x.schemes) == 1 {
				t.Purpose = purposes[x.schemes[0]]
			}
			if !yield(t, nil) {
				return
			}
		}
	}
}
