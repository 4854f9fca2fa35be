package payout

import (
	"context"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/text"
	"ansinh.vn/money"
)

// BudgetCode is where a scheme stands in the budget's classification (TT 324/2016). The
// codes are the office's own: none is built in, for no source confirms them, and what is
// empty is left open on the paper.
type BudgetCode struct {
	Chapter string `json:"chuong"`
	Type    string `json:"loai"`
	Item    string `json:"khoan"`
	Group   string `json:"muc"`
	Detail  string `json:"tieu_muc"`
	Source  string `json:"nguon"` // tính chất nguồn kinh phí
}

// schemeSums are a run's lines by scheme, without what is held or cancelled.
type schemeSums struct {
	scheme                              string
	people                              int
	regular, arrears, clawback, funeral money.VND
	setOff, needed                      money.VND
	account                             string
	balance                             money.VND
}

func (d *documenting) sums(ctx context.Context) (list []schemeSums, err error) {
	rows, err := d.q.Query(ctx, `
		select s.*, '366.' || $2 || '.' || s.scheme, coalesce(b.credits - b.debits, 0)
		from (select i.scheme, count(distinct i.payment_id), coalesce(sum(i.amount) filter (where i.kind = 'regular'), 0)::bigint,
		             coalesce(sum(i.amount) filter (where i.kind = 'arrears'), 0)::bigint, coalesce(sum(i.amount) filter (where i.kind = 'clawback'), 0)::bigint,
		             coalesce(sum(i.amount) filter (where i.kind = 'funeral'), 0)::bigint, coalesce(sum(i.set_off), 0)::bigint,
		             coalesce(sum(i.amount - i.set_off) filter (where i.amount > 0), 0)::bigint
		      from payment p join payment_item i on i.payment_id = p.id
		      where p.run_id = $1 and p.state not in ('held', 'cancelled')
		        and i.payment_id between (select min(id) from payment where run_id = $1) and (select max(id) from payment where run_id = $1)
		      group by i.scheme) s
		left join account a on a.code = '366.' || $2 || '.' || s.scheme
		left join balance b on b.account_id = a.id
		order by array_position(array['btxh', 'htxh', 'ncc'], s.scheme), s.scheme`, d.Run.ID, d.Run.Office)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (s schemeSums, err error) {
		err = row.Scan(&s.scheme, &s.people, &s.regular, &s.arrears, &s.clawback, &s.funeral, &s.setOff, &s.needed, &s.account, &s.balance)
		return s, err
	})
}

func summaryHead(ctx context.Context, d *documenting) error {
	sums, err := d.sums(ctx)
	if err != nil {
		return err
	}
	t := DocumentTable{Title: "Theo chính sách và nguồn", Columns: []DocumentColumn{{"Chính sách", 26}, {"Số người", 10}, {"Tháng này", 16},
		{"Truy lĩnh", 16}, {"Truy thu", 16}, {"Mai táng phí", 16}, {"Cộng", 16}, {"Trừ vào khoản phải thu", 16}, {"Lấy từ nguồn", 16}, {"Tài khoản nguồn", 20}}}
	var all schemeSums
	for _, s := range sums {
		t.Rows = append(t.Rows, []any{text.Lookup("scheme", s.scheme).VI, s.people, s.regular, s.arrears, s.clawback, s.funeral,
			s.regular + s.arrears + s.clawback + s.funeral, s.setOff, s.needed, s.account})
		all.regular, all.arrears, all.clawback, all.funeral = all.regular+s.regular, all.arrears+s.arrears, all.clawback+s.clawback, all.funeral+s.funeral
		all.setOff, all.needed = all.setOff+s.setOff, all.needed+s.needed
	}
	t.Sum = []any{"Tổng cộng", "", all.regular, all.arrears, all.clawback, all.funeral, all.regular + all.arrears + all.clawback + all.funeral, all.setOff, all.needed, ""}
	d.Tables = append(d.Tables, t)
	rows, err := d.q.Query(ctx, `
		select rail, count(*), sum(amount)::bigint, sum(carried)::bigint from payment
		where run_id = $1 and state not in ('held', 'cancelled') and amount > 0 group by rail order by rail`, d.Run.ID)
	if err != nil {
		return err
	}
	way := DocumentTable{Title: "Theo hình thức chi trả", Columns: []DocumentColumn{{"Hình thức", 26}, {"Số người", 10}, {"Trong đó từ đợt trước", 18}, {"Thực chi", 18}}}
	var rail string
	var n, people int
	var amount, carried, before money.VND
	d.Total = 0
	_, err = pgx.ForEachRow(rows, []any{&rail, &n, &amount, &carried}, func() error {
		way.Rows = append(way.Rows, []any{text.Lookup("rail", rail).VI, n, carried, amount})
		people, before, d.Total = people+n, before+carried, d.Total+amount
		return nil
	})
	way.Sum = []any{"Tổng cộng", people, before, d.Total}
	d.Tables = append(d.Tables, way)
	d.fact("Số người nhận", text.Int(int64(people)))
	if d.Run.HeldN > 0 {
		d.fact("Tạm giữ, không tính vào bảng", text.Int(int64(d.Run.HeldN))+" người, "+text.VND(d.Run.HeldTotal))
	}
	return err
}

// withdrawalHead asks for what the run takes from each fund. Its list of vouchers has a
// row for each: what has to be shown for the money (Mẫu 14 TT 344/2016).
func withdrawalHead(ctx context.Context, d *documenting) error {
	sums, err := d.sums(ctx)
	if err != nil {
		return err
	}
	settings, err := LoadSettings(ctx, d.q)
	if err != nil {
		return err
	}
	asked := DocumentTable{Title: "Đề nghị rút", Columns: []DocumentColumn{{"STT", 6}, {"Nội dung", 44}, {"Nguồn", 10}, {"Chương", 10}, {"Loại", 10},
		{"Khoản", 10}, {"Mục", 10}, {"Tiểu mục", 10}, {"Số tiền", 18}}}
	listed := DocumentTable{Title: "Bảng kê chứng từ", Columns: []DocumentColumn{{"STT", 6}, {"Số chứng từ", 20}, {"Ngày chứng từ", 14}, {"Tiểu mục", 10},
		{"Nội dung chi", 60}, {"Số người", 10}, {"Số tiền", 18}}}
	on := "chưa duyệt"
	if d.Run.ApprovedAt != nil {
		on = text.Day(d.Run.ApprovedAt.In(text.Vietnam))
	}
	d.Total = 0
	for _, s := range sums {
		if s.needed == 0 {
			continue
		}
		code, n := settings.Budget[Scheme(s.scheme)], len(asked.Rows)+1
		what := text.Lookup("scheme", s.scheme).VI
		asked.Rows = append(asked.Rows, []any{n, "Chi " + lowerFirst(what) + " tháng " + text.Month(d.Run.Month), open(code.Source), open(code.Chapter),
			open(code.Type), open(code.Item), open(code.Group), open(code.Detail), s.needed})
		listed.Rows = append(listed.Rows, []any{n, "ĐCT-" + strconv.FormatInt(int64(d.Run.ID), 10) + "-" + s.scheme, on, open(code.Detail),
			"Danh sách chi trả " + lowerFirst(what) + " tháng " + text.Month(d.Run.Month) + ", " + d.Office, s.people, s.needed})
		d.Total += s.needed
	}
	asked.Sum = []any{"", "Tổng cộng", "", "", "", "", "", "", d.Total}
	listed.Sum = []any{"", "Tổng cộng", "", "", "", "", d.Total}
	d.Tables = []DocumentTable{asked, listed}
	return nil
}

// open leaves room to write where a code is not set.
func open(code string) string {
	if code == "" {
		return "……"
	}
	return code
}

// lowerFirst begins s with a small letter, for the middle of a sentence.
func lowerFirst(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(r)) + s[size:]
}
