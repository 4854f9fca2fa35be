package reconcile

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/bank"
)

// lineKey is what a row is known by in any statement that shows it. Rows that are the
// same to the letter are told apart by their occurrence.
func lineKey(l bank.Line) []byte {
	h := sha256.New()
	fmt.Fprintf(h, "%t\x00%s\x00%s\x00%s\x00%s\x00%s\x00%s", l.Credit, l.Amount, day(l.BookedOn).Format("20060102"),
		l.Ref, l.EndToEndID, l.BatchMsgID, l.Memo)
	return h.Sum(nil)[:16]
}

// copyLines brings the rows in by COPY and keeps those that no earlier statement of the
// account has brought.
func copyLines(ctx context.Context, tx pgx.Tx, account bank.RailAccountID, out *ImportedStatement, lines []bank.Line) error {
	if _, err := tx.Exec(ctx, `
		create temp table if not exists arriving_line (like statement_line including defaults) on commit drop`); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `alter table arriving_line drop column if exists id`); err != nil {
		return err
	}
	seen := map[string]int{}
	i := 0
	columns := []string{"statement_id", "rail_account_id", "n", "credit", "amount", "reversal", "booked_on", "value_on", "bank_ref", "code",
		"memo", "info", "end_to_end_id", "batch_message", "batch_n", "return_code", "return_info", "party", "party_account", "line_key", "occurrence"}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"arriving_line"}, columns, pgx.CopyFromFunc(func() ([]any, error) {
		if i == len(lines) {
			return nil, nil
		}
		l := lines[i]
		i++
		key := lineKey(l)
		seen[string(key)]++
		party := l.Payer
		if !l.Credit {
			party = l.Payee
		}
		value := day(l.ValueOn)
		if value.IsZero() {
			value = day(l.BookedOn)
		}
		return []any{out.ID, account, i, l.Credit, l.Amount.IntPart(), l.Reversal, day(l.BookedOn), value, l.Ref, l.Code,
			l.Memo, l.Info, l.EndToEndID, l.BatchMsgID, l.BatchN, l.ReturnCode, l.ReturnInfo, party.Name, party.Account, key, seen[string(key)]}, nil
	}))
	if err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, `
		insert into statement_line (statement_id, rail_account_id, n, credit, amount, reversal, booked_on, value_on, bank_ref, code,
			memo, info, end_to_end_id, batch_message, batch_n, return_code, return_info, party, party_account, line_key, occurrence)
		select statement_id, rail_account_id, n, credit, amount, reversal, booked_on, value_on, bank_ref, code,
			memo, info, end_to_end_id, batch_message, batch_n, return_code, return_info, party, party_account, line_key, occurrence
		from arriving_line order by n
		on conflict (rail_account_id, line_key, occurrence) do nothing`)
	if err != nil {
		return err
	}
	out.Lines = int(tag.RowsAffected())
	out.Known = len(lines) - out.Lines
	_, err = tx.Exec(ctx, `truncate arriving_line`)
	return err
}
