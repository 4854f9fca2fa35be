package reconcile

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// brk is a break about to be opened; the same kind and subject is opened once.
type brk struct {
	Kind    string
	Subject string
	Line    LineID // 0: not about one line
	Office  string
	Amount  money.VND
	On      time.Time
	Note    string
}

func openBreak(ctx context.Context, tx pgx.Tx, b brk) error {
	var line *LineID
	if b.Line != 0 {
		line = &b.Line
	}
	_, err := tx.Exec(ctx, `
		insert into recon_break (kind, subject, line_id, office, amount, opened_on, note)
		values (@kind, @subject, @line, @office, @amount, @on, @note) on conflict (kind, subject) do nothing`,
		pgx.StrictNamedArgs{"kind": b.Kind, "subject": b.Subject, "line": line, "office": b.Office, "amount": b.Amount, "on": b.On, "note": b.Note})
	return err
}

// Break is something that waits to be explained.
type Break struct {
	ID         BreakID    `db:"id" json:"id"`
	Kind       string     `db:"kind" json:"kind"`
	Subject    string     `db:"subject" json:"subject"`
	Office     string     `db:"office" json:"office"`
	OfficeName string     `db:"office_name" json:"office_name"`
	Amount     money.VND  `db:"amount" json:"amount"` // negative: money left
	OpenedOn   time.Time  `db:"opened_on" json:"opened_on"`
	Age        int        `db:"age" json:"age"` // days
	Note       string     `db:"note" json:"note"`
	Owner      string     `db:"owner" json:"owner"`
	State      string     `db:"state" json:"state"`
	Action     string     `db:"action" json:"action"`
	ProposedBy *int64     `db:"proposed_by" json:"proposed_by"`
	SettledAt  *time.Time `db:"settled_at" json:"settled_at"`
	Memo       string     `db:"memo" json:"memo"`         // of the line, "" without one
	Party      string     `db:"party" json:"party"`       // the other side, as the bank names it
	BankRef    string     `db:"bank_ref" json:"bank_ref"` // the bank's own reference
}

// BreakFilter narrows the list; the zero value is every break that is not settled.
type BreakFilter struct {
	Office  string // "" is all
	ID      BreakID
	Settled bool // with the settled ones
	After   BreakID
	Limit   int // 0 is 1000
}

// Breaks lists breaks, the oldest first.
func Breaks(ctx context.Context, q pg.Queryer, f BreakFilter, today time.Time) (list []Break, err error) {
	defer pg.Wrap(&err, "list breaks")
	if f.Limit == 0 {
		f.Limit = 1000
	}
	rows, err := q.Query(ctx, `
		select b.id, b.kind, b.subject, b.office, o.name office_name, b.amount, b.opened_on, (@today::date - b.opened_on) age, b.note, b.owner,
		       b.state, b.action, b.proposed_by, b.settled_at,
		       coalesce(l.memo, '') memo, coalesce(l.party, '') party, coalesce(l.bank_ref, '') bank_ref
		from recon_break b join office o on o.code = b.office left join statement_line l on l.id = b.line_id
		where (@office = '' or b.office = @office) and (@id::bigint = 0 or b.id = @id) and (@settled or b.state <> 'settled') and b.id > @after
		order by b.id limit @limit`,
		pgx.StrictNamedArgs{"today": today, "office": f.Office, "id": f.ID, "settled": f.Settled, "after": f.After, "limit": f.Limit})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Break])
}
