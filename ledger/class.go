package ledger

import (
	"context"
	"iter"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// Class is a value of a dimension of budget classification. The dimensions of the state's
// list (mục lục ngân sách nhà nước) are there from the beginning: chuong, loai, khoan,
// muc, tieu_muc. Example: {"khoan", "398"}.
type Class struct {
	Dimension string
	Value     string
}

// DefineClass names a value of a dimension, or names it anew. note says which text says
// so. A dimension that does not exist is ErrInvalid.
func DefineClass(ctx context.Context, tx pgx.Tx, c Class, name, note, by string) (err error) {
	defer pg.Wrap(&err, "ledger: define %s %s", c.Dimension, c.Value)
	_, err = tx.Exec(ctx, `
		insert into dimension_value (dimension, code, name, note) values ($1, $2, $3, $4)
		on conflict (dimension, code) do update set name = excluded.name, note = excluded.note`, c.Dimension, c.Value, name, note)
	if err != nil {
		return explain(err)
	}
	return audit.Record(ctx, tx, audit.Event{Actor: who(by), Kind: "ledger.class", Subject: "class:" + c.Dimension + ":" + c.Value,
		Payload: map[string]string{"name": name, "note": note}})
}

// Classify says which class the account of that code has from a month on, and with it all
// accounts whose codes go on with a dot after it ("611.31825" rules "611.31825.btxh"). The
// longest code that fits an account rules. Said again for the same month it is refused as
// ErrInvalid, if it is not the same: what was reported stands.
func Classify(ctx context.Context, tx pgx.Tx, code string, c Class, from money.Month, by string) (err error) {
	defer pg.Wrap(&err, "ledger: classify %s", code)
	tag, err := tx.Exec(ctx, `
		insert into account_class (code, dimension, value, from_month) select $1, $2, $3, $4
		where not exists (select from account_class where (code, dimension, value, from_month) = ($1, $2, $3, $4::date))`,
		code, c.Dimension, c.Value, from.First())
	if err != nil || tag.RowsAffected() == 0 {
		return explain(err)
	}
	return audit.Record(ctx, tx, audit.Event{Actor: who(by), Kind: "ledger.classified", Subject: "account:" + code,
		Payload: map[string]string{"dimension": c.Dimension, "value": c.Value, "from": from.String()}})
}

// ClassifyTransfer gives one transfer (n, from 0) a class of its own, in the transaction
// that posts it.
func ClassifyTransfer(ctx context.Context, tx pgx.Tx, id EntryID, n int, c Class, by string) (err error) {
	defer pg.Wrap(&err, "ledger: classify transfer %d of entry %d", n, id)
	_, err = tx.Exec(ctx, `
		insert into transfer_class (entry_id, n, on_day, dimension, value)
		select entry_id, $2, on_day, $3, $4 from entry_key where entry_id = $1`, id, n, c.Dimension, c.Value)
	if err != nil {
		return explain(err)
	}
	return audit.Record(ctx, tx, audit.Event{Actor: who(by), Kind: "ledger.classified", Subject: subject(id),
		Payload: map[string]any{"transfer": n, "dimension": c.Dimension, "value": c.Value}})
}

// ClassLine is what moved on the accounts of one first number under one class.
type ClassLine struct {
	Value   string // "" is what has no class
	Name    string
	Account string // "611"
	Debits  money.VND
	Credits money.VND
}

// ByClass streams what moved between two days (both included) by the values of a
// dimension and the first number of accounts: what a budget report of expenses asks for.
// A transfer's own class goes before that of the account.
func ByClass(ctx context.Context, q pg.Queryer, dimension string, from, to time.Time) iter.Seq2[ClassLine, error] {
	return stream(ctx, q, "ledger: by "+dimension, `
		with moved as (
			select p.account_id, date_trunc('month', p.on_day)::date as month, o.value as own,
				coalesce(sum(p.amount) filter (where p.side = 'debit'), 0)::bigint debits,
				coalesce(sum(p.amount) filter (where p.side = 'credit'), 0)::bigint credits
			from posting p
			left join transfer_class o on o.entry_id = p.entry_id and o.n = p.n and o.dimension = $1
			where p.on_day between $2 and $3
			group by 1, 2, 3),
		classed as (
			select split_part(a.code, '.', 1) account, m.debits, m.credits, coalesce(m.own, (
				select c.value from account_class c
				where c.dimension = $1 and c.from_month <= m.month and (a.code = c.code or starts_with(a.code, c.code || '.'))
				order by length(c.code) desc, c.from_month desc limit 1), '') value
			from moved m join account a on a.id = m.account_id)
		select c.value, coalesce(v.name, ''), c.account, sum(c.debits)::bigint, sum(c.credits)::bigint
		from classed c left join dimension_value v on v.dimension = $1 and v.code = c.value
		group by 1, 2, 3 order by c.value collate "C", c.account collate "C"`, []any{dimension, from, to},
		func(rows pgx.Rows) (l ClassLine, err error) {
			err = rows.Scan(&l.Value, &l.Name, &l.Account, &l.Debits, &l.Credits)
			return l, err
		})
}
