package payout

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/bank"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
	"ansinh.vn/internal/sheet"
	"ansinh.vn/internal/text"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

// cashList writes the post office's list: one row a payee with the sum in figures and
// words and a place to sign. Personal numbers are masked; whoever pays out compares the
// card's first and last digits.
func (o *ordering) cashList(ctx context.Context, tx pgx.Tx, part []order) ([]byte, error) {
	ids := make([]int64, len(part))
	for i, x := range part {
		ids[i] = int64(x.payment)
	}
	rows, err := tx.Query(ctx, `
		select q.name, coalesce(q.birth, ''), q.hamlet, q.number_enc, p.payee_name, p.payee_kind
		from payment p join person q on q.id = p.person_id where p.id = any($1) order by p.id`, ids)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w, err := sheet.NewWriter(&b)
	if err != nil {
		return nil, err
	}
	headings := []string{"STT", "Mã chi trả", "Họ và tên", "Ngày sinh", "Ấp/khóm", "Số định danh", "Người nhận", "Số tiền (đ)", "Bằng chữ", "Ký nhận", "Ghi chú"}
	if err := w.Sheet("Danh sách chi trả", headings, 6, 22, 28, 12, 18, 16, 28, 14, 48, 22, 20); err != nil {
		return nil, err
	}
	var name, birth, hamlet, payee, kind string
	var number []byte
	var total money.VND
	i := 0
	_, err = pgx.ForEachRow(rows, []any{&name, &birth, &hamlet, &number, &payee, &kind}, func() error {
		masked := ""
		if len(number) > 0 {
			plain, err := o.box.Open(secret.PersonNumber, number)
			if err != nil {
				return err
			}
			masked = secret.Mask(plain)
		}
		if kind == "self" {
			payee = ""
		}
		x := part[i]
		i++
		total += x.amount
		return w.Row(i, EndToEndID(o.run.Month, x.payment, x.attempt), name, birth, hamlet, masked, payee, x.amount, x.amount.Words(), "", "")
	})
	if err != nil {
		return nil, err
	}
	if i != len(part) {
		return nil, fmt.Errorf("the list has %d of %d rows", i, len(part))
	}
	if err := w.Row("", "", fmt.Sprintf("Tổng cộng %d người, tháng %s", i, text.Month(o.run.Month)), "", "", "", "", total, total.Words(), "", ""); err != nil {
		return nil, err
	}
	if err := w.Row("", "", "Người lập", "", "", "", "Kế toán", "", "Chủ tịch Ủy ban nhân dân", "", ""); err != nil {
		return nil, err
	}
	err = w.Close()
	return b.Bytes(), err
}

// RecordCash takes the post office's answer: who collected, and who did not and is owed
// again. Rows that were recorded before with the same answer change nothing; a row that
// contradicts what is recorded, or is not on this run's list, refuses the whole.
func RecordCash(ctx context.Context, pool *pgxpool.Pool, run RunID, results []CashResult, by StaffID, now time.Time) (err error) {
	defer pg.Wrap(&err, "payout: record cash of run %d", run)
	if len(results) == 0 {
		return nil
	}
	ids, collected := make([]string, len(results)), make([]bool, len(results))
	days, notes := make([]time.Time, len(results)), make([]string, len(results))
	for i, x := range results {
		ids[i], collected[i], days[i], notes[i] = x.EndToEndID, x.Collected, x.On, x.Note
	}
	if sorted := slices.Compact(slices.Sorted(slices.Values(ids))); len(sorted) < len(ids) {
		return refuse("a payment stands on the post office's list twice")
	}
	return bulkTx(ctx, pool, func(tx pgx.Tx) error {
		who, err := actor(ctx, tx, by)
		if err != nil {
			return err
		}
		if _, err := lockRun(ctx, tx, run); err != nil {
			return err
		}
		var strange string
		err = tx.QueryRow(ctx, `
			select r.id from unnest($2::text[], $3::bool[]) r(id, collected)
			left join instruction i on i.end_to_end_id = r.id and i.run_id = $1
			left join rail_account a on a.id = i.rail_account_id
			where a.kind is distinct from 'post' or i.state not in ('made', 'debited', case when r.collected then 'collected' else 'uncollected' end)
			order by r.id limit 1`, run, ids, collected).Scan(&strange)
		if err == nil {
			return refuse("%s is not on this run's list, or was recorded otherwise before", strange)
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		rows, err := tx.Query(ctx, `
			update instruction i set state = case when r.collected then 'collected' else 'uncollected' end, changed_on = r.day, reason_info = r.note
			from unnest($1::text[], $2::bool[], $3::date[], $4::text[]) r(id, collected, day, note)
			where i.end_to_end_id = r.id and i.state in ('made', 'debited')
			returning i.end_to_end_id`, ids, collected, days, notes)
		if err != nil {
			return err
		}
		fresh, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil || len(fresh) == 0 {
			return err
		}
		_, err = tx.Exec(ctx, `
			update payment p set state = i.state, reason_info = i.reason_info, changed_at = $2
			from instruction i where i.end_to_end_id = any($1) and p.id = i.payment_id and p.state = 'instructed'`, fresh, now)
		if err != nil {
			return err
		}
		if err := reviveUncollected(ctx, tx, run, fresh, who, now); err != nil {
			return err
		}
		n := 0
		for _, c := range collected {
			if c {
				n++
			}
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: who, Kind: "run.cash_recorded", Subject: run.subject(),
			Payload: map[string]any{"collected": n, "uncollected": len(results) - n}})
	})
}

// reviveUncollected posts what nobody came for back to what is owed.
func reviveUncollected(ctx context.Context, tx pgx.Tx, run RunID, ids []string, by string, now time.Time) error {
	rows, err := tx.Query(ctx, `
		select i.end_to_end_id, p.id, p.person_id, i.rail_account_id, i.amount, r.office
		from instruction i join payment p on p.id = i.payment_id join run r on r.id = p.run_id
		where i.end_to_end_id = any($1) and i.state = 'uncollected'
		order by i.end_to_end_id`, ids)
	if err != nil {
		return err
	}
	type back struct {
		ID      string
		Payment PaymentID
		Person  int64
		Rail    bank.RailAccountID
		Amount  money.VND
		Office  string
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[back])
	if err != nil || len(list) == 0 {
		return err
	}
	accounts := []ledger.Account{}
	named := make([]string, len(list))
	for i, x := range list {
		accounts = append(accounts, payable(x.Person), inTransit(x.Rail, x.Office))
		named[i] = x.ID
	}
	numbers, err := ledger.Ensure(ctx, tx, accounts)
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(strings.Join(named, "\n")))
	_, _, err = ledger.PostAll(ctx, tx, ledger.Entry{Key: fmt.Sprintf("run:%d:uncollected:%s", run, hex.EncodeToString(sum[:8])), On: bookDay(now),
		Kind: "cash.uncollected", Memo: "Chưa có người nhận tiền mặt", Ref: run.subject(), By: by, At: now},
		func(yield func(ledger.Transfer, error) bool) {
			for i, x := range list {
				if !yield(ledger.Transfer{Debit: numbers[accounts[2*i+1].Code], Credit: numbers[accounts[2*i].Code], Amount: x.Amount, Ref: x.Payment.subject()}, nil) {
					return
				}
			}
		})
	return err
}
