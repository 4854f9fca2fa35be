package reconcile

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/markets"
	"ansinh.vn/payout"
)

// pageSize is how many lines are judged and written in one transaction. A page is a
// piece of one statement, so that the same lines make the same entries however often
// the work was interrupted.
const pageSize = 10_000

const lineColumns = `
	select l.id, l.rail_account_id, ra.office, l.credit, l.reversal, l.amount, l.booked_on, l.bank_ref, l.code, l.memo, l.info, l.end_to_end_id,
	       l.batch_message, l.batch_n, l.return_code, l.return_info, l.party, l.party_account, l.occurrence, l.statement_id, l.n
	from statement_line l
	join rail_account ra on ra.id = l.rail_account_id`

// nextPage explains the next lines, in the order of each account's statements, and
// returns how many they were.
func nextPage(ctx context.Context, tx pgx.Tx, size int, by string, now time.Time, sum *Summary) (n int, err error) {
	var statement StatementID
	var done int
	err = tx.QueryRow(ctx, `
		select id, explained from statement where state = 'accepted' and not finished
		order by rail_account_id, chain_no limit 1`).Scan(&statement, &done)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	rows, err := tx.Query(ctx, lineColumns+` where l.statement_id = $1 and l.n > $2 order by l.n limit $3`, statement, done, size)
	if err != nil {
		return 0, err
	}
	lines, err := pgx.CollectRows(rows, pgx.RowToStructByName[line])
	if err != nil {
		return 0, err
	}
	if len(lines) > 0 {
		if err := explain(ctx, tx, lines, by, now, sum); err != nil {
			return 0, fmt.Errorf("statement %d: %w", statement, err)
		}
		done = lines[len(lines)-1].N
	}
	_, err = tx.Exec(ctx, `update statement set explained = $2, finished = $3 where id = $1`, statement, done, len(lines) < size)
	if len(lines) == 0 && err == nil { // a statement that brought nothing new
		return nextPage(ctx, tx, size, by, now, sum)
	}
	return len(lines), err
}

// match is why a line is what it is.
type match struct {
	line    LineID
	rule    string
	version int
	target  string
	amount  int64
	entry   string // ref of the entry that it led to
}

// explain finds the rule for each line, or opens a break and puts its money in suspense;
// then everything is written, the many lines that are alike together.
func explain(ctx context.Context, tx pgx.Tx, lines []line, by string, now time.Time, sum *Summary) error {
	f, err := look(ctx, tx, lines, by, now)
	if err != nil {
		return err
	}
	first, last := lines[0], lines[len(lines)-1]
	ref := fmt.Sprintf("statement:%d:lines:%d-%d", first.Statement, first.N, last.N)
	var debits []payout.DebitLine
	var market []func() error
	var follow []func(context.Context) error
	matches := make([]match, 0, len(lines))
	for _, l := range lines {
		v, id, version, err := f.judge(ctx, l)
		if err != nil {
			return fmt.Errorf("line %d: %w", l.ID, err)
		}
		if v.brk != "" {
			sum.Breaks[v.brk]++
		}
		sum.Matched[id]++
		m := match{l.ID, id, version, v.target, int64(l.Amount), l.ref()}
		switch {
		case v.debit == nil:
			follow = append(follow, v.follow)
		case v.debit.Market:
			market = append(market, func() error { return record(ctx, tx, v.debit, payout.OutcomeDebited, l, by, now) })
		default:
			debits = append(debits, payout.DebitLine{EndToEndID: v.debit.ID, Amount: l.Amount, On: l.BookedOn})
			m.entry = ref
		}
		matches = append(matches, m)
	}
	if err := insertMatches(ctx, tx, matches, by, now); err != nil {
		return err
	}
	if err := payout.RecordDebitLines(ctx, tx, first.Account, debits, ref, by, now); err != nil {
		return err
	}
	for _, do := range market {
		if err := do(); err != nil {
			return err
		}
	}
	for _, do := range follow {
		if err := do(ctx); err != nil {
			return err
		}
	}
	return audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "lines.matched", Subject: ref, Payload: summarize(matches)})
}

// judge asks the rules in their order.
func (f *facts) judge(ctx context.Context, l line) (v *verdict, id string, version int, err error) {
	for _, r := range rules {
		v, err := r.try(ctx, f, l)
		if err != nil {
			return nil, "", 0, fmt.Errorf("rule %s: %w", r.id, err)
		}
		if v != nil && v.target != "" {
			return v, r.id, r.version, nil
		}
		if v != nil {
			return f.suspend(l, v), "suspense", 1, nil
		}
	}
	return f.suspend(l, nil), "suspense", 1, nil
}

// summarize is what the log keeps of a page: how many lines each rule explained, and a
// hash over all matches that binds every one of them.
func summarize(matches []match) map[string]any {
	h, byRule := sha256.New(), map[string]int{}
	for _, m := range matches {
		byRule[fmt.Sprintf("%s/%d", m.rule, m.version)]++
		fmt.Fprintf(h, "%d\t%s\t%d\t%s\t%d\n", m.line, m.rule, m.version, m.target, m.amount)
	}
	return map[string]any{"n": len(matches), "rules": byRule, "sha256": fmt.Sprintf("%x", h.Sum(nil))}
}

func insertMatches(ctx context.Context, tx pgx.Tx, list []match, by string, now time.Time) error {
	columns := []string{"line_id", "rule", "version", "target", "amount", "entry_ref", "matched_at", "matched_by"}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"match"}, columns, pgx.CopyFromSlice(len(list), func(i int) ([]any, error) {
		m := list[i]
		return []any{m.line, m.rule, m.version, m.target, m.amount, m.entry, now, by}, nil
	}))
	if err != nil {
		return fmt.Errorf("record matches: %w", err)
	}
	return nil
}

// record hands what the line shows to the room that ordered the transfer.
func record(ctx context.Context, tx pgx.Tx, t *transfer, kind payout.OutcomeKind, l line, by string, now time.Time) error {
	if t.Market {
		return markets.RecordOutcome(ctx, tx, markets.Outcome{EndToEndID: t.ID, Kind: string(kind), Reason: l.ReturnCode,
			Ref: l.ref(), On: l.BookedOn, By: by, Now: now})
	}
	return payout.RecordOutcome(ctx, tx, payout.Outcome{EndToEndID: t.ID, Kind: kind, Reason: l.ReturnCode, Info: l.ReturnInfo,
		Amount: l.Amount, On: l.BookedOn, Ref: l.ref(), By: by, Now: now})
}

// settlementDebited records the debit of every transfer of a market settlement that the
// bank did not refuse; there is one a vendor, so they go one by one.
func (f *facts) settlementDebited(ctx context.Context, messageID string, l line) error {
	list, err := collect[transfer](ctx, f.tx, transferColumns+`
		from unnest($1::text[]) w(id) join expected_transfer e on e.message_id = w.id
		where e.state = 'instructed' order by e.end_to_end_id`, []string{messageID})
	for i := range list {
		if err = record(ctx, f.tx, &list[i], payout.OutcomeDebited, l, f.by, f.now); err != nil {
			return err
		}
	}
	return err
}
