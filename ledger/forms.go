package ledger

import (
	"context"
	"iter"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// Period is what an accountant's form covers: the days from From to To, both included,
// of all books or of one office. An entry is an office's when one of its accounts is.
type Period struct {
	From, To time.Time
	Office   string // "" is all
}

// The forms are kept by accounts of the first level ("3388"), the part of a code before
// its first point: sub-accounts of people, vendors and vouchers are summed up, so that no
// form names anybody. Rows of one entry that are alike are one row.

// JournalLine is a row of the journal (sổ nhật ký chung, mẫu S04-H).
type JournalLine struct {
	On            time.Time
	Entry         EntryID
	Kind          string
	Memo          string
	Debit, Credit string // accounts of the first level
	N             int    // transfers that it sums up
	Amount        money.VND
}

// ofPeriod selects the transfers that a form looks at: up to the last day, with the
// accounts of the first level. $1 and $2 are the days, $3 the office.
const ofPeriod = `
	with own as (
		select t.entry_id from transfer t join account a on a.id = t.debit where $3 <> '' and a.office = $3
		union
		select t.entry_id from transfer t join account a on a.id = t.credit where $3 <> '' and a.office = $3),
	moved as (
		select t.on_day, t.entry_id, split_part(d.code, '.', 1) debit, split_part(c.code, '.', 1) credit, t.amount
		from transfer t join account d on d.id = t.debit join account c on c.id = t.credit
		where t.on_day <= $2 and ($3 = '' or t.entry_id in (select entry_id from own)))`

// Journal streams the journal of a period, in the order of days and entries.
func Journal(ctx context.Context, q pg.Queryer, p Period) iter.Seq2[JournalLine, error] {
	return stream(ctx, q, "ledger: journal", ofPeriod+`
		select m.on_day, m.entry_id, e.kind, e.memo, m.debit, m.credit, m.n, m.amount
		from (select on_day, entry_id, debit, credit, count(*) n, sum(amount)::bigint amount from moved where on_day >= $1 group by 1, 2, 3, 4) m
		join entry e on e.id = m.entry_id and e.on_day = m.on_day
		order by m.on_day, m.entry_id, m.debit collate "C", m.credit collate "C"`, []any{p.From, p.To, p.Office},
		func(rows pgx.Rows) (l JournalLine, err error) {
			err = rows.Scan(&l.On, &l.Entry, &l.Kind, &l.Memo, &l.Debit, &l.Credit, &l.N, &l.Amount)
			return l, err
		})
}

// GeneralLine is a row of an account in the general ledger (sổ cái, mẫu S03-H). The first
// of each account, without an entry, is what it opens with.
type GeneralLine struct {
	Account       string
	On            time.Time
	Entry         EntryID
	Kind          string
	Memo          string
	Against       string
	Debit, Credit money.VND
	Balance       money.VND // after it, debits positive
}

// GeneralLedger streams the general ledger of a period, account by account; of one
// account when it is named.
func GeneralLedger(ctx context.Context, q pg.Queryer, p Period, account string) iter.Seq2[GeneralLine, error] {
	return stream(ctx, q, "ledger: general ledger", ofPeriod+`,
		sides as (
			select on_day, entry_id, debit account, credit against, amount debits, 0::bigint credits from moved
			union all select on_day, entry_id, credit, debit, 0, amount from moved),
		rows as (
			select account, null::date on_day, 0::bigint entry_id, '' against, 0::bigint debits, 0::bigint credits,
				coalesce(sum(debits - credits) filter (where on_day < $1), 0)::bigint opening
			from sides group by account
			union all
			select account, on_day, entry_id, against, sum(debits)::bigint, sum(credits)::bigint, 0
			from sides where on_day >= $1 group by 1, 2, 3, 4)
		select r.account, coalesce(r.on_day, $1), r.entry_id, coalesce(e.kind, ''), coalesce(e.memo, ''), r.against, r.debits, r.credits,
			sum(r.opening + r.debits - r.credits) over (partition by r.account order by r.on_day nulls first, r.entry_id, r.against collate "C" rows unbounded preceding)::bigint
		from rows r left join entry e on e.id = r.entry_id and e.on_day = r.on_day
		where $4 in ('', r.account)
		order by r.account collate "C", r.on_day nulls first, r.entry_id, r.against collate "C"`, []any{p.From, p.To, p.Office, account},
		func(rows pgx.Rows) (l GeneralLine, err error) {
			err = rows.Scan(&l.Account, &l.On, &l.Entry, &l.Kind, &l.Memo, &l.Against, &l.Debit, &l.Credit, &l.Balance)
			return l, err
		})
}

// FirstLevelLine is a row of the trial balance (bảng cân đối số phát sinh, mẫu S05-H): what an
// account opened with, what moved, and what it closed with, each on its side.
type FirstLevelLine struct {
	Account                 string
	OpenDebit, OpenCredit   money.VND
	Debit, Credit           money.VND
	CloseDebit, CloseCredit money.VND
}

// FirstLevel streams the trial balance of a period. Its columns balance two by two.
func FirstLevel(ctx context.Context, q pg.Queryer, p Period) iter.Seq2[FirstLevelLine, error] {
	return stream(ctx, q, "ledger: trial balance", ofPeriod+`
		select account, greatest(opening, 0), greatest(-opening, 0), debits, credits,
			greatest(opening + debits - credits, 0), greatest(credits - opening - debits, 0)
		from (
			select account, coalesce(sum(debits - credits) filter (where on_day < $1), 0)::bigint opening,
				coalesce(sum(debits) filter (where on_day >= $1), 0)::bigint debits, coalesce(sum(credits) filter (where on_day >= $1), 0)::bigint credits
			from (select on_day, debit account, amount debits, 0::bigint credits from moved union all select on_day, credit, 0, amount from moved) s
			group by account) x
		order by account collate "C"`, []any{p.From, p.To, p.Office},
		func(rows pgx.Rows) (l FirstLevelLine, err error) {
			err = rows.Scan(&l.Account, &l.OpenDebit, &l.OpenCredit, &l.Debit, &l.Credit, &l.CloseDebit, &l.CloseCredit)
			return l, err
		})
}
