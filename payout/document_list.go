package payout

import (
	"context"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/beneficiaries"
	"ansinh.vn/internal/secret"
	"ansinh.vn/internal/text"
	"ansinh.vn/money"
)

// place reads where a page begins: the number of rows before it, and the last key.
func (p documentPage) place() (n int, key int64, err error) {
	if p.after == "" {
		return 0, 0, nil
	}
	count, last, ok := strings.Cut(p.after, "-")
	if n, err = strconv.Atoi(count); err == nil && ok {
		key, err = strconv.ParseInt(last, 10, 64)
	}
	if err != nil || !ok || n < 0 {
		return 0, 0, refuse("%q is no place in the document", p.after)
	}
	return n, key, nil
}

func nextPlace(n int, key int64) string { return strconv.Itoa(n) + "-" + strconv.FormatInt(key, 10) }

func paymentListHead(ctx context.Context, d *documenting) error {
	t := DocumentTable{Title: "Người hưởng", Columns: []DocumentColumn{{"STT", 6}, {"Họ và tên", 28}, {"Năm sinh", 12}, {"Ấp/khóm", 18},
		{"Số định danh", 16}, {"Đối tượng", 26}, {"Tháng này", 14}, {"Các tháng trước", 14}, {"Chưa trừ/trừ dần", 14}, {"Đợt trước chuyển sang", 14},
		{"Thực nhận", 14}, {"Hình thức", 12}, {"Tài khoản", 16}, {"Người nhận thay", 26}, {"Ký nhận", 20}}}
	var regular, earlier, left, carried, amount money.VND
	var n int
	err := d.q.QueryRow(ctx, `
		select count(*), coalesce(sum(regular), 0)::bigint, coalesce(sum(owed - clawback - regular), 0)::bigint,
		       coalesce(sum(clawback - set_off), 0)::bigint, coalesce(sum(carried), 0)::bigint, coalesce(sum(amount), 0)::bigint
		from payment where run_id = $1 and state not in ('held', 'cancelled') and amount > 0`, d.Run.ID).Scan(&n, &regular, &earlier, &left, &carried, &amount)
	if err != nil {
		return err
	}
	d.Total = amount
	d.fact("Số người nhận", text.Int(int64(n)))
	t.Sum = []any{"", "Tổng cộng", "", "", "", "", regular, earlier, left, carried, amount, "", "", "", ""}
	d.Tables = []DocumentTable{t}
	return nil
}

func paymentListPage(ctx context.Context, d *documenting, p documentPage) error {
	n, after, err := p.place()
	if err != nil {
		return err
	}
	rows, err := d.q.Query(ctx, `
		select p.id, q.name, coalesce(left(q.birth, 4), ''), q.hamlet, q.number_enc, c.categories, p.regular, p.owed - p.clawback - p.regular,
		       p.clawback - p.set_off, p.carried, p.amount, p.rail, p.account_enc, case when p.payee_kind = 'self' then '' else p.payee_name end
		from payment p join person q on q.id = p.person_id
		left join lateral (select array_agg(distinct i.scheme || ' ' || i.category order by i.scheme || ' ' || i.category) categories
		                   from payment_item i where i.payment_id = p.id) c on true
		where p.run_id = $1 and p.id > $2 and p.state not in ('held', 'cancelled') and p.amount > 0
		order by p.id limit $3`, d.Run.ID, after, p.limit)
	if err != nil {
		return err
	}
	t := &d.Tables[0]
	var id int64
	var name, year, hamlet, rail, payee string
	var categories []string
	var number, account []byte
	var regular, earlier, left, carried, amount money.VND
	_, err = pgx.ForEachRow(rows, []any{&id, &name, &year, &hamlet, &number, &categories, &regular, &earlier, &left, &carried, &amount, &rail, &account, &payee}, func() error {
		masked, err := d.masked(secret.PersonNumber, number)
		if err != nil {
			return err
		}
		to, err := d.masked(secret.AccountNumber, account)
		if err != nil {
			return err
		}
		n++
		t.Rows = append(t.Rows, []any{n, name, year, hamlet, masked, categoryWords(categories), regular, earlier, left, carried, amount, text.Lookup("rail", rail).VI, to, payee, ""})
		return nil
	})
	if len(t.Rows) == p.limit {
		t.Next = nextPlace(n, id)
	}
	return err
}

// categoryWords names categories, each "scheme code", as people call them.
func categoryWords(list []string) string {
	words := make([]string, len(list))
	for i, x := range list {
		scheme, code, _ := strings.Cut(x, " ")
		words[i] = beneficiaries.CategoryLabel(scheme, code)
	}
	return strings.Join(words, "; ")
}

func uncollectedHead(ctx context.Context, d *documenting) error {
	t := DocumentTable{Title: "Người chưa nhận", Columns: []DocumentColumn{{"STT", 6}, {"Họ và tên", 28}, {"Năm sinh", 12}, {"Ấp/khóm", 18},
		{"Số định danh", 16}, {"Hình thức", 12}, {"Số tiền", 14}, {"Lý do", 40}, {"Ngày", 12}, {"Đã xử lý", 24}}}
	var n int
	err := d.q.QueryRow(ctx, `select count(*), coalesce(sum(amount), 0)::bigint from payment p where run_id = $1 and `+notReceived, d.Run.ID).Scan(&n, &d.Total)
	if err != nil {
		return err
	}
	d.fact("Số người chưa nhận", text.Int(int64(n)))
	t.Sum = []any{"", "Tổng cộng", "", "", "", "", d.Total, "", "", ""}
	d.Tables = []DocumentTable{t}
	return nil
}

// notReceived are the payments whose money came back, also those that a later run took over.
const notReceived = `(p.state in ('returned', 'uncollected') or (p.state = 'carried' and exists (select from instruction i where i.payment_id = p.id)))`

func uncollectedPage(ctx context.Context, d *documenting, p documentPage) error {
	n, after, err := p.place()
	if err != nil {
		return err
	}
	rows, err := d.q.Query(ctx, `
		select p.id, q.name, coalesce(left(q.birth, 4), ''), q.hamlet, q.number_enc, p.rail, p.amount, p.reason_code, p.reason_info,
		       (select max(i.changed_on) from instruction i where i.payment_id = p.id)::text, p.state,
		       (select r.month from payment_carry k join payment o on o.id = k.to_payment join run r on r.id = o.run_id where k.from_payment = p.id and k.live)
		from payment p join person q on q.id = p.person_id
		where p.run_id = $1 and p.id > $2 and `+notReceived+` order by p.id limit $3`, d.Run.ID, after, p.limit)
	if err != nil {
		return err
	}
	t := &d.Tables[0]
	var id int64
	var name, year, hamlet, rail, code, info, state string
	var day *string
	var number []byte
	var amount money.VND
	var to *money.Month
	_, err = pgx.ForEachRow(rows, []any{&id, &name, &year, &hamlet, &number, &rail, &amount, &code, &info, &day, &state, &to}, func() error {
		masked, err := d.masked(secret.PersonNumber, number)
		if err != nil {
			return err
		}
		why := info
		if vi, _ := ReasonWords(OutcomeReturned, code); code != "" {
			why = strings.TrimSpace(code + " " + vi)
		} else if why == "" {
			why = "Không đến nhận"
		}
		on, done := "", "Chưa"
		if day != nil {
			on = (*day)[8:] + "/" + (*day)[5:7] + "/" + (*day)[:4]
		}
		if to != nil {
			done = "Chuyển vào đợt tháng " + text.Month(*to)
		}
		n++
		t.Rows = append(t.Rows, []any{n, name, year, hamlet, masked, text.Lookup("rail", rail).VI, amount, why, on, done})
		return nil
	})
	if len(t.Rows) == p.limit {
		t.Next = nextPlace(n, id)
	}
	return err
}
