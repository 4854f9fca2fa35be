package payout

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// Sum is how many and how much.
type Sum struct {
	Key   string    `json:"key"`
	N     int       `json:"n"`
	Total money.VND `json:"total"`
}

// Summary is a run's page: every breakdown adds up to the payments of the run.
type Summary struct {
	Run        Run            `json:"run"`
	ByState    []Sum          `json:"by_state"`  // payments
	ByRail     []Sum          `json:"by_rail"`   // payments that are not held
	ByScheme   []Sum          `json:"by_scheme"` // lines of payments that are not held; clawbacks negative
	ByKind     []Sum          `json:"by_kind"`
	Exceptions []Sum          `json:"exceptions"` // held payments by reason; one may have several
	Attention  []Sum          `json:"attention"`  // payments to look at, not held
	SetOff     money.VND      `json:"set_off"`    // of payments that are not held
	Carried    money.VND      `json:"carried"`
	Funds      []FundNeed     `json:"funds"` // what approving takes from each fund, and what there is
	Approvals  []ApprovalView `json:"approvals"`
	Messages   []MessageView  `json:"messages"`
}

// FundNeed is what a run takes from a scheme's fund. Before approval is offered, Short
// must be 0 in all of them.
type FundNeed struct {
	Scheme  Scheme    `json:"scheme"`
	Account string    `json:"account"`
	Needed  money.VND `json:"needed"`
	Balance money.VND `json:"balance"` // now; after approval what is left
	Short   money.VND `json:"short"`   // 0 once approved
}

// ApprovalView is a signature that was given.
type ApprovalView struct {
	Login      string    `json:"login"`
	Name       string    `json:"name"`
	Key        KeyID     `json:"key"`
	Signature  []byte    `json:"signature"`
	ApprovedAt time.Time `json:"approved_at"`
}

// MessageView is what was handed to the bank or the post office.
type MessageView struct {
	ID    string    `json:"id"`
	Kind  string    `json:"kind"`
	State string    `json:"state"`
	N     int       `json:"n"`
	Total money.VND `json:"total"`

	MadeAt time.Time `json:"made_at"`
}

// Summarize reads a run's page.
func Summarize(ctx context.Context, q pg.Queryer, run RunID) (s Summary, err error) {
	defer pg.Wrap(&err, "payout: summary of run %d", run)
	if s.Run, err = Get(ctx, q, run); err != nil {
		return s, err
	}
	if err := s.payments(ctx, q, run); err != nil {
		return s, err
	}
	if err := s.lines(ctx, q, run); err != nil {
		return s, err
	}
	return s, s.fresh(ctx, q, run)
}

// breakdown is sums by a key and the query for it.
type breakdown struct {
	to  *[]Sum
	sql string
}

func readSums(ctx context.Context, q pg.Queryer, run RunID, parts ...breakdown) error {
	for _, part := range parts {
		rows, err := q.Query(ctx, part.sql, run)
		if err != nil {
			return err
		}
		if *part.to, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Sum]); err != nil {
			return err
		}
	}
	return nil
}

// payments sums up the payments themselves. Held ones have no sum with their run: they
// stay out of everything but by state.
func (s *Summary) payments(ctx context.Context, q pg.Queryer, run RunID) error {
	err := readSums(ctx, q, run,
		breakdown{&s.ByState, `select state, count(*), sum(amount)::bigint from payment where run_id = $1 group by 1 order by 1`},
		breakdown{&s.ByRail, `select rail, count(*), sum(amount)::bigint from payment where run_id = $1 and state <> 'held' group by 1 order by 1`},
		breakdown{&s.Exceptions, `select reason, count(*), sum(amount)::bigint from payment, unnest(hold_reasons) reason where run_id = $1 and state = 'held' group by 1 order by 2 desc, 1`},
		breakdown{&s.Attention, `select reason, count(*), sum(amount)::bigint from payment, unnest(attention) reason where run_id = $1 and state <> 'held' group by 1 order by 2 desc, 1`})
	if err != nil {
		return err
	}
	return q.QueryRow(ctx, `
		select coalesce(sum(set_off), 0)::bigint, coalesce(sum(carried), 0)::bigint from payment where run_id = $1 and state <> 'held'`, run).
		Scan(&s.SetOff, &s.Carried)
}

// lines sums up the lines of payments that are not held.
func (s *Summary) lines(ctx context.Context, q pg.Queryer, run RunID) (err error) {
	const paid = `from payment p join payment_item i on i.payment_id = p.id
		where p.run_id = $1 and p.state <> 'held'
		  and i.payment_id between (select min(id) from payment where run_id = $1) and (select max(id) from payment where run_id = $1)
		group by 1 order by 1`
	err = readSums(ctx, q, run,
		breakdown{&s.ByScheme, `select i.scheme, count(distinct p.id), sum(i.amount)::bigint ` + paid},
		breakdown{&s.ByKind, `select i.kind, count(distinct p.id), sum(i.amount)::bigint ` + paid})
	if err == nil {
		s.Funds, err = fundsNeeded(ctx, q, s.Run)
	}
	return err
}

// fresh reads again what changes without a payment changing: the run itself, what the
// funds hold, who signed, what was handed over.
func (s *Summary) fresh(ctx context.Context, q pg.Queryer, run RunID) (err error) {
	if s.Run, err = Get(ctx, q, run); err != nil {
		return err
	}
	for i := range s.Funds {
		f := &s.Funds[i]
		err := q.QueryRow(ctx, `select coalesce((select b.credits - b.debits from account a join balance b on b.account_id = a.id where a.code = $1), 0)`, f.Account).Scan(&f.Balance)
		if err != nil {
			return err
		}
		f.Short = 0
		if s.Run.State == RunDraft || s.Run.State == RunComputed || s.Run.State == RunSubmitted {
			f.Short = max(0, f.Needed-f.Balance)
		}
	}
	rows, err := q.Query(ctx, `
		select t.login, t.name, a.key_id, a.signature, a.approved_at from approval a join staff t on t.id = a.staff_id
		where a.run_id = $1 order by a.approved_at, a.staff_id`, run)
	if err != nil {
		return err
	}
	if s.Approvals, err = pgx.CollectRows(rows, pgx.RowToStructByPos[ApprovalView]); err != nil {
		return err
	}
	rows, err = q.Query(ctx, `
		with recursive m as ( -- from message to message, not from order to order
		    select min(bank_message_id) id from instruction where run_id = $1
		    union all
		    select (select min(bank_message_id) from instruction where run_id = $1 and bank_message_id > m.id) from m where m.id is not null)
		select message_id, kind, state, n, total, made_at from bank_message where id in (select id from m) order by id`, run)
	if err != nil {
		return err
	}
	s.Messages, err = pgx.CollectRows(rows, pgx.RowToStructByPos[MessageView])
	return err
}

// fundsNeeded compares what the run takes from each fund with what is there.
func fundsNeeded(ctx context.Context, q pg.Queryer, r Run) ([]FundNeed, error) {
	rows, err := q.Query(ctx, `
		select n.scheme, '366.' || $2 || '.' || n.scheme, n.needed, coalesce(b.credits - b.debits, 0)
		from (select i.scheme, sum(i.amount - i.set_off) filter (where i.amount > 0)::bigint needed
		      from payment p join payment_item i on i.payment_id = p.id
		      where p.run_id = $1 and p.state not in ('held', 'cancelled')
		        and i.payment_id between (select min(id) from payment where run_id = $1) and (select max(id) from payment where run_id = $1)
		      group by i.scheme) n
		left join account a on a.code = '366.' || $2 || '.' || n.scheme
		left join balance b on b.account_id = a.id
		where n.needed > 0 order by n.scheme`, r.ID, r.Office)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (f FundNeed, err error) {
		err = row.Scan(&f.Scheme, &f.Account, &f.Needed, &f.Balance)
		if r.State == RunDraft || r.State == RunComputed || r.State == RunSubmitted {
			f.Short = max(0, f.Needed-f.Balance)
		}
		return f, err
	})
}
