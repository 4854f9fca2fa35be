package reconcile

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
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

const chunk = 500 // lines a transaction

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
			lines, err := openLines(ctx, tx)
			if err != nil {
				return err
			}
			n = len(lines)
			for _, l := range lines {
				if err := explain(ctx, tx, l, by, now, &sum); err != nil {
					return fmt.Errorf("line %d of account %d: %w", l.ID, l.Account, err)
				}
			}
			return nil
		})
		if err != nil {
			return sum, err
		}
		sum.Lines += n
		if progress != nil {
			progress(sum.Lines)
		}
		if n < chunk {
			break
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
	_, err := tx.Exec(ctx, `set local enable_seqscan = off`)
	return err
}

const lineColumns = `
	select l.id, l.rail_account_id, ra.office, l.credit, l.reversal, l.amount, l.booked_on, l.bank_ref, l.code, l.memo, l.info, l.end_to_end_id,
	       l.batch_message, l.batch_n, l.return_code, l.return_info, l.party, l.party_account, l.occurrence
	from statement_line l
	join statement st on st.id = l.statement_id
	join rail_account ra on ra.id = l.rail_account_id`

// openLines are the next lines without a match, in the order in which the bank booked.
func openLines(ctx context.Context, tx pgx.Tx) ([]line, error) {
	rows, err := tx.Query(ctx, lineColumns+`
		where not exists (select from match m where m.line_id = l.id and not undone(m))
		order by l.booked_on, l.rail_account_id, st.chain_no, l.n, l.id
		limit $1`, chunk)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[line])
}

// explain finds the rule for one line, or opens a break and puts the money in suspense.
func explain(ctx context.Context, tx pgx.Tx, l line, by string, now time.Time, sum *Summary) error {
	v, id, version := verdict{}, "suspense", 1
	for _, r := range rules {
		said, err := r.try(ctx, tx, l, by, now)
		if err != nil {
			return fmt.Errorf("rule %s: %w", r.id, err)
		}
		if said != (verdict{}) {
			v = said
			if v.target != "" {
				id, version = r.id, r.version
			}
			break
		}
	}
	if v.target == "" {
		if v.brk == "" {
			v.brk = "unmatched"
			if l.Credit {
				v.brk = "unknown-credit"
			}
		}
		if err := suspend(ctx, tx, l, by, now); err != nil {
			return err
		}
		v.target, v.entry = suspenseAccount(l.Office).Code, l.ref()
		if err := openBreak(ctx, tx, brk{Kind: v.brk, Subject: l.ref(), Line: l.ID, Office: l.Office, Amount: l.signed(), On: l.BookedOn, Note: v.note}); err != nil {
			return err
		}
		sum.Breaks[v.brk]++
	}
	sum.Matched[id]++
	if err := insertMatch(ctx, tx, l, id, version, v, by, now); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "line.matched", Subject: l.ref(),
		Payload: map[string]any{"rule": id, "version": version, "target": v.target, "amount": l.Amount}})
}

// Position is the reconciliation statement (bảng đối chiếu) of one account.
type Position struct {
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
		select ra.office, ra.account_no account, st.to_day "on", st.closing bank,
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
