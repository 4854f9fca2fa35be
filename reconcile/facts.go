package reconcile

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/bank"
	"ansinh.vn/money"
)

// facts are what the lines of one page are judged by. They are looked up for the whole
// page at once, and every verdict moves them on, so that a line sees what the lines
// before it did although nothing has been written yet.
type facts struct {
	tx        pgx.Tx
	by        string
	now       time.Time
	transfers map[string]*transfer // by end-to-end id; nil: not one of ours
	squeezed  map[string]*transfer // the same by what a memo leaves of the id; nil: none
	messages  map[string]*sent     // by message id; nil: not one of ours
	used      map[string]bool      // funds requests and cash lists that a line of this page explained
	doubles   []double             // debits in suspense because they were booked twice
}

// transfer is one that we ordered.
type transfer struct {
	ID      string             `db:"end_to_end_id"`
	Account bank.RailAccountID `db:"rail_account_id"`
	Amount  money.VND          `db:"amount"`
	Message string             `db:"message_id"`
	State   string             `db:"state"`
	Market  bool               `db:"market"` // of a vendor's settlement, not of a payout
}

func (t *transfer) debited() bool {
	return t.State == "debited" || t.State == "settled" || t.returned()
}
func (t *transfer) returned() bool { return t.State == "returned" }
func (t *transfer) open() bool     { return t.State == "made" || t.State == "instructed" }

// sent is a whole message of ours.
type sent struct {
	ID          string             `db:"message_id"`
	Account     bank.RailAccountID `db:"rail_account_id"`
	N           int                `db:"n"`           // transfers that wait for their debit
	Outstanding money.VND          `db:"outstanding"` // what they come to
	Debited     bool               `db:"debited"`     // by one line for all of it
	Market      bool               `db:"market"`
}

const transferColumns = `select e.end_to_end_id, e.rail_account_id, e.amount, e.message_id, e.state, e.market `

func newFacts(tx pgx.Tx, by string, now time.Time) *facts {
	return &facts{tx: tx, by: by, now: now, transfers: map[string]*transfer{}, squeezed: map[string]*transfer{},
		messages: map[string]*sent{}, used: map[string]bool{}}
}

// look gathers the facts about a page of lines.
func look(ctx context.Context, tx pgx.Tx, lines []line, by string, now time.Time) (f *facts, err error) {
	f = newFacts(tx, by, now)
	var ids, messages, memos []string
	for _, l := range lines {
		if l.EndToEndID != "" {
			ids = append(ids, l.EndToEndID)
			f.transfers[l.EndToEndID] = nil
		}
		if id := l.message(); id != "" {
			messages = append(messages, id)
			f.messages[id] = nil
		}
		if l.Credit && l.EndToEndID == "" {
			for _, c := range l.references() {
				memos = append(memos, c)
				f.squeezed[c] = nil
			}
		}
	}
	if err := f.byID(ctx, ids); err != nil {
		return nil, err
	}
	if err := f.inMemos(ctx, memos); err != nil {
		return nil, err
	}
	if err := f.ofMessages(ctx, messages); err != nil {
		return nil, err
	}
	return f, f.doubleDebits(ctx, lines)
}

// byID finds the transfers of these ids: payments first, for nearly all of them are.
func (f *facts) byID(ctx context.Context, ids []string) error {
	list, err := collect[transfer](ctx, f.tx, transferColumns+`from unnest($1::text[]) w(id) join expected_transfer e on e.end_to_end_id = w.id`, ids)
	for i := range list {
		f.transfers[list[i].ID] = &list[i]
	}
	return err
}

func (f *facts) inMemos(ctx context.Context, candidates []string) error {
	list, err := collect[transfer](ctx, f.tx, transferColumns+`
		from unnest($1::text[]) w(id) join expected_transfer e on squeezed(e.end_to_end_id) = w.id`, candidates)
	for i, t := range list {
		known := f.transfers[t.ID]
		if known == nil {
			known = &list[i]
			f.transfers[t.ID] = known
		}
		f.squeezed[squeeze(t.ID)] = known
	}
	return err
}

func (f *facts) ofMessages(ctx context.Context, ids []string) error {
	list, err := collect[sent](ctx, f.tx, `
		select bm.message_id, bm.rail_account_id, coalesce(o.n, 0)::int n, coalesce(o.amount, 0)::bigint outstanding,
		       exists (select from match where rule = 'batch-debit' and target = bm.message_id and not undone(match)) debited,
		       exists (select from settlement_line sl where sl.bank_message_id = bm.id) market
		from unnest($1::text[]) w(id)
		join bank_message bm on bm.message_id = w.id and bm.state in ('sent', 'unknown', 'accepted', 'part')
		left join lateral (
		    select count(*) n, sum(amount) amount from expected_transfer e
		    where e.bank_message_id = bm.id and e.state in ('made', 'instructed')) o on true`, ids)
	for i := range list {
		f.messages[list[i].ID] = &list[i]
	}
	return err
}

// debit moves the facts on: a transfer was debited.
func (f *facts) debit(t *transfer) {
	t.State = "debited"
	if m := f.messages[t.Message]; m != nil {
		m.N--
		m.Outstanding -= t.Amount
	}
}

// debitAll moves the facts on: all of a message that waited was debited.
func (f *facts) debitAll(m *sent) {
	m.Debited, m.N, m.Outstanding = true, 0, 0
	for _, t := range f.transfers {
		if t != nil && t.Message == m.ID && t.open() {
			t.State = "debited"
		}
	}
}

func collect[T any](ctx context.Context, tx pgx.Tx, sql string, ids []string) ([]T, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := tx.Query(ctx, sql, ids)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[T])
}
