package reconcile

import (
	"cmp"
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// Summary is what one reconciliation did and what is left.
type Summary struct {
	Lines    int            `json:"lines"` // looked at now
	Matched  map[string]int `json:"matched"`
	Rejected int            `json:"rejected"` // transfers that the bank refused before debiting them
	Breaks   map[string]int `json:"breaks"`   // opened now, by kind
	Open     int            `json:"open"`     // breaks that wait to be settled, all together
	Parked   int            `json:"parked"`   // statements that wait for one before them
}

// Reconcile explains every line of the accepted statements that is not yet explained: by
// the first rule that fits, or as a break with its money in suspense. It may be killed
// anywhere and run again; two at once wait for each other.
func (s *Store) Reconcile(ctx context.Context, by string, now time.Time, progress func(done int)) (sum Summary, err error) {
	defer pg.Wrap(&err, "reconcile")
	sum = Summary{Matched: map[string]int{}, Breaks: map[string]int{}}
	if sum.Rejected, err = s.TakeAnswers(ctx, by, now); err != nil {
		return sum, err
	}
	for {
		n := 0
		err := pg.Tx(ctx, s.Pool, func(tx pgx.Tx) (err error) {
			if err = begin(ctx, tx); err != nil {
				return err
			}
			n, err = nextPage(ctx, tx, cmp.Or(s.page, pageSize), by, now, &sum)
			return err
		})
		if err != nil {
			return sum, err
		}
		if n == 0 {
			break
		}
		sum.Lines += n
		if progress != nil {
			progress(sum.Lines)
		}
	}
	if err := s.watch(ctx, now); err != nil {
		return sum, err
	}
	err = s.Pool.QueryRow(ctx, `
		select (select count(*) from recon_break where state <> 'settled'), (select count(*) from statement where state = 'parked')`).Scan(&sum.Open, &sum.Parked)
	return sum, err
}

// begin lets one reconciliation work at a time, and keeps its look-ups on their indexes:
// plans made while the tables are still empty would read them whole for every line.
func begin(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(26009, 0)`); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `set local enable_seqscan = off; set local jit = off`)
	return err
}

// Position is the reconciliation statement (bảng đối chiếu) of one account.
type Position struct {
	ID        int64     `db:"id" json:"account_id"`
	Office    string    `json:"office"`
	Account   string    `json:"account"` // masked
	On        time.Time `json:"on"`      // last day that the bank has told about
	Bank      money.VND `json:"bank"`    // closing balance of the last accepted statement
	Books     money.VND `json:"books"`   // ledger account 112 of the office
	Unmatched money.VND `json:"unmatched"`
	Suspense  money.VND `json:"suspense"` // in the books, waiting to be explained
	Agrees    bool      `json:"agrees"`   // bank = books + unmatched
}

// Positions compares every account's closing balance with the books.
func Positions(ctx context.Context, q pg.Queryer) (list []Position, err error) {
	defer pg.Wrap(&err, "reconciliation statement")
	rows, err := q.Query(ctx, `
		select ra.id, ra.office, ra.account_no account, st.to_day "on", st.closing bank,
		       coalesce((select b.debits - b.credits from account a join balance b on b.account_id = a.id where a.code = '112.' || ra.office), 0) books,
		       coalesce((select sum(case when l.credit then l.amount else -l.amount end)::bigint from statement_line l
		                 where l.rail_account_id = ra.id and not exists (select from match m where m.line_id = l.id and not undone(m))), 0) unmatched,
		       coalesce((select b.credits - b.debits from account a join balance b on b.account_id = a.id where a.code = '3381.' || ra.office), 0) suspense,
		       false agrees
		from rail_account ra
		join lateral (select to_day, closing from statement s where s.rail_account_id = ra.id and s.chain_no is not null
		              order by s.chain_no desc limit 1) st on true
		where ra.kind = 'bank'
		order by ra.office, ra.id`)
	if err != nil {
		return nil, err
	}
	list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Position])
	for i := range list {
		p := &list[i]
		p.Agrees = p.Bank == p.Books+p.Unmatched
		p.Account = maskAccount(p.Account)
	}
	return list, err
}
