package reconcile

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/bank"
	"ansinh.vn/money"
)

// lineKey is what a row is known by in any statement that shows it. Rows that are the
// same to the letter are told apart by their occurrence.
func lineKey(l bank.Line) []byte {
	h := sha256.New()
	fmt.Fprintf(h, "%t\x00%s\x00%s\x00%s\x00%s\x00%s\x00%s", l.Credit, l.Amount, day(l.BookedOn).Format("20060102"),
		l.Ref, l.EndToEndID, l.BatchMsgID, l.Memo)
	return h.Sum(nil)[:16]
}

// stageLines brings a statement's rows in by COPY, beside the lines that are known.
func stageLines(ctx context.Context, tx pgx.Tx, account bank.RailAccountID, statement StatementID, lines []bank.Line) error {
	for _, sql := range []string{
		`create temp table if not exists arriving_line (like statement_line including defaults) on commit drop`,
		`alter table arriving_line drop column if exists id`,
		`truncate arriving_line`,
	} {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return err
		}
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
		return []any{statement, account, i, l.Credit, l.Amount.IntPart(), l.Reversal, day(l.BookedOn), value, l.Ref, l.Code,
			l.Memo, l.Info, l.EndToEndID, l.BatchMsgID, l.BatchN, l.ReturnCode, l.ReturnInfo, party.Name, party.Account, key, seen[string(key)]}, nil
	}))
	return err
}

// freshLines counts the staged rows that no accepted statement has brought, with what
// they move, and those of the known rows that carry a reference: they are the same rows,
// where others may only look the same.
func freshLines(ctx context.Context, tx pgx.Tx) (n, named int, sum money.VND, err error) {
	err = tx.QueryRow(ctx, `
		select count(*) filter (where not known), count(*) filter (where known and bank_ref || end_to_end_id || batch_message <> ''),
		       coalesce(sum(case when credit then amount else -amount end) filter (where not known), 0)::bigint
		from (select a.*, exists (select from statement_line l where l.rail_account_id = a.rail_account_id
		                          and l.line_key = a.line_key and l.occurrence = a.occurrence) known from arriving_line a) x`).Scan(&n, &named, &sum)
	return n, named, sum, err
}

// renumberStaged counts the staged rows on from those that look the same.
func renumberStaged(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `
		update arriving_line a set occurrence = a.occurrence + (
		    select count(*) from statement_line l where l.rail_account_id = a.rail_account_id and l.line_key = a.line_key)`)
	return err
}

// takeStaged makes lines of the staged rows that are not known.
func takeStaged(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `
		insert into statement_line (statement_id, rail_account_id, n, credit, amount, reversal, booked_on, value_on, bank_ref, code,
			memo, info, end_to_end_id, batch_message, batch_n, return_code, return_info, party, party_account, line_key, occurrence)
		select statement_id, rail_account_id, n, credit, amount, reversal, booked_on, value_on, bank_ref, code,
			memo, info, end_to_end_id, batch_message, batch_n, return_code, return_info, party, party_account, line_key, occurrence
		from arriving_line order by n
		on conflict (rail_account_id, line_key, occurrence) do nothing`)
	return err
}
