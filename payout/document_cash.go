package payout

import (
	"context"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/secret"
	"ansinh.vn/internal/text"
	"ansinh.vn/money"
)

// The post office pays out by this list: each sum in figures and in words, with a place
// to sign, and the order's number that its answer names.

func cashListHead(ctx context.Context, d *documenting) error {
	t := DocumentTable{Title: "Người nhận tiền mặt", Columns: []DocumentColumn{{"STT", 6}, {"Mã chi trả", 20}, {"Họ và tên", 26}, {"Năm sinh", 10}, {"Ấp/khóm", 16},
		{"Số định danh", 16}, {"Người nhận thay", 24}, {"Số tiền (đ)", 14}, {"Bằng chữ", 40}, {"Ký nhận", 22}, {"Ghi chú", 18}}}
	var n int
	err := d.q.QueryRow(ctx, `select count(*), coalesce(sum(amount), 0)::bigint from payment p where run_id = $1 and `+byCash, d.Run.ID).Scan(&n, &d.Total)
	if err != nil {
		return err
	}
	d.fact("Số người nhận", text.Int(int64(n)))
	t.Sum = []any{"", "", "Tổng cộng", "", "", "", "", d.Total, d.Total.Words(), "", ""}
	d.Tables = []DocumentTable{t}
	return nil
}

// byCash are the payments that go on the post office's list.
const byCash = `p.rail = 'cash' and p.state not in ('held', 'cancelled') and p.amount > 0`

func cashListPage(ctx context.Context, d *documenting, p documentPage) error {
	n, after, err := p.place()
	if err != nil {
		return err
	}
	rows, err := d.q.Query(ctx, `
		select p.id, coalesce((select i.end_to_end_id from instruction i where i.payment_id = p.id order by i.attempt desc limit 1), ''),
		       q.name, coalesce(left(q.birth, 4), ''), q.hamlet, q.number_enc, case when p.payee_kind = 'self' then '' else p.payee_name end, p.amount
		from payment p join person q on q.id = p.person_id
		where p.run_id = $1 and p.id > $2 and `+byCash+` order by p.id limit $3`, d.Run.ID, after, p.limit)
	if err != nil {
		return err
	}
	t := &d.Tables[0]
	var id int64
	var order, name, year, hamlet, payee string
	var number []byte
	var amount money.VND
	_, err = pgx.ForEachRow(rows, []any{&id, &order, &name, &year, &hamlet, &number, &payee, &amount}, func() error {
		masked, err := d.masked(secret.PersonNumber, number)
		if err != nil {
			return err
		}
		n++
		t.Rows = append(t.Rows, []any{n, order, name, year, hamlet, masked, payee, amount, amount.Words(), "", ""})
		return nil
	})
	if len(t.Rows) == p.limit {
		t.Next = nextPlace(n, id)
	}
	return err
}
