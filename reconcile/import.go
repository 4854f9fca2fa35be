package reconcile

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"ansinh.vn/audit"
	"ansinh.vn/bank"
	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// Imported says what became of one file.
type Imported struct {
	File       string              `json:"file"`
	SHA256     string              `json:"sha256"`
	Again      bool                `json:"again"` // the same bytes were imported before; nothing was done, and the statements stand as they say
	Statements []ImportedStatement `json:"statements"`
}

// ImportedStatement is one account's statement in the file.
type ImportedStatement struct {
	ID      StatementID `json:"id"`
	Account string      `json:"account"`
	From    string      `json:"from"`
	To      string      `json:"to"`
	Lines   int         `json:"lines"` // new ones
	Known   int         `json:"known"` // lines that an overlapping statement had brought
	State   string      `json:"state"` // accepted, known, parked, quarantined
	Reason  string      `json:"reason,omitempty"`
}

// read is one statement of a file with all its booked lines.
type read struct {
	head  bank.Statement
	lines []bank.Line
}

// ImportStatements takes a statement file in any format that bank reads. It is by
// content: the same bytes again change nothing. A file that cannot be read, is not in
// đồng or tells about an account that is not ours is refused whole. A statement whose
// lines do not lead from its opening to its closing balance is quarantined, and so is one
// that contradicts what was accepted; one whose opening is not the last closing is parked
// until the gap is filled; one that shows only what is known changes nothing.
func (s *Store) ImportStatements(ctx context.Context, name string, content []byte, by string, now time.Time) (out Imported, err error) {
	sum := sha256.Sum256(content)
	out = Imported{File: name, SHA256: hex.EncodeToString(sum[:])}
	statements, err := readAll(name, content)
	if err != nil {
		return out, err
	}
	defer pg.Wrap(&err, "import %s", name)
	err = pg.Tx(ctx, s.Pool, func(tx pgx.Tx) error {
		var file int64
		err := tx.QueryRow(ctx, `
			insert into statement_file (sha256, name, content, received_at, received_by)
			values ($1, $2, $3, $4, $5) on conflict (sha256) do nothing returning id`,
			sum[:], name, content, now, by).Scan(&file)
		if errors.Is(err, pgx.ErrNoRows) {
			out.Again = true
			out.Statements, err = again(ctx, tx, sum[:])
			return err
		}
		if err != nil {
			return err
		}
		c := chain{tx: tx, now: now, read: map[StatementID]read{}}
		var accounts []bank.RailAccountID
		for _, st := range statements {
			done, account, err := importOne(ctx, tx, file, st, now)
			if err != nil {
				return err
			}
			c.read[done.ID] = st
			out.Statements, accounts = append(out.Statements, done), append(accounts, account)
		}
		slices.Sort(accounts) // locked in that order
		for _, account := range slices.Compact(accounts) {
			if err := c.extend(ctx, account); err != nil {
				return err
			}
		}
		for i := range out.Statements {
			if err := c.outcome(ctx, &out.Statements[i]); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "statement.imported",
			Subject: "statement_file:" + fmt.Sprint(file), Payload: out})
	})
	return out, err
}

func readAll(name string, content []byte) ([]read, error) {
	var all []read
	err := bank.ReadStatements(name, bytes.NewReader(content), func(st bank.Statement) error {
		all = append(all, read{head: st})
		return nil
	}, func(l bank.Line) error {
		if l.Booked && !l.Amount.IsZero() { // banks do write rows of nothing
			last := &all[len(all)-1]
			last.lines = append(last.lines, l)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, refuse("%s holds no statement; is it the right file?", name)
	}
	return all, nil
}

// again tells how the statements of a known file stand now.
func again(ctx context.Context, tx pgx.Tx, sum []byte) ([]ImportedStatement, error) {
	rows, err := tx.Query(ctx, `
		select st.id, ra.account_no, st.from_day, st.to_day, st.entries, st.state, st.reason
		from statement st join statement_file f on f.id = st.file_id join rail_account ra on ra.id = st.rail_account_id
		where f.sha256 = $1 order by st.id`, sum)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (i ImportedStatement, err error) {
		var from, to time.Time
		err = row.Scan(&i.ID, &i.Account, &from, &to, &i.Known, &i.State, &i.Reason)
		i.Account, i.From, i.To = maskAccount(i.Account), from.Format(time.DateOnly), to.Format(time.DateOnly)
		return i, err
	})
}

// importOne writes a statement; its lines follow when it is accepted.
func importOne(ctx context.Context, tx pgx.Tx, file int64, st read, now time.Time) (out ImportedStatement, account bank.RailAccountID, err error) {
	account, err = railAccount(ctx, tx, st.head.Account)
	if err != nil {
		return out, account, err
	}
	out.Account = maskAccount(st.head.Account)
	if c := st.head.Currency; c != "" && c != "VND" {
		return out, account, refuse("the statement of account %s is in %s; only đồng accounts are kept here", out.Account, c)
	}
	from, to := period(st)
	out.From, out.To = from.Format(time.DateOnly), to.Format(time.DateOnly)
	opening, closing, where := prove(st)
	if to.After(now.AddDate(0, 0, 2)) { // a misread year would close every day until then
		where = fmt.Sprintf("it tells of days until %s, which have not come yet", out.To)
	}
	out.State, out.Reason = "parked", ""
	if where != "" {
		out.State, out.Reason = "quarantined", where
	}
	err = tx.QueryRow(ctx, `
		insert into statement (file_id, rail_account_id, format, statement_id, from_day, to_day, opening, closing, entries, state, reason)
		values (@file, @account, @format, @id, @from, @to, @opening, @closing, @entries, @state, @reason) returning id`,
		pgx.StrictNamedArgs{"file": file, "account": account, "format": st.head.Format, "id": st.head.ID, "from": from, "to": to,
			"opening": opening, "closing": closing, "entries": len(st.lines), "state": out.State, "reason": out.Reason}).Scan(&out.ID)
	return out, account, err
}

// prove checks that the statement adds up in whole đồng and returns its balances, or
// where it breaks.
func prove(st read) (opening, closing *money.VND, where string) {
	if !st.head.Opening.Valid || !st.head.Closing.Valid {
		return nil, nil, "the statement names no opening or closing balance; ask the bank for one that does"
	}
	sum := st.head.Opening.Decimal
	for _, l := range st.lines {
		if _, err := money.Whole(l.Amount); err != nil || l.Amount.IsNegative() {
			return nil, nil, fmt.Sprintf("line %d: the amount %s is not in whole đồng", l.N, l.Amount)
		}
		if l.BookedOn.IsZero() {
			return nil, nil, fmt.Sprintf("line %d has no booking day", l.N)
		}
		sum = sum.Add(signed(l))
		if l.Balance.Valid && !l.Balance.Decimal.Equal(sum) {
			return nil, nil, fmt.Sprintf("line %d: the running balance says %s, the lines before it lead to %s", l.N, l.Balance.Decimal, sum)
		}
	}
	if !sum.Equal(st.head.Closing.Decimal) {
		return nil, nil, fmt.Sprintf("opening balance and lines lead to %s, the statement closes with %s", sum, st.head.Closing.Decimal)
	}
	o, errO := money.Whole(st.head.Opening.Decimal)
	c, errC := money.Whole(st.head.Closing.Decimal)
	if err := errors.Join(errO, errC); err != nil {
		return nil, nil, err.Error()
	}
	return &o, &c, ""
}

func signed(l bank.Line) decimal.Decimal {
	if l.Credit {
		return l.Amount
	}
	return l.Amount.Neg()
}

// period is what the statement says it covers, or what its lines do.
func period(st read) (from, to time.Time) {
	from, to = day(st.head.From), day(st.head.To)
	for _, l := range st.lines {
		on := day(l.BookedOn)
		if st.head.From.IsZero() && (from.IsZero() || on.Before(from)) {
			from = on
		}
		if st.head.To.IsZero() && on.After(to) {
			to = on
		}
	}
	if from.IsZero() {
		from = day(st.head.CreatedAt)
	}
	if to.Before(from) {
		to = from
	}
	return from, to
}

func day(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return money.Day(t.Year(), t.Month(), t.Day())
}

func railAccount(ctx context.Context, tx pgx.Tx, number string) (id bank.RailAccountID, err error) {
	bare := strings.NewReplacer(" ", "", "-", "", ".", "").Replace(number)
	err = tx.QueryRow(ctx, `select id from rail_account where kind = 'bank' and account_no = $1`, bare).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, refuse("account %s is not one of ours; add it as a rail account first, or is the file another office's?", maskAccount(number))
	}
	return id, err
}

func maskAccount(number string) string {
	if len(number) <= 4 {
		return number
	}
	return strings.Repeat("*", len(number)-4) + number[len(number)-4:]
}
