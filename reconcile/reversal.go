package reconcile

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/money"
)

// double is a debit that stands in suspense because it was booked before.
type double struct {
	ID           LineID    `db:"id"`
	EndToEndID   string    `db:"end_to_end_id"`
	BatchMessage string    `db:"batch_message"`
	Amount       money.VND `db:"amount"`
}

// doubleDebits looks them up when the page has a line that may take one back.
func (f *facts) doubleDebits(ctx context.Context, lines []line) error {
	i := slices.IndexFunc(lines, line.takesBack)
	if i < 0 {
		return nil
	}
	rows, err := f.tx.Query(ctx, `
		select l.id, l.end_to_end_id, l.batch_message, l.amount
		from recon_break b join statement_line l on l.id = b.line_id
		where b.kind = 'duplicate-debit' and b.state <> 'settled' and l.rail_account_id = $1
		order by l.id`, lines[i].Account)
	if err != nil {
		return err
	}
	f.doubles, err = pgx.CollectRows(rows, pgx.RowToStructByName[double])
	return err
}

func (l line) takesBack() bool { return l.Credit && l.Reversal }

// reversed: the bank takes back a debit that it booked twice. Gates: its own mark of a
// reversal, a double debit of this account in suspense under the same reference, the
// same amount. Both lines then stand in suspense and come to nothing, and the break is
// over without anybody's judgement: no money goes anywhere.
func reversed(_ context.Context, f *facts, l line) (*verdict, error) {
	if !l.takesBack() || l.EndToEndID+l.BatchMessage == "" {
		return nil, nil
	}
	i := slices.IndexFunc(f.doubles, func(d double) bool {
		return d.EndToEndID == l.EndToEndID && d.BatchMessage == l.BatchMessage && d.Amount == l.Amount
	})
	if i < 0 {
		return nil, nil
	}
	d := f.doubles[i]
	f.doubles = slices.Delete(f.doubles, i, i+1)
	return &verdict{target: fmt.Sprintf("line:%d", d.ID), follow: func(ctx context.Context) error {
		if err := f.post(ctx, l, "suspense.reversed", "Ngân hàng hủy bút toán ghi nợ trùng", bankAccount(l.Office), suspenseAccount(l.Office)); err != nil {
			return err
		}
		_, err := f.tx.Exec(ctx, `
			update recon_break set state = 'settled', action = 'reversed', settled_at = $2
			where line_id = $1 and kind = 'duplicate-debit' and state <> 'settled'`, d.ID, f.now)
		return err
	}}, nil
}
